/* SPDX-License-Identifier: Apache-2.0 */

#include "head.h"

#include <stdbool.h>
#include <string.h>

#define EMPTY_LINES_MAX 16 /* before a request (RFC 9112 section 2.2); some clients end a body with one */
#define TLS_HANDSHAKE 0x16

static bool is_token(char byte) {
    bool is_alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    return is_alphanumeric || (byte != '\0' && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

static bool is_visible(char byte) {
    return (unsigned char)byte > ' ' && byte != 0x7f;
}

static enum head_state refuse(struct head *head, const char *fault) {
    head->fault = fault;
    return HEAD_BAD;
}

static enum head_state begin(struct head *head, char byte) {
    if (byte == '\r' && head->empty_lines < EMPTY_LINES_MAX) {
        head->empty_lines++;
        return HEAD_EMPTY_LF;
    }
    if (byte == TLS_HANDSHAKE) {
        return refuse(head, "this port speaks plain HTTP, not TLS");
    }
    return is_token(byte) ? HEAD_METHOD : refuse(head, "the request does not begin with a method");
}

/* "HTTP/" DIGIT "." DIGIT CR */
static enum head_state take_version(struct head *head, char byte) {
    static const char pattern[] = "HTTP/0.0\r";
    char wanted = pattern[head->version_bytes++];
    bool is_sound = wanted == '0' ? byte >= '0' && byte <= '9' : byte == wanted;
    if (!is_sound) {
        return refuse(head, "the first line does not end with one blank, HTTP/1.1 and a line end");
    }
    return byte == '\r' ? HEAD_LINE_LF : HEAD_VERSION;
}

static enum head_state take_target(struct head *head, char byte) {
    if (byte == ' ' && head->state == HEAD_TARGET) {
        return HEAD_VERSION;
    }
    return is_visible(byte)
               ? HEAD_TARGET
               : refuse(head, "the first line is not a method, a target and a version with a blank between");
}

static enum head_state begin_field(struct head *head, char byte) {
    if (byte == '\r') {
        return HEAD_LAST_LF;
    }
    if (byte == ' ' || byte == '\t') {
        return refuse(head, "a header field is folded over several lines");
    }
    return is_token(byte) ? HEAD_FIELD_NAME : refuse(head, "the name of a header field is malformed");
}

static enum head_state expect_lf(struct head *head, char byte, enum head_state next) {
    return byte == '\n' ? next : refuse(head, "a line does not end with CR and LF");
}

static enum head_state step(struct head *head, char byte) {
    switch (head->state) {
    case HEAD_BEGIN:
        return begin(head, byte);
    case HEAD_EMPTY_LF:
        return expect_lf(head, byte, HEAD_BEGIN);
    case HEAD_METHOD:
        return byte == ' ' ? HEAD_TARGET_BEGIN : is_token(byte) ? HEAD_METHOD : refuse(head, "the method is malformed");
    case HEAD_TARGET_BEGIN:
    case HEAD_TARGET:
        return take_target(head, byte);
    case HEAD_VERSION:
        return take_version(head, byte);
    case HEAD_LINE_LF:
        return expect_lf(head, byte, HEAD_FIELD_BEGIN);
    case HEAD_FIELD_BEGIN:
        return begin_field(head, byte);
    case HEAD_FIELD_NAME:
        return byte == ':'      ? HEAD_FIELD_VALUE
               : is_token(byte) ? HEAD_FIELD_NAME
                                : refuse(head, "the name of a header field is malformed");
    case HEAD_FIELD_VALUE:
        if (byte == '\r') {
            return HEAD_LINE_LF;
        }
        return is_visible(byte) || byte == ' ' || byte == '\t'
                   ? HEAD_FIELD_VALUE
                   : refuse(head, "the value of a header field has a control character");
    case HEAD_LAST_LF:
        return expect_lf(head, byte, HEAD_DONE);
    case HEAD_DONE:
    case HEAD_BAD:
        break;
    }
    return head->state;
}

size_t head_take(struct head *head, const char *bytes, size_t length) {
    size_t taken = 0;
    while (taken < length && head->state != HEAD_DONE) {
        head->state = step(head, bytes[taken]);
        if (head->state == HEAD_BAD) {
            return taken;
        }
        taken++;
    }
    return taken;
}
