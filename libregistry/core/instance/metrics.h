/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_INSTANCE_METRICS_H
#define CORE_INSTANCE_METRICS_H

/*
 * Counters of one instance in one process. core/metrics.h shows them together with what the database and the disk know.
 *
 * Counting takes no lock and allocates nothing. The counters exist several times, in shards; a thread always uses the
 * same shard, so two busy threads seldom write to one cache line. A reader adds the shards up.
 *
 * Labels have fixed sets of values: names of surfaces, HTTP statuses and code words of this library. Nothing that a
 * client sends becomes a label.
 *
 * Threads: any, at once, except where a comment says otherwise.
 */

#include "core/instance/instance.h"

/* Counters without labels, or with labels that core/metrics.c knows. */
enum core_counter {
    CORE_COUNT_REQUESTS_CUT_OFF, /* the response had begun and could not be completed */
    CORE_COUNT_REQUESTS_ABANDONED, /* ended by the host before there was a response */
    CORE_COUNT_METADATA_HITS, /* core_find_cached() */
    CORE_COUNT_METADATA_MISSES,
    CORE_COUNT_OBJECT_HITS, /* core_object_cache_find() */
    CORE_COUNT_OBJECT_MISSES,
    CORE_COUNT_UPLOADS_STARTED, /* in one request, or through the C API */
    CORE_COUNT_UPLOADS_FINISHED,
    CORE_COUNT_UPLOADS_CANCELLED,
    CORE_COUNT_SESSIONS_STARTED, /* upload sessions */
    CORE_COUNT_SESSIONS_FINISHED,
    CORE_COUNT_SESSIONS_CANCELLED,
    CORE_COUNT_COLLECTIONS, /* complete ones */
    CORE_COUNT_COLLECTION_FAILURES,
    CORE_COUNT_COLLECTED_SESSIONS,
    CORE_COUNT_COLLECTED_STAGES,
    CORE_COUNT_COLLECTED_BLOBS,
    CORE_COUNT_COLLECTED_OBJECTS,
    CORE_COUNT_COLLECTED_EVENTS,
    CORE_COUNT_COLLECTED_BYTES,
    CORE_COUNTERS
};

/* Surfaces with numbers of their own. Number 0 is "other": no surface, and every surface above the bound. */
#define CORE_METRIC_SURFACES 8
#define CORE_METRIC_OTHER 0

/* Upper bounds of the buckets of request durations; above the last one is one more bucket. */
#define CORE_METRIC_BOUNDS 12
struct core_metric_bound {
    int64_t ns;
    const char *seconds; /* as the label "le" */
};
extern const struct core_metric_bound core_metric_bounds[CORE_METRIC_BOUNDS];

/* HTTP statuses with a counter of their own; the last entry, 0, stands for all others. */
#define CORE_METRIC_STATUSES 36
extern const int16_t core_metric_statuses[CORE_METRIC_STATUSES];

/* Code words of failures that a limit causes; the last entry, "other", is for limits that are not listed. */
#define CORE_METRIC_REFUSALS 24
extern const char *const core_metric_refusals[CORE_METRIC_REFUSALS];

/* The sum of all shards. */
struct core_counts {
    uint64_t counters[CORE_COUNTERS];
    uint64_t requests[CORE_METRIC_SURFACES][CORE_METRIC_STATUSES];
    uint64_t durations[CORE_METRIC_SURFACES][CORE_METRIC_BOUNDS + 1]; /* per bucket, not cumulative */
    uint64_t duration_ns[CORE_METRIC_SURFACES];
    uint64_t received_bytes[CORE_METRIC_SURFACES];
    uint64_t sent_bytes[CORE_METRIC_SURFACES];
    uint64_t refusals[CORE_METRIC_REFUSALS];
    int64_t start_ms; /* when the instance was opened in this process */
    int64_t collection_ns; /* duration of the last complete collection in this process */
};

struct core_metrics;
struct core_metrics *core_metrics_new(const struct hooks *hooks); /* NULL: out of memory */
void core_metrics_free(struct core_metrics *metrics, const struct hooks *hooks); /* NULL is allowed */
/* Sets all counters to zero, in a forked child, which counts for itself. No other thread may use the instance. */
void core_metrics_restart(struct core *core);

/* Returns the number of a surface by its name, which lives as long as the program; a new name gets the next number.
 * Called before there are requests. */
size_t core_metrics_add_surface(struct core *core, const char *name);
const char *core_metrics_surface(const struct core *core, size_t surface); /* NULL: that number is free */

void core_metrics_count(struct core *core, enum core_counter counter, uint64_t amount);
void core_metrics_count_request(struct core *core, size_t surface, int status, int64_t duration_ns);
void core_metrics_count_received(struct core *core, size_t surface, uint64_t bytes);
void core_metrics_count_sent(struct core *core, size_t surface, uint64_t bytes);
/* Counts a failure that is shown to a client, if a limit caused it. */
void core_metrics_count_failure(struct core *core, const struct error *failure);
void core_metrics_note_collection(struct core *core, int64_t duration_ns);

void core_metrics_sum(const struct core *core, struct core_counts *out);

/* Clients that may read the metrics over HTTP; the values of LREG_METRICS_ACCESS_*. */
enum core_metrics_access {
    CORE_METRICS_OFF = 0,
    CORE_METRICS_TOKEN = 1,
    CORE_METRICS_ANYONE = 2
};
/* Called before there are requests; a new instance has CORE_METRICS_TOKEN. */
void core_metrics_set_access(struct core *core, enum core_metrics_access access);
/* Decides whether the principal may read them. LREG_NOT_FOUND ("path_unknown") when no client may;
 * LREG_UNAUTHENTICATED; LREG_FORBIDDEN. */
lreg_status core_metrics_authorize(const struct core *core, const struct auth_principal *principal, struct error *err);

#endif
