/* SPDX-License-Identifier: Apache-2.0 */

/*
 * apk reads tar in its own way: only ustar headers, only octal numbers, it does not see entries of the type NUL, and
 * segments follow each other without end marks. Other readers accept more, so their verdict does not suffice: a listed
 * package must install.
 */

#include "ecosystems/alpine/tar_walk.h"

static const char *const reasons[] = {
    [TAR_NOT_USTAR] = "a header is not in the ustar format",
    [TAR_BAD_NUMBER] = "a number in a header is not octal",
    [TAR_BAD_CHECKSUM] = "a header is damaged",
    [TAR_END_MARK] = "it has an end mark, and apk would not read past it",
    [TAR_AFTER_END] = "something follows its end mark",
    [TAR_TRUNCATED] = "it ends inside an entry",
};

static bool is_extension(uint8_t type) {
    return type == 'x' || type == 'g' || type == 'L' || type == 'K';
}

static bool is_regular(uint8_t type) {
    return type == '0' || type == '7';
}

static lreg_status bad_tar(const struct alpine_tar_walk *walk, const char *reason, struct error *err) {
    return error_set(err, LREG_UNPROCESSABLE, "bad_tar", "the %s segment is not a tar archive that apk can read: %s",
                     walk->role == ALPINE_TAR_DATA ? "data" : "control", reason);
}

static lreg_status not_an_apk(struct error *err) {
    return error_set(err, LREG_UNPROCESSABLE, "not_an_apk",
                     "not an Alpine package: a gzip member with control data (.PKGINFO) must come before the files");
}

/* Whether the block in hand begins control data and cannot be that of a package. */
static bool is_foreign(const struct alpine_tar_walk *walk, bool is_ustar) {
    const uint8_t *header = walk->tar.block;
    bool is_first = walk->role == ALPINE_TAR_CONTROL && walk->tar.blocks == 0;
    return is_first && (!is_ustar || (header[0] != '.' && !is_extension(header[TAR_TYPE_AT])));
}

static lreg_status refuse(void *user, enum tar_fault fault, struct error *err) {
    const struct alpine_tar_walk *walk = user;
    bool is_header = fault == TAR_NOT_USTAR || fault == TAR_BAD_NUMBER || fault == TAR_BAD_CHECKSUM;
    return is_header && is_foreign(walk, fault != TAR_NOT_USTAR) ? not_an_apk(err) : bad_tar(walk, reasons[fault], err);
}

static lreg_status take_entry(void *user, const struct tar_entry *entry, bool *out_is_wanted, struct error *err) {
    struct alpine_tar_walk *walk = user;
    *out_is_wanted = false; /* names and contents are left to libarchive */
    if (is_foreign(walk, true)) {
        return not_an_apk(err);
    }
    if (walk->role == ALPINE_TAR_CONTROL && !is_regular(entry->type) && !is_extension(entry->type)) {
        return bad_tar(walk, "an entry is not a regular file (type '0')", err);
    }
    walk->entries += is_extension(entry->type) ? 0 : 1;
    walk->file_bytes += is_regular(entry->type) ? entry->size : 0;
    return LREG_OK;
}

void alpine_tar_walk_init(struct alpine_tar_walk *walk, enum alpine_tar_role role) {
    const struct tar_events events = {.entry = take_entry, .refuse = refuse, .user = walk};
    unsigned mark = role == ALPINE_TAR_CONTROL ? TAR_NO_END_MARK : 0;
    walk->role = role;
    walk->entries = 0;
    walk->file_bytes = 0;
    tar_init(&walk->tar, &events, TAR_OCTAL_ONLY | TAR_SIZE_IS_DATA | mark);
}

lreg_status alpine_tar_walk_write(struct alpine_tar_walk *walk, const void *bytes, size_t length, struct error *err) {
    size_t taken = 0;
    return tar_take(&walk->tar, bytes, length, NULL, &taken, err);
}

lreg_status alpine_tar_walk_finish(const struct alpine_tar_walk *walk, struct error *err) {
    if (walk->tar.blocks == 0 && walk->role == ALPINE_TAR_CONTROL) {
        return error_set(err, LREG_UNPROCESSABLE, "not_an_apk",
                         "not an Alpine package: there is no control data (.PKGINFO) in its first gzip member");
    }
    return tar_finish(&walk->tar, err);
}
