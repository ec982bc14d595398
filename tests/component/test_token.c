/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens through the C API, and what they permit over HTTP. */
#include "component/fixture.h"

static struct fixture fixture;
static lreg_registry *registry;

static int setup(void **state) {
    (void)state;
    fixture_open_memory(&fixture);
    registry = make_files(fixture.instance);
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "content"));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    lreg_registry_free(registry);
    fixture_close(&fixture);
    return 0;
}

static lreg_token *make_token(const char *scopes, int64_t expires_ms) {
    lreg_error *err = NULL;
    lreg_token *token = NULL;
    CHECK(objects_token_create(fixture.instance, "acme", "Deploy", scopes, expires_ms, &token, &err), err);
    return token;
}

/* The status of a GET with this secret as bearer; "" sends none. */
static int get_with(const char *secret, const char *target) {
    lreg_error *err = NULL;
    lreg_exchange *exchange = NULL;
    char authorization[160];
    CHECK(lreg_exchange_new(fixture.instance, &exchange, &err), err);
    CHECK(lreg_exchange_set_request(exchange, "GET", target, &err), err);
    CHECK(lreg_exchange_add_header(exchange, "Host", "localhost", &err), err);
    if (secret[0] != '\0') {
        snprintf(authorization, sizeof authorization, "Bearer %s", secret);
        CHECK(lreg_exchange_add_header(exchange, "Authorization", authorization, &err), err);
    }
    CHECK(lreg_exchange_begin(exchange, &err), err);
    int status = lreg_exchange_status(exchange);
    lreg_exchange_free(exchange);
    return status;
}

static const char file[] = "/acme/files/files/a.txt";

static void test_component_token__new_one_tells_its_secret_and_opens_what_its_scopes_say(void **state) {
    (void)state;
    lreg_token *token = make_token("read_packages", 0);
    assert_int_equal(strlen(lreg_token_id(token)), 36);
    assert_string_equal(lreg_token_description(token), "Deploy");
    assert_string_equal(lreg_token_scopes(token), "read_packages");
    assert_true(lreg_token_created_ms(token) == FIXTURE_NOW);
    assert_true(lreg_token_expires_ms(token) == 0);
    assert_true(strlen(lreg_token_secret(token)) > 20);
    assert_int_equal(get_with("", file), 401);
    assert_int_equal(get_with("wrong", file), 401);
    assert_int_equal(get_with(lreg_token_secret(token), file), 200);
    assert_int_equal(get_with(lreg_token_secret(token), "/v2/packages/organizations/acme/registries"), 403);
    lreg_token_free(token);
}

static void test_component_token__scopes_are_words_with_commas_or_blanks(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_token *token = make_token(
        "delete_registries write_registries,read_registries delete_packages, write_packages read_packages", 0);
    assert_string_equal(
        lreg_token_scopes(token),
        "read_packages,write_packages,delete_packages,read_registries,write_registries,delete_registries");
    lreg_token_free(token);
    static const char *const bad[] = {"", " ,", "read", "read_packages,admin", "READ_PACKAGES"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        token = (lreg_token *)&fixture;
        assert_int_equal(objects_token_create(fixture.instance, "acme", "x", bad[i], 0, &token, &err),
                         LREG_BAD_ARGUMENT);
        assert_null(token);
        lreg_error_free(err);
        err = NULL;
    }
}

static void test_component_token__ends_when_it_expires(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_token *past = NULL;
    lreg_token *token = make_token("read_packages", FIXTURE_NOW + 5000);
    assert_true(lreg_token_expires_ms(token) == FIXTURE_NOW + 5000);
    assert_int_equal(get_with(lreg_token_secret(token), file), 200);
    atomic_fetch_add(&fixture.now_ms, 5001);
    assert_int_equal(get_with(lreg_token_secret(token), file), 401);
    EXPECT(objects_token_create(fixture.instance, "acme", "x", "read_packages", FIXTURE_NOW, &past, &err), &err,
           LREG_BAD_ARGUMENT, "bad_expiry");
    lreg_token_free(token);
}

static void test_component_token__of_an_organization_lists_without_its_secret(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_token_list *list = NULL;
    lreg_token *listed = NULL;
    lreg_token *found = NULL;
    lreg_token *token = make_token("read_packages", 0);
    CHECK(lreg_token_list_open(fixture.instance, "acme", NULL, &list, &err), err);
    CHECK(lreg_token_list_next(list, &listed, &err), err);
    assert_string_equal(lreg_token_id(listed), lreg_token_id(token));
    assert_string_equal(lreg_token_secret(listed), "");
    lreg_token_free(listed);
    CHECK(lreg_token_list_next(list, &listed, &err), err);
    assert_null(listed);
    lreg_token_list_close(list);
    CHECK(lreg_token_find(fixture.instance, "acme", lreg_token_id(token), &found, &err), err);
    assert_string_equal(lreg_token_secret(found), "");
    assert_string_equal(lreg_token_scopes(found), "read_packages");
    lreg_token_free(found);
    lreg_token_free(token);
}

