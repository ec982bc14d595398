# SPDX-License-Identifier: Apache-2.0
"""The C ABI for ctypes: constants, handles, structs, callbacks, and every exported function.

Nothing here calls the library; `_library` loads it and sets these types. The tests compare this module with the
description generated from the C headers. Each handle is a pointer to an incomplete struct of its own type, so that
ctypes rejects a registry where a package is expected.
"""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any, Dict, Tuple

LREG_UPKEEP_COLLECT_NOW = 262144
LREG_UPKEEP_COMPACT = 1048576
LREG_UPKEEP_ELSEWHERE = 2
LREG_UPKEEP_HAS_MORE = 1
LREG_UPKEEP_NO_COLLECT = 65536
LREG_UPKEEP_NO_SCRUB = 131072
LREG_UPKEEP_TRUST_CLOCK = 524288

# The library version of these declarations.
LREG_VERSION_MAJOR = 0
LREG_VERSION_MINOR = 1
LREG_VERSION_PATCH = 0
LREG_VERSION_STRING = "0.1.0"
LREG_VERSION_NUMBER = 1000

LREG_OK = 0
LREG_BAD_ARGUMENT = 1
LREG_UNAUTHENTICATED = 2
LREG_FORBIDDEN = 3
LREG_NOT_FOUND = 4
LREG_METHOD_NOT_ALLOWED = 5
LREG_CONFLICT = 6
LREG_LENGTH_REQUIRED = 7
LREG_PRECONDITION_FAILED = 8
LREG_TOO_LARGE = 9
LREG_URI_TOO_LONG = 10
LREG_UNSUPPORTED = 11
LREG_RANGE = 12
LREG_UNPROCESSABLE = 13
LREG_TOO_MANY = 14
LREG_HEADERS_TOO_LARGE = 15
LREG_NO_MEMORY = 16
LREG_BUSY = 17
LREG_NO_SPACE = 18
LREG_IO = 19
LREG_CORRUPT = 20
LREG_MISUSE = 21
LREG_INTERNAL = 22
LREG_NOT_IMPLEMENTED = 23
LREG_UPSTREAM = 24
LREG_TIMEOUT = 25
LREG_CANCELLED = 26
LREG_PENDING = 27
LREG_HOST_STATUS = 1000
LREG_CAUSE_NONE = 0
LREG_CAUSE_ERRNO = 1
LREG_CAUSE_SQLITE = 2
LREG_CAUSE_HOST = 3
LREG_CAUSE_HTTP = 4
LREG_CAUSE_NET = 5
LREG_CAUSE_CRYPTO = 6

LREG_METRICS_ACCESS_OFF = 0
LREG_METRICS_ACCESS_TOKEN = 1
LREG_METRICS_ACCESS_ANYONE = 2
LREG_METRICS_MEMORY_ONLY = 65536

LREG_LIMIT_PACKAGE_BYTES = 1
LREG_LIMIT_BLOB_BYTES = 2
LREG_LIMIT_MANIFEST_BYTES = 3
LREG_LIMIT_JSON_BYTES = 4
LREG_LIMIT_JSON_DEPTH = 5
LREG_LIMIT_TARGET_BYTES = 6
LREG_LIMIT_HEADER_BYTES = 7
LREG_LIMIT_HEADERS = 8
LREG_LIMIT_MULTIPART_PARTS = 9
LREG_LIMIT_PART_HEADER_BYTES = 10
LREG_LIMIT_ARCHIVE_ENTRIES = 11
LREG_LIMIT_UNPACKED_BYTES = 12
LREG_LIMIT_UPLOADS = 13
LREG_SETTING_UPLOAD_AGE_MS = 14
LREG_SETTING_BLOB_GRACE_MS = 15
LREG_SETTING_BEARER_LIFETIME_MS = 16
LREG_SETTING_AUDIT_KEEP_MS = 17
LREG_SETTING_AUDIT_KEEP_EVENTS = 18
LREG_SETTING_CACHE_BYTES = 19
LREG_LIMIT_PACKAGE_UNPACKED_BYTES = 20
LREG_LIMIT_UNPACKED_RATIO = 21
LREG_LIMIT_ARCHIVE_MANIFEST_BYTES = 22
LREG_LIMIT_TOKEN_UPLOADS = 23
LREG_SETTING_UPLOAD_IDLE_MS = 24
LREG_FORWARDED_HEADER_X_FORWARDED = 0
LREG_FORWARDED_HEADER_FORWARDED = 1

