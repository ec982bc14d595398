/* SPDX-License-Identifier: Apache-2.0 */
/* Names for containers: which repositories, tags, media types and digests are valid. */
#include "ecosystems/oci/names.h"

#include <string.h>

static void check_all(bool (*is_valid)(const char *), const char *const *texts, bool expected) {
    for (size_t i = 0; texts[i] != NULL; i++) {
        if (is_valid(texts[i]) != expected) {
            fail_msg("\"%s\" is %s", texts[i], expected ? "refused" : "let through");
        }
    }
}

static void test_ecosystems_oci_names__repository_names_follow_the_grammar(void **state) {
    (void)state;
    static const char *const good[] = {"a",     "0",     "app",        "a/b/c",   "a.b",      "a_b",           "a__b",
                                       "a---b", "a-b.c", "team/app-1", "x/y.z/w", "a0__9b/c", "blobs/uploads", NULL};
    static const char *const bad[] = {"",         "/",     "a/",   "/a",   "a//b", "A",    "aB",  "a.",  ".a",
                                      "a..b",     "a___b", "a_-b", "a-_b", "-a",   "a-",   "a b", "a:b", "a@b",
                                      "\xc3\xa4", "a/-b",  "a-/b", "a\\b", "a%62", "a\"b", NULL};
    check_all(oci_name_is_valid, good, true);
    check_all(oci_name_is_valid, bad, false);
}

static void test_ecosystems_oci_names__a_name_has_255_characters_at_most(void **state) {
    (void)state;
    char name[OCI_NAME_MAX + 2];
    memset(name, 'a', sizeof name);
    name[OCI_NAME_MAX] = '\0';
    assert_true(oci_name_is_valid(name));
    name[OCI_NAME_MAX] = 'a';
    name[OCI_NAME_MAX + 1] = '\0';
    assert_false(oci_name_is_valid(name));
}

static void test_ecosystems_oci_names__tags_follow_the_grammar(void **state) {
    (void)state;
    static const char *const good[] = {"latest", "v1.0.0", "_", "A", "1", "a-b_c.d", "a..b", "sha256-abc", NULL};
    static const char *const bad[] = {"", ".a", "-a", "a b", "a/b", "a:b", "a@b", "a+b", "\xc3\xa4", "a\n", NULL};
    check_all(oci_tag_is_valid, good, true);
    check_all(oci_tag_is_valid, bad, false);
}

static void test_ecosystems_oci_names__a_tag_has_128_characters_at_most(void **state) {
    (void)state;
    char tag[OCI_TAG_MAX + 2];
    memset(tag, 'a', sizeof tag);
    tag[OCI_TAG_MAX] = '\0';
    assert_true(oci_tag_is_valid(tag));
    tag[OCI_TAG_MAX] = 'a';
    tag[OCI_TAG_MAX + 1] = '\0';
    assert_false(oci_tag_is_valid(tag));
}

static void test_ecosystems_oci_names__media_types_follow_the_grammar(void **state) {
    (void)state;
    static const char *const good[] = {"a/b", "application/vnd.oci.image.layer.v1.tar+gzip", "x/y!#$&-^_.+", NULL};
    static const char *const bad[] = {"", "a", "a/", "/b", "a/b/c", "a/b;c=d", "a /b", "a/b\"", ".a/b", "a/+b", NULL};
    check_all(oci_media_type_is_valid, good, true);
    check_all(oci_media_type_is_valid, bad, false);
}

#define HEX32 "0123456789abcdef0123456789abcdef"
#define HEX64 HEX32 HEX32
#define HEX128 HEX64 HEX64

static void test_ecosystems_oci_names__digests_have_one_spelling(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "sha256:",
        "sha256:" HEX32,
        "sha256:" HEX64 "0",
        "sha256:" HEX64 " ",
        "sha256:0123456789ABCDEF0123456789abcdef" HEX32,
        "sha256:g123456789abcdef0123456789abcdef" HEX32,
        "SHA256:" HEX64,
        "sha256-" HEX64,
        "sha512:" HEX64,
        "sha256:" HEX128,
        "sha384:" HEX64 HEX32,
        "md5:" HEX32,
        HEX64,
        NULL,
    };
    struct oci_digest digest;
    for (size_t i = 0; bad[i] != NULL; i++) {
        if (oci_digest_parse(bad[i], &digest)) {
            fail_msg("\"%s\" is let through", bad[i]);
        }
    }
    assert_true(oci_digest_parse("sha256:" HEX64, &digest));
    assert_int_equal(digest.algorithm, DIGEST_SHA256);
    assert_string_equal(digest.text, "sha256:" HEX64);
    assert_true(oci_digest_parse("sha512:" HEX128, &digest));
    assert_int_equal(digest.algorithm, DIGEST_SHA512);
    assert_string_equal(digest.text, "sha512:" HEX128);
}

static void test_ecosystems_oci_names__a_digest_matches_its_content_alone(void **state) {
    (void)state;
    struct digest_set set;
    struct digest_set other;
    struct oci_digest digest;
    digest_of(DIGEST_SHA256 | DIGEST_SHA512, "hello", 5, &set);
    digest_of(DIGEST_SHA256 | DIGEST_SHA512, "hellO", 5, &other);
    oci_digest_of_sha256(set.sha256, &digest);
    assert_string_equal(digest.text, "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    assert_true(oci_digest_matches(&digest, &set));
    assert_false(oci_digest_matches(&digest, &other));
    set.algorithms = DIGEST_SHA512;
    assert_false(oci_digest_matches(&digest, &set));
    assert_true(
        oci_digest_parse("sha512:9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc"
                         "6e14b8c5da0c4663475c2e5c3adef46f73bcdec043",
                         &digest));
    assert_true(oci_digest_matches(&digest, &set));
    assert_false(oci_digest_matches(&digest, &other));
}
