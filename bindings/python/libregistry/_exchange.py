# SPDX-License-Identifier: Apache-2.0
"""One HTTP request and its response, without sockets."""

from __future__ import annotations

import ctypes
import enum
from typing import Any, BinaryIO, Iterable, List, Mapping, NamedTuple, Optional, Tuple, Union

from . import _abi, _handle
from ._package import PIECE_BYTES

#: Text of a head: bytes, or a str with characters up to U+00FF, as WSGI has it.
Field = Union[str, bytes]


class Wants(enum.IntEnum):
    """What an exchange waits for."""

    #: The head of a request, or nothing more: the response was sent to its end, or it failed.
    NOTHING = _abi.LREG_WANTS_NOTHING
    #: write() or finish().
    BODY = _abi.LREG_WANTS_BODY
    #: The response is ready to be sent.
    RESPONSE = _abi.LREG_WANTS_RESPONSE
    #: work(), maybe several times; only after set_defers_work().
    WORK = _abi.LREG_WANTS_WORK


class FilePiece(NamedTuple):
    """A part of a file to be sent. The descriptor may be shared: pread and sendfile with the offset, never seek, never
    close. It is valid until consume() has passed the piece."""

    descriptor: int
    offset: int
    length: int


class Response(NamedTuple):
    """What Instance.dispatch() gives."""

    status: int
    #: Names as they were written, values; in order.
    headers: List[Tuple[str, str]]
    body: bytes

    def header(self, name: str) -> Optional[str]:
        """The first field of a name, in any case of letters."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def field(value: Field, what: str) -> bytes:
    """Bytes of a text in the head of a request, as C takes it."""
    if not isinstance(value, (str, bytes)):
        raise TypeError(f"{what} is a str or bytes, not {type(value).__name__}")
    encoded = value.encode("latin-1") if isinstance(value, str) else value
    if b"\0" in encoded:
        raise ValueError(f"{what} has a NUL character in it")
    return encoded


class Exchange:
    """A request and its response, for hosts that have sockets of their own; from Instance.exchange(). One thread at a
    time. A response of 404 or 500 is no failure of a call.

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
        """Method and target ("/path?query", percent-encoded, with the mount in front) as the client sent them."""
        _handle.call("lreg_exchange_set_request", self._handle, field(method, "method"), field(target, "target"))

    def set_scheme(self, scheme: str) -> None:
        """ "http" or "https": how the client reached the host. """
        _handle.call("lreg_exchange_set_scheme", self._handle, field(scheme, "scheme"))

    def set_host(self, host: Optional[Field]) -> None:
        """Name and port under which the client reached the host; None: the field Host."""
        _handle.call("lreg_exchange_set_host", self._handle, None if host is None else field(host, "host"))

    def set_mount(self, mount: Field) -> None:
        """The path under which the registry is: "" or "/prefix"."""
        _handle.call("lreg_exchange_set_mount", self._handle, field(mount, "mount"))

    def set_peer(self, address: Optional[Field]) -> None:
        """The address of the client, for the audit log."""
        _handle.call("lreg_exchange_set_peer", self._handle, None if address is None else field(address, "address"))

    def trust_forwarded(self, trust: bool = True) -> None:
        """The peer is a proxy of the host's own: its fields Forwarded or X-Forwarded-… count."""
        _handle.call("lreg_exchange_trust_forwarded", self._handle, bool(trust))

    def set_sends_files(self, sends_files: bool = True) -> None:
        """A front server can send files for the host (X-Sendfile, X-Accel-Redirect); see file_path."""
        _handle.call("lreg_exchange_set_sends_files", self._handle, bool(sends_files))

    def add_header(self, name: Field, value: Field) -> None:
        """A field of the head, in the order in which they came."""
        _handle.call("lreg_exchange_add_header", self._handle, field(name, "name"), field(value, "value"))

    def set_environment(self, variables: Mapping[str, Any]) -> None:
        """The whole head from the variables of CGI (RFC 3875), which WSGI has too, instead of the other calls. What is
        no text is left out."""
        lines = [field(f"{name}={value}", name) for name, value in variables.items() if isinstance(value, str)]
        array = (ctypes.c_char_p * (len(lines) + 1))(*lines, None)
        _handle.call("lreg_exchange_set_environment", self._handle, array)

    def set_defers_work(self, defers: bool = True) -> None:
        """For event loops that call begin() for GET and HEAD in the loop itself: what has to wait for a disk now and
        then is left to work()."""
        _handle.call("lreg_exchange_set_defers_work", self._handle, bool(defers))

    def begin(self) -> None:
        """The head is complete: finds the route, decides access, starts the work."""
        _handle.call("lreg_exchange_begin", self._handle)

    def work(self) -> None:
        """Does what begin() has left for a thread that may wait."""
        _handle.call("lreg_exchange_work", self._handle)

    @property
    def wants(self) -> Wants:
        """What is next, after every call."""
        return Wants(_handle.get("lreg_exchange_wants", self._handle))

    def write(self, data: Union[bytes, bytearray, memoryview]) -> None:
        """Bytes of the request's body, in pieces of any size. When the response is ready they are dropped."""
        memory, length = _handle.buffer_of(data)
        _handle.call("lreg_exchange_write", self._handle, memory, length)

    def finish(self) -> None:
        """The request's body is complete. Not needed when there is none."""
        _handle.call("lreg_exchange_finish", self._handle)

    def write_body(self, source: Union[bytes, BinaryIO, Iterable[bytes]]) -> None:
        """The whole body, as long as it is wanted: bytes, or a binary file or an iterable, which is read by pieces."""
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
        """How much of the request's body is still to come; None when its length is not known, and before begin()."""
        remaining = int(_handle.get("lreg_exchange_body_remaining", self._handle))
        return None if remaining < 0 else remaining

    @property
    def status(self) -> int:
        """The status of the response, such as 200; 0 while it is not ready."""
        return int(_handle.get("lreg_exchange_status", self._handle))

    @property
    def reason(self) -> str:
        """The reason phrase of the status, such as "Not Found"; "" while there is no response."""
        phrase: bytes = _handle.get("lreg_exchange_reason", self._handle)
        return phrase.decode("latin-1")

    @property
    def headers(self) -> List[Tuple[str, str]]:
        """The response's fields, in order. Content-Length, Date, Connection and Transfer-Encoding are never among
        them: framing is the host's."""
        found: List[Tuple[str, str]] = []
        name, value = ctypes.c_char_p(), ctypes.c_char_p()
        with _Use(self._handle) as handle:
            while _handle.get("lreg_exchange_header_at", handle, len(found), ctypes.byref(name), ctypes.byref(value)):
                found.append(((name.value or b"").decode("latin-1"), (value.value or b"").decode("latin-1")))
        return found

    @property
    def content_length(self) -> Optional[int]:
        """What to write as Content-Length, for HEAD, too; None: leave it out."""
        length = int(_handle.get("lreg_exchange_content_length", self._handle))
        return None if length < 0 else length

    @property
    def file_path(self) -> Optional[str]:
        """The file that is the whole body, for a front server to send, after set_sends_files(): relative to the data
        directory, or what the Storage says. None: the body is to be sent as always."""
        with _Use(self._handle) as handle:
            path: bytes = _handle.get("lreg_exchange_file_path", handle)
        return path.decode("utf-8", "surrogateescape") or None

    @property
    def share(self) -> str:
        """Whose share of the host's threads the request uses, after begin(): the same for all tokens of an
        organization; "" without credentials."""
        with _Use(self._handle) as handle:
            share: bytes = _handle.get("lreg_exchange_share", handle)
        return share.decode("utf-8")

    @property
    def may_keep_alive(self) -> bool:
        """Whether the connection may carry another request: the body was taken to its end."""
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
        """The same into a writable buffer; 0 at the end."""
        memory, length = _handle.room_in(buffer)
        got = ctypes.c_size_t()
        _handle.call("lreg_exchange_read", self._handle, memory, length, ctypes.byref(got))
        return got.value

    def next_piece(self) -> Union[bytes, FilePiece, None]:
        """What is to be sent next, without moving on: bytes, a part of a file, or None at the end."""
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
        """So many bytes of what next_piece() shows were sent."""
        if length < 0:
            raise ValueError("length is at least 0")
        _handle.call("lreg_exchange_consume", self._handle, length)

    def reset(self) -> None:
        """Ready for the next request, in any phase; cheaper than a new exchange."""
        _handle.get("lreg_exchange_reset", self._handle)

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._handle.closed

    def close(self) -> None:
        """Ends it in any phase; an upload that was not finished leaves nothing behind."""
        self._handle.close()

    def __enter__(self) -> Exchange:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class _Use:
    """Keeps other threads from a handle over several calls, while what one of them lends is looked at."""

    def __init__(self, handle: _handle.Handle) -> None:
        self._handle = handle

    def __enter__(self) -> _handle.Handle:
        self._handle.enter()
        return self._handle

    def __exit__(self, *_: Any) -> None:
        self._handle.leave()
