// SPDX-License-Identifier: Apache-2.0
//! Opening an instance, and the work that keeps it in order.

use crate::call::{c_text, call, give, handle, sized, text, Held};
use crate::error::{Error, Result};
use crate::sys;
use std::os::raw::{c_char, c_void};
use std::path::Path;
use std::time::Duration;

handle! {
    /// Settings for opening an instance; every one has a default.
    moved Options, lreg_options, lreg_options_free
}

impl Options {
    pub fn new() -> Result<Options> {
        // SAFETY: an out-parameter and an error, as all calls have.
        give(|out, error| unsafe { sys::lreg_options_new(out, error) }).map(Options)
    }

    /// Where the instance lives; it is made when it is absent, but not its parents. Without it all is in memory.
    pub fn directory(self, directory: impl AsRef<Path>) -> Result<Options> {
        let path = directory.as_ref().to_str();
        let path = c_text(path.ok_or_else(|| Error::of_caller("not_utf8", "the directory is not UTF-8"))?)?;
        // SAFETY: the text lives until the call returns; it is copied.
        call(|error| unsafe { sys::lreg_options_set_directory(self.as_ptr(), path.as_ptr(), error) })?;
        Ok(self)
    }

    /// The absolute base of URLs in answers. Without it scheme, host and mount come from each request.
    pub fn base_url(self, url: &str) -> Result<Options> {
        let url = c_text(url)?;
        // SAFETY: as above.
        call(|error| unsafe { sys::lreg_options_set_base_url(self.as_ptr(), url.as_ptr(), error) })?;
        Ok(self)
    }

    /// Which fields of trusted proxies count: one of `sys::LREG_FORWARDED_HEADER_…`.
    pub fn forwarded_header(self, header: i32) -> Result<Options> {
        // SAFETY: the options are alive.
        call(|error| unsafe { sys::lreg_options_set_forwarded_header(self.as_ptr(), header, error) })?;
        Ok(self)
    }

    /// How many proxies of the operator's own a request passes, one behind the other.
    pub fn forwarded_hops(self, hops: i32) -> Result<Options> {
        // SAFETY: the options are alive.
        call(|error| unsafe { sys::lreg_options_set_forwarded_hops(self.as_ptr(), hops, error) })?;
        Ok(self)
    }

    /// Adds a network, such as "10.0.0.0/8", whose addresses are proxies of the operator's own.
    pub fn trust_forwarded(self, network: &str) -> Result<Options> {
        let network = c_text(network)?;
        // SAFETY: the text lives until the call returns; it is copied.
        call(|error| unsafe { sys::lreg_options_trust_forwarded(self.as_ptr(), network.as_ptr(), error) })?;
        Ok(self)
    }

    /// What is acknowledged survives a power cut (the default), or only the death of the process, which is faster.
    pub fn durable(self, durable: bool) -> Result<Options> {
        // SAFETY: the options are alive.
        call(|error| unsafe { sys::lreg_options_set_durable(self.as_ptr(), durable.into(), error) })?;
        Ok(self)
    }

    /// How long to wait for another process's lock before `Status::BUSY`.
    pub fn busy_timeout(self, timeout: Duration) -> Result<Options> {
        let timeout = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the options are alive.
        call(|error| unsafe { sys::lreg_options_set_busy_timeout_ms(self.as_ptr(), timeout, error) })?;
        Ok(self)
    }

    /// Sets a limit: one of `sys::LREG_LIMIT_…`.
    pub fn limit(self, limit: i32, value: u64) -> Result<Options> {
        // SAFETY: the options are alive.
        call(|error| unsafe { sys::lreg_options_set_limit(self.as_ptr(), limit, value, error) })?;
        Ok(self)
    }

    /// Opens an instance; makes it when the directory is new.
    pub fn open(self) -> Result<Instance> {
        // SAFETY: the options are alive, and no longer needed afterwards.
        give(|out, error| unsafe { sys::lreg_open(self.as_ptr(), out, error) }).map(Instance)
    }
}

handle! {
    /// One open registry: a data directory with everything in it.
    shared Instance, lreg_instance, lreg_close
}

/// What [`Instance::verify`] looked at and found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    pub blobs: u64,
    pub blob_bytes: u64,
    pub documents: u64,
    pub missing: u64,
    pub damaged: u64,
    pub unnamed_objects: u64,
    /// References to what is not there, or is not as they say.
    pub dangling: u64,
}

/// What [`Instance::collect`] removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collected {
    pub uploads: u64,
    pub stages: u64,
    pub blobs: u64,
    pub blob_bytes: u64,
    pub objects: u64,
    pub audit_events: u64,
}

/// What [`Instance::upkeep`] is to do. Zero is the default of each number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// `sys::LREG_UPKEEP_NO_COLLECT` and its relatives.
    pub flags: u32,
    /// Work of one call in milliseconds; below 0: without a bound.
    pub budget_ms: i64,
    /// Protects what is younger, in milliseconds; below 0: nothing.
    pub grace_ms: i64,
    pub collect_interval_ms: i64,
    pub scrub_interval_ms: i64,
    pub scrub_bytes_per_second: u64,
}

