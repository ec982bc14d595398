/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing instances, several on one directory, handles that outlive them, and upkeep. */
#include "component/fixture.h"

#include <sys/stat.h>

static void test_component_instance__new_directory_is_made_for_the_owner_alone(void **state) {
    (void)state;
    struct fixture fixture;
    struct stat facts;
    lreg_error *err = NULL;
    char below[96];
    fixture_prepare(&fixture);
    fixture_make_folder(fixture.folder);
    snprintf(below, sizeof below, "%s/data", fixture.folder);
    CHECK(lreg_options_set_directory(fixture.options, below, &err), err);
    fixture_open(&fixture);
    assert_int_equal(stat(below, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    fixture_close(&fixture);
}

static void test_component_instance__directory_below_nothing_is_refused(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    fixture_prepare(&fixture);
    CHECK(lreg_options_set_directory(fixture.options, "/nonexistent/below/nothing", &err), err);
    fixture.instance = (lreg_instance *)&fixture;
    assert_int_not_equal(lreg_open(fixture.options, &fixture.instance, &err), LREG_OK);
    assert_null(fixture.instance);
    assert_string_not_equal(lreg_error_operation(err), "");
    assert_int_not_equal(lreg_error_cause(err), 0);
    lreg_error_free(err);
    fixture_close(&fixture);
}

static void test_component_instance__a_directory_keeps_everything(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open_folder(&fixture);
    lreg_registry *registry = make_files(fixture.instance);
    lreg_package_free(publish_text(fixture.instance, registry, "app-1.0.0.zip", "hello"));
    lreg_registry_free(registry);
    lreg_close(fixture.instance);
    fixture_open(&fixture);
    registry = find_files(fixture.instance);
    check_content(fixture.instance, registry, "app-1.0.0.zip", "hello", 5);
    lreg_registry_free(registry);
    fixture_close(&fixture);
}

static void test_component_instance__memory_forgets_everything(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    lreg_organization *organization = NULL;
    fixture_open_memory(&fixture);
    make_organization(fixture.instance, "acme");
    lreg_close(fixture.instance);
    fixture_open(&fixture);
    EXPECT(lreg_organization_find(fixture.instance, "acme", &organization, &err), &err, LREG_NOT_FOUND,
           "organization_unknown");
    fixture_close(&fixture);
}

static void test_component_instance__two_in_memory_share_nothing(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    lreg_instance *other = NULL;
    lreg_organization *organization = NULL;
    fixture_open_memory(&fixture);
    CHECK(lreg_open(fixture.options, &other, &err), err);
    make_organization(fixture.instance, "acme");
    EXPECT(lreg_organization_find(other, "acme", &organization, &err), &err, LREG_NOT_FOUND, "organization_unknown");
    lreg_close(other);
    fixture_close(&fixture);
}

static void test_component_instance__two_on_one_directory_see_each_other(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    lreg_instance *other = NULL;
    lreg_package *package = NULL;
    fixture_open_folder(&fixture);
    CHECK(lreg_open(fixture.options, &other, &err), err);
    lreg_registry *registry = make_files(fixture.instance);
    lreg_registry *same = find_files(other);
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "from the first"));
    check_content(other, same, "a.txt", "from the first", 14);
    lreg_package_free(publish_text(other, same, "b.txt", "from the second"));
    check_content(fixture.instance, registry, "b.txt", "from the second", 15);
    CHECK(lreg_package_find(other, same, "a.txt", &package, &err), err);
    CHECK(lreg_package_delete(other, package, &err), err);
    lreg_package_free(package);
    EXPECT(lreg_package_find(fixture.instance, registry, "a.txt", &package, &err), &err, LREG_NOT_FOUND,
           "package_unknown");
    lreg_registry_free(registry);
    lreg_registry_free(same);
    lreg_close(other);
    fixture_close(&fixture);
}

