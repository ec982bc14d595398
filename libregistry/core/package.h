/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_PACKAGE_H
#define CORE_PACKAGE_H

#include "core/registry.h"

/* An immutable, counted snapshot; it retains its registry. */
struct core_package {
    struct meta_package row;
    const struct core_registry *registry;
    struct core_shared *shared;
};
void core_package_retain(const struct core_package *package);
void core_package_release(const struct core_package *package); /* NULL is allowed */

lreg_status core_package_find(struct core *core, const struct core_registry *registry, const char *id,
                              const struct core_package **out, struct error *err);
/* Warm: no SQL. LREG_NOT_FOUND ("package_unknown"). */
lreg_status core_package_find_by_filename(struct core *core, const struct core_registry *registry, const char *filename,
                                          const struct core_package **out, struct error *err);
/* See meta_package_search(); `*out_last` is NULL when there are no more. */
lreg_status core_package_search(struct core *core, const struct meta_package_query *query, size_t looks_at,
                                struct arena *arena, struct meta_package **out, size_t *out_count,
                                const char **out_last, struct error *err);
lreg_status core_package_list(struct core *core, const struct meta_package_query *query, struct arena *arena,
                              struct meta_package **out, size_t *out_count, struct error *err);
/* Audit: PackageDeletedEvent. */
lreg_status core_package_delete(struct core *core, const struct core_actor *actor, const struct core_package *package,
                                struct error *err);
/* The same inside a write transaction, for an ecosystem that handles itself what belongs to the package: its
 * `package_deleted` is not called. */
lreg_status core_package_delete_in(struct core *core, struct meta_transaction *transaction,
                                   const struct core_actor *actor, const struct core_registry *registry, const char *id,
                                   struct arena *arena, struct error *err);

/*
 * Publishes inside a write transaction (see core_blob_publish()). Inserts `row` (id, registry_id, published_by and
 * times are filled in here), unless there is a package of that file name. If that has an equal SHA-256, it is returned:
 * LREG_OK and `*created` false. Other bytes are LREG_CONFLICT ("package_exists"), unless the registry allows
 * overwriting, or `replace` says that the ecosystem always replaces (a tag). `row` becomes what is stored; `*created`
 * says whether it was inserted. Increments the registry's revision. Audit: PackageCreatedEvent or PackageUpdatedEvent.
 */
lreg_status core_package_put(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                             const struct core_registry *registry, struct meta_package *row, bool replace,
                             bool *created, struct arena *arena, struct error *err);

/* Makes a snapshot of a row that was just written or read. */
lreg_status core_package_snapshot(struct core *core, const struct core_registry *registry,
                                  const struct meta_package *row, const struct core_package **out, struct error *err);

/* The row of the package's blob. Its texts are valid as long as the snapshot or the arena. LREG_NOT_FOUND when the
 * package is gone or has no blob (an image: read its document). */
lreg_status core_package_find_blob(struct core *core, const struct core_package *package, struct arena *arena,
                                   struct meta_blob *out, struct error *err);

#endif
