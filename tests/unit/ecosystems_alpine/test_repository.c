/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing and indexing on a whole core, in memory: which package is in which index, and when an index is rebuilt. */
#include "fixture.h"

#include "ecosystems/alpine/alpine_internal.h"
#include "ecosystems/alpine/members.h"

#include <string.h>

/* Keys take long to make, so there is one instance for all tests, and a registry for each test that needs an empty one.
 * */
static struct fixture *shared;
static struct core *core;
static const struct core_organization *organization;
static const struct core_registry *registry; /* its key is made */

static const struct core_registry *make_registry(const char *name, int strict_names, int allow_overwrite) {
    const struct core_registry *made = NULL;
    struct core_registry_settings settings;
    core_registry_settings_init(&settings);
    settings.name = name;
    settings.ecosystem = "alpine";
    settings.strict_names = strict_names;
    settings.allow_overwrite = allow_overwrite;
    assert_int_equal(core_registry_create(core, &core_actor_host, organization, &settings, &made, NULL), LREG_OK);
    return made;
}

static int group_setup(void **state) {
    static const struct core_ecosystem *const ecosystems[] = {&ecosystem_alpine, NULL};
    struct core_options options = {.busy_timeout_ms = 1000, .ecosystems = ecosystems};
    void *made = NULL;
    (void)state;
    if (fixture_setup(&made) != 0) {
        return -1;
    }
    shared = made;
    options.hooks = shared->hooks;
    core_limits_default(&options.limits);
    assert_int_equal(core_open(&options, &core, NULL), LREG_OK);
    assert_int_equal(core_organization_create(core, &core_actor_host,
                                              &(struct core_organization_settings){.slug = "acme", .name = "Acme"},
                                              &organization, NULL),
                     LREG_OK);
    registry = make_registry("packages", CORE_UNCHANGED, CORE_UNCHANGED);
    return 0;
}

static int group_teardown(void **state) {
    (void)state;
    core_registry_release(registry);
    core_organization_release(organization);
    core_release(core);
    void *made = shared;
    return fixture_teardown(&made);
}

static lreg_status publish_bytes(const struct core_registry *target, const struct apk_bytes *bytes,
                                 const struct core_package **out, bool *created, struct error *err) {
    const struct core_publication publication = {core, target, &core_actor_host, "whatever.apk", NULL};
    void *state = NULL;
    size_t taken = 0;
    *out = NULL;
    lreg_status status = ecosystem_alpine.publish_begin(&publication, &state, err);
    if (status == LREG_OK) {
        status = ecosystem_alpine.publish_write(state, bytes->bytes, bytes->length, &taken, err);
    }
    if (status == LREG_OK) {
        status = ecosystem_alpine.publish_finish(state, out, created, err);
    }
    ecosystem_alpine.publish_free(state);
    return status;
}

static lreg_status publish(const struct core_registry *target, const struct apk_recipe *recipe, bool *created,
                           struct error *err) {
    const struct core_package *package = NULL;
    struct apk_bytes bytes = {0};
    apk_build(&bytes, recipe);
    lreg_status status = publish_bytes(target, &bytes, &package, created, err);
    core_package_release(package);
    apk_free(&bytes);
    return status;
}

static void must_publish(const struct core_registry *target, const struct apk_recipe *recipe) {
    bool created = false;
    struct error err = {.message = ""};
    if (publish(target, recipe, &created, &err) != LREG_OK || !created) {
        fail_msg("%s", err.message);
    }
}

static void expect_refusal(const struct core_registry *target, const struct apk_recipe *recipe, lreg_status wanted,
                           const char *code) {
    bool created = false;
    struct error err = {.code = ""};
    lreg_status status = publish(target, recipe, &created, &err);
    if (status != wanted || strcmp(err.code, code) != 0) {
        fail_msg("%d %s %s", status, err.code, err.message);
    }
}

/* The current snapshot of the registry. */
static const struct core_registry *fresh(const struct core_registry *old) {
    const struct core_registry *now = NULL;
    assert_int_equal(core_registry_find(core, "acme", old->row.slug, &now, NULL), LREG_OK);
    return now;
}

