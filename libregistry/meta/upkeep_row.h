/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_UPKEEP_ROW_H
#define META_UPKEEP_ROW_H

#include "meta/transaction.h"

/* The state of upkeep that all processes share, in one row. Times are those of core/instance/time.h, 0: never. */
struct meta_upkeep {
    char holder[ID_TEXT]; /* of the lease; "": free */
    int64_t renewals; /* of the lease: its holder increments this */
    int64_t believed_ms; /* 0: no time was recorded yet */
    int64_t uptime_ms; /* of the machine, when `believed_ms` was recorded; -1: unknown */
    int64_t collected_ms;
    int64_t swept_ms;
    int64_t scrubbed_ms;
    int64_t scrub_blob; /* the id after which the scrub continues */
    int64_t scrub_document; /* likewise, a position */
};

/* LREG_CORRUPT when the row is gone. */
lreg_status meta_upkeep_read(struct meta_transaction *transaction, struct meta_upkeep *out, struct error *err);
lreg_status meta_upkeep_write(struct meta_transaction *transaction, const struct meta_upkeep *row, struct error *err);

#endif
