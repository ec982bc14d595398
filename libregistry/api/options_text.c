/* SPDX-License-Identifier: Apache-2.0 */

/* Options as text, by name: single ones and files. Each calls its setter, so that the same rules hold. */

#include "api/options_internal.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((size_t)64 * 1024)
#define NAME_MAX_BYTES 63

/* Names of LREG_LIMIT_* and LREG_SETTING_*, in lower case. */
static const char *const number_names[] = {
    [LREG_LIMIT_PACKAGE_BYTES] = "package-bytes",
    [LREG_LIMIT_BLOB_BYTES] = "blob-bytes",
    [LREG_LIMIT_MANIFEST_BYTES] = "manifest-bytes",
    [LREG_LIMIT_JSON_BYTES] = "json-bytes",
    [LREG_LIMIT_JSON_DEPTH] = "json-depth",
    [LREG_LIMIT_TARGET_BYTES] = "target-bytes",
    [LREG_LIMIT_HEADER_BYTES] = "header-bytes",
    [LREG_LIMIT_HEADERS] = "headers",
    [LREG_LIMIT_MULTIPART_PARTS] = "multipart-parts",
    [LREG_LIMIT_PART_HEADER_BYTES] = "part-header-bytes",
    [LREG_LIMIT_ARCHIVE_ENTRIES] = "archive-entries",
    [LREG_LIMIT_UNPACKED_BYTES] = "unpacked-bytes",
    [LREG_LIMIT_UPLOADS] = "uploads",
    [LREG_SETTING_UPLOAD_AGE_MS] = "upload-age-ms",
    [LREG_SETTING_BLOB_GRACE_MS] = "blob-grace-ms",
    [LREG_SETTING_BEARER_LIFETIME_MS] = "bearer-lifetime-ms",
    [LREG_SETTING_AUDIT_KEEP_MS] = "audit-keep-ms",
    [LREG_SETTING_AUDIT_KEEP_EVENTS] = "audit-keep-events",
    [LREG_SETTING_CACHE_BYTES] = "cache-bytes",
    [LREG_LIMIT_PACKAGE_UNPACKED_BYTES] = "package-unpacked-bytes",
    [LREG_LIMIT_UNPACKED_RATIO] = "unpacked-ratio",
    [LREG_LIMIT_ARCHIVE_MANIFEST_BYTES] = "archive-manifest-bytes",
    [LREG_LIMIT_TOKEN_UPLOADS] = "token-uploads",
    [LREG_SETTING_UPLOAD_IDLE_MS] = "upload-idle-ms",
};

#define NUMBER_COUNT (sizeof number_names / sizeof number_names[0])

static int32_t find_number(const char *name) {
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        if (number_names[i] != NULL && text_equals(number_names[i], name)) {
            return (int32_t)i;
        }
    }
    return 0;
}

static lreg_status refuse_value(const lreg_options *options, const char *name, const char *wanted, lreg_error **err) {
    struct error failure = {0};
    lreg_status status =
        error_set(&failure, LREG_BAD_ARGUMENT, "bad_option", "the option %.*s wants %s", NAME_MAX_BYTES, name, wanted);
    return api_result(&options->own, status, &failure, err);
}

static lreg_status set_durable(lreg_options *options, const char *value, lreg_error **err) {
    if (!text_equals(value, "true") && !text_equals(value, "false")) {
        return refuse_value(options, "durable", "true or false", err);
    }
    return lreg_options_set_durable(options, text_equals(value, "true"), err);
}

static lreg_status set_forwarded_header(lreg_options *options, const char *value, lreg_error **err) {
    if (!text_equals(value, "x-forwarded") && !text_equals(value, "forwarded")) {
        return refuse_value(options, "forwarded-header", "x-forwarded or forwarded", err);
    }
    int32_t header =
        text_equals(value, "forwarded") ? LREG_FORWARDED_HEADER_FORWARDED : LREG_FORWARDED_HEADER_X_FORWARDED;
    return lreg_options_set_forwarded_header(options, header, err);
}

static lreg_status set_forwarded_hops(lreg_options *options, const char *value, lreg_error **err) {
    uint64_t number = 0;
    if (!text_parse_u64(slice_of(value), &number) || number > INT32_MAX) {
        return refuse_value(options, "forwarded-hops", "a number of proxies", err);
    }
    return lreg_options_set_forwarded_hops(options, (int32_t)number, err);
}

static lreg_status set_metrics_access(lreg_options *options, const char *value, lreg_error **err) {
    static const char *const words[] = {
        [LREG_METRICS_ACCESS_OFF] = "off",
        [LREG_METRICS_ACCESS_TOKEN] = "token",
        [LREG_METRICS_ACCESS_ANYONE] = "anyone",
    };
    for (int32_t i = 0; i < (int32_t)(sizeof words / sizeof words[0]); i++) {
        if (text_equals(value, words[i])) {
            return lreg_options_set_metrics_access(options, i, err);
        }
    }
    return refuse_value(options, "metrics-access", "off, token or anyone", err);
}

static lreg_status set_number(lreg_options *options, const char *name, const char *value, lreg_error **err) {
    uint64_t number = 0;
    int32_t setting = find_number(name);
    bool is_number = text_parse_u64(slice_of(value), &number);
    if (setting != 0) {
        return is_number ? lreg_options_set_number(options, setting, number, err)
                         : refuse_value(options, name, "a number", err);
    }
    if (!is_number || number > INT32_MAX) {
        return refuse_value(options, name, "a number of milliseconds", err);
    }
    return lreg_options_set_busy_timeout_ms(options, (int32_t)number, err);
}

