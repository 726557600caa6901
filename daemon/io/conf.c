#include "daemon/io/conf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/ini.h"
#include "daemon/io/address.h"
#include "daemon/io/conf_key.h"
#include "daemon/io/secret.h"

enum { PROBLEMS_BYTES_MAX = 256 * 1024 };

/* What a load knows beside the values: on which line each was found (0: it
 * wasn't). */
struct loader {
    struct conf *conf;
    struct conf_problems *problems;
    const char *path;
    unsigned section_lines[CONF_SECTION_COUNT];
    unsigned key_lines[CONF_KEY_COUNT];
    unsigned peer_lines[LIMIT_VOTERS - 1];
    bool key_bad[CONF_KEY_COUNT]; /* reported, so don't check further */
    unsigned peers_found;         /* may pass what the array holds */
};

void conf_problems_init(struct conf_problems *problems)
{
    problems->count = 0;
    buf_init(&problems->text, PROBLEMS_BYTES_MAX);
}

void conf_problems_finish(struct conf_problems *problems)
{
    problems->count = 0;
    buf_finish(&problems->text);
}

/* One line: "FILE:LINE: where: what". Line 0 stands for the whole file. */
static void report(struct loader *loader, unsigned line, const char *where, const char *what)
{
    struct buf *text = &loader->problems->text;

    loader->problems->count++;
    if (line > 0) {
        buf_printf(text, "%s:%u: %s%s%s\n", loader->path, line, where, where[0] ? ": " : "", what);
    } else {
        buf_printf(text, "%s: %s%s%s\n", loader->path, where, where[0] ? ": " : "", what);
    }
}

static void report_found(struct loader *loader, unsigned line, const char *where, const char *found,
                         const char *accepted)
{
    char what[LIMIT_CONFIG_LINE_BYTES + LIMIT_TEXT_SIZE];

    text_format(what, sizeof what, "found %s, accepted: %s", found, accepted);
    report(loader, line, where, what);
}

/* About a key of the table, with the line on which it stands. */
static void report_key(struct loader *loader, enum conf_key_id id, const char *found,
                       const char *accepted)
{
    const struct conf_key *key = &conf_keys[id];
    char where[LIMIT_NAME_SIZE];

    text_format(where, sizeof where, "[%s] %s", conf_section_name(key->section), key->name);
    report_found(loader, loader->key_lines[id], where, found, accepted);
}

static bool given(const struct loader *loader, enum conf_key_id id)
{
    return loader->key_lines[id] > 0 && !loader->key_bad[id];
}

static void *target_of(const struct loader *loader, enum conf_key_id id)
{
    return (char *)loader->conf + conf_keys[id].offset;
}

/* ---- line by line ---- */

static void on_bad(void *context, unsigned line, const char *found, const char *accepted)
{
    report_found(context, line, "", found, accepted);
}

static void on_section(void *context, unsigned line, const char *name)
{
    struct loader *loader = context;
    enum conf_section section = conf_section_find(name);
    char where[LIMIT_CONFIG_LINE_BYTES + 2];
    char found[LIMIT_TEXT_SIZE];

    text_format(where, sizeof where, "[%s]", name);
    if (section == CONF_SECTION_COUNT) {
        report_found(loader, line, where, "an unknown section",
                     "[agent], [api], [server], [mariadb], [peers]");
    } else if (loader->section_lines[section] > 0) {
        text_format(found, sizeof found, "it a second time (first on line %u)",
                    loader->section_lines[section]);
        report_found(loader, line, where, found, "each section once");
    } else {
        loader->section_lines[section] = line;
    }
}

static bool peer_is_double(const struct loader *loader, const struct conf_peer *peer,
                           const char **found)
{
    struct conf *conf = loader->conf;

    for (unsigned i = 0; i < conf->peer_count; i++) {
        const struct conf_peer *other = &conf->peers[i];

        *found = strcmp(other->name, peer->name) == 0         ? "a name that another peer has"
                 : strcmp(other->address, peer->address) == 0 ? "an address that another peer has"
                 : memcmp(other->key, peer->key, KEYS_BYTES) == 0 ? "a key that another peer has"
                                                                  : NULL;
        if (*found != NULL) {
            return true;
        }
    }
    return false;
}

