/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a blob: published, shared, collected, with faults in each call, and by many threads at once.
 * Labels: threaded */

#include "store.h"

#include "base/encoding.h"

#include "support/lent_threads.h"

#include <pthread.h>

#define STEP_IO_ERROR 10 /* SQLITE_IOERR */
#define STEP_FULL 13 /* SQLITE_FULL */

static struct core_blob_writer *begin_writer(struct store *store, const char *text) {
    struct core_blob_writer *writer = NULL;
    assert_int_equal(core_blob_writer_new(store->core, 0, 1000, &writer, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, text, strlen(text), NULL), LREG_OK);
    return writer;
}

static void test_core_blob__what_was_published_is_read_back(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a.txt", "alpha");
    must_publish(&store, "empty", "");
    assert_package(store.core, store.registry, "a.txt", "alpha");
    assert_package(store.core, store.registry, "empty", "");
    assert_int_equal(assert_sound(store.core).blobs, 2);
    store_end(&store);
}

static void test_core_blob__all_wanted_digests_are_those_of_the_bytes(void **state) {
    struct store store;
    struct core_blob_writer *writer = NULL;
    struct digest_set expected;
    struct digest_set digests;
    (void)state;
    store_begin(&store);
    digest_of(DIGEST_ALL, "abc", 3, &expected);
    assert_int_equal(core_blob_writer_new(store.core, DIGEST_ALL, 3, &writer, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, "a", 1, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, "bc", 2, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_length(writer), 3);
    core_blob_writer_finish(writer, &digests);
    assert_int_equal(digests.algorithms, DIGEST_ALL);
    assert_memory_equal(digests.sha256, expected.sha256, sizeof expected.sha256);
    assert_memory_equal(digests.sha512, expected.sha512, sizeof expected.sha512);
    assert_memory_equal(digests.md5, expected.md5, sizeof expected.md5);
    assert_int_equal(core_blob_writer_write(writer, "d", 1, NULL), LREG_MISUSE);
    core_blob_writer_free(writer);
    store_end(&store);
}

#define LONG_PIECE ((size_t)200 * 1000)

/* Writes two long pieces around a short one; returns how often a thread was requested. */
static unsigned hash_with_lent_threads(uint32_t algorithms, unsigned spare) {
    static uint8_t bytes[2 * LONG_PIECE + 1];
    struct store store;
    struct lent_threads threads;
    struct core_blob_writer *writer = NULL;
    struct digest_set expected;
    struct digest_set digests;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    }
    digest_of(algorithms | DIGEST_SHA256, bytes, sizeof bytes, &expected);
    store_prepare(&store);
    store.base.options.hooks.executor = lent_threads_hook(&threads, spare);
    store_open(&store);
    store_make_registry(&store);
    assert_int_equal(core_blob_writer_new(store.core, algorithms, sizeof bytes, &writer, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, bytes, LONG_PIECE, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, bytes + LONG_PIECE, 1, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, bytes + LONG_PIECE + 1, LONG_PIECE, NULL), LREG_OK);
    core_blob_writer_finish(writer, &digests);
    assert_memory_equal(&digests, &expected, sizeof digests);
    core_blob_writer_free(writer);
    lent_threads_join(&threads);
    store_end(&store);
    return atomic_load(&threads.asked);
}

static void test_core_blob__long_pieces_are_hashed_by_lent_threads(void **state) {
    (void)state;
    assert_int_equal(hash_with_lent_threads(DIGEST_ALL, LENT_THREADS_MAX), 4);
    assert_int_equal(hash_with_lent_threads(DIGEST_ALL, 3), 4);
    assert_int_equal(hash_with_lent_threads(DIGEST_ALL, 0), 4);
    assert_int_equal(hash_with_lent_threads(0, LENT_THREADS_MAX), 2);
}

