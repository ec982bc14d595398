/* SPDX-License-Identifier: Apache-2.0 */

/* Metrics of the public API: a listing of one reading, and its samples. */

#include "api/options_internal.h"
#include "core/metrics.h"

#include <string.h>

#define FILTER_SIZE_1 (offsetof(lreg_metrics_filter, name_prefix) + sizeof(const char *))
#define FLAGS_MANDATORY 0xffff0000u

/* One reading, shared by its list and all samples. */
struct reading {
    struct core_metric *metrics;
    size_t count;
};

struct lreg_metrics_list {
    struct core *core;
    struct core_shared *shared; /* a struct reading */
    size_t next;
};

struct lreg_metric {
    struct core *core;
    struct core_shared *shared;
    const struct core_metric *metric; /* of the reading */
};

lreg_status lreg_options_set_metrics_access(lreg_options *options, int32_t access, lreg_error **err) {
    if (options == NULL) {
        return api_null(NULL, "options", err);
    }
    if (access < LREG_METRICS_ACCESS_OFF || access > LREG_METRICS_ACCESS_ANYONE) {
        return api_refuse(&options->own, "there is no such access to metrics", err);
    }
    options->metrics_access = access;
    return LREG_OK;
}

/* Copies the common part of the caller's filter. */
static bool take_filter(const lreg_metrics_filter *filter, lreg_metrics_filter *own) {
    memset(own, 0, sizeof *own);
    if (filter != NULL) {
        if (filter->size < FILTER_SIZE_1) {
            return false;
        }
        memcpy(own, filter, filter->size < sizeof *own ? filter->size : sizeof *own);
    }
    return (own->flags & FLAGS_MANDATORY & ~(uint32_t)LREG_METRICS_MEMORY_ONLY) == 0;
}

static lreg_status read_metrics(struct core *core, const lreg_metrics_filter *filter, struct core_shared **out,
                                struct error *failure) {
    struct reading *reading = NULL;
    void *object = NULL;
    const struct core_metrics_filter inner = {
        .prefix = filter->name_prefix != NULL ? filter->name_prefix : "",
        .is_memory_only = (filter->flags & LREG_METRICS_MEMORY_ONLY) != 0,
    };
    lreg_status status = core_check_process(core, failure);
    if (status == LREG_OK) {
        status = core_shared_new(core, sizeof *reading, NULL, &object, out, failure);
    }
    if (status != LREG_OK) {
        return status;
    }
    reading = object;
    status = core_metrics_read(core, &inner, core_shared_arena(*out), &reading->metrics, &reading->count, failure);
    if (status != LREG_OK) {
        core_shared_release(*out);
        *out = NULL;
    }
    return status;
}

lreg_status lreg_metrics_list_open(lreg_instance *instance, const lreg_metrics_filter *filter, lreg_metrics_list **out,
                                   lreg_error **err) {
    struct error failure = {0};
    lreg_metrics_filter own;
    struct core_shared *shared = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    if (instance == NULL || out == NULL) {
        return api_null(api_hooks(instance), "instance and out", err);
    }
    if (!take_filter(filter, &own)) {
        return api_refuse(api_hooks(instance), "the filter has a wrong size or unknown flags", err);
    }
    lreg_status status = read_metrics(instance->core, &own, &shared, &failure);
    if (status != LREG_OK) {
        return api_result(api_hooks(instance), status, &failure, err);
    }
    lreg_metrics_list *list = api_handle_new(instance->core, sizeof *list);
    if (list == NULL) {
        core_shared_release(shared);
        return api_no_memory(err);
    }
    list->shared = shared;
    *out = list;
    return LREG_OK;
}

lreg_status lreg_metrics_list_next(lreg_metrics_list *list, lreg_metric **out, lreg_error **err) {
    if (out != NULL) {
        *out = NULL;
    }
    if (list == NULL || out == NULL) {
        return api_null(NULL, "list and out", err);
    }
    const struct reading *reading = core_shared_object(list->shared);
    if (list->next == reading->count) {
        return LREG_OK;
    }
    lreg_metric *metric = api_handle_new(list->core, sizeof *metric);
    if (metric == NULL) {
        return api_no_memory(err);
    }
    core_shared_retain(list->shared);
    metric->shared = list->shared;
    metric->metric = &reading->metrics[list->next++];
    *out = metric;
    return LREG_OK;
}

void lreg_metrics_list_close(lreg_metrics_list *list) {
    if (list != NULL) {
        struct core *core = list->core;
        core_shared_release(list->shared);
        memory_release(core_hooks(core), list);
        core_release(core);
    }
}

const char *lreg_metric_name(const lreg_metric *metric) {
    return metric == NULL ? "" : metric->metric->name;
}

const char *lreg_metric_family(const lreg_metric *metric) {
    return metric == NULL ? "" : metric->metric->family->name;
}

const char *lreg_metric_type(const lreg_metric *metric) {
    return metric == NULL ? "" : metric->metric->family->type;
}

const char *lreg_metric_help(const lreg_metric *metric) {
    return metric == NULL ? "" : metric->metric->family->help;
}

lreg_bool lreg_metric_label_at(const lreg_metric *metric, size_t index, const char **out_name, const char **out_value) {
    if (out_name != NULL) {
        *out_name = NULL;
    }
    if (out_value != NULL) {
        *out_value = NULL;
    }
    if (metric == NULL || out_name == NULL || out_value == NULL || index >= CORE_METRIC_LABELS) {
        return 0;
    }
    const struct core_metric_label *label = &metric->metric->labels[index];
    *out_name = label->name;
    *out_value = label->value;
    return label->name != NULL;
}

int64_t lreg_metric_value(const lreg_metric *metric) {
    return metric == NULL ? 0 : metric->metric->value;
}

int32_t lreg_metric_decimals(const lreg_metric *metric) {
    return metric == NULL ? 0 : metric->metric->decimals;
}

void lreg_metric_free(lreg_metric *metric) {
    if (metric != NULL) {
        struct core *core = metric->core;
        core_shared_release(metric->shared);
        memory_release(core_hooks(core), metric);
        core_release(core);
    }
}
