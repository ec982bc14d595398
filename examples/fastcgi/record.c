/* SPDX-License-Identifier: Apache-2.0 */

#include "record.h"

#include <stdlib.h>
#include <string.h>

#define VERSION 1
#define VARIABLES_MAX 1024

static size_t min_size(size_t a, size_t b) {
    return a < b ? a : b;
}

static void skip(const unsigned char **bytes, size_t *length, size_t count) {
    *bytes += count;
    *length -= count;
}

/* True when the head is complete. */
static bool take_head(struct record *record, const unsigned char **bytes, size_t *length) {
    size_t count = min_size(RECORD_HEAD_BYTES - record->head_length, *length);
    memcpy(record->head + record->head_length, *bytes, count);
    record->head_length += count;
    skip(bytes, length, count);
    if (record->head_length < RECORD_HEAD_BYTES) {
        return false;
    }
    const unsigned char *head = record->head;
    record->head_length = 0;
    record->type = head[1];
    record->id = (unsigned)head[2] << 8 | head[3];
    record->content_left = (size_t)head[4] << 8 | head[5];
    record->padding_left = head[6];
    return true;
}

enum record_part record_take(struct record *record, const unsigned char **bytes, size_t *length,
                             const unsigned char **out_content, size_t *out_content_length) {
    if (record->content_left > 0 && *length > 0) {
        *out_content = *bytes;
        *out_content_length = min_size(record->content_left, *length);
        record->content_left -= *out_content_length;
        skip(bytes, length, *out_content_length);
        return RECORD_CONTENT;
    }
    if (record->content_left == 0 && record->padding_left > 0) {
        size_t count = min_size(record->padding_left, *length);
        record->padding_left -= count;
        skip(bytes, length, count);
    }
    if (*length == 0 || !take_head(record, bytes, length)) {
        return RECORD_MORE;
    }
    return record->head[0] == VERSION ? RECORD_HEAD : RECORD_BAD;
}

void record_put_head(unsigned char out[RECORD_HEAD_BYTES], enum record_type type, unsigned id, size_t content_length) {
    const unsigned char head[RECORD_HEAD_BYTES] = {VERSION,
                                                   (unsigned char)type,
                                                   (unsigned char)(id >> 8),
                                                   (unsigned char)id,
                                                   (unsigned char)(content_length >> 8),
                                                   (unsigned char)content_length,
                                                   0,
                                                   0};
    memcpy(out, head, sizeof head);
}

void record_put_end(unsigned char out[2 * RECORD_HEAD_BYTES], unsigned id, enum record_end how) {
    record_put_head(out, RECORD_END_REQUEST, id, RECORD_HEAD_BYTES);
    memset(out + RECORD_HEAD_BYTES, 0, RECORD_HEAD_BYTES);
    out[RECORD_HEAD_BYTES + 4] = (unsigned char)how; /* after the status of the program */
}

/* A length has 1 byte, or 4 when the first bit is set. */
static bool read_length(const unsigned char **bytes, size_t *left, size_t *out) {
    if (*left >= 1 && **bytes < 0x80) {
        *out = **bytes;
        skip(bytes, left, 1);
        return true;
    }
    if (*left < 4) {
        return false;
    }
    const unsigned char *at = *bytes;
    *out = (size_t)(at[0] & 0x7fu) << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    skip(bytes, left, 4);
    return true;
}

struct pair {
    const unsigned char *name;
    const unsigned char *value;
    size_t name_length;
    size_t value_length;
};

static bool read_pair(const unsigned char **bytes, size_t *left, struct pair *out) {
    if (!read_length(bytes, left, &out->name_length) || !read_length(bytes, left, &out->value_length) ||
        out->name_length > *left || out->value_length > *left - out->name_length) {
        return false;
    }
    out->name = *bytes;
    out->value = *bytes + out->name_length;
    skip(bytes, left, out->name_length + out->value_length);
    return out->name_length > 0 && memchr(out->name, '=', out->name_length) == NULL &&
           memchr(out->name, '\0', out->name_length + out->value_length) == NULL;
}

static bool count_pairs(const unsigned char *bytes, size_t length, size_t *out_count) {
    struct pair pair;
    for (*out_count = 0; length > 0; (*out_count)++) {
        if (*out_count == VARIABLES_MAX || !read_pair(&bytes, &length, &pair)) {
            return false;
        }
    }
    return true;
}

bool variables_read(struct variables *variables, const unsigned char *bytes, size_t length) {
    size_t count = 0;
    if (!count_pairs(bytes, length, &count)) {
        return false;
    }
    variables->list = calloc(count + 1, sizeof *variables->list);
    variables->text = malloc(length + 1); /* "=" and NUL need no more room than the two lengths did */
    if (variables->list == NULL || variables->text == NULL) {
        variables_free(variables);
        return false;
    }
    char *at = variables->text;
    struct pair pair;
    for (size_t i = 0; i < count && read_pair(&bytes, &length, &pair); i++) {
        variables->list[i] = at;
        memcpy(at, pair.name, pair.name_length);
        at += pair.name_length;
        *at++ = '=';
        memcpy(at, pair.value, pair.value_length);
        at += pair.value_length;
        *at++ = '\0';
    }
    return true;
}

const char *variables_find(const struct variables *variables, const char *name) {
    size_t length = strlen(name);
    for (char *const *at = variables->list; *at != NULL; at++) {
        if (strncmp(*at, name, length) == 0 && (*at)[length] == '=') {
            return *at + length + 1;
        }
    }
    return NULL;
}

void variables_free(struct variables *variables) {
    free(variables->list);
    free(variables->text);
    *variables = (struct variables){.list = NULL};
}
