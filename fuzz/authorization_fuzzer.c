/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials: accepted ones are clean text; nothing is returned for refused ones. */
#include "http/authorization.h"

#include "base/text.h"

#include "support/fuzzer.h"

static void check(const char *value, struct arena *arena) {
    struct authorization out;
    lreg_status status = authorization_parse(value, arena, &out, NULL);
    bool has_secret = out.scheme == AUTHORIZATION_BASIC || out.scheme == AUTHORIZATION_BEARER;
    expect(status == LREG_OK || (status == LREG_NO_MEMORY && !has_secret));
    expect((out.secret != NULL) == has_secret && (out.user != NULL) == (out.scheme == AUTHORIZATION_BASIC));
    if (out.secret != NULL) {
        expect(text_is_utf8(out.secret, strlen(out.secret)) && !text_has_control(out.secret, strlen(out.secret)));
    }
    if (out.user != NULL) {
        bool is_utf8 = text_is_utf8(out.user, strlen(out.user));
        expect(strpbrk(out.user, "\r\n\t\x7f") == NULL && !(is_utf8 && text_has_control(out.user, strlen(out.user))));
        expect(strchr(out.user, ':') == NULL && (out.user[0] != '\0' || out.secret[0] != '\0'));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hooks hooks;
    struct arena arena;
    if (size == 0) {
        return 0;
    }
    hooks_default(&hooks);
    /* The first byte sets how scarce memory is. */
    arena_init(&arena, &hooks, data[0] < 128 ? data[0] : (size_t)1 << 20);
    char *value = copy_text(data + 1, size - 1);
    check(value, &arena);
    free(value);
    arena_free(&arena);
    return 0;
}
