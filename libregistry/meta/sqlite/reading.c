/* SPDX-License-Identifier: Apache-2.0 */

#include "meta/sqlite/reading_internal.h"

#include "meta/sqlite/sqlite_internal.h"

#include <string.h>
#include <sys/stat.h>

#define NANOSECONDS 1000000000

static void note_identity(uint64_t facts[2], const struct stat *file) {
    facts[0] = (uint64_t)file->st_dev;
    facts[1] = (uint64_t)file->st_ino;
}

static void note_state(uint64_t facts[2], const struct stat *file) {
    facts[0] = (uint64_t)file->st_size;
    facts[1] = (uint64_t)file->st_mtim.tv_sec * NANOSECONDS + (uint64_t)file->st_mtim.tv_nsec;
}

/* By name: closing a descriptor of the database would drop this process's locks on it. */
void meta_files_look(const struct meta *meta, struct meta_files *out) {
    struct stat database = {0};
    struct stat log = {0};
    struct stat index = {0};
    memset(out, 0, sizeof *out);
    (void)stat(meta->path, &database); /* a missing file is reported when it is opened */
    bool has_log = stat(meta->log_path, &log) == 0;
    note_identity(&out->facts[0], &database);
    if (has_log && stat(meta->index_path, &index) == 0) {
        out->way = META_READING_SHARED;
        note_identity(&out->facts[2], &index);
        return;
    }
    out->way = has_log && log.st_size > 0 ? META_READING_PRIVATE : META_READING_FROZEN;
    note_state(&out->facts[2], &database);
    if (has_log) {
        note_identity(&out->facts[4], &log);
        note_state(&out->facts[6], &log);
    }
}

bool meta_files_are(const struct meta *meta, const struct meta_files *files) {
    struct meta_files now;
    meta_files_look(meta, &now);
    return memcmp(&now, files, sizeof now) == 0;
}
