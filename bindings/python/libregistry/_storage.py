# SPDX-License-Identifier: Apache-2.0
"""Storages for package bytes written in Python: subclass Storage, Stage and StoredObject."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import itertools
import threading
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple, Union

from . import _abi, _error, _handle, _hooks

#: An entry of a listing: name of the stage or key of the object, when it was last written (seconds since the epoch),
#: and its length.
Entry = Tuple[str, float, int]

#: The number of closed stages whose digests are kept for when they are reopened.
_PAUSED_MAX = 10000
_once_lock = threading.Lock()


class Stage:
    """Bytes that are being written. One thread at a time uses it. close, drop and commit each end it."""

    def write(self, data: bytes) -> None:
        """Appends all of `data`, or raises."""
        raise NotImplementedError

    def sync(self) -> Optional[int]:
        """Makes what was written so far survive a power failure. Returns the length of the stage that does; None: all
        of it."""
        return None

    def close(self) -> None:
        """Keeps the bytes for Storage.reopen_stage()."""
        raise NotImplementedError

    def drop(self) -> None:
        """Removes the bytes."""
        raise NotImplementedError

    def commit(self, digest: str) -> str:
        """Makes a durable object from the stage, and returns its key: 1 to 255 bytes of UTF-8, never used before.

        `digest` is the hexadecimal SHA-256 of the bytes. When this raises, it must have removed the stage."""
        raise NotImplementedError


class StoredObject:
    """An object, open for reading. One thread at a time uses it."""

    #: The number of bytes; the subclass sets it.
    length: int

    def read(self, offset: int, length: int) -> Union[bytes, bytearray, memoryview]:
        """Up to `length` bytes from `offset` on; fewer only at the end of the object."""
        raise NotImplementedError

    def descriptor(self) -> Optional[Tuple[int, int]]:
        """A file descriptor to read the object from, and the offset at which it begins; valid until close(). None when
        it is not in a file."""
        return None

    def path(self) -> Optional[str]:
        """The path, as a front server that sends files for the host knows it, of a file that contains exactly the
        object. None when there is no such file."""
        return None

    def close(self) -> None:
        """Ends reading."""


class Storage:
    """Stores the package bytes of one instance: `Instance(…, storage=MyStorage())`.

    Bytes are appended to a named stage, which is committed once. The commit makes an immutable object with a key.
    Methods are called from any thread: several at once for one storage, one at a time for a stage or an object. No
    method may call the instance. Methods report failures by exceptions: NotFoundError or FileNotFoundError when the
    stage or object does not exist, BusyError when a stage is already open, OSError
    with ENOSPC when there is no space, UpstreamError when the storage as a whole cannot be used (then nothing is
    removed or called damaged).
    Any other exception is raised by the call that led to it.
    """

    #: Names the stored bytes in the metadata: 1 to 63 characters of [a-z0-9-], the same for the same bytes each time,
    #: and not "local", "memory" or "default". The subclass sets it.
    name: str

    _libregistry_used = False

    def create_stage(self, name: str) -> Stage:
        """A new, empty stage. A name (at most 63 characters of [a-z0-9-]) is never used twice."""
        raise NotImplementedError

    def reopen_stage(self, name: str, length: int) -> Stage:
        """Opens an existing stage to continue after its first `length` bytes; the next write, sync or commit truncates
        it there. Raises NotFoundError, BusyError when it is open, OSError when it is shorter."""
        raise NotImplementedError

    def remove_stage(self, name: str) -> None:
        """Removes a stage that is not open."""
        raise NotImplementedError

    def open_object(self, key: str) -> StoredObject:
        """Opens an object for reading. Raises NotFoundError."""
        raise NotImplementedError

    def remove_object(self, key: str) -> None:
        """Removes an object; it stays readable where it is open."""
        raise NotImplementedError

    def stages(self) -> Iterable[Entry]:
        """All stages, for the collector. Unless a storage has both listings, leftovers of a crash are kept."""
        raise NotImplementedError

    def objects(self) -> Iterable[Entry]:
        """All objects, for the collector."""
        raise NotImplementedError

    def close(self) -> None:
        """Called once, as the last call."""


def _failed(exception: BaseException) -> Tuple[int, bool]:
    """The status for an exception of a storage, and whether it is an expected one that the library handles."""
    if isinstance(exception, FileNotFoundError):
        return _abi.LREG_NOT_FOUND, True
    if isinstance(exception, OSError):
        full = exception.errno in (errno.ENOSPC, errno.EDQUOT)
        return (_abi.LREG_NO_SPACE if full else _abi.LREG_IO), False
    status = _hooks.status_of(exception)
    return status, isinstance(exception, _error.Error) and status in (_abi.LREG_NOT_FOUND, _abi.LREG_BUSY)


def _void_failed(_exception: BaseException) -> Tuple[None, bool]:
    return None, False


class _Digest:
    """Digest of all bytes that a stage has received. When an interrupt or an exhausted stack ends a callback before its
    first step, ctypes returns an undefined status to C, and the bytes are lost. The digest prevents a commit then."""

    def __init__(self) -> None:
        self.length = 0
        self._sha256 = hashlib.sha256()

    def add(self, data: bytes) -> None:
        self.length += len(data)
        self._sha256.update(data)

    def hexadecimal(self) -> str:
        return self._sha256.hexdigest()


class Adapter:
    """The table of C functions for a Storage. C identifies open stages and objects by number, not by pointer."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._open: Dict[int, Any] = {}
        #: Name and digest of each open stage, and digests of closed ones that may be reopened.
        self._writing: Dict[int, Tuple[bytes, Optional[_Digest], List[int]]] = {}
        self._paused: Dict[bytes, _Digest] = {}
        self._numbers = itertools.count(1)
        self.table = _abi.sized(_abi.lreg_storage_backend)
        kinds: Dict[str, Any] = {name: kind for name, kind, *_ in _abi.lreg_storage_backend._fields_}
        for name in kinds:
            if name in ("size", "flags") or (name.startswith("list_") and not self._lists()):
                continue
            fallback = _hooks.fallback_of(kinds[name])
            failed = _failed if fallback is not None else _void_failed
            setattr(self.table, name, kinds[name](_handle.guarded(getattr(self, "_" + name), failed, fallback)))

    def _lists(self) -> bool:
        kind = type(self._storage)
        return kind.stages is not Storage.stages and kind.objects is not Storage.objects

    def _put(self, thing: Any, kind: type) -> int:
        if not isinstance(thing, kind):
            raise TypeError(f"the storage returned {type(thing).__name__} instead of {kind.__name__}")
        number = next(self._numbers)
        self._open[number] = thing
        return number

    def _get(self, number: Optional[int]) -> Any:
        return self._open[number or 0]

    def _take(self, number: Optional[int]) -> Any:
        return self._open.pop(number or 0)

    def _stage_create(self, _state: Any, name: bytes, _info: Any, out: Any, _failure: Any) -> int:
        stage = self._storage.create_stage(name.decode())
        out[0] = self._put_stage(stage, name, _Digest(), 0)
        return _abi.LREG_OK

    def _stage_reopen(self, _state: Any, name: bytes, length: int, out: Any, _failure: Any) -> int:
        stage = self._storage.reopen_stage(name.decode(), length)
        digest = self._paused.pop(name, None)
        out[0] = self._put_stage(stage, name, digest if digest is not None and digest.length == length else None,
                                 length)
        return _abi.LREG_OK

    def _put_stage(self, stage: Any, name: bytes, digest: Optional[_Digest], length: int) -> int:
        number = self._put(stage, Stage)
        self._writing[number] = (name, digest, [length])
        return number

    def _stage_write(self, _state: Any, stage: int, memory: int, length: int, _failure: Any) -> int:
        # A copy: a subclass may keep it, but the memory is only valid during this call.
        data = ctypes.string_at(memory, length) if length else b""
        self._get(stage).write(data)
        self._writing[stage][2][0] += length
        digest = self._writing[stage][1]
        if digest is not None:
            digest.add(data)
        return _abi.LREG_OK

    def _stage_sync(self, _state: Any, stage: int, out_durable: Any, _failure: Any) -> int:
        durable = self._get(stage).sync()
        out_durable[0] = self._writing[stage][2][0] if durable is None else durable
        return _abi.LREG_OK

    def _stage_close(self, _state: Any, stage: int) -> None:
        thing = self._take(stage)
        name, digest, _ = self._writing.pop(stage)
        if digest is not None and len(self._paused) < _PAUSED_MAX:
            self._paused[name] = digest
        thing.close()

    def _stage_drop(self, _state: Any, stage: int) -> None:
        thing = self._take(stage)
        del self._writing[stage]
        thing.drop()

    def _stage_remove(self, _state: Any, name: bytes, _failure: Any) -> int:
        self._paused.pop(name, None)
        self._storage.remove_stage(name.decode())
        return _abi.LREG_OK

    def _stage_commit(self, _state: Any, stage: int, info: Any, key: int, capacity: int, _failure: Any) -> int:
        thing = self._take(stage)
        taken = self._writing.pop(stage)[1]
        digest = info[0].digest.decode()
        if taken is not None and taken.hexadecimal() != digest:
            thing.drop()
            raise OSError(errno.EIO, "bytes were lost on their way to the storage")
        _write_name(key, thing.commit(digest), capacity)
        return _abi.LREG_OK

    def _object_open(self, _state: Any, key: bytes, _info: Any, out: Any, out_length: Any, _failure: Any) -> int:
        thing = self._storage.open_object(key.decode())
        length = int(thing.length)
        if length < 0:
            raise ValueError("the length of an object is below 0")
        out[0] = self._put(thing, StoredObject)
        out_length[0] = length
        return _abi.LREG_OK

    def _object_read(self, _state: Any, thing: int, offset: int, memory: int, length: int, out_got: Any,
                     _failure: Any) -> int:
        data = bytes(self._get(thing).read(offset, length))
        if len(data) > length:
            raise ValueError(f"the storage returned {len(data)} bytes where {length} were asked for")
        if data:
            ctypes.memmove(memory, data, len(data))
        out_got[0] = len(data)
        return _abi.LREG_OK

    def _object_descriptor(self, _state: Any, thing: int, out: Any, out_offset: Any, _failure: Any) -> int:
        found = self._get(thing).descriptor()
        if found is None:
            return _abi.LREG_NOT_FOUND
        out[0], out_offset[0] = found
        return _abi.LREG_OK

    def _object_path(self, _state: Any, thing: int, path: int, capacity: int, _failure: Any) -> int:
        found = self._get(thing).path()
        if found is None:
            return _abi.LREG_NOT_FOUND
        _write_name(path, found, capacity)
        return _abi.LREG_OK

    def _object_close(self, _state: Any, thing: int) -> None:
        self._take(thing).close()

    def _object_remove(self, _state: Any, key: bytes, _failure: Any) -> int:
        self._storage.remove_object(key.decode())
        return _abi.LREG_OK

    def _list_open(self, _state: Any, info: Any, out: Any, _failure: Any) -> int:
        is_objects = info[0].what == _abi.LREG_STORAGE_OBJECTS
        entries = self._storage.objects() if is_objects else self._storage.stages()
        out[0] = self._put(_Listing(entries, info[0].after), _Listing)
        return _abi.LREG_OK

    def _list_next(self, _state: Any, listing: int, name: int, capacity: int, out_modified_ms: Any,
                   out_length: Any, _failure: Any) -> int:
        entry = next(self._get(listing).entries, None)
        if entry is None:
            return _abi.LREG_NOT_FOUND
        _write_name(name, entry[0], capacity)
        out_modified_ms[0] = int(entry[1] * 1000)
        out_length[0] = entry[2]
        return _abi.LREG_OK

    def _list_close(self, _state: Any, listing: int) -> None:
        self._take(listing)

    def _destroy(self, _state: Any) -> None:
        self._storage.close()


class _Listing:
    """Entries of a listing; with `after` only those with greater names."""

    def __init__(self, entries: Iterable[Entry], after: Optional[bytes]) -> None:
        all_of_them: Iterator[Entry] = iter(entries)
        self.entries = (all_of_them if after is None else
                        (entry for entry in all_of_them if entry[0].encode() > after))


def _write_name(memory: int, name: str, capacity: int) -> None:
    """Writes a NUL-terminated key or path to memory of the caller."""
    longest = capacity - 1
    encoded = _handle.text(name, "the key or path of a storage")
    if not 0 < len(encoded) <= longest:
        raise ValueError(f"the storage returned a key or path of {len(encoded)} bytes; 1 to {longest} are possible")
    ctypes.memmove(memory, encoded + b"\0", len(encoded) + 1)


def once(storage: Storage) -> Storage:
    """Marks a storage as used: a second instance would use one that the first has closed."""
    with _once_lock:
        if getattr(storage, "_libregistry_used", False):
            raise _error.MisuseError("the storage was given to an instance before")
        storage._libregistry_used = True
    return storage
