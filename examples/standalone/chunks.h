/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_CHUNKS_H
#define STANDALONE_CHUNKS_H

/* The chunked transfer coding (RFC 9112 section 7.1), strictly. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum chunks_state {
    CHUNKS_SIZE_BEGIN, /* the state of a zeroed struct: a body begins */
    CHUNKS_SIZE,
    CHUNKS_SIZE_BLANK,
    CHUNKS_EXTENSION,
    CHUNKS_SIZE_LF,
    CHUNKS_DATA,
    CHUNKS_DATA_CR,
    CHUNKS_DATA_LF,
    CHUNKS_TRAILER_BEGIN,
    CHUNKS_TRAILER_NAME,
    CHUNKS_TRAILER_VALUE,
    CHUNKS_TRAILER_LF,
    CHUNKS_LAST_LF,
    CHUNKS_DONE,
    CHUNKS_BAD
};

struct chunks {
    enum chunks_state state;
    uint64_t left; /* in the data of this chunk */
    size_t line_bytes; /* of the line of this chunk's size, or of all trailers */
};

/* Takes bytes, either only data or no data: `*out_is_data`. Returns how many; at least one of `length` unless the body
 * is DONE or BAD. */
size_t chunks_take(struct chunks *chunks, const char *bytes, size_t length, bool *out_is_data);

#endif
