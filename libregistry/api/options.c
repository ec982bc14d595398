/* SPDX-License-Identifier: Apache-2.0 */

/* Options: an opaque object with setters, so that it can grow without a change of the ABI. */

#include "api/options_internal.h"
#include "base/hook_owner.h"
#include "storage/names.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NUMBER_MAX (UINT64_C(1) << 53)

/* Place and type of each LREG_LIMIT_* and LREG_SETTING_*. */
enum number_type {
    NUMBER_U64,
    NUMBER_SIZE,
    NUMBER_MS
};
static const struct {
    size_t offset;
    enum number_type type;
} numbers[] = {
    [LREG_LIMIT_PACKAGE_BYTES] = {offsetof(struct core_limits, max_package_bytes), NUMBER_U64},
    [LREG_LIMIT_BLOB_BYTES] = {offsetof(struct core_limits, max_blob_bytes), NUMBER_U64},
    [LREG_LIMIT_MANIFEST_BYTES] = {offsetof(struct core_limits, max_manifest_bytes), NUMBER_SIZE},
    [LREG_LIMIT_JSON_BYTES] = {offsetof(struct core_limits, max_json_bytes), NUMBER_SIZE},
    [LREG_LIMIT_JSON_DEPTH] = {offsetof(struct core_limits, max_json_depth), NUMBER_SIZE},
    [LREG_LIMIT_TARGET_BYTES] = {offsetof(struct core_limits, max_target_bytes), NUMBER_SIZE},
    [LREG_LIMIT_HEADER_BYTES] = {offsetof(struct core_limits, max_header_bytes), NUMBER_SIZE},
    [LREG_LIMIT_HEADERS] = {offsetof(struct core_limits, max_headers), NUMBER_SIZE},
    [LREG_LIMIT_MULTIPART_PARTS] = {offsetof(struct core_limits, max_multipart_parts), NUMBER_SIZE},
    [LREG_LIMIT_PART_HEADER_BYTES] = {offsetof(struct core_limits, max_part_header_bytes), NUMBER_SIZE},
    [LREG_LIMIT_ARCHIVE_ENTRIES] = {offsetof(struct core_limits, max_archive_entries), NUMBER_SIZE},
    [LREG_LIMIT_UNPACKED_BYTES] = {offsetof(struct core_limits, max_unpacked_bytes), NUMBER_U64},
    [LREG_LIMIT_UPLOADS] = {offsetof(struct core_limits, max_uploads), NUMBER_SIZE},
    [LREG_SETTING_UPLOAD_AGE_MS] = {offsetof(struct core_limits, max_upload_age_ms), NUMBER_MS},
    [LREG_SETTING_BLOB_GRACE_MS] = {offsetof(struct core_limits, blob_grace_ms), NUMBER_MS},
    [LREG_SETTING_BEARER_LIFETIME_MS] = {offsetof(struct core_limits, bearer_lifetime_ms), NUMBER_MS},
    [LREG_SETTING_AUDIT_KEEP_MS] = {offsetof(struct core_limits, audit_keep_ms), NUMBER_MS},
    [LREG_SETTING_AUDIT_KEEP_EVENTS] = {offsetof(struct core_limits, audit_keep_events), NUMBER_U64},
    [LREG_SETTING_CACHE_BYTES] = {offsetof(struct core_limits, cache_bytes), NUMBER_SIZE},
    [LREG_LIMIT_PACKAGE_UNPACKED_BYTES] = {offsetof(struct core_limits, max_package_unpacked_bytes), NUMBER_U64},
    [LREG_LIMIT_UNPACKED_RATIO] = {offsetof(struct core_limits, max_unpacked_ratio), NUMBER_U64},
    [LREG_LIMIT_ARCHIVE_MANIFEST_BYTES] = {offsetof(struct core_limits, max_archive_manifest_bytes), NUMBER_SIZE},
    [LREG_LIMIT_TOKEN_UPLOADS] = {offsetof(struct core_limits, max_token_uploads), NUMBER_SIZE},
    [LREG_SETTING_UPLOAD_IDLE_MS] = {offsetof(struct core_limits, max_upload_idle_ms), NUMBER_MS},
};

#define BUSY_TIMEOUT_DEFAULT_MS 10000

/* Options exist before an instance has an allocator, so they use the memory of the operating system. */
lreg_status lreg_options_new(lreg_options **out, lreg_error **err) {
    struct hooks hooks;
    hooks_default(&hooks);
    if (out == NULL) {
        return api_null(&hooks, "out", err);
    }
    *out = memory_allocate_zeroed(&hooks, 1, sizeof **out);
    if (*out == NULL) {
        return api_no_memory(err);
    }
    (*out)->own = hooks;
    (*out)->hooks = hooks;
    (*out)->durable = true;
    (*out)->busy_timeout_ms = BUSY_TIMEOUT_DEFAULT_MS;
    (*out)->forwarded.hops = 1;
    (*out)->metrics_access = LREG_METRICS_ACCESS_TOKEN;
    core_limits_default(&(*out)->limits);
    return LREG_OK;
}

static void end_storage(lreg_options *options) {
    bool ends = options->has_storage && options->storage_is_mine && options->storage_process == getpid();
    if (ends && options->storage.destroy != NULL) {
        options->storage.destroy(options->storage_state);
    }
    options->has_storage = false;
    options->storage_is_mine = false;
}