/* Every kind of handle at once. The instance is closed first, and each handle still works. */
static void test_component_instance__handles_outlive_it(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    lreg_organization *organization = NULL;
    lreg_organization_list *organizations = NULL;
    lreg_registry_list *registries = NULL;
    lreg_package_list *packages = NULL;
    lreg_publication *publication = NULL;
    lreg_package_reader *content = NULL;
    lreg_token *token = NULL;
    lreg_token_list *tokens = NULL;
    lreg_audit_event_list *events = NULL;
    lreg_audit_event *event = NULL;
    lreg_exchange *exchange = NULL;
    lreg_package *found = NULL;
    char text[16];
    size_t got = 0;
    fixture_open_folder(&fixture);
    lreg_registry *registry = make_files(fixture.instance);
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "content");
    CHECK(lreg_organization_find(fixture.instance, "acme", &organization, &err), err);
    CHECK(lreg_organization_list_open(fixture.instance, NULL, &organizations, &err), err);
    CHECK(lreg_registry_list_open(fixture.instance, "acme", NULL, &registries, &err), err);
    CHECK(lreg_package_list_open(fixture.instance, registry,
                                 &(lreg_package_filter){.size = sizeof(lreg_package_filter), .name_contains = "a"},
                                 &packages, &err),
          err);
    CHECK(lreg_publication_open(fixture.instance, registry, "b.txt", &publication, &err), err);
    CHECK(lreg_package_reader_open(fixture.instance, package, &content, &err), err);
    CHECK(objects_token_create(fixture.instance, "acme", "all", "read_packages", 0, &token, &err), err);
    CHECK(lreg_token_list_open(fixture.instance, "acme", NULL, &tokens, &err), err);
    CHECK(lreg_audit_event_list_open(fixture.instance, "acme", NULL, &events, &err), err);
    CHECK(lreg_exchange_new(fixture.instance, &exchange, &err), err);
    lreg_close(fixture.instance);
    fixture.instance = NULL;

    assert_string_equal(lreg_organization_slug(organization), "acme");
    assert_string_equal(lreg_registry_slug(registry), "files");
    assert_string_equal(lreg_package_path(package), "/acme/files/files/a.txt");
    CHECK(lreg_package_reader_read(content, 3, text, sizeof text, &got, &err), err);
    assert_memory_equal(text, "tent", 4);
    CHECK(lreg_package_list_next(packages, &found, &err), err);
    assert_string_equal(lreg_package_filename(found), "a.txt");
    lreg_package_free(found);
    CHECK(lreg_publication_write(publication, "late", 4, &err), err);
    CHECK(lreg_publication_finish(publication, &found, NULL, &err), err);
    assert_int_equal(lreg_package_size_bytes(found), 4);
    CHECK(lreg_audit_event_list_next(events, &event, &err), err);
    assert_non_null(event);
    CHECK(lreg_exchange_set_request(exchange, "GET", "/-/health", &err), err);
    CHECK(lreg_exchange_begin(exchange, &err), err);
    assert_int_equal(lreg_exchange_status(exchange), 200);

    lreg_organization_list_close(organizations);
    lreg_registry_list_close(registries);
    lreg_package_list_close(packages);
    lreg_publication_close(publication);
    lreg_package_reader_close(content);
    lreg_token_free(token);
    lreg_token_list_close(tokens);
    lreg_audit_event_list_close(events);
    lreg_audit_event_free(event);
    lreg_exchange_free(exchange);
    lreg_package_free(found);
    lreg_package_free(package);
    lreg_registry_free(registry);
    lreg_organization_free(organization);
    fixture_close(&fixture);
}

static lreg_status count_finding(void *user, const lreg_finding *finding) {
    assert_int_equal(finding->size, sizeof *finding);
    assert_string_not_equal(finding->message, "");
    (*(int *)user)++;
    return LREG_OK;
}

static lreg_status refuse_finding(void *user, const lreg_finding *finding) {
    (void)count_finding(user, finding);
    return LREG_HOST_STATUS + 7;
}

/* Overwrites the one object below `objects/` with other bytes of the same length. */
static int damage_entry(const char *path, const struct stat *facts, int type, struct FTW *walk) {
    (void)facts;
    (void)walk;
    if (type == FTW_F) {
        FILE *file = chmod(path, 0600) == 0 ? fopen(path, "r+b") : NULL;
        if (file == NULL || fputc('X', file) == EOF || fclose(file) != 0) {
            return -1;
        }
    }
    return 0;
}

static void test_component_instance__verify_finds_what_is_damaged(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    lreg_verify_report report = {.size = sizeof report};
    char objects[96];
    int findings = 0;
    fixture_open_folder(&fixture);
    lreg_registry *registry = make_files(fixture.instance);
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "content"));
    CHECK(lreg_verify(
              fixture.instance,
              &(lreg_verify_options){.size = sizeof(lreg_verify_options), .finding = count_finding, .user = &findings},
              &report, &err),
          err);
    assert_int_equal(report.blobs, 1);
    assert_int_equal(report.blob_bytes, 7);
    assert_int_equal(report.missing + report.damaged + report.unnamed_objects, 0);
    assert_int_equal(findings, 0);
    snprintf(objects, sizeof objects, "%s/objects", fixture.folder);
    assert_int_equal(nftw(objects, damage_entry, 16, FTW_PHYS), 0);
    CHECK(lreg_verify(
              fixture.instance,
              &(lreg_verify_options){.size = sizeof(lreg_verify_options), .finding = count_finding, .user = &findings},
              &report, &err),
          err);
    assert_int_equal(report.damaged, 1);
    assert_int_equal(findings, 1);
    CHECK(lreg_verify(fixture.instance, NULL, &report, &err), err);
    assert_int_equal(report.damaged, 1);
    lreg_package_free(publish_text(fixture.instance, registry, "b.txt", "more content"));
    assert_int_equal(nftw(objects, damage_entry, 16, FTW_PHYS), 0);
    findings = 0;
    assert_int_equal(lreg_verify(fixture.instance,
                                 &(lreg_verify_options){
                                     .size = sizeof(lreg_verify_options), .finding = refuse_finding, .user = &findings},
                                 &report, &err),
                     LREG_HOST_STATUS + 7);
    assert_int_equal(lreg_error_status(err), LREG_HOST_STATUS + 7);
    assert_int_equal(findings, 1); /* of two: the walk ends at once */
    lreg_error_free(err);
    lreg_registry_free(registry);
    fixture_close(&fixture);
}

