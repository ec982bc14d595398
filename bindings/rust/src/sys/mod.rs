// SPDX-License-Identifier: Apache-2.0
//! The whole ABI: every declaration of `<libregistry.h>` under its C name. The C headers document the contracts.
//! `scripts/check-rust-declarations` compares the declarations with `bindings/abi.json`.

#![allow(non_camel_case_types)]

mod functions;

pub use functions::*;
use std::marker::{PhantomData, PhantomPinned};
use std::os::raw::{c_char, c_void};

/// Opaque handles: only the library creates them, they are never moved in memory, and the compiler derives neither
/// `Send` nor `Sync` for them.
macro_rules! opaque {
    ($($name:ident,)*) => {$(
        #[repr(C)]
        pub struct $name {
            _private: [u8; 0],
            _marker: PhantomData<(*mut u8, PhantomPinned)>,
        }
    )*};
}

pub type lreg_status = i32;
pub type lreg_bool = i32;
pub type lreg_wants = i32;
pub type lreg_piece_kind = i32;

opaque! {
    lreg_instance,
    lreg_audit_event,
    lreg_audit_event_list,
    lreg_error,
    lreg_exchange,
    lreg_metric,
    lreg_metrics_list,
    lreg_options,
    lreg_organization,
    lreg_organization_list,
    lreg_organization_settings,
    lreg_package,
    lreg_package_list,
    lreg_publication,
    lreg_package_reader,
    lreg_registry,
    lreg_registry_list,
    lreg_registry_settings,
    lreg_token,
    lreg_token_list,
    lreg_token_settings,
    lreg_upload,
    lreg_upload_list,
    lreg_failure,
}

