# SPDX-License-Identifier: Apache-2.0
"""Handles of the library, calls with them, and their lifetime.

A handle is ended exactly once: never while a call uses it, never by its finalizer in a forked child, never from inside
a callback of the library (the garbage collector may run there), and not during finalization of the interpreter. It
keeps alive what its pointer needs: the instance, and with it the callbacks.
"""

from __future__ import annotations

import atexit
import collections
import ctypes
import logging
import os
import sys
import threading
import weakref
from typing import Any, Callable, Deque, List, Optional, Tuple

from . import _abi, _error, _library

LOGGER = logging.getLogger("libregistry")


class _Thread(threading.local):
    """The state of the current thread inside the library."""

    def __init__(self) -> None:
        #: One list for each call in progress: what its callbacks raised.
        self.calls: List[List[Tuple[BaseException, bool]]] = []
        #: The number of running hooks; they must not call the library.
        self.hooks = 0


_thread = _Thread()
_is_finalizing = sys.is_finalizing
_later: Deque[Tuple[Callable[[Any], None], Any, Any]] = collections.deque()
_resources: "weakref.WeakSet[Resource]" = weakref.WeakSet()
# Reentrant: the garbage collector may run in the thread that holds it.
_resources_lock = threading.RLock()


class Handle:
    """Owns one pointer of the library."""

    __slots__ = ("kind", "_pointer", "_end", "_process", "_keep", "__weakref__")

    def __init__(self, kind: str, pointer: Any, end: Callable[[Any], None], keep: Any) -> None:
        self.kind = kind
        self._keep = keep
        self._process = os.getpid()
        self._end = end
        self._pointer = pointer

    def enter(self) -> Any:
        """Returns the pointer for one call, which leave() ends. Raises ForkedError."""
        if self._process != os.getpid():
            raise _error.ForkedError(f"the {self.kind} belongs to process {self._process}, which this one was forked "
                                     "from; open an Instance here")
        return self._pointer

    def leave(self) -> None:
        """Ends the call."""

    def drop(self) -> None:
        """For a forked child: ends its copy, unless a thread of the parent was using it."""
        pointer, self._pointer = self._pointer, None
        if pointer is not None and not self.is_used():
            self._end(pointer)

    def is_used(self) -> bool:
        """Whether a call that may change it is in progress."""
        return False

    def keeps(self, other: Handle) -> bool:
        """Whether it keeps another handle alive."""
        return self._keep is other

    def _release(self) -> None:
        pointer, self._pointer = self._pointer, None
        if pointer is None or self._process != os.getpid():
            return
        _later.append((self._end, pointer, self._keep))
        if not _thread.calls:
            _end_later()

    def __del__(self, is_finalizing: Callable[[], bool] = _is_finalizing) -> None:
        if not is_finalizing() and getattr(self, "_pointer", None) is not None:
            self._release()

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a handle of libregistry cannot be copied or pickled")


class Resource(Handle):
    """A handle that can be closed. Calls in progress complete; the last one ends the pointer.

    One thread at a time uses an exclusive one; other threads wait.
    """

    __slots__ = ("_lock", "_turn", "_users", "_closed")

    def __init__(self, kind: str, pointer: Any, end: Callable[[Any], None], keep: Any, exclusive: bool = True) -> None:
        # Reentrant: a signal handler may take them in the thread that holds them.
        self._lock = threading.RLock()
        self._turn = threading.RLock() if exclusive else None
        self._users = 0
        self._closed = False
        super().__init__(kind, pointer, end, keep)
        with _resources_lock:
            _resources.add(self)

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._closed

    def enter(self) -> Any:
        super().enter()
        with self._lock:
            self._users += 1  # before _closed is checked: a signal handler may close it in between
        if self._turn is not None:
            self._turn.acquire()
        if self._closed:
            self.leave()
            raise _error.ClosedError(f"the {self.kind} is closed")
        return self._pointer

    def leave(self) -> None:
        if self._turn is not None:
            self._turn.release()
        with self._lock:
            self._users -= 1
            is_last = self._closed and self._users == 0
        if is_last:
            self._release()

    def is_used(self) -> bool:
        return self._users > 0

    def close(self) -> None:
        """Ends the pointer as soon as no call uses it. Harmless when closed, or in a forked child."""
        if self._process != os.getpid():
            return
        with self._lock:
            self._closed = True
            is_last = self._users == 0
        if is_last:
            self._release()


