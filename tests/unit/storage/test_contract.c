/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of every storage backend, tested on each of them. A new backend is a line in `backends`.
 * Labels: threaded */
#include "fixture.h"

#include "storage/filesystem/filesystem.h"
#include "storage/filesystem/filesystem_internal.h"
#include "storage/memory/memory.h"
#include "support/fault_backend.h"

#include <pthread.h>

/* A storage under test, and what must be ended with it. */
struct subject {
    struct hooks hooks;
    struct storage *storage;
    char folder[FIXTURE_FOLDER];
    lreg_storage_backend table; /* for those that wrap another table */
    void *state;
    bool state_is_ours;
    struct fault_backend fault;
    bool lists;
};

static struct subject subject;
static const char *running; /* name of the backend, for failure reports */

static void open_filesystem(bool durable) {
    assert_true(fixture_make_folder(subject.folder));
    assert_int_equal(storage_open_filesystem(&subject.hooks, subject.folder, durable, &subject.storage, NULL), LREG_OK);
}

static void open_durable_filesystem(void) {
    open_filesystem(true);
}

static void open_quick_filesystem(void) {
    open_filesystem(false);
}

/* As on an old kernel, or one that forbids new calls. */
static void open_plain_filesystem(void) {
    assert_true(fixture_make_folder(subject.folder));
    assert_int_equal(
        storage_filesystem_table(&subject.hooks, subject.folder, true, &subject.table, &subject.state, NULL), LREG_OK);
    struct filesystem *filesystem = subject.state;
    filesystem->has_openat2 = false;
    atomic_store(&filesystem->lacks_noreplace, true);
    assert_int_equal(storage_open_backend(&subject.hooks, &subject.table, subject.state, &subject.storage, NULL),
                     LREG_OK);
}

static void open_memory(void) {
    assert_int_equal(storage_open_memory(&subject.hooks, &subject.storage, NULL), LREG_OK);
}

/* A host compiled against the first version, without optional entries. The table ends where it ended then, so that the
 * address sanitizer detects reads past it. */
static void open_old_host(void) {
    lreg_storage_backend table;
    assert_int_equal(storage_memory_table(&subject.hooks, &subject.table, &subject.state, NULL), LREG_OK);
    subject.state_is_ours = true;
    subject.lists = false;
    table = subject.table;
    table.size = (uint32_t)(offsetof(lreg_storage_backend, destroy) + sizeof table.destroy);
    table.object_descriptor = NULL;
    table.list_open = NULL;
    table.list_next = NULL;
    table.list_close = NULL;
    table.destroy = NULL;
    lreg_storage_backend *short_table = malloc(table.size);
    assert_non_null(short_table);
    memcpy(short_table, &table, table.size);
    lreg_status status = storage_open_backend(&subject.hooks, short_table, subject.state, &subject.storage, NULL);
    free(short_table);
    assert_int_equal(status, LREG_OK);
}

/* A host from the future: its table is longer than ours. */
static void open_new_host(void) {
    struct {
        lreg_storage_backend table;
        void (*later)(void);
    } longer = {.later = NULL};
    assert_int_equal(storage_memory_table(&subject.hooks, &longer.table, &subject.state, NULL), LREG_OK);
    longer.table.size = (uint32_t)sizeof longer;
    assert_int_equal(storage_open_backend(&subject.hooks, &longer.table, subject.state, &subject.storage, NULL),
                     LREG_OK);
}

static void open_fault_shim(void) {
    lreg_storage_backend outer;
    assert_true(fixture_make_folder(subject.folder));
    assert_int_equal(
        storage_filesystem_table(&subject.hooks, subject.folder, false, &subject.table, &subject.state, NULL), LREG_OK);
    fault_backend_wrap(&subject.fault, &subject.table, subject.state, &outer);
    assert_int_equal(storage_open_backend(&subject.hooks, &outer, &subject.fault, &subject.storage, NULL), LREG_OK);
}

static const struct {
    const char *name;
    void (*open)(void);
} backends[] = {
    {"filesystem", open_durable_filesystem},
    {"filesystem, not durable", open_quick_filesystem},
    {"filesystem, old kernel", open_plain_filesystem},
    {"memory", open_memory},
    {"host's table of the first version", open_old_host},
    {"host's table of a later version", open_new_host},
    {"fault shim around the filesystem", open_fault_shim},
};

