/* SPDX-License-Identifier: Apache-2.0 */

/* registryctl publish: one file after the other, with a progress bar where a person looks on. */

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
    int percent; /* shown last */
    bool is_shown;
};

static void show_progress(struct progress *progress, uint64_t done) {
    int percent = progress->total == 0 ? 100 : (int)(done * 100 / progress->total);
    if (!progress->is_shown || percent == progress->percent) {
        return;
    }
    char bar[BAR_WIDTH + 1];
    int filled = percent * BAR_WIDTH / 100;
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)(filled > BAR_WIDTH ? BAR_WIDTH : filled));
    bar[BAR_WIDTH] = '\0';
    progress->percent = percent;
    fprintf(stderr, "\r%s [%s] %3d%%", progress->name, bar, percent);
}

static void end_progress(const struct progress *progress) {
    if (progress->is_shown) {
        fputc('\n', stderr);
    }
}

static lreg_status copy_file(FILE *file, lreg_publication *publication, struct progress *progress, lreg_error **error) {
    char bytes[READ_BYTES];
    uint64_t done = 0;
    lreg_status status = LREG_OK;
    size_t got = 0;
    show_progress(progress, 0);
    while (status == LREG_OK && (got = fread(bytes, 1, sizeof bytes, file)) > 0) {
        status = lreg_publication_write(publication, bytes, got, error);
        done += got;
        show_progress(progress, done);
    }
    return status;
}

static void print_published(const struct invocation *invocation, const char *path, const lreg_package *package,
                            lreg_bool created) {
    if (invocation->json) {
        json_t *value = json_of_package(package);
        json_object_set_new(value, "created", json_boolean(created));
        print_json(value);
    } else {
        printf("%s: %s %s %s\n", path, lreg_package_name(package), lreg_package_version(package),
               created ? "published" : "was there already");
    }
}

static int publish_file(const struct invocation *invocation, const lreg_registry *registry, const char *path) {
    lreg_error *error = NULL;
    lreg_publication *publication = NULL;
    lreg_package *package = NULL;
    lreg_bool created = 0;
    struct stat facts;
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &facts) != 0) {
        int result = fail_with_text("cannot open %s: %s", path, strerror(errno));
        if (file != NULL) {
            fclose(file);
        }
        return result;
    }
    struct progress progress = {name, facts.st_size > 0 ? (uint64_t)facts.st_size : 0, -1, isatty(STDERR_FILENO) == 1};
    lreg_status status = lreg_publication_begin(invocation->instance, registry, name, &publication, &error);
    if (status == LREG_OK) {
        status = copy_file(file, publication, &progress, &error);
        end_progress(&progress);
    }
    bool unreadable = ferror(file) != 0;
    fclose(file);
    if (status == LREG_OK && !unreadable) {
        status = lreg_publication_finish(publication, &package, &created, &error);
    }
    lreg_publication_free(publication);
    if (unreadable && status == LREG_OK) {
        return fail_with_text("cannot read %s", path);
    }
    if (status != LREG_OK) {
        fprintf(stderr, "registryctl: %s was not published:\n", path);
        return fail_with(error);
    }
    print_published(invocation, path, package, created);
    lreg_package_free(package);
    return EXIT_DONE;
}

/* A file that cannot be published does not stop the others; the exit status tells. */
int publish(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_registry *registry = NULL;
    int result = EXIT_DONE;
    if (lreg_registry_find(invocation->instance, invocation->words[0], invocation->words[1], &registry, &error) !=
        LREG_OK) {
        return fail_with(error);
    }
    for (size_t i = 2; i < invocation->word_count; i++) {
        if (publish_file(invocation, registry, invocation->words[i]) != EXIT_DONE) {
            result = EXIT_FAILED;
        }
    }
    lreg_registry_free(registry);
    return result;
}
