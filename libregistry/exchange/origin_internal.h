/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXCHANGE_ORIGIN_INTERNAL_H
#define EXCHANGE_ORIGIN_INTERNAL_H

#include "exchange/exchange_internal.h"

/* Where the client sees us, and its address: used in answers and in the audit log. */
struct origin {
    const char *scheme;
    const char *host; /* an authority; "" when unknown */
    const char *prefix; /* comes first, then the mount */
    const char *peer;
};

/* Whether the peer of this request may say where the client sees us: the host program or
 * the instance's networks trust it. */
bool forwarded_is_trusted(const struct exchange *exchange);

/* Replaces what the fields of the trusted family name. LREG_BAD_ARGUMENT ("bad_forwarded"), LREG_NO_MEMORY. */
lreg_status forwarded_take(struct exchange *exchange, struct origin *origin, struct error *err);

#endif
