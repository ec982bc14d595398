# SPDX-License-Identifier: Apache-2.0
"""The WSGI application without a server: wsgiref's validator, and servers that do what PEP 3333 allows."""
import io
import os
import wsgiref.util
import wsgiref.validate

import libregistry
import pytest
from libregistry import wsgi
from test_exchange import FORM, PACKAGES

LONG = os.urandom(700_000)


class Server:
    """Calls an application as a server would, and records how it called back."""

    def __init__(self, application, check=True):
        self.application = wsgiref.validate.validator(application) if check else application

    def request(self, method, path, headers=(), body=b"", file_wrapper=None, **environ):
        variables = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path.partition("?")[0],
            "QUERY_STRING": path.partition("?")[2], "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "192.0.2.1", "wsgi.input": body
            if hasattr(body, "read") else io.BytesIO(body), "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http", "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
        }
        if body:
            variables["CONTENT_LENGTH"] = "" if hasattr(body, "read") else str(len(body))
        for name, value in dict(headers).items():
            key = name.upper().replace("-", "_")
            variables[key if key == "CONTENT_TYPE" else "HTTP_" + key] = value
        if file_wrapper is not None:
            variables["wsgi.file_wrapper"] = file_wrapper
        variables.update(environ)
        self.started = []
        self.result = self.application(variables, lambda *arguments: self.started.append(arguments) or print)
        return self

    def answer(self):
        try:
            body = b"".join(self.result)
        finally:
            if hasattr(self.result, "close"):
                self.result.close()
        (status, headers), = self.started
        return int(status.split()[0]), {name.lower(): value for name, value in headers}, body


@pytest.fixture
def server(instance):
    return Server(wsgi.Application(instance))


@pytest.fixture
def package(registry):
    return registry.publish(LONG, "a.bin")


def post(server, bearer, body, **environ):
    headers = {**bearer, "Content-Type": "multipart/form-data; boundary=b"}
    return server.request("POST", PACKAGES, headers, body, **environ).answer()


def test_upload_and_download(server, registry, bearer):
    status, headers, body = post(server, bearer, LONG.join(FORM))
    assert status == 200 and body.startswith(b"{") and headers["content-length"] == str(len(body))
    package = registry.package("a.txt")
    assert package.read_bytes() == LONG
    status, headers, body = server.request("GET", package.path, bearer).answer()
    assert (status, body) == (200, LONG) and headers["content-length"] == str(len(LONG))
    assert "connection" not in headers and "transfer-encoding" not in headers


@pytest.mark.parametrize("method, headers, status, body, length", [
    ("HEAD", {}, 200, b"", len(LONG)),
    ("GET", {"Range": "bytes=5-9"}, 206, LONG[5:10], 5),
    ("GET", {"Range": "bytes=100-"}, 206, LONG[100:], len(LONG) - 100),
    ("HEAD", {"Range": "bytes=5-9"}, None, b"", None),
    ("GET", {"Range": f"bytes={len(LONG)}-"}, 416, None, None),
    ("GET", {"If-None-Match": "*"}, 304, b"", None),
], ids=["head", "first range", "rest", "head of range", "no range", "not changed"])
def test_parts_and_conditions(server, package, bearer, method, headers, status, body, length):
    got = server.request(method, package.path, {**bearer, **headers}, file_wrapper=wsgiref.util.FileWrapper).answer()
    assert status in (None, got[0]) and body in (None, got[2])
    assert length is None or got[1]["content-length"] == str(length)
    assert (got[0] == 304) == ("content-length" not in got[1])


def test_whole_files_go_to_the_file_wrapper(instance, package, bearer):
    server = Server(wsgi.Application(instance), check=False)
    wrapped = []

    def wrapper(file, size):
        wrapped.append(file)
        return wsgiref.util.FileWrapper(file, size)

    assert server.request("GET", package.path, bearer, file_wrapper=wrapper).answer()[2] == LONG
    assert len(wrapped) == 1 and wrapped[0].closed
    server.request("GET", package.path, {**bearer, "Range": "bytes=1-600000"}, file_wrapper=wrapper)
    assert server.answer()[2] == LONG[1:600001] and len(wrapped) == 1


def test_refusals_are_answers(server, package):
    status, headers, body = server.request("GET", package.path).answer()
    assert status == 401 and "www-authenticate" in headers and body
    assert server.request("GET", "/nothing").answer()[0] == 404
    assert server.request("DELETE", "/v2/").answer()[0] in (401, 405)


def test_script_name_is_the_mount(server, organization, registry, package):
    token = organization.create_token("x", scopes="read_registries,read_packages")
    bearer = {"Authorization": f"Bearer {token.secret}", "Host": "example.com"}
    assert server.request("GET", package.path, bearer, SCRIPT_NAME="/below").answer()[2] == LONG
    status, _, body = server.request("GET", "/v2/packages/organizations/my-organization/registries", bearer,
                                     SCRIPT_NAME="/below", **{"wsgi.url_scheme": "https"}).answer()
    assert status == 200 and b"https://example.com/below/v2/packages/" in body


def test_path_with_other_characters_arrives(server, registry, bearer):
    package = registry.publish(b"umlaut", "grün & 50%.txt")
    path = "/my-organization/my-files/files/grün & 50%.txt".encode().decode("latin-1")
    assert server.request("GET", path, bearer).answer()[2] == b"umlaut"
    assert "gr%C3%BCn" in package.path


def test_body_without_a_length_is_read_to_its_end_where_the_server_ends_it(instance, registry, bearer):
    server = Server(wsgi.Application(instance), check=False)
    terminated = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    assert post(server, bearer, io.BytesIO(LONG.join(FORM)), **terminated)[0] == 200
    assert registry.package("a.txt").read_bytes() == LONG
    status, _, body = post(server, bearer, io.BytesIO(b"x".join(FORM)), HTTP_TRANSFER_ENCODING="chunked")
    assert status == 411 and body


