#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the programs do with a data directory that has lost its database, or that belongs to something else: each
refuses, says why, and changes nothing. A restored backup serves its content."""
import os
import shutil
import subprocess
import tempfile
import unittest

import host

host.skip_without_programs()

CONTENT = b"content of a package\n" * 100


def run(name, *arguments, **environment):
    return subprocess.run([host.program(name), *arguments], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=host.PATIENCE_S, env={**os.environ, **environment})


def listing(folder):
    """Names, sizes and times of everything below."""
    found = []
    for place, folders, files in os.walk(folder):
        for name in sorted(folders + files):
            facts = os.lstat(os.path.join(place, name))
            found.append((os.path.join(place, name), facts.st_size, facts.st_mtime_ns))
    return sorted(found)


class Store(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="data-directory-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = os.path.join(self.folder, "data")

    def ctl(self, *arguments):
        return run("registryctl", "--data", self.data, *arguments)

    def must(self, *arguments):
        done = self.ctl(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def make_store(self):
        package = os.path.join(self.folder, "app-1.0.0.txt")
        with open(package, "wb") as file:
            file.write(CONTENT)
        self.must("organization", "create", "acme")
        self.must("registry", "create", "acme", "files", "--ecosystem", "files")
        self.must("publish", "acme", "files", package)

    def assert_all_refuse(self, *words):
        """Runs every program on the directory, which must stay unchanged."""
        before = listing(self.data)
        for arguments in (("init",), ("verify",), ("gc", "--grace-seconds", "0"), ("organization", "create", "other"),
                          ("backup", os.path.join(self.folder, "refused"))):
            with self.subTest(arguments=arguments):
                self.assert_refusal(self.ctl(*arguments), 1, words)
        with self.subTest("registryd"):
            self.assert_refusal(run("registryd", "--data", self.data, "--listen", "127.0.0.1:0"), 1, words)
        if os.path.exists(host.program("registry.cgi")):
            with self.subTest("registry.cgi"):
                done = run("registry.cgi", REGISTRY_DATA=self.data, REQUEST_METHOD="GET", PATH_INFO="/-/health",
                           SCRIPT_NAME="", SERVER_NAME="x", SERVER_PORT="80", SERVER_PROTOCOL="HTTP/1.1")
                self.assertIn("Status: 503", done.stdout)
                self.assert_refusal(done, 1, words)
        if os.path.exists(host.program("registry.fcgi")):
            with self.subTest("registry.fcgi"):
                done = run("registry.fcgi", os.path.join(self.folder, "socket"), REGISTRY_DATA=self.data)
                self.assert_refusal(done, 1, words)
        self.assertEqual(listing(self.data), before)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "refused")))

    def assert_refusal(self, done, status, words):
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_lost_database(self):
        self.make_store()
        os.unlink(os.path.join(self.data, "registry.db"))
        self.assert_all_refuse("registry.db is missing", "Restore a backup")

    def test_empty_database(self):
        self.make_store()
        os.truncate(os.path.join(self.data, "registry.db"), 0)
        self.assert_all_refuse("registry.db is empty", "Restore a backup")

    def test_lost_database_of_a_store_without_a_marker(self):
        self.make_store()
        os.unlink(os.path.join(self.data, "libregistry.txt"))
        os.unlink(os.path.join(self.data, "registry.db"))
        self.assert_all_refuse("registry.db is missing", "Restore a backup")

    def test_directory_of_something_else(self):
        os.makedirs(os.path.join(self.data, ".git", "objects"))
        for name in (".git/HEAD", "README.md", "main.c"):
            with open(os.path.join(self.data, name), "w", encoding="ascii") as file:
                file.write("something else\n")
        self.assert_all_refuse("which is not of a registry", "has to be empty")

    def test_new_file_system_is_not_foreign(self):
        os.makedirs(os.path.join(self.data, "lost+found"))
        self.make_store()
        self.assertIn("app-1.0.0.txt", self.must("package", "list", "acme", "files"))

    def restore_all(self, copy):
        """Follows docs/hosting.md."""
        os.rename(self.data, self.data + ".damaged")
        subprocess.run(["cp", "-a", "--reflink=auto", copy, self.data], check=True)

    def restore_database(self, copy):
        for name in ("registry.db-wal", "registry.db-shm"):
            if os.path.exists(os.path.join(self.data, name)):
                os.rename(os.path.join(self.data, name), os.path.join(self.folder, name))
        subprocess.run(["cp", "-p", os.path.join(copy, "registry.db"), self.data], check=True)
        subprocess.run(["cp", "-an", os.path.join(copy, "objects"), self.data], check=True)

    def assert_restored(self, restore):
        """A server publishes, a backup is made, another package is published and deleted, the database is lost. The
        backup is then served, and accepts new packages."""
        with host.Registryd(folder=self.folder) as server:
            self.assertIn(server.publish("app-1.0.0.txt", CONTENT).status, (200, 201))
            copy = os.path.join(self.folder, "copy")
            self.must("backup", copy)
            self.assertIn(server.publish("late-1.0.0.txt", b"after the backup").status, (200, 201))
            self.must("package", "delete", host.ORGANIZATION, host.REGISTRY, "app-1.0.0.txt")
            self.must("gc", "--grace-seconds", "0")
            server.stop()
            os.unlink(os.path.join(self.data, "registry.db"))
            self.assert_refusal(self.ctl("verify"), 1, ["Restore a backup"])
            restore(copy)
            self.must("verify")
            server.start()
            self.assertEqual(server.get(server.file_path("app-1.0.0.txt")).body, CONTENT)
            self.assertEqual(server.get(server.file_path("late-1.0.0.txt")).status, 404)
            self.assertIn(server.publish("new-1.0.0.txt", b"after the restore").status, (200, 201))
            self.must("gc", "--grace-seconds", "0")
            self.assertIn("0 missing, 0 damaged, 0 dangling, 0 not named", self.must("verify"))
            self.assertEqual(server.get(server.file_path("app-1.0.0.txt")).body, CONTENT)

    def test_backup_restores_the_whole_directory(self):
        self.assert_restored(self.restore_all)

    def test_backup_restores_the_database_alone(self):
        self.assert_restored(self.restore_database)


if __name__ == "__main__":
    host.main()
