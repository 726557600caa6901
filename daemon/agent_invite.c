/* agent_invite: invitations of new agents.
 *
 * Happy path: an operator asks -> the leader makes a one-time key pair, commits its public key,
 * and answers with the line (daemon/invite.h) -> all agents expect a guest with that key
 * -> it comes to any of them and says who it is -> the leader commits that the invitation is used,
 * by that agent's key, then adds it to the list -> the guest hears the list, and comes back as
 * itself -> the invitation is forgotten.
 *
 * Failure paths: a lost answer or a leader lost in between: the guest asks again, and the same key
 * may use the invitation again. Another key, or too late: refused. A guest that never comes
 * back: forgotten when the invitation expires, by the leader's clock in the committed command. A
 * line that fell into wrong hands: an operator takes the invitation back; the log decides who was
 * first. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "daemon/agent.h"
#include "daemon/api/compose.h"
#include "daemon/invite.h"
#include "daemon/io/address.h"
#include "daemon/io/clock.h"
#include "daemon/io/conf_key.h"
#include "proto/call.pb-c.h"

enum { INVITE_MS = 3600 * 1000 };

/* One that the leader works on: an invitation to be made, used, or taken back. */
struct invited {
    struct node_proposal node;
    struct agent *agent;
    struct api_call call;
    struct api_wait *wait;
    struct key_pair keys; /* to be made: its */
    struct ledger_invitation invitation;
};

static struct command_stamp stamp_of(const struct agent *agent, const char *by)
{
    return (struct command_stamp){.by =
                                      by[0] != '\0' ? by : roster_name(&agent->roster, ROSTER_SELF),
                                  .at_ms = clock_wall_ms()};
}

static void end(struct invited *invited, struct api_result *result)
{
    struct api_wait *wait = invited->wait;

    sodium_memzero(invited, sizeof *invited);
    free(invited);
    wait->done(wait, result);
    api_result_finish(result);
}

static void end_with(struct invited *invited, int code, const char *story)
{
    struct api_result result;
    struct err err;

    api_result_init(&result);
    err_set(&err, code, "%s", story[0] != '\0' ? story : err_sentence(code));
    api_result_error(&result, &err);
    end(invited, &result);
}

static struct invited *begin(struct agent *agent, const struct api_call *call,
                             struct api_wait *wait)
{
    struct invited *invited = calloc(1, sizeof *invited);

    if (invited == NULL) {
        abort();
    }
    invited->agent = agent;
    invited->call = *call;
    invited->wait = wait;
    return invited;
}

static void propose_forgetting(struct agent *agent, const char *by, const char *name,
                               lead_answer_cb cb, void *context)
{
    struct buf buf;

    buf_init(&buf, LIMIT_COMMAND_BYTES);
    command_invitation_forget(&buf, stamp_of(agent, by), name);
    lead_propose(agent->lead, buf.data, buf.length, cb, context);
    buf_finish(&buf);
}

/* ---- making one --------------------------------------------------------------------------- */

static void list_voters(const struct agent *agent, struct invite *invite)
{
    const struct members *members = node_members(agent->node);

    for (uint32_t i = 0; i < members->count; i++) {
        const struct member *member = &members->list[i];
        struct conf_peer *peer = &invite->agents[invite->agent_count];

        if (member->kind == MEMBER_VOTER) {
            text_copy(peer->name, sizeof peer->name, member->name);
            text_copy(peer->address, sizeof peer->address, member->address);
            memcpy(peer->key, member->key, sizeof peer->key);
            invite->agent_count++;
        }
    }
}

static void answer_line(struct invited *invited)
{
    struct invite invite = {.keys = invited->keys};
    struct api_result result;
    char line[INVITE_LINE_SIZE];
    json_t *body;
    bool fits;

    api_result_init(&result);
    list_voters(invited->agent, &invite);
    fits = invite_write(&invite, line, sizeof line);
    assert(fits);
    body = json_pack("{s:s, s:s, s:b, s:o}", "line", line, "invitation", invited->invitation.name,
                     "voter", invited->invitation.voter, "expires",
                     compose_time(invited->invitation.expires_ms));
    compose_append(body, &result.body);
    json_decref(body);
    result.code = API_CREATED;
    invite_wipe(&invite);
    sodium_memzero(line, sizeof line);
    end(invited, &result);
}

