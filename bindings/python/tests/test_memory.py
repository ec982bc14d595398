# SPDX-License-Identifier: Apache-2.0
"""Publishing a thousand packages from eight threads leaves nothing behind."""
import pytest
from conftest import SANITIZED

PUBLISH_MANY = "import runpy, sys; sys.argv[0] = 'publish_many'; runpy.run_module('publish_many', run_name='__main__')"


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps what was freed")
def test_memory_stays_as_it_is_over_a_thousand_packages(run_python, folder):
    before, after, handles = map(int, run_python(PUBLISH_MANY, folder / "data", 1000).split())
    assert abs(after - before) <= before * 0.05, f"{before} KiB, then {after} KiB"
    assert handles == 1  # the instance


@pytest.mark.skipif(not SANITIZED, reason="the leaks are looked for by a sanitizer")
def test_a_thousand_packages_leak_nothing(run_python, folder):
    """The leak check of the session does not see this process, so the program runs its own."""
    program = PUBLISH_MANY + "\nimport ctypes, gc; gc.collect(); ctypes.CDLL(None).__lsan_do_recoverable_leak_check()"
    run_python(program, folder / "data", 500, 1, ASAN_OPTIONS="detect_leaks=1:leak_check_at_exit=0:symbolize=0")
    assert "libregistry" not in run_python.stderr
