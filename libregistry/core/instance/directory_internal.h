/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_INSTANCE_DIRECTORY_INTERNAL_H
#define CORE_INSTANCE_DIRECTORY_INTERNAL_H

/*
 * What a data directory is, before anything in it is opened. A marker, `libregistry.txt`, says that the directory is
 * one, and whether its first opening came to its end. So a database that was lost is told from one that was never
 * made, and a directory of something else from an empty one.
 *
 * The marker is the first file that is made, in the state "making", and never replaced by that state again; the end of
 * the first opening makes it "ready". A directory that an earlier version has made gets its marker when it is opened.
 */

#include "core/instance/instance.h"

#define CORE_MARKER_FILE "libregistry.txt"

enum marker_state {
    MARKER_NONE,
    MARKER_DAMAGED, /* the file does not say what a marker says */
    MARKER_MAKING,
    MARKER_READY
};

struct marker {
    enum marker_state state;
    bool has_objects; /* packages are files below `objects`, not in a storage of the host */
};

/* --- marker.c --- */

/* A missing or damaged marker is no failure. LREG_UNSUPPORTED ("directory_newer"): a later version made it. */
lreg_status core_marker_read(int directory, struct marker *out, struct error *err);
/* Makes the marker in the state "making"; one that is there stays as it is, which is no failure either. */
lreg_status core_marker_make(struct core *core, int directory, struct error *err);
/* Writes a marker in the state "ready" in place of any other. */
lreg_status core_marker_finish(struct core *core, int directory, bool has_objects, struct error *err);

/* --- directory.c --- */

/* What opening an instance has to know of its directory. */
struct core_directory {
    int descriptor; /* of the directory; -1 for an instance in memory */
    bool is_used; /* a database with a schema has to be there: none is made */
    bool has_database; /* a file of that name has content; whose, its opening tells */
    struct marker marker;
};

/* Looks at `core->directory`, and marks it when it is new. Sets `core->is_read_only` when this process cannot write to
 * it; then nothing is made, and LREG_FORBIDDEN ("read_only") says that there is no registry to be read. Changes nothing
 * in a directory that it refuses: LREG_CORRUPT ("database_missing", "objects_missing") when a part is gone that was
 * there; LREG_UNSUPPORTED ("directory_foreign") when it has files that are not of a registry; LREG_FORBIDDEN
 * ("directory_of_another") when this process cannot make files for its owner. core_directory_end() in any case. */
lreg_status core_directory_begin(struct core *core, struct core_directory *directory, struct error *err);
/* Everything was opened: marks it as complete. */
lreg_status core_directory_settle(struct core *core, struct core_directory *directory, struct error *err);
void core_directory_end(struct core_directory *directory);

#endif
