/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

/*
 * Which process an instance belongs to. A child that was forked has a copy of it whose locks, descriptors and database
 * connections are still the parent's: it may release memory, and nothing else.
 *
 * The question costs one read: a page that the kernel gives a forked child empty (MADV_WIPEONFORK, Linux 4.14). Where
 * there is none, the process is asked for its number.
 */

#include "base/memory.h"

#include <sys/types.h>

struct process_mark {
    volatile unsigned char *page; /* owned; NULL: `number` is used */
    size_t page_bytes;
    pid_t number;
};

/* Marks what belongs to this process from now on. Cannot fail. */
void process_mark_set(struct process_mark *mark);
/* The same of a mark that another process has set: what was forked under lreg_fork_begin() is the child's too. */
void process_mark_renew(struct process_mark *mark);
bool process_mark_is_own(const struct process_mark *mark);
void process_mark_end(struct process_mark *mark);

/* LREG_MISUSE ("forked") when the hooks are those of an instance of another process. Hooks without a mark are
 * everybody's. */
bool process_is_foreign(const struct hooks *hooks);
lreg_status process_check(const struct hooks *hooks, struct error *err);

#endif
