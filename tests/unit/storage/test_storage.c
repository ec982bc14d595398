/* SPDX-License-Identifier: Apache-2.0 */
/* The storage wrapper: which arguments it accepts, which answers of a backend it trusts, and how it maps each failure.
 * */
#include "fixture.h"

#include "storage/filesystem/filesystem.h"
#include "storage/memory/memory.h"
#include "support/failing_allocator.h"
#include "support/fault_backend.h"

/* A backend whose answers the test sets. */
struct puppet {
    lreg_status answer;
    const char *key; /* written by commit and list_next unchanged, with key_length bytes */
    size_t key_length;
    size_t got; /* what object_read claims */
    size_t most; /* the maximum that object_read returns, when `got` is 0 */
    uint64_t length; /* of an object */
    int32_t descriptor;
    int listed; /* names that list_next has still to return */
    int stages; /* open */
    int objects;
    int lists;
    int destroyed;
    uint64_t written;
    uint64_t undurable; /* of them, what stage_sync leaves out */
    const char *code; /* what object_remove and stage_remove say about their failure */
    const char *message;
    int32_t domain;
    int64_t number;
    int64_t retry_ms;
};

static struct puppet puppet;
static struct hooks hooks;
static struct storage *storage;

static lreg_status puppet_stage_create(void *state, const char *name, const lreg_stage_info *info, void **out_stage,
                                       lreg_failure *failure) {
    (void)failure;
    assert_int_equal(info == NULL ? -1 : info->expected_length, -1);
    (void)name;
    struct puppet *self = state;
    self->stages += self->answer == LREG_OK ? 1 : 0;
    *out_stage = NULL; /* a handle may be any value */
    return self->answer;
}

static lreg_status puppet_stage_reopen(void *state, const char *name, uint64_t length, void **out_stage,
                                       lreg_failure *failure) {
    (void)length;
    return puppet_stage_create(state, name, NULL, out_stage, failure);
}

static lreg_status puppet_stage_write(void *state, void *stage, const void *bytes, size_t length,
                                      lreg_failure *failure) {
    struct puppet *self = state;
    (void)failure;
    self->written += length;
    (void)stage;
    (void)bytes;
    (void)length;
    return ((struct puppet *)state)->answer;
}

static lreg_status puppet_stage_sync(void *state, void *stage, uint64_t *out_durable, lreg_failure *failure) {
    const struct puppet *self = state;
    (void)stage;
    (void)failure;
    *out_durable = self->written - self->undurable;
    return ((struct puppet *)state)->answer;
}

static void puppet_stage_end(void *state, void *stage) {
    (void)stage;
    ((struct puppet *)state)->stages--;
}

static lreg_status puppet_remove(void *state, const char *name, lreg_failure *failure) {
    const struct puppet *self = state;
    lreg_failure_set(failure, self->code, self->message);
    lreg_failure_set_cause(failure, self->domain, self->number);
    lreg_failure_set_retry_ms(failure, self->retry_ms);
    (void)name;
    return ((struct puppet *)state)->answer;
}

static lreg_status puppet_stage_commit(void *state, void *stage, const lreg_object_info *info, char *key,
                                       size_t capacity, lreg_failure *failure) {
    (void)failure;
    assert_int_equal(capacity, LREG_STORAGE_KEY_MAX + 1);
    assert_int_equal(strlen(info->digest), 64);
    struct puppet *self = state;
    (void)stage;
    self->stages--;
    if (self->key != NULL) {
        memcpy(key, self->key, self->key_length);
    }
    return self->answer;
}

static lreg_status puppet_object_open(void *state, const char *key, const lreg_read_info *info, void **out_object,
                                      uint64_t *out_length, lreg_failure *failure) {
    (void)failure;
    assert_true(info->size == sizeof *info && info->offset == 0 && info->length == -1);
    struct puppet *self = state;
    (void)key;
    *out_object = NULL;
    *out_length = self->length;
    self->objects += self->answer == LREG_OK ? 1 : 0;
    return self->answer;
}

