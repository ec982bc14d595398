/* SPDX-License-Identifier: Apache-2.0 */

/* The objects of the REST API in JSON: the fields of Buildkite's documentation first, then ours. */

#include "rest/rest_internal.h"

#include "base/clock.h"
#include "base/encoding.h"

/* "Registry---" and a UUID, in base64. */
#define GRAPHQL_ID_TEXT 80

json_t *rest_time(int64_t unix_ms) {
    char text[CLOCK_ISO_TEXT];
    clock_format_iso(unix_ms, text);
    return json_string(text);
}

/* Adds the members of `more` to `object`. Both are taken. NULL when either is NULL, or out of memory. */
static json_t *merge(json_t *object, json_t *more) {
    if (object == NULL || more == NULL || json_object_update(object, more) != 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(more);
    return object;
}

/* Text, or null when it is "". */
static json_t *text_or_null(const char *text) {
    return text[0] == '\0' ? json_null() : json_string(text);
}

/* Buildkite's GraphQL API identifies objects by the base64 of kind and id. Clients may store this
 * id, so we provide it. */
static json_t *graphql_id(struct call *call, const char *kind, const char *id) {
    char encoded[GRAPHQL_ID_TEXT];
    const char *plain = arena_format(call->arena, "%s---%s", kind, id);
    struct slice text = slice_of(plain);
    if (plain == NULL || base64_encoded_length(text.length) >= sizeof encoded) {
        return NULL;
    }
    base64_encode(text.bytes, text.length, encoded);
    return json_string(encoded);
}

static json_t *url(struct call *call, const char *path) {
    const char *text = path == NULL ? NULL : call_url(call, path);
    return text == NULL ? NULL : json_string(text);
}

static json_t *registry_url(struct call *call, const struct meta_registry *row, const char *below) {
    return url(call, arena_format(call->arena, "/v2/packages/organizations/%s/registries/%s%s", row->organization_slug,
                                  row->slug, below));
}

static json_t *registry_web_url(struct call *call, const struct meta_registry *row, const char *below) {
    return url(call, arena_format(call->arena, "/organizations/%s/packages/registries/%s%s", row->organization_slug,
                                  row->slug, below));
}

static json_t *organization_reference(struct call *call) {
    const struct meta_organization *row = &call->organization->row;
    return json_pack("{s:s, s:s, s:o, s:o}", "id", row->id, "slug", row->slug, "url",
                     url(call, arena_format(call->arena, "/v2/organizations/%s", row->slug)), "web_url",
                     url(call, arena_format(call->arena, "/organizations/%s", row->slug)));
}

json_t *rest_organization(struct call *call) {
    const struct meta_organization *row = &call->organization->row;
    json_t *object = organization_reference(call);
    json_t *more = json_pack(
        "{s:o, s:s, s:o, s:o}", "graphql_id", graphql_id(call, "Organization", row->id), "name", row->name,
        "registries_url", url(call, arena_format(call->arena, "/v2/packages/organizations/%s/registries", row->slug)),
        "created_at", rest_time(row->created_ms));
    return merge(object, more);
}

static json_t *registry_reference(struct call *call, const struct meta_registry *row) {
    return json_pack("{s:s, s:o, s:s, s:o, s:o}", "id", row->id, "graphql_id", graphql_id(call, "Registry", row->id),
                     "slug", row->slug, "url", registry_url(call, row, ""), "web_url", registry_web_url(call, row, ""));
}

json_t *rest_registry(struct call *call, const struct meta_registry *row) {
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:b, s:n, s:b, s:b, s:o, s:o}", "id", row->id,
                     "graphql_id", graphql_id(call, "Registry", row->id), "slug", row->slug, "url",
                     registry_url(call, row, ""), "web_url", registry_web_url(call, row, ""), "name", row->name,
                     "ecosystem", row->ecosystem, "description", text_or_null(row->description), "emoji",
                     text_or_null(row->emoji), "color", text_or_null(row->color), "public", row->is_public,
                     "oidc_policy", "allow_overwrite", row->allow_overwrite, "strict_names", row->strict_names,
                     "created_at", rest_time(row->created_ms), "updated_at", rest_time(row->updated_ms));
}

