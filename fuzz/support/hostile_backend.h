/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_SUPPORT_HOSTILE_BACKEND_H
#define FUZZ_SUPPORT_HOSTILE_BACKEND_H

/*
 * A storage around one in memory, each of whose answers a stream of bytes decides: right, failed before or after its
 * effect, or wrong. When the stream is over, or off, all answers are right.
 */

#include "base/memory.h"
#include <libregistry/sys/storage_backend.h>

struct hostile_backend {
    lreg_storage_backend inner;
    void *inner_state;
    const uint8_t *answers; /* borrowed */
    size_t left;
    bool is_on;
    bool has_lied; /* said LREG_OK and did something else */
    int64_t open_handles;
    int destroyed; /* times */
};

/* `hooks` and `backend` are to live as long as the storage that is made of `*out_table` and `backend`. */
void hostile_backend_begin(struct hostile_backend *backend, const struct hooks *hooks, const uint8_t *answers,
                           size_t length, lreg_storage_backend *out_table);

#endif
