#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The CGI program in a real Apache, with mod_cgid (event MPM) and mod_cgi (prefork), below a path and as a whole host,
with the installed settings.
Labels: release"""
import os
import signal
import subprocess
import tempfile
import unittest

import gateway
import gateway_cases
import host

gateway.skip_without(gateway.APACHE, *(f"{gateway.MODULES}/mod_{name}.so" for name in ("cgid", "cgi", "xsendfile")))


class Cgi(gateway_cases.Cases):
    def test_program_that_is_killed_leaves_nothing_wrong(self):
        with self.half_an_upload("killed-1.0.0.bin", False) as client:
            host.wait_until(self.staged, "the upload to begin")
            for pid in gateway_cases.pids_of(self.site.program):
                os.kill(pid, signal.SIGKILL)
            client.shutdown(1)
            client.recv(65536)
        self.assertEqual(self.site.request("GET", gateway_cases.FILES + "/killed-1.0.0.bin").status, 404)
        self.put("killed-1.0.0.bin", b"whole")
        self.forget_staged()

    def test_program_without_a_data_directory_says_so(self):
        status, body = self.site.curl(f"http://127.0.0.1:{self.site.port}/v2/")
        self.assertEqual(status, 200, body)
        done = self.site.run(["sh", "-c", f"REQUEST_METHOD=GET REQUEST_URI=/ '{self.site.program}' || true"])
        self.assertIn("Status: 503", done)
        self.assertIn("REGISTRY_DATA is not set", done)


class ApacheByCgid(Cgi, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = gateway.Apache("cgid")
        cls.addClassCleanup(cls.site.close)

    def test_works_as_the_readme_says(self):
        self.check_readme("As a CGI program behind Apache")


class ProgramAlone(unittest.TestCase):
    def run_program(self, **variables):
        """The program as any web server would start it, for the same request."""
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "options.conf")
            gateway.write(config, variables.pop("config", ""))
            done = subprocess.run([host.program("registry.cgi")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, check=False,
                                  env=dict(REGISTRY_DATA=os.path.join(folder, "data"), REGISTRY_CONFIG=config,
                                           REQUEST_METHOD="GET", PATH_INFO="/v2/", **variables))
        return done.stdout.decode(), done.stderr.decode()

    def test_options_come_from_a_file(self):
        out, errors = self.run_program(config="# settings\nbase-url = https://packages.example.com\n")
        self.assertTrue(out.startswith("Status: 401 Unauthorized\r\n"), out + errors)
        self.assertIn('realm="https://packages.example.com/-/token"', out)
        out, errors = self.run_program(config="\nlisten = x\n")
        self.assertTrue(out.startswith("Status: 503\r\n"), out)
        self.assertIn("line 2", errors)

    def test_place_comes_from_the_variables(self):
        out, _ = self.run_program(SCRIPT_NAME="/cgi-bin/registry.cgi", SERVER_NAME="example.com", SERVER_PORT="443",
                                  HTTPS="on")
        self.assertIn('realm="https://example.com/cgi-bin/registry.cgi/-/token"', out)


class ApacheByCgi(Cgi, unittest.TestCase):
    requests = 100

    @classmethod
    def setUpClass(cls):
        cls.site = gateway.Apache("cgi")
        cls.addClassCleanup(cls.site.close)


class ApacheAsHost(Cgi, unittest.TestCase):
    requests = 100

    @classmethod
    def setUpClass(cls):
        cls.site = gateway.ApacheHost("cgid")
        cls.addClassCleanup(cls.site.close)


class ApacheSendsFiles(Cgi, unittest.TestCase):
    """With mod_xsendfile; the responses are the same as without it."""

    requests = 100

    @classmethod
    def setUpClass(cls):
        cls.site = gateway.Apache("cgid", sendfile=True)
        cls.addClassCleanup(cls.site.close)

    def test_path_stays_inside(self):
        path = self.put("inside-1.0.0.bin", b"inside")
        self.assertNotIn("x-sendfile", self.site.request("GET", path).headers)


class ProgramNamesFiles(unittest.TestCase):
    def test_file_is_left_to_apache(self):
        site = gateway.Apache("cgid", sendfile=True, with_module=False)
        self.addCleanup(site.close)
        name = "named-1.0.0.bin"
        gateway.write(site.path(name), "content")
        self.assertEqual(site.publish(site.path(name))[0], 200)
        answer = site.request("GET", f"{gateway_cases.FILES}/{name}")
        self.assertEqual((answer.status, answer.body), (200, b""))
        with open(answer.headers["x-sendfile"], encoding="ascii") as file:
            self.assertEqual(file.read(), "content")


if __name__ == "__main__":
    host.main()