static void close_subject(void) {
    storage_close(subject.storage);
    subject.storage = NULL;
    if (subject.state_is_ours) {
        subject.table.destroy(subject.state);
        subject.state_is_ours = false;
    }
    fixture_remove_folder(subject.folder);
}

static int teardown(void **state) {
    (void)state;
    if (running != NULL) {
        print_message("           ... with the backend: %s\n", running);
        running = NULL;
    }
    close_subject();
    return 0;
}

static void with_each_backend(void (*check)(struct storage *storage)) {
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
        memset(&subject, 0, sizeof subject);
        hooks_default(&subject.hooks);
        subject.lists = true;
        running = backends[i].name;
        backends[i].open();
        check(subject.storage);
        close_subject();
    }
    running = NULL;
}

static struct storage_stage *create(struct storage *storage, const char *name) {
    struct storage_stage *stage = NULL;
    assert_int_equal(storage_stage_create(storage, name, &stage, NULL), LREG_OK);
    assert_non_null(stage);
    return stage;
}

static struct storage_stage *reopen(struct storage *storage, const char *name, uint64_t length) {
    struct storage_stage *stage = NULL;
    assert_int_equal(storage_stage_reopen(storage, name, length, &stage, NULL), LREG_OK);
    assert_non_null(stage);
    return stage;
}

static void write_text(struct storage_stage *stage, const char *text) {
    assert_int_equal(storage_stage_write(stage, text, strlen(text), NULL), LREG_OK);
}

static void commit_text(struct storage_stage *stage, const char *text, char key[LREG_STORAGE_KEY_MAX + 1]) {
    char digest[DIGEST_SHA256_TEXT];
    fixture_digest(text, strlen(text), digest);
    assert_int_equal(storage_stage_commit(stage, digest, key, NULL), LREG_OK);
}

static void assert_no_stage(struct storage *storage, const char *name) {
    struct storage_stage *stage = (struct storage_stage *)&subject;
    assert_int_equal(storage_stage_reopen(storage, name, 0, &stage, NULL), LREG_NOT_FOUND);
    assert_null(stage);
}

static void assert_no_object(struct storage *storage, const char *key) {
    struct storage_object *object = (struct storage_object *)&subject;
    uint64_t length = 0;
    struct error err = {0};
    assert_int_equal(storage_object_open(storage, key, -1, &object, &length, &err), LREG_NOT_FOUND);
    assert_int_equal(err.status, LREG_NOT_FOUND);
    assert_null(object);
}

static void check_bytes_come_back(struct storage *storage) {
    static const size_t lengths[] = {1, 2, 4095, 4096, 65537, 3000001};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        char name[32];
        char key[LREG_STORAGE_KEY_MAX + 1];
        unsigned char *bytes = malloc(lengths[i]);
        assert_non_null(bytes);
        for (size_t at = 0; at < lengths[i]; at++) {
            bytes[at] = (unsigned char)(at * 31 + at / 251);
        }
        (void)snprintf(name, sizeof name, "bytes-%zu", i);
        assert_int_equal(fixture_store(storage, name, bytes, lengths[i], key, NULL), LREG_OK);
        bool same = fixture_holds(storage, key, bytes, lengths[i]);
        free(bytes);
        assert_true(same);
    }
}

static void test_storage_contract__committed_bytes_come_back(void **state) {
    (void)state;
    with_each_backend(check_bytes_come_back);
}

static void check_pieces(struct storage *storage) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    char part[4] = "";
    struct storage_object *object = NULL;
    uint64_t length = 0;
    struct storage_stage *stage = create(storage, "pieces");
    for (const char *at = "abcdefghij"; *at != '\0'; at++) {
        assert_int_equal(storage_stage_write(stage, at, 1, NULL), LREG_OK);
        assert_int_equal(storage_stage_write(stage, NULL, 0, NULL), LREG_OK);
    }
    commit_text(stage, "abcdefghij", key);
    assert_int_equal(storage_object_open(storage, key, -1, &object, &length, NULL), LREG_OK);
    assert_int_equal(length, 10);
    assert_int_equal(storage_object_read(object, 7, part, 3, NULL), LREG_OK);
    assert_string_equal(part, "hij");
    assert_int_equal(storage_object_read(object, 0, part, 3, NULL), LREG_OK);
    assert_string_equal(part, "abc");
    storage_object_close(object);
}

