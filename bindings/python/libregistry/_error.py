# SPDX-License-Identifier: Apache-2.0
"""The exceptions of this package.

    Error
     ├── RequestError           what was asked for is refused
     │    ├── BadArgumentError, UnprocessableError (also ValueError)
     │    ├── NotFoundError (also LookupError)
     │    └── UnauthenticatedError, ForbiddenError, MethodNotAllowedError, ConflictError, LengthRequiredError,
     │        PreconditionFailedError, TooLargeError, UriTooLongError, UnsupportedError, RangeError, TooManyError,
     │        HeadersTooLargeError
     ├── OperationalError       the machine has a problem; the same call may succeed later
     │    ├── NoMemoryError (also MemoryError)
     │    └── BusyError, NoSpaceError, InputOutputError, CorruptError
     ├── MisuseError            a bug of the program
     │    ├── ClosedError (also ValueError): the object was closed
     │    └── ForkedError: the object belongs to the process that this one was forked from
     ├── NotImplementedHereError  outside what this build of the library can do
     ├── InternalError          a bug of the library
     └── HostError              a callback failed and left no exception of its own
"""

from __future__ import annotations

from typing import Dict, Type

from . import _abi


class Error(Exception):
    """A call failed. Decide by the class (or `status`) and `code`; the message is for people."""

    default_status = _abi.LREG_INTERNAL

    def __init__(self, message: str = "", *, status: int = 0, code: str = "", operation: str = "",
                 cause: int = 0) -> None:
        super().__init__(message)
        #: One of the numbers LREG_* of the C API.
        self.status = status or self.default_status
        #: The exact reason as a stable word, such as "package_exists"; "" when the class says all.
        self.code = code
        #: One sentence for a person, without secrets.
        self.message = message
        #: What was being done, such as "publish my-organization/my-files app-1.0.zip"; "" when the call says it.
        self.operation = operation
        #: An errno value or an SQLite result code behind the failure; 0 when there is none.
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.operation}: {self.message}" if self.operation else self.message


class RequestError(Error):
    """What was asked for is refused."""

    default_status = _abi.LREG_BAD_ARGUMENT


class BadArgumentError(RequestError, ValueError):
    """A value is malformed or outside its range."""


class UnauthenticatedError(RequestError):
    """Credentials are needed, or those given are unknown or expired."""

    default_status = _abi.LREG_UNAUTHENTICATED


class ForbiddenError(RequestError):
    """Known, but not allowed to do this."""

    default_status = _abi.LREG_FORBIDDEN


class NotFoundError(RequestError, LookupError):
    """No such thing. A storage raises it (or FileNotFoundError) for an object or a stage that it does not have."""

    default_status = _abi.LREG_NOT_FOUND


class MethodNotAllowedError(RequestError):
    """The thing is there, the method is not."""

    default_status = _abi.LREG_METHOD_NOT_ALLOWED


class ConflictError(RequestError):
    """It exists already with other content, or changed meanwhile."""

    default_status = _abi.LREG_CONFLICT


class LengthRequiredError(RequestError):
    """A body without a length where one is needed."""

    default_status = _abi.LREG_LENGTH_REQUIRED


class PreconditionFailedError(RequestError):
    """If-Match and relatives."""

    default_status = _abi.LREG_PRECONDITION_FAILED


class TooLargeError(RequestError):
    """Over a size limit; the message names it."""

    default_status = _abi.LREG_TOO_LARGE


class UriTooLongError(RequestError):
    """The request target is over its limit."""

    default_status = _abi.LREG_URI_TOO_LONG


class UnsupportedError(RequestError):
    """A media type or a feature that is not handled."""

    default_status = _abi.LREG_UNSUPPORTED


class RangeError(RequestError):
    """A range or an offset that cannot be satisfied."""

    default_status = _abi.LREG_RANGE


class UnprocessableError(RequestError, ValueError):
    """Well-formed, but its content is not sound."""

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
    """The library got no memory."""

    default_status = _abi.LREG_NO_MEMORY


class BusyError(OperationalError):
    """Another process held a lock for longer than the busy timeout."""

    default_status = _abi.LREG_BUSY


class NoSpaceError(OperationalError):
    """A disk or a quota is full."""

    default_status = _abi.LREG_NO_SPACE


class InputOutputError(OperationalError):
    """The operating system or a storage failed."""


class CorruptError(OperationalError):
    """Stored data is not what it must be."""

    default_status = _abi.LREG_CORRUPT


class MisuseError(Error):
    """A call in the wrong phase or on the wrong object: a bug of the program."""

    default_status = _abi.LREG_MISUSE


class ClosedError(MisuseError, ValueError):
    """The object was closed."""


class ForkedError(MisuseError):
    """The object belongs to the process that this one was forked from; open an Instance in each process."""


class NotImplementedHereError(Error):
    """Outside what this build of the library can do."""

    default_status = _abi.LREG_NOT_IMPLEMENTED


class InternalError(Error):
    """A bug of the library."""


class HostError(Error):
    """A callback failed and left no exception of its own; `status` is what it gave."""

    default_status = _abi.LREG_HOST_STATUS


_BY_STATUS: Dict[int, Type[Error]] = {
    kind.default_status: kind
    for kind in (BadArgumentError, UnauthenticatedError, ForbiddenError, NotFoundError, MethodNotAllowedError,
                 ConflictError, LengthRequiredError, PreconditionFailedError, TooLargeError, UriTooLongError,
                 UnsupportedError, RangeError, UnprocessableError, TooManyError, HeadersTooLargeError, NoMemoryError,
                 BusyError, NoSpaceError, InputOutputError, CorruptError, MisuseError, InternalError,
                 NotImplementedHereError)
}


def class_of(status: int) -> Type[Error]:
    """The exception that a status becomes."""
    if status >= _abi.LREG_HOST_STATUS:
        return HostError
    return _BY_STATUS.get(status, InternalError)
