/* SPDX-License-Identifier: Apache-2.0 */

#include "base/failure.h"

#include "base/text.h"

#include <string.h>

/* Longer waits are mistakes. */
#define RETRY_MAX_MS ((int64_t)24 * 3600 * 1000)

void failure_init(lreg_failure *failure) {
    failure->cause_domain = LREG_CAUSE_NONE;
    failure->cause = 0;
    failure->retry_ms = 0;
    failure->code[0] = '\0';
    failure->message[0] = '\0';
}

static bool is_word(const char *code) {
    size_t length = strnlen(code, ERROR_CODE_MAX + 1);
    for (size_t i = 0; i < length; i++) {
        char c = code[i];
        if (!char_is_digit(c) && (c < 'a' || c > 'z') && c != '_') {
            return false;
        }
    }
    return length > 0 && length <= ERROR_CODE_MAX;
}

void lreg_failure_set(lreg_failure *failure, const char *code, const char *message) {
    if (failure == NULL) {
        return;
    }
    if (code != NULL && is_word(code)) {
        memcpy(failure->code, code, strlen(code) + 1);
    }
    if (message != NULL) {
        size_t length = strnlen(message, sizeof failure->message - 1);
        length = text_utf8_prefix(message, length, sizeof failure->message - 1);
        memcpy(failure->message, message, length);
        text_make_printable(failure->message, length);
        failure->message[length] = '\0';
    }
}

void lreg_failure_set_cause(lreg_failure *failure, int32_t domain, int64_t number) {
    if (failure != NULL) {
        bool is_known = domain >= LREG_CAUSE_NONE && domain <= LREG_CAUSE_CRYPTO;
        failure->cause_domain = is_known ? domain : LREG_CAUSE_HOST;
        failure->cause = domain == LREG_CAUSE_NONE ? 0 : number;
    }
}

void lreg_failure_set_retry_ms(lreg_failure *failure, int64_t retry_ms) {
    if (failure != NULL) {
        failure->retry_ms = retry_ms <= 0 ? 0 : retry_ms < RETRY_MAX_MS ? retry_ms : RETRY_MAX_MS;
    }
}

/* A host may mean any number by an errno; only one that fits is looked up. */
static bool has_errno(const lreg_failure *failure) {
    return failure->cause_domain == LREG_CAUSE_ERRNO && failure->cause > 0 && failure->cause <= INT32_MAX;
}

lreg_status failure_report(const lreg_failure *failure, struct error *err, lreg_status status, const char *action,
                           const char *code, const char *text) {
    if (err == NULL) {
        return status;
    }
    if (failure->message[0] == '\0' && has_errno(failure)) {
        (void)error_set_errno(err, (int)failure->cause, action);
        err->status = status;
    } else {
        (void)error_set(err, status, code, "%s: %s", action, failure->message[0] != '\0' ? failure->message : text);
    }
    const char *word = failure->code[0] != '\0' ? failure->code : code;
    memcpy(err->code, word, strnlen(word, ERROR_CODE_MAX) + 1);
    err->cause_domain = failure->cause_domain;
    err->cause = failure->cause;
    err->retry_ms = failure->retry_ms;
    return status;
}
