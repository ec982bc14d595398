/* SPDX-License-Identifier: Apache-2.0 */

/* Counts calls of malloc and its relatives by the module that they come from. See the header; glibc only. */

#include "counting_preload.h"

#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MODULES_MAX 128
#define FRAMES 24

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes_each);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *memory);

void *malloc(size_t bytes);
void *calloc(size_t count, size_t bytes_each);
void *realloc(void *memory, size_t bytes);
void *memalign(size_t alignment, size_t bytes);
void *aligned_alloc(size_t alignment, size_t bytes);
int posix_memalign(void **out, size_t alignment, size_t bytes);
void free(void *memory);

struct counts {
    atomic_size_t allocations;
    atomic_size_t reallocations;
    atomic_size_t releases;
    atomic_size_t bytes;
};

struct module {
    uintptr_t begin;
    uintptr_t end;
    char name[64];
    bool is_libc;
    struct counts own;
    struct counts through_libc;
};

/* Filled from the front; `known` is raised when an entry is complete. */
static struct module modules[MODULES_MAX];
static atomic_size_t known;
static atomic_flag is_being_filled = ATOMIC_FLAG_INIT;
static struct counts elsewhere; /* what is in no module */
static _Thread_local int is_inside;

static bool is_known(uintptr_t begin) {
    for (size_t i = 0; i < atomic_load(&known); i++) {
        if (modules[i].begin == begin) {
            return true;
        }
    }
    return false;
}

static int add_module(struct dl_phdr_info *info, size_t size, void *user) {
    uintptr_t begin = UINTPTR_MAX;
    uintptr_t end = 0;
    (void)size;
    (void)user;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t at = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD) {
            begin = at < begin ? at : begin;
            end = at + part->p_memsz > end ? at + part->p_memsz : end;
        }
    }
    size_t index = atomic_load(&known);
    if (begin < end && index < MODULES_MAX && !is_known(begin)) {
        struct module *module = &modules[index];
        const char *slash = strrchr(info->dlpi_name, '/');
        const char *name = slash != NULL ? slash + 1 : info->dlpi_name;
        memcpy(module->name, name, strnlen(name, sizeof module->name - 1));
        module->begin = begin;
        module->end = end;
        module->is_libc = strncmp(module->name, "libc.", 5) == 0 || strncmp(module->name, "ld-linux", 8) == 0;
        atomic_store(&known, index + 1);
    }
    return 0;
}

static struct module *find(uintptr_t address) {
    for (int tries = 0; tries < 2; tries++) {
        for (size_t i = 0; i < atomic_load(&known); i++) {
            if (address >= modules[i].begin && address < modules[i].end) {
                return &modules[i];
            }
        }
        if (tries == 0 && !atomic_flag_test_and_set(&is_being_filled)) {
            (void)dl_iterate_phdr(add_module, NULL);
            atomic_flag_clear(&is_being_filled);
        }
    }
    return NULL;
}

/* The first module on the stack that is neither this one nor the C library. */
static struct module *find_above_libc(void) {
    void *frames[FRAMES];
    const struct module *own = find((uintptr_t)&find);
    int count = backtrace(frames, FRAMES);
    for (int i = 0; i < count; i++) {
        struct module *module = find((uintptr_t)frames[i]);
        if (module != NULL && module != own && !module->is_libc) {
            return module;
        }
    }
    return NULL;
}

/* Where a call from `caller` is counted. */
static struct counts *counts_of(const void *caller) {
    if (is_inside != 0) {
        return &elsewhere;
    }
    is_inside = 1;
    struct module *module = find((uintptr_t)caller);
    struct counts *counts = module != NULL ? &module->own : &elsewhere;
    if (module != NULL && module->is_libc) {
        struct module *above = find_above_libc();
        counts = above != NULL ? &above->through_libc : counts;
    }
    is_inside = 0;
    return counts;
}

static void count_allocation(const void *caller, size_t bytes) {
    struct counts *counts = counts_of(caller);
    (void)atomic_fetch_add(&counts->allocations, 1);
    (void)atomic_fetch_add(&counts->bytes, bytes);
}

/* The first unwinding loads a library. */
__attribute__((constructor)) static void prepare(void) {
    void *frames[2];
    (void)backtrace(frames, 2);
}

void *malloc(size_t bytes) {
    count_allocation(__builtin_return_address(0), bytes);
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes_each) {
    count_allocation(__builtin_return_address(0), count * bytes_each);
    return __libc_calloc(count, bytes_each);
}

void *realloc(void *memory, size_t bytes) {
    struct counts *counts = counts_of(__builtin_return_address(0));
    (void)atomic_fetch_add(memory == NULL ? &counts->allocations : &counts->reallocations, 1);
    (void)atomic_fetch_add(&counts->bytes, bytes);
    return __libc_realloc(memory, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
    count_allocation(__builtin_return_address(0), bytes);
    return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
    count_allocation(__builtin_return_address(0), bytes);
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void **out, size_t alignment, size_t bytes) {
    count_allocation(__builtin_return_address(0), bytes);
    *out = __libc_memalign(alignment, bytes);
    return *out != NULL ? 0 : ENOMEM;
}

void free(void *memory) {
    if (memory != NULL) {
        (void)atomic_fetch_add(&counts_of(__builtin_return_address(0))->releases, 1);
        __libc_free(memory);
    }
}

static void read_counts(const char *name, int through_libc, struct counts *counts, struct counting_module *out) {
    *out = (struct counting_module){
        .name = name,
        .through_libc = through_libc,
        .allocations = atomic_load(&counts->allocations),
        .reallocations = atomic_load(&counts->reallocations),
        .releases = atomic_load(&counts->releases),
        .bytes = atomic_load(&counts->bytes),
    };
}

size_t counting_preload_read(struct counting_module *out, size_t capacity) {
    size_t count = 0;
    for (size_t i = 0; i < atomic_load(&known) && count + 2 <= capacity; i++) {
        read_counts(modules[i].name, 0, &modules[i].own, &out[count++]);
        read_counts(modules[i].name, 1, &modules[i].through_libc, &out[count++]);
    }
    return count;
}

static void reset(struct counts *counts) {
    atomic_store(&counts->allocations, 0);
    atomic_store(&counts->reallocations, 0);
    atomic_store(&counts->releases, 0);
    atomic_store(&counts->bytes, 0);
}

void counting_preload_reset(void) {
    for (size_t i = 0; i < atomic_load(&known); i++) {
        reset(&modules[i].own);
        reset(&modules[i].through_libc);
    }
}
