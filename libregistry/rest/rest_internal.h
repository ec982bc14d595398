/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REST_REST_INTERNAL_H
#define REST_REST_INTERNAL_H

/* What the files of the REST API share: the shapes of its objects, and reading JSON bodies. */

#include "rest/rest.h"

#include "base/json.h"

/* --- shapes.c: owned values (json_decref); NULL when memory is out --- */

json_t *rest_registry(struct call *call, const struct meta_registry *row);
/* Of a listing: id, url, name, version … */
json_t *rest_package_summary(struct call *call, const struct meta_package *row);
/* With organisation, registry, digests and what the ecosystem knows. */
json_t *rest_package(struct call *call, const struct meta_package *row);
/* `secret` NULL: not shown. */
json_t *rest_registry_token(struct call *call, const struct meta_token *row, const char *secret);
json_t *rest_audit_event(const struct meta_audit_event *row);
/* Milliseconds since the epoch as RFC 3339. */
json_t *rest_time(int64_t unix_ms);

/* --- body.c --- */

/* Parses a body that must be a JSON object; LREG_BAD_ARGUMENT else. Owned (json_decref). */
lreg_status rest_parse_object(struct call *call, const char *bytes, size_t length, json_t **out, struct error *err);

/* A member that must be a string, or null, which is "". Absent: *out stays. LREG_UNPROCESSABLE for other types. */
lreg_status rest_member_text(const json_t *object, const char *name, const char **out, struct error *err);
/* Likewise true or false, as 1 or 0. */
lreg_status rest_member_switch(const json_t *object, const char *name, int *out, struct error *err);

/* A page of a listing: ?per_page=1..100 (30). LREG_BAD_ARGUMENT else. */
#define REST_PAGE_DEFAULT 30
#define REST_PAGE_MAX 100
lreg_status rest_page_size(const struct call *call, size_t *out, struct error *err);

/* Answers with `value`, which is taken; NULL is LREG_NO_MEMORY. */
lreg_status rest_respond(struct call *call, json_t *value, struct error *err);

/* --- handlers --- */

lreg_status rest_registries_list(struct call *call, struct error *err);
lreg_status rest_registries_create(struct call *call, struct error *err);
lreg_status rest_registries_show(struct call *call, struct error *err);
lreg_status rest_registries_update(struct call *call, struct error *err);
lreg_status rest_registries_delete(struct call *call, struct error *err);

lreg_status rest_packages_publish(struct call *call, struct error *err);
lreg_status rest_packages_list(struct call *call, struct error *err);
lreg_status rest_packages_show(struct call *call, struct error *err);
lreg_status rest_packages_delete(struct call *call, struct error *err);

lreg_status rest_tokens_list(struct call *call, struct error *err);
lreg_status rest_tokens_create(struct call *call, struct error *err);
lreg_status rest_tokens_show(struct call *call, struct error *err);
lreg_status rest_tokens_update(struct call *call, struct error *err);
lreg_status rest_tokens_delete(struct call *call, struct error *err);

lreg_status rest_audit_list(struct call *call, struct error *err);

#endif
