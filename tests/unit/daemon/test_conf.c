#include "tests/unit/main.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/io/conf.h"
#include "daemon/io/secret.h"

/* Every test edits one line of this file and looks at the problems. @ stands for
 * the directory of the test, 1 to 3 behind KEY for a public key. */
static const char SAMPLE[] = "[agent]\n"                                      /* 1 */
                             "name = a1\n"                                    /* 2 */
                             "data_dir = @/data\n"                            /* 3 */
                             "listen = 10.0.0.1:7300\n"                       /* 4 */
                             "key_file = @/a1.key\n"                          /* 5 */
                             "log_level = warning\n"                          /* 6 */
                             "[api]\n"                                        /* 7 */
                             "listen = 10.0.0.1:7380\n"                       /* 8 */
                             "certificate = @/api.pem\n"                      /* 9 */
                             "key = @/api.key\n"                              /* 10 */
                             "health_listen = [::]:7381\n"                    /* 11 */
                             "anonymous_reads = yes\n"                        /* 12 */
                             "[server]\n"                                     /* 13 */
                             "name = db1\n"                                   /* 14 */
                             "socket = @/mysqld.sock\n"                       /* 15 */
                             "start = systemctl start mariadb\n"              /* 16 */
                             "stop = systemctl stop mariadb\n"                /* 17 */
                             "snippet = @/99-orchestratord.cnf\n"             /* 18 */
                             "[mariadb]\n"                                    /* 19 */
                             "user = orchestratord\n"                         /* 20 */
                             "password_file = @/mariadb.pw\n"                 /* 21 */
                             "replication_user = replication\n"               /* 22 */
                             "replication_password_file = @/replication.pw\n" /* 23 */
                             "ca = @/api.pem\n"                               /* 24 */
                             "[peers]\n"                                      /* 25 */
                             "a2 = 10.0.0.2:7300 KEY2\n"                      /* 26 */
                             "a3 = [fd00::3]:7300 KEY3\n";                    /* 27 */

static char directory[64];
static char public_keys[4][KEYS_TEXT_SIZE];
static struct conf conf;
static struct conf_problems problems;

static void write_file(const char *name, const char *text, size_t length, mode_t mode)
{
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, length), (ssize_t)length);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

static void write_text(const char *name, const char *text, mode_t mode)
{
    write_file(name, text, strlen(text), mode);
}

static void write_keys(void)
{
    char text[KEYS_TEXT_SIZE + 1];
    struct key_pair pair;

    for (int i = 1; i <= 3; i++) {
        uint8_t secret[KEYS_BYTES] = {0, (uint8_t)i}; /* the lowest bits don't count */

        keys_derive(&pair, secret);
        keys_encode(public_keys[i], pair.public);
        if (i == 1) {
            keys_encode(text, pair.secret);
            strcat(text, "\n");
            write_text("a1.key", text, 0600);
        }
    }
}

static void setup(void)
{
    strcpy(directory, "/tmp/orchestratord-conf-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    write_keys();
    write_text("mariadb.pw", "watch ; \"me\"\n", 0600);
    write_text("replication.pw", "copy me", 0400);
    write_text("api.pem", "certificate", 0644);
    write_text("api.key", "key", 0600);
    conf_problems_init(&problems);
}

static void teardown(void)
{
    static const char *const names[] = {"a1.key",  "mariadb.pw", "replication.pw",
                                        "api.pem", "api.key",    "conf"};
    char path[128];

    conf_finish(&conf);
    conf_problems_finish(&problems);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
}

/* Writes @ and KEYn out. */
static void expand(struct buf *target, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '@') {
            buf_append_text(target, directory);
        } else if (strncmp(at, "KEY", 3) == 0 && at[3] >= '1' && at[3] <= '3') {
            buf_append_text(target, public_keys[at[3] - '0']);
            at += 3;
        } else {
            buf_append(target, at, 1);
        }
    }
}

static int load_text(const char *text)
{
    struct buf file;
    char path[128];
    int rv;

    buf_init(&file, 1 << 20);
    expand(&file, text);
    write_file("conf", buf_text(&file), file.length, 0644);
    buf_finish(&file);
    conf_problems_finish(&problems);
    conf_problems_init(&problems);
    conf_finish(&conf);
    snprintf(path, sizeof path, "%s/conf", directory);
    rv = conf_load(&conf, path, &problems);
    ck_assert_int_eq(rv, problems.count == 0 ? 0 : ERR_INVALID);
    return rv;
}

