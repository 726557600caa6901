/* load: writes unique rows to whichever server takes writes, and keeps a ledger
 * of what was acknowledged, outside the databases.
 *
 *   load --servers H:P,H:P... --ledger FILE [--writers 4] [--seconds N] [--think-us 0]
 *   load --verify --servers H:P --ledger FILE
 *
 * The account is --user (app), its password comes in the environment, LOAD_PASSWORD.
 *
 * One watcher thread a server asks for read_only; writers insert rows
 * (run, writer, seq) into app.t on a server that was seen writable. A server that
 * hangs costs its watcher and the writers caught there a second at most, and
 * nobody else anything. It ends at --seconds, SIGTERM or SIGINT.
 *
 * Ledger, a line per attempt that may have left a row:
 *   ack|unknown BEGIN_NS END_NS WRITER SEQ SERVER      (CLOCK_MONOTONIC; SERVER counts from 0)
 * "unknown" is a lost connection or a time-out; a refused write (read_only) leaves no row and no
 * line. Prints JSON. Exit status: 0; --verify: 1 if an acknowledged row is missing or one is there
 * that nobody wrote. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SERVERS_MAX = 16, WRITERS_MAX = 64, TIMEOUT_S = 1, POLL_US = 1000, POLL_CALM_US = 5000 };

struct server {
    char host[64];
    unsigned port;
    atomic_bool writable;
    uint64_t acknowledged; /* under load.lock */
};

struct load {
    struct server servers[SERVERS_MAX];
    unsigned server_count;
    const char *user, *password, *ledger_path;
    unsigned writers, seconds, think_us;
    uint64_t run;
    atomic_bool stop;
    atomic_bool table_ready;

    pthread_mutex_t lock; /* what follows */
    FILE *ledger;
    uint64_t acknowledged, unknown, refused;
    uint64_t start_ns, last_ns, gap_ns, gap_at_ns;
};

struct thread {
    pthread_t id;
    struct load *load;
    unsigned number;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void pause_us(unsigned us)
{
    struct timespec length = {us / 1000000, (long)(us % 1000000) * 1000};
    nanosleep(&length, NULL);
}

static _Noreturn void die(const char *what, const char *detail)
{
    fprintf(stderr, "load: %s: %s\n", what, detail);
    exit(2);
}

/* ---- connections ------------------------------------------------------------ */

/* NULL when there is none to be had now. */
static MYSQL *server_connect(const struct load *load, const struct server *server)
{
    unsigned timeout_s = TIMEOUT_S;
    MYSQL *db = mysql_init(NULL);
    if (db == NULL)
        die("mysql_init", "out of memory");
    mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &timeout_s);
    mysql_options(db, MYSQL_OPT_READ_TIMEOUT, &timeout_s);
    mysql_options(db, MYSQL_OPT_WRITE_TIMEOUT, &timeout_s);
    if (mysql_real_connect(db, server->host, load->user, load->password, "app", server->port, NULL,
                           0) != NULL)
        return db;
    mysql_close(db);
    return NULL;
}

static void server_disconnect(MYSQL **db)
{
    if (*db != NULL)
        mysql_close(*db);
    *db = NULL;
}

/* Whether read_only is off; false also when nobody answers, and then *db is closed. */
static bool server_is_writable(MYSQL **db)
{
    MYSQL_RES *result = NULL;
    bool writable = false;
    if (mysql_query(*db, "SELECT @@read_only") == 0 && (result = mysql_store_result(*db)) != NULL) {
        MYSQL_ROW row = mysql_fetch_row(result);
        writable = row != NULL && row[0] != NULL && strcmp(row[0], "0") == 0;
    }
    if (result == NULL)
        server_disconnect(db);
    mysql_free_result(result);
    return writable;
}

static bool make_table(MYSQL *db)
{
    return mysql_query(
               db, "CREATE TABLE IF NOT EXISTS app.t (run BIGINT NOT NULL, writer INT NOT NULL, "
                   "seq BIGINT NOT NULL, PRIMARY KEY (run, writer, seq)) ENGINE=InnoDB") == 0;
}

/* ---- the ledger of a run ------------------------------------------------------ */

