/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXCHANGE_ROUTER_INTERNAL_H
#define EXCHANGE_ROUTER_INTERNAL_H

/*
 * The routes of all surfaces in one table, sorted so that the first one that fits a path is the most exact: a literal
 * segment wins over {name}, which wins over {name*}, from left to right. A method that the most exact pattern does not
 * take is answered with 405, even if a less exact pattern takes it.
 */

#include "surface/surface.h"

enum segment_kind { /* most exact first */
    SEGMENT_LITERAL,
    SEGMENT_ONE, /* {name} */
    SEGMENT_MANY /* {name*} */
};

struct pattern_segment {
    enum segment_kind kind;
    struct slice text; /* of a literal */
};

#define ROUTE_NO_PARAMETER SIZE_MAX

struct compiled_route {
    const struct surface *surface;
    const struct route *route;
    const struct pattern_segment *segments;
    size_t segment_count;
    size_t literal_run; /* literals at the start, without the empty one after a trailing slash */
    size_t many; /* index of the {name*}; segment_count when there is none */
    size_t organization; /* index of the parameter, or ROUTE_NO_PARAMETER */
    size_t registry; /* likewise */
    size_t exactness; /* equal for patterns that fit the same paths */
};

struct router {
    const struct hooks *hooks;
    struct compiled_route *routes;
    size_t route_count;
    struct pattern_segment *segments;
    uint16_t *fitting; /* indices of routes, grouped by the number of a path's segments */
    size_t fitting_begin[URL_SEGMENTS_MAX + 2]; /* where each group begins */
};

/* LREG_INTERNAL when a pattern is malformed. */
lreg_status router_compile(struct router *router, const struct hooks *hooks, const struct surface *const *surfaces,
                           struct error *err);
void router_free(struct router *router); /* a zeroed router is fine */

struct route_match {
    const struct compiled_route *found; /* NULL: no route for that method */
    const struct compiled_route *other; /* the first that fits the path, for any method; NULL: none */
    unsigned allowed; /* methods of all routes as exact as `other` that fit the path */
};
void router_match(const struct router *router, const struct url *url, unsigned method, struct route_match *out);

/* Sets `out` to the values of the pattern's names. */
lreg_status router_parameters(const struct compiled_route *found, const struct url *url, struct arena *arena,
                              const char *out[CALL_PARAMETERS_MAX], struct error *err);

/* The surface whose literal segments match the longest start of the raw `path`; NULL when none matches at all. */
const struct surface *router_nearest_surface(const struct router *router, const char *path);

#endif
