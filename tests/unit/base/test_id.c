/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDs from the hooks, and slugs. */

#include "base/id.h"

static int64_t fixed_now(void *user) {
    return *(int64_t *)user;
}

static lreg_status fill_with(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    memset(bytes, *(int *)user, length);
    return LREG_OK;
}

static lreg_status fill_fails(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    (void)bytes;
    (void)length;
    (void)user;
    return LREG_IO;
}

static void check_id(int64_t now, int fill, const char *expected) {
    struct hooks hooks;
    hooks_default(&hooks);
    hooks.clock.now_ms = fixed_now;
    hooks.clock.user = &now;
    hooks.random.fill = fill_with;
    hooks.random.user = &fill;
    char id[ID_TEXT];
    assert_int_equal(id_new(&hooks, id, NULL), LREG_OK);
    assert_string_equal(id, expected);
    assert_true(id_is_valid(id));
}

static void test_base_id__uuid7_holds_time_version_and_variant(void **state) {
    (void)state;
    /* The timestamp from RFC 9562 appendix A.6. */
    check_id(INT64_C(0x017f22e279b0), 0x00, "017f22e2-79b0-7000-8000-000000000000");
    check_id(INT64_C(0x017f22e279b0), 0xff, "017f22e2-79b0-7fff-bfff-ffffffffffff");
    check_id(INT64_C(0xffffffffffff), 0x5a, "ffffffff-ffff-7a5a-9a5a-5a5a5a5a5a5a");
}

