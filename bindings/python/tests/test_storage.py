# SPDX-License-Identifier: Apache-2.0
"""Storages written in Python: that they work, and how their exceptions are reported."""
import errno
import gc
import hashlib
import os
import threading
import weakref

import libregistry
import pytest
from libregistry import Instance
from libregistry._storage import Adapter
from storages import MemoryObject, MemoryStage, MemoryStorage

LONG = os.urandom(1_000_000)


class World:
    """An instance on a storage, with a registry in it."""

    def __init__(self, storage, **options):
        self.storage = storage
        self.instance = Instance(storage=storage, **options)
        self.organization = self.instance.create_organization("My Organization")
        self.registry = self.organization.create_registry("My files", ecosystem="files")


@pytest.fixture
def world():
    made = World(MemoryStorage())
    yield made
    made.instance.close()


def test_what_is_published_is_in_the_storage(world):
    package = world.registry.publish(LONG, "a.bin")
    assert [bytes(blob.content.getbuffer()) for blob in world.storage.kept.values()] == [LONG]
    assert world.storage.staged == {}
    assert package.read_bytes() == LONG
    assert world.instance.verify() == libregistry.VerifyReport(1, len(LONG), 0, 0, 0, 0, 0, 0)
    package.delete()
    assert world.instance.collect(0).blobs == 1
    assert world.storage.kept == {}


def test_uploads_that_go_on_reopen_their_stage():
    world = World(MemoryStorage())
    images = world.organization.create_registry("My images", ecosystem="container")
    token = world.organization.create_token("x", scopes="read_packages,write_packages")
    headers = {"Authorization": f"Bearer {token.secret}", "Host": "localhost"}
    path = f"/v2/{world.organization.slug}/{images.slug}/app/blobs/uploads/"
    answer = world.instance.dispatch("POST", path, headers, b"")
    assert answer.status == 202, answer.body
    for at in range(0, 300, 100):
        target = answer.header("Location").replace("http://localhost", "")
        answer = world.instance.dispatch("PATCH", target, headers, LONG[at:at + 100])
        assert answer.status == 202, answer.body
    assert len(world.storage.staged) == 1
    target = answer.header("Location").replace("http://localhost", "")
    digest = "sha256:" + hashlib.sha256(LONG[:300]).hexdigest()
    answer = world.instance.dispatch("PUT", f"{target}{'&' if '?' in target else '?'}digest={digest}", headers, b"")
    assert answer.status == 201, answer.body
    assert [blob.content.getvalue() for blob in world.storage.kept.values()] == [LONG[:300]]
    world.instance.close()


def test_it_is_closed_once_when_nothing_needs_it(world):
    package = world.registry.publish(b"x", "a.txt")
    content = package.open()
    world.instance.close()
    assert content.read() == b"x" and world.storage.is_closed == 0
    content.close()
    world.registry = world.organization = package = content = None
    gc.collect()
    assert world.storage.is_closed == 1


def test_it_is_closed_when_the_instance_does_not_open():
    storage = MemoryStorage()
    with pytest.raises(libregistry.NotFoundError):
        Instance("/nonexistent/parent/data", storage=storage)
    assert storage.is_closed == 1


def test_a_second_instance_is_refused(world):
    with pytest.raises(libregistry.MisuseError):
        Instance(storage=world.storage)


def test_it_may_refer_to_its_instance_and_is_still_collected():
    world = World(MemoryStorage())
    world.storage.instance = world.instance
    world.storage.package = world.registry.publish(b"x", "a.txt")
    gone = weakref.ref(world.storage)
    del world
    gc.collect()
    assert gone() is None


class Failing(MemoryStorage):
    """Raises in the named method, once it is armed."""

    raises = {}

    def _may(self, name):
        if name in self.raises:
            raise self.raises[name]

    def create_stage(self, name):
        self._may("create_stage")
        stage = super().create_stage(name)
        stage.__class__ = FailingStage
        return stage

    def open_object(self, key):
        self._may("open_object")
        found = super().open_object(key)
        found.__class__, found.storage = FailingObject, self
        return found

    def stages(self):
        self._may("stages")
        return super().stages()

    def close(self):
        super().close()
        self._may("close")


