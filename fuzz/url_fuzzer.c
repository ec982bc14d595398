/* SPDX-License-Identifier: Apache-2.0 */
/* Targets and forms: accepted ones are clean text, and encoding the decoded text yields an equivalent one. */
#include "http/url.h"

#include "support/fuzzer.h"

static void check_segments(const struct url *url, struct arena *arena) {
    const char *target = url->segment_count == 0 ? "/" : "";
    expect(url->path[0] == '/' && url->segment_count <= URL_SEGMENTS_MAX);
    for (size_t i = 0; i < url->segment_count; i++) {
        const char *segment = url->segments[i];
        size_t length = strlen(segment);
        expect(text_is_utf8(segment, length) && !text_has_control(segment, length));
        expect(strpbrk(segment, "/\\") == NULL && strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0);
        expect(length > 0 || i + 1 == url->segment_count);
        target = arena_format(arena, "%s/%s", target, url_encode(segment, arena));
    }
    struct url again;
    expect(url_parse(&again, target, arena, NULL) == LREG_OK && again.segment_count == url->segment_count);
    for (size_t i = 0; i < url->segment_count; i++) {
        expect(strcmp(url->segments[i], again.segments[i]) == 0);
    }
}

static void check_parameters(const struct url_parameter *parameters, size_t count) {
    expect(count <= URL_PARAMETERS_MAX);
    for (size_t i = 0; i < count; i++) {
        expect(text_is_utf8(parameters[i].name, strlen(parameters[i].name)));
        expect(text_is_utf8(parameters[i].value, strlen(parameters[i].value)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hooks hooks;
    struct arena arena;
    struct url url;
    struct url_parameter *parameters = NULL;
    size_t count = 0;
    if (size == 0) {
        return 0;
    }
    hooks_default(&hooks);
    /* The first byte sets how scarce memory is. */
    arena_init(&arena, &hooks, (data[0] & 1) != 0 ? (size_t)data[0] * 4 : (size_t)16 << 20);
    bool is_scarce = arena.max_bytes < 4096;
    char *text = copy_text(data + 1, size - 1);
    if (url_parse(&url, text, &arena, NULL) == LREG_OK && !is_scarce) {
        check_segments(&url, &arena);
        check_parameters(url.parameters, url.parameter_count);
    }
    if (url_parse_parameters(text, &arena, &parameters, &count, NULL) == LREG_OK) {
        check_parameters(parameters, count);
    }
    arena_free(&arena);
    free(text);
    return 0;
}
