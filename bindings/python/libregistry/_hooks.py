# SPDX-License-Identifier: Apache-2.0
"""Hooks of an instance as Python functions: clock, randomness, log, findings, threads."""

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
    """Makes the C function pointer for a member of a struct from a Python function."""
    kind = dict(struct._fields_)[member]
    # For a clock the fallback is a time; for an executor 0 means that no thread is free.
    fallback = 0 if member in ("now_ms", "run") else fallback_of(kind)
    return kind(_handle.guarded(function, failed, fallback))


def fallback_of(kind: Any) -> Any:
    """What a callback returns when even its error handling fails: a failure, if it can fail."""
    return None if kind._restype_ is None else _abi.LREG_HOST_STATUS


def status_of(exception: BaseException) -> int:
    """The status for an exception: one that hooks may return; otherwise LREG_HOST_STATUS."""
    if isinstance(exception, _error.Error):
        own = exception.status
        known = (_abi.LREG_NOT_FOUND, _abi.LREG_NO_SPACE, _abi.LREG_IO, _abi.LREG_NO_MEMORY, _abi.LREG_BUSY,
                 _abi.LREG_UPSTREAM, _abi.LREG_TIMEOUT, _abi.LREG_CANCELLED)
        return own if own in known or own >= _abi.LREG_HOST_STATUS else _abi.LREG_HOST_STATUS
    if isinstance(exception, MemoryError):
        return _abi.LREG_NO_MEMORY
    return _abi.LREG_HOST_STATUS


def clock_struct(clock: Clock) -> Any:
    """The clock of an instance: a function that returns seconds since the epoch, like time.time()."""
    _handle.function(clock, "clock")

    def now_ms(_user: Any) -> int:
        return int(clock() * 1000)

    def failed(_exception: BaseException) -> Tuple[int, bool]:
        return int(time.time() * 1000), False  # the library always needs a time

    return _abi.sized(_abi.lreg_clock, now_ms=_callback(_abi.lreg_clock, "now_ms", now_ms, failed))


def random_struct(random: Random) -> Any:
    """The randomness of an instance: a function that returns the requested number of bytes, like os.urandom()."""
    _handle.function(random, "random")

    def fill(_user: Any, memory: int, length: int, _failure: Any) -> int:
        made = bytes(random(length))
        if len(made) != length:
            raise ValueError(f"the source of randomness returned {len(made)} bytes instead of {length}")
        ctypes.memmove(memory, made, length)
        return _abi.LREG_OK

    def failed(exception: BaseException) -> Tuple[int, bool]:
        return status_of(exception), False

    return _abi.sized(_abi.lreg_random, fill=_callback(_abi.lreg_random, "fill", fill, failed))


def _level(logger: logging.Logger) -> int:
    """The least important of our levels that the logger accepts; 0 when there is none."""
    enabled = [level for level, theirs in _TO_LOGGING.items() if logger.isEnabledFor(theirs)]
    return max(enabled, default=0)


def log_struct(logger: logging.Logger) -> Any:
    """Sends log lines of an instance to a logger. Reads the level of the logger once, now."""

    def write(_user: Any, level: int, message: bytes) -> None:
        logger.log(_TO_LOGGING.get(level, logging.DEBUG), "%s", (message or b"").decode("utf-8", "replace"))

    def failed(_exception: BaseException) -> Tuple[None, bool]:
        return None, False

    struct = _abi.sized(_abi.lreg_log, write=_callback(_abi.lreg_log, "write", write, failed))
    struct.level = _level(logger)
    return struct


def finding_callback(function: Callable[[str], None]) -> Any:
    """The callback of lreg_verify() for each finding. An exception ends the verification."""
    _handle.function(function, "finding")

    def finding(_user: Any, found: Any) -> int:
        function((found.contents.message or b"").decode("utf-8", "replace"))
        return _abi.LREG_OK

    def failed(_exception: BaseException) -> Tuple[int, bool]:
        return _abi.LREG_HOST_STATUS, False

    return _abi.lreg_finding_function(_handle.guarded(finding, failed, _abi.LREG_HOST_STATUS))


def executor_struct(threads: int) -> Any:
    """Threads that hash long pieces of uploads in parallel with the thread that writes them. They do nothing else, so
    that no task waits for a thread that is inside the library."""
    pool = concurrent.futures.ThreadPoolExecutor(threads, "libregistry")
    idle = threading.Semaphore(threads)

    def run(_user: Any, task: Any, argument: Any) -> int:
        if not idle.acquire(blocking=False):
            return 0
        try:
            # A copy of the pointer: the callback's argument lives only as long as the call.
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
