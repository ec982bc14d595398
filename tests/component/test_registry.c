/* SPDX-License-Identifier: Apache-2.0 */
/* Registries and their settings through the C API. */
#include "component/fixture.h"

static struct fixture fixture;

static int setup(void **state) {
    (void)state;
    fixture_open_memory(&fixture);
    make_organization(fixture.instance, "acme");
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fixture_close(&fixture);
    return 0;
}

static void test_component_registry__created_one_is_found_with_all_its_settings(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_registry *made = NULL;
    lreg_registry *found = NULL;
    lreg_registry_settings *settings = settings_of("Release Files", "files");
    CHECK(lreg_registry_settings_set_description(settings, "What we\nrelease", &err), err);
    CHECK(lreg_registry_settings_set_emoji(settings, ":package:", &err), err);
    CHECK(lreg_registry_settings_set_color(settings, "#A1b2C3", &err), err);
    CHECK(lreg_registry_settings_set_public(settings, 7, &err), err);
    CHECK(lreg_registry_settings_set_strict_names(settings, 1, &err), err);
    CHECK(lreg_registry_create(fixture.instance, "acme", settings, &made, &err), err);
    CHECK(lreg_registry_find(fixture.instance, "acme", "release-files", &found, &err), err);
    assert_string_equal(lreg_registry_id(found), lreg_registry_id(made));
    assert_string_equal(lreg_registry_organization_slug(found), "acme");
    assert_string_equal(lreg_registry_slug(found), "release-files");
    assert_string_equal(lreg_registry_name(found), "Release Files");
    assert_string_equal(lreg_registry_description(found), "What we\nrelease");
    assert_string_equal(lreg_registry_emoji(found), ":package:");
    assert_string_equal(lreg_registry_color(found), "#A1b2C3");
    assert_string_equal(lreg_registry_ecosystem(found), "files");
    assert_int_equal(lreg_registry_is_public(found), 1);
    assert_int_equal(lreg_registry_allows_overwrite(found), 0);
    assert_int_equal(lreg_registry_has_strict_names(found), 1);
    assert_true(lreg_registry_created_ms(found) == FIXTURE_NOW);
    assert_true(lreg_registry_updated_ms(found) == FIXTURE_NOW);
    lreg_registry_free(made);
    lreg_registry_free(found);
    lreg_registry_settings_free(settings);
}

static void test_component_registry__null_takes_a_text_back_and_empty_means_none(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_registry *registry = NULL;
    lreg_registry *changed = NULL;
    lreg_registry_settings *settings = settings_of("Files", "files");
    CHECK(lreg_registry_settings_set_description(settings, "kept", &err), err);
    CHECK(lreg_registry_settings_set_color(settings, "#112233", &err), err);
    CHECK(lreg_registry_create(fixture.instance, "acme", settings, &registry, &err), err);
    CHECK(lreg_registry_settings_set_name(settings, NULL, &err), err);
    CHECK(lreg_registry_settings_set_description(settings, NULL, &err), err);
    CHECK(lreg_registry_settings_set_color(settings, "", &err), err);
    CHECK(lreg_registry_update(fixture.instance, registry, settings, &changed, &err), err);
    assert_string_equal(lreg_registry_name(changed), "Files");
    assert_string_equal(lreg_registry_description(changed), "kept");
    assert_string_equal(lreg_registry_color(changed), "");
    EXPECT(lreg_registry_settings_set_name(settings, "\xc3", &err), &err, LREG_BAD_ARGUMENT, "");
    lreg_registry_free(changed);
    lreg_registry_free(registry);
    lreg_registry_settings_free(settings);
}

