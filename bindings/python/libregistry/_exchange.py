# SPDX-License-Identifier: Apache-2.0
"""One HTTP request and its response, without sockets."""

from __future__ import annotations

import ctypes
import enum
from typing import Any, BinaryIO, Iterable, List, Mapping, NamedTuple, Optional, Tuple, Union

from . import _abi, _handle
from ._package import PIECE_BYTES

#: Text of a head: bytes, or a str with characters up to U+00FF as in WSGI.
Field = Union[str, bytes]


class Wants(enum.IntEnum):
    """What an exchange waits for."""

    #: The head of a request; or nothing more: the whole response was sent, or the exchange has failed.
    NOTHING = _abi.LREG_WANTS_NOTHING
    #: write() or finish().
    BODY = _abi.LREG_WANTS_BODY
    #: The response is ready to be sent.
    RESPONSE = _abi.LREG_WANTS_RESPONSE
    #: work(), maybe several times; only after set_defers_work().
    WORK = _abi.LREG_WANTS_WORK


class FilePiece(NamedTuple):
    """A part of a file to send. The descriptor may be shared: use pread and sendfile with the offset, never seek, never
    close. It is valid until consume() has passed the piece."""

    descriptor: int
    offset: int
    length: int


class Response(NamedTuple):
    """The result of Instance.dispatch()."""

    status: int
    #: Names as written, and values; in order.
    headers: List[Tuple[str, str]]
    body: bytes

    def header(self, name: str) -> Optional[str]:
        """The first field with this name, ignoring case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def field(value: Field, what: str) -> bytes:
    """Converts a text of the head of a request to bytes for C."""
    if not isinstance(value, (str, bytes)):
        raise TypeError(f"{what} is a str or bytes, not {type(value).__name__}")
    encoded = value.encode("latin-1") if isinstance(value, str) else value
    if b"\0" in encoded:
        raise ValueError(f"{what} has a NUL character in it")
    return encoded


class Exchange:
    """A request and its response, for hosts with their own sockets; from Instance.exchange(). One thread at a time uses
    it. A response of 404 or 500 is not a failure of a call.

        with instance.exchange() as exchange:
            exchange.set_request("GET", "/v2/")
            exchange.add_header("Host", "localhost")
            exchange.begin()
            while exchange.wants is Wants.BODY:
                …exchange.write(piece), at its end exchange.finish()
            …exchange.status, exchange.headers, exchange.content_length
            while piece := exchange.read(65536):
                …
    """

    __slots__ = ("_handle",)

    def __init__(self, instance: _handle.Handle) -> None:
        end = "lreg_exchange_free"
        pointer = _handle.give("lreg_exchange_new", _abi.lreg_exchange, end, instance)
        self._handle = _handle.Resource("exchange", pointer, _handle.ending(end), instance)

    def set_request(self, method: Field, target: Field) -> None:
        """Sets method and target ("/path?query", percent-encoded, including the mount) as the client sent them."""
        _handle.call("lreg_exchange_set_request", self._handle, field(method, "method"), field(target, "target"))

    def set_scheme(self, scheme: str) -> None:
        """Sets the scheme by which the client reached the host: "http" or "https"."""
        _handle.call("lreg_exchange_set_scheme", self._handle, field(scheme, "scheme"))

    def set_host(self, host: Optional[Field]) -> None:
        """Sets name and port under which the client reached the host; None: the field Host."""
        _handle.call("lreg_exchange_set_host", self._handle, None if host is None else field(host, "host"))

    def set_mount(self, mount: Field) -> None:
        """Sets the path under which the registry is mounted: "" or "/prefix"."""
        _handle.call("lreg_exchange_set_mount", self._handle, field(mount, "mount"))

    def set_peer(self, address: Optional[Field]) -> None:
        """Sets the address of the client, for the audit log."""
        _handle.call("lreg_exchange_set_peer", self._handle, None if address is None else field(address, "address"))

    def trust_forwarded(self, trust: bool = True) -> None:
        """Whether the peer is a trusted proxy, whose fields Forwarded or X-Forwarded-… are used."""
        _handle.call("lreg_exchange_trust_forwarded", self._handle, bool(trust))

    def set_sends_files(self, sends_files: bool = True) -> None:
        """Whether a front server can send files for the host (X-Sendfile, X-Accel-Redirect); see file_path."""
        _handle.call("lreg_exchange_set_sends_files", self._handle, bool(sends_files))

    def add_header(self, name: Field, value: Field) -> None:
        """Adds a field of the head; call it in the order of the fields in the request."""
        _handle.call("lreg_exchange_add_header", self._handle, field(name, "name"), field(value, "value"))

    def set_environment(self, variables: Mapping[str, Any]) -> None:
        """Sets the whole head from CGI variables (RFC 3875), which WSGI also has, instead of the other calls. Values
        that are not str are ignored."""
        lines = [field(f"{name}={value}", name) for name, value in variables.items() if isinstance(value, str)]
        array = (ctypes.c_char_p * (len(lines) + 1))(*lines, None)
        _handle.call("lreg_exchange_set_environment", self._handle, array)

    def set_defers_work(self, defers: bool = True) -> None:
        """For event loops that call begin() for GET and HEAD in the loop itself: defers what may block on the disk to
        work()."""
        _handle.call("lreg_exchange_set_defers_work", self._handle, bool(defers))

    def begin(self) -> None:
        """Ends the head: finds the route, decides access, starts the work."""
        _handle.call("lreg_exchange_begin", self._handle)

    def work(self) -> None:
        """Does deferred work, on a thread that may block."""
        _handle.call("lreg_exchange_work", self._handle)

    @property
    def wants(self) -> Wants:
        """What the exchange waits for; read it after every call."""
        return Wants(_handle.get("lreg_exchange_wants", self._handle))

    def write(self, data: Union[bytes, bytearray, memoryview]) -> None:
        """Passes bytes of the request's body, in pieces of any size. They are dropped once the response is ready."""
        memory, length = _handle.buffer_of(data)
        _handle.call("lreg_exchange_write", self._handle, memory, length)

    def finish(self) -> None:
        """Ends the request's body. Not needed when there is no body."""
        _handle.call("lreg_exchange_finish", self._handle)

    def write_body(self, source: Union[bytes, BinaryIO, Iterable[bytes]]) -> None:
        """Passes the whole body, as long as it is wanted: bytes, or a binary file or iterable, read in pieces."""
        read: Any = getattr(source, "read", None)
        if isinstance(source, (bytes, bytearray, memoryview)):
            pieces: Iterable[Any] = [source] if len(source) else []
        elif read is not None:
            pieces = iter(lambda: read(PIECE_BYTES), b"")
        else:
            pieces = source
        if self.wants is not Wants.BODY:
            return
        for piece in pieces:
            self.write(piece)
            if self.wants is not Wants.BODY:
                return
        self.finish()

    @property
    def body_remaining(self) -> Optional[int]:
        """The number of bytes of the request's body still to come; None when it is unknown, and before begin()."""
        remaining = int(_handle.get("lreg_exchange_body_remaining", self._handle))
        return None if remaining < 0 else remaining

    @property
    def status(self) -> int:
        """The status of the response, such as 200; 0 until it is ready."""
        return int(_handle.get("lreg_exchange_status", self._handle))

    @property
    def reason(self) -> str:
        """The reason phrase of the status, such as "Not Found"; "" until the response is ready."""
        phrase: bytes = _handle.get("lreg_exchange_reason", self._handle)
        return phrase.decode("latin-1")

    @property
    def headers(self) -> List[Tuple[str, str]]:
        """The response's fields, in order, without Content-Length, Date, Connection and Transfer-Encoding: the host
        sets those."""
        found: List[Tuple[str, str]] = []
        name, value = ctypes.c_char_p(), ctypes.c_char_p()
        with _Use(self._handle) as handle:
            while _handle.get("lreg_exchange_header_at", handle, len(found), ctypes.byref(name), ctypes.byref(value)):
                found.append(((name.value or b"").decode("latin-1"), (value.value or b"").decode("latin-1")))
        return found

    @property
    def content_length(self) -> Optional[int]:
        """The value of Content-Length, also for HEAD; None: omit the field."""
        length = int(_handle.get("lreg_exchange_content_length", self._handle))
        return None if length < 0 else length

    @property
    def file_path(self) -> Optional[str]:
        """After set_sends_files(), the file that is the whole body, for a front server to send: relative to the data
        directory, or a path from the Storage. None: send the body as usual."""
        with _Use(self._handle) as handle:
            path: bytes = _handle.get("lreg_exchange_file_path", handle)
        return path.decode("utf-8", "surrogateescape") or None

    @property
    def share(self) -> str:
        """After begin(), the share of the host's threads that the request counts against: the same for all tokens of an
        organization; "" without credentials."""
        with _Use(self._handle) as handle:
            share: bytes = _handle.get("lreg_exchange_share", handle)
        return share.decode("utf-8")

    @property
    def may_keep_alive(self) -> bool:
        """Whether the connection may carry another request: the whole body was read."""
        return bool(_handle.get("lreg_exchange_may_keep_alive", self._handle))

    def read(self, size: int = PIECE_BYTES) -> bytes:
        """The next bytes of the response's body, at most `size`; b"" at its end. HEAD, 204 and 304 have none."""
        if size <= 0:
            raise ValueError("size is at least 1")
        room = ctypes.create_string_buffer(size)
        got = ctypes.c_size_t()
        _handle.call("lreg_exchange_read", self._handle, room, size, ctypes.byref(got))
        return ctypes.string_at(room, got.value)

    def readinto(self, buffer: Any) -> int:
        """Reads into a writable buffer; returns the number of bytes, 0 at the end."""
        memory, length = _handle.room_in(buffer)
        got = ctypes.c_size_t()
        _handle.call("lreg_exchange_read", self._handle, memory, length, ctypes.byref(got))
        return got.value

    def next_piece(self) -> Union[bytes, FilePiece, None]:
        """What to send next: bytes, a part of a file, or None at the end. Does not advance."""
        piece = _abi.sized(_abi.lreg_piece)
        with _Use(self._handle) as handle:
            _handle.call("lreg_exchange_next", handle, ctypes.byref(piece))
            if piece.kind == _abi.LREG_PIECE_END:
                return None
            if piece.kind == _abi.LREG_PIECE_FILE:
                return FilePiece(piece.file, piece.file_offset, piece.length)
            if piece.kind == _abi.LREG_PIECE_BYTES:
                return ctypes.string_at(piece.bytes, piece.length)
        raise NotImplementedError(f"a piece of the kind {piece.kind}")

    def consume(self, length: int) -> None:
        """Advances: `length` bytes of the piece from next_piece() were sent."""
        if length < 0:
            raise ValueError("length is at least 0")
        _handle.call("lreg_exchange_consume", self._handle, length)

    def reset(self) -> None:
        """Makes it ready for the next request, in any phase; cheaper than a new exchange."""
        _handle.get("lreg_exchange_reset", self._handle)

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._handle.closed

    def close(self) -> None:
        """Ends it in any phase; an unfinished upload is discarded."""
        self._handle.close()

    def __enter__(self) -> Exchange:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class _Use:
    """Excludes other threads from a handle during several calls, while borrowed memory is read."""

    def __init__(self, handle: _handle.Handle) -> None:
        self._handle = handle

    def __enter__(self) -> _handle.Handle:
        self._handle.enter()
        return self._handle

    def __exit__(self, *_: Any) -> None:
        self._handle.leave()
