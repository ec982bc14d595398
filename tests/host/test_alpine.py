#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Publishes packages to a running server, checks its indexes with another implementation (zlib, tarfile, openssl), and
installs from it with apk, if there is one (in $LREG_APK, a colon-separated list of programs, or in the path)."""
import base64
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import unittest
import urllib.error
import urllib.request
import zlib

import host

APKS = [path for path in os.environ.get("LREG_APK", shutil.which("apk") or "").split(":") if path]
REPOSITORY = f"/{host.ORGANIZATION}/apks/alpine_any/alpine_any/main"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
NO_PROXY = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}

host.skip_without_programs()


def segment(files, end):
    """A tar segment; without `end` it stops after the last entry, as signatures and control data do. A name that ends
    with a slash is a folder; other entries have the checksum that apk 3 requires."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            entry.size = len(content)
            if end and entry.type == tarfile.REGTYPE:
                entry.pax_headers = {"APK-TOOLS.checksum.SHA1": hashlib.sha1(content).hexdigest()}
            tar.addfile(entry, io.BytesIO(content))
        length = tar.offset
    return out.getvalue() if end else out.getvalue()[:length]


def make_package(name, version="1.0-r0", architecture="x86_64", more="", size=None):
    content = f"hello from {name}\n".encode()
    # apk requires the folders too.
    files = [("usr/", b""), ("usr/share/", b""), (f"usr/share/{name}/", b""), (f"usr/share/{name}/hello", content)]
    data = gzip.compress(segment(files, True), mtime=0)
    size = len(content) if size is None else size
    info = (f"pkgname = {name}\npkgver = {version}\narch = {architecture}\nsize = {size}\n"
            f"pkgdesc = A package for tests\n{more}datahash = {hashlib.sha256(data).hexdigest()}\n")
    control = gzip.compress(segment([(".PKGINFO", info.encode())], False), mtime=0)
    return control + data, hashlib.sha1(control).digest()


def gzip_members(stream):
    """(packed, unpacked) of each member."""
    members = []
    while stream:
        inflate = zlib.decompressobj(31)
        unpacked = inflate.decompress(stream)
        members.append((stream[: len(stream) - len(inflate.unused_data)], unpacked))
        stream = inflate.unused_data
    return members


class Server(host.Registryd):
    def prepare(self):
        super().prepare()
        self.ctl("registry", "create", host.ORGANIZATION, "apks", "--ecosystem", "alpine")

    def fetch(self, path):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        request.add_header("Authorization", "Basic " + base64.b64encode(f"buildkite:{self.token}".encode()).decode())
        with OPENER.open(request) as answer:
            return answer.read(), answer.headers

    def publish_package(self, package):
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.apk"\r\n\r\n'
        path = f"/v2/packages/organizations/{host.ORGANIZATION}/registries/apks/packages"
        form = head + package + b"\r\n--b--\r\n"
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=form, method="POST")
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "multipart/form-data; boundary=b")
        try:
            with OPENER.open(request) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def key(self, folder):
        """Saves the key under its name, as apk expects it in /etc/apk/keys."""
        content, headers = self.fetch(f"/{host.ORGANIZATION}/apks/rsakey")
        name = headers.get_filename()
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
        return name


def records(text):
    """Parses the records of an index strictly; returns dictionaries."""
    found = []
    assert text == b"" or text.endswith(b"\n\n")
    for part in text.decode().split("\n\n")[:-1]:
        lines = part.split("\n")
        assert all(line[1] == ":" for line in lines), part
        letters = [line[0] for line in lines]
        assert letters == sorted(letters, key="CPVASITULomtckDpi".index), letters
        found.append({line[0]: line[2:] for line in lines})
    return found


