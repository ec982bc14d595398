/* SPDX-License-Identifier: Apache-2.0 */
/* Words of dependency lists: which are valid, and how an index spells them. */
#include "fixture.h"

#include "ecosystems/alpine/dependency.h"

#include <string.h>

static int setup(void **state) {
    return fixture_setup(state);
}

static int teardown(void **state) {
    return fixture_teardown(state);
}

struct spelling {
    const char *word;
    const char *written; /* NULL: refused */
};

static void check(struct fixture *fixture, const struct spelling *cases, size_t count,
                  enum alpine_dependency_role role) {
    for (size_t i = 0; i < count; i++) {
        struct strbuf out;
        struct error err = {.code = ""};
        strbuf_init(&out, &fixture->hooks, 1000);
        lreg_status status = alpine_dependency_append(&out, slice_of(cases[i].word), role, &err);
        bool as_expected =
            cases[i].written == NULL
                ? status == LREG_UNPROCESSABLE && strcmp(err.code, "bad_dependency") == 0 && out.length == 0
                : status == LREG_OK && strcmp(strbuf_text(&out), cases[i].written) == 0;
        if (!as_expected) {
            fail_msg("%s: %d \"%s\" %s", cases[i].word, status, strbuf_text(&out), err.message);
        }
        strbuf_free(&out);
    }
}

static void test_ecosystems_alpine_dependency__operators_are_spelled_as_in_indexes(void **state) {
    static const struct spelling cases[] = {
        {"plain", "plain"},
        {"!conflict", "!conflict"},
        {"exact=1.0", "exact=1.0"},
        {"twice==2.0", "twice=2.0"},
        {"less<3", "less<3"},
        {"most<=4", "most<=4"},
        {"more>5", "more>5"},
        {"least>=6", "least>=6"},
        {"fuzzy~7", "fuzzy~7"},
        {"fuzzier~=8", "fuzzier~8"},
        {"fuzziest=~9", "fuzziest~9"},
        {"so:libc.musl-x86_64.so.1", "so:libc.musl-x86_64.so.1"},
        {"/bin/sh", "/bin/sh"},
        {"pc:zlib>1.2", "pc:zlib>1.2"},
        {"py3.12:every[x]", "py3.12:every[x]"},
        {"!old<2-r1", "!old<2-r1"},
        {"pinned><Q1JtPtA8LjZcU2Hve1cIVFTRHBZAE=", "pinned><Q1JtPtA8LjZcU2Hve1cIVFTRHBZAE="},
    };
    check(*state, cases, sizeof cases / sizeof cases[0], ALPINE_DEPENDS);
}

static void test_ecosystems_alpine_dependency__what_clients_cannot_read_is_refused(void **state) {
    static const struct spelling cases[] = {
        {"!", NULL},          {"=1.0", NULL},  {"a@edge", NULL}, {"a@edge=1", NULL},   {"!!a", NULL},
        {"a=", NULL},         {"a===1", NULL}, {"a<>1", NULL},   {"a=1.0-beta", NULL}, {"foo>=v2", NULL},
        {"a><Q1short", NULL}, {"a><", NULL},   {"a=1=2", NULL},
    };
    check(*state, cases, sizeof cases / sizeof cases[0], ALPINE_DEPENDS);
}

static void test_ecosystems_alpine_dependency__what_is_provided_may_have_an_invalid_version(void **state) {
    static const struct spelling cases[] = {{"so:x=0unstable", "so:x=0unstable"}, {"a=", NULL}, {"a@b=1", NULL}};
    check(*state, cases, sizeof cases / sizeof cases[0], ALPINE_PROVIDES);
}

static void test_ecosystems_alpine_dependency__a_word_has_at_most_255_bytes(void **state) {
    char longest[257];
    memset(longest, 'q', sizeof longest);
    longest[255] = '\0';
    const struct spelling fits[] = {{longest, longest}};
    check(*state, fits, 1, ALPINE_PROVIDES);
    longest[255] = 'q';
    longest[256] = '\0';
    const struct spelling too_long[] = {{longest, NULL}};
    check(*state, too_long, 1, ALPINE_PROVIDES);
}
