/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of container clients that must be refused: each with its status and code, and without any effect. */
#include "oci_world.h"

#define UPLOADS REPOSITORY "/blobs/uploads/"
#define PUT_AS(reference) "PUT " REPOSITORY "/manifests/" reference "\n"
#define PUT PUT_AS("new")
#define TYPED PUT "Content-Type: " MANIFEST_TYPE "\n\n"
#define NO_UPLOAD "01234567-89ab-4def-8123-456789abcdef"
#define DESCRIPTOR(type, digest) "{\"mediaType\":\"" type "\",\"digest\":\"" digest "\",\"size\":78}"
#define CONFIG_OF(digest) "\"config\":" DESCRIPTOR("application/vnd.oci.image.config.v1+json", digest)
#define INVALID_NAME 400, "NAME_INVALID", NULL
#define INVALID 400, "MANIFEST_INVALID", NULL
#define BAD_DIGEST 400, "DIGEST_INVALID", NULL
#define MISSING(what) "the repository app lacks " what ", which the manifest names"

static int group_setup(void **state) {
    if (oci_setup(state) != 0) {
        return -1;
    }
    push_image(*state, REPOSITORY, "v1");
    push_image(*state, PUBLIC, "v1");
    return 0;
}

static int group_teardown(void **state) {
    return protocol_teardown(state);
}

#define RUN(state, cases) protocol_check_cases(*(state), cases, sizeof(cases) / sizeof((cases)[0]))

static void test_protocol_oci_refused__names_of_repositories(void **state) {
    static const struct protocol_case cases[] = {
        {"upper case", WHO_OWNER, "GET /v2/my-organization/my-images/App/tags/list\n\n", 0, INVALID_NAME},
        {"dot at the end", WHO_OWNER, "GET /v2/my-organization/my-images/app./tags/list\n\n", 0, INVALID_NAME},
        {"two dots", WHO_OWNER, "GET /v2/my-organization/my-images/a..b/tags/list\n\n", 0, INVALID_NAME},
        {"three underscores", WHO_OWNER, "GET /v2/my-organization/my-images/a___b/tags/list\n\n", 0, INVALID_NAME},
        {"dash at the start", WHO_OWNER, "GET /v2/my-organization/my-images/-a/manifests/v1\n\n", 0, INVALID_NAME},
        {"blank", WHO_OWNER, "GET /v2/my-organization/my-images/a%20b/manifests/v1\n\n", 0, INVALID_NAME},
        {"quote", WHO_OWNER, "HEAD /v2/my-organization/my-images/a%22b/manifests/v1\n\n", 0, 400, NULL, ""},
        {"not ASCII", WHO_OWNER, "GET /v2/my-organization/my-images/%C3%A4/blobs/" NO_DIGEST "\n\n", 0, INVALID_NAME},
        {"too long", WHO_OWNER, "GET /v2/my-organization/my-images/<<a*230>>/tags/list\n\n", 0, INVALID_NAME},
        {"too long by itself", WHO_OWNER, "POST /v2/my-organization/my-images/<<a*300>>/blobs/uploads/\n\n", 0,
         INVALID_NAME},
        {"bad one at a push", WHO_OWNER, "POST /v2/my-organization/my-images/A/blobs/uploads/\n\n", 0, INVALID_NAME},
        {"bad one at a manifest", WHO_OWNER,
         "PUT /v2/my-organization/my-images/A/manifests/v1\nContent-Type: " MANIFEST_TYPE "\n\n" IMAGE, 0,
         INVALID_NAME},
        {"bad one at a deletion", WHO_OWNER, "DELETE /v2/my-organization/my-images/A/manifests/v1\n\n", 0,
         INVALID_NAME},
        {"bad one at referrers", WHO_OWNER, "GET /v2/my-organization/my-images/A/referrers/" NO_DIGEST "\n\n", 0,
         INVALID_NAME},
        {"dot segments", WHO_OWNER, "GET /v2/my-organization/my-images/../my-files/manifests/v1\n\n", 0, 400,
         "NAME_INVALID", NULL},
        {"escaped slash", WHO_OWNER, "GET /v2/my-organization/my-images/a%2Fb/manifests/v1\n\n", 0, 400, "NAME_INVALID",
         NULL},
        {"NUL", WHO_OWNER, "GET /v2/my-organization/my-images/a%00/manifests/v1\n\n", 0, 400, "NAME_INVALID", NULL},
    };
    RUN(state, cases);
}

