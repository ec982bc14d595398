/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_API_INTERNAL_H
#define API_API_INTERNAL_H

/*
 * The structs of the public handles, and how errors are converted. This room has no rules of a registry: it checks
 * arguments, calls core, and makes handles.
 */

#include "core/core.h"
#include "core/content/content.h"
#include "core/ecosystem.h"
#include "exchange/dispatcher.h"
#include <libregistry/audit.h>
#include <libregistry/instance.h>
#include <libregistry/organization.h>
#include <libregistry/package.h>
#include <libregistry/registry.h>
#include <libregistry/token.h>
#include <libregistry/upkeep.h>
#include <libregistry/upload.h>

struct lreg_error {
    struct error value;
    lreg_allocator allocator; /* that allocated it */
};

struct lreg_instance {
    struct core *core;
    struct dispatcher *dispatcher;
};

struct lreg_registry {
    struct core *core;
    const struct core_registry *snapshot;
};

struct lreg_package {
    struct core *core;
    const struct core_package *snapshot;
    const char *path;
    char digests[4][DIGEST_SHA512_TEXT]; /* in the order of package.c's names */
    struct arena arena;
};

/*
 * The end of a public function. LREG_OK is returned as it is. For a failure, `*err` (unless `err` is NULL) becomes a
 * copy of `failure`, allocated with `hooks` (NULL: the operating system's memory). All return the status, for use in
 * a `return` statement.
 */
lreg_status api_result(const struct hooks *hooks, lreg_status status, const struct error *failure, lreg_error **err);
lreg_status api_no_memory(lreg_error **err);
/* LREG_BAD_ARGUMENT with this message. */
lreg_status api_refuse(const struct hooks *hooks, const char *message, lreg_error **err);
/* LREG_BAD_ARGUMENT: `what` must not be NULL. */
lreg_status api_null(const struct hooks *hooks, const char *what, lreg_error **err);

const struct hooks *api_hooks(const lreg_instance *instance);

/* A zeroed handle with `core`, retained, as its first member; NULL when memory is out. */
void *api_handle_new(struct core *core, size_t bytes);

/* Makes a handle of a snapshot, which is taken, also on failure. */
lreg_status api_registry_new(struct core *core, const struct core_registry *snapshot, lreg_registry **out,
                             struct error *failure);
lreg_status api_package_new(struct core *core, const struct core_package *snapshot, lreg_package **out,
                            struct error *failure);

/* Rows of a page of a listing. */
#define API_PAGE 100

/* The common part of all listings: a page of rows in an arena, and the place where the next page begins. */
struct api_pager {
    struct core *core;
    struct arena arena; /* of the current page */
    size_t row_count;
    size_t row; /* next one to return */
    char *after; /* cursor, owned; NULL: from the first */
    bool is_at_end; /* the current page is the last */
};
void api_pager_init(struct api_pager *pager, struct core *core);
void api_pager_free(struct api_pager *pager);
/* Prepares the next page: copies `cursor` (of the last row returned; NULL: there was none) and empties the arena. */
lreg_status api_pager_turn(struct api_pager *pager, const char *cursor, struct error *failure);
/* `status` is that of reading the page. After a failure the next call reads it again. */
void api_pager_filled(struct api_pager *pager, lreg_status status);

#endif