static lreg_status puppet_object_read(void *state, void *object, uint64_t offset, void *bytes, size_t length,
                                      size_t *out_got, lreg_failure *failure) {
    (void)failure;
    const struct puppet *self = state;
    (void)object;
    if (self->got != 0) {
        *out_got = self->got;
        return self->answer;
    }
    size_t left = offset < self->length ? (size_t)(self->length - offset) : 0;
    size_t count = length < left ? length : left;
    count = count < self->most ? count : self->most;
    memset(bytes, 'x', count);
    *out_got = count;
    return self->answer;
}

static lreg_status puppet_object_descriptor(void *state, void *object, int32_t *out_descriptor, uint64_t *out_offset,
                                            lreg_failure *failure) {
    (void)failure;
    const struct puppet *self = state;
    (void)object;
    *out_descriptor = self->descriptor;
    *out_offset = 0;
    return self->answer;
}

static void puppet_object_close(void *state, void *object) {
    (void)object;
    ((struct puppet *)state)->objects--;
}

static lreg_status puppet_list_open(void *state, const lreg_list_info *info, void **out_list, lreg_failure *failure) {
    (void)failure;
    struct puppet *self = state;
    assert_true(info->what == LREG_STORAGE_STAGES || info->what == LREG_STORAGE_OBJECTS);
    *out_list = NULL;
    self->lists += self->answer == LREG_OK ? 1 : 0;
    return self->answer;
}

static lreg_status puppet_list_next(void *state, void *list, char *name, size_t capacity, int64_t *out_modified_ms,
                                    uint64_t *out_length, lreg_failure *failure) {
    (void)failure;
    assert_int_equal(capacity, LREG_STORAGE_KEY_MAX + 1);
    struct puppet *self = state;
    (void)list;
    if (self->listed == 0) {
        return LREG_NOT_FOUND;
    }
    self->listed--;
    if (self->key != NULL) {
        memcpy(name, self->key, self->key_length);
    }
    *out_modified_ms = 0;
    *out_length = self->length;
    return LREG_OK;
}

static void puppet_list_close(void *state, void *list) {
    (void)list;
    ((struct puppet *)state)->lists--;
}

static void puppet_destroy(void *state) {
    ((struct puppet *)state)->destroyed++;
}

static const lreg_storage_backend puppet_table = {
    .size = sizeof(lreg_storage_backend),
    .stage_create = puppet_stage_create,
    .stage_reopen = puppet_stage_reopen,
    .stage_write = puppet_stage_write,
    .stage_sync = puppet_stage_sync,
    .stage_close = puppet_stage_end,
    .stage_drop = puppet_stage_end,
    .stage_remove = puppet_remove,
    .stage_commit = puppet_stage_commit,
    .object_open = puppet_object_open,
    .object_read = puppet_object_read,
    .object_descriptor = puppet_object_descriptor,
    .object_close = puppet_object_close,
    .object_remove = puppet_remove,
    .list_open = puppet_list_open,
    .list_next = puppet_list_next,
    .list_close = puppet_list_close,
    .destroy = puppet_destroy,
};

static int setup(void **state) {
    (void)state;
    hooks_default(&hooks);
    puppet = (struct puppet){.key = "key", .key_length = 4, .length = 100, .most = 100};
    return storage_open_backend(&hooks, &puppet_table, &puppet, &storage, NULL) == LREG_OK ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    storage_close(storage);
    storage = NULL;
    return puppet.stages == 0 && puppet.objects == 0 && puppet.lists == 0 && puppet.destroyed == 1 ? 0 : -1;
}

