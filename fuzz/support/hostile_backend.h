/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_SUPPORT_HOSTILE_BACKEND_H
#define FUZZ_SUPPORT_HOSTILE_BACKEND_H

/*
 * A storage that wraps one in memory. A stream of bytes decides each answer: correct, failed before or after its
 * effect, or wrong. When the stream is exhausted or switched off, all answers are correct.
 */

#include "base/memory.h"
#include <libregistry/sys/storage_backend.h>

struct hostile_backend {
    lreg_storage_backend inner;
    void *inner_state;
    const uint8_t *answers; /* borrowed */
    size_t left;
    bool is_on;
    bool has_lied; /* returned LREG_OK but did something else */
    int64_t open_handles;
    int destroyed; /* times */
};

/* `hooks` and `backend` must outlive the storage that is made from `*out_table` and `backend`. */
void hostile_backend_begin(struct hostile_backend *backend, const struct hooks *hooks, const uint8_t *answers,
                           size_t length, lreg_storage_backend *out_table);

#endif
