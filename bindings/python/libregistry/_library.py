# SPDX-License-Identifier: Apache-2.0
"""Finds libregistry.so, checks its version, and sets the types of its functions.

The library is loaded at the first call that needs it, so importing the package always works.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys
import threading
from typing import Any, Iterator, List, Optional

from . import _abi

#: The variable with the path of the library. If it is set, no other path is tried.
VARIABLE = "LIBREGISTRY_LIBRARY"

_lock = threading.RLock()
_library: Optional[Library] = None

#: As in the library's SONAME: before 1.0 a minor version may break the ABI.
SONAME_VERSION = ".".join(str(part) for part in (
    [_abi.LREG_VERSION_MAJOR] if _abi.LREG_VERSION_MAJOR else [_abi.LREG_VERSION_MAJOR, _abi.LREG_VERSION_MINOR]))


class LoadError(ImportError):
    """libregistry was not found, or this package does not support its version."""


class Library:
    """The functions of a loaded library, by their C names."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._loaded = ctypes.CDLL(path)
        check_version(self._number(), path)
        for name, (result, parameters) in _abi.FUNCTIONS.items():
            try:
                function = getattr(self._loaded, name)
            except AttributeError:
                raise LoadError(f"{path} has no {name}: it is older than this package") from None
            function.restype = result
            function.argtypes = parameters
            setattr(self, name, function)

    def _number(self) -> int:
        try:
            function = self._loaded.lreg_version_number
        except AttributeError:
            raise LoadError(f"{self.path} is not libregistry") from None
        function.restype = ctypes.c_int32
        function.argtypes = ()
        return int(function())

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"libregistry has no {name}")


def check_version(number: int, path: str) -> None:
    """Raises LoadError unless a library of this version is compatible with the declarations in `_abi`."""
    major, minor = number // 1000000, number // 1000 % 1000
    # Before 1.0 a minor version may change anything; later ones only add.
    known = minor == _abi.LREG_VERSION_MINOR if major == 0 else minor >= _abi.LREG_VERSION_MINOR
    if major != _abi.LREG_VERSION_MAJOR or not known:
        raise LoadError(f"{path} is version {major}.{minor}, this package is for "
                        f"{_abi.LREG_VERSION_MAJOR}.{_abi.LREG_VERSION_MINOR}")


def _candidates() -> Iterator[str]:
    """File names to try, in order."""
    named = os.environ.get(VARIABLE)
    if named:
        yield named
        return
    version = SONAME_VERSION
    yield f"libregistry.{version}.dylib" if sys.platform == "darwin" else f"libregistry.so.{version}"
    found = ctypes.util.find_library("registry")
    if found:
        yield found


def _load() -> Library:
    tried: List[str] = []
    for path in _candidates():
        try:
            return Library(path)
        except OSError as error:
            tried.append(str(error))
    raise LoadError("libregistry was not found (" + "; ".join(tried) + f"); set {VARIABLE} to its path")


def get() -> Library:
    """The library, loaded once per process."""
    global _library
    if _library is None:
        with _lock:
            if _library is None:
                _library = _load()
    return _library


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_after_fork)


def has_feature(name: str) -> bool:
    """Whether the loaded library has a part that another build or version may lack, such as "ecosystem-alpine"."""
    return bool(get().lreg_has_feature(name.encode()))


def version() -> str:
    """The version of the loaded library, such as "0.1.0"."""
    return str(get().lreg_version_string().decode())
