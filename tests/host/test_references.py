#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two servers on one data directory: one pushes a manifest that names a blob while the other deletes the blob. In any
order, an acknowledged manifest can be pulled with everything that it names."""
import contextlib
import hashlib
import http.client
import json
import os
import random
import sqlite3
import subprocess
import threading
import unittest

import host

ROUNDS = int(os.environ.get("LREG_ROUNDS", "60"))
OPERATIONS = int(os.environ.get("LREG_OPERATIONS", "100"))
IMAGES = "my-images"
IMAGE_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
# What that version of the schema was without, taken away again.
BACK_TO_VERSION_3 = """
    DROP TRIGGER blobs_inserted;
    DROP TRIGGER blobs_deleted;
    DROP TABLE blob_totals;
    CREATE TABLE blob_totals (one INTEGER PRIMARY KEY, count INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
    INSERT INTO blob_totals SELECT 1, count(*), sum(size_bytes) FROM blobs;
    CREATE TRIGGER blobs_inserted AFTER INSERT ON blobs BEGIN
        UPDATE blob_totals SET count = count + 1, bytes = bytes + NEW.size_bytes WHERE one = 1;
    END;
    CREATE TRIGGER blobs_deleted AFTER DELETE ON blobs BEGIN
        UPDATE blob_totals SET count = count - 1, bytes = bytes - OLD.size_bytes WHERE one = 1;
    END;
    DROP TRIGGER blobs_stored;
    DROP TRIGGER doomed_stored;
    DROP TRIGGER blobs_copies_released;
    DROP TABLE storages;
    DROP INDEX blobs_unchecked;
    CREATE INDEX blobs_unchecked ON blobs (id) WHERE unchecked = 1;
    DROP INDEX uploads_by_registry;
    DROP INDEX uploads_by_progress;
    DROP INDEX uploads_by_principal;
    CREATE INDEX uploads_by_registry ON uploads (registry_id, lost);
    DROP TABLE upkeep;
    ALTER TABLE blobs DROP COLUMN damaged_ms;
    ALTER TABLE documents DROP COLUMN damaged_ms;
    DROP TABLE referrers;
    CREATE INDEX documents_by_subject ON documents (registry_id, scope, subject, name) WHERE subject IS NOT NULL;
    PRAGMA user_version = 3;
"""

host.skip_without_programs()


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def descriptor(media_type, content):
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


def make_image(config, layers, note=""):
    return json.dumps({
        "schemaVersion": 2,
        "mediaType": IMAGE_TYPE,
        "config": descriptor("application/vnd.oci.image.config.v1+json", config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", layer) for layer in layers],
        "annotations": {"note": note},
    }).encode()


def make_index(manifests):
    return json.dumps({
        "schemaVersion": 2,
        "mediaType": INDEX_TYPE,
        "manifests": [descriptor(IMAGE_TYPE, manifest) for manifest in manifests],
    }).encode()


class Repository:
    """Requests about one repository, on one connection to one server."""

    def __init__(self, server, name):
        self.base = f"/v2/{host.ORGANIZATION}/{IMAGES}/{name}"
        self.token = server.token
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=host.PATIENCE_S)

    def ask(self, method, path, body=None, content_type=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        if content_type:
            headers["Content-Type"] = content_type
        self.connection.request(method, self.base + path, body, headers)
        response = self.connection.getresponse()
        return response.status, response.read()

    def push_blob(self, content):
        return self.ask("POST", f"/blobs/uploads/?digest={digest_of(content)}", content)[0]

    def push(self, reference, manifest, content_type=IMAGE_TYPE):
        return self.ask("PUT", f"/manifests/{reference}", manifest, content_type)[0]

    def delete(self, kind, reference):
        return self.ask("DELETE", f"/{kind}/{reference}")[0]

    def pull(self, reference):
        """Fetches the manifest and everything below it, and raises if something is missing; returns False when there is
        no such manifest."""
        status, content = self.ask("GET", f"/manifests/{reference}")
        if status == 404:
            return False
        assert status == 200, (reference, status)
        manifest = json.loads(content)
        for child in manifest.get("manifests", []):
            assert self.pull(child["digest"]), (reference, child)
        for blob in manifest.get("layers", []) + ([manifest["config"]] if "config" in manifest else []):
            status, content = self.ask("GET", f"/blobs/{blob['digest']}")
            assert status == 200 and len(content) == blob["size"], (reference, blob, status)
        return True


def at_once(*functions):
    """Runs them in threads that start together; returns the result of each."""
    barrier = threading.Barrier(len(functions))
    results = [None] * len(functions)

    def run(position):
        barrier.wait()
        results[position] = functions[position]()

    threads = [threading.Thread(target=run, args=(position,)) for position in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class Tenant:
    """Does random client operations on few objects, so that they collide."""

    def __init__(self, repository, seed):
        self.repository = repository
        self.chance = random.Random(seed)
        self.seed = seed
        self.statuses = set()

    def image(self):
        chance = self.chance
        blobs = [b"blob %d" % chance.randrange(4) for _ in range(3)]
        return blobs, make_image(blobs[0], blobs[1:], str(chance.randrange(3)))

    def step(self, number):
        chance, repository = self.chance, self.repository
        blobs, image = self.image()
        tag = f"t{chance.randrange(4)}"
        kind = number % 6
        if kind in (0, 1):
            for blob in blobs:
                repository.push_blob(blob)
            return repository.push(chance.choice((tag, digest_of(image))), image)
        if kind == 2:
            images = [self.image()[1], image]
            return repository.push(tag, make_index(images), INDEX_TYPE)
        if kind == 3:
            return repository.delete("blobs", digest_of(blobs[0]))
        if kind == 4:
            return repository.delete("manifests", digest_of(image))
        return repository.delete("manifests", tag)

    def run(self):
        for number in range(OPERATIONS):
            self.statuses.add(self.step(number))


class References(unittest.TestCase):
    def setUp(self):
        self.first = self.enter(host.Registryd())
        self.first.ctl("registry", "create", host.ORGANIZATION, IMAGES, "--ecosystem", "container")
        self.second = self.enter(host.Registryd(folder=self.first.folder, prepare=False))
        self.second.token = self.first.token

    def enter(self, context):
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def repository(self, server, name):
        repository = Repository(server, name)
        self.addCleanup(repository.connection.close)
        return repository

    def test_a_push_and_a_deletion_of_what_it_names_never_both_succeed(self):
        pusher, deleter = self.repository(self.first, "race"), self.repository(self.second, "race")
        for number in range(ROUNDS):
            config, layer = b"config %d" % number, b"layer %d" % number
            image = make_image(config, [layer])
            self.assertEqual([pusher.push_blob(config), pusher.push_blob(layer)], [201, 201])
            outcome = tuple(at_once(
                lambda: pusher.push(f"t{number}", image),
                lambda: deleter.delete("blobs", digest_of(layer)),
            ))
            self.assertIn(outcome, {(201, 405), (400, 202)})
            self.assertEqual(deleter.pull(f"t{number}"), outcome[0] == 201)

    def test_an_index_and_the_deletion_of_its_child_never_both_succeed(self):
        pusher, deleter = self.repository(self.first, "race"), self.repository(self.second, "race")
        self.assertEqual(pusher.push_blob(b"{}"), 201)
        for number in range(ROUNDS):
            image = make_image(b"{}", [], str(number))
            self.assertEqual(pusher.push(digest_of(image), image), 201)
            outcome = tuple(at_once(
                lambda: pusher.push(f"t{number}", make_index([image]), INDEX_TYPE),
                lambda: deleter.delete("manifests", digest_of(image)),
            ))
            self.assertIn(outcome, {(201, 405), (400, 202)})
            self.assertEqual(deleter.pull(f"t{number}"), outcome[0] == 201)

    def test_references_of_a_store_of_before_are_kept(self):
        """Of schema version 3, which is made here of one of today."""
        repository = self.repository(self.first, "old")
        config, layer = b"config", b"layer"
        image = make_image(config, [layer])
        self.assertEqual([repository.push_blob(config), repository.push_blob(layer)], [201, 201])
        self.assertEqual(repository.push(digest_of(image), image), 201)
        index = make_index([image])
        self.assertEqual(repository.push("all", index, INDEX_TYPE), 201)
        self.first.stop()
        self.second.stop()
        with contextlib.closing(sqlite3.connect(os.path.join(self.first.data, "registry.db"))) as database:
            database.executescript(BACK_TO_VERSION_3)
        self.first.start()
        repository = self.repository(self.first, "old")
        for _ in range(2):
            self.assertEqual(repository.delete("blobs", digest_of(layer)), 405)
            self.assertEqual(repository.delete("blobs", digest_of(config)), 405)
            self.assertEqual(repository.delete("manifests", digest_of(image)), 405)
            self.assertTrue(repository.pull("all"))
            self.first.stop()
            self.first.start()
            repository = self.repository(self.first, "old")
        self.assertEqual(self.first.ctl("verify")["dangling"], 0)
        statuses = [repository.delete("manifests", reference) for reference in (digest_of(index), digest_of(image))]
        self.assertEqual(statuses, [202, 202])
        self.assertEqual(repository.delete("blobs", digest_of(layer)), 202)

    def test_whatever_is_done_what_is_there_is_whole(self):
        servers = [self.first, self.second] * 2
        tenants = [Tenant(self.repository(server, "random"), seed) for seed, server in enumerate(servers)]
        at_once(*[tenant.run for tenant in tenants])
        statuses = set().union(*(tenant.statuses for tenant in tenants))
        self.assertLessEqual(statuses, {201, 202, 400, 404, 405})
        self.assertIn(405, statuses)
        reader = self.repository(self.second, "random")
        listing = json.loads(reader.ask("GET", "/tags/list")[1])
        for tag in listing.get("tags") or []:
            self.assertTrue(reader.pull(tag))
        self.assertEqual(self.first.ctl("verify")["dangling"], 0)


class Verification(unittest.TestCase):
    """Damage that was done without the library is found and named: one kind each time, in a copy of its own."""

    def setUp(self):
        self.server = host.Registryd()
        self.addCleanup(self.server.close)
        self.server.ctl("registry", "create", host.ORGANIZATION, IMAGES, "--ecosystem", "container")
        repository = Repository(self.server, "app")
        self.addCleanup(repository.connection.close)
        self.config, self.layer = b"{}", b"a layer"
        self.image = make_image(self.config, [self.layer])
        self.index = make_index([self.image])
        foreign = json.loads(make_image(self.config, [b"elsewhere"]))
        foreign["layers"][0]["urls"] = ["https://example.com/layer"]
        referrer = json.loads(make_image(self.config, []))
        referrer["subject"] = descriptor(IMAGE_TYPE, b"never pushed")
        self.assertEqual([repository.push_blob(blob) for blob in (self.config, self.layer)], [201] * 2)
        pushes = [("v1", self.image, IMAGE_TYPE), ("multi", self.index, INDEX_TYPE),
                  ("foreign", json.dumps(foreign).encode(), IMAGE_TYPE),
                  ("referrer", json.dumps(referrer).encode(), IMAGE_TYPE)]
        self.assertEqual([repository.push(*push) for push in pushes], [201] * 4)
        self.repository = repository

    def verify(self):
        done = subprocess.run(
            [host.program("registryctl"), "--data", self.server.data, "verify", "--json"],
            stdout=subprocess.PIPE,
            check=False,
        )
        return done.returncode, json.loads(done.stdout)

    def change(self, sql, *values):
        """Changes the database without the library."""
        with sqlite3.connect(os.path.join(self.server.data, "registry.db")) as database:
            self.assertGreater(database.execute(sql, values).rowcount, 0)
        database.close()

    def expect(self, *findings):
        status, report = self.verify()
        self.assertEqual(status, 3)
        self.assertEqual(report["dangling"], len(findings))
        told = [text for text in report["findings"] if IMAGES in text]
        self.assertEqual(sorted(told), sorted(f"{host.ORGANIZATION}/{IMAGES}{finding}" for finding in findings))

    def test_a_push_repairs_a_manifest_whose_damage_nothing_has_found(self):
        damaged = self.image.replace(b"a", b"b")
        self.change("UPDATE documents SET content = ? WHERE name = ?", damaged, digest_of(self.image))
        self.assertEqual(self.repository.push("v1", self.image, IMAGE_TYPE), 201)
        self.assertEqual(self.verify()[0], 0)

    def test_a_sound_store_has_nothing_dangling(self):
        status, report = self.verify()
        self.assertEqual((status, report["dangling"], report["findings"]), (0, 0, []))

    def test_a_layer_that_the_repository_lost(self):
        self.change("DELETE FROM blob_links WHERE digest = ?", digest_of(self.layer))
        image = digest_of(self.image)
        self.expect(f"/app: {image} names {digest_of(self.layer)}, which is not there")
        self.assertEqual(self.repository.push_blob(self.layer), 201)
        self.assertEqual(self.verify()[0], 0)

    def test_a_child_that_is_gone(self):
        self.change("DELETE FROM packages WHERE version = 'v1'")
        self.change("DELETE FROM documents WHERE name = ?", digest_of(self.image))
        self.expect(f"/app: {digest_of(self.index)} names {digest_of(self.image)}, which is not there")

    def test_a_tag_that_leads_nowhere(self):
        self.change("DELETE FROM documents WHERE name = ?", digest_of(self.index))
        self.expect(f": app:multi leads to {digest_of(self.index)}, which is not there")

    def test_a_size_that_was_never_right(self):
        wrong = json.loads(self.index)
        wrong["manifests"][0]["size"] += 1
        content = json.dumps(wrong).encode()
        self.change("UPDATE documents SET content = ?, sha256 = ? WHERE name = ?", content,
                    hashlib.sha256(content).digest(), digest_of(self.index))
        index = digest_of(self.index)
        self.expect(f"/app: {index} names {digest_of(self.image)}, with another size than that has")

    def test_a_type_that_was_never_right(self):
        self.change("UPDATE documents SET media_type = 'application/vnd.docker.distribution.manifest.v2+json'"
                    " WHERE name = ?", digest_of(self.image))
        status, report = self.verify()
        self.assertEqual((status, report["dangling"]), (3, 1))

    def test_a_reference_that_the_metadata_does_not_note(self):
        self.change("DELETE FROM document_links WHERE target = ?", digest_of(self.layer))
        image = digest_of(self.image)
        self.expect(f"/app: {image} names {digest_of(self.layer)}, which the metadata does not note")


if __name__ == "__main__":
    host.main()