static void test_storage_contract__pieces_are_appended_and_read_from_any_offset(void **state) {
    (void)state;
    with_each_backend(check_pieces);
}

static void check_empty(struct storage *storage) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    commit_text(create(storage, "empty"), "", key);
    assert_true(fixture_holds(storage, key, "", 0));
    struct storage_stage *stage = create(storage, "empty-synced");
    assert_int_equal(storage_stage_sync(stage, NULL), LREG_OK);
    assert_int_equal(storage_stage_write(stage, "", 0, NULL), LREG_OK);
    commit_text(stage, "", key);
    assert_true(fixture_holds(storage, key, "", 0));
}

static void test_storage_contract__empty_object_is_an_object(void **state) {
    (void)state;
    with_each_backend(check_empty);
}

static void check_reopen(struct storage *storage) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    struct storage_stage *stage = create(storage, "resumed");
    write_text(stage, "first");
    assert_int_equal(storage_stage_sync(stage, NULL), LREG_OK);
    storage_stage_close(stage);
    stage = reopen(storage, "resumed", 5);
    write_text(stage, " second");
    storage_stage_close(stage);
    stage = reopen(storage, "resumed", 12);
    write_text(stage, " third");
    assert_int_equal(storage_stage_sync(stage, NULL), LREG_OK);
    assert_int_equal(storage_stage_sync(stage, NULL), LREG_OK);
    commit_text(stage, "first second third", key);
    assert_true(fixture_holds(storage, key, "first second third", 18));
}

static void test_storage_contract__closed_stage_goes_on_where_it_was(void **state) {
    (void)state;
    with_each_backend(check_reopen);
}

static void check_torn_chunk(struct storage *storage) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    struct storage_stage *stage = create(storage, "torn");
    write_text(stage, "acknowledged and torn");
    storage_stage_close(stage);
    stage = reopen(storage, "torn", 12);
    write_text(stage, "!");
    commit_text(stage, "acknowledged!", key);
    assert_true(fixture_holds(storage, key, "acknowledged!", 13));

    stage = create(storage, "torn-to-nothing");
    write_text(stage, "torn");
    storage_stage_close(stage);
    commit_text(reopen(storage, "torn-to-nothing", 0), "", key);
    assert_true(fixture_holds(storage, key, "", 0));
}

static void test_storage_contract__reopening_cuts_off_a_torn_chunk(void **state) {
    (void)state;
    with_each_backend(check_torn_chunk);
}

/* A reopen with an outdated length may report that before any harm is done. */
static void check_unused_reopen(struct storage *storage) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    struct storage_stage *stage = create(storage, "unused");
    write_text(stage, "all of it");
    storage_stage_close(stage);
    storage_stage_close(reopen(storage, "unused", 3));
    commit_text(reopen(storage, "unused", 9), "all of it", key);
    assert_true(fixture_holds(storage, key, "all of it", 9));

    stage = create(storage, "synced");
    write_text(stage, "all of it");
    storage_stage_close(stage);
    stage = reopen(storage, "synced", 3);
    assert_int_equal(storage_stage_sync(stage, NULL), LREG_OK);
    storage_stage_close(stage);
    assert_int_equal(storage_stage_reopen(storage, "synced", 4, &stage, NULL), LREG_IO);
}

static void test_storage_contract__reopening_alone_cuts_nothing(void **state) {
    (void)state;
    with_each_backend(check_unused_reopen);
}

static void check_one_writer(struct storage *storage) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    struct storage_stage *other = NULL;
    struct error err = {0};
    struct storage_stage *stage = create(storage, "single");
    assert_int_equal(storage_stage_reopen(storage, "single", 0, &other, &err), LREG_BUSY);
    assert_null(other);
    assert_string_equal(err.code, "stage_busy");
    storage_stage_close(stage);
    stage = reopen(storage, "single", 0);
    assert_int_equal(storage_stage_reopen(storage, "single", 0, &other, NULL), LREG_BUSY);
    write_text(stage, "mine");
    commit_text(stage, "mine", key);
    assert_true(fixture_holds(storage, key, "mine", 4));
}

