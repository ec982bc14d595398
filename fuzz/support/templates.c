/* SPDX-License-Identifier: Apache-2.0 */

/* One request of each kind that the registry supports, and lines that change how it is answered. */

#include "support/templates.h"

#define REST "/v2/packages/organizations/acme/registries"
#define PUSH "/v2/acme/images/app/"
#define UPLOADS PUSH "blobs/uploads/"
#define IMAGE "application/vnd.oci.image.manifest.v1+json"
#define INDEX "application/vnd.oci.image.index.v1+json"
#define CONFIG "application/vnd.oci.image.config.v1+json"
#define LAYER "application/vnd.oci.image.layer.v1.tar+gzip"
#define DESCRIPTOR(type, digest, size) "{\"mediaType\":\"" type "\",\"digest\":\"" digest "\",\"size\":" size "}"
#define MANIFEST                                  \
    "{\"schemaVersion\":2,\"mediaType\":\"" IMAGE \
    "\",\"config\":" DESCRIPTOR(CONFIG, "$d0", "$s0") ",\"layers\":[" DESCRIPTOR(LAYER, "$d1", "$s1") "]}"
#define LAYOUT "\x1doci-layout\n{\"imageLayoutVersion\":\"1.0.0\"}"

const char *const script_templates[] = {
    /* files */
    "POST " REST "/files/packages\n\n=form app-1.0.0.zip\nhello",
    "POST " REST "/files/packages\nContent-Type: multipart/form-data; boundary=b\n\n"
    "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n--b\r\n"
    "Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''%c3%a9-2.0.0.tar.gz\r\n\r\ndata\r\n--b--\r\n",
    "GET /acme/files/files/app-1.0.0.zip\n\n",
    "HEAD /acme/files/files/app-1.0.0.zip\n\n",
    "GET /acme/files/files/app-1.0.0.zip\nRange: bytes=1-2\nIf-Range: \"x\"\n\n",
    "GET " REST "/files/packages?per_page=1&after=$I&name=app\n\n",
    "GET " REST "/files/packages/$I\n\n",
    "DELETE " REST "/files/packages/$I\n\n",
    "POST " REST "/files/packages/$I/copy?to=new-one\n\n",
    /* management */
    "GET /v2/organizations/acme\n\n",
    "GET " REST "?per_page=2&after=alpine\n\n",
    "POST " REST "\n\n{\"name\":\"New one\",\"ecosystem\":\"files\",\"description\":\"d\",\"emoji\":\":x:\","
    "\"color\":\"#aabbcc\",\"public\":true,\"allow_overwrite\":true}",
    "GET " REST "/files\n\n",
    "PATCH " REST "/files\n\n{\"name\":\"F\",\"public\":true,\"allow_overwrite\":true}",
    "PUT " REST "/images\n\n{\"public\":true,\"description\":null}",
    "DELETE " REST "/files\n\n",
    "POST " REST "/images/tokens\n\n{\"description\":\"t\"}",
    "GET " REST "/images/tokens\n\n",
    "GET " REST "/images/tokens/$I\n\n",
    "PATCH " REST "/images/tokens/$I\n\n{\"description\":\"u\"}",
    "DELETE " REST "/images/tokens/$I\n\n",
    "GET /v2/packages/organizations/acme/audit?per_page=3&before=5\n\n",
    "GET /-/health\n\n",
    "GET /-/ready\n\n",
    "OPTIONS *\n\n",
    /* Alpine */
    "POST " REST "/alpine/packages\n\n=form a-1.0-r0.apk\n=apk\npkgname = a\npkgver = 1.0-r0\narch = x86_64",
    "POST " REST "/alpine/packages\n\n=form b.apk\n=apk\n# comment\npkgname = b\npkgver = 2.0_rc1-r3\narch = noarch\n"
    "pkgdesc = B\nurl = https://b.test/\nlicense = MIT\norigin = b\nbuilddate = 1700000000\ncommit = abcdef\n"
    "depend = a>=1.0 !c so:libc.so.1\nprovides = cmd:b=2.0\ninstall_if = a b=1\nprovider_priority = 5\n"
    "replaces = c\nreplaces_priority = 1\nmaintainer = m",
    "GET /acme/alpine/alpine_any/alpine_any/main/x86_64/APKINDEX.tar.gz\n\n",
    "GET /acme/alpine/alpine_any/alpine_any/main/x86_64/a-1.0-r0.apk\n\n",
    "GET /acme/alpine/rsakey\n\n",
    "GET " REST "/alpine/packages?per_page=1\n\n",
    /* images */
    "GET /v2/\n\n",
    "GET /-/token?service=acme&scope=repository:acme/images/app:pull,push\n\n",
    "@as nobody\nPOST /-/token\nContent-Type: application/x-www-form-urlencoded\n\n"
    "grant_type=password&username=u&password=p&scope=repository:acme/images/app:pull",
    "POST " UPLOADS "?digest=$D\n\n{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Env\":[\"A=b\"]},"
    "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]},\"history\":[{\"created\":\"2026-01-01T00:00:00Z\"}]}",
    "POST " UPLOADS "?digest=$D\n\nlayer",
    "POST " UPLOADS "\n\n",
    "PATCH $L\nContent-Range: 0-4\n\nhello",
    "PATCH $L\n\nworld",
    "GET $L\n\n",
    "PUT $L?digest=$D\n\nlayer",
    "PUT $L?digest=$H\n\nlayer",
    "PUT $L?digest=$d1\n\n",
    "PUT $L?digest=sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n\n",
    "DELETE $L\n\n",
    "POST " UPLOADS "?mount=$d0&from=acme/images/other\n\n",
    "POST " UPLOADS "?mount=$d0\n\n",
    "HEAD " PUSH "blobs/$d0\n\n",
    "GET " PUSH "blobs/$d1\n\n",
    "DELETE " PUSH "blobs/$d1\n\n",
    "PUT " PUSH "manifests/latest\nContent-Type: " IMAGE "\n\n" MANIFEST,
    "PUT " PUSH "manifests/$D\nContent-Type: " IMAGE "\n\n{\"schemaVersion\":2,\"mediaType\":\"" IMAGE
    "\",\"artifactType\":\"application/x.sig\",\"config\":" DESCRIPTOR(
        "application/vnd.oci.empty.v1+json", "$d0",
        "$s0") ",\"layers\":[" DESCRIPTOR(LAYER, "$d1",
                                          "$s1") "],\"subject\":" DESCRIPTOR(IMAGE, "$d2",
                                                                             "$s2") ",\"annotations\":{\"a\":\"b\"}}",
    "PUT " PUSH "manifests/multi\nContent-Type: " INDEX "\n\n{\"schemaVersion\":2,\"mediaType\":\"" INDEX
    "\",\"manifests\":[{\"mediaType\":\"" IMAGE "\",\"digest\":\"$d2\",\"size\":$s2,\"platform\":{\"os\":\"linux\","
    "\"architecture\":\"arm64\",\"variant\":\"v8\"}}]}",
    "GET " PUSH "manifests/latest\nAccept: " IMAGE "\n\n",
    "HEAD " PUSH "manifests/$d2\nIf-None-Match: *\n\n",
    "DELETE " PUSH "manifests/latest\n\n",
    "DELETE " PUSH "manifests/$d2\n\n",
    "GET " PUSH "tags/list?n=1&last=a\n\n",
    "GET " PUSH "referrers/$d2?artifactType=application/x.sig\n\n",
    "POST " REST "/images/packages\n\n=form image.tar\n=tar\n$\n{\"architecture\":\"amd64\",\"os\":\"linux\"}\x1d$\n"
    "layer\x1d$\n{\"schemaVersion\":2,\"config\":" DESCRIPTOR(CONFIG, "$t0", "$u0") ",\"layers\":[" DESCRIPTOR(
        LAYER, "$t1", "$u1") "]}\x1dindex.json\n{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" IMAGE
                             "\",\"digest\":\"$t2\",\"size\":$u2,\"annotations\":{\"org.opencontainers.image.ref."
                             "name\":\"app:1.0\"}}]}" LAYOUT,
    "GET " REST "/images/packages\n\n",
    /* metrics: last, because inputs name a template by its number */
    "GET /-/metrics\n\n",
    "GET /-/metrics\nAccept: application/openmetrics-text\n\n",
};
const size_t script_template_count = sizeof script_templates / sizeof script_templates[0];

