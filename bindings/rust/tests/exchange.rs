// SPDX-License-Identifier: Apache-2.0
//! Requests and responses: step by step, in one call, and with callbacks that fail or panic.

mod support;

use libregistry::*;
use std::error::Error as _;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::os::unix::io::{FromRawFd, IntoRawFd};
use std::panic::{catch_unwind, AssertUnwindSafe};
use support::Folder;

const FORM: &str =
    "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a-1.0.txt\"\r\n\r\nhello\r\n--b--\r\n";
const TARGET: &str = "/v2/packages/organizations/acme/registries/my-files/packages";

struct Fixture {
    instance: Instance,
    registry: Registry,
    token: Token,
}

fn fixture() -> Fixture {
    fixture_of(Options::new().unwrap().open().unwrap())
}

fn fixture_of(instance: Instance) -> Fixture {
    instance.create_organization("acme", None).unwrap();
    let registry = instance
        .create_registry("acme", &Settings::new("My files", Ecosystem::Files))
        .unwrap();
    let token = instance
        .create_token("acme", "test", "read_packages,write_packages", 0)
        .unwrap();
    Fixture {
        instance,
        registry,
        token,
    }
}

impl Fixture {
    fn authorization(&self) -> String {
        format!("Bearer {}", self.token.secret())
    }

    fn get(&self, target: &str, response: &mut dyn Response) -> Result<()> {
        let authorization = self.authorization();
        let headers = [("Host", "localhost"), ("Authorization", authorization.as_str())];
        self.instance
            .dispatch("GET", target, &headers, &mut io::empty(), response)
    }
}

#[derive(Default)]
struct Kept {
    status: i32,
    headers: Vec<(String, String)>,
    length: Option<u64>,
    body: Vec<u8>,
}

impl Response for Kept {
    fn head(&mut self, head: &Head<'_>) -> io::Result<()> {
        self.status = head.status();
        self.headers = head
            .headers()
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        self.length = head.content_length();
        Ok(())
    }

    fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.body.extend_from_slice(bytes);
        Ok(())
    }
}

#[test]
fn a_form_goes_in_and_its_file_comes_out() {
    let fixture = fixture();
    let (authorization, length) = (fixture.authorization(), FORM.len().to_string());
    let mut headers = vec![
        ("Host", "localhost"),
        ("Authorization", authorization.as_str()),
        ("Content-Type", "multipart/form-data; boundary=b"),
        ("Content-Length", length.as_str()),
    ];
    let mut posted = Kept::default();
    fixture
        .instance
        .dispatch("POST", TARGET, &headers, &mut FORM.as_bytes(), &mut posted)
        .unwrap();
    assert_eq!(posted.status / 100, 2, "{}", String::from_utf8_lossy(&posted.body));

    headers.truncate(2);
    let package = fixture.instance.package(&fixture.registry, "a-1.0.txt").unwrap();
    let mut got = Kept::default();
    fixture
        .get(&format!("/{}", package.path().trim_start_matches('/')), &mut got)
        .unwrap();
    assert_eq!(
        (got.status, got.length, got.body.as_slice()),
        (200, Some(5), &b"hello"[..])
    );
    assert!(got.headers.iter().any(|(name, _)| name == "etag"));

    let mut refused = Kept::default();
    let target = "/acme/my-files/files/a-1.0.txt";
    fixture
        .instance
        .dispatch("GET", target, &headers[..1], &mut io::empty(), &mut refused)
        .unwrap();
    assert_eq!(refused.status, 401);
}

#[test]
fn an_exchange_goes_step_by_step_and_is_used_again() {
    let fixture = fixture();
    let mut exchange = fixture.instance.exchange().unwrap();
    for round in 0..2 {
        exchange.set_request("POST", &format!("/packages{}", TARGET)).unwrap();
        exchange.set_mount("/packages").unwrap();
        exchange.set_scheme("https").unwrap();
        exchange.set_peer("192.0.2.1").unwrap();
        exchange.add_header("Host", "localhost").unwrap();
        exchange.add_header("Authorization", &fixture.authorization()).unwrap();
        exchange
            .add_header("Content-Type", "multipart/form-data; boundary=b")
            .unwrap();
        exchange.add_header("Transfer-Encoding", "chunked").unwrap();
        assert_eq!((exchange.wants(), exchange.head().status()), (Wants::Nothing, 0));
        exchange.begin().unwrap();
        for piece in FORM.as_bytes().chunks(7) {
            assert_eq!(exchange.wants(), Wants::Body, "round {}", round);
            exchange.write_body(piece).unwrap();
        }
        exchange.finish_body().unwrap();
        assert_eq!((exchange.wants(), exchange.head().status() / 100), (Wants::Response, 2));
        assert!(exchange.head().may_keep_alive());
        let mut body = String::new();
        exchange.read_to_string(&mut body).unwrap();
        assert!(body.contains("a-1.0.txt"), "{}", body);
        assert_eq!(exchange.wants(), Wants::Nothing);
        assert_eq!(exchange.work().err().unwrap().status(), Status::MISUSE);
        let error = exchange.begin().err().unwrap();
        assert_eq!(error.status(), Status::MISUSE);
        exchange.reset();
    }
    drop(fixture);
}

