# SPDX-License-Identifier: Apache-2.0
"""Opening a registry, its options, and the work that keeps it in order."""

from __future__ import annotations

import ctypes
import logging
import os
from typing import Any, BinaryIO, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple, Union

from . import _abi, _error, _exchange, _fork, _handle, _hooks, _storage
from ._base import Listing
from ._organization import Organization

_fork.install()

#: What Instance(limits=…) takes: "package_bytes", "uploads" and so on, with what they are called in C behind.
LIMITS: Dict[str, int] = {
    name[len("LREG_LIMIT_"):].lower(): value for name, value in vars(_abi).items() if name.startswith("LREG_LIMIT_")
}


class VerifyReport(NamedTuple):
    """What Instance.verify() looked at and found."""

    blobs: int
    blob_bytes: int
    documents: int
    #: Named by the metadata, not stored.
    missing: int
    #: Stored, with other content.
    damaged: int
    #: Stored, not named: collect() will remove them.
    unnamed_objects: int
    dangling: int

    @property
    def sound(self) -> bool:
        """Nothing is missing or damaged, and no reference dangles."""
        return self.missing == 0 and self.damaged == 0 and self.dangling == 0


class CollectReport(NamedTuple):
    """What Instance.collect() removed."""

    #: Upload sessions without progress.
    uploads: int
    #: Leftovers of writers that died.
    stages: int
    #: No longer named.
    blobs: int
    blob_bytes: int
    #: Stored, but never named.
    objects: int
    #: Rotated away.
    audit_events: int


class UpkeepReport(NamedTuple):
    """What one call of Instance.upkeep() did."""

    #: Work that is due is left.
    has_more: bool
    #: Another process, or another thread, is at it.
    elsewhere: bool
    #: Call again after so many seconds.
    next: float
    #: How many seconds the wall clock is ahead of the time by which ages are measured.
    clock_ahead: float
    #: What was removed.
    collected: CollectReport
    #: Of the database, given back to the file system.
    freed_bytes: int
    scrubbed_blobs: int
    scrubbed_documents: int
    scrubbed_bytes: int
    #: Named by the metadata, not stored.
    missing: int
    #: Other bytes than were published: not served until they are published again.
    damaged: int
    #: Not given by the storage; looked at again the next time.
    unreadable: int
    #: Were not served, and are what was published after all.
    healed: int


