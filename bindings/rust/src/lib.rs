// SPDX-License-Identifier: Apache-2.0
//! A package registry (generic files, Alpine packages, container images) as a library.
//!
//! ```no_run
//! # fn main() -> libregistry::Result<()> {
//! use libregistry::{Ecosystem, Options, Settings};
//!
//! let instance = Options::new()?.directory("/var/lib/registry")?.open()?;
//! instance.create_organization("my-organization", None)?;
//! let settings = Settings::new("My files", Ecosystem::Files);
//! let registry = instance.create_registry("my-organization", &settings)?;
//! let published = instance.publish(&registry, "app-1.0.zip", &mut "bytes".as_bytes())?;
//! println!("{} {}", published.package.filename(), published.package.sha256());
//! # Ok(())
//! # }
//! ```
//!
//! An [`Exchange`] answers a request of an HTTP client step by step, [`Instance::dispatch`] in one call.
//!
//! *Threads.* An [`Instance`] and all snapshots ([`Organization`], [`Registry`], [`Package`], [`Token`]) are `Sync`:
//! share them. An [`Exchange`], a [`Publication`], a [`PackageReader`] and a listing are only `Send`: they can move
//! between threads, and one thread at a time uses them. Nothing borrows from an [`Instance`]; it stays open until the
//! last handle is dropped.
//!
//! *Errors.* An [`Error`] has a status for the program to decide by, a stable word for the reason, and a message for
//! people. When a reader or writer of the program fails, its error is the source of the returned error. A panic inside
//! a callback resumes after the library has returned.
//!
//! [`sys`] is the whole ABI, for functions without a wrapper.

/// The compiler rejects sharing of types that are for one thread at a time.
///
/// ```
/// fn moved<T: Send>() {}
/// moved::<libregistry::Exchange>();
/// ```
/// ```compile_fail
/// fn shared<T: Sync>() {}
/// shared::<libregistry::Exchange>();
/// ```
/// ```compile_fail
/// fn shared<T: Sync>() {}
/// shared::<libregistry::PackageReader>();
/// ```
#[cfg(doctest)]
pub struct OneAtATime;

mod call;
mod error;
mod exchange;
mod instance;
mod metric;
mod package;
mod registry;
pub mod sys;

pub use error::{Error, Result, Status};
pub use exchange::{Exchange, Head, Headers, Piece, Response, Wants};
pub use instance::{Collected, Instance, Options, Verified};
pub use metric::{Metric, Metrics};
pub use package::{Package, PackageReader, Packages, Publication, Published};
pub use registry::{
    Ecosystem, Organization, Organizations, Registries, Registry, Settings, Token, Tokens, Upload, Uploads,
};

/// The version of the loaded library, such as "0.1.0"; it may be newer than this crate.
pub fn version() -> &'static str {
    // SAFETY: static storage, never NULL.
    unsafe { call::text(sys::lreg_version_string()) }
}

/// Whether the loaded library has a part that another build or version may lack, such as
/// "ecosystem-alpine".
pub fn has_feature(name: &str) -> bool {
    let Ok(name) = std::ffi::CString::new(name) else {
        return false;
    };
    // SAFETY: a text that lives for the call.
    unsafe { sys::lreg_has_feature(name.as_ptr()) != 0 }
}
