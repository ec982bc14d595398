/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, counting and closing instances; their keys and ids. Labels: threaded */
#include "storage/memory/memory.h"
#include "unit/core/fixture.h"

#include "core/instance/state.h"
#include "support/failing_allocator.h"
#include "unit/core/organizations.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

static struct fixture fixture;

static int setup(void **state) {
    (void)state;
    fixture_prepare(&fixture);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fixture_close(&fixture);
    return 0;
}

static void path_of(char out[128], const char *name) {
    snprintf(out, 128, "%s/%s", fixture.directory, name);
}

static size_t read_file(const char *name, char *bytes, size_t capacity) {
    char path[128];
    path_of(path, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    ssize_t length = read(file, bytes, capacity);
    close(file);
    assert_true(length >= 0);
    return (size_t)length;
}

static void write_file(const char *name, const char *bytes) {
    char path[128];
    path_of(path, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, strlen(bytes)), strlen(bytes));
    close(file);
}

static void remove_file(const char *name) {
    char path[128];
    path_of(path, name);
    assert_int_equal(remove(path), 0);
}

static bool file_exists(const char *name) {
    char path[128];
    path_of(path, name);
    return access(path, F_OK) == 0;
}

static lreg_status try_open(struct error *err) {
    *err = (struct error){0};
    lreg_status status = core_open(&fixture.options, &fixture.core, err);
    assert_int_equal(status == LREG_OK, fixture.core != NULL);
    return status;
}

static void close_core(void) {
    core_release(fixture.core);
    fixture.core = NULL;
}

static void test_core_core__a_new_directory_is_made_for_its_owner_alone(void **state) {
    (void)state;
    struct stat about;
    char path[128];
    fixture_make_directory(&fixture);
    path_of(path, "data");
    fixture.options.directory = path;
    fixture_reopen(&fixture);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0700);
    assert_true(file_exists("data/registry.db"));
    assert_true(file_exists("data/instance.key"));
    close_core();
}

static void test_core_core__a_directory_that_cannot_be_made_is_an_error(void **state) {
    (void)state;
    struct error err;
    fixture.options.directory = "/proc/none/such";
    assert_int_not_equal(try_open(&err), LREG_OK);
    assert_string_equal(err.operation, "open an instance");
    assert_string_not_equal(err.message, "");
}

static void test_core_core__the_key_is_a_file_for_its_owner_alone(void **state) {
    (void)state;
    struct stat about;
    char path[128];
    char text[100];
    fixture_open_directory(&fixture);
    path_of(path, "instance.key");
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_int_equal(about.st_nlink, 1);
    assert_int_equal(read_file("instance.key", text, sizeof(text)), 65);
    assert_int_equal(strspn(text, "0123456789abcdef"), 64);
}

static void test_core_core__key_and_id_stay_when_it_is_opened_again(void **state) {
    (void)state;
    char id[ID_TEXT];
    struct auth_keys keys;
    fixture_open_directory(&fixture);
    keys = *core_keys(fixture.core);
    memcpy(id, fixture.core->instance_id, ID_TEXT);
    assert_true(id_is_valid(id));
    fixture_reopen(&fixture);
    assert_memory_equal(core_keys(fixture.core), &keys, sizeof(keys));
    assert_string_equal(fixture.core->instance_id, id);
}

static void test_core_core__instances_in_memory_have_keys_of_their_own(void **state) {
    (void)state;
    struct auth_keys keys;
    fixture_reopen(&fixture);
    keys = *core_keys(fixture.core);
    assert_true(id_is_valid(fixture.core->instance_id));
    fixture_reopen(&fixture);
    assert_memory_not_equal(core_keys(fixture.core), &keys, sizeof(keys));
}

static void test_core_core__a_lost_key_is_reported_and_not_made_anew(void **state) {
    (void)state;
    struct error err;
    fixture_open_directory(&fixture);
    close_core();
    remove_file("instance.key");
    assert_int_equal(try_open(&err), LREG_CORRUPT);
    assert_string_equal(err.code, "instance_key_missing");
    assert_false(file_exists("instance.key"));
}

