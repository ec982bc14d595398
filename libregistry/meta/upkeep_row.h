/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_UPKEEP_ROW_H
#define META_UPKEEP_ROW_H

#include "meta/transaction.h"

/* What upkeep has to remember over all processes; there is one row. Times are those of core/instance/time.h, 0: never.
 * */
struct meta_upkeep {
    char holder[ID_TEXT]; /* of the lease; "": free */
    int64_t renewals; /* of the lease: who holds it lets this grow */
    int64_t believed_ms; /* 0: no time was seen yet */
    int64_t uptime_ms; /* of the machine, when that was noted; -1: not known */
    int64_t collected_ms;
    int64_t swept_ms;
    int64_t scrubbed_ms;
    int64_t scrub_blob; /* the id behind which the scrub goes on */
    int64_t scrub_document; /* likewise, a position */
};

/* LREG_CORRUPT when the row is gone. */
lreg_status meta_upkeep_read(struct meta_transaction *transaction, struct meta_upkeep *out, struct error *err);
lreg_status meta_upkeep_write(struct meta_transaction *transaction, const struct meta_upkeep *row, struct error *err);

#endif
