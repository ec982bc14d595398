/* SPDX-License-Identifier: Apache-2.0 */

/* Counters of one instance, in shards of atomics. */

#include "core/instance/metrics.h"

#include "base/text.h"
#include "core/instance/state.h"

#include <string.h>

#define SHARDS 8 /* a power of two */
#define CACHE_LINE 64

const struct core_metric_bound core_metric_bounds[CORE_METRIC_BOUNDS] = {
    {100000, "0.0001"},  {500000, "0.0005"},  {1000000, "0.001"},    {5000000, "0.005"},
    {10000000, "0.01"},  {50000000, "0.05"},  {100000000, "0.1"},    {500000000, "0.5"},
    {1000000000, "1.0"}, {5000000000, "5.0"}, {10000000000, "10.0"}, {60000000000, "60.0"},
};

const int16_t core_metric_statuses[CORE_METRIC_STATUSES] = {
    200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408,
    409, 410, 411, 412, 413, 414, 415, 416, 422, 429, 431, 500, 501, 502, 503, 504, 507, 0,
};

const char *const core_metric_refusals[CORE_METRIC_REFUSALS] = {
    "body_too_large",         "body_too_long",     "control_too_large",   "database_full",
    "form_too_large",         "headers_too_large", "index_line_too_long", "index_too_large",
    "json_too_deep",          "metadata_too_long", "package_too_large",   "part_headers_too_large",
    "record_too_long",        "target_too_long",   "too_many_files",      "too_many_headers",
    "too_many_part_headers",  "too_many_parts",    "too_many_segments",   "too_many_tags",
    "too_many_token_uploads", "too_many_uploads",  "unpacked_too_large",  "other",
};

/* All members are counters. */
struct shard {
    atomic_uint_fast64_t counters[CORE_COUNTERS];
    atomic_uint_fast64_t requests[CORE_METRIC_SURFACES][CORE_METRIC_STATUSES];
    atomic_uint_fast64_t durations[CORE_METRIC_SURFACES][CORE_METRIC_BOUNDS + 1];
    atomic_uint_fast64_t duration_ns[CORE_METRIC_SURFACES];
    atomic_uint_fast64_t received_bytes[CORE_METRIC_SURFACES];
    atomic_uint_fast64_t sent_bytes[CORE_METRIC_SURFACES];
    atomic_uint_fast64_t refusals[CORE_METRIC_REFUSALS];
    unsigned char apart[CACHE_LINE]; /* the next shard begins on another cache line */
};

struct core_metrics {
    struct shard shards[SHARDS];
    const char *surfaces[CORE_METRIC_SURFACES]; /* NULL: free */
    enum core_metrics_access access;
    int64_t start_ms;
    atomic_int_fast64_t collection_ns;
};

struct core_metrics *core_metrics_new(const struct hooks *hooks) {
    struct core_metrics *metrics = memory_allocate_zeroed(hooks, 1, sizeof *metrics);
    if (metrics != NULL) {
        metrics->surfaces[CORE_METRIC_OTHER] = "other";
        metrics->access = CORE_METRICS_TOKEN;
        metrics->start_ms = hooks_now_ms(hooks);
    }
    return metrics;
}

void core_metrics_free(struct core_metrics *metrics, const struct hooks *hooks) {
    memory_release(hooks, metrics);
}

void core_metrics_restart(struct core *core) {
    struct core_metrics *metrics = core->metrics;
    memset(metrics->shards, 0, sizeof metrics->shards);
    metrics->start_ms = hooks_now_ms(&core->hooks);
    atomic_store_explicit(&metrics->collection_ns, 0, memory_order_relaxed);
}

size_t core_metrics_add_surface(struct core *core, const char *name) {
    const char **surfaces = core->metrics->surfaces;
    for (size_t i = 0; i < CORE_METRIC_SURFACES; i++) {
        if (surfaces[i] == NULL) {
            surfaces[i] = name;
        }
        if (text_equals(surfaces[i], name)) {
            return i;
        }
    }
    return CORE_METRIC_OTHER;
}

const char *core_metrics_surface(const struct core *core, size_t surface) {
    return core->metrics->surfaces[surface];
}

/* --- Counting --- */

/* Thread descriptors are at least a page apart, so only their higher bits differ. The multiplication mixes these into
 * the bits that select a shard. */
static struct shard *own_shard(struct core *core) {
    uint64_t self = (uint64_t)(uintptr_t)pthread_self();
    uint64_t mixed = (self >> 6) * 0x9e3779b97f4a7c15u;
    return &core->metrics->shards[mixed >> 61];
}

