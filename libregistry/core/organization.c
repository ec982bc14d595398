/* SPDX-License-Identifier: Apache-2.0 */

/* Organizations: the rules for their names; their creation, changes and deletion are recorded in the audit log. */

#include "core/organization.h"

#include "core/audit.h"
#include "core/instance/state.h"
#include "core/rules.h"

#include <stdio.h>
#include <string.h>

#define ARENA_MAX ((size_t)1 << 20)

void core_organization_retain(const struct core_organization *organization) {
    core_shared_retain(organization->shared);
}

void core_organization_release(const struct core_organization *organization) {
    if (organization != NULL) {
        core_shared_release(organization->shared);
    }
}

static lreg_status read_organization(struct core *core, struct meta_transaction *transaction, const void *slug,
                                     struct core_shared *shared, struct error *err) {
    struct core_organization *organization = core_shared_object(shared);
    (void)core;
    organization->shared = shared;
    return meta_organization_find(transaction, slug, core_shared_arena(shared), &organization->row, err);
}

static const struct core_lookup organization_lookup = {
    .object_bytes = sizeof(struct core_organization),
    .read = read_organization,
};

static lreg_status choose_slug(const char *slug, const char *name, char out[SLUG_MAX + 1], struct error *err) {
    bool is_reserved = slug != NULL && core_slug_is_reserved(slug);
    if (!is_reserved) {
        lreg_status status = core_choose_slug(slug, name, out, err);
        if (status != LREG_OK) {
            return status;
        }
        is_reserved = core_slug_is_reserved(out);
    }
    if (is_reserved) {
        return error_set(err, LREG_BAD_ARGUMENT, "reserved_slug", "the slug %s is reserved: take another one",
                         slug != NULL ? slug : out);
    }
    return LREG_OK;
}

static lreg_status slug_taken(const char *slug, struct error *err) {
    return error_set(err, LREG_CONFLICT, "slug_taken", "there is an organization %s already", slug);
}

