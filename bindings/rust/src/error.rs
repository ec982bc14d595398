// SPDX-License-Identifier: Apache-2.0
//! Errors: a status for the program to decide by, and details for people.

use crate::call::text;
use crate::sys;
use std::{error, fmt, io};

pub type Result<T> = std::result::Result<T, Error>;

/// A status for the program to decide by. Those from [`Status::HOST`] on come from callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Status(pub i32);

impl Status {
    pub const BAD_ARGUMENT: Status = Status(sys::LREG_BAD_ARGUMENT);
    pub const UNAUTHENTICATED: Status = Status(sys::LREG_UNAUTHENTICATED);
    pub const FORBIDDEN: Status = Status(sys::LREG_FORBIDDEN);
    pub const NOT_FOUND: Status = Status(sys::LREG_NOT_FOUND);
    pub const METHOD_NOT_ALLOWED: Status = Status(sys::LREG_METHOD_NOT_ALLOWED);
    pub const CONFLICT: Status = Status(sys::LREG_CONFLICT);
    pub const LENGTH_REQUIRED: Status = Status(sys::LREG_LENGTH_REQUIRED);
    pub const PRECONDITION_FAILED: Status = Status(sys::LREG_PRECONDITION_FAILED);
    pub const TOO_LARGE: Status = Status(sys::LREG_TOO_LARGE);
    pub const URI_TOO_LONG: Status = Status(sys::LREG_URI_TOO_LONG);
    pub const UNSUPPORTED: Status = Status(sys::LREG_UNSUPPORTED);
    pub const RANGE: Status = Status(sys::LREG_RANGE);
    pub const UNPROCESSABLE: Status = Status(sys::LREG_UNPROCESSABLE);
    pub const TOO_MANY: Status = Status(sys::LREG_TOO_MANY);
    pub const HEADERS_TOO_LARGE: Status = Status(sys::LREG_HEADERS_TOO_LARGE);
    pub const NO_MEMORY: Status = Status(sys::LREG_NO_MEMORY);
    pub const BUSY: Status = Status(sys::LREG_BUSY);
    pub const NO_SPACE: Status = Status(sys::LREG_NO_SPACE);
    pub const IO: Status = Status(sys::LREG_IO);
    pub const CORRUPT: Status = Status(sys::LREG_CORRUPT);
    pub const MISUSE: Status = Status(sys::LREG_MISUSE);
    pub const INTERNAL: Status = Status(sys::LREG_INTERNAL);
    pub const NOT_IMPLEMENTED: Status = Status(sys::LREG_NOT_IMPLEMENTED);
    pub const UPSTREAM: Status = Status(sys::LREG_UPSTREAM);
    pub const TIMEOUT: Status = Status(sys::LREG_TIMEOUT);
    pub const CANCELLED: Status = Status(sys::LREG_CANCELLED);
    pub const HOST: Status = Status(sys::LREG_HOST_STATUS);

    /// Such as "LREG_NOT_FOUND".
    pub fn name(self) -> &'static str {
        // SAFETY: static storage, never NULL.
        unsafe { text(sys::lreg_status_name(self.0)) }
    }

    /// The HTTP status that corresponds to it in a response.
    pub fn http(self) -> i32 {
        // SAFETY: takes any number.
        unsafe { sys::lreg_status_http(self.0) }
    }
}

/// A failure.
#[derive(Debug)]
pub struct Error {
    status: Status,
    code: String,
    message: String,
    operation: String,
    cause_domain: i32,
    cause: i64,
    source: Option<io::Error>,
}

impl Error {
    /// Takes the error of a failed call.
    ///
    /// # Safety
    /// `error` is NULL, or owned by the caller, who does not use it again.
    pub(crate) unsafe fn take(status: sys::lreg_status, error: *mut sys::lreg_error) -> Error {
        let taken = Error {
            status: Status(status),
            code: text(sys::lreg_error_code(error)).to_owned(),
            message: text(sys::lreg_error_message(error)).to_owned(),
            operation: text(sys::lreg_error_operation(error)).to_owned(),
            cause_domain: sys::lreg_error_cause_domain(error),
            cause: sys::lreg_error_cause(error),
            source: None,
        };
        sys::lreg_error_free(error);
        taken
    }

    fn new(status: Status, code: &str, message: String, source: Option<io::Error>) -> Error {
        Error {
            status,
            code: code.to_owned(),
            message,
            operation: String::new(),
            cause_domain: sys::LREG_CAUSE_NONE,
            cause: 0,
            source,
        }
    }

    /// A mistake of the caller that was found before the library was called.
    pub(crate) fn of_caller(code: &str, message: &str) -> Error {
        Error::new(Status::BAD_ARGUMENT, code, message.to_owned(), None)
    }

    /// A failure of a reader or writer of the program.
    pub(crate) fn of_host(source: io::Error) -> Error {
        Error::new(Status::HOST, "host_failed", source.to_string(), Some(source))
    }

    /// The status to decide by.
    pub fn status(&self) -> Status {
        self.status
    }

    /// A stable word for the exact reason, such as "package_exists"; empty when the status is exact enough.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// One sentence for a person. Its wording may change between versions.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The operation that failed, such as "publish my-organization/my-files app-1.0.zip"; may be empty.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// What the cause is, `LREG_CAUSE_…` of the C API: 1 is an errno, 2 a result code of SQLite.
    pub fn cause_domain(&self) -> i32 {
        self.cause_domain
    }

    /// The number that the operating system, SQLite, a remote service or a hook gave; 0 when there is none.
    pub fn cause(&self) -> i64 {
        self.cause
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(out, "{}: ", self.operation)?;
        }
        out.write_str(if self.message.is_empty() {
            self.status.name()
        } else {
            &self.message
        })
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        let kind = match error.status {
            Status::NOT_FOUND => io::ErrorKind::NotFound,
            Status::BAD_ARGUMENT => io::ErrorKind::InvalidInput,
            Status::FORBIDDEN => io::ErrorKind::PermissionDenied,
            Status::NO_MEMORY => io::ErrorKind::OutOfMemory,
            Status::CORRUPT | Status::UNPROCESSABLE => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}