static void note_gap(struct load *load, uint64_t end_ns)
{
    if (end_ns > load->last_ns && end_ns - load->last_ns > load->gap_ns) {
        load->gap_ns = end_ns - load->last_ns;
        load->gap_at_ns = load->last_ns;
    }
    if (end_ns > load->last_ns)
        load->last_ns = end_ns;
}

static void note_attempt(struct load *load, const struct thread *writer,
                         const struct server *server, bool acknowledged, uint64_t seq,
                         uint64_t begin_ns)
{
    uint64_t end_ns = now_ns();
    pthread_mutex_lock(&load->lock);
    fprintf(load->ledger, "%s %" PRIu64 " %" PRIu64 " %u %" PRIu64 " %u\n",
            acknowledged ? "ack" : "unknown", begin_ns, end_ns, writer->number, seq,
            (unsigned)(server - load->servers));
    fflush(load->ledger);
    if (acknowledged) {
        load->acknowledged++;
        load->servers[server - load->servers].acknowledged++;
        note_gap(load, end_ns);
    } else {
        load->unknown++;
    }
    pthread_mutex_unlock(&load->lock);
}

/* ---- threads ---------------------------------------------------------------------- */

static struct server *find_writable(struct load *load)
{
    for (unsigned i = 0; i < load->server_count; i++)
        if (atomic_load(&load->servers[i].writable))
            return &load->servers[i];
    return NULL;
}

static void *watch(void *argument)
{
    struct thread *self = argument;
    struct load *load = self->load;
    struct server *server = &load->servers[self->number];
    MYSQL *db = NULL;

    mysql_thread_init();
    while (!atomic_load(&load->stop)) {
        if (db == NULL)
            db = server_connect(load, server);
        bool writable = db != NULL && server_is_writable(&db);
        if (writable && !atomic_load(&load->table_ready))
            atomic_store(&load->table_ready, make_table(db));
        atomic_store(&server->writable, writable && atomic_load(&load->table_ready));
        pause_us(find_writable(load) != NULL ? POLL_CALM_US : POLL_US);
    }
    server_disconnect(&db);
    mysql_thread_end();
    return NULL;
}

/* True if the server said no before it wrote anything: the same row may be tried again. */
static bool is_refusal(unsigned error)
{
    return error == ER_OPTION_PREVENTS_STATEMENT || error == ER_LOCK_DEADLOCK ||
           error == ER_LOCK_WAIT_TIMEOUT;
}

enum outcome { ACKNOWLEDGED, REFUSED, UNKNOWN };

static enum outcome insert(struct load *load, MYSQL *db, unsigned writer, uint64_t seq)
{
    char sql[128];
    int length = snprintf(sql, sizeof(sql), "INSERT INTO app.t VALUES (%" PRIu64 ",%u,%" PRIu64 ")",
                          load->run, writer, seq);
    if (mysql_real_query(db, sql, (unsigned long)length) == 0)
        return ACKNOWLEDGED;
    return is_refusal(mysql_errno(db)) ? REFUSED : UNKNOWN;
}

static void *write_rows(void *argument)
{
    struct thread *self = argument;
    struct load *load = self->load;
    struct server *server = NULL;
    MYSQL *db = NULL;
    uint64_t seq = 1;

    mysql_thread_init();
    while (!atomic_load(&load->stop)) {
        if (db == NULL && ((server = find_writable(load)) == NULL ||
                           (db = server_connect(load, server)) == NULL)) {
            pause_us(POLL_US);
            continue;
        }
        uint64_t begin_ns = now_ns();
        enum outcome outcome = insert(load, db, self->number, seq);
        if (outcome == REFUSED) {
            pthread_mutex_lock(&load->lock);
            load->refused++;
            pthread_mutex_unlock(&load->lock);
        } else {
            note_attempt(load, self, server, outcome == ACKNOWLEDGED, seq, begin_ns);
            seq++;
        }
        if (outcome != ACKNOWLEDGED) {
            atomic_store(&server->writable, false); /* until its watcher has looked again */
            server_disconnect(&db);
        }
        pause_us(load->think_us);
    }
    server_disconnect(&db);
    mysql_thread_end();
    return NULL;
}

