#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Labels: release
"""Loads libregistry.so as Python programs do, and calls it with nothing but ctypes."""
import ctypes
import os
import re
import sys
import unittest

if os.environ.get("LREG_SANITIZE"):
    print("skipped: a sanitizer's library cannot be loaded into an ordinary python3")
    sys.exit(77)

SOURCE = os.environ["LREG_SOURCE"]
LIBRARY = os.path.join(os.environ["LREG_LIB"], "libregistry.so")


def version_of_headers():
    with open(os.path.join(SOURCE, "include/libregistry/abi.h"), encoding="utf-8") as file:
        return re.search(r'LREG_VERSION_STRING "([^"]+)"', file.read()).group(1)


class Ctypes(unittest.TestCase):
    def setUp(self):
        self.library = ctypes.CDLL(LIBRARY)

    def test_version_string_is_that_of_the_headers(self):
        self.library.lreg_version_string.restype = ctypes.c_char_p
        self.assertEqual(self.library.lreg_version_string().decode(), version_of_headers())

    def test_version_number_is_that_of_the_headers(self):
        major, minor, patch = (int(part) for part in version_of_headers().split("."))
        self.library.lreg_version_number.restype = ctypes.c_int32
        self.assertEqual(self.library.lreg_version_number(), major * 1000000 + minor * 1000 + patch)

    def test_every_kept_symbol_is_found(self):
        with open(os.path.join(SOURCE, "tests/abi/symbols.txt"), encoding="utf-8") as file:
            names = [line.split()[0] for line in file if not line.startswith("#")]
        self.assertTrue(names)
        for name in names:
            self.assertTrue(hasattr(self.library, name), name)

    def test_nothing_else_is_found(self):
        for name in ("error_set", "memory_allocate", "storage_open", "meta_open"):
            self.assertFalse(hasattr(self.library, name), name)


if __name__ == "__main__":
    result = unittest.main(verbosity=0, exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
