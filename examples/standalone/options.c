/* SPDX-License-Identifier: Apache-2.0 */

/* One table defines the options. The command line, the configuration file and --help use it. */

#include "options.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_kind {
    KIND_TEXT,
    KIND_LIST,
    KIND_FLAG,
    KIND_COUNT,
    KIND_SECONDS
};

struct option_rule {
    const char *name;
    const char *value_name; /* NULL for flags */
    enum option_kind kind;
    size_t offset; /* in struct options */
    double minimum;
    double maximum;
    const char *help;
};

#define AT(member) offsetof(struct options, member)
#define SECONDS_MAX 86400.0
#define YEAR_SECONDS (366 * SECONDS_MAX)

static const struct option_rule rules[] = {
    {"data", "DIR", KIND_TEXT, AT(data), 0, 0, "data directory; created if it does not exist"},
    {"memory", NULL, KIND_FLAG, AT(is_in_memory), 0, 0, "keep everything in memory; lost at the end"},
    {"organization", "SLUG", KIND_TEXT, AT(organization), 0, 0,
     "create this organization if it does not exist, and write\n"
     "a token with all scopes to standard output"},
    {"listen", "ADDRESS:PORT", KIND_LIST, AT(listen), 0, 0,
     "address to listen on, such as [::1]:8080; port 0 is any\n"
     "free one; may be repeated (default: 127.0.0.1:8080)"},
    {"port-file", "FILE", KIND_TEXT, AT(port_file), 0, 0, "write the port of the first --listen to a file"},
    {"tls-cert", "FILE", KIND_TEXT, AT(tls_certificate), 0, 0, "speak TLS with this certificate chain (PEM)"},
    {"tls-key", "FILE", KIND_TEXT, AT(tls_key), 0, 0, "its private key (PEM)"},
    {"base-url", "URL", KIND_TEXT, AT(base_url), 0, 0, "absolute base of URLs in answers (default: from each request)"},
    {"mount", "PREFIX", KIND_TEXT, AT(mount), 0, 0, "path in front of everything, such as /packages"},
    {"trust-forwarded", "NETWORK", KIND_LIST, AT(trust_forwarded), 0, 0,
     "believe the forwarded fields of peers in this network\n"
     "(10.0.0.0/8, ::1); may be repeated"},
    {"forwarded-header", "FAMILY", KIND_TEXT, AT(forwarded_header), 0, 0,
     "which fields these are: x-forwarded (X-Forwarded-For,\n"
     "-Proto, -Host, -Port, -Prefix; default) or forwarded"},
    {"forwarded-hops", "N", KIND_COUNT, AT(forwarded_hops), 1, 16,
     "number of your own proxies in a row: the N-th element\n"
     "from the end is used (default: 1)"},
    {"metrics", "WHO", KIND_TEXT, AT(metrics), 0, 0,
     "who may read /-/metrics: off, token (those with the scope\n"
     "read_metrics; default) or anyone"},
    {"threads", "N", KIND_COUNT, AT(threads), 1, 64, "threads that serve connections (default: processors, at most 8)"},
    {"workers", "N", KIND_COUNT, AT(workers), 1, 256, "threads that take uploads and other changes (default: 8)"},
    {"max-connections", "N", KIND_COUNT, AT(max_connections), 1, 1000000,
     "above it, the longest idle connection is closed; if none\n"
     "is idle, new ones are answered with 503 (default: 10000)"},
    {"connections-per-peer", "N", KIND_COUNT, AT(connections_per_peer), 1, 1000000,
     "of one address or IPv6 /64; more are answered with 429.\n"
     "Not for --trust-forwarded networks (default: an eighth\n"
     "of --max-connections, at least 16)"},
    {"header-timeout", "SECONDS", KIND_SECONDS, AT(header_timeout_ms), 0.001, SECONDS_MAX,
     "for the whole head of a request (default: 60)"},
    {"body-timeout", "SECONDS", KIND_SECONDS, AT(body_timeout_ms), 0.001, SECONDS_MAX,
     "without a byte of a body received or sent (default: 120)"},
    {"idle-timeout", "SECONDS", KIND_SECONDS, AT(idle_timeout_ms), 0.001, SECONDS_MAX,
     "between two requests (default: 75)"},
    {"refused-timeout", "SECONDS", KIND_SECONDS, AT(refused_timeout_ms), 0.001, SECONDS_MAX,
     "for the rest of a refused body (default: 10)"},
    {"min-rate", "BYTES", KIND_COUNT, AT(min_rate), 0, 1000000000,
     "a second, the minimum for a body received or sent; 0\n"
     "means no limit (default: 256)"},
    {"rate-window", "SECONDS", KIND_SECONDS, AT(rate_window_ms), 0.001, SECONDS_MAX,
     "of waiting for a client, over which --min-rate is\n"
     "averaged (default: 60)"},
    {"shutdown-timeout", "SECONDS", KIND_SECONDS, AT(shutdown_timeout_ms), 0, SECONDS_MAX,
     "for running requests to finish after SIGTERM (default: 60)"},
    {"access-log", "FILE", KIND_TEXT, AT(access_log), 0, 0,
     "a line for each request; - is the standard output;\n"
     "SIGHUP opens the file again"},
    {"log-format", "FORMAT", KIND_TEXT, AT(log_format), 0, 0, "text (combined log format, default) or json"},
    {"log-level", "LEVEL", KIND_TEXT, AT(log_level), 0, 0,
     "error, warning (default), info or debug; to standard error"},
    {"no-sync", NULL, KIND_FLAG, AT(is_without_sync), 0, 0,
     "do not wait for the disk: faster, but a power cut loses\n"
     "what was acknowledged in the last seconds"},
    {"upkeep-interval", "SECONDS", KIND_SECONDS, AT(upkeep_interval_ms), 0.001, YEAR_SECONDS,
     "from one collection (removal of what nothing names) to\n"
     "the next (default: 3600)"},
    {"upkeep-scrub-interval", "SECONDS", KIND_SECONDS, AT(scrub_interval_ms), 0.001, YEAR_SECONDS,
     "from the end of a scrub, which reads everything stored\n"
     "again, to the next one (default: 604800, a week)"},
    {"upkeep-scrub-rate", "BYTES", KIND_COUNT, AT(scrub_rate), 1, 2147483647,
     "a second that the scrub reads (default: 8388608)"},
    {"no-upkeep", NULL, KIND_FLAG, AT(is_without_upkeep), 0, 0,
     "leave upkeep to \"registryctl upkeep\" or another host"},
    {"set", "NAME=VALUE", KIND_LIST, AT(settings), 0, 0,
     "a limit of the library, such as package-bytes=1000000;\n"
     "may be repeated"},
    {"config", "FILE", KIND_TEXT, AT(config), 0, 0, "first read lines \"name = value\" with these names"},
    {"help", NULL, KIND_FLAG, AT(wants_help), 0, 0, "this text"},
    {"version", NULL, KIND_FLAG, AT(wants_version), 0, 0, "print the version"},
};

