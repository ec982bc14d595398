#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Labels: release
"""Loads libregistry.so as Python programs do, and calls it with nothing but ctypes."""
import ctypes
import hashlib
import json
import os
import re
import sys
import tempfile
import unittest

if os.environ.get("LREG_SANITIZE"):
    print("skipped: a sanitizer's library cannot be loaded into an ordinary python3")
    sys.exit(77)

SOURCE = os.environ["LREG_SOURCE"]
LIBRARY = os.path.join(os.environ["LREG_LIB"], "libregistry.so")


def version_of_headers():
    with open(os.path.join(SOURCE, "include/libregistry/abi.h"), encoding="utf-8") as file:
        return re.search(r'LREG_VERSION_STRING "([^"]+)"', file.read()).group(1)


def kept_symbols():
    with open(os.path.join(SOURCE, "tests/abi/symbols.txt"), encoding="utf-8") as file:
        return [line.split()[0] for line in file if not line.startswith("#")]


def contract(library):
    """Teaches ctypes the functions that are used here; those that are not named give a status."""
    texts = ("version_string", "error_message", "error_code", "registry_id", "registry_slug", "package_digest",
             "package_id", "token_secret")
    for name in kept_symbols():
        getattr(library, name).restype = ctypes.c_int32
    for name in texts:
        getattr(library, "lreg_" + name).restype = ctypes.c_char_p
    for name in ("lreg_package_size_bytes", "lreg_content_length"):
        getattr(library, name).restype = ctypes.c_uint64
    library.lreg_exchange_content_length.restype = ctypes.c_int64
    for name in [name for name in kept_symbols() if name.endswith(("_free", "_close", "_reset"))]:
        getattr(library, name).restype = None
        getattr(library, name).argtypes = [ctypes.c_void_p]
    return library


class Failure(Exception):
    def __init__(self, status, code, message):
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


class Registry:
    """An instance in a folder; every call raises what its error object says."""

    def __init__(self, folder):
        self.library = contract(ctypes.CDLL(LIBRARY))
        self.instance = None
        options = self.give("options_new")
        try:
            self.call("options_set_directory", options, folder.encode())
            self.instance = self.give("open", options)
        finally:
            self.library.lreg_options_free(options)

    def close(self):
        self.library.lreg_close(self.instance)

    def call(self, name, *arguments):
        error = ctypes.c_void_p()
        status = getattr(self.library, "lreg_" + name)(*arguments, ctypes.byref(error))
        if status == 0:
            assert not error.value
            return
        try:
            raise Failure(status, self.text("error_code", error), self.text("error_message", error))
        finally:
            self.library.lreg_error_free(error)

    def give(self, name, *arguments):
        """A call whose last parameter but the error is a handle that it gives."""
        out = ctypes.c_void_p()
        self.call(name, *arguments, ctypes.byref(out))
        return out

    def text(self, name, *arguments):
        return getattr(self.library, "lreg_" + name)(*arguments).decode()


class Ctypes(unittest.TestCase):
    def setUp(self):
        self.library = ctypes.CDLL(LIBRARY)

    def test_version_string_is_that_of_the_headers(self):
        self.library.lreg_version_string.restype = ctypes.c_char_p
        self.assertEqual(self.library.lreg_version_string().decode(), version_of_headers())

    def test_version_number_is_that_of_the_headers(self):
        major, minor, patch = (int(part) for part in version_of_headers().split("."))
        self.library.lreg_version_number.restype = ctypes.c_int32
        self.assertEqual(self.library.lreg_version_number(), major * 1000000 + minor * 1000 + patch)

    def test_every_kept_symbol_is_found(self):
        names = kept_symbols()
        self.assertTrue(names)
        for name in names:
            self.assertTrue(hasattr(self.library, name), name)

    def test_nothing_else_is_found(self):
        for name in ("error_set", "memory_allocate", "storage_open", "meta_open"):
            self.assertFalse(hasattr(self.library, name), name)


