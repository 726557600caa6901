#include "tests/sim/sim_node.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/sim/sim_route.h"

enum { BATCH_BYTES = 1024 * 1024, SNAPSHOT_AGAIN_MS = 1000 };

static bool is_live(const struct sim_machine *machine)
{
    return machine->up && !machine->node.stopped;
}

static void want_turn(struct sim *sim, struct sim_machine *machine)
{
    if (!machine->node.turn_wanted) {
        machine->node.turn_wanted = true;
        sim_at(sim, sim->now_us, SIM_TURN, machine->number, machine->life, NULL);
    }
}

/* node_stop(), and then the agent: it ends, and is started again by whoever watches it. */
static void stop(struct sim *sim, struct sim_machine *machine, const char *why)
{
    if (!machine->node.stopped) {
        machine->node.stopped = true;
        sim_say(sim, "%u stops: %s", machine->number, why);
        sim_at(sim, sim->now_us, SIM_RESTART, machine->number, machine->life, NULL);
    }
}

/* ---- steps --------------------------------------------------------------------------- */

static void send_messages(struct sim *sim, struct sim_machine *machine)
{
    for (uint32_t i = 0; i < sim->update.message_count; i++) {
        const struct raft_message *message = &sim->update.messages[i];
        struct raft_message piece;
        bool instead = false;

        sim_check_message(sim, machine, message);
        if (sim_duel_piece(sim, machine, message, &piece, &instead)) {
            sim_route_send(sim, machine, &piece);
        }
        if (!instead) {
            sim_route_send(sim, machine, message);
        }
    }
}

static void restore(struct sim *sim, struct sim_machine *machine,
                    const struct raft_snapshot *snapshot)
{
    if (!sim_state_decode(&machine->node.state, snapshot->blob->bytes, snapshot->blob->length)) {
        sim_fail(sim, SIM_UNSAFE, "%u: the snapshot at %llu isn't what was taken", machine->number,
                 (unsigned long long)snapshot->index);
    }
    sim->counters.installed++;
    sim_check_applied(sim, machine, snapshot->index, snapshot->term);
}

static void apply(struct sim *sim, struct sim_machine *machine)
{
    struct sim_node *node = &machine->node;
    uint64_t first = sim->update.apply_first;

    for (uint64_t i = 0; i < sim->update.apply_count; i++) {
        const struct raft_entry *entry = raft_entry(&node->raft, first + i);

        assert(entry != NULL);
        if (entry->kind == RAFT_COMMAND) {
            sim_state_apply(&node->state, entry->index, raft_entry_bytes(entry),
                            raft_entry_length(entry));
            sim_check_command(sim, entry);
        }
        sim_check_applied(sim, machine, entry->index, entry->term);
        requests_applied(&node->requests, entry->index, entry->term);
    }
    if (sim->update.apply_count > 0) {
        sim_lease_applied(sim, machine);
    }
}

static void answer_rounds(struct sim *sim, struct sim_node *node)
{
    if (sim->update.round_confirmed != 0 && raft_ready(&node->raft)) {
        requests_round_confirmed(&node->requests, sim->update.round_confirmed, node->raft.term);
    }
}

static void follow_leadership(struct sim *sim, struct sim_machine *machine)
{
    struct sim_node *node = &machine->node;
    uint64_t leads = node->raft.role == RAFT_LEADER ? node->raft.term : 0;

    if (leads != node->led_term) {
        node->led_term = leads;
        sim_lease_led(sim, machine, leads);
        sim_duel_led(sim, machine, leads);
        requests_lost(&node->requests);
    }
}

/* wants_snapshot() and node_write_snapshot(). */
static void take_snapshot(struct sim *sim, struct sim_machine *machine)
{
    struct sim_node *node = &machine->node;
    struct raft *raft = &node->raft;
    bool crowded = raft_crowded(raft);
    uint64_t trailing = crowded ? 0 : sim->options.trailing;
    struct raft_snapshot snapshot = {.index = raft->applied};
    struct buf state;

    if (!is_live(machine) || node->taking || raft_installing(raft) ||
        raft->now_ms < node->snapshot_again_ms ||
        raft->applied < raft->snapshot.index + (crowded ? 1 : sim->options.snapshot_every)) {
        return;
    }
    node->taking = true;
    buf_init(&state, LIMIT_SNAPSHOT_BYTES);
    sim_state_encode(&node->state, sim->options.state_bytes, &state);
    assert(buf_ok(&state));
    snapshot.term = raft_entry(raft, raft->applied)->term;
    snapshot.blob = raft_blob_new(state.data, state.length);
    raft_members_at(raft, raft->applied, &snapshot.members);
    buf_finish(&state);
    sim->counters.taken++;
    sim_store_write_taken(sim, machine, &snapshot,
                          raft->applied > trailing ? raft->applied - trailing + 1 : 1);
}

