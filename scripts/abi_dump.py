# SPDX-License-Identifier: Apache-2.0
"""The ABI of a built library, by the tools of abigail: scripts/make-abi-dump stores that of a release,
scripts/check-abi compares with it. Values of constants, which no library contains, are stored beside it, taken from
bindings/abi.json."""
import glob
import json
import os
import re
import subprocess
import xml.etree.ElementTree

import c_source

FOLDER = "tests/abi"
TOOLS = ("abidw", "abidiff")
# Nothing internal, and nothing that depends on the place of the build or on the versions of other libraries.
DUMP = ["--drop-private-types", "--exported-interfaces-only", "--drop-undefined-syms", "--no-corpus-path",
        "--no-comp-dir-path", "--no-show-locs", "--no-elf-needed", "--no-architecture", "--no-write-default-sizes",
        "--no-parameter-names", "--type-id-style", "hash"]
DESCRIPTION = "bindings/abi.json"


def version(root):
    """(major, minor) of the headers."""
    text = c_source.read(root, "include/libregistry/abi.h")
    return tuple(int(re.search(rf"#define LREG_VERSION_{part} (\d+)", text).group(1)) for part in ("MAJOR", "MINOR"))


def path_of(root, numbers, ending):
    return os.path.join(root, FOLDER, f"libregistry-{numbers[0]}.{numbers[1]}.{ending}")


def dump(root, library, target):
    command = ["abidw", "--headers-dir", os.path.join(root, "include"), *DUMP, "--out-file", target, library]
    subprocess.run(command, check=True)
    with open(target, encoding="utf-8") as file:
        text = file.read()
    if "<function-decl" not in text:
        raise SystemExit(f"{library} has no debug information: build it with -g")
    return text


def constants(root):
    """Lines of name and value. The version is what changes with each release."""
    with open(os.path.join(root, DESCRIPTION), encoding="utf-8") as file:
        found = json.load(file)["constants"]
    return [f'{one["name"]} {json.dumps(one["value"])}' for one in found if not one["name"].startswith("LREG_VERSION_")]


def kept(root):
    """(major, minor) of the newest release whose ABI is stored."""
    names = glob.glob(os.path.join(root, FOLDER, "libregistry-*.abi"))
    found = [re.search(r"libregistry-(\d+)\.(\d+)\.abi$", name) for name in names]
    return max((tuple(map(int, match.groups())) for match in found if match), default=None)


def without_growth(old, new):
    """Rewrites the new dump without the members that were appended to structs (docs/abi.md)."""
    before = {struct.get("name"): int(struct.get("size-in-bits"))
              for struct in xml.etree.ElementTree.parse(old).iter("class-decl") if struct.get("size-in-bits")}
    tree = xml.etree.ElementTree.parse(new)
    for struct in tree.iter("class-decl"):
        size = before.get(struct.get("name"))
        if size is None or int(struct.get("size-in-bits", "0")) <= size:
            continue
        struct.set("size-in-bits", str(size))
        for member in struct.findall("data-member"):
            if int(member.get("layout-offset-in-bits")) >= size:
                struct.remove(member)
    tree.write(new)


def differences(old, new):
    """What abidiff reports about functions and types that were removed or changed; empty when there are only
    additions."""
    without_growth(old, new)
    done = subprocess.run(["abidiff", "--no-added-syms", "--harmless", old, new], capture_output=True, text=True,
                          check=False)
    # The bits 4 and 8 are differences; all others are failures of the tool.
    if done.returncode & ~12:
        raise SystemExit(f"abidiff ends with {done.returncode}\n{done.stderr}{done.stdout}")
    return [line for line in done.stdout.splitlines() if line.strip()] if done.returncode else []
