/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Forks. SQLite keeps one table of locks for the whole process, and a child gets a copy of it. A connection of the
 * child to the same file would then rely on locks that only the parent holds, and other processes would not see them.
 * So nothing is open while the process forks. A process that forks without this leaves the child an instance that it
 * can only discard.
 */

#include "meta/sqlite/sqlite_internal.h"

#include <errno.h>

static void close_connections(struct meta *meta) {
    meta_watcher_close(meta);
    while (meta->idle != NULL) {
        struct meta_connection *connection = meta->idle;
        meta->idle = connection->next_idle;
        meta_connection_close(connection);
    }
    meta->idle_count = 0;
}

/* Under the pool's mutex. */
static bool wait_until_idle(struct meta *meta) {
    struct timespec deadline = meta_deadline_in(meta->busy_timeout_ms);
    int waited = 0;
    while (meta->in_use > 0 && waited == 0) {
        waited = pthread_cond_timedwait(&meta->pool_changed, &meta->pool_mutex, &deadline);
    }
    return meta->in_use == 0;
}

lreg_status meta_fork_begin(struct meta *meta, struct error *err) {
    if (atomic_exchange(&meta->is_resting, true)) { /* not under the mutex: a fork that has begun holds it */
        return error_set(err, LREG_MISUSE, "fork_begun", "a fork is begun already");
    }
    (void)pthread_mutex_lock(&meta->pool_mutex);
    if (!wait_until_idle(meta)) {
        meta->is_resting = false;
        (void)pthread_cond_broadcast(&meta->pool_changed);
        (void)pthread_mutex_unlock(&meta->pool_mutex);
        return error_set(err, LREG_BUSY, "database_busy", "metadata: the database was in use for longer than %d ms",
                         (int)meta->busy_timeout_ms);
    }
    (void)pthread_mutex_lock(&meta->watcher_mutex);
    (void)pthread_mutex_lock(&meta->write_queue.mutex);
    if (meta->path != NULL) { /* a database in memory is its connection */
        close_connections(meta);
    }
    return LREG_OK;
}

void meta_fork_end(struct meta *meta, bool is_child) {
    meta->is_resting = false;
    if (is_child) { /* the waiting threads exist only in the parent */
        meta->write_queue.taken = false;
        meta->write_queue.first = NULL;
        meta->write_queue.last = NULL;
        meta->write_queue.waiting = 0;
        (void)meta_condition_init(&meta->pool_changed);
    } else {
        (void)pthread_cond_broadcast(&meta->pool_changed);
    }
    (void)pthread_mutex_unlock(&meta->write_queue.mutex);
    (void)pthread_mutex_unlock(&meta->watcher_mutex);
    (void)pthread_mutex_unlock(&meta->pool_mutex);
}

/* False when a thread of the parent was inside SQLite at the fork: in the child it never leaves. */
static bool engine_is_free(void) {
    for (int id = SQLITE_MUTEX_STATIC_MASTER; id <= SQLITE_MUTEX_STATIC_VFS3; id++) {
        sqlite3_mutex *mutex = sqlite3_mutex_alloc(id); /* returns the existing one */
        if (mutex == NULL) {
            continue; /* SQLite was built without threads */
        }
        if (sqlite3_mutex_try(mutex) != SQLITE_OK) {
            return false;
        }
        sqlite3_mutex_leave(mutex);
    }
    return true;
}

/* Closing unused connections changes no file: nothing is checkpointed, and there is no transaction to roll back. It
 * removes the locks from SQLite's table of this process. */
static void close_quietly(struct meta *meta) {
    for (struct meta_connection *at = meta->idle; at != NULL; at = at->next_idle) {
        (void)sqlite3_db_config(at->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    if (meta->watcher != NULL) {
        (void)sqlite3_db_config(meta->watcher->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    close_connections(meta);
}

void meta_abandon(struct meta *meta) {
    if (meta == NULL) {
        return;
    }
    bool is_at_rest = pthread_mutex_trylock(&meta->pool_mutex) == 0 && meta->in_use == 0 &&
                      pthread_mutex_trylock(&meta->watcher_mutex) == 0;
    if (is_at_rest && engine_is_free()) {
        close_quietly(meta);
    }
    meta_release_paths(meta);
    memory_release(meta->hooks, meta);
}