static void test_protocol_oci_refused__what_is_not_there(void **state) {
    static const struct protocol_case cases[] = {
        {"no organization", WHO_OWNER, "GET /v2/nowhere/my-images/app/manifests/v1\n\n", 0, 404, "NAME_UNKNOWN",
         "no registry nowhere/my-images"},
        {"no registry", WHO_OWNER, "GET /v2/my-organization/nowhere/app/manifests/v1\n\n", 0, 404, "NAME_UNKNOWN",
         NULL},
        {"no registry at a push", WHO_OWNER, "POST /v2/my-organization/nowhere/app/blobs/uploads/\n\n", 0, 404,
         "NAME_UNKNOWN", NULL},
        {"a registry of files", WHO_OWNER, "POST /v2/my-organization/my-files/app/blobs/uploads/\n\n", 0, 404,
         "NAME_UNKNOWN", NULL},
        {"a registry of apks", WHO_OWNER, "GET /v2/my-organization/my-alpine-packages/app/tags/list\n\n", 0, 404,
         "NAME_UNKNOWN", NULL},
        {"no repository", WHO_OWNER, "GET /v2/my-organization/my-images/nowhere/tags/list\n\n", 0, 404, "NAME_UNKNOWN",
         "there is no repository my-organization/my-images/nowhere"},
        {"the start of a name", WHO_OWNER, "GET /v2/my-organization/my-images/ap/tags/list\n\n", 0, 404, "NAME_UNKNOWN",
         NULL},
        {"no tag", WHO_OWNER, "GET " REPOSITORY "/manifests/nowhere\n\n", 0, 404, "MANIFEST_UNKNOWN",
         "the repository my-organization/my-images/app has no manifest nowhere"},
        {"a tag that cannot be", WHO_OWNER, "GET " REPOSITORY "/manifests/.v1\n\n", 0, 404, "MANIFEST_UNKNOWN", NULL},
        {"no manifest", WHO_OWNER, "GET " REPOSITORY "/manifests/" NO_DIGEST "\n\n", 0, 404, "MANIFEST_UNKNOWN", NULL},
        {"a blob as manifest", WHO_OWNER, "GET " REPOSITORY "/manifests/" LAYER_DIGEST "\n\n", 0, 404,
         "MANIFEST_UNKNOWN", NULL},
        {"a manifest of another repository", WHO_OWNER, "GET " OTHER "/manifests/" IMAGE_DIGEST "\n\n", 0, 404,
         "MANIFEST_UNKNOWN", NULL},
        {"no blob", WHO_OWNER, "GET " REPOSITORY "/blobs/" NO_DIGEST "\n\n", 0, 404, "BLOB_UNKNOWN", NULL},
        {"a manifest as blob", WHO_OWNER, "GET " REPOSITORY "/blobs/" IMAGE_DIGEST "\n\n", 0, 404, "BLOB_UNKNOWN",
         NULL},
        {"a blob of another repository", WHO_OWNER, "GET " OTHER "/blobs/" LAYER_DIGEST "\n\n", 0, 404, "BLOB_UNKNOWN",
         NULL},
        {"no blob to ask for", WHO_OWNER, "HEAD " REPOSITORY "/blobs/" NO_DIGEST "\n\n", 0, 404, NULL, ""},
        {"no tag to delete", WHO_OWNER, "DELETE " REPOSITORY "/manifests/nowhere\n\n", 0, 404, "MANIFEST_UNKNOWN",
         NULL},
        {"no manifest to delete", WHO_OWNER, "DELETE " REPOSITORY "/manifests/" NO_DIGEST "\n\n", 0, 404,
         "MANIFEST_UNKNOWN", NULL},
        {"no blob to delete", WHO_OWNER, "DELETE " REPOSITORY "/blobs/" NO_DIGEST "\n\n", 0, 404, "BLOB_UNKNOWN", NULL},
        {"no upload to look at", WHO_OWNER, "GET " UPLOADS NO_UPLOAD "\n\n", 0, 404, "BLOB_UPLOAD_UNKNOWN", NULL},
        {"no upload to go on with", WHO_OWNER, "PATCH " UPLOADS NO_UPLOAD "\n\nabc", 0, 404, "BLOB_UPLOAD_UNKNOWN",
         NULL},
        {"no upload to end", WHO_OWNER, "PUT " UPLOADS NO_UPLOAD "?digest=" LAYER_DIGEST "\n\n" LAYER, 0, 404,
         "BLOB_UPLOAD_UNKNOWN", NULL},
        {"no upload to cancel", WHO_OWNER, "DELETE " UPLOADS NO_UPLOAD "\n\n", 0, 404, "BLOB_UPLOAD_UNKNOWN", NULL},
        {"an upload of another shape", WHO_OWNER, "PATCH " UPLOADS "..%2F..\n\nabc", 0, 400, "NAME_INVALID", NULL},
        {"a path of the API that is none", WHO_OWNER, "GET /v2/my-organization\n\n", 0, 404, "NAME_UNKNOWN", NULL},
        {"the catalog", WHO_OWNER, "GET /v2/_catalog\n\n", 0, 404, "NAME_UNKNOWN", NULL},
    };
    RUN(state, cases);
}