#define RULE_COUNT (sizeof rules / sizeof rules[0])

static const struct option_rule *find_rule(const char *name, size_t length) {
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (strlen(rules[i].name) == length && memcmp(rules[i].name, name, length) == 0) {
            return &rules[i];
        }
    }
    return NULL;
}

static void *member(struct options *options, const struct option_rule *rule) {
    return (char *)options + rule->offset;
}

static bool set_text(char **text, const char *value) {
    char *copy = strdup(value);
    if (copy == NULL) {
        complain("out of memory");
        return false;
    }
    free(*text);
    *text = copy;
    return true;
}

static void clear_list(struct text_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    *list = (struct text_list){.count = 0};
}

static bool add_to_list(struct text_list *list, const struct option_rule *rule, const char *value) {
    if (list->is_default) {
        clear_list(list);
    }
    if (list->count == OPTIONS_LIST_MAX) {
        complain("--%s is given more than %d times", rule->name, OPTIONS_LIST_MAX);
        return false;
    }
    list->items[list->count] = NULL;
    if (!set_text(&list->items[list->count], value)) {
        return false;
    }
    list->count++;
    return true;
}

static bool set_number(int64_t *number, const struct option_rule *rule, const char *value) {
    char *end = NULL;
    errno = 0;
    double parsed = strtod(value, &end);
    bool is_plain = strspn(value, "0123456789.") == strlen(value) && value[0] != '\0';
    bool is_whole = rule->kind == KIND_SECONDS || strchr(value, '.') == NULL;
    if (!is_plain || !is_whole || errno != 0 || *end != '\0' || parsed < rule->minimum || parsed > rule->maximum) {
        complain("--%s needs a number from %g to %g, not \"%s\"", rule->name, rule->minimum, rule->maximum, value);
        return false;
    }
    *number = (int64_t)(rule->kind == KIND_SECONDS ? parsed * 1000 : parsed);
    return true;
}

