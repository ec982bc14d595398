# SPDX-License-Identifier: Apache-2.0
"""The applications under real servers, with real clients, on loopback."""
import hashlib
import http.client
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import libregistry
import pytest
from conftest import PACKAGE, PATIENCE_S, SOURCE
from test_exchange import PACKAGES

LONG = os.urandom(5_000_000)
MAKE_IMAGE = SOURCE / "tests" / "support" / "make_image.py"

SERVERS = {
    "gunicorn": lambda fd, data: ["-m", "gunicorn", "--bind", f"fd://{fd}", "--worker-class", "gthread", "--workers",
                                  "2", "--threads", "8", "--log-level", "warning",
                                  f"libregistry.wsgi:application({data!r})"],
    "waitress": lambda fd, data: [str(PACKAGE / "tests" / "app_waitress.py"), str(fd), data],
    "uvicorn": lambda fd, data: ["-m", "uvicorn", "--fd", str(fd), "--factory", "--log-level", "warning",
                                 "libregistry.asgi:application"],
}


def skip_without(command):
    if shutil.which(command) is None:
        pytest.skip(f"no {command} here")


class Running:
    """A server in its own process group, on a port that the kernel chose."""

    def __init__(self, kind, data, errors, options=()):
        if importlib.util.find_spec(kind) is None:
            pytest.skip(f"no {kind} here")
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = listener.getsockname()[1]
        self.kind, self.errors = kind, errors
        os.set_inheritable(listener.fileno(), True)
        command = [*SERVERS[kind](listener.fileno(), str(data)), *options]
        with open(errors, "wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, *command], pass_fds=[listener.fileno()], stdin=subprocess.DEVNULL, stderr=file,
                stdout=file, start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(PACKAGE), "REGISTRY_DATA": str(data)})
        listener.close()  # clients wait in the queue until the server is ready

    def request(self, method, path, headers=(), body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return response.status, dict((name.lower(), value) for name, value in response.getheaders()), \
                response.read()
        finally:
            connection.close()

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(PATIENCE_S)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


@pytest.fixture(params=sorted(SERVERS))
def server(request, folder, registry, instance):
    running = Running(request.param, folder / "data", folder / "errors")
    try:
        yield running
    finally:
        running.stop()
    errors = (folder / "errors").read_text(encoding="utf-8", errors="replace")
    assert str(PACKAGE) not in errors, errors


@pytest.fixture
def curl(server, bearer):
    skip_without("curl")

    def run(*arguments):
        done = subprocess.run(
            ["curl", "-sS", "--fail", "--max-time", str(PATIENCE_S), "-H", f"Authorization: {bearer['Authorization']}",
             *(argument.replace("HOST", f"127.0.0.1:{server.port}") for argument in arguments)],
            stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.01)


def test_curl_publishes_and_fetches(server, folder, registry, curl):
    file = folder / "app-1.0.0.bin"
    file.write_bytes(LONG)
    published = json.loads(curl("-F", f"file=@{file}", f"http://HOST{PACKAGES}"))
    assert published["name"] == "app"
    path = registry.package("app-1.0.0.bin").path
    assert curl(f"http://HOST{path}") == LONG
    assert curl("-r", "1000000-", f"http://HOST{path}") == LONG[1000000:]
    assert curl("-r", "100-199", f"http://HOST{path}") == LONG[100:200]
    head = curl("-I", f"http://HOST{path}").decode().lower()
    assert f"content-length: {len(LONG)}" in head and "etag:" in head
    chunked = ["-H", "Transfer-Encoding: chunked", "-H", "Expect:"]
    other = folder / "other-1.0.0.bin"
    other.write_bytes(LONG[::-1])
    curl(*chunked, "-F", f"file=@{other}", f"http://HOST{PACKAGES}")
    assert registry.package("other-1.0.0.bin").read_bytes() == LONG[::-1]


def test_parallel_uploads_and_downloads(server, registry, bearer):
    failures = []

    def work(number):
        try:
            for turn in range(4):
                name, content = f"{number}-{turn}.bin", os.urandom(200_000 + number)
                body = (f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
                        + content + b"\r\n--b--\r\n")
                headers = {**bearer, "Content-Type": "multipart/form-data; boundary=b"}
                assert server.request("POST", PACKAGES, headers, body)[0] == 200
                status, _, got = server.request("GET", f"/my-organization/my-files/files/{name}", bearer)
                assert (status, hashlib.sha256(got).digest()) == (200, hashlib.sha256(content).digest())
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and len(list(registry.packages())) == 32


def test_clients_that_go_away_do_no_harm(server, folder, instance, registry, bearer):
    package = registry.publish(LONG, "a.bin")
    head = "".join(f"{name}: {value}\r\n" for name, value in bearer.items())
    for _ in range(4):
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE_S) as sending:
            sending.sendall(f"POST {PACKAGES} HTTP/1.1\r\n{head}Content-Type: multipart/form-data; boundary=b\r\n"
                            f'Content-Length: 9000000\r\n\r\n--b\r\nContent-Disposition: form-data; name="file"; '
                            f'filename="half.bin"\r\n\r\n'.encode() + LONG[:1_000_000])
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE_S) as reading:
            reading.sendall(f"GET {package.path} HTTP/1.1\r\n{head}\r\n".encode())
            assert reading.recv(1000).startswith(b"HTTP/1.1 200")
    staging = folder / "data" / "staging"
    wait_until(lambda: not staging.exists() or not any(staging.iterdir()), "the stages to be removed")
    assert [each.filename for each in registry.packages()] == ["a.bin"]
    assert server.request("GET", package.path, bearer)[2] == LONG


