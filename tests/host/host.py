# SPDX-License-Identifier: Apache-2.0
"""Shared by the tests of the programs: a registryd with a data directory of its own, and sockets to it."""
import contextlib
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

BIN = os.environ.get("LREG_BIN", "build/release/bin")
# Sanitizers and busy machines are slow: no test expects anything in less time.
PATIENCE_S = int(os.environ.get("LREG_PATIENCE_S", "60"))
ORGANIZATION, REGISTRY = "my-organization", "my-files"
PACKAGES = f"/v2/packages/organizations/{ORGANIZATION}/registries/{REGISTRY}/packages"


def program(name):
    return os.path.join(BIN, name)


def skip_without_programs():
    for name in ("registryd", "registryctl"):
        if not os.path.exists(program(name)):
            print(f"skipped: {name} is not built")
            sys.exit(77)


def wait_until(condition, what):
    """Polls; for conditions without an event to wait for."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited in vain: {what}")


class Registryd:
    """A running server, its data directory, and the command line tool for it."""

    mount = ""  # path of the registry in the server

    def __init__(self, *options, folder=None, data=None, listen="127.0.0.1:0", prepare=True, log_level="warning",
                 wrapper=()):
        self.own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="registryd-test-")
        self.data = data or os.path.join(self.folder, "data")
        self.listen, self.options = listen, list(options)
        self.log_level = log_level
        self.wrapper = wrapper  # a command that runs the server
        self.process = None
        self.port = None
        self.token = None
        try:
            if prepare:
                self.prepare()
            self.start()
        except BaseException:
            self.close(check=False)
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close(check=kind is None)

    def prepare(self):
        self.ctl("init")
        self.ctl("organization", "create", ORGANIZATION)
        self.ctl("registry", "create", ORGANIZATION, REGISTRY, "--ecosystem", "files")
        self.token = self.make_token("read_packages,write_packages,delete_packages")

    def ctl(self, *arguments):
        """Runs registryctl with --json; returns its parsed output."""
        done = subprocess.run(
            [program("registryctl"), "--data", self.data, *arguments, "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"registryctl {' '.join(arguments)}: {done.stderr.decode()}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def make_token(self, scopes):
        return self.ctl("token", "create", ORGANIZATION, "--scopes", scopes)["token"]

    def start(self):
        port_file = os.path.join(self.folder, "port")
        if os.path.exists(port_file):
            os.unlink(port_file)
        with open(os.path.join(self.folder, "stderr"), "ab") as errors, \
                open(os.path.join(self.folder, "stdout"), "ab") as output:
            where = [] if "--memory" in self.options else ["--data", self.data]
            self.process = subprocess.Popen(
                [
                    *self.wrapper,
                    program("registryd"),
                    *where,
                    "--listen",
                    self.listen,
                    "--port-file",
                    port_file,
                    "--log-level",
                    self.log_level,
                    *self.options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )
        wait_until(lambda: os.path.exists(port_file) or self.process.poll() is not None, "the port file")
        if self.process.poll() is not None:
            raise AssertionError(f"registryd ended: {self.errors()}")
        with open(port_file, encoding="ascii") as file:
            self.port = int(file.read())

    def output(self):
        with open(os.path.join(self.folder, "stdout"), encoding="utf-8") as file:
            return file.read()

    def errors(self):
        with open(os.path.join(self.folder, "stderr"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self, how=signal.SIGTERM):
        """Stops the server; returns its exit status."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        status = self.process.wait(PATIENCE_S)
        self.process = None
        return status

    def close(self, check=True):
        try:
            if self.process is not None and self.process.poll() is not None:
                status = self.process.returncode
                self.process = None
                raise AssertionError(f"registryd ended by itself with {status}: {self.errors()}")
            status = self.stop()
            if check and status != 0:
                raise AssertionError(f"registryd ended with {status}: {self.errors()}")
        finally:
            if self.process is not None:
                self.process.kill()
                self.process.wait()
            if self.own_folder:
                shutil.rmtree(self.folder, ignore_errors=True)

    def peak_memory_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))

    def connect(self):
        return Client(socket.create_connection(("127.0.0.1", self.port), PATIENCE_S))

    def authorization(self):
        return f"Authorization: Bearer {self.token}\r\n" if self.token else ""

    def get(self, path, more=""):
        """A GET, or another method with `more`: a response on a connection of its own."""
        with self.connect() as client:
            client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n{self.authorization()}Connection: close\r\n{more}\r\n")
            return client.response()

    def upload_head(self, name, body, framing=None, more=""):
        """The head of a form upload, and its body."""
        boundary = "----end-of-part"
        form = (
            f"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n"
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode() + body
        form += f"\r\n--{boundary}--\r\n".encode()
        framing = framing or f"Content-Length: {len(form)}"
        head = (
            f"POST {self.mount}{PACKAGES} HTTP/1.1\r\nHost: x\r\n{self.authorization()}"
            f"Content-Type: multipart/form-data; boundary={boundary}\r\n{framing}\r\n{more}\r\n"
        ).encode()
        return head, form

    def publish(self, name, body):
        with self.connect() as client:
            head, form = self.upload_head(name, body)
            client.send(head + form)
            return client.response()

    def file_path(self, name):
        return f"{self.mount}/{ORGANIZATION}/{REGISTRY}/files/{name}"

    def package_names(self):
        listing = self.ctl("package", "list", ORGANIZATION, REGISTRY)
        rows = listing["packages"] if isinstance(listing, dict) else listing
        return sorted(row.get("filename") or row["name"] for row in rows)


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Client:
    """A connection that reads what the server writes, and validates all of it."""

    def __init__(self, connection):
        self.socket = connection
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def _more(self):
        got = self.socket.recv(65536)
        self.buffer += got
        return bool(got)

    def read_until(self, mark):
        while mark not in self.buffer:
            if not self._more():
                raise AssertionError(f"the connection ended after {self.buffer!r}")
        line, self.buffer = self.buffer.split(mark, 1)
        return line

    def read_exactly(self, length):
        while len(self.buffer) < length:
            if not self._more():
                raise AssertionError(f"the connection ended {length - len(self.buffer)} bytes early")
        taken, self.buffer = self.buffer[:length], self.buffer[length:]
        return taken

    def response(self, is_head=False):
        lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status = lines[0].split(" ")[:2]
        assert version == "HTTP/1.1", lines[0]
        headers = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            assert name.lower() not in headers, f"{name} occurs twice"
            headers[name.lower()] = value
        if int(status) < 200:
            return Response(int(status), headers, b"")
        is_empty = is_head or int(status) in (204, 304)
        body = b"" if is_empty else self.read_exactly(int(headers["content-length"]))
        return Response(int(status), headers, body)

    def rest(self):
        """Everything that still arrives."""
        while self._more():
            pass
        taken, self.buffer = self.buffer, b""
        return taken

    def is_closed(self):
        """Waits for the end of the connection; nothing may arrive before it."""
        try:
            return not self.buffer and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def archive_of_blobs(number, count):
    """An archive that is long work: many small blobs, each of which is a commit, and no index, so that it is refused
    (422) at the end. Archives of other numbers have other blobs."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for i in range(count):
            content = f"blob {number} {i}".encode()
            entry = tarfile.TarInfo("blobs/sha256/" + hashlib.sha256(content).hexdigest())
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def count_blobs(data):
    """How many rows of blobs the data directory has by now."""
    with contextlib.closing(sqlite3.connect(os.path.join(data, "registry.db"))) as database:
        return database.execute("SELECT count(*) FROM blobs").fetchone()[0]


def main():
    """Runs the tests of the calling file."""
    result = unittest.main(module="__main__", verbosity=0, exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed")
    sys.exit(1 if failed else 0)
