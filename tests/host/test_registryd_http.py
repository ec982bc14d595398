#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Labels: threaded
"""HTTP/1.1 as registryd speaks it, byte by byte: framing, connections, and invalid requests."""
import socket
import unittest

import host

host.skip_without_programs()

HEALTH = "GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n"


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = host.Registryd()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def exchange(self, text):
        with self.server.connect() as client:
            client.send(text)
            return client.response()

    def assert_refused(self, text, status):
        """The status; nothing more may be read from that connection."""
        with self.server.connect() as client:
            client.send(text)
            response = client.response()
            self.assertEqual(response.status, status, response.body)
            self.assertEqual(response.headers["connection"], "close")
            self.assertTrue(response.json()["message"])
            client.socket.shutdown(socket.SHUT_WR)
            self.assertTrue(client.is_closed())

    # Connections.

    def test_connection_is_kept_and_said_to_be(self):
        with self.server.connect() as client:
            for _ in range(3):
                client.send(HEALTH)
                response = client.response()
                self.assertEqual(response.status, 200)
                self.assertEqual(response.headers["connection"], "keep-alive")
                self.assertRegex(response.headers["date"], r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")

    def test_connection_close_is_honoured(self):
        with self.server.connect() as client:
            client.send("GET /-/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertEqual(client.response().headers["connection"], "close")
            self.assertTrue(client.is_closed())

    def test_http_1_0_closes(self):
        with self.server.connect() as client:
            client.send("GET /-/health HTTP/1.0\r\n\r\n")
            self.assertEqual(client.response().status, 200)
            self.assertTrue(client.is_closed())

    def test_http_1_0_may_ask_to_keep_the_connection(self):
        with self.server.connect() as client:
            for _ in range(2):
                client.send("GET /-/health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                self.assertEqual(client.response().headers["connection"], "keep-alive")

    def test_pipelined_requests_are_answered_in_order(self):
        with self.server.connect() as client:
            client.send(HEALTH + "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + HEALTH)
            self.assertEqual([client.response().status for _ in range(3)], [200, 404, 200])

    def test_hundreds_of_requests_at_once_are_all_answered(self):
        with self.server.connect() as client:
            client.send(HEALTH * 700)
            self.assertEqual({client.response().status for _ in range(700)}, {200})

    def test_request_behind_an_upload_is_answered(self):
        head, form = self.server.upload_head("behind-1.0.0.txt", b"content")
        with self.server.connect() as client:
            client.send(head + form + HEALTH.encode())
            self.assertEqual(client.response().status // 100, 2)
            self.assertEqual(client.response().status, 200)

    def test_half_closed_client_gets_its_response(self):
        with self.server.connect() as client:
            client.send(HEALTH)
            client.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(client.response().status, 200)
            self.assertTrue(client.is_closed())

    def test_client_that_leaves_amid_a_head_does_no_harm(self):
        with self.server.connect() as client:
            client.send("GET /-/heal")
        self.assertEqual(self.exchange(HEALTH).status, 200)

    def test_head_may_come_byte_by_byte(self):
        with self.server.connect() as client:
            for byte in HEALTH:
                client.send(byte)
            self.assertEqual(client.response().status, 200)

    def test_empty_lines_before_a_request_are_skipped(self):
        self.assertEqual(self.exchange("\r\n\r\n" + HEALTH).status, 200)

    def test_upgrade_is_not_followed(self):
        text = "GET /-/health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
        self.assertEqual(self.exchange(text).status, 200)

    def test_body_of_a_request_that_asks_for_an_upgrade_is_no_request(self):
        for request in ("CONNECT x:1", "POST /nothing"):
            with self.subTest(request=request), self.server.connect() as client:
                hidden = "GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n"
                client.send(
                    f"{request} HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: y\r\n"
                    f"Content-Length: {len(hidden)}\r\n\r\n{hidden}GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
                )
                self.assertGreaterEqual(client.response().status, 400)
                client.socket.shutdown(socket.SHUT_WR)
                rest = client.rest()
                self.assertNotIn(b"HTTP/1.1 200", rest)

    # Bodies of requests.

    def upload(self, name, body, framing=None, encode=lambda form: [form], more=""):
        head, form = self.server.upload_head(name, body, framing, more)
        with self.server.connect() as client:
            client.send(head)
            for piece in encode(form):
                client.send(piece)
            response = client.response()
            client.send(HEALTH)
            self.assertEqual(client.response().status, 200, "the connection goes on")
        self.assertEqual(response.status // 100, 2, response.body)
        stored = self.server.get(self.server.file_path(name))
        self.assertEqual(stored.body, body)

    def test_body_with_a_length(self):
        self.upload("length-1.0.0.bin", b"0123456789" * 50000)

    def test_body_in_one_chunk(self):
        self.upload(
            "chunk-1.0.0.bin",
            b"0123456789" * 50000,
            "Transfer-Encoding: chunked",
            lambda form: [b"%x\r\n" % len(form), form, b"\r\n0\r\n\r\n"],
        )

    def test_body_in_chunks_of_a_byte_with_extensions_and_trailers(self):
        def encode(form):
            chunks = b"".join(b"1;name=value\r\n%c\r\n" % byte for byte in form)
            return [chunks + b"0\r\nTrailer: value\r\n\r\n"]

        self.upload("bytes-1.0.0.bin", b"content" * 30, "Transfer-Encoding: chunked", encode)

    def test_body_in_chunks_that_are_cut_anywhere(self):
        def encode(form):
            text = b"".join(b"%X\r\n%s\r\n" % (len(form[i : i + 7]), form[i : i + 7]) for i in range(0, len(form), 7))
            text += b"0\r\n\r\n"
            return [text[i : i + 5] for i in range(0, len(text), 5)]

        self.upload("cut-1.0.0.bin", b"content" * 20, "transfer-encoding: CHUNKED", encode)

    def test_large_chunks(self):
        def encode(form):
            for i in range(0, len(form), 300000):
                piece = form[i : i + 300000]
                yield b"%x\r\n%s\r\n" % (len(piece), piece)
            yield b"0\r\n\r\n"

        self.upload("large-1.0.0.bin", bytes(range(256)) * 12000, "Transfer-Encoding: chunked", encode)

    def test_continue_is_sent_when_the_body_is_wanted(self):
        head, form = self.server.upload_head("continue-1.0.0.txt", b"content", more="Expect: 100-continue\r\n")
        with self.server.connect() as client:
            client.send(head)
            self.assertEqual(client.response().status, 100)
            client.send(form)
            self.assertEqual(client.response().status // 100, 2)

    def test_continue_is_not_sent_when_the_request_is_refused(self):
        text = (
            f"POST {host.PACKAGES} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"
        )
        with self.server.connect() as client:
            client.send(text)
            response = client.response()
            self.assertEqual(response.status, 401)
            self.assertEqual(response.headers["connection"], "close")

    def test_continue_is_not_sent_to_http_1_0(self):
        head, form = self.server.upload_head("old-1.0.0.txt", b"content", more="Expect: 100-continue\r\n")
        with self.server.connect() as client:
            client.send(head.replace(b"HTTP/1.1", b"HTTP/1.0") + form)
            self.assertEqual(client.response().status // 100, 2)

    def test_other_expectations_fail(self):
        self.assert_refused("GET /-/health HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n", 417)

    def test_small_refused_body_leaves_the_connection_usable(self):
        with self.server.connect() as client:
            client.send(f"POST {host.PACKAGES} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + "x" * 5000)
            self.assertEqual(client.response().status, 401)
            client.send(HEALTH)
            self.assertEqual(client.response().status, 200)

    def test_response_to_a_large_refused_body_is_not_lost(self):
        text = f"POST {host.PACKAGES} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        with self.server.connect() as client:
            client.send(text)
            for _ in range(200):  # a client that reads only after it has sent everything
                client.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            client.send(b"0\r\n\r\n")
            self.assertEqual(client.response().status, 401)
            self.assertTrue(client.is_closed())

    def test_bytes_behind_the_last_body_do_not_reset_the_connection(self):
        more = "Connection: close\r\nExpect: 100-continue\r\n"
        head, form = self.server.upload_head("last-1.0.0.txt", b"content", more=more)
        with self.server.connect() as client:
            client.send(head)
            self.assertEqual(client.response().status, 100)
            client.send(form + b"\r\n")  # as some clients end a form
            self.assertEqual(client.response().status // 100, 2)
            self.assertEqual(client.socket.recv(1), b"")

    def test_upload_that_breaks_off_leaves_nothing(self):
        head, form = self.server.upload_head("broken-1.0.0.bin", b"x" * 100000)
        with self.server.connect() as client:
            client.send(head + form[:50000])
        self.assertEqual(self.server.get(self.server.file_path("broken-1.0.0.bin")).status, 404)

    def test_body_that_is_shorter_than_its_length_is_refused(self):
        head, form = self.server.upload_head("short-1.0.0.bin", b"x" * 1000)
        with self.server.connect() as client:
            client.send(head + form[:-1])
            client.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(client.response().status, 400)
        self.assertEqual(self.server.get(self.server.file_path("short-1.0.0.bin")).status, 404)

    def test_chunked_body_without_its_last_chunk_is_refused(self):
        head, form = self.server.upload_head("open-1.0.0.bin", b"x" * 1000, "Transfer-Encoding: chunked")
        with self.server.connect() as client:
            client.send(head + b"%x\r\n%s\r\n" % (len(form), form))
            client.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(client.response().status, 400)
        self.assertEqual(self.server.get(self.server.file_path("open-1.0.0.bin")).status, 404)

    def test_bytes_behind_a_body_are_no_part_of_it(self):
        head, form = self.server.upload_head("behind-2.0.0.txt", b"content")
        with self.server.connect() as client:
            client.send(head + form + b"more\r\n\r\n")
            self.assertEqual(client.response().status // 100, 2)
            self.assertEqual(client.response().status, 400)
            client.socket.shutdown(socket.SHUT_WR)
            self.assertTrue(client.is_closed())

    # Responses.

    def test_head_has_the_fields_of_get_and_no_body(self):
        self.server.publish("head-1.0.0.txt", b"content")
        path = self.server.file_path("head-1.0.0.txt")
        with self.server.connect() as client:
            client.send(f"HEAD {path} HTTP/1.1\r\nHost: x\r\n{self.server.authorization()}\r\n")
            response = client.response(is_head=True)
            self.assertEqual((response.status, response.headers["content-length"]), (200, "7"))
            client.send(HEALTH)
            self.assertEqual(client.response().status, 200)

    def test_refused_head_has_no_body(self):
        with self.server.connect() as client:
            client.send("HEAD /-/health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")
            self.assertEqual(client.response(is_head=True).status, 400)
            client.socket.shutdown(socket.SHUT_WR)
            self.assertTrue(client.is_closed())

    def test_ranges(self):
        self.server.publish("range-1.0.0.txt", b"0123456789")
        path = self.server.file_path("range-1.0.0.txt")
        part = self.server.get(path, "Range: bytes=2-4\r\n")
        self.assertEqual((part.status, part.body, part.headers["content-range"]), (206, b"234", "bytes 2-4/10"))
        self.assertEqual(self.server.get(path, "Range: bytes=10-\r\n").status, 416)

    def test_unchanged_file_is_not_sent_again(self):
        self.server.publish("same-1.0.0.txt", b"0123456789")
        path = self.server.file_path("same-1.0.0.txt")
        tag = self.server.get(path).headers["etag"]
        with self.server.connect() as client:
            for _ in range(2):
                client.send(
                    f"GET {path} HTTP/1.1\r\nHost: x\r\nIf-None-Match: {tag}\r\n{self.server.authorization()}\r\n"
                )
                response = client.response()
                self.assertEqual(response.status, 304)
                self.assertNotIn("content-length", response.headers)

    def test_files_of_all_sizes_come_back_whole(self):
        for size in (0, 1, 60000, 70000, 98304, 1048576, 3000001):
            name, body = f"size-1.0.{size}.bin", (b"%07d" % size) * (size // 7 + 1)
            self.assertEqual(self.server.publish(name, body[:size]).status // 100, 2)
            self.assertEqual(self.server.get(self.server.file_path(name)).body, body[:size])

    def test_client_that_reads_slowly_gets_everything(self):
        body = bytes(range(256)) * 80000
        self.server.publish("slow-1.0.0.bin", body)
        with self.server.connect() as client:
            client.send(
                f"GET {self.server.file_path('slow-1.0.0.bin')} HTTP/1.1\r\nHost: x\r\n"
                f"{self.server.authorization()}\r\n"
            )
            self.assertEqual(self.exchange(HEALTH).status, 200)  # others are served meanwhile
            self.assertEqual(client.response().body, body)

    # Invalid requests.

    def test_length_beside_a_coding(self):
        text = "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        self.assert_refused(text, 400)

    def test_coding_beside_a_length(self):
        text = "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"
        self.assert_refused(text, 400)

    def test_two_lengths(self):
        self.assert_refused("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400)

    def test_lengths_that_are_no_numbers(self):
        for length in ("-1", "+5", "5x", "0x5", "5, 5", "", "99999999999999999999999"):
            with self.subTest(length=length):
                self.assert_refused(f"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nhello", 400)

    def test_codings_other_than_chunked(self):
        for coding in ("gzip", "identity", "xchunked", "gzip, chunked", "chunked, gzip", "chunked, chunked"):
            with self.subTest(coding=coding):
                text = f"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {coding}\r\n\r\n0\r\n\r\n"
                self.assert_refused(text, 501)

    def test_coding_twice(self):
        coding = "Transfer-Encoding: chunked\r\n"
        text = "POST /x HTTP/1.1\r\nHost: x\r\n" + coding + coding + "\r\n0\r\n\r\n"
        self.assert_refused(text, 501)

    def test_coding_in_http_1_0(self):
        self.assert_refused("POST /x HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501)

    def test_malformed_chunks(self):
        head = f"POST {host.PACKAGES} HTTP/1.1\r\nHost: x\r\n{self.server.authorization()}"
        head += "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
        sizes = ("x\r\n", "-1\r\n", "8000000000000000\r\n", "\r\n", " 5\r\n", "0x5\r\n", "5 5\r\n", "+5\r\n", "5 \r\n")
        lines = ("5\n", "5\rX", "5;a\nhello\r\n", "5;a\rb\r\n", "5;" + "a" * 5000, "0" * 5000)
        ends = ("5\r\nhelloworld\r\n", "5\r\nhello\r0", "5\r\nhello\n0", "0\r\n\rX", "0\r\n\n", "0\r\n \r\n")
        trailers = ("0\r\na b: c\r\n", "0\r\n: c\r\n", "0\r\na\r\n", "0\r\na: b\r\n c\r\n", "0\r\na: b\n", "0\r\na: \0")
        for chunks in (*sizes, *lines, *ends, *trailers, "0\r\n" + "a: b\r\n" * 20000):
            with self.subTest(chunks=chunks[:20]):
                self.assert_refused(head + chunks, 400)

    def test_names_of_fields_that_are_no_tokens(self):
        for field in ("Content-Length : 5", "X Y: 1", ": 1", "X\x00: 1", "X(: 1", "Größe: 1"):
            with self.subTest(field=field):
                self.assert_refused(f"GET /-/health HTTP/1.1\r\nHost: x\r\n{field}\r\n\r\n", 400)

    def test_folded_lines(self):
        for field in ("X: a\r\n b", "X: a\r\n\tb", "X:\r\n a", "X:\r\n ", "Transfer-Encoding:\r\n chunked"):
            with self.subTest(field=field):
                self.assert_refused(f"GET /-/health HTTP/1.1\r\nHost: x\r\n{field}\r\n\r\n", 400)

    def test_folded_lines_byte_by_byte(self):
        with self.server.connect() as client:
            for byte in "GET /-/health HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n":
                client.send(byte)
            self.assertEqual(client.response().status, 400)

    def test_head_that_ends_with_half_a_line_end(self):
        self.assert_refused("GET /-/health HTTP/1.1\r\nHost: x\r\n\rX", 400)

    def test_control_characters_in_fields(self):
        for value in ("a\x00b", "a\rb", "a\x01b", "a\x7fb", "\x00", "\x00Host", "\x01b", "\x7f"):
            with self.subTest(value=value):
                self.assert_refused(f"GET /-/health HTTP/1.1\r\nHost: x\r\nX: {value}\r\n\r\n", 400)

    def test_fields_that_hide_behind_a_carriage_return(self):
        for start in ("X: \r", "X:\r", "X:\t\r", "X: \rx", "X:\rx", "X: a\r"):
            for field in ("Content-Length: 5", "Transfer-Encoding: chunked", self.server.authorization().strip()):
                with self.subTest(start=start, field=field):
                    self.assert_refused(f"PUT /x HTTP/1.1\r\nHost: x\r\n{start}{field}\r\n\r\nhello", 400)

    def test_lines_that_end_with_half_a_line_end(self):
        sound = "GET /-/health HTTP/1.1\r\nHost: x\r\nX: y\r\n\r\n"
        self.assertEqual(self.exchange(sound).status, 200)
        ends = [i for i in range(len(sound)) if sound.startswith("\r\n", i)]
        for at in ends:
            for end in ("\n", "\r", "\r\r\n", "\n\r", " \n"):
                text = sound[:at] + end + sound[at + 2 :]
                if text.endswith("\r"):
                    text += "X"  # the next bytes decide
                with self.subTest(text=text):
                    self.assert_refused(text, 400)

    def test_blanks_in_the_first_line(self):
        lines = ("GET  /a HTTP/1.1", "GET /a  HTTP/1.1", "GET /a HTTP/1.1 ", " GET /a HTTP/1.1", "GET\t/a HTTP/1.1",
                 "GET /a\tHTTP/1.1", "GET /a b HTTP/1.1", "GET /a HTTP/ 1.1", "GET /a", "GET  HTTP/1.1",
                 "GET /a http/1.1", "GET /a ICE/1.1", "GET /a HTTP/1",
                 "GET /a HTTP/11", "GET /a HTTP/1.10", "SOURCE /a ICE/1.1")
        for line in lines:
            with self.subTest(line=line):
                self.assert_refused(f"{line}\r\nHost: x\r\n\r\n", 400)

    def test_blanks_around_values_are_no_part_of_them(self):
        text = "GET /-/health HTTP/1.1\r\nHost:\t x \t\r\nContent-Length: 0 \r\n\r\n"
        self.assertEqual(self.exchange(text).status, 200)

    def test_hosts_that_are_none(self):
        for name in ("::1", "[::1", "[]", "h:99999", "h:80:80", ":80", "user@h", "a,b", "h/p", "127.1"):
            with self.subTest(name=name):
                self.assertEqual(self.exchange(f"GET /-/health HTTP/1.1\r\nHost: {name}\r\n\r\n").status, 400)

    def test_hosts_none_or_two(self):
        self.assert_refused("GET /-/health HTTP/1.1\r\n\r\n", 400)
        self.assert_refused("GET /-/health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400)

    def test_heads_that_are_too_large(self):
        self.assert_refused("GET /-/health HTTP/1.1\r\nHost: x\r\nX: " + "x" * 100000, 431)
        large = "GET /-/health HTTP/1.1\r\nHost: x\r\nX: " + "x" * 70000 + "\r\n\r\n"
        self.assertEqual(self.exchange(large).status, 431)
        many = "".join(f"X{i}: 1\r\n" for i in range(500))
        self.assertEqual(self.exchange(f"GET /-/health HTTP/1.1\r\nHost: x\r\n{many}\r\n").status, 431)

    def test_targets_that_are_too_long(self):
        self.assert_refused("GET /" + "x" * 100000, 414)
        self.assertEqual(self.exchange("GET /" + "x" * 20000 + " HTTP/1.1\r\nHost: x\r\n\r\n").status, 414)

    def test_other_versions(self):
        self.assert_refused("GET /-/health HTTP/2.0\r\nHost: x\r\n\r\n", 505)
        self.assert_refused("GET /-/health HTTP/0.9\r\n\r\n", 505)
        self.assert_refused("GET /-/health\r\n", 400)
        self.assert_refused("GET /-/health HTTP/1.x\r\nHost: x\r\n\r\n", 400)
        self.assert_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400)

    def test_greeting_of_tls_on_a_plain_port(self):
        self.assert_refused(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), 400)

    def test_noise(self):
        line = b"GET / HTTP/1.1"
        for noise in (b"\x00", b"\xff" * 100, b" " + line + b"\r\n\r\n", b"GET\r\n\r\n", b"{}\r\n", line + b" \r\n"):
            with self.subTest(noise=noise):
                self.assert_refused(noise, 400)

    def test_methods_that_are_not_offered(self):
        for method, status in (("CONNECT", 405), ("TRACE", 405), ("PROPFIND", 405)):
            with self.subTest(method=method):
                text = f"{method} /-/health HTTP/1.1\r\nHost: x\r\n\r\n"
                self.assertIn(self.exchange(text).status, (status, 501, 400, 404))
        self.assert_refused("FROBNICATE /-/health HTTP/1.1\r\nHost: x\r\n\r\n", 400)


if __name__ == "__main__":
    host.main()
