/* SPDX-License-Identifier: Apache-2.0 */

#include "meta/sqlite/wal_index.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#define REGION_BYTES 32768 /* the size of a mapped region */
#define FORMAT_VERSION 3007000
#define SHARED_MEMORY_METHODS 2 /* the first version of sqlite3_io_methods with shared memory */

/* The header is at the beginning of the first region, which is mapped already, so this call maps nothing. */
void meta_wal_index_find(struct meta_wal_index *index, sqlite3 *database) {
    sqlite3_file *file = NULL;
    void volatile *region = NULL;
    index->header = NULL;
    if (sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == NULL ||
        file->pMethods == NULL || file->pMethods->iVersion < SHARED_MEMORY_METHODS || file->pMethods->xShmMap == NULL) {
        return;
    }
    if (file->pMethods->xShmMap(file, 0, REGION_BYTES, 0, &region) == SQLITE_OK) {
        index->header = region;
    }
}

static void copy(struct meta_wal_state *to, const volatile uint32_t *from) {
    for (size_t i = 0; i < META_WAL_INDEX_WORDS; i++) {
        to->words[i] = from[i];
    }
}

/* A writer changes the second copy first. So when the copies, read in this order, are equal, neither was being
 * changed. */
bool meta_wal_index_read(const struct meta_wal_index *index, struct meta_wal_state *out) {
    struct meta_wal_state second;
    if (index->header == NULL) {
        return false;
    }
    copy(out, index->header);
    atomic_thread_fence(memory_order_seq_cst);
    copy(&second, index->header + META_WAL_INDEX_WORDS);
    return out->words[0] == FORMAT_VERSION && meta_wal_state_equals(out, &second);
}

bool meta_wal_state_equals(const struct meta_wal_state *a, const struct meta_wal_state *b) {
    return memcmp(a->words, b->words, sizeof a->words) == 0;
}
