/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Download counts: collected in a small table, and written in one transaction when it is full or old enough, so that a
 * download does not write. Counts whose write failed are collected again; counts for which there is no room are lost.
 */

#include "core/instance/state.h"

#include <string.h>

#define TABLE_CAPACITY 256 /* also the number of rows in one transaction */
#define FULL_COUNT 192 /* the hash table needs free slots */
#define LONGEST_WAIT_MS 10000
#define OVERDUE_MS (6 * LONGEST_WAIT_MS)

static size_t hash_of(const char *id) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *at = id; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    }
    return hash;
}

/* The entry of the package, or the free one for it. The table is never full. */
static struct core_download_count *entry_for(struct core_downloads *downloads, const char *id) {
    size_t at = hash_of(id) % downloads->capacity;
    while (downloads->entries[at].count > 0 && strcmp(downloads->entries[at].package_id, id) != 0) {
        at = (at + 1) % downloads->capacity;
    }
    return &downloads->entries[at];
}

static struct core_download_count *new_table(const struct core *core) {
    return memory_allocate_zeroed(&core->hooks, TABLE_CAPACITY, sizeof(struct core_download_count));
}

/* Replaces the table by `table` and returns the previous one. Under the mutex. */
static struct core_download_count *exchange(struct core_downloads *downloads, struct core_download_count *table) {
    struct core_download_count *before = downloads->entries;
    downloads->entries = table;
    downloads->capacity = table != NULL ? TABLE_CAPACITY : 0;
    downloads->count = 0;
    return before;
}

/* Creates the first table. Memory is never allocated under the mutex. */
static void prepare_table(struct core *core) {
    struct core_downloads *downloads = &core->downloads;
    (void)pthread_mutex_lock(&downloads->mutex);
    bool is_there = downloads->entries != NULL;
    (void)pthread_mutex_unlock(&downloads->mutex);
    if (is_there) {
        return;
    }
    struct core_download_count *table = new_table(core);
    (void)pthread_mutex_lock(&downloads->mutex);
    if (downloads->entries == NULL) {
        table = exchange(downloads, table);
    }
    (void)pthread_mutex_unlock(&downloads->mutex);
    memory_release(&core->hooks, table);
}

/* Under the mutex. */
static void add(struct core_downloads *downloads, const char *id, uint64_t count, int64_t now_ms) {
    if (downloads->entries == NULL || strlen(id) >= ID_TEXT) {
        return;
    }
    struct core_download_count *entry = entry_for(downloads, id);
    if (entry->count == 0) {
        if (downloads->count >= FULL_COUNT) {
            return;
        }
        if (downloads->count == 0) {
            downloads->first_ms = now_ms;
        }
        memcpy(entry->package_id, id, strlen(id) + 1);
        downloads->count++;
    }
    entry->count += count;
}

void core_downloads_forget(struct core_downloads *downloads) {
    for (size_t i = 0; downloads->entries != NULL && i < downloads->capacity; i++) {
        downloads->entries[i].count = 0;
    }
    downloads->count = 0;
}

/* Takes all collected counts; NULL when there are none. */
static struct core_download_count *take(struct core *core) {
    struct core_downloads *downloads = &core->downloads;
    struct core_download_count *taken = new_table(core); /* for counts that arrive meanwhile; NULL: lost */
    (void)pthread_mutex_lock(&downloads->mutex);
    bool is_empty = downloads->count == 0;
    if (!is_empty) {
        taken = exchange(downloads, taken);
    }
    (void)pthread_mutex_unlock(&downloads->mutex);
    if (is_empty) {
        memory_release(&core->hooks, taken);
        return NULL;
    }
    return taken;
}

static void give_back(struct core *core, const struct core_download_count *table) {
    int64_t now_ms = hooks_now_ms(&core->hooks);
    (void)pthread_mutex_lock(&core->downloads.mutex);
    core->downloads.retry_ms = now_ms + LONGEST_WAIT_MS;
    for (size_t i = 0; i < TABLE_CAPACITY; i++) {
        if (table[i].count > 0) {
            add(&core->downloads, table[i].package_id, table[i].count, now_ms);
        }
    }
    (void)pthread_mutex_unlock(&core->downloads.mutex);
}

static lreg_status write_counts(struct core *core, const struct core_download_count *table, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    for (size_t i = 0; status == LREG_OK && i < TABLE_CAPACITY; i++) {
        if (table[i].count > 0) {
            status = meta_package_add_downloads(transaction, table[i].package_id, table[i].count, err);
        }
        if (status == LREG_NOT_FOUND) {
            status = LREG_OK; /* deleted meanwhile */
            error_clear(err);
        }
    }
    return meta_end(transaction, status, err);
}

lreg_status core_flush_downloads(struct core *core, struct error *err) {
    struct core_download_count *table = take(core);
    if (table == NULL) {
        return LREG_OK;
    }
    lreg_status status = write_counts(core, table, err);
    if (status != LREG_OK) {
        give_back(core, table);
    }
    memory_release(&core->hooks, table);
    return status;
}

/* False for a while after a failure, so that downloads do not wait for a busy database one by one. */
static bool have_waited(struct core *core, int64_t wait_ms) {
    struct core_downloads *downloads = &core->downloads;
    int64_t now_ms = hooks_now_ms(&core->hooks);
    (void)pthread_mutex_lock(&downloads->mutex);
    bool is_due = downloads->count >= FULL_COUNT || (downloads->count > 0 && now_ms - downloads->first_ms >= wait_ms);
    is_due = is_due && now_ms >= downloads->retry_ms;
    (void)pthread_mutex_unlock(&downloads->mutex);
    return is_due;
}

bool core_downloads_are_due(struct core *core) {
    return have_waited(core, LONGEST_WAIT_MS);
}

bool core_downloads_are_overdue(struct core *core) {
    return have_waited(core, OVERDUE_MS);
}

void core_count_download(struct core *core, const char *package_id) {
    if (core_downloads_are_due(core)) {
        (void)core_flush_downloads(core, NULL);
    }
    core_note_download(core, package_id);
}

void core_note_download(struct core *core, const char *package_id) {
    struct core_downloads *downloads = &core->downloads;
    int64_t now_ms = hooks_now_ms(&core->hooks);
    if (core->is_read_only) {
        return;
    }
    prepare_table(core);
    (void)pthread_mutex_lock(&downloads->mutex);
    add(downloads, package_id, 1, now_ms);
    (void)pthread_mutex_unlock(&downloads->mutex);
}
