/* SPDX-License-Identifier: Apache-2.0 */

#include "base/process.h"

#include <sys/mman.h>
#include <unistd.h>

#define MARKED 1

void process_mark_set(struct process_mark *mark) {
    *mark = (struct process_mark){.number = getpid()};
#ifdef MADV_WIPEONFORK
    long bytes = sysconf(_SC_PAGESIZE);
    if (bytes <= 0) {
        return;
    }
    void *page = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return;
    }
    if (madvise(page, (size_t)bytes, MADV_WIPEONFORK) != 0) {
        (void)munmap(page, (size_t)bytes);
        return;
    }
    mark->page = page;
    mark->page_bytes = (size_t)bytes;
    mark->page[0] = MARKED;
#endif
}

void process_mark_renew(struct process_mark *mark) {
    mark->number = getpid();
    if (mark->page != NULL) {
        mark->page[0] = MARKED;
    }
}

bool process_mark_is_own(const struct process_mark *mark) {
    return mark->page != NULL ? mark->page[0] == MARKED : getpid() == mark->number;
}

void process_mark_end(struct process_mark *mark) {
    if (mark->page != NULL) {
        (void)munmap((void *)mark->page, mark->page_bytes);
        mark->page = NULL;
    }
}

bool process_is_foreign(const struct hooks *hooks) {
    return hooks->process != NULL && !process_mark_is_own(hooks->process);
}

lreg_status process_check(const struct hooks *hooks, struct error *err) {
    if (!process_is_foreign(hooks)) {
        return LREG_OK;
    }
    return error_set(err, LREG_MISUSE, "forked",
                     "the instance is that of the process which forked this one: open another one here");
}
