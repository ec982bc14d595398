/* SPDX-License-Identifier: Apache-2.0 */

/* registryctl metrics: in the text format of Prometheus, or as JSON. */

#include "registryctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VALUE_TEXT 40

/* The value with its decimal point. */
static const char *value_text(const lreg_metric *metric, char *text) {
    int64_t unit = 1;
    int32_t decimals = lreg_metric_decimals(metric);
    int64_t value = lreg_metric_value(metric);
    for (int32_t i = 0; i < decimals; i++) {
        unit *= 10;
    }
    if (decimals == 0) {
        snprintf(text, VALUE_TEXT, "%" PRId64, value);
    } else {
        snprintf(text, VALUE_TEXT, "%" PRId64 ".%0*" PRId64, value / unit, (int)decimals, value % unit);
    }
    return text;
}

/* Values of labels are words of the library and names of storages: they need no escapes. */
static void print_metric(const lreg_metric *metric) {
    const char *name = NULL;
    const char *value = NULL;
    char text[VALUE_TEXT];
    fputs(lreg_metric_name(metric), stdout);
    for (size_t i = 0; lreg_metric_label_at(metric, i, &name, &value); i++) {
        printf("%s%s=\"%s\"", i == 0 ? "{" : ",", name, value);
    }
    printf("%s %s\n", lreg_metric_label_at(metric, 0, &name, &value) ? "}" : "", value_text(metric, text));
}

/* Before the first sample of a family; `family` is the name of the last one. */
static void print_family(const lreg_metric *metric, char *family, size_t size) {
    if (strcmp(family, lreg_metric_family(metric)) != 0) {
        snprintf(family, size, "%s", lreg_metric_family(metric));
        printf("# HELP %s %s\n# TYPE %s %s\n", family, lreg_metric_help(metric), family, lreg_metric_type(metric));
    }
}

static json_t *json_of(const lreg_metric *metric) {
    const char *name = NULL;
    const char *value = NULL;
    char text[VALUE_TEXT];
    json_t *labels = json_object();
    for (size_t i = 0; lreg_metric_label_at(metric, i, &name, &value); i++) {
        json_object_set_new(labels, name, json_string(value));
    }
    return json_pack("{s:s, s:s, s:o, s:s}", "name", lreg_metric_name(metric), "type", lreg_metric_type(metric),
                     "labels", labels, "value", value_text(metric, text));
}

static int show(struct invocation *invocation) {
    const lreg_metrics_filter filter = {
        .size = sizeof filter,
        .name_prefix = invocation->word_count > 0 ? invocation->words[0] : NULL,
    };
    char family[128] = "";
    lreg_error *error = NULL;
    lreg_metrics_list *metrics = NULL;
    lreg_metric *metric = NULL;
    json_t *values = json_array();
    lreg_status status = lreg_metrics_list_open(invocation->instance, &filter, &metrics, &error);
    while (status == LREG_OK) {
        status = lreg_metrics_list_next(metrics, &metric, &error);
        if (metric == NULL) {
            break;
        }
        if (invocation->json) {
            json_array_append_new(values, json_of(metric));
        } else {
            print_family(metric, family, sizeof family);
            print_metric(metric);
        }
        lreg_metric_free(metric);
    }
    lreg_metrics_list_close(metrics);
    return end_listing(invocation, status, values, error);
}

const struct command metrics_commands[] = {
    {"metrics", "[PREFIX]", "print metrics, all or those whose name begins with PREFIX", NULL, 0, 1, show, false},
    {0},
};