static lreg_status ignore_packed(void *user, const void *bytes, size_t length, struct error *err) {
    (void)user;
    (void)bytes;
    (void)length;
    (void)err;
    return LREG_OK;
}

static lreg_status ignore_edge(void *user, struct error *err) {
    (void)user;
    (void)err;
    return LREG_OK;
}

static lreg_status take_unpacked(void *user, const void *bytes, size_t length, struct error *err) {
    (void)err;
    apk_append(user, bytes, length);
    return LREG_OK;
}

/* The whole text of an index, NUL-terminated, freed by the caller; `file` may be NULL. */
static char *index_text(const struct core_registry *of, const char *architecture, struct alpine_index_file *file) {
    struct alpine_index_file own = {0};
    struct alpine_index_file *index = file != NULL ? file : &own;
    struct apk_bytes text = {0};
    struct alpine_members *members = NULL;
    const struct alpine_members_events events = {&text, ignore_edge, ignore_packed, take_unpacked, ignore_edge};
    const struct core_registry *now = fresh(of);
    assert_int_equal(alpine_repository_index(core, now, architecture, index, NULL), LREG_OK);
    core_registry_release(now);
    assert_int_equal(alpine_members_new(&shared->hooks, &events, &members, NULL), LREG_OK);
    assert_int_equal(alpine_members_write(members, index->bytes, index->length, NULL), LREG_OK);
    assert_int_equal(alpine_members_finish(members, NULL), LREG_OK);
    alpine_members_free(members);
    apk_append(&text, "", 1);
    /* After the signature (3,072 bits: one block) and two headers. */
    char *copy = strdup((const char *)text.bytes + 3 * (size_t)512);
    assert_non_null(copy);
    apk_free(&text);
    core_shared_release(own.keep);
    return copy;
}

static void expect_in(const struct core_registry *of, const char *architecture, const char *part, bool there) {
    char *text = index_text(of, architecture, NULL);
    if ((strstr(text, part) != NULL) != there) {
        fail_msg("index of %s: %s", architecture, text);
    }
    free(text);
}

static void test_ecosystems_alpine_repository__a_package_stands_in_the_index_of_its_architecture(void **state) {
    (void)state;
    must_publish(registry, &(struct apk_recipe){.name = "one", .more = "depend = so:libc.so.6\n"});
    expect_in(registry, "x86_64", "P:one\nV:1.0-r0\nA:x86_64\n", true);
    expect_in(registry, "x86_64", "D:so:libc.so.6\n\n", true);
    expect_in(registry, "aarch64", "P:one\n", false);
}

static void test_ecosystems_alpine_repository__noarch_stands_in_every_index_under_its_architecture(void **state) {
    (void)state;
    must_publish(registry, &(struct apk_recipe){.name = "any", .architecture = "noarch"});
    expect_in(registry, "x86_64", "P:any\nV:1.0-r0\nA:x86_64\n", true);
    expect_in(registry, "riscv64", "P:any\nV:1.0-r0\nA:riscv64\n", true);
    expect_in(registry, "noarch", "P:any\nV:1.0-r0\nA:noarch\n", true);
}

static void test_ecosystems_alpine_repository__an_index_is_kept_until_the_packages_change(void **state) {
    (void)state;
    struct alpine_index_file first;
    struct alpine_index_file second;
    struct alpine_index_file third;
    const struct core_document *document = NULL;
    free(index_text(registry, "s390x", &first));
    assert_int_equal(core_document_find(core, registry, "index", "s390x", &document, NULL), LREG_OK);
    assert_int_equal(document->row.content_length, first.length);
    core_document_release(document);
    free(index_text(registry, "s390x", &second));
    assert_memory_equal(first.sha256, second.sha256, sizeof first.sha256);
    must_publish(registry, &(struct apk_recipe){.name = "later", .architecture = "s390x"});
    free(index_text(registry, "s390x", &third));
    assert_memory_not_equal(first.sha256, third.sha256, sizeof first.sha256);
    core_shared_release(first.keep);
    core_shared_release(second.keep);
    core_shared_release(third.keep);
}

