/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_SQLITE_READING_INTERNAL_H
#define META_SQLITE_READING_INTERNAL_H

/*
 * Reading a database that this process may not write to: on a read-only file system, or owned by another user. SQLite
 * normally creates the log and its index beside the database, so the way of reading depends on which of them exist:
 *
 * - log and index: like any reader, also while others write;
 * - a log without an index, as in a copy: the log is read into a private index, without locks;
 * - no log: the file is complete, and is read as one that does not change.
 *
 * In the last two cases no process has the database open; otherwise its log and index would exist. So the files are
 * checked before each transaction, and a connection that was opened on other files is closed.
 */

#include <stdbool.h>
#include <stdint.h>

enum meta_reading {
    META_READING_SHARED,
    META_READING_PRIVATE,
    META_READING_FROZEN
};

#define META_FILES_FACTS 8

/* Zeroed before it is filled in, and compared byte by byte. */
struct meta_files {
    uint64_t way; /* enum meta_reading */
    uint64_t facts[META_FILES_FACTS];
};

struct meta;

void meta_files_look(const struct meta *meta, struct meta_files *out);
bool meta_files_are(const struct meta *meta, const struct meta_files *files);

#endif
