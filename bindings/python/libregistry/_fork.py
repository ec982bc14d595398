# SPDX-License-Identifier: Apache-2.0
"""Handles os.fork(): quiesces the parent's instances, and ends their copies in the child.

SQLite keeps one lock table per process, which a child would inherit. So each instance closes its database during the
fork. The parent then continues; the child opens its own instances.
"""

from __future__ import annotations

import gc
import os
import threading
from typing import Any, List, Tuple

from . import _error, _handle, _library

_lock = threading.RLock()
_at_rest: List[Tuple[_handle.Resource, Any]] = []
#: Closed instances that objects which came from them keep open.
_closed: List[_handle.Resource] = []


def install() -> None:
    """Registers the fork handlers."""
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)


def _before() -> None:
    _lock.acquire()
    if _handle.is_inside():
        return  # a callback forks: quiescing would wait for the call that runs it
    for instance in _handle.resources("instance"):
        try:
            pointer = instance.enter()  # keeps it from being closed meanwhile
        except _error.ClosedError:
            _closed.append(instance)
            continue
        try:
            _handle.call("lreg_fork_begin", instance)
            _at_rest.append((instance, pointer))
        except _error.Error as error:
            # The child can only drop it, and gets an error when it opens the same directory.
            instance.leave()
            _handle.LOGGER.warning("forking while the library is at work: %s", error)


def _in_parent() -> None:
    for instance, pointer in _at_rest:
        _library.get().lreg_fork_end(pointer)
        instance.leave()
    _forget()
    _lock.release()


def _in_child() -> None:
    global _lock
    _lock = threading.RLock()
    for instance, pointer in _at_rest:
        _library.get().lreg_fork_end(pointer)
        instance.leave()
        instance.drop()
    if _closed:
        for thing in gc.get_objects():
            if isinstance(thing, _handle.Handle) and any(thing.keeps(instance) for instance in _closed):
                thing.drop()
    _forget()


def _forget() -> None:
    del _at_rest[:]
    del _closed[:]
