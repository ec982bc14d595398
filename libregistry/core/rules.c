/* SPDX-License-Identifier: Apache-2.0 */

/* What users may enter: names, slugs, descriptions; and the errors for things that do not exist. */

#include "core/rules.h"

#include "base/text.h"
#include "core/instance/state.h"
#include "core/organization.h"

#include <string.h>

/* First path segments that belong to the library now or may in future: "/v2/…", "/organizations/…", "/-/health".
 * Bytewise order. */
static const char *const reserved_slugs[] = {
    "-",          "about",      "account", "admin",        "api",           "assets",   "auth",
    "docs",       "favicon",    "health",  "help",         "login",         "logout",   "metrics",
    "new",        "oauth",      "oidc",    "organization", "organizations", "packages", "ready",
    "registries", "search",     "session", "sessions",     "settings",      "signup",   "static",
    "status",     "token",      "tokens",  "user",         "users",         "v1",       "v2",
    "v3",         "well-known",
};

bool core_slug_is_reserved(const char *slug) {
    for (size_t i = 0; i < sizeof(reserved_slugs) / sizeof(reserved_slugs[0]); i++) {
        if (strcmp(slug, reserved_slugs[i]) == 0) {
            return true;
        }
    }
    return false;
}

static lreg_status check(const char *what, const char *text, size_t max, bool several_lines, struct error *err) {
    size_t length = strnlen(text, max + 1);
    if (length > max) {
        return error_set(err, LREG_BAD_ARGUMENT, "too_long", "the %s is longer than %zu bytes", what, max);
    }
    if (!text_is_utf8(text, length)) {
        return error_set(err, LREG_BAD_ARGUMENT, "not_utf8", "the %s is not UTF-8", what);
    }
    if (text_has_control_beside(text, length, several_lines ? "\n\r\t" : "")) {
        return error_set(err, LREG_BAD_ARGUMENT, "control_character", "the %s has control characters", what);
    }
    return LREG_OK;
}

lreg_status core_check_line(const char *what, const char *text, size_t max, struct error *err) {
    return check(what, text, max, false, err);
}

lreg_status core_check_text(const char *what, const char *text, size_t max, struct error *err) {
    return check(what, text, max, true, err);
}

lreg_status core_check_name(const char *what, const char *text, struct error *err) {
    if (text == NULL || text[strspn(text, " ")] == '\0') {
        return error_set(err, LREG_BAD_ARGUMENT, "name_missing", "the %s is missing", what);
    }
    return core_check_line(what, text, CORE_NAME_MAX, err);
}

lreg_status core_check_color(const char *text, struct error *err) {
    size_t length = strnlen(text, 8);
    bool is_color = length == 7 && text[0] == '#' && strspn(text + 1, "0123456789abcdefABCDEF") == 6;
    if (length != 0 && !is_color) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_color", "the color must have the form #RRGGBB");
    }
    return LREG_OK;
}

/* Where both could be given, none could be told from the other. */
static lreg_status slug_is_id(struct error *err) {
    return error_set(err, LREG_BAD_ARGUMENT, "bad_slug", "a slug must not have the form of a UUID: take another one");
}

lreg_status core_choose_slug(const char *slug, const char *name, char out[SLUG_MAX + 1], struct error *err) {
    if (slug == NULL) {
        slug_from_name(name, out);
        if (id_is_valid(out)) {
            return slug_is_id(err);
        }
        if (out[0] == '\0') {
            return error_set(err, LREG_BAD_ARGUMENT, "bad_slug",
                             "no slug can be made of this name, which has no letter a-z and no digit: give a slug");
        }
        return LREG_OK;
    }
    if (!slug_is_valid(slug)) {
        return error_set(err, LREG_BAD_ARGUMENT, "bad_slug",
                         "the slug must be 1 to %d characters of a-z, 0-9 and single dashes between them", SLUG_MAX);
    }
    if (id_is_valid(slug)) {
        return slug_is_id(err);
    }
    memcpy(out, slug, strlen(slug) + 1);
    return LREG_OK;
}

size_t core_page_limit(size_t limit) {
    if (limit == 0) {
        return 1;
    }
    return limit > META_PAGE_MAX ? META_PAGE_MAX : limit;
}

lreg_status core_organization_unknown(const char *slug, struct error *err) {
    return error_set(err, LREG_NOT_FOUND, "organization_unknown", "no organization %.100s", slug);
}

lreg_status core_registry_unknown(const char *organization_slug, const char *slug, struct error *err) {
    return error_set(err, LREG_NOT_FOUND, "registry_unknown", "no registry %.100s/%.100s", organization_slug, slug);
}
