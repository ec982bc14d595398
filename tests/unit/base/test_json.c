/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded parsing of hostile JSON, serialization into the buffer. */

#include "base/json.h"

#include "support/failing_allocator.h"

#include <stdlib.h>

static struct failing_allocator memory;
static struct hooks hooks;
static struct strbuf buffer;

static int setup(void **state) {
    (void)state;
    failing_allocator_init(&memory);
    hooks_default(&hooks);
    hooks.allocator = failing_allocator_hook(&memory);
    strbuf_init(&buffer, &hooks, 1000);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    strbuf_free(&buffer);
    return failing_allocator_live_blocks(&memory) == 0 ? 0 : -1;
}

/* Parses a copy of exactly the length of the text, so that reads past the end are detected. */
static lreg_status parse(const char *text, size_t length, size_t max_depth, json_t **out, struct error *err) {
    char *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, text, length);
    lreg_status status = json_parse(copy, length, max_depth, out, err);
    free(copy);
    return status;
}

static void test_base_json__parses_what_is_sound(void **state) {
    (void)state;
    json_t *value = NULL;
    const char *text = " {\"name\": \"gr\xc3\xbc\xc3\x9f"
                       "e\", \"list\": [1, 2.5, true, null], \"o\": {}} \n";
    assert_int_equal(parse(text, strlen(text), 2, &value, NULL), LREG_OK);
    assert_string_equal(json_member_text(value, "name"), "gr\xc3\xbc\xc3\x9f"
                                                         "e");
    assert_null(json_member_text(value, "list"));
    assert_null(json_member_text(value, "absent"));
    assert_null(json_member_text(NULL, "absent"));
    assert_null(json_member_text(json_object_get(value, "list"), "name"));
    json_decref(value);
}

static void test_base_json__depth_is_bounded_exactly(void **state) {
    (void)state;
    json_t *value = NULL;
    struct error err = {0};
    assert_int_equal(parse("[{\"a\":[]}]", 10, 3, &value, NULL), LREG_OK);
    json_decref(value);
    assert_int_equal(parse("[{\"a\":[]}]", 10, 2, &value, &err), LREG_BAD_ARGUMENT);
    assert_null(value);
    assert_string_equal(err.code, "json_too_deep");
    assert_string_equal(err.message, "JSON is nested deeper than 2 levels at byte 6");
    assert_int_equal(parse("[]", 2, 0, &value, NULL), LREG_BAD_ARGUMENT);
    /* Many, but not nested. */
    assert_int_equal(parse("[[],[],[],[],{},{}]", 19, 2, &value, NULL), LREG_OK);
    json_decref(value);
}

static void test_base_json__brackets_in_strings_are_no_levels(void **state) {
    (void)state;
    json_t *value = NULL;
    const char *text = "[\"[[[[{{{\", \"\\\"[[[[\", \"\\\\\", [\"]\"]]";
    assert_int_equal(parse(text, strlen(text), 2, &value, NULL), LREG_OK);
    json_decref(value);
    const char *deep = "[\"\\\\\", [[]]]";
    assert_int_equal(parse(deep, strlen(deep), 2, &value, NULL), LREG_BAD_ARGUMENT);
}

static void test_base_json__a_million_brackets_do_no_harm(void **state) {
    (void)state;
    size_t length = 1000000;
    char *text = malloc(length);
    assert_non_null(text);
    json_t *value = NULL;
    memset(text, '[', length);
    assert_int_equal(json_parse(text, length, 32, &value, NULL), LREG_BAD_ARGUMENT);
    /* Also when the caller allows any depth, because jansson has a limit of its own. */
    assert_int_equal(json_parse(text, length, SIZE_MAX, &value, NULL), LREG_BAD_ARGUMENT);
    memset(text, ']', length);
    assert_int_equal(json_parse(text, length, 32, &value, NULL), LREG_BAD_ARGUMENT);
    memset(text, '"', length);
    assert_int_equal(json_parse(text, length, 32, &value, NULL), LREG_BAD_ARGUMENT);
    memset(text, '\\', length);
    assert_int_equal(json_parse(text, length, 32, &value, NULL), LREG_BAD_ARGUMENT);
    free(text);
}

