#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Labels: threaded
"""Running registryd: options, time limits, the connection limit, logs, and shutdown."""
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import host

host.skip_without_programs()

HEALTH = "GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n"


def run(*arguments):
    return subprocess.run([host.program("registryd"), *arguments], capture_output=True, text=True, check=False)


class Options(unittest.TestCase):
    def test_help_names_every_option(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        for name in ("data", "listen", "port-file", "tls-cert", "config", "trust-forwarded", "access-log", "no-sync"):
            self.assertIn(f"--{name}", done.stdout)

    def test_short_forms(self):
        for argument in ("-h", "help"):
            self.assertEqual(run(argument).stdout, run("--help").stdout)
        self.assertEqual(run("-V").stdout, run("--version").stdout)

    def test_it_says_where_it_listens(self):
        for level, said in (("warning", True), ("error", False)):
            with host.Registryd("--listen", "[::1]:0", "--mount", "/packages", log_level=level) as server:
                host.wait_until(lambda: not said or "/packages\n" in server.errors(), "the line")
                line = f"registryd: listening on http://127.0.0.1:{server.port}/packages\n"
                self.assertEqual(line in server.errors(), said)
                self.assertEqual("registryd: listening on http://[::1]:" in server.errors(), said)

    def test_version(self):
        self.assertRegex(run("--version").stdout, r"^registryd \d+\.\d+\.\d+ \(libregistry \d+\.\d+\.\d+\)\n$")

    def assert_wrong(self, *arguments):
        done = run(*arguments)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertTrue(done.stderr.startswith("registryd: "), done.stderr)
        self.assertEqual(done.stdout, "")

    def test_wrong_options_are_named(self):
        self.assert_wrong()
        self.assert_wrong("--data")
        self.assert_wrong("--nonsense")
        self.assert_wrong("words")
        self.assert_wrong("--data", "x", "--memory")
        self.assert_wrong("--memory", "--tls-cert", "x")
        self.assert_wrong("--memory", "--log-format", "xml")
        for value in ("0", "-1", "1.5", "x", "", "1x", "99999999999999999999"):
            self.assert_wrong("--memory", "--threads", value)
        self.assert_wrong("--memory", "--idle-timeout", "-1")
        self.assert_wrong("--config", "/nonexistent/file")
        self.assert_wrong("--memory", "--forwarded-header", "x-real-ip")
        for value in ("0", "17", "x", ""):
            self.assert_wrong("--memory", "--forwarded-hops", value)

    def test_what_cannot_be_opened_ends_the_start(self):
        for arguments in (
            ("--listen", "127.0.0.1"),
            ("--listen", "::1:80"),
            ("--listen", "127.0.0.1:99999"),
            ("--listen", "192.0.2.1:0"),
            ("--port-file", "/nonexistent/file"),
            ("--access-log", "/nonexistent/file"),
            ("--tls-cert", "/nonexistent/file", "--tls-key", "/nonexistent/file"),
            ("--mount", "no-slash"),
            ("--base-url", "ftp://x"),
            ("--base-url", "http://[::1"),
            ("--base-url", "http://h:99999"),
            ("--base-url", "http://user@h"),
            ("--mount", "/a/../b"),
            ("--set", "forwarded-header=both"),
            ("--trust-forwarded", "10.0.0.0/33"),
        ):
            with self.subTest(arguments=arguments):
                done = run("--memory", *arguments)
                self.assertEqual(done.returncode, 1)
                self.assertTrue(done.stderr.startswith("registryd: "), done.stderr)

    def test_organization_is_made_once_with_a_token_for_all_of_it(self):
        registries = "/v2/packages/organizations/acme/registries"
        with host.Registryd("--organization", "acme", prepare=False) as server:
            told = re.fullmatch(r"organization acme, token (\S+)\n", server.output())
            self.assertIsNotNone(told, server.output())
            server.token = told[1]
            body = '{"name": "Files", "ecosystem": "files"}'
            with server.connect() as client:
                client.send(f"POST {registries} HTTP/1.1\r\nHost: x\r\n{server.authorization()}"
                            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}")
                self.assertEqual(client.response().status, 200)
            server.stop()
            server.start()
            self.assertEqual(server.get(f"{registries}/files").status, 200)
            self.assertEqual(server.output(), told[0])
        with host.Registryd("--memory", "--organization", "acme", prepare=False) as server:
            self.assertIn("token", server.output())
            self.assertEqual(server.get(registries).status, 401)
        done = run("--memory", "--listen", "127.0.0.1:0", "--organization", "No Slug")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("--organization", done.stderr)

    def test_limits_of_the_library_are_set_by_name(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "registryd.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write("set = target-bytes=20\nset = headers=100\n")
            with host.Registryd("--memory", "--config", path, prepare=False) as server:
                self.assertEqual(server.get("/-/health").status, 200)
                self.assertEqual(server.get("/-/health?0123456789a").status, 414)
            with host.Registryd("--memory", "--config", path, "--set", "headers=100", prepare=False) as server:
                self.assertEqual(server.get("/-/health?0123456789a").status, 200)
        for setting in ("target-bytes", "target-bytes=x", "=1", "nonsense=1", "x" * 100 + "=1"):
            with self.subTest(setting=setting):
                done = run("--memory", "--listen", "127.0.0.1:0", "--set", setting)
                self.assertEqual(done.returncode, 1)
                self.assertTrue(done.stderr.startswith("registryd: "), done.stderr)

    def test_port_that_is_taken_ends_the_start(self):
        with host.Registryd("--memory", prepare=False) as server:
            self.assertEqual(run("--memory", "--listen", f"127.0.0.1:{server.port}").returncode, 1)

    def test_file_gives_options_and_the_command_line_wins(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "registryd.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write("# a comment\n\n  mount = /from-file \nmemory = true\nlisten = 192.0.2.1:1\n")
            with host.Registryd("--memory", "--config", path, prepare=False) as server:
                self.assertEqual(server.get("/from-file/-/health").status, 200)
            with host.Registryd("--memory", "--config", path, "--mount=/other", prepare=False) as server:
                self.assertEqual(server.get("/other/-/health").status, 200)
                self.assertEqual(server.get("/from-file/-/health").status, 404)
            for line in ("nonsense = 1\n", "threads\n", "threads = x\n", f"config = {path}\n"):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(line)
                done = run("--config", path)
                self.assertEqual(done.returncode, 2, line)

    def test_several_addresses(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError:
            self.skipTest("no IPv6 here")
        with host.Registryd("--memory", "--listen", "127.0.0.1:0", listen="[::1]:0", prepare=False) as server:
            with host.Client(socket.create_connection(("::1", server.port))) as client:
                client.send(HEALTH)
                self.assertEqual(client.response().status, 200)

    def test_absolute_base(self):
        with host.Registryd("--base-url", "https://packages.example.com/base") as server:
            package = server.publish("base-1.0.0.txt", b"content").json()
            self.assertTrue(package["url"].startswith("https://packages.example.com/base/v2/"), package["url"])

    def test_forwarded_fields_count_only_from_trusted_peers(self):
        more = "X-Forwarded-Proto: https\r\nX-Forwarded-Host: packages.example.com\r\n"
        believed, not_believed = "https://packages.example.com/", "http://x/"
        cases = {"127.0.0.0/8": believed, "126.0.0.0/7": believed, "127.0.0.1": believed, "0.0.0.0/0": believed}
        cases |= {"10.0.0.0/8": not_believed, "124.0.0.0/7": not_believed, "127.0.0.2": not_believed}
        for network, start in cases.items():
            with host.Registryd("--trust-forwarded", "::1", "--trust-forwarded", network) as server:
                head, form = server.upload_head("forwarded-1.0.0.txt", b"content", more=more)
                with server.connect() as client:
                    client.send(head + form)
                    url = client.response().json()["url"]
                self.assertTrue(url.startswith(start), url)

    def url_behind_a_proxy(self, server, fields):
        """The base of addresses in the answer to a request with these fields."""
        with server.connect() as client:
            client.send(f"GET {host.PACKAGES} HTTP/1.1\r\nHost: x\r\n{server.authorization()}{fields}\r\n")
            return client.response().json()["links"]["self"].split("/v2/")[0]

    def test_one_family_of_forwarded_fields_counts(self):
        x_forwarded = "X-Forwarded-Proto: https\r\nX-Forwarded-Host: x.test\r\nX-Forwarded-Port: 8443\r\n"
        forwarded = 'Forwarded: for=192.0.2.1;proto=https;host="f.test"\r\n'
        for options, both, other in (
            ((), "https://x.test:8443", forwarded),
            (("--forwarded-header", "x-forwarded"), "https://x.test:8443", forwarded),
            (("--forwarded-header", "forwarded"), "https://f.test", x_forwarded),
        ):
            with host.Registryd("--trust-forwarded", "127.0.0.1", *options) as server:
                self.assertEqual(self.url_behind_a_proxy(server, x_forwarded + forwarded), both)
                self.assertEqual(self.url_behind_a_proxy(server, other), "http://x")

    def test_hops_say_which_proxy_counts(self):
        fields = "X-Forwarded-Host: evil.test, outer.test, middle.test\r\nX-Forwarded-For: 1.2.3.4, 192.0.2.1\r\n"
        for hops, name in (("1", "middle.test"), ("2", "outer.test"), ("16", "evil.test")):
            with host.Registryd("--trust-forwarded", "127.0.0.1", "--forwarded-hops", hops) as server:
                self.assertEqual(self.url_behind_a_proxy(server, fields), f"http://{name}")

    def test_mounts_are_compared_once_escapes_are_undone(self):
        with host.Registryd("--mount", "/~me") as server:
            for mount in ("/~me", "/%7Eme", "/%7e%6De"):
                self.assertEqual(server.get(mount + host.PACKAGES).status, 200)
            self.assertEqual(server.get("/~m%2Fe" + host.PACKAGES).status, 404)


class Limits(unittest.TestCase):
    def test_head_has_to_be_complete_in_time(self):
        with host.Registryd("--memory", "--header-timeout", "0.3", prepare=False) as server:
            with server.connect() as client:
                client.send("GET /-/health HTTP/1.1\r\nHo")
                response = client.response()
                self.assertEqual(response.status, 408)
                self.assertIn("header-timeout", response.json()["message"])
                self.assertTrue(client.is_closed())

    def test_head_that_drips_gets_no_more_time(self):
        with host.Registryd("--memory", "--header-timeout", "0.5", prepare=False) as server:
            with server.connect() as client:
                client.socket.settimeout(0.05)
                start = time.monotonic()
                client.send("GET / HTTP/1.1\r\nX: ")
                answer = b""
                while not answer and time.monotonic() - start < host.PATIENCE_S:
                    try:
                        answer = client.socket.recv(100)
                    except TimeoutError:
                        client.send("x")
                self.assertTrue(answer.startswith(b"HTTP/1.1 408"), answer)

    def test_connection_without_a_request_is_closed(self):
        with host.Registryd("--memory", "--header-timeout", "0.3", prepare=False) as server:
            with server.connect() as client:
                self.assertTrue(client.is_closed())

    def test_idle_connection_is_closed(self):
        with host.Registryd("--memory", "--idle-timeout", "0.3", prepare=False) as server:
            with server.connect() as client:
                client.send(HEALTH)
                self.assertEqual(client.response().status, 200)
                self.assertTrue(client.is_closed())

    def test_upload_without_progress_is_ended_and_leaves_nothing(self):
        with host.Registryd("--body-timeout", "0.3") as server:
            head, form = server.upload_head("stuck-1.0.0.bin", b"x" * 10000)
            with server.connect() as client:
                client.send(head + form[:5000])
                response = client.response()
                self.assertEqual(response.status, 408)
                self.assertIn("body-timeout", response.json()["message"])
            self.assertEqual(server.get(server.file_path("stuck-1.0.0.bin")).status, 404)

    def test_upload_with_progress_may_take_longer_than_the_limit(self):
        with host.Registryd("--body-timeout", "1") as server:
            head, form = server.upload_head("drip-1.0.0.bin", b"x" * 1000)
            with server.connect() as client:
                client.send(head)
                for i in range(8):
                    time.sleep(0.25)
                    client.send(form[i : i + 1])
                client.send(form[8:])
                self.assertEqual(client.response().status // 100, 2)

    def test_download_with_progress_may_take_longer_than_the_limit(self):
        with host.Registryd("--body-timeout", "1") as server:
            body = bytes(range(256)) * 80000
            server.publish("sip-1.0.0.bin", body)
            with server.connect() as client:
                path = server.file_path("sip-1.0.0.bin")
                client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n{server.authorization()}\r\n")
                client.read_until(b"\r\n\r\n")
                got = b""
                for _ in range(8):
                    time.sleep(0.25)
                    got += client.read_exactly(len(body) // 10)
                self.assertEqual(got + client.read_exactly(len(body) - len(got)), body)

    def test_download_that_nobody_reads_is_ended(self):
        with host.Registryd("--body-timeout", "0.3") as server:
            server.publish("unread-1.0.0.bin", b"x" * 30000000)
            with server.connect() as client:
                client.send(
                    f"GET {server.file_path('unread-1.0.0.bin')} HTTP/1.1\r\nHost: x\r\n{server.authorization()}\r\n"
                )
                host.wait_until(lambda: self.is_alone(server), "the end of the other connection")

    @staticmethod
    def is_alone(server):
        """Returns whether the server has no connection other than this one: it has as many descriptors as when idle."""
        links = os.listdir(f"/proc/{server.process.pid}/fd")
        sockets = 0
        for link in links:
            try:
                sockets += os.readlink(f"/proc/{server.process.pid}/fd/{link}").startswith("socket:")
            except OSError:
                pass
        return sockets == 1

    @staticmethod
    def status_of(server):
        with server.connect() as client:
            client.send(HEALTH)
            return client.response().status

    def test_many_more_connections_than_the_limit_do_no_harm(self):
        with host.Registryd("--memory", "--max-connections", "2", "--header-timeout", "0.5", prepare=False) as server:
            clients = [server.connect() for _ in range(200)]
            for client in clients:
                client.socket.close()
            host.wait_until(lambda: self.status_of(server) == 200, "service after the rush")

    def test_slow_uploads_do_not_hold_up_others(self):
        with host.Registryd("--workers", "1", "--threads", "1") as server:
            slow = []
            for i in range(20):
                head, form = server.upload_head(f"slow-1.0.{i}.bin", b"x" * 1000)
                client = server.connect()
                client.send(head + form[:500])
                slow.append((client, form))
            self.assertEqual(server.publish("quick-1.0.0.bin", b"content").status // 100, 2)
            for client, form in slow:
                client.send(form[500:])
                self.assertEqual(client.response().status // 100, 2)
                client.socket.close()


class Readiness(unittest.TestCase):
    def test_a_lost_database_is_noticed(self):
        with host.Registryd() as server:
            self.assertEqual(json.loads(server.get("/-/ready").body), {"status": "ready", "version": "0.1.0"})
            self.assertEqual(server.get("/-/ready/changes").status, 200)
            database = os.path.join(server.data, "registry.db")
            os.rename(database, database + ".gone")
            for content in (None, b""):
                if content is not None:
                    with open(database, "wb") as file:
                        file.write(content)
                for path in ("/-/ready", "/-/ready/changes"):
                    response = server.get(path)
                    self.assertEqual((response.status, json.loads(response.body)["code"]), (503, "database_lost"))
                self.assertEqual(server.get("/-/health").status, 200)
            os.rename(database + ".gone", database)
            self.assertEqual(server.get("/-/ready").status, 200)


class Logs(unittest.TestCase):
    def lines(self, path, count):
        def read():
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
            return lines if len(lines) >= count else None

        return host.wait_until(read, f"{count} lines in {path}")

    def test_text(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "access")
            with host.Registryd("--memory", "--access-log", path, prepare=False) as server:
                server.get("/-/health?a=%22b", 'User-Agent: a "quoted" one\\\r\n')
                line = self.lines(path, 1)[0]
            self.assertRegex(
                line,
                r'^127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET /-/health\?a=%22b HTTP/1\.1" 200 15'
                r' "-" "a \\x22quoted\\x22 one\\x5c" \d+\.\d{6} [0-9a-f]{16}$',
            )

    def test_json(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "access")
            with host.Registryd("--access-log", path, "--log-format", "json") as server:
                # A line is written after its response: threads would change the order.
                server.publish("log-1.0.0.bin", b"x" * 1000)
                self.lines(path, 1)
                agent = 'ag"ent\\ \xff'
                server.get("/nothing", f"User-Agent: {agent}\r\n")
                self.lines(path, 2)
                with server.connect() as client:
                    client.send("nonsense\r\n\r\n")
                    client.response()
                lines = [json.loads(line) for line in self.lines(path, 3)]
            self.assertEqual([line["status"] for line in lines], [200, 404, 400])
            self.assertGreater(lines[0]["received_bytes"], 1000)
            self.assertEqual((lines[1]["method"], lines[1]["target"]), ("GET", "/nothing"))
            self.assertTrue(lines[1]["user_agent"].startswith('ag"ent\\ '))
            self.assertEqual(lines[2]["method"], "")

    def test_tokens_are_not_in_it(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "access")
            with host.Registryd("--access-log", path, "--log-format", "json") as server:
                server.publish("secret-1.0.0.bin", b"content")
                self.assertNotIn(server.token, self.lines(path, 1)[0])
                self.assertNotIn(server.token, server.errors())

    def test_levels_of_the_library(self):
        """What each level shows, and that no level shows a secret or the query of a target."""
        said = {}
        for level in ("warning", "info", "debug"):
            with host.Registryd("--set", "package-bytes=1000", "--max-connections", "100", log_level=level) as server:
                server.publish("log-1.0.0.bin", b"content")
                self.assertEqual(server.get(f"{server.file_path('log-1.0.0.bin')}?key=inquery").status, 200)
                self.assertEqual(server.publish("large-1.0.0.bin", b"x" * 2000).status, 413)
                secrets = [server.token]
                server.token = server.token[:-1] + ("x" if server.token[-1] != "x" else "y")
                self.assertEqual(server.get(host.PACKAGES).status, 401)
                secrets.append(server.token)
                server.stop()
                said[level] = server.errors()
                for secret in (*secrets, "inquery"):
                    self.assertNotIn(secret, said[level])
                self.assertEqual(said[level].count("registryd: "), len(said[level].splitlines()))
        self.assertEqual(len(said["warning"].splitlines()), 1)  # where it listens
        for pattern in (r"info: opened /\S+: instance \S+, storage local$", r"info: closing /\S+$",
                        r"info: \d+ threads, \d+ workers, at most 100 connections, \d+ of one peer$",
                        r"info: stopping: running requests have \d+ ms to finish$",
                        r"info: request [0-9a-f]{16}: POST /v2/packages/\S+: \S+: .*1000"):
            for level in ("info", "debug"):
                self.assertRegex(said[level], re.compile(f"^registryd: {pattern}", re.M))
        self.assertNotIn("debug: ", said["info"])
        for pattern in (r"POST /v2/packages/\S+ by API token \S+, route \S+, status 200, \d+ bytes in, \d+ out, ",
                        r"GET /\S+/log-1\.0\.0\.bin by API token \S+, route \S+, status 200, 0 bytes in, 7 out, \d+ ms",
                        r"GET /v2/packages/\S+ by anonymous, route \S+, status 401, "):
            self.assertRegex(said["debug"], re.compile(f"^registryd: debug: request [0-9a-f]{{16}}: {pattern}", re.M))

    def test_what_the_host_refuses_is_logged(self):
        with host.Registryd("--memory", prepare=False, log_level="info") as server:
            with server.connect() as client:
                client.send("nonsense\r\n\r\n")
                self.assertEqual(client.response().status, 400)
            host.wait_until(lambda: "info: refused a request of 127.0.0.1 with 400: " in server.errors(), "the line")

    def test_file_is_opened_again_on_a_signal(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "access")
            with host.Registryd("--memory", "--access-log", path, prepare=False) as server:
                server.get("/-/health")
                self.lines(path, 1)
                os.rename(path, path + ".1")
                server.process.send_signal(signal.SIGHUP)
                host.wait_until(lambda: os.path.exists(path), "the new file")
                server.get("/-/health")
                self.assertEqual(len(self.lines(path, 1)), 1)

    def test_client_that_went_away_is_logged(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "access")
            with host.Registryd("--access-log", path, "--log-format", "json") as server:
                head, form = server.upload_head("gone-1.0.0.bin", b"x" * 100000)
                with server.connect() as client:
                    client.send(head + form[:1000])
                    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                self.assertEqual(json.loads(self.lines(path, 1)[0])["status"], 499)


class End(unittest.TestCase):
    def test_running_upload_is_finished_and_idle_connections_end(self):
        server = host.Registryd()
        with server.connect() as idle, server.connect() as busy:
            idle.send(HEALTH)
            idle.response()
            head, form = server.upload_head("last-1.0.0.bin", b"x" * 100000, more="Expect: 100-continue\r\n")
            busy.send(head)
            self.assertEqual(busy.response().status, 100)
            server.process.send_signal(signal.SIGTERM)
            self.assertTrue(idle.is_closed())
            with self.assertRaises(OSError):
                server.connect()
            busy.send(form)
            response = busy.response()
            self.assertEqual((response.status // 100, response.headers["connection"]), (2, "close"))
            self.assertTrue(busy.is_closed())
        self.assertEqual(server.process.wait(host.PATIENCE_S), 0, server.errors())
        server.start()
        self.assertEqual(server.get(server.file_path("last-1.0.0.bin")).body, b"x" * 100000)
        server.close()

    def begin_upload(self, server):
        head, form = server.upload_head("never-1.0.0.bin", b"x" * 100000, more="Expect: 100-continue\r\n")
        client = server.connect()
        client.send(head)
        self.assertEqual(client.response().status, 100)
        client.send(form[:1000])
        return client

    def test_time_limit_ends_what_does_not_end(self):
        with host.Registryd("--shutdown-timeout", "0.3") as server:
            with self.begin_upload(server) as client:
                self.assertEqual(server.stop(), 0)
                self.assertTrue(client.is_closed())

    def test_time_limit_ends_an_upload_that_never_pauses(self):
        """Chunks of one byte are sent faster than they are read, so there is always more input."""
        with host.Registryd("--shutdown-timeout", "0.3") as server:
            head, form = server.upload_head("endless-1.0.0.bin", b"", "Transfer-Encoding: chunked")
            beginning = form[: form.rindex(b"\r\n--")]
            ended = threading.Event()

            def send(client):
                try:
                    client.send(head + b"%x\r\n%s\r\n" % (len(beginning), beginning))
                    while not ended.is_set():
                        client.send(b"1\r\nx\r\n" * 200000)
                except OSError:
                    pass

            with server.connect() as client:
                sender = threading.Thread(target=send, args=(client,))
                sender.start()
                try:
                    staging = os.path.join(server.data, "staging")
                    host.wait_until(lambda: self.staged_bytes(staging) > 1 << 20, "the upload")
                    server.process.send_signal(signal.SIGTERM)
                    server.process.wait(host.PATIENCE_S)
                finally:
                    ended.set()
                    sender.join()
            self.assertEqual(server.stop(), 0)

    @staticmethod
    def staged_bytes(staging):
        return sum(entry.stat().st_size for entry in os.scandir(staging))

    def test_second_signal_ends_at_once(self):
        with host.Registryd() as server:
            with self.begin_upload(server) as client, server.connect() as idle:
                idle.send(HEALTH)
                idle.response()
                server.process.send_signal(signal.SIGINT)
                self.assertTrue(idle.is_closed())  # it has seen the first
                self.assertEqual(server.stop(signal.SIGINT), 0)
                self.assertTrue(client.is_closed())

    def test_nothing_is_lost_by_a_restart(self):
        with host.Registryd() as server:
            server.publish("kept-1.0.0.txt", b"content")
            self.assertEqual(server.stop(), 0)
            server.start()
            self.assertEqual(server.get(server.file_path("kept-1.0.0.txt")).body, b"content")


if __name__ == "__main__":
    host.main()
