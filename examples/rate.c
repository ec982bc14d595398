/* SPDX-License-Identifier: Apache-2.0 */

#include "rate.h"

#define MS_PER_SECOND 1000

bool rate_add(struct rate *rate, const struct rate_limit *limit, int64_t waited_ms, uint64_t bytes) {
    rate->waited_ms += waited_ms > 0 ? waited_ms : 0;
    rate->bytes = bytes > UINT64_MAX - rate->bytes ? UINT64_MAX : rate->bytes + bytes;
    if (limit->bytes_per_second <= 0 || rate->waited_ms < limit->window_ms) {
        return true;
    }
    bool is_fast = rate->bytes >= (uint64_t)limit->bytes_per_second * (uint64_t)rate->waited_ms / MS_PER_SECOND;
    *rate = (struct rate){.waited_ms = 0};
    return is_fast;
}