static void test_component_registry__json_sets_what_a_request_would(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_registry *registry = NULL;
    lreg_registry *changed = NULL;
    lreg_registry_settings *settings = settings_of("Files", "alpine");
    CHECK(lreg_registry_settings_set_json(settings,
                                          "{\"ecosystem\": \"files\", \"slug\": \"of-json\", \"public\": true,"
                                          " \"emoji\": \":x:\", \"allow_overwrite\": true}",
                                          &err),
          err);
    CHECK(lreg_registry_create(fixture.instance, "acme", settings, &registry, &err), err);
    assert_string_equal(lreg_registry_slug(registry), "of-json");
    assert_string_equal(lreg_registry_name(registry), "Files");
    assert_string_equal(lreg_registry_ecosystem(registry), "files");
    assert_string_equal(lreg_registry_emoji(registry), ":x:");
    assert_int_equal(lreg_registry_is_public(registry), 1);
    assert_int_equal(lreg_registry_allows_overwrite(registry), 1);
    CHECK(lreg_registry_settings_set_json(settings, "{\"emoji\": null, \"public\": false}", &err), err);
    CHECK(lreg_registry_update(fixture.instance, registry, settings, &changed, &err), err);
    assert_string_equal(lreg_registry_emoji(changed), "");
    assert_int_equal(lreg_registry_is_public(changed), 0);
    assert_int_equal(lreg_registry_allows_overwrite(changed), 1);
    lreg_registry_free(changed);
    lreg_registry_free(registry);
    lreg_registry_settings_free(settings);
}

static void test_component_registry__json_that_is_not_understood_sets_nothing(void **state) {
    (void)state;
    static const struct {
        const char *json;
        lreg_status status;
        const char *code;
    } cases[] = {
        {"", LREG_BAD_ARGUMENT, NULL},
        {"[]", LREG_BAD_ARGUMENT, "malformed_json"},
        {"{\"name\": \"other\"", LREG_BAD_ARGUMENT, NULL},
        {"{\"name\": \"other\", \"name\": \"again\"}", LREG_BAD_ARGUMENT, NULL},
        {"{\"name\": \"other\", \"colour\": \"#112233\"}", LREG_UNPROCESSABLE, "unknown_member"},
        {"{\"name\": \"other\", \"public\": \"yes\"}", LREG_UNPROCESSABLE, "wrong_type"},
        {"{\"name\": null}", LREG_UNPROCESSABLE, "wrong_type"},
        {"{\"name\": \"other\", \"color\": 7}", LREG_UNPROCESSABLE, "wrong_type"},
    };
    lreg_error *err = NULL;
    lreg_registry *registry = NULL;
    lreg_registry_settings *settings = settings_of("Files", "files");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lreg_status status = lreg_registry_settings_set_json(settings, cases[i].json, &err);
        assert_int_equal(status, cases[i].status);
        if (cases[i].code != NULL) {
            assert_string_equal(lreg_error_code(err), cases[i].code);
        }
        lreg_error_free(err);
    }
    err = NULL;
    CHECK(lreg_registry_create(fixture.instance, "acme", settings, &registry, &err), err);
    assert_string_equal(lreg_registry_name(registry), "Files");
    lreg_registry_free(registry);
    lreg_registry_settings_free(settings);
}

static void test_component_registry__values_out_of_range_are_refused(void **state) {
    (void)state;
    static const struct {
        lreg_status (*set)(lreg_registry_settings *settings, const char *value, lreg_error **err);
        const char *value;
        lreg_status status;
        const char *code;
    } cases[] = {
        {lreg_registry_settings_set_slug, "01890a5d-ac96-774b-bcce-b302099a8057", LREG_BAD_ARGUMENT, "bad_slug"},
        {lreg_registry_settings_set_name, "01890A5D AC96 774B BCCE B302099A8057", LREG_BAD_ARGUMENT, "bad_slug"},
        {lreg_registry_settings_set_slug, "No Slug", LREG_BAD_ARGUMENT, "bad_slug"},
        {lreg_registry_settings_set_name, "", LREG_BAD_ARGUMENT, "name_missing"},
        {lreg_registry_settings_set_name, "***", LREG_BAD_ARGUMENT, "bad_slug"},
        {lreg_registry_settings_set_color, "red", LREG_BAD_ARGUMENT, "bad_color"},
        {lreg_registry_settings_set_color, "#12345", LREG_BAD_ARGUMENT, "bad_color"},
        {lreg_registry_settings_set_emoji, "0123456789012345678901234567890123456789012345678901234567890123456789",
         LREG_BAD_ARGUMENT, "too_long"},
        {lreg_registry_settings_set_ecosystem, "debian", LREG_UNPROCESSABLE, "unknown_ecosystem"},
    };
    lreg_error *err = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lreg_registry *registry = (lreg_registry *)&fixture;
        lreg_registry_settings *settings = settings_of("Name", "files");
        CHECK(cases[i].set(settings, cases[i].value, &err), err);
        EXPECT(lreg_registry_create(fixture.instance, "acme", settings, &registry, &err), &err, cases[i].status,
               cases[i].code);
        assert_null(registry);
        lreg_registry_settings_free(settings);
    }
}

