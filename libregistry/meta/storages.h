/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_STORAGES_H
#define META_STORAGES_H

#include "meta/transaction.h"

/*
 * The storages that rows of blobs and doomed objects name. Triggers keep the list: a name is in it from its first row
 * on, and stays.
 */

/* The name in rows of versions before storages had names. */
#define META_STORAGE_UNNAMED "default"

lreg_status meta_storage_exists(struct meta_transaction *transaction, const char *name, bool *out, struct error *err);
/* Gives all rows of a storage another name, which has no rows yet. */
lreg_status meta_storage_rename(struct meta_transaction *transaction, const char *from, const char *to,
                                struct error *err);
/* Lists the storages other than `name` that have rows. */
struct meta_storage {
    const char *name;
    bool has_blobs;
    bool waits; /* for the collector: it has doomed objects, or blobs that may be unnamed */
};
lreg_status meta_storage_list_others(struct meta_transaction *transaction, const char *name, size_t limit,
                                     struct arena *arena, struct meta_storage **out, size_t *out_count,
                                     struct error *err);
lreg_status meta_storage_count_blobs(struct meta_transaction *transaction, const char *name, uint64_t *out,
                                     struct error *err);

#endif
