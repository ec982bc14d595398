/* SPDX-License-Identifier: Apache-2.0 */
/* Token holders: who they are, what they may do, and what the log says about it. Labels: threaded */
#include "unit/core/fixture.h"

#include <pthread.h>

#define LIFETIME_MS 300000

static struct fixture fixture;
static struct arena arena;
static const struct core_organization *organization;
static const struct core_registry *registry;
static const struct core_token *api;
static const struct core_token *token;

static void open_all(void) {
    arena_init(&arena, &fixture.options.hooks, 1 << 24);
    organization = fixture_organization(fixture.core, "acme");
    registry = fixture_registry(fixture.core, organization, "files", false);
    assert_int_equal(core_token_create_api(fixture.core, &core_actor_host, organization, "Deploy", AUTH_READ_PACKAGES,
                                           FIXTURE_NOW + 3600000, &api, NULL),
                     LREG_OK);
    assert_int_equal(core_token_create_registry(fixture.core, &core_actor_host, registry, "Server", &token, NULL),
                     LREG_OK);
}

static void close_all(void) {
    core_token_release(api);
    core_token_release(token);
    core_registry_release(registry);
    core_organization_release(organization);
    arena_free(&arena);
    fixture_close(&fixture);
}

static int setup(void **state) {
    (void)state;
    fixture_open_memory(&fixture);
    open_all();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    close_all();
    return 0;
}

static lreg_status authenticate(const char *secret, struct auth_principal *out, struct error *err) {
    *err = (struct error){0};
    struct auth_bearer bearer;
    return auth_secret_classify(secret) == AUTH_SECRET_BEARER
               ? core_authenticate_bearer(fixture.core, secret, out, &bearer, err)
               : core_authenticate(fixture.core, secret, out, err);
}

/* Fails with that code, and the message does not repeat the secret. */
static void assert_refused(const char *secret, const char *code) {
    struct auth_principal principal;
    struct error err;
    assert_int_equal(authenticate(secret, &principal, &err), LREG_UNAUTHENTICATED);
    assert_string_equal(err.code, code);
    assert_true(secret == NULL || strlen(secret) < 8 || strstr(err.message, secret) == NULL);
}

static void bearer_of(const char *secret, char out[AUTH_BEARER_TEXT]) {
    struct auth_principal principal = {.kind = AUTH_NOBODY};
    struct error err;
    if (secret != NULL) {
        assert_int_equal(authenticate(secret, &principal, &err), LREG_OK);
    }
    struct auth_bearer bearer;
    auth_bearer_init(&bearer, &principal, atomic_load(&fixture.now_ms) + LIFETIME_MS);
    assert_int_equal(auth_bearer_grant(&bearer, "org/registry/image", AUTH_PULL, NULL), LREG_OK);
    assert_int_equal(auth_bearer_issue(core_keys(fixture.core), &bearer, out, NULL), LREG_OK);
}

static void test_core_access__an_api_token_is_its_organizations(void **state) {
    (void)state;
    struct auth_principal principal;
    struct error err;
    for (int i = 0; i < 2; i++) { /* from the database, then from the cache */
        assert_int_equal(authenticate(api->secret, &principal, &err), LREG_OK);
        assert_int_equal(principal.kind, AUTH_API_TOKEN);
        assert_int_equal(principal.scopes, AUTH_READ_PACKAGES);
        assert_string_equal(principal.token_id, api->row.id);
        assert_string_equal(principal.organization_id, organization->row.id);
        assert_string_equal(principal.registry_id, "");
        assert_string_equal(principal.label, "API token Deploy");
        assert_int_equal(principal.expires_ms, FIXTURE_NOW + 3600000);
    }
}

static void test_core_access__a_registry_token_is_its_registrys(void **state) {
    (void)state;
    struct auth_principal principal;
    struct error err;
    assert_int_equal(authenticate(token->secret, &principal, &err), LREG_OK);
    assert_int_equal(principal.kind, AUTH_REGISTRY_TOKEN);
    assert_int_equal(principal.scopes, 0);
    assert_string_equal(principal.registry_id, registry->row.id);
    assert_string_equal(principal.organization_id, organization->row.id);
    assert_string_equal(principal.label, "Registry token Server");
    assert_int_equal(principal.expires_ms, 0);
}

