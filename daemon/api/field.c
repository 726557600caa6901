#include "daemon/api/field.h"

#include <assert.h>
#include <string.h>

#include "daemon/io/address.h"
#include "daemon/io/conf_key.h"

enum { FIELD_WORD_SIZE = 32, FIELD_LIST_SIZE = 256 };

struct field;

struct field_kind {
    const char *accepts;
    /* False: the value is not of this kind; `err` may hold a better reason. */
    bool (*read)(const struct field *field, struct api_call *call, const char *name, json_t *value,
                 struct err *err);
    /* NULL: nothing to write. */
    json_t *(*write)(const struct field *field, const struct api_call *call);
};

struct field {
    const char *name; /* "*": every name that no other row has */
    unsigned verbs;   /* bits of enum verb */
    const struct field_kind *kind;
    size_t offset; /* in struct api_call */
    bool required;
    uint64_t minimum; /* of numbers */
    uint64_t maximum;
};

/* ---- kinds ------------------------------------------------------------------ */

static void *member(const struct field *field, struct api_call *call)
{
    return (char *)call + field->offset;
}

static const void *member_const(const struct field *field, const struct api_call *call)
{
    return (const char *)call + field->offset;
}

static bool read_name(const struct field *field, struct api_call *call, const char *name,
                      json_t *value, struct err *err)
{
    const char *text = json_string_value(value);

    (void)name;
    (void)err;
    return text != NULL && verb_name_valid(text) &&
           text_copy(member(field, call), LIMIT_NAME_SIZE, text);
}

static json_t *write_name(const struct field *field, const struct api_call *call)
{
    const char *text = member_const(field, call);

    return text[0] != '\0' ? json_string(text) : NULL;
}

static bool read_flag(const struct field *field, struct api_call *call, const char *name,
                      json_t *value, struct err *err)
{
    (void)name;
    (void)err;
    *(bool *)member(field, call) = json_is_true(value);
    return json_is_boolean(value);
}

static json_t *write_flag(const struct field *field, const struct api_call *call)
{
    return *(const bool *)member_const(field, call) ? json_true() : NULL;
}

static bool read_number(const struct field *field, struct api_call *call, const char *name,
                        json_t *value, struct err *err)
{
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value)) {
        return false;
    }
    if (number < 0 || (uint64_t)number < field->minimum || (uint64_t)number > field->maximum) {
        err_set(err, ERR_INVALID, "field \"%s\": %lld is out of range; accepted is %llu to %llu",
                name, (long long)number, (unsigned long long)field->minimum,
                (unsigned long long)field->maximum);
        return false;
    }
    *(uint64_t *)member(field, call) = (uint64_t)number;
    return true;
}

static json_t *write_number(const struct field *field, const struct api_call *call)
{
    uint64_t number = *(const uint64_t *)member_const(field, call);

    return number != 0 ? json_integer((json_int_t)number) : NULL;
}

static const char *const role_names[] = {
#define X(name, json) [LEDGER_ROLE_##name] = json,
    LEDGER_ROLE_MAP(X)
#undef X
};

static bool read_role(const struct field *field, struct api_call *call, const char *name,
                      json_t *value, struct err *err)
{
    const char *text = json_string_value(value);

    (void)name;
    (void)err;
    for (unsigned i = 0; text != NULL && i < sizeof role_names / sizeof role_names[0]; i++) {
        if (strcmp(role_names[i], text) == 0) {
            *(enum ledger_role *)member(field, call) = (enum ledger_role)i;
            return true;
        }
    }
    return false;
}

static json_t *write_role(const struct field *field, const struct api_call *call)
{
    return json_string(role_names[*(const enum ledger_role *)member_const(field, call)]);
}