static const char digest[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static struct storage_stage *new_stage(void) {
    struct storage_stage *stage = NULL;
    lreg_status answer = puppet.answer;
    puppet.answer = LREG_OK;
    assert_int_equal(storage_stage_create(storage, "stage", &stage, NULL), LREG_OK);
    puppet.answer = answer;
    return stage;
}

static struct storage_object *new_object(void) {
    struct storage_object *object = NULL;
    uint64_t length = 0;
    assert_int_equal(storage_object_open(storage, "key", -1, &object, &length, NULL), LREG_OK);
    assert_int_equal(length, puppet.length);
    return object;
}

static void assert_table_refused(const lreg_storage_backend *table, const char *code, int destroyed) {
    struct puppet other = {.destroyed = 0};
    struct storage *opened = (struct storage *)&other;
    struct error err = {0};
    assert_int_equal(storage_open_backend(&hooks, table, &other, &opened, &err), LREG_BAD_ARGUMENT);
    assert_null(opened);
    assert_string_equal(err.code, code);
    assert_int_equal(other.destroyed, destroyed);
}

static void test_storage_storage__short_or_wrong_table_is_refused(void **state) {
    (void)state;
    lreg_storage_backend table = puppet_table;
    assert_table_refused(NULL, "backend_size", 0);
    table.size = (uint32_t)offsetof(lreg_storage_backend, object_path) - 1; /* the end of version 1 */
    assert_table_refused(&table, "backend_size", 0);
    table.size = 0;
    assert_table_refused(&table, "backend_size", 0);
    table = puppet_table;
    table.flags = 0x10000u;
    assert_table_refused(&table, "backend_flags", 1);
}

static void test_storage_storage__table_without_a_needed_entry_is_refused(void **state) {
    (void)state;
    static const size_t needed[] = {
        offsetof(lreg_storage_backend, stage_create), offsetof(lreg_storage_backend, stage_reopen),
        offsetof(lreg_storage_backend, stage_write),  offsetof(lreg_storage_backend, stage_sync),
        offsetof(lreg_storage_backend, stage_close),  offsetof(lreg_storage_backend, stage_drop),
        offsetof(lreg_storage_backend, stage_remove), offsetof(lreg_storage_backend, stage_commit),
        offsetof(lreg_storage_backend, object_open),  offsetof(lreg_storage_backend, object_read),
        offsetof(lreg_storage_backend, object_close), offsetof(lreg_storage_backend, object_remove),
        offsetof(lreg_storage_backend, list_next),    offsetof(lreg_storage_backend, list_close),
    };
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        lreg_storage_backend table = puppet_table;
        memset((char *)&table + needed[i], 0, sizeof(void (*)(void)));
        assert_table_refused(&table, "backend_entry", 1);
    }
}

static void test_storage_storage__table_is_copied(void **state) {
    (void)state;
    lreg_storage_backend table = puppet_table;
    struct puppet other = {.destroyed = 0};
    struct storage *opened = NULL;
    struct storage_stage *stage = NULL;
    assert_int_equal(storage_open_backend(&hooks, &table, &other, &opened, NULL), LREG_OK);
    memset(&table, 0xff, sizeof table);
    assert_int_equal(storage_stage_create(opened, "stage", &stage, NULL), LREG_OK);
    storage_stage_drop(stage);
    storage_close(opened);
    assert_int_equal(other.destroyed, 1);
    storage_close(NULL);
}

static void test_storage_storage__stage_names_are_checked(void **state) {
    (void)state;
    static const char *const names[] = {"", "A", "a_b", "a/b", "..", ".", "a b", "\xc3\xa4", "a\n", "a.b"};
    char name[LREG_STORAGE_STAGE_NAME_MAX + 2];
    for (size_t i = 0; i <= sizeof names / sizeof names[0]; i++) {
        struct storage_stage *stage = (struct storage_stage *)&puppet;
        struct error err = {0};
        memset(name, 'a', sizeof name - 1);
        name[sizeof name - 1] = '\0';
        const char *tried = i < sizeof names / sizeof names[0] ? names[i] : name;
        assert_int_equal(storage_stage_create(storage, tried, &stage, &err), LREG_BAD_ARGUMENT);
        assert_null(stage);
        assert_string_equal(err.code, "stage_name");
        assert_int_equal(storage_stage_reopen(storage, tried, 0, &stage, NULL), LREG_BAD_ARGUMENT);
        assert_int_equal(storage_stage_remove(storage, tried, NULL), LREG_BAD_ARGUMENT);
    }
    assert_int_equal(storage_stage_remove(storage, NULL, NULL), LREG_BAD_ARGUMENT);
}

