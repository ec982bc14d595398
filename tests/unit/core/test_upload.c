/* SPDX-License-Identifier: Apache-2.0 */
/* Upload sessions: their owners, how they resume after any interruption, and that two concurrent requests never mix.
 * Labels: threaded */

#include "store.h"

#include <pthread.h>

#define SCOPE "app"

static const struct auth_principal nobody = {.kind = AUTH_NOBODY};
static const struct auth_principal one_token = {.kind = AUTH_API_TOKEN, .token_id = "token-1", .expires_ms = 1};
static const struct auth_principal other_token = {.kind = AUTH_API_TOKEN, .token_id = "token-2"};

static void begin_upload(struct store *store, const struct auth_principal *principal, char id[ID_TEXT]) {
    struct error err = {0};
    if (core_upload_begin(store->core, store->registry, principal, SCOPE, id, &err) != LREG_OK) {
        fail_msg("core_upload_begin: %s", err.message);
    }
}

static lreg_status find_upload(struct core *core, const struct store *store, const char *id, struct arena *arena,
                               struct meta_upload *out, struct error *err) {
    return core_upload_find(core, store->registry, SCOPE, id, &core_actor_host.principal[0], arena, out, err);
}

/* One PATCH. */
static lreg_status send_chunk(struct core *core, const struct store *store, const char *id, const char *text,
                              struct error *err) {
    struct arena arena;
    struct meta_upload upload;
    struct core_blob_writer *writer = NULL;
    uint64_t received = 0;
    arena_init(&arena, core_hooks(core), 1 << 20);
    lreg_status status = find_upload(core, store, id, &arena, &upload, err);
    if (status == LREG_OK) {
        status = core_blob_writer_resume(core, &upload, UINT64_MAX, &writer, err);
    }
    if (status == LREG_OK) {
        status = core_blob_writer_write(writer, text, strlen(text), err);
    }
    if (status == LREG_OK) {
        status = core_upload_advance(core, &upload, writer, &received, err);
    }
    if (status == LREG_OK) {
        assert_int_equal(received, upload.received_bytes + strlen(text));
    }
    core_blob_writer_detach(writer);
    arena_free(&arena);
    return status;
}

/* The last PUT, with the last bytes. */
static lreg_status finish_upload(struct core *core, const struct store *store, const char *id, const char *text,
                                 struct publication *this, struct error *err) {
    struct arena arena;
    struct meta_upload upload;
    struct core_blob_writer *writer = NULL;
    arena_init(&arena, core_hooks(core), 1 << 20);
    lreg_status status = find_upload(core, store, id, &arena, &upload, err);
    if (status == LREG_OK) {
        status = core_blob_writer_resume(core, &upload, UINT64_MAX, &writer, err);
    }
    arena_free(&arena);
    if (status != LREG_OK) {
        return status;
    }
    status = core_blob_writer_write(writer, text, strlen(text), err);
    if (status != LREG_OK) {
        core_blob_writer_free(writer);
        return status;
    }
    this->core = core;
    this->registry = store->registry;
    this->upload_id = id;
    return publication_finish(this, writer, err);
}

static void must_finish(struct store *store, const char *id, const char *filename, const char *text) {
    struct error err = {0};
    struct publication this = {.filename = filename};
    if (finish_upload(store->core, store, id, text, &this, &err) != LREG_OK) {
        fail_msg("finish: %s", err.message);
    }
}

