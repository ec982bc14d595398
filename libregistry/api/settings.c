/* SPDX-License-Identifier: Apache-2.0 */

/* Settings of organizations and tokens. They are made without an instance, so they use the memory of the operating
 * system. What is set is checked by core, when the settings are used. */

#include "api/api_internal.h"

#include <string.h>

lreg_status api_settings_new(size_t bytes, void **out, lreg_error **err) {
    struct hooks hooks;
    hooks_default(&hooks);
    *out = memory_allocate_zeroed(&hooks, 1, bytes);
    if (*out == NULL) {
        return api_no_memory(err);
    }
    *(struct hooks *)*out = hooks;
    return LREG_OK;
}

lreg_status api_settings_set(const struct hooks *hooks, char **text, const char *value, lreg_error **err) {
    if (value != NULL && !text_is_utf8(value, strlen(value))) {
        return api_refuse(hooks, "the value is not UTF-8", err);
    }
    char *copy = memory_copy_text(hooks, value);
    if (value != NULL && copy == NULL) {
        return api_no_memory(err);
    }
    memory_release(hooks, *text);
    *text = copy;
    return LREG_OK;
}

/* --- Organizations --- */

lreg_status lreg_organization_settings_new(lreg_organization_settings **out, lreg_error **err) {
    void *settings = NULL;
    if (out == NULL) {
        return api_null(NULL, "out", err);
    }
    lreg_status status = api_settings_new(sizeof **out, &settings, err);
    *out = settings;
    return status;
}

lreg_status lreg_organization_settings_set_slug(lreg_organization_settings *settings, const char *value,
                                                lreg_error **err) {
    return settings == NULL ? api_null(NULL, "settings", err)
                            : api_settings_set(&settings->hooks, &settings->slug, value, err);
}

lreg_status lreg_organization_settings_set_name(lreg_organization_settings *settings, const char *value,
                                                lreg_error **err) {
    return settings == NULL ? api_null(NULL, "settings", err)
                            : api_settings_set(&settings->hooks, &settings->name, value, err);
}

void lreg_organization_settings_free(lreg_organization_settings *settings) {
    if (settings != NULL) {
        struct hooks hooks = settings->hooks;
        memory_release(&hooks, settings->slug);
        memory_release(&hooks, settings->name);
        memory_release(&hooks, settings);
    }
}

/* --- Tokens --- */

lreg_status lreg_token_settings_new(lreg_token_settings **out, lreg_error **err) {
    void *settings = NULL;
    if (out == NULL) {
        return api_null(NULL, "out", err);
    }
    lreg_status status = api_settings_new(sizeof **out, &settings, err);
    *out = settings;
    return status;
}

lreg_status lreg_token_settings_set_description(lreg_token_settings *settings, const char *value, lreg_error **err) {
    return settings == NULL ? api_null(NULL, "settings", err)
                            : api_settings_set(&settings->hooks, &settings->description, value, err);
}

lreg_status lreg_token_settings_set_scopes(lreg_token_settings *settings, const char *value, lreg_error **err) {
    return settings == NULL ? api_null(NULL, "settings", err)
                            : api_settings_set(&settings->hooks, &settings->scopes, value, err);
}

lreg_status lreg_token_settings_set_expires_ms(lreg_token_settings *settings, int64_t value, lreg_error **err) {
    if (settings == NULL) {
        return api_null(NULL, "settings", err);
    }
    settings->expires_ms = value;
    return LREG_OK;
}

void lreg_token_settings_free(lreg_token_settings *settings) {
    if (settings != NULL) {
        struct hooks hooks = settings->hooks;
        memory_release(&hooks, settings->description);
        memory_release(&hooks, settings->scopes);
        memory_release(&hooks, settings);
    }
}