static bool read_server(struct api_call *call, json_t *value, struct err *err)
{
    struct api_call_server *server = &call->servers[call->server_count];
    const char *name = json_string_value(json_object_get(value, "name"));
    const char *address = json_string_value(json_object_get(value, "address"));
    struct sockaddr_storage parsed;

    if (name == NULL || address == NULL || json_object_size(value) != 2) {
        return false;
    }
    if (!conf_type_parse(CONF_NAME, name, server->name, sizeof server->name)) {
        err_set(err, ERR_INVALID,
                "server \"%.80s\": accepted is a name as in its agent's [server]: "
                "[a-z0-9][a-z0-9-]*, at most 63 characters",
                name);
        return false;
    }
    if (!address_parse(address, &parsed) || address_is_any(&parsed) ||
        !text_copy(server->address, sizeof server->address, address)) {
        err_set(err, ERR_INVALID,
                "server \"%s\": \"%.80s\" is no address; accepted is IP:PORT or [IPv6]:PORT", name,
                address);
        return false;
    }
    call->server_count++;
    return true;
}

static bool read_servers(const struct field *field, struct api_call *call, const char *name,
                         json_t *value, struct err *err)
{
    size_t index;
    json_t *item;

    (void)field;
    if (!json_is_array(value) || json_array_size(value) == 0) {
        return false;
    }
    if (json_array_size(value) > LIMIT_SERVERS) {
        err_set(err, ERR_INVALID, "field \"%s\": %zu servers; a cluster has at most %d", name,
                json_array_size(value), LIMIT_SERVERS);
        return false;
    }
    json_array_foreach(value, index, item)
    {
        if (!read_server(call, item, err)) {
            return false;
        }
    }
    return true;
}

static json_t *write_servers(const struct field *field, const struct api_call *call)
{
    json_t *list = json_array();

    (void)field;
    for (uint32_t i = 0; i < call->server_count; i++) {
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", call->servers[i].name,
                                              "address", call->servers[i].address));
    }
    return list;
}

/* A setting's value is a string, a number or a flag; the ledger knows them all as text. */
static bool read_setting(const struct field *field, struct api_call *call, const char *name,
                         json_t *value, struct err *err)
{
    struct api_call_setting *setting = &call->settings[call->setting_count];
    uint64_t number;
    bool whole = true;

    (void)field;
    if (call->setting_count == API_SETTINGS) {
        err_set(err, ERR_INVALID, "more than %d settings in one request; send several",
                API_SETTINGS);
        return false;
    }
    if (json_is_string(value)) {
        whole = text_copy(setting->value, sizeof setting->value, json_string_value(value));
    } else if (json_is_integer(value)) {
        whole = text_format(setting->value, sizeof setting->value, "%lld",
                            (long long)json_integer_value(value));
    } else {
        return false;
    }
    if (!whole || !text_copy(setting->key, sizeof setting->key, name)) {
        err_set(err, ERR_INVALID, "setting \"%.80s\": key or value is too long", name);
        return false;
    }
    if (ledger_setting_check(setting->key, setting->value, &number, err) != 0) {
        return false;
    }
    call->setting_count++;
    return true;
}

static bool read_settings(const struct field *field, struct api_call *call, const char *name,
                          json_t *value, struct err *err)
{
    const char *key;
    json_t *item;

    (void)name;
    if (!json_is_object(value)) {
        return false;
    }
    json_object_foreach(value, key, item)
    {
        if (!read_setting(field, call, key, item, err)) {
            return false;
        }
    }
    return true;
}

static json_t *write_settings(const struct field *field, const struct api_call *call)
{
    json_t *object = json_object();

    (void)field;
    for (uint32_t i = 0; i < call->setting_count; i++) {
        json_object_set_new(object, call->settings[i].key, json_string(call->settings[i].value));
    }
    return object;
}

/* Names of agents are those of the configuration: narrower than other names. */
static bool read_agent_name(const struct field *field, struct api_call *call, const char *name,
                            json_t *value, struct err *err)
{
    const char *text = json_string_value(value);

    (void)name;
    (void)err;
    return text != NULL && conf_type_parse(CONF_NAME, text, member(field, call), LIMIT_NAME_SIZE);
}

static bool read_address(const struct field *field, struct api_call *call, const char *name,
                         json_t *value, struct err *err)
{
    const char *text = json_string_value(value);
    struct sockaddr_storage parsed;

    (void)name;
    (void)err;
    return text != NULL && address_parse(text, &parsed) && !address_is_any(&parsed) &&
           text_copy(member(field, call), LIMIT_ADDRESS_SIZE, text);
}