static void carry_out(struct sim *sim, struct sim_machine *machine)
{
    struct raft_update *update = &sim->update;

    if (update->write_meta) {
        sim_store_write_vote(sim, machine, update->term, update->vote);
    }
    if (update->write_count > 0) {
        sim_store_write_entries(sim, machine, update->write_first, update->write_count);
    }
    if (update->install != NULL) {
        sim_store_write_installed(sim, machine, update->install);
    }
    if (update->round_sent != 0) {
        requests_round_sent(&machine->node.requests, update->round_sent);
    }
    send_messages(sim, machine);
    sim_trace_step(sim, machine);
    if (update->restore != NULL) {
        restore(sim, machine, update->restore);
    }
    apply(sim, machine);
    follow_leadership(sim, machine);
    answer_rounds(sim, &machine->node);
    take_snapshot(sim, machine);
    if (update->role_changed && machine->node.raft.disowned && !machine->disowned) {
        machine->disowned = true; /* the agent starts again, without a number */
        sim->counters.disowned++;
        stop(sim, machine, "its number is another store's");
    }
}

static void arm(struct sim *sim, struct sim_machine *machine)
{
    struct sim_node *node = &machine->node;
    uint64_t deadline_ms = raft_deadline(&node->raft);

    if (node->stopped || (node->timer_ms != 0 && node->timer_ms <= deadline_ms)) {
        return;
    }
    node->timer_ms = deadline_ms > 0 ? deadline_ms : 1;
    sim_at(sim, sim_true_us(sim, machine, deadline_ms * 1000), SIM_TIMER, machine->number,
           machine->life << 40 | node->timer_ms, NULL);
}

static void core_step(struct sim *sim, struct sim_machine *machine, struct raft_event *event)
{
    uint64_t members_index = machine->node.raft.members_index;

    event->now_ms = sim_local_ms(sim, machine);
    sim->steps++;
    raft_step(&machine->node.raft, event, &sim->update);
    machine->node.cut_a_list =
        machine->node.cut_a_list || machine->node.raft.members_index < members_index;
    if (sim->update.result == ERR_CORRUPT) {
        sim_fail(sim, SIM_UNSAFE, "%u: the log contradicts what the cluster committed",
                 machine->number);
    }
    sim_check_step(sim, machine);
}

static void step(struct sim *sim, struct sim_machine *machine, struct raft_event event)
{
    assert(!machine->node.stepping && is_live(machine));
    machine->node.stepping = true;
    core_step(sim, machine, &event);
    carry_out(sim, machine);
    machine->node.stepping = false;
    arm(sim, machine);
}

void sim_node_timer(struct sim *sim, const struct sim_event *event)
{
    struct sim_machine *machine = sim_machine(sim, event->machine);
    struct sim_node *node = &machine->node;

    if (!is_live(machine) || event->value != (machine->life << 40 | node->timer_ms)) {
        return; /* another process, or another timer */
    }
    if (machine->paused) {
        node->timer_held = true;
        return;
    }
    node->timer_ms = 0;
    step(sim, machine, (struct raft_event){.type = RAFT_TICK});
}

/* ---- turns ------------------------------------------------------------------------------ */

static void propose_queued(struct sim *sim, struct sim_machine *machine)
{
    struct sim_node *node = &machine->node;
    struct raft_blob *blobs[LIMIT_APPEND_ENTRIES];
    uint32_t left = requests_queued(&node->requests);
    uint32_t count;

    while (is_live(machine) &&
           (count = requests_next(&node->requests, blobs, left, BATCH_BYTES)) > 0) {
        struct raft_event event = {.type = RAFT_PROPOSE,
                                   .propose = {.blobs = blobs, .count = count}};

        left -= count;
        if (sim_store_busy(sim, machine->store)) {
            requests_placed(&node->requests, count, ERR_BUSY, 0, 0);
            continue;
        }
        node->stepping = true;
        core_step(sim, machine, &event);
        requests_placed(&node->requests, count, sim->update.result, sim->update.proposed_first,
                        node->raft.term);
        carry_out(sim, machine);
        node->stepping = false;
    }
}

