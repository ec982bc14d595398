/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Stores a manifest and its tags. A read transaction comes first: a push that lacks something, or whose content is
 * already stored, does not take the write lock. Under the lock, everything is checked again.
 */

#include "ecosystems/oci/oci_internal.h"

#include <inttypes.h>
#include <string.h>

#define SCRATCH_BYTES ((size_t)64 * 1024) /* rows of one look-up, beside one content */
#define ATTRIBUTES_MAX ((size_t)2048)

/* What is stored already. */
struct survey {
    bool is_stored;
    bool is_tagged; /* with all tags of the push */
    const char *document; /* the digest that the push's reference leads to; NULL: none */
};

/* A push in a transaction. */
struct storing {
    struct oci_push *push;
    struct meta_transaction *transaction;
    struct arena scratch;
    struct survey survey;
};

/* --- Checking --- */

/* Clients compare the size of what they receive with the descriptor, and give up when it differs. */
lreg_status oci_check_size(const struct oci_descriptor *descriptor, uint64_t size, struct error *err) {
    if (descriptor->size == size) {
        return LREG_OK;
    }
    return error_set(err, LREG_BAD_ARGUMENT, "manifest_invalid",
                     "the manifest is not valid: it says that %s has %" PRIu64 " bytes, and that has %" PRIu64,
                     descriptor->digest, descriptor->size, size);
}

static lreg_status look_at_blob(struct storing *storing, const struct oci_descriptor *descriptor, bool *out,
                                struct error *err) {
    struct meta_blob_link link;
    struct meta_blob blob;
    arena_reset(&storing->scratch);
    lreg_status status =
        meta_blob_link_find(storing->transaction, storing->push->registry->row.id, storing->push->image,
                            descriptor->digest, &storing->scratch, &link, &blob, err);
    *out = status == LREG_OK && blob.damaged_ms == 0;
    if (status == LREG_OK) {
        return oci_check_size(descriptor, blob.size_bytes, err);
    }
    return status == LREG_NOT_FOUND ? LREG_OK : status;
}

/* Looks for a manifest of the type that the index states. Of another type, no client could use it. */
static lreg_status look_at_manifest(struct storing *storing, const struct oci_descriptor *descriptor, bool *out,
                                    struct error *err) {
    const struct oci_push *push = storing->push;
    struct meta_document row;
    arena_reset(&storing->scratch);
    lreg_status status = meta_document_find_head(storing->transaction, push->registry->row.id, push->image,
                                                 descriptor->digest, &storing->scratch, &row, err);
    *out = status == LREG_OK && row.damaged_ms == 0; /* otherwise it must be pushed again */
    if (status != LREG_OK || !*out) {
        return status == LREG_NOT_FOUND ? LREG_OK : status;
    }
    if (!slice_equals_ignoring_case(slice_of(descriptor->media_type), row.media_type)) {
        return error_set(err, LREG_BAD_ARGUMENT, "manifest_invalid",
                         "the manifest is not valid: it says that %s is of the type %.120s, and that is %s",
                         descriptor->digest, descriptor->media_type, row.media_type);
    }
    return oci_check_size(descriptor, row.content_length, err);
}

/* An index names manifests; build caches also name layers in one. The target of a foreign descriptor may be missing. */
static lreg_status look_at_descriptor(struct storing *storing, const struct oci_descriptor *descriptor, bool *out,
                                      struct error *err) {
    lreg_status status = LREG_OK;
    *out = false;
    if (descriptor->role != OCI_ROLE_MANIFEST || !oci_is_manifest_type(descriptor->media_type)) {
        status = look_at_blob(storing, descriptor, out, err);
    }
    if (status == LREG_OK && !*out && descriptor->role == OCI_ROLE_MANIFEST) {
        status = look_at_manifest(storing, descriptor, out, err);
    }
    *out = *out || descriptor->is_foreign;
    return status;
}

static lreg_status look_for_missing(struct storing *storing, struct error *err) {
    struct oci_push *push = storing->push;
    push->missing_count = 0;
    for (size_t i = 0; i < push->manifest->count; i++) {
        bool is_there = false;
        lreg_status status = look_at_descriptor(storing, &push->manifest->descriptors[i], &is_there, err);
        if (status != LREG_OK) {
            return status;
        }
        if (!is_there) {
            push->missing[push->missing_count++] = push->manifest->descriptors[i].digest;
        }
    }
    return LREG_OK;
}

/* A subject may be missing. One that is there is what the manifest says, as with the manifests of an index. */
static lreg_status look_at_subject(struct storing *storing, struct error *err) {
    const struct oci_manifest *manifest = storing->push->manifest;
    const struct oci_descriptor subject = {
        .digest = manifest->subject, .media_type = manifest->subject_type, .size = manifest->subject_size};
    bool is_there = false;
    return manifest->subject != NULL ? look_at_manifest(storing, &subject, &is_there, err) : LREG_OK;
}

