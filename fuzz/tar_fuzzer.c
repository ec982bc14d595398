/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over tar archives: the same entries and data come out, however the bytes are cut, with all options; each
 * wanted entry has as many bytes as its header says; an archive that octal numbers suffice for reads the same without
 * that option. */
#include "formats/tar.h"

#include "base/digest.h"

#include "support/fuzzer.h"

struct seen {
    struct digest digest; /* of headers, contents and the fault */
    uint64_t entries;
    uint64_t expected;
    uint64_t got;
    unsigned options;
    bool in_entry;
};

static lreg_status entry(void *user, const struct tar_entry *entry, bool *out_is_wanted, struct error *err) {
    struct seen *seen = user;
    char name[TAR_NAME_MAX + 1];
    (void)err;
    expect(!seen->in_entry && !*out_is_wanted && entry->size <= TAR_SIZE_MAX);
    tar_name(entry->header, name);
    expect(strlen(name) <= TAR_NAME_MAX);
    bool has_no_data = (seen->options & TAR_SIZE_IS_DATA) == 0 && entry->type >= '1' && entry->type <= '6';
    digest_update(&seen->digest, entry->header, TAR_BLOCK);
    digest_update(&seen->digest, name, strlen(name));
    seen->expected = has_no_data ? 0 : entry->size;
    seen->got = 0;
    seen->entries++;
    seen->in_entry = entry->type != 'x';
    *out_is_wanted = seen->in_entry;
    return LREG_OK;
}

static lreg_status data_of(void *user, const void *bytes, size_t length, struct error *err) {
    struct seen *seen = user;
    (void)err;
    expect(seen->in_entry && length > 0);
    digest_update(&seen->digest, bytes, length);
    seen->got += length;
    return LREG_OK;
}

static lreg_status end(void *user, struct error *err) {
    struct seen *seen = user;
    (void)err;
    expect(seen->in_entry && seen->got == seen->expected);
    seen->in_entry = false;
    return LREG_OK;
}

static lreg_status refuse(void *user, enum tar_fault fault, struct error *err) {
    struct seen *seen = user;
    uint8_t byte = (uint8_t)fault;
    digest_update(&seen->digest, &byte, 1);
    expect(fault != TAR_END_MARK || (seen->options & TAR_NO_END_MARK) != 0);
    expect(fault != TAR_AFTER_END || (seen->options & TAR_STOPS_AT_MARK) == 0);
    return error_set(err, LREG_UNPROCESSABLE, "", "refused");
}

static lreg_status read_all(const uint8_t *bytes, size_t size, size_t piece, unsigned options, struct digest_set *out) {
    struct seen seen = {.options = options};
    const struct tar_events events = {.entry = entry, .data = data_of, .end = end, .refuse = refuse, .user = &seen};
    struct tar tar;
    lreg_status status = LREG_OK;
    digest_init(&seen.digest, DIGEST_SHA256);
    tar_init(&tar, &events, options);
    for (size_t at = 0; status == LREG_OK && at < size; at += piece) {
        size_t length = size - at < piece ? size - at : piece;
        size_t taken = 0;
        status = tar_take(&tar, bytes + at, length, NULL, &taken, NULL);
        expect(status != LREG_OK || taken == length);
    }
    status = status == LREG_OK ? tar_finish(&tar, NULL) : status;
    digest_finish(&seen.digest, out);
    return status;
}

/* The first byte sets the options and the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct digest_set whole;
    struct digest_set cut;
    if (size == 0) {
        return 0;
    }
    unsigned options = data[0] & 0xfu;
    lreg_status status = read_all(data + 1, size - 1, size, options, &whole);
    expect(read_all(data + 1, size - 1, (size_t)(data[0] >> 4) * 37 + 1, options, &cut) == status);
    expect(memcmp(whole.sha256, cut.sha256, sizeof whole.sha256) == 0);
    if (status == LREG_OK && (options & TAR_OCTAL_ONLY) != 0) {
        expect(read_all(data + 1, size - 1, size, options & ~TAR_OCTAL_ONLY, &cut) == LREG_OK);
        expect(memcmp(whole.sha256, cut.sha256, sizeof whole.sha256) == 0);
    }
    return 0;
}
