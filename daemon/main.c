/* main: the command line of orchestratord. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mysql.h>
#include <sodium.h>
#include <uv.h>

#include "daemon/agent.h"
#include "daemon/invite.h"
#include "daemon/io/gate_client.h"
#include "daemon/join.h"
#include "daemon/recover.h"

enum {
    GATE_WORD_MS = 30000, /* how long the agent may take to know */
    GATE_AGENT_MS = 2000, /* how long to look for an agent that isn't there */
};

enum main_mode {
    MODE_RUN,
    MODE_CHECK_CONFIG,
    MODE_GATE,
    MODE_RECOVER,
    MODE_VERSION,
    MODE_HELP,
};

static const char usage[] =
    "usage: orchestratord --config FILE [--check-config | --gate | --join LINE |\n"
    "                                    --recover-as-single [--yes]]\n"
    "       orchestratord --version | --help\n"
    "\n"
    "An agent of the failover orchestrator for MariaDB.\n"
    "\n"
    "  --config FILE     the agent's configuration (INI)\n"
    "  --check-config    print every problem of it, and exit: 0 none, 2 some\n"
    "  --gate            run before every start of mariadbd: asks the local agent what it\n"
    "                    may start as, and writes the configuration snippet\n"
    "  --join LINE       join the agents that `orchestratorctl agent invite` printed LINE for,\n"
    "                    then run; makes the key file if it is missing. LINE is a secret, and\n"
    "                    others on this host see it in the list of processes: `--join -` reads\n"
    "                    it from standard input. `--join peers`: no line, but an operator adds\n"
    "                    this agent (agent add); those in [peers] are asked.\n"
    "                    Once it has joined, the option does nothing\n"
    "  --recover-as-single\n"
    "                    the other agents are lost for good: this one, which must be stopped,\n"
    "                    goes on alone, with all that it knows. What only the others knew is\n"
    "                    gone. Automation is turned off. Run it as the agent's user. It tells\n"
    "                    what it would do, and asks; without a terminal it does it with --yes\n"
    "  --version, --help\n"
    "\n"
    "SIGTERM stops it in order, SIGHUP reads the log level anew.\n"
    "exit status: 0 stopped in order, 2 configuration, 3 refused (--join,\n"
    "--recover-as-single), 74 storage, 75 already running\n"
    "example: orchestratord --config /etc/orchestratord/a1.conf\n";

struct options {
    enum main_mode mode;
    const char *config;
    const char *join; /* NULL: it isn't asked for */
    bool yes;         /* don't ask */
};

/* One at a time: whichever came second would win, over one that was meant to change nothing. */
static int set_mode(struct options *options, enum main_mode mode)
{
    if (options->mode != MODE_RUN && options->mode != mode) {
        fprintf(stderr, "orchestratord: --check-config, --gate, --recover-as-single, --version and "
                        "--help: one of them\n");
        return ERR_INVALID;
    }
    options->mode = mode;
    return 0;
}

static int options_read(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"check-config", no_argument, NULL, 'k'},
        {"gate", no_argument, NULL, 'g'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {"join", required_argument, NULL, 'j'},
        {"recover-as-single", no_argument, NULL, 'r'},
        {"yes", no_argument, NULL, 'y'},
        {NULL, 0, NULL, 0},
    };
    int option;
    int rc = 0;

    *options = (struct options){.mode = MODE_RUN};
    while (rc == 0 && (option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'c':
            options->config = optarg;
            break;
        case 'k':
            rc = set_mode(options, MODE_CHECK_CONFIG);
            break;
        case 'g':
            rc = set_mode(options, MODE_GATE);
            break;
        case 'j':
            options->join = optarg;
            break;
        case 'r':
            rc = set_mode(options, MODE_RECOVER);
            break;
        case 'y':
            options->yes = true;
            break;
        case 'v':
            rc = set_mode(options, MODE_VERSION);
            break;
        case 'h':
            rc = set_mode(options, MODE_HELP);
            break;
        default:
            return ERR_INVALID;
        }
    }
    if (rc != 0) {
        return rc;
    }
    if (optind < argc) {
        fprintf(stderr, "orchestratord: unexpected argument \"%s\"\n", argv[optind]);
        return ERR_INVALID;
    }
    if (options->config == NULL && options->mode < MODE_VERSION) {
        fprintf(stderr, "orchestratord: --config FILE is missing\n");
        return ERR_INVALID;
    }
    if (options->yes && options->mode != MODE_RECOVER) {
        fprintf(stderr, "orchestratord: --yes goes with --recover-as-single only\n");
        return ERR_INVALID;
    }
    if (options->join != NULL && options->mode != MODE_RUN) {
        fprintf(stderr, "orchestratord: --join runs the agent, and goes with no other mode\n");
        return ERR_INVALID;
    }
    return 0;
}

