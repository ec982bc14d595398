/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COMPONENT_FIXTURE_H
#define COMPONENT_FIXTURE_H

/*
 * Shared by the tests of the C API: an instance in memory or in a temporary folder, with a counting allocator and a
 * clock that stands still until a test moves it; and one-line calls that must succeed. Public headers only.
 */

#include "support/failing_allocator.h"
#include "support/objects.h"
#include <libregistry.h>

#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURE_NOW INT64_C(1795230245678) /* 2026-11-21T03:04:05.678Z */

struct fixture {
    struct failing_allocator memory;
    atomic_llong now_ms;
    atomic_llong leapt_ms; /* the part of it from leaps of the clock, during which no time passed */
    char folder[64]; /* "" when everything is in memory */
    lreg_options *options;
    lreg_instance *instance;
};

/* Fails the test with the message of the error, unless the call went well. */
static inline void check_at(const char *file, int line, lreg_status status, lreg_error *err) {
    if (status != LREG_OK) {
        print_error("%s:%d: %s: %s\n", file, line, lreg_status_name(status), lreg_error_message(err));
        lreg_error_free(err);
        fail();
    }
    assert_null(err);
}
#define CHECK(status, err) check_at(__FILE__, __LINE__, (status), (err))

/* The call must fail with this status and code, and with an error object that says the same. Frees the error object. */
static inline void expect_at(const char *file, int line, lreg_status status, lreg_error **err, lreg_status wanted,
                             const char *code) {
    if (status != wanted || *err == NULL || lreg_error_status(*err) != wanted ||
        strcmp(lreg_error_code(*err), code) != 0 || lreg_error_message(*err)[0] == '\0') {
        print_error("%s:%d: %s, code \"%s\": %s\n", file, line, lreg_status_name(status), lreg_error_code(*err),
                    lreg_error_message(*err));
        lreg_error_free(*err);
        *err = NULL;
        fail();
    }
    lreg_error_free(*err);
    *err = NULL;
}
#define EXPECT(status, err, wanted, code) expect_at(__FILE__, __LINE__, (status), (err), (wanted), (code))

static inline int64_t fixture_now(void *user) {
    struct fixture *fixture = user;
    return atomic_load(&fixture->now_ms);
}

static inline int64_t fixture_uptime(void *user) {
    struct fixture *fixture = user;
    return atomic_load(&fixture->now_ms) - atomic_load(&fixture->leapt_ms);
}

static inline void fixture_leap(struct fixture *fixture, int64_t ms) {
    atomic_fetch_add(&fixture->now_ms, ms);
    atomic_fetch_add(&fixture->leapt_ms, ms);
}

