/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXAMPLES_RATE_H
#define EXAMPLES_RATE_H

/* The least rate at which a peer has to send or to take a body. It counts beside a limit on standing still, which a
 * byte now and then satisfies. Only time in which the program waits for the peer counts: a slow disk is not the
 * peer's fault. */

#include <stdbool.h>
#include <stdint.h>

struct rate_limit {
    int64_t bytes_per_second; /* at most 10^9; 0: no limit */
    int64_t window_ms; /* at most a day; the rate is that of each window, so bursts and pauses within one are fine */
};

/* What a peer did in its present window. All zero at the beginning of a request. */
struct rate {
    int64_t waited_ms;
    uint64_t bytes;
};

/* Notes that the program waited for the peer, and what came of it. False: a window is over, and it was too slow. */
bool rate_add(struct rate *rate, const struct rate_limit *limit, int64_t waited_ms, uint64_t bytes);

#endif
