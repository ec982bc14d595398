# SPDX-License-Identifier: Apache-2.0
"""The ASGI application without a server."""
import asyncio
import os

import libregistry
import pytest
from libregistry import asgi
from test_exchange import FORM, PACKAGES

LONG = os.urandom(900_000)


class Client:
    """One request: `receive` returns what the client sends; what the client gets is kept."""

    def __init__(self, application, method, path, headers=(), pieces=(b"",), ends=True, **scope):
        self.application, self.pieces, self.ends = application, list(pieces), ends
        self.sent, self.stop_after = [], None
        self.scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": b"", "root_path": "", "scheme": "http", "client": ("192.0.2.1", 1234),
            "headers": [(name.lower().encode(), value.encode()) for name, value in dict(headers).items()], **scope,
        }

    async def receive(self):
        if self.pieces:
            piece = self.pieces.pop(0)
            more = bool(self.pieces) or not self.ends
            return {"type": "http.request", "body": piece, "more_body": more}
        if self.ends and self.stop_after is None:
            await asyncio.Event().wait()
        while self.ends and len(self.sent) < self.stop_after:
            await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    def run(self):
        asyncio.run(asyncio.wait_for(self.application(self.scope, self.receive, self.send), 60))
        if not self.sent:
            return None
        start, *rest = self.sent
        assert start["type"] == "http.response.start"
        return start["status"], dict(start["headers"]), b"".join(message["body"] for message in rest)


@pytest.fixture
def application(instance):
    return asgi.Application(instance)


def test_upload_and_download(application, registry, bearer):
    body = LONG.join(FORM)
    headers = {**bearer, "Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(len(body))}
    pieces = [body[at:at + 50_000] for at in range(0, len(body), 50_000)]
    assert Client(application, "POST", PACKAGES, headers, pieces).run()[0] == 200
    package = registry.package("a.txt")
    client = Client(application, "GET", package.path, bearer)
    status, fields, got = client.run()
    assert (status, got) == (200, LONG) and fields[b"content-length"] == str(len(LONG)).encode()
    assert len(client.sent) > 4 and not client.sent[-1]["more_body"]
    assert Client(application, "HEAD", package.path, bearer).run()[2] == b""
    assert Client(application, "GET", package.path, {**bearer, "Range": "bytes=7-9"}).run()[2] == LONG[7:10]


def test_body_without_a_length_is_taken(application, registry, bearer):
    headers = {**bearer, "Content-Type": "multipart/form-data; boundary=b"}
    assert Client(application, "POST", PACKAGES, headers, [LONG.join(FORM)], http_version="2").run()[0] == 200
    assert registry.package("a.txt").read_bytes() == LONG


def test_body_that_is_not_wanted_is_not_read(application, registry):
    client = Client(application, "POST", PACKAGES, {"Content-Length": "1000000"}, [b"x"] * 100)
    assert client.run()[0] == 401 and len(client.pieces) >= 98


def test_client_that_goes_away_while_it_sends_leaves_nothing(application, instance, registry, bearer):
    headers = {**bearer, "Content-Type": "multipart/form-data; boundary=b", "Content-Length": "1000000"}
    assert Client(application, "POST", PACKAGES, headers, [LONG[:100_000]], ends=False).run() is None
    assert list(registry.packages()) == [] and instance.collect(0).stages == 0


def test_client_that_goes_away_while_it_reads_ends_the_request(application, registry, bearer):
    client = Client(application, "GET", registry.publish(LONG * 10, "a.bin").path, bearer)
    client.stop_after = 3
    client.run()
    assert 3 <= len(client.sent) < 20


@pytest.mark.parametrize("raw_path", [None, b"/below", b""])
def test_root_path_is_the_mount(application, organization, registry, raw_path):
    token = organization.create_token("x", scopes="read_registries")
    headers = {"Authorization": f"Bearer {token.secret}", "Host": "example.com"}
    path = "/v2/packages/organizations/my-organization/registries"
    scope = {"raw_path": None if raw_path is None else raw_path + path.encode(), "root_path": "/below",
             "scheme": "https"}
    status, _, body = Client(application, "GET", path, headers, **scope).run()
    assert status == 200 and b"https://example.com/below/v2/" in body


@pytest.mark.parametrize("root, spellings, base", [
    ("/my registry", [b"/my%20registry", b"/m%79%20registry", None, b""], b"/my%20registry"),
    ("/b\u00fcro", [b"/b%C3%BCro", b"/b%c3%bcro", None, b""], b"/b%C3%BCro"),
    ("/~me/@home", [b"/~me/@home", b"/%7Eme/%40home", None, b""], b"/~me/@home"),
    ("/a(b)", [b"/a(b)", b"/a%28b%29", None], b"/a%28b%29"),
    ("/a/b/", [b"/a/b", None, b""], b"/a/b"),
])
def test_root_path_may_have_any_character(application, organization, registry, root, spellings, base):
    token = organization.create_token("x", scopes="read_registries")
    headers = {"Authorization": f"Bearer {token.secret}", "Host": "example.com"}
    path = "/v2/packages/organizations/my-organization/registries"
    for spelling in spellings:
        raw = None if spelling is None else spelling + path.encode()
        client = Client(application, "GET", root.rstrip("/") + path, headers, raw_path=raw, root_path=root)
        status, _, body = client.run()
        assert status == 200 and b"http://example.com" + base + b"/v2/" in body


def test_lifespan_opens_nothing_and_closes_what_was_opened(folder):
    with libregistry.Instance(folder / "data"):
        pass
    application = asgi.application(folder / "data")
    assert Client(application, "GET", "/nothing").run()[0] == 404
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent = []

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message["type"])

    asyncio.run(application({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    with pytest.raises(ValueError, match="websocket"):
        asyncio.run(application({"type": "websocket"}, receive, send))
    with pytest.raises(TypeError):
        asgi.Application(folder)
