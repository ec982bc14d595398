/* SPDX-License-Identifier: Apache-2.0 */

/* Routes of the distribution API (OCI distribution 1.1, "Endpoints") and its token endpoint, each with its action. */

#include "ecosystems/oci/oci_internal.h"

#define REPOSITORY "/v2/{organization}/{registry}/{image*}"
#define MANIFEST REPOSITORY "/manifests/{reference}"
#define BLOB REPOSITORY "/blobs/{digest}"
#define UPLOADS REPOSITORY "/blobs/uploads"
#define UPLOAD UPLOADS "/{upload}"

#define BEARER ROUTE_TAKES_BEARER
#define RESUMING (ROUTE_TAKES_BEARER | ROUTE_RESUMES)
#define LISTING (ROUTE_TAKES_BEARER | ROUTE_LISTS)

#define ANY "*"
#define BEGIN "mount from digest digest-algorithm"

/*
 * A HEAD has an action of its own: a client that may push asks with it what is stored already. Plain reads take any
 * parameters, since caches and mirrors add some. The token endpoint must ignore unknown parameters (RFC 6749 section
 * 3.2).
 */
static const struct route routes[] = {
    {HTTP_GET, "/v2/", AUTH_ACTION_NONE, oci_api_check, BEARER, ANY, NULL},
    {HTTP_GET, "/v2", AUTH_ACTION_NONE, oci_api_check, BEARER, ANY, NULL},
    {HTTP_GET, OCI_TOKEN_PATH, AUTH_ACTION_NONE, oci_token_get, 0, ANY, NULL},
    {HTTP_POST, OCI_TOKEN_PATH, AUTH_ACTION_NONE, oci_token_post, 0, ANY, ANY},

    {HTTP_GET, MANIFEST, AUTH_ACTION_READ_PACKAGES, oci_manifest_get, BEARER, ANY, NULL},
    {HTTP_HEAD, MANIFEST, AUTH_ACTION_PROBE_PACKAGES, oci_manifest_get, BEARER, ANY, NULL},
    {HTTP_PUT, MANIFEST, AUTH_ACTION_WRITE_PACKAGES, oci_manifest_put, BEARER, "tag*", ANY},
    {HTTP_DELETE, MANIFEST, AUTH_ACTION_DELETE_PACKAGES, oci_manifest_delete, BEARER, NULL, NULL},

    {HTTP_GET, BLOB, AUTH_ACTION_READ_PACKAGES, oci_blob_get, BEARER, ANY, NULL},
    {HTTP_HEAD, BLOB, AUTH_ACTION_PROBE_PACKAGES, oci_blob_head, BEARER, ANY, NULL},
    {HTTP_DELETE, BLOB, AUTH_ACTION_DELETE_PACKAGES, oci_blob_delete, BEARER, NULL, NULL},

    {HTTP_POST, UPLOADS "/", AUTH_ACTION_WRITE_PACKAGES, oci_upload_begin, BEARER, BEGIN, ANY},
    {HTTP_POST, UPLOADS, AUTH_ACTION_WRITE_PACKAGES, oci_upload_begin, BEARER, BEGIN, ANY},
    {HTTP_GET, UPLOAD, AUTH_ACTION_WRITE_PACKAGES, oci_upload_show, RESUMING, ANY, NULL},
    {HTTP_PATCH, UPLOAD, AUTH_ACTION_WRITE_PACKAGES, oci_upload_chunk, RESUMING, NULL, ANY},
    {HTTP_PUT, UPLOAD, AUTH_ACTION_WRITE_PACKAGES, oci_upload_end, RESUMING, "digest", ANY},
    {HTTP_DELETE, UPLOAD, AUTH_ACTION_WRITE_PACKAGES, oci_upload_cancel, RESUMING, NULL, NULL},

    {HTTP_GET, REPOSITORY "/tags/list", AUTH_ACTION_READ_PACKAGES, oci_tags_list, LISTING, "n last", NULL},
    {HTTP_GET, REPOSITORY "/referrers/{digest}", AUTH_ACTION_READ_PACKAGES, oci_referrers_list, LISTING,
     "artifactType last n", NULL},
};

const struct surface surface_container = {
    .name = "oci",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
    .show_error = oci_show_error,
    .harmless_query = "ns", /* from containerd: the registry that a mirror stands for */
    .ecosystem = "container",
};
