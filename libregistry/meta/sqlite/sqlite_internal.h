/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_SQLITE_SQLITE_INTERNAL_H
#define META_SQLITE_SQLITE_INTERNAL_H

/* What one `struct meta` holds: options, the writers' line, the idle connections, the connection that watches for
 * commits. */

#include "meta/sqlite/connection_internal.h"
#include "meta/meta.h"
#include "meta/sqlite/wal_index.h"
#include "meta/sqlite/write_queue_internal.h"

#include <stdatomic.h>

struct meta {
    const struct hooks *hooks;
    char *path; /* of registry.db; NULL: in memory */
    bool is_read_only; /* then the next three are there */
    char *log_path;
    char *index_path;
    char *frozen_uri; /* of the database, as one that does not change */
    int32_t busy_timeout_ms;
    bool durable;
    lreg_status (*settle)(void *user, struct error *err);
    void *settle_user;
    int (*step_fault)(void *user);
    void *step_fault_user;

    struct meta_write_queue write_queue;

    pthread_mutex_t pool_mutex; /* guards the connections */
    pthread_cond_t pool_changed; /* one was given back while somebody rests, or he rests no longer */
    struct meta_connection *idle;
    size_t idle_count;
    size_t in_use; /* those that were taken, and those being opened */
    atomic_bool is_resting; /* for a fork: none is given */

    pthread_mutex_t watcher_mutex; /* guards the use of the watcher */
    struct meta_connection *watcher; /* never writes; NULL for a database in memory, and after a fork */
    uint32_t watchers; /* how many there were: each counts versions from its own beginning */
    sqlite3_stmt *data_version; /* of the watcher */
    struct meta_wal_index wal_index; /* as the watcher has it */
    struct meta_wal_state wal_state; /* from before the generation was asked for */
    bool is_generation_known; /* and of that state */
    uint64_t generation;
    atomic_uint doubts; /* syncs of the log that failed since it was begun anew; see settle.c */
    atomic_uint_fast64_t commits; /* of this process; the generation of a database in memory */
};

/* At the end. */
void meta_release_paths(struct meta *meta);

/* The watcher, before others know of `meta` or under its mutex. */
lreg_status meta_watcher_open(struct meta *meta, struct error *err);
void meta_watcher_close(struct meta *meta);

/* A connection out of the pool, or a new one. Readers take from the front and writers from the end, so that a writer
 * gets the connection of the writer before, whose cached pages are still true. */
lreg_status meta_take_connection(struct meta *meta, enum meta_mode mode, struct meta_connection **out,
                                 struct error *err);
/* A connection is open: does SQLite take locks of a parent process for ours? */
bool meta_locks_are_inherited(const struct meta *meta);

/* After a sync of the log that failed, and before the next write. */
void meta_doubt_log(struct meta *meta);
lreg_status meta_settle_doubts(struct meta_connection *connection, struct error *err);

/* What an instance that syncs finds unsynced, and what one without syncs leaves; see settle.c. To be called when a
 * transaction has begun, and after its commit. */
lreg_status meta_settle_at_begin(struct meta_transaction *transaction, struct error *err);
lreg_status meta_settle_at_commit(struct meta_transaction *transaction, struct error *err);
/* The errno of the last failure of this connection to write or sync the log; 0: there was none. */
int meta_log_errno(const struct meta_connection *connection);

/* Keeps it for the next, or closes it. */
void meta_give_connection(struct meta *meta, enum meta_mode mode, struct meta_connection *connection);

#endif
