#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The FastCGI program behind a real nginx, with the installed settings.
Labels: release"""
import os
import signal
import socket
import subprocess
import unittest

import gateway
import gateway_cases
import host

gateway.skip_without(gateway.NGINX, gateway.FASTCGI_PARAMS, os.path.join(gateway.BUILD, "bin", "registry.fcgi"))


class ByNginx(gateway_cases.Cases, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = gateway.Nginx()
        cls.addClassCleanup(cls.site.close)

    def test_works_as_the_readme_says(self):
        self.check_readme("FastCGI behind nginx")

    def test_end_waits_for_requests(self):
        body, _ = self.site.form("end-1.0.0.bin", b"x" * 500000)
        with self.half_an_upload("end-1.0.0.bin", False) as connection:
            host.wait_until(self.staged, "the upload to begin")
            self.site.registry.send_signal(signal.SIGTERM)
            connection.sendall(body[250000:])
            self.assertTrue(host.Client(connection).read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 200 "))
        self.assertEqual(self.site.registry.wait(host.PATIENCE_S), 0)
        self.site.start_registry()
        self.assertEqual(len(self.site.request("GET", gateway_cases.FILES + "/end-1.0.0.bin").body), 500000)

    def test_refused_bodies_that_trickle_stop_nobody(self):
        head = (f"POST {self.site.url_prefix}{gateway_cases.PACKAGES} HTTP/1.1\r\nHost: h\r\n"
                "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\nx")
        clients = [host.Client(socket.create_connection(("127.0.0.1", self.site.port), host.PATIENCE_S))
                   for _ in range(40)]
        for client in clients:
            self.addCleanup(client.socket.close)
            client.send(head)
        for client in clients:  # although nothing more arrives
            self.assertEqual(client.response().status, 401)
        self.put("beside-1.0.0.bin", b"beside")

    def test_program_that_is_killed_leaves_nothing_wrong(self):
        with self.half_an_upload("killed-1.0.0.bin", False):
            host.wait_until(self.staged, "the upload to begin")
            self.site.registry.kill()
            self.site.registry.wait()
        self.site.start_registry()
        self.assertEqual(self.site.request("GET", gateway_cases.FILES + "/killed-1.0.0.bin").status, 404)
        self.put("killed-1.0.0.bin", b"whole")
        self.forget_staged()

    def test_socket_may_be_handed_over(self):
        with socket.socket(socket.AF_UNIX) as listening:
            path = self.site.path("handed-over.sock")
            listening.bind(path)
            listening.listen()
            environment = dict(os.environ, REGISTRY_DATA=self.site.data, REGISTRY_THREADS="2")
            registry = subprocess.Popen([self.site.program], stdin=listening, env=environment)
            self.addCleanup(lambda: registry.poll() is None and registry.kill())
            # FCGI_BEGIN_REQUEST, FCGI_PARAMS and FCGI_STDIN, the last two with their ends.
            head = b"\x01\x01\x00\x01\x00\x08\x00\x00" + b"\x00\x01\x00\x00\x00\x00\x00\x00"
            variables = b"".join(bytes((len(name), len(value))) + name + value for name, value in (
                (b"REQUEST_METHOD", b"GET"), (b"REQUEST_URI", b"/v2/"), (b"HTTP_HOST", b"h")))
            params = b"\x01\x04\x00\x01" + len(variables).to_bytes(2, "big") + b"\x00\x00" + variables
            end = b"\x01\x04\x00\x01\x00\x00\x00\x00" + b"\x01\x05\x00\x01\x00\x00\x00\x00"
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(host.PATIENCE_S)
                client.connect(path)
                client.sendall(head + params + end)
                self.assertIn(b"Status: 401 Unauthorized\r\n", host.Client(client).rest())
            registry.terminate()
            self.assertEqual(registry.wait(host.PATIENCE_S), 0)


class NginxSendsFiles(gateway_cases.Cases, unittest.TestCase):
    """With X-Accel-Redirect; the responses are the same as without it."""

    requests = 100

    @classmethod
    def setUpClass(cls):
        cls.site = gateway.Nginx(sendfile=True)
        cls.addClassCleanup(cls.site.close)

    def test_path_stays_inside(self):
        path = self.put("inside-1.0.0.bin", b"inside")
        answer = self.site.request("GET", path)
        self.assertEqual((answer.status, answer.body), (200, b"inside"))
        self.assertNotIn("x-accel-redirect", answer.headers)
        connection_path = "/registry-files/registry.db"
        status, _ = self.site.curl(f"http://127.0.0.1:{self.site.port}{connection_path}")
        self.assertEqual(status, 404)


if __name__ == "__main__":
    host.main()
