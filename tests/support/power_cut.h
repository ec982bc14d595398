/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_POWER_CUT_H
#define SUPPORT_POWER_CUT_H

/*
 * A model of what a disk holds of a directory after a power cut: each file as of its last sync, and each directory with
 * the entries as of its last sync. The code that traces the writing processes reports their syncs (support/traced.h
 * does). Linux only.
 *
 *     struct power_cut *cut = power_cut_begin(folder);      // everything is on disk now
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

/* The file or directory at `path` is on disk as it is now. */
void power_cut_sync(struct power_cut *cut, const char *path);
/* Everything that is reachable from the root is. */
void power_cut_sync_all(struct power_cut *cut);

/* Makes the new directory `to`. `seed` 0: it has exactly what was synced. Otherwise it also has some unsynced data: the
 * seed decides for each file and each directory whether it is as of its last sync, or as it is now. */
void power_cut_restore(struct power_cut *cut, const char *to, uint64_t seed);

#endif
