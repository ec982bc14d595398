/* SPDX-License-Identifier: Apache-2.0 */

/* See fault_backend.h. Handles are those of the inner backend, passed through as they are. */

#include "support/fault_backend.h"

#include <stdio.h>
#include <string.h>

/* Counts a call and decides whether it fails. */
static bool is_to_fail(struct fault_backend *fault) {
    uint64_t number = atomic_fetch_add(&fault->calls, 1) + 1;
    uint64_t fail_at = atomic_load(&fault->fail_at);
    bool fails = fail_at != 0 && (number == fail_at || (fault->from_then_on && number > fail_at));
    if (fails) {
        atomic_fetch_add(&fault->failures, 1);
    }
    if (fails && fault->act != NULL) {
        fault->act();
        return false;
    }
    return fails;
}

static bool fails_before(const struct fault_backend *fault, bool fails) {
    return fails && fault->moment == FAULT_BEFORE;
}

/* A handle was made. If the call is to fail after its effect, the caller never gets the handle. */
static lreg_status hand_over(struct fault_backend *fault, bool fails, void *handle, void (*end)(void *, void *),
                             void **out_handle) {
    if (fails) {
        end(fault->inner_state, handle);
        return fault->status;
    }
    atomic_fetch_add(&fault->open_handles, 1);
    *out_handle = handle;
    return LREG_OK;
}

static lreg_status stage_create(void *state, const char *name, const lreg_stage_info *info, void **out_stage,
                                lreg_failure *failure) {
    struct fault_backend *fault = state;
    bool fails = is_to_fail(fault);
    void *stage = NULL;
    if (fails_before(fault, fails)) {
        return fault->status;
    }
    lreg_status status = fault->inner.stage_create(fault->inner_state, name, info, &stage, failure);
    return status != LREG_OK ? status : hand_over(fault, fails, stage, fault->inner.stage_close, out_stage);
}

static lreg_status stage_reopen(void *state, const char *name, uint64_t length, void **out_stage,
                                lreg_failure *failure) {
    struct fault_backend *fault = state;
    bool fails = is_to_fail(fault);
    void *stage = NULL;
    if (fails_before(fault, fails)) {
        return fault->status;
    }
    lreg_status status = fault->inner.stage_reopen(fault->inner_state, name, length, &stage, failure);
    return status != LREG_OK ? status : hand_over(fault, fails, stage, fault->inner.stage_close, out_stage);
}

/* The result of a call without a handle. */
static lreg_status outcome(const struct fault_backend *fault, bool fails, lreg_status status) {
    return fails && status == LREG_OK ? fault->status : status;
}

static lreg_status stage_write(void *state, void *stage, const void *bytes, size_t length, lreg_failure *failure) {
    struct fault_backend *fault = state;
    bool fails = is_to_fail(fault);
    if (fails_before(fault, fails)) {
        /* As on a full disk: a part of the bytes is written. */
        (void)fault->inner.stage_write(fault->inner_state, stage, bytes, length / 2, failure);
        return fault->status;
    }
    return outcome(fault, fails, fault->inner.stage_write(fault->inner_state, stage, bytes, length, failure));
}

static lreg_status stage_sync(void *state, void *stage, uint64_t *out_durable, lreg_failure *failure) {
    struct fault_backend *fault = state;
    bool fails = is_to_fail(fault);
    if (fails_before(fault, fails)) {
        return fault->status;
    }
    return outcome(fault, fails, fault->inner.stage_sync(fault->inner_state, stage, out_durable, failure));
}

static void stage_close(void *state, void *stage) {
    struct fault_backend *fault = state;
    atomic_fetch_sub(&fault->open_handles, 1);
    fault->inner.stage_close(fault->inner_state, stage);
}

static void stage_drop(void *state, void *stage) {
    struct fault_backend *fault = state;
    atomic_fetch_sub(&fault->open_handles, 1);
    fault->inner.stage_drop(fault->inner_state, stage);
}

static lreg_status stage_remove(void *state, const char *name, lreg_failure *failure) {
    struct fault_backend *fault = state;
    bool fails = is_to_fail(fault);
    if (fails_before(fault, fails)) {
        return fault->status;
    }
    return outcome(fault, fails, fault->inner.stage_remove(fault->inner_state, name, failure));
}

static lreg_status stage_commit(void *state, void *stage, const lreg_object_info *info, char *key, size_t capacity,
                                lreg_failure *failure) {
    struct fault_backend *fault = state;
    bool fails = is_to_fail(fault);
    char given[LREG_STORAGE_KEY_MAX + 1] = "";
    atomic_fetch_sub(&fault->open_handles, 1);
    if (fails_before(fault, fails)) {
        fault->inner.stage_drop(fault->inner_state, stage);
        return fault->status;
    }
    lreg_status status =
        outcome(fault, fails, fault->inner.stage_commit(fault->inner_state, stage, info, given, sizeof given, failure));
    if (status == LREG_OK) {
        (void)snprintf(key, capacity, "%s", given);
    }
    return status;
}

