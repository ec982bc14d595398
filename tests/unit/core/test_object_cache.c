/* SPDX-License-Identifier: Apache-2.0 */

/* Objects that stay open for the next reader: how long, which ones, and which readers must not get them.
 * Labels: threaded */

#include "store.h"

#include <pthread.h>

static struct storage_object *open_blob(struct store *store, const struct meta_blob *blob) {
    struct storage_object *object = NULL;
    uint64_t length = 0;
    assert_int_equal(core_blob_open(store->core, blob, &object, &length, NULL), LREG_OK);
    assert_int_equal(length, blob->size_bytes);
    return object;
}

static void test_core_object_cache__object_stays_open_until_something_changes(void **state) {
    struct store store;
    struct arena arena;
    (void)state;
    store_begin_plain(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    must_publish(&store, "a-1.0.txt", "text");
    struct meta_blob blob = only_blob(&store, &arena);
    struct storage_object *first = open_blob(&store, &blob);
    struct storage_object *second = open_blob(&store, &blob);
    assert_ptr_equal(first, second);
    must_publish(&store, "b-1.0.txt", "text");
    struct storage_object *third = open_blob(&store, &blob);
    assert_ptr_not_equal(first, third);
    storage_object_close(first);
    storage_object_close(second);
    storage_object_close(third);
    arena_free(&arena);
    store_end(&store);
}

static void test_core_object_cache__bytes_of_a_small_object_are_held_from_the_second_reader_on(void **state) {
    struct store store;
    struct arena arena;
    char text[3] = "";
    (void)state;
    store_begin_plain(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    must_publish(&store, "a-1.0.txt", "text");
    struct meta_blob blob = only_blob(&store, &arena);
    struct storage_object *first = open_blob(&store, &blob);
    assert_null(storage_object_loaded(first, 0, 4));
    struct storage_object *second = open_blob(&store, &blob);
    assert_memory_equal(storage_object_loaded(second, 0, 4), "text", 4);
    assert_memory_equal(storage_object_loaded(second, 2, 2), "xt", 2);
    assert_non_null(storage_object_loaded(second, 4, 0));
    assert_null(storage_object_loaded(second, 2, 3));
    assert_null(storage_object_loaded(second, 5, 0));
    assert_int_equal(storage_object_read(first, 1, text, 2, NULL), LREG_OK);
    assert_string_equal(text, "ex");
    assert_int_equal(storage_object_read(first, 3, text, 2, NULL), LREG_CORRUPT);
    storage_object_close(first);
    storage_object_close(second);
    arena_free(&arena);
    store_end(&store);
}

static void test_core_object_cache__bytes_of_a_larger_object_are_not_held(void **state) {
    struct store store;
    struct arena arena;
    static char text[CORE_OBJECT_CACHE_LOADED_BYTES + 2];
    (void)state;
    store_begin_plain(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    memset(text, 'x', sizeof text - 1);
    must_publish(&store, "a-1.0.txt", text);
    struct meta_blob blob = only_blob(&store, &arena);
    storage_object_close(open_blob(&store, &blob));
    struct storage_object *object = open_blob(&store, &blob);
    assert_null(storage_object_loaded(object, 0, 1));
    storage_object_close(object);
    arena_free(&arena);
    store_end(&store);
}

static void test_core_object_cache__reader_goes_on_when_it_is_no_longer_kept(void **state) {
    struct store store;
    struct arena arena;
    char text[5] = "";
    (void)state;
    store_begin_plain(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    must_publish(&store, "a-1.0.txt", "text");
    struct meta_blob blob = only_blob(&store, &arena);
    struct storage_object *object = open_blob(&store, &blob);
    core_object_cache_clear(store.core);
    assert_int_equal(storage_object_read(object, 0, text, 4, NULL), LREG_OK);
    assert_string_equal(text, "text");
    storage_object_close(object);
    arena_free(&arena);
    store_end(&store);
}

/* If an object is kept open, a check of the storage would not show that it is lost. */
static void test_core_object_cache__lost_object_is_found_by_who_asks_the_storage(void **state) {
    struct store store;
    struct arena arena;
    struct error err = {0};
    struct storage_object *anew = NULL;
    uint64_t length = 0;
    (void)state;
    store_begin_plain(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    must_publish(&store, "a-1.0.txt", "text");
    struct meta_blob blob = only_blob(&store, &arena);
    storage_object_close(open_blob(&store, &blob));
    assert_int_equal(storage_object_remove(store.core->storage, blob.key, NULL), LREG_OK);
    storage_object_close(open_blob(&store, &blob));
    assert_int_equal(core_blob_open_anew(store.core, &blob, &anew, &length, &err), LREG_CORRUPT);
    assert_string_equal(err.code, "blob_missing");
    struct core_verify_report report;
    assert_int_equal(core_verify(store.core, NULL, NULL, &report, NULL), LREG_OK);
    assert_int_equal(report.missing, 1);
    arena_free(&arena);
    store_end(&store);
}

static bool is_kept(struct core *core, uint64_t generation, uint64_t *out_length) {
    struct storage_object *object = core_object_cache_find(core, "0123456789", generation, out_length);
    storage_object_close(object);
    return object != NULL;
}

static void test_core_object_cache__other_generation_is_forgotten_and_not_taken_in(void **state) {
    struct store store;
    struct arena arena;
    uint64_t length = 0;
    (void)state;
    store_begin_plain(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    must_publish(&store, "a-1.0.txt", "text");
    struct meta_blob blob = only_blob(&store, &arena);
    struct storage_object *object = open_blob(&store, &blob);
    assert_false(is_kept(store.core, 7, &length));
    core_object_cache_put(store.core, "0123456789", 6, object, 4);
    assert_false(is_kept(store.core, 7, &length));
    core_object_cache_put(store.core, "0123456789", 7, object, 4);
    assert_true(is_kept(store.core, 7, &length));
    assert_int_equal(length, 4);
    assert_false(is_kept(store.core, 8, &length));
    assert_false(is_kept(store.core, 7, &length));
    storage_object_close(object);
    arena_free(&arena);
    store_end(&store);
}

static void test_core_object_cache__large_object_is_not_kept(void **state) {
    struct store store;
    struct arena arena;
    uint64_t length = 0;
    (void)state;
    store_begin_plain(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    must_publish(&store, "a-1.0.txt", "text");
    struct meta_blob blob = only_blob(&store, &arena);
    struct storage_object *object = open_blob(&store, &blob);
    assert_false(is_kept(store.core, 7, &length));
    core_object_cache_put(store.core, "0123456789", 7, object, CORE_OBJECT_CACHE_OPEN_BYTES + 1);
    assert_false(is_kept(store.core, 7, &length));
    storage_object_close(object);
    arena_free(&arena);
    store_end(&store);
}

/* Backends of hosts are promised one thread at a time per object. */
static void test_core_object_cache__object_of_a_host_is_opened_each_time(void **state) {
    struct store store;
    struct arena arena;
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    must_publish(&store, "a-1.0.txt", "text");
    struct meta_blob blob = only_blob(&store, &arena);
    struct storage_object *first = open_blob(&store, &blob);
    assert_false(storage_object_share(first));
    struct storage_object *second = open_blob(&store, &blob);
    assert_ptr_not_equal(first, second);
    storage_object_close(first);
    storage_object_close(second);
    arena_free(&arena);
    store_end(&store);
}

struct reader {
    pthread_t thread;
    struct store *store;
    const struct meta_blob *blob;
    size_t right;
};

static void *read_often(void *user) {
    struct reader *reader = user;
    for (int i = 0; i < 200; i++) {
        char text[5] = "";
        struct storage_object *object = NULL;
        uint64_t length = 0;
        if (core_blob_open(reader->store->core, reader->blob, &object, &length, NULL) != LREG_OK) {
            break; /* not an assertion: those belong to the main thread */
        }
        const void *held = storage_object_loaded(object, 0, 4);
        reader->right += storage_object_read(object, 0, text, 4, NULL) == LREG_OK && strcmp(text, "text") == 0 &&
                         (held == NULL || memcmp(held, "text", 4) == 0);
        storage_object_close(object);
        if (i % 50 == 0) {
            core_object_cache_clear(reader->store->core);
        }
    }
    return NULL;
}

static void test_core_object_cache__threads_hold_one_object_at_once(void **state) {
    struct store store;
    struct arena arena;
    struct reader readers[8];
    (void)state;
    store_begin_plain(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    must_publish(&store, "a-1.0.txt", "text");
    struct meta_blob blob = only_blob(&store, &arena);
    for (size_t i = 0; i < 8; i++) {
        readers[i] = (struct reader){.store = &store, .blob = &blob};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_often, &readers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
        assert_int_equal(readers[i].right, 200);
    }
    arena_free(&arena);
    store_end(&store);
}
