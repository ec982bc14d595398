# SPDX-License-Identifier: Apache-2.0
"""Publishing from files and reading as files."""
import hashlib
import io
import os
import shutil
import threading

import libregistry
import pytest

LONG = os.urandom(700_001)


class Unseekable(io.RawIOBase):
    """Returns a few bytes at a time, like a socket."""

    def __init__(self, content, at_once=1000):
        self.rest, self.at_once = content, at_once

    def readable(self):
        return True

    def readinto(self, room):
        piece, self.rest = self.rest[:min(self.at_once, len(room))], self.rest[min(self.at_once, len(room)):]
        room[:len(piece)] = piece
        return len(piece)


class OnlyRead:
    """Has only read()."""

    def __init__(self, content):
        self.file = io.BytesIO(content)
        self.read = self.file.read


def assert_is(package, content):
    assert package.size == len(content)
    assert package.read_bytes() == content
    for algorithm in ("md5", "sha1", "sha256", "sha512"):
        assert package.digest(algorithm) == hashlib.new(algorithm, content).hexdigest()


@pytest.mark.parametrize("make", [bytes, io.BytesIO, Unseekable, OnlyRead], ids=lambda make: make.__name__)
@pytest.mark.parametrize("content", [b"", b"short", LONG], ids=["empty", "short", "long"])
def test_what_is_published_comes_back(registry, make, content):
    assert_is(registry.publish(make(content), "app-1.0.0.bin"), content)


def test_file_is_published_under_its_own_name(registry, folder):
    path = folder / "app-1.0.0.bin"
    path.write_bytes(LONG)
    package = registry.publish(path)
    assert (package.filename, package.name, package.version) == ("app-1.0.0.bin", "app", "1.0.0")
    assert package.path.endswith("/app-1.0.0.bin")
    with open(path, "rb") as file:
        assert registry.publish(file) == package
    assert registry.publish(str(path)) == package
    with pytest.raises(TypeError, match="filename"):
        registry.publish(io.BytesIO(b"x"))


def test_same_bytes_again_are_the_package_that_is_there(registry):
    with registry.publication("a.txt") as first:
        first.write(b"content")
    with registry.publication("a.txt") as second:
        second.write(b"content")
    assert (first.created, second.created) == (True, False)
    assert first.package == second.package
    with pytest.raises(libregistry.ConflictError):
        registry.publish(b"other", "a.txt")


def test_publication_takes_any_bytes(registry):
    with registry.publication("a.txt") as publication:
        for piece in (b"1", bytearray(b"2"), memoryview(b"34")[::1], memoryview(bytearray(b"56")), b"",
                      memoryview(b"7_8_9")[::2]):
            assert publication.write(piece) == len(piece)
        for wrong in ("text", 7, None):
            with pytest.raises(TypeError):
                publication.write(wrong)
    assert publication.package.read_bytes() == b"123456789"[:len("123456789")]


def test_publication_is_a_target_for_copies(registry):
    with registry.publication("a.bin") as publication:
        shutil.copyfileobj(io.BytesIO(LONG), publication)
    assert_is(publication.package, LONG)


def test_exception_in_the_block_publishes_nothing(registry, instance):
    with pytest.raises(ZeroDivisionError):
        with registry.publication("a.txt") as publication:
            publication.write(b"half")
            raise ZeroDivisionError
    with pytest.raises(libregistry.NotFoundError):
        registry.package("a.txt")
    with pytest.raises(libregistry.ClosedError):
        publication.write(b"more")
    with pytest.raises(libregistry.MisuseError):
        publication.package
    assert instance.collect(0).objects == 0


def test_source_that_fails_publishes_nothing(registry):
    class Failing(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, room):
            raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError, match="gone"):
        registry.publish(Failing(), "a.txt")
    assert list(registry.packages()) == []


def test_package_is_found_by_name_and_id(registry):
    made = registry.publish(b"x", "a.txt")
    assert registry.package("a.txt") == registry.package_by_id(made.id) == made
    assert made.attributes == {} and made.downloads == 0 and (made.version, made.architecture) == ("", "")
    with pytest.raises(libregistry.NotFoundError):
        registry.package("b.txt")


def test_deleted_package_is_gone_but_open_contents_read_on(registry, instance):
    package = registry.publish(LONG, "a.bin")
    with package.open() as content:
        assert content.read(10) == LONG[:10]
        package.delete()
        assert instance.collect(0).blobs == 1
        assert content.read() == LONG[10:]
    with pytest.raises(libregistry.NotFoundError):
        package.open()
    assert package.size == len(LONG)


def test_content_is_a_binary_file(registry):
    package = registry.publish(b"first\nsecond\nthird", "a.txt")
    with package.open() as content:
        assert content.readable() and content.seekable() and not content.writable()
        assert len(content) == 18 and content.read(3) == b"fir" and content.tell() == 3
        assert content.seek(-5, io.SEEK_END) == 13 and content.read() == b"third" and content.read() == b""
        assert content.seek(6) == 6 and content.seek(1, io.SEEK_CUR) == 7
        room = bytearray(4)
        assert content.readinto(room) == 4 and room == b"econ"
        assert content.seek(10**15) == 10**15 and content.read(1) == b""
        assert content.readinto(bytearray()) == 0
        for wrong in ((-1, 0), (0, 7)):
            with pytest.raises(ValueError):
                content.seek(*wrong)
        with pytest.raises(TypeError):
            content.readinto(b"read-only")
    with io.TextIOWrapper(io.BufferedReader(package.open())) as lines:
        assert list(lines) == ["first\n", "second\n", "third"]
    with pytest.raises(ValueError):
        content.read(1)
    content.close()


def test_download_goes_to_files_of_any_kind(registry, folder):
    package = registry.publish(LONG, "a.bin")
    path = folder / "copy.bin"
    assert package.download(path) == len(LONG)
    assert path.read_bytes() == LONG
    path.write_bytes(b"old")
    package.download(str(path))
    assert path.read_bytes() == LONG and os.listdir(folder).count("copy.bin") == 1
    memory = io.BytesIO()
    package.download(memory)
    assert memory.getvalue() == LONG


def test_download_that_fails_leaves_no_file(registry, folder):
    package = registry.publish(LONG, "a.bin")
    before = sorted(os.listdir(folder))
    with pytest.raises(IsADirectoryError):
        package.download(folder / "data")
    with pytest.raises(FileNotFoundError):
        package.download(folder / "nowhere" / "a.bin")
    assert sorted(os.listdir(folder)) == before


def test_download_to_a_target_that_takes_little(registry):
    class Slow(io.RawIOBase):
        taken = b""

        def writable(self):
            return True

        def write(self, data):
            self.taken += bytes(data[:100_000])
            return min(len(data), 100_000)

    slow = Slow()
    registry.publish(LONG, "a.bin").download(slow)
    assert slow.taken == LONG


def test_eight_threads_publish_and_read(registry):
    failures = []

    def work(number):
        try:
            for turn in range(5):
                content = f"{number}.{turn}".encode() * 1000
                assert registry.publish(content, f"{number}-{turn}.txt").read_bytes() == content
                registry.publish(b"the same for all" * 100, f"same-{turn}.txt")
                list(registry.packages())
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(list(registry.packages())) == 45
