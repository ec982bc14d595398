/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_FAULT_BACKEND_H
#define SUPPORT_FAULT_BACKEND_H

/*
 * A storage backend that wraps another one: it counts the calls that can fail and makes the n-th of them fail. It also
 * counts open stages and objects, so that a test detects what was not closed.
 *
 *     struct fault_backend fault;
 *     lreg_storage_backend table;
 *     fault_backend_wrap(&fault, &inner_table, inner_state, &table);   // `&fault` is the state that goes with `table`
 *     fault_backend_arm(&fault, n, LREG_IO, FAULT_BEFORE);
 *     …
 *     fault_backend_disarm(&fault);
 */

#include <libregistry/sys/storage_backend.h>

#include <stdatomic.h>
#include <stdbool.h>

enum fault_moment {
    FAULT_BEFORE, /* the call has no effect, except what a failure requires (a commit removes its stage) */
    FAULT_AFTER /* the call takes effect and then reports a failure, as when an answer is lost */
};

/* Owned by the test; must outlive the storage that is made from it. */
struct fault_backend {
    lreg_storage_backend inner;
    void *inner_state;
    atomic_uint_least64_t calls;
    atomic_uint_least64_t fail_at; /* 0: never */
    atomic_uint_least64_t failures;
    atomic_int_least64_t open_handles; /* stages, objects and lists */
    atomic_bool destroyed;
    lreg_status status;
    enum fault_moment moment;
    bool from_then_on;
    void (*act)(void); /* called in place of the failure; NULL: none */
};

/* Takes ownership of `inner_state`, which ends with the destroy of `out_table`. Entries that the inner table lacks, the
 * outer one lacks too. */
void fault_backend_wrap(struct fault_backend *fault, const lreg_storage_backend *inner, void *inner_state,
                        lreg_storage_backend *out_table);

/* Counts from 0 again; the n-th call (from 1) returns `status`. Not while other threads use the storage. */
void fault_backend_arm(struct fault_backend *fault, uint64_t n, lreg_status status, enum fault_moment moment);

/* The same, and every later call fails too: a full disk stays full. */
void fault_backend_arm_from(struct fault_backend *fault, uint64_t n, lreg_status status);

void fault_backend_disarm(struct fault_backend *fault); /* keeps the counts */

uint64_t fault_backend_calls(const struct fault_backend *fault); /* since it was wrapped or armed */
uint64_t fault_backend_failures(const struct fault_backend *fault); /* calls made to fail since then */
int64_t fault_backend_open_handles(const struct fault_backend *fault); /* 0 when everything was closed */

#endif