/* An index states the type of the manifest, which was correct when the index was stored. It must stay so. */
static lreg_status check_type_may_change(struct storing *storing, const struct meta_document *row, struct error *err) {
    const struct oci_push *push = storing->push;
    bool is_named = false;
    lreg_status status =
        meta_document_target_is_named(storing->transaction, row->registry_id, row->scope, row->name, &is_named, err);
    if (status != LREG_OK || !is_named) {
        return status;
    }
    return error_set(err, LREG_BAD_ARGUMENT, "manifest_invalid",
                     "the manifest %s is stored as %s, and an index names it as such; it cannot become %s",
                     push->digest.text, row->media_type, push->manifest->media_type);
}

/* Compares the stored bytes with the pushed ones, so that a push repairs damage that nothing has found yet. */
static lreg_status compare_content(struct storing *storing, const struct meta_document *head, bool *out_is_equal,
                                   struct error *err) {
    const struct oci_push *push = storing->push;
    struct meta_document row;
    *out_is_equal = false;
    if (head->content_length != push->length) {
        return LREG_OK;
    }
    arena_reset(&storing->scratch);
    lreg_status status = meta_document_find(storing->transaction, push->registry->row.id, push->image,
                                            push->digest.text, &storing->scratch, &row, err);
    *out_is_equal = status == LREG_OK && row.content_length == push->length &&
                    memcmp(row.content, push->content, push->length) == 0;
    return status;
}

/* Equal bytes under another media type are stored again, because the answer has the type. */
static lreg_status look_for_document(struct storing *storing, struct error *err) {
    const struct oci_push *push = storing->push;
    struct meta_document row;
    arena_reset(&storing->scratch);
    lreg_status status = meta_document_find_head(storing->transaction, push->registry->row.id, push->image,
                                                 push->digest.text, &storing->scratch, &row, err);
    if (status != LREG_OK) {
        return status == LREG_NOT_FOUND ? LREG_OK : status;
    }
    storing->survey.document = push->digest.text;
    if (!text_equals(row.media_type, push->manifest->media_type)) {
        return check_type_may_change(storing, &row, err);
    }
    bool is_marked = row.damaged_ms != 0;
    status = is_marked ? LREG_OK : compare_content(storing, &row, &storing->survey.is_stored, err);
    return status;
}

