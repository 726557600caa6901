/* agent_seat: this agent's place in the cluster: found at the start, kept, lost, asked for.
 *
 * Happy path: the seat record is about the store that was opened; the node starts with what
 * it says. A new data directory is a first voter of those in [peers].
 *
 * Failure paths. The record is about another store (the old one was set aside), or can't be
 * read: the store starts without a number and with no members, and asks all others for one every
 * AGENT_TELL_MS; they tell who the members are now. The leader replaces the agent's old number in
 * the list by a new one (MEMBERS_REPLACE), and Raft's messages bring that. So it is for who was
 * removed and is a member again. A first voter that learns that its number belongs to
 * another store was wiped: agent_seat_lose() writes that down and begins again. Whoever isn't a
 * member is not heard by the others at all: its key is unknown. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/agent.h"
#include "daemon/io/clock.h"
#include "proto/call.pb-c.h"

enum { SEAT_PATIENCE_MS = 5000 };

/* ---- the first voters ------------------------------------------------------------------- */

static int named_compare(const void *a, const void *b)
{
    const struct member *left = a;
    const struct member *right = b;

    return strcmp(left->name, right->name);
}

/* This agent and those in [peers]. */
static void list_configured(const struct agent *agent, struct members *members)
{
    const struct conf *conf = agent->conf;
    struct member all[LIMIT_AGENTS] = {{.kind = MEMBER_VOTER}};
    uint32_t count = conf->peer_count + 1;

    text_copy(all[0].name, LIMIT_NAME_SIZE, conf->agent.name);
    text_copy(all[0].address, LIMIT_ADDRESS_SIZE, conf->agent.listen);
    memcpy(all[0].key, conf->agent.keys.public, MEMBERS_KEY_BYTES);
    for (uint32_t i = 1; i < count; i++) {
        all[i].kind = MEMBER_VOTER;
        text_copy(all[i].name, LIMIT_NAME_SIZE, conf->peers[i - 1].name);
        text_copy(all[i].address, LIMIT_ADDRESS_SIZE, conf->peers[i - 1].address);
        memcpy(all[i].key, conf->peers[i - 1].key, MEMBERS_KEY_BYTES);
    }
    qsort(all, count, sizeof all[0], named_compare);
    members_init(members);
    for (uint32_t i = 0; i < count; i++) {
        int rc;

        all[i].id = i + 1; /* every agent counts the same way */
        rc = members_add(members, &all[i], NULL);
        assert(rc == 0); /* the configuration was checked */
    }
}

/* An agent whose disk was wiped after [peers] had gone must not begin a cluster of its own. */
static int begin_bootstrap(struct agent *agent, struct err *err)
{
    struct seat *seat = &agent->seat;

    if (!agent->conf->peers_present) {
        return err_set(
            err, ERR_INVALID,
            "%s is empty, and the configuration has no [peers]: join the running agents "
            "(--join), or name the first ones in [peers]; it stays empty in a cluster of "
            "one",
            agent->conf->agent.data_dir);
    }
    *seat = (struct seat){.store = agent->store, .born = SEAT_BOOTSTRAP};
    list_configured(agent, &seat->first);
    seat->known = seat->first;
    seat->id = members_find_name(&seat->first, agent->conf->agent.name)->id;
    return 0;
}

/* Once at the start: what is written in the file but not so. */
static void compare_configured(struct agent *agent)
{
    struct members configured;
    struct buf text;

    list_configured(agent, &configured);
    if (agent->conf->peer_count == 0) {
        return; /* [peers] is needed at the first start only */
    }
    buf_init(&text, LIMIT_CONFIG_LINE_BYTES);
    for (uint32_t i = 0; i < configured.count; i++) {
        const struct member *file = &configured.list[i];
        const struct member *member = members_find_name(&agent->seat.known, file->name);
        const char *what = member == NULL                                ? "is no member"
                           : strcmp(member->address, file->address) != 0 ? "has another address"
                           : memcmp(member->key, file->key, sizeof file->key) != 0
                               ? "has another key"
                               : NULL;

        if (what != NULL) {
            buf_printf(&text, "%s%s %s", text.length > 0 ? ", " : "", file->name, what);
        }
    }
    for (uint32_t i = 0; i < agent->seat.known.count; i++) {
        const char *name = agent->seat.known.list[i].name;

        if (members_find_name(&configured, name) == NULL) {
            buf_printf(&text, "%s%s is missing", text.length > 0 ? ", " : "", name);
        }
    }
    if (text.length > 0) {
        log_event(&agent->log, LOG_LEVEL_WARNING, "peers_differ",
                  LOG_TEXT("text", "[peers] isn't what the agents agreed on, which counts"),
                  LOG_TEXT("difference", buf_text(&text)), LOG_END);
    }
    buf_finish(&text);
}