static void test_storage_contract__stage_has_one_writer_at_a_time(void **state) {
    (void)state;
    with_each_backend(check_one_writer);
}

static void check_lost_bytes(struct storage *storage) {
    struct storage_stage *stage = create(storage, "short");
    struct error err = {0};
    write_text(stage, "1234");
    storage_stage_close(stage);
    assert_int_equal(storage_stage_reopen(storage, "short", 5, &stage, &err), LREG_IO);
    assert_null(stage);
    assert_int_equal(err.status, LREG_IO);
    assert_int_equal(storage_stage_reopen(storage, "short", UINT64_MAX, &stage, NULL), LREG_IO);
    storage_stage_close(reopen(storage, "short", 4));
}

static void test_storage_contract__stage_that_lost_bytes_does_not_reopen(void **state) {
    (void)state;
    with_each_backend(check_lost_bytes);
}

static void check_name_taken(struct storage *storage) {
    struct storage_stage *stage = create(storage, "taken");
    struct storage_stage *other = NULL;
    char key[LREG_STORAGE_KEY_MAX + 1];
    write_text(stage, "mine");
    assert_int_equal(storage_stage_create(storage, "taken", &other, NULL), LREG_IO);
    assert_null(other);
    commit_text(stage, "mine", key);
    assert_true(fixture_holds(storage, key, "mine", 4));
}

static void test_storage_contract__stage_is_not_created_twice(void **state) {
    (void)state;
    with_each_backend(check_name_taken);
}

static void check_ends_of_stages(struct storage *storage) {
    struct storage_stage *stage = create(storage, "dropped");
    char key[LREG_STORAGE_KEY_MAX + 1];
    write_text(stage, "bytes");
    storage_stage_drop(stage);
    assert_no_stage(storage, "dropped");

    storage_stage_close(create(storage, "removed"));
    assert_int_equal(storage_stage_remove(storage, "removed", NULL), LREG_OK);
    assert_no_stage(storage, "removed");
    assert_int_equal(storage_stage_remove(storage, "removed", NULL), LREG_OK);
    assert_int_equal(storage_stage_remove(storage, "never-there", NULL), LREG_OK);

    commit_text(create(storage, "committed"), "", key);
    assert_no_stage(storage, "committed");
    storage_stage_close(NULL);
    storage_stage_drop(NULL);
}

static void test_storage_contract__dropped_removed_and_committed_stages_are_gone(void **state) {
    (void)state;
    with_each_backend(check_ends_of_stages);
}

static void check_bad_digest(struct storage *storage) {
    static const char *const digests[] = {"",
                                          "abc",
                                          "A3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                          "g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8550",
                                          "../../../../../../../../../../../../../../../../../etc/passwdaaaa"};
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        char key[LREG_STORAGE_KEY_MAX + 1] = "unchanged";
        struct error err = {0};
        struct storage_stage *stage = create(storage, "bad-digest");
        assert_int_equal(storage_stage_commit(stage, digests[i], key, &err), LREG_BAD_ARGUMENT);
        assert_string_equal(key, "");
        assert_int_equal(err.status, LREG_BAD_ARGUMENT);
        assert_no_stage(storage, "bad-digest");
    }
}

static void test_storage_contract__commit_with_a_bad_digest_removes_the_stage(void **state) {
    (void)state;
    with_each_backend(check_bad_digest);
}

static void check_equal_content(struct storage *storage) {
    char first[LREG_STORAGE_KEY_MAX + 1];
    char second[LREG_STORAGE_KEY_MAX + 1];
    assert_int_equal(fixture_store(storage, "same-1", "same", 4, first, NULL), LREG_OK);
    assert_int_equal(fixture_store(storage, "same-2", "same", 4, second, NULL), LREG_OK);
    assert_string_not_equal(first, second);
    assert_int_equal(storage_object_remove(storage, first, NULL), LREG_OK);
    assert_no_object(storage, first);
    assert_true(fixture_holds(storage, second, "same", 4));
}

static void test_storage_contract__equal_content_gets_a_key_of_its_own(void **state) {
    (void)state;
    with_each_backend(check_equal_content);
}

