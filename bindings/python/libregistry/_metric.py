# SPDX-License-Identifier: Apache-2.0
"""Metrics: what an instance has counted, and the sizes it knows."""

from __future__ import annotations

import ctypes
from typing import Any, Dict, NamedTuple, Optional

from . import _abi, _handle
from ._base import Listing


class Metric(NamedTuple):
    """One sample; from Instance.metrics()."""

    #: Of the sample: the family's, for a histogram with "_bucket", "_sum" or "_count" behind it.
    name: str
    #: Such as "libregistry_http_requests_total".
    family: str
    #: "counter", "gauge" or "histogram".
    type: str
    #: What the family counts.
    help: str
    labels: Dict[str, str]
    #: In the unit of the name: seconds, bytes, or a number of things.
    value: float


def _decoded(value: Optional[bytes]) -> str:
    return (value or b"").decode("utf-8", "replace")


def _labels(handle: _handle.Handle) -> Dict[str, str]:
    found: Dict[str, str] = {}
    name, value = ctypes.c_char_p(), ctypes.c_char_p()
    while _handle.get("lreg_metric_label_at", handle, len(found), ctypes.byref(name), ctypes.byref(value)):
        found[_decoded(name.value)] = _decoded(value.value)
    return found


def _read(instance: _handle.Handle, pointer: Any) -> Metric:
    handle = _handle.Handle("metric", pointer, _handle.ending("lreg_metric_free"), instance)
    value, decimals = _handle.get("lreg_metric_value", handle), _handle.get("lreg_metric_decimals", handle)
    name, family, kind, note = (_decoded(_handle.get(f"lreg_metric_{member}", handle))
                                for member in ("name", "family", "type", "help"))
    return Metric(name, family, kind, note, _labels(handle), value / 10**decimals if decimals else value)


def metrics(instance: _handle.Handle, prefix: Optional[str], memory_only: bool) -> Listing[Metric]:
    """The samples of all families whose name begins with `prefix`."""
    flags = _abi.LREG_METRICS_MEMORY_ONLY if memory_only else 0
    options = _abi.sized(_abi.lreg_metrics_filter, flags=flags, name_prefix=_handle.optional_text(prefix, "prefix"))
    return Listing("metrics", _abi.lreg_metrics_list, _abi.lreg_metric, lambda pointer: _read(instance, pointer),
                   instance, ctypes.byref(options))
