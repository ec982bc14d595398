/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_CORE_STORE_H
#define UNIT_CORE_STORE_H

/*
 * An instance with one registry whose storage, database steps and memory can be made to fail, and the checks that must
 * hold after each failure. Its clock is a minute ahead of the real one, so that files just made are not "young".
 */

#include "core/content/content.h"
#include "core/content/stages.h"
#include "core/purge.h"
#include "core/rules.h"
#include "core/upkeep/collection_pause.h"
#include "core/upkeep/maintenance.h"
#include "fixture.h"

#include "core/instance/state.h"

#include "storage/filesystem/filesystem.h"
#include "support/failing_allocator.h"
#include "support/fault_backend.h"

#include <sys/stat.h>

/* Called before each step of a statement: fails the n-th, or runs a function at it. */
struct steps {
    atomic_uint_least64_t calls;
    uint64_t at; /* 0: never */
    int code; /* returned at `at` */
    void (*act)(void *user);
    void *user;
    atomic_bool hit;
};

struct store {
    struct fixture base;
    struct failing_allocator memory;
    struct fault_backend fault;
    lreg_storage_backend table;
    struct steps steps;
    struct core *core; /* same as base.core */
    const struct core_organization *organization;
    const struct core_registry *registry;
};

static inline int store_step(void *user) {
    struct steps *steps = user;
    uint64_t call = atomic_fetch_add(&steps->calls, 1) + 1;
    if (steps->at == 0 || call != steps->at) {
        return 0;
    }
    atomic_store(&steps->hit, true);
    if (steps->act != NULL) {
        steps->act(steps->user);
    }
    return steps->code;
}

static inline void steps_arm(struct steps *steps, uint64_t at, int code) {
    steps->at = at;
    steps->code = code;
    steps->act = NULL;
    atomic_store(&steps->hit, false);
    atomic_store(&steps->calls, 0);
}

static inline void steps_interpose(struct steps *steps, uint64_t at, void (*act)(void *user), void *user) {
    steps_arm(steps, at, 0);
    steps->act = act;
    steps->user = user;
}

static inline void steps_disarm(struct steps *steps) {
    steps->at = 0;
}

/* Opens the directory's storage wrapped in the fault backend. */
static inline void store_open(struct store *store) {
    lreg_storage_backend inner;
    void *state = NULL;
    struct fixture *base = &store->base;
    assert_int_equal(storage_filesystem_table(&base->options.hooks, base->directory, false, &inner, &state, NULL),
                     LREG_OK);
    fault_backend_wrap(&store->fault, &inner, state, &store->table);
    base->options.backend = &store->table;
    base->options.backend_state = &store->fault;
    base->options.backend_name = CORE_STORAGE_LOCAL; /* store_second() opens the same files */
    fixture_reopen(base);
    store->core = base->core;
}

static inline void store_prepare(struct store *store) {
    struct hooks real;
    memset(store, 0, sizeof *store);
    fixture_prepare(&store->base);
    hooks_default(&real);
    atomic_store(&store->base.now_ms, hooks_now_ms(&real) + 60000);
    failing_allocator_init(&store->memory);
    store->base.options.hooks.allocator = failing_allocator_hook(&store->memory);
    store->base.options.step_fault = store_step;
    store->base.options.step_fault_user = &store->steps;
    fixture_make_directory(&store->base);
}

static inline void store_make_registry(struct store *store) {
    store->organization = fixture_organization(store->core, "acme");
    store->registry = fixture_registry(store->core, store->organization, "files", false);
}

static inline void store_begin(struct store *store) {
    store_prepare(store);
    store_open(store);
    store_make_registry(store);
}

/* Everything was released. */
static inline void store_end(struct store *store) {
    core_registry_release(store->registry);
    core_organization_release(store->organization);
    fixture_close(&store->base);
    assert_int_equal(fault_backend_open_handles(&store->fault), 0);
    assert_int_equal(failing_allocator_live_blocks(&store->memory), 0);
}