pub const LREG_UPKEEP_COLLECT_NOW: i32 = 262144;
pub const LREG_UPKEEP_COMPACT: i32 = 1048576;
pub const LREG_UPKEEP_ELSEWHERE: i32 = 2;
pub const LREG_UPKEEP_HAS_MORE: i32 = 1;
pub const LREG_UPKEEP_NO_COLLECT: i32 = 65536;
pub const LREG_UPKEEP_NO_SCRUB: i32 = 131072;
pub const LREG_UPKEEP_TRUST_CLOCK: i32 = 524288;
pub const LREG_VERSION_MAJOR: i32 = 0;
pub const LREG_VERSION_MINOR: i32 = 1;
pub const LREG_VERSION_PATCH: i32 = 0;
pub const LREG_VERSION_STRING: &str = "0.1.0";
pub const LREG_COLLECT_HAS_MORE: i32 = 1;
pub const LREG_VERSION_NUMBER: i32 = 1000;
pub const LREG_BACKUP_LINK: i32 = 1;
pub const LREG_DISPATCH_READS_ALL: i32 = 1;
pub const LREG_OK: i32 = 0;
pub const LREG_BAD_ARGUMENT: i32 = 1;
pub const LREG_UNAUTHENTICATED: i32 = 2;
pub const LREG_FORBIDDEN: i32 = 3;
pub const LREG_NOT_FOUND: i32 = 4;
pub const LREG_METHOD_NOT_ALLOWED: i32 = 5;
pub const LREG_CONFLICT: i32 = 6;
pub const LREG_LENGTH_REQUIRED: i32 = 7;
pub const LREG_PRECONDITION_FAILED: i32 = 8;
pub const LREG_TOO_LARGE: i32 = 9;
pub const LREG_URI_TOO_LONG: i32 = 10;
pub const LREG_UNSUPPORTED: i32 = 11;
pub const LREG_RANGE: i32 = 12;
pub const LREG_UNPROCESSABLE: i32 = 13;
pub const LREG_TOO_MANY: i32 = 14;
pub const LREG_HEADERS_TOO_LARGE: i32 = 15;
pub const LREG_NO_MEMORY: i32 = 16;
pub const LREG_BUSY: i32 = 17;
pub const LREG_NO_SPACE: i32 = 18;
pub const LREG_IO: i32 = 19;
pub const LREG_CORRUPT: i32 = 20;
pub const LREG_MISUSE: i32 = 21;
pub const LREG_INTERNAL: i32 = 22;
pub const LREG_NOT_IMPLEMENTED: i32 = 23;
pub const LREG_UPSTREAM: i32 = 24;
pub const LREG_TIMEOUT: i32 = 25;
pub const LREG_CANCELLED: i32 = 26;
pub const LREG_PENDING: i32 = 27;
pub const LREG_HOST_STATUS: i32 = 1000;
pub const LREG_CAUSE_NONE: i32 = 0;
pub const LREG_CAUSE_ERRNO: i32 = 1;
pub const LREG_CAUSE_SQLITE: i32 = 2;
pub const LREG_CAUSE_HOST: i32 = 3;
pub const LREG_CAUSE_HTTP: i32 = 4;
pub const LREG_CAUSE_NET: i32 = 5;
pub const LREG_CAUSE_CRYPTO: i32 = 6;
pub const LREG_WANTS_NOTHING: i32 = 0;
pub const LREG_WANTS_BODY: i32 = 1;
pub const LREG_WANTS_RESPONSE: i32 = 2;
pub const LREG_WANTS_WORK: i32 = 3;
pub const LREG_PIECE_END: i32 = 0;
pub const LREG_PIECE_BYTES: i32 = 1;
pub const LREG_PIECE_FILE: i32 = 2;
pub const LREG_PIECE_WAIT: i32 = 3;
pub const LREG_METRICS_ACCESS_OFF: i32 = 0;
pub const LREG_METRICS_ACCESS_TOKEN: i32 = 1;
pub const LREG_METRICS_ACCESS_ANYONE: i32 = 2;
pub const LREG_METRICS_MEMORY_ONLY: i32 = 65536;
pub const LREG_LIMIT_PACKAGE_BYTES: i32 = 1;
pub const LREG_LIMIT_BLOB_BYTES: i32 = 2;
pub const LREG_LIMIT_MANIFEST_BYTES: i32 = 3;
pub const LREG_LIMIT_JSON_BYTES: i32 = 4;
pub const LREG_LIMIT_JSON_DEPTH: i32 = 5;
pub const LREG_LIMIT_TARGET_BYTES: i32 = 6;
pub const LREG_LIMIT_HEADER_BYTES: i32 = 7;
pub const LREG_LIMIT_HEADERS: i32 = 8;
pub const LREG_LIMIT_MULTIPART_PARTS: i32 = 9;
pub const LREG_LIMIT_PART_HEADER_BYTES: i32 = 10;
pub const LREG_LIMIT_ARCHIVE_ENTRIES: i32 = 11;
pub const LREG_LIMIT_UNPACKED_BYTES: i32 = 12;
pub const LREG_LIMIT_UPLOADS: i32 = 13;
pub const LREG_SETTING_UPLOAD_AGE_MS: i32 = 14;
pub const LREG_SETTING_BLOB_GRACE_MS: i32 = 15;
pub const LREG_SETTING_BEARER_LIFETIME_MS: i32 = 16;
pub const LREG_SETTING_AUDIT_KEEP_MS: i32 = 17;
pub const LREG_SETTING_AUDIT_KEEP_EVENTS: i32 = 18;
pub const LREG_SETTING_CACHE_BYTES: i32 = 19;
pub const LREG_LIMIT_PACKAGE_UNPACKED_BYTES: i32 = 20;
pub const LREG_LIMIT_UNPACKED_RATIO: i32 = 21;
pub const LREG_LIMIT_ARCHIVE_MANIFEST_BYTES: i32 = 22;
pub const LREG_LIMIT_TOKEN_UPLOADS: i32 = 23;
pub const LREG_SETTING_UPLOAD_IDLE_MS: i32 = 24;
pub const LREG_FORWARDED_HEADER_X_FORWARDED: i32 = 0;
pub const LREG_FORWARDED_HEADER_FORWARDED: i32 = 1;
pub const LREG_LOG_ERROR: i32 = 1;
pub const LREG_LOG_WARNING: i32 = 2;
pub const LREG_LOG_INFO: i32 = 3;
pub const LREG_LOG_DEBUG: i32 = 4;
pub const LREG_STORAGE_NAME_MAX: i32 = 63;
pub const LREG_STORAGE_KEY_MAX: i32 = 255;
pub const LREG_STORAGE_STAGE_NAME_MAX: i32 = 63;
pub const LREG_STORAGE_PATH_MAX: i32 = 1023;
pub const LREG_STORAGE_STAGES: i32 = 1;
pub const LREG_STORAGE_OBJECTS: i32 = 2;
pub const LREG_STORAGE_IS_REMOTE: i32 = 1;
pub const LREG_STORAGE_SHARES_OBJECTS: i32 = 4;
pub const LREG_STORAGE_CLOSES_IN_CHILD: i32 = 8;

pub type lreg_finding_function =
    Option<unsafe extern "C" fn(user: *mut c_void, finding: *const lreg_finding) -> lreg_status>;

#[repr(C)]
pub struct lreg_audit_event_filter {
    pub size: u32,
    pub flags: u32,
    pub organization_id: *const c_char,
}

#[repr(C)]
pub struct lreg_finding {
    pub size: u32,
    pub flags: u32,
    pub message: *const c_char,
}

#[repr(C)]
pub struct lreg_verify_options {
    pub size: u32,
    pub flags: u32,
    pub finding: lreg_finding_function,
    pub user: *mut c_void,
}

