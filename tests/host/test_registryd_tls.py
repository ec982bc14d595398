#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Labels: threaded
"""registryd with TLS: certificates, versions, bodies in both directions, and input that is not TLS."""
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest
import warnings

import host

host.skip_without_programs()
if shutil.which("openssl") is None:
    print("skipped: openssl is not here")
    sys.exit(77)

HEALTH = "GET /-/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def make_certificate(folder, name, kind):
    certificate, key = os.path.join(folder, f"{name}.crt"), os.path.join(folder, f"{name}.key")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-days", "2", "-keyout", key, "-out", certificate]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )
    return certificate, key


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="registryd-tls-")
        cls.certificate, cls.key = make_certificate(cls.folder, "ec", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        cls.server = host.Registryd("--tls-cert", cls.certificate, "--tls-key", cls.key)
        cls.context = ssl.create_default_context(cafile=cls.certificate)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        shutil.rmtree(cls.folder)

    def connect(self, context=None):
        plain = socket.create_connection(("127.0.0.1", self.server.port), host.PATIENCE_S)
        try:
            context = context or self.context
            return host.Client(context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False))
        except BaseException:
            plain.close()
            raise

    def test_requests_on_one_connection(self):
        with self.connect() as client:
            self.assertEqual(client.socket.version(), "TLSv1.2")
            for _ in range(3):
                client.send(HEALTH)
                self.assertEqual(client.response().status, 200)

    def test_pipelined_requests(self):
        with self.connect() as client:
            client.send(HEALTH * 300)
            self.assertEqual({client.response().status for _ in range(300)}, {200})

    def test_bodies_in_both_directions(self):
        for size in (0, 1, 16384, 100000, 5000000):
            body = os.urandom(size)
            head, form = self.server.upload_head(f"tls-1.0.{size}.bin", body)
            with self.connect() as client:
                client.send(head + form)
                response = client.response()
                self.assertEqual(response.status // 100, 2, response.body)
                self.assertTrue(response.json()["url"].startswith("https://"))
                client.send(
                    f"GET {self.server.file_path(f'tls-1.0.{size}.bin')} HTTP/1.1\r\nHost: x\r\n"
                    f"{self.server.authorization()}\r\n"
                )
                self.assertEqual(client.response().body, body)

    def test_end_is_said(self):
        with self.connect() as client:
            client.send("GET /-/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertEqual(client.response().status, 200)
            self.assertTrue(client.is_closed())  # without close_notify this is an exception

    def greet(self, change, protocols=("http/1.1",)):
        """A request after a handshake whose first flight was changed; returns the status."""
        context = ssl.create_default_context(cafile=self.certificate)
        context.set_alpn_protocols(list(protocols))
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with self.server.connect() as client:
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            flight = change
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    for piece in flight(outgoing.read()):
                        client.send(piece)
                    flight = lambda text: [text]
                    incoming.write(client.socket.recv(65536))
            tls.write(HEALTH.encode())
            client.send(outgoing.read())
            answer = b""
            while b"ok" not in answer:
                incoming.write(client.socket.recv(65536))
                try:
                    answer += tls.read(65536)
                except ssl.SSLWantReadError:
                    continue
        return int(answer.split()[1])

    @staticmethod
    def cut(hello, length):
        """Splits a record into records of that length."""
        content = hello[5:]
        pieces = [content[i : i + length] for i in range(0, len(content), length)]
        return [hello[:3] + len(piece).to_bytes(2, "big") + piece for piece in pieces]

    def test_first_message_may_come_in_pieces(self):
        self.assertEqual(self.greet(lambda hello: [hello[i : i + 1] for i in range(len(hello))]), 200)

    def test_first_message_may_come_in_several_records(self):
        for length in (1, 2, 3, 4, 5, 16, 100, 200):
            with self.subTest(length=length):
                self.assertEqual(self.greet(lambda hello, length=length: [b"".join(self.cut(hello, length))]), 200)
                self.assertEqual(self.greet(lambda hello, length=length: self.cut(hello, length)), 200)

    def test_first_message_may_be_long(self):
        many = [f"{i:03}" + "x" * 200 for i in range(60)]
        for length in (1000, 16000):
            self.assertEqual(self.greet(lambda hello, length=length: self.cut(hello, length), [*many, "http/1.1"]), 200)

    def test_first_message_without_an_end_is_refused(self):
        record = b"\x16\x03\x01\x40\x00"
        for noise in (record + b"\x01\xff\xff\xff" + bytes(16380) + record + bytes(16384),
                      b"\x16\x03\x01\x00\x01\x01" + b"\x16\x03\x01\x00\x00",
                      b"\x16\x03\x01\x00\x02\x01\x00" + b"\x17\x03\x01\x00\x02\x00\x00",
                      b"\x16\x03\x01\x00\x02\x01\x00" + b"\x16\x02\x01\x00\x02\x00\x00"):
            with self.subTest(noise=noise[:20]), self.server.connect() as client:
                client.send(noise)
                self.assert_ends(client)

    def test_old_versions_are_refused(self):
        context = ssl.create_default_context(cafile=self.certificate)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            self.connect(context)

    def test_application_protocol_is_named(self):
        context = ssl.create_default_context(cafile=self.certificate)
        context.set_alpn_protocols(["h2", "http/1.1"])
        with self.connect(context) as client:
            self.assertEqual(client.socket.selected_alpn_protocol(), "http/1.1")

    def test_plain_request_is_told_so(self):
        with self.server.connect() as client:
            client.send(HEALTH)
            response = client.response()
            self.assertEqual(response.status, 400)
            self.assertIn("TLS", response.json()["message"])

    def test_noise_ends_the_connection(self):
        for noise in (b"\x00" * 100, b"\x16\x03\x01\x00\x05hello", b"\x16\x03\x01\xff\xff" + b"x" * 70000):
            with self.server.connect() as client:
                client.send(noise)
                self.assert_ends(client)
        with self.connect() as client:
            client.send(HEALTH)
            self.assertEqual(client.response().status, 200)

    @staticmethod
    def assert_ends(client):
        """An alert may precede it."""
        try:
            while client.socket.recv(1000):
                pass
        except ConnectionResetError:
            pass

    def test_handshake_has_to_be_done_in_time(self):
        options = ("--memory", "--tls-cert", self.certificate, "--tls-key", self.key, "--header-timeout", "0.3")
        with host.Registryd(*options, prepare=False) as server:
            with server.connect() as client:
                client.send(b"\x16\x03\x01\x02")
                self.assertTrue(client.is_closed())

    def test_rsa_certificate_and_curl(self):
        certificate, key = make_certificate(self.folder, "rsa", ["rsa:2048"])
        with host.Registryd("--memory", "--tls-cert", certificate, "--tls-key", key, prepare=False) as server:
            url = f"https://localhost:{server.port}/-/health"
            done = subprocess.run(
                ["curl", "-sS", "--resolve", f"localhost:{server.port}:127.0.0.1", "--cacert", certificate, url, url],
                capture_output=True,
                check=False,
            )
            self.assertEqual((done.stdout, done.stderr), (b'{"status":"ok"}' * 2, b""))

    def test_key_of_another_certificate_is_noticed(self):
        _, other = make_certificate(self.folder, "other", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        done = subprocess.run(
            [host.program("registryd"), "--memory", "--tls-cert", self.certificate, "--tls-key", other],
            capture_output=True,
            check=False,
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"does not belong to", done.stderr)


if __name__ == "__main__":
    host.main()
