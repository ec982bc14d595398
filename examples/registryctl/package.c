/* SPDX-License-Identifier: Apache-2.0 */

/* registryctl package … */

#include "registryctl.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define COPY_BYTES 65536

static void print_row(const lreg_package *package) {
    char size[SIZE_TEXT];
    printf("%s  %s  %s  %s  %s\n", lreg_package_id(package), lreg_package_name(package),
           or_dash(lreg_package_version(package)), lreg_package_reference(package),
           size_text(lreg_package_size_bytes(package), size));
}

static int list(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_registry *registry = NULL;
    lreg_package_list *packages = NULL;
    lreg_package *package = NULL;
    json_t *values = json_array();
    const lreg_package_filter filter = {.size = sizeof filter, .name_contains = option_of(invocation, "name")};
    lreg_status status =
        lreg_registry_find(invocation->instance, invocation->words[0], invocation->words[1], &registry, &error);
    if (status == LREG_OK) {
        status = lreg_package_list_open(invocation->instance, registry, &filter, &packages, &error);
    }
    while (status == LREG_OK) {
        status = lreg_package_list_next(packages, &package, &error);
        if (package == NULL) {
            break;
        }
        if (invocation->json) {
            json_array_append_new(values, json_of_package(package));
        } else {
            print_row(package);
        }
        lreg_package_free(package);
        package = NULL;
    }
    lreg_package_list_close(packages);
    lreg_registry_free(registry);
    return end_listing(invocation, status, values, error);
}

/* The package that the third word names, by reference or by id. */
static lreg_status find_package(const struct invocation *invocation, lreg_package **out, lreg_error **error) {
    lreg_registry *registry = NULL;
    const char *name = invocation->words[2];
    lreg_status status =
        lreg_registry_find(invocation->instance, invocation->words[0], invocation->words[1], &registry, error);
    if (status == LREG_OK) {
        status = lreg_package_find(invocation->instance, registry, name, out, error);
    }
    if (status == LREG_NOT_FOUND && registry != NULL) {
        lreg_error_free(*error);
        *error = NULL;
        status = lreg_package_find_by_id(invocation->instance, registry, name, out, error);
    }
    lreg_registry_free(registry);
    return status;
}

static void print_facts(const lreg_package *package) {
    char created[TIME_TEXT];
    printf("id: %s\nname: %s\nversion: %s\narchitecture: %s\nreference: %s\nfilename: %s\npath: %s\nsize: "
           "%llu\nsha256: %s\n"
           "sha512: %s\ndownloads: %llu\ncreated: %s\n",
           lreg_package_id(package), lreg_package_name(package), lreg_package_version(package),
           lreg_package_architecture(package), lreg_package_reference(package), lreg_package_filename(package),
           lreg_package_path(package), (unsigned long long)lreg_package_size_bytes(package),
           lreg_package_digest(package, "sha256"), lreg_package_digest(package, "sha512"),
           (unsigned long long)lreg_package_downloads(package), time_text(lreg_package_created_ms(package), created));
}

static int show(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_package *package = NULL;
    int result = EXIT_DONE;
    if (find_package(invocation, &package, &error) != LREG_OK) {
        return fail_with(error);
    }
    if (invocation->json) {
        result = print_json(json_of_package(package));
    } else {
        print_facts(package);
    }
    lreg_package_free(package);
    return result;
}

static int delete_package(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_package *package = NULL;
    lreg_status status = find_package(invocation, &package, &error);
    if (status == LREG_OK) {
        status = lreg_package_delete(invocation->instance, package, &error);
    }
    int result = status == LREG_OK ? print_deleted(invocation, lreg_package_id(package)) : fail_with(error);
    lreg_package_free(package);
    return result;
}

static int copy_content(lreg_package_reader *reader, FILE *out) {
    char bytes[COPY_BYTES];
    lreg_error *error = NULL;
    uint64_t offset = 0;
    while (offset < lreg_package_reader_length(reader)) {
        size_t got = 0;
        if (lreg_package_reader_read(reader, offset, bytes, sizeof bytes, &got, &error) != LREG_OK) {
            return fail_with(error);
        }
        if (fwrite(bytes, 1, got, out) != got) {
            return fail_with_text("cannot write: %s", strerror(errno));
        }
        offset += got;
    }
    return EXIT_DONE;
}

/* Creates the file, which must not exist, and fills it; after a failure it is removed again. */
static int write_file(lreg_package_reader *reader, const char *path) {
    FILE *out = fopen(path, "wbx");
    if (out == NULL) {
        return fail_with_text("cannot create %s: %s", path, strerror(errno));
    }
    int result = copy_content(reader, out);
    if (fclose(out) != 0 && result == EXIT_DONE) {
        result = fail_with_text("cannot write %s: %s", path, strerror(errno));
    }
    if (result != EXIT_DONE) {
        remove(path);
    }
    return result;
}

/* To the file of --output, or to standard output. */
static int download(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_package *package = NULL;
    lreg_package_reader *reader = NULL;
    const char *path = option_of(invocation, "output");
    if (path == NULL && invocation->json) {
        fail_with_text(
            "package download: --json needs --output, because the package goes to standard output otherwise");
        return EXIT_USAGE;
    }
    lreg_status status = find_package(invocation, &package, &error);
    if (status == LREG_OK) {
        status = lreg_package_reader_open(invocation->instance, package, &reader, &error);
    }
    int result = EXIT_DONE;
    if (status != LREG_OK) {
        result = fail_with(error);
    } else {
        result = path == NULL ? copy_content(reader, stdout) : write_file(reader, path);
    }
    if (result == EXIT_DONE && invocation->json) {
        result = print_json(json_of_package(package));
    }
    lreg_package_reader_close(reader);
    lreg_package_free(package);
    return result;
}

const struct command package_commands[] = {
    {"package list", "ORG REGISTRY [--name TEXT]", "list a registry's packages, newest first", "name=", 2, 2, list,
     false},
    {"package show", "ORG REGISTRY REFERENCE|ID", "show a package", NULL, 3, 3, show, false},
    {"package download", "ORG REGISTRY REFERENCE|ID [--output FILE]", "write a package's bytes", "output=", 3, 3,
     download, false},
    {"package delete", "ORG REGISTRY REFERENCE|ID", "delete a package", NULL, 3, 3, delete_package, false},
    {"publish", "ORG REGISTRY FILE...", "publish package files", NULL, 3, SIZE_MAX, publish, false},
    {0},
};
