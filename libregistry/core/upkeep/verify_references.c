/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Following references: from a tag to its manifest, and from a manifest to its config, layers and children. The content
 * of a document is authoritative. It is compared with what is stored, and with the links that the metadata recorded for
 * it, which the collector and deletions rely on. The walk over the blobs checks that a blob's object exists and is
 * sound.
 */

#include "core/upkeep/verify_internal.h"

#include "base/text.h"
#include "core/ecosystem.h"
#include "core/instance/state.h"

#include <inttypes.h>

#define ARENA_BYTES ((size_t)64 * 1024 * 1024) /* for one document; allocated as needed */
#define REGISTRY_BYTES ((size_t)64 * 1024)

void core_verify_references_begin(struct verify_references *this, struct verification *run,
                                  struct meta_transaction *transaction) {
    *this = (struct verify_references){.run = run, .transaction = transaction};
    arena_init(&this->arena, &run->core->hooks, ARENA_BYTES);
    arena_init(&this->registry_arena, &run->core->hooks, REGISTRY_BYTES);
}

void core_verify_references_end(struct verify_references *this) {
    arena_free(&this->arena);
    arena_free(&this->registry_arena);
}

/* Keeps the last registry: documents of one registry usually follow each other. */
static lreg_status find_registry(struct verify_references *this, const char *id, struct error *err) {
    if (text_equals(this->registry.id, id)) {
        return LREG_OK;
    }
    arena_reset(&this->registry_arena);
    this->registry = (struct meta_registry){.id = NULL};
    const char *copy = arena_copy_text(&this->registry_arena, id);
    if (copy == NULL) {
        return error_no_memory(err);
    }
    lreg_status status = meta_registry_find_by_id(this->transaction, id, &this->registry_arena, &this->registry, err);
    this->is_living = status == LREG_OK;
    if (status == LREG_OK || status == LREG_NOT_FOUND) {
        this->registry.id = copy;
        return LREG_OK;
    }
    return status;
}

/* What the name of a reference led to. */
struct target {
    bool is_there;
    uint64_t size_bytes;
    const char *media_type; /* NULL: any */
};

static lreg_status find_blob(struct verify_references *this, const struct meta_document *document, const char *name,
                             struct target *out, struct error *err) {
    struct meta_blob_link link;
    struct meta_blob blob;
    lreg_status status = meta_blob_link_find(this->transaction, document->registry_id, document->scope, name,
                                             &this->arena, &link, &blob, err);
    if (status == LREG_OK) {
        *out = (struct target){.is_there = true, .size_bytes = blob.size_bytes};
    }
    return status == LREG_NOT_FOUND ? LREG_OK : status;
}

static lreg_status find_document(struct verify_references *this, const struct meta_document *document, const char *name,
                                 struct target *out, struct error *err) {
    struct meta_document row;
    lreg_status status = meta_document_find_head(this->transaction, document->registry_id, document->scope, name,
                                                 &this->arena, &row, err);
    if (status == LREG_OK) {
        *out = (struct target){true, row.content_length, row.media_type};
    }
    return status == LREG_NOT_FOUND ? LREG_OK : status;
}

static lreg_status find_target(struct verify_references *this, const struct meta_document *document,
                               const struct core_reference *reference, struct target *out, struct error *err) {
    lreg_status status = LREG_OK;
    *out = (struct target){.is_there = false};
    if (reference->may_be_blob) {
        status = find_blob(this, document, reference->name, out, err);
    }
    if (status == LREG_OK && !out->is_there && reference->may_be_document) {
        status = find_document(this, document, reference->name, out, err);
    }
    return status;
}

static lreg_status tell_of(const struct verify_references *this, const struct meta_document *document,
                           const struct core_reference *reference, const char *what, struct error *err) {
    this->run->report->dangling++;
    return core_verify_tell(this->run, err, "%s/%s/%s: %s names %s, %s", this->registry.organization_slug,
                            this->registry.slug, document->scope, document->name, reference->name, what);
}

static bool has_type(const struct target *target, const struct core_reference *reference) {
    return target->media_type == NULL ||
           slice_equals_ignoring_case(slice_of(reference->media_type), target->media_type);
}

static lreg_status verify_target(struct verify_references *this, const struct meta_document *document,
                                 const struct core_reference *reference, struct error *err) {
    struct target target;
    lreg_status status = find_target(this, document, reference, &target, err);
    if (status != LREG_OK) {
        return status;
    }
    if (!target.is_there) {
        return reference->may_be_absent ? LREG_OK : tell_of(this, document, reference, "which is not there", err);
    }
    if (target.size_bytes != reference->size_bytes) {
        return tell_of(this, document, reference, "with another size than that has", err);
    }
    return has_type(&target, reference) ? LREG_OK
                                        : tell_of(this, document, reference, "with another type than that has", err);
}

static lreg_status verify_note(struct verify_references *this, const struct meta_document *document,
                               const struct core_reference *reference, struct error *err) {
    bool is_noted = false;
    lreg_status status = meta_document_names(this->transaction, document->registry_id, document->scope, document->name,
                                             reference->name, &is_noted, err);
    return status != LREG_OK || is_noted ? status
                                         : tell_of(this, document, reference, "which the metadata does not note", err);
}

static lreg_status verify_all(struct verify_references *this, const struct meta_document *document,
                              const struct core_reference *references, size_t count, struct error *err) {
    lreg_status status = LREG_OK;
    for (size_t i = 0; status == LREG_OK && i < count; i++) {
        status = verify_target(this, document, &references[i], err);
        if (status == LREG_OK) {
            status = verify_note(this, document, &references[i], err);
        }
    }
    return status;
}

lreg_status core_verify_references_of(struct verify_references *this, const struct meta_document *document,
                                      struct error *err) {
    struct core_reference *references = NULL;
    size_t count = 0;
    lreg_status status = find_registry(this, document->registry_id, err);
    if (status != LREG_OK || !this->is_living) {
        return status;
    }
    const struct core_ecosystem *ecosystem = core_ecosystem_find(this->run->core, this->registry.ecosystem);
    if (ecosystem == NULL || ecosystem->document_references == NULL) {
        return LREG_OK;
    }
    arena_reset(&this->arena);
    status = ecosystem->document_references(document, &this->arena, &references, &count, err);
    if (status == LREG_CORRUPT) {
        this->run->report->damaged++;
        return core_verify_tell(this->run, err, "document %s of %s cannot be read", document->name, document->scope);
    }
    return status == LREG_OK ? verify_all(this, document, references, count, err) : status;
}

static lreg_status tell_of_package(void *user, const char *registry_id, const char *filename, const char *document,
                                   struct error *err) {
    struct verify_references *this = user;
    lreg_status status = find_registry(this, registry_id, err);
    if (status != LREG_OK) {
        return status;
    }
    this->run->report->dangling++;
    return core_verify_tell(this->run, err, "%s/%s: %s leads to %s, which is not there",
                            this->registry.organization_slug, this->registry.slug, filename, document);
}

lreg_status core_verify_references_of_packages(struct verify_references *this, struct error *err) {
    return meta_package_visit_dangling(this->transaction, tell_of_package, this, err);
}
