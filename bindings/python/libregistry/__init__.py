# SPDX-License-Identifier: Apache-2.0
"""A package registry in a directory: files, Alpine packages, container images. Uses libregistry.so through ctypes.

    import libregistry

    with libregistry.Instance("/var/lib/registry") as instance:
        organization = instance.create_organization("My Organization")
        registry = organization.create_registry("My files", ecosystem="files")
        package = registry.publish("my-custom-app-1.0.0.zip")
        package.download("copy.zip")

For HTTP, use `libregistry.wsgi` or `libregistry.asgi`; Exchange is for other kinds of servers. A failure raises an
Error with `status`, `code`, `message` and `operation`.
"""

from ._abi import LREG_VERSION_STRING as __version__
from ._base import Listing
from ._error import (
    BadArgumentError,
    BusyError,
    ClosedError,
    ConflictError,
    CancelledError,
    CorruptError,
    Error,
    ForbiddenError,
    ForkedError,
    HeadersTooLargeError,
    HostError,
    InputOutputError,
    InternalError,
    LengthRequiredError,
    MethodNotAllowedError,
    MisuseError,
    NoMemoryError,
    NoSpaceError,
    NotFoundError,
    NotImplementedHereError,
    OperationalError,
    PreconditionFailedError,
    RangeError,
    RemoteTimeoutError,
    RequestError,
    TooLargeError,
    TooManyError,
    UnauthenticatedError,
    UnprocessableError,
    UnsupportedError,
    UpstreamError,
    UriTooLongError,
)
from ._exchange import Exchange, FilePiece, Response, Wants
from ._instance import LIMITS, CollectReport, Instance, UpkeepReport, VerifyReport
from ._library import LoadError, has_feature, version
from ._metric import Metric
from ._organization import AuditEvent, Organization
from ._package import Package, PackageReader, Publication
from ._registry import Registry
from ._storage import Stage, Storage, StoredObject
from ._token import Token
from ._upload import Upload

__all__ = [
    "LIMITS", "AuditEvent", "BadArgumentError", "BusyError", "CancelledError", "ClosedError", "CollectReport",
    "ConflictError", "CorruptError", "Error", "Exchange", "FilePiece", "ForbiddenError", "ForkedError",
    "HeadersTooLargeError", "HostError", "InputOutputError", "Instance", "InternalError", "LengthRequiredError",
    "Listing", "LoadError", "MethodNotAllowedError", "Metric", "MisuseError", "NoMemoryError", "NoSpaceError",
    "NotFoundError", "NotImplementedHereError", "OperationalError", "Organization", "Package",
    "PackageReader", "PreconditionFailedError", "Publication", "RangeError", "Registry", "RemoteTimeoutError",
    "RequestError",
    "Response", "Stage", "Storage", "StoredObject", "Token", "TooLargeError", "TooManyError",
    "UnauthenticatedError", "UnprocessableError", "UnsupportedError", "UpkeepReport", "Upload", "UpstreamError",
    "UriTooLongError", "VerifyReport", "Wants", "__version__", "has_feature", "version",
]