static void test_protocol_oci_refused__digests(void **state) {
    static const struct protocol_case cases[] = {
        {"too short", WHO_OWNER, "GET " REPOSITORY "/blobs/sha256:abc\n\n", 0, BAD_DIGEST},
        {"too long", WHO_OWNER, "GET " REPOSITORY "/blobs/" LAYER_DIGEST "0\n\n", 0, BAD_DIGEST},
        {"upper case", WHO_OWNER, "GET " REPOSITORY "/blobs/sha256:<<A*64>>\n\n", 0, BAD_DIGEST},
        {"no digits", WHO_OWNER, "GET " REPOSITORY "/blobs/sha256:<<g*64>>\n\n", 0, BAD_DIGEST},
        {"another algorithm", WHO_OWNER, "GET " REPOSITORY "/blobs/sha384:<<a*96>>\n\n", 0, BAD_DIGEST},
        {"no algorithm", WHO_OWNER, "GET " REPOSITORY "/blobs/<<a*64>>\n\n", 0, BAD_DIGEST},
        {"md5", WHO_OWNER, "DELETE " REPOSITORY "/blobs/md5:<<a*32>>\n\n", 0, BAD_DIGEST},
        {"of a manifest", WHO_OWNER, "GET " REPOSITORY "/manifests/sha256:abc\n\n", 0, BAD_DIGEST},
        {"of a manifest to delete", WHO_OWNER, "DELETE " REPOSITORY "/manifests/sha256:abc\n\n", 0, BAD_DIGEST},
        {"of a manifest to push", WHO_OWNER, PUT_AS("sha256:abc") "Content-Type: " MANIFEST_TYPE "\n\n" IMAGE, 0,
         BAD_DIGEST},
        {"of a subject", WHO_OWNER, "GET " REPOSITORY "/referrers/nonsense\n\n", 0, BAD_DIGEST},
        {"of an upload", WHO_OWNER, "POST " UPLOADS "?digest=nonsense\n\n" LAYER, 0, BAD_DIGEST},
        {"empty", WHO_OWNER, "POST " UPLOADS "?digest=\n\n" LAYER, 0, BAD_DIGEST},
        {"not that of the content", WHO_OWNER, "POST " UPLOADS "?digest=" NO_DIGEST "\n\n" LAYER, 0, BAD_DIGEST},
        {"not that of nothing", WHO_OWNER, "POST " UPLOADS "?digest=" LAYER_DIGEST "\nContent-Length: 0\n\n", 0,
         BAD_DIGEST},
        {"not that of the content in sha512", WHO_OWNER, "POST " UPLOADS "?digest=" LAYER_SHA512 "\n\nother", 0,
         BAD_DIGEST},
        {"missing at the end of an upload", WHO_OWNER, "PUT " UPLOADS NO_UPLOAD "\n\n" LAYER, 0, BAD_DIGEST},
        {"malformed at the end of an upload", WHO_OWNER, "PUT " UPLOADS NO_UPLOAD "?digest=x\n\n" LAYER, 0, BAD_DIGEST},
        {"an algorithm to come", WHO_OWNER, "POST " UPLOADS "?digest-algorithm=blake3\n\n", 0, BAD_DIGEST},
        {"not that of the manifest", WHO_OWNER, PUT_AS(NO_DIGEST) "Content-Type: " MANIFEST_TYPE "\n\n" IMAGE, 0,
         BAD_DIGEST},
        {"of a manifest with one byte more", WHO_OWNER,
         PUT_AS(IMAGE_DIGEST) "Content-Type: " MANIFEST_TYPE "\n\n" IMAGE "\n", 0, BAD_DIGEST},
    };
    RUN(state, cases);
}

