# SPDX-License-Identifier: Apache-2.0
"""Clock, randomness and log of an instance as Python functions."""

from __future__ import annotations

import concurrent.futures
import ctypes
import logging
import threading
import time
from typing import Any, Callable, Tuple

from . import _abi, _error, _handle

Clock = Callable[[], float]
Random = Callable[[int], bytes]

_TO_LOGGING = {
    _abi.LREG_LOG_ERROR: logging.ERROR,
    _abi.LREG_LOG_WARNING: logging.WARNING,
    _abi.LREG_LOG_INFO: logging.INFO,
    _abi.LREG_LOG_DEBUG: logging.DEBUG,
}


def _callback(struct: Any, member: str, function: Callable[..., Any],
              failed: Callable[[BaseException], Tuple[Any, bool]]) -> Any:
    """A Python function as the C function pointer that a member of a struct is."""
    kind = dict(struct._fields_)[member]
    # Of a clock the fallback is a time, of an executor that it has no thread to spare.
    fallback = 0 if member in ("now_ms", "run") else fallback_of(kind)
    return kind(_handle.guarded(function, failed, fallback))


def fallback_of(kind: Any) -> Any:
    """What a callback gives when nothing works any more: a failure, where it can fail."""
    return None if kind._restype_ is None else _abi.LREG_HOST_STATUS


def status_of(exception: BaseException) -> int:
    """What C is told of an exception: a status that hooks may give, or one that says "look at the exception"."""
    if isinstance(exception, _error.Error):
        own = exception.status
        known = (_abi.LREG_NOT_FOUND, _abi.LREG_NO_SPACE, _abi.LREG_IO, _abi.LREG_NO_MEMORY, _abi.LREG_BUSY)
        return own if own in known or own >= _abi.LREG_HOST_STATUS else _abi.LREG_HOST_STATUS
    if isinstance(exception, MemoryError):
        return _abi.LREG_NO_MEMORY
    return _abi.LREG_HOST_STATUS


def clock_struct(clock: Clock) -> Any:
    """The clock of an instance: a function that gives seconds since the epoch, as time.time() does."""
    _handle.function(clock, "clock")

    def now_ms(_user: Any) -> int:
        return int(clock() * 1000)

    def failed(_exception: BaseException) -> Tuple[int, bool]:
        return int(time.time() * 1000), False  # the library gets a time in any case

    return _abi.sized(_abi.lreg_clock, now_ms=_callback(_abi.lreg_clock, "now_ms", now_ms, failed))


def random_struct(random: Random) -> Any:
    """Randomness of an instance: a function that gives so many bytes, as os.urandom() does."""
    _handle.function(random, "random")

    def fill(_user: Any, memory: int, length: int) -> int:
        made = bytes(random(length))
        if len(made) != length:
            raise ValueError(f"the source of randomness gave {len(made)} bytes instead of {length}")
        ctypes.memmove(memory, made, length)
        return _abi.LREG_OK

    def failed(exception: BaseException) -> Tuple[int, bool]:
        return status_of(exception), False

    return _abi.sized(_abi.lreg_random, fill=_callback(_abi.lreg_random, "fill", fill, failed))


def _level(logger: logging.Logger) -> int:
    """The least important level of ours that the logger would pass on; 0 when there is none."""
    enabled = [level for level, theirs in _TO_LOGGING.items() if logger.isEnabledFor(theirs)]
    return max(enabled, default=0)


def log_struct(logger: logging.Logger) -> Any:
    """Log lines of an instance go to a logger; which levels are made at all is decided now."""

    def write(_user: Any, level: int, message: bytes) -> None:
        logger.log(_TO_LOGGING.get(level, logging.DEBUG), "%s", (message or b"").decode("utf-8", "replace"))

    def failed(_exception: BaseException) -> Tuple[None, bool]:
        return None, False

    struct = _abi.sized(_abi.lreg_log, write=_callback(_abi.lreg_log, "write", write, failed))
    struct.level = _level(logger)
    return struct


def finding_callback(function: Callable[[str], None]) -> Any:
    """What lreg_verify() calls for each finding. An exception ends the walk."""
    _handle.function(function, "finding")

    def finding(_user: Any, message: bytes) -> int:
        function((message or b"").decode("utf-8", "replace"))
        return _abi.LREG_OK

    def failed(_exception: BaseException) -> Tuple[int, bool]:
        return _abi.LREG_HOST_STATUS, False

    return _abi.lreg_finding(_handle.guarded(finding, failed, _abi.LREG_HOST_STATUS))


def executor_struct(threads: int) -> Any:
    """So many threads that hash long pieces of uploads beside the thread that writes them. They do nothing else, so
    that no task waits for a thread that is inside the library."""
    pool = concurrent.futures.ThreadPoolExecutor(threads, "libregistry")
    idle = threading.Semaphore(threads)

    def run(_user: Any, task: Any, argument: Any) -> int:
        if not idle.acquire(blocking=False):
            return 0
        try:
            # A pointer of its own: the one that a callback is given lives as long as the call.
            function = _abi.executor_task(ctypes.cast(task, ctypes.c_void_p).value or 0)
            pool.submit(work, function, argument)
        except BaseException:
            idle.release()
            raise
        return 1

    def work(task: Any, argument: Any) -> None:
        try:
            task(argument)
        finally:
            idle.release()

    def failed(_exception: BaseException) -> Tuple[int, bool]:
        return 0, False

    return _abi.sized(_abi.lreg_executor, run=_callback(_abi.lreg_executor, "run", run, failed))