static void test_core_blob__failed_write_waits_for_what_was_lent(void **state) {
    static const uint8_t bytes[LONG_PIECE];
    struct store store;
    struct lent_threads threads;
    struct core_blob_writer *writer = NULL;
    (void)state;
    store_prepare(&store);
    store.base.options.hooks.executor = lent_threads_hook(&threads, 2);
    store_open(&store);
    store_make_registry(&store);
    assert_int_equal(core_blob_writer_new(store.core, DIGEST_ALL, LONG_PIECE, &writer, NULL), LREG_OK);
    fault_backend_arm(&store.fault, 1, LREG_IO, FAULT_BEFORE);
    assert_int_equal(core_blob_writer_write(writer, bytes, sizeof bytes, NULL), LREG_IO);
    fault_backend_disarm(&store.fault);
    assert_int_equal(core_blob_writer_length(writer), 0);
    core_blob_writer_free(writer);
    lent_threads_join(&threads);
    store_end(&store);
}

static void test_core_blob__equal_content_is_stored_once(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    must_publish(&store, "a.txt", "same");
    must_publish(&store, "b.txt", "same");
    assert_package(store.core, store.registry, "b.txt", "same");
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 1);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 0);
    must_delete(&store, "a.txt");
    assert_sound_and_clean(store.core, 0);
    assert_package(store.core, store.registry, "b.txt", "same");
    store_end(&store);
}

static void test_core_blob__more_bytes_than_allowed_are_refused(void **state) {
    struct store store;
    struct error err = {0};
    struct core_blob_writer *writer = NULL;
    (void)state;
    store_begin(&store);
    assert_int_equal(core_blob_writer_new(store.core, 0, 4, &writer, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, "1234", 4, NULL), LREG_OK);
    assert_int_equal(core_blob_writer_write(writer, "5", 1, &err), LREG_TOO_LARGE);
    assert_string_equal(err.code, "package_too_large");
    core_blob_writer_free(writer);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 0);
    store_end(&store);
}

static void test_core_blob__an_abandoned_writer_leaves_nothing(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    core_blob_writer_free(begin_writer(&store, "gone"));
    core_blob_writer_detach(begin_writer(&store, "no session: nothing to keep it for"));
    core_blob_writer_free(NULL);
    core_blob_writer_detach(NULL);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 0);
    store_end(&store);
}

static void test_core_blob__a_refused_publication_leaves_nothing(void **state) {
    struct store store;
    struct error err = {0};
    (void)state;
    store_begin(&store);
    struct publication refused = {
        .core = store.core, .registry = store.registry, .filename = "a", .outcome = LREG_UNPROCESSABLE};
    uint64_t commits = meta_commits(store.core->meta);
    assert_int_equal(publish_with(&refused, "new", 3, &err), LREG_UNPROCESSABLE);
    assert_int_equal(meta_commits(store.core->meta), commits); /* its object is removed without a write of its own */
    assert_string_equal(err.code, "made_up");
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 0);
    must_publish(&store, "b", "old");
    assert_int_equal(publish_with(&refused, "old", 3, &err), LREG_UNPROCESSABLE);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 1);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 0);
    assert_no_package(store.core, store.registry, "a");
    assert_int_equal(assert_sound(store.core).blobs, 1);
    store_end(&store);
}

static void test_core_blob__is_published_once_and_after_its_end(void **state) {
    struct store store;
    struct digest_set digests;
    (void)state;
    store_begin(&store);
    struct publication this = {.core = store.core, .registry = store.registry, .filename = "a"};
    for (int round = 0; round < 2; round++) { /* the content is new in the first, stored already in the second */
        struct core_blob_writer *writer = begin_writer(&store, "once");
        assert_int_equal(core_blob_publish(writer, publication_named, &this, NULL), LREG_MISUSE);
        core_blob_writer_finish(writer, &digests);
        this.digests = digests;
        this.length = 4;
        arena_init(&this.arena, core_hooks(store.core), 1 << 20);
        assert_int_equal(core_blob_publish(writer, publication_named, &this, NULL), LREG_OK);
        assert_int_equal(core_blob_publish(writer, publication_named, &this, NULL), LREG_MISUSE);
        arena_free(&this.arena);
        core_blob_writer_free(writer);
    }
    assert_package(store.core, store.registry, "a", "once");
    store_end(&store);
}