LREG_WANTS_NOTHING = 0
LREG_WANTS_BODY = 1
LREG_WANTS_RESPONSE = 2
LREG_WANTS_WORK = 3

LREG_PIECE_END = 0
LREG_PIECE_BYTES = 1
LREG_PIECE_FILE = 2
LREG_PIECE_WAIT = 3

LREG_BACKUP_LINK = 1
LREG_COLLECT_HAS_MORE = 1
LREG_DISPATCH_READS_ALL = 1

LREG_LOG_ERROR = 1
LREG_LOG_WARNING = 2
LREG_LOG_INFO = 3
LREG_LOG_DEBUG = 4

LREG_STORAGE_NAME_MAX = 63
LREG_STORAGE_KEY_MAX = 255
LREG_STORAGE_STAGE_NAME_MAX = 63
LREG_STORAGE_PATH_MAX = 1023
LREG_STORAGE_STAGES = 1
LREG_STORAGE_OBJECTS = 2
LREG_STORAGE_IS_REMOTE = 1
LREG_STORAGE_SHARES_OBJECTS = 4
LREG_STORAGE_CLOSES_IN_CHILD = 8


class lreg_instance(Structure):
    """Opaque."""


class lreg_options(Structure):
    """Opaque."""


class lreg_failure(Structure):
    """Opaque."""


class lreg_error(Structure):
    """Opaque."""


class lreg_organization(Structure):
    """Opaque."""


class lreg_organization_list(Structure):
    """Opaque."""


class lreg_registry(Structure):
    """Opaque."""


class lreg_registry_list(Structure):
    """Opaque."""


class lreg_registry_settings(Structure):
    """Opaque."""


class lreg_organization_settings(Structure):
    """Opaque."""


class lreg_token_settings(Structure):
    """Opaque."""


class lreg_package(Structure):
    """Opaque."""


class lreg_package_list(Structure):
    """Opaque."""


class lreg_publication(Structure):
    """Opaque."""


class lreg_package_reader(Structure):
    """Opaque."""


class lreg_token(Structure):
    """Opaque."""


class lreg_token_list(Structure):
    """Opaque."""


class lreg_metric(Structure):
    """Opaque."""


class lreg_metrics_list(Structure):
    """Opaque."""


class lreg_upload(Structure):
    """Opaque."""


class lreg_upload_list(Structure):
    """Opaque."""


class lreg_audit_event(Structure):
    """Opaque."""


class lreg_audit_event_list(Structure):
    """Opaque."""


class lreg_exchange(Structure):
    """Opaque."""


class lreg_organization_filter(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32)]


class lreg_registry_filter(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32)]


class lreg_package_filter(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("name_contains", c_char_p)]


class lreg_token_filter(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32)]


class lreg_upload_filter(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32)]


class lreg_audit_event_filter(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("organization_id", c_char_p)]


class lreg_finding(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("message", c_char_p)]


lreg_finding_function = CFUNCTYPE(c_int32, c_void_p, POINTER(lreg_finding))


class lreg_verify_options(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("finding", lreg_finding_function), ("user", c_void_p)]


class lreg_collect_options(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("grace_ms", c_int64)]


class lreg_backup_options(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32)]


class lreg_verify_report(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("blobs", c_uint64),
        ("blob_bytes", c_uint64),
        ("documents", c_uint64),
        ("missing", c_uint64),
        ("damaged", c_uint64),
        ("unnamed_objects", c_uint64),
        ("dangling", c_uint64),
        ("unreadable", c_uint64),
    ]


class lreg_collect_report(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("uploads", c_uint64),
        ("stages", c_uint64),
        ("blobs", c_uint64),
        ("blob_bytes", c_uint64),
        ("objects", c_uint64),
        ("audit_events", c_uint64),
    ]


class lreg_piece(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("kind", c_int32),
        ("bytes", c_void_p),
        ("length", c_uint64),
        ("file_offset", c_int64),
        ("file", c_int32),
        ("reserved", c_int32),
    ]


