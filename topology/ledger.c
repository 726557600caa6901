#include "topology/ledger.h"

#include <assert.h>
#include <string.h>

/* ---- profiles and settings ------------------------------------------------ */

/* In the order of the choices of the setting `profile`. */
static const struct ledger_profile profiles[] = {
    {"fast", 50, 200, 400, 1700, 1500},
    {"default", 100, 350, 700, 3000, 3000},
    {"relaxed", 250, 1250, 2500, 10000, 10000},
};

enum setting_kind { CHOICE, NUMBER };

struct setting_row {
    const char *key;
    enum setting_kind kind;
    uint64_t fallback;
    uint64_t minimum;
    uint64_t maximum;
    const char *choices; /* "a|b|c" */
    size_t offset;
};

static const struct setting_row setting_rows[] = {
#define X(field, key, kind, fallback, minimum, maximum, choices)                                   \
    {key, kind, fallback, minimum, maximum, choices, offsetof(struct ledger_settings, field)},
    LEDGER_SETTING_MAP(X)
#undef X
};

enum { SETTING_COUNT = sizeof setting_rows / sizeof setting_rows[0] };

static const struct setting_row *setting_find(const char *key)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (strcmp(setting_rows[i].key, key) == 0) {
            return &setting_rows[i];
        }
    }
    return NULL;
}

static uint64_t *setting_field(struct ledger_settings *settings, const struct setting_row *row)
{
    assert(row != NULL);
    return (uint64_t *)(void *)((char *)settings + row->offset);
}

/* The number of the choice, or -1. */
static int choice_number(const char *choices, const char *value)
{
    size_t length = strlen(value);
    int number = 0;

    for (const char *start = choices; start != NULL; number++) {
        const char *end = strchr(start, '|');
        size_t size = end == NULL ? strlen(start) : (size_t)(end - start);

        if (size == length && memcmp(start, value, size) == 0) {
            return number;
        }
        start = end == NULL ? NULL : end + 1;
    }
    return -1;
}

static bool choice_text(const char *choices, uint64_t number, char *text, size_t size)
{
    const char *start = choices;
    const char *end;

    for (uint64_t i = 0; i < number; i++) {
        start = strchr(start, '|');
        assert(start != NULL);
        start++;
    }
    end = strchr(start, '|');
    return text_format(text, size, "%.*s", end == NULL ? (int)strlen(start) : (int)(end - start),
                       start);
}

static void accepted(const struct setting_row *row, char *text, size_t size)
{
    if (row->kind == CHOICE) {
        text_copy(text, size, row->choices);
    } else {
        text_format(text, size, "a whole number from %llu to %llu",
                    (unsigned long long)row->minimum, (unsigned long long)row->maximum);
    }
}

int ledger_setting_check(const char *key, const char *value, uint64_t *number, struct err *err)
{
    const struct setting_row *row = setting_find(key);
    char wanted[LIMIT_TEXT_SIZE];
    int choice;

    if (row == NULL) {
        return err_set(err, ERR_INVALID, "there is no setting \"%s\"; `cluster show` lists them",
                       key);
    }
    if (row->kind == CHOICE) {
        choice = choice_number(row->choices, value);
        if (choice >= 0) {
            *number = (uint64_t)choice;
            return 0;
        }
    } else if (text_u64(value, strlen(value), row->maximum, number) && *number >= row->minimum) {
        return 0;
    }
    accepted(row, wanted, sizeof wanted);
    return err_set(err, ERR_INVALID, "%s: found \"%s\", accepted: %s", key, value, wanted);
}

bool ledger_setting_text(const struct ledger_settings *settings, const char *key, char *text,
                         size_t size)
{
    const struct setting_row *row = setting_find(key);
    uint64_t number;

    if (row == NULL) {
        return false;
    }
    memcpy(&number, (const char *)settings + row->offset, sizeof number);
    if (row->kind == CHOICE) {
        return choice_text(row->choices, number, text, size);
    }
    return text_format(text, size, "%llu", (unsigned long long)number);
}

int ledger_setting_set(struct ledger_settings *settings, const char *key, const char *value,
                       struct err *err)
{
    uint64_t number;
    int rc = ledger_setting_check(key, value, &number, err);

