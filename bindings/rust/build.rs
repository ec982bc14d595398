// SPDX-License-Identifier: Apache-2.0
//! Finds libregistry: in LIBREGISTRY_LIB_DIR if it is set; otherwise by pkg-config.

use std::env;
use std::process::Command;

const NEEDED: &str = "libregistry >= 0.1";

fn main() {
    for name in ["LIBREGISTRY_LIB_DIR", "PKG_CONFIG_PATH", "PKG_CONFIG"] {
        println!("cargo:rerun-if-env-changed={}", name);
    }
    let flags = match env::var("LIBREGISTRY_LIB_DIR") {
        Ok(folder) => vec![format!("-L{}", folder), String::from("-lregistry")],
        Err(_) => pkg_config(),
    };
    for flag in &flags {
        if let Some(folder) = flag.strip_prefix("-L") {
            println!("cargo:rustc-link-search=native={}", folder);
            // For the tests and examples of this crate; dependent crates set their own.
            println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder);
        } else if let Some(name) = flag.strip_prefix("-l") {
            println!("cargo:rustc-link-lib={}", name);
        }
    }
}

fn pkg_config() -> Vec<String> {
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| String::from("pkg-config"));
    match Command::new(&program).args(["--libs", NEEDED]).output() {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8(output.stdout).expect("pkg-config writes UTF-8");
            text.split_whitespace().map(String::from).collect()
        }
        Ok(output) => panic!("{}: {}", program, String::from_utf8_lossy(&output.stderr)),
        Err(error) => panic!("{}: {}; set LIBREGISTRY_LIB_DIR if it is not installed", program, error),
    }
}
