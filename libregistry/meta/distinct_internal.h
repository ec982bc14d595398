/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_DISTINCT_INTERNAL_H
#define META_DISTINCT_INTERNAL_H

#include "meta/transaction.h"

/* A listing of the distinct values of a text column, ordered bytewise: one index look-up for each value, however many
 * rows have it. */
struct meta_distinct {
    const char *from; /* SQL for the first value of registry ?1 that is ?2 or after it */
    const char *behind; /* SQL for the first value after ?2 */
    const char *registry_id;
    const char *prefix; /* values begin with it; may be "" */
    const char *after; /* NULL: from the first */
    size_t limit;
};

lreg_status meta_list_distinct(struct meta_transaction *transaction, const struct meta_distinct *query,
                               struct arena *arena, const char ***out, size_t *out_count, struct error *err);

#endif
