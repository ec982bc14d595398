# SPDX-License-Identifier: Apache-2.0
"""The exceptions of this package.

    Error
     ├── RequestError           the request is refused
     │    ├── BadArgumentError, UnprocessableError (also ValueError)
     │    ├── NotFoundError (also LookupError)
     │    └── UnauthenticatedError, ForbiddenError, MethodNotAllowedError, ConflictError, LengthRequiredError,
     │        PreconditionFailedError, TooLargeError, UriTooLongError, UnsupportedError, RangeError, TooManyError,
     │        HeadersTooLargeError
     ├── OperationalError       the machine has a problem; the same call may succeed later
     │    ├── NoMemoryError (also MemoryError)
     │    ├── UpstreamError, RemoteTimeoutError (also TimeoutError), CancelledError
     │    └── BusyError, NoSpaceError, InputOutputError, CorruptError
     ├── MisuseError            a bug of the calling program
     │    ├── ClosedError (also ValueError): the object was closed
     │    └── ForkedError: the object belongs to the parent process
     ├── NotImplementedHereError  this build of the library does not support it
     ├── InternalError          a bug of the library
     └── HostError              a callback failed without an exception
"""

from __future__ import annotations

from typing import Dict, Type

from . import _abi


class Error(Exception):
    """A call failed. Decide by the class (or `status`) and `code`; the message is for people."""

    default_status = _abi.LREG_INTERNAL

    def __init__(self, message: str = "", *, status: int = 0, code: str = "", operation: str = "",
                 cause: int = 0, cause_domain: int = 0) -> None:
        super().__init__(message)
        #: One of the numbers LREG_* of the C API.
        self.status = status or self.default_status
        #: The exact reason as a stable word, such as "package_exists"; "" when the class is exact enough.
        self.code = code
        #: One sentence for a person, without secrets.
        self.message = message
        #: The operation, such as "publish my-organization/my-files app-1.0.zip"; "" when the call already names it.
        self.operation = operation
        #: The number that the operating system, SQLite, a remote service or a hook gave; 0 when there is none.
        self.cause = cause
        #: What the cause is: one of LREG_CAUSE_* of the C API; 1 is an errno, 2 a result code of SQLite.
        self.cause_domain = cause_domain

    def __str__(self) -> str:
        return f"{self.operation}: {self.message}" if self.operation else self.message


class RequestError(Error):
    """The request is refused."""

    default_status = _abi.LREG_BAD_ARGUMENT


class BadArgumentError(RequestError, ValueError):
    """A value is malformed or outside its range."""


class UnauthenticatedError(RequestError):
    """Credentials are needed, or those given are unknown or expired."""

    default_status = _abi.LREG_UNAUTHENTICATED


class ForbiddenError(RequestError):
    """Authenticated, but not allowed to do this."""

    default_status = _abi.LREG_FORBIDDEN


class NotFoundError(RequestError, LookupError):
    """It does not exist. A storage raises it (or FileNotFoundError) for a missing object or stage."""

    default_status = _abi.LREG_NOT_FOUND


class MethodNotAllowedError(RequestError):
    """The resource exists but does not have this method."""

    default_status = _abi.LREG_METHOD_NOT_ALLOWED


class ConflictError(RequestError):
    """It already exists with other content, or changed in the meantime."""

    default_status = _abi.LREG_CONFLICT


class LengthRequiredError(RequestError):
    """A body without a length where one is required."""

    default_status = _abi.LREG_LENGTH_REQUIRED


class PreconditionFailedError(RequestError):
    """If-Match and related fields."""

    default_status = _abi.LREG_PRECONDITION_FAILED


class TooLargeError(RequestError):
    """Over a size limit; the message names it."""

    default_status = _abi.LREG_TOO_LARGE


class UriTooLongError(RequestError):
    """The request target is over its limit."""

    default_status = _abi.LREG_URI_TOO_LONG


class UnsupportedError(RequestError):
    """The media type or feature is not supported."""

    default_status = _abi.LREG_UNSUPPORTED


class RangeError(RequestError):
    """The range or offset cannot be satisfied."""

    default_status = _abi.LREG_RANGE


class UnprocessableError(RequestError, ValueError):
    """Well-formed, but its content is invalid."""

    default_status = _abi.LREG_UNPROCESSABLE


class TooManyError(RequestError):
    """Over a limit of count or rate."""

    default_status = _abi.LREG_TOO_MANY


class HeadersTooLargeError(RequestError):
    """The header block is over its limit."""

    default_status = _abi.LREG_HEADERS_TOO_LARGE


class OperationalError(Error):
    """The machine has a problem; the same call may succeed later."""

    default_status = _abi.LREG_IO


class NoMemoryError(OperationalError, MemoryError):
    """The library could not allocate memory."""

    default_status = _abi.LREG_NO_MEMORY


class BusyError(OperationalError):
    """A lock was held for longer than the busy timeout, or the process has too many open files."""

    default_status = _abi.LREG_BUSY


class NoSpaceError(OperationalError):
    """A disk or a quota is full."""

    default_status = _abi.LREG_NO_SPACE


class InputOutputError(OperationalError):
    """The operating system or a storage failed."""


class CorruptError(OperationalError):
    """Stored data is damaged."""

    default_status = _abi.LREG_CORRUPT


class UpstreamError(OperationalError):
    """A remote storage or service failed, refused the registry, or cannot be reached."""

    default_status = _abi.LREG_UPSTREAM


class RemoteTimeoutError(OperationalError, TimeoutError):
    """A remote storage or service did not answer in time."""

    default_status = _abi.LREG_TIMEOUT


class CancelledError(OperationalError):
    """The work was given up before its end."""

    default_status = _abi.LREG_CANCELLED


class MisuseError(Error):
    """A call in the wrong phase or on the wrong object: a bug of the calling program."""

    default_status = _abi.LREG_MISUSE


class ClosedError(MisuseError, ValueError):
    """The object was closed."""


class ForkedError(MisuseError):
    """The object belongs to the parent process; open an Instance in each process."""


class NotImplementedHereError(Error):
    """This build of the library does not support it."""

    default_status = _abi.LREG_NOT_IMPLEMENTED


class InternalError(Error):
    """A bug of the library."""


class HostError(Error):
    """A callback failed without an exception; `status` is what it returned."""

    default_status = _abi.LREG_HOST_STATUS


_BY_STATUS: Dict[int, Type[Error]] = {
    kind.default_status: kind
    for kind in (BadArgumentError, UnauthenticatedError, ForbiddenError, NotFoundError, MethodNotAllowedError,
                 ConflictError, LengthRequiredError, PreconditionFailedError, TooLargeError, UriTooLongError,
                 UnsupportedError, RangeError, UnprocessableError, TooManyError, HeadersTooLargeError, NoMemoryError,
                 BusyError, NoSpaceError, InputOutputError, CorruptError, MisuseError, InternalError,
                 NotImplementedHereError, UpstreamError, RemoteTimeoutError, CancelledError)
}


def class_of(status: int) -> Type[Error]:
    """The exception class of a status."""
    if status >= _abi.LREG_HOST_STATUS:
        return HostError
    return _BY_STATUS.get(status, InternalError)
