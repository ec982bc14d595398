/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_OPTIONS_INTERNAL_H
#define API_OPTIONS_INTERNAL_H

#include "api/api_internal.h"
#include "exchange/dispatcher.h"
#include <libregistry/metrics.h>

#include <sys/types.h>

struct lreg_options {
    struct hooks own; /* allocate the options themselves */
    struct hooks hooks; /* of the instances that are opened with them */
    char *directory;
    char *base_url;
    bool durable;
    int32_t busy_timeout_ms;
    struct core_limits limits;
    struct forwarded_rules forwarded;
    int32_t metrics_access; /* LREG_METRICS_ACCESS_* */
    lreg_storage_backend storage; /* complete, also when the host's table is shorter */
    void *storage_state;
    char storage_name[LREG_STORAGE_NAME_MAX + 1];
    bool has_storage;
    bool storage_is_mine; /* until an instance takes it */
    pid_t storage_process; /* which its state belongs to */
    bool memory_storage;
};

#endif