/* --- Reading damaged objects --- */

static void find_blob(struct store *store, const char *text, struct arena *arena, struct meta_blob *out) {
    struct digest_set digests;
    struct meta_transaction *transaction = NULL;
    digest_of(DIGEST_SHA256, text, strlen(text), &digests);
    assert_int_equal(meta_begin(core_meta(store->core), META_READ, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_blob_find(transaction, CORE_STORAGE_LOCAL, digests.sha256, arena, out, NULL), LREG_OK);
    meta_rollback(transaction);
}

static void test_core_blob__what_the_storage_has_lost_is_corrupt(void **state) {
    struct store store;
    struct error err = {0};
    struct arena arena;
    struct meta_blob blob;
    struct storage_object *object = NULL;
    uint64_t length = 0;
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    must_publish(&store, "a", "lost");
    find_blob(&store, "lost", &arena, &blob);
    struct meta_blob longer = blob;
    longer.size_bytes++;
    assert_int_equal(core_blob_open(store.core, &longer, &object, &length, &err), LREG_CORRUPT);
    assert_string_equal(err.code, "blob_length");
    assert_null(object);
    assert_int_equal(storage_object_remove(store.core->storage, blob.key, NULL), LREG_OK);
    assert_int_equal(core_blob_open(store.core, &blob, &object, &length, &err), LREG_CORRUPT);
    assert_string_equal(err.code, "blob_missing");
    arena_free(&arena);
    store_end(&store);
}

static void test_core_blob__what_was_collected_is_looked_up_again(void **state) {
    struct store store;
    struct error err = {0};
    struct arena arena;
    struct meta_blob blob;
    struct storage_object *object = NULL;
    uint64_t length = 0;
    (void)state;
    store_begin(&store);
    arena_init(&arena, core_hooks(store.core), 1 << 20);
    must_publish(&store, "a", "comes back");
    find_blob(&store, "comes back", &arena, &blob);
    must_delete(&store, "a");
    assert_int_equal(must_collect(store.core, 0).blobs, 1);
    assert_int_equal(core_blob_open(store.core, &blob, &object, &length, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "blob_unknown");
    must_publish(&store, "b", "comes back");
    assert_int_equal(core_blob_open(store.core, &blob, &object, &length, &err), LREG_OK);
    assert_int_equal(length, strlen("comes back"));
    storage_object_close(object);
    arena_free(&arena);
    store_end(&store);
}

static void test_core_blob__of_another_storage_is_refused(void **state) {
    struct store store;
    struct error err = {0};
    struct storage_object *object = NULL;
    uint64_t length = 0;
    const struct meta_blob blob = {.id = 1, .storage = "elsewhere", .key = "k"};
    (void)state;
    store_begin(&store);
    assert_int_equal(core_blob_open(store.core, &blob, &object, &length, &err), LREG_BUSY);
    assert_string_equal(err.code, "storage_unknown");
    store_end(&store);
}

/* --- At every point of a publication, another instance does something --- */

struct rival {
    struct core *core;
    const struct core_registry *registry;
    const char *text;
    int64_t grace_ms;
    struct fault_backend *fault;
    lreg_status status;
};

static void rival_publishes(void *user) {
    struct rival *rival = user;
    rival->status = publish_text(rival->core, rival->registry, "rival", rival->text, NULL);
}

static void rival_collects(void *user) {
    struct rival *rival = user;
    struct core_collect_report report;
    rival->status = core_collect(rival->core, rival->grace_ms, &report, NULL);
}

static void test_core_blob__equal_content_may_come_at_any_instant(void **state) {
    struct store store;
    char text[32];
    (void)state;
    store_begin(&store);
    struct rival rival = {.core = store_second(&store, 1), .registry = store.registry, .text = text};
    size_t won = 0;
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        snprintf(text, sizeof text, "content %d", (int)n);
        steps_interpose(&store.steps, n, rival_publishes, &rival);
        struct publication this = {.core = store.core, .registry = store.registry, .filename = "mine", .replace = true};
        lreg_status status = publish_with(&this, text, strlen(text), NULL);
        steps_disarm(&store.steps);
        assert_int_equal(status, LREG_OK);
        assert_package(store.core, store.registry, "mine", text);
        if (atomic_load(&store.steps.hit) && rival.status == LREG_OK) {
            won++;
            assert_package(rival.core, rival.registry, "rival", text);
            const struct core_package *package = NULL;
            assert_int_equal(core_package_find_by_filename(rival.core, rival.registry, "rival", &package, NULL),
                             LREG_OK);
            assert_int_equal(core_package_delete(rival.core, &core_actor_host, package, NULL), LREG_OK);
            core_package_release(package);
        }
        assert_sound_and_clean(store.core, 0);
        assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 1);
    }
    assert_true(won >= 2); /* before the look-up, and between it and the transaction */
    core_release(rival.core);
    store_end(&store);
}

