/* node_send: the messages of a step on their way out.
 *
 * Happy path: each is encoded and given to the transport. An append without entries tells how far
 * all is committed and nothing else: it waits NOTICE_MS for entries to the same member, which tell
 * it, too. Under load the followers are woken half as often by that.
 *
 * Failure path: one that is too large, or still waits when the node closes, is lost, as messages
 * may be. */
#include "daemon/node/node_internal.h"

#include "daemon/node/wire.h"

enum { NOTICE_MS = 1 };

static void send_one(struct node *node, const struct raft_message *message)
{
    buf_reset(&node->out);
    wire_encode(&node->out, message);
    if (buf_ok(&node->out)) {
        node->config.hooks.send(node->config.context, message->to, node->out.data,
                                node->out.length);
    }
}

static void on_notice(uv_timer_t *timer)
{
    struct node *node = container_of(timer, struct node, notice_timer);

    for (uint32_t i = 0; i < node->notice_count && node_is_live(node); i++) {
        send_one(node, &node->notices[i]);
    }
    node->notice_count = 0;
}

static void drop_notice(struct node *node, uint32_t to)
{
    for (uint32_t i = 0; i < node->notice_count; i++) {
        if (node->notices[i].to == to) {
            node->notices[i] = node->notices[--node->notice_count];
            return;
        }
    }
}

static void keep_notice(struct node *node, const struct raft_message *message)
{
    if (node->notice_count == LIMIT_AGENTS) {
        send_one(node, message); /* members come and go: those that are kept are for others */
        return;
    }
    node->notices[node->notice_count++] = *message;
    if (!uv_is_active((uv_handle_t *)&node->notice_timer)) {
        uv_timer_start(&node->notice_timer, on_notice, NOTICE_MS, 0);
    }
}

void node_send(struct node *node)
{
    for (uint32_t i = 0; i < node->update.message_count; i++) {
        const struct raft_message *message = &node->update.messages[i];

        if (message->type == RAFT_APPEND) {
            drop_notice(node, message->to); /* this one says as much */
        }
        if (message->type == RAFT_APPEND && message->append.count == 0) {
            keep_notice(node, message);
        } else {
            send_one(node, message);
        }
    }
}