static void test_base_id__one_is_put_behind_the_last(void **state) {
    static const struct {
        const char *id;
        const char *last;
        const char *expected;
    } cases[] = {
        /* It exists already. */
        {"017f22e2-79b0-7000-8000-000000000002", "017f22e2-79b0-7000-8000-000000000001",
         "017f22e2-79b0-7000-8000-000000000002"},
        /* One and the last 48 bits are the distance. */
        {"017f22e2-79b0-7000-8000-000000000000", "017f22e2-79b0-7000-8000-000000000000",
         "017f22e2-79b0-7000-8000-000000000001"},
        {"017f22e2-79b0-7000-8000-000000000003", "017f22e2-79b0-7000-8000-000000000005",
         "017f22e2-79b0-7000-8000-000000000009"},
        {"017f22e2-79b0-7abc-8fff-000000000003", "017f22e2-79b1-7000-8000-000000000005",
         "017f22e2-79b1-7000-8000-000000000009"},
        {"017f22e2-79b0-7000-8000-ffffffffffff", "017f22e2-79b0-7000-8001-ffffffffffff",
         "017f22e2-79b0-7000-8002-ffffffffffff"},
        /* Beyond variant, version and time. */
        {"017f22e2-79b0-7000-8000-000000000000", "017f22e2-79b0-7000-bfff-ffffffffffff",
         "017f22e2-79b0-7001-8000-000000000000"},
        {"017f22e2-79b0-7000-8000-000000000000", "017f22e2-79b0-70ff-bfff-ffffffffffff",
         "017f22e2-79b0-7100-8000-000000000000"},
        {"017f22e2-79b0-7000-8000-000000000000", "017f22e2-79b0-7fff-bfff-ffffffffffff",
         "017f22e2-79b1-7000-8000-000000000000"},
        {"017f22e2-79b0-7000-8000-000000000000", "017f22e2-ffff-7fff-bfff-ffffffffffff",
         "017f22e3-0000-7000-8000-000000000000"},
        /* There is no next one, or it is not a UUIDv7. */
        {"017f22e2-79b0-7000-8000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff",
         "017f22e2-79b0-7000-8000-000000000000"},
        {"017f22e2-79b0-7000-8000-000000000000", "", "017f22e2-79b0-7000-8000-000000000000"},
        {"017f22e2-79b0-7000-8000-000000000000", "z", "017f22e2-79b0-7000-8000-000000000000"},
        {"017f22e2-79b0-7000-8000-000000000000", "ffffffff-ffff-4fff-bfff-fffffffffffe",
         "017f22e2-79b0-7000-8000-000000000000"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char id[ID_TEXT];
        memcpy(id, cases[i].id, sizeof id);
        id_put_behind(id, cases[i].last);
        assert_string_equal(id, cases[i].expected);
    }
}

static void test_base_id__uuid4_is_random_but_for_version_and_variant(void **state) {
    static const struct {
        int fill;
        const char *id;
    } cases[] = {
        {0x00, "00000000-0000-4000-8000-000000000000"},
        {0xff, "ffffffff-ffff-4fff-bfff-ffffffffffff"},
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct hooks hooks;
        char id[ID_TEXT];
        int fill = cases[i].fill;
        hooks_default(&hooks);
        hooks.random.fill = fill_with;
        hooks.random.user = &fill;
        assert_int_equal(id_new_secret(&hooks, id, NULL), LREG_OK);
        assert_string_equal(id, cases[i].id);
        hooks.random.fill = fill_fails;
        assert_int_equal(id_new_secret(&hooks, id, NULL), LREG_IO);
    }
}

static void test_base_id__clock_before_the_epoch_counts_as_the_epoch(void **state) {
    (void)state;
    check_id(-5, 0x00, "00000000-0000-7000-8000-000000000000");
    check_id(INT64_MIN, 0x00, "00000000-0000-7000-8000-000000000000");
}

static void test_base_id__new_ids_differ_and_sort_by_time(void **state) {
    (void)state;
    struct hooks hooks;
    hooks_default(&hooks);
    int64_t now = INT64_C(1795230245678);
    hooks.clock.now_ms = fixed_now;
    hooks.clock.user = &now;
    char before[ID_TEXT] = "";
    char same_time[ID_TEXT];
    for (size_t i = 0; i < 100; i++) {
        char id[ID_TEXT];
        assert_int_equal(id_new(&hooks, id, NULL), LREG_OK);
        assert_int_equal(id_new(&hooks, same_time, NULL), LREG_OK);
        assert_string_not_equal(id, same_time);
        assert_true(strcmp(before, id) < 0);
        memcpy(before, id, sizeof id);
        now += 1 + (int64_t)i * 1000;
    }
}

static void test_base_id__no_randomness_no_id(void **state) {
    (void)state;
    struct hooks hooks;
    hooks_default(&hooks);
    hooks.random.fill = fill_fails;
    char id[ID_TEXT];
    struct error err = {0};
    assert_int_equal(id_new(&hooks, id, &err), LREG_IO);
    assert_int_equal(err.status, LREG_IO);
}

static void test_base_id__only_the_lower_case_form_is_valid(void **state) {
    (void)state;
    assert_true(id_is_valid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
    assert_true(id_is_valid("00000000-0000-0000-0000-000000000000"));
    static const char *const wrong[] = {
        "",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e279b07cc398c4dc0c0c07398f",
        "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2_79b0_7cc3_98c4_dc0c0c07398f",
        "017f22e-279b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f ",
        "--------------------------------------",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(id_is_valid(wrong[i]));
    }
    assert_false(id_is_valid(NULL));
}

static void check_slug(const char *name, const char *expected) {
    char slug[SLUG_MAX + 1];
    slug_from_name(name, slug);
    assert_string_equal(slug, expected);
    assert_int_equal(slug_is_valid(slug), expected[0] != '\0');
}

static void test_base_id__slugs_are_kebab_case(void **state) {
    (void)state;
    check_slug("My Alpine packages", "my-alpine-packages");
    check_slug("  --Hello,   World!-- ", "hello-world");
    check_slug("already-good-1", "already-good-1");
    check_slug("a_b.c/d", "a-b-c-d");
    check_slug("gr\xc3\xbc\xc3\x9f"
               "e",
               "gr-e");
    check_slug("\xe6\x97\xa5\xe6\x9c\xac", "");
    check_slug("", "");
    check_slug("---", "");
    check_slug("2026", "2026");
}

static void test_base_id__long_names_give_slugs_within_the_maximum(void **state) {
    (void)state;
    char name[400];
    char slug[SLUG_MAX + 1];
    memset(name, 'A', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    slug_from_name(name, slug);
    assert_int_equal(strlen(slug), SLUG_MAX);
    /* A separator right before the cut must not stay at the end, for any cut. */
    for (size_t blank = SLUG_MAX - 3; blank < SLUG_MAX + 3; blank++) {
        memset(name, 'b', sizeof name - 1);
        name[blank] = ' ';
        slug_from_name(name, slug);
        assert_true(slug_is_valid(slug));
        assert_in_range(strlen(slug), SLUG_MAX - 1, SLUG_MAX);
    }
}

static void test_base_id__slug_validity(void **state) {
    (void)state;
    static const char *const valid_slugs[] = {"a", "0", "a-b", "my-files", "v2", "a-1-b", "z", "zebra-09"};
    static const char *const wrong[] = {"",    "-",   "-a",  "a-",       "a--b", "A",
                                        "a_b", "a b", "a.b", "\xc3\xa4", "a/b",  "a\n"};
    for (size_t i = 0; i < sizeof valid_slugs / sizeof valid_slugs[0]; i++) {
        assert_true(slug_is_valid(valid_slugs[i]));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(slug_is_valid(wrong[i]));
    }
    assert_false(slug_is_valid(NULL));
    char longest[SLUG_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[SLUG_MAX + 1] = '\0';
    assert_false(slug_is_valid(longest));
    longest[SLUG_MAX] = '\0';
    assert_true(slug_is_valid(longest));
}
