# SPDX-License-Identifier: Apache-2.0
"""Misuse raises an exception and never crashes: closed and forked handles, threads, any order of garbage collection,
the end of the interpreter."""
import ctypes
import gc
import io
import itertools
import os
import random
import signal
import sys
import threading

import libregistry
import pytest
from conftest import PATIENCE_S, SANITIZED
from libregistry import ClosedError, Instance, _handle
from storages import MemoryStorage

CLOSED = [
    lambda w: w.instance.organization("x"),
    lambda w: w.instance.organizations(),
    lambda w: w.instance.create_organization("x"),
    lambda w: w.instance.verify(),
    lambda w: w.instance.collect(),
    lambda w: w.instance.backup("x"),
    lambda w: w.instance.exchange(),
    lambda w: w.instance.dispatch("GET", "/"),
    lambda w: w.organization.delete(),
    lambda w: w.organization.registries(),
    lambda w: w.organization.audit_events(),
    lambda w: w.organization.create_token("x", scopes="read_packages"),
    lambda w: w.registry.update(name="x"),
    lambda w: w.registry.publish(b"x", "x"),
    lambda w: w.registry.package("a.txt"),
    lambda w: w.registry.packages(),
    lambda w: w.registry.create_token("x"),
    lambda w: w.package.open(),
    lambda w: w.package.delete(),
    lambda w: w.token.delete(),
]


class World:
    def __init__(self, **options):
        self.instance = Instance(**options)
        self.organization = self.instance.create_organization("My Organization")
        self.registry = self.organization.create_registry("My files", ecosystem="files")
        self.token = self.organization.create_token("x", scopes="read_packages")
        self.package = self.registry.publish(b"content", "a.txt")
        self.open_later()

    def open_later(self):
        """One of each that can be closed."""
        self.listing = self.registry.packages()
        self.publication = self.registry.publication("b.txt")
        self.publication.write(b"half")
        self.content = self.package.open()
        self.exchange = self.instance.exchange()
        self.exchange.set_request("GET", "/")


@pytest.fixture
def world():
    return World()


@pytest.mark.parametrize("action", CLOSED)
def test_instance_that_is_closed(world, action):
    world.instance.close()
    with pytest.raises(ClosedError, match="instance is closed"):
        action(world)
    world.instance.close()


def test_what_came_from_a_closed_instance_goes_on(world):
    world.instance.close()
    assert world.package.filename == "a.txt" and world.registry.slug == "my-files" and world.token.secret
    assert world.content.read() == b"content"
    assert [each.filename for each in world.listing] == ["a.txt"]
    world.exchange.begin()
    assert world.exchange.status
    world.publication.write(b"rest")
    assert world.publication.finish().size == 8


@pytest.mark.parametrize("name, actions", [
    ("listing", [next]),
    ("publication", [lambda p: p.write(b"x"), lambda p: p.finish()]),
    ("content", [lambda c: c.read(1), lambda c: c.readinto(bytearray(1)), lambda c: c.seek(0), lambda c: c.tell(),
                 lambda c: c.readall()]),
    ("exchange", [lambda e: e.begin(), lambda e: e.write(b"x"), lambda e: e.finish(), lambda e: e.status,
                  lambda e: e.wants, lambda e: e.headers, lambda e: e.content_length, lambda e: e.may_keep_alive,
                  lambda e: e.read(), lambda e: e.readinto(bytearray(1)), lambda e: e.next_piece(),
                  lambda e: e.consume(0), lambda e: e.reset(), lambda e: e.set_request("GET", "/"),
                  lambda e: e.add_header("x", "y"), lambda e: e.file_path, lambda e: e.share,
                  lambda e: e.set_environment({})]),
])
def test_things_that_are_closed(world, name, actions):
    thing = getattr(world, name)
    end = getattr(thing, "abort", None) or thing.close
    end()
    for action in actions:
        with pytest.raises(ValueError, match="closed"):
            action(thing)
    end()


def test_publication_that_is_finished(world):
    world.publication.finish()
    for action in (lambda: world.publication.write(b"x"), world.publication.finish):
        with pytest.raises(ClosedError):
            action()
    world.publication.abort()
    assert world.publication.package.size == 4


def test_publication_that_failed_can_only_be_ended():
    with Instance(limits={"package_bytes": 10}) as instance:
        registry = instance.create_organization("O").create_registry("R", ecosystem="files")
        publication = registry.publication("a.txt")
        with pytest.raises(libregistry.TooLargeError):
            publication.write(b"x" * 11)
        for action in (lambda: publication.write(b"x"), publication.finish):
            with pytest.raises(libregistry.MisuseError):
                action()
        publication.abort()