#[repr(C)]
pub struct lreg_collect_options {
    pub size: u32,
    pub flags: u32,
    pub grace_ms: i64,
}

#[repr(C)]
pub struct lreg_backup_options {
    pub size: u32,
    pub flags: u32,
}

#[repr(C)]
pub struct lreg_organization_filter {
    pub size: u32,
    pub flags: u32,
}

#[repr(C)]
pub struct lreg_package_filter {
    pub size: u32,
    pub flags: u32,
    pub name_contains: *const c_char,
}

#[repr(C)]
pub struct lreg_registry_filter {
    pub size: u32,
    pub flags: u32,
}

#[repr(C)]
pub struct lreg_token_filter {
    pub size: u32,
    pub flags: u32,
}

#[repr(C)]
pub struct lreg_upload_filter {
    pub size: u32,
    pub flags: u32,
}

#[repr(C)]
pub struct lreg_dispatch_io {
    pub size: u32,
    pub flags: u32,
    pub user: *mut c_void,
    pub read: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            buffer: *mut c_void,
            capacity: usize,
            out_got: *mut usize,
        ) -> lreg_status,
    >,
    pub write_head: Option<unsafe extern "C" fn(user: *mut c_void, exchange: *const lreg_exchange) -> lreg_status>,
    pub write: Option<unsafe extern "C" fn(user: *mut c_void, bytes: *const c_void, length: usize) -> lreg_status>,
    pub send_file: Option<
        unsafe extern "C" fn(user: *mut c_void, exchange: *const lreg_exchange, path: *const c_char) -> lreg_status,
    >,
}

#[repr(C)]
pub struct lreg_piece {
    pub size: u32,
    pub kind: lreg_piece_kind,
    pub bytes: *const c_void,
    pub length: u64,
    pub file_offset: i64,
    pub file: i32,
    pub reserved: i32,
}

#[repr(C)]
pub struct lreg_verify_report {
    pub size: u32,
    pub flags: u32,
    pub blobs: u64,
    pub blob_bytes: u64,
    pub documents: u64,
    pub missing: u64,
    pub damaged: u64,
    pub unnamed_objects: u64,
    pub dangling: u64,
    pub unreadable: u64,
}

#[repr(C)]
pub struct lreg_collect_report {
    pub size: u32,
    pub flags: u32,
    pub uploads: u64,
    pub stages: u64,
    pub blobs: u64,
    pub blob_bytes: u64,
    pub objects: u64,
    pub audit_events: u64,
}

#[repr(C)]
pub struct lreg_metrics_filter {
    pub size: u32,
    pub flags: u32,
    pub name_prefix: *const c_char,
}

#[repr(C)]
pub struct lreg_upkeep_options {
    pub size: u32,
    pub flags: u32,
    pub budget_ms: i64,
    pub grace_ms: i64,
    pub collect_interval_ms: i64,
    pub scrub_interval_ms: i64,
    pub scrub_bytes_per_second: u64,
}

#[repr(C)]
pub struct lreg_upkeep_report {
    pub size: u32,
    pub flags: u32,
    pub next_ms: i64,
    pub clock_ahead_ms: i64,
    pub uploads: u64,
    pub stages: u64,
    pub blobs: u64,
    pub blob_bytes: u64,
    pub objects: u64,
    pub audit_events: u64,
    pub freed_bytes: u64,
    pub scrubbed_blobs: u64,
    pub scrubbed_documents: u64,
    pub scrubbed_bytes: u64,
    pub missing: u64,
    pub damaged: u64,
    pub unreadable: u64,
    pub healed: u64,
}

#[repr(C)]
pub struct lreg_allocator {
    pub size: u32,
    pub flags: u32,
    pub user: *mut c_void,
    pub allocate: Option<unsafe extern "C" fn(user: *mut c_void, bytes: usize) -> *mut c_void>,
    pub reallocate: Option<unsafe extern "C" fn(user: *mut c_void, memory: *mut c_void, bytes: usize) -> *mut c_void>,
    pub release: Option<unsafe extern "C" fn(user: *mut c_void, memory: *mut c_void)>,
}

#[repr(C)]
pub struct lreg_clock {
    pub size: u32,
    pub flags: u32,
    pub user: *mut c_void,
    pub now_ms: Option<unsafe extern "C" fn(user: *mut c_void) -> i64>,
    pub destroy: Option<unsafe extern "C" fn(user: *mut c_void)>,
    pub uptime_ms: Option<unsafe extern "C" fn(user: *mut c_void) -> i64>,
}

#[repr(C)]
pub struct lreg_random {
    pub size: u32,
    pub flags: u32,
    pub user: *mut c_void,
    pub fill: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            bytes: *mut c_void,
            length: usize,
            failure: *mut lreg_failure,
        ) -> lreg_status,
    >,
    pub destroy: Option<unsafe extern "C" fn(user: *mut c_void)>,
}

