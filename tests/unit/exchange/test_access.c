/* SPDX-License-Identifier: Apache-2.0 */
/* Which clients are admitted, which are asked for a token, and what an answer reveals about existing objects. */
#include "base/encoding.h"
#include "unit/exchange/fixture.h"

static int setup(void **state) {
    return world_setup(state);
}

static int teardown(void **state) {
    return world_teardown(state);
}

/* The whole answers to two requests, with the path of the second one replaced by that of the first. */
static void expect_same(struct world *world, const char *authorization, const char *one, const char *other) {
    world->script.authorization = authorization;
    struct http_answer *first = http_script_run(&world->script, one);
    struct http_answer *second = http_script_run(&world->script, other);
    world->script.authorization = NULL;
    if (strcmp(first->text, second->text) != 0) {
        fail_msg("these can be told apart:\n%s%s\n%s%s", one, first->text, other, second->text);
    }
    http_answer_free(first);
    http_answer_free(second);
}

static void test_exchange_access__a_token_reaches_its_registry(void **state) {
    struct world *world = *state;
    world_expect(world, world->all, "GET /org/secret/things/a\n\n", 200, "a");
    world_expect(world, world->reads, "GET /org/secret/things/a\n\n", 200, "a");
    world_expect(world, world->registry, "GET /org/secret/things/a\n\n", 200, "a");
    world_expect(world, world->all, "GET /org/secret/facts\n\n", 200,
                 "/org/secret/facts org/secret who=API token test base= mount= from=");
}

static void test_exchange_access__basic_passwords_are_tokens(void **state) {
    struct world *world = *state;
    char pair[BEARER_ROOM + 8];
    char value[2 * sizeof pair] = "Basic ";
    snprintf(pair, sizeof pair, "any:%s", world->all + strlen("Bearer "));
    base64_encode(pair, strlen(pair), value + strlen(value));
    world_expect(world, value, "GET /org/secret/things/a\n\n", 200, "a");
}

static void test_exchange_access__nobody_is_asked_for_a_token(void **state) {
    struct world *world = *state;
    struct http_answer *answer = http_script_run(&world->script, "GET /org/secret/things/a\n\n");
    assert_int_equal(answer->status, 401);
    assert_non_null(http_answer_header(answer, "WWW-Authenticate"));
    http_answer_free(answer);
    world_expect(world, "Basic Og==", "GET /org/secret/things/a\n\n", 401, NULL);
}

static void test_exchange_access__public_registries_are_read_by_anybody(void **state) {
    struct world *world = *state;
    world_expect(world, NULL, "GET /org/public/things/a\n\n", 200, "a");
    world_expect(world, world->stranger, "GET /org/public/things/a\n\n", 200, "a");
    world_expect(world, NULL, "PUT /org/public/things/a\n\nx", 401, NULL);
    world_expect(world, world->stranger, "PUT /org/public/things/a\n\nx", 403, NULL);
}

static void test_exchange_access__a_bad_token_is_told_even_where_none_is_needed(void **state) {
    static const char *const bad[] = {
        "Bearer nonsense", "Bearer lrga_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Basic %%%",       "Digest a=b",
        "Bearer",          "Basic",
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        world_expect(world, bad[i], "GET /org/public/things/a\n\n", 401, NULL);
        world_expect(world, bad[i], "GET /open/facts\n\n", 401, NULL);
    }
}

static void test_exchange_access__two_credentials_are_refused(void **state) {
    struct world *world = *state;
    char request[512];
    snprintf(request, sizeof request, "GET /org/secret/things/a\nAuthorization: %s\nAuthorization: %s\n\n", world->all,
             world->reads);
    world_expect(world, NULL, request, 400, NULL);
}

static void test_exchange_access__a_missing_scope_is_403(void **state) {
    struct world *world = *state;
    struct http_answer *answer = NULL;
    world->script.authorization = world->reads;
    answer = http_script_run(&world->script, "PUT /org/secret/things/a\n\nx");
    assert_int_equal(answer->status, 403);
    assert_non_null(strstr(answer->body, "write_packages"));
    http_answer_free(answer);
    world_expect(world, world->registry, "DELETE /org/secret/things/a\n\n", 403, NULL);
    world_expect(world, world->reads, "GET /v2/packages/organizations/org/registries\n\n", 403, NULL);
}