/* "IP:PORT KEY" into the peer; what was found instead, or NULL. */
static const char *parse_peer(const char *name, const char *value, struct conf_peer *peer)
{
    size_t length = strcspn(value, " \t");
    const char *key = value + length + strspn(value + length, " \t");
    struct sockaddr_storage address;

    if (!conf_type_parse(CONF_NAME, name, peer->name, sizeof peer->name)) {
        return "a name that can't be one";
    }
    if (length >= sizeof peer->address) {
        return "an address that is too long";
    }
    memcpy(peer->address, value, length);
    peer->address[length] = '\0';
    if (!address_parse(peer->address, &address)) {
        return "an address that isn't IP:PORT";
    }
    if (address_is_any(&address)) {
        return "an address that nobody can connect to";
    }
    if (!keys_decode(key, strlen(key), peer->key)) {
        return "a public key that isn't 44 characters of base64";
    }
    return NULL;
}

static void read_peer(struct loader *loader, unsigned line, const char *name, const char *value)
{
    struct conf *conf = loader->conf;
    struct conf_peer peer = {.name = ""};
    const char *found = parse_peer(name, value, &peer);
    char where[LIMIT_CONFIG_LINE_BYTES + sizeof "[peers] "];

    text_format(where, sizeof where, "[peers] %s", name);
    loader->peers_found++;
    if (found != NULL || peer_is_double(loader, &peer, &found)) {
        report_found(loader, line, where, found,
                     "NAME = IP:PORT KEY, each name ([a-z0-9][a-z0-9-]*), address and key once");
    } else if (conf->peer_count < LIMIT_VOTERS - 1) {
        loader->peer_lines[conf->peer_count] = line;
        conf->peers[conf->peer_count++] = peer;
    }
}

static void read_key(struct loader *loader, unsigned line, enum conf_key_id id, const char *value)
{
    const struct conf_key *key = &conf_keys[id];
    char found[LIMIT_CONFIG_LINE_BYTES + 2];
    char where[LIMIT_NAME_SIZE];

    if (loader->key_lines[id] > 0) {
        text_format(where, sizeof where, "[%s] %s", conf_section_name(key->section), key->name);
        text_format(found, sizeof found, "it a second time (first on line %u)",
                    loader->key_lines[id]);
        report_found(loader, line, where, found, "each key once");
        return;
    }
    loader->key_lines[id] = line;
    if (!conf_type_parse(key->type, value, target_of(loader, id), key->size)) {
        loader->key_bad[id] = true;
        text_format(found, sizeof found, "\"%s\"", value);
        report_key(loader, id, found, conf_type_accepted(key->type));
    }
}

static void on_key(void *context, unsigned line, const char *section_name, const char *name,
                   const char *value)
{
    struct loader *loader = context;
    enum conf_section section = conf_section_find(section_name);
    enum conf_key_id id = conf_key_find(section, name);
    char where[2 * LIMIT_CONFIG_LINE_BYTES];
    struct buf known;

    if (section == CONF_SECTION_COUNT) {
        return; /* reported at the section's line */
    }
    if (section == CONF_SECTION_peers) {
        read_peer(loader, line, name, value);
        return;
    }
    if (id < CONF_KEY_COUNT) {
        read_key(loader, line, id, value);
        return;
    }
    buf_init(&known, LIMIT_TEXT_SIZE);
    for (unsigned i = 0; i < CONF_KEY_COUNT; i++) {
        if (conf_keys[i].section == section) {
            buf_printf(&known, "%s%s", known.length > 0 ? ", " : "", conf_keys[i].name);
        }
    }
    text_format(where, sizeof where, "[%s] %s", section_name, name);
    report_found(loader, line, where, "an unknown key", buf_text(&known));
    buf_finish(&known);
}

/* ---- the whole ---- */

static void set_defaults(struct loader *loader)
{
    for (unsigned i = 0; i < CONF_KEY_COUNT; i++) {
        const struct conf_key *key = &conf_keys[i];
        void *target = target_of(loader, i);

        if (key->value != NULL) {
            bool ok = conf_type_parse(key->type, key->value, target, key->size);

            assert(ok);
        }
    }
}

