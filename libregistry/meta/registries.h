/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_REGISTRIES_H
#define META_REGISTRIES_H

#include "meta/transaction.h"

struct meta_registry {
    const char *id; /* UUID */
    const char *organization_id;
    const char *organization_slug; /* read only: from the organization */
    const char *slug; /* unique in the organization */
    const char *name;
    const char *description; /* "" when there is none; likewise emoji and color */
    const char *emoji;
    const char *color;
    const char *ecosystem;
    const char *storage; /* name of the storage that new packages go to */
    bool is_public;
    bool allow_overwrite; /* a name may be published again with other bytes */
    bool strict_names; /* only names of the ecosystem's documented form */
    uint64_t revision; /* read only: grows with each change to its packages */
    int64_t created_ms;
    int64_t updated_ms;
};

/* LREG_CONFLICT when the slug is taken. */
lreg_status meta_registry_insert(struct meta_transaction *transaction, const struct meta_registry *row,
                                 struct error *err);
lreg_status meta_registry_find(struct meta_transaction *transaction, const char *organization_slug, const char *slug,
                               struct arena *arena, struct meta_registry *out, struct error *err);
lreg_status meta_registry_find_by_id(struct meta_transaction *transaction, const char *id, struct arena *arena,
                                     struct meta_registry *out, struct error *err);
/* Lists by slug, after `after_slug` (NULL: from the first). */
lreg_status meta_registry_list(struct meta_transaction *transaction, const char *organization_id,
                               const char *after_slug, size_t limit, struct arena *arena, struct meta_registry **out,
                               size_t *out_count, struct error *err);
/* Replaces name, slug, description, emoji, color, storage, is_public, allow_overwrite, strict_names, updated_ms of
 * row->id. LREG_NOT_FOUND; LREG_CONFLICT when the new slug is taken. */
lreg_status meta_registry_update(struct meta_transaction *transaction, const struct meta_registry *row,
                                 struct error *err);
/* Makes the registry and all that it has unfindable and frees its slug, at once, whatever its size. The rows of its
 * packages, documents, blob links, tokens and uploads are left for meta_registry_purge(). LREG_NOT_FOUND. */
lreg_status meta_registry_delete(struct meta_transaction *transaction, const char *id, struct error *err);
/* Ids of deleted registries that are not purged yet. */
lreg_status meta_registry_list_deleted(struct meta_transaction *transaction, size_t limit, struct arena *arena,
                                       const char ***out, size_t *out_count, struct error *err);
/* Removes at most `limit` (1 to META_PAGE_MAX) rows of a deleted registry, and after the last one the row of the
 * registry itself. `*out_done` is true when the registry is gone, also when another process has purged it. Registries
 * that are not deleted are left alone. */
lreg_status meta_registry_purge(struct meta_transaction *transaction, const char *id, size_t limit, bool *out_done,
                                struct error *err);
/* Increments the revision: the packages have changed. */
lreg_status meta_registry_touch(struct meta_transaction *transaction, const char *id, struct error *err);

/* A registry's own key pair, such as the one that signs its index. `sealed` is encrypted under the instance key. */
struct meta_registry_key {
    const char *registry_id;
    const char *name;
    const void *sealed;
    size_t sealed_length;
    const char *public_text; /* PEM */
};
/* LREG_CONFLICT when a key of that name exists. */
lreg_status meta_registry_key_insert(struct meta_transaction *transaction, const struct meta_registry_key *row,
                                     struct error *err);
lreg_status meta_registry_key_find(struct meta_transaction *transaction, const char *registry_id, const char *name,
                                   struct arena *arena, struct meta_registry_key *out, struct error *err);

#endif
