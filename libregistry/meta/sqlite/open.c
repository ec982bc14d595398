/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Opening and closing.
 */

#include "meta/sqlite/sqlite_internal.h"

#include "base/owner.h"
#include "base/process.h"
#include "base/strbuf.h"
#include "meta/sqlite/migrations_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns 0, also when the file exists, or -1 with errno set. */
static int make_for_owner(int folder) {
    struct owner owner;
    struct owner_ids before;
    owner_find(folder, META_DATABASE_FILE, &owner);
    owner_assume(&owner, &before);
    int result = mknodat(folder, META_DATABASE_FILE, S_IFREG | 0600, 0);
    if (result == 0) {
        (void)!fchmodat(folder, META_DATABASE_FILE, 0600, 0); /* regardless of the host's umask */
    }
    owner_resume(&owner, &before);
    return result == 0 || errno == EEXIST ? 0 : -1;
}

/* Creates the directory, and the file readable by its owner only: SQLite gives its companion files the same mode and
 * owner. The file is created by name and never opened here: closing a descriptor of it would drop the locks that other
 * connections of this process hold (POSIX advisory locks). */
static lreg_status make_file(const char *directory, struct error *err) {
    if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
        return error_set_errno(err, errno, "make the directory of the metadata");
    }
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return error_set_errno(err, errno, "open the directory of the metadata");
    }
    int number = make_for_owner(folder) == 0 ? 0 : errno;
    (void)close(folder);
    return number == 0 ? LREG_OK : error_set_errno(err, number, "make the file of the metadata");
}

/* SQLite may be built to treat "file:…" as a URI. A path that begins with '/' or '.' is not one. */
static char *make_path(const struct hooks *hooks, const char *directory) {
    const char *before = directory[0] == '/' || directory[0] == '.' ? "" : "./";
    size_t length = 0;
    if (!size_add(strlen(directory), sizeof "./" META_DATABASE_FILE "/", &length)) {
        return NULL;
    }
    struct strbuf path;
    strbuf_init(&path, hooks, length);
    strbuf_append_text(&path, before);
    strbuf_append_text(&path, directory);
    strbuf_append_text(&path, "/" META_DATABASE_FILE);
    char *text = strbuf_detach(&path, NULL);
    strbuf_free(&path);
    return text;
}

static bool is_plain(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           strchr("/._-", byte) != NULL;
}

/* A URI spells the bytes of a path that have a meaning in it as percent-encoded numbers. */
static char *make_frozen_uri(const struct hooks *hooks, const char *path) {
    struct strbuf uri;
    strbuf_init(&uri, hooks, SIZE_MAX);
    strbuf_append_text(&uri, "file:");
    for (const char *at = path; *at != '\0'; at++) {
        if (is_plain(*at)) {
            strbuf_append(&uri, at, 1);
        } else {
            strbuf_append_format(&uri, "%%%02X", (unsigned)(unsigned char)*at);
        }
    }
    strbuf_append_text(&uri, "?immutable=1");
    char *text = strbuf_detach(&uri, NULL);
    strbuf_free(&uri);
    return text;
}

static char *make_companion(const struct meta *meta, const char *suffix) {
    struct strbuf path;
    strbuf_init(&path, meta->hooks, SIZE_MAX);
    strbuf_append_text(&path, meta->path);
    strbuf_append_text(&path, suffix);
    char *text = strbuf_detach(&path, NULL);
    strbuf_free(&path);
    return text;
}

static lreg_status prepare_reading(struct meta *meta, struct error *err) {
    meta->log_path = make_companion(meta, "-wal");
    meta->index_path = make_companion(meta, "-shm");
    meta->frozen_uri = make_frozen_uri(meta->hooks, meta->path);
    bool is_made = meta->log_path != NULL && meta->index_path != NULL && meta->frozen_uri != NULL;
    return is_made ? LREG_OK : error_no_memory(err);
}

