/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Plays the whole story under a locale and writes all answers to standard output: locale NAME FOLDER. Clock and
 * randomness are the same each time, so any difference comes from the locale.
 */

#include "support/story.h"

#include <dlfcn.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1795230245678)

static int64_t stand_still(void *user) {
    (void)user;
    return NOW_MS;
}

static lreg_status repeat(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    uint64_t *next = user;
    for (size_t i = 0; i < length; i++) {
        *next = *next * 6364136223846793005u + 1442695040888963407u;
        ((unsigned char *)bytes)[i] = (unsigned char)(*next >> 56);
    }
    return LREG_OK;
}

static int play(const char *folder) {
    uint64_t random = 1;
    lreg_options *options = NULL;
    lreg_instance *instance = NULL;
    lreg_error *err = NULL;
    const lreg_clock clock = {.size = sizeof clock, .now_ms = stand_still};
    const lreg_random source = {.size = sizeof source, .user = &random, .fill = repeat};
    lreg_status status = lreg_options_new(&options, &err);
    if (status == LREG_OK) {
        status = lreg_options_set_directory(options, folder, &err);
    }
    if (status == LREG_OK) {
        status = lreg_options_set_durable(options, 0, &err);
    }
    if (status == LREG_OK) {
        status = lreg_options_set_clock(options, &clock, &err);
    }
    if (status == LREG_OK) {
        status = lreg_options_set_random(options, &source, &err);
    }
    if (status == LREG_OK) {
        status = lreg_open(options, &instance, &err);
    }
    if (status != LREG_OK) {
        fprintf(stderr, "%s\n", lreg_error_message(err));
        return EXIT_FAILURE;
    }
    char *answers = story_play(instance, NULL);
    puts(answers);
    free(answers);
    lreg_close(instance);
    lreg_options_free(options);
    return EXIT_SUCCESS;
}

/* Found by dlsym(), because sources of this project, including this one, may not call it. */
static char *(*find_set_locale(void))(int category, const char *name) {
    char *(*function)(int, const char *) = NULL;
    void *address = dlsym(RTLD_DEFAULT, "setlocale");
    memcpy(&function, &address, sizeof function);
    return function;
}

int main(int argc, char **argv) {
    char *(*set_locale)(int category, const char *name) = find_set_locale();
    if (argc != 3) {
        fprintf(stderr, "usage: %s LOCALE FOLDER\n", argv[0]);
        return EXIT_FAILURE;
    }
    if (set_locale(LC_ALL, argv[1]) == NULL) {
        fprintf(stderr, "there is no locale %s\n", argv[1]);
        return 77;
    }
    int status = play(argv[2]);
    if (strcmp(set_locale(LC_ALL, NULL), argv[1]) != 0) {
        fprintf(stderr, "the locale is another one now\n");
        status = EXIT_FAILURE;
    }
    return status;
}