static size_t count_sessions(struct store *store) {
    struct meta_transaction *transaction = NULL;
    uint64_t count = 0;
    assert_int_equal(meta_begin(core_meta(store->core), META_READ, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_upload_count(transaction, store->registry->row.id, INT64_MIN, INT64_MAX, &count, NULL),
                     LREG_OK);
    meta_rollback(transaction);
    return (size_t)count;
}

static void test_core_upload__chunks_become_one_blob(void **state) {
    struct store store;
    char id[ID_TEXT];
    (void)state;
    store_begin(&store);
    begin_upload(&store, core_actor_host.principal, id);
    assert_true(id_is_valid(id));
    assert_int_equal(send_chunk(store.core, &store, id, "one ", NULL), LREG_OK);
    assert_int_equal(send_chunk(store.core, &store, id, "", NULL), LREG_OK);
    assert_int_equal(send_chunk(store.core, &store, id, "two ", NULL), LREG_OK);
    assert_sound_and_clean(store.core, 1);
    must_finish(&store, id, "f", "three");
    assert_package(store.core, store.registry, "f", "one two three");
    assert_int_equal(count_sessions(&store), 0);
    assert_int_equal(send_chunk(store.core, &store, id, "more", NULL), LREG_NOT_FOUND);
    assert_sound_and_clean(store.core, 0);
    store_end(&store);
}

static void test_core_upload__another_instance_goes_on(void **state) {
    struct store store;
    char id[ID_TEXT];
    (void)state;
    store_begin(&store);
    begin_upload(&store, core_actor_host.principal, id);
    struct core *second = store_second(&store, 5000);
    assert_int_equal(send_chunk(store.core, &store, id, "one ", NULL), LREG_OK);
    assert_int_equal(send_chunk(second, &store, id, "two ", NULL), LREG_OK);
    struct publication this = {.filename = "f"};
    assert_int_equal(finish_upload(second, &store, id, "three", &this, NULL), LREG_OK);
    assert_package(store.core, store.registry, "f", "one two three");
    core_release(second);
    store_end(&store);
}

static void test_core_upload__bytes_behind_the_last_advance_are_forgotten(void **state) {
    struct store store;
    char id[ID_TEXT];
    struct arena arena;
    struct meta_upload upload;
    struct core_blob_writer *writer = NULL;
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    begin_upload(&store, core_actor_host.principal, id);
    assert_int_equal(send_chunk(store.core, &store, id, "kept ", NULL), LREG_OK);
    assert_int_equal(find_upload(store.core, &store, id, &arena, &upload, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_resume(store.core, &upload, UINT64_MAX, &writer, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_length(writer), 5);
    assert_int_equal(core_blob_writer_write(writer, "the connection broke", 20, NULL), LREG_OK);
    core_blob_writer_detach(writer);
    must_finish(&store, id, "f", "again");
    assert_package(store.core, store.registry, "f", "kept again");
    (void)assert_sound(store.core);
    arena_free(&arena);
    store_end(&store);
}

static void test_core_upload__is_unknown_elsewhere_and_forbidden_to_others(void **state) {
    struct store store;
    char id[ID_TEXT];
    struct arena arena;
    struct meta_upload upload;
    struct error err = {0};
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    const struct core_registry *elsewhere = fixture_registry(store.core, store.organization, "elsewhere", false);
    begin_upload(&store, &one_token, id);
    /* Its token has expired since; the upload may go on. */
    assert_int_equal(core_upload_find(store.core, store.registry, SCOPE, id, &one_token, &arena, &upload, &err),
                     LREG_OK);
    assert_int_equal(core_upload_find(store.core, store.registry, SCOPE, id, &other_token, &arena, &upload, &err),
                     LREG_FORBIDDEN);
    assert_int_equal(core_upload_find(store.core, store.registry, SCOPE, id, &nobody, &arena, &upload, &err),
                     LREG_FORBIDDEN);
    assert_int_equal(core_upload_find(store.core, store.registry, "other", id, &one_token, &arena, &upload, &err),
                     LREG_NOT_FOUND);
    assert_string_equal(err.code, "upload_unknown");
    assert_int_equal(core_upload_find(store.core, elsewhere, SCOPE, id, &one_token, &arena, &upload, &err),
                     LREG_NOT_FOUND);
    core_registry_release(elsewhere);
    arena_free(&arena);
    store_end(&store);
}

static void test_core_upload__an_anonymous_one_goes_on_anonymously(void **state) {
    struct store store;
    char id[ID_TEXT];
    struct arena arena;
    struct meta_upload upload;
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    begin_upload(&store, &nobody, id);
    assert_int_equal(core_upload_find(store.core, store.registry, SCOPE, id, &nobody, &arena, &upload, NULL), LREG_OK);
    assert_int_equal(
        core_upload_find(store.core, store.registry, SCOPE, id, core_actor_host.principal, &arena, &upload, NULL),
        LREG_FORBIDDEN);
    arena_free(&arena);
    store_end(&store);
}

static void test_core_upload__malformed_ids_are_unknown(void **state) {
    static const char *const wrong_ids[] = {"",
                                            "x",
                                            "../../etc/passwd",
                                            "01234567-89ab-4def-8123-456789abcdeF",
                                            "01234567-89ab-4def-8123-456789abcdef0",
                                            "0123456789abcdef0123456789abcdef",
                                            "w-123456789abcdef0123456789abcdef"};
    struct store store;
    struct arena arena;
    struct meta_upload upload;
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    for (size_t i = 0; i < sizeof wrong_ids / sizeof wrong_ids[0]; i++) {
        assert_int_equal(find_upload(store.core, &store, wrong_ids[i], &arena, &upload, NULL), LREG_NOT_FOUND);
    }
    arena_free(&arena);
    store_end(&store);
}

static void test_core_upload__cancelled_is_gone_with_its_bytes(void **state) {
    struct store store;
    char id[ID_TEXT];
    struct arena arena;
    struct meta_upload upload;
    struct error err = {0};
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    begin_upload(&store, core_actor_host.principal, id);
    assert_int_equal(send_chunk(store.core, &store, id, "bytes", NULL), LREG_OK);
    assert_int_equal(find_upload(store.core, &store, id, &arena, &upload, NULL), LREG_OK);
    assert_int_equal(core_upload_cancel(store.core, &upload, NULL), LREG_OK);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 0);
    assert_int_equal(core_upload_cancel(store.core, &upload, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "upload_unknown");
    arena_free(&arena);
    store_end(&store);
}

static void test_core_upload__cancelling_ends_one_that_is_at_work(void **state) {
    struct store store;
    char id[ID_TEXT];
    struct arena arena;
    struct meta_upload upload;
    struct core_blob_writer *writer = NULL;
    uint64_t received = 0;
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    begin_upload(&store, core_actor_host.principal, id);
    assert_int_equal(find_upload(store.core, &store, id, &arena, &upload, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_resume(store.core, &upload, UINT64_MAX, &writer, NULL), LREG_OK);
    assert_int_equal(core_upload_cancel(store.core, &upload, NULL), LREG_OK);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 1); /* not taken away from the writer */
    assert_int_equal(core_blob_writer_write(writer, "x", 1, NULL), LREG_OK);
    assert_int_equal(core_upload_advance(store.core, &upload, writer, &received, NULL), LREG_NOT_FOUND);
    core_blob_writer_detach(writer);
    assert_sound_and_clean(store.core, 0);
    arena_free(&arena);
    store_end(&store);
}

static void test_core_upload__a_registry_has_a_limited_number(void **state) {
    struct store store;
    char id[ID_TEXT];
    struct error err = {0};
    (void)state;
    store_prepare(&store);
    store.base.options.limits.max_uploads = 2;
    store_open(&store);
    store_make_registry(&store);
    begin_upload(&store, &one_token, id);
    begin_upload(&store, &one_token, id);
    assert_int_equal(core_upload_begin(store.core, store.registry, &one_token, SCOPE, id, &err), LREG_TOO_MANY);
    assert_string_equal(err.code, "too_many_uploads");
    assert_string_equal(id, "");
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 2);
    store_end(&store);
}

static lreg_status try_to_begin(struct store *store, const struct auth_principal *principal, struct error *err) {
    char id[ID_TEXT];
    return core_upload_begin(store->core, store->registry, principal, SCOPE, id, err);
}

static void begin_with_limits(struct store *store, size_t all, size_t own) {
    store_prepare(store);
    store->base.options.limits.max_uploads = all;
    store->base.options.limits.max_token_uploads = own;
    store_open(store);
    store_make_registry(store);
}

static void test_core_upload__one_principal_does_not_stop_another(void **state) {
    struct store store;
    char id[ID_TEXT];
    struct error err = {0};
    (void)state;
    begin_with_limits(&store, 128, 3);
    for (int i = 0; i < 3; i++) {
        begin_upload(&store, &one_token, id);
    }
    assert_int_equal(try_to_begin(&store, &one_token, &err), LREG_TOO_MANY);
    assert_string_equal(err.code, "too_many_token_uploads");
    assert_non_null(strstr(err.message, "3 uploads in progress in the registry, the limit for each is 3"));
    begin_upload(&store, &other_token, id);
    store_end(&store);
}

/* Also when many tokens have used up the shared limit. */
static void test_core_upload__who_has_few_is_let_in_although_the_registry_is_full(void **state) {
    struct store store;
    struct error err = {0};
    (void)state;
    begin_with_limits(&store, 128, 100);
    for (int i = 0; i < 128; i++) {
        assert_int_equal(try_to_begin(&store, i < 90 ? &one_token : core_actor_host.principal, NULL), LREG_OK);
    }
    assert_int_equal(try_to_begin(&store, &one_token, &err), LREG_TOO_MANY);
    assert_string_equal(err.code, "too_many_uploads");
    assert_int_equal(try_to_begin(&store, &other_token, NULL), LREG_OK);
    assert_int_equal(try_to_begin(&store, &other_token, NULL), LREG_OK);
    assert_int_equal(try_to_begin(&store, &other_token, &err), LREG_TOO_MANY);
    assert_string_equal(err.code, "too_many_uploads");
    assert_non_null(strstr(err.message, "130 uploads in progress, its limit is 128, and 2 of them"));
    store_end(&store);
}

/* An interrupted push does not block other pushes, including those of its own token, and can still be resumed. */
static void test_core_upload__one_that_stands_still_does_not_count(void **state) {
    struct store store;
    char first[ID_TEXT];
    char id[ID_TEXT];
    (void)state;
    begin_with_limits(&store, 2, 2);
    begin_upload(&store, &one_token, first);
    fixture_pass_ms(&store.base, 1000);
    begin_upload(&store, &one_token, id);
    assert_int_equal(try_to_begin(&store, &one_token, NULL), LREG_TOO_MANY);
    fixture_pass_ms(&store.base, store.core->limits.max_upload_idle_ms);
    assert_int_equal(try_to_begin(&store, &other_token, NULL), LREG_OK); /* the second one still counts */
    assert_int_equal(try_to_begin(&store, &other_token, NULL), LREG_TOO_MANY);
    fixture_pass_ms(&store.base, store.core->limits.max_upload_age_ms); /* nor does an expired one */
    assert_int_equal(try_to_begin(&store, &other_token, NULL), LREG_OK);
    store_end(&store);
}

/* Idle sessions are bounded too: the longest idle one is removed, with its stage. */
static void test_core_upload__the_longest_idle_one_ends_for_a_new_one(void **state) {
    struct store store;
    struct arena arena;
    struct meta_upload upload;
    char ids[3][ID_TEXT];
    char others[ID_TEXT];
    (void)state;
    begin_with_limits(&store, 3, 2);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    begin_upload(&store, &other_token, others);
    for (int i = 0; i < 3; i++) {
        fixture_pass_ms(&store.base, store.core->limits.max_upload_idle_ms + 1);
        begin_upload(&store, &one_token, ids[i]);
    }
    fixture_pass_ms(&store.base, store.core->limits.max_upload_idle_ms + 1);
    assert_int_equal(core_upload_find(store.core, store.registry, SCOPE, ids[0], &one_token, &arena, &upload, NULL),
                     LREG_OK);
    assert_int_equal(try_to_begin(&store, &one_token, NULL), LREG_OK);
    assert_int_equal(core_upload_find(store.core, store.registry, SCOPE, ids[0], &one_token, &arena, &upload, NULL),
                     LREG_NOT_FOUND);
    assert_int_equal(core_upload_find(store.core, store.registry, SCOPE, ids[1], &one_token, &arena, &upload, NULL),
                     LREG_OK);
    assert_int_equal(core_upload_find(store.core, store.registry, SCOPE, others, &other_token, &arena, &upload, NULL),
                     LREG_OK);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 4);
    arena_free(&arena);
    store_end(&store);
}

/* A clock that was ahead leaves sessions dated in the future; they must not count as in progress for years. */
static void test_core_upload__one_of_the_future_does_not_count(void **state) {
    struct store store;
    (void)state;
    begin_with_limits(&store, 1, 1);
    fixture_pass_ms(&store.base, (int64_t)400 * 24 * 3600 * 1000);
    assert_int_equal(try_to_begin(&store, &one_token, NULL), LREG_OK);
    assert_int_equal(try_to_begin(&store, &one_token, NULL), LREG_TOO_MANY);
    fixture_pass_ms(&store.base, -(int64_t)400 * 24 * 3600 * 1000);
    assert_int_equal(try_to_begin(&store, &one_token, NULL), LREG_OK);
    store_end(&store);
}

static void test_core_upload__one_request_at_a_time(void **state) {
    struct store store;
    char id[ID_TEXT];
    struct arena arena;
    struct meta_upload upload;
    struct core_blob_writer *writer = NULL;
    struct error err = {0};
    uint64_t received = 0;
    (void)state;
    store_begin(&store);
    struct core *second = store_second(&store, 5000);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    begin_upload(&store, core_actor_host.principal, id);
    assert_int_equal(find_upload(store.core, &store, id, &arena, &upload, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_resume(store.core, &upload, UINT64_MAX, &writer, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, "mine", 4, NULL), LREG_OK);
    assert_int_equal(send_chunk(store.core, &store, id, "not mine", &err), LREG_CONFLICT);
    assert_string_equal(err.code, "upload_busy");
    assert_int_equal(send_chunk(second, &store, id, "not mine", &err), LREG_CONFLICT);
    assert_string_equal(err.code, "upload_busy");
    assert_int_equal(core_upload_advance(store.core, &upload, writer, &received, NULL), LREG_OK);
    core_blob_writer_detach(writer);
    must_finish(&store, id, "f", "!");
    assert_package(store.core, store.registry, "f", "mine!");
    arena_free(&arena);
    core_release(second);
    store_end(&store);
}

static void test_core_upload__an_outdated_view_harms_nothing(void **state) {
    struct store store;
    char id[ID_TEXT];
    struct arena arena;
    struct meta_upload outdated;
    struct core_blob_writer *writer = NULL;
    struct error err = {0};
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    begin_upload(&store, core_actor_host.principal, id);
    assert_int_equal(find_upload(store.core, &store, id, &arena, &outdated, NULL), LREG_OK);
    assert_int_equal(send_chunk(store.core, &store, id, "acknowledged", NULL), LREG_OK);
    assert_int_equal(core_blob_writer_resume(store.core, &outdated, UINT64_MAX, &writer, &err), LREG_CONFLICT);
    assert_string_equal(err.code, "upload_moved");
    assert_null(writer);
    must_finish(&store, id, "f", "!");
    assert_package(store.core, store.registry, "f", "acknowledged!");
    assert_int_equal(core_blob_writer_resume(store.core, &outdated, UINT64_MAX, &writer, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "upload_unknown");
    arena_free(&arena);
    store_end(&store);
}

/* The session cannot be found, and the collector removes the rest. Its row stays as long as another process may be
 * moving its bytes into an object, which then ends it. */
static void assert_lost(struct store *store, const char *id) {
    struct arena arena;
    struct meta_upload upload;
    struct error err = {0};
    arena_init(&arena, core_hooks(store->core), 1 << 20);
    assert_int_equal(find_upload(store->core, store, id, &arena, &upload, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "upload_unknown");
    arena_free(&arena);
    fixture_pass_ms(&store->base, 1000);
    assert_int_equal(must_collect(store->core, 1001).uploads, 0);
    assert_int_equal(must_collect(store->core, 999).uploads, 1);
    assert_sound_and_clean(store->core, 0);
}

static void test_core_upload__one_whose_bytes_are_gone_cannot_go_on(void **state) {
    struct store store;
    char id[ID_TEXT];
    struct error err = {0};
    (void)state;
    store_begin(&store);
    begin_upload(&store, core_actor_host.principal, id);
    assert_int_equal(storage_stage_remove(store.core->storage, id, NULL), LREG_OK);
    assert_int_equal(send_chunk(store.core, &store, id, "x", &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "upload_unknown");
    assert_int_equal(count_sessions(&store), 0);
    assert_lost(&store, id);
    store_end(&store);
}

/* As after a crash when nothing waits for the disk. */
static void test_core_upload__one_that_lost_some_bytes_cannot_go_on(void **state) {
    struct store store;
    char id[ID_TEXT];
    char path[160];
    struct error err = {0};
    (void)state;
    store_begin(&store);
    begin_upload(&store, core_actor_host.principal, id);
    assert_int_equal(send_chunk(store.core, &store, id, "0123456789", NULL), LREG_OK);
    snprintf(path, sizeof path, "%s/staging/%s", store.base.directory, id);
    assert_int_equal(truncate(path, 9), 0);
    assert_int_equal(send_chunk(store.core, &store, id, "x", &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "upload_unknown");
    assert_int_equal(count_sessions(&store), 0);
    assert_lost(&store, id);
    store_end(&store);
}

/* A storage that fails once, or that refuses reads, has lost nothing. */
static void test_core_upload__one_that_cannot_be_read_now_is_not_lost(void **state) {
    struct store store;
    char id[ID_TEXT];
    (void)state;
    for (int for_long = 0; for_long <= 1; for_long++) {
        store_begin(&store);
        begin_upload(&store, core_actor_host.principal, id);
        assert_int_equal(send_chunk(store.core, &store, id, "0123456789", NULL), LREG_OK);
        if (for_long == 1) {
            fault_backend_arm_from(&store.fault, 1, LREG_IO);
        } else {
            fault_backend_arm(&store.fault, 1, LREG_IO, FAULT_BEFORE);
        }
        assert_int_equal(send_chunk(store.core, &store, id, "x", NULL), LREG_IO);
        fault_backend_disarm(&store.fault);
        assert_int_equal(count_sessions(&store), 1);
        must_finish(&store, id, "f", "abc");
        assert_package(store.core, store.registry, "f", "0123456789abc");
        store_end(&store);
    }
}

static void test_core_upload__lost_ones_make_room_for_others(void **state) {
    struct store store;
    char id[ID_TEXT];
    char next[ID_TEXT];
    (void)state;
    store_prepare(&store);
    store.base.options.limits.max_uploads = 1;
    store_open(&store);
    store_make_registry(&store);
    begin_upload(&store, core_actor_host.principal, id);
    assert_int_equal(core_upload_begin(store.core, store.registry, core_actor_host.principal, SCOPE, next, NULL),
                     LREG_TOO_MANY);
    assert_int_equal(storage_stage_remove(store.core->storage, id, NULL), LREG_OK);
    assert_int_equal(send_chunk(store.core, &store, id, "x", NULL), LREG_NOT_FOUND);
    begin_upload(&store, core_actor_host.principal, next);
    must_finish(&store, next, "f", "anew");
    assert_package(store.core, store.registry, "f", "anew");
    store_end(&store);
}

struct rival_end {
    struct core *core;
    struct store *store;
    const char *id;
    lreg_status status;
};

static void rival_ends(void *user) {
    struct rival_end *rival = user;
    struct publication this = {.filename = "f"};
    rival->status = finish_upload(rival->core, rival->store, rival->id, "text", &this, NULL);
}

/* Another process ends the session at any point, with the same closing request. */
static void test_core_upload__of_two_who_end_it_one_wins(void **state) {
    struct store store;
    char id[ID_TEXT];
    size_t met = 0;
    (void)state;
    store_begin(&store);
    struct rival_end rival = {.core = store_second(&store, 1), .store = &store, .id = id};
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        struct publication this = {.filename = "f"};
        struct error err = {0};
        begin_upload(&store, core_actor_host.principal, id);
        rival.status = LREG_BUSY;
        steps_interpose(&store.steps, n, rival_ends, &rival);
        lreg_status status = finish_upload(store.core, &store, id, "text", &this, &err);
        steps_disarm(&store.steps);
        assert_int_equal((status == LREG_OK) + (rival.status == LREG_OK), 1);
        met += status == LREG_OK && rival.status == LREG_NOT_FOUND;
        assert_int_equal(count_sessions(&store), 0);
        assert_package(store.core, store.registry, "f", "text");
        must_delete(&store, "f");
        assert_sound_and_clean(store.core, 0);
    }
    assert_true(met >= 1); /* found the stage gone, and the session not ended yet */
    core_release(rival.core);
    store_end(&store);
}

static void test_core_upload__a_publication_that_fails_late_ends_it(void **state) {
    struct store store;
    char id[ID_TEXT];
    struct publication this = {.filename = "f", .outcome = LREG_IO};
    (void)state;
    store_begin(&store);
    begin_upload(&store, core_actor_host.principal, id);
    assert_int_equal(finish_upload(store.core, &store, id, "text", &this, NULL), LREG_IO);
    assert_int_equal(count_sessions(&store), 0);
    assert_no_package(store.core, store.registry, "f");
    assert_sound_and_clean(store.core, 0);
    store_end(&store);
}

static void test_core_upload__the_limit_counts_all_chunks(void **state) {
    struct store store;
    char id[ID_TEXT];
    struct arena arena;
    struct meta_upload upload;
    struct core_blob_writer *writer = NULL;
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    begin_upload(&store, core_actor_host.principal, id);
    assert_int_equal(send_chunk(store.core, &store, id, "12345", NULL), LREG_OK);
    assert_int_equal(find_upload(store.core, &store, id, &arena, &upload, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_resume(store.core, &upload, 6, &writer, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, "6", 1, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, "7", 1, NULL), LREG_TOO_LARGE);
    core_blob_writer_detach(writer);
    arena_free(&arena);
    store_end(&store);
}

/* --- Each call fails --- */

/* A whole session; every byte that it acknowledged must be there when it resumes. */
static lreg_status whole_session(struct store *store, const char *filename, struct error *err) {
    char id[ID_TEXT];
    struct publication this = {.filename = filename};
    lreg_status status = core_upload_begin(store->core, store->registry, core_actor_host.principal, SCOPE, id, err);
    if (status == LREG_OK) {
        status = send_chunk(store->core, store, id, "one ", err);
    }
    if (status == LREG_OK) {
        status = send_chunk(store->core, store, id, "two ", err);
    }
    return status == LREG_OK ? finish_upload(store->core, store, id, filename, &this, err) : status;
}

static void assert_session_outcome(struct store *store, lreg_status status, const char *filename) {
    char text[64];
    snprintf(text, sizeof text, "one two %s", filename);
    if (status == LREG_OK) {
        assert_package(store->core, store->registry, filename, text);
    } else {
        assert_no_package(store->core, store->registry, filename);
    }
    (void)assert_sound(store->core);
    assert_int_equal(fault_backend_open_handles(&store->fault), 0);
    /* Its leftovers are removed in time. */
    fixture_pass_ms(&store->base, store->core->limits.max_upload_age_ms + 1);
    assert_sound_and_clean(store->core, 0);
    assert_int_equal(count_sessions(store), 0);
}

static void test_core_upload__each_storage_call_may_fail(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    for (int moment = 0; moment < 2; moment++) {
        bool failed = true;
        for (uint64_t n = 1; failed; n++) {
            char filename[32];
            snprintf(filename, sizeof filename, "s%d-%d", moment, (int)n);
            fault_backend_arm(&store.fault, n, LREG_IO, moment == 0 ? FAULT_BEFORE : FAULT_AFTER);
            lreg_status status = whole_session(&store, filename, NULL);
            failed = fault_backend_failures(&store.fault) > 0;
            fault_backend_disarm(&store.fault);
            assert_session_outcome(&store, status, filename);
        }
    }
    store_end(&store);
}

static void test_core_upload__each_database_step_may_fail(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        char filename[32];
        snprintf(filename, sizeof filename, "d%d", (int)n);
        steps_arm(&store.steps, n, 10);
        lreg_status status = whole_session(&store, filename, NULL);
        steps_disarm(&store.steps);
        assert_session_outcome(&store, status, filename);
    }
    store_end(&store);
}

static void test_core_upload__each_allocation_may_fail(void **state) {
    struct store store;
    bool failed = true;
    (void)state;
    store_begin(&store);
    for (size_t n = 1; failed; n++) {
        char filename[32];
        snprintf(filename, sizeof filename, "m%d", (int)n);
        failing_allocator_fail_at(&store.memory, n, false);
        lreg_status status = whole_session(&store, filename, NULL);
        failed = failing_allocator_failed(&store.memory);
        failing_allocator_fail_at(&store.memory, 0, false);
        assert_session_outcome(&store, status, filename);
    }
    store_end(&store);
}

/* --- Concurrent requests --- */

#define THREADS 6
#define TRIES 40

struct rival {
    pthread_t thread;
    struct core *core;
    const struct store *store;
    const char *id;
    char letter;
    size_t accepted;
    lreg_status unexpected;
};

static void *send_chunks(void *user) {
    struct rival *rival = user;
    for (int i = 0; i < TRIES; i++) {
        char text[4] = {rival->letter, rival->letter, rival->letter, '\0'};
        lreg_status status = send_chunk(rival->core, rival->store, rival->id, text, NULL);
        if (status == LREG_OK) {
            rival->accepted++;
        } else if (status != LREG_CONFLICT) {
            rival->unexpected = status;
        }
    }
    return NULL;
}

/* In any order, the bytes are those of the accepted chunks, none torn, and their digest is right. */
static void test_core_upload__rivals_never_mix_their_bytes(void **state) {
    struct store store;
    char id[ID_TEXT];
    char text[THREADS * TRIES * 3 + 1];
    struct rival rivals[THREADS];
    size_t accepted = 0;
    (void)state;
    store_begin(&store);
    struct core *second = store_second(&store, 20000);
    begin_upload(&store, core_actor_host.principal, id);
    for (int i = 0; i < THREADS; i++) {
        rivals[i] = (struct rival){
            .core = i % 2 == 0 ? store.core : second, .store = &store, .id = id, .letter = (char)('a' + i)};
        assert_int_equal(pthread_create(&rivals[i].thread, NULL, send_chunks, &rivals[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(rivals[i].thread, NULL), 0);
        assert_int_equal(rivals[i].unexpected, LREG_OK);
        accepted += rivals[i].accepted;
    }
    must_finish(&store, id, "f", "");
    assert_int_equal(read_package_text(store.core, store.registry, "f", text, sizeof text), LREG_OK);
    assert_int_equal(strlen(text), accepted * 3);
    for (size_t i = 0; i < accepted * 3; i++) {
        assert_int_equal(text[i], text[i - i % 3]);
    }
    assert_true(accepted > 0);
    assert_sound_and_clean(store.core, 0);
    core_release(second);
    store_end(&store);
}
