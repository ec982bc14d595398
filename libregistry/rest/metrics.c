/* SPDX-License-Identifier: Apache-2.0 */

/* The metrics in the text format of Prometheus, or in that of OpenMetrics for clients that prefer it. */

#include "rest/rest_internal.h"

#include "base/text.h"
#include "core/metrics.h"

#include <inttypes.h>
#include <string.h>

/* More than SAMPLES_MAX lines; labels are short, because none comes from a client. */
#define TEXT_MAX ((size_t)1024 * 1024)
#define TOTAL "_total"

/* OpenMetrics names a family of counters without the ending of its samples. */
static void append_family_name(struct strbuf *text, const struct core_metric_family *family, bool is_open) {
    size_t length = strlen(family->name);
    if (is_open && text_equals(family->type, "counter")) {
        length -= strlen(TOTAL);
    }
    strbuf_append(text, family->name, length);
}

static void append_head(struct strbuf *text, const struct core_metric_family *family, bool is_open) {
    strbuf_append_text(text, "# HELP ");
    append_family_name(text, family, is_open);
    strbuf_append_format(text, " %s\n# TYPE ", family->help);
    append_family_name(text, family, is_open);
    strbuf_append_format(text, " %s\n", family->type);
}

static void append_label_value(struct strbuf *text, const char *value) {
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"') {
            strbuf_append_char(text, '\\');
        }
        if (*value == '\n') {
            strbuf_append_text(text, "\\n");
        } else {
            strbuf_append_char(text, *value);
        }
    }
}

static void append_labels(struct strbuf *text, const struct core_metric *metric) {
    char before = '{';
    for (size_t i = 0; i < CORE_METRIC_LABELS && metric->labels[i].name != NULL; i++) {
        strbuf_append_char(text, before);
        strbuf_append_format(text, "%s=\"", metric->labels[i].name);
        append_label_value(text, metric->labels[i].value);
        strbuf_append_char(text, '"');
        before = ',';
    }
    if (before == ',') {
        strbuf_append_char(text, '}');
    }
}

/* Values are not negative. */
static void append_value(struct strbuf *text, int64_t value, int32_t decimals) {
    int64_t unit = 1;
    for (int32_t i = 0; i < decimals; i++) {
        unit *= 10;
    }
    strbuf_append_format(text, "%" PRId64, value / unit);
    if (decimals > 0) {
        strbuf_append_format(text, ".%0*" PRId64, (int)decimals, value % unit);
    }
}

static void append_all(struct strbuf *text, const struct core_metric *metrics, size_t count, bool is_open) {
    const struct core_metric_family *family = NULL;
    for (size_t i = 0; i < count; i++) {
        if (metrics[i].family != family) {
            family = metrics[i].family;
            append_head(text, family, is_open);
        }
        strbuf_append_text(text, metrics[i].name);
        append_labels(text, &metrics[i]);
        strbuf_append_char(text, ' ');
        append_value(text, metrics[i].value, metrics[i].decimals);
        strbuf_append_char(text, '\n');
    }
    if (is_open) {
        strbuf_append_text(text, "# EOF\n");
    }
}

static bool prefers_open_metrics(const struct call *call) {
    return headers_accept_quality(&call->headers, "application", "openmetrics-text") >
           headers_accept_quality(&call->headers, "text", "plain");
}

static lreg_status respond(struct call *call, struct strbuf *text, bool is_open, struct error *err) {
    const char *type = is_open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                               : "text/plain; version=0.0.4; charset=utf-8";
    lreg_status status = strbuf_status(text, err);
    const char *bytes = status == LREG_OK ? arena_copy_bytes(call->arena, strbuf_text(text), text->length) : "";
    if (bytes == NULL) {
        return error_no_memory(err);
    }
    if (status == LREG_OK) {
        status = call_header(call, "Cache-Control", "no-store", err);
    }
    if (status == LREG_OK) {
        status = call_header(call, "Vary", "Accept", err);
    }
    return status == LREG_OK ? call_respond_bytes(call, 200, type, bytes, text->length, NULL, err) : status;
}

lreg_status rest_metrics_show(struct call *call, struct error *err) {
    const struct core_metrics_filter filter = {.prefix = ""};
    struct core_metric *metrics = NULL;
    size_t count = 0;
    struct strbuf text;
    if (call_defers(call)) {
        return LREG_OK; /* the database and the file system are asked */
    }
    lreg_status status = core_metrics_read(call->core, &filter, call->arena, &metrics, &count, err);
    if (status != LREG_OK) {
        return status;
    }
    bool is_open = prefers_open_metrics(call);
    strbuf_init(&text, call->hooks, TEXT_MAX);
    append_all(&text, metrics, count, is_open);
    status = respond(call, &text, is_open, err);
    strbuf_free(&text);
    return status;
}