static void check_key_taken(struct storage *storage) {
    char first[LREG_STORAGE_KEY_MAX + 1];
    char second[LREG_STORAGE_KEY_MAX + 1];
    assert_int_equal(fixture_store(storage, "once", "same", 4, first, NULL), LREG_OK);
    if (fixture_store(storage, "once", "same", 4, second, NULL) == LREG_OK) {
        assert_string_not_equal(first, second); /* a backend need not derive keys from names */
    }
    assert_no_stage(storage, "once");
    assert_true(fixture_holds(storage, first, "same", 4));
}

static void test_storage_contract__key_is_never_given_to_a_second_object(void **state) {
    (void)state;
    with_each_backend(check_key_taken);
}

static void check_removed_object(struct storage *storage) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    char bytes[8] = "";
    uint64_t length = 0;
    struct storage_object *object = NULL;
    assert_int_equal(fixture_store(storage, "read-on", "reading", 7, key, NULL), LREG_OK);
    assert_int_equal(storage_object_open(storage, key, -1, &object, &length, NULL), LREG_OK);
    assert_int_equal(storage_object_remove(storage, key, NULL), LREG_OK);
    assert_no_object(storage, key);
    assert_int_equal(storage_object_read(object, 0, bytes, 7, NULL), LREG_OK);
    assert_string_equal(bytes, "reading");
    storage_object_close(object);
    assert_int_equal(storage_object_remove(storage, key, NULL), LREG_OK);
}

static void test_storage_contract__removed_object_is_read_to_its_end_by_those_who_have_it(void **state) {
    (void)state;
    with_each_backend(check_removed_object);
}