static void test_ecosystems_alpine_repository__an_architecture_that_nobody_knows_needs_a_package(void **state) {
    (void)state;
    struct alpine_index_file file;
    struct error err = {0};
    must_publish(registry, &(struct apk_recipe){.name = "every", .architecture = "noarch"});
    assert_int_equal(alpine_repository_index(core, registry, "vax-780", &file, &err), LREG_NOT_FOUND);
    assert_string_equal(err.code, "architecture_unknown");
    must_publish(registry, &(struct apk_recipe){.name = "vms", .architecture = "vax-780"});
    expect_in(registry, "vax-780", "P:vms\n", true);
    expect_in(registry, "vax-780", "P:every\nV:1.0-r0\nA:vax-780\n", true);
}

static void test_ecosystems_alpine_repository__a_deleted_package_leaves_the_index(void **state) {
    (void)state;
    const struct core_package *package = NULL;
    must_publish(registry, &(struct apk_recipe){.name = "gone"});
    expect_in(registry, "x86_64", "P:gone\n", true);
    assert_int_equal(core_package_find_by_filename(core, registry, "x86_64/gone-1.0-r0.apk", &package, NULL), LREG_OK);
    assert_int_equal(core_package_delete(core, &core_actor_host, package, NULL), LREG_OK);
    core_package_release(package);
    expect_in(registry, "x86_64", "P:gone\n", false);
}

static void test_ecosystems_alpine_repository__the_row_says_what_the_package_says(void **state) {
    (void)state;
    struct apk_bytes bytes = {0};
    const struct core_package *package = NULL;
    bool created = false;
    apk_build(&bytes, &(struct apk_recipe){.name = "plus++", .version = "1.0~abc-r0", .more = "depend = a b\n"});
    assert_int_equal(publish_bytes(registry, &bytes, &package, &created, NULL), LREG_OK);
    assert_true(created);
    assert_string_equal(package->row.name, "plus++");
    assert_string_equal(package->row.version, "1.0~abc-r0");
    assert_string_equal(package->row.qualifier, "x86_64");
    assert_string_equal(package->row.filename, "x86_64/plus++-1.0~abc-r0.apk");
    assert_int_equal(package->row.size_bytes, bytes.length);
    assert_non_null(strstr(package->row.attributes, "\"depends\":[\"a\",\"b\"]"));
    assert_string_equal(ecosystem_alpine.package_path(registry, &package->row, &shared->arena),
                        "/acme/packages/alpine_any/alpine_any/main/x86_64/plus++-1.0~abc-r0.apk");
    core_package_release(package);
    assert_int_equal(publish_bytes(registry, &bytes, &package, &created, NULL), LREG_OK);
    assert_false(created);
    core_package_release(package);
    apk_free(&bytes);
}

static void test_ecosystems_alpine_repository__what_is_published_does_not_change(void **state) {
    (void)state;
    must_publish(registry, &(struct apk_recipe){.name = "fixed"});
    expect_refusal(registry, &(struct apk_recipe){.name = "fixed", .content = "x", .content_length = 1}, LREG_CONFLICT,
                   "package_exists");
}

static void test_ecosystems_alpine_repository__noarch_counts_as_every_architecture(void **state) {
    (void)state;
    must_publish(registry, &(struct apk_recipe){.name = "both", .architecture = "noarch"});
    expect_refusal(registry, &(struct apk_recipe){.name = "both"}, LREG_CONFLICT, "package_exists");
    must_publish(registry, &(struct apk_recipe){.name = "native", .architecture = "aarch64"});
    must_publish(registry, &(struct apk_recipe){.name = "native", .architecture = "x86_64"});
    expect_refusal(registry, &(struct apk_recipe){.name = "native", .architecture = "noarch"}, LREG_CONFLICT,
                   "package_exists");
}

