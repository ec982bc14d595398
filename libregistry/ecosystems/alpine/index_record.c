/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Letter, colon, value, line end: an index has no escapes, and one wrong package can make all others unreadable. So
 * package_info.c checks every value that comes in here, and lengths are checked here.
 */

#include "ecosystems/alpine/index_record.h"

#include "base/encoding.h"
#include "ecosystems/alpine/names.h"

#include <string.h>

/* "A:" and a line end */
#define ARCHITECTURE_LINE_EXTRA 3

static void append_line(struct strbuf *out, char letter, const char *value) {
    strbuf_append_char(out, letter);
    strbuf_append_char(out, ':');
    strbuf_append_text(out, value);
    strbuf_append_char(out, '\n');
}

static void append_line_unless_empty(struct strbuf *out, char letter, const char *value) {
    if (value[0] != '\0') {
        append_line(out, letter, value);
    }
}

static void append_number(struct strbuf *out, char letter, uint64_t value) {
    strbuf_append_format(out, "%c:%llu\n", letter, (unsigned long long)value);
}

static void append_number_unless_zero(struct strbuf *out, char letter, uint64_t value) {
    if (value != 0) {
        append_number(out, letter, value);
    }
}

/* Clients take a package of size 0 for installed without unpacking it. So a package that claims 0
 * but has files gets their size. */
static uint64_t installed_bytes(const struct alpine_package *package) {
    return package->info.installed_bytes != 0 ? package->info.installed_bytes : package->file_bytes;
}

static lreg_status check_head(const struct alpine_package *package, size_t length, struct error *err) {
    const char *architecture = package->info.architecture;
    bool is_noarch = text_equals(architecture, ALPINE_NOARCH); /* it may get the line of any architecture */
    size_t line = ARCHITECTURE_LINE_EXTRA + (is_noarch ? ALPINE_ARCHITECTURE_MAX : strlen(architecture));
    if (length + line >= ALPINE_RECORD_HEAD_MAX) {
        return error_set(err, LREG_UNPROCESSABLE, "metadata_too_long",
                         "name, description and the other texts in .PKGINFO make %zu bytes together; clients that "
                         "installed the package could not write their database from %zu bytes on",
                         length + line, ALPINE_RECORD_HEAD_MAX);
    }
    return LREG_OK;
}

lreg_status alpine_index_record_render(const struct alpine_package *package, struct strbuf *out, struct error *err) {
    const struct alpine_package_info *info = &package->info;
    char identity[32] = "Q1";
    size_t begin = out->length;
    base64_encode(package->identity, sizeof package->identity, identity + 2);
    append_line(out, 'C', identity);
    append_line(out, 'P', info->name);
    append_line(out, 'V', info->version);
    append_number(out, 'S', package->package_bytes);
    append_number(out, 'I', installed_bytes(package));
    append_line(out, 'T', info->description);
    append_line(out, 'U', info->url);
    append_line(out, 'L', info->license);
    append_line_unless_empty(out, 'o', info->origin);
    append_line_unless_empty(out, 'm', info->maintainer);
    append_number_unless_zero(out, 't', (uint64_t)info->build_unix_s);
    append_line_unless_empty(out, 'c', info->commit);
    append_number_unless_zero(out, 'k', info->provider_priority);
    lreg_status status = strbuf_status(out, err);
    if (status != LREG_OK) {
        return status;
    }
    status = check_head(package, out->length - begin, err);
    if (status != LREG_OK) {
        return status;
    }
    append_line_unless_empty(out, 'D', info->depends);
    append_line_unless_empty(out, 'p', info->provides);
    append_line_unless_empty(out, 'i', info->install_if);
    if (strbuf_status(out, NULL) == LREG_OK && out->length - begin > ALPINE_RECORD_MAX) {
        return error_set(err, LREG_UNPROCESSABLE, "record_too_long",
                         "what .PKGINFO says makes a record of %zu bytes in the index, more than %zu",
                         out->length - begin, ALPINE_RECORD_MAX);
    }
    return strbuf_status(out, err);
}

lreg_status alpine_index_record_split(const char *rendered, struct alpine_index_record *out, struct error *err) {
    static const char *const lines[] = {"C:", "P:", "V:"};
    const char *at = rendered;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *end = text_starts_with(at, lines[i]) ? strchr(at, '\n') : NULL;
        if (end == NULL) {
            return error_set(err, LREG_CORRUPT, "", "a stored record of an Alpine index is damaged");
        }
        at = end + 1;
    }
    out->identity = (struct slice){rendered, (size_t)(at - rendered)};
    out->rest = slice_of(at);
    return LREG_OK;
}

size_t alpine_index_record_length(const struct alpine_index_record *record, const char *architecture) {
    return record->identity.length + ARCHITECTURE_LINE_EXTRA + strlen(architecture) + record->rest.length + 1;
}