static bool set_flag(bool *flag, const struct option_rule *rule, const char *value) {
    if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0) {
        complain("%s is true or false, not \"%s\"", rule->name, value);
        return false;
    }
    *flag = strcmp(value, "true") == 0;
    return true;
}

static bool set_option(struct options *options, const struct option_rule *rule, const char *value) {
    switch (rule->kind) {
    case KIND_TEXT:
        return set_text(member(options, rule), value);
    case KIND_LIST:
        return add_to_list(member(options, rule), rule, value);
    case KIND_FLAG:
        return set_flag(member(options, rule), rule, value);
    case KIND_COUNT:
    case KIND_SECONDS:
        break;
    }
    return set_number(member(options, rule), rule, value);
}

/* Takes one option of the command line: "--name value", "--name=value" or a flag. Returns how many arguments it took; 0
 * after a complaint. */
static int read_argument(struct options *options, int left, char *const *arguments) {
    const char *text = arguments[0];
    if (strncmp(text, "--", 2) != 0) {
        complain("\"%s\" is not an option; --help lists the options", text);
        return 0;
    }
    const char *name = text + 2;
    size_t length = strcspn(name, "=");
    const struct option_rule *rule = find_rule(name, length);
    if (rule == NULL) {
        complain("unknown option %s; --help lists the options", text);
        return 0;
    }
    bool is_joined = name[length] == '=';
    if (rule->kind == KIND_FLAG) {
        return set_option(options, rule, is_joined ? name + length + 1 : "true") ? 1 : 0;
    }
    if (!is_joined && left < 2) {
        complain("--%s needs a value: %s", rule->name, rule->value_name);
        return 0;
    }
    return set_option(options, rule, is_joined ? name + length + 1 : arguments[1]) ? (is_joined ? 1 : 2) : 0;
}

/* What people type first, beside --help and --version. */
static bool read_short(struct options *options, const char *argument) {
    bool is_help = strcmp(argument, "-h") == 0 || strcmp(argument, "help") == 0;
    bool is_version = strcmp(argument, "-V") == 0;
    options->wants_help |= is_help;
    options->wants_version |= is_version;
    return is_help || is_version;
}

static bool read_arguments(struct options *options, int count, char *const *arguments) {
    for (int i = 1; i < count;) {
        int taken = read_short(options, arguments[i]) ? 1 : read_argument(options, count - i, arguments + i);
        if (taken == 0) {
            return false;
        }
        i += taken;
    }
    return true;
}

/* Removes blanks at both ends. */
static char *trim(char *text) {
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL) {
        length--;
    }
    text[length] = '\0';
    return text;
}

static bool read_line(struct options *options, char *line, const char *file, unsigned number) {
    char *name = trim(line);
    if (name[0] == '\0' || name[0] == '#') {
        return true;
    }
    char *equals = strchr(name, '=');
    if (equals == NULL) {
        complain("%s:%u: not a line \"name = value\"", file, number);
        return false;
    }
    *equals = '\0';
    name = trim(name);
    const struct option_rule *rule = find_rule(name, strlen(name));
    if (rule == NULL || rule->offset == AT(config)) {
        complain("%s:%u: there is no setting \"%s\"", file, number, name);
        return false;
    }
    return set_option(options, rule, trim(equals + 1));
}

static bool read_file(struct options *options, const char *path) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        complain("cannot read %s: %s", path, strerror(errno));
        return false;
    }
    char *line = NULL;
    size_t capacity = 0;
    bool is_good = true;
    for (unsigned number = 1; is_good && getline(&line, &capacity, file) >= 0; number++) {
        is_good = read_line(options, line, path, number);
    }
    free(line);
    (void)fclose(file);
    return is_good;
}