/* The sample with its one line `old` replaced. */
static int load_edited(const char *old, const char *new)
{
    char text[4096];
    const char *at = strstr(SAMPLE, old);

    ck_assert_msg(at != NULL, "no line %s", old);
    ck_assert(at == SAMPLE || at[-1] == '\n');
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - SAMPLE), SAMPLE, new, at + strlen(old));
    return load_text(text);
}

/* Exactly one problem: "@/conf" and then `expected`. */
static void check_problem(const char *old, const char *new, const char *expected)
{
    struct buf text;

    load_edited(old, new);
    buf_init(&text, 4096);
    expand(&text, "@/conf:");
    expand(&text, expected);
    buf_append_text(&text, "\n");
    ck_assert_str_eq(buf_text(&problems.text), buf_text(&text));
    ck_assert_uint_eq(problems.count, 1);
    buf_finish(&text);
}

START_TEST(a_good_file_is_read)
{
    uint8_t key[KEYS_BYTES];

    load_text(SAMPLE);
    ck_assert_str_eq(buf_text(&problems.text), "");
    ck_assert_str_eq(conf.agent.name, "a1");
    ck_assert_str_eq(conf.agent.listen, "10.0.0.1:7300");
    ck_assert_int_eq(conf.agent.log_level, LOG_LEVEL_WARNING);
    ck_assert(keys_decode(public_keys[1], KEYS_TEXT_SIZE - 1, key));
    ck_assert_mem_eq(conf.agent.keys.public, key, sizeof key);
    ck_assert(conf.api.tls && conf.api.anonymous_reads);
    ck_assert_str_eq(conf.api.socket, "/run/orchestratord/api.sock");
    ck_assert(conf.server.present);
    ck_assert_str_eq(conf.server.start, "systemctl start mariadb");
    ck_assert_str_eq(conf.server.user, "mysql");
    ck_assert_str_eq(conf.server.password, "");
    ck_assert_str_eq(conf.mariadb.password, "watch ; \"me\"");
    ck_assert_str_eq(conf.mariadb.replication_password, "copy me");
    ck_assert(conf.mariadb.tls);
    ck_assert_uint_eq(conf.peer_count, 2);
    ck_assert_str_eq(conf.peers[1].name, "a3");
    ck_assert_str_eq(conf.peers[1].address, "[fd00::3]:7300");
    ck_assert(keys_decode(public_keys[3], KEYS_TEXT_SIZE - 1, key));
    ck_assert_mem_eq(conf.peers[1].key, key, sizeof key);
}
END_TEST

START_TEST(the_smallest_file_is_a_witness_alone)
{
    ck_assert_int_eq(load_text("[agent]\nname=w\ndata_dir=/d\nlisten=127.0.0.1:1\n"
                               "key_file=@/a1.key\n[mariadb]\nuser=u\npassword_file=@/mariadb.pw\n"
                               "replication_user=r\nreplication_password_file=@/replication.pw\n"
                               "tls=no\n"),
                     0);
    ck_assert(!conf.server.present && !conf.api.tls && !conf.mariadb.tls);
    ck_assert_str_eq(conf.server.user, "");
    ck_assert_str_eq(conf.api.listen, "127.0.0.1:7380");
    ck_assert_int_eq(conf.agent.log_level, LOG_LEVEL_INFO);
    ck_assert_uint_eq(conf.peer_count, 0);
}
END_TEST

