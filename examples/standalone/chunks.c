/* SPDX-License-Identifier: Apache-2.0 */

/* Parses a chunked body. http-parser could do it, but accepts what other programs read differently: any two bytes after
 * the data, a bare LF in an extension. Where two programs see two ends of a body, a request can be smuggled in between
 * (RFC 9112 section 11.2), so this parser is strict. */

#include "chunks.h"

#include <string.h>

#define SIZE_LINE_MAX ((size_t)4096) /* with extensions, which are ignored */
#define TRAILERS_MAX ((size_t)64 * 1024) /* trailers are ignored, too */

static bool take_digit(struct chunks *chunks, char byte) {
    static const char digits[] = "0123456789abcdef";
    char lower = byte >= 'A' && byte <= 'F' ? (char)(byte - 'A' + 'a') : byte;
    const char *digit = lower != '\0' ? strchr(digits, lower) : NULL;
    if (digit == NULL || chunks->left > (uint64_t)INT64_MAX >> 4) {
        return false;
    }
    chunks->left = chunks->left << 4 | (uint64_t)(digit - digits);
    return true;
}

static bool is_name(char byte) {
    bool is_alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    return is_alphanumeric || (byte != '\0' && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

static bool is_text(char byte) {
    return byte == '\t' || ((unsigned char)byte >= ' ' && byte != 0x7f);
}

static enum chunks_state expect(char byte, char wanted, enum chunks_state next) {
    return byte == wanted ? next : CHUNKS_BAD;
}

/* Blanks are allowed before an extension (RFC 9112 section 7.1.1), not before the line end. */
static enum chunks_state behind_size(char byte, bool is_behind_blank) {
    if (byte == ' ' || byte == '\t') {
        return CHUNKS_SIZE_BLANK;
    }
    return byte == ';' ? CHUNKS_EXTENSION : is_behind_blank ? CHUNKS_BAD : expect(byte, '\r', CHUNKS_SIZE_LF);
}

static enum chunks_state end_line(struct chunks *chunks, enum chunks_state next) {
    chunks->line_bytes = 0;
    return next;
}

/* The states of the size lines, and of the line ends around data. */
static enum chunks_state step_chunk(struct chunks *chunks, char byte) {
    switch (chunks->state) {
    case CHUNKS_SIZE_BEGIN:
        return take_digit(chunks, byte) ? CHUNKS_SIZE : CHUNKS_BAD;
    case CHUNKS_SIZE:
        return take_digit(chunks, byte) ? CHUNKS_SIZE : behind_size(byte, false);
    case CHUNKS_SIZE_BLANK:
        return behind_size(byte, true);
    case CHUNKS_EXTENSION:
        return is_text(byte) ? CHUNKS_EXTENSION : expect(byte, '\r', CHUNKS_SIZE_LF);
    case CHUNKS_SIZE_LF:
        return expect(byte, '\n', end_line(chunks, chunks->left > 0 ? CHUNKS_DATA : CHUNKS_TRAILER_BEGIN));
    case CHUNKS_DATA_CR:
        return expect(byte, '\r', CHUNKS_DATA_LF);
    case CHUNKS_DATA_LF:
        return expect(byte, '\n', end_line(chunks, CHUNKS_SIZE_BEGIN));
    default:
        return CHUNKS_BAD;
    }
}

static enum chunks_state step_trailer(const struct chunks *chunks, char byte) {
    switch (chunks->state) {
    case CHUNKS_TRAILER_BEGIN:
        return is_name(byte) ? CHUNKS_TRAILER_NAME : expect(byte, '\r', CHUNKS_LAST_LF);
    case CHUNKS_TRAILER_NAME:
        return is_name(byte) ? CHUNKS_TRAILER_NAME : expect(byte, ':', CHUNKS_TRAILER_VALUE);
    case CHUNKS_TRAILER_VALUE:
        return is_text(byte) ? CHUNKS_TRAILER_VALUE : expect(byte, '\r', CHUNKS_TRAILER_LF);
    case CHUNKS_TRAILER_LF:
        return expect(byte, '\n', CHUNKS_TRAILER_BEGIN);
    case CHUNKS_LAST_LF:
        return expect(byte, '\n', CHUNKS_DONE);
    default:
        return CHUNKS_BAD;
    }
}

static bool is_trailer(enum chunks_state state) {
    return state >= CHUNKS_TRAILER_BEGIN && state <= CHUNKS_LAST_LF;
}

static void step(struct chunks *chunks, char byte) {
    bool in_trailers = is_trailer(chunks->state);
    chunks->line_bytes++;
    if (chunks->line_bytes > (in_trailers ? TRAILERS_MAX : SIZE_LINE_MAX)) {
        chunks->state = CHUNKS_BAD;
        return;
    }
    chunks->state = in_trailers ? step_trailer(chunks, byte) : step_chunk(chunks, byte);
}

static size_t take_data(struct chunks *chunks, size_t length) {
    size_t taken = chunks->left < length ? (size_t)chunks->left : length;
    chunks->left -= taken;
    if (chunks->left == 0) {
        chunks->state = CHUNKS_DATA_CR;
    }
    return taken;
}

size_t chunks_take(struct chunks *chunks, const char *bytes, size_t length, bool *out_is_data) {
    *out_is_data = chunks->state == CHUNKS_DATA;
    if (*out_is_data) {
        return take_data(chunks, length);
    }
    size_t taken = 0;
    while (taken < length && chunks->state != CHUNKS_DATA && chunks->state < CHUNKS_DONE) {
        step(chunks, bytes[taken++]);
    }
    return taken;
}