static void test_protocol_oci_refused__uploads(void **state) {
    static const struct protocol_case cases[] = {
        {"torn", WHO_OWNER, "POST " UPLOADS "?digest=" LAYER_DIGEST "\nContent-Length: 100\n\n" LAYER, 0, 400,
         "SIZE_INVALID", NULL},
        {"longer than it says", WHO_OWNER, "POST " UPLOADS "?digest=" LAYER_DIGEST "\nContent-Length: 4\n\n" LAYER, 0,
         400, "SIZE_INVALID", NULL},
        {"two lengths", WHO_OWNER,
         "POST " UPLOADS "?digest=" LAYER_DIGEST "\nContent-Length: 4\nContent-Length: 5\n\nabcd", 0, 400,
         "SIZE_INVALID", NULL},
        {"PUT without an upload", WHO_OWNER, "PUT " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n" LAYER, 0, 405,
         "UNSUPPORTED", NULL},
        {"POST of a blob", WHO_OWNER, "POST " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n" LAYER, 0, 405, "UNSUPPORTED",
         NULL},
        {"POST of an upload", WHO_OWNER, "POST " UPLOADS NO_UPLOAD "\n\n" LAYER, 0, 405, "UNSUPPORTED", NULL},
        {"list of uploads", WHO_OWNER, "PATCH " UPLOADS "\n\n" LAYER, 0, 405, "UNSUPPORTED", NULL},
        {"tags cannot be written", WHO_OWNER, "PUT " REPOSITORY "/tags/list\n\n", 0, 405, "UNSUPPORTED", NULL},
        {"the API cannot be deleted", WHO_OWNER, "DELETE /v2/\n\n", 0, 405, "UNSUPPORTED", NULL},
        {"unknown method", WHO_OWNER, "BREW " REPOSITORY "/manifests/v1\n\n", 0, 501, "UNSUPPORTED", NULL},
    };
    RUN(state, cases);
}