static const struct {
    const char *old;
    const char *new;
    const char *expected;
} EDITS[] = {
    /* the shape of the file */
    {"[agent]\n", "[agent]\nx\n",
     "2: found neither a section nor a key with a value, accepted: [SECTION], KEY = VALUE, a "
     "comment"},
    {"[server]\n", "[server]\npassword = hush\n",
     "14: [server] password: found an unknown key, accepted: name, address, socket, start, stop, "
     "snippet, user, password_file, pid_file, datadir"},
    {"[peers]\n", "[extra]\nx = 1\n[peers]\n",
     "25: [extra]: found an unknown section, accepted: [agent], [api], [server], [mariadb], "
     "[peers]"},
    {"[peers]\n", "[agent]\n[peers]\n",
     "25: [agent]: found it a second time (first on line 1), accepted: each section once"},
    {"name = db1\n", "name = db1\nname = db1\n",
     "15: [server] name: found it a second time (first on line 14), accepted: each key once"},

    /* values */
    {"name = a1\n", "name = A1\n",
     "2: [agent] name: found \"A1\", accepted: [a-z0-9][a-z0-9-]*, at most 63 characters"},
    {"name = a1\n", "name = -a\n",
     "2: [agent] name: found \"-a\", accepted: [a-z0-9][a-z0-9-]*, at most 63 characters"},
    {"name = a1\n", "name = \"\"\n",
     "2: [agent] name: found \"\", accepted: [a-z0-9][a-z0-9-]*, at most 63 characters"},
    {"data_dir = @/data\n", "data_dir = data\n",
     "3: [agent] data_dir: found \"data\", accepted: an absolute path of at most 255 bytes"},
    {"listen = 10.0.0.1:7300\n", "listen = 10.0.0.1\n",
     "4: [agent] listen: found \"10.0.0.1\", accepted: IP:PORT (port 1..65535)"},
    {"listen = 10.0.0.1:7300\n", "listen = 10.0.0.1:0\n",
     "4: [agent] listen: found \"10.0.0.1:0\", accepted: IP:PORT (port 1..65535)"},
    {"listen = 10.0.0.1:7300\n", "listen = 10.0.0.1:65536\n",
     "4: [agent] listen: found \"10.0.0.1:65536\", accepted: IP:PORT (port 1..65535)"},
    {"listen = 10.0.0.1:7300\n", "listen = host:7300\n",
     "4: [agent] listen: found \"host:7300\", accepted: IP:PORT (port 1..65535)"},
    {"listen = 10.0.0.1:7300\n", "listen = [::1:7300\n",
     "4: [agent] listen: found \"[::1:7300\", accepted: IP:PORT (port 1..65535)"},
    {"listen = 10.0.0.1:7300\n", "listen = 0.0.0.0:7300\n",
     "4: [agent] listen: found an address that nobody can connect to, accepted: the IP:PORT where "
     "the other agents reach this one"},
    {"listen = 10.0.0.1:7300\n", "listen = [::]:7300\n",
     "4: [agent] listen: found an address that nobody can connect to, accepted: the IP:PORT where "
     "the other agents reach this one"},
    {"snippet = @/99-orchestratord.cnf\n", "snippet = @/data/snippet.cnf\n",
     "18: [server] snippet: found a file below data_dir, accepted: one elsewhere, which is still "
     "there when data_dir is lost"},
    {"log_level = warning\n", "log_level = loud\n",
     "6: [agent] log_level: found \"loud\", accepted: debug, info, warning or error"},
    {"anonymous_reads = yes\n", "anonymous_reads = true\n",
     "12: [api] anonymous_reads: found \"true\", accepted: yes or no"},
    {"start = systemctl start mariadb\n", "start = \"\"\n",
     "16: [server] start: found \"\", accepted: a command of 1 to 255 bytes"},
    {"user = orchestratord\n", "user = \"\"\n",
     "20: [mariadb] user: found \"\", accepted: an account's name, 1 to 63 bytes"},

    /* what is missing */
    {"name = a1\n", "",
     " [agent] name: found nothing, accepted: [a-z0-9][a-z0-9-]*, at most 63 characters"},
    {"stop = systemctl stop mariadb\n", "",
     " [server] stop: found nothing, accepted: a command of 1 to 255 bytes"},
    {"ca = @/api.pem\n", "", " [mariadb] ca: found nothing, accepted: ca, or tls = no"},
    {"key = @/api.key\n", "",
     " [api] key: found nothing, accepted: certificate and key, or neither"},

    /* TLS */
    {"certificate = @/api.pem\nkey = @/api.key\n", "",
     "8: [api] listen: found an address that isn't loopback, without TLS, accepted: certificate "
     "and key, or tls = no"},
    {"certificate = @/api.pem\nkey = @/api.key\n", "tls = yes\n",
     "9: [api] tls: found yes without a certificate, accepted: certificate and key"},
    {"certificate = @/api.pem\n", "certificate = @/none\n",
     "9: [api] certificate: found No such file or directory, accepted: a file that can be read"},

    /* addresses */
    {"health_listen = [::]:7381\n", "health_listen = 10.0.0.1:7380\n",
     "11: [api] health_listen: found 10.0.0.1:7380, accepted: an address that no other key has"},

    /* secrets */
    {"password_file = @/mariadb.pw\n", "password_file = @/none\n",
     "21: [mariadb] password_file: found @/none: No such file or directory, accepted: a secret of "
     "one line, mode 0600"},
    {"password_file = @/mariadb.pw\n", "password_file = @/api.pem\n",
     "21: [mariadb] password_file: found @/api.pem: mode 0644 lets others at it (chmod 600 "
     "@/api.pem), accepted: a secret of one line, mode 0600"},
    {"key_file = @/a1.key\n", "key_file = @/mariadb.pw\n",
     "5: [agent] key_file: found @/mariadb.pw: not a key (orchestratorctl keygen makes one), "
     "accepted: a secret of one line, mode 0600"},
    {"key_file = @/a1.key\n", "key_file = @\n",
     "5: [agent] key_file: found @: not a regular file, accepted: a secret of one line, mode 0600"},

    /* peers */
    {"a3 = [fd00::3]:7300 KEY3\n", "",
     "25: [peers]: found 2 agents with this one, accepted: 1, 3, 5 or 7"},
    {"a3 = [fd00::3]:7300 KEY3\n", "a3 = 10.0.0.3 KEY3\n",
     "27: [peers] a3: found an address that isn't IP:PORT, accepted: NAME = IP:PORT KEY, each name "
     "([a-z0-9][a-z0-9-]*), address and key once"},
    {"a3 = [fd00::3]:7300 KEY3\n", "a3 = 0.0.0.0:7300 KEY3\n",
     "27: [peers] a3: found an address that nobody can connect to, accepted: NAME = IP:PORT KEY, "
     "each name ([a-z0-9][a-z0-9-]*), address and key once"},
    {"a3 = [fd00::3]:7300 KEY3\n", "a3 = 10.0.0.3:7300\n",
     "27: [peers] a3: found a public key that isn't 44 characters of base64, accepted: NAME = "
     "IP:PORT KEY, each name ([a-z0-9][a-z0-9-]*), address and key once"},
    {"a3 = [fd00::3]:7300 KEY3\n", "A3 = 10.0.0.3:7300 KEY3\n",
     "27: [peers] A3: found a name that can't be one, accepted: NAME = IP:PORT KEY, each name "
     "([a-z0-9][a-z0-9-]*), address and key once"},
    {"a3 = [fd00::3]:7300 KEY3\n", "a2 = 10.0.0.3:7300 KEY3\n",
     "27: [peers] a2: found a name that another peer has, accepted: NAME = IP:PORT KEY, each name "
     "([a-z0-9][a-z0-9-]*), address and key once"},
    {"a3 = [fd00::3]:7300 KEY3\n", "a3 = 10.0.0.2:7300 KEY3\n",
     "27: [peers] a3: found an address that another peer has, accepted: NAME = IP:PORT KEY, each "
     "name ([a-z0-9][a-z0-9-]*), address and key once"},
    {"a3 = [fd00::3]:7300 KEY3\n", "a3 = 10.0.0.3:7300 KEY2\n",
     "27: [peers] a3: found a key that another peer has, accepted: NAME = IP:PORT KEY, each name "
     "([a-z0-9][a-z0-9-]*), address and key once"},
    {"a3 = [fd00::3]:7300 KEY3\n", "a1 = 10.0.0.3:7300 KEY3\n",
     "27: [peers]: found this agent's name, accepted: the other agents only"},
    {"a3 = [fd00::3]:7300 KEY3\n", "a3 = 10.0.0.1:7300 KEY3\n",
     "27: [peers]: found this agent's address, accepted: the other agents only"},
    {"a3 = [fd00::3]:7300 KEY3\n", "a3 = 10.0.0.3:7300 KEY1\n",
     "27: [peers]: found this agent's key, accepted: the other agents only"},
};

