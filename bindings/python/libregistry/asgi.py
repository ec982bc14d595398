# SPDX-License-Identifier: Apache-2.0
"""A registry as an ASGI 3 application, for HTTP.

    uvicorn --factory libregistry.asgi:application          # REGISTRY_DATA names the data directory

Calls that may block run in threads. A piece is read after the previous one was sent, so a slow client does not use more
memory. When a client disconnects, its request ends. `root_path` is the mount.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import urllib.parse
from typing import Any, Awaitable, Callable, Dict, Optional, TypeVar, Union

from ._exchange import Exchange, Wants
from ._instance import Instance
from .wsgi import Opener

__all__ = ["Application", "application"]

Scope = Dict[str, Any]
Receive = Callable[[], Awaitable[Dict[str, Any]]]
Send = Callable[[Dict[str, Any]], Awaitable[None]]
T = TypeVar("T")


class _Gone(Exception):
    """The client has disconnected."""


def application(directory: Union[str, os.PathLike[str], None] = None, *, trust_forwarded: bool = False,
                threads: int = 16, **options: Any) -> Application:
    """An application that opens the instance itself, with the options of Instance. Without a directory, it uses the
    environment variable REGISTRY_DATA."""
    return Application(Opener(directory, options), trust_forwarded=trust_forwarded, threads=threads)


class Application:
    """An application for an open instance, or for a function that returns one in each process. `threads` is the number
    of requests that may be inside the library at once."""

    def __init__(self, instance: Union[Instance, Callable[[], Instance]], *, trust_forwarded: bool = False,
                 threads: int = 16) -> None:
        if not isinstance(instance, Instance) and not callable(instance):
            raise TypeError("an Instance is wanted, or a function that returns one")
        self._instance = instance
        self._trust_forwarded = trust_forwarded
        self._pool = concurrent.futures.ThreadPoolExecutor(threads, "libregistry")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            raise ValueError(f"a registry does not speak {scope['type']}")

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                if isinstance(self._instance, Opener):
                    await self._run(self._instance.close)
                return

    async def _run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Runs in a thread of the pool. Waits for it even if this task is cancelled: the exchange is in use."""
        future = asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            raise

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = await self._run(self._begin, scope)
        try:
            while exchange.wants is Wants.BODY:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                if message.get("body"):
                    await self._run(exchange.write, message["body"])
                if not message.get("more_body", False):
                    await self._run(exchange.finish)
            await self._respond(exchange, receive, send)
        except _Gone:
            pass
        finally:
            await self._run(exchange.close)

    def _begin(self, scope: Scope) -> Exchange:
        instance = self._instance if isinstance(self._instance, Instance) else self._instance()
        exchange = instance.exchange()
        try:
            root = scope.get("root_path", "").rstrip("/")
            mount = _quoted(root, _SAFE_IN_MOUNT)
            exchange.set_request(scope["method"], _target(scope, root.encode("utf-8", "surrogateescape"), mount))
            exchange.set_scheme(scope.get("scheme", "http"))
            exchange.set_mount(mount)
            client = scope.get("client")
            exchange.set_peer(client[0].encode() if client else None)
            exchange.trust_forwarded(self._trust_forwarded)
            names = set()
            for name, value in scope["headers"]:
                names.add(name.lower())
                exchange.add_header(name, value)
            if not names & {b"content-length", b"transfer-encoding"} and scope["method"] in ("POST", "PUT", "PATCH"):
                exchange.add_header("Transfer-Encoding", "chunked")  # HTTP/2 has no such field
            exchange.begin()
            return exchange
        except BaseException:
            exchange.close()
            raise

    async def _respond(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in exchange.headers]
        length = exchange.content_length
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        await send({"type": "http.response.start", "status": exchange.status, "headers": headers})
        # After an unread body there is no way to detect that the client has disconnected.
        ended = exchange.may_keep_alive
        gone = asyncio.ensure_future(_wait_until_gone(receive) if ended else asyncio.sleep(float("inf")))
        try:
            piece: Optional[bytes] = None
            while piece != b"":
                piece = await self._run(exchange.read)
                if gone.done():
                    raise _Gone
                await send({"type": "http.response.body", "body": piece, "more_body": piece != b""})
        finally:
            gone.cancel()


async def _wait_until_gone(receive: Receive) -> None:
    """Some servers silently drop what is sent after the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


#: Characters that need no escape in a mount, and in a path.
_SAFE_IN_MOUNT = "/-._~+@:"
_SAFE_IN_PATH = "/:@!$&'()*+,;=~-._"


def _target(scope: Scope, root: bytes, mount: bytes) -> bytes:
    """Path and query as the client sent them, as far as the server passes them on."""
    path = scope.get("raw_path")
    if path is None:
        path = _quoted(scope["path"], _SAFE_IN_PATH)
    path = path.split(b"?", 1)[0]
    plain = urllib.parse.unquote_to_bytes(path)
    if root and plain != root and not plain.startswith(root + b"/"):
        path = mount + path  # older servers remove the mount
    query = scope.get("query_string", b"")
    return bytes(path + b"?" + query if query else path)


def _quoted(path: str, safe: str) -> bytes:
    return urllib.parse.quote(path, safe=safe, errors="surrogateescape").encode("ascii")
