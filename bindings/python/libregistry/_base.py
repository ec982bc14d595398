# SPDX-License-Identifier: Apache-2.0
"""Base classes: snapshots, listings, settings."""

from __future__ import annotations

import ctypes
import datetime
from typing import Any, Callable, Generic, Iterator, Optional, TypeVar

from . import _abi, _handle

T = TypeVar("T")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def moment(milliseconds: int) -> datetime.datetime:
    """Converts a time of the library to UTC."""
    return _EPOCH + datetime.timedelta(milliseconds=milliseconds)


def milliseconds_of(value: datetime.datetime) -> int:
    """Converts a time for the library. Refuses one without a time zone, which would be ambiguous."""
    if value.tzinfo is None:
        raise ValueError("a time needs its time zone; datetime.now(timezone.utc) has one")
    return (value - _EPOCH) // datetime.timedelta(milliseconds=1)


class Snapshot:
    """The state of an object at the time it was read. Later changes do not affect it. Any number of threads may use it
    at once. Only an instance creates snapshots; they cannot be pickled."""

    __slots__ = ("_instance", "_handle")

    _KIND: Any = None
    _NAME = ""

    def __init__(self, instance: _handle.Handle, pointer: Any) -> None:
        if not isinstance(instance, _handle.Handle):
            raise TypeError(f"a {type(self).__name__} comes from an instance, it is not made")
        self._instance = instance
        end = _handle.ending(f"lreg_{self._NAME}_free")
        self._handle = _handle.Handle(self._NAME.replace("_", " "), pointer, end, instance)

    def _text(self, member: str, *arguments: Any) -> str:
        value: bytes = _handle.get(f"lreg_{self._NAME}_{member}", self._handle, *arguments)
        return value.decode("utf-8", "replace")

    def _number(self, member: str, *arguments: Any) -> int:
        return int(_handle.get(f"lreg_{self._NAME}_{member}", self._handle, *arguments))

    def _moment(self, member: str) -> datetime.datetime:
        return moment(self._number(member))

    @classmethod
    def _give(cls, function: str, instance: _handle.Handle, *arguments: Any) -> Any:
        """Wraps the handle that a function of the library returns through its last parameter before `err`."""
        return cls(instance, _handle.give(function, cls._KIND, f"lreg_{cls._NAME}_free", instance, *arguments))

    def __eq__(self, other: object) -> bool:
        """Two snapshots are equal when they are of the same object, even if it changed in between."""
        if not isinstance(other, Snapshot) or type(other) is not type(self):
            return NotImplemented
        return self._text("id") == other._text("id")

    def __hash__(self) -> int:
        return hash((self._NAME, self._text("id")))


class Listing(Generic[T]):
    """An iterator that reads step by step. One thread at a time uses it. It closes itself at its end, or earlier by
    close() or as a context manager. Items that are added or removed during the iteration may or may not appear; every
    other item appears once. After a failure it continues where it was."""

    __slots__ = ("_handle", "_next", "_make", "_ended")

    def __init__(self, prefix: str, list_kind: Any, item_kind: Any, make: Callable[[Any], T], instance: _handle.Handle,
                 *arguments: Any, opened: Optional[str] = None) -> None:
        end = f"lreg_{prefix}_list_close"
        opened = opened or f"lreg_{prefix}_list_open"
        pointer = _handle.give(opened, list_kind, end, instance, *arguments)
        item_end = "lreg_metric_free" if prefix == "metrics" else f"lreg_{prefix}_free"
        self._handle = _handle.Resource("listing", pointer, _handle.ending(end), instance)
        self._next = (f"lreg_{prefix}_list_next", item_kind, item_end)
        self._make = make
        self._ended = False

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        if self._ended:
            raise StopIteration
        pointer = _handle.give(*self._next, self._handle)
        if pointer is None:
            self._ended = True
            self._handle.close()
            raise StopIteration
        return self._make(pointer)

    @property
    def closed(self) -> bool:
        """Whether it was closed, or has reached its end."""
        return self._handle.closed

    def close(self) -> None:
        """Ends the listing; the next step raises ClosedError."""
        self._handle.close()

    def __enter__(self) -> Listing[T]:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class Settings:
    """Settings of a kind of object, for a new one or as changes; None does not set anything."""

    #: All others are texts.
    NUMBERS = ("public", "allow_overwrite", "strict_names", "expires_ms")

    def __init__(self, prefix: str, kind: Any, **values: Any) -> None:
        end = f"lreg_{prefix}_settings_free"
        pointer = _handle.give(f"lreg_{prefix}_settings_new", kind, end)
        self.handle = _handle.Handle("settings", pointer, _handle.ending(end), None)
        for name, value in values.items():
            if value is not None:
                _handle.call(f"lreg_{prefix}_settings_set_{name}", self.handle,
                             int(value) if name in self.NUMBERS else _handle.text(value, name))


def filtered(struct: Any, **members: Any) -> Any:
    """A filter for a listing."""
    return ctypes.byref(_abi.sized(struct, **members))