static void on_made(void *context, const struct lead_answer *answer)
{
    struct invited *invited = context;

    if (answer->code != 0) {
        end_with(invited, answer->code, answer->story);
    } else if (!invited->agent->status.ready) {
        end_with(invited, ERR_NOTLEADER, "");
    } else {
        answer_line(invited);
    }
}

void agent_invite(struct agent *agent, const struct api_call *call, struct api_wait *wait)
{
    struct invited *invited = begin(agent, call, wait);
    struct ledger_invitation *invitation = &invited->invitation;
    struct buf buf;

    if (agent->ledger->feature_level < LEDGER_FEATURE_INVITATIONS) {
        end_with(
            invited, ERR_REFUSED,
            "not every agent has said yet that it knows invitations; are all of them there, and "
            "of this version?");
        return;
    }
    keys_generate(&invited->keys);
    invite_name(invitation->name, invited->keys.public);
    memcpy(invitation->key, invited->keys.public, KEYS_BYTES);
    invitation->voter = !call->learner;
    invitation->expires_ms = clock_wall_ms() + (call->for_ms != 0 ? call->for_ms : INVITE_MS);
    buf_init(&buf, LIMIT_COMMAND_BYTES);
    command_invite(&buf, stamp_of(agent, call->by), invitation);
    lead_propose(agent->lead, buf.data, buf.length, on_made, invited);
    buf_finish(&buf);
}

/* ---- taking it back ---------------------------------------------------------------------- */

static void on_taken_back(void *context, const struct lead_answer *answer)
{
    struct invited *invited = context;
    struct api_result result;

    if (answer->code != 0) {
        end_with(invited, answer->code, answer->story);
        return;
    }
    api_result_init(&result);
    result.code = API_OK;
    end(invited, &result);
}

/* Whoever came with it already is a member, or will be: see agent remove. */
void agent_uninvite(struct agent *agent, const struct api_call *call, struct api_wait *wait)
{
    struct invited *invited = begin(agent, call, wait);

    propose_forgetting(agent, call->by, call->cluster, on_taken_back, invited);
}

/* ---- using it, on the leader ----------------------------------------------------------------- */

static void answer_members(struct invited *invited)
{
    const struct members *members = node_members(invited->agent->node);
    char text[2 * MEMBERS_BYTES_MAX + 1];
    struct api_result result;
    struct buf bytes;
    json_t *body;

    api_result_init(&result);
    buf_init(&bytes, MEMBERS_BYTES_MAX);
    members_encode(members, &bytes);
    sodium_bin2hex(text, sizeof text, bytes.data, bytes.length);
    buf_finish(&bytes);
    body = json_pack("{s:s}", "members", text);
    compose_append(body, &result.body);
    json_decref(body);
    result.code = API_CREATED;
    end(invited, &result);
}

static void on_added(struct node_proposal *node, int result)
{
    struct invited *invited = container_of(node, struct invited, node);

    if (result != 0) {
        end_with(invited, result, "");
    } else {
        answer_members(invited);
    }
}

static struct members_change addition(const struct invited *invited)
{
    const struct api_call *call = &invited->call;
    struct members_change change = {.kind = MEMBERS_ADD};

    change.member.kind = invited->invitation.voter ? MEMBER_JOINING : MEMBER_LEARNER;
    change.member.store = call->agent_store;
    text_copy(change.member.name, LIMIT_NAME_SIZE, call->agent_name);
    text_copy(change.member.address, LIMIT_ADDRESS_SIZE, call->agent_address);
    memcpy(change.member.key, call->agent_key, MEMBERS_KEY_BYTES);
    return change;
}

