#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a small Alpine package (format v2, unsigned), without abuild.

  make_apk.py FILE NAME VERSION [--arch ARCHITECTURE] [--text TEXT]

writes a package that installs one file, /usr/share/NAME/text, to FILE. Equal arguments give equal bytes.
"""
import argparse
import gzip
import hashlib
import io
import tarfile


def segment(entries, has_end):
    """A tar segment of (name, content) pairs, where content None is a folder. Control data has no end mark, because the
    joined segments of a package are one archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in entries:
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755 if content is None else 0o644
            entry.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            entry.size = len(content or b"")
            entry.uname = entry.gname = "root"
            if has_end and content is not None:
                entry.pax_headers = {"APK-TOOLS.checksum.SHA1": hashlib.sha1(content).hexdigest()}
            archive.addfile(entry, io.BytesIO(content or b""))
        end = archive.offset
    return out.getvalue() if has_end else out.getvalue()[:end]


def make_package(name, version, architecture, text):
    content = text.encode()
    folders = [("usr", None), ("usr/share", None), (f"usr/share/{name}", None)]
    data = gzip.compress(segment(folders + [(f"usr/share/{name}/text", content)], True), mtime=0)
    info = (
        f"pkgname = {name}\npkgver = {version}\npkgdesc = An example package\nurl = https://example.com/{name}\n"
        f"arch = {architecture}\nlicense = Apache-2.0\nsize = {len(content)}\n"
        f"datahash = {hashlib.sha256(data).hexdigest()}\n"
    )
    return gzip.compress(segment([(".PKGINFO", info.encode())], False), mtime=0) + data


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("file")
    parser.add_argument("name")
    parser.add_argument("version")
    parser.add_argument("--arch", default="x86_64")
    parser.add_argument("--text", default="This file was installed by a package.\n")
    options = parser.parse_args()
    with open(options.file, "wb") as file:
        file.write(make_package(options.name, options.version, options.arch, options.text))


if __name__ == "__main__":
    main()
