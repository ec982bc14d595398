/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_INSTANCE_DOWNLOADS_H
#define CORE_INSTANCE_DOWNLOADS_H

#include "core/instance/instance.h"

/* One more download of a package. It is gathered in memory and written in batches (core_flush_downloads, also at
 * close). Never fails. */
void core_count_download(struct core *core, const char *package_id);
/* The same without ever writing: for threads that may not wait. */
void core_note_download(struct core *core, const char *package_id);
lreg_status core_flush_downloads(struct core *core, struct error *err);
/* Whether the next download that is counted will have them written. */
bool core_downloads_are_due(struct core *core);
/* Whether nobody has written them for so long that somebody has to who has nothing else to write: it may wait for those
 * who have. */
bool core_downloads_are_overdue(struct core *core);

#endif
