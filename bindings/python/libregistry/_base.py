# SPDX-License-Identifier: Apache-2.0
"""Base classes: snapshots, listings, and the settings of a registry."""

from __future__ import annotations

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
                 *arguments: Any) -> None:
        end = f"lreg_{prefix}_list_free"
        pointer = _handle.give(f"lreg_{prefix}_list_open", list_kind, end, instance, *arguments)
        item_end = "lreg_audit_event_free" if prefix == "audit" else f"lreg_{prefix}_free"
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
    """Settings for a new registry, or changes to one; None does not change a setting."""

    TEXTS = {
        "name": _abi.LREG_REGISTRY_NAME,
        "slug": _abi.LREG_REGISTRY_SLUG,
        "description": _abi.LREG_REGISTRY_DESCRIPTION,
        "emoji": _abi.LREG_REGISTRY_EMOJI,
        "color": _abi.LREG_REGISTRY_COLOR,
        "ecosystem": _abi.LREG_REGISTRY_ECOSYSTEM,
    }
    SWITCHES = {
        "public": _abi.LREG_REGISTRY_PUBLIC,
        "allow_overwrite": _abi.LREG_REGISTRY_ALLOW_OVERWRITE,
        "strict_names": _abi.LREG_REGISTRY_STRICT_NAMES,
    }

    def __init__(self, **values: Any) -> None:
        pointer = _handle.give("lreg_registry_settings_new", _abi.lreg_registry_settings,
                               "lreg_registry_settings_free")
        end = _handle.ending("lreg_registry_settings_free")
        self.handle = _handle.Handle("settings", pointer, end, None)
        for name, value in values.items():
            self._set(name, value)

    def _set(self, name: str, value: Optional[object]) -> None:
        if value is None:
            return
        if name in self.TEXTS:
            encoded = _handle.text(value, name)
            _handle.call("lreg_registry_settings_set_text", self.handle, self.TEXTS[name], encoded)
        else:
            _handle.call("lreg_registry_settings_set_switch", self.handle, self.SWITCHES[name], bool(value))
