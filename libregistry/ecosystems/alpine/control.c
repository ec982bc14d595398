/* SPDX-License-Identifier: Apache-2.0 */

/*
 * apk identifies a segment by the names of its entries: ".SIGN.*" are signatures, other names with a leading dot
 * control data, all others files. Names are literal: "./.PKGINFO" is not ".PKGINFO". A segment that mixes kinds would
 * be signed, hashed or installed in ways that depend on the client, so it is refused.
 */

#include "ecosystems/alpine/control.h"

#include "base/text.h"
#include "ecosystems/alpine/package_info.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

#define READ_BLOCK_BYTES 10240

static lreg_status refuse_name(const char *name, const char *reason, struct error *err) {
    return error_set(err, LREG_UNPROCESSABLE, "bad_control", "the entry \"%.80s\" before the data segment %s", name,
                     reason);
}

/* libarchive converts names of extended headers to the host's locale, and returns none for a name that it cannot
 * convert. Control data and signatures need only names that are the same in every locale. */
static bool is_ascii(const char *name) {
    for (const char *at = name; at != NULL && *at != '\0'; at++) {
        if ((unsigned char)*at >= 0x80) {
            return false;
        }
    }
    return name != NULL;
}

static lreg_status report(struct archive *archive, struct error *err) {
    if (archive_errno(archive) == ENOMEM) {
        return error_no_memory(err);
    }
    return error_set(err, LREG_UNPROCESSABLE, "bad_tar", "the control segment is not a sound tar archive");
}

static lreg_status read_package_info(struct archive *archive, struct archive_entry *entry, struct strbuf *out,
                                     struct error *err) {
    int64_t size = archive_entry_size(entry);
    if (out->bytes != NULL) {
        return refuse_name(".PKGINFO", "occurs twice", err);
    }
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != NULL) {
        return refuse_name(".PKGINFO", "is not a regular file", err);
    }
    if (size < 0 || (uint64_t)size > ALPINE_PACKAGE_INFO_MAX) {
        return error_set(err, LREG_UNPROCESSABLE, "control_too_large", ".PKGINFO is larger than %zu bytes",
                         ALPINE_PACKAGE_INFO_MAX);
    }
    char *bytes = strbuf_extend(out, (size_t)size);
    if (bytes == NULL) {
        return strbuf_status(out, err);
    }
    size_t done = 0;
    while (done < (size_t)size) {
        la_ssize_t got = archive_read_data(archive, bytes + done, (size_t)size - done);
        if (got <= 0) {
            return report(archive, err);
        }
        done += (size_t)got;
    }
    return LREG_OK;
}

static lreg_status read_entry(struct archive *archive, struct archive_entry *entry, struct alpine_control *out,
                              bool is_first, struct error *err) {
    const char *name = archive_entry_pathname(entry);
    if (!is_ascii(name)) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_control",
                         "the name of an entry before the data segment is not in ASCII");
    }
    if (name[0] != '.' || strchr(name, '/') != NULL) {
        return refuse_name(name, "is neither a signature nor control data", err);
    }
    bool is_signature = text_starts_with(name, ".SIGN.");
    if (is_first) {
        out->is_signature = is_signature;
    }
    if (is_signature != out->is_signature) {
        return refuse_name(name, "must be in another gzip member: signatures have one of their own", err);
    }
    if (text_equals(name, ".INSTALL")) {
        return refuse_name(name, "is of a format that apk no longer reads", err);
    }
    return text_equals(name, ".PKGINFO") ? read_package_info(archive, entry, &out->package_info, err) : LREG_OK;
}

static lreg_status read_entries(struct archive *archive, struct alpine_control *out, struct error *err) {
    struct archive_entry *entry = NULL;
    for (bool is_first = true;; is_first = false) {
        int result = archive_read_next_header(archive, &entry);
        if (result == ARCHIVE_EOF) {
            return LREG_OK;
        }
        if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
            return report(archive, err);
        }
        lreg_status status = read_entry(archive, entry, out, is_first, err);
        if (status != LREG_OK) {
            return status;
        }
    }
}

lreg_status alpine_control_read(const struct hooks *hooks, const void *segment, size_t length,
                                struct alpine_control *out, struct error *err) {
    lreg_status status = LREG_OK;
    out->is_signature = false;
    strbuf_init(&out->package_info, hooks, ALPINE_PACKAGE_INFO_MAX);
    struct archive *archive = archive_read_new();
    if (archive == NULL) {
        return error_no_memory(err);
    }
    /* No filters: the content of the segment is not unpacked again. */
    if (archive_read_support_format_tar(archive) != ARCHIVE_OK ||
        archive_read_open_memory2(archive, segment, length, READ_BLOCK_BYTES) != ARCHIVE_OK) {
        status = report(archive, err);
        goto out;
    }
    status = read_entries(archive, out, err);
    if (status == LREG_OK && !out->is_signature && out->package_info.bytes == NULL) {
        status =
            error_set(err, LREG_UNPROCESSABLE, "no_pkginfo", "not an Alpine package: its control data has no .PKGINFO");
    }

out:
    archive_read_free(archive);
    return status;
}
