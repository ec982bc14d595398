/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_HTTP_MULTIPART_RECORDER_H
#define UNIT_HTTP_MULTIPART_RECORDER_H

/* Records the events of the multipart parser: "[name|filename|fields]" at the start of a part ("-": no file name), its
 * bytes, and "[/]" at its end. The bytes of a part form one run, however they were cut. */

#include "base/strbuf.h"
#include "http/multipart.h"

#include <stdlib.h>
#include <string.h>

#define BOUNDARY "xYzZY"
#define CONTENT_TYPE "multipart/form-data; boundary=" BOUNDARY

struct recording {
    struct strbuf log;
    lreg_status status;
    struct error err;
    size_t data_calls;
};

static inline lreg_status record_begin(void *user, const char *name, const char *filename,
                                       const struct headers *headers, struct error *err) {
    struct recording *recording = user;
    strbuf_append_format(&recording->log, "[%s|%s|%zu]", name, filename != NULL ? filename : "-", headers->count);
    return strbuf_status(&recording->log, err);
}

static inline lreg_status record_data(void *user, const void *bytes, size_t length, struct error *err) {
    struct recording *recording = user;
    recording->data_calls++;
    if (length == 0) {
        return error_set(err, LREG_INTERNAL, "", "empty data");
    }
    strbuf_append(&recording->log, bytes, length);
    return strbuf_status(&recording->log, err);
}

static inline lreg_status record_end(void *user, struct error *err) {
    struct recording *recording = user;
    strbuf_append_text(&recording->log, "[/]");
    return strbuf_status(&recording->log, err);
}

/* Returns the length of the next piece; `left` is above 0. */
struct cutter {
    size_t (*next)(struct cutter *cutter, size_t done, size_t left);
    size_t at;
    uint64_t seed;
};

static inline size_t cut_nowhere(struct cutter *cutter, size_t done, size_t left) {
    (void)cutter;
    (void)done;
    return left;
}

static inline size_t cut_everywhere(struct cutter *cutter, size_t done, size_t left) {
    (void)cutter;
    (void)done;
    (void)left;
    return 1;
}

static inline size_t cut_once(struct cutter *cutter, size_t done, size_t left) {
    return done < cutter->at ? cutter->at - done : left;
}

/* xorshift: the same pieces for the same seed, on every platform. */
static inline size_t cut_by_chance(struct cutter *cutter, size_t done, size_t left) {
    (void)done;
    cutter->seed ^= cutter->seed << 13;
    cutter->seed ^= cutter->seed >> 7;
    cutter->seed ^= cutter->seed << 17;
    size_t length = cutter->seed % (cutter->seed % 5 == 0 ? 40 : 5);
    return length < left ? length : left;
}

static const struct multipart_limits recorder_limits = {
    .max_parts = 8, .max_part_header_bytes = 512, .max_part_headers = 8};

/* Feeds the body in pieces that are copied to separate blocks, so that the tools detect a read past the end of one. */
static inline void record(const struct hooks *hooks, const char *content_type, const char *body, size_t length,
                          struct cutter *cutter, struct recording *out) {
    const struct multipart_events events = {out, record_begin, record_data, record_end};
    struct multipart *parser = NULL;
    *out = (struct recording){0};
    error_clear(&out->err);
    strbuf_init(&out->log, hooks, (size_t)1 << 20);
    out->status = multipart_new(hooks, content_type, &recorder_limits, &events, &parser, &out->err);
    size_t done = 0;
    while (out->status == LREG_OK && done < length) {
        size_t piece = cutter->next(cutter, done, length - done);
        char *copy = malloc(piece > 0 ? piece : 1);
        if (copy == NULL) {
            break;
        }
        memcpy(copy, body + done, piece);
        out->status = multipart_write(parser, copy, piece, &out->err);
        free(copy);
        done += piece;
    }
    if (out->status == LREG_OK) {
        out->status = multipart_finish(parser, &out->err);
    }
    multipart_free(parser);
}

#endif
