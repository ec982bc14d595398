/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIBREGISTRY_AUDIT_H
#define LIBREGISTRY_AUDIT_H

/**
 * @file
 * The audit log of an organization: who changed what, and when. Every change writes its event in the same transaction.
 * The actor of changes through the C API is "host".
 */

#include <libregistry/abi.h>
#include <libregistry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One event. Immutable. Threads: any, at once. Since: 0.1 */
typedef struct lreg_audit_event lreg_audit_event;

/** A listing of events, read step by step. Threads: any, one at a time per handle. Since: 0.1 */
typedef struct lreg_audit_event_list lreg_audit_event_list;

/** Which events a listing has. A member that is 0 or NULL is no condition. Since: 0.1 */
typedef struct lreg_audit_event_filter {
    uint32_t size; /**< sizeof(lreg_audit_event_filter), set by the caller */
    uint32_t flags; /**< 0 */
    /** Id of the organization, in place of its slug: so the log of a deleted organization is read, too. UUID. */
    const char *organization_id;
} lreg_audit_event_filter;

/**
 * Lists an organization's events, newest first.
 *
 * @param instance      not NULL
 * @param organization  a slug; ids are never taken in its place; NULL: the filter has its id
 * @param filter        copied; NULL: all events of `organization`
 * @param out           owned, lreg_audit_event_list_close(); not NULL; NULL on failure
 * @param err           owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_NOT_FOUND (no organization has the slug; an id without events is an empty listing);
 *         LREG_BAD_ARGUMENT (NULL, `size`, flags, both slug and id, neither, malformed id); LREG_BUSY; LREG_IO;
 *         LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_audit_event_list_open(lreg_instance *instance, const char *organization,
                                                   const lreg_audit_event_filter *filter, lreg_audit_event_list **out,
                                                   lreg_error **err);

/**
 * Returns the next one of a listing. After a failure, another call continues at the same place.
 *
 * @param list  not NULL
 * @param out   owned, lreg_audit_event_free(); not NULL; NULL at the end, which is LREG_OK, and on failure
 * @param err   owned, lreg_error_free(); may be NULL
 * @return LREG_OK; LREG_BAD_ARGUMENT (NULL); LREG_BUSY; LREG_IO; LREG_NO_MEMORY
 * Blocks: metadata database. Threads: any, one at a time per handle. Since: 0.1
 */
LREG_EXPORT lreg_status lreg_audit_event_list_next(lreg_audit_event_list *list, lreg_audit_event **out,
                                                   lreg_error **err);

/** Ends a listing. @param list may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any, one at a
 * time per handle. Since: 0.1 */
LREG_EXPORT void lreg_audit_event_list_close(lreg_audit_event_list *list);

/** What happened. @return such as "RegistryCreatedEvent", to which later versions add others: show an unknown one
 * as text; borrowed until lreg_audit_event_free(). Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_audit_event_type(const lreg_audit_event *event);
/** The actor, for people. @return borrowed until lreg_audit_event_free(). Blocks: no. Threads: any, at once. Since:
 * 0.1 */
LREG_EXPORT const char *lreg_audit_event_actor(const lreg_audit_event *event);
/** What was changed, for people. @return borrowed until lreg_audit_event_free(). Blocks: no. Threads: any, at once.
 * Since: 0.1 */
LREG_EXPORT const char *lreg_audit_event_subject(const lreg_audit_event *event);
/** Details. @return JSON object, "{}" when there is nothing more; borrowed until lreg_audit_event_free(). Blocks:
 * no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT const char *lreg_audit_event_data(const lreg_audit_event *event);
/** When it happened. @return milliseconds since the epoch. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int64_t lreg_audit_event_occurred_ms(const lreg_audit_event *event);
/** Ends an event. @param event may be NULL. Blocks: only as the last handle (libregistry.h). Threads: any, one at a
 * time per handle. Since: 0.1 */
LREG_EXPORT void lreg_audit_event_free(lreg_audit_event *event);

#ifdef __cplusplus
}
#endif

#endif
