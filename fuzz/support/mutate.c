/* SPDX-License-Identifier: Apache-2.0 */

/* Changes scripts as stories: adds, removes and reorders requests, and changes single lines and bodies. libFuzzer calls
 * this in place of its own mutations, which are still used now and then. */

#include "support/templates.h"

#include "support/fuzzer.h"
#include "support/script.h"

#define PARTS_MAX 64

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* libFuzzer's; absent with other engines. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) __attribute__((weak));

/* Bytes within the script. */
struct part {
    size_t at;
    size_t length;
};

struct story {
    uint8_t *data;
    size_t size;
    size_t max_size;
    uint32_t state; /* of the choices */
};

static size_t choose(struct story *story, size_t count) {
    story->state = story->state * 1664525u + 1013904223u;
    return count == 0 ? 0 : (story->state >> 8) % count;
}

/* Replaces a part with `length` bytes; does nothing if they do not fit. */
static void replace(struct story *story, struct part part, const void *bytes, size_t length) {
    size_t behind = story->size - part.at - part.length;
    if (story->size - part.length + length > story->max_size) {
        return;
    }
    memmove(story->data + part.at + length, story->data + part.at + part.length, behind);
    if (length > 0) {
        memcpy(story->data + part.at, bytes, length);
    }
    story->size = part.at + length + behind;
}

/* The requests, each including its end mark. */
static size_t find_requests(const struct story *story, struct part out[PARTS_MAX]) {
    size_t count = 0;
    size_t at = 0;
    while (at < story->size && count < PARTS_MAX) {
        const uint8_t *mark = memmem(story->data + at, story->size - at, SCRIPT_END, strlen(SCRIPT_END));
        size_t end = mark != NULL ? (size_t)(mark - story->data) + strlen(SCRIPT_END) : story->size;
        out[count++] = (struct part){at, end - at};
        at = end;
    }
    return count;
}

static struct part choose_request(struct story *story) {
    struct part requests[PARTS_MAX];
    size_t count = find_requests(story, requests);
    return count > 0 ? requests[choose(story, count)] : (struct part){0, 0};
}

static struct part choose_line(struct story *story, struct part within) {
    struct part lines[PARTS_MAX];
    size_t count = 0;
    for (size_t at = within.at; at < within.at + within.length && count < PARTS_MAX;) {
        const uint8_t *end = memchr(story->data + at, '\n', within.at + within.length - at);
        size_t length = end != NULL ? (size_t)(end - story->data) - at : within.at + within.length - at;
        lines[count++] = (struct part){at, length};
        at += length + 1;
    }
    return count > 0 ? lines[choose(story, count)] : within;
}

static void add_request(struct story *story) {
    struct part place = choose_request(story);
    const char *text = script_templates[choose(story, script_template_count)];
    size_t length = strlen(text);
    uint8_t *request = malloc(length + strlen(SCRIPT_END));
    expect(request != NULL);
    memcpy(request, text, length);
    memcpy(request + length, SCRIPT_END, strlen(SCRIPT_END));
    place.at += choose(story, 4) == 0 ? 0 : place.length;
    place.length = 0;
    bool is_parted = place.at == 0 || (place.at >= 1 && story->data[place.at - 1] == '\n');
    if (is_parted) {
        replace(story, place, request, length + strlen(SCRIPT_END));
    }
    free(request);
}

static void repeat_request(struct story *story) {
    struct part from = choose_request(story);
    struct part to = choose_request(story);
    uint8_t *copy = malloc(from.length + 1);
    expect(copy != NULL);
    memcpy(copy, story->data + from.at, from.length);
    to.at += to.length;
    to.length = 0;
    replace(story, to, copy, from.length);
    free(copy);
}

static void add_line(struct story *story) {
    struct part place = choose_request(story);
    bool is_directive = choose(story, 2) == 0;
    const char *const *lines = is_directive ? script_directives : script_fields;
    const char *line = lines[choose(story, is_directive ? script_directive_count : script_field_count)];
    if (!is_directive) { /* after the request line */
        const uint8_t *end = place.length > 0 ? memchr(story->data + place.at, '\n', place.length) : NULL;
        place.at = end != NULL ? (size_t)(end - story->data) + 1 : place.at;
    }
    place.length = 0;
    replace(story, place, line, strlen(line));
}

/* Lets libFuzzer mutate a part in a separate buffer. */
static void change(struct story *story, struct part part) {
    size_t room = part.length + story->max_size - story->size;
    room = room < part.length * 2 + 64 ? room : part.length * 2 + 64;
    uint8_t *bytes = malloc(room + 1);
    expect(bytes != NULL);
    memcpy(bytes, story->data + part.at, part.length);
    size_t length = room > 0 ? LLVMFuzzerMutate(bytes, part.length, room) : 0;
    replace(story, part, bytes, length);
    free(bytes);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    struct story story = {data, size, max_size, seed};
    if (LLVMFuzzerMutate == NULL) {
        return size;
    }
    switch (choose(&story, 12)) {
    case 0:
    case 1:
    case 2:
        add_request(&story);
        break;
    case 3:
        replace(&story, choose_request(&story), NULL, 0);
        break;
    case 4:
        repeat_request(&story);
        break;
    case 5:
    case 6:
        add_line(&story);
        break;
    case 7:
    case 8:
    case 9:
        change(&story, choose_line(&story, choose_request(&story)));
        break;
    case 10:
        change(&story, choose_request(&story));
        break;
    default:
        story.size = LLVMFuzzerMutate(data, size, max_size);
        break;
    }
    return story.size;
}