static void check_unknown_keys(struct storage *storage) {
    assert_no_object(storage, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855-none");
    assert_no_object(storage, "no-key-of-ours");
    assert_no_object(storage, "../../../etc/passwd");
    assert_no_object(storage, "/etc/passwd");
    assert_no_object(storage, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855-../../x");
    assert_int_equal(storage_object_remove(storage, "../staging", NULL), LREG_OK);
}

static void test_storage_contract__unknown_keys_are_not_found(void **state) {
    (void)state;
    with_each_backend(check_unknown_keys);
}

static void check_end_of_object(struct storage *storage) {
    static const struct {
        uint64_t offset;
        size_t length;
    } reads[] = {{0, 6}, {4, 2}, {5, 1}, {6, 1}, {(uint64_t)1 << 40, 1}, {INT64_MAX, 1}, {UINT64_MAX, 16}};
    char key[LREG_STORAGE_KEY_MAX + 1];
    char bytes[16] = "";
    uint64_t length = 0;
    struct storage_object *object = NULL;
    assert_int_equal(fixture_store(storage, "five", "12345", 5, key, NULL), LREG_OK);
    assert_int_equal(storage_object_open(storage, key, -1, &object, &length, NULL), LREG_OK);
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        struct error err = {0};
        assert_int_equal(storage_object_read(object, reads[i].offset, bytes, reads[i].length, &err), LREG_CORRUPT);
        assert_string_equal(err.code, "object_too_short");
    }
    assert_int_equal(storage_object_read(object, 5, bytes, 0, NULL), LREG_OK);
    assert_int_equal(storage_object_read(object, 0, bytes, 5, NULL), LREG_OK);
    storage_object_close(object);
}

static void test_storage_contract__reading_behind_the_end_is_corrupt(void **state) {
    (void)state;
    with_each_backend(check_end_of_object);
}

static void check_longest_name(struct storage *storage) {
    char name[LREG_STORAGE_STAGE_NAME_MAX + 1];
    char key[LREG_STORAGE_KEY_MAX + 1];
    memset(name, 'z', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(fixture_store(storage, name, "x", 1, key, NULL), LREG_OK);
    assert_true(fixture_holds(storage, key, "x", 1));
    assert_int_equal(fixture_store(storage, "-", "x", 1, key, NULL), LREG_OK);
    assert_true(fixture_holds(storage, key, "x", 1));
}

static void test_storage_contract__names_of_any_allowed_length_work(void **state) {
    (void)state;
    with_each_backend(check_longest_name);
}

static void check_descriptor(struct storage *storage) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    char bytes[8] = "";
    int32_t descriptor = -1;
    uint64_t offset = 0;
    uint64_t length = 0;
    struct storage_object *object = NULL;
    assert_int_equal(fixture_store(storage, "sent", "content", 7, key, NULL), LREG_OK);
    assert_int_equal(storage_object_open(storage, key, -1, &object, &length, NULL), LREG_OK);
    if (storage_object_descriptor(object, &descriptor, &offset)) {
        assert_int_equal(pread(descriptor, bytes, 7, (off_t)offset), 7);
        assert_string_equal(bytes, "content");
    } else {
        assert_int_equal(descriptor, -1);
    }
    storage_object_close(object);
}

static void test_storage_contract__descriptor_gives_the_same_bytes(void **state) {
    (void)state;
    with_each_backend(check_descriptor);
}

struct listing {
    struct storage *storage;
    int32_t what;
    size_t seen[100];
    int64_t oldest_ms;
    bool removes;
    size_t stop_after; /* 0: never */
    size_t count;
};

/* Names end with their number, which determines their length. */
static lreg_status note(void *user, const char *name, int64_t modified_ms, uint64_t length, struct error *err) {
    struct listing *listing = user;
    size_t number = (size_t)strtoul(strrchr(name, '-') + 1, NULL, 10);
    assert_true(number < sizeof listing->seen / sizeof listing->seen[0]);
    assert_int_equal(length, number * 7);
    assert_true(modified_ms >= listing->oldest_ms);
    listing->seen[number]++;
    listing->count++;
    if (listing->removes) {
        lreg_status status = listing->what == LREG_STORAGE_STAGES ? storage_stage_remove(listing->storage, name, err)
                                                                  : storage_object_remove(listing->storage, name, err);
        assert_int_equal(status, LREG_OK);
    }
    if (listing->count == listing->stop_after) {
        return error_set(err, LREG_CONFLICT, "enough", "seen enough");
    }
    return LREG_OK;
}

static void check_listing(struct storage *storage) {
    struct listing listing = {.storage = storage, .what = LREG_STORAGE_OBJECTS};
    struct listing stages = {.storage = storage, .what = LREG_STORAGE_STAGES};
    char text[100 * 7] = "";
    char key[LREG_STORAGE_KEY_MAX + 1];
    char name[16];
    listing.oldest_ms = stages.oldest_ms = hooks_now_ms(&subject.hooks) - 10; /* a file's clock ticks coarsely */
    for (size_t i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof name, "o-%zu", i);
        text[0] = (char)i;
        assert_int_equal(fixture_store(storage, name, text, i * 7, key, NULL), LREG_OK);
        (void)snprintf(name, sizeof name, "s-%zu", i);
        struct storage_stage *stage = create(storage, name);
        assert_int_equal(storage_stage_write(stage, text, i * 7, NULL), LREG_OK);
        storage_stage_close(stage);
    }
    assert_int_equal(storage_visit_all(storage, LREG_STORAGE_OBJECTS, note, &listing, NULL), LREG_OK);
    assert_int_equal(storage_visit_all(storage, LREG_STORAGE_STAGES, note, &stages, NULL), LREG_OK);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(listing.seen[i], subject.lists ? 1 : 0);
        assert_int_equal(stages.seen[i], subject.lists ? 1 : 0);
    }
}

static void test_storage_contract__everything_is_listed_once(void **state) {
    (void)state;
    with_each_backend(check_listing);
}

static void check_visitor(struct storage *storage) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    struct error err = {0};
    if (!subject.lists) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "o%d-1", i);
        assert_int_equal(fixture_store(storage, name, "1234567", 7, key, NULL), LREG_OK);
        (void)snprintf(name, sizeof name, "s%d-0", i);
        storage_stage_close(create(storage, name));
    }
    struct listing stops = {.storage = storage, .what = LREG_STORAGE_OBJECTS, .stop_after = 2};
    assert_int_equal(storage_visit_all(storage, LREG_STORAGE_OBJECTS, note, &stops, &err), LREG_CONFLICT);
    assert_string_equal(err.code, "enough");
    assert_int_equal(stops.count, 2);
    struct listing objects = {.storage = storage, .what = LREG_STORAGE_OBJECTS, .removes = true};
    assert_int_equal(storage_visit_all(storage, LREG_STORAGE_OBJECTS, note, &objects, NULL), LREG_OK);
    assert_int_equal(objects.count, 3);
    struct listing stages = {.storage = storage, .what = LREG_STORAGE_STAGES, .removes = true};
    assert_int_equal(storage_visit_all(storage, LREG_STORAGE_STAGES, note, &stages, NULL), LREG_OK);
    assert_int_equal(stages.count, 3);
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_OBJECTS), 0);
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_STAGES), 0);
}

