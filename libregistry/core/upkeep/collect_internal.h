/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_UPKEEP_COLLECT_INTERNAL_H
#define CORE_UPKEEP_COLLECT_INTERNAL_H

/*
 * A collection under way: phases, each of which is done step by step. A step is one short transaction over at most a
 * page of rows, with the storage's work outside of it, so that whoever makes them may stop behind any of them, and go
 * on later, or never: each step is whole by itself, and another collection takes up what is left.
 */

#include "core/instance/state.h"
#include "core/upkeep/maintenance.h"

#define COLLECT_PAGE_ROWS 256 /* at most; an object of its own size is a page of its own kind, see sweep.c */

struct core_collection {
    struct core *core;
    size_t page_rows;
    int64_t now_ms; /* see time.h */
    int64_t young_ms; /* what was written after this is left alone */
    bool sweeps; /* walks over the storage too, for what the metadata never knew */
    size_t phase;
    struct storage_list *list; /* of the walk that is under way, or NULL */
    struct core_collect_report *report;
    struct arena arena; /* of one page */
    lreg_status status; /* of the first storage failure, which does not keep the rest from being collected */
    struct error error;
};

/* Does one step of a phase. `*out_more` false: the phase is done. */
typedef lreg_status (*collect_step)(struct core_collection *run, bool *out_more, struct error *err);

void collect_note_failure(struct core_collection *run, lreg_status status, const struct error *failure);
/* Commits when `status` is good. */
lreg_status collect_end_transaction(struct meta_transaction *transaction, lreg_status status, struct error *err);

/* Removes a stage, unless it is somebody's; counts it (NULL: does not). */
void collect_remove_stage(struct core_collection *run, const char *name, uint64_t *counter);

/* --- sweep.c: leftovers that no row leads to, found by walking over the storage --- */

lreg_status collect_sweep_objects(struct core_collection *run, bool *out_more, struct error *err);
lreg_status collect_sweep_stages(struct core_collection *run, bool *out_more, struct error *err);

#endif
