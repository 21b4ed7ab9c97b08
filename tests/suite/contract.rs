//! The contract: what was released of it is frozen.

use std::collections::BTreeSet;
use std::path::Path;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Released {
    released: Vec<Version>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    package: String,
    file: String,
    sha256: String,
}

#[test]
fn released_versions_are_frozen() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let text = std::fs::read_to_string(folder.join("released.toml")).unwrap();
    let Released { released } = toml::from_str(&text).unwrap();
    assert!(released.iter().any(|version| version.package == "tokenward:policy@0.1.0"));
    let mut packages = BTreeSet::new();
    for Version { package, file, sha256 } in released {
        let content = std::fs::read(folder.join(&file)).unwrap();
        assert_eq!(
            tokenward::component_digest(&content),
            format!("sha256:{sha256}"),
            "`wit/{file}` was changed, and {package} is released: put it back, and write a new \
             version into a file of its own"
        );
        let declared = format!("package {package};");
        assert!(String::from_utf8(content).unwrap().lines().any(|line| line == declared));
        assert!(packages.insert(package), "a version is released once");
    }
}