static lreg_status insert(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                          const struct meta_organization *row, struct core_shared **out, struct error *err) {
    lreg_status status = meta_organization_insert(transaction, row, err);
    if (status == LREG_CONFLICT) {
        return slug_taken(row->slug, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    status = core_read_object(core, &organization_lookup, transaction, row->slug, out, err);
    if (status != LREG_OK) {
        return status;
    }
    const char *data = NULL;
    status = core_audit_data(core, json_pack("{s:s, s:s}", "slug", row->slug, "name", row->name),
                             core_shared_arena(*out), &data, err);
    if (status != LREG_OK) {
        return status;
    }
    return core_audit(core, transaction, actor, row->id, NULL, "OrganizationCreatedEvent", row->slug, data, err);
}

lreg_status core_organization_create(struct core *core, const struct core_actor *actor,
                                     const struct core_organization_settings *settings,
                                     const struct core_organization **out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct core_shared *shared = NULL;
    char id[ID_TEXT];
    char chosen[SLUG_MAX + 1];
    struct meta_organization row = {
        .id = id, .slug = chosen, .name = settings->name != NULL ? settings->name : settings->slug};
    *out = NULL;
    lreg_status status = core_check_name("name", row.name, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = choose_slug(settings->slug, settings->name, chosen, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = id_new(&core->hooks, id, err);
    if (status != LREG_OK) {
        goto out;
    }
    row.created_ms = hooks_now_ms(&core->hooks);
    status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = insert(core, transaction, actor, &row, &shared, err);
    status = meta_end(transaction, status, err);
    if (status != LREG_OK) {
        goto out;
    }
    *out = core_shared_object(shared);
    shared = NULL;

out:
    core_shared_release(shared);
    return status;
}

lreg_status core_organization_find(struct core *core, const char *slug, const struct core_organization **out,
                                   struct error *err) {
    char key[16 + SLUG_MAX];
    struct core_shared *shared = NULL;
    *out = NULL;
    if (!slug_is_valid(slug)) {
        return core_organization_unknown(slug, err);
    }
    snprintf(key, sizeof(key), "organization\n%s", slug);
    lreg_status status = core_find_cached(core, &organization_lookup, key, slug, &shared, err);
    if (status == LREG_NOT_FOUND) {
        return core_organization_unknown(slug, err);
    }
    if (status == LREG_OK) {
        *out = core_shared_object(shared);
    }
    return status;
}

lreg_status core_organization_reread(struct meta_transaction *transaction, const struct core_organization *organization,
                                     struct arena *arena, struct meta_organization *out, struct error *err) {
    const struct meta_organization *row = &organization->row;
    lreg_status status = meta_organization_find_by_id(transaction, row->id, arena, out, err);
    return status == LREG_NOT_FOUND ? core_organization_unknown(row->slug, err) : status;
}

lreg_status core_organization_list(struct core *core, const char *after_slug, size_t limit, struct arena *arena,
                                   struct meta_organization **out, size_t *out_count, struct error *err) {
    struct meta_transaction *transaction = NULL;
    lreg_status status = meta_begin(core->meta, META_READ, &transaction, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_organization_list(transaction, after_slug, core_page_limit(limit), arena, out, out_count, err);
    meta_rollback(transaction);
    return status;
}

/* The changed row. `slug` holds the new slug, if it changes. */
static lreg_status changed_row(const struct core_organization_settings *settings,
                               const struct meta_organization *before, char slug[SLUG_MAX + 1],
                               struct meta_organization *out, struct error *err) {
    *out = *before;
    if (settings->slug != NULL && strcmp(settings->slug, before->slug) != 0) {
        lreg_status status = choose_slug(settings->slug, before->name, slug, err);
        if (status != LREG_OK) {
            return status;
        }
        out->slug = slug;
    }
    out->name = settings->name != NULL ? settings->name : before->name;
    return core_check_name("name", out->name, err);
}

/* {"slug": {"from": …, "to": …}}, with what differs. Owned; NULL when out of memory. */
static json_t *changes_between(const struct meta_organization *before, const struct meta_organization *after) {
    json_t *changes = json_object();
    const char *const texts[][3] = {{"slug", before->slug, after->slug}, {"name", before->name, after->name}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(texts[i][1], texts[i][2]) != 0 &&
            json_object_set_new(changes, texts[i][0],
                                json_pack("{s:s, s:s}", "from", texts[i][1], "to", texts[i][2])) != 0) {
            json_decref(changes);
            return NULL;
        }
    }
    return changes;
}

/* Settings that are equal already are not a change: no event and no write. */
static lreg_status update_in(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                             const struct core_organization *known, const struct core_organization_settings *settings,
                             struct arena *arena, struct core_shared **out, struct error *err) {
    struct meta_organization before;
    struct meta_organization row;
    char slug[SLUG_MAX + 1];
    const char *data = NULL;
    lreg_status status = core_organization_reread(transaction, known, arena, &before, err);
    if (status == LREG_OK) {
        status = changed_row(settings, &before, slug, &row, err);
    }
    if (status != LREG_OK) {
        return status;
    }
    json_t *changes = changes_between(&before, &row);
    if (changes == NULL || json_object_size(changes) > 0) {
        status = core_audit_data(core, changes, arena, &data, err);
        if (status == LREG_OK) {
            status = meta_organization_update(transaction, &row, err);
        }
        if (status == LREG_CONFLICT) {
            status = slug_taken(row.slug, err);
        }
        if (status == LREG_OK) {
            status =
                core_audit(core, transaction, actor, row.id, NULL, "OrganizationUpdatedEvent", row.slug, data, err);
        }
    } else {
        json_decref(changes);
    }
    return status == LREG_OK ? core_read_object(core, &organization_lookup, transaction, row.slug, out, err) : status;
}

lreg_status core_organization_update(struct core *core, const struct core_actor *actor,
                                     const struct core_organization *organization,
                                     const struct core_organization_settings *settings,
                                     const struct core_organization **out, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct core_shared *shared = NULL;
    struct arena arena;
    *out = NULL;
    arena_init(&arena, &core->hooks, ARENA_MAX);
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = update_in(core, transaction, actor, organization, settings, &arena, &shared, err);
    status = meta_end(transaction, status, err);
    if (status != LREG_OK) {
        goto out;
    }
    *out = core_shared_object(shared);
    shared = NULL;

out:
    core_shared_release(shared);
    arena_free(&arena);
    return status;
}

/* The event is written before the deletion, while what it names still exists. */
static lreg_status delete_in(struct core *core, struct meta_transaction *transaction, const struct core_actor *actor,
                             const struct core_organization *known, struct arena *arena, struct error *err) {
    struct meta_organization row;
    const char *data = NULL;
    lreg_status status = core_organization_reread(transaction, known, arena, &row, err);
    if (status != LREG_OK) {
        return status;
    }
    status = core_audit_data(core, json_pack("{s:s, s:s}", "slug", row.slug, "name", row.name), arena, &data, err);
    if (status != LREG_OK) {
        return status;
    }
    status = core_audit(core, transaction, actor, row.id, NULL, "OrganizationDeletedEvent", row.slug, data, err);
    if (status != LREG_OK) {
        return status;
    }
    status = meta_organization_delete(transaction, row.id, err);
    if (status == LREG_CONFLICT) {
        return error_set(err, LREG_CONFLICT, "organization_not_empty",
                         "organization %s still has registries: delete them first", row.slug);
    }
    return status;
}

lreg_status core_organization_delete(struct core *core, const struct core_actor *actor,
                                     const struct core_organization *organization, struct error *err) {
    struct meta_transaction *transaction = NULL;
    struct arena arena;
    arena_init(&arena, &core->hooks, ARENA_MAX);
    lreg_status status = meta_begin(core->meta, META_WRITE, &transaction, err);
    if (status != LREG_OK) {
        goto out;
    }
    status = delete_in(core, transaction, actor, organization, &arena, err);
    status = meta_end(transaction, status, err);

out:
    arena_free(&arena);
    return status;
}
