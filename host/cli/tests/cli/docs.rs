//! The reference that is committed is the one that the command makes.
//! `TOKENWARD_BLESS=1` writes it anew.

use std::path::{Path, PathBuf};

use crate::support::World;

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}

/// Fails unless the file holds this text; with `TOKENWARD_BLESS` it is made to.
#[track_caller]
pub(crate) fn is_committed(file: &Path, text: &str) {
    if std::env::var_os("TOKENWARD_BLESS").is_some() {
        if std::fs::read_to_string(file).ok().as_deref() != Some(text) {
            std::fs::write(file, text).unwrap();
        }
        return;
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        committed == text,
        "`{}` is not what the policies say; run the test again with TOKENWARD_BLESS=1",
        file.display()
    );
}

#[test]
fn every_policy_has_its_page() {
    let world = World::new();
    world.run(&["policy", "docs", "--all", "--out", "pages"]).expect(0, &[]);
    for (name, _) in tokenward::built_in_policies() {
        let page = std::fs::read_to_string(world.path("pages").join(name).join("README.md"));
        is_committed(&policies().join(name).join("README.md"), &page.unwrap());
    }
    let coverage = std::fs::read_to_string(world.path("pages/COVERAGE.md")).unwrap();
    is_committed(&policies().join("COVERAGE.md"), &coverage);
}

#[test]
fn a_page_has_all_its_parts() {
    let world = World::new();
    let ran = world.run(&["policy", "docs", "scope-check"]).expect(
        0,
        &[
            "# scope-check\n",
            "It is asked when a token is issued and when it is used.",
            "\n## What it reads\n",
            "With its default settings, claims `/scope`, `/scp` and nothing else; `tokenward ",
            "\n## Settings\n",
            "module = \"scope-check\"\nsettings.routes = [{ methods = [\"GET\"], path = ",
            "| `routes[].path` | text | required |",
            "\n## Rules\n",
            "| `missing-scope` | ",
            "| refuses (high) |",
            "\n## Controls\n",
            "| HIPAA 164.308(a)(4) | all |\n",
            "\n### Permitted: the scope of the route is held\n",
            "\n### Refused: the scope of the route is missing\n",
            "- `missing-scope` refuses (high) at `/scope`\n- asks for the scope `records:read`\n",
        ],
    );
    assert!(!ran.out.contains('\u{a0}'), "{}", ran.out);
    let limits = world.run(&["policy", "docs", "lifetime-limits"]);
    limits.expect(
        0,
        &[
            "- claims `/exp`",
            "| ISO 27001:2022 8.5 | A.9.4.2 | all |\n",
            "| integer, 0 to 600 | `60` | seconds |",
        ],
    );
    let all = world.run(&["policy", "docs", "--all"]).expect(0, &[]);
    assert!(all.out.contains(&ran.out));
}

#[test]
fn a_component_is_documented_with_its_own_cases() {
    let world = World::new();
    world.write("hostile.wasm", tokenward_tests::HOSTILE);
    let bare = world.run(&["policy", "docs", "hostile.wasm"]).expect(0, &["\n## Rules\n"]);
    assert!(!bare.out.contains("## Examples"), "{}", bare.out);
    let case = "[[case]]\nname='one | two'\nclaims='{\"a\":1}'\nexpect=['deny high finding']\n";
    world.write("cases/a.toml", case);
    let arguments = ["policy", "docs", "hostile.wasm", "--cases", "cases"];
    world.run(&arguments).expect(0, &["### Refused: one \\| two\n", "{\"a\":1}"]);
    for (arguments, parts) in [
        (&["policy", "docs"][..], &["`<NAME|FILE.wasm>` is missing"][..]),
        (&["policy", "docs", "scope-check", "--all"], &["exclude each other"]),
        (&["policy", "docs", "none"], &["unknown policy `none`"]),
        (&["policy", "docs", "hostile.wasm", "--cases", "none"], &["--cases", "`none`"]),
        (&["bundle", "docs", "none"], &["unknown bundle `none`"]),
    ] {
        world.run(arguments).expect_error(parts);
    }
}

#[test]
fn a_bundle_is_documented() {
    let world = World::new();
    world.bundle(
        "acme",
        "review-by='2027-01-31'\ncontrols=['SOC 2 CC6.1','GDPR 17']\n\
         [[policy]]\nmodule='lifetime-limits'\nsettings.max-lifetime.access=900\n\
         [[policy]]\nmodule='scope-check'\nenforcement='warn'\n",
    );
    world.run(&["bundle", "docs", "acme"]).expect(
        0,
        &[
            "# acme\n\n**A test.** Version 1.2.3.\nTo be reviewed by 2027-01-31.\n",
            "| `scope-check` | scope-check 0.1.0 | ",
            "| issue, use | warn | stops the request |",
            "### lifetime-limits\n\n```toml\nmax-lifetime = { access = 900 }\n```\n",
            "| SOC 2 CC6.1 |  | yes | lifetime-limits: ",
            "| GDPR 17 |  | yes | none |",
            "| ISO 27001:2022 8.5 | A.9.4.2 |  | lifetime-limits: ",
        ],
    );
}