@atexit.register
def _close_all() -> None:
    """Ends what is open at exit, while callbacks still work."""
    with _resources_lock:
        found = list(_resources)
    for resource in sorted(found, key=lambda resource: resource.kind == "instance"):
        resource.close()


def _end_later() -> None:
    """Ends queued pointers. A thread inside the library leaves them to the end of its call, or to other threads."""
    while True:
        try:
            end, pointer, _keep = _later.popleft()
        except IndexError:
            return
        raised: List[Tuple[BaseException, bool]] = []
        _thread.calls.append(raised)
        try:
            end(pointer)
        finally:
            _thread.calls.pop()
        if raised:
            _settle(_abi.LREG_OK, None, raised)


def is_inside() -> bool:
    """Whether the current thread is in a callback of the library."""
    return bool(_thread.calls)


def resources(kind: str) -> List[Resource]:
    """The resources of a kind, including closed ones that other handles keep alive."""
    with _resources_lock:
        return [resource for resource in _resources if resource.kind == kind]


def _after_fork() -> None:
    """The child owns none of the parent's handles, and its locks are free."""
    global _resources_lock
    _resources_lock = threading.RLock()
    _resources.clear()
    _later.clear()


os.register_at_fork(after_in_child=_after_fork)


def _take(status: int, error: Any) -> _error.Error:
    """Makes an exception from a status and an error object."""
    library = _library.get()
    kind = _error.class_of(status)
    if not error:
        return kind(library.lreg_status_name(status).decode(), status=status)
    return kind(
        library.lreg_error_message(error).decode("utf-8", "replace"),
        status=status,
        code=library.lreg_error_code(error).decode("utf-8", "replace"),
        operation=library.lreg_error_operation(error).decode("utf-8", "replace"),
        cause=library.lreg_error_cause(error),
        cause_domain=library.lreg_error_cause_domain(error),
    )


def _settle(status: int, error: Any, raised: List[Tuple[BaseException, bool]]) -> None:
    """Raises the failure of a call or of its callbacks."""
    failure = _take(status, error) if status != _abi.LREG_OK else None
    unexpected = [exception for exception, expected in raised if not expected]
    # KeyboardInterrupt, SystemExit and the like go first, and are raised even if the call succeeded.
    unexpected.sort(key=lambda exception: isinstance(exception, Exception))
    if failure is None:
        if unexpected and not isinstance(unexpected[0], Exception):
            raise unexpected[0]
        for exception in unexpected:
            report(exception)
        return
    if unexpected:
        for exception in unexpected[1:]:
            report(exception)
        if unexpected[0].__context__ is None and unexpected[0].__cause__ is None:
            unexpected[0].__context__ = failure
        raise unexpected[0]
    if raised:
        raise failure from raised[-1][0]
    raise failure


def report(exception: BaseException) -> None:
    """Logs an exception of a callback that no call can raise."""
    LOGGER.error("a callback failed: %s", exception, exc_info=exception)


def _run(function: Any, arguments: Tuple[Any, ...], raised: List[Tuple[BaseException, bool]]) -> Any:
    """Calls a C function. Replaces handles by their pointers, which stay valid during the call."""
    if _thread.hooks:
        raise _error.MisuseError("a hook, a storage or a finding callback must not call the library")
    entered: List[Handle] = []
    try:
        values = list(arguments)
        for index, argument in enumerate(arguments):
            if isinstance(argument, Handle):
                values[index] = argument.enter()
                entered.append(argument)
        _thread.calls.append(raised)
        try:
            return function(*values)
        finally:
            _thread.calls.pop()
    finally:
        for handle in reversed(entered):
            handle.leave()
        if not _thread.calls:
            _end_later()


