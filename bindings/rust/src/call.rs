// SPDX-License-Identifier: Apache-2.0
//! Calling the C functions: errors, out-parameters, texts, handles, callbacks.

use crate::error::{Error, Result};
use crate::sys;
use std::any::Any;
use std::ffi::{CStr, CString};
use std::os::raw::c_char;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr::{self, NonNull};

/// Calls a function whose last parameter takes an error.
pub(crate) fn call(function: impl FnOnce(*mut *mut sys::lreg_error) -> sys::lreg_status) -> Result<()> {
    let mut error = ptr::null_mut();
    match function(&mut error) {
        sys::LREG_OK => Ok(()),
        // SAFETY: after a failure the error is NULL or owned by us.
        status => Err(unsafe { Error::take(status, error) }),
    }
}

/// Calls a function that returns a handle; `None` at the end of a listing.
pub(crate) fn find<T>(
    function: impl FnOnce(*mut *mut T, *mut *mut sys::lreg_error) -> sys::lreg_status,
) -> Result<Option<NonNull<T>>> {
    let mut out = ptr::null_mut();
    call(|error| function(&mut out, error))?;
    Ok(NonNull::new(out))
}

/// Calls a function that always returns a handle when it succeeds.
pub(crate) fn give<T>(
    function: impl FnOnce(*mut *mut T, *mut *mut sys::lreg_error) -> sys::lreg_status,
) -> Result<NonNull<T>> {
    Ok(find(function)?.expect("a call that succeeds returns its handle"))
}

/// A text for C, which must not contain a NUL.
pub(crate) fn c_text(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::of_caller("nul_in_text", "a text has a NUL inside"))
}

/// The same for an optional text. See [`pointer`].
pub(crate) fn c_optional(text: Option<&str>) -> Result<Option<CString>> {
    text.map(c_text).transpose()
}

/// The C text, or NULL; valid as long as `text`.
pub(crate) fn pointer(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(ptr::null(), |text| text.as_ptr())
}

/// The text that an accessor returns; the caller chooses its lifetime.
///
/// # Safety
/// `text` is a NUL-terminated text of the library that lives for `'a`.
pub(crate) unsafe fn text<'a>(text: *const c_char) -> &'a str {
    // The ABI guarantees UTF-8. Invalid text becomes "", because a `str` must not contain it.
    CStr::from_ptr(text).to_str().unwrap_or("")
}

/// A panic must not unwind through the library: it is kept here, and resumes after the library has returned.
#[derive(Default)]
pub(crate) struct Held(Option<Box<dyn Any + Send>>);

impl Held {
    /// Runs a callback; `None` when it panics, or an earlier one has.
    pub(crate) fn run<T>(&mut self, callback: impl FnOnce() -> T) -> Option<T> {
        if self.0.is_some() {
            return None;
        }
        match catch_unwind(AssertUnwindSafe(callback)) {
            Ok(value) => Some(value),
            Err(panic) => {
                self.0 = Some(panic);
                None
            }
        }
    }

    /// Resumes the panic, if there was one.
    pub(crate) fn release(&mut self) {
        if let Some(panic) = self.0.take() {
            resume_unwind(panic);
        }
    }
}

/// A struct of the ABI with only its size set. Structs grow at their end, where zero selects the earlier behaviour.
macro_rules! sized {
    ($name:ident) => {{
        // SAFETY: all members are integers, pointers and optional functions, for which zero is a valid value.
        let mut value: crate::sys::$name = unsafe { std::mem::zeroed() };
        value.size = std::mem::size_of::<crate::sys::$name>() as u32;
        value
    }};
}

/// A type that owns a handle. Any number of threads may use a `shared` one at once, one at a time a `moved` one.
macro_rules! handle {
    ($(#[$note:meta])* shared $name:ident, $raw:ident, $end:ident) => {
        handle!($(#[$note])* moved $name, $raw, $end);
        // SAFETY: "Threads: any, at once" for every function that takes this handle as const.
        unsafe impl Sync for $name {}
    };
    ($(#[$note:meta])* moved $name:ident, $raw:ident, $end:ident) => {
        $(#[$note])*
        pub struct $name(pub(crate) std::ptr::NonNull<crate::sys::$raw>);
        // SAFETY: no handle is bound to the thread that created it.
        unsafe impl Send for $name {}
        impl $name {
            /// The C handle, for functions without a wrapper. This object still owns it.
            pub fn as_ptr(&self) -> *mut crate::sys::$raw {
                self.0.as_ptr()
            }
        }
        impl Drop for $name {
            fn drop(&mut self) {
                // SAFETY: owned, and ended once.
                unsafe { crate::sys::$end(self.0.as_ptr()) }
            }
        }
    };
}

/// Accessors of snapshots. Texts live as long as the handle.
macro_rules! accessors {
    ($name:ident { $($(#[$note:meta])* $accessor:ident -> $kind:tt $function:ident;)* }) => {
        impl $name {
            $(accessors!(@ { $(#[$note])* } $accessor $kind $function);)*
        }
    };
    (@ { $(#[$note:meta])* } $accessor:ident text $function:ident) => {
        $(#[$note])*
        pub fn $accessor(&self) -> &str {
            // SAFETY: borrowed until the handle ends, which is when `self` is dropped.
            unsafe { crate::call::text(crate::sys::$function(self.0.as_ptr())) }
        }
    };
    (@ { $(#[$note:meta])* } $accessor:ident $number:ident $function:ident) => {
        $(#[$note])*
        pub fn $accessor(&self) -> $number {
            // SAFETY: the handle is alive.
            unsafe { crate::sys::$function(self.0.as_ptr()) }
        }
    };
}

/// An iterator over a listing.
macro_rules! listing {
    ($(#[$note:meta])* $name:ident of $item:ident, $raw:ident, $next:ident, $end:ident) => {
        handle!($(#[$note])* moved $name, $raw, $end);
        impl Iterator for $name {
            type Item = crate::error::Result<$item>;
            fn next(&mut self) -> Option<Self::Item> {
                // SAFETY: the listing is alive, and `&mut` excludes other users.
                let found = crate::call::find(|out, error| unsafe { crate::sys::$next(self.0.as_ptr(), out, error) });
                found.map(|handle| handle.map($item)).transpose()
            }
        }
    };
}

pub(crate) use {accessors, handle, listing, sized};
