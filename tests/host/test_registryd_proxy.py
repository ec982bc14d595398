#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""registryd behind nginx and Apache, with the settings of docs/hosting.md: fields that clients forge have no effect."""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

import gateway
import host

host.skip_without_programs()

FORGED = (
    "Forwarded: for=1.2.3.4;host=evil.test;proto=https\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: evil.test\r\n"
    "X-Forwarded-Proto: https\r\nX-Forwarded-Port: 1\r\nX-Forwarded-Prefix: /evil\r\n"
)


def settings(start):
    """The settings block in docs/hosting.md after the paragraph with this beginning."""
    with open(os.path.join(gateway.SOURCE, "docs", "hosting.md"), encoding="utf-8") as file:
        found = re.search(rf"^{start}.*?\n\n((?:    [^\n]*\n)+)", file.read(), re.M | re.S)
    return re.sub(r"^    ", "", found[1], flags=re.M)


class Proxy:
    """A web server in front of a registryd."""

    def __init__(self, backend):
        self.backend = backend
        self.folder = tempfile.mkdtemp(prefix="lreg-proxy-")
        self.process = None
        self.port = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        """Starts on a free port. Another process may take the port in between, so it may take several attempts."""
        for _ in range(5):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
            with open(self.path("log"), "ab") as log:
                self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                start_new_session=True)
            host.wait_until(lambda: self.listens() or self.process.poll() is not None, "the proxy")
            if self.process.poll() is None:
                return
        with open(self.path("log"), encoding="utf-8") as log:
            raise AssertionError(f"the proxy does not start: {log.read()}")

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0 and self.process.poll() is None

    def close(self):
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(host.PATIENCE_S)
        shutil.rmtree(self.folder)

    def configure(self, lines):
        gateway.write(self.path("conf"), "\n".join([*lines, ""]))

    def settings(self, start):
        return settings(start).replace("127.0.0.1:8080", f"127.0.0.1:{self.backend}")


class Nginx(Proxy):
    def command(self):
        names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = [f"{name}_temp_path {self.path(name)};" for name in names]
        user = ["user root;"] if os.getuid() == 0 else []
        self.configure([*user, "daemon off;", "worker_processes 1;", f"pid {self.path('pid')};",
                        f"error_log {self.path('log')} warn;", "events { worker_connections 64; }", "http {", *places,
                        "access_log off;", f"server {{ listen 127.0.0.1:{self.port};", self.settings("nginx, in front"),
                        "} }"])
        return [gateway.NGINX, "-p", self.folder, "-c", self.path("conf")]


class Apache(Proxy):
    def command(self):
        modules = ["mpm_event", "authz_core", "proxy", "proxy_http", "headers"]
        os.chmod(self.folder, 0o755)
        user = [f"User {gateway.WEB_USER}", f"Group {gateway.WEB_USER}"] if gateway.WEB_USER is not None else []
        self.configure([*(f"LoadModule {name}_module {gateway.MODULES}/mod_{name}.so" for name in modules), *user,
                        f"ServerRoot {self.folder}", f"DefaultRuntimeDir {self.folder}", f"PidFile {self.path('pid')}",
                        "ServerName 127.0.0.1", f"Listen 127.0.0.1:{self.port}", f"ErrorLog {self.path('log')}",
                        self.settings("Apache, with")])
        return [gateway.APACHE, "-f", self.path("conf"), "-DFOREGROUND"]


class Cases:
    """Tests for both servers."""

    kind = None

    @classmethod
    def setUpClass(cls):
        cls.server = host.Registryd("--trust-forwarded", "127.0.0.1")
        cls.server.token = cls.server.make_token("read_packages,write_packages,read_registries")
        cls.addClassCleanup(cls.server.close)
        cls.proxy = cls.kind(cls.server.port)
        cls.addClassCleanup(cls.proxy.close)
        cls.proxy.start()

    def through(self, text):
        with host.Client(socket.create_connection(("127.0.0.1", self.proxy.port), host.PATIENCE_S)) as client:
            client.send(text)
            return client.response()

    def test_what_a_client_forwards_means_nothing(self):
        for name in ("packages.test", "packages.test:8443", "[::1]:80"):
            answer = self.through(f"GET {host.PACKAGES} HTTP/1.1\r\nHost: {name}\r\n{self.server.authorization()}"
                                  f"{FORGED}\r\n")
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(answer.json()["links"]["self"], f"http://{name}{host.PACKAGES}")

    def test_audit_log_has_the_address_of_the_client(self):
        head, form = self.server.upload_head("audit-1.0.0.txt", b"content", more=FORGED)
        self.assertEqual(self.through(head + form).status, 200)
        events = self.server.get(f"/v2/packages/organizations/{host.ORGANIZATION}/audit").json()["items"]
        addresses = [event["remote_address"] for event in events if event["type"] == "PackageCreatedEvent"]
        self.assertEqual(addresses, ["127.0.0.1"], events)


@unittest.skipIf(gateway.NGINX is None, "nginx is not installed")
class BehindNginx(Cases, unittest.TestCase):
    kind = Nginx


@unittest.skipIf(gateway.APACHE is None or not os.path.exists(f"{gateway.MODULES}/mod_proxy_http.so"),
                 "Apache with mod_proxy_http is not installed")
class BehindApache(Cases, unittest.TestCase):
    kind = Apache


if __name__ == "__main__":
    host.main()
