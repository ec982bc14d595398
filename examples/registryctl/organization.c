/* SPDX-License-Identifier: Apache-2.0 */

/* registryctl organization …, audit */

#include "registryctl.h"

#include <stdio.h>

static json_t *json_of(const lreg_organization *organization) {
    char created[TIME_TEXT];
    return json_pack("{s:s, s:s, s:s, s:s}", "id", lreg_organization_id(organization), "slug",
                     lreg_organization_slug(organization), "name", lreg_organization_name(organization), "created_at",
                     time_text(lreg_organization_created_ms(organization), created));
}

static void print_row(const lreg_organization *organization) {
    printf("%s  %s  %s\n", lreg_organization_slug(organization), lreg_organization_name(organization),
           lreg_organization_id(organization));
}

/* Prints one and frees it. */
static int print_one(const struct invocation *invocation, lreg_organization *organization) {
    int result = EXIT_DONE;
    if (invocation->json) {
        result = print_json(json_of(organization));
    } else {
        print_row(organization);
    }
    lreg_organization_free(organization);
    return result;
}

static lreg_status make_settings(const char *slug, const char *name, lreg_organization_settings **out,
                                 lreg_error **error) {
    lreg_status status = lreg_organization_settings_new(out, error);
    if (status == LREG_OK) {
        status = lreg_organization_settings_set_slug(*out, slug, error);
    }
    return status == LREG_OK ? lreg_organization_settings_set_name(*out, name, error) : status;
}

static int create(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_organization_settings *settings = NULL;
    lreg_organization *organization = NULL;
    lreg_status status = make_settings(invocation->words[0], option_of(invocation, "name"), &settings, &error);
    if (status == LREG_OK) {
        status = lreg_organization_create(invocation->instance, settings, &organization, &error);
    }
    lreg_organization_settings_free(settings);
    return status == LREG_OK ? print_one(invocation, organization) : fail_with(error);
}

static int update(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_organization_settings *settings = NULL;
    lreg_organization *organization = NULL;
    lreg_organization *changed = NULL;
    lreg_status status = make_settings(option_of(invocation, "slug"), option_of(invocation, "name"), &settings, &error);
    if (status == LREG_OK) {
        status = lreg_organization_find(invocation->instance, invocation->words[0], &organization, &error);
    }
    if (status == LREG_OK) {
        status = lreg_organization_update(invocation->instance, organization, settings, &changed, &error);
    }
    lreg_organization_settings_free(settings);
    lreg_organization_free(organization);
    return status == LREG_OK ? print_one(invocation, changed) : fail_with(error);
}

static int show(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_organization *organization = NULL;
    if (lreg_organization_find(invocation->instance, invocation->words[0], &organization, &error) != LREG_OK) {
        return fail_with(error);
    }
    return print_one(invocation, organization);
}

static int list(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_organization_list *organizations = NULL;
    lreg_organization *organization = NULL;
    json_t *values = json_array();
    lreg_status status = lreg_organization_list_open(invocation->instance, NULL, &organizations, &error);
    while (status == LREG_OK) {
        status = lreg_organization_list_next(organizations, &organization, &error);
        if (organization == NULL) {
            break;
        }
        if (invocation->json) {
            json_array_append_new(values, json_of(organization));
        } else {
            print_row(organization);
        }
        lreg_organization_free(organization);
        organization = NULL;
    }
    lreg_organization_list_close(organizations);
    return end_listing(invocation, status, values, error);
}

static int delete_organization(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_organization *organization = NULL;
    lreg_status status = lreg_organization_find(invocation->instance, invocation->words[0], &organization, &error);
    if (status == LREG_OK) {
        status = lreg_organization_delete(invocation->instance, organization, &error);
    }
    lreg_organization_free(organization);
    return status == LREG_OK ? print_deleted(invocation, invocation->words[0]) : fail_with(error);
}

static void print_event(const struct invocation *invocation, const lreg_audit_event *event, json_t *values) {
    char at[TIME_TEXT];
    time_text(lreg_audit_event_occurred_ms(event), at);
    if (invocation->json) {
        json_array_append_new(values, json_pack("{s:s, s:s, s:s, s:s, s:o}", "at", at, "type",
                                                lreg_audit_event_type(event), "actor", lreg_audit_event_actor(event),
                                                "subject", lreg_audit_event_subject(event), "data",
                                                json_loads(lreg_audit_event_data(event), 0, NULL)));
    } else {
        printf("%s  %-32s %s  (%s)\n", at, lreg_audit_event_type(event), lreg_audit_event_subject(event),
               lreg_audit_event_actor(event));
    }
}

static int audit(struct invocation *invocation) {
    lreg_error *error = NULL;
    lreg_audit_event_list *events = NULL;
    lreg_audit_event *event = NULL;
    int64_t left = 100;
    json_t *values = json_array();
    if (!option_number(invocation, "limit", &left)) {
        json_decref(values);
        return EXIT_USAGE;
    }
    const lreg_audit_event_filter filter = {.size = sizeof filter, .organization_id = option_of(invocation, "id")};
    const char *slug = invocation->word_count > 0 ? invocation->words[0] : NULL;
    lreg_status status = lreg_audit_event_list_open(invocation->instance, slug, &filter, &events, &error);
    while (status == LREG_OK && left-- > 0) {
        status = lreg_audit_event_list_next(events, &event, &error);
        if (event == NULL) {
            break;
        }
        print_event(invocation, event, values);
        lreg_audit_event_free(event);
        event = NULL;
    }
    lreg_audit_event_list_close(events);
    return end_listing(invocation, status, values, error);
}

const struct command organization_commands[] = {
    {"organization create", "SLUG [--name NAME]", "create an organization", "name=", 1, 1, create, true},
    {"organization list", "", "list the organizations", NULL, 0, 0, list, false},
    {"organization show", "SLUG", "show an organization", NULL, 1, 1, show, false},
    {"organization update", "SLUG [--name NAME] [--slug SLUG]", "rename an organization", "name=,slug=", 1, 1, update,
     false},
    {"organization delete", "SLUG", "delete an organization that has no registries", NULL, 1, 1, delete_organization,
     false},
    {"audit", "ORG|--id ID [--limit N]",
     "show the newest events of an organization's audit log; by id, also of a deleted one", "id=,limit=", 0, 1, audit,
     false},
    {0},
};
