/* SPDX-License-Identifier: Apache-2.0 */
/* The shape of token secrets. */
#include "auth/auth.h"

#include "base/encoding.h"

static struct hooks hooks;

static int group_setup(void **state) {
    (void)state;
    hooks_default(&hooks);
    return 0;
}

static lreg_status fill_with_ff(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    (void)user;
    memset(bytes, 0xff, length);
    return LREG_OK;
}

static lreg_status fail_to_fill(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    (void)user;
    memset(bytes, 'x', length);
    return LREG_IO;
}

static void test_auth_secret__new_ones_have_the_documented_form(void **state) {
    (void)state;
    char api[AUTH_SECRET_TEXT];
    char registry[AUTH_SECRET_TEXT];
    assert_int_equal(auth_secret_new(&hooks, AUTH_SECRET_API, api, NULL), LREG_OK);
    assert_int_equal(auth_secret_new(&hooks, AUTH_SECRET_REGISTRY, registry, NULL), LREG_OK);
    assert_int_equal(strlen(api), 5 + 38 + 6);
    assert_int_equal(strlen(registry), 5 + 38 + 6);
    assert_memory_equal(api, "lrga_", 5);
    assert_memory_equal(registry, "lrgr_", 5);
    assert_int_equal(strspn(api + 5, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"), 44);
    assert_int_equal(auth_secret_classify(api), AUTH_SECRET_API);
    assert_int_equal(auth_secret_classify(registry), AUTH_SECRET_REGISTRY);
}

static void test_auth_secret__checksum_is_crc32_in_base_62(void **state) {
    (void)state;
    char secret[AUTH_SECRET_TEXT];
    char checksum[7];
    assert_int_equal(auth_secret_new(&hooks, AUTH_SECRET_API, secret, NULL), LREG_OK);
    base62_encode(crc32_of(secret, 43), 6, checksum);
    assert_string_equal(secret + 43, checksum);
}

static void test_auth_secret__no_two_are_equal(void **state) {
    (void)state;
    char secrets[50][AUTH_SECRET_TEXT];
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(auth_secret_new(&hooks, AUTH_SECRET_API, secrets[i], NULL), LREG_OK);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(secrets[i], secrets[j]);
        }
    }
}

static void test_auth_secret__any_changed_character_is_noticed(void **state) {
    (void)state;
    char secret[AUTH_SECRET_TEXT];
    assert_int_equal(auth_secret_new(&hooks, AUTH_SECRET_REGISTRY, secret, NULL), LREG_OK);
    for (size_t i = 0; secret[i] != '\0'; i++) {
        char kept = secret[i];
        secret[i] = kept == 'a' ? 'b' : 'a';
        assert_int_equal(auth_secret_classify(secret), AUTH_SECRET_UNKNOWN);
        secret[i] = '\0';
        assert_int_equal(auth_secret_classify(secret), AUTH_SECRET_UNKNOWN);
        secret[i] = kept;
    }
    assert_int_equal(auth_secret_classify(secret), AUTH_SECRET_REGISTRY);
    secret[strlen(secret) + 1] = '\0';
    secret[strlen(secret)] = '0';
    assert_int_equal(auth_secret_classify(secret), AUTH_SECRET_UNKNOWN);
}

static void test_auth_secret__a_right_checksum_does_not_excuse_a_wrong_form(void **state) {
    (void)state;
    static const char *const bodies[] = {"lrgx_0123456789012345678901234567890123abcd",
                                         "lrga_0123456789012345678901234567890123ab-d",
                                         "lrga_01234567890123456789 1234567890123abcd", "lrga_short"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        char secret[AUTH_SECRET_TEXT];
        char checksum[7];
        base62_encode(crc32_of(bodies[i], strlen(bodies[i])), 6, checksum);
        snprintf(secret, sizeof(secret), "%s%s", bodies[i], checksum);
        assert_int_equal(auth_secret_classify(secret), AUTH_SECRET_UNKNOWN);
    }
}

static void test_auth_secret__rubbish_is_unknown(void **state) {
    (void)state;
    char huge[5000];
    memset(huge, 'A', sizeof(huge));
    memcpy(huge, "lrga_", 5);
    huge[sizeof(huge) - 1] = '\0';
    assert_int_equal(auth_secret_classify(NULL), AUTH_SECRET_UNKNOWN);
    assert_int_equal(auth_secret_classify(""), AUTH_SECRET_UNKNOWN);
    assert_int_equal(auth_secret_classify("lrga_"), AUTH_SECRET_UNKNOWN);
    assert_int_equal(auth_secret_classify("hunter2"), AUTH_SECRET_UNKNOWN);
    assert_int_equal(auth_secret_classify(huge), AUTH_SECRET_UNKNOWN);
    memcpy(huge, "lrgb_", 5);
    assert_int_equal(auth_secret_classify(huge), AUTH_SECRET_UNKNOWN);
    assert_int_equal(auth_secret_classify("lrgb_"), AUTH_SECRET_UNKNOWN);
    assert_int_equal(auth_secret_classify("lrgb_a b"), AUTH_SECRET_UNKNOWN);
    assert_int_equal(auth_secret_classify("lrgb_a-_b"), AUTH_SECRET_BEARER);
}

static void test_auth_secret__bad_randomness_gives_no_secret(void **state) {
    (void)state;
    struct hooks bad = hooks;
    char secret[AUTH_SECRET_TEXT];
    bad.random.fill = fill_with_ff;
    assert_int_equal(auth_secret_new(&bad, AUTH_SECRET_API, secret, NULL), LREG_IO);
    bad.random.fill = fail_to_fill;
    assert_int_not_equal(auth_secret_new(&bad, AUTH_SECRET_API, secret, NULL), LREG_OK);
    assert_int_equal(auth_secret_classify(secret), AUTH_SECRET_UNKNOWN);
    assert_int_equal(auth_secret_new(&hooks, AUTH_SECRET_BEARER, secret, NULL), LREG_INTERNAL);
}

static void test_auth_secret__hash_is_sha256(void **state) {
    (void)state;
    uint8_t hash[DIGEST_SHA256_BYTES];
    char text[DIGEST_SHA256_TEXT];
    auth_secret_hash("abc", hash); /* FIPS 180-4 example */
    hex_encode(hash, sizeof(hash), text);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
