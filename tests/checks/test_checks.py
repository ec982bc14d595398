#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the checkers: each must find its kind of problem in a small made-up tree, and accept a clean one."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts")
SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
ROOMS = "base:0 http:1 meta:2 meta_sqlite:2 exchange:10"
RANKS = "# SPDX-License-Identifier: Apache-2.0\nset(LREG_ROOMS " + ROOMS + ")\n"
HEADER = (
    SPDX + "#ifndef LIBREGISTRY_A_H\n#define LIBREGISTRY_A_H\n#include <stdint.h>\n#define LREG_EXPORT\n"
    "/** Number. Blocks: no. Threads: any, at once. Since: 0.1 */\nLREG_EXPORT int32_t lreg_a(void);\n#endif\n"
)
ABI_HEADER = (
    SPDX + "#ifndef LIBREGISTRY_ABI_H\n#define LIBREGISTRY_ABI_H\n#include <stddef.h>\n#include <stdint.h>\n"
    "#define LREG_EXPORT\n/** A. Threads: any, at once. Since: 0.1 */\ntypedef struct lreg_a lreg_a;\n"
    "/** Ends it. @param a may be NULL. Blocks: no. Threads: any, one at a time per handle. Since: 0.1 */\n"
    "LREG_EXPORT void lreg_a_free(lreg_a *a);\n%s\n#endif\n"
)
CLEAN = {
    "cmake/LregRooms.cmake": RANKS,
    "include/libregistry/abi.h": HEADER.replace("A_H", "ABI_H"),
    "libregistry/base/one.c": SPDX
    + '#include "base/one.h"\n#include <libregistry/abi.h>\n\nint one(void) {\n    return 1;\n}\n',
    "libregistry/base/one.h": SPDX + "#ifndef BASE_ONE_H\n#define BASE_ONE_H\n\nint one(void);\n\n#endif\n",
    "libregistry/http/two.c": SPDX + '#include "base/one.h"\n',
    ".clang-format": "BasedOnStyle: LLVM\nIndentWidth: 4\nAllowShortFunctionsOnASingleLine: None\n",
}


