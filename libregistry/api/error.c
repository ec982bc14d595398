/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Public errors: a copy of the inner value in memory of the instance. When that allocation fails, the caller gets a
 * static error that says so and that lreg_error_free() ignores: reporting that memory is out must not need memory.
 */

#include "api/api_internal.h"

static const struct lreg_error out_of_memory = {
    .value = {.status = LREG_NO_MEMORY, .code = "", .message = "out of memory", .operation = ""},
};

lreg_status api_no_memory(lreg_error **err) {
    if (err != NULL) {
        *err = (lreg_error *)&out_of_memory;
    }
    return LREG_NO_MEMORY;
}

/* Sets `*err` to a copy. `status` is decisive, also when `failure` was not set. */
static lreg_status hand_over(const struct hooks *hooks, lreg_status status, const struct error *failure,
                             lreg_error **err) {
    struct hooks system;
    if (hooks == NULL) {
        hooks_default(&system);
        hooks = &system;
    }
    lreg_error *copy = memory_allocate(hooks, sizeof *copy);
    if (copy == NULL) {
        (void)api_no_memory(err);
        return status;
    }
    copy->value = *failure;
    copy->allocator = hooks->allocator;
    if (failure->status != status) {
        error_set(&copy->value, status, "", "%s", error_status_name(status));
    }
    *err = copy;
    return status;
}

lreg_status api_result(const struct hooks *hooks, lreg_status status, const struct error *failure, lreg_error **err) {
    if (status == LREG_OK || err == NULL) {
        return status;
    }
    return status == LREG_NO_MEMORY ? api_no_memory(err) : hand_over(hooks, status, failure, err);
}

lreg_status api_refuse(const struct hooks *hooks, const char *message, lreg_error **err) {
    struct error failure = {0};
    lreg_status status = error_set(&failure, LREG_BAD_ARGUMENT, "", "%s", message);
    return api_result(hooks, status, &failure, err);
}

lreg_status api_null(const struct hooks *hooks, const char *what, lreg_error **err) {
    struct error failure = {0};
    lreg_status status = error_set(&failure, LREG_BAD_ARGUMENT, "null_argument", "%s may not be NULL", what);
    return api_result(hooks, status, &failure, err);
}

lreg_status lreg_error_status(const lreg_error *error) {
    return error == NULL ? LREG_OK : error->value.status;
}

const char *lreg_error_code(const lreg_error *error) {
    return error == NULL ? "" : error->value.code;
}

const char *lreg_error_message(const lreg_error *error) {
    return error == NULL ? "" : error->value.message;
}

const char *lreg_error_operation(const lreg_error *error) {
    return error == NULL ? "" : error->value.operation;
}

int32_t lreg_error_cause_domain(const lreg_error *error) {
    return error == NULL ? LREG_CAUSE_NONE : error->value.cause_domain;
}

int64_t lreg_error_cause(const lreg_error *error) {
    return error == NULL ? 0 : error->value.cause;
}

void lreg_error_free(lreg_error *error) {
    if (error != NULL && error != &out_of_memory) {
        error->allocator.release(error->allocator.user, error);
    }
}

const char *lreg_status_name(lreg_status status) {
    return error_status_name(status);
}

int32_t lreg_status_http(lreg_status status) {
    return error_http_status(status);
}
