/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_CORE_FIXTURE_H
#define UNIT_CORE_FIXTURE_H

/* An instance in memory or in a temporary directory, with a clock that stands still until a test moves it, and two
 * made-up ecosystems. */

#include "core/core.h"
#include "core/ecosystem.h"

#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FIXTURE_NOW 1795230245678 /* 2026-11-21T03:04:05.678Z */

struct fixture {
    atomic_llong now_ms;
    atomic_llong leapt_ms; /* the part of it from leaps of the clock, during which no time passed */
    struct core_options options;
    char directory[64]; /* "" when in memory */
    struct core *core;
};

static const struct core_ecosystem fixture_files = {.name = "files", .title = "Files"};
static const struct core_ecosystem fixture_alpine = {.name = "alpine", .title = "Alpine"};
static const struct core_ecosystem *const fixture_ecosystems[] = {&fixture_files, &fixture_alpine, NULL};

static inline int64_t fixture_clock(void *user) {
    struct fixture *fixture = user;
    return atomic_load(&fixture->now_ms);
}

static inline int64_t fixture_uptime(void *user) {
    struct fixture *fixture = user;
    return atomic_load(&fixture->now_ms) - atomic_load(&fixture->leapt_ms);
}

static inline void fixture_prepare(struct fixture *fixture) {
    *fixture = (struct fixture){0};
    atomic_init(&fixture->now_ms, FIXTURE_NOW);
    hooks_default(&fixture->options.hooks);
    fixture->options.hooks.clock.now_ms = fixture_clock;
    fixture->options.hooks.clock.uptime_ms = fixture_uptime;
    fixture->options.hooks.clock.user = fixture;
    fixture->options.busy_timeout_ms = 10000;
    fixture->options.ecosystems = fixture_ecosystems;
    core_limits_default(&fixture->options.limits);
}

static inline void fixture_reopen(struct fixture *fixture) {
    struct error err = {0};
    core_release(fixture->core);
    fixture->core = NULL;
    if (core_open(&fixture->options, &fixture->core, &err) != LREG_OK) {
        fail_msg("core_open: %s", err.message);
    }
}

static inline void fixture_open_memory(struct fixture *fixture) {
    fixture_prepare(fixture);
    fixture_reopen(fixture);
}

static inline void fixture_make_directory(struct fixture *fixture) {
    snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/lreg-core-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    fixture->options.directory = fixture->directory;
}

static inline void fixture_open_directory(struct fixture *fixture) {
    fixture_prepare(fixture);
    fixture_make_directory(fixture);
    fixture_reopen(fixture);
}

static inline int fixture_remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void fixture_close(struct fixture *fixture) {
    core_release(fixture->core);
    if (fixture->directory[0] != '\0') {
        nftw(fixture->directory, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
}

static inline void fixture_pass_ms(struct fixture *fixture, int64_t ms) {
    atomic_fetch_add(&fixture->now_ms, ms);
}

/* The clock leaps; no time passes. */
static inline void fixture_leap_ms(struct fixture *fixture, int64_t ms) {
    atomic_fetch_add(&fixture->leapt_ms, ms);
    atomic_fetch_add(&fixture->now_ms, ms);
}

/* Owned: core_organization_release(). */
static inline const struct core_organization *fixture_organization(struct core *core, const char *slug) {
    const struct core_organization *organization = NULL;
    struct error err = {0};
    if (core_organization_create(core, &core_actor_host,
                                 &(struct core_organization_settings){.slug = slug, .name = slug}, &organization,
                                 &err) != LREG_OK) {
        fail_msg("core_organization_create: %s", err.message);
    }
    return organization;
}

/* Owned: core_registry_release(). */
static inline const struct core_registry *
fixture_registry(struct core *core, const struct core_organization *organization, const char *slug, bool is_public) {
    const struct core_registry *registry = NULL;
    struct core_registry_settings settings;
    struct error err = {0};
    core_registry_settings_init(&settings);
    settings.name = slug;
    settings.ecosystem = "files";
    settings.is_public = is_public ? 1 : 0;
    if (core_registry_create(core, &core_actor_host, organization, &settings, &registry, &err) != LREG_OK) {
        fail_msg("core_registry_create: %s", err.message);
    }
    return registry;
}

/* Counts the events of a type, and returns the newest one; rows live in the arena. */
static inline size_t fixture_events(struct core *core, const struct core_organization *organization, const char *type,
                                    struct arena *arena, struct meta_audit_event *out) {
    struct meta_audit_event *events = NULL;
    size_t count = 0;
    size_t found = 0;
    assert_int_equal(core_audit_list(core, organization->row.id, NULL, META_PAGE_MAX, arena, &events, &count, NULL),
                     LREG_OK);
    for (size_t i = count; i > 0; i--) {
        if (strcmp(events[i - 1].type, type) == 0) {
            *out = events[i - 1];
            found++;
        }
    }
    return found;
}

#endif
