/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Errors at the border: a copy of the inner value in memory of the instance. When there is none left for it, the caller gets the one
 * static error that says so, whose end does nothing: reporting that memory is out must not need memory.
 */

#include "api/api_internal.h"

static const struct lreg_error out_of_memory = {
    .value = {.status = LREG_NO_MEMORY, .code = "", .message = "out of memory", .operation = ""},
};

lreg_status api_fail(const struct hooks *hooks, const struct error *failure, lreg_error **err) {
    if (err == NULL) {
        return failure->status;
    }
    struct hooks system;
    if (hooks == NULL) {
        hooks_default(&system);
        hooks = &system;
    }
    lreg_error *copy = failure->status == LREG_NO_MEMORY ? NULL : memory_allocate(hooks, sizeof *copy);
    if (copy == NULL) {
        *err = (lreg_error *)&out_of_memory;
        return failure->status;
    }
    copy->value = *failure;
    copy->allocator = hooks->allocator;
    *err = copy;
    return failure->status;
}

lreg_status api_result(const struct hooks *hooks, lreg_status status, const struct error *failure, lreg_error **err) {
    return status == LREG_OK ? LREG_OK : api_fail(hooks, failure, err);
}

lreg_status api_null(const struct hooks *hooks, const char *what, lreg_error **err) {
    struct error failure = {0};
    error_set(&failure, LREG_BAD_ARGUMENT, "", "%s may not be NULL", what);
    return api_fail(hooks, &failure, err);
}

lreg_status lreg_error_status(const lreg_error *error) {
    return error == NULL ? LREG_OK : error->value.status;
}

const char *lreg_error_code(const lreg_error *error) {
    return error == NULL || error->value.code == NULL ? "" : error->value.code;
}

const char *lreg_error_message(const lreg_error *error) {
    return error == NULL ? "" : error->value.message;
}

const char *lreg_error_operation(const lreg_error *error) {
    return error == NULL ? "" : error->value.operation;
}

int32_t lreg_error_cause(const lreg_error *error) {
    return error == NULL ? 0 : error->value.cause;
}

void lreg_error_free(lreg_error *error) {
    if (error != NULL && error != &out_of_memory) {
        error->allocator.release(error, error->allocator.user);
    }
}

const char *lreg_status_name(lreg_status status) {
    return error_status_name(status);
}

int32_t lreg_status_http(lreg_status status) {
    return error_http_status(status);
}