static void test_core_core__a_foreign_key_is_noticed(void **state) {
    (void)state;
    struct error err;
    fixture_open_directory(&fixture);
    close_core();
    write_file("instance.key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
    assert_int_equal(try_open(&err), LREG_CORRUPT);
    assert_string_equal(err.code, "instance_key_foreign");
}

static void test_core_core__a_changed_id_is_noticed(void **state) {
    (void)state;
    struct error err;
    struct meta_transaction *transaction = NULL;
    fixture_open_directory(&fixture);
    assert_int_equal(meta_begin(core_meta(fixture.core), META_WRITE, &transaction, NULL), LREG_OK);
    assert_int_equal(meta_value_set(transaction, "instance_id", "0190aaaa-0000-7000-8000-000000000001", NULL), LREG_OK);
    assert_int_equal(meta_commit(transaction, NULL), LREG_OK);
    close_core();
    assert_int_equal(try_open(&err), LREG_CORRUPT);
    assert_string_equal(err.code, "instance_key_foreign");
}

static void test_core_core__a_damaged_key_is_noticed(void **state) {
    (void)state;
    static const char *const damaged[] = {"",
                                          "\n",
                                          "000102",
                                          "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1x\n",
                                          "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\n",
                                          "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00"};
    struct error err;
    fixture_open_directory(&fixture);
    close_core();
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        write_file("instance.key", damaged[i]);
        assert_int_equal(try_open(&err), LREG_CORRUPT);
        assert_string_equal(err.code, "instance_key_damaged");
    }
}

static void test_core_core__a_key_that_was_put_there_before_is_taken(void **state) {
    (void)state;
    uint8_t key[AUTH_KEY_BYTES];
    struct auth_keys expected;
    for (size_t i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t)i;
    }
    auth_keys_derive(key, &expected);
    fixture_make_directory(&fixture);
    write_file("instance.key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    fixture_reopen(&fixture);
    assert_memory_equal(core_keys(fixture.core), &expected, sizeof(expected));
}

static void *open_once(void *argument) {
    struct core **out = argument;
    return core_open(&fixture.options, out, NULL) == LREG_OK ? NULL : argument;
}

static void test_core_core__those_who_open_a_new_directory_at_once_agree_on_one_key(void **state) {
    (void)state;
    enum {
        OPENERS = 6
    };
    pthread_t threads[OPENERS];
    struct core *cores[OPENERS] = {0};
    fixture_make_directory(&fixture);
    for (size_t i = 0; i < OPENERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, open_once, &cores[i]), 0);
    }
    for (size_t i = 0; i < OPENERS; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    for (size_t i = 1; i < OPENERS; i++) {
        assert_memory_equal(core_keys(cores[i]), core_keys(cores[0]), sizeof(struct auth_keys));
        assert_string_equal(cores[i]->instance_id, cores[0]->instance_id);
    }
    for (size_t i = 0; i < OPENERS; i++) {
        core_release(cores[i]);
    }
}

static void test_core_core__a_retained_instance_stays_open(void **state) {
    (void)state;
    fixture_reopen(&fixture);
    core_retain(fixture.core);
    core_release(fixture.core);
    core_organization_release(fixture_organization(fixture.core, "still-open"));
    core_release(NULL);
}

static void test_core_core__base_url_loses_its_slashes_at_the_end(void **state) {
    (void)state;
    fixture.options.base_url = "https://packages.example.com/prefix//";
    fixture_reopen(&fixture);
    assert_string_equal(core_base_url(fixture.core), "https://packages.example.com/prefix");
    fixture.options.base_url = NULL;
    fixture_reopen(&fixture);
    assert_null(core_base_url(fixture.core));
}

static void test_core_core__a_bad_base_url_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",           "packages.example.com", "ftp://host",         "https://",
                                      "https:////", "https://a b",          "https://a?b",        "https://a#b",
                                      "https://\n", "https://\xff",         "http://\"><script>/"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error err;
        fixture.options.base_url = bad[i];
        assert_int_equal(try_open(&err), LREG_BAD_ARGUMENT);
        assert_string_equal(err.code, "bad_base_url");
    }
}

static void test_core_core__a_given_storage_ends_with_the_instance_also_after_a_failure(void **state) {
    (void)state;
    struct failing_allocator memory;
    struct error err;
    failing_allocator_init(&memory);
    fixture.options.hooks.allocator = failing_allocator_hook(&memory);
    lreg_storage_backend table;
    fixture.options.backend = &table;
    fixture.options.backend_name = "given";
    assert_int_equal(storage_memory_table(&fixture.options.hooks, &table, &fixture.options.backend_state, NULL),
                     LREG_OK);
    fixture.options.base_url = "bad";
    assert_int_equal(try_open(&err), LREG_BAD_ARGUMENT);
    assert_int_equal(failing_allocator_live_blocks(&memory), 0);
    assert_int_equal(storage_memory_table(&fixture.options.hooks, &table, &fixture.options.backend_state, NULL),
                     LREG_OK);
    fixture.options.base_url = NULL;
    assert_int_equal(try_open(&err), LREG_OK);
    close_core();
    assert_int_equal(failing_allocator_live_blocks(&memory), 0);
}