static void test_core_access__labels_are_cut_between_characters(void **state) {
    (void)state;
    char description[401] = "";
    const struct core_token *other = NULL;
    struct auth_principal principal;
    struct error err;
    for (size_t i = 0; i < 100; i++) {
        memcpy(description + 4 * i, "\xf0\x9f\x98\x80", 4);
    }
    assert_int_equal(core_token_create_api(fixture.core, &core_actor_host, organization, description,
                                           AUTH_READ_PACKAGES, 0, &other, NULL),
                     LREG_OK);
    assert_int_equal(authenticate(other->secret, &principal, &err), LREG_OK);
    assert_int_equal(strlen(principal.label), 10 + 108);
    core_token_release(other);
    assert_int_equal(
        core_token_create_api(fixture.core, &core_actor_host, organization, NULL, AUTH_READ_PACKAGES, 0, &other, NULL),
        LREG_OK);
    assert_int_equal(authenticate(other->secret, &principal, &err), LREG_OK);
    assert_string_equal(principal.label + 10, other->row.id);
    core_token_release(other);
}

static void test_core_access__mistyped_tokens_are_told_from_unknown_ones(void **state) {
    (void)state;
    char secret[AUTH_SECRET_TEXT];
    char bearer[AUTH_BEARER_TEXT];
    snprintf(secret, sizeof(secret), "%s", api->secret);
    secret[10] = secret[10] == 'x' ? 'y' : 'x';
    assert_refused(secret, "malformed_token");
    assert_refused("", "malformed_token");
    assert_refused(NULL, "malformed_token");
    assert_refused("correct horse battery staple", "malformed_token");
    assert_refused("lrgb_AAAA", "malformed_token");
    assert_int_equal(auth_secret_new(&fixture.options.hooks, AUTH_SECRET_API, secret, NULL), LREG_OK);
    assert_refused(secret, "unknown_token");
    bearer_of(api->secret, bearer);
    bearer[20] = bearer[20] == 'x' ? 'y' : 'x';
    assert_refused(bearer, "unknown_token");
}

static void test_core_access__a_failure_gives_nobody(void **state) {
    (void)state;
    struct auth_principal principal = {.kind = AUTH_HOST};
    struct error err;
    assert_int_equal(authenticate("nonsense", &principal, &err), LREG_UNAUTHENTICATED);
    assert_int_equal(principal.kind, AUTH_NOBODY);
    assert_int_equal(principal.scopes, 0);
}

static void test_core_access__an_expired_token_is_recognised_and_refused(void **state) {
    (void)state;
    struct auth_principal principal;
    struct error err;
    fixture_pass_ms(&fixture, 3600000 - 1);
    assert_int_equal(authenticate(api->secret, &principal, &err), LREG_OK);
    fixture_pass_ms(&fixture, 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(authenticate(api->secret, &principal, &err), LREG_UNAUTHENTICATED);
        assert_string_equal(err.code, "expired_token");
        assert_string_equal(err.message, "token expired at 2026-11-21T04:04:05.678Z");
        assert_int_equal(principal.kind, AUTH_API_TOKEN);
        assert_string_equal(principal.token_id, api->row.id);
    }
}

static void test_core_access__a_deleted_token_ends_at_once_and_its_bearers_with_it(void **state) {
    (void)state;
    struct auth_principal principal;
    struct error err;
    char bearer[AUTH_BEARER_TEXT];
    bearer_of(token->secret, bearer);
    assert_int_equal(authenticate(bearer, &principal, &err), LREG_OK);
    assert_int_equal(authenticate(token->secret, &principal, &err), LREG_OK);
    assert_int_equal(core_token_delete(fixture.core, &core_actor_host, token, NULL), LREG_OK);
    assert_refused(bearer, "unknown_token");
    assert_refused(token->secret, "unknown_token");
}

