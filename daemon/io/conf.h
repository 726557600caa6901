/* conf: one agent's configuration file, checked to the last line.
 *
 * The keys, their types and defaults are one table (conf_key.h); the format is
 * base/ini's. conf_load() reports every problem it finds, not only the first: an
 * unknown or double section or key, a value that isn't accepted, a required key
 * that is missing, a secret file that can't be read or that others can read, and
 * what doesn't fit together (peers, addresses, TLS).
 *
 * Secrets are read from their files into the struct and never printed;
 * conf_finish() wipes them. Blocks for the disk: for start and reload only.
 *
 *     struct conf_problems problems;
 *     conf_problems_init(&problems);
 *     if (conf_load(&conf, path, &problems) != 0) {
 *         fputs(buf_text(&problems.text), stderr);     one line each
 *     }
 *     conf_problems_finish(&problems); */
#ifndef DAEMON_IO_CONF_H
#define DAEMON_IO_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"
#include "daemon/io/log.h"
#include "proto/keys.h"

/* A text that wasn't given and has no default is "". */
struct conf_peer {
    char name[LIMIT_NAME_SIZE];
    char address[LIMIT_ADDRESS_SIZE];
    uint8_t key[KEYS_BYTES]; /* public */
};

struct conf {
    struct {
        char name[LIMIT_NAME_SIZE];
        char data_dir[LIMIT_PATH_SIZE];
        char listen[LIMIT_ADDRESS_SIZE]; /* for the other agents */
        char key_file[LIMIT_PATH_SIZE];
        enum log_level log_level;
        struct key_pair keys; /* from key_file */
    } agent;
    struct {
        char listen[LIMIT_ADDRESS_SIZE];
        char health_listen[LIMIT_ADDRESS_SIZE];
        char socket[LIMIT_SOCKET_SIZE];
        char certificate[LIMIT_PATH_SIZE];
        char key[LIMIT_PATH_SIZE];
        bool tls; /* certificate and key are there */
        bool anonymous_reads;
    } api;
    struct {
        bool present; /* false: a witness, all else is empty */
        char name[LIMIT_NAME_SIZE];
        char address[LIMIT_ADDRESS_SIZE];
        char socket[LIMIT_SOCKET_SIZE];
        char start[LIMIT_TEXT_SIZE];
        char stop[LIMIT_TEXT_SIZE];
        char snippet[LIMIT_PATH_SIZE];
        char user[LIMIT_NAME_SIZE];
        char password_file[LIMIT_PATH_SIZE];
        char pid_file[LIMIT_PATH_SIZE];
        char datadir[LIMIT_PATH_SIZE];
        char password[LIMIT_SECRET_SIZE];
    } server;
    struct {
        char user[LIMIT_NAME_SIZE];
        char password_file[LIMIT_PATH_SIZE];
        char replication_user[LIMIT_NAME_SIZE];
        char replication_password_file[LIMIT_PATH_SIZE];
        char ca[LIMIT_PATH_SIZE];
        bool tls;
        char password[LIMIT_SECRET_SIZE];
        char replication_password[LIMIT_SECRET_SIZE];
    } mariadb;
    struct conf_peer peers[LIMIT_VOTERS - 1]; /* in the file's order, without this agent */
    unsigned peer_count;
    bool peers_present; /* the section is there, perhaps empty: a cluster of one */
};

struct conf_problems {
    struct buf text; /* one line each; past its maximum only `count` rises */
    unsigned count;
};

void conf_problems_init(struct conf_problems *problems);
void conf_problems_finish(struct conf_problems *problems);

/* 0, or ERR_INVALID with at least one problem; `conf` is then empty. */
int conf_load(struct conf *conf, const char *path, struct conf_problems *problems);

/* Wipes everything; harmless on an empty one. */
void conf_finish(struct conf *conf);

#endif
