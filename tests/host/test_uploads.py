#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Upload sessions: tokens do not block each other, and the operator of the registry lists and ends sessions."""
import http.client
import json
import subprocess
import unittest

import host

IMAGES = "my-images"
UPLOADS = f"/v2/{host.ORGANIZATION}/{IMAGES}/app/blobs/uploads/"

host.skip_without_programs()


class Uploads(unittest.TestCase):
    def setUp(self):
        self.server = host.Registryd()
        self.addCleanup(self.server.close)
        self.server.ctl("registry", "create", host.ORGANIZATION, IMAGES, "--ecosystem", "container")
        self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=host.PATIENCE_S)
        self.addCleanup(self.connection.close)

    def begin(self, token):
        self.connection.request("POST", UPLOADS, headers={"Authorization": f"Bearer {token}", "Content-Length": "0"})
        response = self.connection.getresponse()
        return response.status, response.read()

    def sessions(self):
        return self.server.ctl("upload", "list", host.ORGANIZATION, IMAGES)

    def test_one_token_stops_no_other(self):
        greedy, other = self.server.token, self.server.make_token("write_packages")
        answers = [self.begin(greedy) for _ in range(300)]
        self.assertEqual([status for status, _ in answers], [202] * 250 + [429] * 50)
        error = json.loads(answers[-1][1])["errors"][0]
        self.assertEqual((error["code"], error["detail"]["reason"]), ("TOOMANYREQUESTS", "too_many_token_uploads"))
        self.assertIn("the limit for each is 250", error["message"])
        self.assertEqual(self.begin(other)[0], 202)
        self.assertEqual(self.server.ctl("gc")["uploads"], 0)
        self.assertEqual(self.server.ctl("gc", "--grace-seconds", "0")["uploads"], 251)
        self.assertEqual((self.sessions(), self.begin(greedy)[0]), ([], 202))

    def test_they_are_listed_and_cancelled(self):
        for _ in range(2):
            self.begin(self.server.token)
        first, second = self.sessions()
        self.assertEqual((first["image"], first["received_bytes"]), ("app", 0))
        gone = self.server.ctl("upload", "cancel", host.ORGANIZATION, IMAGES, first["id"])
        self.assertEqual(gone, {"deleted": first["id"]})
        self.assertEqual([row["id"] for row in self.sessions()], [second["id"]])
        again = [host.program("registryctl"), "--data", self.server.data, "upload", "cancel", host.ORGANIZATION, IMAGES]
        done = subprocess.run([*again, first["id"]], stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"no such upload", done.stderr)


if __name__ == "__main__":
    host.main()
