/* SPDX-License-Identifier: Apache-2.0 */

/* Output for people and programs. */

#include "registryctl.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int fail_with(lreg_error *error) {
    const char *operation = lreg_error_operation(error);
    fprintf(stderr, "registryctl: %s%s%s\n", operation, operation[0] == '\0' ? "" : ": ", lreg_error_message(error));
    lreg_error_free(error);
    return EXIT_FAILED;
}

int fail_with_text(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("registryctl: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return EXIT_FAILED;
}

int print_json(json_t *value) {
    char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    int result = text == NULL ? fail_with_text("out of memory") : EXIT_DONE;
    if (text != NULL) {
        puts(text);
    }
    free(text);
    json_decref(value);
    return result;
}

int end_listing(const struct invocation *invocation, lreg_status status, json_t *values, lreg_error *error) {
    if (status != LREG_OK || !invocation->json) {
        json_decref(values);
        return status == LREG_OK ? EXIT_DONE : fail_with(error);
    }
    return print_json(values);
}

int print_deleted(const struct invocation *invocation, const char *what) {
    return invocation->json ? print_json(json_pack("{s:s}", "deleted", what)) : EXIT_DONE;
}

const char *time_text(int64_t unix_ms, char *text) {
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL || strftime(text, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        text[0] = '\0';
    }
    return text;
}

const char *size_text(uint64_t bytes, char *text) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        unit++;
    }
    snprintf(text, SIZE_TEXT, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text;
}

const char *or_dash(const char *text) {
    return text[0] == '\0' ? "-" : text;
}

json_t *json_of_registry(const lreg_registry *registry) {
    char created[TIME_TEXT];
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:s}", "id", lreg_registry_id(registry),
                     "organization", lreg_registry_organization_slug(registry), "slug", lreg_registry_slug(registry),
                     "name", lreg_registry_name(registry), "description", lreg_registry_description(registry), "emoji",
                     lreg_registry_emoji(registry), "color", lreg_registry_color(registry), "ecosystem",
                     lreg_registry_ecosystem(registry), "public", lreg_registry_is_public(registry), "allow_overwrite",
                     lreg_registry_allows_overwrite(registry), "strict_names", lreg_registry_has_strict_names(registry),
                     "created_at", time_text(lreg_registry_created_ms(registry), created));
}

/* The digests that are known. */
static json_t *json_of_digests(const lreg_package *package) {
    static const char *const algorithms[] = {"md5", "sha1", "sha256", "sha512"};
    json_t *value = json_object();
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        const char *digest = lreg_package_digest(package, algorithms[i]);
        if (digest[0] != '\0') {
            json_object_set_new(value, algorithms[i], json_string(digest));
        }
    }
    return value;
}

json_t *json_of_package(const lreg_package *package) {
    char created[TIME_TEXT];
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:I, s:s, s:o}", "id", lreg_package_id(package),
                     "name", lreg_package_name(package), "version", lreg_package_version(package), "architecture",
                     lreg_package_architecture(package), "reference", lreg_package_reference(package), "filename",
                     lreg_package_filename(package), "path", lreg_package_path(package), "size",
                     (json_int_t)lreg_package_size_bytes(package), "digests", json_of_digests(package), "downloads",
                     (json_int_t)lreg_package_downloads(package), "created_at",
                     time_text(lreg_package_created_ms(package), created), "attributes",
                     json_loads(lreg_package_attributes(package), 0, NULL));
}
