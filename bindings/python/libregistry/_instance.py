# SPDX-License-Identifier: Apache-2.0
"""Opening an instance, its options, and its maintenance."""

from __future__ import annotations

import ctypes
import logging
import os
from typing import Any, BinaryIO, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple, Union

from . import _abi, _base, _error, _exchange, _fork, _handle, _hooks, _metric, _storage
from ._base import Listing
from ._organization import AuditEvent, Organization, audit_events

_fork.install()

#: The names that Instance(limits=…) takes, such as "package_bytes" and "uploads", with their numbers in C.
LIMITS: Dict[str, int] = {
    name.split("_", 2)[2].lower(): value
    for name, value in vars(_abi).items() if name.startswith(("LREG_LIMIT_", "LREG_SETTING_"))
}


class VerifyReport(NamedTuple):
    """What Instance.verify() checked and found."""

    blobs: int
    blob_bytes: int
    documents: int
    #: Referenced by the metadata, but not stored.
    missing: int
    #: Stored, but with other content.
    damaged: int
    #: Stored, but not referenced: collect() removes them.
    unnamed_objects: int
    dangling: int
    #: In a storage that is not open: not read.
    unreadable: int

    @property
    def sound(self) -> bool:
        """Nothing is missing or damaged, no reference dangles, and everything was read."""
        return self.missing == 0 and self.damaged == 0 and self.dangling == 0 and self.unreadable == 0


class CollectReport(NamedTuple):
    """What Instance.collect() removed."""

    #: Upload sessions without progress.
    uploads: int
    #: Leftovers of writers that crashed.
    stages: int
    #: No longer referenced.
    blobs: int
    blob_bytes: int
    #: Stored, but never referenced.
    objects: int
    #: Removed by rotation.
    audit_events: int


class UpkeepReport(NamedTuple):
    """The result of one call of Instance.upkeep()."""

    #: There is more work that is due.
    has_more: bool
    #: Another process or thread is doing the work.
    elsewhere: bool
    #: Seconds until the next call.
    next: float
    #: Seconds that the wall clock is ahead of the time that ages are measured by.
    clock_ahead: float
    #: What was removed.
    collected: CollectReport
    #: Bytes of the database that were returned to the file system.
    freed_bytes: int
    scrubbed_blobs: int
    scrubbed_documents: int
    scrubbed_bytes: int
    #: Referenced by the metadata, but not stored.
    missing: int
    #: Not the published bytes: not served until they are published again.
    damaged: int
    #: The storage could not read them; checked again next time.
    unreadable: int
    #: Marked as damaged earlier, but found to be intact: served again.
    healed: int