static void test_component_registry__name_and_ecosystem_are_needed(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_registry_settings *settings = settings_of("Name", NULL);
    EXPECT(lreg_registry_create(fixture.instance, "acme", settings, NULL, &err), &err, LREG_BAD_ARGUMENT,
           "ecosystem_missing");
    lreg_registry_settings_free(settings);
    settings = settings_of(NULL, "files");
    EXPECT(lreg_registry_create(fixture.instance, "acme", settings, NULL, &err), &err, LREG_BAD_ARGUMENT,
           "name_missing");
    lreg_registry_settings_free(settings);
}

static void test_component_registry__organization_must_be_there(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_registry_list *list = NULL;
    lreg_registry *registry = NULL;
    lreg_registry_settings *settings = settings_of("Name", "files");
    EXPECT(lreg_registry_create(fixture.instance, "nobody", settings, NULL, &err), &err, LREG_NOT_FOUND,
           "organization_unknown");
    EXPECT(lreg_registry_list_open(fixture.instance, "nobody", NULL, &list, &err), &err, LREG_NOT_FOUND,
           "organization_unknown");
    EXPECT(lreg_registry_find(fixture.instance, "acme", "none", &registry, &err), &err, LREG_NOT_FOUND,
           "registry_unknown");
    lreg_registry_settings_free(settings);
}

static void test_component_registry__slug_is_taken_once_in_an_organization(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_registry_settings *settings = settings_of("files", "files");
    make_organization(fixture.instance, "other");
    CHECK(lreg_registry_create(fixture.instance, "acme", settings, NULL, &err), err);
    CHECK(lreg_registry_create(fixture.instance, "other", settings, NULL, &err), err);
    EXPECT(lreg_registry_create(fixture.instance, "acme", settings, NULL, &err), &err, LREG_CONFLICT, "slug_taken");
    lreg_registry_settings_free(settings);
}

static void test_component_registry__update_changes_what_is_set_and_nothing_else(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_registry *changed = NULL;
    lreg_registry *registry = make_registry(fixture.instance, "acme", "files", "files");
    lreg_registry_settings *settings = settings_of(NULL, NULL);
    CHECK(lreg_registry_settings_set_description(settings, "new", &err), err);
    CHECK(lreg_registry_settings_set_allow_overwrite(settings, 1, &err), err);
    atomic_fetch_add(&fixture.now_ms, 1000);
    CHECK(lreg_registry_update(fixture.instance, registry, settings, &changed, &err), err);
    assert_string_equal(lreg_registry_description(changed), "new");
    assert_string_equal(lreg_registry_name(changed), "files");
    assert_string_equal(lreg_registry_id(changed), lreg_registry_id(registry));
    assert_int_equal(lreg_registry_allows_overwrite(changed), 1);
    assert_int_equal(lreg_registry_is_public(changed), 0);
    assert_true(lreg_registry_updated_ms(changed) == FIXTURE_NOW + 1000);
    assert_string_equal(lreg_registry_description(registry), ""); /* the snapshot stays */
    lreg_registry_settings_free(settings);
    lreg_registry_free(registry);
    lreg_registry_free(changed);
}

