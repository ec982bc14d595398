/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FASTCGI_RECORD_H
#define FASTCGI_RECORD_H

/* Records of FastCGI 1.0, as bytes: read in pieces of any size, written as a head of 8 bytes and content. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_HEAD_BYTES 8
#define RECORD_CONTENT_MAX 65535
#define RECORD_BEGIN_BYTES 8 /* content of RECORD_BEGIN_REQUEST */

enum record_type {
    RECORD_BEGIN_REQUEST = 1,
    RECORD_ABORT_REQUEST = 2,
    RECORD_END_REQUEST = 3,
    RECORD_PARAMS = 4,
    RECORD_STDIN = 5,
    RECORD_STDOUT = 6,
    RECORD_GET_VALUES = 9,
    RECORD_GET_VALUES_RESULT = 10,
    RECORD_UNKNOWN_TYPE = 11
};

/* How a request ended, in the terms of the protocol. */
enum record_end {
    RECORD_END_COMPLETE = 0,
    RECORD_END_CANNOT_MULTIPLEX = 1,
    RECORD_END_UNKNOWN_ROLE = 3
};

/* A record while it is read. Zeroed: none is begun. */
struct record {
    unsigned char head[RECORD_HEAD_BYTES];
    size_t head_length;
    unsigned type;
    unsigned id; /* of the request; 0: of the connection */
    size_t content_left;
    size_t padding_left;
};

enum record_part {
    RECORD_MORE, /* all bytes are taken */
    RECORD_HEAD, /* the head of a record: type, id and content_left are set */
    RECORD_CONTENT, /* some of its content; it was the last when content_left is 0 */
    RECORD_BAD /* the bytes are not FastCGI 1 */
};

/* Takes bytes up to the end of the next part, and advances `*bytes` and `*length`. For RECORD_CONTENT, which is never
 * empty, `*out_content` is the start of the content. */
enum record_part record_take(struct record *record, const unsigned char **bytes, size_t *length,
                             const unsigned char **out_content, size_t *out_content_length);

/* Writes the head of a record without padding. */
void record_put_head(unsigned char out[RECORD_HEAD_BYTES], enum record_type type, unsigned id, size_t content_length);

/* Writes the whole record RECORD_END_REQUEST, which is as long as two heads. */
void record_put_end(unsigned char out[2 * RECORD_HEAD_BYTES], unsigned id, enum record_end how);

/* The variables of a request, as "NAME=VALUE" and then NULL. */
struct variables {
    char **list;
    char *text;
};

/* Reads the content of all RECORD_PARAMS of a request. False: it is malformed, has more than 1024 variables, or memory
 * is out; there is nothing to free then. */
bool variables_read(struct variables *variables, const unsigned char *bytes, size_t length);

/* NULL when there is no variable of that name. */
const char *variables_find(const struct variables *variables, const char *name);

void variables_free(struct variables *variables);

#endif