static void test_storage_storage__keys_that_cannot_be_are_corrupt(void **state) {
    (void)state;
    char longest[LREG_STORAGE_KEY_MAX + 2];
    const char *const keys[] = {"", "\xff", "\xc3", "ab\xed\xa0\x80", longest};
    memset(longest, 'k', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct storage_object *object = (struct storage_object *)&puppet;
        uint64_t length = 0;
        assert_int_equal(storage_object_open(storage, keys[i], -1, &object, &length, NULL), LREG_CORRUPT);
        assert_null(object);
        assert_int_equal(storage_object_remove(storage, keys[i], NULL), LREG_CORRUPT);
    }
    longest[LREG_STORAGE_KEY_MAX] = '\0';
    assert_int_equal(storage_object_remove(storage, longest, NULL), LREG_OK);
    assert_int_equal(storage_object_remove(storage,
                                           "pr\xc3\xa4"
                                           "fix/key",
                                           NULL),
                     LREG_OK);
}

static void test_storage_storage__bad_keys_of_a_backend_are_not_believed(void **state) {
    (void)state;
    static char unended[LREG_STORAGE_KEY_MAX + 1];
    memset(unended, 'k', sizeof unended);
    const struct {
        const char *key;
        size_t length;
    } given[] = {{NULL, 0}, {"", 1}, {"\xff\xfe", 3}, {"unended", 7}, {unended, sizeof unended}};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        char key[LREG_STORAGE_KEY_MAX + 1] = "before";
        struct fixture_count count = {0};
        puppet.key = given[i].key;
        puppet.key_length = given[i].length;
        assert_int_equal(storage_stage_commit(new_stage(), digest, key, NULL), LREG_IO);
        assert_string_equal(key, "");
        puppet.listed = 1;
        assert_int_equal(storage_visit_all(storage, LREG_STORAGE_OBJECTS, fixture_add, &count, NULL), LREG_IO);
        assert_int_equal(count.names, 0);
    }
    puppet.key = "No stage";
    puppet.key_length = 9;
    puppet.listed = 1;
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_STAGES), SIZE_MAX);
    puppet.listed = 1;
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_OBJECTS), 1);
}

static void test_storage_storage__longest_key_is_given_on(void **state) {
    (void)state;
    char longest[LREG_STORAGE_KEY_MAX + 1];
    char key[LREG_STORAGE_KEY_MAX + 1];
    memset(longest, 'k', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    puppet.key = longest;
    puppet.key_length = sizeof longest;
    assert_int_equal(storage_stage_commit(new_stage(), digest, key, NULL), LREG_OK);
    assert_string_equal(key, longest);
}

static void test_storage_storage__statuses_that_mean_nothing_become_io(void **state) {
    (void)state;
    static const struct {
        lreg_status answer;
        lreg_status status;
    } table[] = {
        {LREG_NO_SPACE, LREG_NO_SPACE},
        {LREG_IO, LREG_IO},
        {LREG_NO_MEMORY, LREG_NO_MEMORY},
        {LREG_NOT_FOUND, LREG_IO},
        {LREG_CONFLICT, LREG_IO},
        {LREG_FORBIDDEN, LREG_IO},
        {-1, LREG_IO},
        {999, LREG_IO},
        {INT32_MIN, LREG_IO},
        {LREG_HOST_STATUS, LREG_HOST_STATUS},
        {INT32_MAX, INT32_MAX},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct storage_stage *stage = NULL;
        struct error err = {0};
        puppet.answer = table[i].answer;
        assert_int_equal(storage_stage_create(storage, "stage", &stage, &err), table[i].status);
        assert_null(stage);
        assert_int_equal(err.status, table[i].status);
        assert_true(strlen(err.message) > 0);
        stage = new_stage();
        assert_int_equal(storage_stage_write(stage, "x", 1, NULL), table[i].status);
        storage_stage_drop(stage);
        stage = new_stage();
        assert_int_equal(storage_stage_sync(stage, NULL), table[i].status);
        storage_stage_close(stage);
        char key[LREG_STORAGE_KEY_MAX + 1];
        assert_int_equal(storage_stage_commit(new_stage(), digest, key, NULL), table[i].status);
    }
}

static void test_storage_storage__not_found_is_told_only_where_it_has_a_meaning(void **state) {
    (void)state;
    struct storage_stage *stage = NULL;
    struct storage_object *object = new_object();
    struct storage_object *other = NULL;
    uint64_t length = 0;
    char byte = 0;
    puppet.answer = LREG_NOT_FOUND;
    assert_int_equal(storage_stage_reopen(storage, "stage", 0, &stage, NULL), LREG_NOT_FOUND);
    assert_int_equal(storage_object_open(storage, "key", -1, &other, &length, NULL), LREG_NOT_FOUND);
    assert_int_equal(storage_stage_remove(storage, "stage", NULL), LREG_OK);
    assert_int_equal(storage_object_remove(storage, "key", NULL), LREG_OK);
    assert_int_equal(storage_object_read(object, 0, &byte, 1, NULL), LREG_IO);
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_OBJECTS), SIZE_MAX);
    storage_object_close(object);
}

