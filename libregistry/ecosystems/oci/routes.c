/* SPDX-License-Identifier: Apache-2.0 */

/* The distribution API (OCI distribution 1.1, "Endpoints") and its token endpoint, each with the right it needs. */

#include "ecosystems/oci/oci_internal.h"

#define REPOSITORY "/v2/{organization}/{registry}/{image*}"
#define MANIFEST REPOSITORY "/manifests/{reference}"
#define BLOB REPOSITORY "/blobs/{digest}"
#define UPLOADS REPOSITORY "/blobs/uploads"
#define UPLOAD UPLOADS "/{upload}"

#define BEARER ROUTE_TAKES_BEARER

/* Who may push asks by HEAD what is there already. */
static const struct route routes[] = {
    {HTTP_GET, "/v2/", AUTH_ACTION_NONE, oci_api_check, BEARER},
    {HTTP_GET, "/v2", AUTH_ACTION_NONE, oci_api_check, BEARER},
    {HTTP_GET, OCI_TOKEN_PATH, AUTH_ACTION_NONE, oci_token_get, 0},
    {HTTP_POST, OCI_TOKEN_PATH, AUTH_ACTION_NONE, oci_token_post, 0},

    {HTTP_GET, MANIFEST, AUTH_ACTION_READ_PACKAGES, oci_manifest_get, BEARER},
    {HTTP_HEAD, MANIFEST, AUTH_ACTION_PROBE_PACKAGES, oci_manifest_get, BEARER},
    {HTTP_PUT, MANIFEST, AUTH_ACTION_WRITE_PACKAGES, oci_manifest_put, BEARER},
    {HTTP_DELETE, MANIFEST, AUTH_ACTION_DELETE_PACKAGES, oci_manifest_delete, BEARER},

    {HTTP_GET, BLOB, AUTH_ACTION_READ_PACKAGES, oci_blob_get, BEARER},
    {HTTP_HEAD, BLOB, AUTH_ACTION_PROBE_PACKAGES, oci_blob_head, BEARER},
    {HTTP_DELETE, BLOB, AUTH_ACTION_DELETE_PACKAGES, oci_blob_delete, BEARER},

    {HTTP_POST, UPLOADS "/", AUTH_ACTION_WRITE_PACKAGES, oci_upload_begin, BEARER},
    {HTTP_POST, UPLOADS, AUTH_ACTION_WRITE_PACKAGES, oci_upload_begin, BEARER},
    {HTTP_GET, UPLOAD, AUTH_ACTION_WRITE_PACKAGES, oci_upload_show, BEARER | ROUTE_RESUMES},
    {HTTP_PATCH, UPLOAD, AUTH_ACTION_WRITE_PACKAGES, oci_upload_chunk, BEARER | ROUTE_RESUMES},
    {HTTP_PUT, UPLOAD, AUTH_ACTION_WRITE_PACKAGES, oci_upload_end, BEARER | ROUTE_RESUMES},
    {HTTP_DELETE, UPLOAD, AUTH_ACTION_WRITE_PACKAGES, oci_upload_cancel, BEARER | ROUTE_RESUMES},

    {HTTP_GET, REPOSITORY "/tags/list", AUTH_ACTION_READ_PACKAGES, oci_tags_list, BEARER},
    {HTTP_GET, REPOSITORY "/referrers/{digest}", AUTH_ACTION_READ_PACKAGES, oci_referrers_list, BEARER},
};

const struct surface surface_container = {
    .name = "container",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .show_error = oci_show_error,
    .ecosystem = "container",
};