/// What one call of [`Instance::upkeep`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Work that is due is left.
    pub has_more: bool,
    /// Another process, or another thread, is at it.
    pub elsewhere: bool,
    /// Call again after so long.
    pub next: Duration,
    /// How far the wall clock is ahead of the time by which ages are measured.
    pub clock_ahead: Duration,
    pub collected: Collected,
    /// Of the database, given back to the file system.
    pub freed_bytes: u64,
    pub scrubbed_blobs: u64,
    pub scrubbed_documents: u64,
    pub scrubbed_bytes: u64,
    pub missing: u64,
    pub damaged: u64,
    pub unreadable: u64,
    pub healed: u64,
}

fn milliseconds(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

impl Instance {
    /// Opens the instance in a directory, with the default of every other setting.
    pub fn open(directory: impl AsRef<Path>) -> Result<Instance> {
        Options::new()?.directory(directory)?.open()
    }

    /// Hashes everything stored again and tells of each finding. Findings are not a failure. A panic in `finding` ends
    /// the walk.
    pub fn verify(&self, mut finding: impl FnMut(&str)) -> Result<Verified> {
        let mut teller = Teller {
            finding: &mut finding,
            held: Held::default(),
        };
        let user: *mut Teller<'_> = &mut teller;
        let mut report = sized!(lreg_verify_report);
        // SAFETY: `user` is what `tell` takes it for, and both outlive the call.
        let done =
            call(|error| unsafe { sys::lreg_verify(self.as_ptr(), Some(tell), user.cast(), &mut report, error) });
        teller.held.release();
        done?;
        Ok(Verified {
            blobs: report.blobs,
            blob_bytes: report.blob_bytes,
            documents: report.documents,
            missing: report.missing,
            damaged: report.damaged,
            unnamed_objects: report.unnamed_objects,
            dangling: report.dangling,
        })
    }

    /// Removes what nothing names any more; what is younger than `grace` stays, for it may belong to a writer at work.
    pub fn collect(&self, grace: Duration) -> Result<Collected> {
        let grace = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
        let mut report = sized!(lreg_collect_report);
        // SAFETY: the report outlives the call.
        call(|error| unsafe { sys::lreg_collect(self.as_ptr(), grace, &mut report, error) })?;
        Ok(Collected {
            uploads: report.uploads,
            stages: report.stages,
            blobs: report.blobs,
            blob_bytes: report.blob_bytes,
            objects: report.objects,
            audit_events: report.audit_events,
        })
    }

    /// Does a part of the work that keeps the instance in order, and tells when to be called again.
    pub fn upkeep(&self, what: &Upkeep) -> Result<Kept> {
        let mut options = sized!(lreg_upkeep_options);
        let mut report = sized!(lreg_upkeep_report);
        options.flags = what.flags;
        options.budget_ms = what.budget_ms;
        options.grace_ms = what.grace_ms;
        options.collect_interval_ms = what.collect_interval_ms;
        options.scrub_interval_ms = what.scrub_interval_ms;
        options.scrub_bytes_per_second = what.scrub_bytes_per_second;
        // SAFETY: options and report outlive the call.
        call(|error| unsafe { sys::lreg_upkeep(self.as_ptr(), &options, &mut report, error) })?;
        Ok(Kept {
            has_more: report.flags & sys::LREG_UPKEEP_HAS_MORE as u32 != 0,
            elsewhere: report.flags & sys::LREG_UPKEEP_ELSEWHERE as u32 != 0,
            next: milliseconds(report.next_ms),
            clock_ahead: milliseconds(report.clock_ahead_ms),
            collected: Collected {
                uploads: report.uploads,
                stages: report.stages,
                blobs: report.blobs,
                blob_bytes: report.blob_bytes,
                objects: report.objects,
                audit_events: report.audit_events,
            },
            freed_bytes: report.freed_bytes,
            scrubbed_blobs: report.scrubbed_blobs,
            scrubbed_documents: report.scrubbed_documents,
            scrubbed_bytes: report.scrubbed_bytes,
            missing: report.missing,
            damaged: report.damaged,
            unreadable: report.unreadable,
            healed: report.healed,
        })
    }

    /// Makes a consistent copy, which can be opened as it is, in a directory that does not exist.
    pub fn backup(&self, directory: &str) -> Result<()> {
        self.back_up(directory, sys::LREG_BACKUP_COPY)
    }

    /// The same with hard links to the files of packages where they can be: damage to a file damages both.
    pub fn backup_linked(&self, directory: &str) -> Result<()> {
        self.back_up(directory, sys::LREG_BACKUP_LINK)
    }

    fn back_up(&self, directory: &str, kind: i32) -> Result<()> {
        let directory = c_text(directory)?;
        // SAFETY: the text lives until the call returns.
        call(|error| unsafe { sys::lreg_backup(self.as_ptr(), directory.as_ptr(), kind, error) })
    }
}

struct Teller<'a> {
    finding: &'a mut dyn FnMut(&str),
    held: Held,
}

unsafe extern "C" fn tell(user: *mut c_void, message: *const c_char) -> sys::lreg_status {
    let teller = &mut *user.cast::<Teller<'_>>();
    let finding = &mut teller.finding;
    match teller.held.run(|| finding(text(message))) {
        Some(()) => sys::LREG_OK,
        None => sys::LREG_HOST_STATUS,
    }
}
