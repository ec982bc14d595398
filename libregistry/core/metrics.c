/* SPDX-License-Identifier: Apache-2.0 */

/* Makes the list of metrics: the table of families, and a function for each group of them. */

#include "core/metrics.h"

#include "base/text.h"
#include "core/instance/state.h"

#include <string.h>
#include <sys/statvfs.h>

/* The largest number of samples: each surface with each status, its buckets, and what is below. */
#define SAMPLES_MAX 1024
#define STORAGES_MAX 64 /* that are listed */

enum family {
    REQUESTS,
    DURATION,
    RECEIVED,
    SENT,
    ABANDONED,
    CUT_OFF,
    REFUSALS,
    UPLOADS_STARTED,
    UPLOADS_FINISHED,
    UPLOADS_CANCELLED,
    UPLOADS_IN_PROGRESS,
    CACHE_HITS,
    CACHE_MISSES,
    COLLECTOR_RUNS,
    COLLECTOR_FAILURES,
    COLLECTOR_REMOVED,
    COLLECTOR_BYTES,
    COLLECTOR_LAST_RUN,
    COLLECTOR_DURATION,
    STORAGE_OBJECTS,
    STORAGE_BYTES,
    STORAGE_ERRORS,
    DATABASE_UP,
    DATABASE_BYTES,
    DATABASE_LOG_BYTES,
    DISK_SIZE,
    DISK_FREE,
    BUILD_INFO,
    START_TIME,
    FAMILIES
};

#define P "libregistry_"
static const struct core_metric_family families[FAMILIES] = {
    [REQUESTS] = {P "http_requests_total", "counter", "Requests that were answered.", 0},
    [DURATION] = {P "http_request_duration_seconds", "histogram",
                  "Time from the head of a request to its response, with the time in which its body arrived.", 9},
    [RECEIVED] = {P "http_received_bytes_total", "counter", "Bytes of request bodies.", 0},
    [SENT] = {P "http_sent_bytes_total", "counter", "Bytes of response bodies that the host has sent.", 0},
    [ABANDONED] = {P "http_requests_abandoned_total", "counter",
                   "Requests that the host ended before there was a response.", 0},
    [CUT_OFF] = {P "http_responses_cut_off_total", "counter",
                 "Responses that had begun and could not be completed, because a storage failed.", 0},
    [REFUSALS] = {P "refusals_total", "counter", "Requests that were refused because of a limit.", 0},
    [UPLOADS_STARTED] = {P "uploads_started_total", "counter", "Uploads that have begun.", 0},
    [UPLOADS_FINISHED] = {P "uploads_finished_total", "counter", "Uploads whose bytes were published.", 0},
    [UPLOADS_CANCELLED] = {P "uploads_cancelled_total", "counter",
                           "Uploads that ended otherwise: refused, failed, abandoned, cancelled or expired.", 0},
    [UPLOADS_IN_PROGRESS] = {P "uploads_in_progress", "gauge",
                             "Uploads in progress: requests of this process, and sessions of all processes.", 0},
    [CACHE_HITS] = {P "cache_hits_total", "counter", "Look-ups that a cache answered.", 0},
    [CACHE_MISSES] = {P "cache_misses_total", "counter", "Look-ups that a cache could not answer.", 0},
    [COLLECTOR_RUNS] = {P "collector_runs_total", "counter", "Complete collections.", 0},
    [COLLECTOR_FAILURES] = {P "collector_failures_total", "counter", "Collections that ended with a failure.", 0},
    [COLLECTOR_REMOVED] = {P "collector_removed_total", "counter", "What collections have removed.", 0},
    [COLLECTOR_BYTES] = {P "collector_removed_bytes_total", "counter", "Bytes of the removed blobs.", 0},
    [COLLECTOR_LAST_RUN] = {P "collector_last_run_timestamp_seconds", "gauge",
                            "When any process last completed a collection that was due; 0: never.", 3},
    [COLLECTOR_DURATION] = {P "collector_last_duration_seconds", "gauge",
                            "Time that the last complete collection of this process worked.", 9},
    [STORAGE_OBJECTS] = {P "storage_objects", "gauge", "Blobs that the storage has.", 0},
    [STORAGE_BYTES] = {P "storage_bytes", "gauge", "Bytes of these blobs.", 0},
    [STORAGE_ERRORS] = {P "storage_errors_total", "counter", "Calls of the storage that failed.", 0},
    [DATABASE_UP] = {P "database_up", "gauge", "1 when the database could be read for these metrics, otherwise 0.", 0},
    [DATABASE_BYTES] = {P "database_bytes", "gauge", "Size of the database file.", 0},
    [DATABASE_LOG_BYTES] = {P "database_log_bytes", "gauge", "Size of the write-ahead log of the database.", 0},
    [DISK_SIZE] = {P "disk_size_bytes", "gauge", "Size of the file system that has the data directory.", 0},
    [DISK_FREE] = {P "disk_free_bytes", "gauge", "Bytes of it that are available to this process.", 0},
    [BUILD_INFO] = {P "build_info", "gauge", "The version of the library; the value is always 1.", 0},
    [START_TIME] = {P "start_time_seconds", "gauge",
                    "When this process opened the instance, since when its counters count.", 3},
};
#undef P

