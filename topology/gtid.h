/* gtid: positions and histories of MariaDB's global transaction ids.
 *
 * A GTID is domain-server-sequence. A *position* has one GTID per replication
 * domain (Gtid_IO_Pos, gtid_slave_pos, gtid_binlog_pos): "where this server is".
 * A *state* has one per (domain, server) pair (gtid_binlog_state): "whose
 * transactions this server has written, and how far".
 *
 * Positions are a partial order: A contains B if, in every domain of B, A is as
 * far or farther. The server id counts: 0-1-10 and 0-2-10 have the same sequence
 * and different histories, so neither contains the other.
 *
 * Texts come from servers unsorted ("7-1-2,0-1-13") and may hold blanks or line
 * breaks after commas; parsed positions are sorted. Plain values: copy freely.
 * Source: MariaDB Knowledge Base, "Global Transaction ID". */
#ifndef TOPOLOGY_GTID_H
#define TOPOLOGY_GTID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"

struct gtid {
    uint32_t domain;
    uint32_t server;
    uint64_t sequence;
};

/* Sorted by domain, one entry a domain. All zero is the empty position. */
struct gtid_position {
    uint32_t count;
    struct gtid gtids[LIMIT_GTID_DOMAINS];
};

/* Sorted by domain, then server. */
struct gtid_state {
    uint32_t count;
    struct gtid gtids[LIMIT_GTID_PAIRS];
};

enum gtid_order {
    GTID_EQUAL,
    GTID_AHEAD, /* the first contains the second and more */
    GTID_BEHIND,
    GTID_INCOMPARABLE, /* each has what the other lacks, or their histories differ */
};

/* ERR_INVALID with the offending text and what is accepted; ERR_LIMIT past
 * LIMIT_GTID_DOMAINS / LIMIT_GTID_PAIRS. "" is empty. On failure the target is
 * left untouched. A domain twice in a position is invalid. */
int gtid_parse(struct gtid_position *position, const char *text, struct err *err);
int gtid_state_parse(struct gtid_state *state, const char *text, struct err *err);

/* Writes "0-1-2,7-1-5"; false if it was cut. LIMIT_GTID_TEXT_SIZE always suffices. */
bool gtid_format(const struct gtid_position *position, char *text, size_t size);
bool gtid_state_format(const struct gtid_state *state, char *text, size_t size);

enum gtid_order gtid_compare(const struct gtid_position *a, const struct gtid_position *b);

/* EQUAL or AHEAD. Everything contains the empty position. */
bool gtid_contains(const struct gtid_position *a, const struct gtid_position *b);
bool gtid_equal(const struct gtid_position *a, const struct gtid_position *b);

/* Raises `into`, domain by domain, to the farther of the two. Where the
 * sequence is the same and the server differs, `into` stays.
 * ERR_LIMIT when there are too many domains (`into` untouched). */
int gtid_merge(struct gtid_position *into, const struct gtid_position *other);

/* Whether a server with history `state` has written or applied all of `position`
 * (per domain: the pair of the same server is at or past the sequence). */
bool gtid_state_contains(const struct gtid_state *state, const struct gtid_position *position);

/* What `own` has and `reference` lacks: the pairs of `own` that are past the
 * same pair of `reference`. Returns how many; `extra` may be NULL. The test for a
 * server that wants to come back (mariadb-facts.md section 5, "Errant test"). */
uint32_t gtid_state_extra(const struct gtid_state *own, const struct gtid_state *reference,
                          struct gtid_state *extra);

/* Drops the pairs of one server id; returns how many are left. What carries the primary's own
 * id came from the primary, also where a picture of it that is a moment old lacks it; should
 * it not have, the primary refuses the position (error 1236). */
uint32_t gtid_state_without(struct gtid_state *state, uint32_t server);

/* How many transactions `ahead` is in front of `behind`, summed over domains
 * (0 where it is not). */
uint64_t gtid_distance(const struct gtid_position *ahead, const struct gtid_position *behind);

#endif
