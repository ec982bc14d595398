/* SPDX-License-Identifier: Apache-2.0 */

/* registryctl registry … */

#include "registryctl.h"

#include <stdio.h>
#include <string.h>

static void print_row(const lreg_registry *registry) {
    printf("%s/%s  %s  %s  %s\n", lreg_registry_organization_slug(registry), lreg_registry_slug(registry),
           lreg_registry_ecosystem(registry), lreg_registry_is_public(registry) ? "public" : "private",
           lreg_registry_name(registry));
}

/* Prints one and frees it. */
static int print_one(const struct invocation *invocation, lreg_registry *registry) {
    int result = EXIT_DONE;
    if (invocation->json) {
        result = print_json(json_of_registry(registry));
    } else {
        print_row(registry);
    }
    lreg_registry_free(registry);
    return result;
}

/* Options that set a text. */
static const struct {
    const char *option;
    lreg_status (*set)(lreg_registry_settings *settings, const char *value, lreg_error **error);
} texts[] = {
    {"name", lreg_registry_settings_set_name},   {"slug", lreg_registry_settings_set_slug},
    {"emoji", lreg_registry_settings_set_emoji}, {"description", lreg_registry_settings_set_description},
    {"color", lreg_registry_settings_set_color}, {"ecosystem", lreg_registry_settings_set_ecosystem},
};

/* Options that set a switch. */
static const struct {
    const char *option;
    lreg_status (*set)(lreg_registry_settings *settings, lreg_bool value, lreg_error **error);
    lreg_bool value;
} switches[] = {
    {"public", lreg_registry_settings_set_public, 1},
    {"private", lreg_registry_settings_set_public, 0},
    {"allow-overwrite", lreg_registry_settings_set_allow_overwrite, 1},
    {"refuse-overwrite", lreg_registry_settings_set_allow_overwrite, 0},
    {"strict-names", lreg_registry_settings_set_strict_names, 1},
    {"any-names", lreg_registry_settings_set_strict_names, 0},
};

static lreg_status read_settings(const struct invocation *invocation, lreg_registry_settings *settings,
                                 lreg_error **error) {
    const char *json = option_of(invocation, "settings");
    lreg_status status = json == NULL ? LREG_OK : lreg_registry_settings_set_json(settings, json, error);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == LREG_OK; i++) {
        const char *value = option_of(invocation, texts[i].option);
        if (value != NULL) {
            status = texts[i].set(settings, value, error);
        }
    }
    for (size_t i = 0; i < sizeof switches / sizeof switches[0] && status == LREG_OK; i++) {
        if (option_of(invocation, switches[i].option) != NULL) {
            status = switches[i].set(settings, switches[i].value, error);
        }
    }
    return status;
}

static int create(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_registry_settings *settings = NULL;
    lreg_registry *registry = NULL;
    lreg_status status = lreg_registry_settings_new(&settings, &error);
    if (status == LREG_OK) {
        status = lreg_registry_settings_set_name(settings, invocation->words[1], &error);
    }
    if (status == LREG_OK) {
        status = read_settings(invocation, settings, &error);
    }
    if (status == LREG_OK) {
        status = lreg_registry_create(invocation->instance, invocation->words[0], settings, &registry, &error);
    }
    lreg_registry_settings_free(settings);
    return status == LREG_OK ? print_one(invocation, registry) : fail_with(error);
}

static int show(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_registry *registry = NULL;
    if (lreg_registry_find(invocation->instance, invocation->words[0], invocation->words[1], &registry, &error) !=
        LREG_OK) {
        return fail_with(error);
    }
    return print_one(invocation, registry);
}

static int update(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_registry_settings *settings = NULL;
    lreg_registry *registry = NULL;
    lreg_registry *changed = NULL;
    lreg_status status =
        lreg_registry_find(invocation->instance, invocation->words[0], invocation->words[1], &registry, &error);
    if (status == LREG_OK) {
        status = lreg_registry_settings_new(&settings, &error);
    }
    if (status == LREG_OK) {
        status = read_settings(invocation, settings, &error);
    }
    if (status == LREG_OK) {
        status = lreg_registry_update(invocation->instance, registry, settings, &changed, &error);
    }
    lreg_registry_settings_free(settings);
    lreg_registry_free(registry);
    return status == LREG_OK ? print_one(invocation, changed) : fail_with(error);
}

static int list(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_registry_list *registries = NULL;
    lreg_registry *registry = NULL;
    json_t *values = json_array();
    lreg_status status = lreg_registry_list_open(invocation->instance, invocation->words[0], NULL, &registries, &error);
    while (status == LREG_OK) {
        status = lreg_registry_list_next(registries, &registry, &error);
        if (registry == NULL) {
            break;
        }
        if (invocation->json) {
            json_array_append_new(values, json_of_registry(registry));
        } else {
            print_row(registry);
        }
        lreg_registry_free(registry);
        registry = NULL;
    }
    lreg_registry_list_close(registries);
    return end_listing(invocation, status, values, error);
}

/* As on the web pages: the name has to be repeated exactly. */
static int delete_registry(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_registry *registry = NULL;
    const char *confirmation = option_of(invocation, "confirm");
    lreg_status status =
        lreg_registry_find(invocation->instance, invocation->words[0], invocation->words[1], &registry, &error);
    if (status != LREG_OK) {
        return fail_with(error);
    }
    if (confirmation == NULL || strcmp(confirmation, lreg_registry_name(registry)) != 0) {
        int result = fail_with_text("this deletes all packages of the registry; confirm with --confirm \"%s\"",
                                    lreg_registry_name(registry));
        lreg_registry_free(registry);
        return result;
    }
    status = lreg_registry_delete(invocation->instance, registry, &error);
    lreg_registry_free(registry);
    return status == LREG_OK ? print_deleted(invocation, invocation->words[1]) : fail_with(error);
}

#define SETTINGS                                                                                                     \
    "name=,slug=,description=,emoji=,color=,public,private,allow-overwrite,refuse-overwrite,strict-names,any-names," \
    "settings="

const struct command registry_commands[] = {
    {"registry create",
     "ORG NAME --ecosystem files|alpine|container [--public] [--slug SLUG] [--description TEXT]\n"
     "    [--emoji TEXT] [--color #RRGGBB] [--allow-overwrite] [--strict-names] [--settings JSON]",
     "create a registry", "ecosystem=," SETTINGS, 2, 2, create, false},
    {"registry list", "ORG", "list an organization's registries", NULL, 1, 1, list, false},
    {"registry show", "ORG REGISTRY", "show a registry", NULL, 2, 2, show, false},
    {"registry update",
     "ORG REGISTRY [--name NAME] [--slug SLUG] [--description TEXT] [--emoji TEXT] [--color #RRGGBB]\n"
     "    [--public|--private] [--allow-overwrite|--refuse-overwrite] [--strict-names|--any-names]\n"
     "    [--settings JSON]",
     "change settings of a registry", SETTINGS, 2, 2, update, false},
    {"registry delete", "ORG REGISTRY --confirm NAME", "delete a registry with all its packages", "confirm=", 2, 2,
     delete_registry, false},
    {0},
};
