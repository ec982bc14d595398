/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log through the C API: every change leaves one event. */
#include "component/fixture.h"

/* A clock that always advances, so that the order of two events is known. */
static int64_t ticking(void *user) {
    return atomic_fetch_add((atomic_llong *)user, 1);
}

static struct fixture fixture;

static int setup(void **state) {
    (void)state;
    lreg_error *err = NULL;
    const lreg_clock clock = {.size = sizeof clock, .user = &fixture.now_ms, .now_ms = ticking};
    fixture_prepare(&fixture);
    CHECK(lreg_options_set_clock(fixture.options, &clock, &err), err);
    fixture_open(&fixture);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fixture_close(&fixture);
    return 0;
}

static void check_next(lreg_audit_event_list *list, const char *type, const char *subject) {
    lreg_error *err = NULL;
    lreg_audit_event *event = NULL;
    CHECK(lreg_audit_event_list_next(list, &event, &err), err);
    assert_non_null(event);
    assert_string_equal(lreg_audit_event_type(event), type);
    assert_string_equal(lreg_audit_event_subject(event), subject);
    assert_string_equal(lreg_audit_event_actor(event), "host");
    assert_int_equal(lreg_audit_event_data(event)[0], '{');
    assert_true(lreg_audit_event_occurred_ms(event) >= FIXTURE_NOW);
    lreg_audit_event_free(event);
}

static void test_component_audit__every_change_is_an_event_newest_first(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_audit_event_list *list = NULL;
    lreg_audit_event *event = NULL;
    lreg_token *token = NULL;
    lreg_registry *registry = make_files(fixture.instance);
    lreg_package *package = publish_text(fixture.instance, registry, "app-1.0.0.zip", "content");
    CHECK(objects_token_create(fixture.instance, "acme", "Deploy", "read_packages", 0, &token, &err), err);
    CHECK(lreg_token_delete(fixture.instance, token, &err), err);
    CHECK(lreg_package_delete(fixture.instance, package, &err), err);
    CHECK(lreg_registry_delete(fixture.instance, registry, &err), err);
    CHECK(lreg_audit_event_list_open(fixture.instance, "acme", NULL, &list, &err), err);
    check_next(list, "RegistryDeletedEvent", "acme/files");
    check_next(list, "PackageDeletedEvent", "app-1.0.0.zip");
    check_next(list, "APIAccessTokenDeletedEvent", "Deploy");
    check_next(list, "APIAccessTokenCreatedEvent", "Deploy");
    check_next(list, "PackageCreatedEvent", "app-1.0.0.zip");
    check_next(list, "RegistryCreatedEvent", "acme/files");
    check_next(list, "OrganizationCreatedEvent", "acme");
    CHECK(lreg_audit_event_list_next(list, &event, &err), err);
    assert_null(event);
    lreg_audit_event_list_close(list);
    lreg_token_free(token);
    lreg_package_free(package);
    lreg_registry_free(registry);
}

static void test_component_audit__list_gives_all(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_audit_event_list *list = NULL;
    lreg_audit_event *event = NULL;
    size_t count = 0;
    make_organization(fixture.instance, "acme");
    for (int i = 0; i < 210; i++) {
        char name[16];
        snprintf(name, sizeof name, "reg-%d", i);
        lreg_registry_free(make_registry(fixture.instance, "acme", name, "files"));
    }
    CHECK(lreg_audit_event_list_open(fixture.instance, "acme", NULL, &list, &err), err);
    for (;;) {
        CHECK(lreg_audit_event_list_next(list, &event, &err), err);
        if (event == NULL) {
            break;
        }
        count++;
        lreg_audit_event_free(event);
    }
    assert_int_equal(count, 211);
    lreg_audit_event_list_close(list);
}

static void test_component_audit__what_failed_is_no_event(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_audit_event_list *list = NULL;
    lreg_audit_event *event = NULL;
    make_organization(fixture.instance, "acme");
    EXPECT(objects_organization_create(fixture.instance, "acme", NULL, NULL, &err), &err, LREG_CONFLICT, "slug_taken");
    CHECK(lreg_audit_event_list_open(fixture.instance, "acme", NULL, &list, &err), err);
    check_next(list, "OrganizationCreatedEvent", "acme");
    CHECK(lreg_audit_event_list_next(list, &event, &err), err);
    assert_null(event);
    lreg_audit_event_list_close(list);
    EXPECT(lreg_audit_event_list_open(fixture.instance, "nobody", NULL, &list, &err), &err, LREG_NOT_FOUND,
           "organization_unknown");
}

static void test_component_audit__of_a_deleted_organization_is_read_by_its_id(void **state) {
    (void)state;
    lreg_error *err = NULL;
    lreg_audit_event_list *list = NULL;
    lreg_organization *organization = NULL;
    CHECK(objects_organization_create(fixture.instance, "gone", NULL, &organization, &err), err);
    lreg_audit_event_filter filter = {.size = sizeof filter, .organization_id = lreg_organization_id(organization)};
    CHECK(lreg_organization_delete(fixture.instance, organization, &err), err);
    EXPECT(lreg_audit_event_list_open(fixture.instance, "gone", NULL, &list, &err), &err, LREG_NOT_FOUND,
           "organization_unknown");
    CHECK(lreg_audit_event_list_open(fixture.instance, NULL, &filter, &list, &err), err);
    check_next(list, "OrganizationDeletedEvent", "gone");
    check_next(list, "OrganizationCreatedEvent", "gone");
    lreg_audit_event_list_close(list);
    EXPECT(lreg_audit_event_list_open(fixture.instance, "gone", &filter, &list, &err), &err, LREG_BAD_ARGUMENT,
           "organization_invalid");
    filter.organization_id = "gone";
    EXPECT(lreg_audit_event_list_open(fixture.instance, NULL, &filter, &list, &err), &err, LREG_BAD_ARGUMENT,
           "organization_invalid");
    filter.organization_id = NULL;
    EXPECT(lreg_audit_event_list_open(fixture.instance, NULL, &filter, &list, &err), &err, LREG_BAD_ARGUMENT,
           "organization_invalid");
    lreg_organization_free(organization);
}