static void test_base_json__malformed_texts_are_refused_with_the_place(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } WRONG[] = {
        {"", "it ends too early"},
        {"   ", "it ends too early"},
        {"\"text\"", "it does not follow the syntax"},
        {"1", "it does not follow the syntax"},
        {"null", "it does not follow the syntax"},
        {"{", "it ends too early"},
        {"[1", "it ends too early"},
        {"[\"a", "it ends too early"},
        {"[1,]", "it does not follow the syntax"},
        {"[1] [2]", "something stands behind its end"},
        {"{}x", "something stands behind its end"},
        {"{\"a\":1,\"a\":2}", "a name occurs twice in one object"},
        {"{\"a\":1,\"\\u0061\":2}", "a name occurs twice in one object"},
        {"[\"\\u0000\"]", "a string holds NUL"},
        {"[\"x\\u0000y\"]", "a string holds NUL"},
        {"{\"\\u0000\":1}", "a string holds NUL"},
        {"[\"\xff\"]", "not UTF-8"},
        {"[\"\xc0\xaf\"]", "not UTF-8"},
        {"[\"\xed\xa0\x80\"]", "not UTF-8"},
        {"[\"\\ud800\"]", "it does not follow the syntax"},
        {"[99999999999999999999]", "a number is too large"},
        {"[1e999]", "a number is too large"},
        {"[01]", "it does not follow the syntax"},
        {"[NaN]", "it does not follow the syntax"},
        {"{a:1}", "it does not follow the syntax"},
        {"{'a':1}", "it does not follow the syntax"},
        {"[1]//x", "something stands behind its end"},
        {"[\"a\nb\"]", "it does not follow the syntax"},
        {"]", "it does not follow the syntax"},
        {"[}", "it does not follow the syntax"},
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        json_t *value = NULL;
        struct error err = {0};
        if (parse(WRONG[i].text, strlen(WRONG[i].text), 16, &value, &err) != LREG_BAD_ARGUMENT) {
            fail_msg("wrong status %d for %s", (int)err.status, WRONG[i].text);
        }
        assert_null(value);
        assert_string_equal(err.code, "malformed_json");
        if (strstr(err.message, WRONG[i].reason) == NULL) {
            fail_msg("%s: %s", WRONG[i].text, err.message);
        }
    }
}

