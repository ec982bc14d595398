#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a small container image, without any network or container tool.

  make_image.py DIRECTORY TAG [--platform OS/ARCHITECTURE]... [--layers N] [--bytes N] [--seed TEXT]

adds an image, or with several platforms an index of images, to the OCI layout in DIRECTORY (made when absent) under
TAG, and prints the digest of its manifest or index. Equal arguments give equal bytes.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import random
import tarfile

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
REF_NAME = "org.opencontainers.image.ref.name"


class Layout:
    def __init__(self, directory):
        self.directory = directory
        os.makedirs(os.path.join(directory, "blobs", "sha256"), exist_ok=True)
        with open(os.path.join(directory, "oci-layout"), "w", encoding="ascii") as file:
            file.write('{"imageLayoutVersion": "1.0.0"}')

    def add(self, content, media_type):
        digest = hashlib.sha256(content).hexdigest()
        with open(os.path.join(self.directory, "blobs", "sha256", digest), "wb") as file:
            file.write(content)
        return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(content)}

    def add_json(self, value, media_type):
        return self.add(json.dumps(value, separators=(",", ":")).encode(), media_type)

    def tag(self, descriptor, tag):
        path = os.path.join(self.directory, "index.json")
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                index = json.load(file)
        others = [entry for entry in index["manifests"] if entry.get("annotations", {}).get(REF_NAME) != tag]
        index["manifests"] = others + [dict(descriptor, annotations={REF_NAME: tag})]
        with open(path, "w", encoding="utf-8") as file:
            json.dump(index, file)


def make_layer(seed, size):
    """The tar of one file with `size` incompressible bytes, and the same tar with gzip."""
    content = random.Random(seed).randbytes(size)
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo(f"data/{hashlib.sha256(seed.encode()).hexdigest()[:12]}")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return tar.getvalue(), gzip.compress(tar.getvalue(), 1, mtime=0)


def make_manifest(layout, platform, options):
    layers, diff_ids = [], []
    for number in range(options.layers):
        plain, packed = make_layer(f"{options.seed} {platform} {number}", options.bytes)
        diff_ids.append("sha256:" + hashlib.sha256(plain).hexdigest())
        layers.append(layout.add(packed, LAYER))
    system, architecture = platform.split("/", 1)
    config = {
        "created": "2024-01-01T00:00:00Z",
        "os": system,
        "architecture": architecture,
        "config": {"Cmd": ["/data"], "Labels": {"seed": options.seed}},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created": "2024-01-01T00:00:00Z", "created_by": "make_image.py"} for _ in layers],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.add_json(config, CONFIG),
        "layers": layers,
        "annotations": {"org.opencontainers.image.title": options.seed},
    }
    return layout.add_json(manifest, MANIFEST)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("directory")
    parser.add_argument("tag")
    parser.add_argument("--platform", action="append")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--bytes", type=int, default=5000)
    parser.add_argument("--seed", default="image")
    options = parser.parse_args()
    layout = Layout(options.directory)
    platforms = options.platform or ["linux/amd64"]
    entries = []
    for platform in platforms:
        system, architecture = platform.split("/", 1)
        descriptor = make_manifest(layout, platform, options)
        entries.append(dict(descriptor, platform={"os": system, "architecture": architecture}))
    if len(entries) == 1:
        top = {key: value for key, value in entries[0].items() if key != "platform"}
    else:
        top = layout.add_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, INDEX)
    layout.tag(top, options.tag)
    print(top["digest"])


if __name__ == "__main__":
    main()
