/* SPDX-License-Identifier: Apache-2.0 */

/* Two bytes decide an answer: what happens, and with which status or by how much. */

#include "storage/memory/memory.h"
#include "support/hostile_backend.h"

#include "storage/storage.h"
#include "support/fuzzer.h"

enum fault {
    FAULT_NONE,
    FAULT_BEFORE, /* nothing happens except what a failure requires */
    FAULT_AFTER, /* it takes effect, but the answer reports a failure */
    FAULT_LIE
};

struct decision {
    enum fault fault;
    lreg_status status;
    uint8_t amount;
};

/* Says something about the failure, mostly nothing good. */
static void tell(const struct decision *decision, lreg_failure *failure) {
    static const char *const texts[] = {NULL, "", "\xff\xc3", "a\nb", "word", "a_word", "%s%n"};
    lreg_failure_set(failure, texts[decision->amount % 7], texts[decision->amount / 7 % 7]);
    lreg_failure_set_cause(failure, decision->amount - 3, INT64_MIN + decision->amount);
    lreg_failure_set_retry_ms(failure, decision->amount % 2 == 0 ? INT64_MAX : -1);
}

static struct decision decide(struct hostile_backend *backend, lreg_failure *failure) {
    static const lreg_status statuses[] = {LREG_IO,
                                           LREG_NO_SPACE,
                                           LREG_NOT_FOUND,
                                           LREG_NO_MEMORY,
                                           LREG_BUSY,
                                           LREG_HOST_STATUS,
                                           LREG_HOST_STATUS + 7,
                                           LREG_INTERNAL,
                                           99,
                                           LREG_CONFLICT,
                                           LREG_UPSTREAM,
                                           LREG_TIMEOUT,
                                           LREG_CANCELLED,
                                           LREG_PENDING,
                                           LREG_MISUSE,
                                           -1};
    struct decision decision = {FAULT_NONE, LREG_OK, 0};
    if (!backend->is_on || backend->left < 2) {
        return decision;
    }
    decision.fault = backend->answers[0] % 16 < 4 ? (enum fault)(backend->answers[0] % 16) : FAULT_NONE;
    decision.amount = backend->answers[1];
    decision.status = statuses[decision.amount % (sizeof statuses / sizeof statuses[0])];
    backend->answers += 2;
    backend->left -= 2;
    if (decision.fault != FAULT_NONE) {
        tell(&decision, failure);
    }
    return decision;
}

/* The result of a call whose handle or effect exists. */
static lreg_status outcome(const struct decision *decision, lreg_status status) {
    return decision->fault == FAULT_AFTER && status == LREG_OK ? decision->status : status;
}

static lreg_status give(struct hostile_backend *backend, const struct decision *decision, lreg_status status,
                        void *handle, void (*end)(void *state, void *handle), void **out) {
    if (status == LREG_OK && decision->fault == FAULT_AFTER) {
        end(backend->inner_state, handle);
        return decision->status;
    }
    if (status == LREG_OK) {
        backend->open_handles++;
        *out = handle;
    }
    return status;
}

static lreg_status stage_create(void *state, const char *name, const lreg_stage_info *info, void **out_stage,
                                lreg_failure *failure) {
    struct hostile_backend *backend = state;
    struct decision decision = decide(backend, failure);
    void *stage = NULL;
    if (decision.fault == FAULT_BEFORE) {
        return decision.status;
    }
    lreg_status status = backend->inner.stage_create(backend->inner_state, name, info, &stage, failure);
    return give(backend, &decision, status, stage, backend->inner.stage_close, out_stage);
}

static lreg_status stage_reopen(void *state, const char *name, uint64_t length, void **out_stage,
                                lreg_failure *failure) {
    struct hostile_backend *backend = state;
    struct decision decision = decide(backend, failure);
    void *stage = NULL;
    if (decision.fault == FAULT_BEFORE) {
        return decision.status;
    }
    if (decision.fault == FAULT_LIE && length > 0) {
        length--;
        backend->has_lied = true;
    }
    lreg_status status = backend->inner.stage_reopen(backend->inner_state, name, length, &stage, failure);
    return give(backend, &decision, status, stage, backend->inner.stage_close, out_stage);
}

static lreg_status stage_write(void *state, void *stage, const void *bytes, size_t length, lreg_failure *failure) {
    struct hostile_backend *backend = state;
    struct decision decision = decide(backend, failure);
    if (decision.fault == FAULT_BEFORE) {
        (void)backend->inner.stage_write(backend->inner_state, stage, bytes, length / 2, failure);
        return decision.status;
    }
    if (decision.fault == FAULT_LIE) {
        backend->has_lied = true;
        length = length > decision.amount ? length - decision.amount : 0;
    }
    return outcome(&decision, backend->inner.stage_write(backend->inner_state, stage, bytes, length, failure));
}

