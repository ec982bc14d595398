# SPDX-License-Identifier: Apache-2.0
"""What a registry behind any web server must do; test_cgi_apache.py and test_fastcgi_nginx.py run these cases."""
import concurrent.futures
import hashlib
import http.client
import io
import os
import shutil
import socket
import subprocess
import sys
import tarfile

import gateway
import host

SUPPORT = os.path.join(gateway.SOURCE, "tests", "support")
FILES = f"/{host.ORGANIZATION}/{host.REGISTRY}/files"
PACKAGES = host.PACKAGES
AT_ONCE = 16


class Cases:
    """Mixed into a unittest.TestCase with `site`, a gateway.Site."""

    site = None
    requests = 1000 # of the class that this is mixed into

    def put(self, name, content):
        """Publishes with curl; returns the path of the file."""
        path = self.site.path(name)
        with open(path, "wb") as file:
            file.write(content)
        status, body = self.site.publish(path)
        self.assertEqual(status, 200, body)
        os.unlink(path)
        return f"{FILES}/{name}"

    def test_file_goes_up_and_down(self):
        content = os.urandom(300000)
        path = self.put("round-1.0.0.bin", content)
        status, body = self.site.curl(self.site.base + path)
        self.assertEqual((status, body), (200, content))
        listing = self.site.request("GET", PACKAGES)
        self.assertIn(b'"round"', listing.body)
        self.assertIn(self.site.base.encode() + b"/v2/packages/", listing.body) # URLs contain the mount

    def test_names_come_as_the_client_sent_them(self):
        content = b"plus"
        path = self.put("a+b c%-1.0.0.bin", content)
        self.assertEqual(self.site.request("GET", path.replace(" ", "%20").replace("%-", "%25-")).body, content)
        self.assertEqual(self.site.request("GET", FILES + "/a%2Bb%20c%25-1%2e0.0.bin").body, content)
        self.assertEqual(self.site.request("GET", FILES + "/a%2Bb%20c%25-1.0.0.bin?x=%41&y=+").body, content)

    def test_head_has_the_length_and_no_body(self):
        path = self.put("head-1.0.0.bin", b"x" * 70000)
        answer = self.site.request("HEAD", path)
        self.assertEqual((answer.status, answer.headers["content-length"], answer.body), (200, "70000", b""))

    def test_ranges_and_conditions(self):
        path = self.put("range-1.0.0.bin", bytes(range(256)) * 40)
        whole = self.site.request("GET", path)
        tag = whole.headers["etag"]
        for value, first, last in (("bytes=2-4", 2, 4), ("bytes=10000-", 10000, 10239), ("bytes=-3", 10237, 10239)):
            part = self.site.request("GET", path, dict(self.site.authorization(), Range=value))
            self.assertEqual((part.status, part.headers["content-range"]), (206, f"bytes {first}-{last}/10240"))
            self.assertEqual(part.body, whole.body[first:last + 1])
        for headers, status in (({"Range": "bytes=99999-"}, 416), ({"If-None-Match": tag}, 304),
                                ({"If-None-Match": '"other"'}, 200), ({"If-Match": '"other"'}, 412),
                                ({"If-Range": tag, "Range": "bytes=1-1"}, 206),
                                ({"If-Range": '"other"', "Range": "bytes=1-1"}, 200)):
            answer = self.site.request("GET", path, dict(self.site.authorization(), **headers))
            self.assertEqual(answer.status, status, headers)

    def test_who_has_no_right_is_asked_for_credentials(self):
        path = self.put("secret-1.0.0.bin", b"secret")
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
            answer = self.site.request("GET", path, headers)
            self.assertEqual(answer.status, 401)
            self.assertTrue(answer.headers["www-authenticate"].startswith("Basic realm="), answer.headers)
        done = subprocess.run(["curl", "-sf", "--noproxy", "*", "-u", f"buildkite:{self.site.token}",
                               self.site.base + path], stdout=subprocess.PIPE, check=True)
        self.assertEqual(done.stdout, b"secret")

    def test_container_clients_are_told_where_tokens_are(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=host.PATIENCE_S)
        connection.request("GET", "/v2/")
        answer = connection.getresponse()
        answer.read()
        self.assertEqual(answer.status, 401)
        realm = answer.headers["www-authenticate"].split('"')[1]
        self.assertTrue(realm.startswith(f"http://127.0.0.1:{self.site.port}/"), realm)
        connection.close()
        status, body = self.site.curl("-u", f"buildkite:{self.site.token}", realm)
        self.assertEqual(status, 200, body)
        self.assertIn(b'"token"', body)

    def test_client_that_expects_100_gets_it(self):
        body, kind = self.site.form("expect-1.0.0.bin", b"expected")
        with socket.create_connection(("127.0.0.1", self.site.port), host.PATIENCE_S) as connection:
            client = host.Client(connection)
            client.send(f"POST {self.site.url_prefix}{PACKAGES} HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                        f"Authorization: Bearer {self.site.token}\r\nContent-Type: {kind}\r\nConnection: close\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n")
            self.assertTrue(client.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 "))
            client.send(body)
            self.assertTrue(client.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 200 "))
        self.assertEqual(self.site.request("GET", FILES + "/expect-1.0.0.bin").body, b"expected")

    def test_body_of_unknown_length(self):
        content = os.urandom(200000)
        path = self.site.path("chunked-1.0.0.bin")
        with open(path, "wb") as file:
            file.write(content)
        status, body = self.site.publish(path, "-H", "Transfer-Encoding: chunked")
        self.assertEqual(status, 200, body)
        self.assertEqual(self.site.request("GET", FILES + "/chunked-1.0.0.bin").body, content)

    def test_alpine_index(self):
        path = self.site.path("hello-1.0-r0.apk")
        self.site.run([sys.executable, os.path.join(SUPPORT, "make_apk.py"), path, "hello", "1.0-r0"])
        status, body = self.site.publish(path, registry="apks")
        self.assertEqual(status, 200, body)
        repository = f"/{host.ORGANIZATION}/apks/alpine_any/alpine_any/main/x86_64"
        index = self.site.request("GET", repository + "/APKINDEX.tar.gz")
        self.assertEqual(index.status, 200)
        with tarfile.open(fileobj=io.BytesIO(index.body), mode="r:gz", ignore_zeros=True) as archive:
            self.assertIn(b"P:hello\n", archive.extractfile("APKINDEX").read())
        with open(path, "rb") as file:
            self.assertEqual(self.site.request("GET", repository + "/hello-1.0-r0.apk").body, file.read())

    def test_image_of_two_architectures(self):
        if shutil.which("skopeo") is None:
            self.skipTest("skopeo is missing")
        layout = self.site.path("layout")
        policy = self.site.path("policy.json")
        gateway.write(policy, '{"default": [{"type": "insecureAcceptAnything"}]}')
        digest = self.site.run([sys.executable, os.path.join(SUPPORT, "make_image.py"), layout, "multi", "--bytes",
                                "200000", "--platform", "linux/amd64", "--platform", "linux/arm64"]).strip()
        image = f"docker://127.0.0.1:{self.site.port}/{host.ORGANIZATION}/images/multi:1"
        credentials = f"buildkite:{self.site.token}"
        copy = ["skopeo", "--policy", policy, "copy", "--all"]
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        self.site.run([*copy, "--dest-tls-verify=false", "--dest-creds", credentials, f"oci:{layout}:multi", image],
                      env=environment)
        back = self.site.path("back")
        self.site.run([*copy, "--src-tls-verify=false", "--src-creds", credentials, image, f"oci:{back}:multi"],
                      env=environment)
        raw = self.site.run(["skopeo", "inspect", "--raw", "--tls-verify=false", "--creds", credentials, image],
                            env=environment)
        self.assertEqual("sha256:" + hashlib.sha256(raw.encode()).hexdigest(), digest)
        blobs = os.path.join("blobs", "sha256")
        self.assertEqual(sorted(os.listdir(os.path.join(back, blobs))), sorted(os.listdir(os.path.join(layout, blobs))))

    def check_readme(self, section):
        if shutil.which("skopeo") is None:
            self.skipTest("skopeo is missing")
        self.site.run_readme(section)
        self.assertEqual(self.site.request("GET", FILES + "/my-custom-app-1.0.0.ipa").body, b"an app")

    def mixed(self, number):
        """One of a thousand requests; returns its status and whether it was the expected one."""
        content = b"mixed content"
        if number % 10 == 0:
            body, kind = self.site.form(f"mixed-1.0.{number}.bin", content)
            headers = dict(self.site.authorization(), **{"Content-Type": kind})
            return self.site.request("POST", PACKAGES, headers, body).status, 200
        path = FILES + "/mixed-0.0.1.bin"
        if number % 10 == 1:
            return self.site.request("GET", path, {}).status, 401
        if number % 10 == 2:
            return self.site.request("GET", FILES + "/nothing", None).status, 404
        if number % 10 == 3:
            return self.site.request("HEAD", path).status, 200
        if number % 10 == 4:
            return self.site.request("GET", PACKAGES).status, 200
        if number % 10 == 5:
            return self.site.request("GET", path, dict(self.site.authorization(), Range="bytes=1-3")).status, 206
        if number % 10 == 6:
            return self.site.request("POST", PACKAGES, None, b"not a form").status, 415
        answer = self.site.request("GET", path)
        return (answer.status if answer.body == content else 0), 200

    def test_thousand_mixed_requests(self):
        self.put("mixed-0.0.1.bin", b"mixed content")
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            wrong = [pair for pair in pool.map(self.mixed, range(self.requests)) if pair[0] != pair[1]]
        self.assertEqual(wrong, [])

    def half_an_upload(self, name, chunked):
        """A connection on which half of a form was sent."""
        body, kind = self.site.form(name, b"x" * 500000)
        framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
        client = socket.create_connection(("127.0.0.1", self.site.port), host.PATIENCE_S)
        head = (f"POST {self.site.url_prefix}{PACKAGES} HTTP/1.1\r\nHost: h\r\n"
                f"Authorization: Bearer {self.site.token}\r\nContent-Type: {kind}\r\n{framing}\r\n\r\n")
        client.sendall(head.encode())
        half = body[:250000]
        client.sendall(b"%x\r\n%s\r\n" % (len(half), half) if chunked else half)
        return client

    def staged(self):
        return os.listdir(os.path.join(self.site.data, "staging"))

    def forget_staged(self):
        """Leftovers of a killed program are removed when a collector finds them old enough."""
        for name in self.staged():
            os.unlink(os.path.join(self.site.data, "staging", name))

    def test_upload_that_the_client_breaks_off_leaves_nothing(self):
        for chunked in (False, True):
            with self.half_an_upload("broken-1.0.0.bin", chunked):
                host.wait_until(self.staged, "the upload to begin")
            host.wait_until(lambda: not self.staged(), "the upload to end")
        self.assertEqual(self.site.request("GET", FILES + "/broken-1.0.0.bin").status, 404)
        self.put("broken-1.0.0.bin", b"whole")


def pids_of(program):
    """Processes that run that file."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.readlink(f"/proc/{entry}/exe") == os.path.realpath(program):
                found.append(int(entry))
        except OSError:
            continue
    return found
