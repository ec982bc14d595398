/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

/*
 * The process that an instance belongs to. A forked child has a copy of the instance, but its locks, descriptors and
 * database connections are still the parent's. The child may only release memory.
 *
 * A check is one read of a page that the kernel clears in a forked child (MADV_WIPEONFORK, Linux 4.14). Where that does
 * not exist, it is a getpid().
 */

#include "base/memory.h"

#include <sys/types.h>

struct process_mark {
    volatile unsigned char *page; /* owned; NULL when `number` is used instead */
    size_t page_bytes;
    pid_t number;
};

/* Creates a mark that belongs to this process. Cannot fail. */
void process_mark_set(struct process_mark *mark);
/* Makes a mark that the parent has set belong to this process: an instance that was forked under lreg_fork_begin() is
 * the child's too. */
void process_mark_renew(struct process_mark *mark);
bool process_mark_is_own(const struct process_mark *mark);
void process_mark_end(struct process_mark *mark);

/* True when the hooks are those of an instance of another process; false for hooks without a mark. */
bool process_is_foreign(const struct hooks *hooks);
/* LREG_MISUSE ("forked") when process_is_foreign(). */
lreg_status process_check(const struct hooks *hooks, struct error *err);

#endif
