/* SPDX-License-Identifier: Apache-2.0 */
/* All names except those of images: slugs, ids, file names, storage keys, names and dependencies of Alpine packages. An
 * accepted name can be used unchanged in paths, headers and indexes. */
#include "base/id.h"
#include "core/rules.h"
#include "ecosystems/alpine/dependency.h"
#include "ecosystems/alpine/names.h"
#include "ecosystems/alpine/version.h"
#include "ecosystems/files/filename.h"
#include "storage/names.h"

#include "support/fuzzer.h"

static void check_slug(const char *text) {
    char slug[SLUG_MAX + 1];
    slug_from_name(text, slug);
    expect(slug[0] == '\0' || slug_is_valid(slug));
    if (slug_is_valid(text)) {
        expect(has_only(text, LOWER DIGITS "-") && strlen(text) <= SLUG_MAX && strstr(text, "--") == NULL);
        expect(strcmp(slug, text) == 0);
    }
    struct error err = {.code = ""};
    lreg_status status = core_choose_slug(NULL, text, slug, &err);
    expect(status == LREG_OK ? slug_is_valid(slug) : strcmp(err.code, "bad_slug") == 0);
    status = core_check_name("name", text, &err);
    expect(status != LREG_OK || (text_is_utf8(text, strlen(text)) && !text_has_control(text, strlen(text))));
    status = core_check_color(text, &err);
    expect(status != LREG_OK || text[0] == '\0' || strlen(text) == 7);
    expect(!id_is_valid(text) || (strlen(text) == ID_TEXT - 1 && has_only(text, "abcdef" DIGITS "-")));
}

static void check_filename(const char *text) {
    struct filename_parts parts;
    const char *last = filename_last_component(text);
    expect(strpbrk(last, "/\\") == NULL && last >= text && last <= text + strlen(text));
    expect(strchr(filename_media_type(text), '/') != NULL);
    if (filename_check(text, NULL) != LREG_OK) {
        return;
    }
    expect(strpbrk(text, "/\\") == NULL && strcmp(text, ".") != 0 && strcmp(text, "..") != 0 && text[0] != '\0');
    bool is_strict = filename_split(text, false, &parts);
    if (is_strict) {
        expect(filename_split(text, true, &parts));
    }
    if (filename_split(text, true, &parts)) {
        const char *end = text + strlen(text);
        expect(parts.name.bytes == text && parts.name.length > 0 && parts.version.length > 0);
        expect(parts.version.bytes == text + parts.name.length + 1 && parts.version.bytes[-1] == '-');
        expect(parts.version.bytes + parts.version.length < end && parts.version.bytes[parts.version.length] == '.');
    } else {
        expect(parts.version.length == 0 && slice_equals(parts.name, text));
    }
}

static void check_storage(const char *text) {
    char key[LREG_STORAGE_KEY_MAX + 1];
    if (storage_stage_name_is_valid(text)) {
        expect(has_only(text, LOWER DIGITS "-") && strlen(text) <= LREG_STORAGE_STAGE_NAME_MAX);
        static const char digest[] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        expect(storage_own_key(digest, text, key, sizeof key));
        expect(storage_own_key_is_valid(key) && storage_key_is_valid(key) && storage_digest_is_valid(digest));
    }
    expect(!storage_digest_is_valid(text) || (strlen(text) == 64 && has_only(text, "abcdef" DIGITS)));
    if (storage_own_key_is_valid(text)) {
        expect(storage_key_is_valid(text) && has_only(text, LOWER DIGITS "-"));
    }
}

/* One word of a dependency list yields one word, whose canonical spelling is stable. */
static void check_dependency(const struct hooks *hooks, const char *text, enum alpine_dependency_role role) {
    struct strbuf out;
    struct strbuf again;
    struct error err = {.code = ""};
    strbuf_init(&out, hooks, 4096);
    strbuf_init(&again, hooks, 4096);
    lreg_status status = alpine_dependency_append(&out, slice_of(text), role, &err);
    if (status == LREG_OK) {
        expect(out.length > 0 && out.length <= ALPINE_DEPENDENCY_MAX && strpbrk(strbuf_text(&out), " \n") == NULL);
        expect(alpine_dependency_append(&again, slice_of(strbuf_text(&out)), role, &err) == LREG_OK);
        expect(strcmp(strbuf_text(&out), strbuf_text(&again)) == 0);
    } else {
        expect(status == LREG_UNPROCESSABLE && strcmp(err.code, "bad_dependency") == 0 && out.length == 0);
    }
    strbuf_free(&again);
    strbuf_free(&out);
}

static void check_alpine(const char *text) {
    struct hooks hooks;
    hooks_default(&hooks);
    if (strpbrk(text, " \n") == NULL) { /* a word of a line */
        check_dependency(&hooks, text, ALPINE_DEPENDS);
        check_dependency(&hooks, text, ALPINE_PROVIDES);
    }
    expect(!alpine_name_is_valid(text) || (has_only(text, LOWER UPPER DIGITS "._+-") && text[0] != '.'));
    if (alpine_architecture_is_known(text)) {
        expect(alpine_architecture_is_valid(text));
    }
    expect(!alpine_architecture_is_valid(text) || has_only(text, LOWER DIGITS "_-"));
    expect(!alpine_version_is_valid(slice_of(text)) || has_only(text, LOWER DIGITS "._~-"));
    expect(!alpine_version_is_addressable(text) || strpbrk(text, "/\\ \n?#%") == NULL);
    if (alpine_names_check(text, "1.0-r0", "x86_64", NULL) == LREG_OK) {
        expect(alpine_name_is_valid(text) && strlen(text) <= ALPINE_NAME_VERSION_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = copy_text(data, size);
    check_slug(text);
    check_filename(text);
    check_storage(text);
    check_alpine(text);
    free(text);
    return 0;
}
