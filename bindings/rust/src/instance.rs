// SPDX-License-Identifier: Apache-2.0
//! Opening an instance, and its maintenance.

use crate::call::{c_text, call, give, handle, sized, text, Held};
use crate::error::{Error, Result};
use crate::sys;
use std::os::raw::c_void;
use std::path::Path;
use std::time::Duration;

handle! {
    /// Settings for opening an instance. Every setting has a default.
    moved Options, lreg_options, lreg_options_free
}

impl Options {
    pub fn new() -> Result<Options> {
        // SAFETY: `give` passes valid pointers for the handle and the error.
        give(|out, error| unsafe { sys::lreg_options_new(out, error) }).map(Options)
    }

    /// The data directory. It is created if it does not exist, but its parents are not. Without it, all is in memory.
    pub fn directory(self, directory: impl AsRef<Path>) -> Result<Options> {
        let path = directory.as_ref().to_str();
        let path = c_text(path.ok_or_else(|| Error::of_caller("not_utf8", "the directory is not UTF-8"))?)?;
        // SAFETY: the text lives until the call returns; it is copied.
        call(|error| unsafe { sys::lreg_options_set_directory(self.as_ptr(), path.as_ptr(), error) })?;
        Ok(self)
    }

    /// The absolute base of URLs in responses. Without it, scheme, host and mount come from each request.
    pub fn base_url(self, url: &str) -> Result<Options> {
        let url = c_text(url)?;
        // SAFETY: as above.
        call(|error| unsafe { sys::lreg_options_set_base_url(self.as_ptr(), url.as_ptr(), error) })?;
        Ok(self)
    }

    /// Which fields of trusted proxies are used: one of `sys::LREG_FORWARDED_HEADER_…`.
    pub fn forwarded_header(self, header: i32) -> Result<Options> {
        // SAFETY: the options are alive.
        call(|error| unsafe { sys::lreg_options_set_forwarded_header(self.as_ptr(), header, error) })?;
        Ok(self)
    }

    /// The number of the operator's proxies that a request passes.
    pub fn forwarded_hops(self, hops: i32) -> Result<Options> {
        // SAFETY: the options are alive.
        call(|error| unsafe { sys::lreg_options_set_forwarded_hops(self.as_ptr(), hops, error) })?;
        Ok(self)
    }

    /// Adds a network, such as "10.0.0.0/8", whose addresses are the operator's proxies.
    pub fn trust_forwarded(self, network: &str) -> Result<Options> {
        let network = c_text(network)?;
        // SAFETY: the text lives until the call returns; it is copied.
        call(|error| unsafe { sys::lreg_options_trust_forwarded(self.as_ptr(), network.as_ptr(), error) })?;
        Ok(self)
    }

    /// The clients that may read the metrics over HTTP: one of `sys::LREG_METRICS_ACCESS_…`.
    pub fn metrics_access(self, access: i32) -> Result<Options> {
        // SAFETY: the options are alive.
        call(|error| unsafe { sys::lreg_options_set_metrics_access(self.as_ptr(), access, error) })?;
        Ok(self)
    }

    /// Acknowledged changes survive a power failure (the default), or only the end of the process, which is faster.
    pub fn durable(self, durable: bool) -> Result<Options> {
        // SAFETY: the options are alive.
        call(|error| unsafe { sys::lreg_options_set_durable(self.as_ptr(), durable.into(), error) })?;
        Ok(self)
    }

    /// The time to wait for another process's lock before `Status::BUSY`.
    pub fn busy_timeout(self, timeout: Duration) -> Result<Options> {
        let timeout = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the options are alive.
        call(|error| unsafe { sys::lreg_options_set_busy_timeout_ms(self.as_ptr(), timeout, error) })?;
        Ok(self)
    }

    /// Sets a number: one of `sys::LREG_LIMIT_…` and `sys::LREG_SETTING_…`.
    pub fn number(self, setting: i32, value: u64) -> Result<Options> {
        // SAFETY: the options are alive.
        call(|error| unsafe { sys::lreg_options_set_number(self.as_ptr(), setting, value, error) })?;
        Ok(self)
    }

    /// Opens an instance; creates it when the directory is new.
    pub fn open(self) -> Result<Instance> {
        // SAFETY: the options are alive, and no longer needed afterwards.
        give(|out, error| unsafe { sys::lreg_open(self.as_ptr(), out, error) }).map(Instance)
    }
}

