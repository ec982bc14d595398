/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Writes gzip with zlib's default header (no name, time 0), so that equal content compresses to equal bytes.
 */

#define ZLIB_CONST /* next_in is then a pointer to const */
#include "formats/gzip.h"

#include <limits.h>

#define WINDOW_OF_GZIP (15 + 16)
#define MEMORY_LEVEL 8 /* zlib's default */
#define PIECE ((size_t)16 * 1024)

static void *allocate_for_zlib(void *opaque, unsigned count, unsigned bytes_each) {
    const struct alpine_gzip *gzip = opaque;
    return memory_allocate_zeroed(gzip->hooks, count, bytes_each);
}

static void release_for_zlib(void *opaque, void *memory) {
    const struct alpine_gzip *gzip = opaque;
    memory_release(gzip->hooks, memory);
}

lreg_status alpine_gzip_begin(struct alpine_gzip *gzip, struct strbuf *out, struct error *err) {
    *gzip = (struct alpine_gzip){.hooks = out->hooks, .out = out};
    gzip->stream.zalloc = allocate_for_zlib;
    gzip->stream.zfree = release_for_zlib;
    gzip->stream.opaque = gzip;
    int result = deflateInit2(&gzip->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_OF_GZIP, MEMORY_LEVEL,
                              Z_DEFAULT_STRATEGY);
    return result == Z_OK ? LREG_OK : error_no_memory(err);
}

static lreg_status run(struct alpine_gzip *gzip, int flush, struct error *err) {
    z_stream *stream = &gzip->stream;
    int result;
    do {
        char *piece = strbuf_extend(gzip->out, PIECE);
        if (piece == NULL) {
            return strbuf_status(gzip->out, err);
        }
        stream->next_out = (unsigned char *)piece;
        stream->avail_out = (unsigned)PIECE;
        result = deflate(stream, flush);
        strbuf_shorten(gzip->out, gzip->out->length - stream->avail_out);
        if (result == Z_STREAM_ERROR) {
            return error_set(err, LREG_INTERNAL, "", "zlib could not pack an index");
        }
    } while (flush == Z_FINISH ? result != Z_STREAM_END : stream->avail_out == 0);
    return LREG_OK;
}

lreg_status alpine_gzip_write(struct alpine_gzip *gzip, const void *bytes, size_t length, struct error *err) {
    const unsigned char *at = bytes;
    while (length > 0) {
        unsigned piece = length > UINT_MAX ? UINT_MAX : (unsigned)length;
        gzip->stream.next_in = at;
        gzip->stream.avail_in = piece;
        lreg_status status = run(gzip, Z_NO_FLUSH, err);
        if (status != LREG_OK) {
            return status;
        }
        at += piece;
        length -= piece;
    }
    return LREG_OK;
}

lreg_status alpine_gzip_finish(struct alpine_gzip *gzip, struct error *err) {
    return run(gzip, Z_FINISH, err);
}

void alpine_gzip_end(struct alpine_gzip *gzip) {
    deflateEnd(&gzip->stream);
}
