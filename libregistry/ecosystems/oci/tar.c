/* SPDX-License-Identifier: Apache-2.0 */

/* The files of an image's archive, from the walk over it. */

#include "ecosystems/oci/tar.h"

static lreg_status bad_archive(struct error *err, const char *what) {
    return error_set(err, LREG_UNPROCESSABLE, "bad_archive", "this is no tar archive of an image: %s", what);
}

static lreg_status refuse(void *user, enum tar_fault fault, struct error *err) {
    (void)user;
    return bad_archive(err, fault == TAR_TRUNCATED ? "it ends within an entry" : "a header is damaged");
}

static bool is_file(uint8_t type) {
    return type == '0' || type == '\0' || type == '7';
}

static lreg_status begin(void *user, const struct tar_entry *entry, bool *out_is_wanted, struct error *err) {
    struct oci_tar *tar = user;
    char name[OCI_TAR_NAME_MAX + 1];
    if (++tar->entries > tar->max_entries) {
        return error_set(err, LREG_UNPROCESSABLE, "bad_archive",
                         "the archive has more than %zu entries, which is the limit archive-entries", tar->max_entries);
    }
    *out_is_wanted = is_file(entry->type);
    if (!*out_is_wanted) {
        return LREG_OK;
    }
    tar_name(entry->header, name);
    return tar->events.begin(tar->events.user, name, entry->size, err);
}

static lreg_status pass_data(void *user, const void *bytes, size_t length, struct error *err) {
    struct oci_tar *tar = user;
    return tar->events.data(tar->events.user, bytes, length, err);
}

static lreg_status end(void *user, struct error *err) {
    struct oci_tar *tar = user;
    return tar->events.end(tar->events.user, err);
}

void oci_tar_init(struct oci_tar *tar, const struct oci_tar_events *events, size_t max_entries) {
    const struct tar_events walk = {.entry = begin, .data = pass_data, .end = end, .refuse = refuse, .user = tar};
    tar->events = *events;
    tar->entries = 0;
    tar->max_entries = max_entries;
    tar_init(&tar->walk, &walk, TAR_STOPS_AT_MARK);
}

lreg_status oci_tar_take(struct oci_tar *tar, const void *bytes, size_t length, const struct turn *turn,
                         size_t *out_taken, struct error *err) {
    return tar_take(&tar->walk, bytes, length, turn, out_taken, err);
}

lreg_status oci_tar_write(struct oci_tar *tar, const void *bytes, size_t length, struct error *err) {
    size_t taken = 0;
    return oci_tar_take(tar, bytes, length, NULL, &taken, err);
}

lreg_status oci_tar_finish(const struct oci_tar *tar, struct error *err) {
    return tar->entries == 0 ? bad_archive(err, "it has no entries") : tar_finish(&tar->walk, err);
}