handle! {
    /// An open data directory, with all its organizations and registries.
    shared Instance, lreg_instance, lreg_close
}

/// What [`Instance::verify`] checked and found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    pub blobs: u64,
    pub blob_bytes: u64,
    pub documents: u64,
    pub missing: u64,
    pub damaged: u64,
    pub unnamed_objects: u64,
    /// References to something that is missing or different.
    pub dangling: u64,
    /// Blobs in a storage that is not open: not read.
    pub unreadable: u64,
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

/// Options of [`Instance::upkeep`]. 0 selects the default of each number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// `sys::LREG_UPKEEP_NO_COLLECT` to `sys::LREG_UPKEEP_COMPACT`.
    pub flags: u32,
    /// Duration of one call in milliseconds; below 0: unlimited.
    pub budget_ms: i64,
    /// Keeps data that is younger, in milliseconds; below 0: keeps nothing.
    pub grace_ms: i64,
    pub collect_interval_ms: i64,
    pub scrub_interval_ms: i64,
    pub scrub_bytes_per_second: u64,
}

/// What one call of [`Instance::upkeep`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// There is more work that is due.
    pub has_more: bool,
    /// Another process or thread is doing the work.
    pub elsewhere: bool,
    /// When to call it again.
    pub next: Duration,
    /// How far the wall clock is ahead of the time that ages are measured by.
    pub clock_ahead: Duration,
    pub collected: Collected,
    /// Bytes of the database that were returned to the file system.
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

    /// Hashes all stored data again and calls `finding` for each finding. Findings are not a failure. A panic in
    /// `finding` ends the verification.
    pub fn verify(&self, mut finding: impl FnMut(&str)) -> Result<Verified> {
        let mut teller = Teller {
            finding: &mut finding,
            held: Held::default(),
        };
        let user: *mut Teller<'_> = &mut teller;
        let mut report = sized!(lreg_verify_report);
        let mut options = sized!(lreg_verify_options);
        options.finding = Some(tell);
        options.user = user.cast();
        // SAFETY: `user` is what `tell` takes it for, and both outlive the call.
        let done = call(|error| unsafe { sys::lreg_verify(self.as_ptr(), &options, &mut report, error) });
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
            unreadable: report.unreadable,
        })
    }

    /// Removes unreferenced data. Keeps data younger than `grace`, which may belong to a write in progress.
    pub fn collect(&self, grace: Duration) -> Result<Collected> {
        let grace = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
        let mut options = sized!(lreg_collect_options);
        let mut report = sized!(lreg_collect_report);
        options.grace_ms = if grace == 0 { -1 } else { grace };
        // SAFETY: options and report outlive the call.
        call(|error| unsafe { sys::lreg_collect(self.as_ptr(), &options, &mut report, error) })?;
        Ok(Collected {
            uploads: report.uploads,
            stages: report.stages,
            blobs: report.blobs,
            blob_bytes: report.blob_bytes,
            objects: report.objects,
            audit_events: report.audit_events,
        })
    }

    /// Does a part of the due maintenance. Call it again after [`Kept::next`].
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

    /// Makes a consistent copy, which can be opened directly, in a directory that must not exist.
    pub fn backup(&self, directory: &str) -> Result<()> {
        self.back_up(directory, 0)
    }

    /// The same, with hard links to package files where possible: damage to a file then damages both.
    pub fn backup_linked(&self, directory: &str) -> Result<()> {
        self.back_up(directory, sys::LREG_BACKUP_LINK as u32)
    }

    fn back_up(&self, directory: &str, flags: u32) -> Result<()> {
        let directory = c_text(directory)?;
        let mut options = sized!(lreg_backup_options);
        options.flags = flags;
        // SAFETY: the text and the options live until the call returns.
        call(|error| unsafe { sys::lreg_backup(self.as_ptr(), directory.as_ptr(), &options, error) })
    }
}

struct Teller<'a> {
    finding: &'a mut dyn FnMut(&str),
    held: Held,
}

unsafe extern "C" fn tell(user: *mut c_void, found: *const sys::lreg_finding) -> sys::lreg_status {
    let teller = &mut *user.cast::<Teller<'_>>();
    let finding = &mut teller.finding;
    match teller.held.run(|| finding(text((*found).message))) {
        Some(()) => sys::LREG_OK,
        None => sys::LREG_HOST_STATUS,
    }
}
