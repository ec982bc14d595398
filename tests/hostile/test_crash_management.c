/* SPDX-License-Identifier: Apache-2.0 */
/* Registries, their settings, tokens and organizations: created, changed and deleted by a process that is killed, then
 * by another; then the power fails. */
#include "hostile/crash.h"
#include "support/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGISTRIES "/v2/packages/organizations/acme/registries"
#define TOKENS REGISTRIES "/files/tokens"

static void furnish(struct crash_client *client) {
    http_answer_free(crash_ask(client, 200, "POST " REGISTRIES "\n\n{\"name\":\"files\",\"ecosystem\":\"files\"}"));
    http_answer_free(crash_ask(client, 200, "POST " REGISTRIES "\n\n{\"name\":\"doomed\",\"ecosystem\":\"files\"}"));
    http_answer_free(crash_ask(client, 200, "POST " TOKENS "\n\n{\"description\":\"to be revoked\"}"));
    if (crash_publish(client, "doomed", "old-1.0.txt", "old", 3) != 200) {
        abort();
    }
}

/* --- Registries --- */

/* A repeated request gets a conflict; then the object must exist. */
static int create_registry(struct crash_client *client) {
    int status = crash_status(client, "POST " REGISTRIES "\n\n{\"name\":\"another\",\"ecosystem\":\"container\"}");
    return status == 409 || status == 422 ? crash_status(client, "GET " REGISTRIES "/another\n\n") : status;
}

/* --- Tokens --- */

/* The text member `name` of an answer; false when there is none. */
static bool take_member(const struct http_answer *answer, const char *name, char out[CRASH_ROOM]) {
    char before[64];
    (void)snprintf(before, sizeof before, "\"%s\":\"", name);
    const char *at = strstr(answer->body, before);
    size_t length = at != NULL ? strcspn(at + strlen(before), "\"") : CRASH_ROOM;
    if (length >= CRASH_ROOM) {
        return false;
    }
    memcpy(out, at + strlen(before), length);
    out[length] = '\0';
    return true;
}

static int create_token(struct crash_client *client) {
    struct http_answer *answer = crash_ask(client, 0, "POST " TOKENS "\n\n{\"description\":\"for a deployment\"}");
    int status = answer->status;
    if (status == 200 && !take_member(answer, "token", client->note)) {
        status = 500;
    }
    http_answer_free(answer);
    return status;
}

/* The token permits what it is for. */
static void check_token(struct crash_client *client) {
    char authorization[CRASH_ROOM + 16];
    (void)snprintf(authorization, sizeof authorization, "Bearer %s", client->note);
    const struct crash_client holder = {.instance = client->instance, .authorization = authorization};
    struct http_answer *answer = crash_ask(&holder, 404, "GET /acme/files/files/nothing-1.0.txt\n\n");
    http_answer_free(answer);
    if (client->note[0] == '\0') {
        abort();
    }
}

static int revoke_token(struct crash_client *client) {
    char id[CRASH_ROOM];
    char request[2 * CRASH_ROOM];
    struct http_answer *answer = crash_ask(client, 200, "GET " TOKENS "\n\n");
    bool is_there = take_member(answer, "id", id);
    http_answer_free(answer);
    (void)snprintf(request, sizeof request, "DELETE " TOKENS "/%s\n\n", is_there ? id : "");
    return is_there ? crash_status(client, request) : 404;
}

static void check_revoked(struct crash_client *client) {
    struct http_answer *answer = crash_ask(client, 200, "GET " TOKENS "\n\n");
    if (strstr(answer->body, "to be revoked") != NULL) {
        fprintf(stderr, "the token is back\n");
        abort();
    }
    http_answer_free(answer);
}

/* --- Organizations --- */

static int create_organization(struct crash_client *client) {
    lreg_status status = objects_organization_create(client->instance, "other", NULL, NULL, NULL);
    if (status == LREG_CONFLICT) {
        lreg_organization *organization = NULL;
        status = lreg_organization_find(client->instance, "other", &organization, NULL);
        lreg_organization_free(organization);
    }
    return status == LREG_OK ? 200 : lreg_status_http(status);
}

static void check_organization(struct crash_client *client) {
    lreg_organization *organization = NULL;
    if (lreg_organization_find(client->instance, "other", &organization, NULL) != LREG_OK) {
        fprintf(stderr, "the organization is gone\n");
        abort();
    }
    lreg_organization_free(organization);
}

static const struct crash_operation operations[] = {
    {.name = "change settings",
     .request = "PATCH " REGISTRIES "/files\n\n{\"description\":\"changed\",\"public\":true}",
     .probe = "GET " REGISTRIES "/files\n\n",
     .probe_status = 200,
     .probe_text = "\"description\":\"changed\""},
    {.name = "create a registry",
     .act = create_registry,
     .probe = "GET " REGISTRIES "/another\n\n",
     .probe_status = 200},
    {.name = "delete a registry",
     .request = "DELETE " REGISTRIES "/doomed\n\n",
     .ends = true,
     .probe = "GET " REGISTRIES "/doomed\n\n",
     .probe_status = 404},
    {.name = "create a token", .act = create_token, .check = check_token},
    {.name = "revoke a token", .act = revoke_token, .ends = true, .check = check_revoked},
    {.name = "create an organization", .act = create_organization, .check = check_organization},
};

static void test_hostile_crash_management__what_was_acknowledged_survives_a_kill_and_a_power_cut(void **state) {
    (void)state;
    crash_campaign(furnish, operations, sizeof operations / sizeof operations[0]);
}