class FailingStage(MemoryStage):
    def write(self, data):
        self.storage._may("write")
        super().write(data)

    def sync(self):
        self.storage._may("sync")
        super().sync()

    def drop(self):
        self.storage._may("drop")
        super().drop()

    def commit(self, digest):
        self.storage._may("commit")
        return super().commit(digest)


class FailingObject(MemoryObject):
    def read(self, offset, length):
        self.storage._may("read")
        return super().read(offset, length)


@pytest.fixture
def failing():
    made = World(Failing())
    made.storage.raises = {}
    yield made
    made.storage.raises = {}


@pytest.mark.parametrize("method", ["create_stage", "write", "commit"])
@pytest.mark.parametrize("raised, status", [
    (ZeroDivisionError("own"), libregistry._abi.LREG_HOST_STATUS), (KeyError("own"), 1000),
    (OSError(errno.ENOSPC, "own"), 18), (PermissionError(errno.EACCES, "own"), 19), (MemoryError("own"), 16),
    (KeyboardInterrupt("own"), 1000), (libregistry.HostError("own", status=1234), 1234),
])
def test_exception_while_publishing_is_what_publish_raises(failing, method, raised, status):
    failing.storage.raises = {method: raised}
    with pytest.raises(type(raised)) as caught:
        failing.registry.publish(LONG, "a.bin")
    assert caught.value is raised
    assert isinstance(raised.__context__, libregistry.Error) and raised.__context__.status == status
    raised.__context__ = raised.__traceback__ = None
    failing.storage.raises = {}
    assert list(failing.registry.packages()) == []
    assert failing.registry.publish(LONG, "a.bin").read_bytes() == LONG


@pytest.mark.parametrize("method", ["open_object", "read"])
def test_exception_while_reading_is_what_reading_raises(failing, method):
    package = failing.registry.publish(LONG, "a.bin")
    failing.storage.raises = {method: ZeroDivisionError("own")}
    with pytest.raises(ZeroDivisionError):
        package.read_bytes()
    failing.storage.raises = {}
    assert package.read_bytes() == LONG


def test_object_that_is_not_there_is_corruption_with_its_cause(failing):
    package = failing.registry.publish(LONG, "a.bin")
    failing.storage.kept.clear()
    with pytest.raises(libregistry.CorruptError) as caught:
        package.open()
    assert isinstance(caught.value.__cause__, libregistry.NotFoundError)
    assert failing.instance.verify().missing == 1


def test_exception_that_a_response_answers_for_is_logged(failing, caplog):
    package = failing.registry.publish(LONG, "a.bin")
    token = failing.organization.create_token("x", scopes="read_packages")
    headers = {"Authorization": f"Bearer {token.secret}", "Host": "localhost"}
    failing.storage.raises = {"open_object": ZeroDivisionError("own")}
    assert failing.instance.dispatch("GET", package.path, headers).status == 500
    assert "a callback failed: own" in caplog.text
    failing.storage.raises = {"read": ZeroDivisionError("own")}
    with pytest.raises(ZeroDivisionError):
        failing.instance.dispatch("GET", package.path, headers)


def test_exception_where_nothing_can_be_raised_is_logged(failing, caplog):
    failing.storage.raises = {"drop": ZeroDivisionError("while dropping")}
    publication = failing.registry.publication("a.txt")
    publication.write(LONG)
    publication.abort()
    assert "while dropping" in caplog.text
    failing.storage.raises = {"close": ZeroDivisionError("while closing")}
    del publication
    storage, failing.storage = failing.storage, None
    failing.registry = failing.organization = None
    failing.instance.close()
    gc.collect()
    assert storage.is_closed == 1 and "while closing" in caplog.text
    failing.storage = storage


@pytest.mark.parametrize("wrong", [None, 7, "text", object()])
def test_things_of_another_kind_are_refused(failing, monkeypatch, wrong):
    package = failing.registry.publish(b"x", "a.txt")
    monkeypatch.setattr(Failing, "create_stage", lambda self, name: wrong)
    with pytest.raises(TypeError):
        failing.registry.publish(b"x", "b.txt")
    monkeypatch.setattr(Failing, "open_object", lambda self, key: wrong)
    with pytest.raises((TypeError, AttributeError)):
        package.open()


