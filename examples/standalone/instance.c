/* SPDX-License-Identifier: Apache-2.0 */

/* Opens the library's instance, with registryd's options and those of --set. */

#include "instance.h"

#include "log.h"
#include "workers.h"

#include <stdio.h>
#include <string.h>

#define ALL_SCOPES                                                                                     \
    "read_packages,write_packages,delete_packages,read_registries,write_registries,delete_registries," \
    "read_metrics"

static int32_t lend_thread(void *user, void (*task)(void *argument), void *argument) {
    const struct server *server = user;
    return workers_lend(server->workers, task, argument) ? 1 : 0;
}

/* "NAME=VALUE". */
static lreg_status set_setting(lreg_options *library, const char *setting, lreg_error **error) {
    char name[64];
    size_t length = strcspn(setting, "=");
    const char *value = setting[length] == '=' ? setting + length + 1 : "";
    (void)snprintf(name, sizeof name, "%.*s", length < sizeof name ? (int)length : 0, setting);
    return lreg_options_set(library, name, value, error);
}

static lreg_status set_forwarded(lreg_options *library, const struct options *options, lreg_error **error) {
    bool is_rfc7239 = options->forwarded_header != NULL && strcmp(options->forwarded_header, "forwarded") == 0;
    int32_t header = is_rfc7239 ? LREG_FORWARDED_HEADER_FORWARDED : LREG_FORWARDED_HEADER_X_FORWARDED;
    lreg_status status = lreg_options_set_forwarded_header(library, header, error);
    return status == LREG_OK ? lreg_options_set_forwarded_hops(library, (int32_t)options->forwarded_hops, error)
                             : status;
}

/* The settings of --set come first, so that registryd's own options override them. */
static lreg_status set_options(lreg_options *library, struct server *server, lreg_error **error) {
    const struct options *options = server->options;
    const lreg_executor executor = {.size = sizeof executor, .user = server, .run = lend_thread};
    lreg_log log = log_hook(options->log_level);
    lreg_status status = lreg_options_set_log(library, &log, error);
    for (size_t i = 0; i < options->settings.count && status == LREG_OK; i++) {
        status = set_setting(library, options->settings.items[i], error);
    }
    if (status == LREG_OK) {
        status = lreg_options_set_executor(library, &executor, error);
    }
    if (status == LREG_OK) {
        status = lreg_options_set_directory(library, options->data, error); /* NULL: in memory */
    }
    if (status == LREG_OK && options->base_url != NULL) {
        status = lreg_options_set_base_url(library, options->base_url, error);
    }
    if (status == LREG_OK) {
        status = set_forwarded(library, options, error);
    }
    if (status == LREG_OK && options->metrics != NULL) {
        status = lreg_options_set(library, "metrics-access", options->metrics, error);
    }
    if (status == LREG_OK && options->is_without_sync) {
        status = lreg_options_set_durable(library, 0, error);
    }
    return status;
}

static bool open_library(struct server *server) {
    lreg_options *library = NULL;
    lreg_error *error = NULL;
    lreg_status status = lreg_options_new(&library, &error);
    if (status == LREG_OK) {
        status = set_options(library, server, &error);
    }
    if (status == LREG_OK) {
        status = lreg_open(library, &server->instance, &error);
    }
    lreg_options_free(library);
    if (status != LREG_OK) {
        complain_of("cannot open the registry", status, error);
    }
    return status == LREG_OK;
}

/* Has the library check the mount once, before the first request. */
static bool check_mount(const struct server *server) {
    lreg_exchange *exchange = NULL;
    lreg_error *error = NULL;
    if (server->options->mount == NULL) {
        return true;
    }
    lreg_status status = lreg_exchange_new(server->instance, &exchange, &error);
    if (status == LREG_OK) {
        status = lreg_exchange_set_mount(exchange, server->options->mount, &error);
    }
    lreg_exchange_free(exchange);
    if (status != LREG_OK) {
        complain_of("--mount", status, error);
    }
    return status == LREG_OK;
}

/* The token is shown only here. */
static lreg_status make_token(lreg_instance *instance, const char *organization, lreg_error **error) {
    lreg_token *token = NULL;
    lreg_token_settings *settings = NULL;
    lreg_status status = lreg_token_settings_new(&settings, error);
    if (status == LREG_OK) {
        status = lreg_token_settings_set_description(settings, "registryd", error);
    }
    if (status == LREG_OK) {
        status = lreg_token_settings_set_scopes(settings, ALL_SCOPES, error);
    }
    if (status == LREG_OK) {
        status = lreg_token_create(instance, organization, settings, &token, error);
    }
    lreg_token_settings_free(settings);
    if (status == LREG_OK) {
        printf("organization %s, token %s\n", organization, lreg_token_secret(token));
        (void)fflush(stdout);
    }
    lreg_token_free(token);
    return status;
}

/* For a start without data: no other program can reach an instance in memory. */
static bool make_organization(const struct server *server) {
    const char *slug = server->options->organization;
    lreg_organization_settings *settings = NULL;
    lreg_organization *organization = NULL;
    lreg_error *error = NULL;
    if (slug == NULL || lreg_organization_find(server->instance, slug, &organization, NULL) == LREG_OK) {
        lreg_organization_free(organization);
        return true;
    }
    lreg_status status = lreg_organization_settings_new(&settings, &error);
    if (status == LREG_OK) {
        status = lreg_organization_settings_set_slug(settings, slug, &error);
    }
    if (status == LREG_OK) {
        status = lreg_organization_create(server->instance, settings, &organization, &error);
    }
    lreg_organization_settings_free(settings);
    if (status == LREG_OK) {
        status = make_token(server->instance, slug, &error);
    }
    lreg_organization_free(organization);
    if (status != LREG_OK) {
        complain_of("--organization", status, error);
    }
    return status == LREG_OK;
}

bool instance_open(struct server *server) {
    return open_library(server) && check_mount(server) && make_organization(server);
}
