/* SPDX-License-Identifier: Apache-2.0 */

/* Settings of registries: named setters, and JSON as in a request of the REST API. */

#include "api/api_internal.h"

#include <string.h>

/* An instance has limits of its own; settings are made without one. */
#define JSON_BYTES_MAX ((size_t)1024 * 1024)
#define JSON_DEPTH_MAX 32

lreg_status lreg_registry_settings_new(lreg_registry_settings **out, lreg_error **err) {
    void *settings = NULL;
    if (out == NULL) {
        return api_null(NULL, "out", err);
    }
    lreg_status status = api_settings_new(sizeof **out, &settings, err);
    *out = settings;
    for (size_t i = 0; status == LREG_OK && i < API_REGISTRY_SWITCHES; i++) {
        (*out)->switches[i] = CORE_UNCHANGED;
    }
    return status;
}

static lreg_status set_text(lreg_registry_settings *settings, size_t text, const char *value, lreg_error **err) {
    return settings == NULL ? api_null(NULL, "settings", err)
                            : api_settings_set(&settings->hooks, &settings->texts[text], value, err);
}

static lreg_status set_switch(lreg_registry_settings *settings, size_t which, lreg_bool value, lreg_error **err) {
    if (settings == NULL) {
        return api_null(NULL, "settings", err);
    }
    settings->switches[which] = value != 0;
    return LREG_OK;
}

lreg_status lreg_registry_settings_set_name(lreg_registry_settings *settings, const char *value, lreg_error **err) {
    return set_text(settings, API_REGISTRY_NAME, value, err);
}

lreg_status lreg_registry_settings_set_slug(lreg_registry_settings *settings, const char *value, lreg_error **err) {
    return set_text(settings, API_REGISTRY_SLUG, value, err);
}

lreg_status lreg_registry_settings_set_description(lreg_registry_settings *settings, const char *value,
                                                   lreg_error **err) {
    return set_text(settings, API_REGISTRY_DESCRIPTION, value, err);
}

lreg_status lreg_registry_settings_set_emoji(lreg_registry_settings *settings, const char *value, lreg_error **err) {
    return set_text(settings, API_REGISTRY_EMOJI, value, err);
}

lreg_status lreg_registry_settings_set_color(lreg_registry_settings *settings, const char *value, lreg_error **err) {
    return set_text(settings, API_REGISTRY_COLOR, value, err);
}

lreg_status lreg_registry_settings_set_ecosystem(lreg_registry_settings *settings, const char *value,
                                                 lreg_error **err) {
    return set_text(settings, API_REGISTRY_ECOSYSTEM, value, err);
}

lreg_status lreg_registry_settings_set_public(lreg_registry_settings *settings, lreg_bool value, lreg_error **err) {
    return set_switch(settings, API_REGISTRY_PUBLIC, value, err);
}

lreg_status lreg_registry_settings_set_allow_overwrite(lreg_registry_settings *settings, lreg_bool value,
                                                       lreg_error **err) {
    return set_switch(settings, API_REGISTRY_ALLOW_OVERWRITE, value, err);
}

lreg_status lreg_registry_settings_set_strict_names(lreg_registry_settings *settings, lreg_bool value,
                                                    lreg_error **err) {
    return set_switch(settings, API_REGISTRY_STRICT_NAMES, value, err);
}

/* --- JSON --- */

/* Takes over what is set in `inner`; all or nothing. */
static lreg_status take_over(lreg_registry_settings *settings, const struct core_registry_settings *inner,
                             struct error *failure) {
    const char *texts[API_REGISTRY_TEXTS] = {inner->name,  inner->slug,  inner->description,
                                             inner->emoji, inner->color, inner->ecosystem};
    const int switches[API_REGISTRY_SWITCHES] = {inner->is_public, inner->allow_overwrite, inner->strict_names};
    char *copies[API_REGISTRY_TEXTS] = {0};
    for (size_t i = 0; i < API_REGISTRY_TEXTS; i++) {
        copies[i] = memory_copy_text(&settings->hooks, texts[i]);
        if (texts[i] != NULL && copies[i] == NULL) {
            while (i > 0) {
                memory_release(&settings->hooks, copies[--i]);
            }
            return error_no_memory(failure);
        }
    }
    for (size_t i = 0; i < API_REGISTRY_TEXTS; i++) {
        if (copies[i] != NULL) {
            memory_release(&settings->hooks, settings->texts[i]);
            settings->texts[i] = copies[i];
        }
    }
    for (size_t i = 0; i < API_REGISTRY_SWITCHES; i++) {
        settings->switches[i] = switches[i] == CORE_UNCHANGED ? settings->switches[i] : switches[i];
    }
    return LREG_OK;
}

lreg_status lreg_registry_settings_set_json(lreg_registry_settings *settings, const char *json, lreg_error **err) {
    struct error failure = {0};
    struct core_registry_settings inner;
    json_t *object = NULL;
    if (settings == NULL || json == NULL) {
        return api_null(NULL, settings == NULL ? "settings" : "json", err);
    }
    size_t length = strnlen(json, JSON_BYTES_MAX + 1);
    if (length > JSON_BYTES_MAX) {
        return api_refuse(&settings->hooks, "the JSON text is longer than 1 MiB", err);
    }
    lreg_status status = json_parse(json, length, JSON_DEPTH_MAX, &object, &failure);
    if (status == LREG_OK) {
        status = core_registry_settings_read_all(object, &inner, &failure);
    }
    if (status == LREG_OK) {
        status = take_over(settings, &inner, &failure);
    }
    json_decref(object);
    return api_result(&settings->hooks, status, &failure, err);
}

void lreg_registry_settings_free(lreg_registry_settings *settings) {
    if (settings != NULL) {
        struct hooks hooks = settings->hooks;
        for (size_t i = 0; i < API_REGISTRY_TEXTS; i++) {
            memory_release(&hooks, settings->texts[i]);
        }
        memory_release(&hooks, settings);
    }
}

struct core_registry_settings api_registry_settings(const lreg_registry_settings *settings) {
    return (struct core_registry_settings){
        .name = settings->texts[API_REGISTRY_NAME],
        .slug = settings->texts[API_REGISTRY_SLUG],
        .description = settings->texts[API_REGISTRY_DESCRIPTION],
        .emoji = settings->texts[API_REGISTRY_EMOJI],
        .color = settings->texts[API_REGISTRY_COLOR],
        .ecosystem = settings->texts[API_REGISTRY_ECOSYSTEM],
        .is_public = settings->switches[API_REGISTRY_PUBLIC],
        .allow_overwrite = settings->switches[API_REGISTRY_ALLOW_OVERWRITE],
        .strict_names = settings->switches[API_REGISTRY_STRICT_NAMES],
    };
}
