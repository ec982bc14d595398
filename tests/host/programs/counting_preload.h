/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_PROGRAMS_COUNTING_PRELOAD_H
#define HOST_PROGRAMS_COUNTING_PRELOAD_H

/* What libcounting.so, when it is preloaded, records about the calls of malloc and related functions: how many each
 * module has made. For allocations of the C library itself, it records the first module above it on the stack, which
 * called fdopendir() or strdup(). */

#include <stddef.h>

struct counting_module {
    const char *name; /* file name without folder; "" is the program */
    int through_libc; /* the C library's own calls, made for this module */
    size_t allocations; /* malloc, calloc, memalign, …, and realloc of NULL */
    size_t reallocations;
    size_t releases; /* frees of its allocations, by any module */
    size_t bytes; /* requested bytes */
};

/* dlsym() finds both. The first fills in up to `capacity` entries and returns their number. */
size_t counting_preload_read(struct counting_module *modules, size_t capacity);
void counting_preload_reset(void);

#endif
