/* SPDX-License-Identifier: Apache-2.0 */
/* Files: published, overwritten, deleted and collected by a process that is killed, then by another; then the power
 * fails. */
#include "hostile/crash.h"
#include "support/objects.h"

#include <stdlib.h>
#include <string.h>

#define REGISTRIES "/v2/packages/organizations/acme/registries"
#define CONTENT "content that is new"
#define OTHER_CONTENT "content that takes the place of another"

static void furnish(struct crash_client *client) {
    http_answer_free(crash_ask(client, 200, "POST " REGISTRIES "\n\n{\"name\":\"files\",\"ecosystem\":\"files\"}"));
    http_answer_free(crash_ask(client, 200,
                               "POST " REGISTRIES "\n\n{\"name\":\"loose\",\"ecosystem\":\"files\",\"allow_overwrite\":"
                               "true}"));
    if (crash_publish(client, "files", "old-1.0.txt", "old", 3) != 200 ||
        crash_publish(client, "loose", "app-1.0.txt", "one", 3) != 200) {
        abort();
    }
}

static int publish(struct crash_client *client) {
    return crash_publish(client, "files", "new-1.0.txt", CONTENT, strlen(CONTENT));
}

/* The bytes are stored already, under another name. */
static int publish_again(struct crash_client *client) {
    return crash_publish(client, "loose", "twin-1.0.txt", "old", 3);
}

static int overwrite(struct crash_client *client) {
    return crash_publish(client, "loose", "app-1.0.txt", OTHER_CONTENT, strlen(OTHER_CONTENT));
}

static int delete_file(struct crash_client *client) {
    lreg_registry *registry = NULL;
    lreg_package *package = NULL;
    lreg_status status = lreg_registry_find(client->instance, "acme", "files", &registry, NULL);
    if (status == LREG_OK) {
        status = lreg_package_find(client->instance, registry, "old-1.0.txt", &package, NULL);
    }
    if (status == LREG_OK) {
        status = lreg_package_delete(client->instance, package, NULL);
    }
    lreg_package_free(package);
    lreg_registry_free(registry);
    return status == LREG_OK ? 200 : lreg_status_http(status);
}

/* Unreferenced content is removed with it. */
static int delete_and_collect(struct crash_client *client) {
    int status = delete_file(client);
    lreg_status collected = objects_collect(client->instance, 0, NULL, NULL);
    return collected == LREG_OK ? status : lreg_status_http(collected);
}

static const struct crash_operation operations[] = {
    {.name = "publish a file",
     .act = publish,
     .probe = "GET /acme/files/files/new-1.0.txt\n\n",
     .probe_status = 200,
     .probe_text = CONTENT},
    {.name = "publish what is there under another name",
     .act = publish_again,
     .probe = "GET /acme/loose/files/twin-1.0.txt\n\n",
     .probe_status = 200,
     .probe_text = "old"},
    {.name = "overwrite a file",
     .act = overwrite,
     .probe = "GET /acme/loose/files/app-1.0.txt\n\n",
     .probe_status = 200,
     .probe_text = OTHER_CONTENT},
    {.name = "delete a file",
     .act = delete_file,
     .ends = true,
     .probe = "GET /acme/files/files/old-1.0.txt\n\n",
     .probe_status = 404},
    {.name = "delete a file and collect",
     .act = delete_and_collect,
     .ends = true,
     .probe = "GET /acme/files/files/old-1.0.txt\n\n",
     .probe_status = 404},
};

static void test_hostile_crash_files__what_was_acknowledged_survives_a_kill_and_a_power_cut(void **state) {
    (void)state;
    crash_campaign(furnish, operations, sizeof operations / sizeof operations[0]);
}

/* --- A store that does not exist yet --- */

static int begin_and_publish(struct crash_client *client) {
    lreg_token *token = NULL;
    char authorization[CRASH_ROOM];
    (void)objects_organization_create(client->instance, "acme", NULL, NULL, NULL);
    if (objects_token_create(client->instance, "acme", "all", "read_packages,write_packages,write_registries", 0,
                             &token, NULL) != LREG_OK) {
        return 500;
    }
    (void)snprintf(authorization, sizeof authorization, "Bearer %s", lreg_token_secret(token));
    lreg_token_free(token);
    const struct crash_client owner = {.instance = client->instance, .authorization = authorization};
    (void)crash_status(&owner, "POST " REGISTRIES "\n\n{\"name\":\"files\",\"ecosystem\":\"files\",\"public\":true}");
    return crash_publish(&owner, "files", "new-1.0.txt", CONTENT, strlen(CONTENT));
}

static const struct crash_operation beginning[] = {
    {.name = "begin a store",
     .act = begin_and_publish,
     .probe = "GET /acme/files/files/new-1.0.txt\n\n",
     .probe_status = 200,
     .probe_text = CONTENT},
};

static void test_hostile_crash_files__a_store_that_was_being_made_is_made_again(void **state) {
    (void)state;
    crash_campaign(NULL, beginning, 1);
}
