/* gate_save: copies what a server's binary log has beyond a base, before the server starts.
 *
 * Blocks; for the gate's own process. Result, if there is anything beyond:
 *
 *     DATA_DIR/saved/EPOCH-UNIXTIME/FILE      magic, format description, then everything from
 *                                             the first transaction beyond to the end
 *     DATA_DIR/saved/EPOCH-UNIXTIME/summary   the base, the count, the GTIDs
 *
 * The copies are binary logs that mariadb-binlog reads. A file that can't be read as one
 * (encrypted, damaged) is copied as it is. Everything is on disk (fsync) on return. */
#ifndef DAEMON_IO_GATE_SAVE_H
#define DAEMON_IO_GATE_SAVE_H

#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"
#include "topology/gtid.h"

struct gate_saved {
    uint64_t transactions;           /* that could be counted */
    uint32_t files;                  /* copied; 0: there was nothing beyond the base */
    char directory[LIMIT_PATH_SIZE]; /* "" if nothing was copied */
};

/* `datadir` is the server's, `data_dir` ours. ERR_NOTFOUND: no binary log there; ERR_IO,
 * ERR_LIMIT, ERR_CORRUPT (an index that makes no sense). Whatever was copied until then
 * stays. */
int gate_save(const char *datadir, const char *data_dir, const struct gtid_state *base,
              uint64_t epoch, uint64_t wall_s, struct gate_saved *saved, struct err *err);

#endif
