# SPDX-License-Identifier: Apache-2.0
"""mypy accepts the package, also for the oldest supported Python."""
import ast
import importlib.util
import inspect
import subprocess
import sys

import libregistry
import pytest
from conftest import PACKAGE, PATIENCE_S
from libregistry import asgi, wsgi


@pytest.mark.parametrize("version", ["3.9"])
def test_mypy_accepts_the_package(version, folder):
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("no mypy here")
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--python-version", version, "--cache-dir", folder,
                           PACKAGE / "libregistry"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_sources_are_for_the_oldest_python():
    for path in sorted((PACKAGE / "libregistry").glob("*.py")):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))), path


def test_everything_public_is_documented():
    public = [getattr(libregistry, name) for name in libregistry.__all__ if not name.startswith("_")]
    for thing in [*public, wsgi.Application, wsgi.application, asgi.Application, asgi.application]:
        if not isinstance(thing, type):
            continue
        assert thing.__doc__, thing
        for name in vars(thing):
            assert name.startswith("_") or name in ("default_status", "length") or inspect.getdoc(
                getattr(thing, name)), f"{thing.__name__}.{name}"
