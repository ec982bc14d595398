/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_UPKEEP_COLLECT_INTERNAL_H
#define CORE_UPKEEP_COLLECT_INTERNAL_H

/*
 * A collection in progress: phases, each of which is done step by step. A step is one short transaction over at most a
 * page of rows, with the storage's work outside it. A caller may stop after any step, and continue later or never: each
 * step is complete by itself, and another collection does the rest.
 */

#include "core/instance/state.h"
#include "core/upkeep/maintenance.h"

#define COLLECT_PAGE_ROWS 256 /* at most; see sweep.c for pages of the storage */

struct core_collection {
    struct core *core;
    size_t page_rows;
    int64_t now_ms; /* see time.h */
    int64_t young_ms; /* objects and stages that were written after this are left */
    bool sweeps; /* also walks over the storage, for objects and stages that the metadata does not know */
    size_t phase;
    int64_t worked_ns; /* time that the steps have taken */
    struct storage_list *list; /* of the walk in progress, or NULL */
    struct core_collect_report *report;
    struct arena arena; /* of one page */
    lreg_status status; /* of the first storage failure, which does not stop the collection */
    struct error error;
};

/* Does one step of a phase. `*out_more` is false when the phase is done. */
typedef lreg_status (*collect_step)(struct core_collection *run, bool *out_more, struct error *err);

/* --- collect_step.c --- */

void collect_note_failure(struct core_collection *run, lreg_status status, const struct error *failure);

/* Removes a stage unless it has a writer, and increments `*counter` (may be NULL). */
void collect_remove_stage(struct core_collection *run, const char *name, uint64_t *counter);

/* --- sweep.c: leftovers that no row leads to, found by walking over the storage --- */

lreg_status collect_sweep_objects(struct core_collection *run, bool *out_more, struct error *err);
lreg_status collect_sweep_stages(struct core_collection *run, bool *out_more, struct error *err);

#endif
