/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The boundaries between the gzip members of a package have a meaning: signatures and digests cover members. So zlib
 * itself finds them here, since only it knows where a deflate stream ends.
 */

#include "ecosystems/alpine/members.h"

#include <limits.h>
#define ZLIB_CONST /* next_in is then a pointer to const */
#include <zlib.h>

#define WINDOW_OF_GZIP (15 + 16) /* largest window; only a gzip header and trailer */
#define MAGIC_BYTES 2
#define UNPACKED_PIECE ((size_t)32 * 1024)

struct alpine_members {
    const struct hooks *hooks;
    struct alpine_members_events events;
    z_stream stream;
    bool is_inside; /* a member has begun and not ended */
    uint64_t ended; /* number of members */
    uint64_t packed_bytes; /* of the current member */
    uint64_t packed_before; /* of all earlier members */
    struct turn *turn; /* of the current call; NULL: without limit */
    uint8_t unpacked[UNPACKED_PIECE];
};

static void *allocate_for_zlib(void *opaque, unsigned count, unsigned bytes_each) {
    const struct alpine_members *members = opaque;
    return memory_allocate_zeroed(members->hooks, count, bytes_each);
}

static void release_for_zlib(void *opaque, void *memory) {
    const struct alpine_members *members = opaque;
    memory_release(members->hooks, memory);
}

lreg_status alpine_members_new(const struct hooks *hooks, const struct alpine_members_events *events,
                               struct alpine_members **out, struct error *err) {
    *out = NULL;
    struct alpine_members *members = memory_allocate_zeroed(hooks, 1, sizeof *members);
    if (members == NULL) {
        return error_no_memory(err);
    }
    members->hooks = hooks;
    members->events = *events;
    members->stream.zalloc = allocate_for_zlib;
    members->stream.zfree = release_for_zlib;
    members->stream.opaque = members;
    if (inflateInit2(&members->stream, WINDOW_OF_GZIP) != Z_OK) {
        memory_release(hooks, members);
        return error_no_memory(err);
    }
    *out = members;
    return LREG_OK;
}

void alpine_members_free(struct alpine_members *members) {
    if (members == NULL) {
        return;
    }
    inflateEnd(&members->stream);
    memory_release(members->hooks, members);
}

/* zlib reports a wrong magic number as well, but does not distinguish it from other damage. */
static lreg_status check_magic(const struct alpine_members *members, const uint8_t *bytes, size_t length,
                               struct error *err) {
    static const uint8_t magic[MAGIC_BYTES] = {0x1f, 0x8b};
    for (size_t i = 0; i < length && members->packed_bytes + i < MAGIC_BYTES; i++) {
        if (bytes[i] == magic[members->packed_bytes + i]) {
            continue;
        }
        if (members->ended == 0) {
            return error_set(err, LREG_UNPROCESSABLE, "not_an_apk",
                             "not an Alpine package: the file does not begin with a gzip member");
        }
        return error_set(err, LREG_UNPROCESSABLE, "trailing_bytes",
                         "not a sound Alpine package: something other than a gzip member follows member %llu",
                         (unsigned long long)members->ended);
    }
    return LREG_OK;
}

static lreg_status report(int result, const struct alpine_members *members, struct error *err) {
    if (result == Z_MEM_ERROR) {
        return error_no_memory(err);
    }
    return error_set(err, LREG_UNPROCESSABLE, "damaged", "gzip member %llu is damaged (%.60s)",
                     (unsigned long long)members->ended + 1,
                     members->stream.msg != NULL ? members->stream.msg : "it does not unpack");
}

/* Unpacks until the member ends (*ended), the input is used up or the turn is over. */
static lreg_status unpack(struct alpine_members *members, bool *ended, struct error *err) {
    z_stream *stream = &members->stream;
    int result;
    do {
        stream->next_out = members->unpacked;
        stream->avail_out = (unsigned)UNPACKED_PIECE;
        result = inflate(stream, Z_NO_FLUSH);
        /* Output before a damage is passed on first, as it would be if the stream were cut there. */
        size_t got = UNPACKED_PIECE - stream->avail_out;
        turn_spend(members->turn, got);
        lreg_status status =
            got > 0 ? members->events.unpacked(members->events.user, members->unpacked, got, err) : LREG_OK;
        if (status != LREG_OK) {
            return status;
        }
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
            return report(result, members, err);
        }
        /* A full output buffer may leave more output in zlib, even without input. The turn must not stop then, because
         * there would be no input left to call again with. A few bits of input cannot hold much. */
    } while (result == Z_OK && (stream->avail_in > 0 ? !turn_is_over(members->turn) : stream->avail_out == 0));
    *ended = result == Z_STREAM_END;
    return LREG_OK;
}

/* Feeds at most `length` bytes to the current member; *used is how many of them belong to it. */
static lreg_status feed(struct alpine_members *members, const uint8_t *bytes, size_t length, size_t *used,
                        struct error *err) {
    z_stream *stream = &members->stream;
    bool ended = false;
    if (!members->is_inside) {
        if (inflateReset(stream) != Z_OK) {
            return error_set(err, LREG_INTERNAL, "", "zlib could not begin a member");
        }
        members->is_inside = true;
        members->packed_bytes = 0;
    }
    unsigned piece = length > UINT_MAX ? UINT_MAX : (unsigned)length;
    lreg_status status = check_magic(members, bytes, piece, err);
    if (status == LREG_OK && members->packed_bytes < MAGIC_BYTES && members->packed_bytes + piece >= MAGIC_BYTES) {
        status = members->events.begin(members->events.user, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    stream->next_in = bytes;
    stream->avail_in = piece;
    status = unpack(members, &ended, err);
    if (status != LREG_OK) {
        return status;
    }
    *used = piece - stream->avail_in;
    members->packed_bytes += *used;
    status = members->events.packed(members->events.user, bytes, *used, err);
    if (status != LREG_OK || !ended) {
        return status;
    }
    members->is_inside = false;
    members->ended++;
    members->packed_before += members->packed_bytes;
    return members->events.end(members->events.user, err);
}

lreg_status alpine_members_take(struct alpine_members *members, const void *bytes, size_t length, struct turn *turn,
                                size_t *out_taken, struct error *err) {
    const uint8_t *at = bytes;
    lreg_status status = LREG_OK;
    *out_taken = 0;
    members->turn = turn;
    while (status == LREG_OK && *out_taken < length && !turn_is_over(turn)) {
        size_t used = 0;
        status = feed(members, at + *out_taken, length - *out_taken, &used, err);
        *out_taken += used;
    }
    members->turn = NULL;
    return status;
}

lreg_status alpine_members_write(struct alpine_members *members, const void *bytes, size_t length, struct error *err) {
    size_t taken = 0;
    return alpine_members_take(members, bytes, length, NULL, &taken, err);
}

uint64_t alpine_members_packed_bytes(const struct alpine_members *members) {
    return members->is_inside ? members->packed_before + members->stream.total_in : members->packed_before;
}

lreg_status alpine_members_finish(struct alpine_members *members, struct error *err) {
    if (members->ended == 0 && !members->is_inside) {
        return error_set(err, LREG_UNPROCESSABLE, "not_an_apk", "not an Alpine package: the file is empty");
    }
    if (members->is_inside) {
        return error_set(err, LREG_UNPROCESSABLE, "truncated", "gzip member %llu ends too early: the file is cut off",
                         (unsigned long long)members->ended + 1);
    }
    return LREG_OK;
}
