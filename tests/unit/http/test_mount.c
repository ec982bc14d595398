/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts: which texts are valid, and which paths are below them. */
#include "http/mount.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static void test_http_mount__sound_ones(void **state) {
    (void)state;
    static const char *const good[] = {"",           "/a",   "/a/b", "/~me", "/%7Eme",   "/my%20registry",
                                       "/b%C3%BCro", "/a.b", "/...", "/.a",  "/@me:1+2", "/-_"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (!mount_is_sound(good[i])) {
            fail_msg("\"%s\" is refused", good[i]);
        }
    }
}

static void test_http_mount__unsound_ones(void **state) {
    (void)state;
    static const char *const bad[] = {"a",     "/",       "/a/",     "//",    "//a",   "/a//b", "/.",
                                      "/..",   "/a/../b", "/%2e%2e", "/.%2E", "/a b",  "/a%",   "/a%2",
                                      "/a%zz", "/a%2Fb",  "/a%5cb",  "/a%00", "/a%0a", "/a%7f", "/b\xc3\xbcro",
                                      "/a\"b", "/a<b",    "/a?b",    "/a#b",  "/a\\b", "/a'b",  "/a\n"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (mount_is_sound(bad[i])) {
            fail_msg("\"%s\" is taken", bad[i]);
        }
    }
}

static void expect(const char *mount, const char *path, const char *below) {
    const char *found = mount_take_off(mount, path);
    if ((found == NULL) != (below == NULL) || (found != NULL && strcmp(found, below) != 0)) {
        fail_msg("\"%s\" below \"%s\" gives \"%s\"", path, mount, found != NULL ? found : "nothing");
    }
}

static void test_http_mount__escapes_are_undone_on_both_sides(void **state) {
    (void)state;
    expect("/~me", "/~me/a", "/a");
    expect("/~me", "/%7Eme/a", "/a");
    expect("/~me", "/%7e%6D%65/a", "/a");
    expect("/%7Eme", "/~me/a", "/a");
    expect("/my%20registry", "/my%20registry?a=b", "?a=b");
    expect("/b%C3%BCro", "/b%c3%bcro/%7E", "/%7E");
    expect("/b%C3%BCro", "/b\xc3\xbcro", "");
}

static void test_http_mount__other_paths_are_not_below(void **state) {
    (void)state;
    expect("/a", "/ab", NULL);
    expect("/a", "/", NULL);
    expect("/a", "", NULL);
    expect("/a", "/A/b", NULL);
    expect("/a", "/a%2Fb", NULL);
    expect("/a/b", "/a%2Fb", NULL);
    expect("/a/b", "/a%2fb/c", NULL);
    expect("/a", "%2Fa/b", NULL);
    expect("/a", "/a%", NULL);
    expect("/~", "/%7", NULL);
    expect("/~", "/%7/", NULL);
    expect("", "/a", "/a");
}
