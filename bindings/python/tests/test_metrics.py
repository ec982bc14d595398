# SPDX-License-Identifier: Apache-2.0
"""Metrics through the binding, and the option that opens /-/metrics."""
import io

import pytest

import libregistry


def test_metrics_have_names_labels_and_values(instance, organization):
    registry = organization.create_registry("files", ecosystem="files")
    registry.publish(io.BytesIO(b"content"), "app-1.0.0.zip")
    found = {(one.name, tuple(one.labels.values())): one for one in instance.metrics()}
    stored = found["libregistry_storage_bytes", ("local",)]
    assert (stored.family, stored.type, stored.value) == ("libregistry_storage_bytes", "gauge", 7)
    assert stored.labels == {"storage": "local"} and stored.help
    assert found["libregistry_start_time_seconds", ()].value > 1e9
    bucket = found["libregistry_http_request_duration_seconds_bucket", ("rest", "+Inf")]
    assert (bucket.family, bucket.type) == ("libregistry_http_request_duration_seconds", "histogram")


def test_metrics_are_selected(instance):
    assert [one.name for one in instance.metrics("libregistry_database_up")] == ["libregistry_database_up"]
    assert list(instance.metrics("libregistry_database_up", memory_only=True)) == []
    with instance.metrics() as listing:
        next(listing)
    with pytest.raises(libregistry.ClosedError):
        next(listing)


@pytest.mark.parametrize("access, status", [("anyone", 200), ("token", 401), ("off", 404), (None, 401)])
def test_metrics_access(access, status):
    with libregistry.Instance(metrics_access=access) as opened:
        assert opened.dispatch("GET", "/-/metrics").status == status


def test_metrics_access_is_one_of_three_words():
    with pytest.raises(libregistry.BadArgumentError):
        libregistry.Instance(metrics_access="everyone")