static void test_core_core__ecosystems_are_found_by_name(void **state) {
    (void)state;
    fixture_reopen(&fixture);
    assert_ptr_equal(core_ecosystem_find(fixture.core, "alpine"), &fixture_alpine);
    assert_null(core_ecosystem_find(fixture.core, "debian"));
    assert_null(core_ecosystem_find(fixture.core, NULL));
    fixture.options.ecosystems = NULL;
    fixture_reopen(&fixture);
    assert_null(core_ecosystem_find(fixture.core, "alpine"));
}

/* The operations of a small instance; the first failure ends it. */
static lreg_status live(struct core *core, struct error *err) {
    const struct core_organization *organization = NULL;
    const struct core_registry *registry = NULL;
    const struct core_registry *changed = NULL;
    const struct core_registry *found = NULL;
    const struct core_token *api = NULL;
    const struct core_token *described = NULL;
    const struct core_token *token = NULL;
    struct auth_principal principal;
    struct core_registry_settings settings;
    core_registry_settings_init(&settings);
    settings.name = "My files";
    settings.ecosystem = "files";
    lreg_status status = core_organization_create(
        core, &core_actor_host, &(struct core_organization_settings){.slug = NULL, .name = "My organization"},
        &organization, err);
    if (status == LREG_OK) {
        status = core_registry_create(core, &core_actor_host, organization, &settings, &registry, err);
    }
    if (status == LREG_OK) {
        settings.name = "Our files";
        status = core_registry_update(core, &core_actor_host, registry, &settings, &changed, err);
    }
    if (status == LREG_OK) {
        status = core_registry_find(core, "my-organization", "my-files", &found, err);
    }
    if (status == LREG_OK) {
        status = core_token_create_api(core, &core_actor_host, organization, "Deploy", AUTH_ALL_SCOPES, 0, &api, err);
    }
    if (status == LREG_OK) {
        status = core_token_create_registry(core, &core_actor_host, registry, "Server", &token, err);
    }
    if (status == LREG_OK) {
        status = core_authenticate(core, token->secret, &principal, err);
    }
    if (status == LREG_OK) {
        status = core_token_set_description(core, &core_actor_host, token, "Other", &described, err);
    }
    if (status == LREG_OK) {
        status = core_token_delete(core, &core_actor_host, token, err);
    }
    if (status == LREG_OK) {
        status = core_registry_delete(core, &core_actor_host, registry, err);
    }
    core_token_release(described);
    core_token_release(token);
    core_token_release(api);
    core_registry_release(found);
    core_registry_release(changed);
    core_registry_release(registry);
    core_organization_release(organization);
    return status == LREG_OK ? delete_organization(core, "my-organization", err) : status;
}

static void test_core_core__any_allocation_may_fail(void **state) {
    (void)state;
    struct failing_allocator memory;
    struct error err;
    failing_allocator_init(&memory);
    fixture.options.hooks.allocator = failing_allocator_hook(&memory);
    for (size_t n = 1; n < 10000; n++) {
        failing_allocator_fail_at(&memory, n, false);
        lreg_status status = try_open(&err);
        if (status == LREG_OK) {
            status = live(fixture.core, &err);
        }
        close_core();
        assert_int_equal(failing_allocator_live_blocks(&memory), 0);
        if (!failing_allocator_failed(&memory)) {
            assert_int_equal(status, LREG_OK);
            return;
        }
        assert_true(status == LREG_OK || status == LREG_NO_MEMORY);
    }
    fail_msg("it never came through");
}

struct step_fault {
    long left;
};

static int fail_step(void *user) {
    struct step_fault *fault = user;
    return fault->left-- == 0 ? 10 /* SQLITE_IOERR */ : 0;
}

static void test_core_core__any_step_of_the_database_may_fail(void **state) {
    (void)state;
    struct error err;
    struct step_fault fault;
    struct failing_allocator memory;
    failing_allocator_init(&memory);
    fixture.options.hooks.allocator = failing_allocator_hook(&memory);
    fixture.options.step_fault = fail_step;
    fixture.options.step_fault_user = &fault;
    for (long n = 0; n < 10000; n++) {
        fault.left = n;
        lreg_status status = try_open(&err);
        if (status == LREG_OK) {
            status = live(fixture.core, &err);
        }
        bool came_through = fault.left >= 0;
        close_core();
        assert_int_equal(failing_allocator_live_blocks(&memory), 0);
        if (came_through) {
            assert_int_equal(status, LREG_OK);
            return;
        }
    }
    fail_msg("it never came through");
}
