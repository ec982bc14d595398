/* SPDX-License-Identifier: Apache-2.0 */
/* Organizations. */
#include "unit/core/fixture.h"
#include "unit/core/organizations.h"

static struct fixture fixture;
static struct arena arena;

static int setup(void **state) {
    (void)state;
    fixture_open_memory(&fixture);
    arena_init(&arena, &fixture.options.hooks, 1 << 24);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(&arena);
    fixture_close(&fixture);
    return 0;
}

static lreg_status create(const char *slug, const char *name, struct error *err) {
    const struct core_organization *organization = NULL;
    *err = (struct error){0};
    lreg_status status =
        core_organization_create(fixture.core, &core_actor_host,
                                 &(struct core_organization_settings){.slug = slug, .name = name}, &organization, err);
    assert_int_equal(status == LREG_OK, organization != NULL);
    core_organization_release(organization);
    return status;
}

static void test_core_organization__is_found_by_its_slug(void **state) {
    (void)state;
    struct error err;
    const struct core_organization *found = NULL;
    assert_int_equal(create("my-organization", "Our house", &err), LREG_OK);
    assert_int_equal(core_organization_find(fixture.core, "my-organization", &found, NULL), LREG_OK);
    assert_string_equal(found->row.slug, "my-organization");
    assert_string_equal(found->row.name, "Our house");
    assert_int_equal(found->row.created_ms, FIXTURE_NOW);
    assert_true(id_is_valid(found->row.id));
    core_organization_release(found);
}

static void test_core_organization__slug_is_made_of_the_name(void **state) {
    (void)state;
    struct error err;
    const struct core_organization *found = NULL;
    assert_int_equal(create(NULL, "  My Organization, Inc. ", &err), LREG_OK);
    assert_int_equal(core_organization_find(fixture.core, "my-organization-inc", &found, NULL), LREG_OK);
    assert_string_equal(found->row.name, "  My Organization, Inc. ");
    core_organization_release(found);
}

static void test_core_organization__unknown_ones_are_named(void **state) {
    (void)state;
    static const char *const unknown[] = {"nobody", "", "-", "No Slug", "a--b", "../etc"};
    const struct core_organization *found = NULL;
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        struct error err = {0};
        assert_int_equal(core_organization_find(fixture.core, unknown[i], &found, &err), LREG_NOT_FOUND);
        assert_string_equal(err.code, "organization_unknown");
        assert_null(found);
    }
}

static void test_core_organization__reserved_slugs_are_refused(void **state) {
    (void)state;
    static const char *const reserved[] = {"v2", "organizations", "-", "packages", "assets", "token", "health"};
    struct error err;
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        assert_true(core_slug_is_reserved(reserved[i]));
        assert_int_equal(create(reserved[i], "Any", &err), LREG_BAD_ARGUMENT);
        assert_string_equal(err.code, "reserved_slug");
    }
    assert_int_equal(create(NULL, "Packages!", &err), LREG_BAD_ARGUMENT);
    assert_string_equal(err.code, "reserved_slug");
    assert_false(core_slug_is_reserved("my-organization"));
}

static void test_core_organization__malformed_slugs_are_refused(void **state) {
    (void)state;
    char too_long[SLUG_MAX + 2];
    memset(too_long, 'a', sizeof(too_long));
    too_long[SLUG_MAX + 1] = '\0';
    const char *const malformed[] = {
        "", "A", "a_b", "a--b", "-a", "a-", "a b", "a/b", "\xc3\xa4", too_long, "01890a5d-ac96-774b-bcce-b302099a8057"};
    struct error err;
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        assert_int_equal(create(malformed[i], "Any", &err), LREG_BAD_ARGUMENT);
        assert_string_equal(err.code, "bad_slug");
    }
    assert_int_equal(create(NULL, "01890A5D AC96 774B BCCE B302099A8057", &err), LREG_BAD_ARGUMENT);
    assert_string_equal(err.code, "bad_slug");
    too_long[SLUG_MAX] = '\0';
    assert_int_equal(create(too_long, "Any", &err), LREG_OK);
}

static void test_core_organization__a_name_without_letters_needs_a_slug(void **state) {
    (void)state;
    struct error err;
    assert_int_equal(create(NULL, "\xe4\xbd\xa0\xe5\xa5\xbd", &err), LREG_BAD_ARGUMENT);
    assert_string_equal(err.code, "bad_slug");
    assert_int_equal(create("nihao", "\xe4\xbd\xa0\xe5\xa5\xbd", &err), LREG_OK);
}

