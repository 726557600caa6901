#include "daemon/io/conf_key.h"

#include <assert.h>
#include <string.h>

#include "daemon/io/address.h"
#include "daemon/io/conf.h"

static_assert(LIMIT_NAME_SIZE == 64 && LIMIT_PATH_SIZE == 256 && LIMIT_SOCKET_SIZE == 108 &&
                  LIMIT_TEXT_SIZE == 256,
              "the texts of CONF_TYPES name the limits");

const struct conf_key conf_keys[CONF_KEY_COUNT] = {
#define X(section_, key_, type_, need_, value_)                                                    \
    [CONF_KEY_##section_##_##key_] = {                                                             \
        .section = CONF_SECTION_##section_,                                                        \
        .name = #key_,                                                                             \
        .type = (type_),                                                                           \
        .required = (need_) == CONF_REQUIRED,                                                      \
        .value = (value_),                                                                         \
        .offset = offsetof(struct conf, section_.key_),                                            \
        .size = sizeof((struct conf *)NULL)->section_.key_,                                        \
    },
    CONF_KEYS(X)
#undef X
};

static const struct {
    const char *name;
    bool required;
} SECTIONS[CONF_SECTION_COUNT] = {
#define X(name, must) {#name, must},
    CONF_SECTIONS(X)
#undef X
};

const char *conf_section_name(enum conf_section section)
{
    assert(section < CONF_SECTION_COUNT);
    return SECTIONS[section].name;
}

bool conf_section_required(enum conf_section section)
{
    assert(section < CONF_SECTION_COUNT);
    return SECTIONS[section].required;
}

enum conf_section conf_section_find(const char *name)
{
    unsigned i = 0;

    while (i < CONF_SECTION_COUNT && strcmp(SECTIONS[i].name, name) != 0) {
        i++;
    }
    return (enum conf_section)i;
}

enum conf_key_id conf_key_find(enum conf_section section, const char *name)
{
    unsigned i = 0;

    while (i < CONF_KEY_COUNT &&
           (conf_keys[i].section != section || strcmp(conf_keys[i].name, name) != 0)) {
        i++;
    }
    return (enum conf_key_id)i;
}

static bool parse_text(const char *value, void *target, size_t size)
{
    return value[0] != '\0' && text_copy(target, size, value);
}

static bool parse_name(const char *value, void *target, size_t size)
{
    for (const char *at = value; *at != '\0'; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9');

        if (!letter && (*at != '-' || at == value)) {
            return false;
        }
    }
    return parse_text(value, target, size);
}

static bool parse_path(const char *value, void *target, size_t size)
{
    return value[0] == '/' && parse_text(value, target, size);
}

static bool parse_address(const char *value, void *target, size_t size)
{
    struct sockaddr_storage address;

    return address_parse(value, &address) && parse_text(value, target, size);
}

static bool parse_switch(const char *value, void *target, size_t size)
{
    bool yes = strcmp(value, "yes") == 0;

    assert(size == sizeof(bool));
    if (!yes && strcmp(value, "no") != 0) {
        return false;
    }
    *(bool *)target = yes;
    return true;
}

static bool parse_level(const char *value, void *target, size_t size)
{
    assert(size == sizeof(enum log_level));
    return log_level_parse(value, target);
}

const char *conf_type_accepted(enum conf_type type)
{
    static const char *const accepted[] = {
#define X(name, text) [name] = (text),
        CONF_TYPES(X)
#undef X
    };

    assert((unsigned)type < sizeof accepted / sizeof accepted[0]);
    return accepted[type];
}

bool conf_type_parse(enum conf_type type, const char *value, void *target, size_t size)
{
    static bool (*const parsers[])(const char *value, void *target, size_t size) = {
        [CONF_NAME] = parse_name,       [CONF_PATH] = parse_path,   [CONF_SOCKET] = parse_path,
        [CONF_ADDRESS] = parse_address, [CONF_USER] = parse_text,   [CONF_COMMAND] = parse_text,
        [CONF_SWITCH] = parse_switch,   [CONF_LEVEL] = parse_level,
    };

    assert((unsigned)type < sizeof parsers / sizeof parsers[0]);
    return parsers[type](value, target, size);
}