START_TEST(each_mistake_is_told_with_its_line)
{
    check_problem(EDITS[_i].old, EDITS[_i].new, EDITS[_i].expected);
}
END_TEST

START_TEST(all_mistakes_are_told_at_once)
{
    ck_assert_int_eq(load_text("[agent]\nname = A\nlisten = x\n[api]\ntls = maybe\nfoo = 1\n"),
                     ERR_INVALID);
    ck_assert_uint_eq(problems.count, 7);
    ck_assert_ptr_nonnull(strstr(buf_text(&problems.text), "/conf: [mariadb]: found no such"));
    ck_assert_str_eq(conf.agent.name, "");
}
END_TEST

START_TEST(a_file_that_is_not_there_is_a_problem)
{
    ck_assert_int_eq(conf_load(&conf, "/nonexistent", &problems), ERR_INVALID);
    ck_assert_str_eq(buf_text(&problems.text), "/nonexistent: No such file or directory\n");
}
END_TEST

START_TEST(texts_end_at_their_limits)
{
    char line[600];

    snprintf(line, sizeof line, "name = %.*s\n", LIMIT_NAME_SIZE - 1,
             "0123456789012345678901234567890123456789012345678901234567890123456789");
    ck_assert_int_eq(load_edited("name = a1\n", line), 0);
    snprintf(line, sizeof line, "name = %.*s\n", LIMIT_NAME_SIZE,
             "0123456789012345678901234567890123456789012345678901234567890123456789");
    ck_assert_int_eq(load_edited("name = a1\n", line), ERR_INVALID);
    snprintf(line, sizeof line, "socket = /%0*d\n", LIMIT_SOCKET_SIZE - 2, 0);
    ck_assert_int_eq(load_edited("socket = @/mysqld.sock\n", line), 0);
    snprintf(line, sizeof line, "socket = /%0*d\n", LIMIT_SOCKET_SIZE - 1, 0);
    ck_assert_int_eq(load_edited("socket = @/mysqld.sock\n", line), ERR_INVALID);
    snprintf(line, sizeof line, "data_dir = /%0*d\n", LIMIT_PATH_SIZE - 2, 0);
    ck_assert_int_eq(load_edited("data_dir = @/data\n", line), 0);
    snprintf(line, sizeof line, "data_dir = /%0*d\n", LIMIT_PATH_SIZE - 1, 0);
    ck_assert_int_eq(load_edited("data_dir = @/data\n", line), ERR_INVALID);
}
END_TEST

