/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of objects for front servers: a backend's answer is validated. */
#include "storage/memory/memory.h"
#include "storage/storage.h"

static struct hooks hooks;
static const char *given; /* what the backend writes; NULL: nothing at all */
static lreg_status answer;

static lreg_status give_path(void *state, void *object, char *path, size_t capacity, lreg_failure *failure) {
    (void)failure;
    assert_int_equal(capacity, LREG_STORAGE_PATH_MAX + 1);
    (void)state;
    (void)object;
    if (given != NULL) {
        memcpy(path, given, strlen(given) + 1);
    }
    return answer;
}

/* An object in memory, with a table that has `object_path` or not. */
static struct storage_object *open_object(bool has_path, struct storage **out_storage) {
    lreg_storage_backend table;
    void *state = NULL;
    struct storage_stage *stage = NULL;
    struct storage_object *object = NULL;
    char key[LREG_STORAGE_KEY_MAX + 1];
    char digest[65];
    uint64_t length = 0;
    memset(digest, 'a', 64);
    digest[64] = '\0';
    hooks_default(&hooks);
    assert_int_equal(storage_memory_table(&hooks, &table, &state, NULL), LREG_OK);
    table.object_path = has_path ? give_path : NULL;
    assert_int_equal(storage_open_backend(&hooks, &table, state, out_storage, NULL), LREG_OK);
    assert_int_equal(storage_stage_create(*out_storage, "stage", &stage, NULL), LREG_OK);
    assert_int_equal(storage_stage_commit(stage, digest, key, NULL), LREG_OK);
    assert_int_equal(storage_object_open(*out_storage, key, -1, &object, &length, NULL), LREG_OK);
    return object;
}

static bool is_believed(bool has_path, const char *path, lreg_status status) {
    char out[LREG_STORAGE_PATH_MAX + 1];
    struct storage *storage = NULL;
    struct storage_object *object = open_object(has_path, &storage);
    given = path;
    answer = status;
    bool is_there = storage_object_path(object, out);
    assert_true(!is_there || strcmp(out, path) == 0);
    storage_object_close(object);
    storage_close(storage);
    return is_there;
}

static void test_storage_object_path__only_sound_ones_are_believed(void **state) {
    (void)state;
    static char longest[LREG_STORAGE_PATH_MAX + 1];
    memset(longest, 'x', LREG_STORAGE_PATH_MAX);
    assert_true(is_believed(true, "objects/a", LREG_OK));
    assert_true(is_believed(true, longest, LREG_OK));
    assert_false(is_believed(false, "objects/a", LREG_OK));
    assert_false(is_believed(true, "objects/a", LREG_NOT_FOUND));
    assert_false(is_believed(true, "", LREG_OK));
    assert_false(is_believed(true, NULL, LREG_OK));
    assert_false(is_believed(true, "a\r\nX-Evil: 1", LREG_OK));
    assert_false(is_believed(true, "\xff", LREG_OK));
}