static void test_core_blob__the_collector_may_come_at_any_instant(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    struct rival rival = {.core = store_second(&store, 1), .grace_ms = 3600000};
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        /* Stored but unreferenced: the next collection removes it. */
        must_publish(&store, "first", "unnamed soon");
        must_delete(&store, "first");
        steps_interpose(&store.steps, n, rival_collects, &rival);
        lreg_status status = publish_text(store.core, store.registry, "mine", "unnamed soon", NULL);
        steps_disarm(&store.steps);
        assert_int_equal(status, LREG_OK);
        assert_package(store.core, store.registry, "mine", "unnamed soon");
        must_delete(&store, "mine");
        assert_sound_and_clean(store.core, 0);
    }
    core_release(rival.core);
    store_end(&store);
}

static void rival_sweeps(void *user) {
    struct rival *rival = user;
    struct meta_transaction *transaction = NULL;
    rival->status = meta_begin(core_meta(rival->core), META_WRITE, &transaction, NULL);
    if (rival->status == LREG_OK) {
        rival->status = core_sweeps_note(rival->core, transaction, NULL);
        assert_int_equal(meta_commit(transaction, NULL), LREG_OK);
    }
}

static void test_core_blob__a_sweep_of_other_objects_does_not_end_a_publication(void **state) {
    struct store store;
    char text[32];
    size_t swept = 0;
    (void)state;
    store_begin(&store);
    struct rival rival = {.core = store_second(&store, 1)};
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        snprintf(text, sizeof text, "content %d", (int)n);
        steps_interpose(&store.steps, n, rival_sweeps, &rival);
        struct publication this = {.core = store.core, .registry = store.registry, .filename = "mine", .replace = true};
        assert_int_equal(publish_with(&this, text, strlen(text), NULL), LREG_OK);
        steps_disarm(&store.steps);
        swept += rival.status == LREG_OK;
        assert_package(store.core, store.registry, "mine", text);
        assert_sound_and_clean(store.core, 0);
    }
    assert_true(swept >= 3);
    core_release(rival.core);
    store_end(&store);
}

/* A collector in another process without a grace period may remove the object before it is named; then the publication
 * must be repeated. */
static void test_core_blob__a_collector_without_grace_never_takes_what_was_acknowledged(void **state) {
    struct store store;
    size_t lost = 0;
    char text[32];
    (void)state;
    store_begin(&store);
    struct rival rival = {.core = store_second(&store, 1), .grace_ms = 0};
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        struct error err = {0};
        snprintf(text, sizeof text, "content %d", (int)n);
        steps_interpose(&store.steps, n, rival_collects, &rival);
        struct publication this = {.core = store.core, .registry = store.registry, .filename = "mine", .replace = true};
        lreg_status status = publish_with(&this, text, strlen(text), &err);
        steps_disarm(&store.steps);
        if (status == LREG_OK) {
            assert_package(store.core, store.registry, "mine", text);
        } else {
            lost++;
            assert_int_equal(status, LREG_BUSY);
            assert_string_equal(err.code, "blob_collected");
        }
        assert_sound_and_clean(store.core, 0);
    }
    assert_true(lost >= 1);
    core_release(rival.core);
    store_end(&store);
}