static void check_missing(struct loader *loader)
{
    for (unsigned i = 0; i < CONF_SECTION_COUNT; i++) {
        char where[LIMIT_NAME_SIZE];

        text_format(where, sizeof where, "[%s]", conf_section_name(i));
        if (loader->section_lines[i] == 0 && conf_section_required(i)) {
            report_found(loader, 0, where, "no such section", "it is required");
        }
    }
    for (unsigned i = 0; i < CONF_KEY_COUNT; i++) {
        const struct conf_key *key = &conf_keys[i];

        if (loader->section_lines[key->section] > 0 && loader->key_lines[i] == 0 && key->required) {
            report_key(loader, i, "nothing", conf_type_accepted(key->type));
        }
    }
}

static void check_peers(struct loader *loader)
{
    struct conf *conf = loader->conf;
    unsigned agents = loader->peers_found + 1;
    char found[LIMIT_TEXT_SIZE];

    if (agents % 2 == 0 || agents > LIMIT_VOTERS) {
        text_format(found, sizeof found, "%u agents with this one", agents);
        report_found(loader, loader->section_lines[CONF_SECTION_peers], "[peers]", found,
                     "1, 3, 5 or 7");
    }
    for (unsigned i = 0; i < conf->peer_count; i++) {
        const struct conf_peer *peer = &conf->peers[i];
        const char *own = strcmp(peer->name, conf->agent.name) == 0        ? "this agent's name"
                          : strcmp(peer->address, conf->agent.listen) == 0 ? "this agent's address"
                          : memcmp(peer->key, conf->agent.keys.public, KEYS_BYTES) == 0
                              ? "this agent's key"
                              : NULL;

        if (own != NULL) {
            report_found(loader, loader->peer_lines[i], "[peers]", own, "the other agents only");
        }
    }
}

static void check_addresses(struct loader *loader)
{
    static const enum conf_key_id listens[] = {CONF_KEY_agent_listen, CONF_KEY_api_listen,
                                               CONF_KEY_api_health_listen};
    struct sockaddr_storage peer;

    if (address_parse(loader->conf->agent.listen, &peer) && address_is_any(&peer)) {
        report_key(loader, CONF_KEY_agent_listen, "an address that nobody can connect to",
                   "the IP:PORT where the other agents reach this one");
    }
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned k = 0; k < i; k++) {
            const char *one = target_of(loader, listens[i]);

            if (one[0] != '\0' && strcmp(one, target_of(loader, listens[k])) == 0) {
                report_key(loader, listens[i], one, "an address that no other key has");
            }
        }
    }
}

/* It has to outlive the loss of the other: it says whether a guard had opened the server. */
static void check_snippet(struct loader *loader)
{
    const char *directory = loader->conf->agent.data_dir;
    size_t length = strlen(directory);

    while (length > 1 && directory[length - 1] == '/') {
        length--;
    }
    if (length > 0 && strncmp(loader->conf->server.snippet, directory, length) == 0 &&
        loader->conf->server.snippet[length] == '/') {
        report_key(loader, CONF_KEY_server_snippet, "a file below data_dir",
                   "one elsewhere, which is still there when data_dir is lost");
    }
}

static void check_readable(struct loader *loader, enum conf_key_id id)
{
    const char *path = target_of(loader, id);

    if (given(loader, id) && access(path, R_OK) != 0) {
        report_key(loader, id, strerror(errno), "a file that can be read");
    }
}

static void check_tls(struct loader *loader)
{
    struct conf *conf = loader->conf;
    bool certificate = conf->api.certificate[0] != '\0';
    struct sockaddr_storage listen;

    check_readable(loader, CONF_KEY_api_certificate);
    check_readable(loader, CONF_KEY_mariadb_ca);
    if (certificate != (conf->api.key[0] != '\0')) {
        report_key(loader, certificate ? CONF_KEY_api_key : CONF_KEY_api_certificate, "nothing",
                   "certificate and key, or neither");
    }
    if (!given(loader, CONF_KEY_api_tls)) {
        conf->api.tls = certificate;
        if (!certificate && loader->key_lines[CONF_KEY_api_tls] == 0 &&
            address_parse(conf->api.listen, &listen) && !address_is_loopback(&listen)) {
            report_key(loader, CONF_KEY_api_listen, "an address that isn't loopback, without TLS",
                       "certificate and key, or tls = no");
        }
    } else if (conf->api.tls && !certificate) {
        report_key(loader, CONF_KEY_api_tls, "yes without a certificate", "certificate and key");
    }
    if (conf->mariadb.tls && conf->mariadb.ca[0] == '\0' &&
        loader->section_lines[CONF_SECTION_mariadb] > 0 && !loader->key_bad[CONF_KEY_mariadb_ca] &&
        !loader->key_bad[CONF_KEY_mariadb_tls]) {
        report_key(loader, CONF_KEY_mariadb_ca, "nothing", "ca, or tls = no");
    }
}

