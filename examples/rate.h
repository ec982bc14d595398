/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXAMPLES_RATE_H
#define EXAMPLES_RATE_H

/* The minimum rate at which a peer has to send or receive a body. It supplements a limit on inactivity, which one byte
 * now and then satisfies. Only time in which the program waits for the peer counts, so a slow disk is not held against
 * the peer. */

#include <stdbool.h>
#include <stdint.h>

struct rate_limit {
    int64_t bytes_per_second; /* at most 10^9; 0: no limit */
    int64_t window_ms; /* at most a day; the rate is averaged over each window, so it allows bursts and pauses */
};

/* The progress of a peer in the current window. Zeroed at the start of a request. */
struct rate {
    int64_t waited_ms;
    uint64_t bytes;
};

/* Adds time that the program waited for the peer, and the bytes transferred. False: a window is over, and its rate was
 * too low. */
bool rate_add(struct rate *rate, const struct rate_limit *limit, int64_t waited_ms, uint64_t bytes);

#endif
