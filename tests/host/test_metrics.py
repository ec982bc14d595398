#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Metrics of a running server: their format, what they count, that docs/metrics.md lists them, and registryctl."""
import os
import re
import subprocess
import unittest

import host

host.skip_without_programs()

SOURCE = os.environ.get("LREG_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\d+(?:\.\d+)?)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


def read_labels(text):
    """The labels of a sample; refuses what is not well-formed, and repeated names."""
    labels, at = {}, 0
    while at < len(text):
        found = LABEL.match(text, at)
        assert found, text
        assert found[1] not in labels, text
        labels[found[1]] = found[2]
        at = found.end()
    return labels


class Page:
    """Parses the text format strictly: HELP and TYPE once, before all samples of a family; no sample twice."""

    def __init__(self, text, is_open=False):
        self.help, self.types, self.samples = {}, {}, {}
        assert text.endswith("\n")
        lines = text[:-1].split("\n")
        if is_open:
            assert lines.pop() == "# EOF"
        family = None
        for line in lines:
            words = line.split(" ", 3)
            if words[:2] == ["#", "HELP"]:
                family = words[2]
                assert family not in self.help, line
                assert words[3], line
                self.help[family] = words[3]
            elif words[:2] == ["#", "TYPE"]:
                assert words[2] == family and family not in self.types and words[3] in SUFFIXES, line
                self.types[family] = words[3]
            else:
                self.take_sample(line, family, is_open)
        assert self.help.keys() == self.types.keys()
        self.check_histograms()

    def take_sample(self, line, family, is_open):
        found = SAMPLE.fullmatch(line)
        assert found, line
        kind = self.types[family]
        endings = ("_total",) if is_open and kind == "counter" else SUFFIXES[kind]
        assert found[1] in [family + ending for ending in endings], line
        key = (found[1], tuple(sorted(read_labels(found[2] or "").items())))
        assert key not in self.samples, line
        self.samples[key] = float(found[3])

    def check_histograms(self):
        for (name, labels), value in self.samples.items():
            if not name.endswith("_bucket"):
                continue
            rest = [pair for pair in labels if pair[0] != "le"]
            bound = dict(labels)["le"]
            if bound == "+Inf":
                assert value == self.value(name[:-len("_bucket")] + "_count", **dict(rest)), name
            smaller = [other for (again, others), other in self.samples.items()
                       if again == name and [pair for pair in others if pair[0] != "le"] == rest
                       and float(dict(others)["le"]) < float(bound)]
            assert all(other <= value for other in smaller), name

    def value(self, name, **labels):
        return self.samples.get((name, tuple(sorted(labels.items()))))


class Metrics(unittest.TestCase):
    def setUp(self):
        self.server = host.Registryd()
        self.addCleanup(self.server.close)
        self.server.token = self.server.make_token("read_packages,write_packages,read_metrics")

    def page(self, more="", is_open=False):
        response = self.server.get("/-/metrics", more)
        self.assertEqual(response.status, 200)
        return Page(response.body.decode("ascii"), is_open)

    def test_requests_are_counted(self):
        self.server.publish("app-1.0.0.zip", b"x" * 1000)
        path = self.server.file_path("app-1.0.0.zip")
        for _ in range(3):
            self.assertEqual(self.server.get(path).status, 200)
        self.assertEqual(self.server.get(self.server.file_path("absent.zip")).status, 404)
        page = self.page()
        self.assertEqual(page.value("libregistry_http_requests_total", surface="files", code="200"), 3)
        self.assertEqual(page.value("libregistry_http_requests_total", surface="files", code="404"), 1)
        self.assertEqual(page.value("libregistry_http_request_duration_seconds_count", surface="files"), 4)
        self.assertGreater(page.value("libregistry_http_request_duration_seconds_sum", surface="files"), 0)
        self.assertGreaterEqual(page.value("libregistry_http_sent_bytes_total", surface="files"), 3000)
        self.assertEqual(page.value("libregistry_uploads_finished_total", kind="request"), 1)
        self.assertEqual(page.value("libregistry_storage_objects", storage="local"), 1)
        self.assertEqual(page.value("libregistry_storage_bytes", storage="local"), 1000)
        self.assertEqual(page.value("libregistry_database_up"), 1)
        self.assertGreater(page.value("libregistry_cache_hits_total", cache="metadata"), 0)

    def test_counters_begin_again_with_the_process_and_sizes_stay(self):
        self.server.publish("app-1.0.0.zip", b"x" * 1000)
        before = self.page()
        self.server.stop()
        self.server.start()
        after = self.page()
        self.assertEqual(after.value("libregistry_uploads_finished_total", kind="request"), 0)
        self.assertEqual(after.value("libregistry_storage_objects", storage="local"), 1)
        self.assertGreater(after.value("libregistry_start_time_seconds"),
                           before.value("libregistry_start_time_seconds"))

    def test_openmetrics_has_the_same_samples(self):
        plain = self.page()
        opened = self.page("Accept: application/openmetrics-text; version=1.0.0\r\n", True)
        self.assertLessEqual(plain.samples.keys(), opened.samples.keys())

    def test_the_documents_have_what_a_server_shows(self):
        page = self.page()
        with open(os.path.join(SOURCE, "docs", "metrics.md"), encoding="utf-8") as file:
            text = file.read()
        rows = re.findall(r"^\| `(libregistry_\w+)` \| (\w+) \| (.*?) \| \w+ \| (.*?) \|$", text, re.MULTILINE)
        self.assertEqual({name: (kind, note) for name, kind, _, note in rows},
                         {name: (kind, page.help[name]) for name, kind in page.types.items()})
        labels = {name: set(re.findall(r"`(\w+)`", words)) for name, _, words, _ in rows}
        for name, pairs in page.samples:
            family = next(one for one in (name, re.sub("_(bucket|sum|count)$", "", name)) if one in labels)
            self.assertLessEqual({label for label, _ in pairs}, labels[family], name)
        codes = {dict(pairs)["code"] for name, pairs in page.samples if name == "libregistry_refusals_total"}
        self.assertLessEqual(codes, set(re.findall(r"`(\w+)`", text)))

    def test_every_listed_code_is_one_of_the_library(self):
        folder = os.path.join(SOURCE, "libregistry")
        found = set()
        for path, _, names in os.walk(folder):
            for name in names:
                if name.endswith(".c") and not (name == "metrics.c" and path.endswith("instance")):
                    with open(os.path.join(path, name), encoding="utf-8") as file:
                        found.update(re.findall(r'"([a-z_]+)"', file.read()))
        codes = {dict(pairs)["code"] for name, pairs in self.page().samples if name == "libregistry_refusals_total"}
        self.assertEqual(codes - found, {"other"} - found)

    def test_access(self):
        token, self.server.token = self.server.token, None
        self.assertEqual(self.server.get("/-/metrics").status, 401)
        self.server.token = self.server.make_token("read_packages")
        self.assertEqual(self.server.get("/-/metrics").status, 403)
        self.server.token = token
        self.assertEqual(self.server.get("/-/metrics").status, 200)

    def test_registryctl_shows_the_directory(self):
        self.server.publish("app-1.0.0.zip", b"x" * 1000)
        done = subprocess.run([host.program("registryctl"), "--data", self.server.data, "metrics"],
                              capture_output=True, text=True, check=True)
        page = Page(done.stdout)
        self.assertEqual(page.value("libregistry_storage_bytes", storage="local"), 1000)
        rows = self.server.ctl("metrics", "libregistry_storage_objects")
        self.assertEqual(rows, [{"name": "libregistry_storage_objects", "type": "gauge",
                                 "labels": {"storage": "local"}, "value": "1"}])


class Access(unittest.TestCase):
    def status(self, *options):
        with host.Registryd(*options) as server:
            server.token = None
            return server.get("/-/metrics").status

    def test_options_of_registryd(self):
        self.assertEqual(self.status("--metrics", "anyone"), 200)
        self.assertEqual(self.status("--metrics", "token"), 401)
        self.assertEqual(self.status("--metrics", "off"), 404)
        self.assertEqual(self.status("--set", "metrics-access=anyone"), 200)


if __name__ == "__main__":
    unittest.main()