static void test_base_json__raw_nul_is_refused(void **state) {
    (void)state;
    json_t *value = NULL;
    assert_int_equal(parse("[1]\0", 4, 4, &value, NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(parse("[\"a\0b\"]", 7, 4, &value, NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(parse("\0[1]", 4, 4, &value, NULL), LREG_BAD_ARGUMENT);
}

static void test_base_json__message_does_not_quote_the_input(void **state) {
    (void)state;
    json_t *value = NULL;
    struct error err = {0};
    const char *text = "{\"token\":\n \"secret\" secret}";
    assert_int_equal(parse(text, strlen(text), 4, &value, &err), LREG_BAD_ARGUMENT);
    assert_null(strstr(err.message, "secret"));
    assert_non_null(strstr(err.message, "line 2"));
}

static void test_base_json__every_truncation_is_refused(void **state) {
    (void)state;
    const char *text = "{\"a\":[1,{\"b\":\"\\u00e4\\\\\\\"\"},true,null,-1.5e3]}";
    for (size_t length = 0; length < strlen(text); length++) {
        json_t *value = NULL;
        assert_int_equal(parse(text, length, 8, &value, NULL), LREG_BAD_ARGUMENT);
        assert_null(value);
    }
    json_t *value = NULL;
    assert_int_equal(parse(text, strlen(text), 8, &value, NULL), LREG_OK);
    json_decref(value);
}

static void test_base_json__renders_compact_with_slashes_and_utf8(void **state) {
    (void)state;
    json_t *value = json_pack("{s:s, s:[i,b], s:n}", "url", "a/b\xc3\xa4\n\"", "list", 1, 1, "none");
    strbuf_append_text(&buffer, "data: ");
    assert_int_equal(json_render(value, &buffer, NULL), LREG_OK);
    assert_string_equal(strbuf_text(&buffer), "data: {\"url\":\"a/b\xc3\xa4\\n\\\"\",\"list\":[1,true],\"none\":null}");
    json_decref(value);
}

static void test_base_json__renders_a_bare_value(void **state) {
    (void)state;
    json_t *value = json_string("x");
    assert_int_equal(json_render(value, &buffer, NULL), LREG_OK);
    assert_string_equal(strbuf_text(&buffer), "\"x\"");
    json_decref(value);
}

static void test_base_json__failed_rendering_leaves_the_text_before(void **state) {
    (void)state;
    json_t *value = json_array();
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(json_array_append_new(value, json_integer(i)), 0);
    }
    struct error err = {0};
    strbuf_append_text(&buffer, "before");
    assert_int_equal(json_render(value, &buffer, &err), LREG_TOO_LARGE);
    assert_int_equal(err.status, LREG_TOO_LARGE);
    assert_string_equal(strbuf_text(&buffer), "before");
    strbuf_free(&buffer);
    strbuf_init(&buffer, &hooks, 1000);
    failing_allocator_fail_at(&memory, 1, true);
    assert_int_equal(json_render(value, &buffer, &err), LREG_NO_MEMORY);
    json_decref(value);
}

static void test_base_json__rendering_nothing_means_that_building_it_failed(void **state) {
    (void)state;
    struct error err = {0};
    assert_int_equal(json_render(NULL, &buffer, &err), LREG_NO_MEMORY);
    assert_int_equal(err.status, LREG_NO_MEMORY);
    assert_string_equal(strbuf_text(&buffer), "");
}

static void test_base_json__what_is_rendered_is_parsed_again(void **state) {
    (void)state;
    const char *text = "{\"a\":[1,{\"b\":\"\xf0\x9f\x93\xa6\\u0001\"}],\"c\":1.5,\"d\":-9223372036854775808}";
    json_t *value = NULL;
    assert_int_equal(parse(text, strlen(text), 8, &value, NULL), LREG_OK);
    assert_int_equal(json_render(value, &buffer, NULL), LREG_OK);
    assert_string_equal(strbuf_text(&buffer), text);
    json_decref(value);
}

static size_t allocations_left;

static void *limited_malloc(size_t bytes) {
    if (allocations_left == 0) {
        return NULL;
    }
    allocations_left--;
    return malloc(bytes);
}

/* jansson has its own memory: each of its allocations fails, one at a time. Within a string it reports that as a syntax
 * error. */
static void test_base_json__failed_memory_of_the_parser_gives_an_error_and_no_leak(void **state) {
    (void)state;
    const char *text = "{\"a\":[1,{\"b\":\"\\u00e4x\"},true,null,-1.5e3],\"c\":{\"d\":[]}}";
    lreg_status status = LREG_NO_MEMORY;
    size_t n = 0;
    size_t no_memory = 0;
    for (; status != LREG_OK && n < 1000; n++) {
        json_t *value = NULL;
        allocations_left = n;
        json_set_alloc_funcs(limited_malloc, free);
        status = json_parse(text, strlen(text), 8, &value, NULL);
        allocations_left = status == LREG_OK ? n : 0;
        json_decref(value);
        json_set_alloc_funcs(malloc, free);
        assert_true(status == LREG_NO_MEMORY || status == LREG_BAD_ARGUMENT || value != NULL);
        no_memory += status == LREG_NO_MEMORY ? 1 : 0;
    }
    assert_in_range(n, 5, 999);
    assert_true(no_memory > n / 2);
}

static size_t allocations_until_failure; /* 0: no allocation failed */

static void *once_failing_malloc(size_t bytes) {
    bool fails = allocations_until_failure == 1;
    allocations_until_failure -= allocations_until_failure > 0 ? 1 : 0;
    return fails ? NULL : malloc(bytes);
}

/* jansson continues without the character for which its buffer did not grow. */
static void test_base_json__what_lost_a_character_for_want_of_memory_is_not_taken(void **state) {
    (void)state;
    const char *text = "{\"a name that is longer than the buffer\":\"and so is the value of that name\"}";
    bool all_done = false;
    for (size_t n = 1; !all_done && n < 1000; n++) {
        json_t *value = NULL;
        allocations_until_failure = n;
        json_set_alloc_funcs(once_failing_malloc, free);
        lreg_status status = json_parse(text, strlen(text), 8, &value, NULL);
        all_done = allocations_until_failure > 0;
        json_set_alloc_funcs(malloc, free);
        assert_int_equal(status, all_done ? LREG_OK : LREG_NO_MEMORY);
        json_decref(value);
    }
    assert_true(all_done);
}

static void test_base_json__what_was_stored_is_whole_or_not_there(void **state) {
    (void)state;
    const char *text = "{\"a name that is longer than the buffer\":\"and so is the value of that name\"}";
    json_t *value = json_stored(text);
    assert_int_equal(json_render(value, &buffer, NULL), LREG_OK);
    assert_string_equal(strbuf_text(&buffer), text);
    json_decref(value);
    value = json_stored("");
    assert_true(json_is_object(value));
    json_decref(value);
    allocations_until_failure = 8;
    json_set_alloc_funcs(once_failing_malloc, free);
    value = json_stored(text);
    json_set_alloc_funcs(malloc, free);
    assert_null(value);
}

static void test_base_json__failed_memory_of_the_renderer_leaves_the_text_before(void **state) {
    (void)state;
    json_t *value = json_pack("{s:[s,i,{s:b}]}", "a", "text", 5, "b", 1);
    strbuf_append_text(&buffer, "before");
    lreg_status status = LREG_NO_MEMORY;
    for (size_t n = 0; status != LREG_OK && n < 1000; n++) {
        allocations_left = n;
        json_set_alloc_funcs(limited_malloc, free);
        status = json_render(value, &buffer, NULL);
        json_set_alloc_funcs(malloc, free);
        if (status != LREG_OK) {
            assert_int_equal(status, LREG_NO_MEMORY);
            assert_string_equal(strbuf_text(&buffer), "before");
        }
    }
    assert_string_equal(strbuf_text(&buffer), "before{\"a\":[\"text\",5,{\"b\":true}]}");
    json_decref(value);
}
