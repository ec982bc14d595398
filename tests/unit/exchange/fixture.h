/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_DISPATCH_FIXTURE_H
#define UNIT_DISPATCH_FIXTURE_H

/* Made-up surfaces over an instance in memory: organizations "org" and "other", registries and tokens. */

#include "unit/core/fixture.h"
#include "unit/exchange/public_shim.h"
#include "unit/exchange/surfaces.h"

#include "support/http_script.h"

#define BEARER_ROOM 100

struct world {
    struct fixture core;
    const struct core_organization *org;
    const struct core_organization *other;
    const struct core_registry *secret; /* private, of org; "public" is its public sister */
    struct dispatcher *dispatcher;
    struct http_script script;
    char all[BEARER_ROOM]; /* "Bearer …": API token of org with all scopes */
    char reads[BEARER_ROOM]; /* of org, read_packages */
    char stranger[BEARER_ROOM]; /* of other, all scopes */
    char registry[BEARER_ROOM]; /* registry token of secret */
    char brief[BEARER_ROOM]; /* of org, all scopes, ends in a minute */
};

static inline void world_token(struct world *world, const struct core_organization *organization, uint32_t scopes,
                               int64_t expires_ms, char out[BEARER_ROOM]) {
    const struct core_token *token = NULL;
    assert_int_equal(core_token_create_api(world->core.core, &core_actor_host, organization, "test", scopes, expires_ms,
                                           &token, NULL),
                     LREG_OK);
    snprintf(out, BEARER_ROOM, "Bearer %s", token->secret);
    core_token_release(token);
}

static inline void world_registry_token(struct world *world) {
    const struct core_token *token = NULL;
    assert_int_equal(
        core_token_create_registry(world->core.core, &core_actor_host, world->secret, "test", &token, NULL), LREG_OK);
    snprintf(world->registry, BEARER_ROOM, "Bearer %s", token->secret);
    core_token_release(token);
}

static inline void world_fill(struct world *world) {
    struct core *core = world->core.core;
    world->org = fixture_organization(core, "org");
    world->other = fixture_organization(core, "other");
    world->secret = fixture_registry(core, world->org, "secret", false);
    core_registry_release(fixture_registry(core, world->org, "public", true));
    core_registry_release(fixture_registry(core, world->other, "hidden", false));
    world_token(world, world->org, AUTH_ALL_SCOPES, 0, world->all);
    world_token(world, world->org, AUTH_READ_PACKAGES, 0, world->reads);
    world_token(world, world->other, AUTH_ALL_SCOPES, 0, world->stranger);
    world_token(world, world->org, AUTH_ALL_SCOPES, FIXTURE_NOW + 60000, world->brief);
    world_registry_token(world);
}

static inline void world_start(struct world *world) {
    open_sinks = 0;
    fixture_reopen(&world->core);
    world_fill(world);
    struct error err;
    if (dispatcher_new(world->core.core, all_surfaces, &world->dispatcher, &err) != LREG_OK) {
        fail_msg("dispatcher_new: %s", err.message);
    }
    world->script = (struct http_script){.instance = (lreg_instance *)world->dispatcher};
}

static inline void world_end(struct world *world) {
    assert_int_equal(open_sinks, 0);
    dispatcher_release(world->dispatcher);
    core_registry_release(world->secret);
    core_organization_release(world->other);
    core_organization_release(world->org);
    fixture_close(&world->core);
}

static inline int world_setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    fixture_prepare(&world->core);
    world_start(world);
    *state = world;
    return 0;
}

static inline int world_teardown(void **state) {
    world_end(*state);
    free(*state);
    return 0;
}

/* Runs a request with `authorization` (may be NULL) and compares status and body. */
static inline void world_expect(struct world *world, const char *authorization, const char *request, int status,
                                const char *body) {
    world->script.authorization = authorization;
    struct http_answer *answer = http_script_run(&world->script, request);
    world->script.authorization = NULL;
    if (answer->status != status || (body != NULL && strcmp(answer->body, body) != 0)) {
        fail_msg("%s\ngave:\n%s\nand not %d %s", request, answer->text, status, body != NULL ? body : "");
    }
    http_answer_free(answer);
}

/* An exchange of its own, for tests of phases. */
static inline struct exchange *world_exchange(struct world *world, const char *method, const char *target) {
    struct exchange *exchange = NULL;
    assert_int_equal(exchange_new(world->dispatcher, &exchange, NULL), LREG_OK);
    assert_int_equal(exchange_set_request(exchange, method, target, NULL), LREG_OK);
    return exchange;
}

#endif
