/* SPDX-License-Identifier: Apache-2.0 */

/* Makes the table of routes: parses patterns, sorts them by exactness, and lists them by the number of segments. */

#include "exchange/router_internal.h"

#include <string.h>

#define ROUTES_MAX UINT16_MAX

static lreg_status bad_pattern(const char *pattern, const char *why, struct error *err) {
    return error_set(err, LREG_INTERNAL, "", "the pattern %s %s", pattern, why);
}

static size_t count_segments(const char *pattern) {
    if (strcmp(pattern, "/") == 0) {
        return 0;
    }
    size_t count = 0;
    for (const char *at = pattern; *at != '\0'; at++) {
        count += *at == '/' ? 1 : 0;
    }
    return count;
}

/* Sets the segment's kind; returns the name of a placeholder. */
static struct slice parse_segment(struct slice text, struct pattern_segment *out) {
    *out = (struct pattern_segment){SEGMENT_LITERAL, text};
    if (text.length < 3 || text.bytes[0] != '{' || text.bytes[text.length - 1] != '}') {
        return (struct slice){"", 0};
    }
    struct slice name = {text.bytes + 1, text.length - 2};
    out->kind = SEGMENT_ONE;
    if (name.bytes[name.length - 1] == '*') {
        out->kind = SEGMENT_MANY;
        name.length--;
    }
    return name;
}

static lreg_status parse_segments(struct compiled_route *route, struct pattern_segment *segments, struct error *err) {
    const char *pattern = route->route->pattern;
    struct slice rest = slice_of(pattern + 1);
    size_t parameters = 0;
    for (size_t i = 0; i < route->segment_count; i++) {
        struct slice name = parse_segment(slice_cut(&rest, '/'), &segments[i]);
        if (segments[i].kind == SEGMENT_LITERAL) {
            bool is_leading = route->literal_run == i && segments[i].text.length > 0;
            route->literal_run += is_leading ? 1 : 0;
            continue;
        }
        if (segments[i].kind == SEGMENT_MANY && route->many < route->segment_count) {
            return bad_pattern(pattern, "has two {name*}", err);
        }
        route->many = segments[i].kind == SEGMENT_MANY ? i : route->many;
        route->organization = slice_equals(name, "organization") ? parameters : route->organization;
        route->registry = slice_equals(name, "registry") ? parameters : route->registry;
        parameters++;
    }
    if (parameters > CALL_PARAMETERS_MAX) {
        return bad_pattern(pattern, "has too many names", err);
    }
    if (route->registry != ROUTE_NO_PARAMETER && route->organization == ROUTE_NO_PARAMETER) {
        return bad_pattern(pattern, "has a {registry} without {organization}", err);
    }
    return LREG_OK;
}

static lreg_status compile_route(struct compiled_route *out, const struct surface *surface, const struct route *route,
                                 struct pattern_segment *segments, struct error *err) {
    size_t count = count_segments(route->pattern);
    *out = (struct compiled_route){.surface = surface,
                                   .route = route,
                                   .segments = segments,
                                   .segment_count = count,
                                   .many = count,
                                   .organization = ROUTE_NO_PARAMETER,
                                   .registry = ROUTE_NO_PARAMETER};
    if (route->pattern[0] != '/' || strstr(route->pattern, "//") != NULL || count > URL_SEGMENTS_MAX) {
        return bad_pattern(route->pattern, "is malformed", err);
    }
    return parse_segments(out, segments, err);
}

/* Patterns are compared by their sequences of kinds. The end of a pattern counts as least exact, so a pattern with more
 * segments after a {name*} is more exact. */
static int kind_at(const struct compiled_route *route, size_t index) {
    return index < route->segment_count ? (int)route->segments[index].kind : (int)SEGMENT_MANY + 1;
}

/* Below 0 when `a` is more exact. A total order, even of patterns that fit no common path. */
static int compare_exactness(const struct compiled_route *a, const struct compiled_route *b) {
    for (size_t i = 0; i < a->segment_count || i < b->segment_count; i++) {
        int difference = kind_at(a, i) - kind_at(b, i);
        if (difference != 0) {
            return difference;
        }
    }
    return 0;
}