lreg_status lreg_options_set(lreg_options *options, const char *name, const char *value, lreg_error **err) {
    if (options == NULL || name == NULL || value == NULL) {
        return api_null(options != NULL ? &options->own : NULL, "options, name and value", err);
    }
    if (text_equals(name, "directory")) {
        return lreg_options_set_directory(options, value, err);
    }
    if (text_equals(name, "base-url")) {
        return lreg_options_set_base_url(options, value, err);
    }
    if (text_equals(name, "durable")) {
        return set_durable(options, value, err);
    }
    if (text_equals(name, "forwarded-header")) {
        return set_forwarded_header(options, value, err);
    }
    if (text_equals(name, "forwarded-hops")) {
        return set_forwarded_hops(options, value, err);
    }
    if (text_equals(name, "trust-forwarded")) {
        return lreg_options_trust_forwarded(options, value[0] != '\0' ? value : NULL, err);
    }
    if (text_equals(name, "metrics-access")) {
        return set_metrics_access(options, value, err);
    }
    if (text_equals(name, "busy-timeout-ms") || find_number(name) != 0) {
        return set_number(options, name, value, err);
    }
    struct error failure = {0};
    lreg_status status =
        error_set(&failure, LREG_BAD_ARGUMENT, "option_unknown", "no option %.*s", NAME_MAX_BYTES, name);
    return api_result(&options->own, status, &failure, err);
}

/* --- a file --- */

/* Reads the whole file and adds a NUL; `*out` is owned. */
static lreg_status read_all(int descriptor, const struct hooks *hooks, char **out, struct error *err) {
    size_t length = 0;
    char *text = memory_allocate(hooks, FILE_BYTES_MAX + 1);
    if (text == NULL) {
        return error_no_memory(err);
    }
    for (;;) {
        ssize_t got = read(descriptor, text + length, FILE_BYTES_MAX + 1 - length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            lreg_status status = error_set_errno(err, errno, "cannot read the file of options");
            memory_release(hooks, text);
            return status;
        }
        length += (size_t)got;
        if (got == 0 || length > FILE_BYTES_MAX) {
            break;
        }
    }
    if (length > FILE_BYTES_MAX || memchr(text, '\0', length) != NULL) {
        memory_release(hooks, text);
        return error_set(err, LREG_BAD_ARGUMENT, "bad_option", "the file of options is no text of at most 64 KiB");
    }
    text[length] = '\0';
    *out = text;
    return LREG_OK;
}

/* Writes a NUL after a slice of `text`, which we own. */
static const char *end_slice(char *text, struct slice slice) {
    text[slice.bytes - text + (ptrdiff_t)slice.length] = '\0';
    return text + (slice.bytes - text);
}

/* The error names the line. */
static lreg_status refuse_line(const lreg_options *options, size_t number, lreg_error *cause, lreg_error **err) {
    struct error failure = {0};
    lreg_status status = lreg_error_status(cause);
    if (status == LREG_BAD_ARGUMENT) {
        (void)error_set(&failure, status, "bad_option", "line %zu of the file of options: %s", number,
                        lreg_error_message(cause));
    } else {
        (void)error_no_memory(&failure);
        status = failure.status;
    }
    lreg_error_free(cause);
    return api_result(&options->own, status, &failure, err);
}

static lreg_status set_line(lreg_options *options, char *text, struct slice line, lreg_error **err) {
    struct slice value = line;
    struct slice name = slice_trim(slice_cut(&value, '='));
    value = slice_trim(value);
    if (name.length == line.length) {
        return api_refuse(&options->own, "it is not \"name = value\"", err);
    }
    const char *value_text = end_slice(text, value);
    return lreg_options_set(options, end_slice(text, name), value_text, err);
}

static lreg_status set_lines(lreg_options *options, char *text, lreg_error **err) {
    struct slice rest = slice_of(text);
    for (size_t number = 1; rest.length > 0; number++) {
        struct slice line = slice_cut(&rest, '\n');
        if (line.length > 0 && line.bytes[line.length - 1] == '\r') {
            line.length--;
        }
        line = slice_trim(line);
        if (line.length == 0 || line.bytes[0] == '#') {
            continue;
        }
        lreg_error *cause = NULL;
        if (set_line(options, text, line, &cause) != LREG_OK) {
            return refuse_line(options, number, cause, err);
        }
    }
    return LREG_OK;
}

lreg_status lreg_options_load(lreg_options *options, const char *path, lreg_error **err) {
    struct error failure = {0};
    char *text = NULL;
    if (options == NULL || path == NULL) {
        return api_null(options != NULL ? &options->own : NULL, "options and path", err);
    }
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0) {
        lreg_status missing = error_set_errno(&failure, errno, "cannot open the file of options");
        return api_result(&options->own, missing, &failure, err);
    }
    lreg_status status = read_all(descriptor, &options->own, &text, &failure);
    (void)close(descriptor);
    if (status != LREG_OK) {
        return api_result(&options->own, status, &failure, err);
    }
    status = set_lines(options, text, err);
    memory_release(&options->own, text);
    return status;
}
