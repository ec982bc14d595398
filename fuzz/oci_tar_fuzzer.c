/* SPDX-License-Identifier: Apache-2.0 */
/* Tar archives: the same files come out, however the bytes are cut, each with as many bytes as its header says. */
#include "ecosystems/oci/tar.h"

#include "base/digest.h"

#include "support/fuzzer.h"

struct seen {
    struct digest digest; /* of names, sizes and contents */
    uint64_t expected;
    uint64_t got;
    bool in_file;
};

static lreg_status begin(void *user, const char *name, uint64_t size, struct error *err) {
    struct seen *seen = user;
    (void)err;
    expect(!seen->in_file && strlen(name) <= OCI_TAR_NAME_MAX);
    digest_update(&seen->digest, name, strlen(name));
    digest_update(&seen->digest, &size, sizeof size);
    seen->expected = size;
    seen->got = 0;
    seen->in_file = true;
    return LREG_OK;
}

static lreg_status data_of(void *user, const void *bytes, size_t length, struct error *err) {
    struct seen *seen = user;
    (void)err;
    expect(seen->in_file && length > 0);
    digest_update(&seen->digest, bytes, length);
    seen->got += length;
    return LREG_OK;
}

static lreg_status end(void *user, struct error *err) {
    struct seen *seen = user;
    (void)err;
    expect(seen->in_file && seen->got == seen->expected);
    seen->in_file = false;
    return LREG_OK;
}

static lreg_status read_all(const uint8_t *bytes, size_t size, size_t piece, struct digest_set *out) {
    struct seen seen = {.in_file = false};
    const struct oci_tar_events events = {.begin = begin, .data = data_of, .end = end, .user = &seen};
    struct oci_tar tar;
    lreg_status status = LREG_OK;
    digest_init(&seen.digest, DIGEST_SHA256);
    oci_tar_init(&tar, &events, 100);
    for (size_t at = 0; status == LREG_OK && at < size; at += piece) {
        status = oci_tar_write(&tar, bytes + at, size - at < piece ? size - at : piece, NULL);
    }
    status = status == LREG_OK ? oci_tar_finish(&tar, NULL) : status;
    digest_finish(&seen.digest, out);
    return status;
}

/* The first byte sets the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct digest_set whole;
    struct digest_set cut;
    if (size == 0) {
        return 0;
    }
    lreg_status status = read_all(data + 1, size - 1, size, &whole);
    expect(read_all(data + 1, size - 1, (size_t)data[0] * 3 + 1, &cut) == status);
    expect(memcmp(whole.sha256, cut.sha256, sizeof whole.sha256) == 0);
    return 0;
}
