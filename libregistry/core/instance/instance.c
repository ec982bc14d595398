/* SPDX-License-Identifier: Apache-2.0 */

/* An instance: opening, counting, closing, and its parts. */

#include "core/instance/directory_internal.h"
#include "core/instance/state.h"

#include "base/hook_owner.h"
#include "base/text.h"
#include "http/authority.h"
#include "http/url.h"
#include "storage/filesystem/filesystem.h"
#include "storage/memory/memory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define MINUTE_MS ((int64_t)60 * 1000)
#define DAY_MS (24 * 60 * MINUTE_MS)
#define BASE_URL_MAX 1024

static const struct auth_principal host_principal = {.kind = AUTH_HOST, .scopes = AUTH_ALL_SCOPES, .label = "host"};
const struct core_actor core_actor_host = {.principal = &host_principal, .remote_address = ""};

void core_limits_default(struct core_limits *limits) {
    *limits = (struct core_limits){
        .max_package_bytes = 64 * GIB,
        .max_blob_bytes = 64 * GIB,
        .max_manifest_bytes = 4 * MIB,
        .max_json_bytes = MIB,
        .max_json_depth = 32,
        .max_target_bytes = 8 * KIB,
        .max_header_bytes = 64 * KIB,
        .max_headers = 200,
        .max_multipart_parts = 32,
        .max_part_header_bytes = 16 * KIB,
        .max_archive_entries = 250000,
        .max_unpacked_bytes = 64 * MIB,
        .max_package_unpacked_bytes = 16 * GIB,
        .max_unpacked_ratio = 100,
        .max_archive_manifest_bytes = 32 * MIB,
        .max_uploads = 1000,
        .max_token_uploads = 250,
        .max_upload_idle_ms = 10 * MINUTE_MS,
        .max_upload_age_ms = 7 * DAY_MS,
        .blob_grace_ms = DAY_MS,
        .bearer_lifetime_ms = 5 * MINUTE_MS,
        .audit_keep_ms = 365 * DAY_MS,
        .audit_keep_events = 1000000,
        .cache_bytes = 8 * MIB,
    };
}

lreg_status core_base_url_check(const char *base_url, struct error *err) {
    size_t length = strnlen(base_url, BASE_URL_MAX + 1);
    struct slice authority;
    const char *path = NULL;
    if (length > BASE_URL_MAX || !url_split_absolute(base_url, &authority, &path) ||
        strpbrk(path, " \"<>?#\\") != NULL || text_has_control(base_url, length) || !text_is_utf8(base_url, length)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_base_url",
                         "the base URL must be http:// or https:// with a host and optionally a path, at most %d bytes",
                         BASE_URL_MAX);
    }
    if (!authority_parse(authority, NULL)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_base_url",
                         "the base URL names no host: a name or an address (IPv6 in brackets), optionally with a port");
    }
    return LREG_OK;
}

/* Stores the base URL without trailing slashes. */
static lreg_status set_base_url(struct core *core, const char *base_url, struct error *err) {
    if (base_url == NULL) {
        return LREG_OK;
    }
    lreg_status status = core_base_url_check(base_url, err);
    if (status != LREG_OK) {
        return status;
    }
    size_t length = strlen(base_url);
    while (base_url[length - 1] == '/') {
        length--;
    }
    core->base_url = memory_copy_bytes(&core->hooks, base_url, length);
    return core->base_url == NULL ? error_no_memory(err) : LREG_OK;
}

/* Stores the directory as an absolute path: the database is opened many times, and the host may change its working
 * directory. */
static lreg_status set_directory(struct core *core, const char *directory, struct error *err) {
    char present[PATH_MAX] = "";
    size_t length = 0;
    if (directory[0] != '/' && getcwd(present, sizeof present) == NULL) {
        return error_set_errno(err, errno, "find the current directory");
    }
    if (!size_add(strlen(present) + 1, strlen(directory), &length)) {
        return error_no_memory(err);
    }
    struct strbuf path;
    strbuf_init(&path, &core->hooks, length);
    strbuf_append_text(&path, present);
    strbuf_append_text(&path, directory[0] == '/' ? "" : "/");
    strbuf_append_text(&path, directory);
    core->directory = strbuf_detach(&path, NULL);
    strbuf_free(&path);
    return core->directory == NULL ? error_no_memory(err) : LREG_OK;
}

static lreg_status make_directory(struct core *core, const char *directory, struct error *err) {
    if (directory == NULL) {
        return LREG_OK;
    }
    if (mkdir(directory, 0700) == 0) {
        (void)chmod(directory, 0700); /* regardless of the host's umask */
    } else if (errno != EEXIST) {
        return error_set_errno(err, errno, "make the data directory");
    }
    return set_directory(core, directory, err);
}

