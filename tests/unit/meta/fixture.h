/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_META_FIXTURE_H
#define UNIT_META_FIXTURE_H

/* A database on an allocator that counts and can fail, and initial rows: `*state` is a struct fixture. */

#include "meta/meta.h"
#include "support/failing_allocator.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURE_ARENA_BYTES ((size_t)16 << 20)
#define FIXTURE_TIMEOUT_MS 120000 /* valgrind on a busy machine is slow */

struct fixture {
    struct failing_allocator memory;
    struct hooks hooks;
    struct meta *meta; /* NULL: the test opens it */
    struct arena arena;
    struct error err;
    char directory[64]; /* made by mkdtemp, removed with its content; "" for a database in memory */
    size_t steps; /* steps that fixture_step_fault() has seen */
    size_t fail_at; /* the step that fails, from 1 on; 0: none */
    int fail_with;
};

/* A step_fault: fails the step `fail_at`. */
static inline int fixture_step_fault(void *user) {
    struct fixture *fixture = user;
    fixture->steps++;
    return fixture->steps == fixture->fail_at ? fixture->fail_with : 0;
}

static inline void fixture_remove_directory(const char *directory) {
    static const char *const names[] = {"registry.db", "registry.db-wal", "registry.db-shm", "registry.db-journal",
                                        "copy.db"};
    char path[512];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(directory), 0);
}

static inline void fixture_make_directory(struct fixture *fixture) {
    (void)snprintf(fixture->directory, sizeof fixture->directory, "/tmp/test_meta_XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
}

/* Appends to a text of `size` bytes in all. */
static inline void fixture_append(char *text, size_t size, const char *more) {
    size_t length = strlen(text);
    assert_true(strlen(more) < size - length);
    (void)snprintf(text + length, size - length, "%s", more);
}

static inline struct meta_options fixture_options(struct fixture *fixture) {
    struct meta_options options = {
        .directory = fixture->directory[0] != '\0' ? fixture->directory : NULL,
        .busy_timeout_ms = FIXTURE_TIMEOUT_MS,
    };
    return options;
}

static inline struct fixture *fixture_new(bool on_disk) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    failing_allocator_init(&fixture->memory);
    hooks_default(&fixture->hooks);
    fixture->hooks.allocator = failing_allocator_hook(&fixture->memory);
    arena_init(&fixture->arena, &fixture->hooks, FIXTURE_ARENA_BYTES);
    if (on_disk) {
        fixture_make_directory(fixture);
    }
    return fixture;
}

static inline void fixture_open(struct fixture *fixture) {
    struct meta_options options = fixture_options(fixture);
    lreg_status status = meta_open(&fixture->hooks, &options, &fixture->meta, &fixture->err);
    if (status != LREG_OK) {
        print_error("meta_open: %s\n", fixture->err.message);
    }
    assert_int_equal(status, LREG_OK);
}

static inline void fixture_reopen(struct fixture *fixture) {
    meta_close(fixture->meta);
    fixture_open(fixture);
}

static inline int fixture_free(void **state) {
    struct fixture *fixture = *state;
    meta_close(fixture->meta);
    arena_free(&fixture->arena);
    size_t left = failing_allocator_live_blocks(&fixture->memory);
    if (fixture->directory[0] != '\0') {
        fixture_remove_directory(fixture->directory);
    }
    free(fixture);
    return left == 0 ? 0 : -1;
}

/* Two initial states: a folder without a database yet, and a database in memory with an organization "o1" ("acme") that
 * has the registries "r1" ("files") and "r2" ("images"). */
static inline int fixture_setup_directory(void **state) {
    *state = fixture_new(true);
    return 0;
}

static inline struct meta_transaction *fixture_begin(struct fixture *fixture, enum meta_mode mode) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(fixture->meta, mode, &transaction, &fixture->err);
    if (status != LREG_OK) {
        print_error("meta_begin: %s\n", fixture->err.message);
    }
    assert_int_equal(status, LREG_OK);
    return transaction;
}

static inline void fixture_commit(struct fixture *fixture, struct meta_transaction *transaction) {
    assert_int_equal(meta_commit(transaction, &fixture->err), LREG_OK);
}

static inline lreg_status fixture_add_registry(struct meta_transaction *transaction, const char *id, const char *slug,
                                               struct error *err) {
    const struct meta_registry row = {
        .id = id,
        .organization_id = "o1",
        .slug = slug,
        .name = slug,
        .ecosystem = "files",
        .storage = "main",
        .created_ms = 1,
        .updated_ms = 1,
    };
    return meta_registry_insert(transaction, &row, err);
}

static inline void fixture_add_owners(struct fixture *fixture) {
    static const struct meta_organization organization = {.id = "o1", .slug = "acme", .name = "Acme", .created_ms = 1};
    struct meta_transaction *transaction = fixture_begin(fixture, META_WRITE);
    assert_int_equal(meta_organization_insert(transaction, &organization, &fixture->err), LREG_OK);
    assert_int_equal(fixture_add_registry(transaction, "r1", "files", &fixture->err), LREG_OK);
    assert_int_equal(fixture_add_registry(transaction, "r2", "images", &fixture->err), LREG_OK);
    fixture_commit(fixture, transaction);
}

static inline int fixture_setup(void **state) {
    struct fixture *fixture = fixture_new(false);
    fixture_open(fixture);
    fixture_add_owners(fixture);
    *state = fixture;
    return 0;
}

/* A blob whose digest begins with `number`. */
static inline int64_t fixture_add_blob(struct meta_transaction *transaction, uint32_t number, uint64_t size_bytes) {
    char key[32];
    int64_t id = 0;
    struct meta_blob row = {.storage = "main", .size_bytes = size_bytes, .key = key, .created_ms = 1};
    (void)snprintf(key, sizeof key, "key-%u", number);
    memcpy(row.sha256, &number, sizeof number);
    assert_int_equal(meta_blob_insert(transaction, &row, &id, NULL), LREG_OK);
    return id;
}

static inline struct meta_package fixture_package(const char *id, const char *name, const char *version,
                                                  const char *filename, int64_t created_ms) {
    struct meta_package row = {
        .id = id,
        .registry_id = "r1",
        .name = name,
        .version = version,
        .filename = filename,
        .created_ms = created_ms,
        .updated_ms = created_ms,
    };
    return row;
}

static inline void fixture_check(struct fixture *fixture) {
    lreg_status status = meta_check(fixture->meta, &fixture->err);
    if (status != LREG_OK) {
        print_error("meta_check: %s\n", fixture->err.message);
    }
    assert_int_equal(status, LREG_OK);
}

#endif
