# SPDX-License-Identifier: Apache-2.0
"""The servers of examples/embed-c and examples/embed-cpp, for tests."""
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile

import host


class Embedded(host.Registryd):
    """One running server; `environment` is added to its own."""

    mount = "/packages"

    def __init__(self, program, environment=None, **more):
        self.program, self.environment = program, environment or {}
        self.url = None
        super().__init__(**more)

    def prepare(self):
        super().prepare()
        self.ctl("registry", "create", host.ORGANIZATION, "my-images", "--ecosystem", "container")

    def start(self):
        with open(os.path.join(self.folder, "stderr"), "ab") as errors:
            self.process = subprocess.Popen(
                [self.program, "0", self.data],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | self.environment,
                text=True,
            )
        with self.process.stdout:
            self.url = self.process.stdout.readline().strip().rstrip("/")
        if not self.url:
            self.process.wait(host.PATIENCE_S)
            raise AssertionError(f"{self.program} ended: {self.errors()}")
        self.port = int(self.url.rsplit(":", 1)[1])

    def staged(self):
        """Leftovers of uploads."""
        return os.listdir(os.path.join(self.data, "staging"))

    def skopeo(self, *arguments):
        """Runs skopeo; returns its output if it failed, otherwise an empty text."""
        done = subprocess.run(
            ["skopeo", "--insecure-policy", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=2 * host.PATIENCE_S,
            check=False,
        )
        return done.stdout.decode() if done.returncode != 0 else ""


def has_skopeo():
    return shutil.which("skopeo") is not None


def make_image(folder):
    """An OCI image layout with one layer; returns the digest of its manifest."""
    blobs = os.path.join(folder, "blobs", "sha256")
    os.makedirs(blobs)

    def put(content, media_type):
        digest = hashlib.sha256(content).hexdigest()
        with open(os.path.join(blobs, digest), "wb") as file:
            file.write(content)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    def put_json(value, media_type):
        return put(json.dumps(value).encode(), media_type)

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo("hello")
        entry.size = 5
        tar.addfile(entry, io.BytesIO(b"hello"))
    kind = "application/vnd.oci.image"
    layer = put(gzip.compress(archive.getvalue(), mtime=0), f"{kind}.layer.v1.tar+gzip")
    diff = "sha256:" + hashlib.sha256(archive.getvalue()).hexdigest()
    config = put_json(
        {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [diff]}},
        f"{kind}.config.v1+json",
    )
    manifest_type = f"{kind}.manifest.v1+json"
    manifest = put_json(
        {"schemaVersion": 2, "mediaType": manifest_type, "config": config, "layers": [layer]}, manifest_type
    )
    for name, value in (
        ("index.json", {"schemaVersion": 2, "manifests": [manifest]}),
        ("oci-layout", {"imageLayoutVersion": "1.0.0"}),
    ):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(value, file)
    return manifest["digest"]
