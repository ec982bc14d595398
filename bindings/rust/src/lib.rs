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
//! Requests of HTTP clients go through an [`Exchange`], or in one call through [`Instance::dispatch`].
//!
//! *Threads.* An [`Instance`] and all snapshots ([`Organization`], [`Registry`], [`Package`], [`Token`]) are `Sync`:
//! share them. An [`Exchange`], a [`Publication`], a [`Content`] and a listing are `Send` alone: they may move, but are
//! used by one thread at a time. Nothing borrows from an [`Instance`]; it stays open until the last handle is dropped.
//!
//! *Errors.* An [`Error`] has the status to decide by, a stable word for the reason, and a sentence for people. What a
//! reader or writer of the program itself fails with comes back as the source of the error. A panic inside a callback
//! is held back until the library has returned, and goes on then.
//!
//! What this crate does not wrap is in [`sys`], the ABI as it is.

/// What is for one thread at a time must not be shared; the compiler says so.
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
/// shared::<libregistry::Content>();
/// ```
#[cfg(doctest)]
pub struct OneAtATime;

mod call;
mod error;
mod exchange;
mod instance;
mod package;
mod registry;
pub mod sys;

pub use error::{Error, Result, Status};
pub use exchange::{Exchange, Head, Headers, Piece, Response, Wants};
pub use instance::{Collected, Instance, Options, Verified};
pub use package::{Content, Package, Packages, Publication, Published};
pub use registry::{
    Ecosystem, Organization, Organizations, Registries, Registry, Settings, Token, Tokens, Upload, Uploads,
};

/// The version of the library that is loaded, such as "0.1.0"; it may be newer than this crate.
pub fn version() -> &'static str {
    // SAFETY: static storage, never NULL.
    unsafe { call::text(sys::lreg_version_string()) }
}
