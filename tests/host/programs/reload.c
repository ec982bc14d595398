/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Loads the library, uses it and unloads it, many times: reload LIBRARY FOLDER TIMES. Nothing may remain in the
 * process: memory, descriptors, threads, keys of threads, mappings.
 */

#include <libregistry.h>

#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_EVERY 5
#define GROWTH_BYTES ((size_t)32 << 10) /* in the second half: in the first, the C library fills its own caches */

/* Of the types of the headers, so that a change of a function is noticed here. */
struct library {
    void *handle;
    __typeof__(lreg_options_new) *options_new;
    __typeof__(lreg_options_set_directory) *set_directory;
    __typeof__(lreg_options_set_durable) *set_durable;
    __typeof__(lreg_open) *open;
    __typeof__(lreg_organization_settings_new) *settings_new;
    __typeof__(lreg_organization_settings_set_slug) *set_slug;
    __typeof__(lreg_organization_settings_free) *settings_free;
    __typeof__(lreg_organization_create) *create;
    __typeof__(lreg_close) *close;
    __typeof__(lreg_options_free) *options_free;
};

/* dlsym() returns an object pointer, which C does not convert to a function pointer. */
static int find(const struct library *library, const char *name, void *function, size_t bytes) {
    void *address = dlsym(library->handle, name);
    memcpy(function, &address, bytes);
    return address != NULL;
}
#define FIND(library, member, name) find(library, name, &(library)->member, sizeof(library)->member)

static int load(const char *path, struct library *library) {
    library->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library->handle == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 0;
    }
    return FIND(library, options_new, "lreg_options_new") &&
           FIND(library, set_directory, "lreg_options_set_directory") &&
           FIND(library, set_durable, "lreg_options_set_durable") && FIND(library, open, "lreg_open") &&
           FIND(library, settings_new, "lreg_organization_settings_new") &&
           FIND(library, set_slug, "lreg_organization_settings_set_slug") &&
           FIND(library, settings_free, "lreg_organization_settings_free") &&
           FIND(library, create, "lreg_organization_create") && FIND(library, close, "lreg_close") &&
           FIND(library, options_free, "lreg_options_free");
}

static int use(const struct library *library, const char *folder) {
    lreg_options *options = NULL;
    lreg_instance *instance = NULL;
    lreg_organization_settings *settings = NULL;
    int is_well =
        library->options_new(&options, NULL) == LREG_OK && library->set_directory(options, folder, NULL) == LREG_OK &&
        library->set_durable(options, 0, NULL) == LREG_OK && library->open(options, &instance, NULL) == LREG_OK &&
        library->settings_new(&settings, NULL) == LREG_OK && library->set_slug(settings, "acme", NULL) == LREG_OK;
    lreg_status status = library->create(instance, settings, NULL, NULL);
    is_well = is_well && (status == LREG_OK || status == LREG_CONFLICT);
    library->settings_free(settings);
    library->close(instance);
    library->options_free(options);
    return is_well;
}

static size_t entries_of(const char *path) {
    DIR *folder = opendir(path);
    size_t count = 0;
    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count;
}

/* Mappings of the library itself, which must be gone. */
static size_t mappings_of(const char *name) {
    FILE *file = fopen("/proc/self/maps", "r");
    char line[4096];
    size_t count = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        count += strstr(line, name) != NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    return count;
}

struct state {
    size_t bytes;
    size_t descriptors;
    size_t threads;
    size_t mappings;
};

static struct state now(void) {
    return (struct state){.bytes = mallinfo2().uordblks + mallinfo2().hblkhd,
                          .descriptors = entries_of("/proc/self/fd"),
                          .threads = entries_of("/proc/self/task"),
                          .mappings = mappings_of("/libregistry.so")};
}

int main(int argc, char **argv) {
    struct library library;
    struct state before = {0};
    if (argc != 4) {
        fprintf(stderr, "usage: %s LIBRARY FOLDER TIMES\n", argv[0]);
        return EXIT_FAILURE;
    }
    long times = strtol(argv[3], NULL, 10);
    for (long i = 0; i < times; i++) {
        if (i == times / 2) {
            before = now();
        }
        if (!load(argv[1], &library) || (i % OPEN_EVERY == 0 && !use(&library, argv[2])) ||
            dlclose(library.handle) != 0) {
            fprintf(stderr, "the %ld. time it failed\n", i + 1);
            return EXIT_FAILURE;
        }
    }
    struct state after = now();
    printf("after %ld times: %zu -> %zu bytes, %zu -> %zu descriptors, %zu -> %zu threads, %zu -> %zu mappings\n",
           times, before.bytes, after.bytes, before.descriptors, after.descriptors, before.threads, after.threads,
           before.mappings, after.mappings);
    int is_even = after.bytes <= before.bytes + GROWTH_BYTES && after.descriptors == before.descriptors &&
                  after.threads == before.threads && after.mappings == 0;
    return is_even ? EXIT_SUCCESS : EXIT_FAILURE;
}
