/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUPPORT_OBJECTS_H
#define SUPPORT_OBJECTS_H

/* Objects of the C API that a test makes in one line. Each returns what the library returned. */

#include <libregistry.h>

/* slug and name may be NULL: not set. */
static inline lreg_status objects_organization_create(lreg_instance *instance, const char *slug, const char *name,
                                                      lreg_organization **out, lreg_error **err) {
    lreg_organization_settings *settings = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    lreg_status status = lreg_organization_settings_new(&settings, err);
    if (status == LREG_OK) {
        status = lreg_organization_settings_set_slug(settings, slug, err);
    }
    if (status == LREG_OK) {
        status = lreg_organization_settings_set_name(settings, name, err);
    }
    if (status == LREG_OK) {
        status = lreg_organization_create(instance, settings, out, err);
    }
    lreg_organization_settings_free(settings);
    return status;
}

static inline lreg_status objects_organization_delete(lreg_instance *instance, const char *slug, lreg_error **err) {
    lreg_organization *organization = NULL;
    lreg_status status = lreg_organization_find(instance, slug, &organization, err);
    if (status == LREG_OK) {
        status = lreg_organization_delete(instance, organization, err);
    }
    lreg_organization_free(organization);
    return status;
}

static inline lreg_status objects_token_settings(const char *description, const char *scopes, int64_t expires_ms,
                                                 lreg_token_settings **out, lreg_error **err) {
    lreg_status status = lreg_token_settings_new(out, err);
    if (status == LREG_OK) {
        status = lreg_token_settings_set_description(*out, description, err);
    }
    if (status == LREG_OK) {
        status = lreg_token_settings_set_scopes(*out, scopes, err);
    }
    return status == LREG_OK ? lreg_token_settings_set_expires_ms(*out, expires_ms, err) : status;
}

static inline lreg_status objects_token_create(lreg_instance *instance, const char *organization,
                                               const char *description, const char *scopes, int64_t expires_ms,
                                               lreg_token **out, lreg_error **err) {
    lreg_token_settings *settings = NULL;
    *out = NULL;
    lreg_status status = objects_token_settings(description, scopes, expires_ms, &settings, err);
    if (status == LREG_OK) {
        status = lreg_token_create(instance, organization, settings, out, err);
    }
    lreg_token_settings_free(settings);
    return status;
}

static inline lreg_status objects_registry_token_create(lreg_instance *instance, const lreg_registry *registry,
                                                        const char *description, lreg_token **out, lreg_error **err) {
    lreg_token_settings *settings = NULL;
    *out = NULL;
    lreg_status status = objects_token_settings(description, NULL, 0, &settings, err);
    if (status == LREG_OK) {
        status = lreg_registry_token_create(instance, registry, settings, out, err);
    }
    lreg_token_settings_free(settings);
    return status;
}

/* grace_ms 0: no grace. */
static inline lreg_status objects_collect(lreg_instance *instance, int64_t grace_ms, lreg_collect_report *report,
                                          lreg_error **err) {
    const lreg_collect_options options = {.size = sizeof options, .grace_ms = grace_ms == 0 ? -1 : grace_ms};
    return lreg_collect(instance, &options, report, err);
}

#endif