static void test_core_access__tokens_end_with_their_registry(void **state) {
    (void)state;
    struct auth_principal principal;
    struct error err;
    assert_int_equal(authenticate(token->secret, &principal, &err), LREG_OK);
    assert_int_equal(core_registry_delete(fixture.core, &core_actor_host, registry, NULL), LREG_OK);
    assert_refused(token->secret, "unknown_token");
    assert_int_equal(authenticate(api->secret, &principal, &err), LREG_OK);
}

static void test_core_access__a_bearer_is_its_token_until_it_ends(void **state) {
    (void)state;
    struct auth_principal principal;
    struct error err;
    char bearer[AUTH_BEARER_TEXT];
    bearer_of(api->secret, bearer);
    fixture_pass_ms(&fixture, LIFETIME_MS - 1);
    assert_int_equal(authenticate(bearer, &principal, &err), LREG_OK);
    assert_int_equal(principal.kind, AUTH_API_TOKEN);
    assert_int_equal(principal.scopes, AUTH_READ_PACKAGES);
    assert_string_equal(principal.token_id, api->row.id);
    assert_int_equal(principal.expires_ms, FIXTURE_NOW + LIFETIME_MS);
    fixture_pass_ms(&fixture, 1);
    assert_int_equal(authenticate(bearer, &principal, &err), LREG_UNAUTHENTICATED);
    assert_string_equal(err.code, "expired_token");
    assert_string_equal(principal.token_id, api->row.id);
    assert_int_equal(authenticate(api->secret, &principal, &err), LREG_OK);
}

static void test_core_access__an_anonymous_bearer_is_nobody(void **state) {
    (void)state;
    struct auth_principal principal;
    struct error err;
    char bearer[AUTH_BEARER_TEXT];
    bearer_of(NULL, bearer);
    assert_int_equal(authenticate(bearer, &principal, &err), LREG_OK);
    assert_int_equal(principal.kind, AUTH_NOBODY);
    assert_string_equal(principal.token_id, "");
    fixture_pass_ms(&fixture, LIFETIME_MS);
    assert_refused(bearer, "expired_token");
}

static void test_core_access__a_bearer_comes_with_its_grants_and_is_no_token(void **state) {
    (void)state;
    struct auth_principal principal;
    struct auth_bearer read;
    struct error err = {0};
    char bearer[AUTH_BEARER_TEXT];
    uint32_t actions = 0;
    bearer_of(api->secret, bearer);
    assert_int_equal(core_authenticate_bearer(fixture.core, bearer, &principal, &read, &err), LREG_OK);
    assert_true(auth_bearer_find(&read, "org/registry/image", &actions));
    assert_int_equal(actions, AUTH_PULL);
    assert_int_equal(core_authenticate(fixture.core, bearer, &principal, &err), LREG_UNAUTHENTICATED);
    assert_string_equal(err.code, "bearer_elsewhere");
    assert_int_equal(principal.kind, AUTH_NOBODY);
    assert_int_equal(core_authenticate_bearer(fixture.core, api->secret, &principal, &read, &err),
                     LREG_UNAUTHENTICATED);
}

static void test_core_access__a_bearer_of_another_instance_is_unknown(void **state) {
    (void)state;
    struct auth_principal principal = {.kind = AUTH_API_TOKEN};
    struct auth_keys keys;
    uint8_t key[AUTH_KEY_BYTES] = {1};
    char bearer[AUTH_BEARER_TEXT];
    auth_keys_derive(key, &keys);
    snprintf(principal.token_id, ID_TEXT, "%s", api->row.id);
    struct auth_bearer issued;
    auth_bearer_init(&issued, &principal, FIXTURE_NOW + 1000);
    assert_int_equal(auth_bearer_issue(&keys, &issued, bearer, NULL), LREG_OK);
    assert_refused(bearer, "unknown_token");
}

static void test_core_access__a_token_deleted_in_another_instance_ends_at_once(void **state) {
    (void)state;
    struct core *other = NULL;
    struct auth_principal principal;
    close_all();
    fixture_open_directory(&fixture);
    open_all();
    assert_int_equal(core_open(&fixture.options, &other, NULL), LREG_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(core_authenticate(other, token->secret, &principal, NULL), LREG_OK);
    }
    assert_int_equal(core_token_delete(fixture.core, &core_actor_host, token, NULL), LREG_OK);
    assert_int_equal(core_authenticate(other, token->secret, &principal, NULL), LREG_UNAUTHENTICATED);
    assert_int_equal(core_authenticate(other, api->secret, &principal, NULL), LREG_OK);
    core_release(other);
}

