#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A data directory that is not writable: on a file system that is mounted read-only, or owned by another user. Its
content can be read and verified, every change is refused, and nothing is written. Meanwhile other processes may write
to it through another path. Runs in a mount namespace of its own, as root; skipped where that is not permitted."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import host

host.skip_without_programs()

INSIDE = "LREG_PRIVATE_MOUNTS"
UNSHARE = ("unshare", "--mount", "--propagation", "private")
MAKE_APK = os.path.join(os.environ.get("LREG_SOURCE", "."), "tests", "support", "make_apk.py")
CONTENT = b"content of a package\n" * 100
INDEX = f"/{host.ORGANIZATION}/apks/alpine_any/alpine_any/main/x86_64/APKINDEX.tar.gz"
ALL_SCOPES = "read_packages,write_packages,delete_packages,read_registries,write_registries,delete_registries"
NOBODY = 65534


def enter():
    """Restarts this script in a mount namespace of its own."""
    if INSIDE in os.environ:
        return
    if os.getuid() != 0 or shutil.which("unshare") is None or \
            subprocess.run([*UNSHARE, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        print("skipped: only root may mount, and make a namespace to do it in")
        sys.exit(77)
    os.environ[INSIDE] = "1"
    os.execvp(UNSHARE[0], [*UNSHARE, sys.executable, *sys.argv])


def state_of(folder):
    """Names, sizes and times of all files below."""
    found = []
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            facts = os.lstat(os.path.join(place, name))
            found.append((os.path.join(place, name), facts.st_size, facts.st_mtime_ns))
    return sorted(found)


class ReadOnly(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="read-only-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = os.path.join(self.folder, "data")
        self.view = os.path.join(self.folder, "view?100%#")  # characters that have a meaning in a URI
        self.frozen = os.path.join(self.view, "data")

    def ctl(self, data, *arguments, **options):
        return subprocess.run([host.program("registryctl"), "--data", data, *arguments], capture_output=True, text=True,
                              check=False, stdin=subprocess.DEVNULL, timeout=host.PATIENCE_S, **options)

    def must(self, data, *arguments, **options):
        done = self.ctl(data, *arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def show_read_only(self):
        """self.frozen is self.data on a read-only mount."""
        os.mkdir(self.view)
        subprocess.run(["mount", "--bind", self.folder, self.view], check=True)
        self.addCleanup(lambda: subprocess.run(["umount", "-l", self.view], check=True))
        subprocess.run(["mount", "-o", "remount,ro,bind", self.view], check=True)

    def make_store(self, how=signal.SIGTERM):
        """Fills it with a file, an apk registry and an image registry; the signal `how` ends its server."""
        with host.Registryd(folder=self.folder) as server:
            self.token = server.make_token(ALL_SCOPES)
            self.must(self.data, "registry", "create", host.ORGANIZATION, "images", "--ecosystem", "container")
            self.assertIn(server.publish("app-1.0.0.txt", CONTENT).status, (200, 201))
            self.must(self.data, "registry", "create", host.ORGANIZATION, "apks", "--ecosystem", "alpine")
            self.publish_apk("one")
            self.assertEqual(server.get(INDEX).status, 200)
            self.publish_apk("two")  # so that a new index must be made
            server.stop(how)

    def publish_apk(self, name):
        path = os.path.join(self.folder, f"{name}.apk")
        subprocess.run([sys.executable, MAKE_APK, path, name, "1.0-r0"], check=True)
        self.must(self.data, "publish", host.ORGANIZATION, "apks", path)

    def serve(self):
        """A server on the read-only view."""
        server = host.Registryd(data=self.frozen, prepare=False)
        server.token = self.token
        return server

    def request(self, server, method, path, body=""):
        with server.connect() as client:
            client.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{server.authorization()}Connection: close\r\n"
                        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}")
            return client.response()

    def assert_reads_and_refuses(self):
        before = state_of(self.data)
        self.assertIn("app-1.0.0.txt", self.must(self.frozen, "package", "list", host.ORGANIZATION, host.REGISTRY))
        self.assertIn("0 missing, 0 damaged", self.must(self.frozen, "verify"))
        for arguments in (("gc",), ("organization", "create", "other"),
                          ("publish", host.ORGANIZATION, host.REGISTRY, __file__),
                          ("package", "delete", host.ORGANIZATION, host.REGISTRY, "app-1.0.0.txt")):
            done = self.ctl(self.frozen, *arguments)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertIn("can only be read", done.stderr)
        with self.serve() as server:
            for _ in range(3):
                got = server.get(server.file_path("app-1.0.0.txt"))
                self.assertEqual((got.status, got.body), (200, CONTENT))
            self.assertEqual(server.get("/-/health").status, 200)
            self.assertEqual(server.get("/-/ready").json()["refuses_changes"], "read_only")
            ready = server.get("/-/ready/changes")
            self.assertEqual((ready.status, ready.json()["code"]), (403, "read_only"))
            self.assertEqual(server.get(INDEX).status, 200)
            self.package = server.get(host.PACKAGES).json()["items"][0]["id"]
            refused = server.publish("late-1.0.0.txt", b"late")
            self.assertEqual(refused.status, 403, refused.body)
            self.assertIn("can only be read", refused.json()["message"])
            image = f"/v2/{host.ORGANIZATION}/images/app"
            refused = self.request(server, "POST", f"{image}/blobs/uploads/")
            self.assertEqual((refused.status, refused.json()["errors"][0]["code"]), (403, "DENIED"), refused.body)
        if os.path.exists(host.program("registry.cgi")):
            self.assertIn("Status: 200", self.gateway("GET"))
            self.assertIn("Status: 403", self.gateway("DELETE"))
        self.assertEqual(state_of(self.data), before)

    def test_a_full_disk_is_noticed(self):
        os.mkdir(self.view)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", self.view], check=True)
        self.addCleanup(lambda: subprocess.run(["umount", "-l", self.view], check=True))
        with host.Registryd(data=self.frozen) as server:
            self.assertEqual(server.get("/-/ready/changes").status, 200)
            filler = os.path.join(self.view, "filler")
            with open(filler, "wb") as file:
                facts = os.statvfs(self.view)
                os.posix_fallocate(file.fileno(), 0, (facts.f_bavail * facts.f_frsize) - (1 << 20))
            ready = server.get("/-/ready/changes")
            self.assertEqual((ready.status, ready.json()["code"]), (507, "disk_full"), ready.body)
            ready = server.get("/-/ready")
            self.assertEqual((ready.status, ready.json()["refuses_changes"]), (200, "disk_full"))
            self.assertEqual(server.publish("late-1.0.0.txt", b"late").status, 507)
            os.unlink(filler)
            self.assertEqual(server.get("/-/ready/changes").status, 200)

    def gateway(self, method):
        variables = {"REGISTRY_DATA": self.frozen, "REQUEST_METHOD": method, "SCRIPT_NAME": "", "SERVER_NAME": "x",
                     "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_AUTHORIZATION": f"Bearer {self.token}",
                     "PATH_INFO": f"/v2/packages/organizations/{host.ORGANIZATION}/registries/{host.REGISTRY}"}
        if method == "DELETE":
            variables["PATH_INFO"] += f"/packages/{self.package}"
        done = subprocess.run([host.program("registry.cgi")], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=host.PATIENCE_S, env={**os.environ, **variables})
        return done.stdout

    def test_closed_store_is_read(self):
        self.make_store()
        self.assertFalse(os.path.exists(os.path.join(self.data, "registry.db-wal")))
        self.show_read_only()
        self.assert_reads_and_refuses()

    def test_store_of_a_killed_server_is_read_with_its_log(self):
        self.make_store(signal.SIGKILL)
        self.assertTrue(os.path.exists(os.path.join(self.data, "registry.db-wal")))
        self.show_read_only()
        self.assert_reads_and_refuses()

    def test_log_without_its_index_is_read(self):
        self.make_store(signal.SIGKILL)
        os.unlink(os.path.join(self.data, "registry.db-shm"))
        self.show_read_only()
        self.assert_reads_and_refuses()

    def test_store_without_a_marker_is_read_and_gets_none(self):
        self.make_store()
        os.unlink(os.path.join(self.data, "libregistry.txt"))
        self.show_read_only()
        self.assert_reads_and_refuses()
        self.assertFalse(os.path.exists(os.path.join(self.data, "libregistry.txt")))

    def test_empty_directory_is_refused(self):
        os.mkdir(self.data)
        self.show_read_only()
        done = self.ctl(self.frozen, "init")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no registry in the directory", done.stderr)

    def test_upkeep_is_refused_as_gc_is(self):
        self.make_store()
        self.show_read_only()
        for command in ("gc", "upkeep"):
            done = self.ctl(self.frozen, command)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn("can only be read", done.stderr)

    def test_backup_of_a_read_only_store(self):
        self.make_store(signal.SIGKILL)
        self.show_read_only()
        copy = os.path.join(self.folder, "copy")
        self.must(self.frozen, "backup", copy)
        self.assertIn("0 missing, 0 damaged, 0 dangling, 0 not named", self.must(copy, "verify"))
        self.must(copy, "organization", "create", "other")

    def test_others_may_write_meanwhile(self):
        """A server on the read-only view follows one that writes: during its run, after its end, and after the next
        one."""
        self.make_store()
        self.show_read_only()
        with self.serve() as reader:
            self.assertEqual(reader.get(reader.file_path("app-1.0.0.txt")).status, 200)
            for turn in range(3):
                writer = host.Registryd(folder=self.folder, prepare=False)
                with writer:
                    writer.token = self.token
                    for number in range(5):
                        name = f"new-{turn}.{number}.0.txt"
                        self.assertIn(writer.publish(name, name.encode()).status, (200, 201))
                        self.assertEqual(reader.get(reader.file_path(name)).body, name.encode())
                name = f"late-{turn}.0.0.txt"
                path = os.path.join(self.folder, name)
                with open(path, "w", encoding="ascii") as file:
                    file.write(name)
                self.must(self.data, "publish", host.ORGANIZATION, host.REGISTRY, path)
                self.assertEqual(reader.get(reader.file_path(name)).body, name.encode())

    def test_store_of_another_user_is_read(self):
        """As a user that may read all files and write none."""
        self.make_store()
        subprocess.run(["chmod", "-R", "a+rX", self.folder], check=True)
        self.frozen = self.data
        before = state_of(self.data)
        somebody = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        if self.ctl(self.data, "--version", **somebody).returncode != 0:
            self.skipTest("another user may not run the programs here")
        self.assertIn("0 missing, 0 damaged", self.must(self.data, "verify", **somebody))
        done = self.ctl(self.data, "organization", "create", "other", **somebody)
        self.assertEqual(done.returncode, 1)
        self.assertIn("can only be read", done.stderr)
        self.assertEqual(state_of(self.data), before)


if __name__ == "__main__":
    enter()
    host.main()