static void change_members(struct sim *sim, struct sim_machine *machine)
{
    struct sim_node *node = &machine->node;
    uint32_t left = requests_changes(&node->requests);
    struct node_proposal *proposal;

    while (is_live(machine) && left > 0 &&
           (proposal = requests_next_change(&node->requests)) != NULL) {
        struct raft_event event = {.type = RAFT_CHANGE, .change = &proposal->change};

        left--;
        node->stepping = true;
        core_step(sim, machine, &event);
        requests_change_placed(&node->requests, sim->update.result, sim->update.proposed_first,
                               node->raft.term);
        carry_out(sim, machine);
        node->stepping = false;
    }
}

void sim_node_turn(struct sim *sim, const struct sim_event *event)
{
    struct sim_machine *machine = sim_machine(sim, event->machine);
    struct sim_node *node = &machine->node;

    if (!is_live(machine) || event->value != machine->life) {
        return;
    }
    if (machine->paused) {
        node->turn_held = true;
        return;
    }
    node->turn_wanted = false;
    if (node->wants_step_down) {
        node->wants_step_down = false;
        step(sim, machine, (struct raft_event){.type = RAFT_STEP_DOWN});
    }
    requests_refuse(&node->requests, node->raft.role == RAFT_LEADER && !node->stopped);
    propose_queued(sim, machine);
    change_members(sim, machine);
    if (node->wants_transfer && is_live(machine)) {
        node->wants_transfer = false;
        step(sim, machine, (struct raft_event){.type = RAFT_TRANSFER, .target = node->transfer_to});
    }
    if (is_live(machine) && !list_empty(&node->requests.asked)) {
        step(sim, machine, (struct raft_event){.type = RAFT_ROUND});
    }
    arm(sim, machine);
}

/* ---- what comes in ------------------------------------------------------------------------ */

void sim_node_written(struct sim *sim, struct sim_machine *machine, struct sim_write *write,
                      int result)
{
    bool gave_up = write != NULL && result == ERR_FULL && write->event.type == RAFT_SNAPSHOT_TAKEN;

    if (result != 0 && !machine->node.stopped && !gave_up) {
        stop(sim, machine, "its disk failed");
    }
    if (write == NULL) {
        return;
    }
    if (write->event.type == RAFT_SNAPSHOT_TAKEN) {
        machine->node.taking = false;
        if (result != 0) {
            machine->node.snapshot_again_ms = machine->node.raft.now_ms + SNAPSHOT_AGAIN_MS;
        }
    }
    if (result == 0 && is_live(machine)) {
        step(sim, machine, write->event);
    }
}

/* node_receive() */
void sim_node_receive(struct sim *sim, struct sim_machine *machine, struct sim_packet *packet)
{
    struct sim_node *node = &machine->node;
    struct wire_message *received = &sim->received;
    char from[LIMIT_NAME_SIZE];

    assert(!node->stepping);
    if (!is_live(machine)) {
        return;
    }
    if (wire_decode(received, packet->bytes, packet->length) != 0) {
        sim_fail(sim, SIM_UNSAFE, "%u can't read what %u sent", machine->number, packet->from);
    }
    sim_trace_message(sim, packet->from, packet->to, ">>", &received->message);
    text_format(from, sizeof from, "m%u", packet->from);
    if (!speakers_hear(&node->speakers, &node->raft, &received->message, from)) {
        node->raft.dropped++;
    } else if (received->message.type != RAFT_APPEND || !sim_store_busy(sim, machine->store)) {
        step(sim, machine,
             (struct raft_event){.type = RAFT_RECEIVE, .message = &received->message});
    }
    wire_release(received);
}

/* ---- what is asked -------------------------------------------------------------------------- */

