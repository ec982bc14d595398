/* SPDX-License-Identifier: Apache-2.0 */

/* Finds the command, opens the instance, runs it. */

#include "registryctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct command *const tables[] = {organization_commands, registry_commands, token_commands,
                                               package_commands,      upload_commands,   maintenance_commands,
                                               metrics_commands};

#define TABLES (sizeof tables / sizeof tables[0])

static void print_help(FILE *out) {
    fputs("usage: registryctl --data DIR [--json] COMMAND ...\n\n"
          "Manages the registries in a data directory; servers may use it at the same time.\n\n"
          "  --data DIR   the data directory; default: $LIBREGISTRY_DATA\n"
          "  --json       print JSON\n"
          "  --help       print this, or the usage of a command\n"
          "  --version    print the version of the library\n\n"
          "Exit status: 0 done, 1 failed, 2 wrong command line, 3 verify found damage, or a\n"
          "backup lacks what is lost.\n\nCommands:\n",
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

/* How many of the words so far the command's name takes; 0 when it is not the command's name. */
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

/* If the words so far are a command's name, sets the command and removes them. */
static void find_command(struct invocation *invocation) {
    for (size_t i = 0; i < TABLES; i++) {
        for (const struct command *command = tables[i]; command->name != NULL; command++) {
            if (name_matches(command, invocation->words, invocation->word_count) > 0) {
                invocation->command = command;
                invocation->word_count = 0;
                return;
            }
        }
    }
}

/* --- the command line --- */

enum option_kind {
    OPTION_UNKNOWN,
    OPTION_SWITCH,
    OPTION_VALUE
};

/* Looks for "name" or "name=" in a list such as "public,slug=,description=". */
static enum option_kind kind_in(const char *list, const char *name) {
    size_t length = strlen(name);
    while (list != NULL && *list != '\0') {
        size_t word = strcspn(list, ",");
        bool takes_value = word > 0 && list[word - 1] == '=';
        if (word - (takes_value ? 1 : 0) == length && strncmp(list, name, length) == 0) {
            return takes_value ? OPTION_VALUE : OPTION_SWITCH;
        }
        list += word + (list[word] == ',' ? 1 : 0);
    }
    return OPTION_UNKNOWN;
}

static enum option_kind kind_of(const struct invocation *invocation, const char *name) {
    enum option_kind kind = kind_in("data=,json,help,version", name);
    if (kind == OPTION_UNKNOWN && invocation->command != NULL) {
        kind = kind_in(invocation->command->options, name);
    }
    return kind;
}

static bool add_option(struct invocation *invocation, const char *name, const char *value) {
    if (strcmp(name, "data") == 0) {
        invocation->data = value;
    } else if (strcmp(name, "json") == 0) {
        invocation->json = true;
    } else if (invocation->option_count < OPTIONS_MAX) {
        invocation->options[invocation->option_count++] = (struct option_value){name, value};
    } else {
        fail_with_text("too many options");
        return false;
    }
    return true;
}

/* Takes `--name`, `--name=value`, or `--name` and the next argument. False after a message. */
static bool take_option(struct invocation *invocation, char **argv, int *at) {
    char *name = argv[*at] + 2;
    char *value = strchr(name, '=');
    if (value != NULL) {
        *value++ = '\0';
    }
    enum option_kind kind = kind_of(invocation, name);
    if (kind == OPTION_UNKNOWN) {
        const char *command = invocation->command == NULL ? NULL : invocation->command->name;
        fail_with_text("unknown option --%s%s%s; see registryctl %s%s--help", name, command == NULL ? "" : " of ",
                       command == NULL ? "" : command, command == NULL ? "" : command, command == NULL ? "" : " ");
        return false;
    }
    if (kind == OPTION_SWITCH && value != NULL) {
        fail_with_text("option --%s takes no value", name);
        return false;
    }
    if (kind == OPTION_VALUE && value == NULL) {
        value = argv[*at + 1];
        if (value == NULL) {
            fail_with_text("option --%s needs a value", name);
            return false;
        }
        (*at)++;
    }
    return add_option(invocation, name, value);
}

/* What people type first, beside --help and --version: the option that it means, or NULL. */
static const char *short_option(const struct invocation *invocation, const char *argument) {
    bool is_first_word = invocation->command == NULL && invocation->word_count == 0;
    if (strcmp(argument, "-h") == 0 || (is_first_word && strcmp(argument, "help") == 0)) {
        return "help";
    }
    return strcmp(argument, "-V") == 0 ? "version" : NULL;
}

/* Sorts the command line into the command, options and words. False after a message. */
static bool sort_command_line(struct invocation *invocation, int argc, char **argv) {
    bool options_end = false;
    for (int i = 1; i < argc; i++) {
        const char *option = options_end ? NULL : short_option(invocation, argv[i]);
        if (option != NULL) {
            if (!add_option(invocation, option, NULL)) {
                return false;
            }
        } else if (!options_end && strcmp(argv[i], "--") == 0) {
            options_end = true;
        } else if (!options_end && strncmp(argv[i], "--", 2) == 0) {
            if (!take_option(invocation, argv, &i)) {
                return false;
            }
        } else {
            invocation->words[invocation->word_count++] = argv[i];
            if (invocation->command == NULL) {
                find_command(invocation);
            }
        }
    }
    return true;
}

/* --- running --- */

/* Only few commands create the data directory, so that a mistyped one is reported and not created. */
static int look_for_data(const struct invocation *invocation) {
    struct stat facts;
    if (invocation->data == NULL || invocation->data[0] == '\0') {
        fail_with_text("no data directory; use --data DIR, or set LIBREGISTRY_DATA");
        return EXIT_USAGE;
    }
    if (!invocation->command->makes_data && stat(invocation->data, &facts) != 0) {
        return fail_with_text("cannot open %s: %s; \"registryctl --data %s init\" creates a new one", invocation->data,
                              strerror(errno), invocation->data);
    }
    return EXIT_DONE;
}

static int open_and_run(struct invocation *invocation) {
    lreg_options *options = NULL;
    lreg_error *error = NULL;
    int result = EXIT_DONE;
    if (lreg_options_new(&options, &error) != LREG_OK ||
        lreg_options_set_directory(options, invocation->data, &error) != LREG_OK ||
        lreg_open(options, &invocation->instance, &error) != LREG_OK) {
        result = fail_with(error);
    } else {
        result = invocation->command->run(invocation);
    }
    lreg_close(invocation->instance);
    lreg_options_free(options);
    return result;
}

/* Without a command, or with the first part of one only. */
static int run_nothing(const struct invocation *invocation, bool wants_help) {
    if (wants_help || invocation->word_count == 0) {
        print_help(wants_help ? stdout : stderr);
        return wants_help ? EXIT_DONE : EXIT_USAGE;
    }
    fail_with_text("no command \"%s%s%s\"; registryctl --help lists them", invocation->words[0],
                   invocation->word_count > 1 ? " " : "", invocation->word_count > 1 ? invocation->words[1] : "");
    return EXIT_USAGE;
}

static int run(struct invocation *invocation) {
    const struct command *command = invocation->command;
    bool wants_help = option_of(invocation, "help") != NULL;
    if (option_of(invocation, "version") != NULL) {
        printf("registryctl %s\n", lreg_version_string());
        return EXIT_DONE;
    }
    if (command == NULL) {
        return run_nothing(invocation, wants_help);
    }
    if (wants_help) {
        print_usage(stdout, command);
        return EXIT_DONE;
    }
    if (invocation->word_count < command->min_words || invocation->word_count > command->max_words) {
        fail_with_text("%s: too %s words", command->name, invocation->word_count < command->min_words ? "few" : "many");
        print_usage(stderr, command);
        return EXIT_USAGE;
    }
    int result = look_for_data(invocation);
    return result == EXIT_DONE ? open_and_run(invocation) : result;
}

int main(int argc, char **argv) {
    struct invocation invocation = {.data = getenv("LIBREGISTRY_DATA")};
    invocation.words = calloc((size_t)argc + 1, sizeof *invocation.words);
    if (invocation.words == NULL) {
        return fail_with_text("out of memory");
    }
    int result = sort_command_line(&invocation, argc, argv) ? run(&invocation) : EXIT_USAGE;
    free(invocation.words);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        result = fail_with_text("cannot write the output");
    }
    return result;
}