static void test_storage_storage__failed_stage_takes_no_more(void **state) {
    (void)state;
    char key[LREG_STORAGE_KEY_MAX + 1];
    for (int i = 0; i < 2; i++) {
        struct storage_stage *stage = new_stage();
        puppet.answer = LREG_NO_SPACE;
        lreg_status status = i == 0 ? storage_stage_write(stage, "x", 1, NULL) : storage_stage_sync(stage, NULL);
        puppet.answer = LREG_OK;
        assert_int_equal(status, LREG_NO_SPACE);
        assert_int_equal(storage_stage_write(stage, "x", 1, NULL), LREG_MISUSE);
        assert_int_equal(storage_stage_sync(stage, NULL), LREG_MISUSE);
        assert_int_equal(storage_stage_commit(stage, digest, key, NULL), LREG_MISUSE);
        assert_int_equal(puppet.stages, 0);
    }
}

static void test_storage_storage__short_reads_are_continued(void **state) {
    (void)state;
    char bytes[101] = "";
    struct storage_object *object = new_object();
    puppet.most = 7;
    assert_int_equal(storage_object_read(object, 0, bytes, 100, NULL), LREG_OK);
    assert_int_equal(strlen(bytes), 100);
    assert_int_equal(storage_object_read(object, 50, bytes, 51, NULL), LREG_CORRUPT);
    storage_object_close(object);
}

static void test_storage_storage__lies_about_lengths_are_not_believed(void **state) {
    (void)state;
    char bytes[8];
    struct storage_object *object = new_object();
    struct storage_object *other = NULL;
    uint64_t length = 0;
    puppet.got = 9;
    assert_int_equal(storage_object_read(object, 0, bytes, 8, NULL), LREG_IO);
    puppet.got = SIZE_MAX;
    assert_int_equal(storage_object_read(object, 0, bytes, 8, NULL), LREG_IO);
    storage_object_close(object);
    puppet.length = UINT64_MAX;
    assert_int_equal(storage_object_open(storage, "key", -1, &other, &length, NULL), LREG_IO);
    assert_null(other);
    puppet.listed = 1;
    assert_int_equal(fixture_listed(storage, LREG_STORAGE_OBJECTS), SIZE_MAX);
}

static void test_storage_storage__descriptor_is_optional(void **state) {
    (void)state;
    int32_t descriptor = -5;
    uint64_t offset = 7;
    struct storage_object *object = new_object();
    puppet.descriptor = -1;
    assert_false(storage_object_descriptor(object, &descriptor, &offset));
    puppet.descriptor = 3;
    puppet.answer = LREG_NOT_FOUND;
    assert_false(storage_object_descriptor(object, &descriptor, &offset));
    assert_int_equal(descriptor, -5);
    assert_int_equal(offset, 7);
    puppet.answer = LREG_OK;
    assert_true(storage_object_descriptor(object, &descriptor, &offset));
    assert_int_equal(descriptor, 3);
    assert_int_equal(offset, 0);
    storage_object_close(object);
    storage_object_close(NULL);
}