struct list {
    struct core *core;
    const struct core_metrics_filter *filter;
    struct core_metric *metrics; /* SAMPLES_MAX */
    size_t count;
    struct core_counts counts;
};

static bool is_wanted(const struct list *list, enum family family) {
    const char *prefix = list->filter->prefix;
    return strncmp(families[family].name, prefix, strlen(prefix)) == 0;
}

/* Adds a sample; NULL when it is not wanted. */
static struct core_metric *add(struct list *list, enum family family, int64_t value) {
    if (!is_wanted(list, family) || list->count == SAMPLES_MAX) {
        return NULL;
    }
    struct core_metric *metric = &list->metrics[list->count++];
    *metric = (struct core_metric){
        .family = &families[family],
        .name = families[family].name,
        .value = value,
        .decimals = families[family].decimals,
    };
    return metric;
}

static struct core_metric *add_labelled(struct list *list, enum family family, const char *label, const char *text,
                                        int64_t value) {
    struct core_metric *metric = add(list, family, value);
    if (metric != NULL) {
        metric->labels[0] = (struct core_metric_label){label, text};
    }
    return metric;
}

static int64_t count_of(const struct list *list, enum core_counter counter) {
    return (int64_t)list->counts.counters[counter];
}

static void add_counter(struct list *list, enum family family, enum core_counter counter) {
    (void)add(list, family, count_of(list, counter));
}

/* --- Requests --- */

static const char *const status_texts[CORE_METRIC_STATUSES] = {
    "200", "201", "202", "204", "206", "301", "302", "303", "304", "307", "308", "400",
    "401", "403", "404", "405", "406", "408", "409", "410", "411", "412", "413", "414",
    "415", "416", "422", "429", "431", "500", "501", "502", "503", "504", "507", "other",
};

static void add_surface_bytes(struct list *list, enum family family, const uint64_t counts[CORE_METRIC_SURFACES]) {
    for (size_t i = 0; i < CORE_METRIC_SURFACES; i++) {
        const char *surface = core_metrics_surface(list->core, i);
        if (surface != NULL) {
            (void)add_labelled(list, family, "surface", surface, (int64_t)counts[i]);
        }
    }
}

/* 200 is always there, so that a rate has a beginning; other statuses are there once they have occurred. */
static void add_requests(struct list *list) {
    for (size_t i = 0; i < CORE_METRIC_SURFACES; i++) {
        const char *surface = core_metrics_surface(list->core, i);
        for (size_t k = 0; surface != NULL && k < CORE_METRIC_STATUSES; k++) {
            int64_t value = (int64_t)list->counts.requests[i][k];
            struct core_metric *metric =
                k == 0 || value > 0 ? add_labelled(list, REQUESTS, "surface", surface, value) : NULL;
            if (metric != NULL) {
                metric->labels[1] = (struct core_metric_label){"code", status_texts[k]};
            }
        }
    }
}

static void add_histogram(struct list *list, const char *surface, const uint64_t buckets[CORE_METRIC_BOUNDS + 1],
                          uint64_t sum_ns) {
    int64_t total = 0;
    for (size_t i = 0; i <= CORE_METRIC_BOUNDS; i++) {
        total += (int64_t)buckets[i];
        struct core_metric *metric = add_labelled(list, DURATION, "surface", surface, total);
        if (metric != NULL) {
            metric->name = "libregistry_http_request_duration_seconds_bucket";
            metric->decimals = 0;
            metric->labels[1] =
                (struct core_metric_label){"le", i < CORE_METRIC_BOUNDS ? core_metric_bounds[i].seconds : "+Inf"};
        }
    }
    struct core_metric *sum = add_labelled(list, DURATION, "surface", surface, (int64_t)sum_ns);
    if (sum != NULL) {
        sum->name = "libregistry_http_request_duration_seconds_sum";
    }
    struct core_metric *count = add_labelled(list, DURATION, "surface", surface, total);
    if (count != NULL) {
        count->name = "libregistry_http_request_duration_seconds_count";
        count->decimals = 0;
    }
}

