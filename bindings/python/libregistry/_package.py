# SPDX-License-Identifier: Apache-2.0
"""Packages: publishing them in pieces, and reading their bytes."""

from __future__ import annotations

import contextlib
import ctypes
import datetime
import io
import json
import os
import uuid
from typing import Any, BinaryIO, Callable, Dict, Optional, Union

from . import _abi, _error, _handle
from ._base import Snapshot

#: Bytes per piece: large enough that the cost of calls does not matter, small enough for many threads.
PIECE_BYTES = 256 * 1024


def copy(source: Any, write: Callable[[Any], Any]) -> int:
    """Copies a binary file in pieces; returns the number of bytes. Reuses one buffer if the file has `readinto`."""
    total = 0
    readinto = getattr(source, "readinto", None)
    room = memoryview(bytearray(PIECE_BYTES)) if readinto is not None else None
    while True:
        if room is not None and readinto is not None:
            got = readinto(room)
            piece: Any = room[:got or 0]
        else:
            piece = source.read(PIECE_BYTES)
            got = len(piece)
        if got is None:
            raise BlockingIOError("the file has nothing to give yet; a blocking one is wanted")
        if got == 0:
            return total
        write(piece)
        total += got


class Package(Snapshot):
    """A file, an apk of one architecture, or a tag of an image."""

    __slots__ = ()
    _KIND = _abi.lreg_package
    _NAME = "package"

    @property
    def id(self) -> str:
        """A UUID."""
        return self._text("id")

    @property
    def name(self) -> str:
        """Its name."""
        return self._text("name")

    @property
    def version(self) -> str:
        """"" when there is none."""
        return self._text("version")

    @property
    def architecture(self) -> str:
        """"" when there is none."""
        return self._text("architecture")

    @property
    def reference(self) -> str:
        """What names it in its registry; Registry.package() takes it."""
        return self._text("reference")

    @property
    def filename(self) -> str:
        """The name under which to save it: the last part of its reference."""
        return self._text("filename")

    @property
    def path(self) -> str:
        """The path for HTTP clients, below the mount, percent-encoded."""
        return self._text("path")

    @property
    def size(self) -> int:
        """Its size in bytes; for an image, including everything its manifest references."""
        return self._number("size_bytes")

    def digest(self, algorithm: str = "sha256") -> str:
        """"md5", "sha1", "sha256" or "sha512" in hexadecimal; "" when unknown."""
        return self._text("digest", _handle.text(algorithm, "algorithm"))

    @property
    def attributes(self) -> Dict[str, Any]:
        """Further data of the ecosystem."""
        found: Dict[str, Any] = json.loads(self._text("attributes"))
        return found

    @property
    def downloads(self) -> int:
        """The number of downloads over HTTP; those of the last seconds may be missing."""
        return self._number("downloads")

    @property
    def created_at(self) -> datetime.datetime:
        """When it was first published, in UTC."""
        return self._moment("created_ms")

    def delete(self) -> None:
        """Deletes it. Instance.collect() frees its bytes, unless something else references them."""
        _handle.call("lreg_package_delete", self._instance, self._handle)

    def open(self) -> PackageReader:
        """Its bytes as a binary file; for an image, its manifest. They stay readable after the package is deleted.

        io.BufferedReader(package.open()) adds a buffer and lines; io.TextIOWrapper on top adds text.
        """
        return PackageReader(self._instance, self._handle)

    def read_bytes(self) -> bytes:
        """All its bytes."""
        with self.open() as content:
            return content.readall()

    def download(self, target: Union[str, os.PathLike[str], BinaryIO]) -> int:
        """Writes its bytes in pieces to an open binary file, or to a path, where the file appears once it is complete.
        Returns the number of bytes."""
        with self.open() as content:
            if not isinstance(target, (str, os.PathLike)):
                return copy(content, _write_all_to(target))
            # Not tempfile: its files are accessible only to the owner.
            partial = f"{os.path.abspath(target)}.{uuid.uuid4().hex}.part"
            try:
                with open(partial, "xb", buffering=0) as file:
                    length = copy(content, _write_all_to(file))
                os.replace(partial, target)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(partial)
                raise
            return length

    def __repr__(self) -> str:
        return f"<Package {self.reference!r}>"