void sim_node_propose(struct sim *sim, struct sim_machine *machine, struct node_proposal *proposal,
                      const void *bytes, size_t length, node_proposal_cb cb)
{
    assert(machine->up);
    proposal->cb = cb;
    proposal->index = 0;
    proposal->term = 0;
    proposal->result = 0;
    proposal->blob = raft_blob_new(bytes, length);
    list_append(&machine->node.requests.queued, &proposal->link);
    want_turn(sim, machine);
}

int sim_node_change(struct sim *sim, struct sim_machine *machine, struct node_proposal *proposal,
                    const struct members_change *change, node_proposal_cb cb)
{
    struct sim_node *node = &machine->node;
    struct members next;
    int rv;

    if (!is_live(machine) || node->raft.role != RAFT_LEADER) {
        return ERR_NOTLEADER;
    }
    rv = raft_change_check(&node->raft, change, &next, NULL);
    if (rv == 0) {
        proposal->cb = cb;
        proposal->change = *change;
        list_append(&node->requests.changes, &proposal->link);
        want_turn(sim, machine);
    }
    return rv;
}

int sim_node_transfer(struct sim *sim, struct sim_machine *machine, uint32_t to)
{
    struct sim_node *node = &machine->node;

    if (!is_live(machine) || node->raft.role != RAFT_LEADER) {
        return ERR_NOTLEADER;
    }
    node->wants_transfer = true;
    node->transfer_to = to;
    want_turn(sim, machine);
    return 0;
}

void sim_node_confirm(struct sim *sim, struct sim_machine *machine,
                      struct node_confirmation *confirmation, node_confirmation_cb cb)
{
    assert(machine->up);
    confirmation->cb = cb;
    confirmation->term = 0;
    confirmation->round = 0;
    list_append(&machine->node.requests.asked, &confirmation->link);
    want_turn(sim, machine);
}

/* node_unreachable() */
void sim_node_unreachable(struct sim *sim, struct sim_machine *machine, uint32_t number)
{
    const struct member *member;
    char name[LIMIT_NAME_SIZE];

    text_format(name, sizeof name, "m%u", number);
    member = members_find_name(&machine->node.raft.members, name);
    if (member != NULL && is_live(machine)) {
        step(sim, machine, (struct raft_event){.type = RAFT_UNREACHABLE, .target = member->id});
    }
}

void sim_node_step_down(struct sim *sim, struct sim_machine *machine)
{
    if (is_live(machine)) {
        machine->node.wants_step_down = true;
        want_turn(sim, machine);
    }
}

/* ---- life ---- */

int sim_node_start(struct sim *sim, struct sim_machine *machine,
                   const struct disk_recovered *recovered, uint32_t id,
                   const struct members *members, struct err *err)
{
    struct sim_node *node = &machine->node;
    struct raft_config config = {
        .id = id,
        .store = machine->store->id,
        .members = *members,
        .heartbeat_ms = (uint32_t)sim->options.heartbeat_ms,
        .election_min_ms = (uint32_t)sim->options.election_min_ms,
        .election_max_ms = (uint32_t)sim->options.election_max_ms,
        .notice_ms = (uint32_t)sim->options.notice_ms,
        .log_entries_max = (uint32_t)sim->options.log_entries,
        .trailing_entries = (uint32_t)sim->options.trailing,
        .seed = sim_random_next(&sim->node_random),
    };
    struct raft_stored stored = {
        .term = recovered->term,
        .vote = recovered->vote,
        .snapshot = recovered->snapshot,
        .entries = recovered->entries,
        .entry_count = recovered->entry_count,
    };
    int rv;

    memset(node, 0, sizeof(*node));
    requests_init(&node->requests);
    sim_state_init(&node->state);
    rv = raft_init(&node->raft, &config, &stored, sim_local_ms(sim, machine), err);
    if (rv != 0) {
        return rv;
    }
    if (recovered->snapshot.index > 0 &&
        !sim_state_decode(&node->state, recovered->snapshot.blob->bytes,
                          recovered->snapshot.blob->length)) {
        raft_finish(&node->raft);
        return err_set(err, ERR_CORRUPT, "the snapshot isn't what was taken");
    }
    sim_check_started(sim, machine);
    arm(sim, machine);
    return 0;
}

void sim_node_end(struct sim *sim, struct sim_machine *machine)
{
    (void)sim;
    requests_end(&machine->node.requests, ERR_CLOSED);
    raft_finish(&machine->node.raft);
}
