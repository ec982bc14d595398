/* SPDX-License-Identifier: Apache-2.0 */

/* registryctl package … */

#include "registryctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COPY_BYTES 65536

static void print_package(const struct invocation *invocation, const lreg_package *package) {
    char size[SIZE_TEXT];
    if (invocation->json) {
        print_json(json_of_package(package));
    } else {
        printf("%s  %s  %s  %s  %s\n", lreg_package_id(package), lreg_package_name(package),
               lreg_package_version(package), lreg_package_filename(package),
               size_text(lreg_package_size_bytes(package), size));
    }
}

static int list(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_registry *registry = NULL;
    lreg_package_list *packages = NULL;
    lreg_package *package = NULL;
    json_t *values = json_array();
    lreg_status status =
        lreg_registry_find(invocation->instance, invocation->words[0], invocation->words[1], &registry, &error);
    if (status == LREG_OK) {
        status =
            lreg_package_list_open(invocation->instance, registry, option_of(invocation, "name"), &packages, &error);
    }
    while (status == LREG_OK) {
        status = lreg_package_list_next(packages, &package, &error);
        if (package == NULL) {
            break;
        }
        if (invocation->json) {
            json_array_append_new(values, json_of_package(package));
        } else {
            print_package(invocation, package);
        }
        lreg_package_free(package);
        package = NULL;
    }
    lreg_package_list_free(packages);
    lreg_registry_free(registry);
    if (status == LREG_OK && invocation->json) {
        print_json(json_incref(values));
    }
    json_decref(values);
    return status == LREG_OK ? EXIT_DONE : fail_with(error);
}

/* The package that the third word names, by file name or by id. */
static lreg_status find_package(const struct invocation *invocation, lreg_package **out, lreg_error **error) {
    lreg_registry *registry = NULL;
    const char *name = invocation->words[2];
    lreg_status status =
        lreg_registry_find(invocation->instance, invocation->words[0], invocation->words[1], &registry, error);
    if (status == LREG_OK) {
        status = lreg_package_find_by_filename(invocation->instance, registry, name, out, error);
    }
    if (status == LREG_NOT_FOUND && registry != NULL) {
        lreg_error_free(*error);
        *error = NULL;
        status = lreg_package_find(invocation->instance, registry, name, out, error);
    }
    lreg_registry_free(registry);
    return status;
}

static int show(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_package *package = NULL;
    if (find_package(invocation, &package, &error) != LREG_OK) {
        return fail_with(error);
    }
    if (invocation->json) {
        print_package(invocation, package);
    } else {
        char created[TIME_TEXT];
        printf("id: %s\nname: %s\nversion: %s\narchitecture: %s\nfilename: %s\npath: %s\nsize: %llu\nsha256: %s\n"
               "sha512: %s\ndownloads: %llu\ncreated: %s\n",
               lreg_package_id(package), lreg_package_name(package), lreg_package_version(package),
               lreg_package_architecture(package), lreg_package_filename(package), lreg_package_path(package),
               (unsigned long long)lreg_package_size_bytes(package), lreg_package_digest(package, "sha256"),
               lreg_package_digest(package, "sha512"), (unsigned long long)lreg_package_downloads(package),
               time_text(lreg_package_created_ms(package), created));
    }
    lreg_package_free(package);
    return EXIT_DONE;
}

static int delete_package(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_package *package = NULL;
    lreg_status status = find_package(invocation, &package, &error);
    if (status == LREG_OK) {
        status = lreg_package_delete(invocation->instance, package, &error);
    }
    if (status == LREG_OK && invocation->json) {
        print_json(json_pack("{s:s}", "deleted", lreg_package_id(package)));
    }
    lreg_package_free(package);
    return status == LREG_OK ? EXIT_DONE : fail_with(error);
}

static int copy_content(lreg_content *content, FILE *out) {
    char bytes[COPY_BYTES];
    lreg_error *error = NULL;
    uint64_t offset = 0;
    while (offset < lreg_content_length(content)) {
        size_t got = 0;
        if (lreg_content_read(content, offset, bytes, sizeof bytes, &got, &error) != LREG_OK) {
            return fail_with(error);
        }
        if (fwrite(bytes, 1, got, out) != got) {
            return fail_with_text("cannot write: %s", strerror(errno));
        }
        offset += got;
    }
    return EXIT_DONE;
}

/* To the file of --output, which must not exist, or to standard output. */
static int download(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_package *package = NULL;
    lreg_content *content = NULL;
    const char *path = option_of(invocation, "output");
    lreg_status status = find_package(invocation, &package, &error);
    if (status == LREG_OK) {
        status = lreg_content_open(invocation->instance, package, &content, &error);
    }
    lreg_package_free(package);
    if (status != LREG_OK) {
        return fail_with(error);
    }
    FILE *out = path == NULL ? stdout : fopen(path, "wbx");
    if (out == NULL) {
        lreg_content_close(content);
        return fail_with_text("cannot create %s: %s", path, strerror(errno));
    }
    int result = copy_content(content, out);
    lreg_content_close(content);
    if (path != NULL && fclose(out) != 0 && result == EXIT_DONE) {
        result = fail_with_text("cannot write %s: %s", path, strerror(errno));
    }
    return result;
}

const struct command package_commands[] = {
    {"package list", "ORG REGISTRY [--name TEXT]", "list a registry's packages, newest first", "name=", 2, 2, list},
    {"package show", "ORG REGISTRY FILENAME|ID", "show a package", NULL, 3, 3, show},
    {"package download", "ORG REGISTRY FILENAME|ID [--output FILE]", "write a package's bytes", "output=", 3, 3,
     download},
    {"package delete", "ORG REGISTRY FILENAME|ID", "delete a package", NULL, 3, 3, delete_package},
    {"publish", "ORG REGISTRY FILE...", "publish package files", NULL, 3, WORDS_MAX, publish},
    {0},
};
