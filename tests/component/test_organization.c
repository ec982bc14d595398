/* SPDX-License-Identifier: Apache-2.0 */
/* Organizations through the C API. */
#include "component/fixture.h"

static struct fixture fixture;

static int setup(void **state) {
    (void)state;
    fixture_open_memory(&fixture);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fixture_close(&fixture);
    return 0;
}

static void test_component_organization__created_one_is_found_as_it_was_made(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_organization *made = NULL;
    lreg_organization *found = NULL;
    CHECK(objects_organization_create(fixture.instance, "acme", "Acme & Söhne", &made, &err), err);
    CHECK(lreg_organization_find(fixture.instance, "acme", &found, &err), err);
    assert_string_equal(lreg_organization_slug(found), "acme");
    assert_string_equal(lreg_organization_name(found), "Acme & Söhne");
    assert_string_equal(lreg_organization_id(found), lreg_organization_id(made));
    assert_int_equal(strlen(lreg_organization_id(found)), 36);
    assert_true(lreg_organization_created_ms(found) == FIXTURE_NOW);
    lreg_organization_free(made);
    lreg_organization_free(found);
}

static void test_component_organization__slug_and_name_stand_in_for_each_other(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_organization *organization = NULL;
    CHECK(objects_organization_create(fixture.instance, NULL, "My Organization", &organization, &err), err);
    assert_string_equal(lreg_organization_slug(organization), "my-organization");
    lreg_organization_free(organization);
    CHECK(objects_organization_create(fixture.instance, "other", NULL, &organization, &err), err);
    assert_string_equal(lreg_organization_name(organization), "other");
    lreg_organization_free(organization);
    CHECK(objects_organization_create(fixture.instance, "unseen", NULL, NULL, NULL), err);
}

static void test_component_organization__what_is_not_a_slug_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *slug;
        const char *code;
    } cases[] = {
        {"", "bad_slug"},
        {"Acme", "bad_slug"},
        {"a--b", "bad_slug"},
        {"-a", "bad_slug"},
        {"a-", "bad_slug"},
        {"a/b", "bad_slug"},
        {"a.b", "bad_slug"},
        {"\xc3\xa4", "bad_slug"},
        {"v2", "reserved_slug"},
        {"organizations", "reserved_slug"},
        {"packages", "reserved_slug"},
    };
    lreg_error *err = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lreg_organization *organization = (lreg_organization *)&fixture;
        EXPECT(objects_organization_create(fixture.instance, cases[i].slug, "Name", &organization, &err), &err,
               LREG_BAD_ARGUMENT, cases[i].code);
        assert_null(organization);
    }
}

