/* members: who belongs to the cluster, and what a majority of them is.
 *
 * Every other unit of the core asks this one "is that a voter?", "how far did a
 * majority get?". The list changes by one member after the other (thesis, 4.1): then any
 * majority before and any majority after have a member in common. A change is an
 * entry of the log that holds the whole new list, and is in force from the moment
 * at which it is appended; see membership.h.
 *
 *     ADD as joining ── caught up ──> PROMOTE ──> voter ── DEMOTE ──> learner ── REMOVE
 *     ADD as learner ── JOIN ──> joining
 *     voter or joining ── REPLACE ──> joining, under a new id and for another store
 *
 * An id is given once and never again. An id belongs to one store (the data directory
 * of an agent): what another store says in its name is not heard, because who lost his
 * disk has forgotten what he promised. Whoever lost it comes back under a new id: REPLACE
 * is one change, since it takes at most one voter away and gives no vote.
 *
 * When a majority is lost for good, the last resort is not a change but a new cluster:
 * members_recover() leaves one member, under a new id, in a list with another `cluster` number.
 * That list has no majority in common with any before, so nothing may pass between agents of two
 * clusters (proto/channel.h), and the others join the new one like strangers.
 *
 * A member's `position` in the list is the index of all per-member arrays of the core;
 * it changes with the list. Plain values, no ownership. */
#ifndef CONSENSUS_MEMBERS_H
#define CONSENSUS_MEMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"

enum {
    MEMBERS_KEY_BYTES = 32, /* a public key, see proto/keys.h */
    MEMBERS_BYTES_MAX =
        12 + LIMIT_AGENTS * (15 + LIMIT_NAME_SIZE + LIMIT_ADDRESS_SIZE + MEMBERS_KEY_BYTES) + 8,
};

/*      name             value, as stored   text */
#define MEMBER_KIND_MAP(X)                                                                         \
    X(MEMBER_LEARNER, 0, "learner") /* gets entries and is never counted */                        \
    X(MEMBER_JOINING, 1, "joining") /* a learner that is to vote once it has caught up */          \
    X(MEMBER_VOTER, 2, "voter")

enum member_kind {
#define X(name, value, text) name = value,
    MEMBER_KIND_MAP(X)
#undef X
};

const char *member_kind_name(enum member_kind kind);

struct member {
    uint32_t id; /* from 1; 0 is nobody */
    enum member_kind kind;
    uint64_t store; /* that may speak for this id; 0: not known yet. Set once */
    char name[LIMIT_NAME_SIZE];
    char address[LIMIT_ADDRESS_SIZE];
    uint8_t key[MEMBERS_KEY_BYTES];
};

struct members {
    uint64_t cluster; /* drawn by each recovery; 0: there was none */
    uint32_t count;
    uint32_t id_last; /* the highest id that was ever given */
    struct member list[LIMIT_AGENTS];
};

/*      name                  text          what it needs of the member */
#define MEMBERS_CHANGE_MAP(X)                                                                      \
    X(MEMBERS_ADD, "add")           /* all but the id, which is given; learner or joining */       \
    X(MEMBERS_REMOVE, "remove")     /* id */                                                       \
    X(MEMBERS_JOIN, "join")         /* id of a learner: is to vote */                              \
    X(MEMBERS_PROMOTE, "promote")   /* id of a joining one: votes. The leader's own decision */    \
    X(MEMBERS_DEMOTE, "demote")     /* id of a voter or joining one: is a learner */               \
    X(MEMBERS_REGISTER, "register") /* id, store, where none is known yet */                       \
    X(MEMBERS_MOVE, "move")         /* id, address */                                              \
    X(MEMBERS_REPLACE, "replace")   /* id, store: who lost his disk, under a new id */

enum members_change_kind {
#define X(name, text) name,
    MEMBERS_CHANGE_MAP(X)
#undef X
};

const char *members_change_name(enum members_change_kind kind);

struct members_change {
    enum members_change_kind kind;
    struct member member;
};

/* Empties the list. */
void members_init(struct members *members);

/* Puts one in with the id that it has, as the first list of a cluster is made.
 * ERR_INVALID for id 0, ERR_EXISTS for an id, name or address that is there already,
 * ERR_LIMIT past LIMIT_AGENTS members, or LIMIT_VOTERS voters and joining ones. Names and
 * addresses may be empty; empty ones are not compared. */
int members_add(struct members *members, const struct member *member, struct err *err);

/* As members_add(), for those that need no more than a number. */
int members_add_voter(struct members *members, uint32_t id, struct err *err);

/* Changes the list, or leaves it alone: the codes of members_add(), ERR_NOTFOUND,
 * ERR_REFUSED for the last voter and for what is so already, ERR_INVALID. */
int members_change(struct members *members, const struct members_change *change, struct err *err);

/* What is left when all others are lost for good: the member `id`, who is `store`, as the only
 * voter of the new cluster, whose number isn't 0 or that of before. ERR_NOTFOUND; ERR_REFUSED: it
 * is the only voter already; ERR_LIMIT: no ids are left. */
int members_recover(struct members *members, uint32_t id, uint64_t store, uint64_t cluster,
                    struct err *err);

/* -1 if `id` is not a member. */
int members_position(const struct members *members, uint32_t id);

/* NULL if there is none. */
const struct member *members_find(const struct members *members, uint32_t id);
const struct member *members_find_name(const struct members *members, const char *name);

bool members_is_voter(const struct members *members, uint32_t id);

uint32_t members_voters(const struct members *members);

/* The smallest number of voters that is more than half of them. */
uint32_t members_majority(const struct members *members);

/* The highest number that a majority of the voters reached; `values` are by
 * position, learners' are not looked at. 0 without voters. */
uint64_t members_reached(const struct members *members, const uint64_t *values);

/* As bytes, in log entries and snapshots, and back. ERR_CORRUPT for anything that
 * members_encode() would not have made. */
void members_encode(const struct members *members, struct buf *out);
int members_decode(struct members *members, const uint8_t *bytes, size_t length, struct err *err);

#endif