class Instance(unittest.TestCase):
    """The main job by ctypes alone: publish bytes, answer an HTTP request."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.registry = Registry(self.folder.name)
        self.addCleanup(self.registry.close)
        self.library = self.registry.library
        self.call, self.give, self.text = self.registry.call, self.registry.give, self.registry.text

    def make_registry(self):
        instance = self.registry.instance
        self.call("organization_create", instance, b"acme", None, None)
        settings = self.give("registry_settings_new")
        self.addCleanup(self.library.lreg_registry_settings_free, settings)
        for setting, value in ((1, b"My files"), (6, b"files")):
            self.call("registry_settings_set_text", settings, setting, value)
        registry = self.give("registry_create", instance, b"acme", settings)
        self.addCleanup(self.library.lreg_registry_free, registry)
        return registry

    def publish(self, registry, filename, content):
        publication = self.give("publication_begin", self.registry.instance, registry, filename)
        try:
            for at in range(0, len(content), 7):
                piece = content[at:at + 7]
                self.call("publication_write", publication, piece, ctypes.c_size_t(len(piece)))
            package, created = ctypes.c_void_p(), ctypes.c_int32()
            self.call("publication_finish", publication, ctypes.byref(package), ctypes.byref(created))
        finally:
            self.library.lreg_publication_free(publication)
        self.addCleanup(self.library.lreg_package_free, package)
        return package, created.value

    def get(self, target, secret=None):
        """Status, fields and body of a request through the exchange."""
        exchange = self.give("exchange_new", self.registry.instance)
        try:
            self.call("exchange_set_request", exchange, b"GET", target)
            self.call("exchange_add_header", exchange, b"Host", b"localhost")
            if secret is not None:
                self.call("exchange_add_header", exchange, b"Authorization", b"Bearer " + secret)
            self.call("exchange_begin", exchange)
            return self.library.lreg_exchange_status(exchange), self.fields(exchange), self.body(exchange)
        finally:
            self.library.lreg_exchange_free(exchange)

    def fields(self, exchange):
        found, name, value = {}, ctypes.c_char_p(), ctypes.c_char_p()
        while self.library.lreg_exchange_header_at(exchange, ctypes.c_size_t(len(found)), ctypes.byref(name),
                                                   ctypes.byref(value)):
            found[name.value.decode().lower()] = value.value.decode()
        return found

    def body(self, exchange):
        buffer, got, content = ctypes.create_string_buffer(5), ctypes.c_size_t(1), b""
        while got.value > 0:
            self.call("exchange_read", exchange, buffer, ctypes.c_size_t(len(buffer)), ctypes.byref(got))
            content += buffer.raw[:got.value]
        return content

    def test_what_is_published_comes_back_over_http(self):
        content = bytes(range(256)) * 3
        registry = self.make_registry()
        self.assertEqual(self.text("registry_slug", registry), "my-files")
        package, created = self.publish(registry, b"app-1.0.0.bin", content)
        self.assertEqual(created, 1)
        self.assertEqual(self.library.lreg_package_size_bytes(package), len(content))
        self.assertEqual(self.text("package_digest", package, b"sha256"), hashlib.sha256(content).hexdigest())
        _, created = self.publish(registry, b"app-1.0.0.bin", content)
        self.assertEqual(created, 0)

        token = ctypes.c_void_p()
        self.call("token_create", self.registry.instance, b"acme", b"ctypes", b"read_packages", ctypes.c_int64(0),
                  ctypes.byref(token))
        self.addCleanup(self.library.lreg_token_free, token)
        secret = self.library.lreg_token_secret(token)
        status, fields, body = self.get(b"/acme/my-files/files/app-1.0.0.bin", secret)
        self.assertEqual(status, 200)
        self.assertEqual(body, content)
        self.assertIn("etag", fields)
        status, _, body = self.get(b"/acme/my-files/files/app-1.0.0.bin")
        self.assertEqual(status, 401)
        self.assertNotIn(content[:16], body)

    def test_errors_tell_status_code_and_message(self):
        registry = self.make_registry()
        with self.assertRaises(Failure) as caught:
            self.call("organization_create", self.registry.instance, b"acme", None, None)
        self.assertEqual((caught.exception.status, caught.exception.code), (6, "slug_taken"))
        self.publish(registry, b"a.txt", b"one")
        with self.assertRaises(Failure) as caught:
            self.publish(registry, b"a.txt", b"two")
        self.assertEqual((caught.exception.status, caught.exception.code), (6, "package_exists"))
        self.assertIn("a.txt", caught.exception.message)
        with self.assertRaises(Failure) as caught:
            self.call("organization_delete", None, b"acme")
        self.assertEqual((caught.exception.status, caught.exception.code), (1, "null_argument"))

    def test_responses_of_refusal_are_no_failures_of_the_call(self):
        status, fields, body = self.get(b"/v2/packages/organizations/nobody/registries")
        self.assertEqual(status, 401)
        self.assertTrue(fields["content-type"].startswith("application/json"))
        self.assertIn("message", json.loads(body))

    def test_another_opening_sees_what_is_there(self):
        self.publish(self.make_registry(), b"a.txt", b"content")
        other = Registry(self.folder.name)
        self.addCleanup(other.close)
        found = other.give("registry_find", other.instance, b"acme", b"my-files")
        self.addCleanup(other.library.lreg_registry_free, found)
        package = other.give("package_find_by_filename", other.instance, found, b"a.txt")
        self.addCleanup(other.library.lreg_package_free, package)
        self.assertEqual(other.library.lreg_package_size_bytes(package), 7)


if __name__ == "__main__":
    result = unittest.main(verbosity=0, exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