class Input(io.BytesIO):
    """Input that continues after the body, like that of a connection, and counts what was read."""

    def __init__(self, content):
        super().__init__(content)
        self.total = 0
        self.largest = 0

    def read(self, size=-1):
        assert size > 0
        self.largest = max(self.largest, size)
        got = super().read(min(size, 10_000))
        self.total += len(got)
        return got


def test_no_more_is_read_than_there_is_and_that_by_pieces(instance, registry, bearer):
    server = Server(wsgi.Application(instance), check=False)
    content = LONG.join(FORM)
    stream = Input(content + b"GET / HTTP/1.1\r\n")
    assert post(server, bearer, stream, CONTENT_LENGTH=str(len(content)))[0] == 200
    assert stream.total == len(content) and stream.largest < len(content)


def test_body_that_is_not_wanted_is_not_read(instance, registry):
    stream = Input(LONG.join(FORM))
    status, _, _ = post(Server(wsgi.Application(instance), check=False), {}, stream, CONTENT_LENGTH=str(10**6))
    assert status == 401 and stream.total == 0


def test_client_that_goes_away_while_it_sends_leaves_nothing(instance, registry, bearer):
    server = Server(wsgi.Application(instance), check=False)
    content = LONG.join(FORM)
    assert post(server, bearer, Input(content[:-5000]), CONTENT_LENGTH=str(len(content)))[0] == 400

    class Broken(Input):
        def read(self, size=-1):
            if self.total > 100_000:
                raise ConnectionResetError("gone")
            return super().read(size)

    with pytest.raises(ConnectionResetError):
        post(server, bearer, Broken(content), CONTENT_LENGTH=str(len(content)))
    assert list(registry.packages()) == [] and instance.collect(0).stages == 0


def test_client_that_goes_away_while_it_reads_ends_the_exchange(instance, package, bearer):
    result = Server(wsgi.Application(instance), check=False).request("GET", package.path, bearer).result
    assert next(result) == LONG[:len(LONG)][:wsgi.PIECE_BYTES]
    result.close()
    with pytest.raises(libregistry.ClosedError):
        next(result)


@pytest.mark.parametrize("environ, status", [
    ({"PATH_INFO": "/nul\0"}, 400), ({"HTTP_X": "€"}, 400), ({"CONTENT_LENGTH": "-5"}, 400),
    ({"CONTENT_LENGTH": "5,5"}, 400), ({"HTTP_HOST": "a b"}, 400),
])
def test_heads_that_are_wrong_are_refused(instance, environ, status):
    server = Server(wsgi.Application(instance), check=False)
    assert server.request("POST", "/v2/", **environ).answer()[0] == status


def test_application_opens_in_each_process_when_it_is_wanted(folder, monkeypatch):
    from test_misuse import in_child

    with libregistry.Instance(folder / "data") as instance:
        registry = instance.create_organization("O").create_registry("R", ecosystem="files", public=True)
        path = registry.publish(b"content", "a.txt").path
    application = wsgi.application(folder / "data", durable=False)
    assert Server(application).request("GET", path).answer()[2] == b"content"
    assert in_child(lambda: Server(application).request("GET", path).answer()[2]) == "b'content'"
    assert Server(application).request("GET", path).answer()[2] == b"content"
    monkeypatch.setenv("REGISTRY_DATA", str(folder / "data"))
    assert Server(wsgi.application()).request("GET", path).answer()[0] == 200
    monkeypatch.delenv("REGISTRY_DATA")
    with pytest.raises(ValueError, match="REGISTRY_DATA"):
        wsgi.application()
    with pytest.raises(TypeError):
        wsgi.Application(folder)


def test_fields_of_a_proxy_count_when_it_is_trusted(instance, organization, registry):
    token = organization.create_token("x", scopes="read_registries")
    headers = {"Authorization": f"Bearer {token.secret}", "Host": "inside", "X-Forwarded-Proto": "https",
               "X-Forwarded-Host": "outside.example.com"}
    path = "/v2/packages/organizations/my-organization/registries"
    for trust in (True, False):
        server = Server(wsgi.Application(instance, trust_forwarded=trust))
        assert (b"https://outside.example.com/" in server.request("GET", path, headers).answer()[2]) == trust


def test_fields_of_a_proxy_count_from_its_network(folder):
    with libregistry.Instance(folder / "data", trusted_proxies=["10.0.0.0/8", "192.0.2.7"],
                              forwarded_header="forwarded", forwarded_hops=2) as instance:
        organization = instance.create_organization("My Organization")
        organization.create_registry("My files", ecosystem="files")
        token = organization.create_token("x", scopes="read_registries")
        headers = {"Authorization": f"Bearer {token.secret}", "Host": "inside", "X-Forwarded-Host": "evil.example.com",
                   "Forwarded": "host=evil.example.com, host=outside.example.com, host=middle.example.com"}
        path = "/v2/packages/organizations/my-organization/registries"
        for peer, base in (("10.1.2.3", b"http://outside.example.com/"), ("192.0.2.7", b"http://outside.example.com/"),
                           ("192.0.2.8", b"http://inside/")):
            server = Server(wsgi.Application(instance))
            assert base in server.request("GET", path, headers, REMOTE_ADDR=peer).answer()[2]


def test_malformed_hosts_are_refused(instance):
    for name in ("::1", "[::1", "h:99999", "h:80:80", "user@h"):
        assert Server(wsgi.Application(instance)).request("GET", "/-/health", {"Host": name}).answer()[0] == 400
