/* binlog: walks the events of a MariaDB binary log file, and finds what lies
 * beyond a base.
 *
 * The caller reads the file, this unit reads the bytes: it wants a window that
 * begins at `offset` and moves `offset` forward, until it says that it is at the
 * end. Bodies of events are stepped over, so that a file of any size costs one
 * small window. Nothing is written, nothing allocated.
 *
 *     binlog_init(&binlog, &base);
 *     do {
 *         length = pread(file, window, sizeof window, binlog.offset);
 *         rv = binlog_feed(&binlog, window, length, file_size, &err);
 *     } while (rv == BINLOG_MORE);
 *
 * Beyond the base is a transaction whose (domain, server) pair stands in the base
 * with a lower sequence, or, if the pair isn't there, whose sequence is at or past
 * the highest of its domain. The base may so be the binlog state of a server, or the
 * position that a promotion committed; the state is the sharper one.
 *
 * The end. A crashed server leaves a file whose last event may be cut short: `end`
 * is where the whole events end, `torn` says that something follows. Bytes that
 * can't be an event, with more behind them than a cut could explain, are `damaged`;
 * an encrypted file can't be read at all. In both cases the caller keeps the rest
 * of the file as it is.
 *
 * Layout: MariaDB Knowledge Base, "2-Binlog Event Header", "GTID_EVENT",
 * "GTID_LIST_EVENT", "FORMAT_DESCRIPTION_EVENT". Numbers are little-endian:
 *     header       time u32, type u8, server u32, size u32, next u32, flags u16
 *     GTID         sequence u64, domain u32, flags u8, ...
 *     GTID_LIST    count u32 (28 bits), count times: domain u32, server u32, sequence u64 */
#ifndef TOPOLOGY_BINLOG_H
#define TOPOLOGY_BINLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "topology/gtid.h"

enum {
    BINLOG_MAGIC_BYTES = 4,
    BINLOG_WINDOW_BYTES = 64 * 1024, /* a window of less is only right at the file's end */
};

enum binlog_progress {
    BINLOG_END = 0,  /* nothing more to read; the result stands in the struct */
    BINLOG_MORE = 1, /* wants the window at `offset` */
};

struct binlog {
    struct gtid_state base; /* what isn't beyond */
    uint64_t offset;        /* the next window begins here */
    uint64_t format_end;    /* magic and format description end here; 0: not read yet */
    bool has_list;
    struct gtid_state list;   /* the binlog state before this file: GTID_LIST */
    uint64_t beyond_offset;   /* the first transaction beyond the base; 0: none */
    uint64_t beyond_count;    /* transactions beyond it */
    struct gtid_state beyond; /* the last one of each pair */
    struct gtid first_beyond;
    struct gtid_position last; /* the last transaction of each domain, those of the list included */
    uint64_t end;              /* the end of the last whole event */
    bool torn;
    bool damaged;
    bool encrypted;
    bool relay; /* a relay log: it says so in its format description */
};

void binlog_init(struct binlog *binlog, const struct gtid_state *base);

/* Takes the bytes of the file from `offset` on. BINLOG_MORE, BINLOG_END, or
 * ERR_CORRUPT: this is no binary log (magic, format description), or ERR_LIMIT: too
 * many domains or pairs. */
int binlog_feed(struct binlog *binlog, const uint8_t *bytes, size_t length, uint64_t file_size,
                struct err *err);

/* Whether a server whose binlog state was `list` had nothing beyond the base then:
 * files before one that begins so needn't be read. */
bool binlog_within(const struct gtid_state *base, const struct gtid_state *list);

#endif
