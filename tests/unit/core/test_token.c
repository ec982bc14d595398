/* SPDX-License-Identifier: Apache-2.0 */
/* API access tokens and registry tokens. */
#include "unit/core/fixture.h"

#include "core/instance/state.h"
#include "unit/core/organizations.h"

static struct fixture fixture;
static struct arena arena;
static const struct core_organization *organization;
static const struct core_organization *elsewhere;
static const struct core_registry *registry;
static const struct core_registry *beside;

static int setup(void **state) {
    (void)state;
    fixture_open_memory(&fixture);
    arena_init(&arena, &fixture.options.hooks, 1 << 24);
    organization = fixture_organization(fixture.core, "acme");
    elsewhere = fixture_organization(fixture.core, "elsewhere");
    registry = fixture_registry(fixture.core, organization, "files", false);
    beside = fixture_registry(fixture.core, organization, "beside", false);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    core_registry_release(registry);
    core_registry_release(beside);
    core_organization_release(organization);
    core_organization_release(elsewhere);
    arena_free(&arena);
    fixture_close(&fixture);
    return 0;
}

/* Owned: core_token_release(). */
static const struct core_token *api_token(const char *description) {
    const struct core_token *token = NULL;
    assert_int_equal(core_token_create_api(fixture.core, &core_actor_host, organization, description,
                                           AUTH_READ_PACKAGES | AUTH_WRITE_PACKAGES, 0, &token, NULL),
                     LREG_OK);
    return token;
}

static const struct core_token *registry_token(const char *description) {
    const struct core_token *token = NULL;
    assert_int_equal(core_token_create_registry(fixture.core, &core_actor_host, registry, description, &token, NULL),
                     LREG_OK);
    return token;
}

static void test_core_token__an_api_token_shows_its_secret_once(void **state) {
    (void)state;
    const struct core_token *found = NULL;
    const struct core_token *token = api_token("Deploy");
    assert_int_equal(auth_secret_classify(token->secret), AUTH_SECRET_API);
    assert_string_equal(token->row.description, "Deploy");
    assert_string_equal(token->row.created_by, "host");
    assert_int_equal(token->row.scopes, AUTH_READ_PACKAGES | AUTH_WRITE_PACKAGES);
    assert_int_equal(token->row.created_ms, FIXTURE_NOW);
    assert_null(token->row.registry_id);
    assert_int_equal(core_token_find(fixture.core, organization, NULL, token->row.id, &found, NULL), LREG_OK);
    assert_string_equal(found->secret, "");
    assert_null(found->row.sealed_secret);
    core_token_release(found);
    core_token_release(token);
}

static void test_core_token__a_registry_token_shows_its_secret_again(void **state) {
    (void)state;
    struct meta_audit_event event = {0};
    const struct core_token *shown = NULL;
    const struct core_token *found = NULL;
    const struct core_token *token = registry_token("Server");
    assert_int_equal(auth_secret_classify(token->secret), AUTH_SECRET_REGISTRY);
    assert_int_equal(core_token_find(fixture.core, NULL, registry, token->row.id, &found, NULL), LREG_OK);
    assert_string_equal(found->secret, "");
    assert_string_equal(found->row.registry_id, registry->row.id);
    assert_int_equal(core_token_reveal(fixture.core, &core_actor_host, found, &shown, NULL), LREG_OK);
    assert_string_equal(shown->secret, token->secret);
    assert_string_equal(found->secret, "");
    core_token_release(shown);
    assert_int_equal(fixture_events(fixture.core, organization, "RegistryTokenRevealedEvent", &arena, &event), 1);
    assert_string_equal(event.subject, "Server");
    assert_null(strstr(event.data, token->secret));
    assert_int_equal(core_token_open(fixture.core, found, &shown, NULL), LREG_OK);
    assert_string_equal(shown->secret, token->secret);
    core_token_release(shown);
    assert_int_equal(fixture_events(fixture.core, organization, "RegistryTokenRevealedEvent", &arena, &event), 1);
    core_token_release(found);
    core_token_release(token);
}

