# SPDX-License-Identifier: Apache-2.0
"""Compares the declarations with the description generated from the C headers."""
import ctypes
import json

import pytest
from conftest import SOURCE
from libregistry import _abi, _error, _instance, _library

DESCRIPTION = SOURCE / "bindings" / "abi.json"
if not DESCRIPTION.exists():
    pytest.skip("no description of the ABI", allow_module_level=True)

ABI = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
INTEGERS = {
    "i8": ctypes.c_int8, "i16": ctypes.c_int16, "i32": ctypes.c_int32, "i64": ctypes.c_int64,
    "u8": ctypes.c_uint8, "u16": ctypes.c_uint16, "u32": ctypes.c_uint32, "u64": ctypes.c_uint64,
    "size": ctypes.c_size_t,
}
TYPEDEFS = {entry["name"]: entry["type"] for entry in ABI["typedefs"]}
CALLBACKS = {entry["name"]: entry for entry in ABI["callbacks"]}


def target_of(pointer):
    assert pointer.startswith(("*const ", "*mut ")), pointer
    return pointer.split(" ", 1)[1], pointer.startswith("*mut ")


def check_callback(declared, described):
    assert issubclass(declared, ctypes._CFuncPtr)
    check(declared._restype_, described["result"], described)
    assert len(declared._argtypes_) == len(described["parameters"])
    for have, parameter in zip(declared._argtypes_, described["parameters"]):
        check(have, parameter["type"], parameter)


def check(declared, described, entry):
    """Asserts that a ctypes type matches the description."""
    described = TYPEDEFS.get(described, described)
    if described == "void":
        assert declared is None
    elif described in INTEGERS:
        # The same type may have several names in ctypes.
        assert ctypes.sizeof(declared) == ctypes.sizeof(INTEGERS[described])
        assert declared is INTEGERS[described]
    elif described == "callback":
        check_callback(declared, entry["callback"])
    elif described in CALLBACKS:
        check_callback(declared, CALLBACKS[described])
    else:
        target, writable = target_of(described)
        if target == "char":
            assert declared is (ctypes.c_void_p if writable else ctypes.c_char_p)
        elif target == "void":
            assert declared is ctypes.c_void_p
        elif hasattr(_abi, target):
            assert declared._type_ is getattr(_abi, target)
        else:
            assert issubclass(declared, ctypes._Pointer), (declared, described)
            check(declared._type_, target, entry)


def test_data_model_is_that_of_the_description():
    assert (ABI["format"], ABI["data_model"]) == (1, "LP64")
    assert ctypes.sizeof(ctypes.c_void_p) == ctypes.sizeof(ctypes.c_size_t) == 8


def test_every_function_is_declared_and_no_other():
    assert sorted(_abi.FUNCTIONS) == sorted(entry["name"] for entry in ABI["functions"])


@pytest.mark.parametrize("entry", ABI["functions"], ids=lambda entry: entry["name"])
def test_function_is_what_the_header_says(entry):
    result, parameters = _abi.FUNCTIONS[entry["name"]]
    check(result, entry["result"], entry)
    assert len(parameters) == len(entry["parameters"])
    for declared, parameter in zip(parameters, entry["parameters"]):
        check(declared, parameter["type"], parameter)


@pytest.mark.parametrize("entry", ABI["structs"], ids=lambda entry: entry["name"])
def test_struct_is_laid_out_as_the_header_says(entry):
    struct = getattr(_abi, entry["name"])
    assert [name for name, *_ in struct._fields_] == [member["name"] for member in entry["members"]]
    for (name, kind), member in zip(struct._fields_, entry["members"]):
        assert getattr(struct, name).offset == member["offset"]
        assert getattr(struct, name).size == member["size"]
        check(kind, member["type"], member)
    assert (ctypes.sizeof(struct), ctypes.alignment(struct)) == (entry["size"], entry["alignment"])


@pytest.mark.parametrize("entry", ABI["callbacks"], ids=lambda entry: entry["name"])
def test_callback_is_what_the_header_says(entry):
    check_callback(getattr(_abi, entry["name"]), entry)


