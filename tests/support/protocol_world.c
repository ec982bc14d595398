/* SPDX-License-Identifier: Apache-2.0 */

/* Makes the world of protocol tests, through the C API only, and describes its content. */

#include "support/protocol_world.h"
#include "support/objects.h"

#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define FOLDERS_MAX 4 /* the deepest nesting of folders in a data directory */
#define SEED UINT64_C(0x9e3779b97f4a7c15)

static void check(lreg_status status, lreg_error *err) {
    if (status != LREG_OK) {
        fail_msg("%s: %s", lreg_status_name(status), lreg_error_message(err));
    }
}

static int64_t now_ms(void *user) {
    return ((struct protocol_world *)user)->now_ms;
}

/* splitmix64: any generator that repeats and looks random would do. */
static lreg_status fill(void *user, void *bytes, size_t length, lreg_failure *failure) {
    (void)failure;
    struct protocol_world *world = user;
    unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++) {
        world->random += SEED;
        uint64_t mixed = world->random;
        mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
        at[i] = (unsigned char)(mixed ^ (mixed >> 31));
    }
    return LREG_OK;
}

/* --- making --- */

static void make_registry(struct protocol_world *world, const char *organization, const char *slug,
                          const char *ecosystem,
                          lreg_status (*set)(lreg_registry_settings *, lreg_bool, lreg_error **)) {
    lreg_registry_settings *settings = NULL;
    lreg_error *err = NULL;
    check(lreg_registry_settings_new(&settings, &err), err);
    check(lreg_registry_settings_set_name(settings, slug, &err), err);
    check(lreg_registry_settings_set_ecosystem(settings, ecosystem, &err), err);
    if (set != NULL) {
        check(set(settings, 1, &err), err);
    }
    check(lreg_registry_create(world->instance, organization, settings, NULL, &err), err);
    lreg_registry_settings_free(settings);
}

static void keep_secret(struct protocol_world *world, enum protocol_who who, const lreg_token *token) {
    (void)snprintf(world->authorization[who], sizeof world->authorization[who], "Bearer %s", lreg_token_secret(token));
}

static void make_token(struct protocol_world *world, enum protocol_who who, const char *organization,
                       const char *scopes) {
    lreg_token *token = NULL;
    lreg_error *err = NULL;
    int64_t expires_ms = who == WHO_EXPIRED ? PROTOCOL_NOW - 1000 : 0;
    check(objects_token_create(world->instance, organization, "a token", scopes, expires_ms, &token, &err), err);
    keep_secret(world, who, token);
    if (who == WHO_DELETED) {
        check(lreg_token_delete(world->instance, token, &err), err);
    }
    lreg_token_free(token);
}

static lreg_registry *find_registry(struct protocol_world *world, const char *organization, const char *slug) {
    lreg_registry *registry = NULL;
    lreg_error *err = NULL;
    check(lreg_registry_find(world->instance, organization, slug, &registry, &err), err);
    return registry;
}

static void make_registry_token(struct protocol_world *world, enum protocol_who who, const char *slug) {
    lreg_registry *registry = find_registry(world, "my-organization", slug);
    lreg_token *token = NULL;
    lreg_error *err = NULL;
    check(objects_registry_token_create(world->instance, registry, "a registry token", &token, &err), err);
    keep_secret(world, who, token);
    if (who == WHO_REGISTRY_TOKEN) {
        (void)snprintf(world->token_id, sizeof world->token_id, "%s", lreg_token_id(token));
    }
    lreg_token_free(token);
    lreg_registry_free(registry);
}

static void publish(struct protocol_world *world, const char *slug, const char *filename) {
    lreg_registry *registry = find_registry(world, "my-organization", slug);
    lreg_publication *publication = NULL;
    lreg_package *package = NULL;
    lreg_error *err = NULL;
    check(lreg_publication_open(world->instance, registry, filename, &publication, &err), err);
    check(lreg_publication_write(publication, PROTOCOL_CONTENT, strlen(PROTOCOL_CONTENT), &err), err);
    check(lreg_publication_finish(publication, &package, NULL, &err), err);
    (void)snprintf(world->package_id, sizeof world->package_id, "%s", lreg_package_id(package));
    lreg_package_free(package);
    lreg_publication_close(publication);
    lreg_registry_free(registry);
}

