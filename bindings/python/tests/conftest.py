# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests. They use the library in LIBREGISTRY_LIBRARY; otherwise that in LREG_LIB (a build folder)."""
import gc
import os
import pathlib
import subprocess
import sys
import tempfile

import pytest

PACKAGE = pathlib.Path(__file__).resolve().parent.parent
SOURCE = PACKAGE.parent.parent
sys.path.insert(0, str(PACKAGE))
if "LREG_LIB" in os.environ:
    os.environ.setdefault("LIBREGISTRY_LIBRARY", os.path.join(os.environ["LREG_LIB"], "libregistry.so"))

import libregistry  # noqa: E402

SANITIZED = bool(os.environ.get("LREG_SANITIZE"))
# Sanitizers and busy machines are slow: no test expects anything sooner.
PATIENCE_S = 120


def pytest_sessionfinish():
    """With LREG_LEAKS=1 (and LSan preloaded), reports leaks on the standard error."""
    if os.environ.get("LREG_LEAKS"):
        import ctypes

        gc.collect()
        ctypes.CDLL(None).__lsan_do_recoverable_leak_check()


@pytest.fixture
def folder():
    """A temporary folder, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="libregistry-python-") as path:
        yield pathlib.Path(path)


@pytest.fixture
def instance(folder):
    """An instance in a directory."""
    with libregistry.Instance(folder / "data", durable=False) as opened:
        yield opened


@pytest.fixture
def organization(instance):
    return instance.create_organization("My Organization")


@pytest.fixture
def registry(organization):
    """A registry my-organization/my-files."""
    return organization.create_registry("My files", ecosystem="files")


@pytest.fixture
def token(organization):
    """A token that may read, write and delete packages."""
    return organization.create_token("tests", scopes=["read_packages", "write_packages", "delete_packages"])


@pytest.fixture
def bearer(token):
    """The header fields of an authorized request."""
    return {"Authorization": f"Bearer {token.secret}", "Host": "localhost"}


@pytest.fixture
def run_python():
    """Runs a program in another Python process; returns its output."""

    def run(program, *arguments, expect=0, **environment):
        paths = os.pathsep.join([str(PACKAGE), str(PACKAGE / "tests")])
        # Leaks at exit come from the interpreter itself. This session has its own leak check.
        options = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        done = subprocess.run([sys.executable, "-X", "faulthandler", "-c", program, *map(str, arguments)],
                              env={**os.environ, "PYTHONPATH": paths, "ASAN_OPTIONS": options, **environment},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S,
                              check=False)
        assert done.returncode == expect, done.stderr
        assert "ERROR: AddressSanitizer" not in done.stderr and "runtime error:" not in done.stderr, done.stderr
        run.stderr = done.stderr
        return done.stdout

    return run
