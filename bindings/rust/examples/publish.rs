// SPDX-License-Identifier: Apache-2.0
//! Publishes a file in a data directory and downloads it again as an HTTP client would: publish DIRECTORY FILE

use libregistry::{Ecosystem, Head, Instance, Response, Result, Settings, Status};
use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;
use std::{env, path::Path};

struct Terminal;

impl Response for Terminal {
    fn head(&mut self, head: &Head<'_>) -> io::Result<()> {
        eprintln!("status {}", head.status());
        head.headers()
            .for_each(|(name, value)| eprintln!("{}: {}", name, value));
        Ok(())
    }

    fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        io::stdout().write_all(bytes)
    }
}

/// The registry my-organization/my-files; creates it if it does not exist.
fn registry(instance: &Instance) -> Result<libregistry::Registry> {
    match instance.registry("my-organization", "my-files") {
        Err(error) if error.status() == Status::NOT_FOUND => {
            instance.create_organization("my-organization", None)?;
            instance.create_registry("my-organization", &Settings::new("My files", Ecosystem::Files))
        }
        found => found,
    }
}

fn run(directory: &str, path: &str) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let instance = Instance::open(directory)?;
    let registry = registry(&instance)?;
    let name = Path::new(path)
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or("no file name")?;
    let published = instance.publish(&registry, name, &mut File::open(path)?)?;
    for package in instance.packages(&registry, None)? {
        let package = package?;
        eprintln!("{:>10}  {}", package.size_bytes(), package.filename());
    }
    let token = instance.create_registry_token(&registry, "example")?;
    let authorization = format!("Bearer {}", token.secret());
    let headers = [("Host", "localhost"), ("Authorization", authorization.as_str())];
    let target = format!("/{}", published.package.path().trim_start_matches('/'));
    instance.dispatch("GET", &target, &headers, &mut io::empty(), &mut Terminal)?;
    Ok(instance.delete_token(&token)?)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    let done = match arguments.as_slice() {
        [_, directory, path] => run(directory, path),
        _ => Err("publish DIRECTORY FILE".into()),
    };
    done.map_or_else(
        |error| {
            eprintln!("publish: {}", error);
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}
