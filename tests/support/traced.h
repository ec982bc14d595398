/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_TRACED_H
#define SUPPORT_TRACED_H

/*
 * A child that is stopped at each of its system calls, so that it can be killed before any of them, and so that its
 * syncs are recorded in a model of the disk. Single-threaded. Linux only, by ptrace(2).
 */

#include "support/power_cut.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct traced {
    pid_t pid;
    struct power_cut *disk; /* NULL: its syncs are not recorded */
    uint64_t calls; /* the counted calls that it was about to make */
    uint64_t kill_at; /* it is killed before this one; 0: never */
    bool counts_all; /* otherwise only syncs and calls that move or remove a name */
    bool is_inside; /* of a call */
    uint64_t call; /* which one */
    uint64_t argument; /* its first */
};

enum traced_stop {
    TRACED_WAITS, /* it has called traced_wait() */
    TRACED_ENDED, /* by exit status 0, or because it called traced_die() */
    TRACED_KILLED, /* as was wanted */
    TRACED_FAILED /* in any other way */
};

/* False where processes may not be traced. */
bool traced_is_possible(void);

/* Forks; the child runs `run` and ends. The caller sets the rest of `traced` before. */
void traced_start(struct traced *traced, void (*run)(void *user), void *user);
/* Lets it run until it stops. */
enum traced_stop traced_go_on(struct traced *traced);
/* Kills it where it is. */
void traced_kill(struct traced *traced);

/* In the child: stops until traced_go_on(); ends as if it were killed, without closing anything. */
void traced_wait(void);
void traced_die(void);

#endif