#[test]
fn pieces_are_bytes_or_parts_of_files() {
    let folder = Folder::new();
    let instance = Instance::open(&folder.0).unwrap();
    instance.create_organization("acme", None).unwrap();
    let settings = Settings::new("My files", Ecosystem::Files).public(true);
    let registry = instance.create_registry("acme", &settings).unwrap();
    let bytes = vec![b'x'; 100_000];
    instance.publish(&registry, "a.bin", &mut bytes.as_slice()).unwrap();

    let mut exchange = instance.exchange().unwrap();
    exchange.set_request("GET", "/acme/my-files/files/a.bin").unwrap();
    exchange.add_header("Host", "localhost").unwrap();
    exchange.begin().unwrap();
    let (mut got, mut from_files) = (Vec::new(), 0);
    loop {
        let sent = match exchange.piece().unwrap() {
            Piece::End => break,
            Piece::Bytes(bytes) => {
                got.extend_from_slice(bytes);
                bytes.len() as u64
            }
            Piece::File {
                descriptor,
                offset,
                length,
            } => {
                let mut part = vec![0; length.min(60_000) as usize];
                // SAFETY: borrowed from the exchange, and released before it is dropped.
                let file = unsafe { File::from_raw_fd(descriptor) };
                let read = file.read_exact_at(&mut part, offset as u64);
                let _ = file.into_raw_fd();
                read.unwrap();
                from_files += part.len();
                got.extend_from_slice(&part);
                part.len() as u64
            }
        };
        exchange.consume(sent).unwrap();
    }
    assert!(got == bytes && from_files == bytes.len());
}

/// Fails or panics at the given place.
#[derive(Default)]
struct Bad {
    in_head: bool,
    panics: bool,
    calls: u32,
}

impl Bad {
    fn now(&mut self) -> io::Result<()> {
        self.calls += 1;
        assert!(!self.panics, "on purpose");
        Err(io::Error::new(io::ErrorKind::ConnectionReset, "gone"))
    }
}

impl Response for Bad {
    fn head(&mut self, _: &Head<'_>) -> io::Result<()> {
        if self.in_head {
            return self.now();
        }
        Ok(())
    }

    fn body(&mut self, _: &[u8]) -> io::Result<()> {
        self.now()
    }
}

impl Read for Bad {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.now().map(|()| 0)
    }
}

#[test]
fn a_callback_that_fails_ends_the_call() {
    let fixture = fixture();
    for in_head in [true, false] {
        let mut bad = Bad {
            in_head,
            ..Bad::default()
        };
        let error = fixture.get("/v2/", &mut bad).unwrap_err();
        assert_eq!((error.status(), bad.calls), (Status::HOST, 1));
        assert_eq!(error.source().unwrap().to_string(), "gone");
    }
}

#[test]
fn a_callback_that_panics_does_not_unwind_through_the_library() {
    let folder = Folder::new();
    let fixture = fixture_of(Instance::open(&folder.0).unwrap());
    for in_head in [true, false] {
        let mut bad = Bad {
            in_head,
            panics: true,
            ..Bad::default()
        };
        let panic = catch_unwind(AssertUnwindSafe(|| fixture.get("/v2/", &mut bad))).unwrap_err();
        assert_eq!((*panic.downcast_ref::<&str>().unwrap(), bad.calls), ("on purpose", 1));
    }
    let authorization = fixture.authorization();
    let headers = [
        ("Host", "localhost"),
        ("Authorization", authorization.as_str()),
        ("Content-Type", "multipart/form-data; boundary=b"),
        ("Content-Length", "100"),
    ];
    let mut body = Bad {
        panics: true,
        ..Bad::default()
    };
    let mut response = Kept::default();
    let call = || {
        fixture
            .instance
            .dispatch("POST", TARGET, &headers, &mut body, &mut response)
    };
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
    assert_eq!((body.calls, response.status), (1, 0));
    assert!(fixture.get("/v2/", &mut response).is_ok());
    assert_eq!(response.status, 200);
    assert!(folder.open_files() > 0);
    drop(fixture);
    assert_eq!(folder.open_files(), 0);
}

#[test]
fn handles_move_between_threads_and_instances_and_snapshots_are_shared() {
    fn moved<T: Send>() {}
    fn shared<T: Send + Sync>() {}
    shared::<Instance>();
    shared::<Organization>();
    shared::<Registry>();
    shared::<Package>();
    shared::<Token>();
    shared::<Error>();
    moved::<Options>();
    moved::<Exchange>();
    moved::<Publication>();
    moved::<PackageReader>();
    moved::<Packages>();
}