_size_p = POINTER(c_size_t)
_failure_p = POINTER(lreg_failure)
_int32_p = POINTER(c_int32)
_int64_p = POINTER(c_int64)
_uint64_p = POINTER(c_uint64)
_void_pp = POINTER(c_void_p)
# A buffer for a callback to fill with text. ctypes would convert c_char_p to bytes, which are not writable.
_room = c_void_p

class lreg_dispatch_io(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("user", c_void_p),
        ("read", CFUNCTYPE(c_int32, c_void_p, c_void_p, c_size_t, _size_p)),
        ("write_head", CFUNCTYPE(c_int32, c_void_p, POINTER(lreg_exchange))),
        ("write", CFUNCTYPE(c_int32, c_void_p, c_void_p, c_size_t)),
        ("send_file", CFUNCTYPE(c_int32, c_void_p, POINTER(lreg_exchange), c_char_p)),
    ]


class lreg_upkeep_options(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("budget_ms", c_int64),
        ("grace_ms", c_int64),
        ("collect_interval_ms", c_int64),
        ("scrub_interval_ms", c_int64),
        ("scrub_bytes_per_second", c_uint64),
    ]


class lreg_upkeep_report(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("next_ms", c_int64),
        ("clock_ahead_ms", c_int64),
        ("uploads", c_uint64),
        ("stages", c_uint64),
        ("blobs", c_uint64),
        ("blob_bytes", c_uint64),
        ("objects", c_uint64),
        ("audit_events", c_uint64),
        ("freed_bytes", c_uint64),
        ("scrubbed_blobs", c_uint64),
        ("scrubbed_documents", c_uint64),
        ("scrubbed_bytes", c_uint64),
        ("missing", c_uint64),
        ("damaged", c_uint64),
        ("unreadable", c_uint64),
        ("healed", c_uint64),
    ]


class lreg_metrics_filter(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name_prefix", c_char_p),
    ]


class lreg_allocator(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("user", c_void_p),
        ("allocate", CFUNCTYPE(c_void_p, c_void_p, c_size_t)),
        ("reallocate", CFUNCTYPE(c_void_p, c_void_p, c_void_p, c_size_t)),
        ("release", CFUNCTYPE(None, c_void_p, c_void_p)),
    ]


class lreg_clock(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("user", c_void_p),
        ("now_ms", CFUNCTYPE(c_int64, c_void_p)),
        ("destroy", CFUNCTYPE(None, c_void_p)),
        ("uptime_ms", CFUNCTYPE(c_int64, c_void_p)),
    ]


class lreg_random(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("user", c_void_p),
        ("fill", CFUNCTYPE(c_int32, c_void_p, c_void_p, c_size_t, _failure_p)),
        ("destroy", CFUNCTYPE(None, c_void_p)),
    ]


class lreg_log(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("level", c_int32),
        ("user", c_void_p),
        ("write", CFUNCTYPE(None, c_void_p, c_int32, c_char_p)),
        ("destroy", CFUNCTYPE(None, c_void_p)),
    ]


executor_task = CFUNCTYPE(None, c_void_p)


class lreg_executor(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("user", c_void_p),
        ("run", CFUNCTYPE(c_int32, c_void_p, executor_task, c_void_p)),
        ("destroy", CFUNCTYPE(None, c_void_p)),
    ]


class lreg_stage_info(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("expected_length", c_int64)]


class lreg_object_info(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("digest", c_char_p), ("length", c_uint64)]


class lreg_read_info(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("expected_length", c_int64),
        ("offset", c_uint64),
        ("length", c_int64),
    ]


class lreg_list_info(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("after", c_char_p),
        ("what", c_int32),
        ("reserved", c_uint32),
    ]


