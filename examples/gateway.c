/* SPDX-License-Identifier: Apache-2.0 */

#include "gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const levels[] = {"", "error", "warning", "info", "debug"};

static void write_log(void *user, int32_t level, const char *message) {
    (void)user;
    bool is_known = level >= LREG_LOG_ERROR && level <= LREG_LOG_DEBUG;
    fprintf(stderr, "registry: %s: %s\n", is_known ? levels[level] : "note", message);
}

/* Reads REGISTRY_LOG_LEVEL. 0 after a complaint. */
static int32_t log_level(void) {
    const char *name = getenv("REGISTRY_LOG_LEVEL");
    for (int32_t level = LREG_LOG_ERROR; level <= LREG_LOG_DEBUG; level++) {
        if (strcmp(levels[level], name != NULL ? name : "warning") == 0) {
            return level;
        }
    }
    fprintf(stderr, "registry: REGISTRY_LOG_LEVEL is error, warning, info or debug, not \"%s\"\n", name);
    return 0;
}

static lreg_status open_registry(lreg_options *options, const char *data, int32_t level, lreg_instance **out,
                                 lreg_error **err) {
    const lreg_log log = {.size = sizeof log, .level = level, .write = write_log};
    const char *config = getenv("REGISTRY_CONFIG");
    lreg_status status = lreg_options_set_log(options, &log, err);
    if (status == LREG_OK && config != NULL) {
        status = lreg_options_load(options, config, err);
    }
    if (status == LREG_OK) {
        status = lreg_options_set_directory(options, data, err);
    }
    return status == LREG_OK ? lreg_open(options, out, err) : status;
}

lreg_instance *gateway_open(void) {
    lreg_options *options = NULL;
    lreg_instance *instance = NULL;
    lreg_error *err = NULL;
    const char *data = getenv("REGISTRY_DATA");
    if (data == NULL) { /* NULL would open a registry in memory */
        fprintf(stderr, "registry: REGISTRY_DATA is not set\n");
        return NULL;
    }
    int32_t level = log_level();
    if (level == 0) {
        return NULL;
    }
    lreg_status status = lreg_options_new(&options, &err);
    if (status == LREG_OK) {
        status = open_registry(options, data, level, &instance, &err);
    }
    lreg_options_free(options);
    if (status != LREG_OK) {
        gateway_complain(status, err);
    }
    return instance;
}

void gateway_complain(lreg_status status, lreg_error *err) {
    fprintf(stderr, "registry: %s: %s\n", lreg_status_name(status), lreg_error_message(err));
    lreg_error_free(err);
}

bool gateway_number(const char *name, double minimum, double maximum, double otherwise, int64_t *out_thousandths) {
    const char *text = getenv(name);
    char *end = NULL;
    double number = text != NULL ? strtod(text, &end) : otherwise;
    bool is_plain = text == NULL || (text[0] != '\0' && strspn(text, "0123456789.") == strlen(text) && *end == '\0');
    if (!is_plain || number < minimum || number > maximum) {
        fprintf(stderr, "registry: %s is a number from %g to %g, not \"%s\"\n", name, minimum, maximum, text);
        return false;
    }
    *out_thousandths = (int64_t)(number * 1000);
    return true;
}

const char *gateway_sendfile(void) {
    const char *value = getenv("REGISTRY_SENDFILE");
    return value != NULL && value[0] != '\0' ? value : NULL;
}