/* Asked before the invitation is used, which is for one key only: who is refused may come again
 * with another name, address or key. */
static int check_addition(const struct invited *invited, struct err *err)
{
    struct members next = *node_members(invited->agent->node);
    struct members_change change = addition(invited);

    return members_change(&next, &change, err);
}

static void add(struct invited *invited)
{
    struct agent *agent = invited->agent;
    struct members_change change = addition(invited);
    struct err err;

    if (node_change(agent->node, &invited->node, &change, on_added, &err) != 0) {
        end_with(invited, err.code, err.text);
    }
}

static bool is_member(const struct agent *agent, const struct api_call *call)
{
    const struct member *member = members_find_name(node_members(agent->node), call->agent_name);

    return member != NULL && member->store == call->agent_store &&
           memcmp(member->key, call->agent_key, sizeof member->key) == 0;
}

/* It was added before: the answer was lost, or it asked twice. A list that isn't committed may
 * still be lost, and the guest believes what it is told for good. */
static bool answer_member(struct invited *invited)
{
    if (!is_member(invited->agent, &invited->call)) {
        return false;
    }
    if (node_knows_members(invited->agent->node)) {
        answer_members(invited);
    } else {
        end_with(invited, ERR_BUSY, "it is being added; ask again");
    }
    return true;
}

static void on_used(void *context, const struct lead_answer *answer)
{
    struct invited *invited = context;

    if (answer->code != 0) {
        end_with(invited, answer->code, answer->story);
    } else if (!answer_member(invited)) {
        add(invited);
    }
}

/* call->cluster is the invitation that the guest proved to have. */
void agent_invite_join(struct agent *agent, const struct api_call *call, struct api_wait *wait)
{
    const struct ledger_invitation *invitation =
        ledger_invitation_find(agent->ledger, call->cluster);
    struct invited *invited = begin(agent, call, wait);
    struct buf buf;
    struct err err;

    if (invitation == NULL) {
        end_with(invited, ERR_NOTFOUND, "the invitation was used, or is over");
        return;
    }
    invited->invitation = *invitation;
    if (answer_member(invited)) {
        return;
    }
    if (check_addition(invited, &err) != 0) {
        end_with(invited, err.code, err.text);
        return;
    }
    buf_init(&buf, LIMIT_COMMAND_BYTES);
    command_invitation_use(&buf, stamp_of(agent, ""), call->cluster, call->agent_key);
    lead_propose(agent->lead, buf.data, buf.length, on_used, invited);
    buf_finish(&buf);
}

/* ---- forgetting it ------------------------------------------------------------------------------
 */

static void on_forgotten(void *context, const struct lead_answer *answer)
{
    struct agent *agent = context;

    (void)answer; /* what is left is tried again */
    agent->forgetting = false;
}