static lreg_status look_for_tag(struct storing *storing, const char *tag, struct error *err) {
    struct oci_push *push = storing->push;
    const char *filename = arena_format(push->arena, "%s:%s", push->image, tag);
    if (filename == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = meta_package_find_by_filename(storing->transaction, push->registry->row.id, filename,
                                                       push->arena, &push->package, err);
    const char *document = status == LREG_OK ? push->package.document : NULL;
    storing->survey.is_tagged = storing->survey.is_tagged && text_equals(document, push->digest.text);
    if (!push->by_digest) {
        storing->survey.document = document;
    }
    return status == LREG_NOT_FOUND ? LREG_OK : status;
}

static lreg_status look(struct storing *storing, struct error *err) {
    const struct oci_push *push = storing->push;
    storing->survey = (struct survey){.is_tagged = true};
    lreg_status status = look_for_missing(storing, err);
    if (status == LREG_OK) {
        status = look_at_subject(storing, err);
    }
    if (status == LREG_OK) {
        status = look_for_document(storing, err);
    }
    for (size_t i = 0; status == LREG_OK && i < push->tag_count; i++) {
        status = look_for_tag(storing, push->tags[i], err);
    }
    if (status == LREG_OK && push->conditions != NULL && push->missing_count == 0) {
        status = oci_manifest_check_conditions(push->conditions, storing->survey.document, err);
    }
    return status;
}

static lreg_status look_ahead(struct storing *storing, struct error *err) {
    lreg_status status = meta_begin(core_meta(storing->push->core), META_READ, &storing->transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = look(storing, err);
    meta_rollback(storing->transaction);
    storing->transaction = NULL;
    return status;
}

/* --- Writing --- */

/* The attributes of the document. `total` saves sums of sizes from parsing manifests. */
static lreg_status make_attributes(const struct oci_push *push, uint64_t total, const char **out, struct error *err) {
    struct strbuf text;
    json_t *object =
        json_pack("{s:s, s:I}", "artifact_type", push->manifest->artifact_type, "total", (json_int_t)total);
    strbuf_init(&text, core_hooks(push->core), ATTRIBUTES_MAX);
    lreg_status status = json_render(object, &text, err);
    if (status == LREG_OK) {
        *out = arena_copy_text(push->arena, strbuf_text(&text));
        status = *out != NULL ? LREG_OK : error_no_memory(err);
    }
    strbuf_free(&text);
    json_decref(object);
    return status;
}

static lreg_status put_document(const struct storing *storing, uint64_t total, struct error *err) {
    const struct oci_push *push = storing->push;
    struct meta_document row = {
        .registry_id = push->registry->row.id,
        .scope = push->image,
        .name = push->digest.text,
        .media_type = push->manifest->media_type,
        .content = push->content,
        .content_length = push->length,
        .subject = push->manifest->subject,
        .created_ms = hooks_now_ms(core_hooks(push->core)),
    };
    size_t count = push->manifest->count;
    const char **targets = arena_allocate_zeroed(push->arena, count > 0 ? count : 1, sizeof *targets);
    if (targets == NULL) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        targets[i] = push->manifest->descriptors[i].digest;
    }
    memcpy(row.sha256, push->digests.sha256, sizeof row.sha256);
    lreg_status status = make_attributes(push, total, &row.attributes, err);
    if (status == LREG_OK && push->manifest->subject != NULL) {
        row.listed_type = push->manifest->artifact_type;
        status = oci_list_manifest(push->manifest, push->digest.text, push->length, push->arena, &row.listed, err);
    }
    return status == LREG_OK ? meta_document_put(storing->transaction, &row, targets, count, err) : status;
}

/* A push by digest alone makes no package, so it needs an audit event of its own. */
static lreg_status note_untagged(const struct storing *storing, struct error *err) {
    const struct oci_push *push = storing->push;
    const struct meta_registry *registry = &push->registry->row;
    const char *subject = arena_format(push->arena, "%s@%s", push->image, push->digest.text);
    if (subject == NULL) {
        return error_no_memory(err);
    }
    return core_audit(push->core, storing->transaction, push->actor, registry->organization_id, registry->id,
                      "ManifestCreatedEvent", subject, NULL, err);
}

static lreg_status put_tag(const struct storing *storing, const struct meta_package *description, const char *tag,
                           struct error *err) {
    struct oci_push *push = storing->push;
    push->package = *description;
    push->package.version = tag;
    push->package.filename = arena_format(push->arena, "%s:%s", push->image, tag);
    if (push->package.filename == NULL) {
        return error_no_memory(err);
    }
    return core_package_put(push->core, storing->transaction, push->actor, push->registry, &push->package, true,
                            &push->created, push->arena, err);
}

static lreg_status write_in(struct storing *storing, const struct meta_package *description, struct error *err) {
    struct oci_push *push = storing->push;
    lreg_status status = look(storing, err);
    if (status != LREG_OK || push->missing_count > 0) {
        return status;
    }
    if (!storing->survey.is_stored) {
        status = put_document(storing, description->size_bytes, err);
        if (status == LREG_OK && push->tag_count == 0) {
            status = note_untagged(storing, err);
        }
    }
    for (size_t i = 0; status == LREG_OK && i < push->tag_count; i++) {
        status = put_tag(storing, description, push->tags[i], err);
    }
    return status;
}

static lreg_status write_all(struct storing *storing, struct error *err) {
    struct oci_push *push = storing->push;
    struct meta_package description;
    lreg_status status = oci_describe(push, &description, err);
    if (status == LREG_OK) {
        status = meta_begin(core_meta(push->core), META_WRITE, &storing->transaction, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    status = write_in(storing, &description, err);
    if (push->missing_count > 0) {
        meta_rollback(storing->transaction);
        return status;
    }
    return meta_end(storing->transaction, status, err);
}

/* If the registry was deleted meanwhile, all blobs appear as missing; this reports the actual reason. */
static lreg_status check_registry(const struct oci_push *push, struct error *err) {
    const struct meta_registry *row = &push->registry->row;
    const struct core_registry *current = NULL;
    lreg_status status = core_registry_find(push->core, row->organization_slug, row->slug, &current, err);
    core_registry_release(current);
    return status;
}

lreg_status oci_push_store(struct oci_push *push, struct error *err) {
    struct storing storing = {.push = push};
    size_t count = push->manifest->count;
    push->created = false;
    push->missing = arena_allocate_zeroed(push->arena, count > 0 ? count : 1, sizeof *push->missing);
    size_t scratch_bytes = 0;
    if (push->missing == NULL || !size_add(SCRATCH_BYTES, push->length, &scratch_bytes)) {
        return error_no_memory(err);
    }
    arena_init(&storing.scratch, core_hooks(push->core), scratch_bytes);
    lreg_status status = look_ahead(&storing, err);
    bool is_done = storing.survey.is_stored && storing.survey.is_tagged;
    if (status == LREG_OK && push->missing_count == 0) {
        status = is_done ? meta_settle(core_meta(push->core), err) : write_all(&storing, err);
    }
    if (status == LREG_OK && push->missing_count > 0) {
        status = check_registry(push, err);
    }
    arena_free(&storing.scratch);
    if (status != LREG_OK) {
        error_operation(err, "push %s/%s/%s", push->registry->row.organization_slug, push->registry->row.slug,
                        push->image);
    }
    return status;
}
