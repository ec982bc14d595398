// SPDX-License-Identifier: Apache-2.0
//! Packages: publishing from a reader, listing, reading, deleting, without HTTP.

use crate::call::{accessors, c_optional, c_text, call, give, handle, listing, pointer, sized, text};
use crate::error::{Error, Result};
use crate::instance::Instance;
use crate::registry::Registry;
use crate::sys;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ptr::NonNull;

const PIECE_BYTES: usize = 65536;

handle! {
    /// A snapshot of a package: a file, an apk of one architecture, or a tag of an image.
    shared Package, lreg_package, lreg_package_free
}

accessors! { Package {
    id -> text lreg_package_id;
    name -> text lreg_package_name;
    /// Empty when there is none.
    version -> text lreg_package_version;
    /// Empty when there is none.
    architecture -> text lreg_package_architecture;
    /// What names it in its registry: "app-1.0.zip", "x86_64/hello-1.0-r0.apk", "image:tag".
    reference -> text lreg_package_reference;
    /// The name under which to save it: the last part of its reference.
    filename -> text lreg_package_filename;
    /// The path for HTTP clients, below the mount.
    path -> text lreg_package_path;
    /// Further data of the ecosystem, as a JSON object.
    attributes -> text lreg_package_attributes;
    size_bytes -> u64 lreg_package_size_bytes;
    downloads -> u64 lreg_package_downloads;
    /// Milliseconds since the epoch.
    created_ms -> i64 lreg_package_created_ms;
} }

impl Package {
    /// A digest ("md5", "sha1", "sha256", "sha512") in hexadecimal; empty when unknown.
    pub fn digest(&self, algorithm: &str) -> &str {
        match c_text(algorithm) {
            // SAFETY: borrowed until the handle ends, which is when `self` is dropped.
            Ok(algorithm) => unsafe { text(sys::lreg_package_digest(self.as_ptr(), algorithm.as_ptr())) },
            Err(_) => "",
        }
    }

    pub fn sha256(&self) -> &str {
        self.digest("sha256")
    }
}

listing! {
    /// Packages of a registry, newest first.
    Packages of Package, lreg_package_list, lreg_package_list_next, lreg_package_list_close
}

handle! {
    /// A package file that is being published. Dropping it without [`finish`](Publication::finish) discards it.
    moved Publication, lreg_publication, lreg_publication_close
}

/// The result of publishing.
pub struct Published {
    pub package: Package,
    /// False when the same package was there already.
    pub created: bool,
}

impl Publication {
    /// Ends the bytes and publishes: when this succeeds, the package is visible and durable.
    pub fn finish(self) -> Result<Published> {
        let mut created = 0;
        // SAFETY: the publication is alive until the call has returned.
        let package =
            give(|out, error| unsafe { sys::lreg_publication_finish(self.as_ptr(), out, &mut created, error) })?;
        Ok(Published {
            package: Package(package),
            created: created != 0,
        })
    }

    /// Appends bytes. After a failure the publication can only be dropped.
    pub fn add(&mut self, bytes: &[u8]) -> Result<()> {
        // SAFETY: the bytes are borrowed for the call.
        call(|error| unsafe { sys::lreg_publication_write(self.as_ptr(), bytes.as_ptr().cast(), bytes.len(), error) })
    }
}

impl Write for Publication {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Raw(NonNull<sys::lreg_package_reader>);

/// The bytes of a package, open for reading. They stay readable after the package has been deleted.
pub struct PackageReader {
    handle: Raw,
    position: u64,
}

// SAFETY: not bound to the thread that opened it; `&mut` excludes other users.
unsafe impl Send for PackageReader {}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: owned, and ended once.
        unsafe { sys::lreg_package_reader_close(self.0.as_ptr()) }
    }
}

impl PackageReader {
    /// The number of bytes.
    pub fn length(&self) -> u64 {
        // SAFETY: the handle is alive.
        unsafe { sys::lreg_package_reader_length(self.handle.0.as_ptr()) }
    }

    /// Reads from any offset. Returns fewer bytes than fit only at the end.
    pub fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> Result<usize> {
        let mut got = 0;
        let (room, length) = (bytes.as_mut_ptr().cast(), bytes.len());
        // SAFETY: the library writes at most `length` bytes.
        call(|error| unsafe {
            sys::lreg_package_reader_read(self.handle.0.as_ptr(), offset, room, length, &mut got, error)
        })?;
        Ok(got)
    }
}

impl Read for PackageReader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let got = self.read_at(self.position, bytes)?;
        self.position += got as u64;
        Ok(got)
    }
}

impl Seek for PackageReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, offset) = match to {
            SeekFrom::Start(offset) => (offset, 0),
            SeekFrom::Current(offset) => (self.position, offset),
            SeekFrom::End(offset) => (self.length(), offset),
        };
        let place = if offset < 0 {
            base.checked_sub(offset.unsigned_abs())
        } else {
            base.checked_add(offset as u64)
        };
        self.position = place.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek out of range"))?;
        Ok(self.position)
    }
}

// SAFETY, of all that follows: the instance and the handles are alive, and texts live until the call returns.
impl Instance {
    /// Starts publishing one package file.
    pub fn open_publication(&self, registry: &Registry, filename: &str) -> Result<Publication> {
        let filename = c_text(filename)?;
        give(|out, error| unsafe {
            sys::lreg_publication_open(self.as_ptr(), registry.as_ptr(), filename.as_ptr(), out, error)
        })
        .map(Publication)
    }

    /// Publishes the bytes of a reader. When the reader fails, its error is the source of the returned error.
    pub fn publish(&self, registry: &Registry, filename: &str, bytes: &mut dyn Read) -> Result<Published> {
        let mut publication = self.open_publication(registry, filename)?;
        let mut buffer = vec![0; PIECE_BYTES];
        loop {
            match bytes.read(&mut buffer) {
                Ok(0) => return publication.finish(),
                Ok(got) => publication.add(&buffer[..got])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) => return Err(Error::of_host(error)),
            }
        }
    }

    /// Finds a package by its reference.
    pub fn package(&self, registry: &Registry, reference: &str) -> Result<Package> {
        let reference = c_text(reference)?;
        give(|out, error| unsafe {
            sys::lreg_package_find(self.as_ptr(), registry.as_ptr(), reference.as_ptr(), out, error)
        })
        .map(Package)
    }

    /// Lists packages, newest first; with a text, only those whose name contains it.
    pub fn packages(&self, registry: &Registry, name_contains: Option<&str>) -> Result<Packages> {
        let contained = c_optional(name_contains)?;
        let mut filter = sized!(lreg_package_filter);
        filter.name_contains = pointer(&contained);
        give(|out, error| unsafe { sys::lreg_package_list_open(self.as_ptr(), registry.as_ptr(), &filter, out, error) })
            .map(Packages)
    }

    /// Deletes a package.
    pub fn delete_package(&self, package: &Package) -> Result<()> {
        call(|error| unsafe { sys::lreg_package_delete(self.as_ptr(), package.as_ptr(), error) })
    }

    /// Opens a package's bytes; for an image, its manifest.
    pub fn open_package(&self, package: &Package) -> Result<PackageReader> {
        give(|out, error| unsafe { sys::lreg_package_reader_open(self.as_ptr(), package.as_ptr(), out, error) }).map(
            |handle| PackageReader {
                handle: Raw(handle),
                position: 0,
            },
        )
    }
}
