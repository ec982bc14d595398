/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXCHANGE_ORIGIN_INTERNAL_H
#define EXCHANGE_ORIGIN_INTERNAL_H

#include "exchange/exchange_internal.h"

/* Where the client sees us, and who it is: what answers and the audit log are made of. */
struct origin {
    const char *scheme;
    const char *host; /* an authority; "" when unknown */
    const char *prefix; /* in front of the mount */
    const char *peer;
};

/* Whether the peer of this request may say where the client sees us: the host says so, or the instance's networks. */
bool forwarded_is_trusted(const struct exchange *exchange);

/* Replaces what the trusted family of fields names. LREG_BAD_ARGUMENT ("bad_forwarded"), LREG_NO_MEMORY. */
lreg_status forwarded_take(struct exchange *exchange, struct origin *origin, struct error *err);

#endif