static void check_newest_event(const char *type, const char *subject) {
    lreg_error *err = NULL;
    lreg_audit_event_list *list = NULL;
    lreg_audit_event *event = NULL;
    CHECK(lreg_audit_event_list_open(fixture.instance, "acme", NULL, &list, &err), err);
    CHECK(lreg_audit_event_list_next(list, &event, &err), err);
    assert_string_equal(lreg_audit_event_type(event), type);
    assert_string_equal(lreg_audit_event_subject(event), subject);
    assert_string_equal(lreg_audit_event_actor(event), "host");
    lreg_audit_event_free(event);
    lreg_audit_event_list_close(list);
}

static void test_component_token__settings_for_api_tokens_are_refused_for_a_registry(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_token *token = NULL;
    lreg_token_settings *settings = NULL;
    CHECK(lreg_token_settings_new(&settings, &err), err);
    CHECK(lreg_token_settings_set_scopes(settings, "read_packages", &err), err);
    EXPECT(lreg_registry_token_create(fixture.instance, registry, settings, &token, &err), &err, LREG_BAD_ARGUMENT, "");
    CHECK(lreg_token_settings_set_scopes(settings, NULL, &err), err);
    CHECK(lreg_token_settings_set_expires_ms(settings, FIXTURE_NOW + 1000, &err), err);
    EXPECT(lreg_registry_token_create(fixture.instance, registry, settings, &token, &err), &err, LREG_BAD_ARGUMENT, "");
    EXPECT(lreg_token_create(fixture.instance, "acme", settings, &token, &err), &err, LREG_BAD_ARGUMENT, "bad_scopes");
    CHECK(lreg_token_settings_set_expires_ms(settings, 0, &err), err);
    CHECK(lreg_registry_token_create(fixture.instance, registry, settings, &token, &err), err);
    lreg_token_free(token);
    CHECK(lreg_token_settings_set_scopes(settings, "read_packages", &err), err);
    CHECK(lreg_token_create(fixture.instance, "acme", settings, &token, &err), err);
    assert_string_equal(lreg_token_registry_id(token), "");
    lreg_token *shown = NULL;
    EXPECT(lreg_token_reveal(fixture.instance, token, &shown, &err), &err, LREG_UNSUPPORTED, "secret_missing");
    lreg_token_free(token);
    lreg_token_settings_free(settings);
}

static void test_component_token__of_a_registry_reads_it_alone_and_is_shown_again(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_token *shown = NULL;
    lreg_token *token = NULL;
    lreg_token *found = NULL;
    lreg_token_list *list = NULL;
    lreg_registry *other = make_registry(fixture.instance, "acme", "other", "files");
    lreg_package_free(publish_text(fixture.instance, other, "b.txt", "content"));
    CHECK(objects_registry_token_create(fixture.instance, registry, "Install", &token, &err), err);
    assert_string_equal(lreg_token_scopes(token), "");
    assert_int_equal(get_with(lreg_token_secret(token), file), 200);
    assert_int_equal(get_with(lreg_token_secret(token), "/acme/other/files/b.txt"), 404);
    CHECK(lreg_registry_token_list_open(fixture.instance, registry, NULL, &list, &err), err);
    CHECK(lreg_token_list_next(list, &found, &err), err);
    assert_string_equal(lreg_token_secret(found), "");
    assert_string_equal(lreg_token_registry_id(found), lreg_registry_id(registry));
    lreg_token_free(found);
    lreg_token_list_close(list);
    CHECK(lreg_registry_token_find(fixture.instance, registry, lreg_token_id(token), &found, &err), err);
    assert_string_equal(lreg_token_secret(found), "");
    CHECK(lreg_token_reveal(fixture.instance, found, &shown, &err), err);
    assert_string_equal(lreg_token_secret(shown), lreg_token_secret(token));
    assert_string_equal(lreg_token_secret(found), "");
    check_newest_event("RegistryTokenRevealedEvent", "Install");
    lreg_token_free(shown);
    lreg_token_free(found);
    EXPECT(lreg_registry_token_find(fixture.instance, other, lreg_token_id(token), &found, &err), &err, LREG_NOT_FOUND,
           "token_unknown");
    EXPECT(lreg_token_find(fixture.instance, "acme", lreg_token_id(token), &found, &err), &err, LREG_NOT_FOUND,
           "token_unknown");
    lreg_token_free(token);
    lreg_registry_free(other);
}

