/* SPDX-License-Identifier: Apache-2.0 */

/* Anything unknown is passed on unchanged, for Mbed TLS to refuse. */

#include "hello.h"

#include <string.h>

#define TYPE_HANDSHAKE 22
#define MESSAGE_HEAD 4 /* type and length of a message */
#define MESSAGE_CLIENT_HELLO 1

size_t hello_wants(const struct hello *hello) {
    switch (hello->state) {
    case HELLO_HEAD:
        return HELLO_RECORD_HEAD - hello->head_length;
    case HELLO_CONTENT:
        return hello->content_left;
    case HELLO_DONE:
    case HELLO_OTHER:
        break;
    }
    return 0;
}

static void append(struct hello *hello, const unsigned char *bytes, size_t length) {
    memcpy(hello->bytes + hello->length, bytes, length);
    hello->length += length;
}

static size_t content_length(const unsigned char head[HELLO_RECORD_HEAD]) {
    return (size_t)head[3] << 8 | head[4];
}

/* Whether a record may hold a part of the message: its content is not empty, and there is room for it. */
static bool is_part(const struct hello *hello) {
    size_t length = content_length(hello->head);
    bool is_first = hello->length == 0;
    size_t before = is_first ? 0 : hello->length - HELLO_RECORD_HEAD;
    return hello->head[0] == TYPE_HANDSHAKE && length > 0 && length <= HELLO_BYTES_MAX - before &&
           (is_first || memcmp(hello->head, hello->bytes, 2) == 0);
}

/* The head of a record is complete. The head of the first record becomes the head of the result. */
static void begin_record(struct hello *hello) {
    bool is_good = is_part(hello);
    if (!is_good || hello->length == 0) {
        append(hello, hello->head, HELLO_RECORD_HEAD);
    }
    if (!is_good) {
        hello->state = HELLO_OTHER;
        return;
    }
    hello->content_left = content_length(hello->head);
    hello->head_length = 0;
    hello->state = HELLO_CONTENT;
}

/* The content of a record is complete. Either the message is complete, or another record has the rest. */
static void end_record(struct hello *hello) {
    const unsigned char *message = hello->bytes + HELLO_RECORD_HEAD;
    size_t length = hello->length - HELLO_RECORD_HEAD;
    hello->bytes[3] = (unsigned char)(length >> 8);
    hello->bytes[4] = (unsigned char)length;
    if (message[0] != MESSAGE_CLIENT_HELLO) {
        hello->state = HELLO_OTHER;
        return;
    }
    size_t whole = MESSAGE_HEAD;
    if (length >= MESSAGE_HEAD) {
        whole += (size_t)message[1] << 16 | (size_t)message[2] << 8 | message[3];
    }
    hello->state = length < MESSAGE_HEAD || length < whole ? HELLO_HEAD : HELLO_DONE;
}

void hello_take(struct hello *hello, const unsigned char *bytes, size_t length) {
    if (hello->state == HELLO_HEAD) {
        memcpy(hello->head + hello->head_length, bytes, length);
        hello->head_length += length;
        if (hello->head_length == HELLO_RECORD_HEAD) {
            begin_record(hello);
        }
        return;
    }
    append(hello, bytes, length);
    hello->content_left -= length;
    if (hello->content_left == 0) {
        end_record(hello);
    }
}
