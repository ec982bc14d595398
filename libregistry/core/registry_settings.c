/* SPDX-License-Identifier: Apache-2.0 */

/* Settings of a registry as a JSON object: the one place for the names and types of its members. */

#include "core/registry.h"

#include <string.h>

void core_registry_settings_init(struct core_registry_settings *settings) {
    *settings = (struct core_registry_settings){
        .is_public = CORE_UNCHANGED, .allow_overwrite = CORE_UNCHANGED, .strict_names = CORE_UNCHANGED};
}

static const struct {
    const char *name;
    size_t offset; /* of a text */
    lreg_status (*read)(const json_t *object, const char *name, const char **out, struct error *err);
} texts[] = {
    {"name", offsetof(struct core_registry_settings, name), json_read_text},
    {"slug", offsetof(struct core_registry_settings, slug), json_read_text},
    {"ecosystem", offsetof(struct core_registry_settings, ecosystem), json_read_text},
    {"description", offsetof(struct core_registry_settings, description), json_read_optional_text},
    {"emoji", offsetof(struct core_registry_settings, emoji), json_read_optional_text},
    {"color", offsetof(struct core_registry_settings, color), json_read_optional_text},
};
#define TEXTS (sizeof texts / sizeof texts[0])

static const struct {
    const char *name;
    size_t offset; /* of an int */
} switches[] = {
    {"public", offsetof(struct core_registry_settings, is_public)},
    {"allow_overwrite", offsetof(struct core_registry_settings, allow_overwrite)},
    {"strict_names", offsetof(struct core_registry_settings, strict_names)},
};
#define SWITCHES (sizeof switches / sizeof switches[0])

lreg_status core_registry_settings_read(const json_t *object, struct core_registry_settings *out, struct error *err) {
    lreg_status status = LREG_OK;
    core_registry_settings_init(out);
    for (size_t i = 0; i < TEXTS && status == LREG_OK; i++) {
        status = texts[i].read(object, texts[i].name, (const char **)(void *)((char *)out + texts[i].offset), err);
    }
    for (size_t i = 0; i < SWITCHES && status == LREG_OK; i++) {
        status = json_read_switch(object, switches[i].name, (int *)(void *)((char *)out + switches[i].offset), err);
    }
    return status;
}

static bool is_setting(const char *name) {
    for (size_t i = 0; i < TEXTS; i++) {
        if (strcmp(texts[i].name, name) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < SWITCHES; i++) {
        if (strcmp(switches[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

lreg_status core_registry_settings_read_all(const json_t *value, struct core_registry_settings *out,
                                            struct error *err) {
    if (!json_is_object(value)) {
        return error_set(err, LREG_BAD_ARGUMENT, "malformed_json", "the settings must be a JSON object");
    }
    void *at = json_object_iter((json_t *)value); /* the iterator changes nothing */
    for (; at != NULL; at = json_object_iter_next((json_t *)value, at)) {
        if (!is_setting(json_object_iter_key(at))) {
            return error_set(err, LREG_UNPROCESSABLE, "unknown_member", "a registry has no setting \"%.100s\"",
                             json_object_iter_key(at));
        }
    }
    return core_registry_settings_read(value, out, err);
}