class Alpine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.packages = {}
        for name, details in {
            "plain": {}, "plus++": {}, "tilde": {"version": "1.0~abc-r0"}, "any": {"architecture": "noarch"},
            "empty-size": {"size": 0}, "needs": {"more": "depend = plain any>=1\n"},
            "arm": {"architecture": "aarch64"},
        }.items():
            package, identity = make_package(name, **details)
            assert cls.server.publish_package(package) == 200, name
            cls.packages[name] = (package, identity)
        package, _ = make_package("plain", version="0.9-r0")
        assert cls.server.publish_package(package) == 200

    @classmethod
    def tearDownClass(cls):
        cls.server.ctl("verify")

    def index(self, architecture):
        content, _ = self.server.fetch(f"{REPOSITORY}/{architecture}/APKINDEX.tar.gz")
        return content

    def index_records(self, architecture):
        with tarfile.open(fileobj=io.BytesIO(self.index(architecture)), mode="r:gz") as tar:
            return records(tar.extractfile("APKINDEX").read())

    def test_index_is_two_members_and_the_first_has_no_end_mark(self):
        members = gzip_members(self.index("x86_64"))
        self.assertEqual(len(members), 2)
        self.assertEqual(len(members[0][1]) % 512, 0)
        self.assertNotEqual(members[0][1][-1024:], bytes(1024))
        self.assertEqual(members[1][1][-1024:], bytes(1024))

    def test_signature_is_of_the_second_member_by_the_named_key(self):
        members = gzip_members(self.index("x86_64"))
        with tempfile.TemporaryDirectory() as folder:
            name = self.server.key(folder)
            self.assertTrue(members[0][1].startswith(f".SIGN.RSA256.{name}\0".encode()))
            length = int(members[0][1][124:135], 8)
            for file, content in (("signature", members[0][1][512:512 + length]), ("index", members[1][0])):
                with open(os.path.join(folder, file), "wb") as out:
                    out.write(content)
            result = subprocess.run(["openssl", "dgst", "-sha256", "-verify", name, "-signature", "signature", "index"],
                                    cwd=folder, capture_output=True, text=True, check=False)
            self.assertEqual(result.stdout, "Verified OK\n")

    def test_records_say_what_the_packages_say(self):
        found = {(record["P"], record["V"]): record for record in self.index_records("x86_64")}
        self.assertEqual(len(found), 7)
        for name, version in (("plain", "1.0-r0"), ("tilde", "1.0~abc-r0"), ("any", "1.0-r0"), ("needs", "1.0-r0")):
            package, identity = self.packages[name]
            record = found[(name, version)]
            self.assertEqual(record["C"], "Q1" + base64.b64encode(identity).decode())
            self.assertEqual(record["S"], str(len(package)))
            self.assertEqual(record["A"], "x86_64")
        self.assertEqual(found[("needs", "1.0-r0")]["D"], "plain any>=1")
        self.assertNotEqual(found[("empty-size", "1.0-r0")]["I"], "0")

    def test_addresses_of_all_records_have_the_bytes(self):
        for architecture in ("x86_64", "aarch64", "riscv64", "noarch"):
            for record in self.index_records(architecture):
                path = f"{REPOSITORY}/{record['A']}/{record['P']}-{record['V'].replace('~', '%7e')}.apk"
                content, _ = self.server.fetch(path)
                control = gzip_members(content)[0][0]
                self.assertEqual(record["C"], "Q1" + base64.b64encode(hashlib.sha1(control).digest()).decode())

    def test_noarch_is_in_every_index(self):
        self.assertEqual([record["P"] for record in self.index_records("riscv64")], ["any"])
        self.assertEqual([record["P"] for record in self.index_records("aarch64")], ["any", "arm"])

    def test_a_damaged_package_is_refused(self):
        package, _ = make_package("damaged")
        self.assertEqual(self.server.publish_package(package[:-9]), 422)
        self.assertEqual(self.server.publish_package(package + b"x"), 422)
        self.assertNotIn("damaged", [record["P"] for record in self.index_records("x86_64")])

    @unittest.skipUnless(APKS, "there is no apk")
    def test_apk_installs(self):
        for apk in APKS:
            with self.subTest(apk=apk), tempfile.TemporaryDirectory() as root:
                for folder in ("etc/apk/keys", "lib/apk/db", "var/cache/apk", "tmp"):
                    os.makedirs(os.path.join(root, folder))
                self.server.key(os.path.join(root, "etc/apk/keys"))
                with open(os.path.join(root, "etc/apk/repositories"), "w", encoding="utf-8") as file:
                    file.write(f"http://buildkite:{self.server.token}@127.0.0.1:{self.server.port}{REPOSITORY}\n")
                command = [apk, "--root", root, "--arch", "x86_64", "--no-progress", "--no-cache", "--initdb", "add"]
                names = ["plain=1.0-r0", "plus++", "tilde", "any", "empty-size", "needs"]
                result = subprocess.run(command + names, env=NO_PROXY, capture_output=True, text=True, check=False)
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                for name in ("plain", "plus++", "tilde", "any", "empty-size", "needs"):
                    with open(os.path.join(root, f"usr/share/{name}/hello"), encoding="utf-8") as file:
                        self.assertEqual(file.read(), f"hello from {name}\n")


if __name__ == "__main__":
    host.main()