static void name_storage(struct core *core, const char *name) {
    (void)snprintf(core->storage_name, sizeof core->storage_name, "%s", name);
}

static lreg_status open_storage(struct core *core, const struct core_options *options, struct error *err) {
    if (core->storage != NULL) {
        name_storage(core, options->backend_name);
        return LREG_OK;
    }
    if (core->directory == NULL || options->memory_storage) {
        core->is_own_memory = true;
        name_storage(core, CORE_STORAGE_MEMORY);
        return storage_open_memory(&core->hooks, &core->storage, err);
    }
    core->is_own_filesystem = true;
    name_storage(core, CORE_STORAGE_LOCAL);
    return storage_open_filesystem(&core->hooks, core->directory, core->durable, &core->storage, err);
}

/* Syncs what an instance without syncs has stored in the data directory. A storage of the host is synced by the
 * host. */
static lreg_status settle_objects(void *user, struct error *err) {
    const struct core *core = user;
    return storage_sync_file_system(core->directory, err);
}

static lreg_status open_metadata(struct core *core, const struct core_options *options,
                                 const struct core_directory *directory, struct error *err) {
    struct meta_options meta = {.directory = core->directory,
                                .busy_timeout_ms = options->busy_timeout_ms,
                                .durable = core->durable,
                                .is_expected = directory->is_used || core->is_read_only,
                                .is_read_only = core->is_read_only,
                                .settle = settle_objects,
                                .settle_user = core,
                                .step_fault = options->step_fault,
                                .step_fault_user = options->step_fault_user};
    lreg_status status = meta_open(&core->hooks, &meta, &core->meta, err);
    return status == LREG_OK ? core_identity_load(core, err) : status;
}

/* Opens the content of the directory, after it was examined and before it is marked as complete. */
static lreg_status open_contents(struct core *core, const struct core_options *options, struct error *err) {
    struct core_directory directory;
    lreg_status status = core_directory_begin(core, &directory, err);
    if (status == LREG_OK) {
        status = open_metadata(core, options, &directory, err);
    }
    if (status == LREG_OK) {
        status = open_storage(core, options, err);
    }
    if (status == LREG_OK) {
        status = core_storages_settle(core, &directory, err);
    }
    if (status == LREG_OK && !options->is_filled_later) {
        status = core_storages_check_objects(core, &directory, err);
    }
    if (status == LREG_OK) {
        status = core_directory_settle(core, &directory, err);
    }
    core_directory_end(&directory);
    return status;
}

static lreg_status open_parts(struct core *core, const struct core_options *options, struct error *err) {
    lreg_status status = LREG_OK;
    if (options->backend != NULL) { /* first: we own its state from now on, also after a failure */
        status = storage_open_backend(&core->hooks, options->backend, options->backend_state, &core->storage, err);
        if (status != LREG_OK) {
            return status;
        }
    }
    status = set_base_url(core, options->base_url, err);
    if (status != LREG_OK) {
        return status;
    }
    status = make_directory(core, options->directory, err);
    if (status != LREG_OK) {
        return status;
    }
    status = open_contents(core, options, err);
    if (status != LREG_OK) {
        return status;
    }
    core->cache = core_cache_new(&core->hooks, core->limits.cache_bytes);
    return core->cache == NULL ? error_no_memory(err) : LREG_OK;
}

static void free_core(struct core *core) {
    struct hooks hooks = core->hooks; /* the memory that holds them is freed too */
    core_pins_end(core);
    process_mark_end(&core->process);
    memory_release(&hooks, core->downloads.entries);
    core_metrics_free(core->metrics, &hooks);
    memory_release(&hooks, core->base_url);
    memory_release(&hooks, core->directory);
    memory_wipe(&core->keys, sizeof(core->keys));
    memory_release(&hooks, core);
    hooks_release(&hooks);
}

/* Drops work in progress; the lease stays as it is. */
static void drop_upkeep(struct core *core) {
    if (core->upkeep.drop != NULL) {
        core->upkeep.drop(core);
    }
}

/* Closes all parts, also of an instance that was opened only in part. */
static void close_parts(struct core *core) {
    drop_upkeep(core);
    core_cache_free(core->cache);
    core_object_cache_clear(core);
    storage_close(core->storage);
    meta_close(core->meta);
    pthread_mutex_destroy(&core->downloads.mutex);
    pthread_mutex_destroy(&core->stages.mutex);
    pthread_mutex_destroy(&core->object_cache.mutex);
    pthread_mutex_destroy(&core->upkeep.mutex);
    free_core(core);
}