@pytest.mark.parametrize("action", [
    lambda w: w.instance.organization(None),
    lambda w: w.instance.organization(b"bytes"),
    lambda w: w.instance.organization(w.organization),
    lambda w: w.organization.create_registry(7, ecosystem="files"),
    lambda w: w.organization.create_registry("x", ecosystem=None),
    lambda w: w.organization.create_token("x", scopes=7),
    lambda w: w.organization.create_token("x", scopes=[7]),
    lambda w: w.organization.create_token("x", scopes="read_packages", expires_at=7),
    lambda w: w.registry.package(7),
    lambda w: w.registry.publish(7, "x"),
    lambda w: w.registry.publish(io.StringIO("text"), "x"),
    lambda w: w.registry.packages(name_contains=7),
    lambda w: w.package.digest(256),
    lambda w: w.package.download(7),
    lambda w: w.instance.organization("nul\0"),
    lambda w: w.instance.organization("\ud800"),
    lambda w: w.instance.collect("x"),
    lambda w: w.instance.verify(7),
    lambda w: w.instance.backup(None),
    lambda w: _handle.call("lreg_package_delete", w.instance._handle, w.registry._handle),
    lambda w: _handle.call("lreg_package_delete", 1234, 5678),
    lambda w: _handle.call("lreg_package_delete"),
])
def test_wrong_types(world, action):
    with pytest.raises((TypeError, ValueError, AttributeError, libregistry.RequestError, libregistry.MisuseError,
                        ctypes.ArgumentError)):
        action(world)


def test_handles_end_in_any_order():
    generator = random.Random(1)
    for _ in range(60):
        storage = MemoryStorage() if generator.random() < 0.5 else "memory"
        world = World(storage=storage)
        things = list(vars(world).values())
        del world
        generator.shuffle(things)
        while things:
            thing = things.pop()
            if generator.random() < 0.3 and hasattr(thing, "close"):
                thing.close()
            if generator.random() < 0.3:
                things.append([thing])  # a cycle, so that only the garbage collector ends it
                things[-1].append(things[-1])
                things.pop()
            del thing
        gc.collect()
        if isinstance(storage, MemoryStorage):
            assert storage.is_closed == 1 and storage.staged == {}


def test_closing_while_others_call_lets_them_end(folder):
    for turn in range(10):
        world = World(directory=folder / f"data-{turn}", durable=False)
        started, failures = threading.Barrier(5), []

        def work(number, world=world, started=started, failures=failures):
            started.wait()
            try:
                for attempt in itertools.count():
                    world.registry.publish(b"x" * 1000, f"{number}-{attempt}.txt")
                    world.content.seek(0)
                    world.content.read()
                    next(world.listing, None)
            except ClosedError:
                pass
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        started.wait()
        for thing in (world.content, world.listing, world.instance)[turn % 3:]:
            thing.close()
        for thread in threads:
            thread.join()
        assert [failure for failure in failures if not isinstance(failure, ValueError)] == []


def test_threads_take_turns_with_what_is_for_one(world):
    """Useless, but must not crash: the library allows one thread at a time."""
    failures = []
    exchange = world.instance.exchange()

    def work():
        try:
            for _ in range(200):
                try:
                    world.publication.write(b"x" * 100)
                    world.content.seek(0)
                    assert world.content.read(3) in (b"con", b"ten", b"t", b"ent", b"nte", b"")
                    exchange.reset()
                    exchange.set_request("GET", "/nothing")
                    exchange.begin()
                    exchange.read()
                except (libregistry.MisuseError, AssertionError):
                    pass
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert world.publication.finish().size == 8 * 200 * 100 + len(b"half")


