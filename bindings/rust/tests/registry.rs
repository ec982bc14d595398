// SPDX-License-Identifier: Apache-2.0
//! Organizations, registries, tokens, packages: stored values are returned, and failures report their reason.

mod support;

use libregistry::*;
use std::error::Error as _;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, thread};
use support::Folder;

fn in_memory() -> (Instance, Registry) {
    with_registry(Options::new().unwrap().open().unwrap())
}

fn with_registry(instance: Instance) -> (Instance, Registry) {
    instance.create_organization("acme", Some("Acme")).unwrap();
    let registry = instance
        .create_registry("acme", &Settings::new("My files", Ecosystem::Files))
        .unwrap();
    (instance, registry)
}

fn bytes_of(instance: &Instance, package: &Package) -> Vec<u8> {
    let mut bytes = Vec::new();
    instance.open_package(package).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn what_is_published_is_listed_and_read_back() {
    let (instance, registry) = in_memory();
    assert_eq!(
        (registry.organization_slug(), registry.slug(), registry.ecosystem()),
        ("acme", "my-files", "files")
    );
    let bytes: Vec<u8> = (0..200_000u32).map(|i| (i % 251) as u8).collect();
    let published = instance
        .publish(&registry, "app-1.0.bin", &mut bytes.as_slice())
        .unwrap();
    assert!(published.created);
    assert_eq!(published.package.size_bytes(), 200_000);
    assert_eq!(published.package.sha256().len(), 64);
    assert_eq!(published.package.digest("no such"), "");
    let again = instance
        .publish(&registry, "app-1.0.bin", &mut bytes.as_slice())
        .unwrap();
    assert!(!again.created);
    instance.publish(&registry, "other.txt", &mut io::empty()).unwrap();

    let names = |contained| -> Vec<String> {
        let packages = instance
            .packages(&registry, contained)
            .unwrap()
            .collect::<Result<Vec<_>>>()
            .unwrap();
        packages.iter().map(|package| package.filename().to_owned()).collect()
    };
    assert_eq!(names(None), ["other.txt", "app-1.0.bin"]);
    assert_eq!(names(Some("APP")), ["app-1.0.bin"]);
    assert_eq!(
        bytes_of(&instance, &instance.package(&registry, "app-1.0.bin").unwrap()),
        bytes
    );

    let mut content = instance.open_package(&published.package).unwrap();
    assert_eq!(content.seek(SeekFrom::End(-2)).unwrap(), 199_998);
    let mut tail = Vec::new();
    content.read_to_end(&mut tail).unwrap();
    assert_eq!(tail, bytes[199_998..]);
    assert!(content.seek(SeekFrom::Start(1)).is_ok() && content.seek(SeekFrom::Current(-2)).is_err());

    instance.delete_package(&published.package).unwrap();
    assert_eq!(names(None), ["other.txt"]);
}

#[test]
fn organizations_registries_and_tokens_are_found_changed_and_deleted() {
    let (instance, registry) = in_memory();
    assert_eq!(instance.organization("acme").unwrap().name(), "Acme");
    let slugs: Vec<_> = instance
        .organizations()
        .unwrap()
        .map(|one| one.unwrap().slug().to_owned())
        .collect();
    assert_eq!(slugs, ["acme"]);
    assert!(!registry.is_public());
    let changed = instance
        .update_registry(&registry, &Settings::default().public(true).slug("open"))
        .unwrap();
    assert!(changed.is_public() && changed.slug() == "open" && changed.name() == "My files");
    assert_eq!(registry.slug(), "my-files");
    assert_eq!(instance.registries("acme").unwrap().count(), 1);
    assert_eq!(instance.registry("acme", "open").unwrap().id(), registry.id());

    let token = instance.create_token("acme", "for a test", "read_packages", 0).unwrap();
    assert_eq!(
        (token.scopes(), token.description(), token.expires_ms()),
        ("read_packages", "for a test", 0)
    );
    assert!(!token.secret().is_empty());
    let listed = instance.tokens("acme").unwrap().next().unwrap().unwrap();
    assert_eq!((listed.id(), listed.secret()), (token.id(), ""));
    let hidden = instance.create_registry_token(&changed, "reads").err().unwrap();
    assert_eq!((hidden.status(), hidden.code()), (Status::NOT_FOUND, "tokens_hidden"));
    let changed = instance
        .update_registry(&changed, &Settings::default().public(false))
        .unwrap();
    let reader = instance.create_registry_token(&registry, "reads").unwrap();
    let shown = instance.registry_tokens(&registry).unwrap().next().unwrap().unwrap();
    assert_eq!((shown.secret(), shown.registry_id()), ("", registry.id()));
    assert_eq!(instance.reveal(&shown).unwrap().secret(), reader.secret());
    assert_eq!(instance.reveal(&token).err().unwrap().status(), Status::UNSUPPORTED);
    instance.delete_token(&token).unwrap();
    assert_eq!(instance.tokens("acme").unwrap().count(), 0);

    instance.delete_registry(&changed).unwrap();
    let acme = instance.organization("acme").unwrap();
    let renamed = instance.update_organization(&acme, None, Some("New name")).unwrap();
    assert_eq!((renamed.slug(), renamed.name()), ("acme", "New name"));
    instance.delete_organization(&acme).unwrap();
    assert_eq!(instance.organization("acme").err().unwrap().status(), Status::NOT_FOUND);
}

#[test]
fn errors_say_status_code_and_message() {
    let (instance, registry) = in_memory();
    instance.publish(&registry, "a.txt", &mut "one".as_bytes()).unwrap();
    let error = instance
        .publish(&registry, "a.txt", &mut "two".as_bytes())
        .err()
        .unwrap();
    assert_eq!((error.status(), error.code()), (Status::CONFLICT, "package_exists"));
    assert!(error.to_string().contains("a.txt"), "{}", error);
    assert_eq!((error.status().name(), error.status().http()), ("LREG_CONFLICT", 409));
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::Other);
    let error = instance.organization("a\0b").err().unwrap();
    assert_eq!((error.status(), error.code()), (Status::BAD_ARGUMENT, "nul_in_text"));
    let error = Instance::open("/nowhere/at/all").err().unwrap();
    assert_eq!(error.status(), Status::NOT_FOUND);
}