static bool read_public_key(const struct field *field, struct api_call *call, const char *name,
                            json_t *value, struct err *err)
{
    const char *text = json_string_value(value);

    (void)name;
    (void)err;
    return text != NULL && keys_decode(text, strlen(text), member(field, call));
}

static json_t *write_public_key(const struct field *field, const struct api_call *call)
{
    char text[KEYS_TEXT_SIZE];

    keys_encode(text, member_const(field, call));
    return json_string(text);
}

/* "voter" is true unless it is said; the call keeps what isn't the rule. */
static bool read_voter(const struct field *field, struct api_call *call, const char *name,
                       json_t *value, struct err *err)
{
    (void)name;
    (void)err;
    *(bool *)member(field, call) = json_is_false(value);
    return json_is_boolean(value);
}

static json_t *write_voter(const struct field *field, const struct api_call *call)
{
    return *(const bool *)member_const(field, call) ? json_false() : NULL;
}

/* 64 bits: more than a JSON number is sure to hold. */
static bool read_store(const struct field *field, struct api_call *call, const char *name,
                       json_t *value, struct err *err)
{
    const char *text = json_string_value(value);

    (void)name;
    (void)err;
    return text != NULL && text_u64(text, strlen(text), UINT64_MAX, member(field, call)) &&
           *(uint64_t *)member(field, call) != 0;
}

static json_t *write_store(const struct field *field, const struct api_call *call)
{
    char text[24];

    text_format(text, sizeof text, "%llu",
                (unsigned long long)*(const uint64_t *)member_const(field, call));
    return json_string(text);
}

static const struct field_kind name_kind = {"a name: letters, digits, - _ . (at most 63)",
                                            read_name, write_name};
static const struct field_kind agent_name_kind = {"a name: [a-z0-9][a-z0-9-]* (at most 63)",
                                                  read_agent_name, write_name};
static const struct field_kind address_kind = {"IP:PORT or [IPv6]:PORT, where the others reach it",
                                               read_address, write_name};
static const struct field_kind public_key_kind = {
    "a public key: 44 characters of base64, as orchestratorctl keygen prints it", read_public_key,
    write_public_key};
static const struct field_kind store_kind = {"a number as text", read_store, write_store};
static const struct field_kind voter_kind = {"true or false", read_voter, write_voter};
static const struct field_kind flag_kind = {"true or false", read_flag, write_flag};
static const struct field_kind number_kind = {"a whole number", read_number, write_number};
static const struct field_kind role_kind = {"viewer, operator or admin", read_role, write_role};
static const struct field_kind servers_kind = {"a list of {\"name\", \"address\"}, at least one",
                                               read_servers, write_servers};
static const struct field_kind setting_kind = {"a text or a whole number", read_setting, NULL};
static const struct field_kind settings_kind = {"an object of settings", read_settings,
                                                write_settings};

/* ---- the table ---------------------------------------------------------------- */

#define ON(verb) (1U << VERB_##verb)
#define AT(field) offsetof(struct api_call, field)
enum { DAY_MS = 24 * 3600 * 1000 };

