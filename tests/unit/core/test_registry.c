/* SPDX-License-Identifier: Apache-2.0 */
/* Registries. Labels: threaded */
#include "unit/core/fixture.h"
#include "unit/core/organizations.h"

#include <pthread.h>

static struct fixture fixture;
static struct arena arena;
static const struct core_organization *organization;
static struct core_registry_settings settings;

static int setup(void **state) {
    (void)state;
    fixture_open_memory(&fixture);
    arena_init(&arena, &fixture.options.hooks, 1 << 24);
    organization = fixture_organization(fixture.core, "acme");
    core_registry_settings_init(&settings);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    core_organization_release(organization);
    arena_free(&arena);
    fixture_close(&fixture);
    return 0;
}

static lreg_status create(struct error *err) {
    const struct core_registry *registry = NULL;
    *err = (struct error){0};
    lreg_status status = core_registry_create(fixture.core, &core_actor_host, organization, &settings, &registry, err);
    assert_int_equal(status == LREG_OK, registry != NULL);
    core_registry_release(registry);
    return status;
}

static lreg_status update(const struct core_registry *registry, struct error *err) {
    *err = (struct error){0};
    return core_registry_update(fixture.core, &core_actor_host, registry, &settings, NULL, err);
}

static const struct core_registry *must_find(struct core *core, const char *slug) {
    const struct core_registry *registry = NULL;
    struct error err = {0};
    if (core_registry_find(core, "acme", slug, &registry, &err) != LREG_OK) {
        fail_msg("%s", err.message);
    }
    return registry;
}

static void test_core_registry__is_what_was_asked_for(void **state) {
    (void)state;
    struct error err;
    settings = (struct core_registry_settings){.name = "My Alpine packages",
                                               .description = "All of them.\nReally.",
                                               .emoji = ":alpine:",
                                               .color = "#00aaFF",
                                               .ecosystem = "alpine",
                                               .is_public = 1,
                                               .allow_overwrite = 1,
                                               .strict_names = 1};
    assert_int_equal(create(&err), LREG_OK);
    const struct core_registry *found = must_find(fixture.core, "my-alpine-packages");
    assert_string_equal(found->row.organization_id, organization->row.id);
    assert_string_equal(found->row.organization_slug, "acme");
    assert_string_equal(found->row.name, "My Alpine packages");
    assert_string_equal(found->row.description, "All of them.\nReally.");
    assert_string_equal(found->row.emoji, ":alpine:");
    assert_string_equal(found->row.color, "#00aaFF");
    assert_string_equal(found->row.ecosystem, "alpine");
    assert_string_equal(found->row.storage, "default");
    assert_true(found->row.is_public && found->row.allow_overwrite && found->row.strict_names);
    assert_int_equal(found->row.created_ms, FIXTURE_NOW);
    assert_ptr_equal(found->ecosystem, &fixture_alpine);
    core_registry_release(found);
}

static void test_core_registry__is_private_and_plain_unless_said_otherwise(void **state) {
    (void)state;
    struct error err;
    settings.name = "Files";
    settings.ecosystem = "files";
    assert_int_equal(create(&err), LREG_OK);
    const struct core_registry *found = must_find(fixture.core, "files");
    assert_false(found->row.is_public || found->row.allow_overwrite || found->row.strict_names);
    assert_string_equal(found->row.description, "");
    assert_string_equal(found->row.emoji, "");
    assert_string_equal(found->row.color, "");
    core_registry_release(found);
}

static void test_core_registry__an_unknown_ecosystem_is_told_with_the_known_ones(void **state) {
    (void)state;
    struct error err;
    settings.name = "Files";
    settings.ecosystem = "debian";
    assert_int_equal(create(&err), LREG_UNPROCESSABLE);
    assert_string_equal(err.code, "unknown_ecosystem");
    assert_string_equal(err.message, "there is no ecosystem \"debian\": it is one of files, alpine");
    settings.ecosystem = NULL;
    assert_int_equal(create(&err), LREG_BAD_ARGUMENT);
    assert_string_equal(err.code, "ecosystem_missing");
}

