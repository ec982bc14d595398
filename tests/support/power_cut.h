/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_POWER_CUT_H
#define SUPPORT_POWER_CUT_H

/*
 * What a disk would have of a directory when the power goes: of each file what it held at its last sync, of each
 * directory the entries that it had at its last sync. Whoever watches the processes that write there tells of their
 * syncs (support/traced.h does). Linux only.
 *
 *     struct power_cut *cut = power_cut_begin(folder);      // all that is there now is on disk
 *     …
 *     power_cut_sync(cut, "/proc/123/fd/7");                // for each fsync and fdatasync that has succeeded
 *     …
 *     power_cut_restore(cut, other_folder, 0);
 *     power_cut_end(cut);
 *
 * Failures of the harness end the test (cmocka).
 */

#include <stdint.h>

struct power_cut;

struct power_cut *power_cut_begin(const char *root);
void power_cut_end(struct power_cut *cut); /* NULL is fine */

/* The file or directory that `path` leads to is on disk as it is now. */
void power_cut_sync(struct power_cut *cut, const char *path);
/* All that can be reached from the root is. */
void power_cut_sync_all(struct power_cut *cut);

/* Makes the new directory `to`. `seed` 0: it has what was synced, and no more. Else it also has some of what was not:
 * each file and each directory is as it was at its last sync, or as it is now, as the seed has it. */
void power_cut_restore(struct power_cut *cut, const char *to, uint64_t seed);

#endif
