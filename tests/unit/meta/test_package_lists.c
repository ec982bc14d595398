/* SPDX-License-Identifier: Apache-2.0 */
/* Listings of packages: orders, filters, paging, names, qualifiers, index entries. */
#include "unit/meta/fixture.h"

static struct meta_transaction *transaction; /* of the running test */

struct sample {
    const char *id;
    const char *name;
    const char *version;
    const char *qualifier;
    const char *document;
    int64_t created_ms;
};

static const struct sample samples[] = {
    {"p1", "curl", "8.1", "x86_64", NULL, 10},   {"p2", "curl", "8.2", "x86_64", NULL, 20},
    {"p3", "curl", "8.2", "aarch64", NULL, 20},  {"p4", "Zlib", "1.0", "noarch", NULL, 5},
    {"p5", "libcurl", "9", "aarch64", NULL, 40}, {"p6", "app", "v1", "", "sha256:m", 30},
    {"p7", "app", "v2", "", "sha256:m", 31},     {"p8", "app", "v10", "", "sha256:n", 32},
};

static void add(const struct sample *sample) {
    char filename[64] = "";
    char entry[64] = "";
    struct meta_package row = fixture_package(sample->id, sample->name, sample->version, filename, sample->created_ms);
    (void)snprintf(filename, sizeof filename, "%s-%s.%s", sample->name, sample->version, sample->qualifier);
    (void)snprintf(entry, sizeof entry, "%s ", sample->id);
    row.qualifier = sample->qualifier;
    row.document = sample->document;
    row.index_entry = sample->qualifier[0] != '\0' ? entry : "";
    row.attributes = "{}";
    assert_int_equal(meta_package_insert(transaction, &row, NULL), LREG_OK);
}

static int setup(void **state) {
    fixture_setup(state);
    transaction = fixture_begin(*state, META_WRITE);
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        add(&samples[i]);
    }
    return 0;
}

static int teardown(void **state) {
    meta_rollback(transaction);
    return fixture_free(state);
}

/* The ids of a listing, as "p1 p2". */
static void assert_list(struct fixture *fixture, struct meta_package_query query, const char *expected) {
    struct meta_package *rows = NULL;
    size_t count = 0;
    char ids[256] = "";
    query.registry_id = "r1";
    query.limit = query.limit > 0 ? query.limit : 100;
    lreg_status status = meta_package_list(transaction, &query, &fixture->arena, &rows, &count, &fixture->err);
    assert_int_equal(status, LREG_OK);
    for (size_t i = 0; i < count; i++) {
        fixture_append(ids, sizeof ids, i > 0 ? " " : "");
        fixture_append(ids, sizeof ids, rows[i].id);
    }
    assert_string_equal(ids, expected);
}

#define Q(...) ((struct meta_package_query){__VA_ARGS__})

static void test_meta_package_lists__by_time_is_newest_first_then_by_id(void **state) {
    assert_list(*state, Q(.order = META_BY_TIME), "p5 p8 p7 p6 p3 p2 p1 p4");
    assert_list(*state, Q(.order = META_BY_TIME, .limit = 2), "p5 p8");
}

