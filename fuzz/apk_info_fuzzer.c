/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever .PKGINFO contains, a record that results has the lines of a record, and nothing that breaks an index. */
#include "ecosystems/alpine/index_record.h"
#include "ecosystems/alpine/names.h"
#include "ecosystems/alpine/version.h"

#include "support/fuzzer.h"

/* Known letters in their order, each once; no line is longer than clients read. */
static void check_record(const char *text, size_t length) {
    static const char letters[] = "CPVSITULomtckDpi";
    const char *letter = letters;
    struct slice rest = {text, length};
    expect(text_is_utf8(text, length) && strlen(text) == length && length <= ALPINE_RECORD_MAX);
    while (rest.length > 0) {
        struct slice line = slice_cut(&rest, '\n');
        expect(line.length >= 2 && line.bytes[1] == ':' && line.length <= ALPINE_INDEX_LINE_MAX);
        letter = strchr(letter, line.bytes[0]);
        expect(letter != NULL);
        letter++;
        expect(memchr(line.bytes, '\r', line.length) == NULL);
    }
}

static void check_package(const struct hooks *hooks, const struct alpine_package_info *info) {
    const struct alpine_package package = {.info = *info, .package_bytes = 1};
    struct alpine_index_record record;
    struct strbuf out;
    expect(alpine_name_is_valid(info->name) && alpine_architecture_is_valid(info->architecture));
    expect(alpine_version_is_addressable(info->version));
    strbuf_init(&out, hooks, (size_t)1 << 20);
    lreg_status status = alpine_index_record_render(&package, &out, NULL);
    expect(status == LREG_OK || status == LREG_UNPROCESSABLE);
    if (status == LREG_OK) {
        check_record(strbuf_text(&out), out.length);
        expect(alpine_index_record_split(strbuf_text(&out), &record, NULL) == LREG_OK);
        expect(record.identity.length + record.rest.length == out.length);
    }
    strbuf_free(&out);
}

/* Compares two halves of the input as versions: the order is the same in both directions. */
static void check_versions(const char *bytes, size_t length) {
    struct slice a = {bytes, length / 2};
    struct slice b = {bytes + length / 2, length - length / 2};
    expect(alpine_version_compare(a, b) == -alpine_version_compare(b, a));
    expect(alpine_version_compare(a, a) == 0 && alpine_version_compare(b, b) == 0);
    (void)alpine_version_is_valid(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hooks hooks;
    struct arena arena;
    struct alpine_package_info info;
    struct error err = {.code = ""};
    if (size == 0) {
        return 0;
    }
    hooks_default(&hooks);
    arena_init(&arena, &hooks, (size_t)8 << 20);
    lreg_status status = alpine_package_info_parse((const char *)data, size, &arena, &info, &err);
    if (status == LREG_OK) {
        check_package(&hooks, &info);
    } else {
        expect(status == LREG_UNPROCESSABLE && err.code[0] != '\0');
    }
    check_versions((const char *)data, size < 64 ? size : 64);
    arena_free(&arena);
    return 0;
}
