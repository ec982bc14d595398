#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Labels: threaded
"""The servers with an embedded registry: their own pages still work, uploads and downloads stream, they do the
framing."""
import concurrent.futures
import os
import re
import socket
import sys
import unittest

import embedded
import host

SANITIZER = os.environ.get("LREG_SANITIZE", "")
LARGE_MIB = 16 if SANITIZER else 96
MEMORY_KIB = 48 * 1024
PIECE = bytes(range(256)) * 4096  # 1 MiB


class Cases:
    """Tests for both servers."""

    program = None

    @classmethod
    def setUpClass(cls):
        cls.server = embedded.Embedded(host.program(cls.program))

    @classmethod
    def tearDownClass(cls):
        with cls.server.connect():  # an open connection does not delay it
            cls.server.close()

    def get(self, path, more="", method="GET"):
        with self.server.connect() as client:
            client.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{self.server.authorization()}{more}\r\n")
            return client.response(is_head=method == "HEAD")

    def test_pages_of_its_own_stay(self):
        with self.server.connect() as client:
            for path, status, body in (
                ("/hello", 200, b"hello\n"),
                ("/none", 404, b"there is no such page\n"),
                ("/packagesx", 404, b"there is no such page\n"),
                ("/v2", 404, b"there is no such page\n"),
                ("/hello", 200, b"hello\n"),
            ):
                client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
                response = client.response()
                self.assertEqual((response.status, response.body), (status, body), path)

    def test_a_file_goes_in_and_out(self):
        path = self.server.file_path("app-1.0.0.txt")
        published = self.server.publish("app-1.0.0.txt", b"0123456789")
        self.assertIn(published.status, (200, 201), published.body)
        self.assertTrue(published.json()["download_url"].endswith(path), published.body)
        whole = self.get(path)
        self.assertEqual((whole.status, whole.body), (200, b"0123456789"))
        self.assertEqual(whole.headers["connection"].lower(), "keep-alive")
        part = self.get(path, "Range: bytes=2-4\r\n")
        self.assertEqual((part.status, part.body, part.headers["content-range"]), (206, b"234", "bytes 2-4/10"))
        head = self.get(path, method="HEAD")
        self.assertEqual((head.status, head.headers["content-length"]), (200, "10"))
        same = self.get(path, f"If-None-Match: {whole.headers['etag']}\r\n")
        self.assertEqual((same.status, same.headers.get("content-length")), (304, None))
        self.assertEqual(self.get("/packages/none").status, 404)
        self.assertIn(b"app-1.0.0.txt 10\n", self.get("/newest").body)
        with self.server.connect() as client:
            client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(client.response().status, 401)

    def test_a_connection_carries_many_requests(self):
        path = self.server.file_path("many-1.0.0.txt")
        head, form = self.server.upload_head("many-1.0.0.txt", b"many")
        chunked, _ = self.server.upload_head("many-1.0.0.txt", b"many", framing="Transfer-Encoding: chunked")
        with self.server.connect() as client:
            for request in (head + form, chunked + b"%x\r\n" % len(form) + form + b"\r\n0\r\n\r\n"):
                client.send(request)
                self.assertIn(client.response().status, (200, 201))
            get = f"GET {path} HTTP/1.1\r\nHost: x\r\n{self.server.authorization()}"
            client.send(f"{get}\r\n{get.replace('GET', 'HEAD', 1)}\r\n{get}\r\n")
            self.assertEqual(client.response().body, b"many")
            self.assertEqual(client.response(is_head=True).status, 200)
            self.assertEqual(client.response().body, b"many")
            client.send(f"{get}If-None-Match: *\r\n\r\n{get}Connection: close\r\n\r\n")
            same = client.response()
            self.assertEqual((same.status, "transfer-encoding" in same.headers), (304, False))
            if same.headers["connection"] != "close":
                self.assertEqual(client.response().headers["connection"].lower(), "close")
            self.assertTrue(client.is_closed())

    def test_continue_is_said_when_the_body_is_wanted(self):
        head, form = self.server.upload_head("wait-1.0.0.txt", b"wait", more="Expect: 100-continue\r\n")
        with self.server.connect() as client:
            client.send(head)
            self.assertEqual(client.response().status, 100)
            client.send(form)
            self.assertIn(client.response().status, (200, 201))
        refused = re.sub(rb"Authorization: .*?\r\n", b"", head)
        with self.server.connect() as client:
            client.send(refused)
            response = client.response()
            self.assertEqual((response.status, response.headers["connection"].lower()), (401, "close"))
            self.assertEqual(client.rest(), b"")

    def test_a_refused_client_that_sends_on_gets_its_answer(self):
        head, _ = self.server.upload_head("no-1.0.0.txt", b"", framing=f"Content-Length: {4 << 20}")
        with self.server.connect() as client:
            client.send(re.sub(rb"Authorization: .*?\r\n", b"", head))
            self.assertEqual(client.response().status, 401)

    def test_a_client_that_goes_away_leaves_nothing(self):
        head, form = self.server.upload_head("half-1.0.0.bin", PIECE)
        with self.server.connect() as client:
            client.send(head + form[: len(form) // 2])
            host.wait_until(self.server.staged, "the upload to begin")
        host.wait_until(lambda: not self.server.staged(), "what was staged to go")
        self.assertNotIn("half-1.0.0.bin", self.server.package_names())

    def test_ambiguous_framing_smuggles_nothing(self):
        _, form = self.server.upload_head("odd-1.0.0.txt", b"odd")
        chunks = b"%x\r\n" % len(form) + form + b"\r\n0\r\n\r\n"
        for framing in (
            "Content-Length: 4\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 4",
            "Content-Length: 4\r\nContent-Length: 5",
            "Content-Length: +4",
        ):
            with self.subTest(framing), self.server.connect() as client:
                head, _ = self.server.upload_head("odd-1.0.0.txt", b"odd", framing=framing)
                client.send(head + chunks + b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
                try:
                    answers = client.rest()
                except ConnectionResetError:
                    answers = b""
                self.assertLessEqual(len(re.findall(rb"^HTTP/1.1 [^4]", answers, re.M)), 1, answers)
                self.assertNotIn(b"hello\n", answers)

    def test_heads_that_are_read_in_two_ways_are_refused(self):
        right = self.server.authorization().strip()
        start = f"GET {self.server.mount}{host.PACKAGES} HTTP/1.1\r\nHost: x\r\n"
        heads = [f"{start}X: \rx{right}\r\n\r\n", f"{start}X:\r{right}\r\n\r\n", f"{start}X: a\r\n {right}\r\n\r\n",
                 f"{start}{right.replace(':', ' :')}\r\n\r\n", f"{start}Host: y\r\n{right}\r\n\r\n"]
        heads += [f"{start.replace('Host: x', 'Host: ' + name)}{right}\r\n\r\n" for name in ("::1", "[", "h:99999")]
        for head in heads:
            with self.subTest(head=head), self.server.connect() as client:
                client.send(head)
                client.socket.shutdown(socket.SHUT_WR)
                self.assertNotIn(b"HTTP/1.1 2", client.rest())

    def test_coded_bodies_are_refused(self):
        head, form = self.server.upload_head("coded-1.0.0.txt", b"coded", more="Content-Encoding: gzip\r\n")
        with self.server.connect() as client:
            client.send(head + form)
            self.assertEqual(client.response().status, 415)

    def test_size_takes_no_memory(self):
        name = "large-1.0.0.bin"
        length = LARGE_MIB << 20
        head, form = self.server.upload_head(name, b"|")
        before, after = form.split(b"|")
        head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % (len(form) - 1 + length), head)
        with self.server.connect() as client:
            client.send(head + before)
            for _ in range(LARGE_MIB):
                client.send(PIECE)
            client.send(after)
            self.assertEqual(client.response().json()["size"], length)
            client.send(f"GET {self.server.file_path(name)} HTTP/1.1\r\nHost: x\r\n{self.server.authorization()}\r\n")
            self.assertIn(b"Content-Length: %d" % length, client.read_until(b"\r\n\r\n"))
            for _ in range(LARGE_MIB):
                self.assertEqual(client.read_exactly(len(PIECE)), PIECE)
        if not SANITIZER:
            self.assertLess(self.server.peak_memory_kib(), MEMORY_KIB)

    def test_many_at_once(self):
        def one(number):
            name, body = f"at-once-{number}.0.0.txt", b"%d" % number * 1000
            status = self.server.publish(name, body).status
            return status in (200, 201) and self.server.get(self.server.file_path(name)).body == body

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual(list(pool.map(one, range(48))), [True] * 48)

    def test_container_clients_find_it_below_v2(self):
        with self.server.connect() as client:
            client.send(f"GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\n\r\n")
            refused = client.response()
        realm = f'realm="{self.server.url}/packages/-/token"'
        self.assertEqual(refused.status, 401)
        self.assertIn(realm, refused.headers["www-authenticate"])

    @unittest.skipUnless(embedded.has_skopeo(), "skopeo is missing")
    def test_skopeo_pushes_and_pulls(self):
        image, pulled = (os.path.join(self.server.folder, name) for name in ("image", "pulled"))
        digest = embedded.make_image(image)
        there = f"docker://127.0.0.1:{self.server.port}/{host.ORGANIZATION}/my-images/app:1.0"
        login = f"buildkite:{self.server.token}"
        failure = self.server.skopeo("copy", "--dest-tls-verify=false", f"--dest-creds={login}", f"oci:{image}", there)
        self.assertEqual(failure, "")
        failure = self.server.skopeo("copy", "--src-tls-verify=false", f"--src-creds={login}", there, f"oci:{pulled}")
        self.assertEqual(failure, "")
        with open(os.path.join(pulled, "index.json"), encoding="utf-8") as file:
            self.assertIn(digest, file.read())


@unittest.skipUnless(os.path.exists(host.program("embed-c")), "embed-c is not built")
class InC(Cases, unittest.TestCase):
    program = "embed-c"


@unittest.skipUnless(os.path.exists(host.program("embed-cpp")), "embed-cpp is not built")
class InCpp(Cases, unittest.TestCase):
    program = "embed-cpp"

    def test_its_own_limits_stay(self):
        with self.server.connect() as client:
            client.send(f"POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 40}\r\n\r\n")
            self.assertEqual(client.response().status, 413)
        with self.server.connect() as client:
            client.send("no request\r\n\r\n")
            self.assertEqual(client.response().status, 400)


if __name__ == "__main__":
    if not any(os.path.exists(host.program(name)) for name in ("embed-c", "embed-cpp")):
        print("skipped: neither embed-c nor embed-cpp is built")
        sys.exit(77)
    host.skip_without_programs()
    host.main()
