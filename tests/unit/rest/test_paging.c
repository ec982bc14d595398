/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of listings: what the request asks for, and the link to the next page. */
#include "unit/surface/fixture.h"

#include "rest/rest_internal.h"

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture_start(fixture, HTTP_GET);
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    fixture_end(*state);
    free(*state);
    return 0;
}

static lreg_status read_page(struct fixture *fixture, const char *target, struct rest_page *out, struct error *err) {
    assert_int_equal(url_parse(&fixture->call.url, target, &fixture->arena, err), LREG_OK);
    return rest_page_read(&fixture->call, "after", REST_PAGE_BY_SLUG, 30, out, err);
}

static void test_rest_paging__a_page_begins_at_the_first_and_has_the_usual_size(void **state) {
    struct rest_page page;
    struct error err;
    assert_int_equal(read_page(*state, "/list", &page, &err), LREG_OK);
    assert_null(page.behind);
    assert_int_equal(page.size, 30);
}

static void test_rest_paging__the_request_chooses_size_and_place(void **state) {
    struct rest_page page;
    struct error err;
    assert_int_equal(read_page(*state, "/list?after=a%2Db&per_page=100", &page, &err), LREG_OK);
    assert_string_equal(page.behind, "a-b");
    assert_int_equal(page.size, 100);
}

static void test_rest_paging__other_sizes_are_refused(void **state) {
    static const char *const targets[] = {"/l?per_page=0", "/l?per_page=101", "/l?per_page=", "/l?per_page=1x",
                                          "/l?per_page=%2B1"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct rest_page page;
        struct error err;
        assert_int_equal(read_page(*state, targets[i], &page, &err), LREG_BAD_ARGUMENT);
        assert_string_equal(err.code, "bad_page");
    }
}

static void test_rest_paging__a_cursor_of_another_form_is_refused(void **state) {
    struct fixture *fixture = *state;
    struct rest_page page;
    struct error err;
    assert_int_equal(read_page(fixture, "/l?after=A%20b", &page, &err), LREG_BAD_ARGUMENT);
    assert_string_equal(err.code, "bad_page");
    assert_int_equal(read_page(fixture, "/l?after=", &page, &err), LREG_BAD_ARGUMENT);
    assert_int_equal(read_page(fixture, "/l?after=my-files", &page, &err), LREG_OK);
    assert_int_equal(rest_page_read(&fixture->call, "after", REST_PAGE_BY_ID, 30, &page, &err), LREG_BAD_ARGUMENT);
}

static void test_rest_paging__one_more_than_wanted_tells_of_another_page(void **state) {
    (void)state;
    struct rest_page page = {.size = 3};
    rest_page_take(&page, 0);
    assert_true(page.count == 0 && !page.has_next);
    rest_page_take(&page, 3);
    assert_true(page.count == 3 && !page.has_next);
    rest_page_take(&page, 4);
    assert_true(page.count == 3 && page.has_next);
}

static void test_rest_paging__the_next_page_keeps_size_and_filter(void **state) {
    struct fixture *fixture = *state;
    struct rest_page page;
    struct error err;
    assert_int_equal(read_page(fixture, "/list?name=a%26b&per_page=2&after=old", &page, &err), LREG_OK);
    rest_page_take(&page, 3);
    assert_string_equal(rest_page_next(&fixture->call, &page, "x/y"),
                        "https://packages.test/prefix/list?per_page=2&after=x%2Fy&name=a%26b");
    assert_int_equal(rest_page_link(&fixture->call, &page, "z", &err), LREG_OK);
    assert_string_equal(fixture_field(fixture, "Link"),
                        "<https://packages.test/prefix/list?per_page=2&after=z&name=a%26b>; rel=\"next\"");
}

static void test_rest_paging__the_last_page_has_no_link(void **state) {
    struct fixture *fixture = *state;
    struct rest_page page;
    struct error err;
    assert_int_equal(read_page(fixture, "/list?name=a", &page, &err), LREG_OK);
    rest_page_take(&page, 3);
    assert_int_equal(rest_page_link(&fixture->call, &page, "z", &err), LREG_OK);
    assert_false(fixture_has_field(fixture, "Link"));
    json_t *links = rest_page_links(&fixture->call, &page, "z");
    assert_int_equal(json_object_size(links), 1);
    assert_string_equal(json_member_text(links, "self"), "https://packages.test/prefix/list?name=a");
    json_decref(links);
}
