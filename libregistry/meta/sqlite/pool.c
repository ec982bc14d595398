/* SPDX-License-Identifier: Apache-2.0 */

/* The pool of idle connections. */

#include "meta/sqlite/sqlite_internal.h"

#define IDLE_MAX 8 /* connections beyond these are opened for each use; each takes up to a MiB */

/* Under the pool's mutex. */
static void count_back(struct meta *meta) {
    meta->in_use--;
    if (meta->is_resting) {
        (void)pthread_cond_broadcast(&meta->pool_changed);
    }
}

lreg_status meta_take_connection(struct meta *meta, enum meta_mode mode, struct meta_connection **out,
                                 struct error *err) {
    (void)pthread_mutex_lock(&meta->pool_mutex);
    while (meta->is_resting) {
        (void)pthread_cond_wait(&meta->pool_changed, &meta->pool_mutex);
    }
    meta->in_use++;
    struct meta_connection **link = &meta->idle;
    while (mode == META_WRITE && *link != NULL && (*link)->next_idle != NULL) {
        link = &(*link)->next_idle;
    }
    struct meta_connection *connection = *link;
    if (connection != NULL) {
        *link = connection->next_idle;
        meta->idle_count--;
        connection->next_idle = NULL;
    }
    (void)pthread_mutex_unlock(&meta->pool_mutex);
    if (connection != NULL && meta->is_read_only && !meta_files_are(meta, &connection->files)) {
        meta_connection_close(connection);
        connection = NULL;
    }
    *out = connection;
    lreg_status status = connection != NULL ? LREG_OK : meta_connection_open(meta, out, err);
    if (status != LREG_OK) {
        (void)pthread_mutex_lock(&meta->pool_mutex);
        count_back(meta);
        (void)pthread_mutex_unlock(&meta->pool_mutex);
    }
    return status;
}

void meta_give_connection(struct meta *meta, enum meta_mode mode, struct meta_connection *connection) {
    bool in_memory = meta->path == NULL; /* that connection is the database */
    if (connection->unusable && !in_memory) {
        meta_connection_close(connection);
        connection = NULL;
    }
    (void)pthread_mutex_lock(&meta->pool_mutex);
    if (connection != NULL && !in_memory && meta->idle_count >= IDLE_MAX) {
        (void)pthread_mutex_unlock(&meta->pool_mutex);
        meta_connection_close(connection);
        connection = NULL;
        (void)pthread_mutex_lock(&meta->pool_mutex);
    }
    if (connection != NULL) {
        struct meta_connection **link = &meta->idle;
        while (mode == META_WRITE && *link != NULL) {
            link = &(*link)->next_idle;
        }
        connection->next_idle = *link;
        *link = connection;
        meta->idle_count++;
    }
    count_back(meta);
    (void)pthread_mutex_unlock(&meta->pool_mutex);
}
