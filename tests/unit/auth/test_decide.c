/* SPDX-License-Identifier: Apache-2.0 */
/* The access decision: every kind of principal, every action, every kind of target. */
#include "auth/auth.h"

#include <stdlib.h>

#define ORGANIZATION "0190aaaa-0000-7000-8000-000000000001"
#define OTHER_ORGANIZATION "0190aaaa-0000-7000-8000-000000000002"
#define REGISTRY "0190aaaa-0000-7000-8000-000000000011"
#define OTHER_REGISTRY "0190aaaa-0000-7000-8000-000000000012"
#define TOKEN "0190aaaa-0000-7000-8000-000000000021"
#define NOW 1795230245678 /* 2026-11-21T03:04:05.678Z */

enum who {
    NOBODY,
    HOST,
    API_ALL, /* of the organization, with all scopes */
    API_NONE, /* of the organization, without a scope */
    API_ELSEWHERE, /* of another organization, with all scopes */
    TOKEN_HERE, /* registry token of the registry */
    TOKEN_BESIDE, /* of another registry of the organization */
    TOKEN_ELSEWHERE /* of a registry of another organization */
};
enum where {
    NOTHING,
    ORGANIZATION_ITSELF,
    PRIVATE,
    PUBLIC
};

static struct auth_principal principal_of(enum who who) {
    struct auth_principal principal = {.kind = AUTH_API_TOKEN, .token_id = TOKEN, .organization_id = ORGANIZATION};
    if (who == NOBODY || who == HOST) {
        return (struct auth_principal){.kind = who == HOST ? AUTH_HOST : AUTH_NOBODY};
    }
    if (who == API_ELSEWHERE || who == TOKEN_ELSEWHERE) {
        snprintf(principal.organization_id, ID_TEXT, "%s", OTHER_ORGANIZATION);
    }
    if (who == API_ALL || who == API_ELSEWHERE) {
        principal.scopes = AUTH_ALL_SCOPES;
    }
    if (who >= TOKEN_HERE) {
        principal.kind = AUTH_REGISTRY_TOKEN;
        snprintf(principal.registry_id, ID_TEXT, "%s", who == TOKEN_HERE ? REGISTRY : OTHER_REGISTRY);
    }
    return principal;
}

static struct auth_target target_of(enum where where) {
    return (struct auth_target){.organization_id = ORGANIZATION,
                                .registry_id = where == ORGANIZATION_ITSELF ? NULL : REGISTRY,
                                .is_public = where == PUBLIC};
}

static lreg_status decide(const struct auth_principal *principal, enum auth_action action, enum where where,
                          struct error *err) {
    struct auth_target target = target_of(where);
    return auth_decide(principal, action, where == NOTHING ? NULL : &target, NOW, err);
}

static char letter_of(lreg_status status) {
    switch (status) {
    case LREG_OK:
        return '+';
    case LREG_UNAUTHENTICATED:
        return '?';
    case LREG_FORBIDDEN:
        return '!';
    case LREG_NOT_FOUND:
        return '0';
    default:
        return 'X';
    }
}

/* + allowed, ? 401, ! 403, 0 404; in the order of enum auth_action:
 * none, authenticated, read, probe, write, delete packages, read, write, delete registries, read metrics */
static const struct {
    enum who who;
    enum where where;
    const char *expected;
} table[] = {
    {NOBODY, NOTHING, "+?????????"},
    {NOBODY, ORGANIZATION_ITSELF, "+?????????"},
    {NOBODY, PRIVATE, "+?????????"},
    {NOBODY, PUBLIC, "+?++??????"},
    {HOST, NOTHING, "++++++++++"},
    {HOST, ORGANIZATION_ITSELF, "++++++++++"},
    {HOST, PRIVATE, "++++++++++"},
    {HOST, PUBLIC, "++++++++++"},
    {API_ALL, NOTHING, "++0000000+"},
    {API_ALL, ORGANIZATION_ITSELF, "++++++++++"},
    {API_ALL, PRIVATE, "++++++++++"},
    {API_ALL, PUBLIC, "++++++++++"},
    {API_NONE, NOTHING, "++0000000!"},
    {API_NONE, ORGANIZATION_ITSELF, "++!!!!!!!!"},
    {API_NONE, PRIVATE, "++!!!!!!!!"},
    {API_NONE, PUBLIC, "++++!!!!!!"},
    {API_ELSEWHERE, NOTHING, "++0000000+"},
    {API_ELSEWHERE, ORGANIZATION_ITSELF, "++0000000+"},
    {API_ELSEWHERE, PRIVATE, "++0000000+"},
    {API_ELSEWHERE, PUBLIC, "++++!!!!!+"},
    {TOKEN_HERE, NOTHING, "++0000000!"},
    {TOKEN_HERE, ORGANIZATION_ITSELF, "++!!!!!!!!"},
    {TOKEN_HERE, PRIVATE, "++++!!!!!!"},
    {TOKEN_HERE, PUBLIC, "++++!!!!!!"},
    {TOKEN_BESIDE, NOTHING, "++0000000!"},
    {TOKEN_BESIDE, ORGANIZATION_ITSELF, "++!!!!!!!!"},
    {TOKEN_BESIDE, PRIVATE, "++0000000!"},
    {TOKEN_BESIDE, PUBLIC, "++++!!!!!!"},
    {TOKEN_ELSEWHERE, NOTHING, "++0000000!"},
    {TOKEN_ELSEWHERE, ORGANIZATION_ITSELF, "++0000000!"},
    {TOKEN_ELSEWHERE, PRIVATE, "++0000000!"},
    {TOKEN_ELSEWHERE, PUBLIC, "++++!!!!!!"},
};

