#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Labels: threaded
"""registry.fcgi without a web server: the protocol, and clients that trickle, do not read, or connect in hundreds,
while others are served."""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

import host

host.skip_without_programs()

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, GET_VALUES, GET_VALUES_RESULT, UNKNOWN = 1, 2, 3, 4, 5, 6, 9, 10, 11
FILE = f"/{host.ORGANIZATION}/{host.REGISTRY}/files/"
LARGE = 8000000
LONG_UPLOADS, BLOBS, SHORT_UPLOADS = 16, 100, 8


def record(kind, content=b"", number=1, padding=0):
    head = bytes((1, kind)) + number.to_bytes(2, "big") + len(content).to_bytes(2, "big") + bytes((padding, 0))
    return head + content + b"p" * padding


def variables(pairs):
    text = b""
    for name, value in pairs.items():
        name, value = name.encode(), value.encode()
        for part in (name, value):
            text += bytes((len(part),)) if len(part) < 128 else (len(part) | 1 << 31).to_bytes(4, "big")
        text += name + value
    return text


class Connection:
    """A connection to registry.fcgi."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(host.PATIENCE_S)
        self.socket.connect(path)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *records):
        self.socket.sendall(b"".join(records))

    def begin(self, pairs, keeps=False, number=1, role=1):
        params = variables(pairs)
        self.send(record(BEGIN, bytes((0, role, keeps)) + bytes(5), number), record(PARAMS, params, number),
                  record(PARAMS, b"", number))

    def read(self, length):
        while len(self.buffer) < length:
            got = self.socket.recv(65536)
            if not got:
                raise ConnectionError(f"the connection ended after {self.buffer!r}")
            self.buffer += got
        taken, self.buffer = self.buffer[:length], self.buffer[length:]
        return taken

    def record(self):
        """Type, request and content of the next record."""
        head = self.read(8)
        content = self.read(int.from_bytes(head[4:6], "big"))
        self.read(head[6])
        return head[1], int.from_bytes(head[2:4], "big"), content

    def response(self):
        """The response to the current request, up to its end."""
        text = b""
        while True:
            kind, _, content = self.record()
            if kind == END:
                assert content == bytes(8), content
                break
            assert kind == STDOUT, kind
            text += content
        head, body = text.split(b"\r\n\r\n", 1)
        headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n"))
        return host.Response(int(headers["Status"].split()[0]), {k.lower(): v for k, v in headers.items()}, body)

    def is_closed(self):
        try:
            return not self.buffer and self.socket.recv(1) == b""
        except ConnectionError:
            return True


class Program:
    """registry.fcgi with a data directory of its own."""

    def __init__(self, *, wrapper=(), **settings):
        self.folder = tempfile.mkdtemp(prefix="lreg-fcgi-")
        self.data = os.path.join(self.folder, "data")
        self.path = os.path.join(self.folder, "socket")
        try:
            self.prepare()
            config = os.path.join(self.folder, "config")
            with open(config, "w", encoding="utf-8") as file:
                file.write("durable = false\n")
            environment = dict(os.environ, REGISTRY_DATA=self.data, REGISTRY_CONFIG=config,
                               **{f"REGISTRY_{k}": v for k, v in settings.items()})
            with open(os.path.join(self.folder, "stderr"), "ab") as errors:
                self.process = subprocess.Popen([*wrapper, host.program("registry.fcgi"), self.path], env=environment,
                                                stdin=subprocess.DEVNULL, stderr=errors)
            host.wait_until(self.listens, "the socket")
        except BaseException:
            shutil.rmtree(self.folder)
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(host.PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            errors = self.errors()
            shutil.rmtree(self.folder)
        if kind is None and status != 0:
            raise AssertionError(f"registry.fcgi ended with {status}: {errors}")

    def ctl(self, *arguments):
        """Runs registryctl; gives what it says."""
        done = subprocess.run([host.program("registryctl"), "--data", self.data, *arguments], check=True,
                              capture_output=True, text=True)
        return done.stdout

    def make_token(self, organization):
        words = self.ctl("token", "create", organization, "--scopes", "read_packages,write_packages").split()
        return next(word for word in words if word.startswith("lrg"))

    def prepare(self):
        large = os.path.join(self.folder, "large-1.0.0.bin")
        with open(large, "wb") as file:
            file.write(b"x" * LARGE)
        self.ctl("organization", "create", host.ORGANIZATION)
        self.ctl("registry", "create", host.ORGANIZATION, host.REGISTRY, "--ecosystem", "files", "--public")
        self.ctl("publish", host.ORGANIZATION, host.REGISTRY, large)
        self.token = self.make_token(host.ORGANIZATION)

    def listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"registry.fcgi ended: {self.errors()}")
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self.path) == 0

    def errors(self):
        with open(os.path.join(self.folder, "stderr"), encoding="utf-8") as file:
            return file.read()

    def connect(self):
        return Connection(self.path)

    def pairs(self, method, path, peer="192.0.2.1", **more):
        return {"REQUEST_METHOD": method, "REQUEST_URI": path, "HTTP_HOST": "h", "REMOTE_ADDR": peer, **more}

    def upload(self, name, content=b"x" * 1000, *, path=host.PACKAGES, token=None, **more):
        """The variables of an upload, and its body."""
        form = (f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n').encode()
        form += content + b"\r\n--b--\r\n"
        return self.pairs("POST", path, CONTENT_TYPE="multipart/form-data; boundary=b", CONTENT_LENGTH=str(len(form)),
                          HTTP_AUTHORIZATION=f"Bearer {token or self.token}", **more), form

    def get(self, path="/-/health", **more):
        with self.connect() as client:
            client.begin(self.pairs("GET", path, **more))
            client.send(record(STDIN))
            return client.response()

    def staged(self):
        return os.listdir(os.path.join(self.data, "staging"))


def trickle(client, piece, step_s=0.02):
    """Sends one piece at a time until there is an answer; returns the response."""
    client.socket.settimeout(step_s)
    for _ in range(int(host.PATIENCE_S / step_s)):
        try:
            client.buffer = client.socket.recv(65536)
        except TimeoutError:
            client.send(piece)
            continue
        client.socket.settimeout(host.PATIENCE_S)
        return client.response()
    raise AssertionError("the program goes on waiting for a client that trickles")


class Protocol(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.program = stack.enter_context(Program(THREADS="2"))
        cls.addClassCleanup(stack.close)

    def test_requests_on_a_connection_that_is_kept(self):
        with self.program.connect() as client:
            for number in (1, 2, 65535):
                client.begin(self.program.pairs("GET", "/-/health"), keeps=True, number=number)
                client.send(record(STDIN, b"", number))
                self.assertEqual(client.response().status, 200)

    def test_connection_that_is_not_kept_ends(self):
        with self.program.connect() as client:
            client.begin(self.program.pairs("GET", "/-/health"))
            client.send(record(STDIN))
            self.assertEqual(client.response().body, b'{"status":"ok"}')
            self.assertTrue(client.is_closed())

    def test_records_byte_by_byte(self):
        pairs, form = self.program.upload("bytes-1.0.0.bin", b"content")
        params = variables(pairs)
        text = record(BEGIN, bytes((0, 1, 1)) + bytes(5), padding=3)
        text += b"".join(record(PARAMS, params[i : i + 7], padding=i % 5) for i in range(0, len(params), 7))
        text += record(PARAMS, padding=2) + record(STDIN, form[:20], padding=7) + record(STDIN, form[20:])
        text += record(STDIN)
        with self.program.connect() as client:
            for i in range(len(text)):
                client.send(text[i : i + 1])
            self.assertEqual(client.response().status, 200)
        self.assertEqual(self.program.get(FILE + "bytes-1.0.0.bin").body, b"content")

    def test_large_bodies_in_both_directions(self):
        content = bytes(range(256)) * 20000
        pairs, form = self.program.upload("both-1.0.0.bin", content)
        with self.program.connect() as client:
            client.begin(pairs)
            for i in range(0, len(form), 65535):
                client.send(record(STDIN, form[i : i + 65535]))
            client.send(record(STDIN))
            self.assertEqual(client.response().status, 200)
        self.assertEqual(self.program.get(FILE + "both-1.0.0.bin").body, content)

    def test_second_request_on_a_busy_connection_is_refused(self):
        pairs, form = self.program.upload("busy-1.0.0.bin")
        with self.program.connect() as client:
            client.begin(pairs)
            client.begin(self.program.pairs("GET", "/-/health"), number=2)
            self.assertEqual(client.record(), (END, 2, bytes((0, 0, 0, 0, 1, 0, 0, 0))))
            client.send(record(STDIN, form), record(STDIN))
            self.assertEqual(client.response().status, 200)

    def test_other_roles_are_refused(self):
        with self.program.connect() as client:
            client.begin(self.program.pairs("GET", "/-/health"), role=3)
            self.assertEqual(client.record(), (END, 1, bytes((0, 0, 0, 0, 3, 0, 0, 0))))

    def test_questions_about_the_program(self):
        with self.program.connect() as client:
            client.send(record(GET_VALUES, b"\x0f\x00FCGI_MPXS_CONNS", 0))
            self.assertEqual(client.record(), (GET_VALUES_RESULT, 0, b"\x0f\x01FCGI_MPXS_CONNS0"))
            client.send(record(77, b"x", 0))
            self.assertEqual(client.record(), (UNKNOWN, 0, bytes((77, 0, 0, 0, 0, 0, 0, 0))))

    def test_what_is_no_fastcgi_ends_the_connection(self):
        begin = record(BEGIN, bytes((0, 1, 0)) + bytes(5))
        for text in (b"GET / HTTP/1.1\r\n\r\n", b"\x02" * 8, record(BEGIN, b"abc"), record(BEGIN),
                     begin + record(PARAMS, b"\x05") + record(PARAMS)):
            with self.subTest(text=text), self.program.connect() as client:
                client.send(text)
                self.assertTrue(client.is_closed())

    def test_head_that_is_too_large(self):
        with self.program.connect() as client:
            client.send(record(BEGIN, bytes((0, 1, 0)) + bytes(5)), *[record(PARAMS, b"x" * 60000)] * 3)
            self.assertEqual(client.response().status, 431)

    def test_aborted_and_broken_uploads_leave_nothing(self):
        for last in ([record(ABORT)], []):
            pairs, form = self.program.upload("aborted-1.0.0.bin", b"x" * 100000)
            with self.program.connect() as client:
                client.begin(pairs)
                client.send(record(STDIN, form[:60000]))
                host.wait_until(self.program.staged, "the upload to begin")
                client.send(*last)
                if last:
                    self.assertTrue(client.is_closed())
            host.wait_until(lambda: not self.program.staged(), "the upload to end")
        self.assertEqual(self.program.get(FILE + "aborted-1.0.0.bin").status, 404)

    def test_stray_records_are_skipped(self):
        with self.program.connect() as client:
            client.send(record(STDIN, b"x", 9), record(PARAMS, b"x", 9), record(99, b"x", 9), record(ABORT, b"", 9))
            client.begin(self.program.pairs("GET", "/-/health"))
            client.send(record(STDIN, b"x", 9), record(STDIN))
            self.assertEqual(client.response().status, 200)


class Fairness(unittest.TestCase):
    def open(self, program, count):
        clients = [program.connect() for _ in range(count)]
        for client in clients:
            self.addCleanup(client.socket.close)
        return clients

    def test_refused_bodies_that_trickle_stop_nobody(self):
        with Program(THREADS="2") as program:
            clients = self.open(program, 40)
            for i, client in enumerate(clients):
                client.begin(program.pairs("POST", host.PACKAGES, f"10.0.0.{i}", CONTENT_LENGTH="100000"))
                client.send(record(STDIN, b"x"))
            for client in clients:  # although nothing more arrives
                self.assertEqual(client.response().status, 401)
            self.assertEqual(program.get().status, 200)
            for client in clients:
                client.socket.close()

    def test_refused_body_is_given_up(self):
        with Program(REFUSED_TIMEOUT="0.3") as program, program.connect() as client:
            client.begin(program.pairs("POST", host.PACKAGES, CONTENT_LENGTH="100000"))
            self.assertEqual(client.response().status, 401)
            with self.assertRaises(ConnectionError):
                while True:
                    client.send(record(STDIN, b"x"))

    def test_refused_body_without_an_end_is_given_up(self):
        with Program(REFUSED_TIMEOUT="3600") as program, program.connect() as client:
            client.begin(program.pairs("POST", host.PACKAGES, HTTP_TRANSFER_ENCODING="chunked"))
            with self.assertRaises(ConnectionError):
                for _ in range(2000):
                    client.send(record(STDIN, b"x" * 65535))

    def test_response_to_a_refused_body_is_not_lost(self):
        """For a web server that reads only after it has sent everything."""
        with Program() as program, program.connect() as client:
            client.begin(program.pairs("POST", host.PACKAGES, HTTP_TRANSFER_ENCODING="chunked"))
            client.send(*[record(STDIN, b"x" * 65535)] * 50, record(STDIN))
            self.assertEqual(client.response().status, 401)

    def test_uploads_that_stand_still_need_no_thread(self):
        with Program(THREADS="2") as program:
            clients = self.open(program, 40)
            forms = []
            for i, client in enumerate(clients):
                pairs, form = program.upload(f"still-1.0.{i}.bin")
                forms.append(form)
                client.begin(pairs)
                client.send(record(STDIN, form[:500]))
            host.wait_until(lambda: len(program.staged()) == 40, "all uploads to begin")
            self.assertEqual(program.get().status, 200)
            for client, form in zip(clients, forms):
                client.send(record(STDIN, form[500:]), record(STDIN))
                self.assertEqual(client.response().status, 200)

    def test_downloads_that_nobody_reads_need_no_thread(self):
        with Program(THREADS="2") as program:
            clients = self.open(program, 20)
            for client in clients:
                client.begin(program.pairs("GET", FILE + "large-1.0.0.bin"))
                client.send(record(STDIN))
                client.read(8)
            self.assertEqual(program.get().status, 200)
            for client in clients:
                client.socket.close()

    def test_upload_that_trickles_is_ended_and_leaves_nothing(self):
        with Program(MIN_RATE="10000", RATE_WINDOW="0.3") as program, program.connect() as client:
            pairs, form = program.upload("trickle-1.0.0.bin", b"x" * 100000)
            client.begin(pairs)
            client.send(record(STDIN, form[:1000]))
            response = trickle(client, record(STDIN, b"x"))
            self.assertEqual(response.status, 408)
            self.assertIn("REGISTRY_MIN_RATE", response.json()["message"])
            host.wait_until(lambda: not program.staged(), "the upload to be removed")

    def test_upload_that_stands_still_is_ended(self):
        with Program(BODY_TIMEOUT="0.3") as program, program.connect() as client:
            pairs, form = program.upload("silent-1.0.0.bin")
            client.begin(pairs)
            client.send(record(STDIN, form[:500]))
            response = client.response()
            self.assertEqual(response.status, 408)
            self.assertIn("REGISTRY_BODY_TIMEOUT", response.json()["message"])

    def test_download_that_nobody_reads_is_ended(self):
        with Program(BODY_TIMEOUT="0.3") as program, program.connect() as client:
            client.begin(program.pairs("GET", FILE + "large-1.0.0.bin"))
            client.send(record(STDIN))
            client.read(8)
            sockets = f"/proc/{program.process.pid}/fd"
            host.wait_until(lambda: count_sockets(sockets) == 1, "the end of the connection")

    def test_peer_has_a_share(self):
        with Program(REQUESTS_PER_PEER="2", REQUESTS="8") as program:
            clients = self.open(program, 2)
            forms = []
            for i, (client, peer) in enumerate(zip(clients, ("2001:db8::1", "2001:db8::ffff:1"))):
                pairs, form = program.upload(f"share-1.0.{i}.bin", peer=peer)
                forms.append(form)
                client.begin(pairs)
                client.send(record(STDIN, form[:500]))
            host.wait_until(lambda: len(program.staged()) == 2, "both uploads to begin")
            refusal = program.get(peer="2001:db8::2")
            self.assertEqual((refusal.status, refusal.headers["retry-after"]), (429, "5"))
            for other in ("2001:db8:0:1::1", "192.0.2.1", "unix:", ""):
                self.assertEqual(program.get(peer=other).status, 200)
            for client, form in zip(clients, forms):
                client.send(record(STDIN, form[500:]), record(STDIN))
                self.assertEqual(client.response().status, 200)
            host.wait_until(lambda: program.get(peer="2001:db8::2").status == 200, "the share to be given back")

    def test_too_many_requests(self):
        with Program(REQUESTS="2", REQUESTS_PER_PEER="99") as program:
            clients = self.open(program, 2)
            for i, client in enumerate(clients):
                pairs, form = program.upload(f"full-1.0.{i}.bin")
                client.begin(pairs)
                client.send(record(STDIN, form[:500]))
            host.wait_until(lambda: len(program.staged()) == 2, "both uploads to begin")
            refusal = program.get()
            self.assertEqual((refusal.status, refusal.headers["retry-after"]), (503, "5"))
            clients[0].socket.close()
            host.wait_until(lambda: program.get().status == 200, "room for another request")
            clients[1].socket.close()

    def test_idle_connections_make_room(self):
        """More of them than the program can hold in total."""
        with Program(REQUESTS="3") as program:
            for _ in range(100):
                host.wait_until(lambda: self.ask_and_keep(program) == 200, "room for a request")

    def ask_and_keep(self, program):
        """The status; None if the program closed the connection in favor of another before it read the request."""
        client = program.connect()
        self.addCleanup(client.socket.close)
        try:
            client.begin(program.pairs("GET", "/-/health"), keeps=True)
            client.send(record(STDIN))
            return client.response().status
        except ConnectionError:
            return None

    def test_idle_connections_go_when_there_is_no_descriptor(self):
        wrapper = ("sh", "-c", 'ulimit -n 60; exec "$@"', "sh")
        with Program(wrapper=wrapper, THREADS="2") as program:
            clients = self.open(program, 100)
            self.assertEqual(program.get().status, 200)
            for client in clients:
                client.socket.close()
            self.assertLessEqual(program.errors().count("cannot accept"), 1)


def count_sockets(folder):
    count = 0
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            count += os.readlink(os.path.join(folder, name)).startswith("socket:")
    return count


class Turns(unittest.TestCase):
    """Threads are shared among organizations, turn by turn, also behind one address."""

    def test_organization_does_not_wait_for_the_long_work_of_another(self):
        images, other = "my-images", "other-organization"
        with Program(THREADS="2") as program, contextlib.ExitStack() as stack:
            program.ctl("registry", "create", host.ORGANIZATION, images, "--ecosystem", "container")
            program.ctl("organization", "create", other)
            program.ctl("registry", "create", other, "files", "--ecosystem", "files")
            token = program.make_token(other)
            statuses = []

            def upload(client, number):
                pairs, form = program.upload("x.tar", host.archive_of_blobs(number, BLOBS),
                                             path=host.PACKAGES.replace(host.REGISTRY, images))
                client.begin(pairs)
                for i in range(0, len(form), 60000):
                    client.send(record(STDIN, form[i : i + 60000]))
                client.send(record(STDIN))
                statuses.append(client.response().status)

            clients = [stack.enter_context(program.connect()) for _ in range(LONG_UPLOADS)]
            threads = [threading.Thread(target=upload, args=(client, i)) for i, client in enumerate(clients)]
            for thread in threads:
                thread.start()
            host.wait_until(lambda: host.count_blobs(program.data) > LONG_UPLOADS, "the uploads to be at work")
            path = host.PACKAGES.replace(host.ORGANIZATION, other).replace(host.REGISTRY, "files")
            for number in range(SHORT_UPLOADS):
                pairs, form = program.upload(f"short-1.0.{number}.bin", path=path, token=token)
                with program.connect() as client:
                    client.begin(pairs)
                    client.send(record(STDIN, form), record(STDIN))
                    self.assertEqual(client.response().status, 200)
            ended = len(statuses)
            for thread in threads:
                thread.join()
            self.assertEqual(statuses, [422] * LONG_UPLOADS)
            self.assertLessEqual(ended, LONG_UPLOADS // 4)


class End(unittest.TestCase):
    def test_end_waits_for_requests_and_not_for_idle_connections(self):
        with Program() as program:
            idle, busy = program.connect(), program.connect()
            with idle, busy:
                idle.begin(program.pairs("GET", "/-/health"), keeps=True)
                idle.send(record(STDIN))
                self.assertEqual(idle.response().status, 200)
                pairs, form = program.upload("last-1.0.0.bin")
                busy.begin(pairs, keeps=True)
                busy.send(record(STDIN, form[:500]))
                host.wait_until(program.staged, "the upload to begin")
                program.process.send_signal(signal.SIGTERM)
                self.assertTrue(idle.is_closed())
                busy.send(record(STDIN, form[500:]), record(STDIN))
                self.assertEqual(busy.response().status, 200)
                self.assertTrue(busy.is_closed())
            self.assertEqual(program.process.wait(host.PATIENCE_S), 0)

    def test_wrong_settings_are_named(self):
        for name, value in (("THREADS", "0"), ("THREADS", "x"), ("REQUESTS", "-1"), ("MIN_RATE", "1e3"),
                            ("RATE_WINDOW", ""), ("REFUSED_TIMEOUT", "0")):
            with self.subTest(name=name, value=value):
                environment = dict(os.environ, REGISTRY_DATA="/nonexistent", **{f"REGISTRY_{name}": value})
                done = subprocess.run([host.program("registry.fcgi"), ":0"], env=environment, capture_output=True,
                                      text=True, timeout=host.PATIENCE_S, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"REGISTRY_{name}", done.stderr)

    def test_what_it_cannot_listen_on_is_named(self):
        for where in ("/nonexistent/socket", "x" * 200, ":99999", "nowhere.invalid:0"):
            with self.subTest(where=where):
                environment = dict(os.environ, REGISTRY_DATA="/nonexistent")
                done = subprocess.run([host.program("registry.fcgi"), where], env=environment, capture_output=True,
                                      text=True, timeout=host.PATIENCE_S, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn(where, done.stderr)


if __name__ == "__main__":
    host.main()