/* The agent that came with it is there as itself. */
static bool has_arrived(const struct agent *agent, const struct ledger_invitation *invitation)
{
    for (uint32_t place = ROSTER_SELF + 1; place <= LIMIT_AGENT_SLOTS && invitation->used;
         place++) {
        const struct roster_agent *entry = roster_at(&agent->roster, place);

        if (entry != NULL && entry->state == ROSTER_MEMBER && agent->told[place].known &&
            memcmp(entry->key, invitation->used_by, KEYS_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

void agent_invite_tick(struct agent *agent)
{
    const struct ledger_invitation *over = NULL;

    if (!agent->status.ready || agent->forgetting) {
        return;
    }
    for (uint32_t i = 0; i < agent->ledger->invitation_count; i++) {
        const struct ledger_invitation *invitation = &agent->ledger->invitations[i];

        if (invitation->expires_ms <= clock_wall_ms() || has_arrived(agent, invitation)) {
            over = invitation;
        }
    }
    if (over == NULL) {
        return;
    }
    agent->forgetting = true;
    propose_forgetting(agent, "", over->name, on_forgotten, agent);
}

/* ---- guests, on every agent ----------------------------------------------------------- */

void agent_invite_follow(struct agent *agent)
{
    const struct ledger *ledger = agent->ledger;

    for (uint32_t place = ROSTER_SELF + 1; place <= LIMIT_AGENT_SLOTS; place++) {
        const struct roster_agent *entry = roster_at(&agent->roster, place);

        if (entry != NULL && entry->state == ROSTER_GUEST &&
            ledger_invitation_find(ledger, roster_name(&agent->roster, place)) == NULL) {
            roster_forget_guest(&agent->roster, place);
        }
    }
    for (uint32_t i = 0; i < ledger->invitation_count; i++) {
        roster_invite(&agent->roster, ledger->invitations[i].name, ledger->invitations[i].key);
    }
}

/* A guest's question on its way to the leader. */
struct guest_call {
    struct api_wait wait;
    struct agent *agent;
    char invitation[LIMIT_NAME_SIZE];
};

static void on_answered(struct api_wait *wait, const struct api_result *result)
{
    struct guest_call *guest = container_of(wait, struct guest_call, wait);
    struct agent *agent = guest->agent;
    uint32_t place = roster_of_name(&agent->roster, guest->invitation);
    Call__Message message = CALL__MESSAGE__INIT;
    Call__JoinAnswer answer = CALL__JOIN_ANSWER__INIT;
    struct buf buf;

    log_event(&agent->log, LOG_LEVEL_INFO, "guest_answered",
              LOG_TEXT("invitation", guest->invitation),
              LOG_TEXT("result", api_code_name(result->code)), LOG_TEXT("detail", result->detail),
              LOG_END);
    buf_init(&buf, LIMIT_MESSAGE_BYTES);
    api_result_encode(result, &buf);
    answer.result.data = buf.data;
    answer.result.len = buf.length;
    message.body_case = CALL__MESSAGE__BODY_JOIN_ANSWER;
    message.join_answer = &answer;
    if (place != 0 && !agent->closing) {
        agent_call_send(agent, place, &message);
    }
    buf_finish(&buf);
    free(guest);
}

static bool read_wanted(const Call__JoinWanted *wanted, struct api_call *call)
{
    struct sockaddr_storage address;

    if (wanted->key.len != KEYS_BYTES) {
        return false;
    }
    memcpy(call->agent_key, wanted->key.data, KEYS_BYTES);
    call->agent_store = wanted->store;
    return wanted->store != 0 &&
           conf_type_parse(CONF_NAME, wanted->name, call->agent_name, LIMIT_NAME_SIZE) &&
           address_parse(wanted->address, &address) && !address_is_any(&address) &&
           text_copy(call->agent_address, LIMIT_ADDRESS_SIZE, wanted->address);
}

/* Whatever else a guest says isn't listened to. */
void agent_invite_receive(struct agent *agent, uint32_t from, const uint8_t *bytes, size_t length)
{
    Call__Message *message = call__message__unpack(NULL, length, bytes);
    struct api_backend backend = agent_call_backend(agent);
    struct guest_call *guest;
    struct api_call call = {.verb = VERB_AGENT_JOIN};

    if (message == NULL || message->body_case != CALL__MESSAGE__BODY_JOIN_WANTED ||
        !read_wanted(message->join_wanted, &call)) {
        goto finish;
    }
    guest = calloc(1, sizeof *guest);
    if (guest == NULL) {
        goto finish; /* it asks again */
    }
    guest->wait.done = on_answered;
    guest->agent = agent;
    text_copy(guest->invitation, LIMIT_NAME_SIZE, roster_name(&agent->roster, from));
    text_copy(call.cluster, LIMIT_NAME_SIZE, guest->invitation);
    text_copy(call.by, LIMIT_NAME_SIZE, guest->invitation);
    backend.call(backend.ctx, &call, &guest->wait);
finish:
    if (message != NULL) {
        call__message__free_unpacked(message, NULL);
    }
}
