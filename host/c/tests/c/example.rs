//! The example, as the documentation has it built: installed, by pkg-config, and statically.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::compiler::{Build, Program, built, compiler, library_folder, missing, package};
use crate::world::World;

const SOURCE: &str = "examples/gateway.c";
const URL: &str = "https://api.example/orders/7";

fn arguments(world: &World, token: Option<&str>) -> Vec<OsString> {
    let token = token.map(|name| std::fs::read_to_string(world.path().join(name)).unwrap());
    let bearer = token.map(|token| format!("Bearer {token}")).unwrap_or_default();
    vec![world.path().join("trust.toml").into(), "GET".into(), URL.into(), bearer.into()]
}

/// What the program prints, and its exit code.
fn said(program: &Program, arguments: &[OsString], library: Option<&Path>) -> (i32, String) {
    let mut command = Command::new(&program.file);
    command.args(arguments);
    if let Some(folder) = library {
        command.env("LD_LIBRARY_PATH", folder);
    }
    let ran = command.output().unwrap();
    let text = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
    (ran.status.code().unwrap(), text)
}

#[test]
fn the_example_decides() {
    let world = World::new();
    let into = tempfile::tempdir().unwrap();
    for build in [Build::Plain, Build::Sanitized] {
        let Some(program) = Program::build(SOURCE, build, into.path()) else { continue };
        let (code, text) = said(&program, &arguments(&world, Some("live.jwt")), None);
        assert_eq!((code, text.as_str()), (0, "permit\nx-tokenward-subject: u-1\n"));
        let (code, text) = said(&program, &arguments(&world, Some("expired.jwt")), None);
        assert!(code == 1 && text.starts_with("deny\nWWW-Authenticate: Bearer error="), "{text}");
        let (code, text) = said(&program, &arguments(&world, None), None);
        assert_eq!((code, text.as_str()), (1, "deny\nWWW-Authenticate: Bearer\n"));
        let mut nowhere = arguments(&world, None);
        nowhere[2] = "https://api.example/a%2fb".into();
        let (code, text) = said(&program, &nowhere, None);
        assert!(code == 2 && text.starts_with("error [ambiguous-path]: "), "{text}");
        nowhere[0] = "no-such-file".into();
        let (code, text) = said(&program, &nowhere, None);
        assert!(code == 2 && text.starts_with("error [unreadable]: `no-such-file`"), "{text}");
    }
}

#[test]
fn the_example_is_built_by_pkg_config() {
    let Some(compiler) = compiler(Build::Plain) else { return };
    if library_folder().is_none() {
        return;
    }
    if Command::new("pkg-config").arg("--version").output().is_err() {
        return missing("pkg-config");
    }
    let (world, prefix) = (World::new(), tempfile::tempdir().unwrap());
    let folder = built("libtokenward_c.so");
    let ran = Command::new(package().join("install"))
        .arg("--prefix")
        .arg(prefix.path())
        .arg("--from")
        .arg(folder.parent().unwrap())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let installed = prefix.path().join("lib");
    let config = |arguments: &[&str]| {
        let ran = Command::new("pkg-config")
            .args(arguments)
            .arg("tokenward")
            .env("PKG_CONFIG_PATH", installed.join("pkgconfig"))
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    };
    assert_eq!(config(&["--modversion"]).trim(), env!("CARGO_PKG_VERSION"));

    let (flags, source) = (config(&["--cflags", "--libs"]), package().join(SOURCE));
    let mut command = Command::new(compiler);
    command.arg(&source).args(flags.split_whitespace());
    let program = Program::of(command, SOURCE, prefix.path());
    let (code, text) = said(&program, &arguments(&world, Some("live.jwt")), Some(&installed));
    assert_eq!((code, text.as_str()), (0, "permit\nx-tokenward-subject: u-1\n"));

    // Linked statically, it needs no library of ours when it runs.
    let flags = config(&["--cflags", "--libs", "--static"]);
    let archive = installed.join("libtokenward_c.a");
    let linked = |flag: &str| match flag {
        "-ltokenward_c" => archive.clone().into_os_string(),
        flag => flag.into(),
    };
    let mut command = Command::new(compiler);
    command.arg(&source).args(flags.split_whitespace().map(linked));
    let program = Program::of(command, SOURCE, prefix.path());
    let (code, text) = said(&program, &arguments(&world, Some("live.jwt")), None);
    assert_eq!((code, text.as_str()), (0, "permit\nx-tokenward-subject: u-1\n"));
}
