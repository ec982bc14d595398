/* SPDX-License-Identifier: Apache-2.0 */

#include "gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_log(void *user, int32_t level, const char *message) {
    (void)level;
    (void)user;
    fprintf(stderr, "registry: %s\n", message);
}

static lreg_status open_registry(lreg_options *options, const char *data, lreg_instance **out, lreg_error **err) {
    const lreg_log log = {.size = sizeof log, .level = LREG_LOG_WARNING, .write = write_log};
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
    lreg_status status = lreg_options_new(&options, &err);
    if (status == LREG_OK) {
        status = open_registry(options, data, &instance, &err);
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
