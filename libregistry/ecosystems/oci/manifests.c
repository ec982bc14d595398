/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Manifests of a repository: GET, HEAD, DELETE. They are documents whose scope is the image and whose name is the
 * digest; a tag is a package that names one. Warm, both come from the cache, and the bytes are sent exactly as they
 * were pushed.
 */

#include "ecosystems/oci/oci_internal.h"

#include "http/conditional.h"

#include <stdio.h>
#include <string.h>

#define PAGE_ROWS 100
#define ARENA_BYTES ((size_t)8 * 1024 * 1024)

/* --- Finding --- */

static bool is_absent(lreg_status status) {
    return status == LREG_NOT_FOUND;
}

static lreg_status find_by_tag(struct call *call, const char *image, const char *tag, const struct core_package **out,
                               struct error *err) {
    if (!oci_tag_is_valid(tag)) {
        return oci_manifest_unknown(call, tag, err);
    }
    const char *filename = arena_format(call->arena, "%s:%s", image, tag);
    if (filename == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = core_package_find_by_filename(call->core, call->registry, filename, out, err);
    return is_absent(status) || (status == LREG_OK && (*out)->row.document == NULL)
               ? oci_manifest_unknown(call, tag, err)
               : status;
}

/* Finds a manifest by digest, or by tag; sets *out_tag to the tag's package. Sets neither output when the work is left
 * to another thread. */
static lreg_status find_manifest(struct call *call, const char *image, const char *reference,
                                 const struct core_package **out_tag, const struct core_document **out,
                                 struct error *err) {
    struct oci_digest digest;
    const char *name = digest.text;
    lreg_status status = LREG_OK;
    if (strchr(reference, ':') == NULL) {
        status = find_by_tag(call, image, reference, out_tag, err);
        name = status == LREG_OK ? (*out_tag)->row.document : NULL;
    } else if (!oci_digest_parse(reference, &digest)) {
        status = oci_digest_invalid(reference, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    if (call->may_defer && !core_document_is_quick(call->core, call->registry, image, name) && call_defers(call)) {
        return LREG_OK;
    }
    status = core_document_find(call->core, call->registry, image, name, out, err);
    /* A HEAD asks whether to push the manifest: one in quarantine is to be pushed again. */
    bool is_to_come = status == LREG_CORRUPT && call->method == HTTP_HEAD;
    return is_absent(status) || is_to_come ? oci_manifest_unknown(call, reference, err) : status;
}

/* `tag` is NULL when the manifest was asked for by digest. */
static lreg_status respond(struct call *call, const struct core_document *document, const struct core_package *tag,
                           struct error *err) {
    const struct meta_document *row = &document->row;
    const struct served what = {
        .media_type = row->media_type,
        .version = row->name,
        .modified_ms = -1,
        .is_fixed = tag == NULL,
        .package = tag,
        .length = row->content_length,
        .bytes = row->content,
        .keep = document->shared,
    };
    lreg_status status = oci_add_digest(call, row->name, err);
    return status == LREG_OK ? call_serve(call, &what, err) : status;
}

lreg_status oci_manifest_get(struct call *call, struct error *err) {
    const char *image = NULL;
    const struct core_package *tag = NULL;
    const struct core_document *document = NULL;
    lreg_status status = oci_image(call, &image, err);
    if (status == LREG_OK) {
        status = find_manifest(call, image, call_parameter(call, "reference"), &tag, &document, err);
    }
    if (status == LREG_OK && document != NULL) {
        status = respond(call, document, tag, err);
    }
    core_document_release(document);
    core_package_release(tag);
    return status;
}

/* --- Conditions of changes --- */

lreg_status oci_manifest_check_conditions(const struct headers *headers, const char *document, struct error *err) {
    char etag[OCI_DIGEST_TEXT + 2] = "";
    if (document != NULL) {
        (void)snprintf(etag, sizeof etag, "\"%s\"", document);
    }
    if (conditional_evaluate(headers, false, document != NULL ? etag : NULL, -1, NULL) == CONDITIONAL_PROCEED) {
        return LREG_OK;
    }
    return error_set(err, LREG_PRECONDITION_FAILED, "precondition_failed",
                     "a precondition of the request does not hold: %s", document != NULL ? document : "there is none");
}

/* --- Deleting --- */

/* A deletion in progress. */
struct deletion {
    struct call *call;
    struct meta_transaction *transaction;
    const char *image;
    const char *reference;
    struct arena arena;
    struct oci_users users; /* of the manifest; if there are any, it stays */
};

static lreg_status delete_tag(struct deletion *deletion, struct error *err) {
    const struct call *call = deletion->call;
    struct meta_package row;
    const char *filename = arena_format(&deletion->arena, "%s:%s", deletion->image, deletion->reference);
    if (filename == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = meta_package_find_by_filename(deletion->transaction, call->registry->row.id, filename,
                                                       &deletion->arena, &row, err);
    if (status == LREG_OK) {
        status = oci_manifest_check_conditions(&call->headers, row.document, err);
    }
    if (status == LREG_OK) {
        status = core_package_delete_in(call->core, deletion->transaction, &call->actor, call->registry, row.id,
                                        &deletion->arena, err);
    }
    return is_absent(status) ? oci_manifest_unknown(call, deletion->reference, err) : status;
}

/* Deletes a page of the tags of a manifest. */
static lreg_status delete_page_of_tags(struct deletion *deletion, const char *digest, size_t *out_count,
                                       struct error *err) {
    const struct call *call = deletion->call;
    const struct meta_package_query query = {
        .registry_id = call->registry->row.id,
        .order = META_BY_TIME,
        .name = deletion->image,
        .document = digest,
        .limit = PAGE_ROWS,
        .is_brief = true,
    };
    struct meta_package *rows = NULL;
    arena_reset(&deletion->arena);
    lreg_status status = meta_package_list(deletion->transaction, &query, &deletion->arena, &rows, out_count, err);
    for (size_t i = 0; status == LREG_OK && i < *out_count; i++) {
        status = core_package_delete_in(call->core, deletion->transaction, &call->actor, call->registry, rows[i].id,
                                        &deletion->arena, err);
    }
    return status;
}

/* A manifest without tags is not a package, so its deletion needs an audit event of its own. */
static lreg_status note_untagged(struct deletion *deletion, const char *digest, struct error *err) {
    const struct call *call = deletion->call;
    const struct meta_registry *registry = &call->registry->row;
    const char *subject = arena_format(&deletion->arena, "%s@%s", deletion->image, digest);
    if (subject == NULL) {
        return error_no_memory(err);
    }
    return core_audit(call->core, deletion->transaction, &call->actor, registry->organization_id, registry->id,
                      "ManifestDeletedEvent", subject, NULL, err);
}

static lreg_status delete_document(struct deletion *deletion, const char *digest, struct error *err) {
    const struct call *call = deletion->call;
    lreg_status status =
        meta_document_delete(deletion->transaction, call->registry->row.id, deletion->image, digest, err);
    if (is_absent(status)) {
        return oci_manifest_unknown(call, digest, err);
    }
    return status == LREG_OK ? oci_manifest_check_conditions(&call->headers, digest, err) : status;
}

/* Deletes a manifest with all its tags, since none may lead to nothing. Refused while an index names it. */
static lreg_status delete_manifest(struct deletion *deletion, struct error *err) {
    struct oci_digest digest;
    size_t count = 0;
    size_t deleted = 0;
    if (!oci_digest_parse(deletion->reference, &digest)) {
        return oci_digest_invalid(deletion->reference, err);
    }
    lreg_status status = delete_document(deletion, digest.text, err);
    if (status == LREG_OK) {
        status = oci_users_find(deletion->transaction, deletion->call->registry->row.id, deletion->image, digest.text,
                                deletion->call->arena, &deletion->users, err);
    }
    if (status != LREG_OK || deletion->users.count > 0) {
        return status;
    }
    do {
        status = delete_page_of_tags(deletion, digest.text, &count, err);
        deleted += count;
    } while (status == LREG_OK && count == PAGE_ROWS);
    return status == LREG_OK && deleted == 0 ? note_untagged(deletion, digest.text, err) : status;
}

/* Decides and deletes in one transaction. A manifest that is in use is left unchanged. */
static lreg_status delete_unless_in_use(struct deletion *deletion, bool is_tag, struct error *err) {
    struct call *call = deletion->call;
    lreg_status status = meta_begin(core_meta(call->core), META_WRITE, &deletion->transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    arena_init(&deletion->arena, call->hooks, ARENA_BYTES);
    status = is_tag ? delete_tag(deletion, err) : delete_manifest(deletion, err);
    arena_free(&deletion->arena);
    if (deletion->users.count > 0) {
        meta_rollback(deletion->transaction);
        return status;
    }
    return meta_end(deletion->transaction, status, err);
}

lreg_status oci_manifest_delete(struct call *call, struct error *err) {
    struct deletion deletion = {.call = call, .reference = call_parameter(call, "reference")};
    bool is_tag = strchr(deletion.reference, ':') == NULL;
    lreg_status status = oci_image(call, &deletion.image, err);
    if (status != LREG_OK) {
        return status;
    }
    if (is_tag && !oci_tag_is_valid(deletion.reference)) {
        return oci_manifest_unknown(call, deletion.reference, err);
    }
    status = delete_unless_in_use(&deletion, is_tag, err);
    if (status == LREG_OK) {
        status = deletion.users.count > 0
                     ? oci_respond_in_use(call, deletion.reference, &deletion.users, "GET, HEAD, PUT", err)
                     : call_respond(call, 202, err);
    }
    oci_users_free(&deletion.users);
    return status;
}