static void add_http(struct list *list) {
    const struct core_counts *counts = &list->counts;
    add_requests(list);
    for (size_t i = 0; i < CORE_METRIC_SURFACES; i++) {
        const char *surface = core_metrics_surface(list->core, i);
        if (surface != NULL) {
            add_histogram(list, surface, counts->durations[i], counts->duration_ns[i]);
        }
    }
    add_surface_bytes(list, RECEIVED, counts->received_bytes);
    add_surface_bytes(list, SENT, counts->sent_bytes);
    add_counter(list, ABANDONED, CORE_COUNT_REQUESTS_ABANDONED);
    add_counter(list, CUT_OFF, CORE_COUNT_REQUESTS_CUT_OFF);
    for (size_t i = 0; i < CORE_METRIC_REFUSALS; i++) {
        (void)add_labelled(list, REFUSALS, "code", core_metric_refusals[i], (int64_t)counts->refusals[i]);
    }
}

/* --- Uploads, caches, collector --- */

struct labelled_counter {
    enum family family;
    const char *label, *value;
    enum core_counter counter;
};

static const struct labelled_counter labelled_counters[] = {
    {UPLOADS_STARTED, "kind", "request", CORE_COUNT_UPLOADS_STARTED},
    {UPLOADS_STARTED, "kind", "session", CORE_COUNT_SESSIONS_STARTED},
    {UPLOADS_FINISHED, "kind", "request", CORE_COUNT_UPLOADS_FINISHED},
    {UPLOADS_FINISHED, "kind", "session", CORE_COUNT_SESSIONS_FINISHED},
    {UPLOADS_CANCELLED, "kind", "request", CORE_COUNT_UPLOADS_CANCELLED},
    {UPLOADS_CANCELLED, "kind", "session", CORE_COUNT_SESSIONS_CANCELLED},
    {CACHE_HITS, "cache", "metadata", CORE_COUNT_METADATA_HITS},
    {CACHE_HITS, "cache", "objects", CORE_COUNT_OBJECT_HITS},
    {CACHE_MISSES, "cache", "metadata", CORE_COUNT_METADATA_MISSES},
    {CACHE_MISSES, "cache", "objects", CORE_COUNT_OBJECT_MISSES},
    {COLLECTOR_REMOVED, "kind", "sessions", CORE_COUNT_COLLECTED_SESSIONS},
    {COLLECTOR_REMOVED, "kind", "stages", CORE_COUNT_COLLECTED_STAGES},
    {COLLECTOR_REMOVED, "kind", "blobs", CORE_COUNT_COLLECTED_BLOBS},
    {COLLECTOR_REMOVED, "kind", "objects", CORE_COUNT_COLLECTED_OBJECTS},
    {COLLECTOR_REMOVED, "kind", "audit_events", CORE_COUNT_COLLECTED_EVENTS},
};

static void add_counters(struct list *list) {
    for (size_t i = 0; i < sizeof labelled_counters / sizeof labelled_counters[0]; i++) {
        const struct labelled_counter *row = &labelled_counters[i];
        (void)add_labelled(list, row->family, row->label, row->value, count_of(list, row->counter));
    }
    add_counter(list, COLLECTOR_BYTES, CORE_COUNT_COLLECTED_BYTES);
    add_counter(list, COLLECTOR_RUNS, CORE_COUNT_COLLECTIONS);
    add_counter(list, COLLECTOR_FAILURES, CORE_COUNT_COLLECTION_FAILURES);
    (void)add(list, COLLECTOR_DURATION, list->counts.collection_ns);
    (void)add_labelled(list, BUILD_INFO, "version", LREG_VERSION_STRING, 1);
    (void)add(list, START_TIME, list->counts.start_ms);
    (void)add_labelled(list, STORAGE_ERRORS, "storage", list->core->storage_name,
                       (int64_t)storage_errors(list->core->storage));
}

/* Counts are read one after the other, so their difference may be off by what happens meanwhile. */
static void add_uploads_in_progress(struct list *list) {
    int64_t ended = count_of(list, CORE_COUNT_UPLOADS_FINISHED) + count_of(list, CORE_COUNT_UPLOADS_CANCELLED);
    int64_t open = count_of(list, CORE_COUNT_UPLOADS_STARTED) - ended;
    (void)add_labelled(list, UPLOADS_IN_PROGRESS, "kind", "request", open > 0 ? open : 0);
}