def call(name: str, *arguments: Any) -> None:
    """Calls a function whose last parameter is `err` (which is not among the arguments); raises its failure.

    If a callback raised an exception during the call, that one is raised, with the library's error as its context.
    """
    library = _library.get()
    error = ctypes.POINTER(_abi.lreg_error)()
    end = library.lreg_error_free
    raised: List[Tuple[BaseException, bool]] = []
    try:
        status = _run(getattr(library, name), (*arguments, ctypes.byref(error)), raised)
        if status != _abi.LREG_OK or raised:
            _settle(status, error, raised)
    finally:
        if error:  # freed here, where the stack is not deeper than during the call
            end(error)


def get(name: str, *arguments: Any) -> Any:
    """Calls a function that cannot fail: an accessor."""
    raised: List[Tuple[BaseException, bool]] = []
    result = _run(getattr(_library.get(), name), arguments, raised)
    if raised:
        _settle(_abi.LREG_OK, None, raised)
    return result


def give(name: str, kind: Any, end: str, *arguments: Any) -> Any:
    """Calls a function that returns a handle through its last parameter before `err`; None for NULL."""
    out = ctypes.POINTER(kind)()
    try:
        call(name, *arguments, ctypes.byref(out))
    except BaseException:
        if out:
            getattr(_library.get(), end)(out)
        raise
    return out if out else None


def ending(name: str) -> Callable[[Any], None]:
    """The C function that ends a kind of handle."""
    function: Callable[[Any], None] = getattr(_library.get(), name)
    return function


def guarded(function: Callable[..., Any], failed: Callable[[BaseException], Tuple[Any, bool]],
            fallback: Any = None) -> Callable[..., Any]:
    """Makes a hook that C can call. An exception of `function` is kept for the call in progress.

    `failed` returns the value for C, and whether the exception is an expected one that the library handles (such as
    "there is no such object"). `fallback` is the value for C when there is not enough stack or memory to call it.
    """
    thread = _thread

    def run(*arguments: Any) -> Any:
        thread.hooks += 1
        try:
            return function(*arguments)
        except BaseException as exception:  # no exception may pass through C
            try:
                value, expected = failed(exception)
                if thread.calls:
                    thread.calls[-1].append((exception, expected))
                elif not expected:
                    report(exception)
                return value
            except BaseException:
                return fallback
        finally:
            thread.hooks -= 1

    return run


def function(value: Any, what: str) -> Any:
    """Returns the value if it is callable."""
    if not callable(value):
        raise TypeError(f"{what} is a function, not {type(value).__name__}")
    return value


def buffer_of(data: Any) -> Tuple[Any, int]:
    """Returns the bytes of an object with the buffer protocol in a form that ctypes takes, and their number.

    Writable contiguous memory is lent (and cannot be resized meanwhile); other memory is copied, except bytes.
    """
    if isinstance(data, bytes):
        return data, len(data)
    if isinstance(data, str):
        raise TypeError("bytes are wanted, not str")
    view = memoryview(data)
    if view.readonly or not view.c_contiguous or view.nbytes == 0:
        copy = view.tobytes()
        return copy, len(copy)
    return (ctypes.c_char * view.nbytes).from_buffer(view.cast("B")), view.nbytes


def room_in(data: Any) -> Tuple[Any, int]:
    """Lends the writable memory of an object with the buffer protocol for a call; returns it and its length."""
    view = memoryview(data)
    if view.readonly or not view.c_contiguous:
        raise TypeError("a writable buffer is wanted")
    return (None, 0) if view.nbytes == 0 else buffer_of(view)


def text(value: Any, what: str) -> bytes:
    """Converts a text to UTF-8 for C."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is a str, not {type(value).__name__}")
    encoded = value.encode("utf-8", "surrogateescape")
    if b"\0" in encoded:
        raise ValueError(f"{what} has a NUL character in it")
    return encoded


def optional_text(value: Optional[str], what: str) -> Optional[bytes]:
    """The same for a text that may be None."""
    return None if value is None else text(value, what)