/* Removes the only object without updating the metadata, or truncates it. */
static void lose_object(struct store *store, bool only_cut) {
    struct arena arena;
    char path[512];
    arena_init(&arena, core_hooks(store->core), 1 << 20);
    struct meta_blob blob = only_blob(store, &arena);
    snprintf(path, sizeof path, "%s/objects/%.2s/%.2s/%s", store->base.directory, blob.key, blob.key + 2, blob.key);
    assert_int_equal(only_cut ? truncate(path, 2) : unlink(path), 0);
    arena_free(&arena);
}

static void test_core_blob__content_that_the_storage_lost_is_healed_by_publishing_it_again(void **state) {
    struct core_verify_report report;
    struct store store;
    (void)state;
    for (int only_cut = 0; only_cut < 2; only_cut++) {
        store_begin_plain(&store);
        must_publish(&store, "first", "the same");
        lose_object(&store, only_cut != 0);
        assert_int_equal(core_verify(store.core, NULL, NULL, &report, NULL), LREG_OK);
        assert_int_equal(report.missing + report.damaged, 1);
        must_publish(&store, "second", "the same");
        assert_package(store.core, store.registry, "first", "the same");
        assert_package(store.core, store.registry, "second", "the same");
        assert_sound_and_clean(store.core, 0);
        store_end(&store);
    }
}

/* Doomed, and not removed yet because of a hold: the object exists, and must not be named any more. */
static void test_core_blob__what_is_doomed_is_not_named(void **state) {
    struct store store;
    size_t refused = 0;
    char text[32];
    (void)state;
    store_begin(&store);
    struct rival rival = {.core = store_second(&store, 1), .grace_ms = 0};
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        struct error err = {0};
        snprintf(text, sizeof text, "content %d", (int)n);
        int64_t until_ms = atomic_load(&store.base.now_ms) + 1000;
        assert_int_equal(core_collection_pause_begin(store.core, until_ms, NULL), LREG_OK);
        steps_interpose(&store.steps, n, rival_collects, &rival);
        struct publication this = {.core = store.core, .registry = store.registry, .filename = "mine", .replace = true};
        lreg_status status = publish_with(&this, text, strlen(text), &err);
        steps_disarm(&store.steps);
        assert_int_equal(core_collection_pause_end(store.core, until_ms, NULL), LREG_OK);
        refused += status == LREG_BUSY && strcmp(err.code, "blob_collected") == 0;
        (void)must_collect(store.core, 0);
        if (status == LREG_OK) {
            assert_package(store.core, store.registry, "mine", text);
        }
        assert_sound_and_clean(store.core, 0);
    }
    assert_true(refused >= 1);
    core_release(rival.core);
    store_end(&store);
}

static void rival_publishes_and_breaks_the_storage(void *user) {
    struct rival *rival = user;
    rival_publishes(rival);
    fault_backend_arm_from(rival->fault, 1, LREG_IO);
}

/* Of two objects of equal content one is superfluous. If it cannot be removed at once, the collector knows about it. */
static void test_core_blob__a_surplus_object_waits_for_the_collector(void **state) {
    struct store store;
    size_t surplus = 0;
    char text[32];
    (void)state;
    store_begin(&store);
    struct rival rival = {
        .core = store_second(&store, 1), .registry = store.registry, .text = text, .fault = &store.fault};
    for (uint64_t n = 1; n == 1 || atomic_load(&store.steps.hit); n++) {
        snprintf(text, sizeof text, "content %d", (int)n);
        steps_interpose(&store.steps, n, rival_publishes_and_breaks_the_storage, &rival);
        struct publication this = {.core = store.core, .registry = store.registry, .filename = "mine", .replace = true};
        lreg_status status = publish_with(&this, text, strlen(text), NULL);
        steps_disarm(&store.steps);
        fault_backend_disarm(&store.fault);
        if (status == LREG_OK && rival.status == LREG_OK && count_stored(store.core, LREG_STORAGE_OBJECTS) > 1) {
            surplus++;
        }
        /* The grace period is for unknown objects, not for those on the list. */
        struct core_collect_report report = must_collect(store.core, 3600000);
        assert_int_equal(report.objects, 0);
        if (status == LREG_OK) {
            assert_int_equal(assert_sound(store.core).unnamed_objects, 0);
            assert_package(store.core, store.registry, "mine", text);
        }
        (void)must_collect(store.core, 0);
        must_delete_if_there(&store, "rival");
        must_delete_if_there(&store, "mine");
        (void)must_collect(store.core, 0);
        assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), 0);
    }
    assert_true(surplus >= 1);
    core_release(rival.core);
    store_end(&store);
}