/* The directory's own storage, without the fault backend, as backups need it. */
static inline void store_begin_plain(struct store *store) {
    store_prepare(store);
    fixture_reopen(&store->base);
    store->core = store->base.core;
    store_make_registry(store);
}

/* The blob of the one package that is published. */
static inline struct meta_blob only_blob(struct store *store, struct arena *arena) {
    struct meta_transaction *transaction = NULL;
    struct meta_blob *blobs = NULL;
    size_t count = 0;
    assert_int_equal(meta_begin(store->core->meta, META_READ, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_blob_list(transaction, store->core->storage_name, 0, 10, arena, &blobs, &count, NULL),
                     LREG_OK);
    meta_rollback(transaction);
    assert_int_equal(count, 1);
    return blobs[0];
}

/* Another instance on the same directory, as in another process; its statements are not interposed. */
static inline struct core *store_second(struct store *store, int32_t busy_timeout_ms) {
    struct core *core = NULL;
    struct error err = {0};
    struct core_options options = store->base.options;
    options.backend = NULL;
    options.backend_state = NULL;
    options.backend_name = NULL;
    options.step_fault = NULL;
    options.busy_timeout_ms = busy_timeout_ms;
    if (core_open(&options, &core, &err) != LREG_OK) {
        fail_msg("core_open: %s", err.message);
    }
    return core;
}

/* --- Publishing --- */

struct publication {
    struct core *core;
    const struct core_registry *registry;
    const char *filename;
    struct arena arena;
    struct digest_set digests;
    uint64_t length;
    struct meta_package row;
    bool created;
    bool replace;
    const char *upload_id; /* of the session that it ends, or NULL */
    lreg_status outcome; /* LREG_OK, or the final result of the callback */
};

static inline lreg_status publication_named(void *user, struct meta_transaction *transaction, int64_t blob_id,
                                            struct error *err) {
    struct publication *this = user;
    this->row = (struct meta_package){
        .name = this->filename,
        .version = "",
        .qualifier = "",
        .filename = this->filename,
        .media_type = "application/octet-stream",
        .size_bytes = this->length,
        .blob_id = blob_id,
        .digests = this->digests,
        .attributes = "",
        .index_entry = "",
    };
    lreg_status status = core_package_put(this->core, transaction, &core_actor_host, this->registry, &this->row,
                                          this->replace, &this->created, &this->arena, err);
    if (status == LREG_OK && this->upload_id != NULL) {
        status = meta_upload_delete(transaction, this->upload_id, err);
    }
    return status == LREG_OK && this->outcome != LREG_OK ? error_set(err, this->outcome, "made_up", "made up") : status;
}

/* Publishes the content of `writer`; frees the writer. */
static inline lreg_status publication_finish(struct publication *this, struct core_blob_writer *writer,
                                             struct error *err) {
    core_blob_writer_finish(writer, &this->digests);
    this->length = core_blob_writer_length(writer);
    arena_init(&this->arena, core_hooks(this->core), 1 << 20);
    lreg_status status = core_blob_publish(writer, publication_named, this, err);
    arena_free(&this->arena);
    core_blob_writer_free(writer);
    return status;
}

static inline lreg_status publish_with(struct publication *this, const void *bytes, size_t length, struct error *err) {
    struct core_blob_writer *writer = NULL;
    lreg_status status = core_blob_writer_new(this->core, 0, UINT64_MAX, &writer, err);
    if (status != LREG_OK) {
        return status;
    }
    status = core_blob_writer_write(writer, bytes, length, err);
    if (status != LREG_OK) {
        core_blob_writer_free(writer);
        return status;
    }
    return publication_finish(this, writer, err);
}

static inline lreg_status publish_text(struct core *core, const struct core_registry *registry, const char *filename,
                                       const char *text, struct error *err) {
    struct publication this = {.core = core, .registry = registry, .filename = filename};
    return publish_with(&this, text, strlen(text), err);
}

static inline void must_publish(struct store *store, const char *filename, const char *text) {
    struct error err = {0};
    if (publish_text(store->core, store->registry, filename, text, &err) != LREG_OK) {
        fail_msg("publish %s: %s (%s)", filename, err.message, err.code);
    }
}

static inline void must_delete(struct store *store, const char *filename) {
    const struct core_package *package = NULL;
    assert_int_equal(core_package_find_by_filename(store->core, store->registry, filename, &package, NULL), LREG_OK);
    assert_int_equal(core_package_delete(store->core, &core_actor_host, package, NULL), LREG_OK);
    core_package_release(package);
}

static inline void must_delete_if_there(struct store *store, const char *filename) {
    const struct core_package *package = NULL;
    lreg_status status = core_package_find_by_filename(store->core, store->registry, filename, &package, NULL);
    if (status == LREG_OK) {
        assert_int_equal(core_package_delete(store->core, &core_actor_host, package, NULL), LREG_OK);
    }
    core_package_release(package);
}

/* --- Invariants --- */

static inline lreg_status read_package_text(struct core *core, const struct core_registry *registry,
                                            const char *filename, char *out, size_t capacity) {
    const struct core_package *package = NULL;
    struct storage_object *object = NULL;
    uint64_t length = 0;
    out[0] = '\0';
    lreg_status status = core_package_find_by_filename(core, registry, filename, &package, NULL);
    if (status == LREG_OK) {
        status = core_package_open(core, package, &object, &length, NULL);
    }
    if (status == LREG_OK) {
        assert_true(length < capacity);
        status = storage_object_read(object, 0, out, (size_t)length, NULL);
        out[length] = '\0';
    }
    storage_object_close(object);
    core_package_release(package);
    return status;
}

static inline void assert_package(struct core *core, const struct core_registry *registry, const char *filename,
                                  const char *text) {
    char got[4096];
    assert_int_equal(read_package_text(core, registry, filename, got, sizeof got), LREG_OK);
    assert_string_equal(got, text);
}

static inline void assert_no_package(struct core *core, const struct core_registry *registry, const char *filename) {
    char got[4096];
    assert_int_equal(read_package_text(core, registry, filename, got, sizeof got), LREG_NOT_FOUND);
}

static inline lreg_status count_one(void *user, const char *name, int64_t modified_ms, uint64_t length,
                                    struct error *err) {
    size_t *count = user;
    (void)name;
    (void)modified_ms;
    (void)length;
    (void)err;
    (*count)++;
    return LREG_OK;
}

static inline size_t count_stored(struct core *core, int32_t what) {
    size_t count = 0;
    assert_int_equal(storage_visit_all(core->storage, what, count_one, &count, NULL), LREG_OK);
    return count;
}

static inline lreg_status print_finding(void *user, const char *message) {
    (void)user;
    print_error("finding: %s\n", message);
    return LREG_OK;
}

static inline struct core_verify_report assert_sound(struct core *core) {
    struct core_verify_report report;
    struct error err = {0};
    if (core_verify(core, print_finding, NULL, &report, &err) != LREG_OK) {
        fail_msg("core_verify: %s", err.message);
    }
    assert_int_equal(report.missing, 0);
    assert_int_equal(report.damaged, 0);
    return report;
}

static inline struct core_collect_report must_collect(struct core *core, int64_t grace_ms) {
    struct core_collect_report report;
    struct error err = {0};
    if (core_collect(core, grace_ms, &report, &err) != LREG_OK) {
        fail_msg("core_collect: %s", err.message);
    }
    return report;
}

/* The store is sound before and after a collection, which leaves one object for each blob and only the stages of
 * sessions. */
static inline void assert_sound_and_clean(struct core *core, size_t sessions) {
    (void)assert_sound(core);
    (void)must_collect(core, 1);
    struct core_verify_report report = assert_sound(core);
    assert_int_equal(report.unnamed_objects, 0);
    assert_int_equal(count_stored(core, LREG_STORAGE_OBJECTS), report.blobs);
    assert_int_equal(count_stored(core, LREG_STORAGE_STAGES), sessions);
}

#endif