static const struct field fields[] = {
    {"dry_run", ON(SWITCHOVER) | ON(FAILOVER), &flag_kind, AT(dry_run), false, 0, 0},
    {"to", ON(SWITCHOVER) | ON(FAILOVER), &name_kind, AT(to), false, 0, 0},
    {"deadline_ms", ON(SWITCHOVER), &number_kind, AT(deadline_ms), false, 100, 3600 * 1000},
    {"max_lag_ms", ON(SWITCHOVER), &number_kind, AT(max_lag_ms), false, 1, DAY_MS},
    {"max_write_gap_ms", ON(SWITCHOVER), &number_kind, AT(max_write_gap_ms), false, 100, 600000},
    {"old_primary_is_dead", ON(FAILOVER), &flag_kind, AT(old_primary_is_dead), false, 0, 0},
    {"allow_data_loss", ON(FAILOVER), &flag_kind, AT(allow_data_loss), false, 0, 0},
    {"name", ON(CLUSTER_CREATE), &name_kind, AT(cluster), true, 0, 0},
    {"servers", ON(CLUSTER_CREATE), &servers_kind, 0, true, 0, 0},
    {"primary", ON(CLUSTER_CREATE), &name_kind, AT(primary), false, 0, 0},
    {"automation", ON(CLUSTER_CREATE), &setting_kind, 0, false, 0, 0},
    {"settings", ON(CLUSTER_CREATE), &settings_kind, 0, false, 0, 0},
    {"*", ON(CLUSTER_SET), &setting_kind, 0, false, 0, 0},
    {"name", ON(TOKEN_CREATE), &name_kind, AT(token_name), true, 0, 0},
    {"role", ON(TOKEN_CREATE), &role_kind, AT(token_role), true, 0, 0},
    {"name", ON(AGENT_ADD) | ON(AGENT_JOIN), &agent_name_kind, AT(agent_name), true, 0, 0},
    {"address", ON(AGENT_ADD) | ON(AGENT_JOIN) | ON(AGENT_MOVE), &address_kind, AT(agent_address),
     true, 0, 0},
    {"key", ON(AGENT_ADD) | ON(AGENT_JOIN), &public_key_kind, AT(agent_key), true, 0, 0},
    {"voter", ON(AGENT_ADD) | ON(AGENT_INVITE), &voter_kind, AT(learner), false, 0, 0},
    {"for_ms", ON(AGENT_INVITE), &number_kind, AT(for_ms), false, 1000, 30ULL * DAY_MS},
    {"store", ON(AGENT_JOIN), &store_kind, AT(agent_store), true, 0, 0},
};

static bool field_of(const struct field *field, enum verb verb)
{
    return (field->verbs & 1U << verb) != 0;
}

#define each_field(field, verb)                                                                    \
    for (const struct field *field = fields; field < fields + sizeof fields / sizeof fields[0];    \
         field++)                                                                                  \
        if (field_of(field, verb))

static const struct field *field_find(enum verb verb, const char *name)
{
    each_field(field, verb)
    {
        if (strcmp(field->name, name) == 0 || strcmp(field->name, "*") == 0) {
            return field;
        }
    }
    return NULL;
}

static int unknown_field(enum verb verb, const char *name, struct err *err)
{
    char known[FIELD_LIST_SIZE] = "";
    size_t length = 0;

    each_field(field, verb)
    {
        text_format(known + length, sizeof known - length, "%s%s", length > 0 ? ", " : "",
                    field->name);
        length = strlen(known);
    }
    return err_set(err, ERR_INVALID, "unknown field \"%.*s\"; %s accepts: %s", FIELD_WORD_SIZE,
                   name, verb_rule(verb)->name, known);
}

static int read_one(struct api_call *call, const char *name, json_t *value, struct err *err)
{
    const struct field *field = field_find(call->verb, name);

    if (field == NULL) {
        return unknown_field(call->verb, name, err);
    }
    err_reset(err);
    if (field->kind->read(field, call, name, value, err)) {
        return 0;
    }
    if (err->code == 0) {
        err_set(err, ERR_INVALID, "field \"%.*s\": accepted is %s", FIELD_WORD_SIZE, name,
                field->kind->accepts);
    }
    return err->code;
}

int field_read_all(struct api_call *call, json_t *body, struct err *err)
{
    struct err unused;
    const char *name;
    json_t *value;

    assert(call->verb < VERB_COUNT);
    if (err == NULL) {
        err = &unused;
    }
    if (!json_is_object(body)) {
        return err_set(err, ERR_INVALID, "the body must be a JSON object");
    }
    json_object_foreach(body, name, value)
    {
        int rc = read_one(call, name, value, err);

        if (rc != 0) {
            return rc;
        }
    }
    each_field(field, call->verb)
    {
        if (field->required && json_object_get(body, field->name) == NULL) {
            return err_set(err, ERR_INVALID, "field \"%s\" is missing: %s", field->name,
                           field->kind->accepts);
        }
    }
    return 0;
}

json_t *field_write_all(const struct api_call *call)
{
    json_t *body = json_object();

    /* "*" writes its settings as fields of the body itself. */
    if (call->verb == VERB_CLUSTER_SET) {
        json_decref(body);
        return write_settings(NULL, call);
    }
    each_field(field, call->verb)
    {
        json_t *value = field->kind->write != NULL ? field->kind->write(field, call) : NULL;

        if (value != NULL) {
            json_object_set_new(body, field->name, value);
        }
    }
    return body;
}
