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

static struct auth_bearer bearer_for(const char *token_id, int64_t expires_ms) {
    struct auth_principal principal = {.kind = AUTH_API_TOKEN};
    struct auth_bearer bearer;
    snprintf(principal.token_id, ID_TEXT, "%s", token_id);
    auth_bearer_init(&bearer, &principal, expires_ms);
    return bearer;
}

static void issue(const char *token_id, int64_t expires_ms, char out[AUTH_BEARER_TEXT]) {
    const struct auth_bearer bearer = bearer_for(token_id, expires_ms);
    assert_int_equal(auth_bearer_issue(&keys, &bearer, out, NULL), LREG_OK);
}

static lreg_status read_back(const char *text) {
    struct auth_bearer bearer;
    return auth_bearer_read(&keys, text, &bearer, NULL);
}

static void test_auth_bearer__tells_its_token_and_its_end(void **state) {
    (void)state;
    char text[AUTH_BEARER_TEXT];
    struct auth_bearer bearer;
    issue(TOKEN, END, text);
    assert_int_equal(auth_secret_classify(text), AUTH_SECRET_BEARER);
    assert_int_equal(strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"), strlen(text));
    assert_int_equal(auth_bearer_read(&keys, text, &bearer, NULL), LREG_OK);
    assert_string_equal(bearer.token_id, TOKEN);
    assert_int_equal(bearer.expires_ms, END);
    assert_int_equal(bearer.grant_count, 0);
}

static void test_auth_bearer__an_anonymous_one_has_no_token(void **state) {
    (void)state;
    char text[AUTH_BEARER_TEXT];
    struct auth_bearer bearer = {.token_id = "x"};
    issue("", END, text);
    assert_int_equal(auth_bearer_read(&keys, text, &bearer, NULL), LREG_OK);
    assert_string_equal(bearer.token_id, "");
    assert_int_equal(bearer.expires_ms, END);
}

static void test_auth_bearer__one_that_has_ended_is_still_read(void **state) {
    (void)state;
    char text[AUTH_BEARER_TEXT];
    struct auth_bearer bearer;
    issue(TOKEN, 1, text);
    assert_int_equal(auth_bearer_read(&keys, text, &bearer, NULL), LREG_OK);
    assert_int_equal(bearer.expires_ms, 1);
}

static void test_auth_bearer__does_not_outlive_its_token(void **state) {
    (void)state;
    struct auth_principal principal = {.kind = AUTH_API_TOKEN, .token_id = TOKEN, .expires_ms = END - 5};
    struct auth_bearer bearer;
    auth_bearer_init(&bearer, &principal, END);
    assert_int_equal(bearer.expires_ms, END - 5);
    principal.expires_ms = END + 5;
    auth_bearer_init(&bearer, &principal, END);
    assert_int_equal(bearer.expires_ms, END);
}

static void test_auth_bearer__carries_what_was_granted(void **state) {
    (void)state;
    struct auth_bearer bearer = bearer_for(TOKEN, END);
    struct auth_bearer got;
    char text[AUTH_BEARER_TEXT];
    uint32_t actions = 7;
    assert_int_equal(auth_bearer_grant(&bearer, "o/r/a", AUTH_PULL, NULL), LREG_OK);
    assert_int_equal(auth_bearer_grant(&bearer, "o/r/b", 0, NULL), LREG_OK);
    assert_int_equal(auth_bearer_grant(&bearer, "o/r/a", AUTH_DELETE, NULL), LREG_OK);
    assert_int_equal(auth_bearer_issue(&keys, &bearer, text, NULL), LREG_OK);
    assert_int_equal(auth_bearer_read(&keys, text, &got, NULL), LREG_OK);
    assert_int_equal(got.grant_count, 2);
    assert_true(auth_bearer_find(&got, "o/r/a", &actions));
    assert_int_equal(actions, AUTH_PULL | AUTH_DELETE);
    assert_true(auth_bearer_find(&got, "o/r/b", &actions));
    assert_int_equal(actions, 0);
    static const char *const others[] = {"o/r", "o/r/", "o/r/aa", "O/r/a", "o/r/a/b", "", "r/a"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        actions = 7;
        assert_false(auth_bearer_find(&got, others[i], &actions));
        assert_int_equal(actions, 0);
    }
}

static void test_auth_bearer__holds_so_many_repositories_and_no_more(void **state) {
    (void)state;
    struct auth_bearer bearer = bearer_for(TOKEN, END);
    struct auth_bearer got;
    struct error err = {0};
    char text[AUTH_BEARER_TEXT];
    char name[16];
    for (int i = 0; i < AUTH_GRANTS_MAX; i++) {
        snprintf(name, sizeof name, "o/r/%d", i);
        assert_int_equal(auth_bearer_grant(&bearer, name, AUTH_ALL_GRANTS, NULL), LREG_OK);
    }
    assert_int_equal(auth_bearer_grant(&bearer, "o/r/0", AUTH_PULL, NULL), LREG_OK);
    assert_int_equal(auth_bearer_grant(&bearer, "o/r/more", AUTH_PULL, &err), LREG_BAD_ARGUMENT);
    assert_string_equal(err.code, "too_many_scopes");
    assert_int_equal(auth_bearer_issue(&keys, &bearer, text, NULL), LREG_OK);
    assert_int_equal(auth_bearer_read(&keys, text, &got, NULL), LREG_OK);
    assert_int_equal(got.grant_count, bearer.grant_count);
    assert_memory_equal(got.grants, bearer.grants, sizeof got.grants);
    char longer[AUTH_BEARER_TEXT + 4];
    snprintf(longer, sizeof longer, "%sAAAA", text);
    assert_int_equal(read_back(longer), LREG_UNAUTHENTICATED);
}

static void test_auth_bearer__any_changed_character_is_noticed(void **state) {
    (void)state;
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_=. ";
    struct auth_bearer bearer = bearer_for(TOKEN, END);
    char text[AUTH_BEARER_TEXT];
    assert_int_equal(auth_bearer_grant(&bearer, "o/r/a", AUTH_PULL, NULL), LREG_OK);
    assert_int_equal(auth_bearer_issue(&keys, &bearer, text, NULL), LREG_OK);
    for (size_t i = 0; text[i] != '\0'; i++) {
        char kept = text[i];
        for (size_t j = 0; j < sizeof(alphabet); j++) {
            text[i] = alphabet[j];
            assert_int_equal(read_back(text), alphabet[j] == kept ? LREG_OK : LREG_UNAUTHENTICATED);
        }
        text[i] = kept;
    }
}

static void test_auth_bearer__another_instance_does_not_take_it(void **state) {
    (void)state;
    uint8_t key[AUTH_KEY_BYTES] = {9};
    struct auth_keys other;
    struct error err = {0};
    char text[AUTH_BEARER_TEXT];
    struct auth_bearer bearer;
    auth_keys_derive(key, &other);
    issue(TOKEN, END, text);
    assert_int_equal(auth_bearer_read(&other, text, &bearer, &err), LREG_UNAUTHENTICATED);
    assert_string_equal(err.code, "unknown_token");
}

static void test_auth_bearer__rubbish_is_malformed(void **state) {
    (void)state;
    static const char *const rubbish[] = {NULL, "", "lrgb_", "lrgb_AAAA", "lrga_AAAA", "lrgb_\xff\xfe"};
    for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
        struct error err = {0};
        struct auth_bearer bearer;
        assert_int_equal(auth_bearer_read(&keys, rubbish[i], &bearer, &err), LREG_UNAUTHENTICATED);
        assert_string_equal(err.code, "malformed_token");
    }
}

static void test_auth_bearer__an_id_that_is_none_is_refused(void **state) {
    (void)state;
    const struct auth_bearer bearer = bearer_for("not-an-id", END);
    char text[AUTH_BEARER_TEXT];
    assert_int_equal(auth_bearer_issue(&keys, &bearer, text, NULL), LREG_INTERNAL);
}
