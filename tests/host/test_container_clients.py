#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real container clients against a running server: skopeo, podman, buildah, umoci and docker (with a running engine),
as far as they are installed. Each pushes and pulls; digests must be equal, and the store must verify."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import host

MAKE_IMAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support", "make_image.py")
PATIENCE_S = 300

host.skip_without_programs()


class Clients:
    """Runs clients whose storage, credentials and settings are in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder
        storage = self.path("storage.conf")
        with open(storage, "w", encoding="utf-8") as file:
            file.write(
                f'[storage]\ndriver = "vfs"\ngraphroot = "{self.path("graph")}"\nrunroot = "{self.path("run")}"\n'
            )
        with open(self.path("auth.json"), "w", encoding="utf-8") as file:
            file.write("{}")
        with open(self.path("policy.json"), "w", encoding="utf-8") as file:
            file.write('{"default": [{"type": "insecureAcceptAnything"}]}')
        os.makedirs(self.path("home"))
        self.environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self.environment.update(
            HOME=self.path("home"),
            CONTAINERS_STORAGE_CONF=storage,
            REGISTRY_AUTH_FILE=self.path("auth.json"),
            DOCKER_CONFIG=self.path("docker"),
            BUILDAH_ISOLATION="chroot",
        )

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def try_run(self, *command):
        return subprocess.run(
            command,
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=PATIENCE_S,
            check=False,
        )

    def run(self, *command):
        done = self.try_run(*command)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: {done.stderr.decode()}")
        return done.stdout

    def works(self, *command):
        return shutil.which(command[0]) is not None and self.try_run(*command).returncode == 0


def skopeo(*arguments):
    """A skopeo command line. An option permits the images, because the machine may lack a policy file."""
    return ("skopeo", "--policy", "policy.json", *arguments)


def remove_folder(folder):
    """Image storage contains folders that are not writable."""
    for path, folders, _ in os.walk(folder):
        for name in folders:
            full = os.path.join(path, name)
            if not os.path.islink(full):
                os.chmod(full, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


class ContainerClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="container-clients-")
        cls.server = host.Registryd()
        cls.clients = Clients(cls.folder)
        cls.server.ctl("registry", "create", host.ORGANIZATION, "images", "--ecosystem", "container")
        cls.server.ctl("registry", "create", host.ORGANIZATION, "public-images", "--ecosystem", "container", "--public")
        cls.registry = f"127.0.0.1:{cls.server.port}"
        cls.credentials = f"buildkite:{cls.server.token}"
        cls.images = f"{cls.registry}/{host.ORGANIZATION}/images"
        cls.public = f"{cls.registry}/{host.ORGANIZATION}/public-images"
        cls.single = cls.make_image("single", "--layers", "3")
        cls.multi = cls.make_image("multi", "--platform", "linux/amd64", "--platform", "linux/arm64")

    @classmethod
    def tearDownClass(cls):
        try:
            report = cls.server.ctl("verify")
            if report["missing"] != 0 or report["damaged"] != 0:
                raise AssertionError(f"the store does not verify: {report}")
        finally:
            remove_folder(cls.folder)
            cls.server.close()

    @classmethod
    def make_image(cls, tag, *options):
        made = cls.clients.run(sys.executable, MAKE_IMAGE, "layout", tag, "--seed", tag, *options)
        return made.decode().strip()

    def need(self, *command):
        if not self.clients.works(*command):
            self.skipTest(f"{' '.join(command)} does not work here")

    def need_podman(self):
        """Some machines do not let podman unpack layers, which is unrelated to the registry."""
        self.need("podman", "pull", "-q", "oci:layout:single")

    # Every command passes its credentials, so that no test depends on the login of another.

    def push(self, source, target, *options):
        self.need("skopeo", "--version")
        self.clients.run(
            *skopeo("copy", "--dest-tls-verify=false", "--dest-creds", self.credentials, *options, source,
                    f"docker://{target}")
        )

    def pull(self, source, target, *options):
        self.clients.run(
            *skopeo("copy", "--src-tls-verify=false", "--src-creds", self.credentials, *options, f"docker://{source}",
                    target)
        )

    def digest_of(self, image, *options):
        """The digest of the manifest bytes as sent."""
        options = options or ("--creds", self.credentials)
        raw = self.clients.run(*skopeo("inspect", "--raw", "--tls-verify=false", *options, f"docker://{image}"))
        return "sha256:" + hashlib.sha256(raw).hexdigest()

    def layout_digest(self, layout, tag):
        with open(self.clients.path(layout, "index.json"), encoding="utf-8") as file:
            entries = json.load(file)["manifests"]
        names = [entry for entry in entries
                 if entry.get("annotations", {}).get("org.opencontainers.image.ref.name") == tag]
        return names[0]["digest"]

    def tags(self, repository):
        listing = self.clients.run(
            *skopeo("list-tags", "--tls-verify=false", "--creds", self.credentials, f"docker://{repository}")
        )
        return json.loads(listing)["Tags"]

    # --- skopeo ---

    def test_skopeo_brings_an_image_there_and_back(self):
        self.push("oci:layout:single", f"{self.images}/single:v1")
        self.assertEqual(self.digest_of(f"{self.images}/single:v1"), self.single)
        self.pull(f"{self.images}/single:v1", "oci:back:single")
        self.assertEqual(self.layout_digest("back", "single"), self.single)

    def test_skopeo_brings_an_index_there_and_back(self):
        self.push("oci:layout:multi", f"{self.images}/team/multi:v1", "--all")
        self.assertEqual(self.digest_of(f"{self.images}/team/multi:v1"), self.multi)
        self.pull(f"{self.images}/team/multi:v1", "oci:back:multi", "--all")
        self.assertEqual(self.layout_digest("back", "multi"), self.multi)

    def test_skopeo_pushes_the_formats_of_docker(self):
        self.push("oci:layout:single", f"{self.images}/converted:v1", "--format", "v2s2")
        first = self.digest_of(f"{self.images}/converted:v1")
        self.push("oci:layout:multi", f"{self.images}/converted:multi", "--all", "--format", "v2s2")
        self.pull(f"{self.images}/converted:v1", "dir:back-docker")
        with open(self.clients.path("back-docker", "manifest.json"), "rb") as file:
            content = file.read()
        self.assertEqual("sha256:" + hashlib.sha256(content).hexdigest(), first)
        self.assertIn("docker.distribution.manifest.v2", json.loads(content)["mediaType"])

    def test_skopeo_copies_between_repositories(self):
        self.push("oci:layout:single", f"{self.images}/source:v1")
        self.push(f"docker://{self.images}/source:v1", f"{self.public}/target:v1", "--src-tls-verify=false",
                  "--src-creds", self.credentials)
        self.assertEqual(self.digest_of(f"{self.public}/target:v1"), self.single)

    def test_skopeo_lists_and_deletes(self):
        for tag in ("b", "a", "c"):
            self.push("oci:layout:single", f"{self.images}/listed:{tag}")
        self.push("oci:layout:multi", f"{self.images}/listed:other", "--all")
        self.assertEqual(self.tags(f"{self.images}/listed"), ["a", "b", "c", "other"])
        self.clients.run(
            *skopeo("delete", "--tls-verify=false", "--creds", self.credentials, f"docker://{self.images}/listed:a")
        )
        self.assertEqual(self.tags(f"{self.images}/listed"), ["other"])

    def test_public_images_are_for_everybody_and_others_are_not(self):
        self.push("oci:layout:single", f"{self.public}/open:v1")
        self.push("oci:layout:single", f"{self.images}/closed:v1")
        self.assertEqual(self.digest_of(f"{self.public}/open:v1", "--no-creds"), self.single)
        done = self.clients.try_run(
            *skopeo("inspect", "--tls-verify=false", "--no-creds", f"docker://{self.images}/closed:v1")
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"unauthorized", done.stderr)
        done = self.clients.try_run(
            *skopeo("copy", "--dest-tls-verify=false", "--dest-no-creds", "oci:layout:single",
                    f"docker://{self.public}/open:v2")
        )
        self.assertNotEqual(done.returncode, 0)

    def test_login_takes_right_credentials_alone(self):
        self.need("skopeo", "--version")
        command = ("skopeo", "login", "--tls-verify=false", "--authfile", "login.json", "-u", "buildkite", "-p")
        self.clients.run(*command, self.server.token, self.registry)
        done = self.clients.try_run(*command, "wrong", self.registry)
        self.assertNotEqual(done.returncode, 0)
        self.clients.run(*skopeo("logout", "--authfile", "login.json", self.registry))

    def test_a_token_that_may_only_read_cannot_push(self):
        self.push("oci:layout:single", f"{self.images}/guarded:v1")
        reader = "x:" + self.server.make_token("read_packages")
        self.assertEqual(self.digest_of(f"{self.images}/guarded:v1", "--creds", reader), self.single)
        done = self.clients.try_run(
            *skopeo("copy", "--dest-tls-verify=false", "--dest-creds", reader, "oci:layout:multi",
                    f"docker://{self.images}/guarded:v2")
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"write_packages", done.stderr)

    def test_archives_are_published_as_files(self):
        self.need("skopeo", "--version")
        self.clients.run(*skopeo("copy", "oci:layout:single", "oci-archive:single.tar:team/archived:v1"))
        self.clients.run(*skopeo("copy", "--all", "oci:layout:multi", "oci-archive:multi.tar"))
        for name in ("single", "multi"):
            self.server.ctl("publish", host.ORGANIZATION, "images", self.clients.path(f"{name}.tar"))
        self.assertEqual(self.digest_of(f"{self.images}/team/archived:v1"), self.single)
        self.assertEqual(self.digest_of(f"{self.images}/multi:latest"), self.multi)
        self.pull(f"{self.images}/multi:latest", "oci:back:archived", "--all")

    # --- podman and buildah ---

    def test_podman_builds_pushes_and_pulls(self):
        self.need_podman()
        with open(self.clients.path("Containerfile"), "w", encoding="utf-8") as file:
            file.write("FROM scratch\nCOPY policy.json /policy.json\nLABEL made=here\n")
        image = f"{self.images}/built:v1"
        creds = ("--tls-verify=false", "--creds", self.credentials)
        self.clients.run("podman", "build", "-t", image, "-f", "Containerfile", self.folder)
        self.clients.run("podman", "push", *creds, "--digestfile", "digest", image)
        with open(self.clients.path("digest"), encoding="ascii") as file:
            pushed = file.read().strip()
        self.clients.run("podman", "rmi", "-f", image)
        self.clients.run("podman", "pull", *creds, image)
        pulled = self.clients.run("podman", "image", "inspect", "-f", "{{.Digest}}", image).decode().strip()
        self.assertEqual(pulled, pushed)
        self.clients.run("podman", "rmi", "-f", image)
        self.clients.run("podman", "pull", *creds, f"{self.images}/built@{pushed}")

    def test_podman_pushes_to_another_repository_of_the_same_server(self):
        self.need_podman()
        self.push("oci:layout:single", f"{self.images}/origin:v1")
        creds = ("--tls-verify=false", "--creds", self.credentials)
        self.clients.run("podman", "pull", *creds, f"{self.images}/origin:v1")
        self.clients.run("podman", "push", *creds, f"{self.images}/origin:v1", f"{self.public}/moved:v1")
        config = self.clients.run(
            *skopeo("inspect", "--config", "--raw", "--tls-verify=false", "--no-creds",
                    f"docker://{self.public}/moved:v1")
        )
        self.assertEqual(json.loads(config)["config"]["Labels"]["seed"], "single")

    def test_buildah_pushes_an_index(self):
        self.need("buildah", "info")
        creds = ("--tls-verify=false", "--creds", self.credentials)
        self.push("oci:layout:multi", f"{self.images}/parts:v1", "--all")
        self.clients.run("buildah", "manifest", "create", "list")
        for system in ("amd64", "arm64"):
            self.clients.run("buildah", "manifest", "add", *creds, "--arch", system, "list",
                             f"docker://{self.images}/parts:v1")
        self.clients.run("buildah", "manifest", "push", *creds, "--all", "--digestfile", "index-digest", "list",
                         f"docker://{self.images}/joined:v1")
        with open(self.clients.path("index-digest"), encoding="ascii") as file:
            pushed = file.read().strip()
        self.assertEqual(self.digest_of(f"{self.images}/joined:v1"), pushed)

    # --- others ---

    def test_images_of_umoci_keep_their_bytes(self):
        self.need("umoci", "--version")
        self.clients.run("umoci", "init", "--layout", "umoci")
        self.clients.run("umoci", "new", "--image", "umoci:t")
        self.clients.run("umoci", "insert", "--image", "umoci:t", "policy.json", "/policy.json")
        self.push("oci:umoci:t", f"{self.images}/umoci:t")
        self.assertEqual(self.digest_of(f"{self.images}/umoci:t"), self.layout_digest("umoci", "t"))

    def test_docker_pushes_and_pulls(self):
        self.need("docker", "info")
        image = f"{self.images}/docker:v1"
        self.clients.run("docker", "login", "-u", "buildkite", "-p", self.server.token, self.registry)
        self.clients.run(*skopeo("copy", "oci:layout:single", f"docker-archive:image.tar:{image}"))
        self.clients.run("docker", "load", "-i", "image.tar")
        try:
            self.clients.run("docker", "push", image)
            pushed = self.clients.run("docker", "image", "inspect", "-f", "{{index .RepoDigests 0}}", image).decode()
            self.clients.run("docker", "rmi", "-f", image)
            self.clients.run("docker", "pull", image)
            pulled = self.clients.run("docker", "image", "inspect", "-f", "{{index .RepoDigests 0}}", image).decode()
            self.assertEqual(pulled, pushed)
            self.assertEqual(pulled.strip().split("@")[1], self.digest_of(image))
        finally:
            self.clients.try_run("docker", "rmi", "-f", image)


if __name__ == "__main__":
    host.main()
