/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_FILESYSTEM_FILESYSTEM_H
#define STORAGE_FILESYSTEM_FILESYSTEM_H

/* The backend that keeps objects as files below a directory. */

#include "storage/storage.h"

/* Keeps objects below `directory`, which is created with mode 0700 when absent. Objects are files
 * `objects/ab/cd/<digest>-<stage name>`, so a store can be rebuilt from its files; stages are `staging/<name>`. With
 * `durable` false nothing is synced. */
lreg_status storage_open_filesystem(const struct hooks *hooks, const char *directory, bool durable,
                                    struct storage **out, struct error *err);

/* The table that storage_open_filesystem() opens, for callers that wrap it in a table of their own (tests do, to make
 * calls fail). The caller owns `*out_state` and ends it by the table's destroy. */
lreg_status storage_filesystem_table(const struct hooks *hooks, const char *directory, bool durable,
                                     lreg_storage_backend *out_table, void **out_state, struct error *err);

/* Copies an object of one filesystem storage to another one, under the same key. The copy is a reflink where the file
 * systems support it. With `is_link` it is a hard link, or a copy where links are not possible. A copied file is synced
 * when `to` is durable; directories are not. LREG_OK when the object is there already, LREG_NOT_FOUND when there is no
 * such object, LREG_UNSUPPORTED when one of the two is another kind of storage. */
lreg_status storage_filesystem_copy(const struct storage *from, const char *key, const struct storage *to, bool is_link,
                                    struct error *err);

/* How many bytes stages may still use on the disk of `directory`: what is free, less the reserve for deletions.
 * UINT64_MAX when the file system does not report it. */
uint64_t storage_filesystem_room(const char *directory);

/* Makes the entries of an open directory durable, where the file system can sync directories. */
lreg_status storage_sync_directory(int directory, struct error *err);

/* Makes everything durable that was written to the file system of the directory `path`. */
lreg_status storage_sync_file_system(const char *path, struct error *err);

#endif
