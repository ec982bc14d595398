/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_ECOSYSTEMS_ALPINE_FIXTURE_H
#define UNIT_ECOSYSTEMS_ALPINE_FIXTURE_H

/* Shared by the tests of this room: a counting allocator, an arena on it, and the fixture packages when they are
 * available. `*state` is a struct fixture. */

#include "ecosystems/alpine/package_reader.h"
#include "support/apk_builder.h"
#include "support/failing_allocator.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct fixture {
    struct failing_allocator memory;
    struct hooks hooks;
    struct arena arena;
};

static inline int fixture_setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL) {
        return -1;
    }
    failing_allocator_init(&fixture->memory);
    hooks_default(&fixture->hooks);
    fixture->hooks.allocator = failing_allocator_hook(&fixture->memory);
    arena_init(&fixture->arena, &fixture->hooks, (size_t)4 << 20);
    *state = fixture;
    return 0;
}

static inline int fixture_teardown(void **state) {
    struct fixture *fixture = *state;
    arena_free(&fixture->arena);
    size_t left = failing_allocator_live_blocks(&fixture->memory);
    free(fixture);
    return left == 0 ? 0 : -1;
}

/* The folder of the fixture packages; NULL when it does not exist. */
static inline const char *fixture_folder(char *out, size_t size) {
    struct stat entry;
    const char *named = getenv("LREG_FIXTURES");
    (void)snprintf(out, size, "%s/apk", named != NULL ? named : LREG_TEST_SOURCE "/../shared/fixtures");
    return stat(out, &entry) == 0 ? out : NULL;
}

/* The whole file; `bytes` is NULL when it cannot be read. */
static inline struct apk_bytes fixture_read(const char *folder, const char *name) {
    char path[1024];
    char piece[16384];
    struct apk_bytes all = {0};
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "rb") : NULL;
    if (file == NULL) {
        return all;
    }
    apk_append(&all, "", 0);
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;) {
        apk_append(&all, piece, got);
    }
    (void)fclose(file);
    return all;
}

static const struct alpine_package_limits fixture_ample = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};

/* Without an end of the turn everything is read. */
static inline lreg_status fixture_write(struct alpine_package_reader *reader, const void *bytes, size_t length,
                                        struct error *err) {
    size_t taken = 0;
    lreg_status status = alpine_package_reader_take(reader, bytes, length, NULL, &taken, err);
    assert_true(status != LREG_OK || taken == length);
    return status;
}

/* Reads a package in writes of `step` bytes (0: all at once) until a failure. `*out` is NULL when memory is out;
 * otherwise the caller frees it, also after a failure. */
static inline lreg_status fixture_judge(const struct hooks *hooks, const struct apk_bytes *package, size_t step,
                                        struct alpine_package_reader **out, struct error *err) {
    lreg_status status = alpine_package_reader_new(hooks, &fixture_ample, out, err);
    for (size_t at = 0; status == LREG_OK && at < package->length;) {
        size_t piece = step == 0 || step > package->length - at ? package->length - at : step;
        status = fixture_write(*out, package->bytes + at, piece, err);
        at += piece;
    }
    return status == LREG_OK ? alpine_package_reader_finish(*out, err) : status;
}

#endif