def test_constants_are_those_of_the_headers():
    declared = {name: value for name, value in vars(_abi).items() if name.startswith("LREG_")}
    assert declared == {entry["name"]: entry["value"] for entry in ABI["constants"]}


def test_handles_are_opaque_and_none_is_missing():
    structs = {entry["name"] for entry in ABI["structs"]}
    opaque = {name for name, kind in vars(_abi).items()
              if isinstance(kind, type) and issubclass(kind, ctypes.Structure) and name.startswith("lreg_")}
    assert opaque - structs == {entry["name"] for entry in ABI["handles"]}


def test_each_status_has_an_exception_of_its_own():
    kinds = {}
    for entry in ABI["statuses"]:
        if entry["value"] in (_abi.LREG_OK, _abi.LREG_PENDING, _abi.LREG_HOST_STATUS):
            continue
        kind = _error.class_of(entry["value"])
        assert kind.default_status == entry["value"], entry["name"]
        kinds[kind] = entry["name"]
    assert len(kinds) == 26
    assert _error.class_of(1234) is _error.HostError
    assert _error.class_of(999) is _error.InternalError


def test_every_limit_can_be_set():
    assert _instance.LIMITS == {
        entry["name"].split("_", 2)[2].lower(): entry["value"] for entry in ABI["constants"]
        if entry["name"].startswith(("LREG_LIMIT_", "LREG_SETTING_"))}


def test_the_library_exports_what_is_declared():
    library = _library.get()
    for name in _abi.FUNCTIONS:
        assert callable(getattr(library, name))
    with pytest.raises(AttributeError, match="lreg_nothing"):
        library.lreg_nothing


def setters_of_structs():
    """Each setter of the options that takes a struct with callbacks: its name, the struct, and the other parameters."""
    for function in ABI["functions"]:
        for parameter in function["parameters"]:
            struct = getattr(_abi, parameter["type"].removeprefix("*const "), None)
            if function["name"].startswith("lreg_options_set_") and hasattr(struct, "_fields_") and struct._fields_:
                yield pytest.param(function, struct, id=function["name"])


def fill(struct, memory):
    """A complete struct at the beginning of `memory`; returns it and the callbacks, which must live."""
    made, callbacks = struct.from_buffer(memory), []
    ctypes.memset(ctypes.addressof(made), 0, ctypes.sizeof(struct))
    for name, kind in struct._fields_:
        if isinstance(kind, type) and issubclass(kind, ctypes._CFuncPtr):
            callbacks.append(kind(lambda *_: None) if kind._restype_ is None else kind(lambda *_: 0))
            setattr(made, name, callbacks[-1])
    return made, callbacks


@pytest.mark.parametrize("function, struct", setters_of_structs())
def test_structs_of_every_size_and_flag(function, struct):
    library, options = _library.get(), ctypes.POINTER(_abi.lreg_options)()
    call = getattr(library, function["name"])
    assert library.lreg_options_new(ctypes.byref(options), None) == _abi.LREG_OK

    def give(size, tail=b"\0", flags=0):
        memory = bytearray(tail * (ctypes.sizeof(struct) + 64))
        made, callbacks = fill(struct, memory)
        made.size = size
        if flags:
            made.flags = flags
        values = {"options": options, "name": b"sized", "state": None, "err": None}
        arguments = [values[p["name"]] if p["name"] in values else ctypes.byref(made) for p in function["parameters"]]
        kept.append((memory, callbacks))
        return call(*arguments)

    kept, own = [], ctypes.sizeof(struct)
    members = dict(next(s for s in ABI["structs"] if s["name"] == struct.__name__))["members"]
    for size in (0, 4, members[1]["offset"], members[-1]["offset"] // 2):
        assert give(size) == _abi.LREG_BAD_ARGUMENT, size
    for tail in (b"\0", b"\xa5"):
        assert give(own, tail) == _abi.LREG_OK
        assert give(own + 64, tail) == _abi.LREG_OK
    if any(name == "flags" for name, _ in struct._fields_):
        for bit in range(32):
            assert give(own, flags=1 << bit) == (_abi.LREG_OK if bit < 16 else _abi.LREG_BAD_ARGUMENT), bit
    library.lreg_options_free(options)