static void test_component_token__deleted_one_opens_nothing(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_token *token = make_token("read_packages", 0);
    lreg_token *found = NULL;
    assert_int_equal(get_with(lreg_token_secret(token), file), 200);
    CHECK(lreg_token_delete(fixture.instance, token, &err), err);
    assert_int_equal(get_with(lreg_token_secret(token), file), 401);
    EXPECT(lreg_token_delete(fixture.instance, token, &err), &err, LREG_NOT_FOUND, "token_unknown");
    EXPECT(lreg_token_find(fixture.instance, "acme", lreg_token_id(token), &found, &err), &err, LREG_NOT_FOUND,
           "token_unknown");
    EXPECT(lreg_token_find(fixture.instance, "acme", "no id", &found, &err), &err, LREG_NOT_FOUND, "token_unknown");
    lreg_token_free(token);
}

static void test_component_token__list_gives_all(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_token_list *list = NULL;
    lreg_token *token = NULL;
    size_t count = 0;
    for (int i = 0; i < 101; i++) {
        lreg_token_free(make_token("read_packages", 0));
    }
    CHECK(lreg_token_list_open(fixture.instance, "acme", NULL, &list, &err), err);
    for (;;) {
        CHECK(lreg_token_list_next(list, &token, &err), err);
        if (token == NULL) {
            break;
        }
        count++;
        lreg_token_free(token);
    }
    assert_int_equal(count, 101);
    lreg_token_list_close(list);
}

static void test_component_token__owner_must_be_there(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_token *token = NULL;
    lreg_token_list *list = NULL;
    EXPECT(objects_token_create(fixture.instance, "nobody", "x", "read_packages", 0, &token, &err), &err,
           LREG_NOT_FOUND, "organization_unknown");
    EXPECT(lreg_token_list_open(fixture.instance, "nobody", NULL, &list, &err), &err, LREG_NOT_FOUND,
           "organization_unknown");
    EXPECT(lreg_token_list_open(fixture.instance, NULL, NULL, &list, &err), &err, LREG_BAD_ARGUMENT, "null_argument");
    CHECK(lreg_registry_delete(fixture.instance, registry, &err), err);
    EXPECT(objects_registry_token_create(fixture.instance, registry, "x", &token, &err), &err, LREG_NOT_FOUND,
           "registry_unknown");
}

static void set_public(bool is_public) {
    lreg_error *err = NULL;
    lreg_registry_settings *settings = NULL;
    lreg_registry *changed = NULL;
    CHECK(lreg_registry_settings_new(&settings, &err), err);
    CHECK(lreg_registry_settings_set_public(settings, is_public, &err), err);
    CHECK(lreg_registry_update(fixture.instance, registry, settings, &changed, &err), err);
    lreg_registry_settings_free(settings);
    lreg_registry_free(changed);
}

static void test_component_token__registry_tokens_are_hidden_while_their_registry_is_public(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_token *token = NULL;
    lreg_token *found = NULL;
    lreg_token_list *list = NULL;
    CHECK(objects_registry_token_create(fixture.instance, registry, "Server", &token, &err), err);
    set_public(true);
    assert_int_equal(get_with(lreg_token_secret(token), file), 200);
    CHECK(lreg_registry_token_list_open(fixture.instance, registry, NULL, &list, &err), err);
    EXPECT(lreg_token_list_next(list, &found, &err), &err, LREG_NOT_FOUND, "tokens_hidden");
    EXPECT(lreg_registry_token_find(fixture.instance, registry, lreg_token_id(token), &found, &err), &err,
           LREG_NOT_FOUND, "tokens_hidden");
    EXPECT(objects_registry_token_create(fixture.instance, registry, "x", &found, &err), &err, LREG_NOT_FOUND,
           "tokens_hidden");
    EXPECT(lreg_token_delete(fixture.instance, token, &err), &err, LREG_NOT_FOUND, "tokens_hidden");
    EXPECT(lreg_token_reveal(fixture.instance, token, &found, &err), &err, LREG_NOT_FOUND, "tokens_hidden");
    set_public(false);
    CHECK(lreg_token_list_next(list, &found, &err), err); /* continues where it was */
    assert_string_equal(lreg_token_id(found), lreg_token_id(token));
    assert_int_equal(get_with(lreg_token_secret(token), file), 200);
    lreg_token_list_close(list);
    lreg_token_free(found);
    lreg_token_free(token);
}
