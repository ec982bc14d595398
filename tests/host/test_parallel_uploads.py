#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""1, 8 and 64 uploads at once, of different and of identical content: all succeed, identical content is stored once.
Labels: slow"""
import hashlib
import os
import random
import threading
import unittest

import host

BYTES = 200_000

host.skip_without_programs()


def at_once(count, work):
    """Runs work(0) … work(count - 1) at the same time; returns the results in order."""
    results = [None] * count
    barrier = threading.Barrier(count)

    def run(number):
        barrier.wait()
        results[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def objects(server):
    return [name for _, _, names in os.walk(os.path.join(server.data, "objects")) for name in names]


class ParallelUploads(unittest.TestCase):
    def different(self, count):
        chance = random.Random(count)
        bodies = [chance.randbytes(BYTES) for _ in range(count)]
        with host.Registryd() as server:
            statuses = at_once(count, lambda n: server.publish(f"file-{n}.bin", bodies[n]).status)
            self.assertEqual(statuses, [200] * count)
            for number, body in enumerate(bodies):
                self.assertEqual(server.get(server.file_path(f"file-{number}.bin")).body, body)
            self.assertEqual(len(objects(server)), count)

    def identical(self, count):
        body = random.Random(count).randbytes(BYTES)
        with host.Registryd() as server:
            statuses = at_once(count, lambda n: server.publish(f"file-{n}.bin", body).status)
            self.assertEqual(statuses, [200] * count)
            self.assertEqual(len(server.package_names()), count)
            stored = objects(server)
            self.assertEqual(len(stored), 1, "identical content is stored once")
            self.assertTrue(stored[0].startswith(hashlib.sha256(body).hexdigest()))
            self.assertEqual(server.get(server.file_path(f"file-{count - 1}.bin")).body, body)
            self.assertEqual(os.listdir(os.path.join(server.data, "staging")), [])

    def same_name(self, count):
        """One name: the first upload wins, equal bytes succeed, other bytes are refused."""
        bodies = [bytes([n % 2]) * BYTES for n in range(count)]
        with host.Registryd() as server:
            statuses = at_once(count, lambda n: server.publish("one.bin", bodies[n]).status)
            winner = server.get(server.file_path("one.bin")).body
            self.assertEqual(statuses, [200 if body == winner else 409 for body in bodies])
            self.assertEqual(server.package_names(), ["one.bin"])

    def test_one(self):
        self.different(1)
        self.identical(1)

    def test_eight(self):
        self.different(8)
        self.identical(8)
        self.same_name(8)

    def test_sixty_four(self):
        self.different(64)
        self.identical(64)
        self.same_name(64)


if __name__ == "__main__":
    host.main()
