# SPDX-License-Identifier: Apache-2.0
"""Options, hooks as Python functions, and the maintenance of an instance."""
import hashlib
import logging
import os
import threading

import libregistry
import pytest
from libregistry import Instance


def publish(instance, content=b"content", name="a.txt"):
    organization = instance.create_organization("My Organization")
    registry = organization.create_registry("My files", ecosystem="files")
    return registry.publish(content, name)


def test_instance_in_memory_ends_with_it(folder):
    with Instance() as instance:
        assert publish(instance).read_bytes() == b"content"
        assert list(folder.iterdir()) == []


def test_directory_is_found_again(folder):
    for path in (folder / "data", str(folder / "data")):
        with Instance(path) as instance:
            if not list(instance.organizations()):
                publish(instance)
    assert instance.closed
    with Instance(folder / "data") as instance:
        package = instance.organization("my-organization").registry("my-files").package("a.txt")
    assert package.filename == "a.txt"


@pytest.mark.parametrize("kind, options", [
    (libregistry.NotFoundError, {"directory": "/nonexistent/parent/data"}),
    (libregistry.BadArgumentError, {"base_url": "gopher://example.com"}),
    (libregistry.BadArgumentError, {"base_url": "http://h:99999"}),
    (libregistry.BadArgumentError, {"forwarded_header": "both"}),
    (libregistry.BadArgumentError, {"forwarded_hops": 0}),
    (libregistry.BadArgumentError, {"forwarded_hops": 17}),
    (libregistry.BadArgumentError, {"trusted_proxies": ["10.0.0.0/33"]}),
    (TypeError, {"trusted_proxies": "10.0.0.0/8"}),
    (libregistry.BadArgumentError, {"busy_timeout": -1}),
    (libregistry.BadArgumentError, {"busy_timeout": 1e12}),
    (libregistry.BadArgumentError, {"limits": {"package_bytes": 0}}),
    (libregistry.BadArgumentError, {"limits": {"package_bytes": -1}}),
    (libregistry.BadArgumentError, {"limits": {"package_bytes": 2**64 + 1}}),
    (libregistry.BadArgumentError, {"limits": {"patience": 3}}),
    (ValueError, {"directory": "with\0nul"}),
    (TypeError, {"directory": 7}),
    (TypeError, {"storage": object()}),
])
def test_bad_options_are_refused(kind, options):
    with pytest.raises(kind):
        Instance(**options)


def test_limits_are_kept():
    with Instance(limits={"package_bytes": 10}) as instance:
        with pytest.raises(libregistry.TooLargeError):
            publish(instance, b"eleven bytes")


def test_options_come_from_a_file_and_are_overridden(folder):
    config = folder / "registry.conf"
    config.write_text(f"# a comment\ndirectory = {folder / 'data'}\npackage-bytes = 10\ndurable = false\n")
    with Instance(config=config) as instance:
        with pytest.raises(libregistry.TooLargeError):
            publish(instance, b"eleven bytes")
    assert (folder / "data" / "registry.db").exists()
    with Instance(folder / "other", config=str(config), limits={"package_bytes": 100}) as instance:
        assert publish(instance, b"eleven bytes").size == 12
    config.write_text("patience = 3\n")
    with pytest.raises(libregistry.BadArgumentError):
        Instance(config=config)


def test_base_url_is_in_answers(bearer_of):
    with Instance(base_url="https://packages.example.com/below") as instance:
        publish(instance)
        answer = instance.dispatch("GET", "/v2/packages/organizations/my-organization/registries/my-files",
                                   bearer_of(instance))
        assert b"https://packages.example.com/below/" in answer.body


@pytest.fixture
def bearer_of():
    def bearer(instance):
        token = instance.organization("my-organization").create_token("x", scopes="read_registries,read_packages")
        return {"Authorization": f"Bearer {token.secret}", "Host": "localhost"}

    return bearer


def test_clock_and_randomness_make_everything_repeatable():
    def ids():
        number = iter(range(1, 10**6))
        with Instance(clock=lambda: 1_800_000_000.25,
                      random=lambda length: hashlib.shake_128(str(next(number)).encode()).digest(length)) as instance:
            package = publish(instance)
            return package.id, package.created_at.timestamp()

    assert ids() == ids() and ids()[1] == 1_800_000_000.25


def test_clock_that_raises_is_reported_and_replaced(caplog):
    def broken():
        raise ZeroDivisionError("no time")

    with Instance(clock=broken) as instance:
        assert publish(instance).created_at.year >= 2024
    assert "a callback failed: no time" in caplog.text and "ZeroDivisionError" in caplog.text


def test_randomness_that_raises_is_what_the_call_raises():
    def broken(_length):
        raise ZeroDivisionError("no luck")

    with pytest.raises(ZeroDivisionError, match="no luck") as caught:
        publish(Instance(random=broken))
    assert isinstance(caught.value.__context__, libregistry.Error)


