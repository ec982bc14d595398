/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_ORGANIZATIONS_H
#define META_ORGANIZATIONS_H

#include "meta/transaction.h"

struct meta_organization {
    const char *id; /* UUID */
    const char *slug;
    const char *name;
    int64_t created_ms;
};

/* LREG_CONFLICT when the slug is taken. */
lreg_status meta_organization_insert(struct meta_transaction *transaction, const struct meta_organization *row,
                                     struct error *err);
/* LREG_NOT_FOUND. */
lreg_status meta_organization_find(struct meta_transaction *transaction, const char *slug, struct arena *arena,
                                   struct meta_organization *out, struct error *err);
lreg_status meta_organization_find_by_id(struct meta_transaction *transaction, const char *id, struct arena *arena,
                                         struct meta_organization *out, struct error *err);
/* Replaces slug and name. LREG_CONFLICT when the slug is taken, LREG_NOT_FOUND. */
lreg_status meta_organization_update(struct meta_transaction *transaction, const struct meta_organization *row,
                                     struct error *err);
/* Up to `limit` rows by slug, after `after_slug` (NULL: from the first). */
lreg_status meta_organization_list(struct meta_transaction *transaction, const char *after_slug, size_t limit,
                                   struct arena *arena, struct meta_organization **out, size_t *out_count,
                                   struct error *err);
/* LREG_CONFLICT while it has registries. */
lreg_status meta_organization_delete(struct meta_transaction *transaction, const char *id, struct error *err);

/* Values of the whole instance, such as its id. `*out` is NULL when there is none. */
lreg_status meta_value_find(struct meta_transaction *transaction, const char *name, struct arena *arena,
                            const char **out, struct error *err);
lreg_status meta_value_set(struct meta_transaction *transaction, const char *name, const char *value,
                           struct error *err);

#endif