static lreg_status object_open(void *state, const char *key, const lreg_read_info *info, void **out_object,
                               uint64_t *out_length, lreg_failure *failure) {
    struct fault_backend *fault = state;
    bool fails = is_to_fail(fault);
    uint64_t length = 0;
    void *object = NULL;
    if (fails_before(fault, fails)) {
        return fault->status;
    }
    lreg_status status = fault->inner.object_open(fault->inner_state, key, info, &object, &length, failure);
    if (status == LREG_OK) {
        status = hand_over(fault, fails, object, fault->inner.object_close, out_object);
    }
    if (status == LREG_OK) {
        *out_length = length;
    }
    return status;
}

static lreg_status object_read(void *state, void *object, uint64_t offset, void *bytes, size_t length, size_t *out_got,
                               lreg_failure *failure) {
    struct fault_backend *fault = state;
    bool fails = is_to_fail(fault);
    if (fails_before(fault, fails)) {
        return fault->status;
    }
    return outcome(fault, fails,
                   fault->inner.object_read(fault->inner_state, object, offset, bytes, length, out_got, failure));
}

static lreg_status object_descriptor(void *state, void *object, int32_t *out_descriptor, uint64_t *out_offset,
                                     lreg_failure *failure) {
    struct fault_backend *fault = state;
    if (is_to_fail(fault)) {
        return fault->status;
    }
    return fault->inner.object_descriptor(fault->inner_state, object, out_descriptor, out_offset, failure);
}

static void object_close(void *state, void *object) {
    struct fault_backend *fault = state;
    atomic_fetch_sub(&fault->open_handles, 1);
    fault->inner.object_close(fault->inner_state, object);
}

static lreg_status object_remove(void *state, const char *key, lreg_failure *failure) {
    struct fault_backend *fault = state;
    bool fails = is_to_fail(fault);
    if (fails_before(fault, fails)) {
        return fault->status;
    }
    return outcome(fault, fails, fault->inner.object_remove(fault->inner_state, key, failure));
}

static lreg_status list_open(void *state, const lreg_list_info *info, void **out_list, lreg_failure *failure) {
    struct fault_backend *fault = state;
    bool fails = is_to_fail(fault);
    void *list = NULL;
    if (fails_before(fault, fails)) {
        return fault->status;
    }
    lreg_status status = fault->inner.list_open(fault->inner_state, info, &list, failure);
    return status != LREG_OK ? status : hand_over(fault, fails, list, fault->inner.list_close, out_list);
}

static lreg_status list_next(void *state, void *list, char *name, size_t capacity, int64_t *out_modified_ms,
                             uint64_t *out_length, lreg_failure *failure) {
    struct fault_backend *fault = state;
    if (is_to_fail(fault)) {
        return fault->status;
    }
    return fault->inner.list_next(fault->inner_state, list, name, capacity, out_modified_ms, out_length, failure);
}

static void list_close(void *state, void *list) {
    struct fault_backend *fault = state;
    atomic_fetch_sub(&fault->open_handles, 1);
    fault->inner.list_close(fault->inner_state, list);
}

static void destroy(void *state) {
    struct fault_backend *fault = state;
    if (fault->inner.destroy != NULL) {
        fault->inner.destroy(fault->inner_state);
    }
    atomic_store(&fault->destroyed, true);
}

void fault_backend_wrap(struct fault_backend *fault, const lreg_storage_backend *inner, void *inner_state,
                        lreg_storage_backend *out_table) {
    memset(fault, 0, sizeof *fault);
    fault->inner = *inner;
    fault->inner_state = inner_state;
    *out_table = (lreg_storage_backend){
        .size = sizeof(lreg_storage_backend),
        .stage_create = stage_create,
        .stage_reopen = stage_reopen,
        .stage_write = stage_write,
        .stage_sync = stage_sync,
        .stage_close = stage_close,
        .stage_drop = stage_drop,
        .stage_remove = stage_remove,
        .stage_commit = stage_commit,
        .object_open = object_open,
        .object_read = object_read,
        .object_descriptor = inner->object_descriptor != NULL ? object_descriptor : NULL,
        .object_close = object_close,
        .object_remove = object_remove,
        .list_open = inner->list_open != NULL ? list_open : NULL,
        .list_next = list_next,
        .list_close = list_close,
        .destroy = destroy,
    };
}

static void arm(struct fault_backend *fault, uint64_t n, lreg_status status, enum fault_moment moment,
                bool from_then_on) {
    fault->status = status;
    fault->moment = moment;
    fault->from_then_on = from_then_on;
    atomic_store(&fault->calls, 0);
    atomic_store(&fault->failures, 0);
    atomic_store(&fault->fail_at, n);
}

void fault_backend_arm(struct fault_backend *fault, uint64_t n, lreg_status status, enum fault_moment moment) {
    arm(fault, n, status, moment, false);
}

void fault_backend_arm_from(struct fault_backend *fault, uint64_t n, lreg_status status) {
    arm(fault, n, status, FAULT_BEFORE, true);
}

void fault_backend_disarm(struct fault_backend *fault) {
    atomic_store(&fault->fail_at, 0);
}

uint64_t fault_backend_calls(const struct fault_backend *fault) {
    return atomic_load(&fault->calls);
}

uint64_t fault_backend_failures(const struct fault_backend *fault) {
    return atomic_load(&fault->failures);
}

int64_t fault_backend_open_handles(const struct fault_backend *fault) {
    return atomic_load(&fault->open_handles);
}
