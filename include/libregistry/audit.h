/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_AUDIT_H
#define LIBREGISTRY_AUDIT_H

/**
 * @file
 * The audit log of an organisation: who changed what, and when. Every change writes its event in its own transaction;
 * what this program does through the C API is the work of the actor "host".
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One event. Immutable. Threads: any, at once. Since: 0.1 */
typedef struct lreg_audit_event lreg_audit_event;

/** A listing that is read step by step. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_audit_list lreg_audit_list;

/**
 * Lists an organisation's events, newest first.
 *
 * @param instance      not NULL
 * @param organization  slug; not NULL
 * @param out           owned, lreg_audit_list_free(); not NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_audit_list_open(lreg_instance *instance, const char *organization, lreg_audit_list **out,
                                             lreg_error **err);

/**
 * The next one of a listing. After a failure it may be called again and goes on where it was.
 *
 * @param list  not NULL
 * @param out   owned, lreg_audit_event_free(); not NULL; NULL at the end, which is LREG_OK, and on failure
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_audit_list_next(lreg_audit_list *list, lreg_audit_event **out, lreg_error **err);

/** Ends a listing. @param list may be NULL. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_audit_list_free(lreg_audit_list *list);

/** What happened. @return such as "REGISTRY_CREATED"; borrowed until lreg_audit_event_free(). Threads: any, at once.
 * Since: 0.1 */
LREG_EXPORT const char *lreg_audit_event_type(const lreg_audit_event *event);
/** Who did it, for people. @return borrowed until lreg_audit_event_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_audit_event_actor(const lreg_audit_event *event);
/** What was changed, for people. @return borrowed until lreg_audit_event_free(). Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_audit_event_subject(const lreg_audit_event *event);
/** Details. @return JSON object, "{}" when there is nothing more; borrowed until lreg_audit_event_free().
 * Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_audit_event_data(const lreg_audit_event *event);
/** When it happened. @return milliseconds since the epoch. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_audit_event_at_ms(const lreg_audit_event *event);
/** Ends an event. @param event may be NULL. Threads: any, one at a time per handle. Since: 0.1 */
LREG_EXPORT void lreg_audit_event_free(lreg_audit_event *event);

#ifdef __cplusplus
}
#endif

#endif
