/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_SQLITE_READING_INTERNAL_H
#define META_SQLITE_READING_INTERNAL_H

/*
 * Reading a database that this process may not write to: on a read-only file system, or one of another user. SQLite
 * wants to make the log and its index beside the database, so the way of reading depends on what is there:
 *
 * - log and index: as any reader, also while others write;
 * - a log without an index, as a copy may have it: the log is read into a private index, without locks;
 * - no log: the file is all, and is read as one that does not change.
 *
 * In the last two cases nobody has the database open, or its log and index were there. So the files are looked at
 * before each transaction, and a connection that was opened on others is closed.
 */

#include <stdbool.h>
#include <stdint.h>

enum meta_reading {
    META_READING_SHARED,
    META_READING_PRIVATE,
    META_READING_FROZEN
};

#define META_FILES_FACTS 8

/* Zeroed before it is filled in, and compared as a whole. */
struct meta_files {
    uint64_t way; /* enum meta_reading */
    uint64_t facts[META_FILES_FACTS];
};

struct meta;

void meta_files_look(const struct meta *meta, struct meta_files *out);
bool meta_files_are(const struct meta *meta, const struct meta_files *files);

#endif