    if (rc == 0) {
        *setting_field(settings, setting_find(key)) = number;
    }
    return rc;
}

void ledger_settings_default(struct ledger_settings *settings)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        *setting_field(settings, &setting_rows[i]) = setting_rows[i].fallback;
    }
}

size_t ledger_setting_count(void)
{
    return SETTING_COUNT;
}

const char *ledger_setting_key(size_t number)
{
    assert(number < SETTING_COUNT);
    return setting_rows[number].key;
}

const struct ledger_profile *ledger_profile(const struct ledger_cluster *cluster)
{
    assert(cluster->settings.profile < sizeof profiles / sizeof profiles[0]);
    return &profiles[cluster->settings.profile];
}

uint64_t ledger_lease_wait_ms(const struct ledger_cluster *cluster)
{
    uint64_t lease_ms = ledger_profile(cluster)->lease_ms;

    return cluster->lease_wait_ms > lease_ms ? cluster->lease_wait_ms : lease_ms;
}

const struct ledger_profile *ledger_profile_named(const char *name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        if (strcmp(profiles[i].name, name) == 0) {
            return &profiles[i];
        }
    }
    return NULL;
}

/* ---- looking things up ------------------------------------------------------- */

void ledger_init(struct ledger *ledger)
{
    memset(ledger, 0, sizeof *ledger);
    ledger->knows = LEDGER_FEATURE_LEVEL;
    ledger->feature_level = 1;
}

const struct ledger_cluster *ledger_cluster_find(const struct ledger *ledger, const char *name)
{
    for (uint32_t i = 0; i < ledger->cluster_count; i++) {
        if (strcmp(ledger->clusters[i].name, name) == 0) {
            return &ledger->clusters[i];
        }
    }
    return NULL;
}

const struct ledger_server *ledger_server_find(const struct ledger_cluster *cluster,
                                               const char *name)
{
    for (uint32_t i = 0; i < cluster->server_count; i++) {
        if (strcmp(cluster->servers[i].name, name) == 0) {
            return &cluster->servers[i];
        }
    }
    return NULL;
}

const struct ledger_server *ledger_server_anywhere(const struct ledger *ledger, const char *name,
                                                   const struct ledger_cluster **cluster)
{
    for (uint32_t i = 0; i < ledger->cluster_count; i++) {
        const struct ledger_server *server = ledger_server_find(&ledger->clusters[i], name);

        if (server != NULL) {
            if (cluster != NULL) {
                *cluster = &ledger->clusters[i];
            }
            return server;
        }
    }
    return NULL;
}

/* Every byte is looked at, so that time tells nothing about the hash. */
static bool hash_equal(const uint8_t *a, const uint8_t *b)
{
    uint8_t difference = 0;

    for (size_t i = 0; i < LEDGER_HASH_BYTES; i++) {
        difference |= (uint8_t)(a[i] ^ b[i]);
    }
    return difference == 0;
}

const struct ledger_token *ledger_token_match(const struct ledger *ledger,
                                              const uint8_t hash[LEDGER_HASH_BYTES])
{
    const struct ledger_token *found = NULL;

    for (uint32_t i = 0; i < ledger->token_count; i++) {
        if (hash_equal(ledger->tokens[i].hash, hash)) {
            found = &ledger->tokens[i];
        }
    }
    return found;
}

bool ledger_operation_running(const struct ledger_cluster *cluster)
{
    return cluster->operation.id != 0;
}

bool ledger_revoking(const struct ledger_cluster *cluster)
{
    return operation_revokes(&cluster->operation);
}

const struct operation *ledger_operation_find(const struct ledger *ledger, uint64_t id)
{
    for (uint32_t i = 0; i < ledger->cluster_count; i++) {
        const struct ledger_cluster *cluster = &ledger->clusters[i];

        if (id != 0 && cluster->operation.id == id) {
            return &cluster->operation;
        }
        for (uint32_t j = 0; j < cluster->past_count; j++) {
            if (cluster->past[j].id == id) {
                return &cluster->past[j];
            }
        }
    }
    return NULL;
}