/* ---- at the start --------------------------------------------------------------------------- */

static void log_replaced(struct agent *agent, const char *why)
{
    log_event(&agent->log, LOG_LEVEL_WARNING, "seat_lost", LOG_TEXT("why", why), LOG_END);
}

int agent_seat_open(struct agent *agent, struct err *err)
{
    struct seat *seat = &agent->seat;
    const char *directory = agent->conf->agent.data_dir;
    struct err why;
    int rc;

    rc = seat_read(seat, directory, &why);
    if (rc == 0 && seat->store == agent->store) {
        compare_configured(agent);
        return 0;
    }
    if (rc == ERR_NOTFOUND && !agent->store_failed) {
        rc = begin_bootstrap(agent, err);
        if (rc != 0) {
            return rc;
        }
    } else if (rc == 0) {
        log_replaced(agent, "the store is another one than that which had it");
        seat_replace(seat, agent->store);
    } else {
        log_replaced(agent, why.text);
        *seat = (struct seat){.store = 0};
        seat_replace(seat, agent->store);
    }
    if (seat->known.count == 0) {
        list_configured(agent, &seat->known);
    }
    return agent->disk != NULL ? seat_write(seat, directory, err) : 0;
}

/* ---- keeping it -------------------------------------------------------------------------------
 */

static void on_work(uv_work_t *work)
{
    struct agent *agent = container_of(work, struct agent, seat_work);

    agent->seat_result =
        seat_write(&agent->seat_writing, agent->conf->agent.data_dir, &agent->seat_err);
}

/* Once. */
static void log_unwritten(struct agent *agent)
{
    if (!agent->seat_failed) {
        log_event(&agent->log, LOG_LEVEL_ERROR, "seat_not_written",
                  LOG_TEXT("why", agent->seat_err.text), LOG_END);
    }
}

static void on_written(uv_work_t *work, int status)
{
    struct agent *agent = container_of(work, struct agent, seat_work);

    (void)status;
    agent->seat_busy = false;
    if (agent->seat_result != 0) { /* tried again with the next tick */
        log_unwritten(agent);
        agent->seat_dirty = true;
    } else if (agent->seat_dirty) {
        agent_seat_keep(agent);
    }
    agent->seat_failed = agent->seat_result != 0;
    if (agent->closing) {
        agent_closed_part(agent);
    }
}

void agent_seat_keep(struct agent *agent)
{
    agent->seat_dirty = true;
    if (agent->seat_busy || agent->closing || agent->disk == NULL) {
        return;
    }
    agent->seat_writing = agent->seat;
    agent->seat_dirty = false;
    agent->seat_busy = uv_queue_work(agent->loop, &agent->seat_work, on_work, on_written) == 0;
}

unsigned agent_seat_close(struct agent *agent)
{
    return agent->seat_busy ? 1 : 0;
}

/* ---- losing it ----------------------------------------------------------------------------------
 */

/* An empty first voter that the others removed long ago was wiped after that. */
bool agent_seat_is_lost(const struct agent *agent)
{
    const struct node_status *status = &agent->status;

    return status->disowned ||
           (status->removed && agent->seat.born == SEAT_BOOTSTRAP && status->commit == 0);
}

void agent_seat_lose(struct agent *agent)
{
    log_replaced(agent, "this agent's number belongs to another store: its disk was lost; it "
                        "begins again and asks for a new number");
    seat_replace(&agent->seat, agent->store);
    agent_close(agent, AGENT_EXIT_AGAIN);
}

/* ---- asking for one ------------------------------------------------------------------- */

/* Who hears no leader may have a number that nobody uses any more, and no way to learn that: it was
 * removed while it led, and added again; it took a number from a list that never was committed.
 * Asking harms nobody: who has the seat that it should have gets no other. */
static bool is_forgotten(const struct agent *agent)
{
    return clock_now_ms() - agent->led_ms >= SEAT_PATIENCE_MS;
}

static void note_leader(struct agent *agent)
{
    if (agent->status.role == RAFT_LEADER || agent->status.leader != 0 || agent->led_ms == 0) {
        agent->led_ms = clock_now_ms();
    }
}

/* Everybody is asked: the leader gives it, and the others know who that may be. */
void agent_seat_tick(struct agent *agent)
{
    Call__Message message = CALL__MESSAGE__INIT;
    Call__SeatWanted wanted = CALL__SEAT_WANTED__INIT;

    note_leader(agent);
    if (agent->seat_dirty) {
        agent_seat_keep(agent);
    }
    if ((agent_has_seat(agent) && !is_forgotten(agent)) || agent->halted || agent->node == NULL) {
        return;
    }
    wanted.store = agent->store;
    message.body_case = CALL__MESSAGE__BODY_SEAT_WANTED;
    message.seat_wanted = &wanted;
    for (uint32_t place = ROSTER_SELF + 1; place <= LIMIT_AGENT_SLOTS; place++) {
        if (roster_is_agent(&agent->roster, place) && peers_connected(&agent->peers, place)) {
            agent_call_send(agent, place, &message);
        }
    }
}

