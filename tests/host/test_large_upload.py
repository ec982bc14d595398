#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A file of 5 GiB goes up with `curl -F` and down again with equal SHA-256, while the server's peak memory stays under
32 MiB. LREG_LARGE_BYTES sets another size.
Labels: serial slow release"""
import hashlib
import os
import shutil
import subprocess
import sys
import unittest

import host

BYTES = int(os.environ.get("LREG_LARGE_BYTES", str(5 * 2**30)))
MEMORY_KIB = 32 * 1024
BLOCK = 2**20

host.skip_without_programs()
if shutil.which("curl") is None:
    print("skipped: curl is missing")
    sys.exit(77)


def make(path):
    """Writes bytes that do not repeat, fast; returns their digest."""
    digest = hashlib.sha256()
    block = os.urandom(BLOCK)
    with open(path, "wb") as out:
        for number in range(BYTES // BLOCK):
            piece = number.to_bytes(8, "big") + block[8:]
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()


def digest_of_download(url, token):
    digest = hashlib.sha256()
    with subprocess.Popen(["curl", "-sSf", "--noproxy", "*", "-H", f"Authorization: Bearer {token}", url],
                          stdout=subprocess.PIPE) as curl:
        while piece := curl.stdout.read(BLOCK):
            digest.update(piece)
    return digest.hexdigest() if curl.returncode == 0 else f"curl: {curl.returncode}"


class LargeUpload(unittest.TestCase):
    def test_up_and_down_in_bounded_memory(self):
        with host.Registryd() as server:
            if shutil.disk_usage(server.folder).free < 2.2 * BYTES:
                self.skipTest("the disk has no room")
            path = os.path.join(server.folder, "large-1.0.0.bin")
            digest = make(path)
            url = f"http://127.0.0.1:{server.port}"
            done = subprocess.run(["curl", "-sS", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_code}",
                                   "-H", f"Authorization: Bearer {server.token}", "-F", f"file=@{path}",
                                   url + host.PACKAGES], stdout=subprocess.PIPE, check=True)
            self.assertEqual(done.stdout, b"200")
            os.unlink(path)
            self.assertEqual(digest_of_download(url + server.file_path("large-1.0.0.bin"), server.token), digest)
            peak = server.peak_memory_kib()
            print(f"{BYTES} bytes: peak resident memory {peak} KiB")
            self.assertLess(peak, MEMORY_KIB)


if __name__ == "__main__":
    host.main()
