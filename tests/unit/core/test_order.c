/* SPDX-License-Identifier: Apache-2.0 */
/* Listings are in commit order, even if the clock stands still, goes back or differs between processes; and their pages
 * show each item once. */

#include "store.h"

#define THINGS 40

/* A clock that advances with each call. */
static int64_t ticking_clock(void *user) {
    struct fixture *fixture = user;
    return atomic_fetch_add(&fixture->now_ms, 1);
}

static void name_thing(char name[16], int number) {
    (void)snprintf(name, 16, "n-%d", number);
}

static void make_organization(struct core *core, int number) {
    char name[16];
    name_thing(name, number);
    core_organization_release(fixture_organization(core, name));
}

static void make_registry(struct core *core, const struct core_organization *organization, int number) {
    char name[16];
    name_thing(name, number);
    core_registry_release(fixture_registry(core, organization, name, false));
}

/* Reads all events in pages, the newest first, and calls `between` after each page. */
static void assert_events(struct store *store, int count, void (*between)(struct store *store)) {
    struct arena arena;
    char before[ID_TEXT] = "";
    arena_init(&arena, core_hooks(store->core), 1 << 24);
    for (int left = count; left >= 0;) {
        struct meta_audit_event *events = NULL;
        char expected[32];
        size_t rows = 0;
        assert_int_equal(core_audit_list(store->core, store->organization->row.id, before[0] != '\0' ? before : NULL, 3,
                                         &arena, &events, &rows, NULL),
                         LREG_OK);
        for (size_t i = 0; i < rows && left > 0; i++) {
            (void)snprintf(expected, sizeof expected, "acme/n-%d", --left);
            assert_string_equal(events[i].subject, expected);
            memcpy(before, events[i].id, sizeof before);
        }
        if (left == 0) {
            break;
        }
        assert_true(rows > 0);
        if (between != NULL) {
            between(store);
        }
    }
    arena_free(&arena);
}

static void test_core_order__events_of_one_millisecond_are_in_the_order_of_their_commits(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    for (int i = 0; i < THINGS; i++) {
        make_registry(store.core, store.organization, i);
    }
    assert_events(&store, THINGS, NULL);
    store_end(&store);
}

static void add_event(struct store *store) {
    static atomic_int number = 1000;
    make_registry(store->core, store->organization, atomic_fetch_add(&number, 1));
}

static void test_core_order__events_that_come_meanwhile_move_no_page(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    for (int i = 0; i < THINGS; i++) {
        make_registry(store.core, store.organization, i);
    }
    assert_events(&store, THINGS, add_event);
    store_end(&store);
}

static void test_core_order__a_clock_that_goes_back_turns_no_events_round(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    for (int i = 0; i < THINGS; i++) {
        make_registry(store.core, store.organization, i);
        fixture_pass_ms(&store.base, i % 3 == 0 ? -5000 : 1);
    }
    assert_events(&store, THINGS, NULL);
    store_end(&store);
}

static void test_core_order__events_of_two_instances_are_in_the_order_of_their_commits(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    struct core *second = store_second(&store, 10000);
    for (int i = 0; i < THINGS; i++) {
        make_registry(i % 2 == 0 ? store.core : second, store.organization, i);
    }
    assert_events(&store, THINGS, NULL);
    core_release(second);
    store_end(&store);
}

/* Ids of one organization do not shift those of another. */
static void test_core_order__organisations_do_not_disturb_each_other(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    for (int i = 0; i < THINGS; i++) {
        make_registry(store.core, store.organization, i);
        make_organization(store.core, i);
    }
    assert_events(&store, THINGS, NULL);
    store_end(&store);
}

/* --- packages --- */

