/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_SQLITE_WAL_INDEX_H
#define META_SQLITE_WAL_INDEX_H

/*
 * The header of the WAL-index, in memory that SQLite shares between all processes that have the database open (SQLite's
 * file format documentation, "WAL-Mode File Format", section 2.1). It changes with every commit, and otherwise only
 * with a recovery after a crash. Reading it takes no lock and no system call.
 */

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#define META_WAL_INDEX_WORDS 12

struct meta_wal_index {
    const volatile uint32_t *header; /* two copies, one after the other; NULL: there is none */
};

/* What was read of it. Equal states are of the same commit. */
struct meta_wal_state {
    uint32_t words[META_WAL_INDEX_WORDS];
};

/* Finds the header in the mapping of a connection that has read from its database before. Valid until the connection is
 * closed. */
void meta_wal_index_find(struct meta_wal_index *index, sqlite3 *database);

/* False when it cannot be read: there is none, it is being changed, or its format is unknown. */
bool meta_wal_index_read(const struct meta_wal_index *index, struct meta_wal_state *out);

bool meta_wal_state_equals(const struct meta_wal_state *a, const struct meta_wal_state *b);

#endif