static void fill_world(struct protocol_world *world) {
    static const char all[] =
        "read_packages,write_packages,delete_packages,read_registries,write_registries,delete_registries";
    static const char home[] = "my-organization";
    lreg_error *err = NULL;
    check(objects_organization_create(world->instance, home, NULL, NULL, &err), err);
    check(objects_organization_create(world->instance, "other-organization", NULL, NULL, &err), err);
    make_registry(world, home, "my-files", "files", NULL);
    make_registry(world, home, "strict-files", "files", lreg_registry_settings_set_strict_names);
    make_registry(world, home, "public-files", "files", lreg_registry_settings_set_public);
    make_registry(world, home, "loose-files", "files", lreg_registry_settings_set_allow_overwrite);
    make_registry(world, home, "my-alpine-packages", "alpine", NULL);
    make_registry(world, home, "my-images", "container", NULL);
    make_registry(world, "other-organization", "other-files", "files", NULL);
    make_token(world, WHO_OWNER, home, all);
    make_token(world, WHO_READER, home, "read_packages,read_registries");
    make_token(world, WHO_PUBLISHER, home, "write_packages");
    make_token(world, WHO_STRANGER, "other-organization", all);
    make_token(world, WHO_DELETED, home, all);
    world->now_ms = PROTOCOL_NOW - 2000; /* so that it is not refused at once */
    make_token(world, WHO_EXPIRED, home, all);
    world->now_ms = PROTOCOL_NOW;
    make_registry_token(world, WHO_REGISTRY_TOKEN, "my-files");
    make_registry_token(world, WHO_OTHER_REGISTRY_TOKEN, "strict-files");
    publish(world, "my-files", "app-1.0.0.zip");
}

static struct protocol_world *make_world(const char *directory) {
    struct protocol_world *world = calloc(1, sizeof *world);
    lreg_error *err = NULL;
    if (world == NULL) {
        fail_msg("out of memory");
        return NULL;
    }
    world->now_ms = PROTOCOL_NOW;
    world->random = SEED;
    const lreg_clock clock = {.size = sizeof clock, .user = world, .now_ms = now_ms, .uptime_ms = now_ms};
    const lreg_random random = {.size = sizeof random, .user = world, .fill = fill};
    check(lreg_options_new(&world->options, &err), err);
    check(lreg_options_set_clock(world->options, &clock, &err), err);
    check(lreg_options_set_random(world->options, &random, &err), err);
    check(lreg_options_set_durable(world->options, 0, &err), err);
    check(lreg_options_set_number(world->options, LREG_LIMIT_PACKAGE_BYTES, PROTOCOL_PACKAGE_BYTES, &err), err);
    check(lreg_options_set_number(world->options, LREG_LIMIT_JSON_BYTES, PROTOCOL_JSON_BYTES, &err), err);
    if (directory != NULL) {
        (void)snprintf(world->directory, sizeof world->directory, "%s", directory);
        check(lreg_options_set_directory(world->options, directory, &err), err);
    }
    check(lreg_open(world->options, &world->instance, &err), err);
    fill_world(world);
    return world;
}

struct protocol_world *protocol_world_new(void) {
    return make_world(NULL);
}

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *walk) {
    (void)facts;
    (void)type;
    (void)walk;
    return remove(path);
}

