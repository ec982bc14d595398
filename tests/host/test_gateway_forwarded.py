#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""registry.fcgi behind nginx and registry.cgi behind Apache, with a proxy in front of the web server: what it forwards
counts where the file of options trusts its network, and nowhere else.
Labels: release"""
import os
import unittest

import gateway
import gateway_cases
import host

gateway.skip_without(gateway.NGINX or gateway.APACHE, os.path.join(gateway.BUILD, "bin", "registry.fcgi"))

FORWARDED = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "packages.test", "X-Forwarded-Proto": "https",
             "X-Forwarded-Port": "8443", "Forwarded": "for=1.2.3.4;host=evil.test;proto=http"}
CLIENT = "203.0.113.7"


class Nginx(gateway.Nginx):
    trusted = None

    def start_registry(self):
        gateway.write(self.path("options"), f"trust-forwarded = {self.trusted}\n")
        os.environ["REGISTRY_CONFIG"] = self.path("options")
        try:
            super().start_registry()
        finally:
            del os.environ["REGISTRY_CONFIG"]


class Apache(gateway.Apache):
    trusted = None

    def __init__(self):
        super().__init__("cgid")

    def settings(self, name):
        gateway.write(self.path("options"), f"trust-forwarded = {self.trusted}\n")
        text = super().settings(name)
        wanted = "#SetEnv REGISTRY_CONFIG /etc/registry.conf"
        assert wanted in text
        return text.replace(wanted, f"SetEnv REGISTRY_CONFIG {self.path('options')}")


class Cases:
    kind = None
    trusted = None

    @classmethod
    def setUpClass(cls):
        cls.site = type("Site", (cls.kind,), {"trusted": cls.trusted})()
        cls.addClassCleanup(cls.site.close)
        cls.site.token = cls.site.ctl("token", "create", gateway.ORGANIZATION, "--scopes",
                                      "read_packages,write_packages,read_registries")["token"]

    def ask(self, method, path, body=None, more=None):
        headers = {"Host": "inner.test", **self.site.authorization(), **FORWARDED, **(more or {})}
        return self.site.request(method, path, headers, body)

    def links_and_addresses(self):
        body, content_type = self.site.form("forwarded-1.0.0.bin", b"content")
        answer = self.ask("POST", gateway_cases.PACKAGES, body, {"Content-Type": content_type})
        self.assertEqual(answer.status, 200, answer.body)
        listing = self.ask("GET", gateway_cases.PACKAGES)
        self.assertEqual(listing.status, 200, listing.body)
        events = self.ask("GET", f"/v2/packages/organizations/{gateway.ORGANIZATION}/audit").json()["items"]
        addresses = [event["remote_address"] for event in events if event["type"] == "PackageCreatedEvent"]
        return listing.json()["links"]["self"], addresses


class TrustedCases(Cases):
    trusted = "127.0.0.1"

    def test_what_the_proxy_forwards_counts(self):
        link, addresses = self.links_and_addresses()
        self.assertEqual(link, f"https://packages.test:8443{self.site.url_prefix}{gateway_cases.PACKAGES}")
        self.assertEqual(addresses, [CLIENT])


class OtherCases(Cases):
    trusted = "192.0.2.0/24"

    def test_what_other_peers_forward_is_ignored(self):
        link, addresses = self.links_and_addresses()
        self.assertEqual(link, f"http://inner.test{self.site.url_prefix}{gateway_cases.PACKAGES}")
        self.assertEqual(addresses, ["127.0.0.1"])


HAS_NGINX = gateway.NGINX is not None and os.path.exists(gateway.FASTCGI_PARAMS)
HAS_APACHE = gateway.APACHE is not None and os.path.exists(f"{gateway.MODULES}/mod_cgid.so")


@unittest.skipUnless(HAS_NGINX, "nginx is not installed")
class TrustedByNginx(TrustedCases, unittest.TestCase):
    kind = Nginx


@unittest.skipUnless(HAS_NGINX, "nginx is not installed")
class OtherByNginx(OtherCases, unittest.TestCase):
    kind = Nginx


@unittest.skipUnless(HAS_APACHE, "Apache with mod_cgid is not installed")
class TrustedByApache(TrustedCases, unittest.TestCase):
    kind = Apache


@unittest.skipUnless(HAS_APACHE, "Apache with mod_cgid is not installed")
class OtherByApache(OtherCases, unittest.TestCase):
    kind = Apache


host.main()
