# SPDX-License-Identifier: Apache-2.0
"""Publishes packages from 8 threads and measures memory: publish_many.py DIRECTORY COUNT [WARM-UP]

First publishes WARM-UP packages (default COUNT), then COUNT. Prints the resident set before and after the second part
in KiB, and the number of handles that are left.
"""
import concurrent.futures
import gc
import hashlib
import io
import sys

import libregistry
from libregistry import _handle

THREADS = 8


def resident_kib():
    gc.collect()
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def main():
    with libregistry.Instance(sys.argv[1]) as instance:
        organization = instance.create_organization("My Organization")
        registry = organization.create_registry("My files", ecosystem="files")

        def publish(number):
            content = hashlib.sha256(str(number).encode()).digest() * 1500
            package = registry.publish(io.BytesIO(content), f"app-{number}.bin")
            with package.open() as opened:
                assert opened.read() == content
            try:
                registry.publish(b"other", f"app-{number}.bin")
            except libregistry.ConflictError:
                return package.size
            raise AssertionError("published twice")

        count = int(sys.argv[2])
        first = int(sys.argv[3]) if len(sys.argv) > 3 else count
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(publish, range(first)):
                pass
            before = resident_kib()
            for _ in pool.map(publish, range(first, first + count)):
                pass
            after = resident_kib()
        assert sum(1 for _ in registry.packages()) == first + count
        gc.collect()
        print(before, after, len([thing for thing in gc.get_objects() if isinstance(thing, _handle.Resource)]))


main()