void protocol_world_free(struct protocol_world *world) {
    if (world == NULL) {
        return;
    }
    lreg_close(world->instance);
    lreg_options_free(world->options);
    if (world->directory[0] != '\0') {
        (void)nftw(world->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
    free(world);
}

int protocol_setup(void **state) {
    char directory[] = "/tmp/lreg-protocol-XXXXXX";
    if (mkdtemp(directory) == NULL) {
        return -1;
    }
    *state = make_world(directory);
    return 0;
}

int protocol_teardown(void **state) {
    protocol_world_free(*state);
    return 0;
}

/* --- description --- */

static void list_packages(struct protocol_world *world, const lreg_registry *registry, FILE *out) {
    lreg_package_list *list = NULL;
    lreg_package *package = NULL;
    lreg_error *err = NULL;
    check(lreg_package_list_open(world->instance, registry, NULL, &list, &err), err);
    check(lreg_package_list_next(list, &package, &err), err);
    while (package != NULL) {
        (void)fprintf(out, "  package %s %s %s %s %llu %s\n", lreg_package_id(package), lreg_package_reference(package),
                      lreg_package_name(package), lreg_package_version(package),
                      (unsigned long long)lreg_package_downloads(package), lreg_package_digest(package, "sha256"));
        lreg_package_free(package);
        check(lreg_package_list_next(list, &package, &err), err);
    }
    lreg_package_list_close(list);
}

/* `registry` NULL: the API access tokens of the organization. */
static void list_tokens(struct protocol_world *world, const char *organization, const lreg_registry *registry,
                        FILE *out) {
    lreg_token_list *list = NULL;
    lreg_token *token = NULL;
    lreg_error *err = NULL;
    if (registry == NULL) {
        check(lreg_token_list_open(world->instance, organization, NULL, &list, &err), err);
    } else {
        check(lreg_registry_token_list_open(world->instance, registry, NULL, &list, &err), err);
    }
    check(lreg_token_list_next(list, &token, &err), err);
    while (token != NULL) {
        (void)fprintf(out, "  token %s %s %s\n", lreg_token_id(token), lreg_token_description(token),
                      lreg_token_scopes(token));
        lreg_token_free(token);
        check(lreg_token_list_next(list, &token, &err), err);
    }
    lreg_token_list_close(list);
}

static void list_registries(struct protocol_world *world, const char *organization, FILE *out) {
    lreg_registry_list *list = NULL;
    lreg_registry *registry = NULL;
    lreg_error *err = NULL;
    check(lreg_registry_list_open(world->instance, organization, NULL, &list, &err), err);
    check(lreg_registry_list_next(list, &registry, &err), err);
    while (registry != NULL) {
        (void)fprintf(out, " registry %s %s (%s) [%s%s%s] %s %d%d%d %lld\n", lreg_registry_id(registry),
                      lreg_registry_slug(registry), lreg_registry_name(registry), lreg_registry_description(registry),
                      lreg_registry_emoji(registry), lreg_registry_color(registry), lreg_registry_ecosystem(registry),
                      lreg_registry_is_public(registry), lreg_registry_allows_overwrite(registry),
                      lreg_registry_has_strict_names(registry), (long long)lreg_registry_updated_ms(registry));
        list_packages(world, registry, out);
        if (lreg_registry_is_public(registry) == 0) { /* otherwise they are hidden */
            list_tokens(world, NULL, registry, out);
        }
        lreg_registry_free(registry);
        check(lreg_registry_list_next(list, &registry, &err), err);
    }
    lreg_registry_list_close(list);
}

/* Every change adds an event. */
static void count_events(struct protocol_world *world, const char *organization, FILE *out) {
    lreg_audit_event_list *list = NULL;
    lreg_audit_event *event = NULL;
    lreg_error *err = NULL;
    size_t count = 0;
    check(lreg_audit_event_list_open(world->instance, organization, NULL, &list, &err), err);
    check(lreg_audit_event_list_next(list, &event, &err), err);
    while (event != NULL) {
        count++;
        lreg_audit_event_free(event);
        check(lreg_audit_event_list_next(list, &event, &err), err);
    }
    lreg_audit_event_list_close(list);
    (void)fprintf(out, " %zu events\n", count);
}

/* The files below a folder, sorted; folders stay when their content goes. */
static void list_files(const char *path, int depth, FILE *out) {
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char below[512];
        const char *name = entries[i]->d_name;
        bool is_folder = entries[i]->d_type == DT_DIR;
        (void)snprintf(below, sizeof below, "%s/%s", path, name);
        if (!is_folder) {
            (void)fprintf(out, "%s\n", below);
        } else if (depth < FOLDERS_MAX && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            list_files(below, depth + 1, out);
        }
        free(entries[i]);
    }
    free(entries);
}

char *protocol_state(struct protocol_world *world) {
    static const char *const organizations[] = {"my-organization", "other-organization"};
    static const char *const folders[] = {"objects", "staging"};
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    for (size_t i = 0; i < 2; i++) {
        (void)fprintf(out, "%s\n", organizations[i]);
        list_registries(world, organizations[i], out);
        list_tokens(world, organizations[i], NULL, out);
        count_events(world, organizations[i], out);
    }
    for (size_t i = 0; i < 2 && world->directory[0] != '\0'; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", world->directory, folders[i]);
        list_files(path, 0, out);
    }
    (void)fclose(out);
    return text;
}
