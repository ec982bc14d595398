/* SPDX-License-Identifier: Apache-2.0 */

/* Structs that callers pass by pointer: filters, options, reports. docs/abi.md has their rules. */

#include "api/api_internal.h"

#include <string.h>

#define MUST_BE_KNOWN 0xffff0000u /* the other flags are hints */

struct head { /* how each of these structs begins */
    uint32_t size;
    uint32_t flags;
};

lreg_status api_take(const struct hooks *hooks, const struct api_struct *kind, const void *given, void *out,
                     lreg_error **err) {
    struct error failure = {0};
    struct head head = {.size = (uint32_t)kind->size};
    memset(out, 0, kind->size);
    if (given == NULL) {
        memcpy(out, &head, sizeof head);
        return LREG_OK;
    }
    memcpy(&head.size, given, sizeof head.size);
    if (head.size < kind->first) {
        lreg_status status = error_set(&failure, LREG_BAD_ARGUMENT, "struct_too_small",
                                       "the size of %s is %u: set it to sizeof, which is at least %zu", kind->name,
                                       (unsigned)head.size, kind->first);
        return api_result(hooks, status, &failure, err);
    }
    memcpy(out, given, head.size < kind->size ? head.size : kind->size);
    memcpy(&head, out, sizeof head);
    uint32_t unknown = head.flags & MUST_BE_KNOWN & ~kind->flags;
    if (unknown != 0) {
        lreg_status status = error_set(&failure, LREG_BAD_ARGUMENT, "flags_unknown",
                                       "%s has flags 0x%x, which this version of the library does not have", kind->name,
                                       (unsigned)unknown);
        return api_result(hooks, status, &failure, err);
    }
    return LREG_OK;
}

lreg_status api_check_report(const struct hooks *hooks, const struct api_struct *kind, const void *report,
                             lreg_error **err) {
    struct error failure = {0};
    uint32_t size = 0;
    if (report == NULL) {
        return LREG_OK;
    }
    memcpy(&size, report, sizeof size);
    if (size < kind->first) {
        lreg_status status = error_set(&failure, LREG_BAD_ARGUMENT, "struct_too_small",
                                       "the size of %s is %u: set it to sizeof, which is at least %zu", kind->name,
                                       (unsigned)size, kind->first);
        return api_result(hooks, status, &failure, err);
    }
    return LREG_OK;
}

void api_fill_in(const struct api_struct *kind, const void *filled, void *report) {
    uint32_t size = 0;
    if (report != NULL) {
        memcpy(&size, report, sizeof size);
        size_t end = size < kind->size ? size : kind->size;
        memcpy((char *)report + sizeof size, (const char *)filled + sizeof size, end - sizeof size);
    }
}
