# SPDX-License-Identifier: Apache-2.0
"""Finding and refusing libraries."""
import ctypes.util
import os

import libregistry
import pytest
from conftest import SANITIZED
from libregistry import _abi, _library

HELLO = "import libregistry; print(libregistry.version())"


def test_versions_of_library_and_package_are_equal():
    assert libregistry.version() == libregistry.__version__


@pytest.mark.parametrize("number", [0, 99000, _abi.LREG_VERSION_MAJOR * 1000000 + 1000000])
def test_another_version_is_refused(number):
    with pytest.raises(libregistry.LoadError, match="this package is for"):
        _library.check_version(number, "libregistry.so")


def test_before_1_0_another_minor_version_is_refused_and_later_a_newer_one_is_not(monkeypatch):
    monkeypatch.setattr(_abi, "LREG_VERSION_MAJOR", 0)
    monkeypatch.setattr(_abi, "LREG_VERSION_MINOR", 3)
    _library.check_version(3009, "library")
    for refused in (2000, 4000):
        with pytest.raises(libregistry.LoadError):
            _library.check_version(refused, "library")
    monkeypatch.setattr(_abi, "LREG_VERSION_MAJOR", 1)
    _library.check_version(1004000, "library")
    with pytest.raises(libregistry.LoadError):
        _library.check_version(1002000, "library")


def test_a_library_that_is_another_one_is_refused(run_python):
    name = ctypes.util.find_library("z")
    if name is None:
        pytest.skip("no zlib here")
    program = f"import libregistry\ntry: {HELLO[20:]}\nexcept libregistry.LoadError as error: print(error)"
    assert "is not libregistry" in run_python(program, LIBREGISTRY_LIBRARY=name)


def test_a_library_that_is_nowhere_says_what_to_do(run_python):
    program = "import libregistry\ntry: libregistry.Instance()\nexcept ImportError as error: print(error)"
    printed = run_python(program, LIBREGISTRY_LIBRARY="/nonexistent/libregistry.so")
    assert "set LIBREGISTRY_LIBRARY" in printed and "/nonexistent/libregistry.so" in printed


def test_it_is_found_where_the_loader_looks(run_python):
    folder = os.path.dirname(os.environ["LIBREGISTRY_LIBRARY"])
    if not os.path.exists(os.path.join(folder, f"libregistry.so.{_library.SONAME_VERSION}")):
        pytest.skip("the library has no name with its version")
    assert run_python(HELLO, LIBREGISTRY_LIBRARY="", LD_LIBRARY_PATH=folder).strip() == libregistry.__version__


def test_importing_loads_nothing(run_python):
    program = "import libregistry.wsgi, libregistry.asgi, libregistry._library as l; print(l._library)"
    assert run_python(program, LIBREGISTRY_LIBRARY="/nonexistent").strip() == "None"


@pytest.mark.skipif(SANITIZED, reason="a sanitizer has to be there from the beginning")
def test_a_library_without_all_functions_is_refused(monkeypatch):
    monkeypatch.setitem(_abi.FUNCTIONS, "lreg_of_tomorrow", (None, ()))
    with pytest.raises(libregistry.LoadError, match="lreg_of_tomorrow"):
        _library.Library(os.environ["LIBREGISTRY_LIBRARY"])


def test_a_build_says_what_it_has():
    assert libregistry.has_feature("ecosystem-container")
    assert not libregistry.has_feature("ecosystem-") and not libregistry.has_feature("")
