/* SPDX-License-Identifier: Apache-2.0 */

/* Finds the command, opens the instance, runs it. */

#include "registryctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command *const tables[] = {organization_commands, registry_commands, token_commands,
                                               package_commands, maintenance_commands};

#define TABLES (sizeof tables / sizeof tables[0])

static void print_help(FILE *out) {
    fputs("usage: registryctl --data DIR [--json] COMMAND ...\n\n"
          "Manages the registries in a data directory; servers may use it at the same time.\n\n"
          "  --data DIR   the data directory; default: $LIBREGISTRY_DATA\n"
          "  --json       print JSON\n"
          "  --help       print this, or the usage of a command\n"
          "  --version    print the version of the library\n\nCommands:\n",
          out);
    for (size_t i = 0; i < TABLES; i++) {
        for (const struct command *command = tables[i]; command->name != NULL; command++) {
            fprintf(out, "  %-22s %s\n", command->name, command->summary);
        }
    }
}

static void print_usage(FILE *out, const struct command *command) {
    fprintf(out, "usage: registryctl --data DIR [--json] %s %s\n\n%s\n", command->name, command->usage,
            command->summary);
}

/* How many of `words` the command's name takes; 0 when it is not the command's name. */
static size_t name_matches(const struct command *command, char **words, size_t count) {
    const char *rest = command->name;
    for (size_t taken = 0; taken < count; taken++) {
        size_t length = strcspn(rest, " ");
        if (strlen(words[taken]) != length || strncmp(rest, words[taken], length) != 0) {
            return 0;
        }
        if (rest[length] == '\0') {
            return taken + 1;
        }
        rest += length + 1;
    }
    return 0;
}

static const struct command *find_command(struct invocation *invocation) {
    for (size_t i = 0; i < TABLES; i++) {
        for (const struct command *command = tables[i]; command->name != NULL; command++) {
            size_t taken = name_matches(command, invocation->words, invocation->word_count);
            if (taken > 0) {
                invocation->words += taken;
                invocation->word_count -= taken;
                return command;
            }
        }
    }
    return NULL;
}

/* Whether the command knows the option, and takes a value with it as it was given. */
static bool option_is_known(const struct command *command, const struct option_value *option) {
    const char *rest = command->options;
    size_t length = strlen(option->name);
    while (rest != NULL && *rest != '\0') {
        size_t word = strcspn(rest, ",");
        bool takes_value = word > 0 && rest[word - 1] == '=';
        if (word - (takes_value ? 1 : 0) == length && strncmp(rest, option->name, length) == 0) {
            return takes_value == (option->value != NULL);
        }
        rest += word + (rest[word] == ',' ? 1 : 0);
    }
    return false;
}

static bool command_line_fits(const struct command *command, const struct invocation *invocation) {
    for (size_t i = 0; i < invocation->option_count; i++) {
        if (!option_is_known(command, &invocation->options[i])) {
            fprintf(stderr, "registryctl: %s: unknown or incomplete option --%s\n", command->name,
                    invocation->options[i].name);
            return false;
        }
    }
    return invocation->word_count >= command->min_words && invocation->word_count <= command->max_words;
}

static int open_and_run(const struct command *command, struct invocation *invocation) {
    lreg_options *options = NULL;
    lreg_error *error = NULL;
    int result = EXIT_DONE;
    if (lreg_options_new(&options, &error) != LREG_OK ||
        lreg_options_set_directory(options, invocation->data, &error) != LREG_OK ||
        lreg_open(options, &invocation->instance, &error) != LREG_OK) {
        result = fail_with(error);
    } else {
        result = command->run(invocation);
    }
    lreg_close(invocation->instance);
    lreg_options_free(options);
    return result;
}

/* Sorts the command line into options and words: `--name=value`, or `--name value` for options that take one. False
 * after a message. */
static bool option_takes_value(const char *name) {
    for (size_t i = 0; i < TABLES; i++) {
        for (const struct command *command = tables[i]; command->name != NULL; command++) {
            struct option_value option = {name, ""};
            if (option_is_known(command, &option)) {
                return true;
            }
        }
    }
    return strcmp(name, "data") == 0;
}

static bool add_option(struct invocation *invocation, const char *name, const char *value) {
    if (strcmp(name, "data") == 0) {
        invocation->data = value;
    } else if (strcmp(name, "json") == 0) {
        invocation->json = true;
    } else if (invocation->option_count < OPTIONS_MAX) {
        invocation->options[invocation->option_count++] = (struct option_value){name, value};
    } else {
        fputs("registryctl: too many options\n", stderr);
        return false;
    }
    return true;
}

static bool sort_command_line(struct invocation *invocation, int argc, char **argv) {
    bool options_end = false;
    for (int i = 1; i < argc; i++) {
        if (options_end || strncmp(argv[i], "--", 2) != 0) {
            invocation->words[invocation->word_count++] = argv[i];
            continue;
        }
        if (argv[i][2] == '\0') {
            options_end = true;
            continue;
        }
        char *name = argv[i] + 2;
        char *value = strchr(name, '=');
        if (value != NULL) {
            *value++ = '\0';
        } else if (option_takes_value(name)) {
            value = i + 1 < argc ? argv[++i] : NULL;
            if (value == NULL) {
                fprintf(stderr, "registryctl: option --%s needs a value\n", name);
                return false;
            }
        }
        if (!add_option(invocation, name, value)) {
            return false;
        }
    }
    return true;
}

static int run(struct invocation *invocation) {
    bool wants_help = option_of(invocation, "help") != NULL;
    if (option_of(invocation, "version") != NULL) {
        printf("registryctl %s\n", lreg_version_string());
        return EXIT_DONE;
    }
    if (invocation->word_count == 0) {
        print_help(wants_help ? stdout : stderr);
        return wants_help ? EXIT_DONE : EXIT_USAGE;
    }
    const struct command *command = find_command(invocation);
    if (command == NULL) {
        fprintf(stderr, "registryctl: no command \"%s\"; registryctl --help lists them\n", invocation->words[0]);
        return EXIT_USAGE;
    }
    if (wants_help) {
        print_usage(stdout, command);
        return EXIT_DONE;
    }
    if (!command_line_fits(command, invocation)) {
        print_usage(stderr, command);
        return EXIT_USAGE;
    }
    if (invocation->data == NULL) {
        fputs("registryctl: which data directory? give --data DIR, or set LIBREGISTRY_DATA\n", stderr);
        return EXIT_USAGE;
    }
    return open_and_run(command, invocation);
}

int main(int argc, char **argv) {
    struct invocation invocation = {.data = getenv("LIBREGISTRY_DATA")};
    char **words = calloc((size_t)argc + 1, sizeof *words);
    if (words == NULL) {
        return fail_with_text("out of memory");
    }
    invocation.words = words;
    int result = sort_command_line(&invocation, argc, argv) ? run(&invocation) : EXIT_USAGE;
    free(words);
    if (fflush(stdout) != 0) {
        result = fail_with_text("cannot write the output");
    }
    return result;
}