const char *const script_directives[] = {
    "@as reader\n", "@as publisher\n", "@as registry\n", "@as nobody\n",    "@cut 1\n",
    "@cut 7\n",     "@open\n",         "@gone\n",        "@files\n",        "@basic\n",
    "@defer\n",     "@pieces\n",       "@trust\n",       "@scheme https\n", "@mount /packages\n",
    "@host h:1\n",  "@peer ::1\n",     "@wait 100000\n", "@collect 0\n",    "@collect 1000\n",
};
const size_t script_directive_count = sizeof script_directives / sizeof script_directives[0];

const char *const script_fields[] = {
    "Host: a.test:80\n",
    "X-Forwarded-Host: b.test\n",
    "X-Forwarded-Proto: https\n",
    "X-Forwarded-Prefix: /p\n",
    "X-Forwarded-For: 192.0.2.1\n",
    "Forwarded: for=\"[::1]:1\";proto=http;host=c.test\n",
    "Range: bytes=-3\n",
    "Range: bytes=1-\n",
    "If-Match: *\n",
    "If-None-Match: \"a\", W/\"b\"\n",
    "If-Modified-Since: Sat, 21 Nov 2026 03:04:05 GMT\n",
    "If-Unmodified-Since: Sunday, 06-Nov-94 08:49:37 GMT\n",
    "Accept: text/html;q=0.5, application/json\n",
    "Authorization: Basic YnVpbGRraXRlOng=\n",
    "Authorization: Bearer lrga_x\n",
    "Authorization: Bearer $T\n",
    "Content-Type: application/json\n",
    "Content-Range: 5-9\n",
    "Content-Length: 3\n",
    "Transfer-Encoding: chunked\n",
    "Expect: 100-continue\n",
    "Docker-Content-Digest: $D\n",
    "Digest: sha-256=AAAA\n",
};
const size_t script_field_count = sizeof script_fields / sizeof script_fields[0];
