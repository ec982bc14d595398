/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

/*
 * The metrics of an instance as a list of samples, in the data model of Prometheus: each family has a name, a type and
 * a help text, and samples with labels. docs/metrics.md lists the families. Numbers come from the counters of this
 * process (core/instance/metrics.h), from the database and from the file system.
 *
 * A number of a family is an integer with `decimals`: 1500 with 3 decimals is 1.5. Names have base units, seconds and
 * bytes.
 */

#include "core/instance/metrics.h"

struct core_metric_family {
    const char *name; /* "libregistry_http_requests_total" */
    const char *type; /* "counter", "gauge" or "histogram" */
    const char *help;
    int32_t decimals;
};

#define CORE_METRIC_LABELS 2
struct core_metric_label {
    const char *name; /* NULL: there is none */
    const char *value;
};

struct core_metric {
    const struct core_metric_family *family;
    const char *name; /* of the sample: the family's, or with _bucket, _sum or _count behind it */
    struct core_metric_label labels[CORE_METRIC_LABELS];
    int64_t value;
    int32_t decimals;
};

struct core_metrics_filter {
    const char *prefix; /* of the names of families; "": all */
    bool is_memory_only; /* only what this process has counted: waits for nothing */
};

/* Reads all metrics that pass the filter, the samples of a family one after the other. The array and its texts live as
 * long as the arena. When the database cannot be read, its numbers are left out, and libregistry_database_up is 0.
 * LREG_NO_MEMORY. */
lreg_status core_metrics_read(struct core *core, const struct core_metrics_filter *filter, struct arena *arena,
                              struct core_metric **out, size_t *out_count, struct error *err);

#endif