static lreg_status stage_sync(void *state, void *stage, uint64_t *out_durable, lreg_failure *failure) {
    struct hostile_backend *backend = state;
    struct decision decision = decide(backend, failure);
    if (decision.fault == FAULT_BEFORE) {
        return decision.status;
    }
    lreg_status status = backend->inner.stage_sync(backend->inner_state, stage, out_durable, failure);
    if (status == LREG_OK && decision.fault == FAULT_LIE) {
        *out_durable -= decision.amount; /* a part is not durable, or a nonsensical length */
    }
    return outcome(&decision, status);
}

static void stage_close(void *state, void *stage) {
    struct hostile_backend *backend = state;
    backend->open_handles--;
    backend->inner.stage_close(backend->inner_state, stage);
}

static void stage_drop(void *state, void *stage) {
    struct hostile_backend *backend = state;
    backend->open_handles--;
    backend->inner.stage_drop(backend->inner_state, stage);
}

static lreg_status stage_remove(void *state, const char *name, lreg_failure *failure) {
    struct hostile_backend *backend = state;
    struct decision decision = decide(backend, failure);
    if (decision.fault == FAULT_BEFORE) {
        return decision.status;
    }
    if (decision.fault == FAULT_LIE) {
        return LREG_OK;
    }
    return outcome(&decision, backend->inner.stage_remove(backend->inner_state, name, failure));
}

/* Invalid keys, or a key without an object. */
static void lie_about_key(uint8_t amount, char *key) {
    switch (amount % 4) {
    case 0:
        memset(key, 'k', LREG_STORAGE_KEY_MAX + 1);
        break;
    case 1:
        key[0] = '\0';
        break;
    case 2:
        memcpy(key, "\xff", 2);
        break;
    default:
        memcpy(key, "../none", 8);
        break;
    }
}

static lreg_status stage_commit(void *state, void *stage, const lreg_object_info *info, char *key, size_t capacity,
                                lreg_failure *failure) {
    struct hostile_backend *backend = state;
    struct decision decision = decide(backend, failure);
    char given[LREG_STORAGE_KEY_MAX + 1] = "";
    backend->open_handles--;
    if (decision.fault == FAULT_BEFORE) {
        backend->inner.stage_drop(backend->inner_state, stage);
        return decision.status;
    }
    lreg_status status = outcome(
        &decision, backend->inner.stage_commit(backend->inner_state, stage, info, given, sizeof given, failure));
    if (status == LREG_OK && decision.fault == FAULT_LIE) {
        backend->has_lied = true;
        lie_about_key(decision.amount, given);
    }
    if (status == LREG_OK) {
        memcpy(key, given, capacity < sizeof given ? capacity : sizeof given);
    }
    return status;
}

static lreg_status object_open(void *state, const char *key, const lreg_read_info *info, void **out_object,
                               uint64_t *out_length, lreg_failure *failure) {
    static const uint64_t lengths[] = {0, 1, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX, (uint64_t)1 << 40};
    struct hostile_backend *backend = state;
    struct decision decision = decide(backend, failure);
    uint64_t length = 0;
    void *object = NULL;
    if (decision.fault == FAULT_BEFORE) {
        return decision.status;
    }
    lreg_status status = backend->inner.object_open(backend->inner_state, key, info, &object, &length, failure);
    status = give(backend, &decision, status, object, backend->inner.object_close, out_object);
    if (status == LREG_OK && decision.fault == FAULT_LIE) {
        backend->has_lied = true;
        length = decision.amount < 128 ? length + decision.amount + 1 : lengths[decision.amount % 6];
    }
    if (status == LREG_OK) {
        *out_length = length;
    }
    return status;
}

static lreg_status object_read(void *state, void *object, uint64_t offset, void *bytes, size_t length, size_t *out_got,
                               lreg_failure *failure) {
    struct hostile_backend *backend = state;
    struct decision decision = decide(backend, failure);
    if (decision.fault == FAULT_BEFORE) {
        return decision.status;
    }
    lreg_status status =
        backend->inner.object_read(backend->inner_state, object, offset, bytes, length, out_got, failure);
    if (status == LREG_OK && decision.fault == FAULT_LIE) {
        backend->has_lied = true;
        if (decision.amount < 64) {
            *out_got = *out_got > decision.amount ? *out_got - decision.amount : 0;
        } else if (decision.amount < 128) {
            *out_got = length + decision.amount;
        } else if (*out_got > 0) {
            ((uint8_t *)bytes)[decision.amount % *out_got] ^= 1;
        }
    }
    return outcome(&decision, status);
}

