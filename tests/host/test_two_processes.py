#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two servers on one data directory publish and read at the same time, 1,000 operations each: no client gets an error,
and what one server has acknowledged the other returns at once.
Labels: serial slow release"""
import os
import random
import threading
import unittest

import host

OPERATIONS = int(os.environ.get("LREG_OPERATIONS", "1000"))
CLIENTS = 4  # of each server

host.skip_without_programs()


class Shared:
    def __init__(self):
        self.lock = threading.Lock()
        self.published = {}
        self.failures = []

    def fail(self, what):
        with self.lock:
            self.failures.append(what)


def use(own, other, shared, seed, operations):
    chance = random.Random(seed)
    for number in range(operations):
        if number % 2 == 0:
            name, body = f"file-{seed}-{number}.bin", chance.randbytes(chance.choice((10, 3_000, 40_000)))
            response = own.publish(name, body)
            if response.status != 200:
                shared.fail(f"publish {name}: {response.status} {response.body!r}")
                continue
            with shared.lock:
                shared.published[name] = body
            server = other  # acknowledged here, so it is there
        else:
            with shared.lock:
                name = chance.choice(list(shared.published))
                body = shared.published[name]
            server = own
        response = server.get(server.file_path(name))
        if response.status != 200 or response.body != body:
            shared.fail(f"get {name}: {response.status}")


class TwoProcesses(unittest.TestCase):
    def test_no_error_reaches_a_client(self):
        shared = Shared()
        with host.Registryd() as first:
            with host.Registryd(folder=first.folder, prepare=False) as second:
                second.token = first.token
                threads = [
                    threading.Thread(target=use, args=(own, other, shared, seed, OPERATIONS // CLIENTS))
                    for seed, (own, other) in enumerate([(first, second), (second, first)] * CLIENTS)
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                self.assertEqual(shared.failures, [])
                self.assertEqual(first.package_names(), sorted(shared.published))
                report = second.ctl("verify")
                self.assertEqual((report["missing"], report["damaged"], report["unnamed_objects"]), (0, 0, 0))


if __name__ == "__main__":
    host.main()
