#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/check-abi must accept additions, and find removals and changes. Uses tiny libraries that are built here."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts")
HEADER = """
#include <stddef.h>
#include <stdint.h>
#define LREG_VERSION_MAJOR 0
#define LREG_VERSION_MINOR 1
typedef int32_t lreg_status;
typedef struct lreg_handle lreg_handle;
typedef struct lreg_table {
    uint32_t size;
    int32_t level;
    void *user;
    lreg_status (*call)(void *user, size_t length);
    int32_t last;
} lreg_table;
lreg_status lreg_one(lreg_handle *handle, const char *text, int64_t number);
lreg_status lreg_two(lreg_handle *handle, const lreg_table *table);
"""
INSIDE = "struct lreg_handle { int32_t secret; };\n"


class Abi(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = self.folder.name
        for name in ("include/libregistry", "build/lib", "bindings", "tests/abi"):
            os.makedirs(os.path.join(self.root, name))
        self.build(HEADER)
        done = self.run_script("make-abi-dump")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def write(self, path, text):
        with open(os.path.join(self.root, path), "w", encoding="utf-8") as file:
            file.write(text)

    def build(self, header, inside=INSIDE, constant=1):
        """Builds a library with the functions of this header."""
        constants = [{"name": "LREG_ONE", "value": constant}, {"name": "LREG_VERSION_MINOR", "value": 1}]
        self.write("bindings/abi.json", json.dumps({"constants": constants}))
        self.write("include/libregistry/abi.h", header)
        functions = re.findall(r"^(\w+ lreg_\w+\(.*\));$", header, re.M)
        bodies = "".join(head + " {\n    " + ("" if head.startswith("void") else "return 0;") + "\n}\n"
                         for head in functions)
        self.write("library.c", "#include <libregistry/abi.h>\n" + inside + bodies)
        command = ["cc", "-w", "-g", "-O1", "-fPIC", "-shared", "-I", "include", "library.c",
                   "-Wl,-soname,libregistry.so.0", "-o", "build/lib/libregistry.so"]
        subprocess.run(command, cwd=self.root, check=True)

    def run_script(self, name):
        command = [os.path.join(SCRIPTS, name), "--root", self.root, "--build", os.path.join(self.root, "build")]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def changed(self, old, new):
        self.assertIn(old, HEADER)
        return HEADER.replace(old, new)

    def passes(self, header, **more):
        self.build(header, **more)
        done = self.run_script("check-abi")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def finds(self, header, expected, **more):
        self.build(header, **more)
        done = self.run_script("check-abi")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(expected, done.stdout)

    def test_what_is_the_same_or_added_passes(self):
        self.assertIn("ABI of 0.1 against 0.1: ok", self.passes(HEADER))
        self.passes(HEADER + "lreg_status lreg_three(lreg_handle *handle);\n")

    def test_the_inside_may_change(self):
        self.passes(HEADER, inside="struct lreg_handle { int64_t secret; void *more; };\n")

    def test_structs_grow_at_their_end(self):
        grown = "    int64_t more;\n    void *yet_more;\n} lreg_table;"
        self.passes(self.changed("} lreg_table;", grown))
        # In what was padding before, so the size does not show that it was added.
        self.finds(self.changed("} lreg_table;", "    int32_t padding;\n} lreg_table;"), "padding")
        header = self.changed("} lreg_table;", grown).replace("int32_t level;", "int64_t level;")
        self.finds(header, "'void* user' offset changed")

    def test_changed_functions_are_found(self):
        self.finds(self.changed("int64_t number", "int32_t number"), "lreg_one")
        self.finds(self.changed("int64_t number", "int64_t number, int32_t more"), "parameter 4")
        self.finds(self.changed("lreg_status lreg_two", "void lreg_two"), "return type changed")
        self.finds(self.changed("const char *text", "char *text"), "'const char' to 'char'")
        self.finds(self.changed("lreg_two(lreg_handle *handle", "lreg_two(lreg_table *handle"), "lreg_two")
        self.finds(self.changed("typedef int32_t", "typedef int64_t"), "lreg_status")

    def test_removed_functions_are_found(self):
        line = "lreg_status lreg_two(lreg_handle *handle, const lreg_table *table);\n"
        self.finds(self.changed(line, ""), "lreg_two")
        self.finds(self.changed("lreg_one(", "lreg_first("), "lreg_one")

    def test_changed_members_are_found(self):
        self.finds(self.changed("int32_t level", "uint32_t level"), "'int' to 'unsigned int'")
        self.finds(self.changed("    int32_t level;\n", ""), "1 data member deletion")
        self.finds(self.changed("int32_t level", "int32_t height"), "lreg_table::level")
        self.finds(self.changed("    void *user;\n", "    void *new;\n    void *user;\n"), "offset changed")
        self.finds(self.changed("void *user, size_t length", "void *user, int32_t length"), "size_t")

    def test_changed_constants_are_found(self):
        self.finds(HEADER, "the constant LREG_ONE 1 went or changed", constant=2)

    def test_another_minor_version_may_break_before_1_0(self):
        later = self.changed("LREG_VERSION_MINOR 1", "LREG_VERSION_MINOR 2").replace("int64_t number", "int32_t number")
        self.assertIn("ABI of 0.2 against 0.1: breaks, as this version may", self.passes(later, constant=2))
        done = self.run_script("make-abi-dump")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("ABI of 0.2 against 0.2: ok", self.passes(later, constant=2))

    def test_a_library_without_debug_information_is_refused(self):
        subprocess.run(["strip", os.path.join(self.root, "build/lib/libregistry.so")], check=True)
        done = self.run_script("check-abi")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no debug information", done.stderr)


if __name__ == "__main__":
    if not all(shutil.which(tool) for tool in ("abidw", "abidiff")):
        print("0 passed, 0 failed, 1 skipped")
        sys.exit(0)
    result = unittest.main(verbosity=0, exit=False).result
    failures = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failures} passed, {failures} failed")
    sys.exit(1 if failures else 0)
