/* SPDX-License-Identifier: Apache-2.0 */

/* Passes what a verification finds to the host. */

#include "core/upkeep/verify_internal.h"

#include <stdarg.h>
#include <stdio.h>

lreg_status core_verify_tell(const struct verification *run, struct error *err, const char *format, ...) {
    char message[ERROR_MESSAGE_MAX];
    if (run->finding == NULL) {
        return LREG_OK;
    }
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return LREG_OK;
    }
    lreg_status status = run->finding(run->user, message);
    return status == LREG_OK ? LREG_OK : error_set(err, status, "", "the host has ended the verification");
}