static const int64_t default_workers = 8;

static void set_defaults(struct options *options) {
    *options = (struct options){.workers = default_workers,
                                .max_connections = OPTIONS_MAX_CONNECTIONS,
                                .forwarded_hops = 1,
                                .header_timeout_ms = 60000,
                                .body_timeout_ms = 120000,
                                .idle_timeout_ms = 75000,
                                .refused_timeout_ms = 10000,
                                .min_rate = 256,
                                .rate_window_ms = 60000,
                                .upkeep_interval_ms = 3600 * 1000,
                                .scrub_interval_ms = (int64_t)7 * 24 * 3600 * 1000,
                                .scrub_rate = 8 << 20,
                                .shutdown_timeout_ms = 60000};
}

static bool is_one_of(const char *name, const char *value, const char *const *words) {
    for (size_t i = 0; words[i] != NULL; i++) {
        if (value == NULL || strcmp(value, words[i]) == 0) {
            return true;
        }
    }
    complain("--%s does not know \"%s\"", name, value);
    return false;
}

/* Checks which options exclude or require each other. */
static bool check(struct options *options) {
    static const char *const formats[] = {"text", "json", NULL};
    static const char *const families[] = {"x-forwarded", "forwarded", NULL};
    static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
    if (options->wants_help || options->wants_version) {
        return true;
    }
    if ((options->data == NULL) == !options->is_in_memory) {
        complain("one of --data DIR and --memory is needed");
        return false;
    }
    if ((options->tls_certificate == NULL) != (options->tls_key == NULL)) {
        complain("--tls-cert and --tls-key go together");
        return false;
    }
    if (options->listen.count == 0 && !set_text(&options->listen.items[options->listen.count++], "127.0.0.1:8080")) {
        return false;
    }
    return is_one_of("forwarded-header", options->forwarded_header, families) &&
           is_one_of("log-format", options->log_format, formats) && is_one_of("log-level", options->log_level, levels);
}

/* The file first, then the command line again, whose settings override it. */
static bool read_config(struct options *options, int count, char *const *arguments) {
    char *path = options->config;
    options->config = NULL;
    options_free(options);
    set_defaults(options);
    bool is_good = read_file(options, path);
    free(path);
    options->listen.is_default = true;
    options->trust_forwarded.is_default = true;
    options->settings.is_default = true;
    return is_good && read_arguments(options, count, arguments);
}

bool options_read(struct options *options, int count, char *const *arguments) {
    set_defaults(options);
    bool is_good = read_arguments(options, count, arguments);
    if (is_good && options->config != NULL) {
        is_good = read_config(options, count, arguments);
    }
    return is_good && check(options);
}

void options_free(struct options *options) {
    for (size_t i = 0; i < RULE_COUNT; i++) {
        void *at = member(options, &rules[i]);
        if (rules[i].kind == KIND_TEXT) {
            free(*(char **)at);
            *(char **)at = NULL;
        } else if (rules[i].kind == KIND_LIST) {
            clear_list(at);
        }
    }
}

static void print_rule(const struct option_rule *rule) {
    char left[64];
    (void)snprintf(left, sizeof left, "--%s %s", rule->name, rule->value_name != NULL ? rule->value_name : "");
    const char *line = rule->help;
    for (const char *label = left;; label = "") {
        size_t length = strcspn(line, "\n");
        printf("  %-28s %.*s\n", label, (int)length, line);
        if (line[length] == '\0') {
            return;
        }
        line += length + 1;
    }
}

void options_print_help(void) {
    printf("registryd serves a package registry (generic files, Alpine packages, container images) over HTTP.\n\n"
           "Usage: registryd --data DIR [--listen ADDRESS:PORT] [option …]\n\n");
    for (size_t i = 0; i < RULE_COUNT; i++) {
        print_rule(&rules[i]);
    }
    printf("\nSIGTERM and SIGINT end it when running requests have finished; a second one ends it at once.\n"
           "registryctl creates organizations, registries and tokens, also while it runs.\n");
}
