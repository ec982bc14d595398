#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""registry.cgi, run without a web server: bodies that trickle or stall do not occupy the process forever."""
import os
import shutil
import subprocess
import tempfile
import unittest

import host

host.skip_without_programs()


class Bodies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lreg-cgi-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.data = os.path.join(cls.folder, "data")
        ctl = [host.program("registryctl"), "--data", cls.data]
        for command in (["organization", "create", host.ORGANIZATION],
                        ["registry", "create", host.ORGANIZATION, host.REGISTRY, "--ecosystem", "files"]):
            subprocess.run(ctl + command, check=True, capture_output=True)
        done = subprocess.run([*ctl, "token", "create", host.ORGANIZATION, "--scopes", "write_packages"], check=True,
                              capture_output=True, text=True)
        cls.token = next(word for word in done.stdout.split() if word.startswith("lrg"))

    def run_program(self, begin, piece, token, **settings):
        """Sends the start of a body, and then `piece` repeatedly until there is an answer; returns the head of the
        answer."""
        form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a-1.0.0.bin"\r\n\r\n'
        environment = dict(os.environ, REGISTRY_DATA=self.data, REQUEST_METHOD="POST", REQUEST_URI=host.PACKAGES,
                           HTTP_HOST="h", CONTENT_TYPE="multipart/form-data; boundary=b", CONTENT_LENGTH="100000",
                           **{f"REGISTRY_{name}": value for name, value in settings.items()})
        if token:
            environment["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        process = subprocess.Popen([host.program("registry.cgi")], env=environment, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        try:
            process.stdin.write((form + b"x" * 1000)[:begin])
            process.stdin.flush()
            for _ in range(int(host.PATIENCE_S / 0.02)):
                try:
                    process.wait(0.02)
                    break
                except subprocess.TimeoutExpired:
                    os.write(process.stdin.fileno(), piece)
            self.assertIsNotNone(process.poll(), "it goes on waiting")
        except BrokenPipeError:
            pass
        finally:
            process.kill()
            process.wait()
            answer = process.stdout.read()
            process.stdout.close()
            try:
                process.stdin.close()
            except BrokenPipeError:
                pass
        return answer.split(b"\r\n")[0].decode()

    def test_refused_body_is_given_up(self):
        for piece in (b"x", b""):
            status = self.run_program(1, piece, None, REFUSED_TIMEOUT="0.3", MIN_RATE="0")
            self.assertEqual(status, "Status: 401 Unauthorized")

    def test_body_that_trickles_is_ended_and_leaves_nothing(self):
        status = self.run_program(1000, b"x", self.token, MIN_RATE="10000", RATE_WINDOW="0.3")
        self.assertEqual(status, "Status: 408 Request Timeout")
        self.assertEqual(os.listdir(os.path.join(self.data, "staging")), [])

    def test_body_that_stands_still_is_ended_and_leaves_nothing(self):
        status = self.run_program(1000, b"", self.token, BODY_TIMEOUT="0.3")
        self.assertEqual(status, "Status: 408 Request Timeout")
        self.assertEqual(os.listdir(os.path.join(self.data, "staging")), [])


if __name__ == "__main__":
    host.main()