static void test_component_registry__update_may_rename_but_not_change_the_ecosystem(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_registry *registry = make_registry(fixture.instance, "acme", "files", "files");
    lreg_registry *found = NULL;
    lreg_registry_settings *settings = settings_of(NULL, "alpine");
    EXPECT(lreg_registry_update(fixture.instance, registry, settings, NULL, &err), &err, LREG_UNPROCESSABLE,
           "ecosystem_fixed");
    lreg_registry_settings_free(settings);
    settings = settings_of("Other name", NULL);
    CHECK(lreg_registry_settings_set_slug(settings, "other", &err), err);
    CHECK(lreg_registry_update(fixture.instance, registry, settings, NULL, &err), err);
    CHECK(lreg_registry_find(fixture.instance, "acme", "other", &found, &err), err);
    assert_string_equal(lreg_registry_id(found), lreg_registry_id(registry));
    lreg_registry_free(found);
    EXPECT(lreg_registry_find(fixture.instance, "acme", "files", &found, &err), &err, LREG_NOT_FOUND,
           "registry_unknown");
    lreg_registry_settings_free(settings);
    lreg_registry_free(registry);
}

static void test_component_registry__list_gives_all_by_slug(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_registry_list *list = NULL;
    lreg_registry *registry = NULL;
    char name[16];
    for (int i = 120; i >= 0; i--) {
        snprintf(name, sizeof name, "reg-%03d", i);
        lreg_registry_free(make_registry(fixture.instance, "acme", name, "files"));
    }
    make_organization(fixture.instance, "other");
    lreg_registry_free(make_registry(fixture.instance, "other", "not-mine", "files"));
    CHECK(lreg_registry_list_open(fixture.instance, "acme", NULL, &list, &err), err);
    for (int i = 0; i <= 120; i++) {
        CHECK(lreg_registry_list_next(list, &registry, &err), err);
        snprintf(name, sizeof name, "reg-%03d", i);
        assert_string_equal(lreg_registry_slug(registry), name);
        lreg_registry_free(registry);
    }
    CHECK(lreg_registry_list_next(list, &registry, &err), err);
    assert_null(registry);
    lreg_registry_list_close(list);
}

static void test_component_registry__delete_takes_the_packages_along(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_collect_report report = {.size = sizeof report};
    lreg_registry *registry = make_registry(fixture.instance, "acme", "files", "files");
    lreg_package *package = publish_text(fixture.instance, registry, "a.txt", "content");
    lreg_package_reader *content = NULL;
    CHECK(lreg_registry_delete(fixture.instance, registry, &err), err);
    assert_string_equal(lreg_registry_name(registry), "files"); /* snapshots stay readable */
    assert_string_equal(lreg_package_name(package), "a.txt");
    EXPECT(lreg_registry_delete(fixture.instance, registry, &err), &err, LREG_NOT_FOUND, "registry_unknown");
    EXPECT(lreg_package_delete(fixture.instance, package, &err), &err, LREG_NOT_FOUND, "package_unknown");
    atomic_fetch_add(&fixture.now_ms, INT64_C(90000000));
    CHECK(objects_collect(fixture.instance, 0, &report, &err), err);
    assert_int_equal(report.blobs, 1);
    assert_int_equal(lreg_package_reader_open(fixture.instance, package, &content, &err), LREG_NOT_FOUND);
    assert_null(content);
    lreg_error_free(err);
    lreg_package_free(package);
    lreg_registry_free(registry);
}

static void test_component_registry__publishing_into_a_deleted_one_fails(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_publication *publication = NULL;
    lreg_package *package = NULL;
    lreg_registry *registry = make_registry(fixture.instance, "acme", "files", "files");
    CHECK(lreg_publication_open(fixture.instance, registry, "a.txt", &publication, &err), err);
    CHECK(lreg_publication_write(publication, "x", 1, &err), err);
    CHECK(lreg_registry_delete(fixture.instance, registry, &err), err);
    lreg_registry_free(registry);
    EXPECT(lreg_publication_finish(publication, &package, NULL, &err), &err, LREG_NOT_FOUND, "registry_unknown");
    assert_null(package);
    lreg_publication_close(publication);
}
