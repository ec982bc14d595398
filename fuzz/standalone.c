/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Drives a fuzzer without libFuzzer: plays each named file, each file of the named folders, and the empty input. The
 * last line of the output names the current input, so it identifies the input of a crash.
 */

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_BYTES 4096
#define INPUT_MAX ((size_t)16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t inputs;

/* Uses memory of exactly the input's size, so that reads past the end are detected. */
static bool run_bytes(const uint8_t *bytes, size_t length) {
    uint8_t *copy = malloc(length > 0 ? length : 1);
    if (copy == NULL) {
        return false;
    }
    if (length > 0) {
        memcpy(copy, bytes, length);
    }
    (void)LLVMFuzzerTestOneInput(copy, length);
    free(copy);
    inputs++;
    return true;
}

static bool run_stream(FILE *file) {
    uint8_t *bytes = malloc(INPUT_MAX);
    size_t length = bytes == NULL ? 0 : fread(bytes, 1, INPUT_MAX, file);
    bool done = bytes != NULL && ferror(file) == 0 && run_bytes(bytes, length);
    free(bytes);
    return done;
}

static bool run_file(const char *path) {
    printf("%s\n", path);
    (void)fflush(stdout); /* before it crashes */
    FILE *file = fopen(path, "rb");
    bool done = file != NULL && run_stream(file);
    if (!done) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return done;
}

static bool run_folder(const char *path) {
    char below[PATH_BYTES];
    bool done = true;
    DIR *folder = opendir(path);
    if (folder == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        int length = snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && length > 0 && (size_t)length < sizeof below) {
            done = run_file(below) && done;
        }
    }
    (void)closedir(folder);
    return done;
}

static bool run_path(const char *path) {
    struct stat about;
    bool is_folder = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
    return is_folder ? run_folder(path) : run_file(path);
}

int main(int argc, char **argv) {
    bool done = run_bytes(NULL, 0);
    for (int i = 1; i < argc; i++) {
        done = run_path(argv[i]) && done;
    }
    printf("%zu inputs\n", inputs);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