static int config_load(struct conf *conf, const char *path)
{
    struct conf_problems problems;
    int rc;

    conf_problems_init(&problems);
    rc = conf_load(conf, path, &problems);
    if (rc != 0) {
        fputs(buf_text(&problems.text), stderr);
        fprintf(stderr, "orchestratord: %u problem%s in %s\n", problems.count,
                problems.count == 1 ? "" : "s", path);
    }
    conf_problems_finish(&problems);
    return rc;
}

static int gate(const struct conf *conf)
{
    struct gate_config config = {
        .data_dir = conf->agent.data_dir,
        .datadir = conf->server.datadir,
        .snippet = conf->server.snippet,
        .word_ms = GATE_WORD_MS,
        .agent_ms = GATE_AGENT_MS,
    };
    struct gate_report report;
    struct err err;

    if (!conf->server.present) {
        fprintf(stderr, "orchestratord --gate: the configuration has no [server]\n");
        return AGENT_EXIT_CONFIG;
    }
    if (gate_run(&config, &report, &err) != 0) {
        fprintf(stderr, "orchestratord --gate: %s\n", err.text);
        return AGENT_EXIT_STORAGE;
    }
    printf("orchestratord --gate: init_rpl_role=%s: %s\n", snippet_role_name(report.role),
           report.reason);
    return 0;
}

static int exit_status_of(int code)
{
    return code == ERR_BUSY      ? AGENT_EXIT_RUNNING
           : code == ERR_INVALID ? AGENT_EXIT_CONFIG
                                 : AGENT_EXIT_STORAGE;
}

/* ---- the last resort ---- */

static bool is_sure(const struct conf *conf)
{
    char line[LIMIT_NAME_SIZE + 1] = "";

    printf("Are all others lost for good? One that still runs could let a second primary write.\n"
           "The name of this agent goes on, anything else ends it: ");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) {
        line[0] = '\0';
    }
    line[strcspn(line, "\n")] = '\0';
    return strcmp(line, conf->agent.name) == 0;
}

static int recover_asked(struct recover *recover, const struct conf *conf, bool yes,
                         struct err *err)
{
    struct buf text;

    buf_init(&text, RECOVER_TEXT_BYTES);
    recover_describe(recover, &text);
    fputs(buf_text(&text), stdout);
    buf_finish(&text);
    if (!yes && !isatty(STDIN_FILENO)) {
        return err_set(err, ERR_REFUSED, "nothing was changed; without a terminal, --yes does it");
    }
    if (!yes && !is_sure(conf)) {
        return err_set(err, ERR_REFUSED, "nothing was changed");
    }
    return recover_carry_out(recover, err);
}

static int recover(const struct conf *conf, bool yes)
{
    struct recover *recover;
    struct err err;
    int rc = recover_open(&recover, conf, &err);

    if (rc == 0) {
        rc = recover_asked(recover, conf, yes, &err);
        recover_close(recover);
    }
    if (rc != 0) {
        fprintf(stderr, "orchestratord --recover-as-single: %s\n", err.text);
        return rc == ERR_REFUSED || rc == ERR_NOTFOUND ? AGENT_EXIT_REFUSED : exit_status_of(rc);
    }
    printf("done. Start the agent, and look at `orchestratorctl status`: is the primary the right "
           "one?\nThen join the others anew (empty their data directories, and start them with "
           "--join), and turn\nautomation on again: orchestratorctl cluster set NAME "
           "automation=on\n");
    return 0;
}

