/* SPDX-License-Identifier: Apache-2.0 */

/* Facts about a package for the web pages and the management API, stored with its row. */

#include "ecosystems/alpine/alpine_internal.h"

#include "base/clock.h"

/* Twice the size of a record, with room for the names of the members. */
#define ATTRIBUTES_MAX ((size_t)256 * 1024)
#define LAST_SHOWN_UNIX_S INT64_C(253402300799) /* the end of the year 9999 */

static bool set(json_t *object, const char *name, json_t *value) {
    return json_object_set_new(object, name, value) == 0;
}

static bool set_text(json_t *object, const char *name, const char *text) {
    return text[0] == '\0' || set(object, name, json_string(text));
}

/* Words separated by spaces, as an array. */
static bool set_list(json_t *object, const char *name, const char *words) {
    json_t *array = json_array();
    struct slice rest = slice_of(words);
    bool fine = array != NULL;
    while (fine && rest.length > 0) {
        struct slice word = slice_cut(&rest, ' ');
        fine = json_array_append_new(array, json_stringn(word.bytes, word.length)) == 0;
    }
    if (!fine) {
        json_decref(array);
        return false;
    }
    return set(object, name, array);
}

static bool set_build_date(json_t *object, int64_t unix_s) {
    char text[CLOCK_ISO_TEXT];
    if (unix_s <= 0 || unix_s > LAST_SHOWN_UNIX_S) {
        return true;
    }
    clock_format_iso(unix_s * 1000, text);
    return set(object, "build_date", json_string(text));
}

static bool fill(json_t *object, const struct alpine_package *package) {
    const struct alpine_package_info *info = &package->info;
    return set_text(object, "description", info->description) && set_text(object, "url", info->url) &&
           set_text(object, "license", info->license) && set_text(object, "architecture", info->architecture) &&
           set_text(object, "origin", info->origin) && set_text(object, "maintainer", info->maintainer) &&
           set_text(object, "commit", info->commit) && set_build_date(object, info->build_unix_s) &&
           set(object, "installed_size", json_integer((json_int_t)info->installed_bytes)) &&
           set(object, "entries", json_integer((json_int_t)package->entries)) &&
           set(object, "signed", json_boolean(package->signature_segments > 0)) &&
           set_list(object, "depends", info->depends) && set_list(object, "provides", info->provides) &&
           set_list(object, "install_if", info->install_if);
}

const char *alpine_attributes(const struct alpine_package *package, struct arena *arena) {
    const char *text = NULL;
    struct strbuf rendered;
    json_t *object = json_object();
    strbuf_init(&rendered, arena->hooks, ATTRIBUTES_MAX);
    if (object != NULL && fill(object, package) && json_render(object, &rendered, NULL) == LREG_OK) {
        text = arena_copy_bytes(arena, rendered.bytes, rendered.length);
    }
    strbuf_free(&rendered);
    json_decref(object);
    return text;
}