@pytest.mark.parametrize("key", ["", "x" * 256, "nul\0", None, 7, b"bytes"])
def test_keys_that_do_not_fit_are_refused(failing, monkeypatch, key):
    monkeypatch.setattr(FailingStage, "commit", lambda self, digest: key)
    with pytest.raises((TypeError, ValueError)):
        failing.registry.publish(b"x", "a.txt")


@pytest.mark.parametrize("given", [b"x" * 10_000_000, None, "text", 7.5], ids=["too much", "None", "str", "float"])
def test_reads_that_give_too_much_are_refused(failing, monkeypatch, given):
    package = failing.registry.publish(LONG, "a.bin")
    monkeypatch.setattr(FailingObject, "read", lambda self, offset, length: given)
    with pytest.raises((TypeError, ValueError)):
        package.read_bytes()


@pytest.mark.parametrize("entry", [None, (), ("name",), (7, 8, 9), ("name", "x", 1), ("", 1, 1)])
def test_listings_of_another_kind_are_refused(failing, monkeypatch, entry):
    monkeypatch.setattr(Failing, "stages", lambda self: [entry])
    try:
        failing.instance.collect(0)
    except (TypeError, ValueError, IndexError):
        pass
    else:
        assert entry is None


def test_storage_must_not_call_the_library(failing, monkeypatch):
    monkeypatch.setattr(Failing, "create_stage", lambda self, name: failing.instance.organization("x"))
    with pytest.raises(libregistry.MisuseError, match="must not call"):
        failing.registry.publish(b"x", "a.txt")


def test_objects_are_dropped_by_the_collector_inside_callbacks(failing, monkeypatch):
    """Handles that lose their last reference while the library is calling are ended afterwards."""
    waiting = [failing.registry.publication(f"{number}.txt") for number in range(20)]
    write = FailingStage.write

    def dropping(self, data):
        if waiting:
            waiting.pop()
        gc.collect()
        write(self, data)

    monkeypatch.setattr(FailingStage, "write", dropping)
    failing.registry.publish(LONG, "a.bin")
    waiting.clear()
    assert failing.storage.staged == {}


def test_eight_threads_publish_and_read(world):
    failures = []

    def work(number):
        try:
            for turn in range(10):
                content = f"{number}.{turn}".encode() * 100
                assert world.registry.publish(content, f"{number}-{turn}.txt").read_bytes() == content
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and len(world.storage.kept) == 80


def test_storage_without_listings_serves():
    class Plain(MemoryStorage):
        stages = libregistry.Storage.stages
        objects = libregistry.Storage.objects

    world = World(Plain())
    world.registry.publish(b"x", "a.txt").delete()
    assert world.instance.collect(0).blobs == 1


def test_descriptor_of_an_object_is_lent(folder, world, monkeypatch):
    package = world.registry.publish(b"content", "a.txt")
    path = folder / "content"
    path.write_bytes(b"--content--")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        monkeypatch.setattr(MemoryObject, "descriptor", lambda self: (descriptor, 2))
        monkeypatch.setattr(MemoryObject, "path", lambda self: "below/content")
        token = world.organization.create_token("x", scopes="read_packages")
        with world.instance.exchange() as exchange:
            exchange.set_request("GET", package.path)
            exchange.add_header("Authorization", f"Bearer {token.secret}")
            exchange.set_sends_files()
            exchange.begin()
            assert exchange.file_path == "below/content"
            piece = exchange.next_piece()
            if isinstance(piece, libregistry.FilePiece):  # short objects may be read at once
                assert (piece.descriptor, piece.offset, piece.length) == (descriptor, 2, 7)
            assert exchange.read() == b"content"
    finally:
        os.close(descriptor)


def test_bytes_that_were_lost_are_not_committed(monkeypatch):
    """Simulates a callback that is interrupted before its first step."""
    monkeypatch.setattr(Adapter, "_stage_write", lambda *_: 0)
    lossy = World(Failing())
    with pytest.raises(OSError, match="lost"):
        lossy.registry.publish(LONG, "a.bin")
    assert lossy.storage.staged == {} and lossy.storage.kept == {}
