/* ledger_agent: what the ledger says of agents: what all of them understand, and who may join
 * them (ledger.h). Who they are is Raft's own list. */
#include <string.h>

#include "topology/ledger_apply.h"

/* ---- the feature level -------------------------------------------------------------- */

int ledger_apply_feature_level(const struct ledger_apply *apply)
{
    uint32_t level = apply->command->feature_level->level;

    if (level <= apply->ledger->feature_level) {
        return err_set(apply->err, ERR_STALE, "the feature level is %u already",
                       apply->ledger->feature_level);
    }
    apply->ledger->feature_level = level;
    return 0;
}

/* ---- invitations ----------------------------------------------------------------------- */

static struct ledger_invitation *find(struct ledger *ledger, const char *name)
{
    for (uint32_t i = 0; i < ledger->invitation_count; i++) {
        if (strcmp(ledger->invitations[i].name, name) == 0) {
            return &ledger->invitations[i];
        }
    }
    return NULL;
}

const struct ledger_invitation *ledger_invitation_find(const struct ledger *ledger,
                                                       const char *name)
{
    for (uint32_t i = 0; i < ledger->invitation_count; i++) {
        if (strcmp(ledger->invitations[i].name, name) == 0) {
            return &ledger->invitations[i];
        }
    }
    return NULL;
}

static void forget(struct ledger *ledger, struct ledger_invitation *invitation)
{
    struct ledger_invitation *last = &ledger->invitations[--ledger->invitation_count];

    if (invitation != last) {
        *invitation = *last;
    }
    memset(last, 0, sizeof *last);
}

/* By the clock of whoever proposed this command. */
static void forget_expired(const struct ledger_apply *apply)
{
    for (uint32_t i = apply->ledger->invitation_count; i > 0; i--) {
        struct ledger_invitation *invitation = &apply->ledger->invitations[i - 1];

        if (invitation->expires_ms <= apply->command->at_ms) {
            forget(apply->ledger, invitation);
        }
    }
}

int ledger_apply_invite(const struct ledger_apply *apply)
{
    const Command__Invitation *message = apply->command->invite->invitation;
    struct ledger *ledger = apply->ledger;
    struct ledger_invitation invitation;

    if (message == NULL || ledger_codec_invitation_read(&invitation, message, apply->err) != 0 ||
        invitation.name[0] != '+') {
        return err_set(apply->err, ERR_INVALID, "an invitation needs a name and a key");
    }
    forget_expired(apply);
    if (find(ledger, invitation.name) != NULL) {
        return err_set(apply->err, ERR_EXISTS, "there is an invitation %s already",
                       invitation.name);
    }
    if (ledger->invitation_count == LIMIT_INVITATIONS) {
        return err_set(apply->err, ERR_LIMIT,
                       "there are %d open invitations; wait until one expires", LIMIT_INVITATIONS);
    }
    ledger->invitations[ledger->invitation_count++] = invitation;
    return 0;
}

int ledger_apply_invitation_use(const struct ledger_apply *apply)
{
    const Command__InvitationUse *use = apply->command->invitation_use;
    struct ledger_invitation *invitation = find(apply->ledger, use->name);

    if (invitation == NULL) {
        return err_set(apply->err, ERR_NOTFOUND, "the invitation was used, or is over");
    }
    if (use->key.len != KEYS_BYTES) {
        return err_set(apply->err, ERR_INVALID, "an agent's key has %d bytes", KEYS_BYTES);
    }
    if (invitation->expires_ms <= apply->command->at_ms) {
        return err_set(apply->err, ERR_REFUSED, "the invitation is over");
    }
    if (invitation->used && memcmp(invitation->used_by, use->key.data, KEYS_BYTES) != 0) {
        return err_set(apply->err, ERR_REFUSED,
                       "the invitation was used, with another key; a new one is needed");
    }
    invitation->used = true;
    memcpy(invitation->used_by, use->key.data, KEYS_BYTES);
    return 0;
}

int ledger_apply_invitation_forget(const struct ledger_apply *apply)
{
    struct ledger_invitation *invitation =
        find(apply->ledger, apply->command->invitation_forget->name);

    if (invitation == NULL) {
        return err_set(apply->err, ERR_NOTFOUND, "there is no such invitation");
    }
    forget(apply->ledger, invitation);
    return 0;
}