static void test_auth_decide__each_kind_action_and_target_has_its_answer(void **state) {
    (void)state;
    assert_int_equal(sizeof(table) / sizeof(table[0]), 8 * 4);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct auth_principal principal = principal_of(table[i].who);
        char got[AUTH_ACTION_READ_METRICS + 2] = "";
        for (int action = AUTH_ACTION_NONE; action <= AUTH_ACTION_READ_METRICS; action++) {
            got[action] = letter_of(decide(&principal, (enum auth_action)action, table[i].where, NULL));
        }
        if (strcmp(got, table[i].expected) != 0) {
            fail_msg("row %zu: %s instead of %s", i, got, table[i].expected);
        }
    }
}

static const struct {
    enum auth_action action;
    uint32_t enough; /* each of these scopes alone suffices */
    const char *named;
} wanted[] = {
    {AUTH_ACTION_READ_PACKAGES, AUTH_READ_PACKAGES, "read_packages"},
    {AUTH_ACTION_PROBE_PACKAGES, AUTH_READ_PACKAGES | AUTH_WRITE_PACKAGES, "read_packages"},
    {AUTH_ACTION_WRITE_PACKAGES, AUTH_WRITE_PACKAGES, "write_packages"},
    {AUTH_ACTION_DELETE_PACKAGES, AUTH_DELETE_PACKAGES, "delete_packages"},
    {AUTH_ACTION_READ_REGISTRIES, AUTH_READ_REGISTRIES, "read_registries"},
    {AUTH_ACTION_WRITE_REGISTRIES, AUTH_WRITE_REGISTRIES, "write_registries"},
    {AUTH_ACTION_DELETE_REGISTRIES, AUTH_DELETE_REGISTRIES, "delete_registries"},
};

static void test_auth_decide__every_set_of_scopes_allows_what_it_says(void **state) {
    (void)state;
    struct auth_principal principal = principal_of(API_NONE);
    for (uint32_t scopes = 0; scopes <= AUTH_ALL_SCOPES; scopes++) {
        principal.scopes = scopes;
        for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
            lreg_status expected = (scopes & wanted[i].enough) != 0 ? LREG_OK : LREG_FORBIDDEN;
            assert_int_equal(decide(&principal, wanted[i].action, PRIVATE, NULL), expected);
            assert_int_equal(decide(&principal, wanted[i].action, ORGANIZATION_ITSELF, NULL), expected);
        }
    }
}

static void test_auth_decide__a_missing_scope_is_named(void **state) {
    (void)state;
    static const enum who lacking[] = {API_NONE, TOKEN_HERE};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        for (size_t j = 0; j < 2; j++) {
            struct auth_principal principal = principal_of(lacking[j]);
            struct error err = {0};
            char expected[80];
            if (decide(&principal, wanted[i].action, PRIVATE, &err) == LREG_OK) {
                continue;
            }
            snprintf(expected, sizeof(expected), "this token lacks the scope %s", wanted[i].named);
            assert_string_equal(err.message, expected);
            assert_string_equal(err.code, "missing_scope");
        }
    }
}

static void test_auth_decide__an_expired_principal_gets_nothing_but_what_is_open(void **state) {
    (void)state;
    for (enum who who = NOBODY; who <= TOKEN_ELSEWHERE; who++) {
        struct auth_principal principal = principal_of(who);
        principal.expires_ms = NOW;
        for (int action = AUTH_ACTION_AUTHENTICATED; action <= AUTH_ACTION_DELETE_REGISTRIES; action++) {
            struct error err = {0};
            lreg_status status = decide(&principal, (enum auth_action)action, PUBLIC, &err);
            assert_int_equal(status, who == HOST ? LREG_OK : LREG_UNAUTHENTICATED);
            assert_string_equal(err.message, who == HOST ? "" : "token expired at 2026-11-21T03:04:05.678Z");
        }
        assert_int_equal(decide(&principal, AUTH_ACTION_NONE, PUBLIC, NULL), LREG_OK);
    }
}

static void test_auth_decide__a_token_is_good_until_its_last_millisecond(void **state) {
    (void)state;
    struct auth_principal principal = principal_of(API_ALL);
    struct error err = {0};
    principal.expires_ms = NOW + 1;
    assert_int_equal(decide(&principal, AUTH_ACTION_READ_PACKAGES, PRIVATE, NULL), LREG_OK);
    principal.expires_ms = NOW;
    assert_int_equal(decide(&principal, AUTH_ACTION_READ_PACKAGES, PRIVATE, &err), LREG_UNAUTHENTICATED);
    assert_string_equal(err.code, "expired_token");
}

static void test_auth_decide__empty_ids_belong_to_nothing(void **state) {
    (void)state;
    struct auth_principal principal = {.kind = AUTH_API_TOKEN, .scopes = AUTH_ALL_SCOPES};
    struct auth_target target = {.organization_id = "", .registry_id = ""};
    assert_int_equal(auth_decide(&principal, AUTH_ACTION_READ_PACKAGES, &target, NOW, NULL), LREG_NOT_FOUND);
    principal.kind = AUTH_REGISTRY_TOKEN;
    assert_int_equal(auth_decide(&principal, AUTH_ACTION_READ_PACKAGES, &target, NOW, NULL), LREG_NOT_FOUND);
}
