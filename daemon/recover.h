/* recover: one agent goes on alone, when the others are lost for good (safety.md, section 8).
 *
 * A last resort, for a person: `orchestratord --recover-as-single`, while the agent is stopped.
 * It takes all that this store holds for committed, the end of the log too, and may miss what the
 * others had committed without it. So the survivor with the newest log is to be taken, which
 * recover_describe() tells of each.
 *
 *     recover_open()       locks and reads the store, as a start of the agent does
 *     recover_describe()   what is there, and what would be
 *     recover_carry_out()  puts a snapshot in place of the log: the ledger as ledger_recover()
 *                          leaves it, and a list of one in a new cluster (members_recover())
 *     recover_close()
 *
 * The snapshot gets its name by one rename, so after a crash it is there or it isn't; the agents
 * of before can't take any of it for an entry of theirs. Who joins later gets it first,
 * and reads no list of before. Everything blocks. */
#ifndef DAEMON_RECOVER_H
#define DAEMON_RECOVER_H

#include "base/buf.h"
#include "base/err.h"
#include "daemon/io/conf.h"

enum { RECOVER_TEXT_BYTES = 64 * 1024 };

struct recover;

/* ERR_NOTFOUND, ERR_REFUSED: there is nothing to be recovered, or not by this user; the story says
 * why. ERR_BUSY: the agent runs. ERR_CORRUPT, ERR_PROTOCOL, ERR_LIMIT, ERR_IO,
 * ERR_PERMISSION: the store. ERR_NOMEM. */
int recover_open(struct recover **recover, const struct conf *conf, struct err *err);

/* Lines of text. */
void recover_describe(const struct recover *recover, struct buf *out);

/* Once. ERR_IO, ERR_FULL: it may yet be there, so it is tried again, or this data directory is
 * emptied. ERR_NOMEM: nothing has changed, unless the story says so. */
int recover_carry_out(struct recover *recover, struct err *err);

void recover_close(struct recover *recover);

#endif