static void test_core_token__a_secret_that_is_not_stored_or_hidden_is_not_shown(void **state) {
    (void)state;
    struct meta_audit_event event = {0};
    struct error err = {0};
    const struct core_token *shown = NULL;
    const struct core_token *api = api_token("Deploy");
    const struct core_token *deleted = registry_token("Server");
    assert_int_equal(core_token_reveal(fixture.core, &core_actor_host, api, &shown, &err), LREG_UNSUPPORTED);
    assert_string_equal(err.code, "secret_missing");
    assert_int_equal(core_token_delete(fixture.core, &core_actor_host, deleted, NULL), LREG_OK);
    assert_int_equal(core_token_reveal(fixture.core, &core_actor_host, deleted, &shown, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "token_unknown");
    assert_null(shown);
    assert_int_equal(fixture_events(fixture.core, organization, "RegistryTokenRevealedEvent", &arena, &event), 0);
    core_token_release(api);
    core_token_release(deleted);
}

static void test_core_token__no_secret_is_stored_in_clear(void **state) {
    (void)state;
    const struct core_token *token = registry_token("Server");
    const struct meta_token *row = &token->row;
    assert_true(row->sealed_length > strlen(token->secret));
    assert_null(memmem(row->sealed_secret, row->sealed_length, token->secret + 5, 8));
    core_token_release(token);
}

static void test_core_token__is_found_where_it_belongs_only(void **state) {
    (void)state;
    const struct core_token *api = api_token("");
    const struct core_token *token = registry_token("");
    const struct {
        const struct core_organization *organization;
        const struct core_registry *registry;
        const char *id;
        lreg_status expected;
    } cases[] = {
        {organization, NULL, api->row.id, LREG_OK},
        {organization, registry, token->row.id, LREG_OK},
        {elsewhere, NULL, api->row.id, LREG_NOT_FOUND},
        {elsewhere, registry, token->row.id, LREG_NOT_FOUND},
        {organization, registry, api->row.id, LREG_NOT_FOUND},
        {organization, NULL, token->row.id, LREG_NOT_FOUND},
        {organization, beside, token->row.id, LREG_NOT_FOUND},
        {organization, NULL, organization->row.id, LREG_NOT_FOUND},
        {organization, NULL, "", LREG_NOT_FOUND},
        {organization, NULL, "' OR 1=1 --", LREG_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct core_token *found = NULL;
        struct error err = {0};
        assert_int_equal(
            core_token_find(fixture.core, cases[i].organization, cases[i].registry, cases[i].id, &found, &err),
            cases[i].expected);
        assert_string_equal(cases[i].expected == LREG_OK ? "token_unknown" : err.code, "token_unknown");
        core_token_release(found);
    }
    core_token_release(api);
    core_token_release(token);
}

static void test_core_token__a_sealed_secret_that_was_tampered_with_is_corrupt(void **state) {
    (void)state;
    struct meta_transaction *transaction = NULL;
    const struct core_token *found = NULL;
    const struct core_token *shown = NULL;
    const struct core_token *token = registry_token("Server");
    struct meta_token row = token->row;
    row.id = "0190aaaa-0000-7000-8000-000000000099"; /* the sealed value is moved to another row */
    row.secret_sha256[0] ^= 1;
    assert_int_equal(meta_begin(core_meta(fixture.core), META_WRITE, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_token_insert(transaction, &row, NULL), LREG_OK);
    assert_int_equal(meta_commit(transaction, NULL), LREG_OK);
    assert_int_equal(core_token_find(fixture.core, organization, registry, row.id, &found, NULL), LREG_OK);
    assert_int_equal(core_token_reveal(fixture.core, &core_actor_host, found, &shown, NULL), LREG_CORRUPT);
    assert_null(shown);
    core_token_release(found);
    core_token_release(token);
}

static void test_core_token__bad_wishes_are_refused(void **state) {
    (void)state;
    char long_text[1002];
    memset(long_text, 'x', sizeof(long_text));
    long_text[1001] = '\0';
    const struct {
        const char *description;
        uint32_t scopes;
        int64_t expires_ms;
        const char *code;
    } bad[] = {
        {"x", 0, 0, "bad_scopes"},
        {"x", AUTH_ALL_SCOPES + 1, 0, "bad_scopes"},
        {"x", AUTH_ALL_SCOPES | 0x80000000u, 0, "bad_scopes"},
        {"x", AUTH_READ_PACKAGES, FIXTURE_NOW, "bad_expiry"},
        {"x", AUTH_READ_PACKAGES, -1, "bad_expiry"},
        {"a\nb", AUTH_READ_PACKAGES, 0, "control_character"},
        {"\xff", AUTH_READ_PACKAGES, 0, "not_utf8"},
        {long_text, AUTH_READ_PACKAGES, 0, "too_long"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct core_token *token = NULL;
        struct error err = {0};
        assert_int_equal(core_token_create_api(fixture.core, &core_actor_host, organization, bad[i].description,
                                               bad[i].scopes, bad[i].expires_ms, &token, &err),
                         LREG_BAD_ARGUMENT);
        assert_string_equal(err.code, bad[i].code);
        assert_null(token);
    }
}

static void test_core_token__needs_an_owner_that_is_there(void **state) {
    (void)state;
    const struct core_token *token = NULL;
    struct error err = {0};
    assert_int_equal(core_registry_delete(fixture.core, &core_actor_host, registry, NULL), LREG_OK);
    assert_int_equal(core_token_create_registry(fixture.core, &core_actor_host, registry, "x", &token, &err),
                     LREG_NOT_FOUND);
    assert_string_equal(err.code, "registry_unknown");
    assert_int_equal(delete_organization(fixture.core, "elsewhere", NULL), LREG_OK);
    assert_int_equal(
        core_token_create_api(fixture.core, &core_actor_host, elsewhere, "x", AUTH_READ_PACKAGES, 0, &token, &err),
        LREG_NOT_FOUND);
    assert_string_equal(err.code, "organization_unknown");
}

static void test_core_token__lists_are_of_one_owner(void **state) {
    (void)state;
    struct meta_token *rows = NULL;
    size_t count = 0;
    for (int i = 0; i < 3; i++) {
        fixture_pass_ms(&fixture, 1); /* ids order by time */
        core_token_release(api_token("api"));
        core_token_release(registry_token("registry"));
    }
    assert_int_equal(core_token_list(fixture.core, organization, NULL, NULL, 2, &arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[1].description, "api");
    assert_int_equal(core_token_list(fixture.core, organization, NULL, rows[1].id, 2, &arena, &rows, &count, NULL),
                     LREG_OK);
    assert_int_equal(count, 1);
    assert_int_equal(core_token_list(fixture.core, NULL, registry, NULL, 100, &arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 3);
    assert_string_equal(rows[0].description, "registry");
    assert_int_equal(core_token_list(fixture.core, organization, beside, NULL, 100, &arena, &rows, &count, NULL),
                     LREG_OK);
    assert_int_equal(count, 0);
}

static lreg_status describe_as(const struct core_token *token, const char *description, struct error *err) {
    const struct core_token *shown = NULL;
    lreg_status status = core_token_set_description(fixture.core, &core_actor_host, token, description, &shown, err);
    if (status == LREG_OK) {
        assert_string_equal(shown->row.description, description);
        assert_string_equal(shown->secret, token->secret);
    } else {
        assert_null(shown);
    }
    core_token_release(shown);
    return status;
}

static void test_core_token__its_description_can_change(void **state) {
    (void)state;
    struct meta_audit_event event = {0};
    struct error err = {0};
    const struct core_token *found = NULL;
    const struct core_token *token = registry_token("Server");
    assert_int_equal(describe_as(token, "Other", NULL), LREG_OK);
    assert_int_equal(describe_as(token, "Other", NULL), LREG_OK);
    assert_int_equal(describe_as(token, "a\nb", NULL), LREG_BAD_ARGUMENT);
    assert_int_equal(core_token_find(fixture.core, organization, registry, token->row.id, &found, NULL), LREG_OK);
    assert_string_equal(found->row.description, "Other");
    assert_int_equal(fixture_events(fixture.core, organization, "RegistryTokenUpdatedEvent", &arena, &event), 1);
    assert_int_equal(fixture_events(fixture.core, organization, "RegistryTokenRevealedEvent", &arena, &event), 2);
    core_token_release(found);
    assert_int_equal(core_token_delete(fixture.core, &core_actor_host, token, NULL), LREG_OK);
    assert_int_equal(describe_as(token, "x", &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "token_unknown");
    core_token_release(token);
}

static void test_core_token__a_deleted_one_is_gone(void **state) {
    (void)state;
    struct error err = {0};
    const struct core_token *found = NULL;
    const struct core_token *token = api_token("Deploy");
    assert_int_equal(core_token_delete(fixture.core, &core_actor_host, token, NULL), LREG_OK);
    assert_int_equal(core_token_find(fixture.core, organization, NULL, token->row.id, &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(core_token_delete(fixture.core, &core_actor_host, token, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "token_unknown");
    core_token_release(token);
}

static void test_core_token__changes_are_in_the_audit_log_without_secrets(void **state) {
    (void)state;
    static const char *const types[] = {"APIAccessTokenCreatedEvent", "APIAccessTokenDeletedEvent",
                                        "RegistryTokenCreatedEvent", "RegistryTokenDeletedEvent"};
    const struct core_token *tokens[2] = {api_token("Deploy"), registry_token("")};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(core_token_delete(fixture.core, &core_actor_host, tokens[i], NULL), LREG_OK);
    }
    for (size_t i = 0; i < 4; i++) {
        struct meta_audit_event event = {0};
        const struct core_token *token = tokens[i / 2];
        assert_int_equal(fixture_events(fixture.core, organization, types[i], &arena, &event), 1);
        assert_string_equal(event.subject, i < 2 ? "Deploy" : token->row.id);
        assert_non_null(strstr(event.data, token->row.id));
        assert_null(strstr(event.data, token->secret));
        assert_int_equal(event.registry_id != NULL, i >= 2);
    }
    struct meta_audit_event event = {0};
    assert_int_equal(fixture_events(fixture.core, organization, types[0], &arena, &event), 1);
    assert_non_null(strstr(event.data, "\"scopes\":[\"read_packages\",\"write_packages\"]"));
    core_token_release(tokens[0]);
    core_token_release(tokens[1]);
}

static void test_core_token__its_end_is_in_the_audit_log(void **state) {
    (void)state;
    struct meta_audit_event event = {0};
    const struct core_token *token = NULL;
    assert_int_equal(core_token_create_api(fixture.core, &core_actor_host, organization, "x", AUTH_READ_PACKAGES,
                                           FIXTURE_NOW + 1000, &token, NULL),
                     LREG_OK);
    assert_int_equal(token->row.expires_ms, FIXTURE_NOW + 1000);
    assert_int_equal(fixture_events(fixture.core, organization, "APIAccessTokenCreatedEvent", &arena, &event), 1);
    assert_non_null(strstr(event.data, "\"expires_at\":\"2026-11-21T03:04:06.678Z\""));
    core_token_release(token);
}

static void set_public(bool is_public) {
    struct core_registry_settings settings;
    const struct core_registry *changed = NULL;
    core_registry_settings_init(&settings);
    settings.is_public = is_public;
    assert_int_equal(core_registry_update(fixture.core, &core_actor_host, registry, &settings, &changed, NULL),
                     LREG_OK);
    core_registry_release(changed);
}

/* Depends on what the registry is now, not on what it was when the handles were made. */
static void test_core_token__registry_tokens_are_hidden_while_their_registry_is_public(void **state) {
    (void)state;
    const struct core_token *token = registry_token("Server");
    const struct core_token *found = NULL;
    struct meta_token *rows = NULL;
    struct auth_principal principal;
    struct error err[5] = {{0}};
    size_t count = 0;
    set_public(true);
    assert_int_equal(core_token_list(fixture.core, NULL, registry, NULL, 9, &arena, &rows, &count, &err[0]),
                     LREG_NOT_FOUND);
    assert_int_equal(core_token_find(fixture.core, organization, registry, token->row.id, &found, &err[1]),
                     LREG_NOT_FOUND);
    assert_int_equal(core_token_create_registry(fixture.core, &core_actor_host, registry, "x", &found, &err[2]),
                     LREG_NOT_FOUND);
    assert_int_equal(describe_as(token, "x", &err[3]), LREG_NOT_FOUND);
    assert_int_equal(core_token_delete(fixture.core, &core_actor_host, token, &err[4]), LREG_NOT_FOUND);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(err[i].code, "tokens_hidden");
        assert_string_equal(err[i].message, "the tokens of acme/files are not accessible while it is public: make it "
                                            "private first");
    }
    assert_int_equal(core_authenticate(fixture.core, token->secret, &principal, NULL), LREG_OK);
    assert_int_equal(core_token_list(fixture.core, organization, NULL, NULL, 9, &arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(core_token_list(fixture.core, NULL, beside, NULL, 9, &arena, &rows, &count, NULL), LREG_OK);

    set_public(false);
    assert_int_equal(core_token_list(fixture.core, NULL, registry, NULL, 9, &arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_int_equal(core_token_find(fixture.core, organization, registry, token->row.id, &found, NULL), LREG_OK);
    assert_string_equal(found->row.description, "Server");
    core_token_release(found);
    assert_int_equal(core_token_delete(fixture.core, &core_actor_host, token, NULL), LREG_OK);
    core_token_release(token);
}