static int run_once(const struct conf *conf, const char *path)
{
    struct agent *agent = calloc(1, sizeof *agent);
    uv_loop_t loop;
    struct err err;
    int status;
    int rc;

    if (agent == NULL || uv_loop_init(&loop) != 0) {
        fprintf(stderr, "orchestratord: out of memory\n");
        return AGENT_EXIT_STORAGE;
    }
    rc = agent_open(agent, &loop, conf, path, &err);
    if (rc != 0) {
        fprintf(stderr, "orchestratord: %s\n", err.text);
        return exit_status_of(rc);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    status = agent->exit_status;
    uv_loop_close(&loop);
    free(agent);
    return status;
}

/* An agent that lost its seat begins again, as if it had just been started. */
static int run(const struct conf *conf, const char *path)
{
    int status;

    do {
        status = run_once(conf, path);
    } while (status == AGENT_EXIT_AGAIN);
    mysql_library_end();
    return status;
}

/* One line from standard input; without one `line` is empty, which is no invitation. */
static void read_line(char *line, size_t size)
{
    if (fgets(line, (int)size, stdin) == NULL) {
        line[0] = '\0';
    }
}

static int join(const struct conf *conf, const char *how)
{
    char line[INVITE_LINE_SIZE + 2];
    bool before = false;
    struct err err;
    int rc;

    if (strcmp(how, "peers") == 0) {
        rc = join_by_peers(conf, &before, &err);
    } else if (strcmp(how, "-") == 0) {
        read_line(line, sizeof line);
        rc = join_by_invitation(conf, line, &before, &err);
        sodium_memzero(line, sizeof line);
    } else {
        rc = join_by_invitation(conf, how, &before, &err);
    }
    if (rc != 0) {
        fprintf(stderr, "orchestratord --join: %s\n", err.text);
    } else if (before) {
        fprintf(stderr,
                "orchestratord --join: %s has joined a cluster already, nothing is done; to join "
                "another one, empty it\n",
                conf->agent.data_dir);
    }
    return rc;
}

/* The key must be there before the configuration can be read. */
static int prepare(const struct options *options)
{
    struct err err;

    if (options->join != NULL && join_make_key(options->config, &err) != 0) {
        fprintf(stderr, "orchestratord --join: %s\n", err.text);
        return AGENT_EXIT_CONFIG;
    }
    return 0;
}

static int join_and_run(const struct conf *conf, const struct options *options)
{
    int rc = options->join != NULL ? join(conf, options->join) : 0;

    if (rc != 0) {
        return rc == ERR_BUSY ? AGENT_EXIT_RUNNING : AGENT_EXIT_REFUSED;
    }
    return run(conf, options->config);
}

int main(int argc, char **argv)
{
    struct options options;
    struct conf conf;
    int status = 0;

    signal(SIGPIPE, SIG_IGN);
    if (options_read(&options, argc, argv) != 0) {
        fputs("try: orchestratord --help\n", stderr);
        return AGENT_EXIT_CONFIG;
    }
    if (options.mode == MODE_HELP) {
        fputs(usage, stdout);
        return 0;
    }
    if (options.mode == MODE_VERSION) {
        puts("orchestratord " ORCHESTRATORD_VERSION);
        return 0;
    }
    if (sodium_init() < 0 || mysql_library_init(0, NULL, NULL) != 0) {
        fprintf(stderr, "orchestratord: a library could not be initialised\n");
        return AGENT_EXIT_STORAGE;
    }
    if (prepare(&options) != 0 || config_load(&conf, options.config) != 0) {
        return AGENT_EXIT_CONFIG;
    }
    if (options.mode == MODE_CHECK_CONFIG) {
        printf("%s: no problem\n", options.config);
    } else if (options.mode == MODE_GATE) {
        status = gate(&conf);
    } else if (options.mode == MODE_RECOVER) {
        status = recover(&conf, options.yes);
    } else {
        status = join_and_run(&conf, &options);
    }
    conf_finish(&conf);
    return status;
}