json_t *rest_package_summary(struct call *call, const struct core_registry *registry, const struct meta_package *row) {
    const char *below = arena_format(call->arena, "/packages/%s", row->id);
    if (below == NULL) {
        return NULL;
    }
    return json_pack("{s:s, s:o, s:o, s:s, s:o, s:o}", "id", row->id, "url", registry_url(call, &registry->row, below),
                     "web_url", registry_web_url(call, &registry->row, below), "name", row->name, "created_at",
                     rest_time(row->created_ms), "version", text_or_null(row->version));
}

/* Sets a member to the hexadecimal digest. False when out of memory. */
static bool set_digest(json_t *object, const char *name, const uint8_t *digest, size_t length) {
    char text[DIGEST_SHA512_TEXT];
    hex_encode(digest, length, text);
    return json_object_set_new(object, name, json_string(text)) == 0;
}

static json_t *digests(const struct digest_set *set) {
    json_t *object = json_object();
    bool done = object != NULL;
    if ((set->algorithms & DIGEST_MD5) != 0) {
        done = done && set_digest(object, "md5", set->md5, sizeof set->md5);
    }
    if ((set->algorithms & DIGEST_SHA1) != 0) {
        done = done && set_digest(object, "sha1", set->sha1, sizeof set->sha1);
    }
    if ((set->algorithms & DIGEST_SHA256) != 0) {
        done = done && set_digest(object, "sha256", set->sha256, sizeof set->sha256);
    }
    if ((set->algorithms & DIGEST_SHA512) != 0) {
        done = done && set_digest(object, "sha512", set->sha512, sizeof set->sha512);
    }
    if (!done) {
        json_decref(object);
        return NULL;
    }
    return object;
}

json_t *rest_package(struct call *call, const struct core_registry *registry, const struct meta_package *row) {
    json_t *object = rest_package_summary(call, registry, row);
    const struct core_ecosystem *ecosystem = registry->ecosystem;
    const char *path = ecosystem == NULL ? NULL : ecosystem->package_path(registry, row, call->arena);
    json_t *more = json_pack("{s:o, s:o, s:o, s:s, s:I, s:o, s:I, s:s, s:o, s:o}", "organization",
                             organization_reference(call), "registry", registry_reference(call, &registry->row),
                             "download_url", path == NULL ? json_null() : url(call, path), "filename", row->filename,
                             "size", (json_int_t)row->size_bytes, "digests", digests(&row->digests), "downloads",
                             (json_int_t)row->downloads, "published_by", row->published_by, "architecture",
                             text_or_null(row->qualifier), "attributes", json_stored(row->attributes));
    return merge(object, more);
}

json_t *rest_registry_token(struct call *call, const struct meta_token *row, const char *secret) {
    const char *below = arena_format(call->arena, "/tokens/%s", row->id);
    if (below == NULL) {
        return NULL;
    }
    json_t *object =
        json_pack("{s:s, s:o, s:s, s:o, s:o, s:{s:s}, s:o, s:o}", "id", row->id, "graphql_id",
                  graphql_id(call, "RegistryToken", row->id), "description", row->description, "url",
                  registry_url(call, &call->registry->row, below), "created_at", rest_time(row->created_ms),
                  "created_by", "name", row->created_by, "organization", organization_reference(call), "registry",
                  registry_reference(call, &call->registry->row));
    if (object != NULL && secret != NULL && json_object_set_new(object, "token", json_string(secret)) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

json_t *rest_audit_event(const struct meta_audit_event *row) {
    return json_pack("{s:s, s:s, s:o, s:s, s:s?, s:s, s:s, s:o}", "id", row->id, "type", row->type, "occurred_at",
                     rest_time(row->at_ms), "actor", row->actor, "actor_token_id", row->actor_token_id, "subject",
                     row->subject, "remote_address", row->remote_address, "data", json_stored(row->data));
}

lreg_status rest_respond(struct call *call, json_t *value, struct error *err) {
    if (value == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = call_respond_json(call, 200, value, err);
    json_decref(value);
    return status;
}
