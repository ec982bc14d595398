/* SPDX-License-Identifier: Apache-2.0 */

/* registryctl publish: one file after the other, with a progress bar on a terminal. */

#include "registryctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES 65536
#define BAR_WIDTH 30

struct progress {
    const char *name;
    uint64_t total;
    int percent; /* as last shown */
    bool is_shown;
};

static void show_progress(struct progress *progress, uint64_t done) {
    /* A file that grows meanwhile stays at 100 until its end. */
    int percent = done >= progress->total ? 100 : (int)(done * 100 / progress->total);
    if (!progress->is_shown || percent == progress->percent) {
        return;
    }
    char bar[BAR_WIDTH + 1];
    int filled = percent * BAR_WIDTH / 100;
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)filled);
    bar[BAR_WIDTH] = '\0';
    progress->percent = percent;
    fprintf(stderr, "\r%s [%s] %3d%%", progress->name, bar, percent);
}

static void end_progress(const struct progress *progress) {
    if (progress->is_shown) {
        fputc('\n', stderr);
    }
}

/* Prints the file name before the error. */
static int fail_with_file(const char *path, lreg_error *error) {
    fprintf(stderr, "registryctl: %s: %s\n", path, lreg_error_message(error));
    lreg_error_free(error);
    return EXIT_FAILED;
}

static int send_file(FILE *file, const char *path, lreg_publication *publication) {
    char bytes[READ_BYTES];
    lreg_error *error = NULL;
    struct stat facts;
    struct progress progress = {path, 0, -1, isatty(STDERR_FILENO) == 1};
    uint64_t done = 0;
    size_t got = 0;
    if (fstat(fileno(file), &facts) == 0 && facts.st_size > 0) {
        progress.total = (uint64_t)facts.st_size;
    }
    show_progress(&progress, 0);
    lreg_status status = LREG_OK;
    while (status == LREG_OK && (got = fread(bytes, 1, sizeof bytes, file)) > 0) {
        status = lreg_publication_write(publication, bytes, got, &error);
        done += got;
        show_progress(&progress, done);
    }
    int number = errno; /* of fread(), where it failed */
    end_progress(&progress);
    if (status != LREG_OK) {
        return fail_with_file(path, error);
    }
    return ferror(file) ? fail_with_text("cannot read %s: %s", path, strerror(number)) : EXIT_DONE;
}

/* Shows a published package: a line at once, or an element of `values` for the end. */
static int show_published(json_t *values, const char *path, const lreg_package *package, lreg_bool created) {
    if (values == NULL) {
        printf("%s: %s %s %s\n", path, lreg_package_name(package), lreg_package_version(package),
               created ? "published" : "was there already");
        return EXIT_DONE;
    }
    json_t *value = json_of_package(package);
    bool added = json_object_set_new(value, "file", json_string(path)) == 0 &&
                 json_object_set_new(value, "created", json_boolean(created)) == 0 &&
                 json_array_append(values, value) == 0;
    json_decref(value);
    return added ? EXIT_DONE : fail_with_text("%s was published, but cannot be shown as JSON", path);
}

static int publish_open_file(const struct invocation *invocation, const lreg_registry *registry, FILE *file,
                             const char *path, json_t *values) {
    lreg_error *error = NULL;
    lreg_publication *publication = NULL;
    lreg_package *package = NULL;
    lreg_bool created = 0;
    const char *slash = strrchr(path, '/');
    if (lreg_publication_open(invocation->instance, registry, slash == NULL ? path : slash + 1, &publication, &error) !=
        LREG_OK) {
        return fail_with_file(path, error);
    }
    int result = send_file(file, path, publication);
    if (result == EXIT_DONE) {
        result = lreg_publication_finish(publication, &package, &created, &error) == LREG_OK
                     ? show_published(values, path, package, created)
                     : fail_with_file(path, error);
    }
    lreg_publication_close(publication);
    lreg_package_free(package);
    return result;
}

static int publish_file(const struct invocation *invocation, const lreg_registry *registry, const char *path,
                        json_t *values) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return fail_with_text("cannot open %s: %s", path, strerror(errno));
    }
    int result = publish_open_file(invocation, registry, file, path, values);
    fclose(file);
    return result;
}

/* A file that cannot be published does not stop the others; the exit status reports it. */
int publish(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_registry *registry = NULL;
    json_t *values = invocation->json ? json_array() : NULL;
    int result = EXIT_DONE;
    lreg_status status =
        lreg_registry_find(invocation->instance, invocation->words[0], invocation->words[1], &registry, &error);
    for (size_t i = 2; status == LREG_OK && i < invocation->word_count; i++) {
        if (publish_file(invocation, registry, invocation->words[i], values) != EXIT_DONE) {
            result = EXIT_FAILED;
        }
    }
    lreg_registry_free(registry);
    int listed = end_listing(invocation, status, values, error);
    return listed == EXIT_DONE ? result : listed;
}