static void test_component_instance__collect_removes_what_nothing_names(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    lreg_collect_report report = {.size = sizeof report};
    fixture_open_folder(&fixture);
    lreg_registry *registry = make_files(fixture.instance);
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "content");
    lreg_package_free(publish_text(fixture.instance, registry, "b.txt", "stays"));
    CHECK(lreg_package_delete(fixture.instance, package, &err), err);
    lreg_package_free(package);
    atomic_fetch_add(&fixture.now_ms, INT64_C(90000000)); /* 25 hours */
    CHECK(objects_collect(fixture.instance, 0, &report, &err), err);
    assert_int_equal(report.blobs, 1);
    assert_int_equal(report.blob_bytes, 7);
    CHECK(objects_collect(fixture.instance, 3600000, NULL, &err), err);
    check_content(fixture.instance, registry, "b.txt", "stays", 5);
    lreg_registry_free(registry);
    fixture_close(&fixture);
}

static void test_component_instance__reports_that_are_too_small_are_refused(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    lreg_verify_report verified = {.size = sizeof verified - 1};
    lreg_collect_report collected = {.size = 0};
    fixture_open_memory(&fixture);
    EXPECT(lreg_verify(fixture.instance, NULL, &verified, &err), &err, LREG_BAD_ARGUMENT, "struct_too_small");
    EXPECT(objects_collect(fixture.instance, 0, &collected, &err), &err, LREG_BAD_ARGUMENT, "struct_too_small");
    EXPECT(objects_collect(fixture.instance, INT64_MAX, NULL, &err), &err, LREG_BAD_ARGUMENT, "");
    fixture_close(&fixture);
}

static void test_component_instance__a_report_of_a_newer_host_keeps_its_tail(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    struct {
        lreg_verify_report report;
        uint64_t later;
    } longer = {.report = {.size = sizeof longer}, .later = 42};
    fixture_open_memory(&fixture);
    CHECK(lreg_verify(fixture.instance, NULL, &longer.report, &err), err);
    assert_int_equal(longer.later, 42);
    assert_int_equal(longer.report.size, sizeof longer);
    fixture_close(&fixture);
}

static void test_component_instance__a_backup_is_an_instance(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    lreg_instance *copy = NULL;
    char folder[96];
    fixture_open_folder(&fixture);
    lreg_registry *registry = make_files(fixture.instance);
    lreg_package_free(publish_text(fixture.instance, registry, "a.txt", "content"));
    snprintf(folder, sizeof folder, "%s.backup", fixture.folder);
    CHECK(lreg_backup(fixture.instance, folder, NULL, &err), err);
    assert_int_equal(lreg_backup(fixture.instance, folder, NULL, &err), LREG_CONFLICT);
    lreg_error_free(err);
    err = NULL;
    EXPECT(lreg_backup(fixture.instance, folder,
                       &(lreg_backup_options){.size = sizeof(lreg_backup_options), .flags = 0x10000}, &err),
           &err, LREG_BAD_ARGUMENT, "flags_unknown");
    lreg_package_free(publish_text(fixture.instance, registry, "b.txt", "later"));
    lreg_registry_free(registry);
    CHECK(lreg_options_set_directory(fixture.options, folder, &err), err);
    CHECK(lreg_open(fixture.options, &copy, &err), err);
    registry = find_files(copy);
    check_content(copy, registry, "a.txt", "content", 7);
    assert_int_equal(count_packages(copy, registry, NULL), 1);
    lreg_registry_free(registry);
    lreg_close(copy);
    fixture_remove_folder(folder);
    fixture_close(&fixture);
}

static void test_component_instance__a_backup_is_not_made_inside_of_its_instance(void **state) {
    (void)state;
    static const char *const names[] = {"backup", "objects/backup", "objects/../backup/"};
    struct fixture fixture;
    lreg_error *err = NULL;
    char folder[128];
    fixture_open_folder(&fixture);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(folder, sizeof folder, "%s/%s", fixture.folder, names[i]);
        EXPECT(lreg_backup(fixture.instance, folder, NULL, &err), &err, LREG_BAD_ARGUMENT, "backup_inside");
    }
    fixture_close(&fixture);
}

static void test_component_instance__memory_has_no_backup(void **state) {
    (void)state;
    struct fixture fixture;
    lreg_error *err = NULL;
    fixture_open_memory(&fixture);
    assert_int_equal(lreg_backup(fixture.instance, "/tmp/lreg-component-never-made", NULL, &err), LREG_UNSUPPORTED);
    lreg_error_free(err);
    assert_int_not_equal(access("/tmp/lreg-component-never-made", F_OK), 0);
    fixture_close(&fixture);
}