def _write_all_to(target: Any) -> Callable[[Any], None]:
    def write(piece: Any) -> None:
        rest = memoryview(piece)
        while rest:
            taken = target.write(rest)
            # Raw files may write less; a result of None means all.
            rest = rest[len(rest) if taken is None else taken:]

    return write


class Publication:
    """A package file that is being published, with a write() method. As a context manager it is finished at the end of
    the block, or aborted when an exception leaves it. One thread at a time uses it."""

    __slots__ = ("_instance", "_handle", "_package", "_created")

    def __init__(self, instance: _handle.Handle, registry: _handle.Handle, filename: str) -> None:
        end = "lreg_publication_close"
        pointer = _handle.give("lreg_publication_open", _abi.lreg_publication, end, instance, registry,
                               _handle.text(filename, "filename"))
        self._instance = instance
        self._handle = _handle.Resource("publication", pointer, _handle.ending(end), instance)
        self._package: Optional[Package] = None
        self._created = False

    def write(self, data: Union[bytes, bytearray, memoryview]) -> int:
        """Appends all of `data`. After a failure the publication can only be aborted."""
        memory, length = _handle.buffer_of(data)
        _handle.call("lreg_publication_write", self._handle, memory, length)
        return length

    def finish(self) -> Package:
        """Ends the bytes and publishes: when this returns, the package is visible and durable."""
        out = ctypes.POINTER(_abi.lreg_package)()
        created = ctypes.c_int32()
        try:
            _handle.call("lreg_publication_finish", self._handle, ctypes.byref(out), ctypes.byref(created))
        except BaseException:
            if out:
                _handle.ending("lreg_package_free")(out)
            raise
        self._package = Package(self._instance, out)
        self._created = bool(created.value)
        self._handle.close()
        return self._package

    def abort(self) -> None:
        """Ends it; discards the bytes unless it was finished."""
        self._handle.close()

    @property
    def package(self) -> Package:
        """The package that was published. Raises MisuseError before finish()."""
        if self._package is None:
            raise _error.MisuseError("the publication was not finished")
        return self._package

    @property
    def created(self) -> bool:
        """Whether the package is new; False when it existed with the same bytes, or before finish()."""
        return self._created

    def __enter__(self) -> Publication:
        return self

    def __exit__(self, kind: Optional[type], *_: Any) -> None:
        if kind is None and self._package is None and not self._handle.closed:
            try:
                self.finish()
            finally:
                self.abort()
        else:
            self.abort()


class PackageReader(io.RawIOBase):
    """A package's bytes: a binary file with read and seek, but not write. One thread at a time uses it."""

    def __init__(self, instance: _handle.Handle, package: _handle.Handle) -> None:
        super().__init__()
        end = "lreg_package_reader_close"
        pointer = _handle.give("lreg_package_reader_open", _abi.lreg_package_reader, end, instance, package)
        self._handle = _handle.Resource("package reader", pointer, _handle.ending(end), instance)
        self._length = int(_handle.get("lreg_package_reader_length", self._handle))
        self._position = 0

    def __len__(self) -> int:
        return self._length

    def __bool__(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        self._check()
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._check()
        bases = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}
        if whence not in bases:
            raise ValueError(f"unknown whence: {whence}")
        position = bases[whence] + offset
        if position < 0:
            raise ValueError("before the beginning of the package")
        self._position = position
        return position

    def readinto(self, buffer: Any) -> int:
        """Reads into a writable buffer; returns the number of bytes."""
        memory, length = _handle.room_in(buffer)
        got = ctypes.c_size_t()
        _handle.call("lreg_package_reader_read", self._handle, min(self._position, 2**63), memory, length,
                     ctypes.byref(got))
        self._position += got.value
        return got.value

    def readall(self) -> bytes:
        """All bytes from the current position."""
        rest = bytearray(max(self._length - self._position, 0))
        view = memoryview(rest)
        at = 0
        while at < len(rest):
            got = self.readinto(view[at:])
            if got == 0:
                break
            at += got
        return bytes(view[:at])

    def close(self) -> None:
        """Ends reading. Harmless when it is closed."""
        handle = getattr(self, "_handle", None)
        if handle is not None:
            handle.close()
        super().close()

    def _check(self) -> None:
        if self.closed:
            raise _error.ClosedError("the package reader is closed")
