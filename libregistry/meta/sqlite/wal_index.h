/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_SQLITE_WAL_INDEX_H
#define META_SQLITE_WAL_INDEX_H

/*
 * The header of the WAL-index, in memory that SQLite shares between all processes that have the database open (its file
 * format documents, "WAL-Mode File Format", section 2.1). Every commit changes it, and nothing else does but a
 * recovery after a crash. Looking at it takes no lock and no system call.
 */

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#define META_WAL_INDEX_WORDS 12

struct meta_wal_index {
    const volatile uint32_t *header; /* two copies, one behind the other; NULL: there is none to look at */
};

/* What was read of it. Two are of the same commit when they are equal. */
struct meta_wal_state {
    uint32_t words[META_WAL_INDEX_WORDS];
};

/* Finds the header where a connection has it, which has read from its database before. Valid until it is closed. */
void meta_wal_index_find(struct meta_wal_index *index, sqlite3 *database);

/* False when it cannot be looked at: there is none, somebody is changing it, or it is of a form that is not known. */
bool meta_wal_index_read(const struct meta_wal_index *index, struct meta_wal_state *out);

bool meta_wal_state_equals(const struct meta_wal_state *a, const struct meta_wal_state *b);

#endif
