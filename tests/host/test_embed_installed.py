#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Labels: release
"""Builds examples/embed-c and examples/embed-cpp outside of the tree against an installed libregistry, as the README
says: with only pkg-config and with CMake, shared and static. The commands of the README run unchanged, except for port,
data directory and file."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import embedded
import host
import readme

BUILD = os.environ.get("LREG_BUILD_DIR", "build/release")
START = "./server 8080 /var/lib/registry &"
TITLE = "In a C or C++ server"
FILE = "my-custom-app-1.0.0.ipa"


def run(command, folder, environment):
    """Runs a shell command; returns its output."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=10 * host.PATIENCE_S,
        check=False,
    )
    text = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise AssertionError(f"{command}\n{text}")
    return text


class Cases:
    """Tests for both servers."""

    example = None
    libraries = ""  # what pkg-config is asked for besides libregistry

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lreg-embed-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        first, cls.prefix = (os.path.join(cls.folder, name) for name in ("first", "prefix"))
        run(f"cmake --install {BUILD} --prefix {first} && mv {first} {cls.prefix}", None, None)
        for where, _, names in os.walk(cls.prefix):
            if "libregistry.pc" in names:
                libraries = os.path.dirname(where)
        cls.environment = os.environ | {
            "PKG_CONFIG_PATH": os.path.join(libraries, "pkgconfig"),
            "LD_LIBRARY_PATH": libraries,
            "no_proxy": "*",
        }
        cls.example_folder = os.path.join(cls.folder, "copy")
        shutil.copytree(os.path.join(readme.SOURCE, "examples", cls.example), cls.example_folder)

    def program(self, *names):
        return os.path.join(self.example_folder, *names)

    def linked_with(self, program):
        return "libregistry.so" in run(f"ldd {program}", None, self.environment)

    def serve(self, program, environment=None):
        return embedded.Embedded(program, environment or self.environment)

    def check_shortly(self, program, environment):
        with self.serve(program, environment) as server:
            self.assertIn(server.publish("a-1.0.0.txt", b"hello").status, (200, 201))
            self.assertEqual(server.get(server.file_path("a-1.0.0.txt")).body, b"hello")
            self.assertEqual(server.get("/newest").body, b"a-1.0.0.txt 5\n")

    def test_the_readme_holds(self):
        commands = readme.commands(TITLE)
        self.assertEqual(commands.count(START), 1)
        build = [command for command in commands if command.startswith(self.compiler + " ")]
        self.assertEqual(len(build), 1)
        run(build[0], self.example_folder, self.environment)
        after = readme.client_commands() + [command for command in commands if command.startswith("curl ")]
        self.assertTrue(self.linked_with(self.program("server")))
        outputs = []
        with self.serve(self.program("server")) as server:
            clients = os.path.join(self.folder, "clients")
            os.mkdir(clients)
            content = os.urandom(100000)
            with open(os.path.join(clients, FILE), "wb") as file:
                file.write(content)
            embedded.make_image(os.path.join(clients, "my-image"))
            environment = self.environment | {"TOKEN": server.token, "HOME": clients}
            for command in after:
                if command.startswith("skopeo "):
                    if not embedded.has_skopeo():
                        continue
                    command = command.replace("skopeo ", "skopeo --insecure-policy ", 1)
                place = readme.at(TITLE).replace("127.0.0.1:8080", f"127.0.0.1:{server.port}")
                command = f"{place}\n{command}"
                outputs.append(run(command, clients, environment))
                if "-F" in command:
                    os.unlink(os.path.join(clients, FILE))
            with open(os.path.join(clients, FILE), "rb") as file:
                self.assertEqual(file.read(), content)
            self.assertIn(f"{FILE} {len(content)}\n", "".join(outputs))
            self.assertTrue(any(output.endswith("hello\n") for output in outputs), outputs)
            if embedded.has_skopeo():
                self.assertEqual(len(server.ctl("package", "list", host.ORGANIZATION, "my-images")), 1)

    def test_the_others_build_too(self):
        cmake = f"cmake -S . -B build -G Ninja -DCMAKE_PREFIX_PATH={self.prefix}"
        program = self.program("build", self.example)
        without_path = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
        for static in ("OFF", "ON"):
            run(f"{cmake} -DSTATIC_REGISTRY={static} && cmake --build build", self.example_folder, self.environment)
            self.assertEqual(self.linked_with(program), static == "OFF")
            self.check_shortly(program, without_path)
        # What was just compiled: the same flags find the headers.
        link = f"{self.compiler} -o static build/CMakeFiles/{self.example}.dir/*.o"
        run(
            f"{link} $(pkg-config --cflags --libs libregistry-static {self.libraries}) -pthread",
            self.example_folder,
            self.environment,
        )
        self.assertFalse(self.linked_with(self.program("static")))
        self.check_shortly(self.program("static"), without_path)


@unittest.skipUnless(os.path.exists(host.program("embed-c")), "what embed-c needs is missing")
class InC(Cases, unittest.TestCase):
    example, compiler, libraries = "embed-c", "cc", "libmicrohttpd"

    def test_glue_is_short(self):
        with open(self.program("packages.c"), encoding="utf-8") as file:
            self.assertLess(len(file.readlines()), 100)


@unittest.skipUnless(os.path.exists(host.program("embed-cpp")), "what embed-cpp needs is missing")
class InCpp(Cases, unittest.TestCase):
    example, compiler = "embed-cpp", "c++"

    def test_glue_is_short(self):
        with open(self.program("packages.cpp"), encoding="utf-8") as file:
            self.assertLess(len(file.readlines()), 100)


if __name__ == "__main__":
    if os.environ.get("LREG_SANITIZE"):
        print("skipped: a sanitized library is not installed")
        sys.exit(77)
    host.skip_without_programs()
    host.main()
