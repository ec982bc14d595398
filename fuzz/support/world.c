/* SPDX-License-Identifier: Apache-2.0 */

/* Makes the instance that scripts talk to. Tokens are expensive, so each is made at its first use. Keys that sign
 * indexes are expensive too, so all registries share one. */

#include "support/world.h"

#include "support/fuzzer.h"

#include <mbedtls/rsa.h>
#include <sqlite3.h>
#include <stdio.h>

#define KEY_BITS 2048
#define NOW_MS INT64_C(1795230245678) /* 2026-11-21T03:04:05.678Z */

static int64_t now_ms(void *user) {
    struct world *world = user;
    world->now_ms += 1;
    return world->now_ms;
}

static lreg_status fill(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    struct world *world = user;
    for (size_t i = 0; i < length; i++) {
        world->random = world->random * 1664525u + 1013904223u;
        ((uint8_t *)bytes)[i] = (uint8_t)(world->random >> 24);
    }
    return LREG_OK;
}

typedef int random_function(void *user, unsigned char *bytes, size_t length);
/* The names that the linker's --wrap expects. */
int make_real_key(mbedtls_rsa_context *key, random_function *random, void *user, unsigned bits,
                  int exponent) __asm__("__real_mbedtls_rsa_gen_key");
int make_key(mbedtls_rsa_context *key, random_function *random, void *user, unsigned bits,
             int exponent) __asm__("__wrap_mbedtls_rsa_gen_key");

static int fill_key(void *user, unsigned char *bytes, size_t length) {
    return fill(user, bytes, length, NULL) == LREG_OK ? 0 : MBEDTLS_ERR_RSA_RNG_FAILED;
}

/* Replaces the Mbed TLS function (the linker wraps it): a key would take a second for each input that requests an
 * index. */
int make_key(mbedtls_rsa_context *key, random_function *random, void *user, unsigned bits, int exponent) {
    static mbedtls_rsa_context once;
    (void)random;
    (void)user;
    (void)bits;
    if (mbedtls_rsa_get_len(&once) == 0) {
        struct world source = {.random = 2};
        mbedtls_rsa_init(&once, MBEDTLS_RSA_PKCS_V15, 0);
        expect(make_real_key(&once, fill_key, &source, KEY_BITS, exponent) == 0);
    }
    return mbedtls_rsa_copy(key, &once);
}

static void make_organization(struct world *world) {
    lreg_organization_settings *settings = NULL;
    expect(lreg_organization_settings_new(&settings, NULL) == LREG_OK);
    expect(lreg_organization_settings_set_slug(settings, "acme", NULL) == LREG_OK);
    expect(lreg_organization_create(world->instance, settings, NULL, NULL) == LREG_OK);
    lreg_organization_settings_free(settings);
}

static void make_registry(struct world *world, const char *name, const char *ecosystem) {
    lreg_registry_settings *settings = NULL;
    expect(lreg_registry_settings_new(&settings, NULL) == LREG_OK);
    expect(lreg_registry_settings_set_name(settings, name, NULL) == LREG_OK);
    expect(lreg_registry_settings_set_ecosystem(settings, ecosystem, NULL) == LREG_OK);
    expect(lreg_registry_create(world->instance, "acme", settings, NULL, NULL) == LREG_OK);
    lreg_registry_settings_free(settings);
}

void world_open(struct world *world, const lreg_storage_backend *backend, void *state) {
    lreg_options *options = NULL;
    *world = (struct world){.now_ms = NOW_MS, .random = 1};
    const lreg_clock clock = {.size = sizeof clock, .user = world, .now_ms = now_ms, .uptime_ms = now_ms};
    const lreg_random source = {.size = sizeof source, .user = world, .fill = fill};
    expect(lreg_options_new(&options, NULL) == LREG_OK);
    expect(lreg_options_set_clock(options, &clock, NULL) == LREG_OK);
    expect(lreg_options_set_random(options, &source, NULL) == LREG_OK);
    if (backend != NULL) {
        expect(lreg_options_set_storage(options, "hostile", backend, state, NULL) == LREG_OK);
    }
    expect(lreg_open(options, &world->instance, NULL) == LREG_OK);
    lreg_options_free(options);
    make_organization(world);
    make_registry(world, "files", "files");
    make_registry(world, "alpine", "alpine");
    make_registry(world, "images", "container");
    expect(lreg_exchange_new(world->instance, &world->exchange, NULL) == LREG_OK);
}

void world_close(struct world *world) {
    lreg_exchange_free(world->exchange);
    lreg_close(world->instance);
    expect(sqlite3_memory_used() == 0);
}

#define ALL_SCOPES                                                                                     \
    "read_packages,write_packages,delete_packages,read_registries,write_registries,delete_registries," \
    "read_metrics"

static lreg_status make_token(struct world *world, enum world_who who, lreg_token **out) {
    static const char *const scopes[WORLD_WHO_COUNT] = {[WORLD_OWNER] = ALL_SCOPES,
                                                        [WORLD_READER] = "read_packages,read_registries",
                                                        [WORLD_PUBLISHER] = "write_packages"};
    lreg_token_settings *settings = NULL;
    lreg_registry *registry = NULL;
    lreg_status status = lreg_token_settings_new(&settings, NULL);
    if (status == LREG_OK && who == WORLD_REGISTRY) {
        status = lreg_registry_find(world->instance, "acme", "images", &registry, NULL);
        if (status == LREG_OK) {
            status = lreg_registry_token_create(world->instance, registry, settings, out, NULL);
        }
    } else if (status == LREG_OK) {
        status = lreg_token_settings_set_scopes(settings, scopes[who], NULL);
        if (status == LREG_OK) {
            status = lreg_token_create(world->instance, "acme", settings, out, NULL);
        }
    }
    lreg_registry_free(registry);
    lreg_token_settings_free(settings);
    return status;
}

const char *world_authorization(struct world *world, enum world_who who) {
    char *text = world->authorization[who];
    lreg_token *token = NULL;
    if (text[0] == '\0' && who != WORLD_NOBODY && make_token(world, who, &token) == LREG_OK) {
        (void)snprintf(text, sizeof world->authorization[who], "Bearer %s", lreg_token_secret(token));
        lreg_token_free(token);
    }
    return text;
}
