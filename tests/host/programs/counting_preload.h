/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_PROGRAMS_COUNTING_PRELOAD_H
#define HOST_PROGRAMS_COUNTING_PRELOAD_H

/* What libcounting.so, when it is preloaded, knows of the calls of malloc and its relatives: how many each module has
 * made. For what the C library allocates itself the first module above it on the stack is told: who called fdopendir()
 * or strdup(). */

#include <stddef.h>

struct counting_module {
    const char *name; /* file name without folder; "" is the program */
    int through_libc; /* the C library's own calls, made for this module */
    size_t allocations; /* malloc, calloc, memalign, …, and realloc of NULL */
    size_t reallocations;
    size_t releases; /* of what it allocated, by whomever */
    size_t bytes; /* that were asked for */
};

/* Both are found by dlsym(). The first fills in up to `capacity` entries, and gives their number. */
size_t counting_preload_read(struct counting_module *modules, size_t capacity);
void counting_preload_reset(void);

#endif