/* --- Each call fails --- */

/* After a publication with a fault: success has its effect, failure has none, and leftovers are soon removed. */
static void assert_outcome(struct store *store, lreg_status status, const char *text) {
    if (status == LREG_OK) {
        assert_package(store->core, store->registry, "f", text);
        must_delete(store, "f");
    } else {
        assert_no_package(store->core, store->registry, "f");
    }
    assert_sound_and_clean(store->core, 0);
    assert_int_equal(fault_backend_open_handles(&store->fault), 0);
}

/* New content in even rounds, stored content in odd rounds. */
static const char *round_text(struct store *store, bool stored, uint64_t n, char out[32]) {
    snprintf(out, 32, "%s %d", stored ? "stored" : "new", (int)n);
    if (stored) {
        struct publication this = {
            .core = store->core, .registry = store->registry, .filename = "kept", .replace = true};
        assert_int_equal(publish_with(&this, out, strlen(out), NULL), LREG_OK);
    }
    return out;
}

static void fail_storage_calls(struct store *store, bool stored, enum fault_moment moment, bool from_then_on) {
    bool failed = true;
    size_t failures = 0;
    for (uint64_t n = 1; failed; n++) {
        char buffer[32];
        const char *text = round_text(store, stored, n, buffer);
        if (from_then_on) {
            fault_backend_arm_from(&store->fault, n, LREG_NO_SPACE);
        } else {
            fault_backend_arm(&store->fault, n, LREG_IO, moment);
        }
        lreg_status status = publish_text(store->core, store->registry, "f", text, NULL);
        failed = fault_backend_failures(&store->fault) > 0;
        fault_backend_disarm(&store->fault);
        failures += status != LREG_OK;
        assert_outcome(store, status, text);
    }
    assert_true(failures >= 2);
}

static void test_core_blob__each_storage_call_may_fail(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    for (int stored = 0; stored < 2; stored++) {
        fail_storage_calls(&store, stored != 0, FAULT_BEFORE, false);
        fail_storage_calls(&store, stored != 0, FAULT_AFTER, false);
        fail_storage_calls(&store, stored != 0, FAULT_BEFORE, true);
    }
    store_end(&store);
}

static void test_core_blob__a_full_disk_is_told(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    fault_backend_arm_from(&store.fault, 2, LREG_NO_SPACE);
    assert_int_equal(publish_text(store.core, store.registry, "f", "x", NULL), LREG_NO_SPACE);
    fault_backend_disarm(&store.fault);
    assert_outcome(&store, LREG_NO_SPACE, "x");
    store_end(&store);
}

static void fail_steps(struct store *store, bool stored, int code) {
    size_t failures = 0;
    store->steps.hit = true;
    for (uint64_t n = 1; atomic_load(&store->steps.hit); n++) {
        char buffer[32];
        const char *text = round_text(store, stored, n, buffer);
        steps_arm(&store->steps, n, code);
        lreg_status status = publish_text(store->core, store->registry, "f", text, NULL);
        steps_disarm(&store->steps);
        failures += status != LREG_OK;
        assert_outcome(store, status, text);
    }
    assert_true(failures >= 5);
}

static void test_core_blob__each_database_step_may_fail(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    for (int stored = 0; stored < 2; stored++) {
        fail_steps(&store, stored != 0, STEP_IO_ERROR);
        fail_steps(&store, stored != 0, STEP_FULL);
    }
    store_end(&store);
}

