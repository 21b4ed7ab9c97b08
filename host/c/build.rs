//! Gives the shared library its name and version for the loader, from `include/tokenward.h`.

use std::{env, fs, process};

const HEADER: &str = "include/tokenward.h";

fn main() {
    println!("cargo:rerun-if-changed={HEADER}");
    println!("cargo:rerun-if-changed=build.rs");
    let header = fs::read_to_string(HEADER).unwrap_or_else(|error| stop(&error.to_string()));
    let version = header
        .lines()
        .find_map(|line| line.strip_prefix("#define TOKENWARD_ABI_VERSION "))
        .and_then(|number| number.trim().parse::<u32>().ok())
        .unwrap_or_else(|| stop("it defines no TOKENWARD_ABI_VERSION that is a number"));
    println!("cargo:rustc-env=TOKENWARD_ABI_VERSION={version}");
    let system = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if ["linux", "freebsd", "netbsd", "openbsd", "android"].contains(&system.as_str()) {
        // A program keeps to the interface that it was linked with.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libtokenward_c.so.{version}");
        // Threads and signal handlers of the engine may run its code until the process ends.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}

fn stop(why: &str) -> ! {
    eprintln!("{HEADER}: {why}");
    process::exit(1);
}
