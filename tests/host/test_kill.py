#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle of uploads, again and again: what was acknowledged is there and right, the rest leaves nothing
that a collection does not remove, and the database is sound.
Labels: serial slow release"""
import hashlib
import os
import random
import re
import signal
import threading
import unittest

import host

ROUNDS = int(os.environ.get("LREG_KILL_ROUNDS", "50"))
UPLOADERS = 6
IMAGES = "my-images"
SEED = int(os.environ.get("LREG_SEED", "20"))

host.skip_without_programs()


class Ledger:
    """What clients were told."""

    def __init__(self):
        self.lock = threading.Lock()
        self.files, self.blobs = {}, {}

    def note(self, kind, name, digest):
        with self.lock:
            getattr(self, kind)[name] = digest

    def count(self):
        return len(self.files) + len(self.blobs)


def upload_file(server, ledger, name, body):
    response = server.publish(name, body)
    if response.status == 200:
        ledger.note("files", name, hashlib.sha256(body).hexdigest())


def upload_blob(server, ledger, scope, body):
    """Two chunks and a closing PUT, as container clients send them."""
    digest = hashlib.sha256(body).hexdigest()
    path = f"/v2/{host.ORGANIZATION}/{IMAGES}/{scope}/blobs/uploads/"
    with server.connect() as client:

        def ask(method, target, content):
            client.send(f"{method} {target} HTTP/1.1\r\nHost: x\r\n{server.authorization()}"
                        f"Content-Length: {len(content)}\r\n\r\n".encode() + content)
            return client.response()

        response = ask("POST", path, b"")
        for piece in (body[: len(body) // 2], body[len(body) // 2:]):
            location = re.sub(r"^\w+://[^/]+", "", response.headers["location"])
            response = ask("PATCH", location, piece)
        location = re.sub(r"^\w+://[^/]+", "", response.headers["location"])
        response = ask("PUT", f"{location}{'&' if '?' in location else '?'}digest=sha256:{digest}", b"")
        if response.status == 201:
            ledger.note("blobs", (scope, digest), digest)


def upload_until_dead(server, ledger, seed, stop):
    chance = random.Random(seed)
    number = 0
    while not stop.is_set():
        number += 1
        body = chance.randbytes(chance.choice((100, 5_000, 90_000, 700_000)))
        try:
            if chance.random() < 0.5:
                upload_file(server, ledger, f"file-{seed}-{number}.bin", body)
            else:
                upload_blob(server, ledger, f"image-{seed % 7}", body)
        except (OSError, AssertionError, KeyError):
            return  # the server is gone


class Kill(unittest.TestCase):
    def check_acknowledged(self, server, ledger):
        listed = {row["filename"]: row["digests"]["sha256"]
                  for row in server.ctl("package", "list", host.ORGANIZATION, host.REGISTRY)}
        for name, digest in ledger.files.items():
            self.assertEqual(listed.get(name), digest, f"{name} was acknowledged")
        for (scope, digest) in ledger.blobs:
            head = server.get(f"/v2/{host.ORGANIZATION}/{IMAGES}/{scope}/blobs/sha256:{digest}")
            self.assertEqual(head.status, 200, f"blob {digest} of {scope} was acknowledged")
            self.assertEqual(hashlib.sha256(head.body).hexdigest(), digest)

    def check_store(self, server):
        report = server.ctl("verify")
        self.assertEqual((report["missing"], report["damaged"]), (0, 0), report["findings"])

    def test_what_was_acknowledged_survives(self):
        chance = random.Random(SEED)
        ledger = Ledger()
        with host.Registryd() as server:
            server.ctl("registry", "create", host.ORGANIZATION, IMAGES, "--ecosystem", "container")
            for number in range(ROUNDS):
                stop = threading.Event()
                threads = [threading.Thread(target=upload_until_dead, args=(server, ledger, number * 100 + i, stop))
                           for i in range(UPLOADERS)]
                before = ledger.count()
                for thread in threads:
                    thread.start()
                # Some acknowledged uploads, and then a kill at any moment of the next ones.
                host.wait_until(lambda: ledger.count() >= before + chance.randrange(1, 12), "uploads")
                stop.wait(chance.random() * 0.03)
                server.stop(signal.SIGKILL)
                stop.set()
                for thread in threads:
                    thread.join()
                server.start()
                if number % 10 == 9:
                    self.check_acknowledged(server, ledger)
                    self.check_store(server)
            self.check_acknowledged(server, ledger)
            server.ctl("gc", "--grace-seconds", "0")
            self.check_acknowledged(server, ledger)
            self.check_store(server)
            # Sessions that can be resumed keep their stage; nothing else is left.
            report = server.ctl("verify")
            self.assertEqual(report["unnamed_objects"], 0)
            server.stop()
            server.start()
            self.check_stages(server)

    def check_stages(self, server):
        """Only stages of upload sessions, which clients may resume for days, are left; each is named by its session."""
        staged = os.listdir(os.path.join(server.data, "staging"))
        self.assertEqual([name for name in staged if name.startswith("w-")], [])


if __name__ == "__main__":
    host.main()