/* A first voter without a log whom no leader speaks to: it was wiped, perhaps, and those in [peers]
 * aren't those who lead now. */
static bool may_be_wiped(const struct agent *agent)
{
    return agent->seat.born == SEAT_BOOTSTRAP && agent->status.commit == 0 && is_forgotten(agent);
}

void agent_seat_members(struct agent *agent, uint32_t from, const Call__MembersTold *told)
{
    struct members members;

    if ((agent_has_seat(agent) && !may_be_wiped(agent)) || agent->node == NULL ||
        members_decode(&members, told->members.data, told->members.len, NULL) != 0 ||
        members_find_name(&members, roster_name(&agent->roster, ROSTER_SELF)) == NULL ||
        members_find_name(&members, roster_name(&agent->roster, from)) == NULL) {
        return; /* of who isn't one any more, or of somebody else's */
    }
    roster_follow(&agent->roster, &members, clock_now_ms());
}

/* ---- giving one ----------------------------------------------------------------------- */

struct replacement {
    struct node_proposal node;
    struct agent *agent;
    char name[LIMIT_NAME_SIZE];
};

static void on_replaced(struct node_proposal *node, int result)
{
    struct replacement *replacement = container_of(node, struct replacement, node);

    log_event(&replacement->agent->log, result == 0 ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
              "seat_given", LOG_TEXT("agent", replacement->name),
              LOG_TEXT("result", result == 0 ? "done" : err_sentence(result)), LOG_END);
    free(replacement);
}

/* Somebody else speaks under that number now: two processes with one name and key. */
static bool is_in_contact(const struct agent *agent, uint32_t id)
{
    const struct ledger_profile *profile = ledger_profile_named("default");
    struct node_status status;

    agent_node_status(agent, &status);
    for (uint32_t i = 0; i < status.peer_count; i++) {
        if (status.peers[i].id == id && status.peers[i].last_contact_ms != 0) {
            return clock_now_ms() - status.peers[i].last_contact_ms < profile->election_max_ms;
        }
    }
    return false;
}

/* False: there is nothing to change. */
static bool change_for(const struct agent *agent, const struct member *member, uint64_t store,
                       struct members_change *change)
{
    *change = (struct members_change){.kind = MEMBERS_REPLACE,
                                      .member = {.id = member->id, .store = store}};
    if (member->store == 0) {
        change->kind = MEMBERS_REGISTER;
        return true;
    }
    return member->store != store && !is_in_contact(agent, member->id);
}

static void tell_members(struct agent *agent, uint32_t to)
{
    Call__Message message = CALL__MESSAGE__INIT;
    Call__MembersTold told = CALL__MEMBERS_TOLD__INIT;
    struct buf bytes;

    if (!agent_has_seat(agent) || agent->status.commit == 0) { /* a file's guess is no news */
        return;
    }
    buf_init(&bytes, MEMBERS_BYTES_MAX);
    members_encode(node_members(agent->node), &bytes);
    told.members.data = bytes.data;
    told.members.len = bytes.length;
    message.body_case = CALL__MESSAGE__BODY_MEMBERS_TOLD;
    message.members_told = &told;
    if (buf_ok(&bytes)) {
        agent_call_send(agent, to, &message);
    }
    buf_finish(&bytes);
}

void agent_seat_wanted(struct agent *agent, uint32_t from, uint64_t store)
{
    const char *name = roster_name(&agent->roster, from);
    const struct member *member = NULL;
    struct members_change change;
    struct replacement *replacement;
    struct err err;

    tell_members(agent, from);
    if (agent->status.ready && store != 0) {
        member = members_find_name(node_members(agent->node), name);
    }
    if (member == NULL || !change_for(agent, member, store, &change)) {
        return;
    }
    replacement = calloc(1, sizeof *replacement);
    if (replacement == NULL) {
        return; /* it asks again */
    }
    replacement->agent = agent;
    text_copy(replacement->name, sizeof replacement->name, name);
    if (node_change(agent->node, &replacement->node, &change, on_replaced, &err) != 0) {
        if (err.code != ERR_BUSY) {
            log_event(&agent->log, LOG_LEVEL_WARNING, "seat_refused", LOG_TEXT("agent", name),
                      LOG_TEXT("why", err.text), LOG_END);
        }
        free(replacement);
    }
}