static void test_storage_storage__only_stages_and_objects_are_listed(void **state) {
    (void)state;
    assert_int_equal(storage_visit_all(storage, 0, fixture_add, NULL, NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(storage_visit_all(storage, 3, fixture_add, NULL, NULL), LREG_BAD_ARGUMENT);
}

/* Every operation once: the first failure ends it. Nothing may stay open. */
static lreg_status use_all(struct storage *used) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    struct storage_stage *stage = NULL;
    struct storage_object *object = NULL;
    struct fixture_count count = {0};
    uint64_t length = 0;
    char bytes[5];
    char stored[DIGEST_SHA256_TEXT];
    lreg_status status = storage_stage_create(used, "all", &stage, NULL);
    if (status == LREG_OK) {
        status = storage_stage_write(stage, "he", 2, NULL);
        storage_stage_close(stage);
    }
    if (status == LREG_OK) {
        status = storage_stage_reopen(used, "all", 2, &stage, NULL);
    }
    if (status != LREG_OK) {
        return status;
    }
    status = storage_stage_write(stage, "llo", 3, NULL);
    if (status == LREG_OK) {
        status = storage_stage_sync(stage, NULL);
    }
    if (status != LREG_OK) {
        storage_stage_drop(stage);
        return status;
    }
    fixture_digest("hello", 5, stored);
    status = storage_stage_commit(stage, stored, key, NULL);
    if (status == LREG_OK) {
        status = storage_object_open(used, key, -1, &object, &length, NULL);
    }
    if (status == LREG_OK) {
        status = storage_object_read(object, 0, bytes, 5, NULL);
        storage_object_close(object);
    }
    if (status == LREG_OK) {
        status = storage_visit_all(used, LREG_STORAGE_OBJECTS, fixture_add, &count, NULL);
    }
    return status == LREG_OK ? storage_object_remove(used, key, NULL) : status;
}

/* Removes the leftovers of use_all, as the collector does. */
static lreg_status remove_visited(void *user, const char *name, int64_t modified_ms, uint64_t length,
                                  struct error *err) {
    (void)modified_ms;
    (void)length;
    lreg_status status = storage_object_remove(user, name, err);
    return status == LREG_OK ? storage_stage_remove(user, "all", err) : status;
}

static void clear_away(struct storage *used) {
    assert_int_equal(storage_stage_remove(used, "all", NULL), LREG_OK);
    assert_int_equal(storage_visit_all(used, LREG_STORAGE_OBJECTS, remove_visited, used, NULL), LREG_OK);
    assert_int_equal(fixture_listed(used, LREG_STORAGE_STAGES), 0);
    assert_int_equal(fixture_listed(used, LREG_STORAGE_OBJECTS), 0);
}

static void fail_each_call(enum fault_moment moment) {
    lreg_storage_backend inner;
    lreg_storage_backend outer;
    struct fault_backend fault;
    void *inner_state = NULL;
    struct storage *used = NULL;
    assert_int_equal(storage_memory_table(&hooks, &inner, &inner_state, NULL), LREG_OK);
    fault_backend_wrap(&fault, &inner, inner_state, &outer);
    assert_int_equal(storage_open_backend(&hooks, &outer, &fault, &used, NULL), LREG_OK);
    uint64_t n = 0;
    lreg_status status = LREG_IO;
    while (status != LREG_OK) {
        fault_backend_arm(&fault, ++n, LREG_HOST_STATUS + 7, moment);
        status = use_all(used);
        assert_int_equal(status, fault_backend_failures(&fault) > 0 ? LREG_HOST_STATUS + 7 : LREG_OK);
        assert_int_equal(fault_backend_open_handles(&fault), 0);
        fault_backend_disarm(&fault);
        clear_away(used);
    }
    assert_int_equal(n, 13); /* one more than the 12 calls of use_all */
    storage_close(used);
    assert_true(fault.destroyed);
}

static void test_storage_storage__each_failing_call_is_told_and_leaves_no_handle(void **state) {
    (void)state;
    fail_each_call(FAULT_BEFORE);
    fail_each_call(FAULT_AFTER);
}

static lreg_status open_store(const struct hooks *with, const char *folder, struct storage **out) {
    return folder != NULL ? storage_open_filesystem(with, folder, false, out, NULL)
                          : storage_open_memory(with, out, NULL);
}

static void fail_each_allocation(const char *folder) {
    struct failing_allocator memory;
    struct hooks failing = hooks;
    size_t failures = 0;
    bool failed = true;
    failing_allocator_init(&memory);
    failing.allocator = failing_allocator_hook(&memory);
    while (failed) {
        struct storage *used = NULL;
        failing_allocator_fail_at(&memory, failures + 1, false);
        lreg_status status = open_store(&failing, folder, &used);
        if (status == LREG_OK) {
            status = use_all(used);
        }
        storage_close(used);
        failed = failing_allocator_failed(&memory);
        assert_int_equal(failing_allocator_live_blocks(&memory), 0);
        assert_int_equal(status, failed ? LREG_NO_MEMORY : LREG_OK);
        failures += failed ? 1 : 0;
        assert_int_equal(open_store(&hooks, folder, &used), LREG_OK);
        clear_away(used);
        storage_close(used);
    }
    assert_true(failures >= 9);
}

static void test_storage_storage__each_failing_allocation_is_told_and_leaks_nothing(void **state) {
    (void)state;
    char folder[FIXTURE_FOLDER];
    fail_each_allocation(NULL);
    assert_true(fixture_make_folder(folder));
    fail_each_allocation(folder);
    fixture_remove_folder(folder);
}

/* --- What a backend says about a failure --- */

static void test_storage_storage__a_failure_has_the_words_of_the_backend(void **state) {
    (void)state;
    struct error err = {0};
    puppet.answer = LREG_UPSTREAM;
    puppet.code = "bucket_gone";
    puppet.message = "the bucket is gone";
    puppet.domain = LREG_CAUSE_HTTP;
    puppet.number = 403;
    puppet.retry_ms = 1500;
    assert_int_equal(storage_object_remove(storage, "key", &err), LREG_UPSTREAM);
    assert_string_equal(err.code, "bucket_gone");
    assert_string_equal(err.message, "cannot remove an object: the bucket is gone");
    assert_int_equal(err.cause_domain, LREG_CAUSE_HTTP);
    assert_int_equal(err.cause, 403);
    assert_int_equal(err.retry_ms, 1500);
    puppet.answer = LREG_OK; /* what it says beside success does not count */
    assert_int_equal(storage_object_remove(storage, "key", &err), LREG_OK);
}

static void test_storage_storage__hostile_words_are_bounded_and_made_printable(void **state) {
    (void)state;
    struct error err = {0};
    char text[4000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    puppet.answer = LREG_HOST_STATUS + 3;
    const char *const codes[] = {"", "Upper", "a b", "\xff", "a\n", text};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        puppet.code = codes[i];
        puppet.message = text;
        assert_int_equal(storage_object_remove(storage, "key", &err), LREG_HOST_STATUS + 3);
        assert_string_equal(err.code, "storage_backend");
        assert_true(strlen(err.message) < sizeof err.message);
    }
    puppet.message = "a\xff\nb\xc3";
    puppet.domain = 77;
    puppet.number = INT64_MIN;
    puppet.retry_ms = -1;
    assert_int_equal(storage_object_remove(storage, "key", &err), LREG_HOST_STATUS + 3);
    assert_string_equal(err.message, "cannot remove an object: a??b?");
    assert_int_equal(err.cause_domain, LREG_CAUSE_HOST);
    assert_true(err.cause == INT64_MIN);
    assert_int_equal(err.retry_ms, 0);
}

static void test_storage_storage__statuses_of_remote_storages_pass_and_pending_does_not(void **state) {
    (void)state;
    static const lreg_status passed[] = {LREG_UPSTREAM, LREG_TIMEOUT, LREG_CANCELLED};
    struct storage_object *object = NULL;
    uint64_t length = 0;
    struct error err = {0};
    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
        puppet.answer = passed[i];
        assert_int_equal(storage_object_open(storage, "key", 5, &object, &length, &err), passed[i]);
        assert_string_equal(err.code, "storage_failed");
    }
    puppet.answer = LREG_PENDING;
    assert_int_equal(storage_object_open(storage, "key", 5, &object, &length, &err), LREG_IO);
}

static void test_storage_storage__a_stage_that_is_durable_in_part_is_refused(void **state) {
    (void)state;
    struct error err = {0};
    struct storage_stage *stage = new_stage();
    assert_int_equal(storage_stage_write(stage, "12345", 5, NULL), LREG_OK);
    assert_int_equal(storage_stage_sync(stage, NULL), LREG_OK);
    puppet.undurable = 1;
    assert_int_equal(storage_stage_sync(stage, &err), LREG_IO);
    assert_string_equal(err.code, "stage_not_durable");
    storage_stage_drop(stage);
}
