# SPDX-License-Identifier: Apache-2.0
"""What happens at os.fork(): the parent's instances are brought to rest, and the child lets go of its copies.

SQLite keeps one table of locks for a process, which a child would inherit. So each instance closes its database for the
moment of the fork; the parent goes on, and the child opens instances of its own.
"""

from __future__ import annotations

import gc
import os
import threading
from typing import Any, List, Tuple

from . import _error, _handle, _library

_lock = threading.RLock()
_at_rest: List[Tuple[_handle.Resource, Any]] = []
#: Instances that were closed, but are kept open by what came from them.
_closed: List[_handle.Resource] = []


def install() -> None:
    """Heeds all forks from now on."""
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)


def _before() -> None:
    _lock.acquire()
    if _handle.is_inside():
        return  # a callback forks: the call that it is part of would be waited for
    for instance in _handle.resources("instance"):
        try:
            pointer = instance.enter()  # so that nobody closes it meanwhile
        except _error.ClosedError:
            _closed.append(instance)
            continue
        try:
            _handle.call("lreg_fork_begin", instance)
            _at_rest.append((instance, pointer))
        except _error.Error as error:
            # Then the child can only let go of it, and finds out when it opens the same directory.
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
