#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Labels: threaded
"""registryd during long work: the order of turns, and lists that are built from data of an earlier version."""
import hashlib
import http.client
import json
import os
import sqlite3
import threading
import unittest

import host

IMAGES, OTHER = "my-images", "other-organization"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
UPLOADS = 8
BLOBS = 300

host.skip_without_programs()


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def publish(server, token, organization, registry, filename, content):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=host.PATIENCE_S)
    body = (b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + filename.encode() + b"\"\r\n\r\n"
            + content + b"\r\n--XX--\r\n")
    connection.request("POST", f"/v2/packages/organizations/{organization}/registries/{registry}/packages", body,
                       {"Authorization": f"Bearer {token}", "Content-Type": "multipart/form-data; boundary=XX"})
    status = connection.getresponse().status
    connection.close()
    return status


class Turns(unittest.TestCase):
    def test_short_publish_of_another_organization_does_not_wait_for_long_ones(self):
        with host.Registryd("--no-sync", "--workers", "2") as server:
            server.ctl("registry", "create", host.ORGANIZATION, IMAGES, "--ecosystem", "container")
            server.ctl("organization", "create", OTHER)
            server.ctl("registry", "create", OTHER, "files", "--ecosystem", "files")
            other = server.ctl("token", "create", OTHER, "--scopes", "read_packages,write_packages")["token"]
            ended, statuses = [], []

            def upload(number):
                archive = host.archive_of_blobs(number, BLOBS)
                statuses.append(publish(server, server.token, host.ORGANIZATION, IMAGES, "x.tar", archive))
                ended.append(number)

            threads = [threading.Thread(target=upload, args=(number,)) for number in range(UPLOADS)]
            for thread in threads:
                thread.start()
            host.wait_until(lambda: host.count_blobs(server.data) > 20, "the uploads are at work")
            status = publish(server, other, OTHER, "files", "a-1.0.zip", b"x")
            ended_before = len(ended)
            for thread in threads:
                thread.join()
            self.assertEqual(status, 200)
            self.assertEqual(statuses, [422] * UPLOADS)
            self.assertLessEqual(ended_before, 2)


class Referrers(unittest.TestCase):
    def ask(self, server, method, path, body=None, content_type=None):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=host.PATIENCE_S)
        headers = {"Authorization": f"Bearer {server.token}"}
        if content_type:
            headers["Content-Type"] = content_type
        connection.request(method, f"/v2/{host.ORGANIZATION}/{IMAGES}/app{path}", body, headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, content

    def test_what_a_version_before_has_stored_is_listed_and_kept(self):
        config, subject = b"{}", digest_of(b"subject")
        with host.Registryd("--no-sync") as server:
            server.ctl("registry", "create", host.ORGANIZATION, IMAGES, "--ecosystem", "container")
            status, _ = self.ask(server, "POST", f"/blobs/uploads/?digest={digest_of(config)}", config)
            self.assertEqual(status, 201)
            for number in range(3):
                manifest = json.dumps({
                    "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "artifactType": "application/x.sbom",
                    "config": {"mediaType": EMPTY_TYPE, "digest": digest_of(config), "size": len(config)},
                    "layers": [], "annotations": {"number": str(number)},
                    "subject": {"mediaType": MANIFEST_TYPE, "digest": subject, "size": 7},
                }).encode()
                self.assertEqual(self.ask(server, "PUT", f"/manifests/{digest_of(manifest)}", manifest,
                                          MANIFEST_TYPE)[0], 201)
            wanted = self.ask(server, "GET", f"/referrers/{subject}")
            self.assertEqual((wanted[0], len(json.loads(wanted[1])["manifests"])), (200, 3))
            server.stop()
            self.run_sql(server, "UPDATE referrers SET listed = NULL, type = ''")
            server.start()
            self.assertEqual(self.ask(server, "GET", f"/referrers/{subject}?artifactType=application/x.sbom"), wanted)
            self.assertEqual(self.run_sql(server, "SELECT count(*) FROM referrers WHERE listed IS NULL"), [(0,)])
            self.assertEqual(self.ask(server, "GET", f"/referrers/{subject}"), wanted)

    @staticmethod
    def run_sql(server, sql):
        database = sqlite3.connect(os.path.join(server.data, "registry.db"))
        rows = database.execute(sql).fetchall()
        database.commit()
        database.close()
        return rows


host.main()