static void test_exchange_access__nobody_cannot_tell_what_exists(void **state) {
    struct world *world = *state;
    expect_same(world, NULL, "GET /org/secret/things/a\n\n", "GET /org/no-such/things/a\n\n");
    expect_same(world, NULL, "GET /org/secret/things/a\n\n", "GET /no-such/secret/things/a\n\n");
    expect_same(world, NULL, "PUT /org/secret/things/a\n\nx", "PUT /org/no-such/things/a\n\nx");
    expect_same(world, NULL, "GET /v2/packages/organizations/org/registries\n\n",
                "GET /v2/packages/organizations/no-such/registries\n\n");
    expect_same(world, NULL, "GET /org/secret/alpine\n\n", "GET /org/no-such/alpine\n\n");
}

/* The answer repeats the names of the path, so both use the same names: what exists changes in between. */
static void expect_stranger_sees_the_same(struct world *world, const char *request) {
    world->script.authorization = world->stranger;
    struct http_answer *before = http_script_run(&world->script, request);
    assert_int_equal(before->status, 404);
    const struct core_registry *registry = NULL;
    assert_int_equal(core_registry_find(world->core.core, "org", "later", &registry, NULL), LREG_NOT_FOUND);
    registry = fixture_registry(world->core.core, world->org, "later", false);
    struct http_answer *after = http_script_run(&world->script, request);
    assert_int_equal(core_registry_delete(world->core.core, &core_actor_host, registry, NULL), LREG_OK);
    core_registry_release(registry);
    assert_string_equal(before->text, after->text);
    http_answer_free(before);
    http_answer_free(after);
}

static void test_exchange_access__a_stranger_cannot_tell_what_exists(void **state) {
    struct world *world = *state;
    expect_stranger_sees_the_same(world, "GET /org/later/things/a\n\n");
    expect_stranger_sees_the_same(world, "PUT /org/later/things/a\n\nx");
    expect_stranger_sees_the_same(world, "GET /org/later/alpine\n\n");
}

static void test_exchange_access__a_stranger_cannot_tell_organizations(void **state) {
    struct world *world = *state;
    static const char request[] = "GET /v2/packages/organizations/newcomer/registries\n\n";
    world->script.authorization = world->stranger;
    struct http_answer *before = http_script_run(&world->script, request);
    struct http_answer *image_before = http_script_run(&world->script, "GET /v2/newcomer/r/i/manifests/x\n\n");
    const struct core_organization *newcomer = fixture_organization(world->core.core, "newcomer");
    core_registry_release(fixture_registry(world->core.core, newcomer, "r", false));
    struct http_answer *after = http_script_run(&world->script, request);
    struct http_answer *image_after = http_script_run(&world->script, "GET /v2/newcomer/r/i/manifests/x\n\n");
    core_organization_release(newcomer);
    assert_int_equal(before->status, 404);
    assert_string_equal(before->text, after->text);
    assert_int_equal(image_before->status, 404);
    assert_string_equal(image_before->text, image_after->text);
    http_answer_free(before);
    http_answer_free(after);
    http_answer_free(image_before);
    http_answer_free(image_after);
}

static void test_exchange_access__a_registry_token_sees_no_other_registry(void **state) {
    struct world *world = *state;
    core_registry_release(fixture_registry(world->core.core, world->org, "sister", false));
    world_expect(world, world->registry, "GET /org/sister/things/a\n\n", 404,
                 "things|registry_unknown|no registry org/sister");
    world_expect(world, world->registry, "GET /org/no-such/things/a\n\n", 404,
                 "things|registry_unknown|no registry org/no-such");
}

static void test_exchange_access__at_home_what_is_missing_is_named(void **state) {
    struct world *world = *state;
    world->script.authorization = world->all;
    struct http_answer *answer = http_script_run(&world->script, "GET /org/no-such/things/a\n\n");
    assert_int_equal(answer->status, 404);
    assert_non_null(strstr(answer->body, "registry_unknown"));
    http_answer_free(answer);
}