static lreg_status find_file(struct meta *meta, const struct meta_options *options, struct error *err) {
    struct stat facts;
    meta->path = make_path(meta->hooks, options->directory);
    if (meta->path == NULL) {
        return error_no_memory(err);
    }
    if (!options->is_expected) {
        return make_file(options->directory, err);
    }
    bool is_there = stat(meta->path, &facts) == 0;
    if (!is_there || facts.st_size == 0) {
        return meta_database_missing(is_there, err);
    }
    return meta->is_read_only ? prepare_reading(meta, err) : LREG_OK;
}

static lreg_status open_database(struct meta *meta, const struct meta_options *options, struct error *err) {
    const char *directory = options->directory;
    lreg_status status = directory != NULL ? find_file(meta, options, err) : LREG_OK;
    if (status == LREG_OK) {
        status = meta_connection_open(meta, &meta->idle, err);
    }
    if (status == LREG_OK) {
        meta->idle_count = 1;
        status = meta_schema_migrate(meta->idle, options->is_expected, err);
    }
    if (status == LREG_OK && directory != NULL && !meta->is_read_only && meta_locks_are_inherited(meta)) {
        status = error_set(err, LREG_MISUSE, "forked",
                           "this process was forked while its parent had the database open: close the parent's instance"
                           " here first, or fork under lreg_fork_begin()");
    }
    if (status == LREG_OK && directory != NULL) {
        status = meta_watcher_open(meta, err);
    }
    return status;
}

static bool init_locks(struct meta *meta) {
    if (!meta_write_queue_init(&meta->write_queue)) {
        return false;
    }
    if (pthread_mutex_init(&meta->pool_mutex, NULL) != 0) {
        meta_write_queue_free(&meta->write_queue);
        return false;
    }
    if (pthread_mutex_init(&meta->watcher_mutex, NULL) != 0) {
        (void)pthread_mutex_destroy(&meta->pool_mutex);
        meta_write_queue_free(&meta->write_queue);
        return false;
    }
    if (!meta_condition_init(&meta->pool_changed)) {
        (void)pthread_mutex_destroy(&meta->watcher_mutex);
        (void)pthread_mutex_destroy(&meta->pool_mutex);
        meta_write_queue_free(&meta->write_queue);
        return false;
    }
    return true;
}

lreg_status meta_open(const struct hooks *hooks, const struct meta_options *options, struct meta **out,
                      struct error *err) {
    *out = NULL;
    if (options->directory != NULL && options->directory[0] == '\0') {
        return error_set(err, LREG_BAD_ARGUMENT, "", "the directory of the metadata has no name");
    }
    struct meta *meta = memory_allocate_zeroed(hooks, 1, sizeof *meta);
    if (meta == NULL) {
        return error_no_memory(err);
    }
    meta->hooks = hooks;
    meta->busy_timeout_ms = options->busy_timeout_ms;
    meta->durable = options->durable;
    meta->is_read_only = options->is_read_only && options->directory != NULL;
    meta->settle = options->settle;
    meta->settle_user = options->settle_user;
    meta->step_fault = options->step_fault;
    meta->step_fault_user = options->step_fault_user;
    if (!init_locks(meta)) {
        memory_release(hooks, meta);
        return error_no_memory(err);
    }
    lreg_status status = open_database(meta, options, err);
    if (status == LREG_OK) {
        status = meta_settle(meta, err);
    }
    if (status != LREG_OK) {
        goto out;
    }
    *out = meta;
    meta = NULL;
out:
    meta_close(meta);
    return status;
}

void meta_release_paths(struct meta *meta) {
    memory_release(meta->hooks, meta->frozen_uri);
    memory_release(meta->hooks, meta->index_path);
    memory_release(meta->hooks, meta->log_path);
    memory_release(meta->hooks, meta->path);
}

void meta_close(struct meta *meta) {
    if (meta == NULL) {
        return;
    }
    meta_watcher_close(meta);
    while (meta->idle != NULL) {
        struct meta_connection *connection = meta->idle;
        meta->idle = connection->next_idle;
        meta_connection_close(connection);
    }
    (void)pthread_cond_destroy(&meta->pool_changed);
    (void)pthread_mutex_destroy(&meta->watcher_mutex);
    (void)pthread_mutex_destroy(&meta->pool_mutex);
    meta_write_queue_free(&meta->write_queue);
    meta_release_paths(meta);
    memory_release(meta->hooks, meta);
}