#[test]
fn a_reader_that_fails_is_the_source_of_the_error_and_publishes_nothing() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::BrokenPipe, "torn"))
        }
    }
    let (instance, registry) = in_memory();
    let error = instance
        .publish(&registry, "a.txt", &mut "begun".as_bytes().chain(Broken))
        .err()
        .unwrap();
    assert_eq!(error.status(), Status::HOST);
    assert_eq!(error.source().unwrap().to_string(), "torn");
    let mut publication = instance.open_publication(&registry, "b.txt").unwrap();
    publication.write_all(b"never finished").unwrap();
    drop(publication);
    assert_eq!(instance.packages(&registry, None).unwrap().count(), 0);
}

#[test]
fn handles_outlive_their_instance() {
    let (instance, registry) = in_memory();
    let published = instance.publish(&registry, "a.txt", &mut "bytes".as_bytes()).unwrap();
    let mut content = instance.open_package(&published.package).unwrap();
    let mut packages = instance.packages(&registry, None).unwrap();
    drop(instance);
    let mut text = String::new();
    content.read_to_string(&mut text).unwrap();
    assert_eq!(text, "bytes");
    assert_eq!(packages.next().unwrap().unwrap().filename(), "a.txt");
    assert!(packages.next().is_none());
}

#[test]
fn threads_share_an_instance() {
    let folder = Folder::new();
    let options = Options::new()
        .unwrap()
        .directory(folder.0.join("data"))
        .unwrap()
        .durable(false)
        .unwrap();
    let (instance, registry) = with_registry(options.open().unwrap());
    thread::scope(|scope| {
        for number in 0..4 {
            let (instance, registry) = (&instance, &registry);
            scope.spawn(move || {
                for i in 0..10 {
                    let name = format!("{}-{}.txt", number, i);
                    let published = instance.publish(registry, &name, &mut name.as_bytes()).unwrap();
                    assert_eq!(bytes_of(instance, &published.package), name.as_bytes());
                }
            });
        }
    });
    let other = Instance::open(folder.0.join("data")).unwrap();
    let registry = other.registry("acme", "my-files").unwrap();
    assert_eq!(other.packages(&registry, None).unwrap().count(), 40);
    drop(instance);
    other.backup(folder.0.join("copy").to_str().unwrap()).unwrap();
    other.backup_linked(folder.0.join("linked").to_str().unwrap()).unwrap();
    assert!(Instance::open(folder.0.join("linked")).is_ok());
    let copy = Instance::open(folder.0.join("copy")).unwrap();
    let registry = copy.registry("acme", "my-files").unwrap();
    assert_eq!(
        bytes_of(&copy, &copy.package(&registry, "3-9.txt").unwrap()),
        b"3-9.txt"
    );
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn damage_is_found_and_what_is_deleted_is_collected() {
    let folder = Folder::new();
    let (instance, registry) = with_registry(Instance::open(&folder.0).unwrap());
    let bytes = b"the bytes of a package".repeat(10);
    let published = instance.publish(&registry, "a.bin", &mut bytes.as_slice()).unwrap();
    let clean = instance.verify(|message| panic!("{}", message)).unwrap();
    assert_eq!((clean.blobs, clean.damaged, clean.missing), (1, 0, 0));

    let blob = files(&folder.0)
        .into_iter()
        .find(|path| fs::read(path).unwrap() == bytes)
        .unwrap();
    let mut permissions = fs::metadata(&blob).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
    fs::set_permissions(&blob, permissions).unwrap();
    fs::write(&blob, b"The bytes of a package".repeat(10)).unwrap();
    let mut findings = Vec::new();
    let found = instance.verify(|message| findings.push(message.to_owned())).unwrap();
    assert_eq!((found.damaged, findings.len()), (1, 1));
    let panic = catch_unwind(AssertUnwindSafe(|| instance.verify(|_| panic!("in the callback")))).unwrap_err();
    assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "in the callback");

    instance.delete_package(&published.package).unwrap();
    let collected = instance.collect(Duration::ZERO).unwrap();
    assert_eq!((collected.blobs, collected.blob_bytes), (1, bytes.len() as u64));
    drop((instance, registry, published));
    assert_eq!(folder.open_files(), 0);
}

#[test]
fn metrics_have_labels_and_values() {
    let options = Options::new().unwrap();
    let instance = options.metrics_access(sys::LREG_METRICS_ACCESS_OFF).unwrap().open().unwrap();
    let (instance, registry) = with_registry(instance);
    instance.publish(&registry, "app-1.0.bin", &mut &b"hello"[..]).unwrap();
    let found: Vec<Metric> = instance.metrics("libregistry_storage_bytes").unwrap().map(Result::unwrap).collect();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].name(), found[0].kind(), found[0].value()), ("libregistry_storage_bytes", "gauge", 5.0));
    assert_eq!(found[0].labels().len(), 1);
    assert!(!found[0].help().is_empty());
    let start = instance.metrics("libregistry_start_time_seconds").unwrap().next().unwrap().unwrap();
    assert!(start.value() > 1e9 && start.labels().is_empty());
    assert!(Options::new().unwrap().metrics_access(7).is_err());
}
