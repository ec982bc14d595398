/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_DOCUMENTS_H
#define META_DOCUMENTS_H

#include "meta/transaction.h"

/*
 * Small contents that an ecosystem keeps by name in a scope of a registry, within the metadata: manifests (scope: image
 * name, name: digest), indexes (scope: "index", name: architecture).
 */
struct meta_document {
    const char *registry_id;
    const char *scope;
    const char *name;
    const char *media_type;
    const void *content;
    size_t content_length;
    uint8_t sha256[DIGEST_SHA256_BYTES]; /* of the content, always */
    const char *subject; /* name of the document that this one refers to; NULL when there is none */
    const char *attributes; /* JSON object of the ecosystem; "" when there is none */
    uint64_t revision; /* of the registry, when the content was made from it */
    int64_t created_ms;
    int64_t damaged_ms; /* when the content was found to be another, 0: it was not; a put clears it */
    /* Only written, and only with a subject: see meta/referrers.h. NULL means "". */
    const char *listed_type;
    const char *listed;
};

/* Inserts or replaces the document of that name, together with its links to what it names: digests or names in the same
 * scope. `targets` may be NULL when `target_count` is 0. Existing links of the document are replaced. */
lreg_status meta_document_put(struct meta_transaction *transaction, const struct meta_document *row,
                              const char *const *targets, size_t target_count, struct error *err);
lreg_status meta_document_find(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                               const char *name, struct arena *arena, struct meta_document *out, struct error *err);
/* The same without the content: content NULL, content_length set. */
lreg_status meta_document_find_head(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                    const char *name, struct arena *arena, struct meta_document *out,
                                    struct error *err);
/* The length of the content. Costs the same for any length, unlike reading the head. LREG_NOT_FOUND. */
lreg_status meta_document_length(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                 const char *name, size_t *out, struct error *err);
/* LREG_NOT_FOUND. */
lreg_status meta_document_delete(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                 const char *name, struct error *err);
/* Distinct scopes that begin with `prefix` (may be ""), ordered bytewise, after `after_scope` (NULL: from the
 * first). */
lreg_status meta_document_scopes(struct meta_transaction *transaction, const char *registry_id, const char *prefix,
                                 const char *after_scope, size_t limit, struct arena *arena, const char ***out,
                                 size_t *out_count, struct error *err);
/* The targets of a document, ordered bytewise, after `after_target` (NULL: from the first). */
lreg_status meta_document_targets(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                  const char *name, const char *after_target, size_t limit, struct arena *arena,
                                  const char ***out, size_t *out_count, struct error *err);
/* True when a document of the scope names `target`. */
lreg_status meta_document_target_is_named(struct meta_transaction *transaction, const char *registry_id,
                                          const char *scope, const char *target, bool *out, struct error *err);
/* True when that document names `target`. */
lreg_status meta_document_names(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                const char *name, const char *target, bool *out, struct error *err);
/* Names of the documents of the scope that name `target`, ordered bytewise. */
lreg_status meta_document_list_naming(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                                      const char *target, size_t limit, struct arena *arena, const char ***out,
                                      size_t *out_count, struct error *err);
/* Calls `visit` for every document of the instance, content included, for verification. Memory use does not grow with
 * their number. */
typedef lreg_status (*meta_document_visit)(void *user, const struct meta_document *document, struct error *err);
lreg_status meta_document_visit_all(struct meta_transaction *transaction, meta_document_visit visit, void *user,
                                    struct error *err);
/* The same for the first document after `after_position` only. Sets `*out_position` to its position, or to 0 when there
 * is none. The document is borrowed for the call. */
lreg_status meta_document_visit_next(struct meta_transaction *transaction, int64_t after_position,
                                     meta_document_visit visit, void *user, int64_t *out_position, struct error *err);
/* As meta_blob_set_damaged(). */
lreg_status meta_document_set_damaged(struct meta_transaction *transaction, int64_t position,
                                      const uint8_t sha256[DIGEST_SHA256_BYTES], int64_t damaged_ms, bool *out_changed,
                                      struct error *err);

#endif
