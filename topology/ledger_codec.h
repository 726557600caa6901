/* ledger_codec: the ledger's parts as protobuf messages, and back.
 *
 * Writers take memory from an arena and point into the source structs: encode
 * before either goes. Readers copy, and refuse (ERR_CORRUPT, with the field)
 * what passes a limit or is no known value, so that nothing past this file has
 * to check again. Used by ledger_apply.c, by snapshots and by whoever makes
 * commands (command.h). */
#ifndef TOPOLOGY_LEDGER_CODEC_H
#define TOPOLOGY_LEDGER_CODEC_H

#include "base/arena.h"
#include "base/err.h"
#include "proto/command.pb-c.h"
#include "topology/ledger.h"

void ledger_codec_position_write(const struct gtid_position *position, struct arena *arena,
                                 size_t *count, Command__Gtid ***gtids);
int ledger_codec_position_read(struct gtid_position *position, size_t count, Command__Gtid **gtids,
                               struct err *err);

void ledger_codec_steps_write(const struct operation_step *steps, uint32_t step_count,
                              struct arena *arena, size_t *count, Command__Step ***messages);
int ledger_codec_step_read(struct operation_step *step, const Command__Step *message,
                           struct err *err);

Command__Operation *ledger_codec_operation_write(const struct operation *operation,
                                                 struct arena *arena);
int ledger_codec_operation_read(struct operation *operation, const Command__Operation *message,
                                struct err *err);

Command__Server *ledger_codec_server_write(const struct ledger_server *server, struct arena *arena);
int ledger_codec_server_read(struct ledger_server *server, const Command__Server *message,
                             struct err *err);

int ledger_codec_token_read(struct ledger_token *token, const Command__Token *message,
                            struct err *err);

Command__Invitation *ledger_codec_invitation_write(const struct ledger_invitation *invitation,
                                                   struct arena *arena);
int ledger_codec_invitation_read(struct ledger_invitation *invitation,
                                 const Command__Invitation *message, struct err *err);

/* protobuf-c's fields are `char *` even where it only reads. */
char *ledger_codec_text(const char *text);

/* For protobuf-c's unpack functions: memory from the arena, never freed singly. */
ProtobufCAllocator ledger_codec_allocator(struct arena *arena);

#endif