static void fail_allocations(struct store *store, bool stored, bool and_later) {
    bool failed = true;
    size_t failures = 0;
    for (size_t n = 1; failed; n++) {
        char buffer[32];
        const char *text = round_text(store, stored, n, buffer);
        failing_allocator_fail_at(&store->memory, n, and_later);
        lreg_status status = publish_text(store->core, store->registry, "f", text, NULL);
        failed = failing_allocator_failed(&store->memory);
        failing_allocator_fail_at(&store->memory, 0, false);
        failures += status != LREG_OK;
        assert_true(status == LREG_OK || status == LREG_NO_MEMORY);
        assert_outcome(store, status, text);
    }
    assert_true(failures >= 3);
}

static void test_core_blob__each_allocation_may_fail(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    for (int stored = 0; stored < 2; stored++) {
        fail_allocations(&store, stored != 0, false);
        fail_allocations(&store, stored != 0, true);
    }
    store_end(&store);
}

/* --- Concurrent publications --- */

#define THREADS 8
#define ROUNDS 20

struct worker {
    pthread_t thread;
    struct core *core;
    const struct core_registry *registry;
    int number;
    bool equal; /* all workers publish the same bytes */
    bool collects;
    pthread_barrier_t *barrier;
    lreg_status status;
    struct error err;
};

/* A failed worker still goes to the barrier, where the others wait for it. */
static void *work(void *user) {
    struct worker *worker = user;
    for (int round = 0; round < ROUNDS; round++) {
        char filename[32];
        char text[32];
        struct core_collect_report report;
        (void)pthread_barrier_wait(worker->barrier);
        if (worker->status != LREG_OK) {
            continue;
        }
        if (worker->collects) {
            worker->status = core_collect(worker->core, 3600000, &report, &worker->err);
            continue;
        }
        snprintf(filename, sizeof filename, "%d-%d", worker->number, round);
        snprintf(text, sizeof text, "%d-%d", worker->equal ? 0 : worker->number, round);
        worker->status = publish_text(worker->core, worker->registry, filename, text, &worker->err);
    }
    return NULL;
}

static void run_workers(struct store *store, struct core *second, bool equal, bool with_collector) {
    struct worker workers[THREADS];
    pthread_barrier_t barrier;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.core = second != NULL && i % 2 == 1 ? second : store->core,
                                     .registry = store->registry,
                                     .number = i,
                                     .equal = equal,
                                     .collects = with_collector && i == 0,
                                     .barrier = &barrier};
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        if (workers[i].status != LREG_OK) {
            fail_msg("worker %d: %s", i, workers[i].err.message);
        }
    }
    (void)pthread_barrier_destroy(&barrier);
}

static void assert_all_published(struct store *store, bool equal, int first) {
    for (int i = first; i < THREADS; i++) {
        for (int round = 0; round < ROUNDS; round++) {
            char filename[32];
            char text[32];
            snprintf(filename, sizeof filename, "%d-%d", i, round);
            snprintf(text, sizeof text, "%d-%d", equal ? 0 : i, round);
            assert_package(store->core, store->registry, filename, text);
        }
    }
}

static void test_core_blob__equal_content_of_many_threads_is_stored_once(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    run_workers(&store, NULL, true, false);
    assert_all_published(&store, true, 0);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), ROUNDS);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 0);
    assert_int_equal(assert_sound(store.core).blobs, ROUNDS);
    store_end(&store);
}

static void test_core_blob__equal_content_of_two_instances_is_stored_once(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    struct core *second = store_second(&store, 20000);
    run_workers(&store, second, true, false);
    assert_all_published(&store, true, 0);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_OBJECTS), ROUNDS);
    assert_int_equal(count_stored(store.core, LREG_STORAGE_STAGES), 0);
    (void)assert_sound(store.core);
    core_release(second);
    store_end(&store);
}

static void test_core_blob__a_collector_beside_many_threads_does_no_harm(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    struct core *second = store_second(&store, 20000);
    run_workers(&store, second, false, true);
    assert_all_published(&store, false, 1);
    assert_sound_and_clean(store.core, 0);
    core_release(second);
    store_end(&store);
}