static void test_protocol_oci_refused__manifests(void **state) {
    static const struct protocol_case cases[] = {
        {"nothing", WHO_OWNER, TYPED, 0, INVALID},
        {"no JSON", WHO_OWNER, TYPED "nonsense", 0, INVALID},
        {"a list", WHO_OWNER, TYPED "[]", 0, INVALID},
        {"torn JSON", WHO_OWNER, TYPED "{\"schemaVersion\":2,", 0, INVALID},
        {"not UTF-8", WHO_OWNER, TYPED "{\"schemaVersion\":2,\"a\":\"\xff\"}", 0, INVALID},
        {"NUL", WHO_OWNER, PROTOCOL_BYTES(TYPED "{\"schemaVersion\":2}\0"), INVALID},
        {"deep", WHO_OWNER, TYPED "<<[*100>><<]*100>>", 0, INVALID},
        {"no type", WHO_OWNER, PUT "\n" UNTYPED_IMAGE, 0, INVALID},
        {"plain JSON", WHO_OWNER, PUT "Content-Type: application/json\n\n" UNTYPED_IMAGE, 0, INVALID},
        {"another type than it says", WHO_OWNER, PUT "Content-Type: " DOCKER_TYPE "\n\n" IMAGE, 0, INVALID},
        {"an image as index", WHO_OWNER, PUT "Content-Type: " INDEX_TYPE "\n\n" UNTYPED_IMAGE, 0, INVALID},
        {"an index as image", WHO_OWNER, TYPED "{\"schemaVersion\":2,\"manifests\":[]}", 0, INVALID},
        {"schema 1", WHO_OWNER,
         PUT "Content-Type: application/vnd.docker.distribution.manifest.v1+prettyjws\n\n"
             "{\"schemaVersion\":1,\"fsLayers\":[],\"history\":[]}",
         0, INVALID},
        {"schema 1 in disguise", WHO_OWNER, TYPED "{\"schemaVersion\":1,\"fsLayers\":[]}", 0, INVALID},
        {"another schema", WHO_OWNER, TYPED "{\"schemaVersion\":3," CONFIG_OF(CONFIG_DIGEST) ",\"layers\":[]}", 0,
         INVALID},
        {"no config", WHO_OWNER, TYPED "{\"schemaVersion\":2,\"layers\":[]}", 0, INVALID},
        {"no layers", WHO_OWNER, TYPED "{\"schemaVersion\":2," CONFIG_OF(CONFIG_DIGEST) "}", 0, INVALID},
        {"a malformed digest in it", WHO_OWNER, TYPED "{\"schemaVersion\":2," CONFIG_OF("sha256:1") ",\"layers\":[]}",
         0, INVALID},
        {"image and index at once", WHO_OWNER,
         TYPED "{\"schemaVersion\":2," CONFIG_OF(CONFIG_DIGEST) ",\"layers\":[],\"manifests\":[]}", 0, INVALID},
        {"a member twice", WHO_OWNER,
         TYPED "{\"schemaVersion\":2," CONFIG_OF(CONFIG_DIGEST) ",\"layers\":[],\"layers\":[]}", 0, INVALID},
        {"a tag that cannot be", WHO_OWNER, PUT_AS("-v1") "Content-Type: " MANIFEST_TYPE "\n\n" IMAGE, 0, INVALID},
        {"a tag too long", WHO_OWNER, PUT_AS("<<a*129>>") "Content-Type: " MANIFEST_TYPE "\n\n" IMAGE, 0, INVALID},
        {"a tag too many that cannot be", WHO_OWNER,
         PUT_AS(IMAGE_DIGEST "?tag=ok&tag=n/o") "Content-Type: " MANIFEST_TYPE "\n\n" IMAGE, 0, INVALID},
        {"too large", WHO_OWNER, TYPED "{\"schemaVersion\":2,\"a\":\"<<a*4200000>>\"}", 0, 413, "SIZE_INVALID", NULL},
        {"too large, as it says", WHO_OWNER, PUT "Content-Type: " MANIFEST_TYPE "\nContent-Length: 99999999\n\n{", 0,
         413, "SIZE_INVALID", NULL},
        {"torn", WHO_OWNER, PUT "Content-Type: " MANIFEST_TYPE "\nContent-Length: 9999\n\n" IMAGE, 0, 400,
         "SIZE_INVALID", NULL},
    };
    RUN(state, cases);
}

static void test_protocol_oci_refused__manifests_that_name_what_is_not_there(void **state) {
    static const struct protocol_case cases[] = {
        {"config", WHO_OWNER, TYPED "{\"schemaVersion\":2," CONFIG_OF(NO_DIGEST) ",\"layers\":[]}", 0, 400,
         "MANIFEST_BLOB_UNKNOWN", MISSING(NO_DIGEST)},
        {"layer", WHO_OWNER,
         TYPED "{\"schemaVersion\":2," CONFIG_OF(CONFIG_DIGEST) ",\"layers\":[" DESCRIPTOR("a/b", NO_DIGEST) "]}", 0,
         400, "MANIFEST_BLOB_UNKNOWN", MISSING(NO_DIGEST)},
        {"a manifest as layer", WHO_OWNER,
         TYPED "{\"schemaVersion\":2," CONFIG_OF(CONFIG_DIGEST) ",\"layers\":[" DESCRIPTOR("a/b", IMAGE_DIGEST) "]}", 0,
         400, "MANIFEST_BLOB_UNKNOWN", MISSING(IMAGE_DIGEST)},
        {"manifest", WHO_OWNER,
         PUT "Content-Type: " INDEX_TYPE
             "\n\n{\"schemaVersion\":2,\"manifests\":[" DESCRIPTOR(MANIFEST_TYPE, NO_DIGEST) "]}",
         0, 400, "MANIFEST_BLOB_UNKNOWN", MISSING(NO_DIGEST)},
        {"a blob as manifest", WHO_OWNER,
         PUT "Content-Type: " INDEX_TYPE
             "\n\n{\"schemaVersion\":2,\"manifests\":[" DESCRIPTOR(MANIFEST_TYPE, LAYER_DIGEST) "]}",
         0, 400, "MANIFEST_BLOB_UNKNOWN", MISSING(LAYER_DIGEST)},
        {"a list of Docker", WHO_OWNER,
         PUT "Content-Type: application/vnd.docker.distribution.manifest.list.v2+json"
             "\n\n{\"schemaVersion\":2,\"manifests\":[" DESCRIPTOR(DOCKER_TYPE, NO_DIGEST) "]}",
         0, 400, "MANIFEST_BLOB_UNKNOWN", MISSING(NO_DIGEST)},
    };
    RUN(state, cases);
}

