/* SPDX-License-Identifier: Apache-2.0 */
/* A package, whole and in pieces whose size the last byte sets, must get the same verdict. If the first byte is odd,
 * the rest is control data that the harness packs, so that inputs reach the tar and .PKGINFO readers without valid
 * checksums. */
#include "formats/gzip.h"
#include "ecosystems/alpine/package_reader.h"

#include "support/fuzzer.h"

struct verdict {
    lreg_status status;
    struct error err;
    uint8_t identity[DIGEST_SHA1_BYTES];
};

static void run(const struct hooks *hooks, const char *bytes, size_t length, uint8_t step, struct verdict *out) {
    struct alpine_package_reader *reader = NULL;
    memset(out, 0, sizeof *out);
    const struct alpine_package_limits limits = {
        .max_control_bytes = UINT64_C(1) << 20,
        .max_unpacked_bytes = UINT64_C(1) << 40,
        .max_unpacked_ratio = UINT64_C(1) << 20,
        .max_entries = UINT64_C(1) << 40,
    };
    out->status = alpine_package_reader_new(hooks, &limits, &reader, &out->err);
    for (size_t done = 0, taken; out->status == LREG_OK && done < length; done += taken) {
        struct turn turn = {.left = (step & 1) != 0 ? 1 : TURN_UNITS}; /* short turns do not change the verdict */
        size_t piece = next_piece(&step, length - done);
        out->status = alpine_package_reader_take(reader, bytes + done, piece, &turn, &taken, &out->err);
    }
    if (out->status == LREG_OK) {
        out->status = alpine_package_reader_finish(reader, &out->err);
    }
    if (out->status == LREG_OK) {
        const struct alpine_package *package = alpine_package_reader_result(reader);
        expect(package->package_bytes == length && package->info.name[0] != '\0');
        memcpy(out->identity, package->identity, sizeof out->identity);
    } else {
        expect(out->status == LREG_UNPROCESSABLE && out->err.code[0] != '\0' && out->err.message[0] != '\0');
    }
    alpine_package_reader_free(reader);
}

static void pack(struct strbuf *out, const void *bytes, size_t length) {
    struct alpine_gzip gzip;
    expect(alpine_gzip_begin(&gzip, out, NULL) == LREG_OK);
    expect(alpine_gzip_write(&gzip, bytes, length, NULL) == LREG_OK);
    expect(alpine_gzip_finish(&gzip, NULL) == LREG_OK);
    alpine_gzip_end(&gzip);
}

static void compare(const struct hooks *hooks, const char *bytes, size_t length, uint8_t step) {
    struct verdict whole;
    struct verdict pieces;
    run(hooks, bytes, length, 0, &whole);
    run(hooks, bytes, length, step, &pieces);
    expect(whole.status == pieces.status && strcmp(whole.err.message, pieces.err.message) == 0);
    expect(memcmp(whole.identity, pieces.identity, sizeof whole.identity) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t end_mark[1024];
    struct hooks hooks;
    struct strbuf package;
    if (size == 0) {
        return 0;
    }
    hooks_default(&hooks);
    strbuf_init(&package, &hooks, (size_t)16 << 20);
    if ((data[0] & 1) != 0) {
        pack(&package, data + 1, size - 1);
        pack(&package, end_mark, sizeof end_mark);
    } else {
        strbuf_append(&package, data + 1, size - 1);
    }
    compare(&hooks, strbuf_text(&package), package.length, data[size - 1]);
    strbuf_free(&package);
    return 0;
}
