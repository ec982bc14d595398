/* SPDX-License-Identifier: Apache-2.0 */
/* Field values: lists, parameters, Accept, Content-Disposition, ranges, preconditions. The input is lines of values. */
#include "http/conditional.h"
#include "http/range.h"

#include "support/fuzzer.h"

static void check_disposition(const char *value, struct arena *arena) {
    const char *filename = header_disposition_filename(value, arena);
    if (filename == NULL) {
        return;
    }
    expect(!text_has_control(filename, strlen(filename)) && text_is_utf8(filename, strlen(filename)));
    const char *written = header_content_disposition(filename, arena);
    const char *again = header_disposition_filename(written, arena);
    expect(again != NULL && strcmp(again, filename) == 0);
}

static void check_ranges(const char *value, uint64_t total) {
    uint64_t first = 0;
    uint64_t length = 0;
    if (range_parse(value, total, &first, &length) == RANGE_PART) {
        expect(length > 0 && first < total && length <= total - first);
    }
    if (range_parse_content(value, &first, &length)) {
        expect(first <= length && length < UINT64_MAX);
    }
}

static void check_value(struct headers *headers, const char *value, uint64_t total) {
    static const char *const names[] = {"Accept", "If-Match", "If-None-Match", "If-Modified-Since", "If-Range"};
    check_disposition(value, headers->arena);
    check_ranges(value, total);
    (void)header_media_type(value, headers->arena);
    (void)header_parameter(value, "boundary", headers->arena);
    expect(headers_add(headers, names[(total + strlen(value)) % 5], value, NULL) == LREG_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hooks hooks;
    struct arena arena;
    struct headers headers;
    if (size == 0) {
        return 0;
    }
    hooks_default(&hooks);
    arena_init(&arena, &hooks, (size_t)64 << 20);
    headers_init(&headers, &arena);
    for (size_t start = 1; start <= size;) {
        const uint8_t *end = start < size ? memchr(data + start, '\n', size - start) : NULL;
        size_t length = end != NULL ? (size_t)(end - data) - start : size - start;
        char *value = arena_copy_bytes(&arena, data + start, length);
        expect(value != NULL);
        value[strcspn(value, "\r")] = '\0';
        check_value(&headers, value, data[0]);
        start += length + 1;
    }
    struct header_position position = {0};
    struct slice member;
    while (headers_next_member(&headers, "Accept", &position, &member)) {
        expect(member.length > 0);
    }
    expect(headers_accept_quality(&headers, "text", "html") <= 1000);
    bool use_range = false;
    (void)conditional_evaluate(&headers, (data[0] & 1) != 0, "\"abc\"", INT64_C(784111777000), &use_range);
    arena_free(&arena);
    return 0;
}
