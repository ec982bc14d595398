/* SPDX-License-Identifier: Apache-2.0 */

/* The address of a generic file: its name. */

#include "ecosystems/files/files_internal.h"

static lreg_status download(struct call *call, struct error *err) {
    const struct core_package *package = NULL;
    lreg_status status =
        core_package_find_by_filename(call->core, call->registry, call_parameter(call, "filename"), &package, err);
    if (status != LREG_OK) {
        return status;
    }
    const struct served how = {
        .media_type = package->row.media_type,
        .filename = package->row.filename,
        .is_fixed = false, /* a name may be deleted and published again, or overwritten */
    };
    status = call_serve_package(call, package, &how, err);
    core_package_release(package);
    return status;
}

/* A path names one file. Parameters have no effect; clients add some to bypass caches. */
static const struct route routes[] = {
    {HTTP_GET, "/{organization}/{registry}/files/{filename}", AUTH_ACTION_READ_PACKAGES, download, 0, "*", NULL},
};

const struct surface surface_files = {
    .name = "files",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .show_error = call_show_text_error,
    .ecosystem = "files",
};