static void test_core_registry__bad_settings_are_refused(void **state) {
    (void)state;
    char long_text[1002];
    struct error err;
    memset(long_text, 'x', sizeof(long_text));
    long_text[1001] = '\0';
    const struct {
        const char *name, *slug, *description, *emoji, *color, *code;
    } bad[] = {
        {NULL, NULL, NULL, NULL, NULL, "name_missing"},
        {" ", NULL, NULL, NULL, NULL, "name_missing"},
        {"a\tb", NULL, NULL, NULL, NULL, "control_character"},
        {long_text, NULL, NULL, NULL, NULL, "too_long"},
        {"\xc3", NULL, NULL, NULL, NULL, "not_utf8"},
        {"!!!", NULL, NULL, NULL, NULL, "bad_slug"},
        {"n", "A", NULL, NULL, NULL, "bad_slug"},
        {"n", "", NULL, NULL, NULL, "bad_slug"},
        {"n", NULL, long_text, NULL, NULL, "too_long"},
        {"n", NULL, "a\x01", NULL, NULL, "control_character"},
        {"n", NULL, NULL, long_text, NULL, "too_long"},
        {"n", NULL, NULL, "a\nb", NULL, "control_character"},
        {"n", NULL, NULL, NULL, "red", "bad_color"},
        {"n", NULL, NULL, NULL, "#12345", "bad_color"},
        {"n", NULL, NULL, NULL, "#1234567", "bad_color"},
        {"n", NULL, NULL, NULL, "#12345g", "bad_color"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        settings = (struct core_registry_settings){.name = bad[i].name,
                                                   .slug = bad[i].slug,
                                                   .description = bad[i].description,
                                                   .emoji = bad[i].emoji,
                                                   .color = bad[i].color,
                                                   .ecosystem = "files"};
        assert_int_equal(create(&err), LREG_BAD_ARGUMENT);
        assert_string_equal(err.code, bad[i].code);
    }
}

static void test_core_registry__a_taken_slug_is_a_conflict_in_its_organization_only(void **state) {
    (void)state;
    struct error err;
    const struct core_organization *other = fixture_organization(fixture.core, "other");
    settings.name = "Files";
    settings.ecosystem = "files";
    assert_int_equal(create(&err), LREG_OK);
    assert_int_equal(create(&err), LREG_CONFLICT);
    assert_string_equal(err.code, "slug_taken");
    core_registry_release(fixture_registry(fixture.core, other, "files", false));
    core_organization_release(other);
}

static void test_core_registry__needs_an_organization_that_is_there(void **state) {
    (void)state;
    struct error err;
    settings.name = "Files";
    settings.ecosystem = "files";
    assert_int_equal(delete_organization(fixture.core, "acme", NULL), LREG_OK);
    assert_int_equal(create(&err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "organization_unknown");
    core_organization_release(fixture_organization(fixture.core, "acme"));
    assert_int_equal(create(&err), LREG_NOT_FOUND); /* a new registry with that name is a different one */
}

static void test_core_registry__unknown_ones_are_named(void **state) {
    (void)state;
    const struct core_registry *found = NULL;
    static const char *const unknown[][2] = {
        {"acme", "none"}, {"none", "none"}, {"acme", ""}, {"", "x"}, {"acme", "../x"}};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        struct error err = {0};
        char expected[80];
        snprintf(expected, sizeof(expected), "no registry %s/%s", unknown[i][0], unknown[i][1]);
        assert_int_equal(core_registry_find(fixture.core, unknown[i][0], unknown[i][1], &found, &err), LREG_NOT_FOUND);
        assert_string_equal(err.code, "registry_unknown");
        assert_string_equal(err.message, expected);
        assert_null(found);
    }
}

static void test_core_registry__only_given_settings_change(void **state) {
    (void)state;
    struct error err;
    const struct core_registry *changed = NULL;
    const struct core_registry *registry = fixture_registry(fixture.core, organization, "files", true);
    settings.description = "New";
    settings.strict_names = 1;
    fixture_pass_ms(&fixture, 1000);
    assert_int_equal(core_registry_update(fixture.core, &core_actor_host, registry, &settings, &changed, &err),
                     LREG_OK);
    assert_string_equal(changed->row.description, "New");
    assert_string_equal(changed->row.name, "files");
    assert_true(changed->row.strict_names && changed->row.is_public);
    assert_int_equal(changed->row.updated_ms, FIXTURE_NOW + 1000);
    assert_int_equal(changed->row.created_ms, FIXTURE_NOW);
    assert_string_equal(registry->row.description, ""); /* a snapshot does not change */
    core_registry_release(changed);
    core_registry_release(registry);
}

static void test_core_registry__a_new_name_keeps_the_slug_unless_one_is_given(void **state) {
    (void)state;
    struct error err;
    const struct core_registry *found = NULL;
    const struct core_registry *registry = fixture_registry(fixture.core, organization, "files", true);
    settings.name = "Other";
    assert_int_equal(update(registry, &err), LREG_OK);
    core_registry_release(must_find(fixture.core, "files"));
    settings.slug = "other";
    assert_int_equal(update(registry, &err), LREG_OK);
    core_registry_release(must_find(fixture.core, "other"));
    assert_int_equal(core_registry_find(fixture.core, "acme", "files", &found, NULL), LREG_NOT_FOUND);
    core_registry_release(registry);
}

static void test_core_registry__a_bad_change_changes_nothing(void **state) {
    (void)state;
    struct error err;
    const struct core_registry *registry = fixture_registry(fixture.core, organization, "files", true);
    core_registry_release(fixture_registry(fixture.core, organization, "taken", true));
    settings.description = "New";
    settings.ecosystem = "alpine";
    assert_int_equal(update(registry, &err), LREG_UNPROCESSABLE);
    assert_string_equal(err.code, "ecosystem_fixed");
    settings.ecosystem = "files";
    settings.slug = "taken";
    assert_int_equal(update(registry, &err), LREG_CONFLICT);
    assert_string_equal(err.code, "slug_taken");
    settings.slug = NULL;
    settings.color = "blue";
    assert_int_equal(update(registry, &err), LREG_BAD_ARGUMENT);
    const struct core_registry *found = must_find(fixture.core, "files");
    assert_string_equal(found->row.description, "");
    core_registry_release(found);
    core_registry_release(registry);
}

static void test_core_registry__a_deleted_one_is_gone(void **state) {
    (void)state;
    struct error err = {0};
    const struct core_registry *found = NULL;
    const struct core_registry *registry = fixture_registry(fixture.core, organization, "files", true);
    core_registry_release(must_find(fixture.core, "files"));
    assert_int_equal(core_registry_delete(fixture.core, &core_actor_host, registry, NULL), LREG_OK);
    assert_int_equal(core_registry_find(fixture.core, "acme", "files", &found, NULL), LREG_NOT_FOUND);
    assert_int_equal(core_registry_delete(fixture.core, &core_actor_host, registry, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "registry_unknown");
    settings.description = "New";
    assert_int_equal(update(registry, &err), LREG_NOT_FOUND);
    core_registry_release(registry);
}

static void test_core_registry__are_listed_by_slug_in_pages(void **state) {
    (void)state;
    static const char *const slugs[] = {"charlie", "alpha", "bravo"};
    struct meta_registry *rows = NULL;
    size_t count = 0;
    for (size_t i = 0; i < 3; i++) {
        core_registry_release(fixture_registry(fixture.core, organization, slugs[i], false));
    }
    assert_int_equal(core_registry_list(fixture.core, organization, NULL, 2, &arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].slug, "alpha");
    assert_int_equal(core_registry_list(fixture.core, organization, "bravo", 2, &arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].slug, "charlie");
}

static void test_core_registry__changes_are_in_the_audit_log(void **state) {
    (void)state;
    struct meta_audit_event event = {0};
    struct error err;
    struct auth_principal principal = {
        .kind = AUTH_API_TOKEN, .token_id = "0190aaaa-0000-7000-8000-000000000021", .label = "API token Deploy"};
    struct core_actor actor = {&principal, "192.0.2.7"};
    const struct core_registry *registry = fixture_registry(fixture.core, organization, "files", false);
    assert_int_equal(fixture_events(fixture.core, organization, "RegistryCreatedEvent", &arena, &event), 1);
    assert_string_equal(event.subject, "acme/files");
    assert_string_equal(event.registry_id, registry->row.id);

    settings.name = "files"; /* as it is */
    settings.is_public = 1;
    settings.slug = "other";
    assert_int_equal(core_registry_update(fixture.core, &actor, registry, &settings, NULL, &err), LREG_OK);
    assert_int_equal(fixture_events(fixture.core, organization, "RegistryUpdatedEvent", &arena, &event), 1);
    assert_string_equal(event.subject, "acme/other");
    assert_string_equal(event.data, "{\"slug\":{\"from\":\"files\",\"to\":\"other\"},"
                                    "\"public\":{\"from\":false,\"to\":true}}");
    assert_string_equal(event.actor, "API token Deploy");
    assert_string_equal(event.actor_token_id, "0190aaaa-0000-7000-8000-000000000021");
    assert_string_equal(event.remote_address, "192.0.2.7");

    assert_int_equal(update(registry, &err), LREG_OK); /* nothing new */
    assert_int_equal(fixture_events(fixture.core, organization, "RegistryUpdatedEvent", &arena, &event), 1);
    assert_int_equal(core_registry_delete(fixture.core, &actor, registry, NULL), LREG_OK);
    assert_int_equal(fixture_events(fixture.core, organization, "RegistryDeletedEvent", &arena, &event), 1);
    assert_string_equal(event.registry_id, registry->row.id);
    core_registry_release(registry);
}

static void test_core_registry__one_of_an_ecosystem_that_is_not_built_is_still_found(void **state) {
    (void)state;
    fixture_close(&fixture);
    fixture_open_directory(&fixture);
    const struct core_organization *again = fixture_organization(fixture.core, "acme");
    core_registry_release(fixture_registry(fixture.core, again, "files", false));
    core_organization_release(again);
    fixture.options.ecosystems = NULL;
    fixture_reopen(&fixture);
    const struct core_registry *found = must_find(fixture.core, "files");
    assert_null(found->ecosystem);
    assert_string_equal(found->row.ecosystem, "files");
    core_registry_release(found);
}

static void test_core_registry__two_instances_on_one_directory_see_each_other_at_once(void **state) {
    (void)state;
    struct core *other = NULL;
    struct error err;
    fixture_close(&fixture);
    fixture_open_directory(&fixture);
    core_organization_release(organization);
    organization = fixture_organization(fixture.core, "acme");
    const struct core_registry *registry = fixture_registry(fixture.core, organization, "files", false);
    assert_int_equal(core_open(&fixture.options, &other, NULL), LREG_OK);
    for (int i = 0; i < 20; i++) {
        char description[20];
        snprintf(description, sizeof(description), "round %d", i);
        core_registry_release(must_find(other, "files"));
        settings.description = description;
        assert_int_equal(update(registry, &err), LREG_OK);
        const struct core_registry *found = must_find(other, "files");
        assert_string_equal(found->row.description, description);
        core_registry_release(found);
    }
    core_release(other);
    core_registry_release(registry);
}

static int count_step(void *user) {
    atomic_fetch_add((atomic_int *)user, 1);
    return 0;
}

static void test_core_registry__is_found_without_a_query_when_nothing_changed(void **state) {
    (void)state;
    atomic_int steps = 0;
    fixture_close(&fixture);
    fixture_prepare(&fixture);
    fixture.options.step_fault = count_step;
    fixture.options.step_fault_user = &steps;
    fixture_reopen(&fixture);
    const struct core_organization *again = fixture_organization(fixture.core, "acme");
    core_registry_release(fixture_registry(fixture.core, again, "files", false));
    core_organization_release(again);
    core_registry_release(must_find(fixture.core, "files"));
    int before = atomic_load(&steps);
    assert_true(before > 0);
    core_registry_release(must_find(fixture.core, "files"));
    assert_int_equal(atomic_load(&steps), before);
}

/* --- threads --- */

struct finder {
    atomic_bool stop;
    atomic_int found;
};

/* Both texts always belong to the same change. */
static bool is_whole(const struct core_registry *registry) {
    return strcmp(registry->row.name, registry->row.description) == 0;
}

static void *find_until_stopped(void *argument) {
    struct finder *finder = argument;
    while (!atomic_load(&finder->stop)) {
        const struct core_registry *registry = NULL;
        if (core_registry_find(fixture.core, "acme", "files", &registry, NULL) != LREG_OK || !is_whole(registry)) {
            core_registry_release(registry);
            return argument;
        }
        core_registry_release(registry);
        atomic_fetch_add(&finder->found, 1);
    }
    return NULL;
}

static void find_while_changing(int changes) {
    struct finder finder = {0};
    pthread_t threads[8];
    struct error err;
    const struct core_registry *registry = fixture_registry(fixture.core, organization, "files", false);
    settings.description = "files";
    assert_int_equal(update(registry, &err), LREG_OK);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, find_until_stopped, &finder), 0);
    }
    for (int i = 0; i < changes; i++) {
        char text[20];
        snprintf(text, sizeof(text), "round %d", i);
        settings.name = text;
        settings.description = text;
        assert_int_equal(update(registry, &err), LREG_OK);
        const struct core_registry *found = must_find(fixture.core, "files");
        assert_string_equal(found->row.name, text);
        core_registry_release(found);
    }
    while (atomic_load(&finder.found) == 0) {
        sched_yield();
    }
    atomic_store(&finder.stop, true);
    for (size_t i = 0; i < 8; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    core_registry_release(registry);
}

static void test_core_registry__is_found_whole_by_many_threads_while_it_changes(void **state) {
    (void)state;
    find_while_changing(100);
}

static void test_core_registry__is_found_whole_in_a_directory_while_it_changes(void **state) {
    (void)state;
    fixture_close(&fixture);
    fixture_open_directory(&fixture);
    core_organization_release(organization);
    organization = fixture_organization(fixture.core, "acme");
    find_while_changing(100);
}
