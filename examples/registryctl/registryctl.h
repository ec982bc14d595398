/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRYCTL_REGISTRYCTL_H
#define REGISTRYCTL_REGISTRYCTL_H

/*
 * registryctl: the admin tool, on the public API alone. A command is a function in a table; it gets its words and
 * options, uses the instance, prints, and returns an exit status. It contains no rule of a registry.
 */

#include <jansson.h>
#include <libregistry.h>
#include <stdbool.h>

/* Exit statuses, also in the man page. */
#define EXIT_DONE 0
#define EXIT_FAILED 1 /* the command could not be carried out */
#define EXIT_USAGE 2 /* the command line is wrong */
#define EXIT_FINDINGS 3 /* verify found missing or damaged content, or references to nothing; a backup lacks some */

#define OPTIONS_MAX 16

struct option_value {
    const char *name; /* "public" */
    const char *value; /* NULL for a switch */
};

struct command;

struct invocation {
    const struct command *command; /* NULL until its name is complete */
    const char *data; /* --data, or LIBREGISTRY_DATA; NULL when not given */
    bool json;
    struct option_value options[OPTIONS_MAX];
    size_t option_count;
    char **words; /* the words after the command's name */
    size_t word_count;
    lreg_instance *instance;
};

struct command {
    const char *name; /* "registry create" */
    const char *usage; /* words and options, for --help */
    const char *summary;
    const char *options; /* the command's own: "public,slug=,description="; '=' takes a value; NULL: none */
    size_t min_words;
    size_t max_words;
    int (*run)(struct invocation *invocation);
    bool makes_data; /* may create the data directory */
};

/* NULL-terminated by name. */
extern const struct command organization_commands[];
extern const struct command registry_commands[];
extern const struct command token_commands[];
extern const struct command upload_commands[];
extern const struct command package_commands[];
extern const struct command maintenance_commands[];
extern const struct command metrics_commands[];

/* --- publish.c --- */
int publish(struct invocation *invocation);

/* --- options.c --- */
/* Value of an option, "" for a switch that was given; NULL when it was not. */
const char *option_of(const struct invocation *invocation, const char *name);
/* A decimal number from 0 to OPTION_NUMBER_MAX, which are seconds that still fit as milliseconds; false after a
 * message. Without the option, *out is unchanged. */
#define OPTION_NUMBER_MAX (INT64_MAX / 1000)
bool option_number(const struct invocation *invocation, const char *name, int64_t *out);

/* --- output.c --- */
/* "registryctl: operation: message" on standard error; frees the error. Returns EXIT_FAILED. */
int fail_with(lreg_error *error);
int fail_with_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints one JSON value on one line and releases it. NULL, as when memory is out, is a failure. Returns the exit
 * status. */
int print_json(json_t *value);
/* Ends a listing: prints `values`, whose ownership it takes, as JSON if requested; or the error. Returns the exit
 * status. */
int end_listing(const struct invocation *invocation, lreg_status status, json_t *values, lreg_error *error);
/* Reports a deletion: nothing for people, {"deleted": …} as JSON. Returns the exit status. */
int print_deleted(const struct invocation *invocation, const char *what);
/* A point in time for people and JSON; `text` has TIME_TEXT bytes. */
#define TIME_TEXT 32
const char *time_text(int64_t unix_ms, char *text);
/* "1.5 MiB"; `text` has SIZE_TEXT bytes. */
#define SIZE_TEXT 32
const char *size_text(uint64_t bytes, char *text);

/* "-" for an empty text, so that columns stay aligned. */
const char *or_dash(const char *text);

json_t *json_of_registry(const lreg_registry *registry);
json_t *json_of_package(const lreg_package *package);

#endif
