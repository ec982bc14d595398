#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Identities when two servers run on one data directory: bearers of the token endpoint, registry tokens while their
registry is public, and what registryctl reports about both."""
import json
import unittest

import host

IMAGES, PUBLIC = "images", "public-images"
REGISTRIES = f"/v2/packages/organizations/{host.ORGANIZATION}/registries"

host.skip_without_programs()


class Identity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.first = host.Registryd()
        cls.second = None
        try:
            cls.first.ctl("registry", "create", host.ORGANIZATION, IMAGES, "--ecosystem", "container")
            cls.first.ctl("registry", "create", host.ORGANIZATION, PUBLIC, "--ecosystem", "container", "--public")
            cls.second = host.Registryd(folder=cls.first.folder, prepare=False)
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        if cls.second is not None:
            cls.second.close()
        cls.first.close()

    def ask(self, server, method, target, token=None, body=""):
        authorization = "" if token is None else f"Authorization: Bearer {token}\r\n"
        with server.connect() as client:
            client.send(f"{method} {target} HTTP/1.1\r\nHost: x\r\n{authorization}Connection: close\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n{body}")
            return client.response()

    def bearer(self, server, token, *scopes):
        query = "&".join(f"scope=repository:{host.ORGANIZATION}/{scope}" for scope in scopes)
        response = self.ask(server, "GET", f"/-/token?service=s&{query}", token)
        self.assertEqual(response.status, 200, response.body)
        return json.loads(response.body)["token"]

    def test_a_bearer_of_one_server_has_its_scope_at_the_other(self):
        bearer = self.bearer(self.first, self.first.token, f"{IMAGES}/app:push")
        uploads = f"/v2/{host.ORGANIZATION}/{IMAGES}"
        self.assertEqual(self.ask(self.second, "POST", f"{uploads}/app/blobs/uploads/", bearer).status, 202)
        self.assertEqual(self.ask(self.second, "POST", f"{uploads}/other/blobs/uploads/", bearer).status, 401)
        refused = self.ask(self.second, "GET", f"{uploads}/app/tags/list", bearer)
        self.assertEqual(refused.status, 401)
        self.assertIn('error="insufficient_scope"', refused.headers["www-authenticate"])
        for server in (self.first, self.second):
            response = self.ask(server, "DELETE", f"{REGISTRIES}/{IMAGES}", bearer)
            self.assertEqual((response.status, json.loads(response.body)["code"]), (401, "bearer_elsewhere"))

    def test_a_deleted_token_ends_its_bearers_at_both(self):
        made = self.first.ctl("token", "create", host.ORGANIZATION, "--scopes", "read_packages,write_packages")
        bearer = self.bearer(self.first, made["token"], f"{IMAGES}/app:pull,push")
        target = f"/v2/{host.ORGANIZATION}/{IMAGES}/app/blobs/uploads/"
        for server in (self.first, self.second):
            self.assertEqual(self.ask(server, "POST", target, bearer).status, 202)
        self.first.ctl("token", "delete", host.ORGANIZATION, made["id"])
        for server in (self.first, self.second):
            self.assertEqual(self.ask(server, "POST", target, bearer).status, 401)
            self.assertEqual(self.ask(server, "GET", "/-/token", made["token"]).status, 401)

    def test_registry_tokens_are_hidden_at_both_while_their_registry_is_public(self):
        manage = self.first.make_token("read_registries,write_registries")
        made = self.first.ctl("token", "create-registry", host.ORGANIZATION, host.REGISTRY)
        tokens = f"{REGISTRIES}/{host.REGISTRY}/tokens"
        self.assertEqual(self.first.publish("a-1.0.0.bin", b"bytes").status, 200)
        for switch, status, anonymous in (("--public", 404, 200), ("--private", 200, 401)):
            self.first.ctl("registry", "update", host.ORGANIZATION, host.REGISTRY, switch)
            for server in (self.first, self.second):
                path = server.file_path("a-1.0.0.bin")
                response = self.ask(server, "GET", tokens, manage)
                self.assertEqual(response.status, status)
                self.assertEqual(b"tokens_hidden" in response.body, status == 404)
                self.assertEqual(self.ask(server, "GET", f"{tokens}/{made['id']}", manage).status, status)
                self.assertEqual(self.ask(server, "GET", path, made["token"]).status, 200)
                self.assertEqual(self.ask(server, "GET", path).status, anonymous)


if __name__ == "__main__":
    host.main()
