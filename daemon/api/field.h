/* field: the bodies of the verbs, as JSON, to and from struct api_call.
 *
 * The table of fields and the kinds that they are of live in field.c. */
#ifndef DAEMON_API_FIELD_H
#define DAEMON_API_FIELD_H

#include <jansson.h>

#include "base/err.h"
#include "daemon/api/verb.h"

/* Fills the fields of call->verb from the object; ERR_INVALID names the field,
 * what was found and what is accepted. */
int field_read_all(struct api_call *call, json_t *body, struct err *err);

/* The object that field_read_all() would read back; NULL without memory. */
json_t *field_write_all(const struct api_call *call);

#endif
