#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Follows README.md to the letter, with its paths and ports, on a private machine: installs to /usr/local, runs
registryd, and runs a registry in Apache, in nginx, and in servers in C, C++ and Python.
Labels: release slow

Such a machine lacks systemd, so `systemctl VERB SERVICE` calls the scripts that Debian's packages ship for other init
systems; and it lacks a docker daemon, which podman replaces where it works. The tests do what the text leaves to its
reader: they put the token into $TOKEN, wait for servers and end them, and edit the `server` block of nginx."""
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import unittest

import host
import private_machine
import readme

FOLDER = os.path.join(private_machine.STORE, "reader")
SHIMS = os.path.join(private_machine.STORE, "shims")
DATA = "/var/lib/registry"
FILE = "my-custom-app-1.0.0.ipa"
PACKAGE = "my-alpine-package-0.1.1-r0.apk"
ALPINE_KEYS = "/etc/apk/keys"
SERVERS = "In a C or C++ server"
APK_UPLOAD = "curl -X POST http://$HOST$MOUNT/v2/packages/organizations/my-organization/registries/my-alpine-"
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SITE = "/etc/nginx/sites-available/default"
# The environment of root's login shell.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BUILD = os.path.join(readme.SOURCE, "build", "release")


class Terminal:
    """A shell that a reader types commands into, one after the other."""

    def __init__(self, folder, environment):
        self.end = f"end-{secrets.token_hex(8)}"
        self.shell = subprocess.Popen(["bash"], cwd=folder, env=environment, text=True, errors="replace",
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def try_run(self, command):
        """Returns status and output; a server that was started before writes to the same output."""
        self.shell.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n{self.end} %d\\n' $?\n")
        self.shell.stdin.flush()
        text = ""
        for line in self.shell.stdout:
            if line.startswith(self.end):
                return int(line.split()[1]), text
            text += line
        raise AssertionError(f"{command}: the shell ended\n{text}")

    def run(self, command):
        status, text = self.try_run(command)
        if status != 0:
            raise AssertionError(f"{command}\n{text}")
        return text

    def serve(self, command, where):
        """Starts a server, always in the background, and waits until it listens."""
        self.run(command if command.endswith("&") else f"{command} &")
        host.wait_until(lambda: listens(where) or self.try_run("kill -0 $!")[0] != 0, f"{command}")
        if not listens(where):
            raise AssertionError(f"{command}\n{self.try_run('wait $!')}")

    def stop_server(self):
        """Returns its exit status."""
        return self.try_run("kill $! && wait $!")[0]

    def close(self):
        if self.shell.poll() is None:
            self.shell.stdin.write("kill $(jobs -p) 2>/dev/null\nwait\n")
        self.shell.stdin.close()
        self.shell.wait(host.PATIENCE_S)
        self.shell.stdout.close()


def listens(where):
    family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET
    with socket.socket(family) as probe:
        return probe.connect_ex(where) == 0


def has(program):
    return shutil.which(program, path=PATH) is not None


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def environment():
    """The environment of a user who has just logged in: without the variables of the tests and without a proxy."""
    return {"HOME": FOLDER, "LANG": "C.UTF-8", "PATH": f"{SHIMS}:{PATH}", "TMPDIR": f"{FOLDER}/tmp", "USER": "root"}


def put_in_place_of_others():
    """Replacements for systemctl and docker, as described above."""
    write(os.path.join(SHIMS, "systemctl"), '#!/bin/sh\nexec service "$2" "$1"\n', 0o755)
    write(os.path.join(SHIMS, "docker"), '#!/bin/sh\nexec podman "$@"\n', 0o755)
    # Docker accepts a registry on the loopback interface without TLS; podman needs a setting for it.
    write("/etc/containers/registries.conf.d/loopback.conf", '[[registry]]\nlocation = "127.0.0.1:8080"\n'
          "insecure = true\n")
    write("/etc/containers/storage.conf", '[storage]\ndriver = "vfs"\nrunroot = "/run/containers/storage"\n'
          'graphroot = "/var/lib/containers/storage"\n')
    # From the Debian packages that skopeo and podman recommend.
    if not os.path.exists("/etc/containers/policy.json"):
        write("/etc/containers/policy.json", '{"default": [{"type": "insecureAcceptAnything"}]}')


def split(commands, beginning):
    """Splits the commands before the first one with this prefix."""
    at = next(i for i, command in enumerate(commands) if command.startswith(beginning))
    return commands[:at], commands[at:]


def setUpModule():
    put_in_place_of_others()
    os.makedirs(os.path.join(FOLDER, "tmp"))
    terminal = Terminal(readme.SOURCE, environment())
    # Everything is built already, which the first line detects.
    for command in split(readme.commands("Run a registry"), "registryctl ")[0]:
        terminal.run(command)
    terminal.close()


class Readme(unittest.TestCase):
    def setUp(self):
        """A new data directory, a token, and files to publish."""
        shutil.rmtree(DATA, ignore_errors=True)
        self.folder = os.path.join(FOLDER, self.id().rsplit(".", 1)[1])
        self.content = os.urandom(100000)
        os.mkdir(self.folder)
        with open(os.path.join(self.folder, FILE), "wb") as file:
            file.write(self.content)
        self.terminal = Terminal(self.folder, environment())
        self.addCleanup(self.terminal.close)
        for kind, *more in (("apk", PACKAGE, "my-alpine-package", "0.1.1-r0"), ("image", "my-image", "1.0")):
            program = os.path.join(readme.SOURCE, "tests", "support", f"make_{kind}.py")
            subprocess.run([sys.executable, program, *more], cwd=self.folder, stdout=subprocess.DEVNULL, check=True)
        commands = split(readme.commands("Run a registry"), "registryd ")[0]
        for command in split(commands, "registryctl ")[1]:
            said = self.terminal.run(command)
        self.terminal.run("TOKEN=" + re.search(r"^lrga_\S+$", said, flags=re.M).group())

    def need(self, program):
        if not has(program):
            self.skipTest(f"{program} is missing")

    def run_all(self, commands):
        """Returns the output of all commands. Removes each file after its upload, so that it must be downloaded."""
        text = ""
        for command in commands:
            if command.startswith("skopeo ") and not has("skopeo"):
                continue
            text += self.terminal.run(command)
            if "-F" in command:
                os.unlink(os.path.join(self.folder, FILE if FILE in command else PACKAGE))
        return text

    def publish_and_install(self):
        """Runs the commands of the clients that exist everywhere: those for a file, and skopeo's."""
        self.run_all(split(readme.commands("Publish and install")[1:], APK_UPLOAD)[0])

    def check_published(self, images=("my-image",)):
        self.assertEqual(read(os.path.join(self.folder, FILE)), self.content)
        listing = f"registryctl --data {DATA} package list my-organization"
        self.assertIn(FILE, self.terminal.run(f"{listing} my-files"))
        if has("skopeo"):
            for image in images:
                self.assertIn(image, self.terminal.run(f"{listing} my-images"))

    def test_first_lines(self):
        """The opening block, with its output."""
        write(os.path.join(self.folder, "app-1.0.0.zip"), "x" * 1000)
        for command, lines in readme.transcript("libregistry"):
            if command.endswith("&"):
                self.terminal.serve(command, ("127.0.0.1", 8080))
                continue
            said = re.sub(rf"\b{UUID}\b", "UUID", self.terminal.run(command)).split("\n")
            expected = [re.sub(rf"\b{UUID}\b", "UUID", line) for line in lines]
            # The server's line comes whenever it listens.
            self.assertEqual([line for line in said if line and not line.startswith("registryd: ")], expected, command)
        self.assertEqual(self.terminal.stop_server(), 0)

    def test_run_a_registry(self):
        (server,) = split(readme.commands("Run a registry"), "registryd ")[1]
        self.terminal.serve(server, ("127.0.0.1", 8080))
        os.makedirs(ALPINE_KEYS)  # as on Alpine
        where, *clients = readme.commands("Publish and install")
        self.terminal.run(where)
        before, docker = split(clients, "docker ")
        self.run_all(before)
        self.check_published()
        self.check_alpine()
        status, why = self.terminal.try_run("podman pull -q oci:my-image")
        if status == 0:
            self.terminal.run("podman tag $(podman images -q) my-image:1.0")
            self.run_all(docker)
        else:
            print(f"not run, without a podman that works: {docker}\n{why}")
        self.assertEqual(self.terminal.stop_server(), 0)

    def check_alpine(self):
        """An apk with the files that the commands left in /etc/apk accepts the index."""
        repository = read("/etc/apk/repositories").decode().split()[-1]
        self.terminal.run(f"curl -fsO {repository}/x86_64/APKINDEX.tar.gz")
        names = self.terminal.run("tar -tzf APKINDEX.tar.gz").split()
        self.assertIn("P:my-alpine-package\n", self.terminal.run("tar -xzOf APKINDEX.tar.gz APKINDEX"))
        key = next(name.removeprefix(".SIGN.RSA256.") for name in names if name.startswith(".SIGN."))
        self.assertEqual(os.listdir(ALPINE_KEYS), [key])
        self.assertIn("-BEGIN PUBLIC KEY-", read(os.path.join(ALPINE_KEYS, key)).decode())

    def test_cgi_program_of_the_text(self):
        write(os.path.join(self.folder, "registry.c"), readme.code("Embed it", "c"))
        self.run_all(readme.commands("Embed it"))
        program = f"REGISTRY_DATA={DATA} REQUEST_METHOD=GET HTTP_HOST=example.com REQUEST_URI={host.PACKAGES}"
        self.assertIn("Status: 401", self.terminal.run(f"{program} ./registry.cgi"))
        self.assertIn("Status: 200", self.terminal.run(f'{program} HTTP_AUTHORIZATION="Bearer $TOKEN" ./registry.cgi'))

    def test_apache(self):
        self.need("a2enmod")
        self.addCleanup(self.terminal.try_run, "service apache2 stop")
        self.run_all(readme.commands("As a CGI program behind Apache"))
        host.wait_until(lambda: listens(("127.0.0.1", 80)), "Apache")
        self.publish_and_install()
        self.check_published()

    def test_nginx(self):
        self.need("nginx")
        title = "FastCGI behind nginx"
        told = re.search(r"`(include .*;)` in a `server` block, and `(systemctl .*?)`", readme.prose(title))
        include, reload = told.groups()
        # The package has started it, so it must reload the settings.
        self.terminal.run("service nginx start")
        self.addCleanup(self.terminal.try_run, "service nginx stop")
        *before, registry, where = readme.commands(title)
        self.run_all([*before, where])
        self.terminal.serve(registry, "/run/registry/registry.sock")
        write(SITE, re.sub(r"^server {\n", f"server {{\n\t{include}\n", read(SITE).decode(), count=1, flags=re.M))
        # Until the last of them has ended, workers with the former settings accept connections too.
        master = int(read("/run/nginx.pid"))
        former = read(f"/proc/{master}/task/{master}/children").decode().split()
        self.terminal.run(reload)
        host.wait_until(lambda: not any(os.path.exists(f"/proc/{worker}") for worker in former), "nginx to reload")
        self.publish_and_install()
        self.check_published()
        self.assertIn(self.terminal.stop_server(), (0, 143))

    def check_embedded(self, compiler, example):
        shutil.copytree(os.path.join(readme.SOURCE, "examples", example), os.path.join(self.folder, "copy"))
        before, (server, where, *pages) = split(readme.commands(SERVERS), "./server ")
        self.terminal.run("cd copy")
        self.run_all(command for command in before if command.startswith(f"{compiler} "))
        self.terminal.serve(server, ("127.0.0.1", 8080))
        self.terminal.run("cd ..")
        self.terminal.run(where)
        self.publish_and_install()
        said = self.run_all(pages)
        self.assertIn("hello", said)
        self.assertIn(f"{FILE} {len(self.content)}\n", said)
        self.check_published()
        self.assertEqual(self.terminal.stop_server(), 0)

    @unittest.skipUnless(os.path.exists(os.path.join(BUILD, "bin", "embed-c")), "what embed-c needs is missing")
    def test_c_server(self):
        self.check_embedded("cc", "embed-c")

    @unittest.skipUnless(os.path.exists(os.path.join(BUILD, "bin", "embed-cpp")), "what embed-cpp needs is missing")
    def test_cpp_server(self):
        self.check_embedded("c++", "embed-cpp")

    def test_cpp_lines(self):
        self.need("c++")
        self.terminal.run(f"registryctl --data {DATA} publish my-organization my-files {FILE}")
        code = readme.code(SERVERS, "cpp")
        write(os.path.join(self.folder, "lines.cpp"),
              f"#include <iostream>\n#include <libregistry.hpp>\nint main() {{\n{code}}}\n")
        self.terminal.run("c++ -std=c++17 -o lines lines.cpp $(pkg-config --cflags --libs libregistry)")
        self.assertEqual(self.terminal.run("./lines").strip(), f"{FILE} {len(self.content)}")

    def test_python_program(self):
        self.need("gunicorn")
        title = "In a Python program"
        before, (server,) = split(readme.commands(title), "python3 -m gunicorn ")
        self.terminal.run(f"cd {readme.SOURCE}")
        self.run_all(before)
        self.terminal.run(f"cd {self.folder}")
        line = f"{FILE} {len(self.content)}"
        write(os.path.join(self.folder, "program.py"), readme.code(title, "python"))
        self.assertEqual(self.terminal.run("python3 program.py").strip(), line)
        self.terminal.serve(server, ("127.0.0.1", 8080))
        os.unlink(os.path.join(self.folder, FILE))
        where, *clients = readme.commands("Publish and install")
        self.run_all([where, next(each for each in clients if each.startswith("curl -fO "))])
        self.check_published(())
        self.assertEqual(self.terminal.stop_server(), 0)


if __name__ == "__main__":
    if os.environ.get("LREG_SANITIZE"):
        private_machine.skip("a sanitized library is not installed")
    host.skip_without_programs()
    if not os.path.exists(os.path.join(BUILD, "lib")):
        private_machine.skip("there is no build/release: cmake --build --preset release")
    private_machine.enter(readme.SOURCE)
    host.main()
