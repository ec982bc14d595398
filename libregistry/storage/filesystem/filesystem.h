/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_FILESYSTEM_FILESYSTEM_H
#define STORAGE_FILESYSTEM_FILESYSTEM_H

/* The backend that keeps objects as files below a directory. */

#include "storage/storage.h"

/* Keeps blobs below `directory` (made when absent, mode 0700). Objects are files `objects/ab/cd/<digest>-<stage
 * name>`, so a store can be rebuilt from its files; stages are `staging/<name>`. `durable` false leaves out every
 * fsync. */
lreg_status storage_open_filesystem(const struct hooks *hooks, const char *directory, bool durable,
                                    struct storage **out, struct error *err);

/* The table that storage_open_filesystem() opens, for callers that put a table of their own around it (tests do, to
 * make calls fail). `*out_state` is owned: the table's destroy ends it. */
lreg_status storage_filesystem_table(const struct hooks *hooks, const char *directory, bool durable,
                                     lreg_storage_backend *out_table, void **out_state, struct error *err);

/* Puts an object of one filesystem storage into another one under the same key: as a copy, which shares its blocks on
 * the disk until one is written to where the file systems can do that (reflinks); with `is_link` as a hard link, or as
 * a copy where there can be none. Nothing is synced. LREG_OK when it is there already, LREG_NOT_FOUND when there is no
 * such object, LREG_UNSUPPORTED when one of the two is another kind of storage. */
lreg_status storage_filesystem_copy(const struct storage *from, const char *key, const struct storage *to, bool is_link,
                                    struct error *err);

/* The entries of an open directory become durable, where the file system has a sync of directories. */
lreg_status storage_sync_directory(int directory, struct error *err);

/* All that was written to the file system on which the directory `path` is becomes durable. */
lreg_status storage_sync_file_system(const char *path, struct error *err);

#endif
