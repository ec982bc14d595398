/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STANDALONE_OPTIONS_H
#define STANDALONE_OPTIONS_H

/* The options of registryd: the command line, and a file with lines of the same names. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_LIST_MAX 32
#define OPTIONS_MAX_CONNECTIONS 10000 /* the default */

struct text_list {
    char *items[OPTIONS_LIST_MAX];
    size_t count;
    bool is_default; /* replaced by the next item, not extended */
};

struct options {
    char *config;
    char *data;
    char *organization; /* NULL: none is made */
    struct text_list settings; /* "NAME=VALUE" */
    struct text_list listen;
    char *port_file;
    char *tls_certificate;
    char *tls_key;
    char *base_url;
    char *mount;
    struct text_list trust_forwarded;
    char *forwarded_header; /* NULL: x-forwarded */
    int64_t forwarded_hops;
    char *metrics; /* NULL: the default of the library */
    char *access_log;
    char *log_format;
    char *log_level;
    int64_t threads; /* 0: one for each processor, at most 8 */
    int64_t workers;
    int64_t max_connections;
    int64_t connections_per_peer; /* 0: a share of max_connections */
    int64_t header_timeout_ms;
    int64_t body_timeout_ms;
    int64_t idle_timeout_ms;
    int64_t refused_timeout_ms;
    int64_t min_rate; /* bytes a second; 0: no limit */
    int64_t rate_window_ms;
    int64_t shutdown_timeout_ms;
    int64_t upkeep_interval_ms;
    int64_t scrub_interval_ms;
    int64_t scrub_rate; /* bytes a second */
    bool is_without_upkeep;
    bool is_in_memory;
    bool is_without_sync;
    bool wants_help;
    bool wants_version;
};

/* Reads the command line, and before it the file of --config; the command line overrides the file. False after a
 * complaint. Free the options in any case. */
bool options_read(struct options *options, int count, char *const *arguments);

void options_free(struct options *options);

/* The text of --help. */
void options_print_help(void);

#endif