class Checks(unittest.TestCase):
    def run_check(self, name, extra, *options):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**CLEAN, **extra}.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            command = [os.path.join(SCRIPTS, name), "--root", root, *options]
            return subprocess.run(command, capture_output=True, text=True, check=False)

    def finds(self, name, path, text, expected):
        done = self.run_check(name, {path: text})
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(path, done.stdout)
        self.assertIn(expected, done.stdout)

    def passes(self, name, extra=()):
        done = self.run_check(name, dict(extra))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_layers_pass_a_clean_tree(self):
        self.passes("check-layers")

    def test_layers_find_a_higher_room(self):
        self.finds("check-layers", "libregistry/base/b.c", '#include "http/two.h"\n', "may not include rank 1")

    def test_layers_find_a_private_header_of_another_room(self):
        text = '#include "base/one_internal.h"\n'
        self.finds("check-layers", "libregistry/http/b.c", text, "private header of base")

    def test_layers_find_an_include_without_room(self):
        self.finds("check-layers", "libregistry/base/b.c", '#include "one.h"\n', "an include names the room")

    def test_layers_find_sql_outside_meta(self):
        self.finds("check-layers", "libregistry/http/b.c", "#include <sqlite3.h>\n", "behind meta/engine.h")

    def test_layers_let_a_room_within_see_the_outer_one(self):
        self.passes("check-layers", {"libregistry/meta/sqlite/b.c": '#include "meta/rows.h"\n'})
        self.finds("check-layers", "libregistry/meta/b.c", '#include "meta/sqlite/b.h"\n', "may not include rank 2")

    def test_layers_find_a_shared_header_outside_its_family(self):
        self.finds("check-layers", "libregistry/exchange/b.c", '#include "meta/engine.h"\n', "rooms of meta/ alone")

    def test_layers_find_object_headers_in_low_rooms(self):
        text = "#include <libregistry/registry.h>\n"
        self.finds("check-layers", "libregistry/meta/b.c", text, "below the exchange")
        self.passes("check-layers", {"libregistry/exchange/b.c": text})

    def test_layers_find_a_circle_of_files(self):
        one = CLEAN["libregistry/base/one.c"]
        three = '#include "base/one.h"\n\nint three(void) {\n    return one();\n}\n'
        self.passes("check-layers", {"libregistry/base/three.c": three})
        circle = {"libregistry/base/three.c": three, "libregistry/base/one.c": one.replace("return 1", "return four()")}
        circle["libregistry/base/four.c"] = "int four(void) {\n    return three();\n}\n"
        done = self.run_check("check-layers", circle)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for name in ("one.c: uses four of four.c", "three.c: uses one of one.c", "four.c: uses three of three.c"):
            self.assertIn(name, done.stdout)

    def test_layers_find_a_circle_by_way_of_a_table(self):
        table = "const struct table numbers = {one};\n"
        self.passes("check-layers", {"libregistry/base/b.c": table})
        one = CLEAN["libregistry/base/one.c"].replace("return 1", "return numbers.value")
        done = self.run_check("check-layers", {"libregistry/base/b.c": table, "libregistry/base/one.c": one})
        self.assertIn("one.c: uses numbers of b.c", done.stdout)

    def test_layers_find_a_host_that_reaches_inside(self):
        self.finds("check-layers", "examples/host/main.c", '#include "base/one.h"\n', "hosts include")
        self.finds("check-layers", "examples/host/main.c", '#include "../../libregistry/base/one.h"\n', '".."')

    def test_layers_find_system_headers_in_public_ones(self):
        self.finds("check-layers", "include/libregistry/b.h", "#include <stdio.h>\n", "public headers include")

    def test_layers_skip_comments(self):
        self.passes("check-layers", {"libregistry/base/b.c": '/*\n#include "http/two.h"\n*/\n'})

    def test_sizes_pass_a_clean_tree(self):
        self.passes("check-sizes")

    def test_sizes_find_a_long_file(self):
        self.finds("check-sizes", "tests/unit/base/test_b.c", "\n" * 801, "801 lines")

    def test_sizes_find_a_long_function(self):
        text = "static int f(int a, int (*b)(int)) {\n" + "    a++;\n" * 81 + "}\n"
        self.finds("check-sizes", "libregistry/base/b.c", text, "f has 81 lines")
        self.passes("check-sizes", {"tests/b.c": text})

    def test_sizes_find_a_high_median(self):
        text = "".join(f"int f{i}(void) {{\n" + "    g();\n" * 20 + "}\n" for i in range(5))
        done = self.run_check("check-sizes", {"libregistry/base/b.c": text})
        self.assertIn("median function has 20 lines", done.stdout)

    def test_sizes_do_not_take_tables_for_functions(self):
        self.passes("check-sizes", {"libregistry/base/b.c": "static const int t[] = {\n" + "    1,\n" * 100 + "};\n"})

    def test_banned_passes_a_clean_tree(self):
        self.passes("check-banned")

    def test_banned_finds_calls(self):
        for call, why in (("strcpy(a, b)", "no bound"), ("atoi(a)", "no error"), ("system(a)", "shell")):
            self.finds("check-banned", "examples/host/main.c", f"void f(void) {{\n    {call};\n}}\n", why)

    def test_banned_knows_the_library(self):
        calls = {"printf(a)": "prints", "abort()": "ends the host", "free(a)": "allocates", "tolower(a)": "locale"}
        for call, why in calls.items():
            text = f"void f(void) {{\n    {call};\n}}\n"
            self.finds("check-banned", "libregistry/http/b.c", text, why)
            self.passes("check-banned", {"examples/host/main.c": text})

    def test_banned_lets_one_file_allocate(self):
        self.passes("check-banned", {"libregistry/base/memory.c": "void f(void) {\n    free(malloc(1));\n}\n"})

    def test_banned_skips_comments_strings_and_members(self):
        text = '/* free(x) */ char *a = "abort()"; int b = x->free(y) + z.free(y);\n'
        self.passes("check-banned", {"libregistry/base/b.c": text})

    def test_headers_pass_a_clean_tree(self):
        self.passes("check-headers")

    def test_headers_find_one_that_needs_another(self):
        text = HEADER.replace("#include <stdint.h>\n", "")
        self.finds("check-headers", "include/libregistry/a.h", text, "int32_t")

    def test_headers_find_what_is_not_cxx(self):
        text = HEADER.replace("int32_t lreg_a(void)", "int32_t lreg_a(int32_t class)")
        self.finds("check-headers", "include/libregistry/a.h", text, "c++17")

    def test_headers_find_a_comment_without_its_words(self):
        self.finds("check-headers", "include/libregistry/a.h", HEADER.replace(" Since: 0.1", ""), "Since:")
        self.finds("check-headers", "include/libregistry/a.h", HEADER.replace("Threads: any", "any"), "Threads:")
        self.finds("check-headers", "include/libregistry/a.h", HEADER.replace("Blocks: no", "No"), "Blocks:")

    def test_headers_find_a_wrong_guard(self):
        self.finds("check-headers", "libregistry/base/b.h", "#ifndef B_H\n#define B_H\n#endif\n", "BASE_B_H")

    def test_text_passes_a_clean_tree(self):
        self.passes("check-text")

    def test_text_finds_faults(self):
        code = "# SPDX-License-Identifier: Apache-2.0\n"
        for text, why in (
            (code + "a \n", "blanks"),
            (code + "a\r\n", "blanks or CR"),
            (code + "# TO" + "DO: more\n", "unfinished"),
            (code + "a = '/ro" + "ot/b'\n", "development machine"),
            (code + "a" * 121 + "\n", "121 characters"),
            (code + "\ta\n", "a tab"),
            (code + "a", "one line end"),
            (code + "a\n\n", "one line end"),
            ("a\n", "SPDX"),
        ):
            self.finds("check-text", "a.py", text, why)

    def test_text_finds_words_that_are_not_plain(self):
        code = "# SPDX-License-Identifier: Apache-2.0\n"
        words = ("one organisation", "parted by commas", "as ever", "a, else.", "a, else;", "whatever comes",
                 "if he does", "his own", "tells him", "Somebody", "for nobody", "for anybody", "Who asks gets it.",
                 "It ends. Whoever asks gets it.", "made anew", "upon which it ends", "that is no name",
                 "tells whether it is", "Gives NULL at the end")
        cases = [("a.c", f"{SPDX}/* {found} */\n", found) for found in words]
        cases += [("a.md", f"{found}\n", found) for found in words]
        cases += [("a.1", "parted by\n", ""), ("a.py", f'{code}"""Who asks gets it."""\n', ""),
                  ("a.sh", f"{code}# Who asks gets it.\n", ""), ("a.sh", f"{code}# It is parted\n# by commas.\n", ""),
                  ("a.rs", "// SPDX-License-Identifier: Apache-2.0\n/// It is parted\n/// by commas.\n", ""),
                  ("a.c", f"{SPDX}/* It is parted\n * by commas. */\n", "")]
        for path, text, found in cases:
            with self.subTest(path=path, found=found or text):
                done = self.run_check("check-text", {path: text}, "--plain-words")
                self.assertIn(f"{path}:", done.stdout)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)

    def test_text_lets_words_be_in_code_and_quotes(self):
        for path, text in (
            ("a.c", SPDX + 'const char *a = "nobody"; /* the user "nobody", `else`, the history */\n'),
            ("a.c", SPDX + "/*\n * As in:\n *     @as nobody\n */\nint organised(void);\n"),
            ("a.md", "The user `nobody`. Who may read it? There is no longer a user.\n\n```\nuser nobody\n```\n"),
            ("a.py", "# SPDX-License-Identifier: Apache-2.0\na = ('b',\n     \"nobody\")\n"),
            ("docs/api/a.md", "nobody\n"),
        ):
            with self.subTest(path=path):
                done = self.run_check("check-text", {path: text}, "--plain-words")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_format_finds_other_formatting(self):
        self.passes("check-format")
        self.finds("check-format", "libregistry/base/b.c", "int f( void){return 1;}\n", "clang-format")

    def test_api_docs_pass_what_was_just_made_and_find_what_is_not(self):
        code = 'return error_set(err, LREG_NOT_FOUND, "no_such", "no \\"%s\\" " "here", name);\n'
        files = {**CLEAN, "libregistry/base/three.c": SPDX + code, "docs/api/old.md": "gone\n"}
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)

            def run(name):
                command = [os.path.join(SCRIPTS, name), "--root", root]
                return subprocess.run(command, capture_output=True, text=True, check=False)

            done = run("check-api-docs")
            self.assertEqual(done.returncode, 1)
            for expected in ("docs/api/abi.md: is out of date", "docs/api/old.md: no header has this page"):
                self.assertIn(expected, done.stdout)
            self.assertEqual(run("make-api-docs").returncode, 0)
            done = run("check-api-docs")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            with open(os.path.join(root, "docs/api/codes.md"), encoding="utf-8") as file:
                self.assertIn('| `no_such` | LREG_NOT_FOUND |  | no "…" here |', file.read())
            with open(os.path.join(root, "docs/api/abi.md"), encoding="utf-8") as file:
                self.assertIn("int32_t lreg_a(void);", file.read())

    def test_abi_description_passes_what_was_just_made_and_finds_what_is_not(self):
        with tempfile.TemporaryDirectory() as root:
            for path, text in CLEAN.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)

            def run(name):
                command = [os.path.join(SCRIPTS, name), "--root", root]
                return subprocess.run(command, capture_output=True, text=True, check=False)

            done = run("check-abi-description")
            self.assertIn("bindings/abi.json: is out of date", done.stdout)
            self.assertEqual(run("make-abi-description").returncode, 0)
            done = run("check-abi-description")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            with open(os.path.join(root, "bindings/abi.json"), encoding="utf-8") as file:
                made = json.load(file)
            function = {"name": "lreg_a", "header": "libregistry/abi", "since": "0.1", "threads": "any, at once",
                        "blocks": False, "result": "i32", "parameters": []}
            self.assertEqual(made["functions"], [function])

    def described(self, declarations):
        """The description of these declarations."""
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "include/libregistry"))
            with open(os.path.join(root, "include/libregistry/abi.h"), "w", encoding="utf-8") as file:
                file.write(ABI_HEADER % declarations)
            command = [os.path.join(SCRIPTS, "make-abi-description"), "--root", root]
            subprocess.run(command, capture_output=True, text=True, check=True)
            with open(os.path.join(root, "bindings/abi.json"), encoding="utf-8") as file:
                return json.load(file)

    def test_abi_description_knows_what_blocks(self):
        made = self.described("""
/** A. Blocks: no. Threads: any, at once. Since: 0.1 */
LREG_EXPORT int32_t lreg_f(void);
/**
 * B.
 * @return a number
 * Blocks: only as the last
 * handle. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT int32_t lreg_g(void);
""")
        blocks = {function["name"]: function["blocks"] for function in made["functions"]}
        self.assertEqual((blocks["lreg_f"], blocks["lreg_g"]), (False, True))

    def test_abi_description_has_types_contracts_sizes_and_values(self):
        made = self.described("""
#define LREG_A_ONE (1 << 4) /**< one */
#define LREG_A_NO 7 /**< refused (403) */
#define LREG_A_TEXT "t" /**< text */
/** T. Threads: any, at once. Since: 0.2 */
typedef struct lreg_s {
    uint32_t size;
    /** Optional: call. */
    int32_t (*call)(const char *const *names, void *user);
} lreg_s;
/**
 * F.
 * @param a    may be NULL
 * @param err  owned, lreg_a_free(); may be NULL
 * @return borrowed until lreg_a_free()
 * Blocks: no. Threads: any, at once. Since: 0.1
 */
LREG_EXPORT const char *lreg_f(const lreg_s *a, lreg_a **out);
""")
        self.assertEqual([made["handles"][0][key] for key in ("name", "ended_by")], ["lreg_a", "lreg_a_free"])
        self.assertEqual([(one["name"], one["value"]) for one in made["constants"]],
                         [("LREG_A_ONE", 16), ("LREG_A_NO", 7), ("LREG_A_TEXT", "t")])
        self.assertEqual(made["statuses"], [{"name": "LREG_A_NO", "value": 7, "http": 403}])
        struct = made["structs"][0]
        self.assertEqual([struct[key] for key in ("name", "since", "size", "alignment")], ["lreg_s", "0.2", 16, 8])
        self.assertEqual([(member["name"], member["offset"]) for member in struct["members"]],
                         [("size", 0), ("call", 8)])
        call = struct["members"][1]
        self.assertTrue(call["optional"])
        self.assertEqual(call["callback"]["parameters"][0]["type"], "*const *const char")
        function = next(one for one in made["functions"] if one["name"] == "lreg_f")
        self.assertEqual(function["result"], "*const char")
        until = {"nullable": False, "ownership": "borrowed", "until": ["lreg_a_free"]}
        self.assertEqual(function["returns"], until)
        self.assertEqual(function["parameters"], [
            {"name": "a", "type": "*const lreg_s", "nullable": True},
            {"name": "out", "type": "*mut *mut lreg_a", "direction": "out", "nullable": False},
        ])

    def test_abi_description_finds_what_not_every_language_can_call(self):
        function = "/** F. Blocks: no. Threads: any, at once. Since: 0.1 */\nLREG_EXPORT "
        for text, why in (
            (function + "int32_t lreg_f(const char *a, ...);", "variable number"),
            (function + "double lreg_f(void);", "floating-point"),
            (function + "int32_t lreg_f(float a);", "floating-point"),
            (function + "int lreg_f(void);", "no fixed width"),
            (function + "int32_t lreg_f(unsigned long a);", "no fixed width"),
            (function + "int32_t lreg_f(lreg_a a);", "the struct lreg_a by value"),
            (function + "lreg_a lreg_f(void);", "the struct lreg_a by value"),
            (function + "int32_t lreg_f(time_t a);", "the type time_t is not known"),
            (function + "int32_t lreg_f(FILE *a);", "the type FILE is not known"),
            (function + "int32_t lreg_f(bool a);", "a boolean is lreg_bool"),
            (function + "int32_t lreg_f(const char a[4]);", "an array"),
            (function + "int32_t lreg_f(int32_t);", "a parameter has no name"),
            (function + "int32_t lreg_f(enum lreg_e e);", "enumeration"),
            (function + "void (*lreg_f(void))(void);", "not understood"),
            ("enum { LREG_E };", "not understood"),
            ("typedef enum { LREG_E } lreg_e;", "enumeration"),
            ("typedef union lreg_u lreg_u;", "a union"),
            ("struct lreg_t {\n    int32_t a;\n};", "not understood"),
            ("typedef struct lreg_t {\n    uint32_t a : 3;\n} lreg_t;", "a bit field"),
            ("typedef struct lreg_t {\n    uint8_t a[4];\n} lreg_t;", "an array"),
            ("typedef struct lreg_t {\n    lreg_a a;\n} lreg_t;", "the struct lreg_a by value"),
            ("typedef struct lreg_t {\n    uint64_t a;\n} lreg_t;", "a struct begins with uint32_t size"),
            ("typedef int32_t lreg_status;\n" + function + "lreg_status lreg_f(int32_t a);", "takes lreg_error **err"),
            ("typedef struct lreg_h lreg_h;\n" + function + "void lreg_f(lreg_h **out);",
             "the handle lreg_h is ended by nothing"),
            ("#define LREG_HALF 0.5", "LREG_HALF is no integer"),
            ("#define LREG_TWICE(a) (2 * (a))", "not understood"),
            ("int32_t lreg_hidden(void);", "not understood"),
            ("static inline int32_t lreg_f(void) { return 1; }", "not understood"),
        ):
            with self.subTest(text=text):
                done = self.run_check("check-abi-description", {"include/libregistry/abi.h": ABI_HEADER % text})
                self.assertEqual(done.returncode, 1, text + done.stdout + done.stderr)
                self.assertIn(why, done.stdout)

    def test_rust_declarations_are_those_of_the_description(self):
        abi = json.dumps({
            "typedefs": [{"name": "lreg_status", "type": "i32"}], "handles": [{"name": "lreg_h"}], "callbacks": [],
            "constants": [{"name": "LREG_OK", "type": "integer", "value": 0}],
            "structs": [{"name": "lreg_s", "members": [
                {"name": "size", "type": "u32"},
                {"name": "call", "type": "callback", "callback": {"result": "void", "parameters": [
                    {"name": "user", "type": "*mut void"}]}}]}],
            "functions": [{"name": "lreg_a", "result": "lreg_status", "parameters": [
                {"name": "h", "type": "*const lreg_h"}, {"name": "length", "type": "size"}]}],
        })
        right = (
            "pub type lreg_status = i32;\nopaque! {\n    lreg_h,\n}\npub const LREG_OK: i32 = 0; // fine\n"
            "#[repr(C)]\npub struct lreg_s {\n    pub size: u32,\n"
            '    pub call: Option<\n        unsafe extern "C" fn(\n            user: *mut c_void,\n        ),\n    >,\n'
            '}\nextern "C" {\n    pub fn lreg_a(\n        h: *const lreg_h,\n        length: usize,\n'
            "    ) -> lreg_status;\n}\n"
        )
        path = "bindings/rust/src/sys/mod.rs"
        self.passes("check-rust-declarations", {"bindings/abi.json": abi, path: right})
        for old, new, why in (
            ("length: usize", "length: u32", "should be pub fn lreg_a(h: *const lreg_h, length: usize)"),
            ("-> lreg_status", "", "should be pub fn lreg_a"),
            ("    pub size: u32,\n", "", "should be #[repr(C)] pub struct lreg_s"),
            ("*mut c_void", "*const c_void", "should be #[repr(C)] pub struct lreg_s"),
            ("#[repr(C)]\n", "", "pub struct lreg_s { pub size: u32"),
            ("= 0;", "= 1;", "should be pub const LREG_OK: i32 = 0;"),
            ("    lreg_h,\n", "", "opaque is missing"),
            ("pub type", "pub fn lreg_b();\npub type", "lreg_b is not in bindings/abi.json"),
        ):
            with self.subTest(why=why):
                done = self.run_check("check-rust-declarations",
                                      {"bindings/abi.json": abi, path: right.replace(old, new)})
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(why, done.stdout)


if __name__ == "__main__":
    result = unittest.main(verbosity=0, exit=False).result
    failures = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failures} passed, {failures} failed")
    sys.exit(1 if failures else 0)
