/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_INSTANCE_DIRECTORY_INTERNAL_H
#define CORE_INSTANCE_DIRECTORY_INTERNAL_H

/*
 * What a data directory is, before anything in it is opened. A marker, `libregistry.txt`, says that the directory is
 * one, and whether its first opening completed. It distinguishes a lost database from one that was never created, and a
 * directory of something else from an empty one.
 *
 * The marker is the first file that is created, in the state "making", and never returns to that state; the end of the
 * first opening makes it "ready". A directory of an earlier version gets its marker when it is opened.
 */

#include "core/instance/instance.h"

#define CORE_MARKER_FILE "libregistry.txt"

enum marker_state {
    MARKER_NONE,
    MARKER_DAMAGED, /* the file is not a valid marker */
    MARKER_MAKING,
    MARKER_READY
};

struct marker {
    enum marker_state state;
    bool has_objects; /* packages are files below `objects`, not in the host's storage */
};

/* --- marker.c --- */

/* A missing or damaged marker is not a failure. LREG_UNSUPPORTED ("directory_newer"): a later version wrote it. */
lreg_status core_marker_read(int directory, struct marker *out, struct error *err);
/* Creates the marker in the state "making". An existing marker stays as it is; that is not a failure. */
lreg_status core_marker_make(struct core *core, int directory, struct error *err);
/* Writes a marker in the state "ready", replacing any other. */
lreg_status core_marker_finish(struct core *core, int directory, bool has_objects, struct error *err);

/* --- directory.c --- */

/* What opening an instance needs to know of its directory. */
struct core_directory {
    int descriptor; /* of the directory; -1 for an instance in memory */
    bool is_used; /* a database with a schema must exist: none is created */
    bool has_database; /* a file of that name has content; opening it shows whether it is ours */
    struct marker marker;
};

/* Examines `core->directory`, and marks it when it is new. Sets `core->is_read_only` when this process cannot write to
 * it; then nothing is created, and LREG_FORBIDDEN ("read_only") says that there is no registry to read. Changes nothing
 * in a directory that it refuses: LREG_CORRUPT ("database_missing", "objects_missing") when a part is missing that
 * existed before; LREG_UNSUPPORTED ("directory_foreign") when it has files that are not of a registry; LREG_FORBIDDEN
 * ("directory_of_another") when this process cannot create files for its owner. Call core_directory_end() in any
 * case. */
lreg_status core_directory_begin(struct core *core, struct core_directory *directory, struct error *err);
/* Marks the directory as complete. Call it when everything was opened. */
lreg_status core_directory_settle(struct core *core, struct core_directory *directory, struct error *err);
void core_directory_end(struct core_directory *directory);
/* Whether the folder of packages is missing or empty, apart from lost+found: the mount point of a disk that is not
 * mounted, or a new disk. */
lreg_status core_directory_lacks_objects(const struct core_directory *directory, bool *out, struct error *err);
/* Whether packages are, or were, files below the directory. */
lreg_status core_directory_has_objects(const struct core_directory *directory, bool *out, struct error *err);

/* --- storages.c --- */

/* Gives the rows of a directory from before storages had names the name of theirs, and logs which storages with blobs
 * are not open. */
lreg_status core_storages_settle(struct core *core, const struct core_directory *directory, struct error *err);
/* LREG_CORRUPT ("objects_missing") when the database names packages below the directory, and their folder is empty. */
lreg_status core_storages_check_objects(struct core *core, const struct core_directory *directory, struct error *err);

#endif