static void test_protocol_oci_refused__lists(void **state) {
    static const struct protocol_case cases[] = {
        {"a page of a negative length", WHO_OWNER, "GET " REPOSITORY "/tags/list?n=-1\n\n", 0, 400, "UNSUPPORTED",
         "the parameter n is not a number"},
        {"a page of no length", WHO_OWNER, "GET " REPOSITORY "/tags/list?n=\n\n", 0, 400, "UNSUPPORTED", NULL},
        {"a page of a word", WHO_OWNER, "GET " REPOSITORY "/tags/list?n=ten\n\n", 0, 400, "UNSUPPORTED", NULL},
        {"a page beyond all numbers", WHO_OWNER, "GET " REPOSITORY "/tags/list?n=99999999999999999999\n\n", 0, 400,
         "UNSUPPORTED", NULL},
        {"referrers of a negative number", WHO_OWNER, "GET " REPOSITORY "/referrers/" NO_DIGEST "?n=-1\n\n", 0, 400,
         "UNSUPPORTED", "the parameter n is not a number"},
        {"referrers of a word", WHO_OWNER, "GET " REPOSITORY "/referrers/" NO_DIGEST "?n=x\n\n", 0, 400, "UNSUPPORTED",
         NULL},
        {"referrers after no digest", WHO_OWNER, "GET " REPOSITORY "/referrers/" NO_DIGEST "?last=zz\n\n", 0, 400,
         "UNSUPPORTED", "the parameter last is not a digest of this list"},
        {"referrers after nothing", WHO_OWNER, "GET " REPOSITORY "/referrers/" NO_DIGEST "?last=\n\n", 0, 400,
         "UNSUPPORTED", NULL},
    };
    RUN(state, cases);
}

