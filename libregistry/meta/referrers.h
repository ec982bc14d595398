/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_REFERRERS_H
#define META_REFERRERS_H

#include "meta/transaction.h"

/*
 * Documents that refer to another one (their subject), as lists show them: with a type to filter by, and the text that
 * the ecosystem puts into the list. Both are made when the document is stored, so that the cost of a list depends on
 * its entries, not on the documents.
 */
struct meta_referrer {
    const char *name; /* of the document, in the scope */
    const char *type;
    const char *listed; /* NULL: the document is older than this table, and the text was not made yet */
};

/* Sets what lists show of the document `name`, which exists; `subject` NULL: removes it from all lists. */
lreg_status meta_referrer_put(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                              const char *subject, const struct meta_referrer *row, struct error *err);
/* Lists by name, after `after_name` (NULL: from the first). */
lreg_status meta_referrer_list(struct meta_transaction *transaction, const char *registry_id, const char *scope,
                               const char *subject, const char *after_name, size_t limit, struct arena *arena,
                               struct meta_referrer **out, size_t *out_count, struct error *err);

#endif