@pytest.mark.parametrize("given", [b"short", "text", None, 7.5])
def test_randomness_of_another_kind_is_refused(given):
    with pytest.raises((ValueError, TypeError)):
        publish(Instance(random=lambda length: given))


def test_interrupt_in_a_hook_comes_out_of_the_call():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(Instance(clock=interrupted))


def test_log_lines_go_to_the_logger(folder, caplog):
    logger = logging.getLogger("test.registry")
    logger.setLevel(logging.DEBUG)
    with Instance(folder / "data", logger=logger) as instance:
        with publish(instance).open():
            pass
        for path in (folder / "data" / "objects").rglob("*"):
            if path.is_file():
                path.write_bytes(b"CONTENT"[:path.stat().st_size])
        instance.verify()
    assert all(record.name == "test.registry" for record in caplog.records)


def test_logger_that_raises_does_no_harm():
    class Broken(logging.Logger):
        def log(self, *_arguments, **_options):
            raise ZeroDivisionError

    with Instance(logger=Broken("x", logging.DEBUG)) as instance:
        assert publish(instance).size == 7


def test_hook_must_not_call_the_library():
    seen = []

    def clock():
        try:
            instance.organization("x")
        except libregistry.MisuseError as error:
            seen.append(error)
        return 1_800_000_000

    instance = Instance()
    other = Instance(clock=clock)
    publish(other)
    assert seen and "must not call" in str(seen[0])


@pytest.mark.parametrize("threads", [1, 4])
def test_uploads_are_hashed_by_lent_threads(threads):
    names = set()
    content = os.urandom(3_000_000)
    with Instance(hashing_threads=threads) as instance:
        package = publish(instance, content)
        names = {thread.name for thread in threading.enumerate()}
        assert package.digest("sha512") == hashlib.sha512(content).hexdigest()
    assert any(name.startswith("libregistry") for name in names)


def test_verify_tells_of_what_is_damaged(folder):
    with Instance(folder / "data") as instance:
        publish(instance, b"content" * 1000)
        report = instance.verify()
        assert report.sound and (report.blobs, report.blob_bytes) == (1, 7000)
        (path,) = [path for path in (folder / "data" / "objects").rglob("*") if path.is_file()]
        path.chmod(0o600)
        path.write_bytes(b"CONTENT" * 1000)
        findings = []
        report = instance.verify(findings.append)
        assert not report.sound and report.damaged == 1 and len(findings) == 1

        def raising(_text):
            raise ZeroDivisionError

        def calling(_text):
            instance.organization("x")

        with pytest.raises(ZeroDivisionError):
            instance.verify(raising)
        with pytest.raises(libregistry.MisuseError):
            instance.verify(calling)


def test_collect_removes_what_nothing_names(folder):
    with Instance(folder / "data") as instance:
        publish(instance).delete()
        assert instance.collect().blobs in (0, 1)
        assert instance.collect(0).uploads == 0
        with pytest.raises(libregistry.BadArgumentError):
            instance.collect(-1)
        assert instance.verify() == libregistry.VerifyReport(0, 0, 0, 0, 0, 0, 0, 0)


def test_a_lost_database_is_not_replaced(folder):
    with Instance(folder / "data") as instance:
        publish(instance)
    (folder / "data" / "registry.db").unlink()
    with pytest.raises(libregistry.CorruptError) as refusal:
        Instance(folder / "data")
    assert refusal.value.code == "database_missing"
    assert not (folder / "data" / "registry.db").exists()


def test_a_directory_of_something_else_is_refused(folder):
    (folder / "checkout").mkdir()
    (folder / "checkout" / "main.c").write_text("int main(void) { return 0; }")
    with pytest.raises(libregistry.UnsupportedError) as refusal:
        Instance(folder / "checkout")
    assert refusal.value.code == "directory_foreign"
    assert [path.name for path in (folder / "checkout").iterdir()] == ["main.c"]


def test_backup_can_be_opened(folder):
    with Instance(folder / "data") as instance:
        publish(instance)
        instance.backup(folder / "copy")
        with pytest.raises(libregistry.ConflictError):
            instance.backup(folder / "copy")
    with Instance(folder / "copy") as copy:
        assert copy.organization("my-organization").registry("my-files").package("a.txt").read_bytes() == b"content"
    with Instance() as memory, pytest.raises(libregistry.UnsupportedError):
        memory.backup(folder / "other")


@pytest.mark.parametrize("link", [False, True])
def test_backup_copies_unless_it_is_told_to_link(folder, link):
    def objects(path):
        return {file.stat().st_ino for file in (path / "objects").rglob("*") if file.is_file()}

    with Instance(folder / "data") as instance:
        publish(instance)
        instance.backup(folder / "copy", link=link)
    assert (objects(folder / "copy") == objects(folder / "data")) is link
