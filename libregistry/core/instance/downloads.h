/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_INSTANCE_DOWNLOADS_H
#define CORE_INSTANCE_DOWNLOADS_H

#include "core/instance/instance.h"

/* Counts a download of a package in memory. Counts are written in batches (core_flush_downloads(), also at close).
 * Never fails. */
void core_count_download(struct core *core, const char *package_id);
/* The same, but never writes: for threads that must not block. */
void core_note_download(struct core *core, const char *package_id);
lreg_status core_flush_downloads(struct core *core, struct error *err);
/* Whether the next counted download writes the counts. */
bool core_downloads_are_due(struct core *core);
/* Whether the counts have waited so long that they are to be written by themselves, without waiting for another
 * write. */
bool core_downloads_are_overdue(struct core *core);

#endif
