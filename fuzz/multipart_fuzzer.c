/* SPDX-License-Identifier: Apache-2.0 */
/* A multipart body, whole and in pieces whose size the last byte sets, must yield the same events. The first line is
 * the Content-Type; without a type in it, the boundary is "b". */
#include "http/multipart.h"

#include "support/fuzzer.h"

/* A digest of the events: contents count byte by byte, regardless of how they were cut. */
struct story {
    uint64_t hash;
    bool in_part;
};

static void tell(struct story *story, const void *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        story->hash = (story->hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
    }
}

static lreg_status part_begin(void *user, const char *name, const char *filename, const struct headers *headers,
                              struct error *err) {
    struct story *story = user;
    const char *file = filename != NULL ? filename : "";
    expect(!story->in_part && name[0] != '\0' && headers->count > 0);
    expect(!text_has_control(name, strlen(name)) && !text_has_control(file, strlen(file)));
    story->in_part = true;
    tell(story, name, strlen(name) + 1);
    tell(story, file, strlen(file) + 1);
    return name[0] == '!' ? error_set(err, LREG_HOST_STATUS, "stop", "stop") : LREG_OK;
}

static lreg_status part_data(void *user, const void *bytes, size_t length, struct error *err) {
    struct story *story = user;
    expect(story->in_part && length > 0 && err != NULL);
    tell(story, bytes, length);
    return LREG_OK;
}

static lreg_status part_end(void *user, struct error *err) {
    struct story *story = user;
    expect(story->in_part && err != NULL);
    story->in_part = false;
    tell(story, "end", 4);
    return LREG_OK;
}

static void run(const char *type, const uint8_t *body, size_t length, uint8_t step, struct story *story) {
    static const struct multipart_limits limits = {4, 256, 4};
    const struct multipart_events events = {story, part_begin, part_data, part_end};
    struct multipart *parser = NULL;
    struct error err = {.message = ""};
    struct hooks hooks;
    hooks_default(&hooks);
    lreg_status status = multipart_new(&hooks, type, &limits, &events, &parser, &err);
    for (size_t done = 0, piece; status == LREG_OK && done < length; done += piece) {
        piece = next_piece(&step, length - done);
        status = multipart_write(parser, body + done, piece, &err);
    }
    status = status == LREG_OK ? multipart_finish(parser, &err) : status;
    tell(story, &status, sizeof status);
    tell(story, err.message, strlen(err.message));
    multipart_free(parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct story whole = {0};
    struct story pieces = {0};
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t line = end != NULL ? (size_t)(end - data) : size;
    char *type = copy_text(data, line);
    const char *known = strchr(type, '/') != NULL ? type : "multipart/form-data; boundary=b";
    const uint8_t *body = end != NULL ? end + 1 : data;
    size_t length = end != NULL ? size - line - 1 : 0;
    run(known, body, length, 0, &whole);
    run(known, body, length, length > 0 ? body[length - 1] : 0, &pieces);
    expect(whole.hash == pieces.hash);
    free(type);
    return 0;
}
