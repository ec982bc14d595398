#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Filters, options and reports, as programs of earlier and of later headers pass them. The list of structs and
functions is made from bindings/abi.json, the sizes of the first version from the ABI of the release that brought
them."""
import ctypes
import json
import os
import re
import tempfile
import unittest

SOURCE, LIBRARY = os.environ.get("LREG_SOURCE", "."), os.environ.get("LREG_LIB")
if not LIBRARY or os.environ.get("LREG_SANITIZE"):
    print("skipped: LREG_LIB is not set, or the library needs the runtime of a sanitizer")
    raise SystemExit(77)
with open(os.path.join(SOURCE, "bindings/abi.json"), encoding="utf-8") as file:
    ABI = json.load(file)
with open(os.path.join(SOURCE, "tests/abi/libregistry-0.1.abi"), encoding="utf-8") as file:
    FIRST = {name: int(bits) // 8 for name, bits in
             re.findall(r"<class-decl name='(lreg_\w+)' size-in-bits='(\d+)'", file.read())}
STRUCTS = {struct["name"]: struct for struct in ABI["structs"]}
CONSTANTS = {constant["name"]: constant["value"] for constant in ABI["constants"]}
OK, BAD_ARGUMENT = CONSTANTS["LREG_OK"], CONSTANTS["LREG_BAD_ARGUMENT"]
TAIL = 64
lib = ctypes.CDLL(LIBRARY if os.path.isfile(LIBRARY) else os.path.join(LIBRARY, "libregistry.so"))
lib.lreg_error_code.restype = ctypes.c_char_p
lib.lreg_error_code.argtypes = lib.lreg_error_free.argtypes = [ctypes.c_void_p]


def struct_of(parameter):
    """The name of the filter, options or report that is passed, or None."""
    match = re.fullmatch(r"\*(?:const|mut) (lreg_\w+_(?:filter|options|report))", parameter["type"])
    return match.group(1) if match and match.group(1) in STRUCTS else None


CALLS = [(function, parameter, struct_of(parameter)) for function in ABI["functions"]
         for parameter in function["parameters"] if struct_of(parameter)]


def known_flags(name):
    """Flags of 0x10000 and above that this version has; their constants are named after the function."""
    prefix = "LREG_" + re.sub(r"^lreg_|_(filter|options|report)$", "", name).upper() + "_"
    return [value for constant, value in CONSTANTS.items() if constant.startswith(prefix) and value >= 0x10000]


def memory(name, size, fill=0, flags=0):
    """A struct with these bytes behind its members: `fill` beyond its own size."""
    own = STRUCTS[name]["size"]
    room = ctypes.create_string_buffer(bytes(own) + bytes([fill]) * TAIL, own + TAIL)
    ctypes.memmove(room, ctypes.byref(ctypes.c_uint32(size)), 4)
    ctypes.memmove(ctypes.addressof(room) + 4, ctypes.byref(ctypes.c_uint32(flags)), 4)
    return room


class Structs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.backups = 0
        cls.instance, cls.registry = ctypes.c_void_p(), ctypes.c_void_p()
        options, settings = ctypes.c_void_p(), ctypes.c_void_p()
        data = os.path.join(cls.folder.name, "data").encode()
        done = [lib.lreg_options_new(ctypes.byref(options), None),
                lib.lreg_options_set_directory(options, data, None),
                lib.lreg_open(options, ctypes.byref(cls.instance), None),
                lib.lreg_organization_settings_new(ctypes.byref(settings), None),
                lib.lreg_organization_settings_set_slug(settings, b"acme", None),
                lib.lreg_organization_create(cls.instance, settings, None, None)]
        lib.lreg_organization_settings_free(settings)
        lib.lreg_options_free(options)
        done += [lib.lreg_registry_settings_new(ctypes.byref(settings), None),
                 lib.lreg_registry_settings_set_json(settings, b'{"name": "files", "ecosystem": "files"}', None),
                 lib.lreg_registry_create(cls.instance, b"acme", settings, ctypes.byref(cls.registry), None)]
        lib.lreg_registry_settings_free(settings)
        assert done == [OK] * len(done), done

    @classmethod
    def tearDownClass(cls):
        lib.lreg_registry_free(cls.registry)
        lib.lreg_close(cls.instance)
        cls.folder.cleanup()

    def call(self, function, parameter, room):
        """Calls it with this struct and otherwise with what it needs. Returns the status and the code."""
        out, error, values = ctypes.c_void_p(), ctypes.c_void_p(), []
        for other in function["parameters"]:
            kind = other["type"]
            if other is parameter:
                values.append(ctypes.byref(room))
            elif kind == "*mut lreg_instance":
                values.append(self.instance)
            elif kind == "*const lreg_registry":
                values.append(self.registry)
            elif kind == "*mut *mut lreg_error":
                values.append(ctypes.byref(error))
            elif other["name"] == "directory":
                Structs.backups += 1
                values.append(os.path.join(self.folder.name, f"copy-{self.backups}").encode())
            elif kind == "*const char":
                values.append(b"acme")
            else:
                values.append(None if struct_of(other) else ctypes.byref(out))
        status = getattr(lib, function["name"])(*values)
        code = lib.lreg_error_code(error).decode() if error else ""
        lib.lreg_error_free(error)
        if out:
            kind = next(one["type"] for one in function["parameters"] if one["name"] == "out").split()[-1]
            end = next(handle["ended_by"] for handle in ABI["handles"] if handle["name"] == kind)
            getattr(lib, end)(out)
        return status, code

    def each(self):
        for function, parameter, name in CALLS:
            with self.subTest(function=function["name"], struct=name):
                yield function, parameter, name

    def test_size_and_flags_come_first_and_nothing_is_reserved(self):
        self.assertGreaterEqual(len({name for _, _, name in CALLS}), 13)
        for _, _, name in self.each():
            members = [member["name"] for member in STRUCTS[name]["members"]]
            self.assertEqual(members[:2], ["size", "flags"])
            self.assertFalse([member for member in members if "reserved" in member])

    def test_the_first_size_is_taken_and_less_is_refused(self):
        for function, parameter, name in self.each():
            self.assertEqual(self.call(function, parameter, memory(name, FIRST[name]))[0], OK)
            for size in (0, 4, FIRST[name] - 1):
                self.assertEqual(self.call(function, parameter, memory(name, size)),
                                 (BAD_ARGUMENT, "struct_too_small"))

    def test_a_longer_one_is_taken_whatever_its_tail_has(self):
        for function, parameter, name in self.each():
            for fill in (0, 0xA5):
                room = memory(name, STRUCTS[name]["size"] + TAIL, fill)
                self.assertEqual(self.call(function, parameter, room)[0], OK)
                self.assertEqual(room.raw[-TAIL:], bytes([fill]) * TAIL)

    def test_unknown_flags_are_hints_or_refused(self):
        for function, parameter, name in self.each():
            if name.endswith("_report"):
                continue
            for bit in range(32):
                answer = self.call(function, parameter, memory(name, STRUCTS[name]["size"], flags=1 << bit))
                is_taken = bit < 16 or 1 << bit in known_flags(name)
                self.assertEqual(answer, (OK, "") if is_taken else (BAD_ARGUMENT, "flags_unknown"), f"bit {bit}")

    def test_flags_of_a_report_are_those_of_the_library(self):
        for function, parameter, name in self.each():
            if name.endswith("_report"):
                room = memory(name, STRUCTS[name]["size"], flags=0xFFFFFFFF)
                self.assertEqual(self.call(function, parameter, room)[0], OK)
                self.assertLess(int.from_bytes(room.raw[4:8], "little"), 4)
                self.assertEqual(int.from_bytes(room.raw[:4], "little"), STRUCTS[name]["size"])


unittest.main()