static void test_core_access__a_hidden_registry_looks_like_one_that_is_not_there(void **state) {
    (void)state;
    const struct core_organization *elsewhere = fixture_organization(fixture.core, "elsewhere");
    const struct core_token *foreign = NULL;
    const struct core_registry *none = NULL;
    struct auth_principal principal;
    struct error hidden = {0};
    struct error missing = {0};
    struct error err;
    assert_int_equal(
        core_token_create_api(fixture.core, &core_actor_host, elsewhere, "x", AUTH_ALL_SCOPES, 0, &foreign, NULL),
        LREG_OK);
    assert_int_equal(authenticate(foreign->secret, &principal, &err), LREG_OK);
    assert_int_equal(
        core_authorize(fixture.core, &principal, AUTH_ACTION_READ_PACKAGES, organization, registry, &hidden),
        LREG_NOT_FOUND);
    assert_int_equal(core_registry_delete(fixture.core, &core_actor_host, registry, NULL), LREG_OK);
    assert_int_equal(core_registry_find(fixture.core, "acme", "files", &none, &missing), LREG_NOT_FOUND);
    assert_string_equal(hidden.message, missing.message);
    assert_string_equal(hidden.code, missing.code);
    assert_int_equal(core_authorize(fixture.core, &principal, AUTH_ACTION_READ_REGISTRIES, organization, NULL, &hidden),
                     LREG_NOT_FOUND);
    assert_string_equal(hidden.code, "organization_unknown");
    core_token_release(foreign);
    core_organization_release(elsewhere);
}

static void test_core_access__rights_are_decided_on_the_registry_or_the_organization(void **state) {
    (void)state;
    struct auth_principal principal;
    struct auth_principal nobody = {.kind = AUTH_NOBODY};
    struct error err;
    const struct core_registry *open = fixture_registry(fixture.core, organization, "open", true);
    assert_int_equal(authenticate(token->secret, &principal, &err), LREG_OK);
    const struct {
        const struct auth_principal *principal;
        enum auth_action action;
        const struct core_registry *registry;
        lreg_status expected;
    } cases[] = {
        {&principal, AUTH_ACTION_READ_PACKAGES, registry, LREG_OK},
        {&principal, AUTH_ACTION_WRITE_PACKAGES, registry, LREG_FORBIDDEN},
        {&principal, AUTH_ACTION_READ_PACKAGES, open, LREG_OK},
        {&principal, AUTH_ACTION_READ_REGISTRIES, NULL, LREG_FORBIDDEN},
        {&nobody, AUTH_ACTION_READ_PACKAGES, registry, LREG_UNAUTHENTICATED},
        {&nobody, AUTH_ACTION_READ_PACKAGES, open, LREG_OK},
        {core_actor_host.principal, AUTH_ACTION_DELETE_REGISTRIES, NULL, LREG_OK},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(
            core_authorize(fixture.core, cases[i].principal, cases[i].action, organization, cases[i].registry, NULL),
            cases[i].expected);
    }
    assert_int_equal(core_authorize(fixture.core, &nobody, AUTH_ACTION_NONE, NULL, NULL, NULL), LREG_OK);
    assert_int_equal(core_authorize(fixture.core, &nobody, AUTH_ACTION_AUTHENTICATED, NULL, NULL, NULL),
                     LREG_UNAUTHENTICATED);
    core_registry_release(open);
}