def in_child(action):
    """Runs an action in a forked child; returns its result."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE_S)  # ends a child that hangs
        try:
            os.write(writing, str(action()).encode())
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        said = file.read()
    assert os.waitpid(child, 0)[1] == 0
    return said


def test_forked_child_uses_nothing_of_its_parent(folder):
    world = World(directory=folder / "data")
    for action in [*CLOSED, lambda w: w.package.filename, lambda w: next(w.listing), lambda w: w.content.read(),
                   lambda w: w.publication.write(b"x"), lambda w: w.exchange.begin(), lambda w: w.token.secret]:
        assert in_child(lambda action=action: action(world)) == "ForkedError"


def test_forked_child_ends_without_harm_and_opens_its_own(folder):
    world = World(directory=folder / "data")

    def child():
        world.instance.close()
        world.content.close()
        vars(world).clear()
        gc.collect()
        with Instance(folder / "data") as own:
            return len(list(own.organization("my-organization").registry("my-files").packages()))

    assert in_child(child) == "1"
    assert world.content.read() == b"content"
    assert world.publication.finish().size == 4
    assert world.instance.verify().sound


@pytest.mark.skipif(SANITIZED, reason="a sanitizer forks while other threads hold the locks of its allocator")
def test_forks_while_threads_publish(folder):
    """Children open their own instances, even if other threads of the parent are inside the library."""
    world = World(directory=folder / "data", durable=False)
    over, failures = threading.Event(), []

    def work(number):
        try:
            for attempt in itertools.count():
                if over.is_set():
                    return
                world.registry.publish(b"x" * 1000, f"{number}-{attempt}.txt")
        except BaseException as failure:
            failures.append(failure)

    def child(turn):
        with Instance(folder / "data", durable=False) as own:
            registry = own.organization("my-organization").registry("my-files")
            return registry.publish(b"of a child", f"child-{turn}.txt").size

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(10):
            assert in_child(lambda turn=turn: child(turn)) == "10"
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert failures == []
    for turn in range(10):
        assert world.registry.package(f"child-{turn}.txt").read_bytes() == b"of a child"
    assert world.instance.verify().sound


def test_fork_inside_a_callback_does_not_wait_for_itself():
    forked = []

    def clock():
        if not forked:
            forked.append(in_child(lambda: "child"))
        return 1_800_000_000

    instance = Instance(clock=clock, busy_timeout=600)
    instance.create_organization("x")
    assert forked == ["child"]


def test_signal_handler_that_closes_what_is_in_use(world):
    """A signal handler runs between two steps of Python code in the main thread, also inside a call of this package."""
    calls = []

    def handler(_number, _frame):
        calls.append(1)
        world.content.close()
        world.instance.close()

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.002)
        with pytest.raises(ValueError):
            while True:
                world.content.seek(0)
                world.content.read(1)
                world.registry.package("a.txt")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert calls


class Interrupted(BaseException):
    """Raised by a signal handler, like KeyboardInterrupt."""


def publish_while_interrupted():
    def handler(_number, _frame):
        raise Interrupted

    generator = random.Random(2)
    instance = Instance(storage=MemoryStorage(), logger=None)
    registry = instance.create_organization("O").create_registry("R", ecosystem="files")
    signal.signal(signal.SIGALRM, handler)
    interrupted = 0
    for turn in range(300):
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, generator.uniform(0.0001, 0.002))
                registry.publish(os.urandom(300_000), f"{turn}.bin")
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except (Interrupted, libregistry.Error, OSError, ctypes.ArgumentError):
            interrupted += 1
    assert interrupted > 10
    assert instance.verify().sound
    return registry.publish(b"afterwards", "z.txt").read_bytes()


def test_interrupts_at_any_time_leave_what_is_sound():
    # In a separate process: Python itself may leak when interrupted between two steps.
    assert in_child(publish_while_interrupted) == "b'afterwards'"


OPEN_EVERYTHING = """
import atexit, gc, sys, threading, libregistry
from storages import MemoryStorage
from test_misuse import World
class Storage(MemoryStorage):
    def close(self):
        print("closed", flush=True)
world = World(storage=Storage(), clock=__import__("time").time)
more = World(directory=sys.argv[1])
"""


@pytest.mark.parametrize("end", [
    "",
    "gc.disable()",
    "world.itself = world",
    "sys.exit(0)",
    "sys.modules['keep'] = world",
    "atexit.register(lambda: world.registry.packages)",
    "world.instance.close(); world.itself = world",
    "import builtins; builtins.kept = [world, more]",
    "sys.setrecursionlimit(100)",
])
def test_interpreter_that_ends_with_everything_open(run_python, folder, end):
    run_python(OPEN_EVERYTHING + end, folder / "data")
    assert run_python.stderr == ""
    with Instance(folder / "data") as instance:
        assert instance.verify().sound


def test_interpreter_that_ends_while_threads_are_inside(run_python, folder):
    run_python(OPEN_EVERYTHING + """
def work(number):
    for attempt in range(10**9):
        more.registry.publish(b"x" * 100000, f"{number}-{attempt}.txt")
        started.release()
started = threading.Semaphore(0)
for number in range(4):
    threading.Thread(target=work, args=(number,), daemon=True).start()
for _ in range(8):
    started.acquire()
""", folder / "data")
    with Instance(folder / "data") as instance:
        assert instance.verify().sound


def test_exception_inside_a_deep_recursion(world):
    def deeper(depth):
        world.package.filename
        world.registry.package("a.txt")
        return deeper(depth + 1)

    with pytest.raises((RecursionError, ctypes.ArgumentError)):  # the latter has the former in its message
        deeper(0)
    assert world.package.filename == "a.txt"


def publish_with_little_stack():
    instance = Instance(clock=lambda: float("1800000000"), storage=MemoryStorage())
    registry = instance.create_organization("O").create_registry("R", ecosystem="files")

    def deeper(depth):
        try:
            registry.publish(str(depth).encode(), f"{depth}.txt")
        finally:
            if depth < sys.getrecursionlimit() * 2:
                deeper(depth + 1)

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(150)
    try:
        with pytest.raises((RecursionError, libregistry.Error, ctypes.ArgumentError)):
            deeper(0)
    finally:
        sys.setrecursionlimit(limit)
    assert instance.verify().sound
    return registry.publish(b"afterwards", "z.txt").read_bytes()


def test_hooks_with_little_stack_left():
    assert in_child(publish_with_little_stack) == "b'afterwards'"