static void test_ecosystems_alpine_repository__two_packages_never_share_an_address(void **state) {
    (void)state;
    const struct core_registry *loose = make_registry("loose", CORE_UNCHANGED, 1);
    must_publish(loose, &(struct apk_recipe){.name = "a-1", .version = "2"});
    expect_refusal(loose, &(struct apk_recipe){.name = "a", .version = "1-2"}, LREG_CONFLICT, "package_exists");
    expect_refusal(loose, &(struct apk_recipe){.name = "a", .version = "1-2", .architecture = "noarch"}, LREG_CONFLICT,
                   "package_exists");
    core_registry_release(loose);
}

static void test_ecosystems_alpine_repository__overwriting_is_for_registries_that_allow_it(void **state) {
    (void)state;
    const struct core_registry *loose = make_registry("overwrite", CORE_UNCHANGED, 1);
    bool created = true;
    must_publish(loose, &(struct apk_recipe){.name = "again"});
    expect_in(loose, "x86_64", "I:6\n", true);
    assert_int_equal(
        publish(loose, &(struct apk_recipe){.name = "again", .content = "x", .content_length = 1}, &created, NULL),
        LREG_OK);
    assert_false(created);
    expect_in(loose, "x86_64", "I:1\n", true);
    expect_in(loose, "x86_64", "I:6\n", false);
    core_registry_release(loose);
}

static void test_ecosystems_alpine_repository__strict_names_refuse_versions_without_order(void **state) {
    (void)state;
    const struct core_registry *strict = make_registry("strict", 1, CORE_UNCHANGED);
    expect_refusal(strict, &(struct apk_recipe){.version = "1.0-beta"}, LREG_UNPROCESSABLE, "bad_version");
    must_publish(strict, &(struct apk_recipe){.version = "1.0_beta1"});
    must_publish(registry, &(struct apk_recipe){.version = "1.0-beta"});
    core_registry_release(strict);
}

static void test_ecosystems_alpine_repository__what_is_refused_leaves_nothing(void **state) {
    (void)state;
    const struct core_registry *before = fresh(registry);
    expect_refusal(registry, &(struct apk_recipe){.name = "../../evil"}, LREG_UNPROCESSABLE, "bad_name");
    expect_refusal(registry, &(struct apk_recipe){.name = "bad", .more = "depend = a@b\n"}, LREG_UNPROCESSABLE,
                   "bad_dependency");
    const struct core_registry *after = fresh(registry);
    assert_int_equal(before->row.revision, after->row.revision);
    core_registry_release(before);
    core_registry_release(after);
}

/* Every allocation of a publication and of an index fails, one at a time: what was not acknowledged is not stored. */
static void test_ecosystems_alpine_repository__memory_that_is_out_is_told_and_leaves_nothing(void **state) {
    (void)state;
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        char name[32];
        char line[48];
        bool created = false;
        struct alpine_index_file file = {0};
        const struct core_registry *now = NULL;
        (void)snprintf(name, sizeof name, "scarce%zu", n);
        (void)snprintf(line, sizeof line, "P:%s\n", name);
        failing_allocator_fail_at(&shared->memory, n, false);
        lreg_status published = publish(registry, &(struct apk_recipe){.name = name}, &created, NULL);
        failed = failing_allocator_failed(&shared->memory);
        failing_allocator_fail_at(&shared->memory, 0, false);
        assert_true(published == LREG_NO_MEMORY || (published == LREG_OK && created));
        assert_true(failed || published == LREG_OK);
        now = fresh(registry);
        failing_allocator_fail_at(&shared->memory, n, false);
        lreg_status indexed = alpine_repository_index(core, now, "x86_64", &file, NULL);
        failed = failing_allocator_failed(&shared->memory) || failed;
        failing_allocator_fail_at(&shared->memory, 0, false);
        assert_true(indexed == LREG_NO_MEMORY || indexed == LREG_OK);
        core_shared_release(file.keep);
        core_registry_release(now);
        expect_in(registry, "x86_64", line, published == LREG_OK);
    }
}
