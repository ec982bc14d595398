/* SPDX-License-Identifier: Apache-2.0 */
/* Keys derived from the instance key, and data that is sealed with them. */
#include "auth/auth.h"

#include <mbedtls/hkdf.h>
#include <stdlib.h>

static struct hooks hooks;
static struct auth_keys keys;

static int group_setup(void **state) {
    (void)state;
    uint8_t key[AUTH_KEY_BYTES];
    memset(key, 7, sizeof(key));
    hooks_default(&hooks);
    auth_keys_derive(key, &keys);
    return 0;
}

struct budget {
    size_t left;
};

static void *allocate_within(void *user, size_t bytes) {
    struct budget *budget = user;
    if (budget->left == 0) {
        return NULL;
    }
    budget->left--;
    return malloc(bytes);
}

static struct hooks hooks_with_budget(struct budget *budget) {
    struct hooks limited = hooks;
    limited.allocator.user = budget;
    limited.allocator.allocate = allocate_within;
    return limited;
}

static lreg_status unseal(const struct auth_keys *with, const char *context, const void *sealed, size_t length) {
    void *plain = NULL;
    size_t plain_length = 0;
    lreg_status status = auth_unseal(&hooks, with, context, sealed, length, &plain, &plain_length, NULL);
    memory_release(&hooks, plain);
    return status;
}

static void test_auth_seal__keys_are_hkdf_sha256(void **state) {
    (void)state;
    static const char salt[] = "libregistry instance key";
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    uint8_t key[AUTH_KEY_BYTES];
    uint8_t expected[AUTH_KEY_BYTES];
    memset(key, 7, sizeof(key));
    assert_int_equal(mbedtls_hkdf(sha256, (const uint8_t *)salt, strlen(salt), key, sizeof(key),
                                  (const uint8_t *)"seal", 4, expected, sizeof(expected)),
                     0);
    assert_memory_equal(keys.seal, expected, AUTH_KEY_BYTES);
    assert_int_equal(mbedtls_hkdf(sha256, (const uint8_t *)salt, strlen(salt), key, sizeof(key),
                                  (const uint8_t *)"bearer", 6, expected, sizeof(expected)),
                     0);
    assert_memory_equal(keys.bearer, expected, AUTH_KEY_BYTES);
}

static void test_auth_seal__what_is_sealed_comes_back(void **state) {
    (void)state;
    char bytes[300];
    memset(bytes, 'q', sizeof(bytes));
    for (size_t length = 0; length <= sizeof(bytes); length += 25) {
        void *sealed = NULL;
        void *plain = NULL;
        size_t sealed_length = 0;
        size_t plain_length = 77;
        assert_int_equal(auth_seal(&hooks, &keys, "row 1", bytes, length, &sealed, &sealed_length, NULL), LREG_OK);
        assert_int_equal(sealed_length, length + 29);
        assert_int_equal(auth_unseal(&hooks, &keys, "row 1", sealed, sealed_length, &plain, &plain_length, NULL),
                         LREG_OK);
        assert_int_equal(plain_length, length);
        assert_memory_equal(plain, bytes, length);
        assert_int_equal(((char *)plain)[length], '\0');
        memory_release(&hooks, plain);
        memory_release(&hooks, sealed);
    }
}

static void test_auth_seal__equal_secrets_are_sealed_differently(void **state) {
    (void)state;
    void *one = NULL;
    void *other = NULL;
    size_t length = 0;
    assert_int_equal(auth_seal(&hooks, &keys, "", "secret", 6, &one, &length, NULL), LREG_OK);
    assert_int_equal(auth_seal(&hooks, &keys, "", "secret", 6, &other, &length, NULL), LREG_OK);
    assert_memory_not_equal(one, other, length);
    memory_release(&hooks, one);
    memory_release(&hooks, other);
}

static void test_auth_seal__any_changed_bit_is_noticed(void **state) {
    (void)state;
    void *sealed = NULL;
    size_t length = 0;
    assert_int_equal(auth_seal(&hooks, &keys, "row", "secret", 6, &sealed, &length, NULL), LREG_OK);
    uint8_t *bytes = sealed;
    for (size_t bit = 0; bit < length * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(unseal(&keys, "row", sealed, length), LREG_CORRUPT);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t shorter = 0; shorter < length; shorter++) {
        assert_int_equal(unseal(&keys, "row", sealed, shorter), LREG_CORRUPT);
    }
    assert_int_equal(unseal(&keys, "row", sealed, length), LREG_OK);
    memory_release(&hooks, sealed);
}

static void test_auth_seal__it_opens_in_its_own_place_and_under_its_own_key_only(void **state) {
    (void)state;
    void *sealed = NULL;
    size_t length = 0;
    struct auth_keys other;
    uint8_t key[AUTH_KEY_BYTES] = {8};
    auth_keys_derive(key, &other);
    assert_int_equal(auth_seal(&hooks, &keys, "row 1", "secret", 6, &sealed, &length, NULL), LREG_OK);
    assert_int_equal(unseal(&keys, "row 1", sealed, length), LREG_OK);
    assert_int_equal(unseal(&keys, "row 2", sealed, length), LREG_CORRUPT);
    assert_int_equal(unseal(&keys, "row 11", sealed, length), LREG_CORRUPT);
    assert_int_equal(unseal(&keys, "", sealed, length), LREG_CORRUPT);
    assert_int_equal(unseal(&other, "row 1", sealed, length), LREG_CORRUPT);
    memory_release(&hooks, sealed);
}

static void test_auth_seal__too_much_is_refused(void **state) {
    (void)state;
    void *sealed = NULL;
    size_t length = 0;
    assert_int_equal(auth_seal(&hooks, &keys, "", "x", SIZE_MAX, &sealed, &length, NULL), LREG_TOO_LARGE);
    assert_null(sealed);
}

static void test_auth_seal__without_memory_it_fails_and_leaks_nothing(void **state) {
    (void)state;
    void *sealed = NULL;
    size_t length = 0;
    assert_int_equal(auth_seal(&hooks, &keys, "row", "secret", 6, &sealed, &length, NULL), LREG_OK);
    for (size_t allowed = 0; allowed < 2; allowed++) {
        struct budget budget = {allowed};
        struct hooks limited = hooks_with_budget(&budget);
        void *out = NULL;
        size_t out_length = 0;
        assert_int_equal(auth_seal(&limited, &keys, "row", "secret", 6, &out, &out_length, NULL), LREG_NO_MEMORY);
        budget.left = allowed;
        assert_int_equal(auth_unseal(&limited, &keys, "row", sealed, length, &out, &out_length, NULL), LREG_NO_MEMORY);
        assert_null(out);
    }
    memory_release(&hooks, sealed);
}
