/* scene: what one decision looks at, and the words for what it sees.
 *
 * Everything that thinks (facts, candidate, analyze, decide, plan) takes a const
 * scene: a cluster of the ledger, the model, and the time, given from outside.
 * Nothing in it is owned or changed; it lives as long as one call.
 *
 * What is told here is as fresh as a decision needs it: whatever is older than
 * the profile's hang_ms counts as not known. */
#ifndef TOPOLOGY_SCENE_H
#define TOPOLOGY_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "topology/ledger.h"
#include "topology/model.h"

struct scene {
    const struct ledger_cluster *cluster;
    const struct model *model;
    uint64_t now_ms;     /* the model's clock */
    uint64_t wall_ms;    /* the wall clock, only to be compared with times in the ledger */
    uint64_t term_ms;    /* when this leader's term began, on the model's clock */
    uint64_t settled_ms; /* when the cluster's last operation ended; 0: not in this term */
};

enum scene_writes {
    SCENE_WRITES_UNKNOWN, /* down, or not looked at since the last operation */
    SCENE_WRITES_TAKEN,
    SCENE_WRITES_REFUSED,
};

/* The server's picture; NULL when the model doesn't have it yet. */
const struct model_server *scene_look(const struct scene *scene, const char *server);

/* The server that the ledger names primary; never NULL in a valid ledger. */
const struct ledger_server *scene_primary(const struct scene *scene);

uint32_t scene_hang_ms(const struct scene *scene);

/* 0 for what is later than the scene: a reader's scene may be older than parts
 * of its model. */
uint64_t scene_age_ms(const struct scene *scene, uint64_t at_ms);

/* Its agent is connected and has reported within hang_ms. */
bool scene_guard_talks(const struct scene *scene, const struct ledger_server *server);

/* Its guard talks and testifies this. */
bool scene_testifies(const struct scene *scene, const struct ledger_server *server,
                     enum order_testimony testimony);

/* Its guard testifies that the process is gone, and we know no better: an answer to a question
 * that we asked since then shows that the guard watches the wrong thing. */
bool scene_stopped(const struct scene *scene, const struct ledger_server *server);

/* It answers somebody: our probe, or its guard; seen within hang_ms. Its
 * observation may be believed. */
bool scene_up(const struct scene *scene, const struct ledger_server *server);

/* Its picture is younger than the last operation: an older one shows what that one has
 * changed already, and nothing is concluded from it. */
bool scene_settled(const struct scene *scene, const struct model_server *server);

/* Whether it takes writes, as its guard says, or as our own look shows if that is newer. */
enum scene_writes scene_writes(const struct scene *scene, const struct ledger_server *server);

/* It has received what the primary's picture lacks. Only a picture that isn't older
 * than this server's proves anything against the primary. */
bool scene_ahead(const struct scene *scene, const struct ledger_server *server);

/* Its default replication channel, NULL if it has none. */
const struct observation_channel *scene_channel(const struct model_server *server);

/* Whether its default channel names `source` as the source. */
bool scene_follows(const struct model_server *server, const struct ledger_server *source);

/* All that it has received or applied: the position that counts when replicas
 * are compared (Gtid_IO_Pos is lost by a restart, gtid_slave_pos isn't). */
struct gtid_position scene_received(const struct model_server *server);

/* All that it has written or applied. */
struct gtid_position scene_held(const struct model_server *server);

/* Transactions that it wrote and the primary doesn't have, as far as the leader
 * can tell; as text, "" when there are none. Transactions of the primary's own
 * server id are never among them (the primary's picture may be older), and none
 * are seen while the primary itself applies a relay log (it may still get them). */
bool scene_diverged(const struct scene *scene, const struct ledger_server *server, char *extra,
                    size_t size);

/* Something can prove that the primary doesn't write: its guard, or a lease that runs out. */
bool scene_provable(const struct scene *scene);

/* Whether a position lacks the base (lossless): what the primary held when it was opened, or was
 * chosen for. Clients may have been told that this is safe. */
bool scene_lacks_base(const struct scene *scene, const struct gtid_position *position);

/* An automatic operation, not one that a person asked for. */
bool scene_automatic(const struct operation *operation);

/* How many automatic failovers have changed this cluster within the last hour; not those
 * that another leader's clock puts into the future. */
uint32_t scene_recent_failovers(const struct scene *scene);

#endif
