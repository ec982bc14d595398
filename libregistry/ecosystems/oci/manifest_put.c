/* SPDX-License-Identifier: Apache-2.0 */

/* Pushing a manifest (OCI distribution 1.1, "Pushing Manifests"): reads the request, and answers. */

#include "ecosystems/oci/oci_internal.h"

#include <string.h>

static lreg_status bad_tag(const char *tag, struct error *err) {
    return error_set(err, LREG_BAD_ARGUMENT, "manifest_invalid",
                     "\"%.160s\" is not a tag: letters, digits, _ . - and at most %d of them", tag, OCI_TAG_MAX);
}

static lreg_status add_tag(struct oci_push *push, const char *tag, struct error *err) {
    if (!oci_tag_is_valid(tag)) {
        return bad_tag(tag, err);
    }
    if (push->tag_count == OCI_TAGS_MAX) {
        return error_set(err, LREG_URI_TOO_LONG, "too_many_tags", "one push may set %d tags", OCI_TAGS_MAX);
    }
    push->tags[push->tag_count++] = tag;
    return LREG_OK;
}

/* A tag, or a digest with tags as parameters. */
static lreg_status read_reference(const struct call *call, struct oci_push *push, struct error *err) {
    const char *reference = call_parameter(call, "reference");
    push->by_digest = strchr(reference, ':') != NULL;
    if (!push->by_digest) {
        return add_tag(push, reference, err);
    }
    if (!oci_digest_parse(reference, &push->digest)) {
        return oci_digest_invalid(reference, err);
    }
    lreg_status status = LREG_OK;
    const char *tag = url_parameter_at(&call->url, "tag", 0);
    for (size_t i = 1; status == LREG_OK && tag != NULL; i++) {
        status = add_tag(push, tag, err);
        tag = url_parameter_at(&call->url, "tag", i);
    }
    return status;
}

static lreg_status read_digest(struct oci_push *push, struct error *err) {
    digest_of(DIGEST_ALL, push->content, push->length, &push->digests);
    if (!push->by_digest) {
        oci_digest_of_sha256(push->digests.sha256, &push->digest);
        return LREG_OK;
    }
    if (oci_digest_matches(&push->digest, &push->digests)) {
        return LREG_OK;
    }
    return error_set(err, LREG_BAD_ARGUMENT, "digest_invalid", "the manifest does not have the digest %s",
                     push->digest.text);
}

/* --- Answers --- */

static json_t *missing_error(const struct oci_push *push, const char *digest, struct arena *arena) {
    const char *message =
        arena_format(arena, "the repository %s lacks %s, which the manifest names", push->image, digest);
    json_t *detail = json_pack("{s:s}", "digest", digest);
    if (message == NULL || detail == NULL) {
        json_decref(detail);
        return NULL;
    }
    return oci_error("MANIFEST_BLOB_UNKNOWN", message, detail);
}

static lreg_status respond_missing(struct call *call, const struct oci_push *push, struct error *err) {
    json_t *errors = json_array();
    for (size_t i = 0; errors != NULL && i < push->missing_count; i++) {
        if (json_array_append_new(errors, missing_error(push, push->missing[i], call->arena)) != 0) {
            json_decref(errors);
            errors = NULL;
        }
    }
    return oci_respond_errors(call, 400, errors, err);
}

static lreg_status add_fields(struct call *call, const struct oci_push *push, struct error *err) {
    const char *below = arena_format(call->arena, "/manifests/%s", push->digest.text);
    if (below == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = oci_add_location(call, push->image, below, err);
    if (status == LREG_OK) {
        status = oci_add_digest(call, push->digest.text, err);
    }
    if (status == LREG_OK && push->manifest->subject != NULL) {
        status = call_header(call, "OCI-Subject", push->manifest->subject, err);
    }
    for (size_t i = 0; push->by_digest && status == LREG_OK && i < push->tag_count; i++) {
        status = call_header(call, "OCI-Tag", push->tags[i], err);
    }
    return status;
}

static lreg_status store(struct call *call, struct oci_push *push, struct error *err) {
    lreg_status status = oci_push_store(push, err);
    if (status != LREG_OK) {
        return status;
    }
    if (push->missing_count > 0) {
        return respond_missing(call, push, err);
    }
    status = add_fields(call, push, err);
    return status == LREG_OK ? call_respond(call, 201, err) : status;
}

static lreg_status put_collected(struct call *call, void *user, const char *bytes, size_t length, struct error *err) {
    struct oci_push *push = user;
    struct oci_manifest manifest = {0};
    push->content = bytes;
    push->length = length;
    lreg_status status = read_digest(push, err);
    if (status == LREG_OK) {
        status = oci_manifest_parse(bytes, length, headers_find(&call->headers, "Content-Type"),
                                    core_limits_of(call->core)->max_json_depth, call->arena, &manifest, err);
    }
    if (status == LREG_OK) {
        push->manifest = &manifest;
        status = store(call, push, err);
    }
    oci_manifest_free(&manifest);
    return status;
}

lreg_status oci_manifest_put(struct call *call, struct error *err) {
    struct oci_push *push = arena_allocate_zeroed(call->arena, 1, sizeof *push);
    if (push == NULL) {
        return error_no_memory(err);
    }
    *push = (struct oci_push){.core = call->core,
                              .registry = call->registry,
                              .actor = &call->actor,
                              .arena = call->arena,
                              .conditions = &call->headers};
    lreg_status status = oci_image(call, &push->image, err);
    if (status == LREG_OK) {
        status = read_reference(call, push, err);
    }
    return status == LREG_OK
               ? call_read_body(call, core_limits_of(call->core)->max_manifest_bytes, put_collected, push, err)
               : status;
}