static void check_secret(struct loader *loader, enum conf_key_id id, int rv, const struct err *err)
{
    if (rv != 0) {
        report_key(loader, id, err->text, "a secret of one line, mode 0600");
    }
}

static void load_secrets(struct loader *loader)
{
    struct conf *conf = loader->conf;
    const struct {
        enum conf_key_id id;
        char *text;
    } passwords[] = {
        {CONF_KEY_server_password_file, conf->server.password},
        {CONF_KEY_mariadb_password_file, conf->mariadb.password},
        {CONF_KEY_mariadb_replication_password_file, conf->mariadb.replication_password},
    };
    struct err err;

    for (unsigned i = 0; i < sizeof passwords / sizeof passwords[0]; i++) {
        enum conf_key_id id = passwords[i].id;

        if (given(loader, id)) {
            check_secret(
                loader, id,
                secret_read(target_of(loader, id), passwords[i].text, LIMIT_SECRET_SIZE, &err),
                &err);
        }
    }
    if (given(loader, CONF_KEY_agent_key_file)) {
        check_secret(loader, CONF_KEY_agent_key_file,
                     secret_read_key(conf->agent.key_file, &conf->agent.keys, &err), &err);
    }
    if (given(loader, CONF_KEY_api_key)) {
        check_secret(loader, CONF_KEY_api_key, secret_check(conf->api.key, &err), &err);
    }
}

/* The whole file, up to one byte more than is accepted. */
static int read_file(struct loader *loader, struct buf *text)
{
    int fd = open(loader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    uint8_t *bytes = buf_extend(text, LIMIT_CONFIG_BYTES + 1);
    size_t length = 0;
    ssize_t n = -1;

    if (fd >= 0 && bytes != NULL) {
        do {
            n = read(fd, bytes + length, LIMIT_CONFIG_BYTES + 1 - length);
            length += n > 0 ? (size_t)n : 0;
        } while (n > 0 || (n < 0 && errno == EINTR));
    }
    if (n < 0) {
        report(loader, 0, "", strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    text->length = length;
    return n < 0 ? ERR_IO : 0;
}

static void load_text(struct loader *loader, const struct buf *text)
{
    struct conf *conf = loader->conf;
    struct ini_reader reader = {
        .context = loader, .section = on_section, .key = on_key, .bad = on_bad};

    set_defaults(loader);
    ini_read(&reader, buf_text(text), text->length);
    conf->peers_present = loader->section_lines[CONF_SECTION_peers] > 0;
    conf->server.present = loader->section_lines[CONF_SECTION_server] > 0;
    if (!conf->server.present) {
        memset(&conf->server, 0, sizeof conf->server);
    }
    load_secrets(loader);
    check_missing(loader);
    check_peers(loader);
    check_addresses(loader);
    check_snippet(loader);
    check_tls(loader);
}

int conf_load(struct conf *conf, const char *path, struct conf_problems *problems)
{
    struct loader loader = {.conf = conf, .problems = problems, .path = path};
    struct buf text;

    *conf = (struct conf){.peer_count = 0};
    buf_init(&text, LIMIT_CONFIG_BYTES + 1);
    if (read_file(&loader, &text) == 0) {
        load_text(&loader, &text);
    }
    buf_finish(&text);
    if (problems->count > 0) {
        conf_finish(conf);
        return ERR_INVALID;
    }
    return 0;
}

void conf_finish(struct conf *conf)
{
    sodium_memzero(conf, sizeof *conf);
}