static int load_peers(unsigned count)
{
    struct buf text;
    int rv;

    buf_init(&text, 1 << 16);
    buf_append(&text, SAMPLE, (size_t)(strstr(SAMPLE, "a2 = ") - SAMPLE));
    for (unsigned i = 0; i < count; i++) {
        uint8_t secret[KEYS_BYTES] = {9, (uint8_t)i};
        char key[KEYS_TEXT_SIZE];
        struct key_pair pair;

        keys_derive(&pair, secret);
        keys_encode(key, pair.public);
        buf_printf(&text, "p%u = 10.0.1.%u:7300 %s\n", i, i + 1, key);
    }
    rv = load_text(buf_text(&text));
    buf_finish(&text);
    return rv;
}

START_TEST(there_are_one_three_five_or_seven_agents)
{
    for (unsigned peers = 0; peers <= 9; peers++) {
        ck_assert_int_eq(load_peers(peers),
                         peers % 2 == 0 && peers < LIMIT_VOTERS ? 0 : ERR_INVALID);
    }
}
END_TEST

START_TEST(a_file_has_a_limit)
{
    static char text[LIMIT_CONFIG_BYTES + 2];
    size_t used;
    struct buf file;

    buf_init(&file, 1 << 16);
    expand(&file, SAMPLE);
    used = file.length;
    memset(text, '\n', sizeof text - 1);
    memcpy(text, buf_text(&file), used);
    buf_finish(&file);
    text[LIMIT_CONFIG_BYTES] = '\0';
    ck_assert_int_eq(load_text(text), 0);
    text[LIMIT_CONFIG_BYTES] = '\n';
    ck_assert_int_eq(load_text(text), ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(buf_text(&problems.text), "65536 bytes"));
}
END_TEST

START_TEST(a_secret_is_one_line_of_bounded_length)
{
    static const struct {
        const char *text;
        size_t length;
        const char *read; /* NULL: refused */
    } cases[] = {
        {"123\n", 4, "123"},       {"123", 3, "123"},     {"1234567\n", 8, "1234567"},
        {"1234567", 7, "1234567"}, {"12345678", 8, NULL}, {"12345678\n", 9, NULL},
        {"1234567\n\n", 9, NULL},  {"12\n34", 5, NULL},   {"12\0003", 4, NULL},
        {"\n", 1, NULL},           {"", 0, NULL},
    };
    char text[8];
    char path[128];
    struct err err;

    snprintf(path, sizeof path, "%s/mariadb.pw", directory);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool good = cases[i].read != NULL;

        write_file("mariadb.pw", cases[i].text, cases[i].length, 0600);
        ck_assert_int_eq(secret_read(path, text, sizeof text, &err), good ? 0 : ERR_INVALID);
        ck_assert_str_eq(text, good ? cases[i].read : "");
    }
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("conf");
    TCase *tcase = tcase_create("conf");

    if (sodium_init() < 0) {
        abort();
    }
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_good_file_is_read);
    tcase_add_test(tcase, the_smallest_file_is_a_witness_alone);
    tcase_add_loop_test(tcase, each_mistake_is_told_with_its_line, 0,
                        (int)(sizeof EDITS / sizeof EDITS[0]));
    tcase_add_test(tcase, all_mistakes_are_told_at_once);
    tcase_add_test(tcase, a_file_that_is_not_there_is_a_problem);
    tcase_add_test(tcase, texts_end_at_their_limits);
    tcase_add_test(tcase, there_are_one_three_five_or_seven_agents);
    tcase_add_test(tcase, a_file_has_a_limit);
    tcase_add_test(tcase, a_secret_is_one_line_of_bounded_length);
    suite_add_tcase(suite, tcase);
    return suite;
}