/* Reads all packages in pages of 3, the newest first. Deletes the last package of each page before reading the next. */
static void assert_packages(struct store *store, int count) {
    struct arena arena;
    char after[ID_TEXT] = "";
    arena_init(&arena, core_hooks(store->core), 1 << 24);
    for (int left = count; left > 0;) {
        struct meta_package_query query = {.registry_id = store->registry->row.id, .order = META_BY_TIME, .limit = 3};
        struct meta_package *rows = NULL;
        char expected[16];
        size_t found = 0;
        query.after_id = after[0] != '\0' ? after : NULL;
        assert_int_equal(core_package_list(store->core, &query, &arena, &rows, &found, NULL), LREG_OK);
        assert_true(found > 0);
        for (size_t i = 0; i < found; i++) {
            name_thing(expected, --left);
            assert_string_equal(rows[i].filename, expected);
            memcpy(after, rows[i].id, sizeof after);
        }
        must_delete(store, expected);
    }
    arena_free(&arena);
}

static void test_core_order__packages_of_one_millisecond_come_newest_first(void **state) {
    struct store store;
    char name[16];
    (void)state;
    store_begin(&store);
    for (int i = 0; i < THINGS; i++) {
        name_thing(name, i);
        must_publish(&store, name, "content");
    }
    assert_packages(&store, THINGS);
    store_end(&store);
}

static void test_core_order__a_deleted_package_is_a_place_to_go_on_from(void **state) {
    struct store store;
    char name[16];
    (void)state;
    store_prepare(&store);
    store.base.options.hooks.clock.now_ms = ticking_clock;
    store_open(&store);
    store_make_registry(&store);
    int64_t now_ms = atomic_load(&store.base.now_ms);
    for (int i = 0; i < THINGS; i++) {
        atomic_store(&store.base.now_ms, now_ms + i % 3); /* all are of three milliseconds */
        name_thing(name, i);
        must_publish(&store, name, "content");
    }
    struct meta_package_query query = {.registry_id = store.registry->row.id, .order = META_BY_TIME, .limit = THINGS};
    struct meta_package *rows = NULL;
    struct meta_package *again = NULL;
    size_t count = 0;
    struct arena arena;
    arena_init(&arena, core_hooks(store.core), 1 << 24);
    assert_int_equal(core_package_list(store.core, &query, &arena, &rows, &count, NULL), LREG_OK);
    assert_int_equal(count, THINGS);
    for (size_t i = 0; i + 1 < count; i += 2) { /* those in between must not be shown again */
        size_t left = 0;
        must_delete(&store, rows[i].filename);
        query.after_id = rows[i].id;
        assert_int_equal(core_package_list(store.core, &query, &arena, &again, &left, NULL), LREG_OK);
        assert_int_equal(left, count - i - 1);
        assert_string_equal(again[0].id, rows[i + 1].id);
    }
    arena_free(&arena);
    store_end(&store);
}

/* --- tokens --- */

static void assert_tokens(struct store *store, const struct core_registry *registry) {
    struct arena arena;
    struct meta_token *rows = NULL;
    char name[16];
    size_t count = 0;
    arena_init(&arena, core_hooks(store->core), 1 << 24);
    assert_int_equal(
        core_token_list(store->core, store->organization, registry, NULL, THINGS, &arena, &rows, &count, NULL),
        LREG_OK);
    assert_int_equal(count, THINGS);
    for (int i = 0; i < THINGS; i++) {
        name_thing(name, i);
        assert_string_equal(rows[i].description, name);
    }
    arena_free(&arena);
}

static void test_core_order__tokens_of_one_millisecond_come_oldest_first(void **state) {
    struct store store;
    (void)state;
    store_begin(&store);
    for (int i = 0; i < THINGS; i++) {
        const struct core_token *token = NULL;
        char name[16];
        name_thing(name, i);
        assert_int_equal(core_token_create_api(store.core, &core_actor_host, store.organization, name,
                                               AUTH_READ_PACKAGES, 0, &token, NULL),
                         LREG_OK);
        core_token_release(token);
        assert_int_equal(core_token_create_registry(store.core, &core_actor_host, store.registry, name, &token, NULL),
                         LREG_OK);
        core_token_release(token);
    }
    assert_tokens(&store, NULL);
    assert_tokens(&store, store.registry);
    store_end(&store);
}