class lreg_storage_backend(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("stage_create", CFUNCTYPE(c_int32, c_void_p, c_char_p, POINTER(lreg_stage_info), _void_pp, _failure_p)),
        ("stage_reopen", CFUNCTYPE(c_int32, c_void_p, c_char_p, c_uint64, _void_pp, _failure_p)),
        ("stage_write", CFUNCTYPE(c_int32, c_void_p, c_void_p, c_void_p, c_size_t, _failure_p)),
        ("stage_sync", CFUNCTYPE(c_int32, c_void_p, c_void_p, _uint64_p, _failure_p)),
        ("stage_close", CFUNCTYPE(None, c_void_p, c_void_p)),
        ("stage_drop", CFUNCTYPE(None, c_void_p, c_void_p)),
        ("stage_remove", CFUNCTYPE(c_int32, c_void_p, c_char_p, _failure_p)),
        ("stage_commit",
         CFUNCTYPE(c_int32, c_void_p, c_void_p, POINTER(lreg_object_info), _room, c_size_t, _failure_p)),
        ("object_open",
         CFUNCTYPE(c_int32, c_void_p, c_char_p, POINTER(lreg_read_info), _void_pp, _uint64_p, _failure_p)),
        ("object_read", CFUNCTYPE(c_int32, c_void_p, c_void_p, c_uint64, c_void_p, c_size_t, _size_p, _failure_p)),
        ("object_descriptor", CFUNCTYPE(c_int32, c_void_p, c_void_p, _int32_p, _uint64_p, _failure_p)),
        ("object_close", CFUNCTYPE(None, c_void_p, c_void_p)),
        ("object_remove", CFUNCTYPE(c_int32, c_void_p, c_char_p, _failure_p)),
        ("list_open", CFUNCTYPE(c_int32, c_void_p, POINTER(lreg_list_info), _void_pp, _failure_p)),
        ("list_next", CFUNCTYPE(c_int32, c_void_p, c_void_p, _room, c_size_t, _int64_p, _uint64_p, _failure_p)),
        ("list_close", CFUNCTYPE(None, c_void_p, c_void_p)),
        ("destroy", CFUNCTYPE(None, c_void_p)),
        ("object_path", CFUNCTYPE(c_int32, c_void_p, c_void_p, _room, c_size_t, _failure_p)),
    ]


