/* SPDX-License-Identifier: Apache-2.0 */

/* Counts calls of malloc and related functions by the module that makes them. See the header; glibc only. */

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
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *memory);

void *malloc(size_t bytes);
void *calloc(size_t count, size_t bytes_each);
void *realloc(void *memory, size_t bytes);
void *memalign(size_t alignment, size_t bytes);
void *aligned_alloc(size_t alignment, size_t bytes);
int posix_memalign(void **out, size_t alignment, size_t bytes);
void free(void *memory);
size_t malloc_usable_size(void *memory);

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

/* Filled from the front; `known` is incremented when an entry is complete. */
static struct module modules[MODULES_MAX];
static atomic_size_t known;
static atomic_flag is_being_filled = ATOMIC_FLAG_INIT;
static struct counts elsewhere; /* calls from outside of any module */
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

/* Precedes each block: the module that owns it, so that its release is counted there, regardless of the caller of
 * free(). */
struct header {
    struct counts *owner;
    void *base; /* what the C library returned */
    size_t bytes;
    uintptr_t mark;
};
#define MARK ((uintptr_t)0x6c726567)

_Static_assert(sizeof(struct header) % 16 == 0, "blocks stay aligned");

static struct header *header_of(void *memory) {
    return (struct header *)memory - 1;
}

/* `offset` is the distance of the block from `base`. */
static void *make_block(char *base, size_t offset, size_t bytes, struct counts *owner) {
    if (base == NULL) {
        return NULL;
    }
    *header_of(base + offset) = (struct header){.owner = owner, .base = base, .bytes = bytes, .mark = MARK};
    (void)atomic_fetch_add(&owner->allocations, 1);
    (void)atomic_fetch_add(&owner->bytes, bytes);
    return base + offset;
}

static void *allocate(size_t bytes, struct counts *owner) {
    if (bytes > SIZE_MAX - sizeof(struct header)) {
        return NULL;
    }
    return make_block(__libc_malloc(sizeof(struct header) + bytes), sizeof(struct header), bytes, owner);
}

static void *allocate_aligned(size_t alignment, size_t bytes, struct counts *owner) {
    size_t offset = alignment > sizeof(struct header) ? alignment : sizeof(struct header);
    if (bytes > SIZE_MAX - offset) {
        return NULL;
    }
    return make_block(__libc_memalign(alignment, offset + bytes), offset, bytes, owner);
}

/* The first unwinding loads a library. */
__attribute__((constructor)) static void prepare(void) {
    void *frames[2];
    (void)backtrace(frames, 2);
}

void *malloc(size_t bytes) {
    return allocate(bytes, counts_of(__builtin_return_address(0)));
}

void *calloc(size_t count, size_t bytes_each) {
    if (bytes_each != 0 && count > SIZE_MAX / bytes_each) {
        return NULL;
    }
    void *memory = allocate(count * bytes_each, counts_of(__builtin_return_address(0)));
    return memory != NULL ? memset(memory, 0, count * bytes_each) : NULL;
}

void *realloc(void *memory, size_t bytes) {
    struct counts *caller = counts_of(__builtin_return_address(0));
    if (memory == NULL) {
        return allocate(bytes, caller);
    }
    struct header *header = header_of(memory);
    char *base = __libc_malloc(sizeof *header + bytes);
    if (base == NULL) {
        return NULL;
    }
    (void)atomic_fetch_add(&caller->reallocations, 1);
    memcpy(base + sizeof *header, memory, header->bytes < bytes ? header->bytes : bytes);
    *(struct header *)(void *)base =
        (struct header){.owner = header->owner, .base = base, .bytes = bytes, .mark = MARK};
    __libc_free(header->base);
    return base + sizeof *header;
}

void *memalign(size_t alignment, size_t bytes) {
    return allocate_aligned(alignment, bytes, counts_of(__builtin_return_address(0)));
}

void *aligned_alloc(size_t alignment, size_t bytes) {
    return allocate_aligned(alignment, bytes, counts_of(__builtin_return_address(0)));
}

int posix_memalign(void **out, size_t alignment, size_t bytes) {
    *out = allocate_aligned(alignment, bytes, counts_of(__builtin_return_address(0)));
    return *out != NULL ? 0 : ENOMEM;
}

size_t malloc_usable_size(void *memory) {
    return memory != NULL ? header_of(memory)->bytes : 0;
}

void free(void *memory) {
    if (memory == NULL) {
        return;
    }
    struct header *header = header_of(memory);
    if (header->mark != MARK) {
        return; /* allocated before this library was loaded */
    }
    (void)atomic_fetch_add(&header->owner->releases, 1);
    header->mark = 0;
    __libc_free(header->base);
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
