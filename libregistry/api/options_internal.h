/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_OPTIONS_INTERNAL_H
#define API_OPTIONS_INTERNAL_H

#include "api/api_internal.h"
#include "exchange/dispatcher.h"

struct lreg_options {
    struct hooks own; /* by which the options themselves are allocated */
    struct hooks hooks; /* of the instances that are opened with them */
    char *directory;
    char *base_url;
    bool durable;
    int32_t busy_timeout_ms;
    struct core_limits limits;
    struct forwarded_rules forwarded;
    lreg_storage_backend storage; /* whole, whatever the host's size was */
    void *storage_state;
    bool has_storage;
    bool storage_is_mine; /* until an instance has taken it */
    bool memory_storage;
};

#endif
