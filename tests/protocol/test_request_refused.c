/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are refused because of their head: malformed targets and fields, limits, methods, unknown paths. */
#include "support/protocol_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGISTRIES "/v2/packages/organizations/my-organization/registries"
#define LINE(target) "GET " target " HTTP/1.1\nHost: localhost\n"
#define BAD_TARGET(name, target, why) \
    { name, WHO_OWNER, LINE(target) "\n", 0, 400, "bad_target", why }
/* Paths below /organization/registry/files answer in text. */
#define BAD_FILE(name, file, why) \
    { name, WHO_OWNER, LINE("/my-organization/my-files/files/" file) "\n", 0, 400, NULL, why }

static int group_setup(void **state) {
    return protocol_setup(state);
}

static int group_teardown(void **state) {
    return protocol_teardown(state);
}

static void run(void **state, const struct protocol_case *cases, size_t count) {
    protocol_check_cases(*state, cases, count);
}

static void test_protocol_request__malformed_targets_are_refused(void **state) {
    static const struct protocol_case cases[] = {
        BAD_TARGET("escape without digits", REGISTRIES "/%zz", "the request target has a malformed percent escape"),
        BAD_TARGET("escape with one digit", REGISTRIES "/%4", "the request target has a malformed percent escape"),
        BAD_TARGET("lone percent", REGISTRIES "/%", "the request target has a malformed percent escape"),
        BAD_TARGET("NUL", REGISTRIES "/my-files%00", "the request target has an escaped control character in its path"),
        BAD_TARGET("line end", REGISTRIES "/a%0d%0ab",
                   "the request target has an escaped control character in its path"),
        BAD_TARGET("DEL", REGISTRIES "/a%7f", "the request target has an escaped control character in its path"),
        BAD_TARGET("escaped slash", REGISTRIES "/a%2fb",
                   "the request target has a backslash or an escaped slash in its path"),
        BAD_TARGET("escaped backslash", REGISTRIES "/a%5Cb",
                   "the request target has a backslash or an escaped slash in its path"),
        BAD_TARGET("backslash", REGISTRIES "/..\\my-files",
                   "the request target has a backslash or an escaped slash in its path"),
        BAD_TARGET("dots", REGISTRIES "/../registries", "the request target has a segment \".\" or \"..\""),
        BAD_TARGET("dot", REGISTRIES "/./my-files", "the request target has a segment \".\" or \"..\""),
        BAD_TARGET("escaped dots", REGISTRIES "/%2e%2E/x", "the request target has a segment \".\" or \"..\""),
        BAD_TARGET("half escaped dots", REGISTRIES "/.%2e", "the request target has a segment \".\" or \"..\""),
        BAD_TARGET("empty segment", REGISTRIES "//my-files", "the request target has an empty segment in its path"),
        BAD_TARGET("not UTF-8", REGISTRIES "/%ff", "the request target is not UTF-8 once decoded"),
        BAD_TARGET("overlong UTF-8", REGISTRIES "/%c0%ae%c0%ae", "the request target is not UTF-8 once decoded"),
        BAD_TARGET("NUL in the query", REGISTRIES "?after=%00", NULL),
        BAD_TARGET("bad escape in the query", REGISTRIES "?after=%g1", NULL),
        BAD_TARGET("query that is not UTF-8", REGISTRIES "?after=%fe", NULL),
        BAD_TARGET("control character", REGISTRIES "/a\x01", NULL),
        BAD_TARGET("raw bytes that are not UTF-8", REGISTRIES "/\xff\xfe", NULL),
        BAD_TARGET("fragment", REGISTRIES "/my-files#top", NULL),
        BAD_TARGET("user in the authority", "http://user@localhost" REGISTRIES, NULL),
        {"too many parameters", WHO_OWNER,
         LINE(REGISTRIES "?a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a"
                         "&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a"
                         "&a&a&a&a&a&a&a&a") "\n",
         0, 400, "too_many_parameters", "the query of the request target has more than 64 parameters"},
        {"too many segments", WHO_OWNER, LINE("/v2/packages<</*70>>") "\n", 0, 414, "too_many_segments",
         "the path has more than 64 segments"},
        {"too long", WHO_OWNER, LINE(REGISTRIES "?after=<<a*9000>>") "\n", 0, 414, "target_too_long",
         "the request target is longer than 8192 bytes"},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_request__malformed_names_of_files_are_refused_in_text(void **state) {
    static const struct protocol_case cases[] = {
        BAD_FILE("dots", "..", "the request target has a segment \".\" or \"..\""),
        BAD_FILE("escaped dots", "%2e%2e", "the request target has a segment \".\" or \"..\""),
        BAD_FILE("up and out", "..%2f..%2f..%2fetc%2fpasswd",
                 "the request target has a backslash or an escaped slash in its path"),
        BAD_FILE("up and out by backslashes", "..%5c..%5cetc",
                 "the request target has a backslash or an escaped slash in its path"),
        BAD_FILE("NUL", "app-1.0.0.zip%00.txt", "the request target has an escaped control character in its path"),
        BAD_FILE("bad escape", "app%", "the request target has a malformed percent escape"),
        BAD_FILE("not UTF-8", "%c3%28", "the request target is not UTF-8 once decoded"),
        {"empty segment", WHO_OWNER, LINE("/my-organization//files/x") "\n", 0, 400, NULL,
         "the request target has an empty segment in its path"},
        {"no path", WHO_OWNER, LINE("my-organization/my-files") "\n", 0, 400, NULL,
         "the request target is neither a path nor a URL"},
        {"nothing", WHO_OWNER, "GET  HTTP/1.1\nHost: localhost\n\n", 0, 400, NULL, NULL},
        {"another scheme", WHO_OWNER, LINE("ftp://localhost/my-organization") "\n", 0, 400, NULL,
         "the request target is neither a path nor a URL"},
        {"star", WHO_OWNER, LINE("*") "\n", 0, 400, NULL, "the request target is neither a path nor a URL"},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_request__malformed_fields_are_refused(void **state) {
    static const struct protocol_case cases[] = {
        {"blank in a name", WHO_OWNER, LINE(REGISTRIES) "Bad Name: x\n\n", 0, 400, "bad_header", NULL},
        {"empty name", WHO_OWNER, LINE(REGISTRIES) ": x\n\n", 0, 400, "bad_header", NULL},
        {"control character in a name", WHO_OWNER, LINE(REGISTRIES) "Bad\x01: x\n\n", 0, 400, "bad_header", NULL},
        {"bytes above ASCII in a name", WHO_OWNER,
         LINE(REGISTRIES) "B\xc3\xa4"
                          "d: x\n\n",
         0, 400, "bad_header", NULL},
        {"CR in a value", WHO_OWNER, LINE(REGISTRIES) "X-Split: a\rb\n\n", 0, 400, "bad_header", NULL},
        {"two hosts", WHO_OWNER, LINE(REGISTRIES) "Host: elsewhere\n\n", 0, 400, "bad_host",
         "the field Host is malformed or there twice"},
        {"malformed host", WHO_OWNER, "GET " REGISTRIES "\nHost: a b\n\n", 0, 400, "bad_host",
         "the field Host is malformed or there twice"},
        {"host with markup", WHO_OWNER, "GET " REGISTRIES "\nHost: <script>\n\n", 0, 400, "bad_host",
         "the field Host is malformed or there twice"},
        {"malformed host in the target", WHO_OWNER, "GET http://a\"b" REGISTRIES "\n\n", 0, 400, "bad_target",
         "the request target names a malformed host"},
        {"field that is too large", WHO_OWNER, LINE(REGISTRIES) "X-Long: <<x*66000>>\n\n", 0, 431, "headers_too_large",
         "the header fields of the request are larger than 65536 bytes"},
        {"fields that are too large together", WHO_OWNER,
         LINE(REGISTRIES) "A: <<x*30000>>\nB: <<x*30000>>\nC: <<x*30000>>\n\n", 0, 431, "headers_too_large",
         "the header fields of the request are larger than 65536 bytes"},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_request__too_many_fields_are_refused(void **state) {
    char request[8192];
    int used = snprintf(request, sizeof request, "%s", LINE(REGISTRIES));
    for (int i = 0; i < 201; i++) {
        used += snprintf(request + used, sizeof request - (size_t)used, "X-Many: %d\n", i);
    }
    (void)snprintf(request + used, sizeof request - (size_t)used, "\n");
    const struct protocol_case row = {
        "fields", WHO_OWNER, request, 0, 431, "too_many_headers", "the request has more than 200 header fields"};
    run(state, &row, 1);
}

#define CODED(method, path, fields) method " " path "\nHost: localhost\nContent-Encoding: gzip\n" fields "\n{}"
static void test_protocol_request__coded_bodies_are_refused_wherever_a_body_is_taken(void **state) {
#define CODED_MESSAGE "the request has the field Content-Encoding (gzip): send the body without a coding"
    static const struct protocol_case cases[] = {
        {"JSON", WHO_OWNER, CODED("POST", REGISTRIES, ""), 0, 415, "content_coding_unsupported", CODED_MESSAGE},
        {"changes", WHO_OWNER, CODED("PATCH", REGISTRIES "/my-files", ""), 0, 415, "content_coding_unsupported",
         CODED_MESSAGE},
        {"a form", WHO_OWNER,
         CODED("POST", REGISTRIES "/my-files/packages", "Content-Type: multipart/form-data; boundary=XX\n"), 0, 415,
         "content_coding_unsupported", CODED_MESSAGE},
        {"somebody without a right", WHO_NOBODY, CODED("POST", REGISTRIES, ""), 0, 401, "authentication_required",
         NULL},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_request__methods_are_told_apart(void **state) {
    static const struct protocol_case cases[] = {
        {"PUT of a listing", WHO_OWNER, "PUT " REGISTRIES "\nHost: localhost\n\n{}", 0, 405, "method_not_allowed",
         "PUT is not possible here"},
        {"DELETE of a listing", WHO_OWNER, "DELETE " REGISTRIES "\nHost: localhost\n\n", 0, 405, "method_not_allowed",
         "DELETE is not possible here"},
        {"POST of a package", WHO_OWNER, "POST " REGISTRIES "/my-files/packages/<<package>>\nHost: localhost\n\n", 0,
         405, "method_not_allowed", "POST is not possible here"},
        {"PUT of a package", WHO_OWNER, "PUT " REGISTRIES "/my-files/packages/<<package>>\nHost: localhost\n\nx", 0,
         405, "method_not_allowed", "PUT is not possible here"},
        {"PUT of a file", WHO_OWNER, "PUT /my-organization/my-files/files/a.zip\nHost: localhost\n\nx", 0, 405, NULL,
         "PUT is not possible here"},
        {"DELETE of a file", WHO_OWNER, "DELETE /my-organization/my-files/files/app-1.0.0.zip\nHost: localhost\n\n", 0,
         405, NULL, "DELETE is not possible here"},
        {"POST of health", WHO_NOBODY, "POST /-/health\nHost: localhost\n\n", 0, 405, "method_not_allowed",
         "POST is not possible here"},
        {"unknown method", WHO_OWNER, "BREW " REGISTRIES "\nHost: localhost\n\n", 0, 501, "method_unknown",
         "the method BREW is not known"},
        {"method in small letters", WHO_OWNER, "get " REGISTRIES "\nHost: localhost\n\n", 0, 501, "method_unknown",
         "the method get is not known"},
        {"CONNECT", WHO_OWNER, "CONNECT " REGISTRIES "\nHost: localhost\n\n", 0, 501, "method_unknown",
         "the method CONNECT is not known"},
        {"TRACE", WHO_OWNER, "TRACE " REGISTRIES "\nHost: localhost\n\n", 0, 501, "method_unknown",
         "the method TRACE is not known"},
        {"malformed method", WHO_OWNER, "GE(T " REGISTRIES "\nHost: localhost\n\n", 0, 400, "bad_method",
         "the method is malformed"},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_request__what_is_not_there_is_told(void **state) {
    static const struct protocol_case cases[] = {
        {"a path of nobody", WHO_OWNER, LINE("/nothing") "\n", 0, 404, NULL, "there is nothing at this path"},
        {"the root", WHO_OWNER, LINE("/") "\n", 0, 404, NULL, "there is nothing at this path"},
        {"a path below the API", WHO_OWNER, LINE("/v2/packages/nothing") "\n", 0, 404, "path_unknown",
         "there is nothing at this path"},
        {"a slash at the end", WHO_OWNER, LINE(REGISTRIES "/") "\n", 0, 404, "path_unknown",
         "there is nothing at this path"},
        {"unknown organization", WHO_OWNER, LINE("/v2/packages/organizations/nobody/registries") "\n", 0, 404,
         "organization_unknown", "no organization nobody"},
        {"unknown registry", WHO_OWNER, LINE(REGISTRIES "/nothing") "\n", 0, 404, "registry_unknown",
         "no registry my-organization/nothing"},
        {"registry in capitals", WHO_OWNER, LINE(REGISTRIES "/My-Files") "\n", 0, 404, "registry_unknown",
         "no registry my-organization/My-Files"},
        {"publishing to an unknown registry", WHO_OWNER, "POST " REGISTRIES "/nothing/packages\nHost: localhost\n\nx",
         0, 404, "registry_unknown", "no registry my-organization/nothing"},
        {"publishing to an unknown organization", WHO_OWNER,
         "POST /v2/packages/organizations/nobody/registries/my-files/packages\nHost: localhost\n\nx", 0, 404,
         "registry_unknown", "no registry nobody/my-files"},
        {"unknown package", WHO_OWNER, LINE(REGISTRIES "/my-files/packages/01a1fc0f-a32e-7fa3-a7e3-000000000000") "\n",
         0, 404, "package_unknown", "there is no such package in the registry"},
        {"a package that is no id", WHO_OWNER, LINE(REGISTRIES "/my-files/packages/app-1.0.0.zip") "\n", 0, 404,
         "package_unknown", "there is no such package in the registry"},
        {"a package of another registry", WHO_OWNER, LINE(REGISTRIES "/strict-files/packages/<<package>>") "\n", 0, 404,
         "package_unknown", "there is no such package in the registry"},
        {"deleting a package of another registry", WHO_OWNER,
         "DELETE " REGISTRIES "/strict-files/packages/<<package>>\nHost: localhost\n\n", 0, 404, "package_unknown",
         "there is no such package in the registry"},
        {"unknown token", WHO_OWNER, LINE(REGISTRIES "/my-files/tokens/01a1fc0f-a32e-7fa3-a7e3-000000000000") "\n", 0,
         404, "token_unknown", "no token 01a1fc0f-a32e-7fa3-a7e3-000000000000"},
        {"a token of another registry", WHO_OWNER, LINE(REGISTRIES "/strict-files/tokens/<<token>>") "\n", 0, 404,
         "token_unknown", NULL},
        {"deleting a token of another registry", WHO_OWNER,
         "DELETE " REGISTRIES "/strict-files/tokens/<<token>>\nHost: localhost\n\n", 0, 404, "token_unknown", NULL},
        {"unknown file", WHO_OWNER, LINE("/my-organization/my-files/files/nothing.zip") "\n", 0, 404, NULL,
         "there is no such package in the registry"},
        {"file in capitals", WHO_OWNER, LINE("/my-organization/my-files/files/APP-1.0.0.zip") "\n", 0, 404, NULL,
         "there is no such package in the registry"},
        {"file with a slash behind it", WHO_OWNER, LINE("/my-organization/my-files/files/app-1.0.0.zip/") "\n", 0, 404,
         NULL, "there is nothing at this path"},
        {"file of an alpine registry", WHO_OWNER, LINE("/my-organization/my-alpine-packages/files/a.apk") "\n", 0, 404,
         NULL, "no registry my-organization/my-alpine-packages of the ecosystem files"},
        {"file of a container registry", WHO_OWNER, LINE("/my-organization/my-images/files/a.zip") "\n", 0, 404, NULL,
         "no registry my-organization/my-images of the ecosystem files"},
        {"index of a files registry", WHO_OWNER,
         LINE("/my-organization/my-files/alpine_any/alpine_any/main/x86_64/APKINDEX.tar.gz") "\n", 0, 404, NULL,
         "no registry my-organization/my-files of the ecosystem alpine"},
        {"file to an alpine registry", WHO_OWNER,
         "POST " REGISTRIES "/my-alpine-packages/packages\nHost: localhost\n"
         "Content-Type: multipart/form-data; boundary=XX\n\n--XX\r\nContent-Disposition: form-data; name=\"file\"; "
         "filename=\"app-1.0.0.zip\"\r\n\r\ndata\r\n--XX--\r\n",
         0, 422, "not_an_apk", "not an Alpine package: the file does not begin with a gzip member"},
        {"file to a container registry", WHO_OWNER,
         "POST " REGISTRIES "/my-images/packages\nHost: localhost\n"
         "Content-Type: multipart/form-data; boundary=XX\n\n--XX\r\nContent-Disposition: form-data; name=\"file\"; "
         "filename=\"app-1.0.0.zip\"\r\n\r\ndata\r\n--XX--\r\n",
         0, 422, "bad_archive", "this is no tar archive of an image: it has no entries"},
    };
    run(state, cases, sizeof cases / sizeof cases[0]);
}

static void test_protocol_request__pages_out_of_range_are_refused(void **state) {
    static const char range[] = "per_page must be a number from 1 to 100";
    static const char no_id[] = "the parameter \"after\" is not an id of this list";
#define PAGE(name, path, query, message) \
    { name, WHO_OWNER, LINE(path query) "\n", 0, 400, "bad_page", message }
    static const struct protocol_case cases[] = {
        PAGE("none", REGISTRIES "/my-files/packages", "?per_page=0", range),
        PAGE("too many", REGISTRIES "/my-files/packages", "?per_page=101", range),
        PAGE("negative", REGISTRIES "/my-files/packages", "?per_page=-1", range),
        PAGE("letters", REGISTRIES "/my-files/packages", "?per_page=ten", range),
        PAGE("fraction", REGISTRIES "/my-files/packages", "?per_page=1.5", range),
        PAGE("empty", REGISTRIES "/my-files/packages", "?per_page=", range),
        PAGE("more than 64 bits", REGISTRIES "/my-files/packages", "?per_page=18446744073709551617", range),
        PAGE("registries", REGISTRIES, "?per_page=1000", range),
        PAGE("tokens", REGISTRIES "/my-files/tokens", "?per_page=0", range),
        PAGE("audit", "/v2/packages/organizations/my-organization/audit", "?per_page=x", range),
        PAGE("after a name", REGISTRIES "/my-files/packages", "?after=app-1.0.0.zip", no_id),
        PAGE("after a token's description", REGISTRIES "/my-files/tokens", "?after=x", no_id),
        PAGE("after nothing", REGISTRIES "/my-files/tokens", "?after=", no_id),
        PAGE("after an upload's image", REGISTRIES "/my-images/uploads", "?after=app", no_id),
        PAGE("after a registry's name", REGISTRIES, "?after=My%20files",
             "the parameter \"after\" is not a slug of this list"),
        PAGE("before an event's type", "/v2/packages/organizations/my-organization/audit", "?before=x",
             "the parameter \"before\" is not an id of this list"),
    };
#undef PAGE
    run(state, cases, sizeof cases / sizeof cases[0]);
}