static void test_core_access__the_log_is_read_newest_first_in_pages(void **state) {
    (void)state;
    struct meta_audit_event *events = NULL;
    size_t count = 0;
    char subject[20];
    for (int i = 0; i < 5; i++) {
        fixture_pass_ms(&fixture, 1);
        snprintf(subject, sizeof(subject), "registry-%d", i);
        core_registry_release(fixture_registry(fixture.core, organization, subject, false));
    }
    assert_int_equal(core_audit_list(fixture.core, organization->row.id, NULL, 2, &arena, &events, &count, NULL),
                     LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(events[0].subject, "acme/registry-4");
    assert_string_equal(events[1].subject, "acme/registry-3");
    assert_int_equal(
        core_audit_list(fixture.core, organization->row.id, events[1].id, 2, &arena, &events, &count, NULL), LREG_OK);
    assert_string_equal(events[0].subject, "acme/registry-2");
    assert_int_equal(count, 2);
}

static void test_core_access__events_of_earlier_versions_are_shown_with_the_words_of_today(void **state) {
    (void)state;
    static const char *const words[][2] = {{"REGISTRY_CREATED", "RegistryCreatedEvent"},
                                           {"API_ACCESS_TOKEN_DELETED", "APIAccessTokenDeletedEvent"},
                                           {"BLOB_DAMAGED", "BlobDamagedEvent"},
                                           {"RegistryTokenRevealedEvent", "RegistryTokenRevealedEvent"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct meta_transaction *transaction = NULL;
        struct meta_audit_event event = {0};
        struct core_actor actor = {core_actor_host.principal, NULL};
        assert_int_equal(meta_begin(core_meta(fixture.core), META_WRITE, &transaction, NULL), LREG_OK);
        assert_int_equal(
            core_audit(fixture.core, transaction, &actor, organization->row.id, NULL, words[i][0], "x", NULL, NULL),
            LREG_OK);
        assert_int_equal(meta_commit(transaction, NULL), LREG_OK);
        assert_true(fixture_events(fixture.core, organization, words[i][1], &arena, &event) >= 1);
        assert_string_equal(event.type, words[i][1]);
    }
}

static void test_core_access__an_event_ends_with_its_transaction(void **state) {
    (void)state;
    struct meta_transaction *transaction = NULL;
    struct meta_audit_event event = {0};
    struct core_actor actor = {core_actor_host.principal, NULL};
    assert_int_equal(meta_begin(core_meta(fixture.core), META_WRITE, &transaction, NULL), LREG_OK);
    assert_int_equal(
        core_audit(fixture.core, transaction, &actor, organization->row.id, NULL, "SomethingEvent", "x", NULL, NULL),
        LREG_OK);
    meta_rollback(transaction);
    assert_int_equal(fixture_events(fixture.core, organization, "SomethingEvent", &arena, &event), 0);
    assert_int_equal(meta_begin(core_meta(fixture.core), META_WRITE, &transaction, NULL), LREG_OK);
    assert_int_equal(
        core_audit(fixture.core, transaction, &actor, organization->row.id, NULL, "SomethingEvent", "x", NULL, NULL),
        LREG_OK);
    assert_int_equal(meta_commit(transaction, NULL), LREG_OK);
    assert_int_equal(fixture_events(fixture.core, organization, "SomethingEvent", &arena, &event), 1);
    assert_string_equal(event.remote_address, "");
    assert_string_equal(event.data, "");
}

/* --- threads --- */

static void *authenticate_often(void *argument) {
    for (int i = 0; i < 300; i++) {
        struct auth_principal principal;
        const char *secret = i % 2 == 0 ? api->secret : token->secret;
        if (core_authenticate(fixture.core, secret, &principal, NULL) != LREG_OK ||
            principal.kind != (i % 2 == 0 ? AUTH_API_TOKEN : AUTH_REGISTRY_TOKEN)) {
            return argument;
        }
    }
    return NULL;
}

static void test_core_access__many_threads_authenticate_while_tokens_come_and_go(void **state) {
    (void)state;
    pthread_t threads[8];
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, authenticate_often, &fixture), 0);
    }
    for (int i = 0; i < 30; i++) {
        const struct core_token *passing = NULL;
        assert_int_equal(
            core_token_create_registry(fixture.core, &core_actor_host, registry, "passing", &passing, NULL), LREG_OK);
        assert_int_equal(core_token_delete(fixture.core, &core_actor_host, passing, NULL), LREG_OK);
        core_token_release(passing);
    }
    for (size_t i = 0; i < 8; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}