/* ---- a run ----------------------------------------------------------------------------- */

static void start_threads(struct load *load, struct thread *threads, unsigned count,
                          void *(*body)(void *))
{
    for (unsigned i = 0; i < count; i++) {
        threads[i] = (struct thread){.load = load, .number = i};
        int status = pthread_create(&threads[i].id, NULL, body, &threads[i]);
        if (status != 0)
            die("pthread_create", strerror(status));
    }
}

static void print_report(const struct load *load, uint64_t end_ns)
{
    printf("{\"run\": %" PRIu64 ", \"seconds\": %.3f, \"acknowledged\": %" PRIu64
           ", \"unknown\": %" PRIu64 ", \"refused\": %" PRIu64
           ", \"longest_gap_ms\": %.3f, \"longest_gap_at_ns\": %" PRIu64 ", \"servers\": {",
           load->run, (double)(end_ns - load->start_ns) / 1e9, load->acknowledged, load->unknown,
           load->refused, (double)load->gap_ns / 1e6, load->gap_at_ns);
    for (unsigned i = 0; i < load->server_count; i++)
        printf("%s\"%s:%u\": %" PRIu64, i > 0 ? ", " : "", load->servers[i].host,
               load->servers[i].port, load->servers[i].acknowledged);
    printf("}}\n");
}

static int run(struct load *load)
{
    struct thread watchers[SERVERS_MAX], writers[WRITERS_MAX];
    sigset_t ends;
    struct timespec limit = {.tv_sec = load->seconds};

    load->ledger = fopen(load->ledger_path, "w");
    if (load->ledger == NULL)
        die(load->ledger_path, strerror(errno));
    load->run = now_ns();
    load->start_ns = load->last_ns = load->run;
    fprintf(load->ledger, "run %" PRIu64 "\n", load->run);

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL); /* the threads inherit it: only this one takes them */
    start_threads(load, watchers, load->server_count, watch);
    start_threads(load, writers, load->writers, write_rows);
    if (load->seconds > 0)
        sigtimedwait(&ends, NULL, &limit);
    else
        sigwaitinfo(&ends, NULL);
    atomic_store(&load->stop, true);

    uint64_t end_ns = now_ns();
    for (unsigned i = 0; i < load->writers; i++)
        pthread_join(writers[i].id, NULL);
    for (unsigned i = 0; i < load->server_count; i++)
        pthread_join(watchers[i].id, NULL);
    note_gap(load, end_ns); /* writing that stopped and never began again is a gap too */
    print_report(load, end_ns);
    return fclose(load->ledger) == 0 ? 0 : 2;
}

/* ---- verify --------------------------------------------------------------------------------- */

struct entry {
    uint64_t writer, seq;
    bool acknowledged, present;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->writer != y->writer)
        return x->writer < y->writer ? -1 : 1;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Returns the ledger's entries, sorted; the caller frees them. */
static struct entry *read_ledger(struct load *load, size_t *count)
{
    struct entry *entries = NULL;
    size_t room = 0;
    char line[160], kind[16];
    FILE *file = fopen(load->ledger_path, "r");

    if (file == NULL || fgets(line, sizeof(line), file) == NULL ||
        sscanf(line, "run %" SCNu64, &load->run) != 1)
        die(load->ledger_path, "not a ledger");
    *count = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        struct entry entry = {0};
        if (sscanf(line, "%15s %*u %*u %" SCNu64 " %" SCNu64, kind, &entry.writer, &entry.seq) != 3)
            die(load->ledger_path, line);
        entry.acknowledged = strcmp(kind, "ack") == 0;
        if (*count == room) {
            room = room > 0 ? room * 2 : 4096;
            entries = realloc(entries, room * sizeof(*entries));
            if (entries == NULL)
                die("realloc", "out of memory");
        }
        entries[(*count)++] = entry;
    }
    fclose(file);
    if (*count > 0)
        qsort(entries, *count, sizeof(*entries), compare_entries);
    return entries;
}

