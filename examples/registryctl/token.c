/* SPDX-License-Identifier: Apache-2.0 */

/* registryctl token … */

#include "registryctl.h"

#include <stdio.h>

static json_t *json_of(const lreg_token *token) {
    char created[TIME_TEXT];
    char expires[TIME_TEXT];
    json_t *value = json_pack(
        "{s:s, s:s, s:s, s:s, s:o}", "id", lreg_token_id(token), "description", lreg_token_description(token), "scopes",
        lreg_token_scopes(token), "created_at", time_text(lreg_token_created_ms(token), created), "expires_at",
        lreg_token_expires_ms(token) == 0 ? json_null()
                                          : json_string(time_text(lreg_token_expires_ms(token), expires)));
    if (value != NULL && lreg_token_secret(token)[0] != '\0') {
        json_object_set_new(value, "token", json_string(lreg_token_secret(token)));
    }
    return value;
}

/* A secret is printed alone on its line, so that a script can read it. */
static int print_secret(const struct invocation *invocation, lreg_token *token) {
    int result = EXIT_DONE;
    if (invocation->json) {
        result = print_json(json_of(token));
    } else {
        puts(lreg_token_secret(token));
    }
    lreg_token_free(token);
    return result;
}

static lreg_status make_settings(const struct invocation *invocation, const char *scopes, int64_t expires_s,
                                 lreg_token_settings **out, lreg_error **error) {
    const char *description = option_of(invocation, "description");
    lreg_status status = lreg_token_settings_new(out, error);
    if (status == LREG_OK) {
        status = lreg_token_settings_set_description(*out, description == NULL ? "registryctl" : description, error);
    }
    if (status == LREG_OK) {
        status = lreg_token_settings_set_scopes(*out, scopes, error);
    }
    return status == LREG_OK ? lreg_token_settings_set_expires_ms(*out, expires_s * 1000, error) : status;
}

static int create(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_token_settings *settings = NULL;
    lreg_token *token = NULL;
    int64_t expires_s = 0;
    const char *scopes = option_of(invocation, "scopes");
    if (scopes == NULL) {
        fail_with_text("which --scopes? such as read_packages,write_packages");
        return EXIT_USAGE;
    }
    if (!option_number(invocation, "expires", &expires_s)) {
        return EXIT_USAGE;
    }
    lreg_status status = make_settings(invocation, scopes, expires_s, &settings, &error);
    if (status == LREG_OK) {
        status = lreg_token_create(invocation->instance, invocation->words[0], settings, &token, &error);
    }
    lreg_token_settings_free(settings);
    return status == LREG_OK ? print_secret(invocation, token) : fail_with(error);
}

static int create_for_registry(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_token_settings *settings = NULL;
    lreg_registry *registry = NULL;
    lreg_token *token = NULL;
    lreg_status status = make_settings(invocation, NULL, 0, &settings, &error);
    if (status == LREG_OK) {
        status =
            lreg_registry_find(invocation->instance, invocation->words[0], invocation->words[1], &registry, &error);
    }
    if (status == LREG_OK) {
        status = lreg_registry_token_create(invocation->instance, registry, settings, &token, &error);
    }
    lreg_token_settings_free(settings);
    lreg_registry_free(registry);
    return status == LREG_OK ? print_secret(invocation, token) : fail_with(error);
}

/* The registry that the second word names; NULL without one. */
static lreg_status find_registry(const struct invocation *invocation, const char *slug, lreg_registry **out,
                                 lreg_error **error) {
    *out = NULL;
    if (slug == NULL) {
        return LREG_OK;
    }
    return lreg_registry_find(invocation->instance, invocation->words[0], slug, out, error);
}

static void print_row(const lreg_token *token) {
    char created[TIME_TEXT];
    printf("%s  %s  %s  %s\n", lreg_token_id(token), time_text(lreg_token_created_ms(token), created),
           or_dash(lreg_token_scopes(token)), or_dash(lreg_token_description(token)));
}

static int list(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_registry *registry = NULL;
    lreg_token_list *tokens = NULL;
    lreg_token *token = NULL;
    json_t *values = json_array();
    lreg_status status =
        find_registry(invocation, invocation->word_count > 1 ? invocation->words[1] : NULL, &registry, &error);
    if (status == LREG_OK) {
        status = registry == NULL
                     ? lreg_token_list_open(invocation->instance, invocation->words[0], NULL, &tokens, &error)
                     : lreg_registry_token_list_open(invocation->instance, registry, NULL, &tokens, &error);
    }
    while (status == LREG_OK) {
        status = lreg_token_list_next(tokens, &token, &error);
        if (token == NULL) {
            break;
        }
        if (invocation->json) {
            json_array_append_new(values, json_of(token));
        } else {
            print_row(token);
        }
        lreg_token_free(token);
        token = NULL;
    }
    lreg_token_list_close(tokens);
    lreg_registry_free(registry);
    return end_listing(invocation, status, values, error);
}

/* The token that the last word names, of the organization or of the registry in between. */
static lreg_status find_token(const struct invocation *invocation, lreg_token **out, lreg_error **error) {
    lreg_registry *registry = NULL;
    const char *id = invocation->words[invocation->word_count - 1];
    lreg_status status =
        find_registry(invocation, invocation->word_count > 2 ? invocation->words[1] : NULL, &registry, error);
    if (status == LREG_OK) {
        status = registry == NULL ? lreg_token_find(invocation->instance, invocation->words[0], id, out, error)
                                  : lreg_registry_token_find(invocation->instance, registry, id, out, error);
    }
    lreg_registry_free(registry);
    return status;
}

static int reveal(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_token *token = NULL;
    lreg_token *shown = NULL;
    lreg_status status = find_token(invocation, &token, &error);
    if (status == LREG_OK) {
        status = lreg_token_reveal(invocation->instance, token, &shown, &error);
    }
    lreg_token_free(token);
    return status == LREG_OK ? print_secret(invocation, shown) : fail_with(error);
}

static int delete_token(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_token *token = NULL;
    lreg_status status = find_token(invocation, &token, &error);
    if (status == LREG_OK) {
        status = lreg_token_delete(invocation->instance, token, &error);
    }
    lreg_token_free(token);
    return status == LREG_OK ? print_deleted(invocation, invocation->words[invocation->word_count - 1])
                             : fail_with(error);
}

const struct command token_commands[] = {
    {"token create-registry", "ORG REGISTRY [--description TEXT]", "create a registry token: it reads one registry",
     "description=", 2, 2, create_for_registry, false},
    {"token create", "ORG --scopes SCOPE,... [--description TEXT] [--expires UNIX-SECONDS]",
     "create an API access token; it is shown this once", "scopes=,description=,expires=", 1, 1, create, false},
    {"token list", "ORG [REGISTRY]", "list API access tokens, or the tokens of a registry", NULL, 1, 2, list, false},
    {"token reveal", "ORG REGISTRY ID", "print the secret of a registry token again; the audit log has it", NULL, 3, 3,
     reveal, false},
    {"token delete", "ORG [REGISTRY] ID", "delete a token", NULL, 2, 3, delete_token, false},
    {0},
};
