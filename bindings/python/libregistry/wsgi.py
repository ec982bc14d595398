# SPDX-License-Identifier: Apache-2.0
"""A registry as a WSGI application (PEP 3333).

    python3 -m gunicorn --worker-class gthread --threads 8 'libregistry.wsgi:application("/var/lib/registry")'

Bodies are streamed in both directions, if the server supports it. A file that is sent as a whole is passed to the
server's `wsgi.file_wrapper`, which may use sendfile. SCRIPT_NAME is the mount.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple, Union

from . import _error
from ._exchange import Exchange, FilePiece, Wants
from ._instance import Instance
from ._package import PIECE_BYTES

__all__ = ["Application", "Opener", "application"]

#: The length from which a file is worth its own descriptor.
FILE_BYTES = 64 * 1024

Environ = Dict[str, Any]
StartResponse = Callable[..., Any]


class Opener:
    """Opens an instance on first use, once in each process: servers fork after they have loaded the application."""

    def __init__(self, directory: Union[str, os.PathLike[str], None], options: Dict[str, Any]) -> None:
        found = os.environ.get("REGISTRY_DATA") if directory is None else directory
        if not found:
            raise ValueError("the data directory is needed: as an argument, or in REGISTRY_DATA")
        self._directory = found
        self._options = options
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._instance: Optional[Instance] = None

    def __call__(self) -> Instance:
        with self._lock:
            if self._instance is None:
                self._instance = Instance(self._directory, **self._options)
            return self._instance

    def close(self) -> None:
        """Closes the instance; the next call opens another."""
        with self._lock:
            if self._instance is not None:
                self._instance.close()
            self._instance = None


def application(directory: Union[str, os.PathLike[str], None] = None, *, trust_forwarded: bool = False,
                **options: Any) -> Application:
    """An application that opens the instance itself, with the options of Instance. Without a directory, it uses the
    environment variable REGISTRY_DATA."""
    return Application(Opener(directory, options), trust_forwarded=trust_forwarded)


class Application:
    """An application for an open instance, or for a function that returns one in each process.

    `trust_forwarded` uses the fields Forwarded or X-Forwarded-…. Set it only when every request comes through a proxy
    that sets them.
    """

    def __init__(self, instance: Union[Instance, Callable[[], Instance]], *, trust_forwarded: bool = False) -> None:
        if not isinstance(instance, Instance) and not callable(instance):
            raise TypeError("an Instance is wanted, or a function that returns one")
        self._instance = instance
        self._trust_forwarded = trust_forwarded

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        instance = self._instance if isinstance(self._instance, Instance) else self._instance()
        exchange = instance.exchange()
        try:
            body = self._answer(exchange, environ, start_response)
        except BaseException:
            exchange.close()
            raise
        if not isinstance(body, _Body):
            exchange.close()
        return body

    def _answer(self, exchange: Exchange, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            exchange.set_environment(environ)
        except ValueError as error:
            if isinstance(error, _error.Error):
                raise
            return _refuse(start_response, "400 Bad Request", "the head has a character that it may not have")
        exchange.trust_forwarded(self._trust_forwarded)
        exchange.begin()
        if not _pass_body(environ, exchange):
            return _refuse(start_response, "411 Length Required", "the server cannot tell where this body ends")
        body = _body_of(environ, exchange)
        headers = exchange.headers
        length = exchange.content_length
        if length is not None:
            headers.append(("Content-Length", str(length)))
        start_response(f"{exchange.status} {exchange.reason}", headers)
        return body


def _refuse(start_response: StartResponse, status: str, reason: str) -> List[bytes]:
    body = (reason + "\n").encode()
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]


def _pass_body(environ: Environ, exchange: Exchange) -> bool:
    """Passes the body on as it arrives, as long as it is wanted. False when the server does not say where it ends."""
    if exchange.wants is Wants.BODY and exchange.body_remaining is None and not environ.get("wsgi.input_terminated"):
        return False
    while exchange.wants is Wants.BODY:
        # Never read past the body: not every server ends the input there.
        left = exchange.body_remaining
        size = PIECE_BYTES if left is None else min(left, PIECE_BYTES)
        piece = environ["wsgi.input"].read(size) if size > 0 else b""
        if piece:
            exchange.write(piece)
        else:
            exchange.finish()
    return True


def _body_of(environ: Environ, exchange: Exchange) -> Iterable[bytes]:
    """The body for the server: a whole file, a complete short body, or an iterator."""
    length = exchange.content_length or 0
    wrapper = environ.get("wsgi.file_wrapper")
    if wrapper is not None and length >= FILE_BYTES:
        file = _whole_file(exchange, length)
        if file is not None:
            wrapped: Iterable[bytes] = wrapper(file, PIECE_BYTES)
            return wrapped
    if length <= PIECE_BYTES:
        return list(iter(exchange.read, b""))
    return _Body(exchange)


def _whole_file(exchange: Exchange, length: int) -> Optional[Any]:
    """The body as a separate file, if it is exactly one whole file: some servers do not send parts of a file correctly.

    The descriptor of the library may be shared, and reading moves its position, so the file is opened again.
    """
    piece = exchange.next_piece()
    if not isinstance(piece, FilePiece) or piece.offset != 0 or piece.length != length:
        return None
    try:
        file = open(f"/proc/self/fd/{piece.descriptor}", "rb", buffering=0)
    except OSError:
        return None
    if os.fstat(file.fileno()).st_size != length:
        file.close()
        return None
    return file


class _Body:
    """The response's body in pieces. The server closes it, also when the client has disconnected."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = self._exchange.read()
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        """Ends the exchange."""
        self._exchange.close()