class Instance:
    """A data directory with everything in it, open. Any number of threads may use it at once, and any number of
    instances and processes one directory; a forked child opens its own.

    directory        where it lives; made when it is absent, but not its parents. None: in memory, until it is closed
    base_url         absolute base of URLs in answers; None: scheme, host and mount of each request
    durable          True, the default: what was acknowledged survives a power cut; False: the death of the process,
                     which is faster
    busy_timeout     seconds to wait for another process's lock until BusyError
    forwarded_header which fields of trusted proxies count: "x-forwarded", the default, or "forwarded"
    forwarded_hops   how many proxies of one's own a request passes; 1
    trusted_proxies  networks whose addresses are such proxies, such as ["10.0.0.0/8"]
    config           a file with lines "name = value"; what is given besides counts more
    limits           {"package_bytes": 1 << 30, …}; LIMITS has the names, `<libregistry/instance.h>` the defaults
    storage          a Storage for package bytes instead of files below the directory; "memory" keeps them in memory
    clock            gives seconds since the epoch, as time.time() does
    random           gives so many random bytes, as os.urandom() does; secrets and keys are made of it
    logger           gets log lines; which levels are made is decided now. None: nobody
    hashing_threads  how many threads to have for hashing uploads beside the thread that writes them

    Neither clock, random, logger nor storage may call the library. Close it, or use it as a context manager; what came
    from it stays usable where it needs no call on the instance.
    """

    __slots__ = ("_handle", "__weakref__")

    def __init__(self, directory: Union[str, os.PathLike[str], None] = None, *, base_url: Optional[str] = None,
                 durable: Optional[bool] = None, busy_timeout: Optional[float] = None,
                 forwarded_header: Optional[str] = None, forwarded_hops: Optional[int] = None,
                 trusted_proxies: Iterable[str] = (),
                 config: Union[str, os.PathLike[str], None] = None, limits: Optional[Mapping[str, int]] = None,
                 storage: Union[_storage.Storage, str, None] = None, clock: Optional[_hooks.Clock] = None,
                 random: Optional[_hooks.Random] = None, logger: Optional[logging.Logger] = _handle.LOGGER,
                 hashing_threads: int = 0) -> None:
        options = _Options()
        try:
            if config is not None:
                options.set("from_file", _handle.text(os.fspath(config), "config"))
            if directory is not None:
                options.set("directory", _handle.text(os.fspath(directory), "directory"))
            if base_url is not None:
                options.set("base_url", _handle.text(base_url, "base_url"))
            options.set_forwarded(forwarded_header, forwarded_hops, trusted_proxies)
            if durable is not None:
                options.set("durable", bool(durable))
            if busy_timeout is not None:
                options.set("busy_timeout_ms", _milliseconds(busy_timeout, 31))
            for name, value in (limits or {}).items():
                options.set("limit", _limit(name), _unsigned(value, name))
            options.set_storage(storage)
            if clock is not None:
                options.set_hook("clock", _hooks.clock_struct(clock))
            if random is not None:
                options.set_hook("random", _hooks.random_struct(random))
            if logger is not None:
                options.set_hook("log", _hooks.log_struct(logger))
            if hashing_threads:
                options.set_hook("executor", _hooks.executor_struct(hashing_threads))
            pointer = _handle.give("lreg_open", _abi.lreg_instance, "lreg_close", options.handle)
            self._handle = _handle.Resource("instance", pointer, _handle.ending("lreg_close"), options.hooks,
                                            exclusive=False)
        finally:
            options.handle.close()

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._handle.closed

    def close(self) -> None:
        """Lets go of the instance. Calls that run in other threads come to their ends. Harmless when it is closed."""
        self._handle.close()

    def __enter__(self) -> Instance:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def create_organization(self, name: Optional[str] = None, *, slug: Optional[str] = None) -> Organization:
        """Creates an organisation from a name, a slug, or both. Raises ConflictError when the slug is taken."""
        made: Organization = Organization._give("lreg_organization_create", self._handle,
                                                _handle.optional_text(slug, "slug"),
                                                _handle.optional_text(name, "name"))
        return made

    def organization(self, slug: str) -> Organization:
        """An organisation. Raises NotFoundError."""
        found: Organization = Organization._give("lreg_organization_find", self._handle, _handle.text(slug, "slug"))
        return found

    def organizations(self) -> Listing[Organization]:
        """All organisations, by slug."""
        handle = self._handle
        return Listing("organization", _abi.lreg_organization_list, _abi.lreg_organization,
                       lambda pointer: Organization(handle, pointer), handle)

    def verify(self, finding: Optional[Callable[[str], None]] = None) -> VerifyReport:
        """Hashes everything stored again and checks the database; others read and write meanwhile. `finding` is called
        with a text for each finding; when it raises, the walk ends, and its exception is raised."""
        report = _abi.sized(_abi.lreg_verify_report)
        callback = _hooks.finding_callback(finding) if finding is not None else _abi.lreg_finding(0)
        _handle.call("lreg_verify", self._handle, callback, None, ctypes.byref(report))
        return VerifyReport(*(getattr(report, name) for name in VerifyReport._fields))

    def collect(self, grace: float = 3600.0) -> CollectReport:
        """Removes what nothing names any more; stops nobody. `grace`: what is younger than so many seconds is left
        alone, for it may belong to a writer at work."""
        report = _abi.sized(_abi.lreg_collect_report)
        _handle.call("lreg_collect", self._handle, _milliseconds(grace, 63), ctypes.byref(report))
        return CollectReport(*(getattr(report, name) for name in CollectReport._fields))

    def upkeep(self, *, budget: float = 0.02, grace: float = 3600.0, collect_interval: float = 3600.0,
               scrub_interval: float = 7 * 86400.0, scrub_rate: int = 8 << 20, collect: bool = True,
               scrub: bool = True) -> UpkeepReport:
        """Does a part of the work that keeps the instance in order, for about `budget` seconds, and tells when to be
        called again: for a thread of a server, in a loop. Of all threads and processes one at a time does something.
        Collects every `collect_interval` seconds, and reads everything again within `scrub_interval`, at most
        `scrub_rate` bytes a second; what was damaged is not served until it is published again."""
        flags = (0 if collect else _abi.LREG_UPKEEP_NO_COLLECT) | (0 if scrub else _abi.LREG_UPKEEP_NO_SCRUB)
        options = _abi.sized(_abi.lreg_upkeep_options, flags=flags, budget_ms=max(1, _milliseconds(budget, 40)),
                             grace_ms=_milliseconds(grace, 40) or -1,
                             collect_interval_ms=max(1, _milliseconds(collect_interval, 40)),
                             scrub_interval_ms=max(1, _milliseconds(scrub_interval, 40)),
                             scrub_bytes_per_second=max(1, int(scrub_rate)))
        report = _abi.sized(_abi.lreg_upkeep_report)
        _handle.call("lreg_upkeep", self._handle, ctypes.byref(options), ctypes.byref(report))
        rest = UpkeepReport._fields[UpkeepReport._fields.index("freed_bytes"):]
        return UpkeepReport(bool(report.flags & _abi.LREG_UPKEEP_HAS_MORE),
                            bool(report.flags & _abi.LREG_UPKEEP_ELSEWHERE),
                            report.next_ms / 1000, report.clock_ahead_ms / 1000,
                            CollectReport(*(getattr(report, name) for name in CollectReport._fields)),
                            *(getattr(report, name) for name in rest))

    def backup(self, directory: Union[str, os.PathLike[str]], *, link: bool = False) -> None:
        """Makes a consistent copy while others read and write. It must not exist, and can be opened as it is. With
        `link` packages become hard links where they can: no time and no space, but damage to a file damages both."""
        kind = _abi.LREG_BACKUP_LINK if link else _abi.LREG_BACKUP_COPY
        _handle.call("lreg_backup", self._handle, _handle.text(os.fspath(directory), "directory"), kind)

    def exchange(self) -> _exchange.Exchange:
        """A new exchange, for a request over HTTP."""
        return _exchange.Exchange(self._handle)

    def dispatch(self, method: str, target: str,
                 headers: Union[Mapping[str, str], Iterable[Tuple[str, str]]] = (),
                 body: Union[bytes, BinaryIO, Iterable[bytes], None] = None) -> _exchange.Response:
        """Answers one request, its response kept in memory: for tests and scripts. Of bytes the length is known; for
        another body say "Content-Length", or "Transfer-Encoding: chunked"."""
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        if isinstance(body, bytes) and not any(name.lower() == "content-length" for name, _ in pairs):
            pairs.append(("Content-Length", str(len(body))))
        with self.exchange() as exchange:
            exchange.set_request(method, target)
            for name, value in pairs:
                exchange.add_header(name, value)
            exchange.begin()
            exchange.write_body(b"" if body is None else body)
            pieces = list(iter(exchange.read, b""))
            return _exchange.Response(exchange.status, exchange.headers, b"".join(pieces))

    def __repr__(self) -> str:
        return f"<Instance{' closed' if self.closed else ''}>"