static void test_component_organization__what_is_not_a_name_is_refused(void **state) {
    (void)state;
    lreg_error *err = NULL;
    char longer[257];
    memset(longer, 'n', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    EXPECT(objects_organization_create(fixture.instance, "acme", longer, NULL, &err), &err, LREG_BAD_ARGUMENT,
           "too_long");
    EXPECT(objects_organization_create(fixture.instance, "acme", " ", NULL, &err), &err, LREG_BAD_ARGUMENT,
           "name_missing");
    EXPECT(objects_organization_create(fixture.instance, "acme", "a\nb", NULL, &err), &err, LREG_BAD_ARGUMENT,
           "control_character");
    EXPECT(objects_organization_create(fixture.instance, "acme", "\xff", NULL, &err), &err, LREG_BAD_ARGUMENT, "");
    EXPECT(objects_organization_create(fixture.instance, NULL, NULL, NULL, &err), &err, LREG_BAD_ARGUMENT,
           "name_missing");
}

static void test_component_organization__slug_of_the_form_of_an_id_is_refused(void **state) {
    (void)state;
    lreg_error *err = NULL;
    EXPECT(objects_organization_create(fixture.instance, "01890a5d-ac96-774b-bcce-b302099a8057", NULL, NULL, &err),
           &err, LREG_BAD_ARGUMENT, "bad_slug");
}

static lreg_organization *make_one(const char *slug, const char *name) {
    lreg_error *err = NULL;
    lreg_organization *organization = NULL;
    CHECK(objects_organization_create(fixture.instance, slug, name, &organization, &err), err);
    return organization;
}

static lreg_organization *rename_one(const lreg_organization *organization, const char *slug, const char *name) {
    lreg_error *err = NULL;
    lreg_organization *changed = NULL;
    lreg_organization_settings *settings = NULL;
    CHECK(lreg_organization_settings_new(&settings, &err), err);
    CHECK(lreg_organization_settings_set_slug(settings, slug, &err), err);
    CHECK(lreg_organization_settings_set_name(settings, name, &err), err);
    CHECK(lreg_organization_update(fixture.instance, organization, settings, &changed, &err), err);
    lreg_organization_settings_free(settings);
    return changed;
}

static void test_component_organization__update_changes_what_is_set_and_keeps_its_registries(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_registry *registry = NULL;
    lreg_organization *made = make_one("acme", "Acme");
    lreg_registry_free(make_registry(fixture.instance, "acme", "files", "files"));
    lreg_organization *named = rename_one(made, NULL, "Acme Ltd.");
    assert_string_equal(lreg_organization_slug(named), "acme");
    assert_string_equal(lreg_organization_name(named), "Acme Ltd.");
    lreg_organization *moved = rename_one(made, "elsewhere", NULL);
    assert_string_equal(lreg_organization_slug(moved), "elsewhere");
    assert_string_equal(lreg_organization_name(moved), "Acme Ltd.");
    assert_string_equal(lreg_organization_id(moved), lreg_organization_id(made));
    assert_string_equal(lreg_organization_name(made), "Acme");
    CHECK(lreg_registry_find(fixture.instance, "elsewhere", "files", &registry, &err), err);
    assert_string_equal(lreg_registry_organization_slug(registry), "elsewhere");
    lreg_registry_free(registry);
    EXPECT(lreg_registry_find(fixture.instance, "acme", "files", &registry, &err), &err, LREG_NOT_FOUND,
           "registry_unknown");
    lreg_organization_free(moved);
    lreg_organization_free(named);
    lreg_organization_free(made);
}

static void test_component_organization__delete_goes_by_id_and_spares_who_took_the_slug(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_organization *found = NULL;
    lreg_organization *old = make_one("acme", NULL);
    CHECK(lreg_organization_delete(fixture.instance, old, &err), err);
    lreg_organization *newcomer = make_one("acme", NULL);
    EXPECT(lreg_organization_delete(fixture.instance, old, &err), &err, LREG_NOT_FOUND, "organization_unknown");
    CHECK(lreg_organization_find(fixture.instance, "acme", &found, &err), err);
    assert_string_equal(lreg_organization_id(found), lreg_organization_id(newcomer));
    lreg_organization_free(found);
    lreg_organization_free(newcomer);
    lreg_organization_free(old);
}

static void test_component_organization__taken_and_malformed_changes_are_refused(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_organization *changed = NULL;
    lreg_organization_settings *settings = NULL;
    lreg_organization *organization = make_one("acme", NULL);
    lreg_organization_free(make_one("other", NULL));
    CHECK(lreg_organization_settings_new(&settings, &err), err);
    CHECK(lreg_organization_settings_set_slug(settings, "other", &err), err);
    EXPECT(lreg_organization_update(fixture.instance, organization, settings, &changed, &err), &err, LREG_CONFLICT,
           "slug_taken");
    CHECK(lreg_organization_settings_set_slug(settings, "v2", &err), err);
    EXPECT(lreg_organization_update(fixture.instance, organization, settings, &changed, &err), &err, LREG_BAD_ARGUMENT,
           "reserved_slug");
    CHECK(lreg_organization_settings_set_slug(settings, NULL, &err), err);
    CHECK(lreg_organization_settings_set_name(settings, "", &err), err);
    EXPECT(lreg_organization_update(fixture.instance, organization, settings, &changed, &err), &err, LREG_BAD_ARGUMENT,
           "name_missing");
    assert_null(changed);
    lreg_organization_settings_free(settings);
    lreg_organization_free(organization);
}

static void test_component_organization__slug_is_taken_once(void **state) {
    (void)state;
    lreg_error *err = NULL;
    make_organization(fixture.instance, "acme");
    EXPECT(objects_organization_create(fixture.instance, "acme", "Another", NULL, &err), &err, LREG_CONFLICT,
           "slug_taken");
}

static void test_component_organization__unknown_one_is_not_found(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_organization *organization = (lreg_organization *)&fixture;
    EXPECT(lreg_organization_find(fixture.instance, "nobody", &organization, &err), &err, LREG_NOT_FOUND,
           "organization_unknown");
    assert_null(organization);
    EXPECT(lreg_organization_find(fixture.instance, "\xff", &organization, &err), &err, LREG_NOT_FOUND,
           "organization_unknown");
    EXPECT(objects_organization_delete(fixture.instance, "nobody", &err), &err, LREG_NOT_FOUND, "organization_unknown");
}

/* More than a listing reads at once. */
static void test_component_organization__list_gives_all_by_slug(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_organization_list *list = NULL;
    lreg_organization *organization = NULL;
    char slug[16];
    for (int i = 249; i >= 0; i--) {
        snprintf(slug, sizeof slug, "org-%03d", i);
        make_organization(fixture.instance, slug);
    }
    CHECK(lreg_organization_list_open(fixture.instance, NULL, &list, &err), err);
    for (int i = 0; i < 250; i++) {
        CHECK(lreg_organization_list_next(list, &organization, &err), err);
        snprintf(slug, sizeof slug, "org-%03d", i);
        assert_string_equal(lreg_organization_slug(organization), slug);
        lreg_organization_free(organization);
    }
    for (int i = 0; i < 2; i++) {
        CHECK(lreg_organization_list_next(list, &organization, &err), err);
        assert_null(organization);
    }
    lreg_organization_list_close(list);
}

static void test_component_organization__list_of_exactly_one_page_ends(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_organization_list *list = NULL;
    lreg_organization *organization = NULL;
    char slug[16];
    size_t count = 0;
    for (int i = 0; i < 100; i++) {
        snprintf(slug, sizeof slug, "org-%03d", i);
        make_organization(fixture.instance, slug);
    }
    CHECK(lreg_organization_list_open(fixture.instance, NULL, &list, &err), err);
    for (;;) {
        CHECK(lreg_organization_list_next(list, &organization, &err), err);
        if (organization == NULL) {
            break;
        }
        count++;
        lreg_organization_free(organization);
    }
    assert_int_equal(count, 100);
    lreg_organization_list_close(list);
}

static void test_component_organization__list_passes_over_what_was_deleted_meanwhile(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_organization_list *list = NULL;
    lreg_organization *organization = NULL;
    make_organization(fixture.instance, "a");
    make_organization(fixture.instance, "b");
    make_organization(fixture.instance, "c");
    CHECK(lreg_organization_list_open(fixture.instance, NULL, &list, &err), err);
    CHECK(lreg_organization_list_next(list, &organization, &err), err);
    lreg_organization_free(organization);
    CHECK(objects_organization_delete(fixture.instance, "b", &err), err);
    CHECK(lreg_organization_list_next(list, &organization, &err), err);
    assert_string_equal(lreg_organization_slug(organization), "c");
    lreg_organization_free(organization);
    lreg_organization_list_close(list);
}

/* A call that ran out of memory can be repeated, and nothing is missing or duplicated. */
static void test_component_organization__list_goes_on_after_a_failure(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_organization_list *list = NULL;
    lreg_organization *organization = NULL;
    char slug[16];
    for (int i = 0; i < 130; i++) {
        snprintf(slug, sizeof slug, "org-%03d", i);
        make_organization(fixture.instance, slug);
    }
    CHECK(lreg_organization_list_open(fixture.instance, NULL, &list, &err), err);
    for (int i = 0; i < 130; i++) {
        snprintf(slug, sizeof slug, "org-%03d", i);
        for (size_t n = 1; organization == NULL; n++) {
            failing_allocator_fail_at(&fixture.memory, n, false);
            lreg_status status = lreg_organization_list_next(list, &organization, &err);
            if (status == LREG_OK) {
                assert_non_null(organization);
                break;
            }
            EXPECT(status, &err, LREG_NO_MEMORY, "");
            assert_null(organization);
        }
        assert_string_equal(lreg_organization_slug(organization), slug);
        lreg_organization_free(organization);
        organization = NULL;
    }
    failing_allocator_fail_at(&fixture.memory, 0, false);
    CHECK(lreg_organization_list_next(list, &organization, &err), err);
    assert_null(organization);
    lreg_organization_list_close(list);
}

static void test_component_organization__one_with_registries_is_not_deleted(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_organization *organization = NULL;
    lreg_registry *registry = make_files(fixture.instance);
    EXPECT(objects_organization_delete(fixture.instance, "acme", &err), &err, LREG_CONFLICT, "organization_not_empty");
    CHECK(lreg_registry_delete(fixture.instance, registry, &err), err);
    lreg_registry_free(registry);
    CHECK(objects_organization_delete(fixture.instance, "acme", &err), err);
    EXPECT(lreg_organization_find(fixture.instance, "acme", &organization, &err), &err, LREG_NOT_FOUND,
           "organization_unknown");
}