static inline void fixture_make_folder(char folder[64]) {
    snprintf(folder, 64, "/tmp/lreg-component-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static inline int fixture_remove_entry(const char *path, const struct stat *facts, int type, struct FTW *walk) {
    (void)facts;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void fixture_remove_folder(const char *folder) {
    if (folder[0] != '\0') {
        assert_int_equal(nftw(folder, fixture_remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
    }
}

/* Options with the counting allocator and the fixed clock, not durable (tests cut no power). */
static inline void fixture_prepare(struct fixture *fixture) {
    lreg_error *err = NULL;
    memset(fixture, 0, sizeof *fixture);
    failing_allocator_init(&fixture->memory);
    atomic_init(&fixture->now_ms, FIXTURE_NOW);
    atomic_init(&fixture->leapt_ms, 0);
    const lreg_allocator allocator = failing_allocator_hook(&fixture->memory);
    const lreg_clock clock = {
        .size = sizeof clock, .user = fixture, .now_ms = fixture_now, .uptime_ms = fixture_uptime};
    CHECK(lreg_options_new(&fixture->options, &err), err);
    CHECK(lreg_options_set_allocator(fixture->options, &allocator, &err), err);
    CHECK(lreg_options_set_clock(fixture->options, &clock, &err), err);
    CHECK(lreg_options_set_durable(fixture->options, 0, &err), err);
}

static inline void fixture_open(struct fixture *fixture) {
    lreg_error *err = NULL;
    CHECK(lreg_open(fixture->options, &fixture->instance, &err), err);
    assert_non_null(fixture->instance);
}

static inline void fixture_open_memory(struct fixture *fixture) {
    fixture_prepare(fixture);
    fixture_open(fixture);
}

static inline void fixture_open_folder(struct fixture *fixture) {
    lreg_error *err = NULL;
    fixture_prepare(fixture);
    fixture_make_folder(fixture->folder);
    CHECK(lreg_options_set_directory(fixture->options, fixture->folder, &err), err);
    fixture_open(fixture);
}

/* Frees everything; every byte that the instance allocated must be freed again. */
static inline void fixture_close(struct fixture *fixture) {
    lreg_close(fixture->instance);
    lreg_options_free(fixture->options);
    assert_int_equal(failing_allocator_live_blocks(&fixture->memory), 0);
    assert_int_equal(failing_allocator_live_bytes(&fixture->memory), 0);
    fixture_remove_folder(fixture->folder);
}

/* --- calls that succeed --- */

static inline void make_organization(lreg_instance *instance, const char *slug) {
    lreg_error *err = NULL;
    CHECK(objects_organization_create(instance, slug, NULL, NULL, &err), err);
}

static inline lreg_registry_settings *settings_of(const char *name, const char *ecosystem) {
    lreg_error *err = NULL;
    lreg_registry_settings *settings = NULL;
    CHECK(lreg_registry_settings_new(&settings, &err), err);
    if (name != NULL) {
        CHECK(lreg_registry_settings_set_name(settings, name, &err), err);
    }
    if (ecosystem != NULL) {
        CHECK(lreg_registry_settings_set_ecosystem(settings, ecosystem, &err), err);
    }
    return settings;
}

static inline lreg_registry *make_registry(lreg_instance *instance, const char *organization, const char *name,
                                           const char *ecosystem) {
    lreg_error *err = NULL;
    lreg_registry *registry = NULL;
    lreg_registry_settings *settings = settings_of(name, ecosystem);
    CHECK(lreg_registry_create(instance, organization, settings, &registry, &err), err);
    lreg_registry_settings_free(settings);
    return registry;
}

/* "acme/files", a files registry. */
static inline lreg_registry *make_files(lreg_instance *instance) {
    make_organization(instance, "acme");
    return make_registry(instance, "acme", "files", "files");
}

static inline lreg_registry *find_files(lreg_instance *instance) {
    lreg_error *err = NULL;
    lreg_registry *registry = NULL;
    CHECK(lreg_registry_find(instance, "acme", "files", &registry, &err), err);
    return registry;
}

/* Publishes as far as it can: returns the status of the first call that failed, or of finish. */
static inline lreg_status try_publish(lreg_instance *instance, const lreg_registry *registry, const char *filename,
                                      const void *bytes, size_t length, lreg_package **out, lreg_bool *out_created,
                                      lreg_error **err) {
    lreg_publication *publication = NULL;
    lreg_status status = lreg_publication_open(instance, registry, filename, &publication, err);
    if (status == LREG_OK) {
        status = lreg_publication_write(publication, bytes, length, err);
    }
    if (status == LREG_OK) {
        status = lreg_publication_finish(publication, out, out_created, err);
    }
    lreg_publication_close(publication);
    return status;
}

static inline lreg_package *publish_text(lreg_instance *instance, const lreg_registry *registry, const char *filename,
                                         const char *text) {
    lreg_error *err = NULL;
    lreg_package *package = NULL;
    lreg_bool created = 0;
    CHECK(try_publish(instance, registry, filename, text, strlen(text), &package, &created, &err), err);
    assert_non_null(package);
    assert_true(created);
    return package;
}

/* The package of that name consists of exactly these bytes. */
static inline void check_content(lreg_instance *instance, const lreg_registry *registry, const char *filename,
                                 const void *bytes, size_t length) {
    lreg_error *err = NULL;
    lreg_package *package = NULL;
    lreg_package_reader *content = NULL;
    size_t got = 0;
    char *copy = malloc(length + 1);
    assert_non_null(copy);
    CHECK(lreg_package_find(instance, registry, filename, &package, &err), err);
    CHECK(lreg_package_reader_open(instance, package, &content, &err), err);
    assert_int_equal(lreg_package_reader_length(content), length);
    CHECK(lreg_package_reader_read(content, 0, copy, length + 1, &got, &err), err);
    assert_int_equal(got, length);
    assert_memory_equal(copy, bytes, length);
    free(copy);
    lreg_package_reader_close(content);
    lreg_package_free(package);
}

static inline size_t count_packages(lreg_instance *instance, const lreg_registry *registry, const char *name_contains) {
    lreg_error *err = NULL;
    lreg_package_list *list = NULL;
    lreg_package *package = NULL;
    size_t count = 0;
    CHECK(lreg_package_list_open(
              instance, registry,
              &(lreg_package_filter){.size = sizeof(lreg_package_filter), .name_contains = name_contains}, &list, &err),
          err);
    for (;;) {
        CHECK(lreg_package_list_next(list, &package, &err), err);
        if (package == NULL) {
            break;
        }
        count++;
        lreg_package_free(package);
    }
    lreg_package_list_close(list);
    return count;
}

#endif
