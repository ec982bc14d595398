/* SPDX-License-Identifier: Apache-2.0 */

/* Finds the route of a path. The table is made once per instance; a look-up allocates nothing. */

#include "exchange/router_internal.h"

#include <string.h>

static struct slice segment_slice(const char *text) {
    return (struct slice){text, strlen(text)};
}

static bool literal_fits(const struct pattern_segment *segment, struct slice text) {
    return segment->text.length == text.length &&
           (text.length == 0 || memcmp(segment->text.bytes, text.bytes, text.length) == 0);
}

/* Whether pattern segments [from, to) fit the path's segments that begin at `texts`. */
static bool segments_fit(const struct compiled_route *route, size_t from, size_t to, const struct slice *texts) {
    for (size_t i = from; i < to; i++) {
        const struct pattern_segment *segment = &route->segments[i];
        struct slice text = texts[i - from];
        if (segment->kind == SEGMENT_LITERAL ? !literal_fits(segment, text) : text.length == 0) {
            return false;
        }
    }
    return true;
}

static bool route_fits(const struct compiled_route *route, const struct slice *texts, size_t count) {
    size_t behind = route->segment_count - route->many; /* from the {name*} on */
    if (!segments_fit(route, 0, route->many, texts)) {
        return false;
    }
    if (behind == 0) {
        return true;
    }
    /* The last segment that {name*} takes must not be the empty one after a trailing slash; no other can be empty. */
    size_t last = count - behind;
    return texts[last].length > 0 &&
           segments_fit(route, route->many + 1, route->segment_count, &texts[count - (behind - 1)]);
}

static bool takes_method(const struct route *route, unsigned method) {
    return (route->methods & method) != 0;
}

void router_match(const struct router *router, const struct url *url, unsigned method, struct route_match *out) {
    *out = (struct route_match){.found = NULL};
    size_t count = url->segment_count;
    if (count > URL_SEGMENTS_MAX) {
        return;
    }
    struct slice texts[URL_SEGMENTS_MAX] = {{NULL, 0}};
    for (size_t i = 0; i < count; i++) {
        texts[i] = segment_slice(url->segments[i]);
    }
    const struct compiled_route *get = NULL;
    for (size_t i = router->fitting_begin[count]; i < router->fitting_begin[count + 1]; i++) {
        const struct compiled_route *route = &router->routes[router->fitting[i]];
        if (out->other != NULL && route->exactness != out->other->exactness) {
            break;
        }
        if (!route_fits(route, texts, count)) {
            continue;
        }
        out->other = out->other != NULL ? out->other : route;
        out->allowed |= route->route->methods;
        if (out->found == NULL && takes_method(route->route, method)) {
            out->found = route;
        }
        if (get == NULL && takes_method(route->route, HTTP_GET)) {
            get = route;
        }
    }
    if (out->found == NULL && method == HTTP_HEAD) {
        out->found = get;
    }
}

/* The decoded segments that {name*} matched, joined by slashes; no segment contains a slash. */
static const char *join_segments(const char *const *segments, size_t count, struct arena *arena) {
    if (count == 1) {
        return segments[0];
    }
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        length += strlen(segments[i]) + 1;
    }
    char *joined = arena_allocate(arena, length);
    if (joined == NULL) {
        return NULL;
    }
    char *at = joined;
    for (size_t i = 0; i < count; i++) {
        size_t part = strlen(segments[i]);
        memcpy(at, segments[i], part);
        at += part;
        *at++ = i + 1 < count ? '/' : '\0';
    }
    return joined;
}

lreg_status router_parameters(const struct compiled_route *found, const struct url *url, struct arena *arena,
                              const char *out[CALL_PARAMETERS_MAX], struct error *err) {
    size_t parameter = 0;
    size_t at = 0; /* in the path */
    for (size_t i = 0; i < found->segment_count; i++) {
        if (found->segments[i].kind == SEGMENT_LITERAL) {
            at++;
            continue;
        }
        size_t taken = i == found->many ? url->segment_count - (found->segment_count - 1) : 1;
        out[parameter] = join_segments(&url->segments[at], taken, arena);
        if (out[parameter] == NULL) {
            return error_no_memory(err);
        }
        parameter++;
        at += taken;
    }
    return LREG_OK;
}

/* How many of the literals at the start of the route the path starts with. */
static size_t common_run(const struct compiled_route *route, const char *path) {
    struct slice rest = slice_of(path + (path[0] == '/' ? 1 : 0));
    rest.length = strcspn(rest.bytes, "?#");
    size_t common = 0;
    while (common < route->literal_run && literal_fits(&route->segments[common], slice_cut(&rest, '/'))) {
        common++;
    }
    return common;
}

const struct surface *router_nearest_surface(const struct router *router, const char *path) {
    const struct surface *nearest = NULL;
    size_t best = 0;
    size_t best_missing = 0;
    for (size_t i = 0; i < router->route_count; i++) {
        const struct compiled_route *route = &router->routes[i];
        size_t common = common_run(route, path);
        size_t missing = route->literal_run - common;
        if (common > best || (common == best && common > 0 && missing < best_missing)) {
            nearest = route->surface;
            best = common;
            best_missing = missing;
        }
    }
    return nearest;
}