static void test_core_organization__bad_names_are_refused(void **state) {
    (void)state;
    char too_long[257];
    memset(too_long, 'n', sizeof(too_long));
    too_long[256] = '\0';
    const char *const bad[] = {"", "   ", "a\nb", "a\x7f", "\xff\xfe", too_long};
    struct error err;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(create("slug", bad[i], &err), LREG_BAD_ARGUMENT);
    }
    too_long[255] = '\0';
    assert_int_equal(create("slug", too_long, &err), LREG_OK);
}

static void test_core_organization__a_taken_slug_is_a_conflict(void **state) {
    (void)state;
    struct error err;
    assert_int_equal(create("acme", "Acme", &err), LREG_OK);
    assert_int_equal(create("acme", "Another", &err), LREG_CONFLICT);
    assert_string_equal(err.code, "slug_taken");
    assert_int_equal(create(NULL, "ACME", &err), LREG_CONFLICT);
}

static void test_core_organization__are_listed_by_slug_in_pages(void **state) {
    (void)state;
    static const char *const slugs[] = {"delta", "alpha", "charlie", "bravo"};
    struct meta_organization *rows = NULL;
    size_t count = 0;
    struct error err;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(create(slugs[i], slugs[i], &err), LREG_OK);
    }
    assert_int_equal(core_organization_list(fixture.core, NULL, 3, &arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 3);
    assert_string_equal(rows[0].slug, "alpha");
    assert_string_equal(rows[2].slug, "charlie");
    assert_int_equal(core_organization_list(fixture.core, "charlie", 3, &arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].slug, "delta");
    assert_int_equal(core_organization_list(fixture.core, NULL, SIZE_MAX, &arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 4);
}

static void test_core_organization__is_deleted_when_it_is_empty(void **state) {
    (void)state;
    struct error err = {0};
    const struct core_organization *found = NULL;
    const struct core_organization *organization = fixture_organization(fixture.core, "acme");
    const struct core_registry *registry = fixture_registry(fixture.core, organization, "files", false);
    assert_int_equal(delete_organization(fixture.core, "acme", &err), LREG_CONFLICT);
    assert_string_equal(err.code, "organization_not_empty");
    assert_int_equal(core_registry_delete(fixture.core, &core_actor_host, registry, NULL), LREG_OK);
    assert_int_equal(delete_organization(fixture.core, "acme", NULL), LREG_OK);
    assert_int_equal(core_organization_find(fixture.core, "acme", &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(delete_organization(fixture.core, "acme", &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "organization_unknown");
    core_registry_release(registry);
    core_organization_release(organization);
}

static void test_core_organization__beginning_and_end_are_in_the_audit_log(void **state) {
    (void)state;
    struct meta_audit_event event = {0};
    struct error err;
    const struct core_organization *organization = fixture_organization(fixture.core, "acme");
    assert_int_equal(create("acme", "Refused", &err), LREG_CONFLICT);
    assert_int_equal(delete_organization(fixture.core, "acme", NULL), LREG_OK);
    assert_int_equal(fixture_events(fixture.core, organization, "OrganizationCreatedEvent", &arena, &event), 1);
    assert_string_equal(event.subject, "acme");
    assert_string_equal(event.data, "{\"slug\":\"acme\",\"name\":\"acme\"}");
    assert_string_equal(event.actor, "host");
    assert_null(event.actor_token_id);
    assert_null(event.registry_id);
    assert_int_equal(event.at_ms, FIXTURE_NOW);
    assert_int_equal(fixture_events(fixture.core, organization, "OrganizationDeletedEvent", &arena, &event), 1);
    core_organization_release(organization);
}

static void test_core_organization__two_instances_on_one_directory_see_each_other_at_once(void **state) {
    (void)state;
    struct core *other = NULL;
    const struct core_organization *found = NULL;
    fixture_close(&fixture);
    fixture_open_directory(&fixture);
    assert_int_equal(core_open(&fixture.options, &other, NULL), LREG_OK);
    for (int round = 0; round < 5; round++) {
        assert_int_equal(core_organization_find(other, "acme", &found, NULL), LREG_NOT_FOUND);
        core_organization_release(fixture_organization(fixture.core, "acme"));
        for (int i = 0; i < 3; i++) {
            assert_int_equal(core_organization_find(other, "acme", &found, NULL), LREG_OK);
            core_organization_release(found);
        }
        assert_int_equal(delete_organization(fixture.core, "acme", NULL), LREG_OK);
    }
    core_release(other);
}
