/* SPDX-License-Identifier: Apache-2.0 */

/* The file of the log, and whether what it holds can be relied upon. */

#include "meta/sqlite/sqlite_internal.h"

bool meta_is_durable(const struct meta *meta) {
    return meta->durable && meta->path != NULL;
}

/* The log's file of a connection that has read before; NULL when there is none. */
sqlite3_file *meta_log_file(const struct meta_connection *connection) {
    sqlite3_file *file = NULL;
    int result = sqlite3_file_control(connection->database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    return result == SQLITE_OK && file != NULL && file->pMethods != NULL ? file : NULL;
}

int meta_log_errno(const struct meta_connection *connection) {
    sqlite3_file *file = meta_log_file(connection);
    int number = 0;
    if (file != NULL && file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &number) != SQLITE_OK) {
        number = 0;
    }
    return number;
}

/* The system counts the bytes that it could not write as written: the next sync succeeds without them. If they include
 * commits that others see (those that did not wait for a sync), every later commit would be lost with them, because the
 * log is read up to the first damaged frame. So the whole log is moved into the database, and the log is restarted. */
void meta_doubt_log(struct meta *meta) {
    if (meta_is_durable(meta)) {
        (void)atomic_fetch_add(&meta->doubts, 1);
    }
}
