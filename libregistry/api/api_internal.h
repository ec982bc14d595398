/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_API_INTERNAL_H
#define API_API_INTERNAL_H

/*
 * The structs of the public handles, and how errors are converted. This room has no rules of a registry: it checks
 * arguments, calls core, and makes handles.
 */

#include "base/json.h"
#include "core/core.h"
#include "core/content/content.h"
#include "core/ecosystem.h"
#include "exchange/dispatcher.h"
#include <libregistry/audit.h>
#include <libregistry/instance.h>
#include <libregistry/maintenance.h>
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

struct lreg_organization_settings {
    struct hooks hooks; /* first in all settings */
    char *slug; /* NULL: not set, likewise below */
    char *name;
};

struct lreg_token_settings {
    struct hooks hooks;
    char *description;
    char *scopes;
    int64_t expires_ms;
};

enum {
    API_REGISTRY_NAME,
    API_REGISTRY_SLUG,
    API_REGISTRY_DESCRIPTION,
    API_REGISTRY_EMOJI,
    API_REGISTRY_COLOR,
    API_REGISTRY_ECOSYSTEM,
    API_REGISTRY_TEXTS
};

enum {
    API_REGISTRY_PUBLIC,
    API_REGISTRY_ALLOW_OVERWRITE,
    API_REGISTRY_STRICT_NAMES,
    API_REGISTRY_SWITCHES
};

struct lreg_registry_settings {
    struct hooks hooks;
    char *texts[API_REGISTRY_TEXTS];
    int switches[API_REGISTRY_SWITCHES]; /* CORE_UNCHANGED: not set */
};

struct lreg_organization {
    struct core *core;
    const struct core_organization *snapshot;
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

/* A struct that callers pass by pointer; it begins with `uint32_t size` and `uint32_t flags`. */
struct api_struct {
    const char *name; /* for messages */
    size_t size; /* of this version */
    size_t first; /* of the first version that had it */
    uint32_t flags; /* those of 0x10000 and above that are known; the lower ones are hints */
};
/* Copies a filter or options into `out` (`kind->size` bytes): what `given` has, and zero beyond. NULL: all defaults.
 * LREG_BAD_ARGUMENT when it is too small, or has flags that must be known and are not. */
lreg_status api_take(const struct hooks *hooks, const struct api_struct *kind, const void *given, void *out,
                     lreg_error **err);
/* LREG_BAD_ARGUMENT when a report (may be NULL) is too small. */
lreg_status api_check_report(const struct hooks *hooks, const struct api_struct *kind, const void *report,
                             lreg_error **err);
/* Copies `filled` into the report (may be NULL), up to the caller's size, which stays. */
void api_fill_in(const struct api_struct *kind, const void *filled, void *report);

/* Zeroed settings of `bytes` that begin with their hooks. */
lreg_status api_settings_new(size_t bytes, void **out, lreg_error **err);
/* Replaces a text by a copy; NULL: not set. */
lreg_status api_settings_set(const struct hooks *hooks, char **text, const char *value, lreg_error **err);
/* The texts stay borrowed. */
struct core_registry_settings api_registry_settings(const lreg_registry_settings *settings);

/* A zeroed handle with `core`, retained, as its first member; NULL when memory is out. */
void *api_handle_new(struct core *core, size_t bytes);

/* Makes a handle of a snapshot, which is taken, also on failure. */
lreg_status api_registry_new(struct core *core, const struct core_registry *snapshot, lreg_registry **out,
                             struct error *failure);
lreg_status api_package_new(struct core *core, const struct core_package *snapshot, lreg_package **out,
                            struct error *failure);

/* --- listing.c --- */

/* Rows of a page of a listing. */
#define API_PAGE 100

/* Where a listing is. It is the first member of each listing. */
struct api_pager {
    struct core *core;
    struct arena arena; /* of the current page */
    const void *rows; /* of the current page */
    size_t row_count;
    size_t row; /* next one to return */
    char *after; /* cursor, owned; NULL: from the first */
    bool is_at_end; /* the current page is the last */
};

/* What differs between the listings. */
struct api_listing {
    size_t row_bytes;
    size_t cursor_at; /* offset in a row of the text that the next page begins after */
    /* Reads up to API_PAGE rows after `pager->after` into the pager's arena; sets rows and row_count. */
    lreg_status (*read_page)(struct api_pager *pager, struct error *failure);
    /* Makes the handle of a row. *out stays NULL for a row that was deleted since its page was read. */
    lreg_status (*make_handle)(const struct api_pager *pager, const void *row, void **out, struct error *failure);
};

void api_pager_init(struct api_pager *pager, struct core *core);
void api_pager_free(struct api_pager *pager);
/* The `next` of a public listing: *out, NULL before, is the next handle; NULL at the end. After a failure the next call
 * tries the same row or page again. LREG_BAD_ARGUMENT when `pager` or `out` is NULL. */
lreg_status api_pager_next(const struct api_listing *listing, struct api_pager *pager, void **out, lreg_error **err);

#endif