@pytest.mark.parametrize("kind, options", [
    ("gunicorn", ["--certfile=CERTIFICATE", "--keyfile=KEY"]),
    ("uvicorn", ["--ssl-certfile=CERTIFICATE", "--ssl-keyfile=KEY"]),
])
def test_images_are_copied_by_skopeo(folder, instance, organization, token, kind, options):
    """Over TLS: skopeo tries that first, and WSGI servers wait long for the end of something that is not a request."""
    for command in ("skopeo", "openssl"):
        skip_without(command)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2",
                    "-keyout", folder / "key", "-out", folder / "certificate"], check=True, capture_output=True,
                   timeout=PATIENCE_S)
    organization.create_registry("My images", ecosystem="container")
    subprocess.run([sys.executable, MAKE_IMAGE, folder / "image", "1.0", "--platform", "linux/amd64", "--platform",
                    "linux/arm64"], check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE_S)
    (folder / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}', encoding="utf-8")
    options = [option.replace("CERTIFICATE", str(folder / "certificate")).replace("KEY", str(folder / "key"))
               for option in options]
    server = Running(kind, folder / "data", folder / "errors", options)
    try:
        remote = f"docker://127.0.0.1:{server.port}/my-organization/my-images/app:1.0"
        for source, target, side in ((f"oci:{folder}/image:1.0", remote, "dest"),
                                     (remote, f"oci:{folder}/copy:1.0", "src")):
            done = subprocess.run(
                ["skopeo", "--policy", folder / "policy.json", "copy", "--all", f"--{side}-tls-verify=false",
                 f"--{side}-creds=buildkite:{token.secret}", source, target], stdin=subprocess.DEVNULL,
                env={**os.environ, "HOME": str(folder), "REGISTRY_AUTH_FILE": str(folder / "auth.json")},
                capture_output=True, timeout=PATIENCE_S, check=False)
            assert done.returncode == 0, done.stderr
    finally:
        server.stop()
    blobs = [sorted(path.name for path in (folder / name / "blobs" / "sha256").iterdir()) for name in ("image", "copy")]
    assert blobs[0] == blobs[1] and len(blobs[0]) >= 7
    assert instance.verify().sound


def test_the_server_ends_with_the_data_sound(folder, registry, instance, bearer):
    running = Running("gunicorn", folder / "data", folder / "errors")
    try:
        assert running.request("GET", registry.publish(LONG, "a.bin").path, bearer)[2] == LONG
    finally:
        running.stop()
    assert running.process.returncode == 0
    assert isinstance(instance, libregistry.Instance) and registry.package("a.bin").downloads == 1