/* In a forked child: releases memory and descriptors only, except memory that a thread of the parent was changing at
 * the fork. The parent is not affected. */
static void abandon_parts(struct core *core) {
    if (core_cache_try_lock(core->cache)) {
        core_cache_unlock(core->cache);
        core_cache_free(core->cache);
    }
    if (pthread_mutex_trylock(&core->object_cache.mutex) == 0) {
        pthread_mutex_unlock(&core->object_cache.mutex);
        core_object_cache_clear(core);
    }
    if (pthread_mutex_trylock(&core->upkeep.mutex) == 0) {
        pthread_mutex_unlock(&core->upkeep.mutex);
        drop_upkeep(core);
    }
    storage_close(core->storage);
    meta_abandon(core->meta);
    free_core(core);
}

static bool make_mutexes(struct core *core) {
    pthread_mutex_t *const mutexes[] = {&core->downloads.mutex, &core->stages.mutex, &core->object_cache.mutex,
                                        &core->upkeep.mutex};
    size_t made = 0;
    while (made < sizeof mutexes / sizeof mutexes[0] && pthread_mutex_init(mutexes[made], NULL) == 0) {
        made++;
    }
    if (made == sizeof mutexes / sizeof mutexes[0] && core_pins_init(core)) {
        return true;
    }
    while (made > 0) {
        pthread_mutex_destroy(mutexes[--made]);
    }
    return false;
}

static struct core *new_core(const struct core_options *options) {
    struct core *core = memory_allocate_zeroed(&options->hooks, 1, sizeof(*core));
    struct core_metrics *metrics = core_metrics_new(&options->hooks);
    if (core == NULL || metrics == NULL || !make_mutexes(core)) {
        core_metrics_free(metrics, &options->hooks);
        memory_release(&options->hooks, core);
        return NULL;
    }
    core->metrics = metrics;
    core->hooks = options->hooks;
    hooks_retain(&core->hooks);
    process_mark_set(&core->process);
    core->hooks.process = &core->process;
    core->durable = options->durable;
    core->limits = options->limits;
    core->ecosystems = options->ecosystems;
    atomic_init(&core->references, 1);
    return core;
}

static const char *place_of(const struct core *core) {
    return core->directory != NULL ? core->directory : "a registry in memory";
}

static void log_opened(const struct core *core) {
    hooks_log(&core->hooks, LREG_LOG_INFO, "opened %s: instance %s, storage %s%s%s", place_of(core), core->instance_id,
              core->storage_name, core->is_read_only ? ", only to read" : "",
              core->durable ? "" : ", without waiting for the disk");
}

lreg_status core_open(const struct core_options *options, struct core **out, struct error *err) {
    *out = NULL;
    struct core *core = new_core(options);
    if (core == NULL) {
        if (options->backend != NULL && options->backend->destroy != NULL) {
            options->backend->destroy(options->backend_state);
        }
        return error_no_memory(err);
    }
    lreg_status status = open_parts(core, options, err);
    if (status != LREG_OK) {
        error_operation(err, "open an instance");
        close_parts(core);
        return status;
    }
    core_note_database(core);
    log_opened(core);
    *out = core;
    return LREG_OK;
}

void core_retain(struct core *core) {
    atomic_fetch_add_explicit(&core->references, 1, memory_order_relaxed);
}

void core_release(struct core *core) {
    if (core == NULL || atomic_fetch_sub_explicit(&core->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    if (process_is_foreign(&core->hooks)) {
        abandon_parts(core);
        return;
    }
    struct error err = {0};
    if (core_flush_downloads(core, &err) != LREG_OK) {
        hooks_log(&core->hooks, LREG_LOG_WARNING, "download counts since the last flush are lost: %s", err.message);
    }
    hooks_log(&core->hooks, LREG_LOG_INFO, "closing %s", place_of(core));
    close_parts(core);
}

lreg_status core_check_process(const struct core *core, struct error *err) {
    return process_check(&core->hooks, err);
}

bool core_is_read_only(const struct core *core) {
    return core->is_read_only;
}

const struct hooks *core_hooks(const struct core *core) {
    return &core->hooks;
}

const struct core_limits *core_limits_of(const struct core *core) {
    return &core->limits;
}

const char *core_base_url(const struct core *core) {
    return core->base_url;
}

struct meta *core_meta(struct core *core) {
    return core->meta;
}

const struct auth_keys *core_keys(const struct core *core) {
    return &core->keys;
}
