/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes on a connection of registry.fcgi, whole and in pieces whose size the last byte sets: both yield the same
 * records. The content of PARAMS is parsed as variables, which must satisfy the library's rules. */
#include "record.h"

#include "support/fuzzer.h"

/* What is recorded: a digest, and the content of all PARAMS. */
struct story {
    uint64_t hash;
    unsigned char *params;
    size_t params_length;
};

static void tell(struct story *story, const void *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        story->hash = (story->hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
    }
}

static void check_variables(const unsigned char *bytes, size_t length) {
    struct variables variables;
    if (!variables_read(&variables, bytes, length)) {
        return;
    }
    size_t written = 0;
    for (char **at = variables.list; *at != NULL; at++) {
        const char *equals = strchr(*at, '=');
        expect(equals != NULL && equals > *at);
        written += strlen(*at) + 1;
    }
    expect(written <= length);
    expect(variables_find(&variables, "") == NULL);
    variables_free(&variables);
}

static void take_content(struct story *story, const struct record *record, const unsigned char *bytes, size_t length) {
    tell(story, bytes, length);
    if (record->type == RECORD_PARAMS) {
        memcpy(story->params + story->params_length, bytes, length);
        story->params_length += length;
    }
}

/* False: the rest is not read. */
static bool take_piece(struct story *story, struct record *record, const unsigned char *bytes, size_t length) {
    const unsigned char *content = NULL;
    size_t content_length = 0;
    for (;;) {
        const unsigned char *before = bytes;
        switch (record_take(record, &bytes, &length, &content, &content_length)) {
        case RECORD_MORE:
            expect(length == 0);
            return true;
        case RECORD_HEAD:
            expect(record->content_left <= RECORD_CONTENT_MAX && record->type <= 255 && record->id <= 65535);
            tell(story, &record->type, sizeof record->type);
            tell(story, &record->id, sizeof record->id);
            tell(story, &record->content_left, sizeof record->content_left);
            break;
        case RECORD_CONTENT:
            expect(content == before && content_length > 0 && content + content_length == bytes);
            take_content(story, record, content, content_length);
            break;
        case RECORD_BAD:
            tell(story, "bad", 3);
            return false;
        }
    }
}

static void run(const uint8_t *bytes, size_t length, uint8_t step, struct story *story) {
    struct record record = {.type = 0};
    bool goes_on = true;
    story->params = malloc(length + 1);
    expect(story->params != NULL);
    for (size_t done = 0, piece; goes_on && done < length; done += piece) {
        piece = next_piece(&step, length - done);
        char *copy = copy_text(bytes + done, piece);
        goes_on = take_piece(story, &record, (const unsigned char *)copy, piece);
        free(copy);
    }
    check_variables(story->params, story->params_length);
    free(story->params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct story whole = {0};
    struct story pieces = {0};
    run(data, size, 0, &whole);
    run(data, size, size > 0 ? data[size - 1] : 0, &pieces);
    expect(whole.hash == pieces.hash && whole.params_length == pieces.params_length);
    check_variables(data, size);
    return 0;
}
