/* SPDX-License-Identifier: Apache-2.0 */
/* Bearer tokens of our own token endpoint. */
#include "auth/auth.h"

#define TOKEN "0190abcd-ef01-7234-9567-89abcdef0123"
#define END 1795230245678

static struct auth_keys keys;

static int group_setup(void **state) {
    (void)state;
    uint8_t key[AUTH_KEY_BYTES] = {1, 2, 3};
    auth_keys_derive(key, &keys);
    return 0;
}

static void issue(const char *token_id, int64_t expires_ms, char out[AUTH_BEARER_TEXT]) {
    struct auth_principal principal = {.kind = AUTH_API_TOKEN};
    snprintf(principal.token_id, ID_TEXT, "%s", token_id);
    assert_int_equal(auth_bearer_issue(&keys, &principal, expires_ms, out, NULL), LREG_OK);
}

static lreg_status read_back(const char *bearer) {
    char id[ID_TEXT];
    int64_t expires_ms = 0;
    return auth_bearer_read(&keys, bearer, id, &expires_ms, NULL);
}

static void test_auth_bearer__tells_its_token_and_its_end(void **state) {
    (void)state;
    char bearer[AUTH_BEARER_TEXT];
    char id[ID_TEXT];
    int64_t expires_ms = 0;
    issue(TOKEN, END, bearer);
    assert_int_equal(auth_secret_classify(bearer), AUTH_SECRET_BEARER);
    assert_int_equal(strspn(bearer, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"),
                     strlen(bearer));
    assert_int_equal(auth_bearer_read(&keys, bearer, id, &expires_ms, NULL), LREG_OK);
    assert_string_equal(id, TOKEN);
    assert_int_equal(expires_ms, END);
}

static void test_auth_bearer__an_anonymous_one_has_no_token(void **state) {
    (void)state;
    char bearer[AUTH_BEARER_TEXT];
    char id[ID_TEXT] = "x";
    int64_t expires_ms = 0;
    issue("", END, bearer);
    assert_int_equal(auth_bearer_read(&keys, bearer, id, &expires_ms, NULL), LREG_OK);
    assert_string_equal(id, "");
    assert_int_equal(expires_ms, END);
}

static void test_auth_bearer__one_that_has_ended_is_still_read(void **state) {
    (void)state;
    char bearer[AUTH_BEARER_TEXT];
    char id[ID_TEXT];
    int64_t expires_ms = 0;
    issue(TOKEN, 1, bearer);
    assert_int_equal(auth_bearer_read(&keys, bearer, id, &expires_ms, NULL), LREG_OK);
    assert_int_equal(expires_ms, 1);
}

static void test_auth_bearer__does_not_outlive_its_token(void **state) {
    (void)state;
    struct auth_principal principal = {.kind = AUTH_API_TOKEN, .token_id = TOKEN, .expires_ms = END - 5};
    char bearer[AUTH_BEARER_TEXT];
    char id[ID_TEXT];
    int64_t expires_ms = 0;
    assert_int_equal(auth_bearer_issue(&keys, &principal, END, bearer, NULL), LREG_OK);
    assert_int_equal(auth_bearer_read(&keys, bearer, id, &expires_ms, NULL), LREG_OK);
    assert_int_equal(expires_ms, END - 5);
}

static void test_auth_bearer__any_changed_character_is_noticed(void **state) {
    (void)state;
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_=. ";
    char bearer[AUTH_BEARER_TEXT];
    issue(TOKEN, END, bearer);
    for (size_t i = 0; bearer[i] != '\0'; i++) {
        char kept = bearer[i];
        for (size_t j = 0; j < sizeof(alphabet); j++) {
            bearer[i] = alphabet[j];
            assert_int_equal(read_back(bearer), alphabet[j] == kept ? LREG_OK : LREG_UNAUTHENTICATED);
        }
        bearer[i] = kept;
    }
}

static void test_auth_bearer__another_instance_does_not_take_it(void **state) {
    (void)state;
    uint8_t key[AUTH_KEY_BYTES] = {9};
    struct auth_keys other;
    struct error err = {0};
    char bearer[AUTH_BEARER_TEXT];
    char id[ID_TEXT];
    int64_t expires_ms = 0;
    auth_keys_derive(key, &other);
    issue(TOKEN, END, bearer);
    assert_int_equal(auth_bearer_read(&other, bearer, id, &expires_ms, &err), LREG_UNAUTHENTICATED);
    assert_string_equal(err.code, "unknown_token");
}

static void test_auth_bearer__rubbish_is_malformed(void **state) {
    (void)state;
    static const char *const rubbish[] = {NULL, "", "lrgb_", "lrgb_AAAA", "lrga_AAAA", "lrgb_\xff\xfe"};
    for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
        struct error err = {0};
        char id[ID_TEXT];
        int64_t expires_ms = 0;
        assert_int_equal(auth_bearer_read(&keys, rubbish[i], id, &expires_ms, &err), LREG_UNAUTHENTICATED);
        assert_string_equal(err.code, "malformed_token");
    }
}

static void test_auth_bearer__an_id_that_is_none_is_refused(void **state) {
    (void)state;
    struct auth_principal principal = {.kind = AUTH_API_TOKEN, .token_id = "not-an-id"};
    char bearer[AUTH_BEARER_TEXT];
    assert_int_equal(auth_bearer_issue(&keys, &principal, END, bearer, NULL), LREG_INTERNAL);
}
