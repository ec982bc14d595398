/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_UPKEEP_MAINTENANCE_H
#define CORE_UPKEEP_MAINTENANCE_H

#include "core/instance/instance.h"

/* Online work on the store: none of it stops readers or writers, each step is short, a crash in between loses
 * nothing. */

struct core_verify_report {
    uint64_t blobs, blob_bytes, documents; /* looked at */
    uint64_t missing, damaged; /* found bad */
    uint64_t unnamed_objects; /* stored, but not in the metadata: for the collector */
    uint64_t dangling; /* references to what is not there, or is not as they say */
};
/* Hashes every blob and document again, follows what they name, and checks the database. Findings are reported and told
 * to `finding` (may be NULL), not a failure of the call; LREG_OK means that the walk was complete. What else than
 * LREG_OK `finding` gives ends it. */
typedef lreg_status (*core_verify_finding)(void *user, const char *message);
lreg_status core_verify(struct core *core, core_verify_finding finding, void *user, struct core_verify_report *out,
                        struct error *err);

struct core_collect_report {
    uint64_t uploads; /* stale sessions ended */
    uint64_t stages; /* leftovers of dead writers removed */
    uint64_t blobs, blob_bytes; /* no longer named, removed */
    uint64_t objects; /* objects that the metadata never knew, removed */
    uint64_t audit_events; /* rotated away */
};
/* Removes what nothing names any more. `grace_ms` protects what is younger: stages and objects of writers at work. */
lreg_status core_collect(struct core *core, int64_t grace_ms, struct core_collect_report *out, struct error *err);

/* A consistent copy of the instance in the new directory `directory`, while others read and write. Only for an
 * instance with a data directory and filesystem storage: LREG_UNSUPPORTED else. `is_linked`: objects become second
 * names of the instance's files where they can, not copies. */
lreg_status core_backup(struct core *core, const char *directory, bool is_linked, struct error *err);

#endif
