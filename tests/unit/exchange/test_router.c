/* SPDX-License-Identifier: Apache-2.0 */
/* Finding routes: exact matches, methods, names, and which surface reports a path without a route. */
#include "exchange/router_internal.h"

#include <stdio.h>
#include <string.h>

#define GET HTTP_GET

static const struct route routes[] = {
    {.methods = HTTP_GET, .pattern = "/"},
    {.methods = HTTP_GET, .pattern = "/{organization}/{registry}/files/{filename}"},
    {.methods = HTTP_POST, .pattern = "/organizations/{organization}/files/new"},
    {.methods = HTTP_GET, .pattern = "/organizations/{organization}/files/{id}"},
    {.methods = HTTP_GET, .pattern = "/assets/{path*}"},
    {.methods = HTTP_PUT, .pattern = "/assets/{path*}"},
    {.methods = HTTP_HEAD | HTTP_DELETE, .pattern = "/assets/logo"},
};
static const struct route image_routes[] = {
    {.methods = HTTP_GET, .pattern = "/v2/"},
    {.methods = HTTP_GET, .pattern = "/v2/{organization}/{registry}/{image*}/blobs/{digest}"},
    {.methods = HTTP_POST, .pattern = "/v2/{organization}/{registry}/{image*}/blobs/uploads/"},
    {.methods = HTTP_PATCH, .pattern = "/v2/{organization}/{registry}/{image*}/blobs/uploads/{id}"},
    {.methods = HTTP_GET, .pattern = "/v2/{organization}/{registry}/{image*}/tags/list"},
};
static const struct route manage_routes[] = {
    {.methods = HTTP_GET, .pattern = "/v2/packages/organizations/{organization}/registries"},
    {.methods = HTTP_GET, .pattern = "/v2/packages/organizations/{organization}/registries/{registry}/tags/list"},
};
static const struct surface web = {.name = "web", .routes = routes, .route_count = sizeof routes / sizeof routes[0]};
static const struct surface images = {
    .name = "images", .routes = image_routes, .route_count = sizeof image_routes / sizeof image_routes[0]};
static const struct surface manage = {.name = "manage", .routes = manage_routes, .route_count = 2};
static const struct surface *const surfaces[] = {&web, &images, &manage, NULL};

struct fixture {
    struct hooks hooks;
    struct arena arena;
    struct router router;
};

static int setup(void **state) {
    static struct fixture fixture;
    hooks_default(&fixture.hooks);
    arena_init(&fixture.arena, &fixture.hooks, (size_t)1 << 20);
    *state = &fixture;
    return router_compile(&fixture.router, &fixture.hooks, surfaces, NULL) == LREG_OK ? 0 : 1;
}

static int teardown(void **state) {
    struct fixture *fixture = *state;
    router_free(&fixture->router);
    arena_free(&fixture->arena);
    return 0;
}

static struct route_match match(struct fixture *fixture, unsigned method, const char *path, struct url *out_url) {
    struct url url;
    struct route_match found;
    assert_int_equal(url_parse(&url, path, &fixture->arena, NULL), LREG_OK);
    router_match(&fixture->router, &url, method, &found);
    if (out_url != NULL) {
        *out_url = url;
    }
    return found;
}

/* The pattern of the route that answers; "" when there is none. */
static const char *pattern_of(struct fixture *fixture, unsigned method, const char *path) {
    struct route_match found = match(fixture, method, path, NULL);
    return found.found != NULL ? found.found->route->pattern : "";
}

static void test_exchange_router__patterns_fit_by_segments(void **state) {
    assert_string_equal(pattern_of(*state, GET, "/"), "/");
    assert_string_equal(pattern_of(*state, GET, "/o/r/files/a.txt"), "/{organization}/{registry}/files/{filename}");
    assert_string_equal(pattern_of(*state, GET, "/o/r/files"), "");
    assert_string_equal(pattern_of(*state, GET, "/o/r/files/a/b"), "");
    assert_string_equal(pattern_of(*state, GET, "/o/r/file/a"), "");
}

static void test_exchange_router__a_slash_at_the_end_makes_a_difference(void **state) {
    assert_string_equal(pattern_of(*state, GET, "/v2/"), "/v2/");
    assert_string_equal(pattern_of(*state, GET, "/v2"), "");
    assert_string_equal(pattern_of(*state, GET, "/o/r/files/"), "");
    assert_string_equal(pattern_of(*state, GET, "/assets/a/"), "");
    assert_string_equal(pattern_of(*state, GET, "/assets/"), "");
}

static void test_exchange_router__literals_win_from_left_to_right(void **state) {
    assert_string_equal(pattern_of(*state, GET, "/organizations/o/files/x"),
                        "/organizations/{organization}/files/{id}");
    assert_string_equal(pattern_of(*state, HTTP_POST, "/organizations/o/files/new"),
                        "/organizations/{organization}/files/new");
    assert_string_equal(pattern_of(*state, GET, "/v2/packages/organizations/o/registries/r/tags/list"),
                        "/v2/packages/organizations/{organization}/registries/{registry}/tags/list");
    assert_string_equal(pattern_of(*state, GET, "/v2/packages/organizations/o/x/r/tags/list"),
                        "/v2/{organization}/{registry}/{image*}/tags/list");
}

