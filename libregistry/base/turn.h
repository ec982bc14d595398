/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TURN_H
#define BASE_TURN_H

/*
 * Long work is done in turns, so that a host can do other work in between. A turn is measured in units and not in time:
 * the same input takes the same number of turns on every machine. One unit is about the cost of unpacking one byte.
 *
 * A NULL turn never ends; callers that wait for all of the work pass it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TURN_UNITS (UINT64_C(4) * 1024 * 1024) /* some ten milliseconds */

struct turn {
    uint64_t left;
};

static inline void turn_begin(struct turn *turn) {
    turn->left = TURN_UNITS;
}

static inline void turn_spend(struct turn *turn, uint64_t units) {
    if (turn != NULL) {
        turn->left -= units < turn->left ? units : turn->left;
    }
}

/* True when the work must stop at the next possible place and continue in another turn. */
static inline bool turn_is_over(const struct turn *turn) {
    return turn != NULL && turn->left == 0;
}

#endif
