/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COMPONENT_FORKS_H
#define COMPONENT_FORKS_H

/* Helpers for tests of fork. Only the parent may use cmocka's assertions; children use these. */

#include "component/fixture.h"
#include "support/processes.h"

#include <stdbool.h>

static inline bool publishes(lreg_instance *instance, const char *filename, const char *text) {
    lreg_registry *registry = NULL;
    lreg_status status = lreg_registry_find(instance, "acme", "files", &registry, NULL);
    if (status == LREG_OK) {
        status = try_publish(instance, registry, filename, text, strlen(text), NULL, NULL, NULL);
    }
    lreg_registry_free(registry);
    return status == LREG_OK;
}

static inline bool has(lreg_instance *instance, const char *filename) {
    lreg_registry *registry = NULL;
    lreg_package *package = NULL;
    lreg_status status = lreg_registry_find(instance, "acme", "files", &registry, NULL);
    if (status == LREG_OK) {
        status = lreg_package_find(instance, registry, filename, &package, NULL);
    }
    lreg_package_free(package);
    lreg_registry_free(registry);
    return status == LREG_OK;
}

/* All named packages are there, and no others. */
static inline void check_sound(lreg_instance *instance) {
    lreg_error *err = NULL;
    lreg_verify_report report = {.size = sizeof report};
    CHECK(lreg_verify(instance, NULL, &report, &err), err);
    assert_int_equal(report.missing + report.damaged + report.unnamed_objects, 0);
}

static inline bool is_forked(lreg_status status, lreg_error **err) {
    bool is = status == LREG_MISUSE && strcmp(lreg_error_code(*err), "forked") == 0;
    lreg_error_free(*err);
    *err = NULL;
    return is;
}

#endif