/* Marks the entries whose row is in the table; returns the number of rows in no entry. */
static uint64_t mark_present(struct load *load, struct entry *entries, size_t count, uint64_t *rows)
{
    char sql[128];
    uint64_t strangers = 0;
    MYSQL *db = server_connect(load, &load->servers[0]);

    if (db == NULL)
        die("verify", "can't connect");
    snprintf(sql, sizeof(sql), "SELECT writer, seq FROM app.t WHERE run = %" PRIu64, load->run);
    MYSQL_RES *result = mysql_query(db, sql) == 0 ? mysql_store_result(db) : NULL;
    if (result == NULL)
        die("verify", mysql_error(db));
    *rows = mysql_num_rows(result);
    for (MYSQL_ROW row; (row = mysql_fetch_row(result)) != NULL;) {
        struct entry key = {.writer = strtoull(row[0], NULL, 10),
                            .seq = strtoull(row[1], NULL, 10)};
        struct entry *found =
            count > 0 ? bsearch(&key, entries, count, sizeof(key), compare_entries) : NULL;
        if (found != NULL)
            found->present = true;
        else
            strangers++;
    }
    mysql_free_result(result);
    mysql_close(db);
    return strangers;
}

static int verify(struct load *load)
{
    size_t count;
    uint64_t rows, acknowledged = 0, missing = 0, unknown = 0, unknown_present = 0;
    struct entry *entries = read_ledger(load, &count);
    uint64_t strangers = mark_present(load, entries, count, &rows);

    for (size_t i = 0; i < count; i++) {
        acknowledged += entries[i].acknowledged;
        missing += entries[i].acknowledged && !entries[i].present;
        unknown += !entries[i].acknowledged;
        unknown_present += !entries[i].acknowledged && entries[i].present;
    }
    printf("{\"run\": %" PRIu64 ", \"rows\": %" PRIu64 ", \"acknowledged\": %" PRIu64
           ", \"missing\": %" PRIu64 ", \"unknown\": %" PRIu64 ", \"unknown_present\": %" PRIu64
           ", \"extra\": %" PRIu64 "}\n",
           load->run, rows, acknowledged, missing, unknown, unknown_present, strangers);
    free(entries);
    return missing == 0 && strangers == 0 ? 0 : 1;
}

/* ---- command line -----------------------------------------------------------------------------
 */

static void parse_servers(struct load *load, char *list)
{
    char *rest = NULL;
    for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        struct server *server = &load->servers[load->server_count];
        if (load->server_count++ == SERVERS_MAX ||
            sscanf(word, "%63[^:]:%u", server->host, &server->port) != 2)
            die("--servers wants HOST:PORT,...; at most 16", word);
    }
}

static unsigned parse_number(const char *name, const char *text, unsigned min, unsigned max)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value < min || value > max)
        die(name, text);
    return (unsigned)value;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"servers", required_argument, NULL, 's'},  {"ledger", required_argument, NULL, 'l'},
        {"writers", required_argument, NULL, 'w'},  {"seconds", required_argument, NULL, 't'},
        {"think-us", required_argument, NULL, 'k'}, {"user", required_argument, NULL, 'u'},
        {"verify", no_argument, NULL, 'v'},         {NULL, 0, NULL, 0}};
    struct load load = {.user = "app", .writers = 4, .lock = PTHREAD_MUTEX_INITIALIZER};
    bool verifying = false;

    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 's':
            parse_servers(&load, optarg);
            break;
        case 'l':
            load.ledger_path = optarg;
            break;
        case 'w':
            load.writers = parse_number("--writers", optarg, 1, WRITERS_MAX);
            break;
        case 't':
            load.seconds = parse_number("--seconds", optarg, 0, 86400);
            break;
        case 'k':
            load.think_us = parse_number("--think-us", optarg, 0, 1000000);
            break;
        case 'u':
            load.user = optarg;
            break;
        case 'v':
            verifying = true;
            break;
        default:
            return 2;
        }
    }
    load.password = getenv("LOAD_PASSWORD");
    if (load.server_count == 0 || load.ledger_path == NULL)
        die("missing", "--servers HOST:PORT,... or --ledger FILE");
    if (mysql_library_init(0, NULL, NULL) != 0)
        die("mysql_library_init", "failed");
    int status = verifying ? verify(&load) : run(&load);
    mysql_library_end();
    return status;
}