class Instance:
    """An open data directory. Any number of threads may use an instance at once, and any number of instances and
    processes a directory; a forked child opens its own instance.

    directory        the data directory; created if absent, but not its parents. None: in memory, until it is closed
    base_url         absolute base of URLs in responses; None: scheme, host and mount of each request
    durable          True (default): acknowledged changes survive a power failure; False: only the end of the process,
                     which is faster
    busy_timeout     seconds to wait for another process's lock before BusyError
    forwarded_header which fields of trusted proxies are used: "x-forwarded" (default) or "forwarded"
    forwarded_hops   number of the operator's proxies that a request passes; default 1
    trusted_proxies  networks of these proxies, such as ["10.0.0.0/8"]
    metrics_access   who may read /-/metrics: "off", "token" (API tokens with read_metrics; default) or "anyone"
    config           a file with lines "name = value"; other arguments override it
    limits           {"package_bytes": 1 << 30, …}; LIMITS has the names, `<libregistry/instance.h>` the defaults
    storage          a Storage for package bytes instead of files in the directory; "memory" keeps them in memory
    clock            returns seconds since the epoch, like time.time()
    random           returns the requested number of random bytes, like os.urandom(); used for secrets and keys
    logger           receives log lines; its level is read once, now. None: no log
    hashing_threads  number of threads that hash uploads in parallel with the thread that writes them

    Clock, random, logger and storage must not call the library. Close the instance, or use it as a context manager.
    Objects that came from it stay readable; what needs a call on the instance raises ClosedError.
    """

    __slots__ = ("_handle", "__weakref__")

    def __init__(self, directory: Union[str, os.PathLike[str], None] = None, *, base_url: Optional[str] = None,
                 durable: Optional[bool] = None, busy_timeout: Optional[float] = None,
                 forwarded_header: Optional[str] = None, forwarded_hops: Optional[int] = None,
                 trusted_proxies: Iterable[str] = (), metrics_access: Optional[str] = None,
                 config: Union[str, os.PathLike[str], None] = None, limits: Optional[Mapping[str, int]] = None,
                 storage: Union[_storage.Storage, str, None] = None, clock: Optional[_hooks.Clock] = None,
                 random: Optional[_hooks.Random] = None, logger: Optional[logging.Logger] = _handle.LOGGER,
                 hashing_threads: int = 0) -> None:
        options = _Options()
        try:
            if config is not None:
                _handle.call("lreg_options_load", options.handle, _handle.text(os.fspath(config), "config"))
            if directory is not None:
                options.set("directory", _handle.text(os.fspath(directory), "directory"))
            if base_url is not None:
                options.set("base_url", _handle.text(base_url, "base_url"))
            options.set_forwarded(forwarded_header, forwarded_hops, trusted_proxies)
            if metrics_access is not None:
                options.set_text(b"metrics-access", _handle.text(metrics_access, "metrics_access"))
            if durable is not None:
                options.set("durable", bool(durable))
            if busy_timeout is not None:
                options.set("busy_timeout_ms", _milliseconds(busy_timeout, 31))
            for name, value in (limits or {}).items():
                options.set("number", _limit(name), _unsigned(value, name))
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
        """Closes the instance. Calls in progress in other threads complete. Harmless when it is closed."""
        self._handle.close()

    def __enter__(self) -> Instance:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def create_organization(self, name: Optional[str] = None, *, slug: Optional[str] = None) -> Organization:
        """Creates an organization from a name, a slug, or both. Raises ConflictError when the slug is taken."""
        settings = _base.Settings("organization", _abi.lreg_organization_settings, slug=slug, name=name)
        made: Organization = Organization._give("lreg_organization_create", self._handle, settings.handle)
        return made

    def organization(self, slug: str) -> Organization:
        """An organization. Raises NotFoundError."""
        found: Organization = Organization._give("lreg_organization_find", self._handle, _handle.text(slug, "slug"))
        return found

    def organizations(self) -> Listing[Organization]:
        """All organizations, by slug."""
        handle = self._handle
        return Listing("organization", _abi.lreg_organization_list, _abi.lreg_organization,
                       lambda pointer: Organization(handle, pointer), handle, None)

    def audit_events(self, organization_id: str) -> Listing[AuditEvent]:
        """The events of an organization by its id, newest first; also of a deleted one."""
        return audit_events(self._handle, organization_id)

    def metrics(self, prefix: Optional[str] = None, *, memory_only: bool = False) -> Listing[_metric.Metric]:
        """The metrics, all or those whose family's name begins with `prefix`. `memory_only`: only what this process
        has counted, without waiting for the database."""
        return _metric.metrics(self._handle, prefix, memory_only)

    def verify(self, finding: Optional[Callable[[str], None]] = None) -> VerifyReport:
        """Hashes all stored data again and checks the database; others can read and write meanwhile. `finding` is
        called with a text for each finding; its exception ends the verification and is raised."""
        report = _abi.sized(_abi.lreg_verify_report)
        options = _abi.sized(_abi.lreg_verify_options)
        if finding is not None:
            options.finding = _hooks.finding_callback(finding)
        _handle.call("lreg_verify", self._handle, ctypes.byref(options), ctypes.byref(report))
        return VerifyReport(*(getattr(report, name) for name in VerifyReport._fields))

    def collect(self, grace: float = 3600.0) -> CollectReport:
        """Removes unreferenced data; others can read and write meanwhile. Keeps data younger than `grace` seconds,
        which may belong to a write in progress."""
        grace_ms = _milliseconds(grace, 63)
        if grace_ms < 0:
            raise _error.BadArgumentError("the grace is below 0")
        report = _abi.sized(_abi.lreg_collect_report)
        options = _abi.sized(_abi.lreg_collect_options, grace_ms=grace_ms or -1)
        _handle.call("lreg_collect", self._handle, ctypes.byref(options), ctypes.byref(report))
        return CollectReport(*(getattr(report, name) for name in CollectReport._fields))

    def upkeep(self, *, budget: float = 0.02, grace: float = 3600.0, collect_interval: float = 3600.0,
               scrub_interval: float = 7 * 86400.0, scrub_rate: int = 8 << 20, collect: bool = True,
               scrub: bool = True) -> UpkeepReport:
        """Does a part of the due maintenance, for about `budget` seconds; call it again after `next` seconds, in a loop
        in a thread of a server. Of all threads and processes, one at a time does the work. Collects every
        `collect_interval` seconds, keeping data younger than `grace`. Reads everything again every `scrub_interval`
        seconds, at `scrub_rate` bytes a second on average. Damaged data is not served until it is published again."""
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
        """Makes a consistent copy, which can be opened directly; others can read and write meanwhile. `directory` must
        not exist. With `link`, packages become hard links where possible. Hard links take almost no time and space, but
        damage to a file damages both."""
        options = _abi.sized(_abi.lreg_backup_options, flags=_abi.LREG_BACKUP_LINK if link else 0)
        _handle.call("lreg_backup", self._handle, _handle.text(os.fspath(directory), "directory"),
                     ctypes.byref(options))

    def exchange(self) -> _exchange.Exchange:
        """A new exchange, for an HTTP request."""
        return _exchange.Exchange(self._handle)

    def dispatch(self, method: str, target: str,
                 headers: Union[Mapping[str, str], Iterable[Tuple[str, str]]] = (),
                 body: Union[bytes, BinaryIO, Iterable[bytes], None] = None) -> _exchange.Response:
        """Answers one request and keeps the response in memory: for tests and scripts. "Content-Length" is added for
        bytes; for another body, pass "Content-Length" or "Transfer-Encoding: chunked"."""
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
    """Options for lreg_open(), and their callbacks."""

    def __init__(self) -> None:
        pointer = _handle.give("lreg_options_new", _abi.lreg_options, "lreg_options_free")
        #: Must live as long as the instance.
        self.hooks: List[Any] = []
        self.handle = _handle.Resource("options", pointer, _handle.ending("lreg_options_free"), self.hooks)

    def set(self, name: str, *values: Any) -> None:
        _handle.call(f"lreg_options_set_{name}", self.handle, *values)

    def set_text(self, name: bytes, value: bytes) -> None:
        _handle.call("lreg_options_set", self.handle, name, value)

    def set_hook(self, name: str, struct: Any) -> None:
        self.hooks.append(struct)
        self.set(name, ctypes.byref(struct))

    def set_forwarded(self, header: Optional[str], hops: Optional[int], proxies: Iterable[str]) -> None:
        if header is not None:
            self.set_text(b"forwarded-header", _handle.text(header, "forwarded_header"))
        if hops is not None:
            self.set_text(b"forwarded-hops", str(hops).encode())
        if isinstance(proxies, str):
            raise TypeError("trusted_proxies is a list of networks, not one str")
        for network in proxies:
            self.set_text(b"trust-forwarded", _handle.text(network, "trusted_proxies"))

    def set_storage(self, storage: Union[_storage.Storage, str, None]) -> None:
        if storage == "memory":
            self.set("memory_storage")
        elif isinstance(storage, _storage.Storage):
            name = _handle.text(storage.name, "the name of a storage")
            adapter = _storage.Adapter(_storage.once(storage))
            self.hooks.append(adapter)
            self.set("storage", name, ctypes.byref(adapter.table), None)
        elif storage is not None:
            raise TypeError('storage is a Storage, "memory" or None')


def _limit(name: str) -> int:
    if name not in LIMITS:
        raise _error.BadArgumentError(f"there is no limit {name!r}; there are {', '.join(LIMITS)}")
    return LIMITS[name]


def _unsigned(value: int, name: str) -> int:
    """Checks the range: ctypes would truncate the value."""
    if not isinstance(value, int) or not 0 <= value < 2**64:
        raise _error.BadArgumentError(f"{name} is out of range")
    return value


def _milliseconds(seconds: float, bits: int) -> int:
    value = round(seconds * 1000)
    if not -(2**bits) <= value < 2**bits:
        raise _error.BadArgumentError("so many seconds are out of range")
    return value
