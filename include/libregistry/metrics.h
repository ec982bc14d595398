/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_METRICS_H
#define LIBREGISTRY_METRICS_H

/**
 * @file
 * Metrics of an instance: what it has counted in this process, and the sizes that the database and the file system
 * know. docs/metrics.md lists them. The host reads them with the functions below, or lets a client read the same
 * numbers over HTTP, at /-/metrics.
 *
 * The data model is that of Prometheus. A family has a name, a type and a help text; its samples have labels. Labels
 * have fixed sets of values, such as names of surfaces and HTTP statuses: nothing that a client sends becomes a label.
 * The only labels that are not in this library are names of storages, which the host chooses.
 *
 * Counters count from lreg_open() on, in this process alone, and begin at 0 in a child that was forked with
 * lreg_fork_begin().
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>
#include <libregistry/instance.h>

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Clients that may read the metrics over HTTP, for lreg_options_set_metrics_access(). The functions below do not
 * depend on it. Since: 0.1 */
#define LREG_METRICS_ACCESS_OFF 0 /**< none: the address does not exist */
#define LREG_METRICS_ACCESS_TOKEN 1 /**< API tokens with the scope read_metrics */
#define LREG_METRICS_ACCESS_ANYONE 2 /**< all, without credentials */

/**
 * Sets which clients may read the metrics at /-/metrics. They are numbers of the whole instance, so an API token of any
 * organization with the scope read_metrics may read them. Other scopes do not suffice.
 *
 * @param options  not NULL
 * @param access   LREG_METRICS_ACCESS_TOKEN, the default, or another LREG_METRICS_ACCESS_*
 * @param err      owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (another number)
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_options_set_metrics_access(lreg_options *options, int32_t access, lreg_error **err);

/** Only what this process has counted: lreg_metrics_list_open() then waits for nothing. */
#define LREG_METRICS_MEMORY_ONLY 0x10000

/** Selects metrics. A member that is 0 or NULL does not restrict them. Since: 0.1 */
typedef struct lreg_metrics_filter {
    uint32_t size; /**< sizeof(lreg_metrics_filter), set by the caller */
    uint32_t flags; /**< LREG_METRICS_MEMORY_ONLY; unknown bits above 15 are refused with LREG_BAD_ARGUMENT */
    const char *name_prefix; /**< families whose name begins with it, such as "libregistry_http_"; NULL: all */
} lreg_metrics_filter;

/** A listing of samples. Since: 0.1 */
typedef struct lreg_metrics_list lreg_metrics_list;

/** One sample: a name, labels and a value, and the family that it belongs to. Since: 0.1 */
typedef struct lreg_metric lreg_metric;

/**
 * Reads the metrics and lists their samples, those of a family one after the other. All values are of the time of this
 * call. If the database cannot be read, its numbers are missing, and "libregistry_database_up" is 0.
 *
 * @param instance  not NULL
 * @param filter    copied; NULL: all metrics
 * @param out       owned, lreg_metrics_list_close(); not NULL; NULL on failure
 * @param err       owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL, `size`, flags); LREG_MISUSE ("forked"); LREG_NO_MEMORY
 * Blocks: metadata database, the file system; not with LREG_METRICS_MEMORY_ONLY. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_metrics_list_open(lreg_instance *instance, const lreg_metrics_filter *filter,
                                               lreg_metrics_list **out, lreg_error **err);

/**
 * Returns the next sample of a listing. After a failure, another call continues at the same place.
 *
 * @param list  not NULL
 * @param out   owned, lreg_metric_free(); not NULL; NULL at the end, which is LREG_OK, and on failure
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_NO_MEMORY
 * Blocks: no. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_metrics_list_next(lreg_metrics_list *list, lreg_metric **out, lreg_error **err);

/** Ends a listing. @param list may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any, one at a
 * time per handle. Since: 0.1 */
LREG_EXPORT void lreg_metrics_list_close(lreg_metrics_list *list);

/** Name of the sample: that of its family, and for a histogram with "_bucket", "_sum" or "_count" behind it. @return
 * borrowed until lreg_metric_free(); "" for NULL. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_metric_name(const lreg_metric *metric);
/** Name of the family. @return such as "libregistry_http_requests_total"; borrowed until lreg_metric_free(); "" for
 * NULL. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_metric_family(const lreg_metric *metric);
/** Type of the family. @return "counter", "gauge" or "histogram"; later versions may have others; borrowed until
 * lreg_metric_free(); "" for NULL. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_metric_type(const lreg_metric *metric);
/** What the family counts, for people. @return one line; borrowed until lreg_metric_free(); "" for NULL. Blocks: no.
 * Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_metric_help(const lreg_metric *metric);

/**
 * Reads the labels one by one.
 *
 * @param metric     may be NULL: it has none
 * @param index      from 0 on
 * @param out_name   borrowed until lreg_metric_free(); not NULL; NULL after the last label
 * @param out_value  borrowed until lreg_metric_free(); not NULL; NULL after the last label
 * @return 1; 0 after the last label, and when an out-parameter is NULL
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_bool lreg_metric_label_at(const lreg_metric *metric, size_t index, const char **out_name,
                                           const char **out_value);

/** The value, without its decimal point: 1500 with 3 decimals is 1.5. Units are in the name, seconds and bytes.
 * @return 0 or more; 0 for NULL. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_metric_value(const lreg_metric *metric);
/** How many of the last digits of the value are decimals. @return 0 to 9; 0 for NULL. Blocks: no. Threads: any, at
 * once. Since: 0.1 */
LREG_EXPORT int32_t lreg_metric_decimals(const lreg_metric *metric);

/** Ends a sample. @param metric may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any, one at a
 * time per handle. Since: 0.1 */
LREG_EXPORT void lreg_metric_free(lreg_metric *metric);

#ifdef __cplusplus
}
#endif

#endif
