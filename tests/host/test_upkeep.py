#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Servers maintain their data directory by themselves, also several at once; registryctl does it where none runs."""
import os
import signal
import sqlite3
import subprocess
import tempfile
import unittest

import host

host.skip_without_programs()
SOON = ("--upkeep-interval", "0.1", "--upkeep-scrub-interval", "0.1")


def objects(folder):
    return [os.path.join(path, name) for path, _, names in os.walk(os.path.join(folder, "data", "objects"))
            for name in names]


def damage(path):
    os.chmod(path, 0o600)
    with open(path, "r+b") as file:
        file.write(b"~")


class Upkeep(unittest.TestCase):
    def test_registryd_collects_by_itself(self):
        with host.Registryd(*SOON) as server:
            self.assertEqual(server.publish("a.txt", b"content").status, 200)
            self.assertEqual(len(objects(server.folder)), 1)
            server.ctl("package", "delete", host.ORGANIZATION, host.REGISTRY, "a.txt")
            host.wait_until(lambda: not objects(server.folder), "the object of the deleted package goes")

    def test_without_upkeep_nothing_goes(self):
        with host.Registryd("--no-upkeep", *SOON) as server:
            server.publish("a.txt", b"content")
            server.ctl("package", "delete", host.ORGANIZATION, host.REGISTRY, "a.txt")
            report = server.ctl("gc")
            self.assertEqual(report["blobs"], 1)  # it was left for that

    def test_what_a_disk_damages_is_served_no_longer(self):
        with host.Registryd(*SOON) as server:
            server.publish("a.txt", b"content")
            self.assertEqual(server.get(server.file_path("a.txt")).status, 200)
            damage(objects(server.folder)[0])
            answer = host.wait_until(
                lambda: (lambda got: got if got.status != 200 else None)(server.get(server.file_path("a.txt"))),
                "the damaged file is an error")
            self.assertEqual(answer.status, 500)
            self.assertIn(b"damaged", answer.body)
            self.assertIn("damaged and no longer served", server.errors())
            self.assertEqual(server.publish("a.txt", b"content").status, 200)
            answer = server.get(server.file_path("a.txt"))
            self.assertEqual((answer.status, answer.body), (200, b"content"))
            events = [event["type"] for event in server.ctl("audit", host.ORGANIZATION)]
            self.assertIn("BlobDamagedEvent", events)

    def test_a_killed_server_leaves_its_work_to_another(self):
        with host.Registryd(*SOON) as first:
            with host.Registryd(*SOON, folder=first.folder, prepare=False) as second:
                second.token = first.token
                for number in range(3):
                    self.assertEqual(second.publish(f"{number}.txt", b"%d" % number).status, 200)
                first.stop(signal.SIGKILL)
                second.ctl("package", "delete", host.ORGANIZATION, host.REGISTRY, "0.txt")
                host.wait_until(lambda: len(objects(first.folder)) == 2, "the other server takes over")
                self.assertEqual(second.get(second.file_path("1.txt")).status, 200)

    def test_registry_fcgi_collects_by_itself(self):
        program = host.program("registry.fcgi")
        if not os.path.exists(program):
            self.skipTest("registry.fcgi is not built")
        with host.Registryd("--no-upkeep") as server:
            server.publish("a.txt", b"content")
            server.ctl("package", "delete", host.ORGANIZATION, host.REGISTRY, "a.txt")
            environment = dict(os.environ, REGISTRY_DATA=server.data, REGISTRY_UPKEEP_INTERVAL="1")
            process = subprocess.Popen([program, os.path.join(server.folder, "socket")], env=environment)
            try:
                host.wait_until(lambda: not objects(server.folder), "the object of the deleted package goes")
            finally:
                process.terminate()
                self.assertEqual(process.wait(host.PATIENCE_S), 0)


class Registryctl(unittest.TestCase):
    def test_upkeep_does_what_is_due_and_reports_damage(self):
        with host.Registryd("--no-upkeep") as server:
            server.publish("a.txt", b"content")
            server.publish("b.txt", b"more content")
            server.ctl("package", "delete", host.ORGANIZATION, host.REGISTRY, "a.txt")
            report = server.ctl("upkeep")
            self.assertEqual((report["blobs"], report["scrubbed_blobs"], report["damaged"]), (1, 1, 0))
            self.assertEqual(server.ctl("upkeep")["scrubbed_blobs"], 0)  # that was all for a week
            damage(objects(server.folder)[0])
            self.assertEqual(server.get(server.file_path("b.txt")).status, 200)
            result = subprocess.run([host.program("registryctl"), "--data", server.data, "verify"],
                                    capture_output=True, check=False)
            self.assertEqual(result.returncode, 3)
            self.assertEqual(server.get(server.file_path("b.txt")).status, 500)

    def test_a_database_of_before_is_compacted(self):
        with tempfile.TemporaryDirectory(prefix="upkeep-test-") as folder:
            data = os.path.join(folder, "data")
            run = lambda *words: subprocess.run([host.program("registryctl"), "--data", data, *words], check=True,
                                                capture_output=True, text=True).stdout
            run("init")
            path = os.path.join(data, "registry.db")
            with sqlite3.connect(path) as database:
                database.execute("PRAGMA journal_mode = DELETE")
                database.execute("PRAGMA auto_vacuum = NONE")
                database.execute("VACUUM")
                database.execute("CREATE TABLE ballast (x)")
                database.execute("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
                                 " INSERT INTO ballast SELECT randomblob(4000) FROM n")
                database.commit()
                database.execute("DROP TABLE ballast")
                database.commit()
            database.close()
            before = os.path.getsize(path)
            run("gc")
            self.assertGreaterEqual(os.path.getsize(path), before)
            self.assertIn("gave back", run("gc", "--compact"))
            self.assertLess(os.path.getsize(path), before // 10)
            run("verify")


if __name__ == "__main__":
    host.main()