static void test_exchange_router__the_most_exact_pattern_decides_about_methods(void **state) {
    struct route_match found = match(*state, GET, "/organizations/o/files/new", NULL);
    assert_null(found.found);
    assert_non_null(found.other);
    assert_int_equal(found.allowed, HTTP_POST);
    found = match(*state, HTTP_DELETE, "/assets/x/y", NULL);
    assert_null(found.found);
    assert_int_equal(found.allowed, HTTP_GET | HTTP_PUT);
}

static void test_exchange_router__head_is_served_by_get_unless_it_has_a_route(void **state) {
    assert_string_equal(pattern_of(*state, HTTP_HEAD, "/"), "/");
    assert_string_equal(pattern_of(*state, HTTP_HEAD, "/assets/x"), "/assets/{path*}");
    assert_string_equal(pattern_of(*state, HTTP_HEAD, "/assets/logo"), "/assets/logo");
    assert_string_equal(pattern_of(*state, GET, "/assets/logo"), "");
}

static void test_exchange_router__many_takes_as_much_as_it_can(void **state) {
    struct fixture *fixture = *state;
    struct url url;
    const char *values[CALL_PARAMETERS_MAX] = {NULL};
    struct route_match found = match(fixture, GET, "/v2/o/r/a/blobs/b%20c/blobs/d", &url);
    assert_non_null(found.found);
    assert_int_equal(router_parameters(found.found, &url, &fixture->arena, values, NULL), LREG_OK);
    assert_string_equal(values[0], "o");
    assert_string_equal(values[1], "r");
    assert_string_equal(values[2], "a/blobs/b c");
    assert_string_equal(values[3], "d");
    assert_int_equal(found.found->organization, 0);
    assert_int_equal(found.found->registry, 1);
}

static void test_exchange_router__what_is_behind_many_has_to_fit(void **state) {
    assert_string_equal(pattern_of(*state, HTTP_PATCH, "/v2/o/r/i/blobs/uploads/7"),
                        "/v2/{organization}/{registry}/{image*}/blobs/uploads/{id}");
    assert_string_equal(pattern_of(*state, HTTP_POST, "/v2/o/r/i/j/blobs/uploads/"),
                        "/v2/{organization}/{registry}/{image*}/blobs/uploads/");
    assert_string_equal(pattern_of(*state, GET, "/v2/o/r/blobs/d"), "");
    assert_string_equal(pattern_of(*state, GET, "/v2/o/r/i/blobs"), "");
}

static void test_exchange_router__the_longest_path_is_still_found(void **state) {
    char path[8 * URL_SEGMENTS_MAX] = "/assets";
    size_t used = strlen(path);
    for (int i = 1; i < URL_SEGMENTS_MAX; i++) {
        used += (size_t)snprintf(path + used, sizeof path - used, "/%d", i);
    }
    assert_string_equal(pattern_of(*state, GET, path), "/assets/{path*}");
}

static const char *nearest(struct fixture *fixture, const char *path) {
    const struct surface *surface = router_nearest_surface(&fixture->router, path);
    return surface != NULL ? surface->name : "none";
}

static void test_exchange_router__errors_are_of_the_surface_with_the_longest_common_start(void **state) {
    assert_string_equal(nearest(*state, "/v2/"), "images");
    assert_string_equal(nearest(*state, "/v2"), "images");
    assert_string_equal(nearest(*state, "/v2/x/%zz"), "images");
    assert_string_equal(nearest(*state, "/v2?x"), "images");
    assert_string_equal(nearest(*state, "/v2/packages/"), "manage");
    assert_string_equal(nearest(*state, "/v2/packages/organizations/x/y"), "manage");
    assert_string_equal(nearest(*state, "/assets"), "web");
    assert_string_equal(nearest(*state, "/v2x/packages"), "none");
    assert_string_equal(nearest(*state, "/a/b/c"), "none");
    assert_string_equal(nearest(*state, "/"), "none");
    assert_string_equal(nearest(*state, ""), "none");
}

static void test_exchange_router__malformed_patterns_are_refused(void **state) {
    struct fixture *fixture = *state;
    static const char *const patterns[] = {
        "", "x", "/a//b", "//", "/{a*}/{b*}", "/{registry}", "/{a}/{b}/{c}/{d}/{e}/{f}/{g}",
    };
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct route route = {.methods = HTTP_GET, .pattern = patterns[i]};
        struct surface surface = {.name = "bad", .routes = &route, .route_count = 1};
        const struct surface *const table[] = {&surface, NULL};
        struct router router;
        assert_int_equal(router_compile(&router, &fixture->hooks, table, NULL), LREG_INTERNAL);
    }
}
