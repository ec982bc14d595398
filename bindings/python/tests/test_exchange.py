# SPDX-License-Identifier: Apache-2.0
"""Requests and responses without sockets."""
import io
import os

import libregistry
import pytest
from libregistry import FilePiece, Wants

PACKAGES = "/v2/packages/organizations/my-organization/registries/my-files/packages"
FORM = (b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n', b"\r\n--b--\r\n")
LONG = os.urandom(300_000)


def begin(instance, method, target, headers):
    exchange = instance.exchange()
    exchange.set_request(method, target)
    for name, value in headers.items():
        exchange.add_header(name, value)
    exchange.begin()
    return exchange


def test_upload_by_pieces_and_download_by_pieces(instance, registry, bearer):
    body = LONG.join(FORM)
    headers = {**bearer, "Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(len(body))}
    with begin(instance, "POST", PACKAGES, headers) as exchange:
        assert (exchange.wants, exchange.status, exchange.headers) == (Wants.BODY, 0, [])
        assert exchange.content_length is None
        for at in range(0, len(body), 50_000):
            exchange.write(memoryview(body)[at:at + 50_000])
        exchange.finish()
        assert (exchange.wants, exchange.status) == (Wants.RESPONSE, 200) and exchange.may_keep_alive
    package = registry.package("a.txt")
    with begin(instance, b"GET", package.path.encode(), bearer) as exchange:
        assert exchange.wants is Wants.RESPONSE and exchange.content_length == len(LONG)
        room = bytearray(1000)
        assert exchange.readinto(room) == 1000 and room == LONG[:1000]
        assert exchange.readinto(bytearray()) == 0
        assert b"".join(iter(exchange.read, b"")) == LONG[1000:]
        assert exchange.wants is Wants.NOTHING
        exchange.reset()
        assert exchange.status == 0
        exchange.set_request("GET", "/nothing")
        exchange.begin()
        assert (exchange.status, exchange.reason) == (404, "Not Found")


def test_pieces_of_files_are_shown_and_consumed(instance, registry, bearer):
    package = registry.publish(LONG, "a.txt")
    with begin(instance, "GET", package.path, {**bearer, "Range": "bytes=100-299"}) as exchange:
        piece = exchange.next_piece()
        assert isinstance(piece, FilePiece) and piece.length == 200 and piece == exchange.next_piece()
        assert os.pread(piece.descriptor, piece.length, piece.offset) == LONG[100:300]
        exchange.consume(150)
        assert exchange.next_piece().length == 50
        assert exchange.read() == LONG[250:300]
        assert exchange.next_piece() is None
        with pytest.raises(libregistry.MisuseError):
            exchange.consume(1)
    with begin(instance, "GET", "/nothing", bearer) as exchange:
        assert isinstance(exchange.next_piece(), bytes)


def test_dispatch_answers_at_once(instance, registry, bearer):
    for body, more in ((b"x".join(FORM), {}), (io.BytesIO(b"y".join(FORM)), {"Transfer-Encoding": "chunked"}),
                       (iter([b"z".join(FORM)]), {"Transfer-Encoding": "chunked"})):
        headers = {**bearer, "Content-Type": "multipart/form-data; boundary=b", **more}
        answer = instance.dispatch("POST", PACKAGES, headers, body)
        assert answer.status == (200 if not more else 409), answer.body
    path = registry.package("a.txt").path
    answer = instance.dispatch("GET", path, bearer.items())
    assert (answer.status, answer.body) == (200, b"x")
    assert answer.header("etag") == answer.header("ETag") and answer.header("X-Nothing") is None
    assert instance.dispatch("HEAD", path, bearer).body == b""
    assert instance.dispatch("GET", path, {"Host": "localhost"}).status == 401


def test_environment_of_a_gateway_is_a_request(instance, registry, bearer):
    path = registry.publish(b"content", "a.txt").path
    with instance.exchange() as exchange:
        exchange.set_environment({
            "REQUEST_METHOD": "GET", "SCRIPT_NAME": "/packages", "PATH_INFO": path, "QUERY_STRING": "",
            "SERVER_NAME": "example.com", "SERVER_PORT": "8080", "wsgi.url_scheme": "https",
            "HTTP_AUTHORIZATION": bearer["Authorization"], "wsgi.errors": None, "wsgi.version": (1, 0),
        })
        exchange.begin()
        assert (exchange.status, exchange.read()) == (200, b"content")
    with instance.exchange() as exchange, pytest.raises(libregistry.BadArgumentError):
        exchange.set_environment({})


def test_mount_scheme_host_and_peer_are_in_answers(instance, organization, bearer):
    organization.create_registry("Listed", ecosystem="files")
    token = organization.create_token("x", scopes="read_registries,write_registries")
    with instance.exchange() as exchange:
        exchange.set_request("GET", "/below/v2/packages/organizations/my-organization/registries")
        exchange.set_scheme("https")
        exchange.set_host("packages.example.com")
        exchange.set_mount("/below")
        exchange.set_peer("192.0.2.1")
        exchange.trust_forwarded(False)
        exchange.add_header(b"Authorization", f"Bearer {token.secret}")
        exchange.begin()
        assert b"https://packages.example.com/below/" in exchange.read()
    with instance.exchange() as exchange:
        for wrong in (lambda: exchange.set_scheme("ftp"), lambda: exchange.set_mount("x"),
                      lambda: exchange.set_host("not a host")):
            with pytest.raises(libregistry.BadArgumentError):
                wrong()


def test_calls_in_the_wrong_phase_are_misuse(instance):
    with instance.exchange() as exchange:
        for wrong in (exchange.begin, lambda: exchange.write(b"x"), exchange.finish, exchange.read,
                      exchange.next_piece, lambda: exchange.consume(1)):
            with pytest.raises(libregistry.MisuseError):
                wrong()
        exchange.set_request("GET", "/")
        with pytest.raises(libregistry.MisuseError):
            exchange.set_request("GET", "/")
        exchange.begin()
        with pytest.raises(libregistry.MisuseError):
            exchange.add_header("Host", "x")


@pytest.mark.parametrize("wrong", [
    lambda e: e.set_request("GET", "/\0"), lambda e: e.set_request(None, "/"), lambda e: e.add_header("X", "\u20ac"),
    lambda e: e.add_header("X", 7), lambda e: e.write("text"), lambda e: e.read(0), lambda e: e.consume(-1),
    lambda e: e.readinto(b"x"),
])
def test_wrong_values_are_refused_before_the_library_sees_them(instance, wrong):
    with instance.exchange() as exchange, pytest.raises((TypeError, ValueError)):
        wrong(exchange)


def test_work_that_may_wait_is_left_to_another_call(instance, organization, token):
    alpine = organization.create_registry("My packages", ecosystem="alpine", public=True)
    with instance.exchange() as exchange:
        exchange.set_request("GET", f"/my-organization/{alpine.slug}/alpine_any/alpine_any/main/x86_64/APKINDEX.tar.gz")
        exchange.set_defers_work()
        exchange.begin()
        if exchange.wants is Wants.WORK:
            exchange.work()
        assert exchange.wants is Wants.RESPONSE and exchange.status in (200, 404)
        with pytest.raises(libregistry.MisuseError):
            exchange.work()


def test_file_for_a_front_server(folder, instance, registry, bearer):
    package = registry.publish(LONG, "a.txt")
    with instance.exchange() as exchange:
        exchange.set_request("GET", package.path)
        exchange.set_sends_files()
        for name, value in bearer.items():
            exchange.add_header(name, value)
        exchange.begin()
        assert (folder / "data" / exchange.file_path).read_bytes() == LONG
    with begin(instance, "GET", package.path, bearer) as exchange:
        assert exchange.file_path is None
