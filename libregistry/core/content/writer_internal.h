/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_CONTENT_WRITER_INTERNAL_H
#define CORE_CONTENT_WRITER_INTERNAL_H

/* A writer: writer.c fills it, and publish.c publishes it. */

#include "core/content/stages.h"
#include "core/content/writer.h"

struct core_blob_writer {
    struct core *core; /* retained */
    char *storage_name; /* owned */
    struct storage *storage;
    struct storage_stage *stage; /* NULL when committed or dropped */
    struct core_stage_claim claim;
    struct digest digest;
    struct digest_set digests;
    uint64_t length;
    uint64_t max_bytes;
    bool is_session; /* the stage is an upload session's */
    bool is_started; /* counted as an upload of one request */
    bool finished;
    bool is_published;
    bool is_surplus; /* the content had a row already when the object was to be named */
    bool in_doubt; /* a commit failed: its rows may or may not exist */
    char key[LREG_STORAGE_KEY_MAX + 1]; /* of the committed object; "" before */
};

#endif