static void add(atomic_uint_fast64_t *counter, uint64_t amount) {
    (void)atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

void core_metrics_count(struct core *core, enum core_counter counter, uint64_t amount) {
    if (amount > 0) {
        add(&own_shard(core)->counters[counter], amount);
    }
}

static size_t status_index(int status) {
    size_t i = 0;
    while (i < CORE_METRIC_STATUSES - 1 && core_metric_statuses[i] != status) {
        i++;
    }
    return i;
}

static size_t bucket_of(int64_t duration_ns) {
    size_t i = 0;
    while (i < CORE_METRIC_BOUNDS && duration_ns > core_metric_bounds[i].ns) {
        i++;
    }
    return i;
}

void core_metrics_count_request(struct core *core, size_t surface, int status, int64_t duration_ns) {
    struct shard *shard = own_shard(core);
    add(&shard->requests[surface][status_index(status)], 1);
    add(&shard->durations[surface][bucket_of(duration_ns)], 1);
    add(&shard->duration_ns[surface], duration_ns > 0 ? (uint64_t)duration_ns : 0);
}

void core_metrics_count_received(struct core *core, size_t surface, uint64_t bytes) {
    add(&own_shard(core)->received_bytes[surface], bytes);
}

void core_metrics_count_sent(struct core *core, size_t surface, uint64_t bytes) {
    add(&own_shard(core)->sent_bytes[surface], bytes);
}

static bool is_limit(lreg_status status) {
    return status == LREG_TOO_LARGE || status == LREG_TOO_MANY || status == LREG_URI_TOO_LONG ||
           status == LREG_HEADERS_TOO_LARGE || status == LREG_NO_SPACE;
}

void core_metrics_count_failure(struct core *core, const struct error *failure) {
    const size_t other = CORE_METRIC_REFUSALS - 1;
    size_t i = 0;
    while (i < other && !text_equals(core_metric_refusals[i], failure->code)) {
        i++;
    }
    if (i < other || is_limit(failure->status)) {
        add(&own_shard(core)->refusals[i], 1);
    }
}

void core_metrics_note_collection(struct core *core, int64_t duration_ns) {
    core_metrics_count(core, CORE_COUNT_COLLECTIONS, 1);
    atomic_store_explicit(&core->metrics->collection_ns, duration_ns, memory_order_relaxed);
}

/* --- Reading --- */

static void sum_up(uint64_t *out, const atomic_uint_fast64_t *counters, size_t count) {
    for (size_t i = 0; i < count; i++) {
        out[i] += atomic_load_explicit(&counters[i], memory_order_relaxed);
    }
}

void core_metrics_sum(const struct core *core, struct core_counts *out) {
    *out = (struct core_counts){
        .start_ms = core->metrics->start_ms,
        .collection_ns = atomic_load_explicit(&core->metrics->collection_ns, memory_order_relaxed),
    };
    for (size_t i = 0; i < SHARDS; i++) {
        const struct shard *shard = &core->metrics->shards[i];
        sum_up(out->counters, shard->counters, CORE_COUNTERS);
        for (size_t surface = 0; surface < CORE_METRIC_SURFACES; surface++) {
            sum_up(out->requests[surface], shard->requests[surface], CORE_METRIC_STATUSES);
            sum_up(out->durations[surface], shard->durations[surface], CORE_METRIC_BOUNDS + 1);
        }
        sum_up(out->duration_ns, shard->duration_ns, CORE_METRIC_SURFACES);
        sum_up(out->received_bytes, shard->received_bytes, CORE_METRIC_SURFACES);
        sum_up(out->sent_bytes, shard->sent_bytes, CORE_METRIC_SURFACES);
        sum_up(out->refusals, shard->refusals, CORE_METRIC_REFUSALS);
    }
}

/* --- Access --- */

void core_metrics_set_access(struct core *core, enum core_metrics_access access) {
    core->metrics->access = access;
}

lreg_status core_metrics_authorize(const struct core *core, const struct auth_principal *principal, struct error *err) {
    switch (core->metrics->access) {
    case CORE_METRICS_ANYONE:
        return LREG_OK;
    case CORE_METRICS_TOKEN:
        return auth_decide(principal, AUTH_ACTION_READ_METRICS, NULL, hooks_now_ms(&core->hooks), err);
    case CORE_METRICS_OFF:
        break;
    }
    return error_set(err, LREG_NOT_FOUND, "path_unknown", "there is nothing at this path");
}
