/* conf_key: the table of configuration keys, and what each type accepts.
 *
 * The size of a text is that of its member in struct conf. `need` says whether
 * the key must be there: in an optional section only if the section is. */
#ifndef DAEMON_IO_CONF_KEY_H
#define DAEMON_IO_CONF_KEY_H

#include <stdbool.h>
#include <stddef.h>

/*      name     must be there */
#define CONF_SECTIONS(X)                                                                           \
    X(agent, true)                                                                                 \
    X(api, false)                                                                                  \
    X(server, false)                                                                               \
    X(mariadb, true)                                                                               \
    X(peers, false) /* NAME = IP:PORT KEY; its keys are in no table */

/*      type      accepted */
#define CONF_TYPES(X)                                                                              \
    X(CONF_NAME, "[a-z0-9][a-z0-9-]*, at most 63 characters")                                      \
    X(CONF_PATH, "an absolute path of at most 255 bytes")                                          \
    X(CONF_SOCKET, "an absolute path of at most 107 bytes")                                        \
    X(CONF_ADDRESS, "IP:PORT (port 1..65535)")                                                     \
    X(CONF_USER, "an account's name, 1 to 63 bytes")                                               \
    X(CONF_COMMAND, "a command of 1 to 255 bytes")                                                 \
    X(CONF_SWITCH, "yes or no")                                                                    \
    X(CONF_LEVEL, "debug, info, warning or error")

enum { CONF_OPTIONAL, CONF_REQUIRED };

/*      section  key                        type          need           default */
#define CONF_KEYS(X)                                                                               \
    X(agent, name, CONF_NAME, CONF_REQUIRED, NULL)                                                 \
    X(agent, data_dir, CONF_PATH, CONF_REQUIRED, NULL)                                             \
    X(agent, listen, CONF_ADDRESS, CONF_REQUIRED, NULL)                                            \
    X(agent, key_file, CONF_PATH, CONF_REQUIRED, NULL)                                             \
    X(agent, log_level, CONF_LEVEL, CONF_OPTIONAL, "info")                                         \
    X(api, listen, CONF_ADDRESS, CONF_OPTIONAL, "127.0.0.1:7380")                                  \
    X(api, health_listen, CONF_ADDRESS, CONF_OPTIONAL, NULL)                                       \
    X(api, socket, CONF_SOCKET, CONF_OPTIONAL, "/run/orchestratord/api.sock")                      \
    X(api, certificate, CONF_PATH, CONF_OPTIONAL, NULL)                                            \
    X(api, key, CONF_PATH, CONF_OPTIONAL, NULL)                                                    \
    X(api, tls, CONF_SWITCH, CONF_OPTIONAL, NULL) /* default: if there is a certificate */         \
    X(api, anonymous_reads, CONF_SWITCH, CONF_OPTIONAL, "no")                                      \
    X(server, name, CONF_NAME, CONF_REQUIRED, NULL)                                                \
    X(server, address, CONF_ADDRESS, CONF_OPTIONAL, NULL)                                          \
    X(server, socket, CONF_SOCKET, CONF_REQUIRED, NULL)                                            \
    X(server, start, CONF_COMMAND, CONF_REQUIRED, NULL)                                            \
    X(server, stop, CONF_COMMAND, CONF_REQUIRED, NULL)                                             \
    X(server, snippet, CONF_PATH, CONF_REQUIRED, NULL)                                             \
    X(server, user, CONF_USER, CONF_OPTIONAL, "mysql")                                             \
    X(server, password_file, CONF_PATH, CONF_OPTIONAL, NULL)                                       \
    X(server, pid_file, CONF_PATH, CONF_OPTIONAL, NULL)                                            \
    X(server, datadir, CONF_PATH, CONF_OPTIONAL, NULL)                                             \
    X(mariadb, user, CONF_USER, CONF_REQUIRED, NULL)                                               \
    X(mariadb, password_file, CONF_PATH, CONF_REQUIRED, NULL)                                      \
    X(mariadb, replication_user, CONF_USER, CONF_REQUIRED, NULL)                                   \
    X(mariadb, replication_password_file, CONF_PATH, CONF_REQUIRED, NULL)                          \
    X(mariadb, ca, CONF_PATH, CONF_OPTIONAL, NULL)                                                 \
    X(mariadb, tls, CONF_SWITCH, CONF_OPTIONAL, "yes")

enum conf_section {
#define X(name, must) CONF_SECTION_##name,
    CONF_SECTIONS(X)
#undef X
        CONF_SECTION_COUNT
};

enum conf_type {
#define X(type, accepted) type,
    CONF_TYPES(X)
#undef X
};

enum conf_key_id {
#define X(section, key, type, need, value) CONF_KEY_##section##_##key,
    CONF_KEYS(X)
#undef X
        CONF_KEY_COUNT
};

struct conf_key {
    enum conf_section section;
    const char *name;
    enum conf_type type;
    bool required;
    const char *value; /* the default, or NULL */
    size_t offset;     /* in struct conf */
    size_t size;
};

extern const struct conf_key conf_keys[CONF_KEY_COUNT];

const char *conf_section_name(enum conf_section section);
bool conf_section_required(enum conf_section section);

/* CONF_SECTION_COUNT, CONF_KEY_COUNT if there is none of that name. */
enum conf_section conf_section_find(const char *name);
enum conf_key_id conf_key_find(enum conf_section section, const char *name);

const char *conf_type_accepted(enum conf_type type);

/* Puts `value` into `target` (conf_keys[].size bytes); false if the type
 * doesn't accept it. */
bool conf_type_parse(enum conf_type type, const char *value, void *target, size_t size);

#endif
