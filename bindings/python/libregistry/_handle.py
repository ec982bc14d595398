# SPDX-License-Identifier: Apache-2.0
"""Handles of the library and calls with them: the one place where Python's ways of ending things meet C's.

A handle is ended exactly once, never while a call uses it, never in a forked child, never from inside a callback of
the library (the garbage collector may run there), and not while the interpreter is being taken down. It keeps what
its pointer needs: the instance, and with it the callbacks.
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
    """What the running thread is doing inside the library."""

    def __init__(self) -> None:
        #: One list for each call that is running: what its callbacks raised.
        self.calls: List[List[Tuple[BaseException, bool]]] = []
        #: How many hooks are running; they must not call the library.
        self.hooks = 0


_thread = _Thread()
_is_finalizing = sys.is_finalizing
_later: Deque[Tuple[Callable[[Any], None], Any, Any]] = collections.deque()
_resources: "weakref.WeakSet[Resource]" = weakref.WeakSet()
# Taken again by the same thread when the collector runs meanwhile.
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
        """The pointer, for one call; leave() says that the call is over. Raises ForkedError."""
        if self._process != os.getpid():
            raise _error.ForkedError(f"the {self.kind} belongs to process {self._process}, which this one was forked "
                                     "from; open an Instance here")
        return self._pointer

    def leave(self) -> None:
        """The call is over."""

    def drop(self) -> None:
        """For a forked child: ends what it got a copy of, unless a thread of the parent was using it."""
        pointer, self._pointer = self._pointer, None
        if pointer is not None and not self.is_used():
            self._end(pointer)

    def is_used(self) -> bool:
        """Whether a call is using it that may change it."""
        return False

    def keeps(self, other: Handle) -> bool:
        """Whether it keeps another handle."""
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
    """A handle that can be closed. A call that is using it meanwhile comes to its end; the last one lets go of it.

    An exclusive one is used by one thread at a time; others wait.
    """

    __slots__ = ("_lock", "_turn", "_users", "_closed")

    def __init__(self, kind: str, pointer: Any, end: Callable[[Any], None], keep: Any, exclusive: bool = True) -> None:
        # Locks that a signal handler may take again in the same thread.
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
            self._users += 1  # before the look at _closed: a signal handler may close it in between
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
        """Lets go of the pointer as soon as nobody uses it. Harmless when closed, or in a forked child."""
        if self._process != os.getpid():
            return
        with self._lock:
            self._closed = True
            is_last = self._users == 0
        if is_last:
            self._release()


@atexit.register
def _close_all() -> None:
    """Ends what is open before the interpreter is taken down: callbacks still work now."""
    with _resources_lock:
        found = list(_resources)
    for resource in sorted(found, key=lambda resource: resource.kind == "instance"):
        resource.close()


def _end_later() -> None:
    """Ends what waits for it. A thread that is inside the library leaves that to the end of its call, or to others."""
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
    """Whether the running thread is inside the library, in a callback."""
    return bool(_thread.calls)


def resources(kind: str) -> List[Resource]:
    """The resources of a kind, also those that are closed but kept by other handles."""
    with _resources_lock:
        return [resource for resource in _resources if resource.kind == kind]


def _after_fork() -> None:
    """The child owns nothing of what the parent has open, and nobody holds its locks."""
    global _resources_lock
    _resources_lock = threading.RLock()
    _resources.clear()
    _later.clear()


os.register_at_fork(after_in_child=_after_fork)


def _take(status: int, error: Any) -> _error.Error:
    """The exception that a status and an error object become."""
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
    )


def _settle(status: int, error: Any, raised: List[Tuple[BaseException, bool]]) -> None:
    """Raises what a call and its callbacks have to say."""
    failure = _take(status, error) if status != _abi.LREG_OK else None
    unexpected = [exception for exception, expected in raised if not expected]
    # What is no Exception (KeyboardInterrupt, SystemExit) goes first, and through a success of the call, too.
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
    """Logs what a callback raised where no call can raise it."""
    LOGGER.error("a callback failed: %s", exception, exc_info=exception)


def _run(function: Any, arguments: Tuple[Any, ...], raised: List[Tuple[BaseException, bool]]) -> Any:
    """Calls a C function, its handles turned into pointers that nobody ends meanwhile."""
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
    """Calls a function whose last parameter is `err` (not among the arguments); raises what it says.

    An exception that a callback raised during the call is raised itself, with that of the library as its context.
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
        if error:  # freed here, where the stack is no deeper than it was for the call
            end(error)


def get(name: str, *arguments: Any) -> Any:
    """Calls a function that cannot fail: an accessor."""
    raised: List[Tuple[BaseException, bool]] = []
    result = _run(getattr(_library.get(), name), arguments, raised)
    if raised:
        _settle(_abi.LREG_OK, None, raised)
    return result


def give(name: str, kind: Any, end: str, *arguments: Any) -> Any:
    """Calls a function whose last parameter but `err` gives a handle; None where it gave NULL."""
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
    """A hook that C can call: what `function` raises is kept for the call that is running.

    `failed` says what C gets instead, and whether the exception is a usual answer (such as "there is no such object")
    that the library deals with. `fallback` is what C gets when there is not even the stack or the memory for that.
    """
    thread = _thread

    def run(*arguments: Any) -> Any:
        thread.hooks += 1
        try:
            return function(*arguments)
        except BaseException as exception:  # nothing may pass through C
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
    """The value, when it can be called."""
    if not callable(value):
        raise TypeError(f"{what} is a function, not {type(value).__name__}")
    return value


def buffer_of(data: Any) -> Tuple[Any, int]:
    """What ctypes takes for the bytes of an object with the buffer protocol, and how many they are.

    Writable memory is lent as it is (and cannot be resized meanwhile); other memory than bytes is copied.
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
    """Writable memory of an object with the buffer protocol, lent for a call, and its length."""
    view = memoryview(data)
    if view.readonly or not view.c_contiguous:
        raise TypeError("a writable buffer is wanted")
    return (None, 0) if view.nbytes == 0 else buffer_of(view)


def text(value: Any, what: str) -> bytes:
    """UTF-8 of a text, as C takes it."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is a str, not {type(value).__name__}")
    encoded = value.encode("utf-8", "surrogateescape")
    if b"\0" in encoded:
        raise ValueError(f"{what} has a NUL character in it")
    return encoded


def optional_text(value: Optional[str], what: str) -> Optional[bytes]:
    """The same of a text that may be None."""
    return None if value is None else text(value, what)