#[repr(C)]
pub struct lreg_log {
    pub size: u32,
    pub level: i32,
    pub user: *mut c_void,
    pub write: Option<unsafe extern "C" fn(user: *mut c_void, level: i32, message: *const c_char)>,
    pub destroy: Option<unsafe extern "C" fn(user: *mut c_void)>,
}

#[repr(C)]
pub struct lreg_executor {
    pub size: u32,
    pub flags: u32,
    pub user: *mut c_void,
    pub run: Option<
        unsafe extern "C" fn(
            user: *mut c_void,
            task: Option<unsafe extern "C" fn(argument: *mut c_void)>,
            argument: *mut c_void,
        ) -> lreg_bool,
    >,
    pub destroy: Option<unsafe extern "C" fn(user: *mut c_void)>,
}

#[repr(C)]
pub struct lreg_stage_info {
    pub size: u32,
    pub flags: u32,
    pub expected_length: i64,
}

#[repr(C)]
pub struct lreg_object_info {
    pub size: u32,
    pub flags: u32,
    pub digest: *const c_char,
    pub length: u64,
}

#[repr(C)]
pub struct lreg_read_info {
    pub size: u32,
    pub flags: u32,
    pub expected_length: i64,
    pub offset: u64,
    pub length: i64,
}

#[repr(C)]
pub struct lreg_list_info {
    pub size: u32,
    pub flags: u32,
    pub after: *const c_char,
    pub what: i32,
    pub reserved: u32,
}

#[repr(C)]
pub struct lreg_storage_backend {
    pub size: u32,
    pub flags: u32,
    pub stage_create: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            name: *const c_char,
            info: *const lreg_stage_info,
            out_stage: *mut *mut c_void,
            failure: *mut lreg_failure,
        ) -> lreg_status,
    >,
    pub stage_reopen: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            name: *const c_char,
            length: u64,
            out_stage: *mut *mut c_void,
            failure: *mut lreg_failure,
        ) -> lreg_status,
    >,
    pub stage_write: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            stage: *mut c_void,
            bytes: *const c_void,
            length: usize,
            failure: *mut lreg_failure,
        ) -> lreg_status,
    >,
    pub stage_sync: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            stage: *mut c_void,
            out_durable: *mut u64,
            failure: *mut lreg_failure,
        ) -> lreg_status,
    >,
    pub stage_close: Option<unsafe extern "C" fn(state: *mut c_void, stage: *mut c_void)>,
    pub stage_drop: Option<unsafe extern "C" fn(state: *mut c_void, stage: *mut c_void)>,
    pub stage_remove: Option<
        unsafe extern "C" fn(state: *mut c_void, name: *const c_char, failure: *mut lreg_failure) -> lreg_status,
    >,
    pub stage_commit: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            stage: *mut c_void,
            info: *const lreg_object_info,
            key: *mut c_char,
            capacity: usize,
            failure: *mut lreg_failure,
        ) -> lreg_status,
    >,
    pub object_open: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            key: *const c_char,
            info: *const lreg_read_info,
            out_object: *mut *mut c_void,
            out_length: *mut u64,
            failure: *mut lreg_failure,
        ) -> lreg_status,
    >,
    pub object_read: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            object: *mut c_void,
            offset: u64,
            bytes: *mut c_void,
            length: usize,
            out_got: *mut usize,
            failure: *mut lreg_failure,
        ) -> lreg_status,
    >,
    pub object_descriptor: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            object: *mut c_void,
            out_descriptor: *mut i32,
            out_offset: *mut u64,
            failure: *mut lreg_failure,
        ) -> lreg_status,
    >,
    pub object_close: Option<unsafe extern "C" fn(state: *mut c_void, object: *mut c_void)>,
    pub object_remove:
        Option<unsafe extern "C" fn(state: *mut c_void, key: *const c_char, failure: *mut lreg_failure) -> lreg_status>,
    pub list_open: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            info: *const lreg_list_info,
            out_list: *mut *mut c_void,
            failure: *mut lreg_failure,
        ) -> lreg_status,
    >,
    pub list_next: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            list: *mut c_void,
            name: *mut c_char,
            capacity: usize,
            out_modified_ms: *mut i64,
            out_length: *mut u64,
            failure: *mut lreg_failure,
        ) -> lreg_status,
    >,
    pub list_close: Option<unsafe extern "C" fn(state: *mut c_void, list: *mut c_void)>,
    pub destroy: Option<unsafe extern "C" fn(state: *mut c_void)>,
    pub object_path: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            object: *mut c_void,
            path: *mut c_char,
            capacity: usize,
            failure: *mut lreg_failure,
        ) -> lreg_status,
    >,
}
