/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_FAILURE_H
#define BASE_FAILURE_H

/* What a hook or a storage backend says about its failure. Its texts are hostile: they are bounded and made printable
 * UTF-8 when they are set. */

#include "base/error.h"
#include <libregistry/sys/failure.h>

struct lreg_failure {
    int32_t cause_domain;
    int64_t cause;
    int64_t retry_ms; /* 0: not known */
    char code[ERROR_CODE_MAX + 1]; /* "" when none was set, like the message */
    char message[ERROR_MESSAGE_MAX];
};

void failure_init(lreg_failure *failure);

/* Sets `*err` to what the callback said, and returns `status`. `action` begins the message; `code` and `text` stand for
 * what the callback did not set. */
lreg_status failure_report(const lreg_failure *failure, struct error *err, lreg_status status, const char *action,
                           const char *code, const char *text);

#endif