void lreg_options_free(lreg_options *options) {
    if (options == NULL) {
        return;
    }
    end_storage(options);
    hooks_release(&options->hooks);
    memory_release(&options->own, options->directory);
    memory_release(&options->own, options->base_url);
    memory_release(&options->own, options);
}

static lreg_status refuse(const lreg_options *options, lreg_error **err, const char *message) {
    return api_refuse(&options->own, message, err);
}

static lreg_status set_text(lreg_options *options, char **text, const char *value, lreg_error **err) {
    if (value != NULL && !text_is_utf8(value, strlen(value))) {
        return refuse(options, err, "the value is not UTF-8");
    }
    char *copy = memory_copy_text(&options->own, value);
    if (value != NULL && copy == NULL) {
        return api_no_memory(err);
    }
    memory_release(&options->own, *text);
    *text = copy;
    return LREG_OK;
}

lreg_status lreg_options_set_directory(lreg_options *options, const char *directory, lreg_error **err) {
    if (options == NULL) {
        return api_null(NULL, "options", err);
    }
    if (directory != NULL && directory[0] == '\0') {
        return refuse(options, err, "the directory has no name");
    }
    return set_text(options, &options->directory, directory, err);
}

lreg_status lreg_options_set_base_url(lreg_options *options, const char *base_url, lreg_error **err) {
    if (options == NULL) {
        return api_null(NULL, "options", err);
    }
    struct error failure = {0};
    lreg_status status = base_url == NULL ? LREG_OK : core_base_url_check(base_url, &failure);
    if (status != LREG_OK) {
        return api_result(&options->own, status, &failure, err);
    }
    return set_text(options, &options->base_url, base_url, err);
}

lreg_status lreg_options_set_durable(lreg_options *options, lreg_bool durable, lreg_error **err) {
    if (options == NULL) {
        return api_null(NULL, "options", err);
    }
    options->durable = durable != 0;
    return LREG_OK;
}

lreg_status lreg_options_set_busy_timeout_ms(lreg_options *options, int32_t timeout_ms, lreg_error **err) {
    if (options == NULL) {
        return api_null(NULL, "options", err);
    }
    if (timeout_ms < 0) {
        return refuse(options, err, "the busy timeout is below 0");
    }
    options->busy_timeout_ms = timeout_ms;
    return LREG_OK;
}

lreg_status lreg_options_set_number(lreg_options *options, int32_t setting, uint64_t value, lreg_error **err) {
    if (options == NULL) {
        return api_null(NULL, "options", err);
    }
    if (setting < LREG_LIMIT_PACKAGE_BYTES || (size_t)setting >= sizeof numbers / sizeof numbers[0]) {
        return refuse(options, err, "there is no such setting");
    }
    if (value < 1 || value > NUMBER_MAX || (numbers[setting].type == NUMBER_SIZE && value > SIZE_MAX)) {
        return refuse(options, err, "the setting is out of range: 1 to 2^53");
    }
    char *place = (char *)&options->limits + numbers[setting].offset;
    size_t as_size = (size_t)value;
    int64_t as_ms = (int64_t)value;
    switch (numbers[setting].type) {
    case NUMBER_U64:
        memcpy(place, &value, sizeof value);
        break;
    case NUMBER_SIZE:
        memcpy(place, &as_size, sizeof as_size);
        break;
    case NUMBER_MS:
        memcpy(place, &as_ms, sizeof as_ms);
        break;
    }
    return LREG_OK;
}

/* Names that rows have already: of the library's own storages, and of rows from before storages had names. */
static bool is_reserved(const char *name) {
    return text_equals(name, CORE_STORAGE_LOCAL) || text_equals(name, CORE_STORAGE_MEMORY) ||
           text_equals(name, META_STORAGE_UNNAMED);
}

static lreg_status check_storage_name(const char *name, struct error *failure) {
    if (storage_name_is_valid(name) && !is_reserved(name)) {
        return LREG_OK;
    }
    return error_set(failure, LREG_BAD_ARGUMENT, "storage_name",
                     "a storage of the host has a name of 1 to %d characters of [a-z0-9-], and neither \"local\", "
                     "\"memory\" nor \"default\"",
                     LREG_STORAGE_NAME_MAX);
}

lreg_status lreg_options_set_storage(lreg_options *options, const char *name, const lreg_storage_backend *backend,
                                     void *state, lreg_error **err) {
    struct error failure = {0};
    lreg_storage_backend copy = {0};
    if (backend == NULL) {
        return api_null(NULL, "backend", err);
    }
    lreg_status status = storage_backend_copy(backend, &copy, &failure);
    if (status == LREG_OK) {
        status = check_storage_name(name, &failure);
    }
    if (options == NULL || status != LREG_OK) {
        if (copy.destroy != NULL) {
            copy.destroy(state);
        }
        return options == NULL ? api_null(NULL, "options", err) : api_result(&options->own, status, &failure, err);
    }
    end_storage(options);
    options->storage = copy;
    (void)snprintf(options->storage_name, sizeof options->storage_name, "%s", name);
    options->storage_state = state;
    options->storage_process = getpid();
    options->has_storage = true;
    options->storage_is_mine = true;
    options->memory_storage = false;
    return LREG_OK;
}

lreg_status lreg_options_set_memory_storage(lreg_options *options, lreg_error **err) {
    if (options == NULL) {
        return api_null(NULL, "options", err);
    }
    end_storage(options);
    options->memory_storage = true;
    return LREG_OK;
}
