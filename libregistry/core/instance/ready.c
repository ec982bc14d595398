/* SPDX-License-Identifier: Apache-2.0 */

/* Whether an instance can work: asked by load balancers and supervisors, so the answer is cheap and writes nothing. */

#include "core/instance/state.h"

#include "storage/filesystem/filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static lreg_status database_lost(struct error *err) {
    return error_set(err, LREG_BUSY, "database_lost",
                     "metadata: " META_DATABASE_FILE " was removed or replaced since it was opened: stop every program"
                     " that uses the data directory, put the database back, and start again");
}

static bool find_database(const struct core *core, struct stat *out) {
    char path[PATH_MAX];
    int length = core->directory != NULL ? snprintf(path, sizeof path, "%s/" META_DATABASE_FILE, core->directory) : -1;
    return length > 0 && (size_t)length < sizeof path && stat(path, out) == 0;
}

void core_note_database(struct core *core) {
    struct stat facts;
    if (find_database(core, &facts)) {
        core->database_device = facts.st_dev;
        core->database_inode = facts.st_ino;
    }
}

/* A process goes on with a file that was removed, and what it writes there is lost when it ends. */
static lreg_status check_database(const struct core *core, struct error *err) {
    struct stat now;
    if (core->database_inode == 0) {
        return LREG_OK;
    }
    bool is_same =
        find_database(core, &now) && now.st_ino == core->database_inode && now.st_dev == core->database_device;
    return is_same ? LREG_OK : database_lost(err);
}

static lreg_status read_a_row(struct core *core, struct error *err) {
    struct meta_upkeep row;
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_upkeep_read(transaction, &row, err);
    meta_rollback(transaction);
    return status;
}

lreg_status core_check_ready(struct core *core, struct error *err) {
    lreg_status status = check_database(core, err);
    return status == LREG_OK ? read_a_row(core, err) : status;
}

lreg_status core_check_writable(const struct core *core, struct error *err) {
    return core->is_read_only ? meta_read_only(err) : LREG_OK;
}

lreg_status core_check_accepts(struct core *core, struct error *err) {
    lreg_status status = core_check_writable(core, err);
    if (status != LREG_OK || core->directory == NULL) {
        return status;
    }
    if (faccessat(AT_FDCWD, core->directory, W_OK, AT_EACCESS) != 0) {
        return errno == ENOENT ? database_lost(err) : meta_read_only(err);
    }
    if (storage_filesystem_room(core->directory) == 0) {
        return error_set(err, LREG_NO_SPACE, "disk_full",
                         "the disk is full but for the reserve that deletions need: delete packages, then collect");
    }
    return LREG_OK;
}