/* --- What the database and the file system know --- */

struct stored {
    uint64_t sessions;
    int64_t collected_ms;
    struct meta_blob_total *totals;
    size_t total_count;
};

static lreg_status read_rows(struct core *core, struct meta_transaction *transaction, struct arena *arena,
                             struct stored *out) {
    struct meta_upkeep upkeep = {0};
    int64_t now_ms = hooks_now_ms(&core->hooks);
    int64_t idle_ms = core->limits.max_upload_idle_ms;
    lreg_status status = meta_upload_count_all(transaction, now_ms - idle_ms, now_ms + idle_ms, &out->sessions, NULL);
    if (status == LREG_OK) {
        status = meta_upkeep_read(transaction, &upkeep, NULL);
        out->collected_ms = upkeep.collected_ms;
    }
    if (status == LREG_OK) {
        status = meta_blob_list_totals(transaction, STORAGES_MAX, arena, &out->totals, &out->total_count, NULL);
    }
    return status;
}

static lreg_status read_stored(struct core *core, struct arena *arena, struct stored *out) {
    struct meta_transaction *transaction = NULL;
    *out = (struct stored){0};
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, NULL);
    if (status == LREG_OK) {
        status = read_rows(core, transaction, arena, out);
        meta_rollback(transaction);
    }
    return status;
}

static void add_totals(struct list *list, const struct stored *stored, bool wants_bytes) {
    enum family family = wants_bytes ? STORAGE_BYTES : STORAGE_OBJECTS;
    bool has_own = false;
    for (size_t i = 0; i < stored->total_count; i++) {
        const struct meta_blob_total *total = &stored->totals[i];
        has_own = has_own || text_equals(total->storage, list->core->storage_name);
        (void)add_labelled(list, family, "storage", total->storage,
                           (int64_t)(wants_bytes ? total->bytes : total->count));
    }
    if (!has_own) {
        (void)add_labelled(list, family, "storage", list->core->storage_name, 0);
    }
}

/* A number that the file system does not tell is left out. */
static void add_sizes(struct list *list) {
    uint64_t database = 0;
    uint64_t log = 0;
    struct statvfs space;
    if (meta_file_sizes(list->core->meta, &database, &log)) {
        (void)add(list, DATABASE_BYTES, (int64_t)database);
        (void)add(list, DATABASE_LOG_BYTES, (int64_t)log);
    }
    if (list->core->directory != NULL && statvfs(list->core->directory, &space) == 0) {
        (void)add(list, DISK_SIZE, (int64_t)(space.f_frsize * space.f_blocks));
        (void)add(list, DISK_FREE, (int64_t)(space.f_frsize * space.f_bavail));
    }
}

static lreg_status add_stored(struct list *list, struct arena *arena) {
    struct stored stored;
    lreg_status status = read_stored(list->core, arena, &stored);
    if (status == LREG_NO_MEMORY) {
        return status;
    }
    if (status == LREG_OK) { /* first: the other sample of this family was the last one */
        (void)add_labelled(list, UPLOADS_IN_PROGRESS, "kind", "session", (int64_t)stored.sessions);
    }
    (void)add(list, DATABASE_UP, status == LREG_OK);
    if (status == LREG_OK) {
        (void)add(list, COLLECTOR_LAST_RUN, stored.collected_ms);
        add_totals(list, &stored, false);
        add_totals(list, &stored, true);
    }
    add_sizes(list);
    return LREG_OK;
}

lreg_status core_metrics_read(struct core *core, const struct core_metrics_filter *filter, struct arena *arena,
                              struct core_metric **out, size_t *out_count, struct error *err) {
    *out = NULL;
    *out_count = 0;
    struct core_metric *metrics = arena_allocate(arena, SAMPLES_MAX * sizeof *metrics);
    if (metrics == NULL) {
        return error_no_memory(err);
    }
    struct list list = {.core = core, .filter = filter, .metrics = metrics};
    core_metrics_sum(core, &list.counts);
    add_http(&list);
    add_counters(&list);
    add_uploads_in_progress(&list); /* last, so that the sessions follow */
    if (!filter->is_memory_only && add_stored(&list, arena) != LREG_OK) {
        return error_no_memory(err);
    }
    *out = list.metrics;
    *out_count = list.count;
    return LREG_OK;
}