static void test_storage_contract__visitor_stops_the_walk_and_may_remove(void **state) {
    (void)state;
    with_each_backend(check_visitor);
}

/* A backend either refuses to remove an open stage, or does not commit it after that. */
static void check_removed_while_open(struct storage *storage) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    char digest[DIGEST_SHA256_TEXT];
    struct error err = {0};
    struct storage_stage *stage = create(storage, "collected");
    fixture_digest("late", 4, digest);
    write_text(stage, "la");
    lreg_status status = storage_stage_remove(storage, "collected", &err);
    bool is_kept = status == LREG_BUSY;
    assert_true(is_kept ? strcmp(err.code, "stage_busy") == 0 : status == LREG_OK);
    write_text(stage, "te");
    assert_int_equal(storage_stage_commit(stage, digest, key, NULL), is_kept ? LREG_OK : LREG_IO);
    if (subject.lists) {
        assert_int_equal(fixture_listed(storage, LREG_STORAGE_OBJECTS), is_kept ? 1 : 0);
    }
    stage = create(storage, "collected-too");
    assert_int_equal(storage_stage_remove(storage, "collected-too", NULL), is_kept ? LREG_BUSY : LREG_OK);
    storage_stage_drop(stage);
    assert_int_equal(storage_stage_remove(storage, "collected-too", NULL), LREG_OK);
}

static void test_storage_contract__stage_that_is_open_is_not_collected_and_then_committed(void **state) {
    (void)state;
    with_each_backend(check_removed_while_open);
}

#define THREADS 8
#define ROUNDS 25

struct worker {
    pthread_t thread;
    struct storage *storage;
    unsigned number;
    unsigned failures;
};

/* Without asserts, which belong to the test's main thread. */
static bool do_round(const struct worker *worker, unsigned round) {
    char name[32];
    char mine[64];
    char keys[2][LREG_STORAGE_KEY_MAX + 1];
    struct storage_stage *stage = NULL;
    (void)snprintf(mine, sizeof mine, "thread %u, round %u", worker->number, round);
    (void)snprintf(name, sizeof name, "own-%u-%u", worker->number, round);
    bool good = fixture_store(worker->storage, name, mine, strlen(mine), keys[0], NULL) == LREG_OK;
    (void)snprintf(name, sizeof name, "same-%u-%u", worker->number, round);
    good = good && fixture_store(worker->storage, name, "for all", 7, keys[1], NULL) == LREG_OK;
    good = good && fixture_holds(worker->storage, keys[0], mine, strlen(mine));
    good = good && fixture_holds(worker->storage, keys[1], "for all", 7);
    (void)snprintf(name, sizeof name, "drop-%u-%u", worker->number, round);
    good = good && storage_stage_create(worker->storage, name, &stage, NULL) == LREG_OK;
    good = good && storage_stage_write(stage, mine, strlen(mine), NULL) == LREG_OK;
    storage_stage_drop(stage);
    if (round % 2 == 1) {
        good = good && storage_object_remove(worker->storage, keys[1], NULL) == LREG_OK;
    }
    return good && (round % 10 != 0 || fixture_listed(worker->storage, LREG_STORAGE_OBJECTS) != SIZE_MAX);
}

static void *work(void *argument) {
    struct worker *worker = argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        worker->failures += do_round(worker, round) ? 0 : 1;
    }
    return NULL;
}

static void check_threads(struct storage *storage) {
    struct worker workers[THREADS] = {0};
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].storage = storage;
        workers[i].number = i;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(workers[i].failures, 0);
    }
    if (subject.lists) {
        assert_int_equal(fixture_listed(storage, LREG_STORAGE_STAGES), 0);
        assert_int_equal(fixture_listed(storage, LREG_STORAGE_OBJECTS), THREADS * (ROUNDS + ROUNDS / 2 + 1));
    }
}

static void test_storage_contract__eight_threads_do_not_disturb_each_other(void **state) {
    (void)state;
    with_each_backend(check_threads);
}