/* Insertion sort: the table is short and made once, and equals must stay in the order of the surfaces. */
static void sort_routes(struct router *router) {
    for (size_t i = 1; i < router->route_count; i++) {
        struct compiled_route moving = router->routes[i];
        size_t at = i;
        while (at > 0 && compare_exactness(&moving, &router->routes[at - 1]) < 0) {
            router->routes[at] = router->routes[at - 1];
            at--;
        }
        router->routes[at] = moving;
    }
}

static void number_exactness(struct router *router) {
    for (size_t i = 1; i < router->route_count; i++) {
        const struct compiled_route *before = &router->routes[i - 1];
        bool is_equal = compare_exactness(before, &router->routes[i]) == 0;
        router->routes[i].exactness = before->exactness + (is_equal ? 0 : 1);
    }
}

static bool fits_count(const struct compiled_route *route, size_t count) {
    bool has_many = route->many < route->segment_count;
    return has_many ? count >= route->segment_count : count == route->segment_count;
}

static lreg_status file_by_count(struct router *router, struct error *err) {
    size_t used = 0;
    for (size_t count = 0; count <= URL_SEGMENTS_MAX; count++) {
        for (size_t i = 0; i < router->route_count; i++) {
            used += fits_count(&router->routes[i], count) ? 1 : 0;
        }
    }
    router->fitting = memory_allocate_zeroed(router->hooks, used, sizeof *router->fitting);
    if (router->fitting == NULL) {
        return error_no_memory(err);
    }
    used = 0;
    for (size_t count = 0; count <= URL_SEGMENTS_MAX; count++) {
        router->fitting_begin[count] = used;
        for (size_t i = 0; i < router->route_count; i++) {
            if (fits_count(&router->routes[i], count)) {
                router->fitting[used++] = (uint16_t)i;
            }
        }
    }
    router->fitting_begin[URL_SEGMENTS_MAX + 1] = used;
    return LREG_OK;
}

static lreg_status allocate(struct router *router, const struct surface *const *surfaces, struct error *err) {
    size_t routes = 0;
    size_t segments = 0;
    for (size_t i = 0; surfaces[i] != NULL; i++) {
        for (size_t j = 0; j < surfaces[i]->route_count; j++) {
            routes++;
            segments += count_segments(surfaces[i]->routes[j].pattern);
        }
    }
    if (routes > ROUTES_MAX) {
        return error_set(err, LREG_INTERNAL, "", "there are too many routes");
    }
    router->routes = memory_allocate_zeroed(router->hooks, routes, sizeof *router->routes);
    router->segments = memory_allocate_zeroed(router->hooks, segments, sizeof *router->segments);
    return router->routes != NULL && router->segments != NULL ? LREG_OK : error_no_memory(err);
}

static lreg_status compile_all(struct router *router, const struct surface *const *surfaces, struct error *err) {
    struct pattern_segment *segments = router->segments;
    for (size_t i = 0; surfaces[i] != NULL; i++) {
        for (size_t j = 0; j < surfaces[i]->route_count; j++) {
            struct compiled_route *route = &router->routes[router->route_count];
            lreg_status status = compile_route(route, surfaces[i], &surfaces[i]->routes[j], segments, err);
            if (status != LREG_OK) {
                return status;
            }
            segments += route->segment_count;
            router->route_count++;
        }
    }
    return LREG_OK;
}

lreg_status router_compile(struct router *router, const struct hooks *hooks, const struct surface *const *surfaces,
                           struct error *err) {
    *router = (struct router){.hooks = hooks};
    lreg_status status = allocate(router, surfaces, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = compile_all(router, surfaces, err);
    if (status != LREG_OK) {
        goto out;
    }
    sort_routes(router);
    number_exactness(router);
    status = file_by_count(router, err);
out:
    if (status != LREG_OK) {
        router_free(router);
    }
    return status;
}

void router_free(struct router *router) {
    if (router->hooks == NULL) {
        return;
    }
    memory_release(router->hooks, router->fitting);
    memory_release(router->hooks, router->segments);
    memory_release(router->hooks, router->routes);
    *router = (struct router){.hooks = NULL};
}
