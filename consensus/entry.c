#include "consensus/entry.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct raft_blob *raft_blob_new(const void *bytes, size_t length)
{
    struct raft_blob *blob;

    assert(length <= UINT32_MAX);
    blob = malloc(sizeof(*blob) + length);
    if (blob == NULL) {
        return NULL;
    }
    blob->holders = 1;
    blob->length = (uint32_t)length;
    if (bytes != NULL && length > 0) {
        memcpy(blob->bytes, bytes, length);
    }
    return blob;
}

struct raft_blob *raft_blob_hold(struct raft_blob *blob)
{
    if (blob != NULL) {
        assert(blob->holders > 0 && blob->holders < UINT32_MAX);
        blob->holders++;
    }
    return blob;
}

void raft_blob_release(struct raft_blob *blob)
{
    if (blob == NULL) {
        return;
    }
    assert(blob->holders > 0);
    if (--blob->holders == 0) {
        free(blob);
    }
}