static void test_exchange_access__the_wrong_ecosystem_is_404(void **state) {
    struct world *world = *state;
    world_expect(world, world->all, "GET /org/secret/alpine\n\n", 404,
                 "alpine|registry_unknown|no registry org/secret of the ecosystem alpine");
    world_expect(world, NULL, "GET /org/public/alpine\n\n", 404, NULL);
    struct core_registry_settings settings;
    const struct core_registry *registry = NULL;
    core_registry_settings_init(&settings);
    settings.name = "apks";
    settings.ecosystem = "alpine";
    assert_int_equal(core_registry_create(world->core.core, &core_actor_host, world->org, &settings, &registry, NULL),
                     LREG_OK);
    core_registry_release(registry);
    world_expect(world, world->all, "GET /org/apks/alpine\n\n", 200, NULL);
}

static void test_exchange_access__any_token_is_authenticated(void **state) {
    struct world *world = *state;
    world_expect(world, NULL, "GET /v2/\n\n", 401, NULL);
    world_expect(world, world->registry, "GET /v2/\n\n", 200, NULL);
    world_expect(world, world->stranger, "GET /v2/\n\n", 200, NULL);
}

static void test_exchange_access__an_expired_token_is_401_with_the_time(void **state) {
    struct world *world = *state;
    world_expect(world, world->brief, "GET /org/secret/things/a\n\n", 200, "a");
    fixture_pass_ms(&world->core, 60001);
    world->script.authorization = world->brief;
    struct http_answer *answer = http_script_run(&world->script, "GET /org/secret/things/a\n\n");
    assert_int_equal(answer->status, 401);
    assert_non_null(strstr(answer->body, "expired"));
    assert_non_null(strstr(answer->body, "2026-11-21T"));
    http_answer_free(answer);
}

static void test_exchange_access__an_expired_token_may_resume_at_home(void **state) {
    struct world *world = *state;
    fixture_pass_ms(&world->core, 60001);
    world_expect(world, world->brief, "PATCH /v2/org/secret/i/uploads/u\n\nx", 200,
                 "/v2/org/secret/i/uploads/u org/secret who=API token test base= mount= from=");
    world_expect(world, world->brief, "GET /v2/org/secret/i/manifests/x\n\n", 401, NULL);
    world_expect(world, NULL, "PATCH /v2/org/secret/i/uploads/u\n\nx", 401, NULL);
}

static void test_exchange_access__an_expired_token_learns_nothing_elsewhere(void **state) {
    struct world *world = *state;
    fixture_pass_ms(&world->core, 60001);
    expect_same(world, world->brief, "PATCH /v2/other/hidden/i/uploads/u\n\nx",
                "PATCH /v2/other/no-such/i/uploads/u\n\nx");
    expect_same(world, world->brief, "PATCH /v2/other/hidden/i/uploads/u\n\nx",
                "PATCH /v2/no-such/hidden/i/uploads/u\n\nx");
    world_expect(world, world->brief, "PATCH /v2/other/hidden/i/uploads/u\n\nx", 401, NULL);
}

static void test_exchange_access__resuming_with_a_current_token_is_decided(void **state) {
    struct world *world = *state;
    world_expect(world, world->all, "PATCH /v2/org/secret/i/uploads/u\n\nx", 200, NULL);
    world_expect(world, world->reads, "PATCH /v2/org/secret/i/uploads/u\n\nx", 403, NULL);
    world_expect(world, world->stranger, "PATCH /v2/org/secret/i/uploads/u\n\nx", 404, NULL);
}

static void test_exchange_access__a_deleted_registry_is_gone_at_once(void **state) {
    struct world *world = *state;
    world_expect(world, world->all, "GET /org/secret/things/a\n\n", 200, NULL);
    assert_int_equal(core_registry_delete(world->core.core, &core_actor_host, world->secret, NULL), LREG_OK);
    world_expect(world, world->all, "GET /org/secret/things/a\n\n", 404, NULL);
}
