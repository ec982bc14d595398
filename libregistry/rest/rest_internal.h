/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REST_REST_INTERNAL_H
#define REST_REST_INTERNAL_H

/* What the files of the REST API share: the shapes of its objects, reading of JSON bodies, and pages of listings. */

#include "rest/rest.h"

#include "base/json.h"

/* --- shapes.c: owned values (json_decref); NULL when out of memory --- */

json_t *rest_organization(struct call *call);
json_t *rest_registry(struct call *call, const struct meta_registry *row);
/* As in listings: id, url, name, version … */
json_t *rest_package_summary(struct call *call, const struct core_registry *registry, const struct meta_package *row);
/* With organization, registry, digests and the ecosystem's attributes. `registry` belongs to the call's
 * organization. */
json_t *rest_package(struct call *call, const struct core_registry *registry, const struct meta_package *row);
/* `secret` NULL: not shown. */
json_t *rest_registry_token(struct call *call, const struct meta_token *row, const char *secret);
json_t *rest_audit_event(const struct meta_audit_event *row);
/* Milliseconds since the epoch as RFC 3339. */
json_t *rest_time(int64_t unix_ms);
/* Answers 200 with `value`, which is taken. A `value` of NULL returns LREG_NO_MEMORY. */
lreg_status rest_respond(struct call *call, json_t *value, struct error *err);

/* --- body.c --- */

/* Parses a body, which must be a JSON object (LREG_BAD_ARGUMENT otherwise). It may have the members that the route
 * declares, and unchanged members of `shown` (may be NULL): see call_check_members(). Owned (json_decref). */
lreg_status rest_parse_object(struct call *call, const char *bytes, size_t length, const json_t *shown, json_t **out,
                              struct error *err);

/* --- paging.c --- */

#define REST_PAGE_MAX 100

/* A page of a listing: at most ?per_page= items after the one that the parameter `cursor` names. */
struct rest_page {
    const char *cursor; /* that parameter's name: "after", or "before" in a listing with the newest first */
    const char *behind; /* its value; NULL: from the first */
    size_t size; /* ask the listing for one more, to see whether there is another page */
    size_t count; /* items on the page */
    bool has_next;
};
/* The items of a listing are named by their ids, or by their slugs. */
enum rest_page_key {
    REST_PAGE_BY_ID,
    REST_PAGE_BY_SLUG
};
/* LREG_BAD_ARGUMENT ("bad_page") unless per_page is a number from 1 to REST_PAGE_MAX, and the cursor has the form of
 * its key. The item that the cursor names need not exist any more. */
lreg_status rest_page_read(const struct call *call, const char *cursor, enum rest_page_key key, size_t default_size,
                           struct rest_page *out, struct error *err);
/* Sets count and has_next from the number of items that the listing returned. */
void rest_page_take(struct rest_page *page, size_t listed);
/* Address of the page after the item `last`; NULL when out of memory. */
const char *rest_page_next(struct call *call, const struct rest_page *page, const char *last);
/* Adds the field Link (RFC 8288) if there is another page. */
lreg_status rest_page_link(struct call *call, const struct rest_page *page, const char *last, struct error *err);
/* "links" of a document: self, and next if there is another page. Owned; NULL when out of memory. */
json_t *rest_page_links(struct call *call, const struct rest_page *page, const char *last);

/* --- handlers --- */

lreg_status rest_organization_show(struct call *call, struct error *err);

lreg_status rest_registries_list(struct call *call, struct error *err);
lreg_status rest_registries_create(struct call *call, struct error *err);
lreg_status rest_registries_show(struct call *call, struct error *err);
lreg_status rest_registries_update(struct call *call, struct error *err);
lreg_status rest_registries_delete(struct call *call, struct error *err);

lreg_status rest_packages_publish(struct call *call, struct error *err);
lreg_status rest_packages_list(struct call *call, struct error *err);
lreg_status rest_packages_show(struct call *call, struct error *err);
lreg_status rest_packages_delete(struct call *call, struct error *err);
lreg_status rest_packages_copy(struct call *call, struct error *err);

lreg_status rest_tokens_list(struct call *call, struct error *err);
lreg_status rest_tokens_create(struct call *call, struct error *err);
lreg_status rest_tokens_show(struct call *call, struct error *err);
lreg_status rest_tokens_update(struct call *call, struct error *err);
lreg_status rest_tokens_delete(struct call *call, struct error *err);

lreg_status rest_uploads_list(struct call *call, struct error *err);
lreg_status rest_uploads_cancel(struct call *call, struct error *err);

lreg_status rest_audit_list(struct call *call, struct error *err);

lreg_status rest_metrics_show(struct call *call, struct error *err);

/* For both surfaces: JSON, with a challenge where credentials are missing. */
lreg_status rest_show_error(struct call *call, const struct error *failure, struct error *err);

#endif