static void test_meta_package_lists__long_texts_are_left_out_when_that_is_asked(void **state) {
    struct fixture *fixture = *state;
    struct meta_package *rows = NULL;
    size_t count = 0;
    struct meta_package_query query = {.registry_id = "r1", .name = "Zlib", .limit = 1};
    assert_int_equal(meta_package_list(transaction, &query, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_string_equal(rows[0].index_entry, "p4 ");
    assert_string_equal(rows[0].attributes, "{}");
    query.is_brief = true;
    assert_int_equal(meta_package_list(transaction, &query, &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_string_equal(rows[0].id, "p4");
    assert_string_equal(rows[0].index_entry, "");
    assert_string_equal(rows[0].attributes, "");
    assert_int_equal(rows[0].created_ms, 5);
}

static void test_meta_package_lists__by_time_continues_behind_an_id(void **state) {
    assert_list(*state, Q(.after_id = "p8", .limit = 3), "p7 p6 p3");
    assert_list(*state, Q(.after_id = "p3"), "p2 p1 p4");
    assert_list(*state, Q(.after_id = "p4"), "");
}

static void test_meta_package_lists__pages_of_one_make_the_whole(void **state) {
    struct fixture *fixture = *state;
    struct meta_package_query query = {.registry_id = "r1", .limit = 1};
    char ids[64] = "";
    size_t count = 1;
    while (count == 1) {
        struct meta_package *rows = NULL;
        assert_int_equal(meta_package_list(transaction, &query, &fixture->arena, &rows, &count, NULL), LREG_OK);
        if (count == 1) {
            fixture_append(ids, sizeof ids, rows[0].id);
            query.after_id = rows[0].id;
        }
    }
    assert_string_equal(ids, "p5p8p7p6p3p2p1p4");
}

static void test_meta_package_lists__a_deleted_package_still_marks_its_place(void **state) {
    /* The first 48 bits are the time: 20. */
    static const struct sample sample = {"00000000-0014-7000-8000-000000000000", "x", "1", "", NULL, 20};
    add(&sample);
    assert_list(*state, Q(.after_id = sample.id), "p1 p4");
    assert_int_equal(meta_package_delete(transaction, "r1", sample.id, NULL), LREG_OK);
    assert_list(*state, Q(.after_id = sample.id), "p1 p4");
    struct meta_package_query query = {.registry_id = "r1", .after_id = "p0", .limit = 1};
    struct meta_package *rows = NULL;
    size_t count = 0;
    struct fixture *fixture = *state;
    assert_int_equal(meta_package_list(transaction, &query, &fixture->arena, &rows, &count, NULL), LREG_NOT_FOUND);
}

static void test_meta_package_lists__filters_narrow_by_time(void **state) {
    assert_list(*state, Q(.name = "curl"), "p3 p2 p1");
    assert_list(*state, Q(.name = "curl", .after_id = "p3"), "p2 p1");
    assert_list(*state, Q(.name = "curl", .qualifier = "aarch64"), "p3");
    assert_list(*state, Q(.qualifier = "aarch64"), "p5 p3");
    assert_list(*state, Q(.qualifier = "", .limit = 2), "p8 p7");
    assert_list(*state, Q(.document = "sha256:m"), "p7 p6");
    assert_list(*state, Q(.document = "sha256:m", .name = "curl"), "");
    assert_list(*state, Q(.document = "sha256:m", .after_id = "p7"), "p6");
    assert_list(*state, Q(.name = "cur"), "");
}

static void test_meta_package_lists__a_part_of_a_name_is_found_in_either_case_and_literally(void **state) {
    static const struct sample odd[] = {{"q1", "100%_sure\\", "1", "", NULL, 1}, {"q2", "ÄPFEL", "1", "", NULL, 2}};
    add(&odd[0]);
    add(&odd[1]);
    assert_list(*state, Q(.name_contains = "CURL"), "p5 p3 p2 p1");
    assert_list(*state, Q(.name_contains = "zL"), "p4");
    assert_list(*state, Q(.name_contains = "%"), "q1");
    assert_list(*state, Q(.name_contains = "_"), "q1");
    assert_list(*state, Q(.name_contains = "\\"), "q1");
    assert_list(*state, Q(.name_contains = "'"), "");
    assert_list(*state, Q(.name_contains = "äpfel"), ""); /* only ASCII letters are matched without case */
    assert_list(*state, Q(.name_contains = "Äpfel"), "q2");
    assert_list(*state, Q(.name_contains = "curl", .qualifier = "x86_64", .limit = 1), "p2");
    assert_list(*state, Q(.name_contains = "lib", .name = "curl"), "");
}

static void test_meta_package_lists__by_name_is_bytewise_through_name_version_qualifier(void **state) {
    assert_list(*state, Q(.order = META_BY_NAME), "p4 p6 p8 p7 p1 p3 p2 p5");
    assert_list(*state, Q(.order = META_BY_NAME, .name = "app"), "p6 p8 p7");
    assert_list(*state, Q(.order = META_BY_NAME, .qualifier = "aarch64"), "p3 p5");
    assert_list(*state, Q(.order = META_BY_NAME, .document = "sha256:m"), "p6 p7");
    assert_list(*state, Q(.order = META_BY_NAME, .name_contains = "curl", .limit = 2), "p1 p3");
}

static void test_meta_package_lists__versions_of_a_name_continue_behind_one(void **state) {
    assert_list(*state, Q(.order = META_BY_NAME, .name = "app", .after_version = ""), "p6 p8 p7");
    assert_list(*state, Q(.order = META_BY_NAME, .name = "app", .after_version = "v1"), "p8 p7");
    assert_list(*state, Q(.order = META_BY_NAME, .name = "app", .after_version = "v1", .limit = 1), "p8");
    assert_list(*state, Q(.order = META_BY_NAME, .name = "app", .after_version = "v2"), "");
    assert_list(*state, Q(.order = META_BY_NAME, .name = "app", .document = "sha256:m", .after_version = "v1"), "p7");
}

static void test_meta_package_lists__a_package_without_version_is_behind_no_version(void **state) {
    static const struct sample bare = {"q1", "app", "", "", NULL, 1};
    add(&bare);
    assert_list(*state, Q(.order = META_BY_NAME, .name = "app"), "q1 p6 p8 p7");
    assert_list(*state, Q(.order = META_BY_NAME, .name = "app", .after_version = ""), "p6 p8 p7");
}

static void test_meta_package_lists__queries_without_sense_are_refused(void **state) {
    struct fixture *fixture = *state;
    const struct meta_package_query bad[] = {
        {.registry_id = "r1", .limit = 0},
        {.registry_id = "r1", .limit = META_PAGE_MAX + 1},
        {.registry_id = "r1", .limit = 1, .order = META_BY_NAME, .after_id = "p1"},
        {.registry_id = "r1", .limit = 1, .order = META_BY_NAME, .after_version = "1"},
        {.registry_id = "r1", .limit = 1, .order = META_BY_TIME, .name = "app", .after_version = "1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct meta_package *rows = NULL;
        size_t count = 0;
        assert_int_equal(meta_package_list(transaction, &bad[i], &fixture->arena, &rows, &count, NULL),
                         LREG_BAD_ARGUMENT);
    }
}

static void test_meta_package_lists__a_version_has_all_its_files(void **state) {
    struct fixture *fixture = *state;
    struct meta_package *rows = NULL;
    size_t count = 0;
    assert_int_equal(
        meta_package_find_by_version(transaction, "r1", "curl", "8.2", &fixture->arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].qualifier, "aarch64");
    assert_string_equal(rows[1].qualifier, "x86_64");
    assert_int_equal(meta_package_find_by_version(transaction, "r1", "curl", "8", &fixture->arena, &rows, &count, NULL),
                     LREG_OK);
    assert_int_equal(count, 0);
}

static void test_meta_package_lists__names_are_distinct_and_continue(void **state) {
    struct fixture *fixture = *state;
    struct arena *arena = &fixture->arena;
    const char **names = NULL;
    size_t count = 0;
    assert_int_equal(meta_package_names(transaction, "r1", NULL, 100, arena, &names, &count, NULL), LREG_OK);
    assert_int_equal(count, 4);
    assert_string_equal(names[0], "Zlib");
    assert_string_equal(names[1], "app");
    assert_string_equal(names[2], "curl");
    assert_string_equal(names[3], "libcurl");
    assert_int_equal(meta_package_names(transaction, "r1", "app", 1, arena, &names, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_string_equal(names[0], "curl");
    assert_int_equal(meta_package_names(transaction, "r2", NULL, 9, arena, &names, &count, NULL), LREG_OK);
    assert_int_equal(count, 0);
}

static void test_meta_package_lists__qualifiers_are_distinct(void **state) {
    struct fixture *fixture = *state;
    const char **names = NULL;
    size_t count = 0;
    assert_int_equal(meta_package_qualifiers(transaction, "r1", &fixture->arena, &names, &count, NULL), LREG_OK);
    assert_int_equal(count, 4);
    assert_string_equal(names[0], "");
    assert_string_equal(names[1], "aarch64");
    assert_string_equal(names[2], "noarch");
    assert_string_equal(names[3], "x86_64");
}

#define ENTRIES_SIZE 256

static lreg_status append_entry(void *user, const char *entry, struct error *err) {
    fixture_append(user, ENTRIES_SIZE, entry);
    (void)err;
    return LREG_OK;
}

static void assert_index(const char *qualifier, const char *or_qualifier, const char *expected) {
    char entries[ENTRIES_SIZE] = "";
    assert_int_equal(meta_package_visit_index(transaction, "r1", qualifier, or_qualifier, append_entry, entries, NULL),
                     LREG_OK);
    assert_string_equal(entries, expected);
}

static void test_meta_package_lists__index_entries_merge_two_qualifiers_by_name(void **state) {
    (void)state;
    assert_index("x86_64", "noarch", "p4 p1 p2 ");
    assert_index("noarch", "aarch64", "p4 p3 p5 ");
    assert_index("x86_64", NULL, "p1 p2 ");
    assert_index("x86_64", "x86_64", "p1 p2 ");
    assert_index("", NULL, ""); /* without entries */
}

struct counting_visit {
    size_t visits;
    size_t stop_at;
    uint64_t packages;
};

/* A visitor that runs the same statement again within itself, and stops. */
static lreg_status visit_within_visit(void *user, const char *entry, struct error *err) {
    struct counting_visit *counting = user;
    char entries[ENTRIES_SIZE] = "";
    (void)entry;
    counting->visits++;
    assert_index("noarch", NULL, "p4 ");
    assert_int_equal(meta_package_visit_index(transaction, "r1", "aarch64", NULL, append_entry, entries, err), LREG_OK);
    assert_string_equal(entries, "p3 p5 ");
    return counting->visits == counting->stop_at ? error_set(err, LREG_IO, "stop", "enough") : LREG_OK;
}

static void test_meta_package_lists__a_visitor_may_read_on_its_own_and_stop(void **state) {
    struct fixture *fixture = *state;
    struct counting_visit counting = {.stop_at = 2};
    assert_int_equal(
        meta_package_visit_index(transaction, "r1", "x86_64", "noarch", visit_within_visit, &counting, &fixture->err),
        LREG_IO);
    assert_string_equal(fixture->err.code, "stop");
    assert_int_equal(counting.visits, 2);
    assert_index("x86_64", "noarch", "p4 p1 p2 ");
}

/* --- Searching --- */

/* The ids that were found, and the start of the next page. */
static void assert_search(struct fixture *fixture, const char *part, const char *after_id, size_t limit,
                          size_t looks_at, const char *expected, const char *expected_last) {
    const struct meta_package_query query = {.registry_id = "r1",
                                             .order = META_BY_TIME,
                                             .name_contains = part,
                                             .after_id = after_id,
                                             .limit = limit,
                                             .is_brief = true};
    struct meta_package *rows = NULL;
    size_t count = 0;
    char last[ID_TEXT];
    char ids[256] = "";
    assert_int_equal(meta_package_search(transaction, &query, looks_at, &fixture->arena, &rows, &count, last, NULL),
                     LREG_OK);
    for (size_t i = 0; i < count; i++) {
        fixture_append(ids, sizeof ids, i > 0 ? " " : "");
        fixture_append(ids, sizeof ids, rows[i].id);
        assert_string_equal(rows[i].attributes, ""); /* brief */
    }
    assert_string_equal(ids, expected);
    assert_string_equal(last, expected_last);
}

static void test_meta_package_lists__a_search_finds_parts_of_names_newest_first(void **state) {
    assert_search(*state, "curl", NULL, 9, 100, "p5 p3 p2 p1", "");
    assert_search(*state, "CURL", NULL, 9, 100, "p5 p3 p2 p1", "");
    assert_search(*state, "zLI", NULL, 9, 100, "p4", "");
    assert_search(*state, "none", NULL, 9, 100, "", "");
    assert_search(*state, "longer than any name is", NULL, 9, 100, "", "");
    assert_search(*state, "", NULL, 2, 100, "p5 p8", "p8");
}

static void test_meta_package_lists__a_search_looks_at_so_many_and_goes_on_behind_them(void **state) {
    assert_search(*state, "zlib", NULL, 9, 3, "", "p7"); /* p5 p8 p7 p6 p3 p2 p1 p4 */
    assert_search(*state, "zlib", "p7", 9, 3, "", "p2");
    assert_search(*state, "zlib", "p2", 9, 3, "p4", "");
    assert_search(*state, "curl", NULL, 2, 100, "p5 p3", "p3");
}
