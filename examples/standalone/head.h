/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_HEAD_H
#define STANDALONE_HEAD_H

/*
 * The grammar of a request's head (RFC 9112 sections 2 to 5), strictly:
 *
 *     head   = *16CRLF token SP target SP "HTTP/" DIGIT "." DIGIT CRLF *( field CRLF ) CRLF
 *     field  = token ":" *( HTAB / SP / VCHAR / obs-text )
 *     target = 1*( VCHAR / obs-text )
 *
 * Every byte is checked here before the parser gets it. So what the parser tolerates (docs/dependencies.md lists it)
 * never reaches it: a bare CR or LF, blanks around and between the parts of the first line, a folded line, a blank
 * before a colon. The meaning of targets and fields is checked elsewhere. Bytes above ASCII in a target are not in the
 * RFC, but clients send names of files in this way; the library accepts them when they are UTF-8.
 */

#include <stddef.h>

enum head_state {
    HEAD_BEGIN, /* the state of a zeroed struct */
    HEAD_EMPTY_LF,
    HEAD_METHOD,
    HEAD_TARGET_BEGIN,
    HEAD_TARGET,
    HEAD_VERSION,
    HEAD_LINE_LF,
    HEAD_FIELD_BEGIN,
    HEAD_FIELD_NAME,
    HEAD_FIELD_VALUE,
    HEAD_LAST_LF,
    HEAD_DONE,
    HEAD_BAD
};

struct head {
    enum head_state state;
    unsigned empty_lines;
    unsigned version_bytes;
    const char *fault; /* BAD: what is wrong; a string constant */
};

/* Checks bytes until the head is DONE or BAD. Returns how many are valid: up to the end of the head, or up to the
 * invalid byte. */
size_t head_take(struct head *head, const char *bytes, size_t length);

#endif
