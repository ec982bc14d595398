#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A data directory has one owner. What root creates in the directory of a service's user belongs to that user,
whichever program creates it; so does a backup. Another user, who cannot do that, is refused with instructions. Runs as
root, because only root can act as several users."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import host

host.skip_without_programs()
if os.getuid() != 0:
    print("skipped: only root may act for several users")
    sys.exit(77)

SERVICE, OTHER = 54321, 54322  # unused ids
CONTENT = b"content of a package\n" * 100


def as_user(number):
    return {"user": number, "group": number, "extra_groups": []}


class Owner(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="owner-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)
        self.data = os.path.join(self.folder, "data")
        os.mkdir(self.data, 0o700)
        os.chown(self.data, SERVICE, SERVICE)

    def run_program(self, name, *arguments, variables=None, **options):
        return subprocess.run([host.program(name), *arguments], capture_output=True, text=True, check=False,
                              timeout=host.PATIENCE_S, env={**os.environ, **(variables or {})}, **options)

    def ctl(self, *arguments, **options):
        return self.run_program("registryctl", "--data", self.data, *arguments, stdin=subprocess.DEVNULL, **options)

    def must(self, *arguments, **options):
        done = self.ctl(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def need_users(self):
        try:
            if self.ctl("--version", **as_user(SERVICE)).returncode == 0:
                return
        except PermissionError:
            pass
        self.skipTest("other users may not run the programs here")

    def assert_all_are_the_services(self, folder):
        found = 0
        for place, folders, files in os.walk(folder):
            for path in [place] + [os.path.join(place, name) for name in folders + files]:
                facts = os.lstat(path)
                self.assertEqual((facts.st_uid, facts.st_gid), (SERVICE, SERVICE), path)
                found += 1
        self.assertGreater(found, 5)

    def publish(self, name, registry=host.REGISTRY, **options):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(name.encode() * 1000)
        self.must("publish", host.ORGANIZATION, registry, path, **options)

    def make_registry(self, **options):
        self.must("organization", "create", host.ORGANIZATION, **options)
        self.must("registry", "create", host.ORGANIZATION, host.REGISTRY, "--ecosystem", "files", **options)

    def test_what_root_makes_is_the_services(self):
        self.make_registry()
        self.publish("one-1.0.0.txt")
        self.assert_all_are_the_services(self.data)

    def test_folders_and_logs_that_root_adds_are_the_services(self):
        self.need_users()
        self.make_registry(**as_user(SERVICE))
        for number in range(8):  # each in folders of its own
            self.publish(f"new-1.{number}.0.txt")
        self.assert_all_are_the_services(self.data)
        self.assertIn("0 missing, 0 damaged", self.must("verify", **as_user(SERVICE)))
        for number in range(8):
            got = self.must("package", "download", host.ORGANIZATION, host.REGISTRY, f"new-1.{number}.0.txt",
                            **as_user(SERVICE))
            self.assertEqual(got, f"new-1.{number}.0.txt" * 1000)
        self.publish("own-1.0.0.txt", **as_user(SERVICE))

    def test_server_of_root_leaves_files_of_the_service(self):
        with host.Registryd(data=self.data) as server:
            self.assertIn(server.publish("app-1.0.0.txt", CONTENT).status, (200, 201))
            names = os.listdir(self.data)
            self.assertIn("registry.db-wal", names)
            self.assertIn("registry.db-shm", names)
            self.assert_all_are_the_services(self.data)
            self.add_by_gateway(server)
            self.assert_all_are_the_services(self.data)
        self.assert_all_are_the_services(self.data)

    def add_by_gateway(self, server):
        """registry.cgi, also as root."""
        if not os.path.exists(host.program("registry.cgi")):
            return
        form = ("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"gateway-1.0.0.txt\"\r\n\r\n"
                "bytes\r\n--x--\r\n")
        done = self.run_program("registry.cgi", input=form, variables={
            "REGISTRY_DATA": self.data, "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "SERVER_NAME": "x",
            "PATH_INFO": host.PACKAGES, "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_AUTHORIZATION": f"Bearer {server.token}", "CONTENT_LENGTH": str(len(form)),
            "CONTENT_TYPE": "multipart/form-data; boundary=x"})
        self.assertRegex(done.stdout, "^Status: 20[01]")
        self.assertEqual(server.get(server.file_path("gateway-1.0.0.txt")).status, 200)

    def test_backups_of_root_are_the_services(self):
        self.need_users()
        self.make_registry(**as_user(SERVICE))
        self.publish("one-1.0.0.txt")
        private = os.path.join(self.folder, "private")
        os.mkdir(private, 0o700)  # where the service has no access
        for kind in ("--copy", "--link"):
            self.must("backup", kind, os.path.join(private, kind))
            self.assert_all_are_the_services(os.path.join(private, kind))
        os.rename(self.data, os.path.join(private, "lost"))
        os.rename(os.path.join(private, "--copy"), self.data)
        self.assertIn("0 missing, 0 damaged", self.must("verify", **as_user(SERVICE)))
        self.publish("two-1.0.0.txt", **as_user(SERVICE))

    def test_another_user_is_told_who_has_to_do_it(self):
        """Refuses even a user that may write to all existing files: the service could not read the files that this user
        creates."""
        self.need_users()
        self.make_registry(**as_user(SERVICE))
        subprocess.run(["chmod", "-R", "a+rwX", self.data], check=True)
        before = sorted(os.listdir(self.data))
        done = self.ctl("organization", "create", "other", **as_user(OTHER))
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"sudo -u '#{SERVICE}'", done.stderr)
        self.assertEqual(sorted(os.listdir(self.data)), before)
        self.must("organization", "create", "other", **as_user(SERVICE))

    def test_directory_of_root_stays_roots(self):
        os.chown(self.data, 0, 0)
        self.make_registry()
        self.assertEqual(os.stat(os.path.join(self.data, "registry.db")).st_uid, 0)


if __name__ == "__main__":
    host.main()
