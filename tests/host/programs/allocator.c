/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Plays the whole story on an instance with its own allocator while libcounting.so is preloaded: the library must take
 * all of its memory from that allocator, and return all of it. Prints what the libraries below it allocate.
 */

#include "counting_preload.h"

#include "support/failing_allocator.h"
#include "support/story.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULES_MAX 256
#define SETTINGS_ALLOCATIONS 6 /* of the story: settings exist without an instance (docs/abi.md, "Memory") */

static struct counting_module modules[MODULES_MAX];

struct counting {
    size_t (*read)(struct counting_module *modules, size_t capacity);
    void (*reset)(void);
};

/* dlsym() returns an object pointer, which C does not convert to a function pointer. */
static void find(const char *name, void *function, size_t bytes) {
    void *address = dlsym(RTLD_DEFAULT, name);
    memcpy(function, &address, bytes);
}

static size_t calls_of(const struct counting_module *module) {
    return module->allocations + module->reallocations + module->releases;
}

static int is_library(const struct counting_module *module) {
    return strncmp(module->name, "libregistry.so", 14) == 0;
}

static int is_below(const struct counting_module *module) {
    return module->name[0] != '\0' && strncmp(module->name, "libcmocka", 9) != 0;
}

struct sums {
    size_t own; /* allocations of the library itself */
    size_t left; /* blocks that were not freed */
};

static void show(size_t count, int through_libc, struct sums *sums) {
    for (size_t i = 0; i < count; i++) {
        const struct counting_module *module = &modules[i];
        if (module->through_libc != through_libc || calls_of(module) == 0 || !is_below(module)) {
            continue;
        }
        printf("%s%-20s %8zu allocations %6zu reallocations %8zu releases %10zu bytes\n",
               through_libc ? "libc for " : "         ", module->name, module->allocations, module->reallocations,
               module->releases, module->bytes);
        sums->left += module->allocations - module->releases;
        if (is_library(module) && !through_libc) {
            sums->own += module->allocations + module->reallocations;
        }
    }
}

static int fail(const char *what, const lreg_error *err) {
    printf("%s: %s\n", what, lreg_error_message(err));
    return EXIT_FAILURE;
}

static int play(const char *folder, const struct counting *counting, struct failing_allocator *memory) {
    lreg_error *err = NULL;
    lreg_options *options = NULL;
    lreg_instance *instance = NULL;
    char backup[256];
    const lreg_allocator allocator = failing_allocator_hook(memory);
    snprintf(backup, sizeof backup, "%s.copy", folder);
    if (lreg_options_new(&options, &err) != LREG_OK || lreg_options_set_directory(options, folder, &err) != LREG_OK ||
        lreg_options_set_durable(options, 0, &err) != LREG_OK ||
        lreg_options_set_allocator(options, &allocator, &err) != LREG_OK) {
        return fail("options", err);
    }
    counting->reset();
    if (lreg_open(options, &instance, &err) != LREG_OK) {
        return fail("open", err);
    }
    free(story_play(instance, backup));
    lreg_close(instance);
    size_t count = counting->read(modules, MODULES_MAX);
    struct sums sums = {0};
    show(count, 0, &sums);
    show(count, 1, &sums);
    lreg_options_free(options);
    printf("the instance's allocator: %zu allocations, at most %zu bytes at once, %zu blocks left\n",
           (size_t)atomic_load(&memory->calls), failing_allocator_peak_bytes(memory),
           failing_allocator_live_blocks(memory));
    if (sums.own > SETTINGS_ALLOCATIONS || sums.left != 0 || failing_allocator_live_blocks(memory) != 0) {
        printf("the library called malloc and its relatives %zu times; %zu blocks are left\n", sums.own, sums.left);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    struct counting counting;
    struct failing_allocator memory;
    find("counting_preload_read", &counting.read, sizeof counting.read);
    find("counting_preload_reset", &counting.reset, sizeof counting.reset);
    if (argc != 2 || counting.read == NULL) {
        fprintf(stderr, "usage: LD_PRELOAD=libcounting.so %s FOLDER\n", argv[0]);
        return EXIT_FAILURE;
    }
    size_t count = counting.read(modules, MODULES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (is_library(&modules[i]) && calls_of(&modules[i]) > 0) {
            printf("the library allocates when it is loaded\n");
            return EXIT_FAILURE;
        }
    }
    failing_allocator_init(&memory);
    return play(argv[1], &counting, &memory);
}