static lreg_status object_descriptor(void *state, void *object, int32_t *out_descriptor, uint64_t *out_offset,
                                     lreg_failure *failure) {
    struct hostile_backend *backend = state;
    struct decision decision = decide(backend, failure);
    (void)object;
    if (decision.fault != FAULT_LIE) {
        return decision.fault == FAULT_NONE ? LREG_NOT_FOUND : decision.status;
    }
    backend->has_lied = true;
    *out_descriptor = decision.amount % 2 == 0 ? -1 : INT32_MAX;
    *out_offset = decision.amount < 128 ? decision.amount : UINT64_MAX - decision.amount;
    return LREG_OK;
}

static lreg_status object_path(void *state, void *object, char *path, size_t capacity, lreg_failure *failure) {
    struct hostile_backend *backend = state;
    struct decision decision = decide(backend, failure);
    (void)object;
    if (decision.fault == FAULT_BEFORE || decision.fault == FAULT_AFTER) {
        return decision.status;
    }
    expect(capacity == LREG_STORAGE_PATH_MAX + 1);
    memcpy(path, "objects/a", 10);
    if (decision.fault == FAULT_LIE && decision.amount < 64) {
        memset(path, decision.amount, capacity);
    } else if (decision.fault == FAULT_LIE) {
        lie_about_key(decision.amount, path);
    }
    return LREG_OK;
}

static void object_close(void *state, void *object) {
    struct hostile_backend *backend = state;
    backend->open_handles--;
    backend->inner.object_close(backend->inner_state, object);
}

static lreg_status object_remove(void *state, const char *key, lreg_failure *failure) {
    struct hostile_backend *backend = state;
    struct decision decision = decide(backend, failure);
    if (decision.fault == FAULT_BEFORE) {
        return decision.status;
    }
    if (decision.fault == FAULT_LIE) {
        backend->has_lied = true;
        return LREG_OK;
    }
    return outcome(&decision, backend->inner.object_remove(backend->inner_state, key, failure));
}

static lreg_status list_open(void *state, const lreg_list_info *info, void **out_list, lreg_failure *failure) {
    struct hostile_backend *backend = state;
    struct decision decision = decide(backend, failure);
    void *list = NULL;
    if (decision.fault == FAULT_BEFORE) {
        return decision.status;
    }
    lreg_status status = backend->inner.list_open(backend->inner_state, info, &list, failure);
    return give(backend, &decision, status, list, backend->inner.list_close, out_list);
}

/* Invalid names, a name of nothing, and listings that end too early. */
static lreg_status list_next(void *state, void *list, char *name, size_t capacity, int64_t *out_modified_ms,
                             uint64_t *out_length, lreg_failure *failure) {
    struct hostile_backend *backend = state;
    struct decision decision = decide(backend, failure);
    if (decision.fault == FAULT_BEFORE || decision.fault == FAULT_AFTER) {
        return decision.status;
    }
    if (decision.fault != FAULT_LIE) {
        return backend->inner.list_next(backend->inner_state, list, name, capacity, out_modified_ms, out_length,
                                        failure);
    }
    backend->has_lied = true;
    lie_about_key(decision.amount, name);
    if (decision.amount >= 64) {
        memcpy(name, "ab-12", 6);
    }
    *out_modified_ms = decision.amount % 2 == 0 ? INT64_MIN : 0;
    *out_length = decision.amount < 128 ? 0 : UINT64_MAX;
    return LREG_OK;
}

static void list_close(void *state, void *list) {
    struct hostile_backend *backend = state;
    backend->open_handles--;
    backend->inner.list_close(backend->inner_state, list);
}

static void destroy(void *state) {
    struct hostile_backend *backend = state;
    backend->destroyed++;
    backend->inner.destroy(backend->inner_state);
}

void hostile_backend_begin(struct hostile_backend *backend, const struct hooks *hooks, const uint8_t *answers,
                           size_t length, lreg_storage_backend *out_table) {
    *backend = (struct hostile_backend){.answers = answers, .left = length, .is_on = true};
    expect(storage_memory_table(hooks, &backend->inner, &backend->inner_state, NULL) == LREG_OK);
    *out_table = (lreg_storage_backend){.size = sizeof *out_table,
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
                                        .object_descriptor = object_descriptor,
                                        .object_close = object_close,
                                        .object_remove = object_remove,
                                        .list_open = list_open,
                                        .list_next = list_next,
                                        .list_close = list_close,
                                        .destroy = destroy,
                                        .object_path = object_path};
}
