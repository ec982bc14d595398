/* SPDX-License-Identifier: Apache-2.0 */
#ifndef META_SQLITE_SQLITE_INTERNAL_H
#define META_SQLITE_SQLITE_INTERNAL_H

/* What one `struct meta` holds: options, the writers' queue, the idle connections, and the connection that watches for
 * commits. */

#include "meta/sqlite/connection_internal.h"
#include "meta/meta.h"
#include "meta/sqlite/wal_index.h"
#include "meta/sqlite/write_queue_internal.h"

#include <stdatomic.h>

struct meta {
    const struct hooks *hooks;
    char *path; /* of registry.db; NULL: in memory */
    bool is_read_only; /* then the next three are set */
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
    pthread_cond_t pool_changed; /* a connection was returned while a fork begins, or the fork ended */
    struct meta_connection *idle;
    size_t idle_count;
    size_t in_use; /* taken, or being opened */
    atomic_bool is_resting; /* a fork is in progress: no connection is handed out */

    pthread_mutex_t watcher_mutex; /* guards the use of the watcher */
    struct meta_connection *watcher; /* never writes; NULL for a database in memory, and after a fork */
    uint32_t watchers; /* how many were opened: each counts versions from its own beginning */
    sqlite3_stmt *data_version; /* of the watcher */
    struct meta_wal_index wal_index; /* as the watcher has it */
    struct meta_wal_state wal_state; /* read before the generation was queried */
    bool is_generation_known; /* and belongs to that state */
    uint64_t generation;
    atomic_uint doubts; /* syncs of the log that failed since it was restarted; see log.c */
    atomic_uint_fast64_t commits; /* of this process; the generation of a database in memory */
};

/* Called when `meta` is closed. */
void meta_release_paths(struct meta *meta);

/* The watcher. Called before other threads know `meta`, or under its mutex. */
lreg_status meta_watcher_open(struct meta *meta, struct error *err);
void meta_watcher_close(struct meta *meta);

/* --- pool.c --- */

/* Takes a connection from the pool, or opens one. Readers take from the front and writers from the end, so that a
 * writer gets the connection of the previous writer, whose cached pages are still valid. */
lreg_status meta_take_connection(struct meta *meta, enum meta_mode mode, struct meta_connection **out,
                                 struct error *err);
/* Returns a connection to the pool, or closes it. */
void meta_give_connection(struct meta *meta, enum meta_mode mode, struct meta_connection *connection);

/* Whether SQLite takes locks of a parent process for ours. A connection must be open. */
bool meta_locks_are_inherited(const struct meta *meta);

/* --- log.c --- */

/* Whether commits are synced. */
bool meta_is_durable(const struct meta *meta);
/* The log's file of a connection that has read before; NULL when there is none. */
sqlite3_file *meta_log_file(const struct meta_connection *connection);
/* The errno of the last failure of this connection to write or sync the log; 0 when there was none. */
int meta_log_errno(const struct meta_connection *connection);
/* Called after a sync of the log failed. */
void meta_doubt_log(struct meta *meta);

/* --- settle_commit.c --- */

/* Called before the next write. */
lreg_status meta_settle_doubts(struct meta_connection *connection, struct error *err);
/* Handle commits that are unsynced, and leave or remove the mark of an instance without syncs; see settle.c. Called
 * when a transaction has begun, and after its commit. */
lreg_status meta_settle_at_begin(struct meta_transaction *transaction, struct error *err);
lreg_status meta_settle_at_commit(struct meta_transaction *transaction, struct error *err);
/* Syncs the log. */
lreg_status meta_settle_log(struct meta_connection *connection, struct error *err);
/* Whether an instance without syncs has left its mark. */
lreg_status meta_settle_has_mark(struct meta_transaction *transaction, bool *out, struct error *err);

#endif