static void test_protocol_oci_refused__who_may_not(void **state) {
    static const struct protocol_case cases[] = {
        {"nobody gets", WHO_NOBODY, "GET " REPOSITORY "/manifests/v1\n\n", 0, 401, "UNAUTHORIZED", NULL},
        {"nobody asks", WHO_NOBODY, "HEAD " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n", 0, 401, NULL, ""},
        {"nobody lists", WHO_NOBODY, "GET " REPOSITORY "/tags/list\n\n", 0, 401, "UNAUTHORIZED", NULL},
        {"nobody pushes", WHO_NOBODY, "POST " UPLOADS "\n\n", 0, 401, "UNAUTHORIZED", NULL},
        {"nobody pushes to what is public", WHO_NOBODY, "POST " PUBLIC "/blobs/uploads/\n\n", 0, 401, "UNAUTHORIZED",
         NULL},
        {"nobody deletes what is public", WHO_NOBODY, "DELETE " PUBLIC "/manifests/v1\n\n", 0, 401, "UNAUTHORIZED",
         NULL},
        {"nobody learns what there is", WHO_NOBODY, "GET /v2/nowhere/nothing/app/manifests/v1\n\n", 0, 401,
         "UNAUTHORIZED", NULL},
        {"a reader pushes", WHO_READER, "POST " UPLOADS "\n\n", 0, 403, "DENIED",
         "this token lacks the scope write_packages"},
        {"a reader tags", WHO_READER, TYPED IMAGE, 0, 403, "DENIED", NULL},
        {"a reader deletes", WHO_READER, "DELETE " REPOSITORY "/manifests/v1\n\n", 0, 403, "DENIED",
         "this token lacks the scope delete_packages"},
        {"a publisher gets", WHO_PUBLISHER, "GET " REPOSITORY "/manifests/v1\n\n", 0, 403, "DENIED",
         "this token lacks the scope read_packages"},
        {"a publisher deletes", WHO_PUBLISHER, "DELETE " REPOSITORY "/blobs/" LAYER_DIGEST "\n\n", 0, 403, "DENIED",
         NULL},
        {"a stranger gets", WHO_STRANGER, "GET " REPOSITORY "/manifests/v1\n\n", 0, 404, "NAME_UNKNOWN", NULL},
        {"a stranger pushes", WHO_STRANGER, "POST " UPLOADS "\n\n", 0, 404, "NAME_UNKNOWN", NULL},
        {"a stranger pushes to what is public", WHO_STRANGER, "POST " PUBLIC "/blobs/uploads/\n\n", 0, 403, "DENIED",
         NULL},
        {"a token that ended", WHO_EXPIRED, "GET " REPOSITORY "/manifests/v1\n\n", 0, 401, "UNAUTHORIZED",
         "token expired at 2026-11-21T03:04:04.678Z"},
        {"a token that ended pushes", WHO_EXPIRED, "POST " UPLOADS "\n\n", 0, 401, "UNAUTHORIZED", NULL},
        {"a token that ended has begun nothing", WHO_EXPIRED, "PATCH " UPLOADS NO_UPLOAD "\n\nabc", 0, 404,
         "BLOB_UPLOAD_UNKNOWN", NULL},
        {"a token that was deleted", WHO_DELETED, "GET " REPOSITORY "/manifests/v1\n\n", 0, 401, "UNAUTHORIZED", NULL},
        {"a token of another registry", WHO_REGISTRY_TOKEN, "GET " REPOSITORY "/manifests/v1\n\n", 0, 404,
         "NAME_UNKNOWN", NULL},
        {"wrong credentials, also for what is public", WHO_NOBODY,
         "GET " PUBLIC "/manifests/v1\nAuthorization: Basic dTp3cm9uZw==\n\n", 0, 401, "UNAUTHORIZED", NULL},
        {"a scheme that is not known", WHO_NOBODY, "GET /v2/\nAuthorization: Digest x\n\n", 0, 401, "UNAUTHORIZED",
         NULL},
        {"credentials twice", WHO_OWNER,
         "GET /v2/\nAuthorization: Basic dTp3cm9uZw==\nAuthorization: Basic dTp3cm9uZw==\n\n", 0, 400, "UNSUPPORTED",
         NULL},
    };
    RUN(state, cases);
}

static void test_protocol_oci_refused__tokens(void **state) {
#define FORM "POST /-/token\nContent-Type: application/x-www-form-urlencoded\n\n"
    static const struct protocol_case cases[] = {
        {"wrong password", WHO_NOBODY, "GET /-/token\nAuthorization: Basic dTp3cm9uZw==\n\n", 0, 401, "UNAUTHORIZED",
         NULL},
        {"a bearer of another issuer", WHO_NOBODY, "GET /-/token\nAuthorization: Bearer nonsense\n\n", 0, 401,
         "UNAUTHORIZED", NULL},
        {"a token that ended", WHO_EXPIRED, "GET /-/token\n\n", 0, 401, "UNAUTHORIZED", NULL},
        {"a token that was deleted", WHO_DELETED, "GET /-/token\n\n", 0, 401, "UNAUTHORIZED", NULL},
        {"wrong password in a form", WHO_NOBODY, FORM "grant_type=password&username=u&password=wrong", 0, 401,
         "UNAUTHORIZED", NULL},
        {"wrong refresh token", WHO_NOBODY, FORM "grant_type=refresh_token&refresh_token=wrong", 0, 401, "UNAUTHORIZED",
         NULL},
        {"another grant", WHO_NOBODY, FORM "grant_type=authorization_code&code=x", 0, 415, "UNSUPPORTED", NULL},
        {"JSON", WHO_NOBODY, "POST /-/token\nContent-Type: application/json\n\n{}", 0, 415, "UNSUPPORTED", NULL},
        {"a malformed form", WHO_NOBODY, FORM "password=%zz", 0, 400, "UNSUPPORTED", NULL},
        {"a form with NUL", WHO_NOBODY, PROTOCOL_BYTES(FORM "password=a\0b"), 400, "UNSUPPORTED", NULL},
        {"a form too large", WHO_NOBODY, FORM "password=<<a*20000>>", 0, 413, "SIZE_INVALID", NULL},
        {"PUT", WHO_OWNER, "PUT /-/token\n\n", 0, 405, "UNSUPPORTED", NULL},
    };
    RUN(state, cases);
}