class _Options:
    """Options of the library on their way to lreg_open(), and the callbacks in them."""

    def __init__(self) -> None:
        pointer = _handle.give("lreg_options_new", _abi.lreg_options, "lreg_options_free")
        #: What has to live as long as the instance.
        self.hooks: List[Any] = []
        self.handle = _handle.Resource("options", pointer, _handle.ending("lreg_options_free"), self.hooks)

    def set(self, name: str, *values: Any) -> None:
        _handle.call(f"lreg_options_set_{name}", self.handle, *values)

    def set_hook(self, name: str, struct: Any) -> None:
        self.hooks.append(struct)
        self.set(name, ctypes.byref(struct))

    def set_forwarded(self, header: Optional[str], hops: Optional[int], proxies: Iterable[str]) -> None:
        if header is not None:
            self.set("text", b"forwarded-header", _handle.text(header, "forwarded_header"))
        if hops is not None:
            self.set("text", b"forwarded-hops", str(hops).encode())
        if isinstance(proxies, str):
            raise TypeError("trusted_proxies is a list of networks, not one str")
        for network in proxies:
            self.set("text", b"trust-forwarded", _handle.text(network, "trusted_proxies"))

    def set_storage(self, storage: Union[_storage.Storage, str, None]) -> None:
        if storage == "memory":
            self.set("memory_storage")
        elif isinstance(storage, _storage.Storage):
            adapter = _storage.Adapter(_storage.once(storage))
            self.hooks.append(adapter)
            self.set("storage", ctypes.byref(adapter.table), None)
        elif storage is not None:
            raise TypeError('storage is a Storage, "memory" or None')


def _limit(name: str) -> int:
    if name not in LIMITS:
        raise _error.BadArgumentError(f"there is no limit {name!r}; there are {', '.join(LIMITS)}")
    return LIMITS[name]


def _unsigned(value: int, name: str) -> int:
    """ctypes would cut off what does not fit."""
    if not isinstance(value, int) or not 0 <= value < 2**64:
        raise _error.BadArgumentError(f"{name} is out of range")
    return value


def _milliseconds(seconds: float, bits: int) -> int:
    value = round(seconds * 1000)
    if not -(2**bits) <= value < 2**bits:
        raise _error.BadArgumentError("so many seconds are out of range")
    return value