def _functions() -> Dict[str, Tuple[Any, Tuple[Any, ...]]]:
    """Result and parameter types of each function."""
    text, status, boolean = c_char_p, c_int32, c_int32
    instance, options, error = POINTER(lreg_instance), POINTER(lreg_options), POINTER(lreg_error)
    organization, organizations = POINTER(lreg_organization), POINTER(lreg_organization_list)
    registry, registries = POINTER(lreg_registry), POINTER(lreg_registry_list)
    organization_settings, settings = POINTER(lreg_organization_settings), POINTER(lreg_registry_settings)
    token_settings = POINTER(lreg_token_settings)
    package, packages = POINTER(lreg_package), POINTER(lreg_package_list)
    publication, reader = POINTER(lreg_publication), POINTER(lreg_package_reader)
    token, tokens = POINTER(lreg_token), POINTER(lreg_token_list)
    metric, metrics = POINTER(lreg_metric), POINTER(lreg_metrics_list)
    upload, uploads = POINTER(lreg_upload), POINTER(lreg_upload_list)
    event, events, exchange = POINTER(lreg_audit_event), POINTER(lreg_audit_event_list), POINTER(lreg_exchange)

    table: Dict[str, Tuple[Any, Tuple[Any, ...]]] = {}

    def plain(name: str, result: Any, *parameters: Any) -> None:
        table["lreg_" + name] = (result, parameters)

    def fails(name: str, *parameters: Any) -> None:
        """A function that returns a status and takes `err` as its last parameter."""
        plain(name, status, *parameters, POINTER(error))

    def ends(handle: Any, *names: str) -> None:
        for name in names:
            plain(name, None, handle)

    def accessors(prefix: str, handle: Any, result: Any, names: str) -> None:
        for name in names.split():
            plain(f"{prefix}_{name}", result, handle)

    def sets(prefix: str, handle: Any, kind: Any, names: str) -> None:
        for name in names.split():
            fails(f"{prefix}_settings_set_{name}", handle, kind)

    def settings_of(prefix: str, handle: Any) -> None:
        fails(f"{prefix}_settings_new", POINTER(handle))
        ends(handle, f"{prefix}_settings_free")

    def listing(prefix: str, handle: Any, item: Any, *parameters: Any) -> None:
        fails(f"{prefix}_list_open", instance, *parameters, POINTER(handle))
        fails(f"{prefix}_list_next", handle, POINTER(item))
        ends(handle, f"{prefix}_list_close")

    plain("version_string", text)
    plain("version_number", c_int32)
    plain("has_feature", boolean, text)
    accessors("error", error, text, "code message operation")
    accessors("error", error, c_int32, "status cause_domain")
    accessors("error", error, c_int64, "cause")
    ends(error, "error_free")
    plain("status_name", text, status)
    plain("status_http", c_int32, status)
    plain("failure_set", None, POINTER(lreg_failure), text, text)
    plain("failure_set_cause", None, POINTER(lreg_failure), c_int32, c_int64)
    plain("failure_set_retry_ms", None, POINTER(lreg_failure), c_int64)

    fails("options_new", POINTER(options))
    ends(options, "options_free")
    fails("options_set_directory", options, text)
    fails("options_set_base_url", options, text)
    fails("options_set_forwarded_header", options, c_int32)
    fails("options_set_forwarded_hops", options, c_int32)
    fails("options_trust_forwarded", options, text)
    fails("options_set_durable", options, boolean)
    fails("options_set_busy_timeout_ms", options, c_int32)
    fails("options_set", options, text, text)
    fails("options_load", options, text)
    fails("options_set_number", options, c_int32, c_uint64)
    fails("options_set_storage", options, text, POINTER(lreg_storage_backend), c_void_p)
    fails("options_set_memory_storage", options)
    fails("options_set_allocator", options, POINTER(lreg_allocator))
    fails("options_set_clock", options, POINTER(lreg_clock))
    fails("options_set_random", options, POINTER(lreg_random))
    fails("options_set_log", options, POINTER(lreg_log))
    fails("options_set_executor", options, POINTER(lreg_executor))
    fails("open", options, POINTER(instance))
    ends(instance, "close", "fork_end")
    fails("fork_begin", instance)
    fails("verify", instance, POINTER(lreg_verify_options), POINTER(lreg_verify_report))
    fails("collect", instance, POINTER(lreg_collect_options), POINTER(lreg_collect_report))
    fails("upkeep", instance, POINTER(lreg_upkeep_options), POINTER(lreg_upkeep_report))
    fails("backup", instance, text, POINTER(lreg_backup_options))

    settings_of("organization", organization_settings)
    sets("organization", organization_settings, text, "slug name")
    fails("organization_create", instance, organization_settings, POINTER(organization))
    fails("organization_find", instance, text, POINTER(organization))
    listing("organization", organizations, organization, POINTER(lreg_organization_filter))
    fails("organization_update", instance, organization, organization_settings, POINTER(organization))
    fails("organization_delete", instance, organization)
    accessors("organization", organization, text, "id slug name")
    accessors("organization", organization, c_int64, "created_ms")
    ends(organization, "organization_free")

    settings_of("registry", settings)
    sets("registry", settings, text, "name slug description emoji color ecosystem json")
    sets("registry", settings, boolean, "public allow_overwrite strict_names")
    fails("registry_create", instance, text, settings, POINTER(registry))
    fails("registry_find", instance, text, text, POINTER(registry))
    listing("registry", registries, registry, text, POINTER(lreg_registry_filter))
    fails("registry_update", instance, registry, settings, POINTER(registry))
    fails("registry_delete", instance, registry)
    accessors("registry", registry, text, "id organization_slug slug name description emoji color ecosystem")
    accessors("registry", registry, c_int64, "created_ms updated_ms")
    accessors("registry", registry, boolean, "is_public allows_overwrite has_strict_names")
    ends(registry, "registry_free")

    fails("publication_open", instance, registry, text, POINTER(publication))
    fails("publication_write", publication, c_void_p, c_size_t)
    fails("publication_finish", publication, POINTER(package), _int32_p)
    ends(publication, "publication_close")
    fails("package_find", instance, registry, text, POINTER(package))
    fails("package_find_by_id", instance, registry, text, POINTER(package))
    listing("package", packages, package, registry, POINTER(lreg_package_filter))
    fails("package_delete", instance, package)
    accessors("package", package, text, "id name version architecture reference filename path attributes")
    accessors("package", package, c_uint64, "size_bytes downloads")
    accessors("package", package, c_int64, "created_ms")
    plain("package_digest", text, package, text)
    ends(package, "package_free")
    fails("package_reader_open", instance, package, POINTER(reader))
    plain("package_reader_length", c_uint64, reader)
    fails("package_reader_read", reader, c_uint64, c_void_p, c_size_t, _size_p)
    ends(reader, "package_reader_close")

    settings_of("token", token_settings)
    sets("token", token_settings, text, "description scopes")
    sets("token", token_settings, c_int64, "expires_ms")
    fails("token_create", instance, text, token_settings, POINTER(token))
    fails("registry_token_create", instance, registry, token_settings, POINTER(token))
    listing("token", tokens, token, text, POINTER(lreg_token_filter))
    fails("registry_token_list_open", instance, registry, POINTER(lreg_token_filter), POINTER(tokens))
    fails("token_find", instance, text, text, POINTER(token))
    fails("registry_token_find", instance, registry, text, POINTER(token))
    fails("token_reveal", instance, token, POINTER(token))
    fails("token_delete", instance, token)
    accessors("token", token, text, "id registry_id description scopes secret")
    accessors("token", token, c_int64, "expires_ms created_ms")
    ends(token, "token_free")

    fails("options_set_metrics_access", options, c_int32)
    fails("metrics_list_open", instance, POINTER(lreg_metrics_filter), POINTER(metrics))
    fails("metrics_list_next", metrics, POINTER(metric))
    ends(metrics, "metrics_list_close")
    accessors("metric", metric, text, "name family type help")
    plain("metric_label_at", boolean, metric, c_size_t, POINTER(text), POINTER(text))
    accessors("metric", metric, c_int64, "value")
    accessors("metric", metric, c_int32, "decimals")
    ends(metric, "metric_free")

    listing("upload", uploads, upload, registry, POINTER(lreg_upload_filter))
    fails("upload_find", instance, registry, text, POINTER(upload))
    fails("upload_cancel", instance, upload)
    accessors("upload", upload, text, "id image principal")
    accessors("upload", upload, c_uint64, "received_bytes")
    accessors("upload", upload, c_int64, "created_ms updated_ms")
    ends(upload, "upload_free")

    listing("audit_event", events, event, text, POINTER(lreg_audit_event_filter))
    accessors("audit_event", event, text, "type actor subject data")
    accessors("audit_event", event, c_int64, "occurred_ms")
    ends(event, "audit_event_free")

    fails("exchange_new", instance, POINTER(exchange))
    ends(exchange, "exchange_free", "exchange_reset")
    fails("exchange_set_request", exchange, text, text)
    for name in ("scheme", "host", "mount", "peer"):
        fails(f"exchange_set_{name}", exchange, text)
    fails("exchange_trust_forwarded", exchange, boolean)
    fails("exchange_set_sends_files", exchange, boolean)
    plain("exchange_file_path", text, exchange)
    fails("exchange_add_header", exchange, text, text)
    fails("exchange_set_environment", exchange, POINTER(text))
    fails("exchange_set_defers_work", exchange, boolean)
    fails("exchange_begin", exchange)
    fails("exchange_work", exchange)
    plain("exchange_wants", c_int32, exchange)
    fails("exchange_write", exchange, c_void_p, c_size_t)
    fails("exchange_finish", exchange)
    plain("exchange_body_remaining", c_int64, exchange)
    plain("exchange_share", text, exchange)
    plain("exchange_status", c_int32, exchange)
    plain("exchange_reason", text, exchange)
    plain("exchange_header_at", boolean, exchange, c_size_t, POINTER(text), POINTER(text))
    plain("exchange_content_length", c_int64, exchange)
    plain("exchange_may_keep_alive", boolean, exchange)
    fails("exchange_next", exchange, POINTER(lreg_piece))
    fails("exchange_consume", exchange, c_uint64)
    fails("exchange_read", exchange, c_void_p, c_size_t, _size_p)
    fails("exchange_run", exchange, POINTER(lreg_dispatch_io))
    fails("dispatch", instance, text, text, POINTER(text), POINTER(lreg_dispatch_io))
    return table


FUNCTIONS = _functions()


def sized(struct: Any, **members: Any) -> Any:
    """A struct of this module with its `size` set."""
    return struct(size=ctypes.sizeof(struct), **members)
