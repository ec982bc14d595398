/* SPDX-License-Identifier: Apache-2.0 */
/* Alpine packages: published, overwritten and deleted by a process that is killed, then by another; then the power
 * fails. */
#include "hostile/crash.h"

#include "support/apk_builder.h"

#include <stdlib.h>
#include <string.h>

#define REGISTRIES "/v2/packages/organizations/acme/registries"
#define REPOSITORY "/acme/apks/alpine_any/alpine_any/main/x86_64"

static int publish(const struct crash_client *client, const struct apk_recipe *recipe) {
    struct apk_bytes package = {0};
    apk_build(&package, recipe);
    int status = crash_publish(client, "apks", "x.apk", package.bytes, package.length);
    apk_free(&package);
    return status;
}

static void furnish(struct crash_client *client) {
    http_answer_free(crash_ask(
        client, 200, "POST " REGISTRIES "\n\n{\"name\":\"apks\",\"ecosystem\":\"alpine\",\"allow_overwrite\":true}"));
    if (publish(client, &(struct apk_recipe){.name = "old"}) != 200) {
        abort();
    }
}

static int publish_new(struct crash_client *client) {
    return publish(client, &(struct apk_recipe){.name = "new"});
}

static int overwrite(struct crash_client *client) {
    return publish(client, &(struct apk_recipe){.name = "old", .content = "changed content", .content_length = 15});
}

static int delete_old(struct crash_client *client) {
    lreg_registry *registry = NULL;
    lreg_package *package = NULL;
    lreg_status status = lreg_registry_find(client->instance, "acme", "apks", &registry, NULL);
    if (status == LREG_OK) {
        status = lreg_package_find(client->instance, registry, "x86_64/old-1.0-r0.apk", &package, NULL);
    }
    if (status == LREG_OK) {
        status = lreg_package_delete(client->instance, package, NULL);
    }
    lreg_package_free(package);
    lreg_registry_free(registry);
    return status == LREG_OK ? 200 : lreg_status_http(status);
}

static const struct crash_operation operations[] = {
    {.name = "publish a package",
     .act = publish_new,
     .probe = "GET " REPOSITORY "/new-1.0-r0.apk\n\n",
     .probe_status = 200},
    {.name = "overwrite a package",
     .act = overwrite,
     .probe = "GET " REPOSITORY "/old-1.0-r0.apk\n\n",
     .probe_status = 200},
    {.name = "delete a package",
     .act = delete_old,
     .ends = true,
     .probe = "GET " REPOSITORY "/old-1.0-r0.apk\n\n",
     .probe_status = 404},
};

static void test_hostile_crash_alpine__what_was_acknowledged_survives_a_kill_and_a_power_cut(void **state) {
    (void)state;
    crash_campaign(furnish, operations, sizeof operations / sizeof operations[0]);
}
