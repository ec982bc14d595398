#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A file of 1 GiB goes up and down with equal SHA-256 through Apache and the CGI program, and through nginx and the
FastCGI program, whose peak memory stays under 32 MiB. LREG_LARGE_BYTES sets another size.
Labels: serial slow release"""
import hashlib
import os
import shutil
import subprocess
import unittest

import gateway
import gateway_cases
import host

BYTES = int(os.environ.get("LREG_LARGE_BYTES", str(2**30)))
MEMORY_KIB = 32 * 1024
BLOCK = 2**20
# Runs the real program and records its peak memory.
MEASURE = """#!/usr/bin/python3
import os, sys
child = os.fork()
if child == 0:
    os.execv(sys.argv[0] + ".real", sys.argv)
_, status, usage = os.wait4(child, 0)
with open({notes!r}, "a", encoding="ascii") as file:
    file.write(f"{{usage.ru_maxrss}}\\n")
sys.exit(os.waitstatus_to_exitcode(status))
"""

gateway.skip_without(gateway.APACHE, f"{gateway.MODULES}/mod_cgid.so", "/usr/bin/python3")


class Large(unittest.TestCase):
    def make(self, path):
        digest = hashlib.sha256()
        block = os.urandom(BLOCK)
        with open(path, "wb") as out:
            for number in range(BYTES // BLOCK):
                piece = number.to_bytes(8, "big") + block[8:]
                digest.update(piece)
                out.write(piece)
        return digest.hexdigest()

    def check(self, site):
        if shutil.disk_usage(site.folder).free < 2.2 * BYTES:
            self.skipTest("the disk has no room")
        path = site.path("large-1.0.0.bin")
        digest = self.make(path)
        status, body = site.publish(path)
        self.assertEqual(status, 200, body)
        os.unlink(path)
        got = hashlib.sha256()
        with subprocess.Popen(["curl", "-sSf", "--noproxy", "*", "-H", f"Authorization: Bearer {site.token}",
                               f"{site.base}{gateway_cases.FILES}/large-1.0.0.bin"], stdout=subprocess.PIPE) as curl:
            while piece := curl.stdout.read(BLOCK):
                got.update(piece)
        self.assertEqual((curl.returncode, got.hexdigest()), (0, digest))

    @staticmethod
    def both(notes):
        with open(notes, encoding="ascii") as file:
            peaks = [int(line) for line in file]
        return peaks if len(peaks) == 2 else None

    def test_through_apache(self):
        site = gateway.Apache("cgid")
        self.addCleanup(site.close)
        notes = site.path("peaks")
        gateway.write(notes, "")
        os.chmod(notes, 0o666)
        os.rename(site.program, site.program + ".real")
        gateway.write(site.program, MEASURE.format(notes=notes))
        os.chmod(site.program, 0o755)
        self.check(site)
        peak = max(host.wait_until(lambda: self.both(notes), "both programs to end"))
        print(f"registry.cgi, {BYTES} bytes: peak resident memory {peak} KiB")
        self.assertLess(peak, MEMORY_KIB)

    def test_through_nginx(self):
        if gateway.NGINX is None or not os.path.exists(os.path.join(gateway.BUILD, "bin", "registry.fcgi")):
            self.skipTest("nginx or the FastCGI program is missing")
        site = gateway.Nginx()
        self.addCleanup(site.close)
        self.check(site)
        with open(f"/proc/{site.registry.pid}/status", encoding="ascii") as file:
            peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
        print(f"registry.fcgi, {BYTES} bytes: peak resident memory {peak} KiB")
        self.assertLess(peak, MEMORY_KIB)


if __name__ == "__main__":
    host.main()
