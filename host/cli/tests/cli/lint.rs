//! `tokenward lint`: what it finds in real bundles, and how it ends.

use serde_json::Value;

use crate::policy::keeps_to;
use crate::support::World;

const SCHEMA: &str = include_str!("../../schema/lint.schema.json");
const TODAY: [&str; 2] = ["--now", "2026-11-21"];

impl World {
    /// The findings in a bundle of these tables, as `LEVEL CODE POLICY SETTING`.
    fn lint(&self, policies: &str, arguments: &[&str]) -> Vec<String> {
        self.bundle("b", &format!("review-by='2027-01-31'\n{policies}"));
        let all = [&["lint", "b", "--format", "json"], &TODAY[..], arguments].concat();
        let record = self.run(&all).json();
        keeps_to(SCHEMA, &record);
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let findings = record["findings"].as_array().unwrap().iter();
        let parts = ["level", "code", "policy", "setting"];
        findings.map(|f| parts.map(|part| text(&f[part])).join(" ")).collect()
    }
}

#[test]
fn every_built_in_bundle_is_clean() {
    let world = World::new();
    for name in tokenward::built_in_bundles() {
        let ran = world.run(&[&["lint", name], &TODAY[..]].concat());
        ran.expect(0, &["no errors, no warnings"]);
    }
}

#[test]
fn mistakes_are_found_where_they_stand() {
    let world = World::new();
    for (policies, expected) in [
        ("[[policy]]\nmodule='scope-check'\n", &[][..]),
        (
            "[[policy]]\nmodule='scope-check'\nsettings.scope-claims=['/scope','/skope']\n",
            &["warning unknown-claim scope-check /scope-claims/1"],
        ),
        (
            "[[policy]]\nmodule='claim-minimization'\nsettings.allow=['@standard','shoe_size','emial']\n",
            &["warning unknown-claim claim-minimization /allow/2"],
        ),
        (
            "known-claims=['skope']\n[[policy]]\nmodule='scope-check'\nsettings.scope-claims=['/skope']\n",
            &[],
        ),
        (
            "[[policy]]\nmodule='scope-check'\nsettings.routes=[{path='/a/**'},{path='/a'},{path='/a/*/**'}]\n",
            &["warning shadowed-route scope-check /routes/0"],
        ),
        (
            "[[policy]]\nmodule='scope-check'\nsettings.routes=[{path='/a'}]\n\
             [[policy]]\nmodule='scope-check'\nid='strict'\nsettings.routes=[{path='/b'}]\nsettings.unmatched='deny'\n",
            &["error routes-disagree scope-check /routes/0"],
        ),
        (
            "[[policy]]\nmodule='lifetime-limits'\nsettings.max-lifetime.refresh=60\n",
            &["warning refresh-below-access lifetime-limits /max-lifetime/refresh"],
        ),
        (
            "[[policy]]\nmodule='lifetime-limits'\nsettings.max-lifetime.access='unlimited'\n\
             [[policy]]\nmodule='session-limits'\n",
            &["warning lifetime-beyond-session lifetime-limits /max-lifetime/access"],
        ),
        (
            "controls=['PCI DSS 4.0.1 3.4.1']\n\
             [[policy]]\nmodule='cardholder-data'\nsettings.permit=['email','/**']\n\
             [[policy]]\nmodule='secrets'\nsettings.permit=['/address/**']\n",
            &[
                "error control-unserved cardholder-data /permit",
                "warning permits-everything cardholder-data /permit/1",
            ],
        ),
        (
            "controls=['ISO 27001:2022 8.5','GDPR 5(1)(e)','PCI DSS 4.0.1 3.3.1']\n\
             [[policy]]\nmodule='lifetime-limits'\n\
             [[policy]]\nmodule='claim-minimization'\nenforcement='shadow'\n\
             [[policy]]\nmodule='risk-score'\nenforcement='warn'\n",
            &["warning control-not-enforced claim-minimization -"],
        ),
        (
            "controls=['SOC 2 CC99']\n[[policy]]\nmodule='lifetime-limits'\n",
            &["error control-unserved - -"],
        ),
        (
            "[[policy]]\nmodule='risk-score'\non-fault='open'\n[[policy]]\nmodule='risk-score'\nid='again'\n",
            &["warning fault-passes risk-score -", "warning same-policy-twice again -"],
        ),
        (
            "[[policy]]\nmodule='lifetime-limits'\nsettings.skew=60\n",
            &["note default-setting lifetime-limits /skew"],
        ),
    ] {
        assert_eq!(world.lint(policies, &[]), expected, "{policies}");
    }
    // Policies that contradict one another.
    assert_eq!(
        world.lint(
            "[[policy]]\nmodule='lifetime-limits'\nsettings.max-lifetime.access=30000\n\
             settings.max-session-age=3600\n[[policy]]\nmodule='session-limits'\n\
             [[policy]]\nmodule='scope-check'\nsettings.routes=[{path='/a',all-of=['o']}]\n\
             [[policy]]\nmodule='role-access'\nsettings.routes=[{path='/b',all-of=['read']}]\n\
             [[policy]]\nmodule='encryption-required'\nsettings.claims=['salary']\n\
             [[policy]]\nmodule='claim-minimization'\nsettings.deny=['salary']\n",
            &[]
        ),
        [
            "error routes-disagree scope-check /routes/0",
            "warning lifetime-beyond-session lifetime-limits /max-lifetime/access",
            "warning session-ages-differ lifetime-limits /max-session-age",
            "warning denied-though-encrypted claim-minimization /deny/0",
        ]
    );
    world.write(
        "trust.toml",
        "[[issuer]]\nissuer='https://idp.example'\nkeys='idp.public.jwk'\naudiences=['a']\n",
    );
    let strength = "[[policy]]\nmodule='key-strength'\nsettings.algorithms=['RS256']\n";
    assert_eq!(
        world.lint(strength, &["--trust", "trust.toml"]),
        ["error no-common-algorithm key-strength /algorithms"]
    );
    let phases = ["--phase", "login", "--phase", "refresh"];
    assert_eq!(
        world.lint("[[policy]]\nmodule='scope-check'\n", &phases),
        ["warning phase-never-asked scope-check -"]
    );
}

/// Three controls of `pci-dss` are those of `cardholder-data` alone: the bundle
/// has `claim-minimization` leave card data to it.
#[test]
fn a_control_is_lost_with_the_only_policy_that_tells_it() {
    let world = World::new();
    let of = |change: &str| world.lint(&format!("extends=['pci-dss']\n{change}"), &[]);
    let none: [&str; 0] = [];
    let cards = "[[policy]]\nid='cardholder-data'\n";
    for enforcement in ["shadow", "warn"] {
        assert_eq!(
            of(&format!("{cards}enforcement='{enforcement}'\n")),
            ["warning control-not-enforced cardholder-data -"; 3]
        );
    }
    assert_eq!(
        of(&format!("{cards}inherit='removed'\n")),
        ["error control-unserved claim-minimization /detect/cardholder"; 3]
    );
    // Told by the other, or by both.
    let told = "[[policy]]\nid='claim-minimization'\nsettings.detect.cardholder='deny'\n";
    assert_eq!(of(&format!("{told}{cards}enforcement='shadow'\n")), none);
    assert_eq!(of(""), none);
}

#[test]
fn claims_of_the_cases_are_known_and_probes_tell_who_needs_them_all() {
    let world = World::new();
    let policy = "[[policy]]\nmodule='scope-check'\nsettings.scope-claims=['/skope']\n";
    assert_eq!(world.lint(policy, &[]).len(), 1);
    world.write("b/cases/a.toml", "[[case]]\nname='a'\nclaims={skope='x'}\nexpect='permit'\n");
    assert!(world.lint(policy, &[]).is_empty());
    world.write("b/cases/a.toml", "[[case]]\nclaims=1\n");
    let broken = world.run(&["lint", "b"]);
    broken.expect_error(&["a.toml", "`claims` is neither"]);
    std::fs::remove_dir_all(world.path("b/cases")).unwrap();
    // A policy that reads all and looks at none.
    world.write("b/hostile.wasm", tokenward_tests::HOSTILE);
    let hostile = |evaluate: &str| {
        format!(
            "[[policy]]\nmodule='./hostile.wasm'\nsettings={{evaluate='{evaluate}',reads=['']}}\n"
        )
    };
    assert_eq!(world.lint(&hostile("nothing"), &[]), ["warning reads-everything hostile -"]);
    assert!(world.lint(&hostile("trap"), &[]).is_empty());
}

#[test]
fn text_says_what_to_do_and_the_exit_code_counts() {
    let world = World::new();
    let lint = |policies: &str, arguments: &[&str]| {
        world.bundle("b", policies);
        world.run(&[&["lint", "b"], &TODAY[..], arguments].concat())
    };
    lint("[[policy]]\nmodule='scope-check'\nsettings.scope-claims=['/emial']\n", &[]).expect(
        1,
        &[
            "warning  scope-check /scope-claims/0 [unknown-claim]\n",
            "         claim path `/emial` is not known; did you mean `/email`\n",
            "         Write `/email`; or name `/emial` in the bundle's `known-claims`.\n",
            "warning  the bundle [review-missing]\n",
            "b 1.2.3 sha256:",
            "no errors, 2 warnings, no notes\n",
        ],
    );
    let reviewed = "review-by='2026-11-21'\n";
    let note = format!("{reviewed}[[policy]]\nmodule='lifetime-limits'\nsettings.skew=60\n");
    lint(&note, &[]).expect(0, &["no errors, no warnings, 1 note"]);
    lint(&note, &["--strict"]).expect(1, &["1 note"]);
    let clean = format!("{reviewed}[[policy]]\nmodule='lifetime-limits'\n");
    lint(&clean, &["--strict"]).expect(0, &["no errors, no warnings, no notes"]);
    // Of the bundle that it extends, the day is not its own.
    let inherited = "[review-inherited]\n         the bundle names no day of its own";
    lint("extends=['baseline']\n", &[]).expect(0, &[inherited, "no warnings, 1 note"]);
    lint("extends=['baseline']\n", &["--strict"]).expect(1, &[inherited]);
    lint(&format!("extends=['baseline']\n{reviewed}"), &["--strict"]).expect(0, &["no notes"]);
    lint(&clean, &[]).expect(0, &[]);
    let late = ["lint", "b", "--now", "2026-11-22"];
    world.run(&late).expect(1, &["[review-passed]", "was to be reviewed by 2026-11-21"]);
    world.run(&["lint", "b", "--now", "1795305600"]).expect(1, &["[review-passed]"]);
}

#[test]
fn what_cannot_be_looked_at_says_why() {
    let world = World::new();
    world.bundle("bad", "[[policy]]\nmodule='scope-check'\nsettings.nonsense=1\n");
    world.bundle("good", "[[policy]]\nmodule='scope-check'\n");
    for (arguments, parts) in [
        (&["no-such"][..], &["unknown bundle `no-such`"][..]),
        (&["bad"], &["bundle `bad`, policy `scope-check`", "setting `/nonsense`"]),
        (&["good", "--trust", "none.toml"], &["--trust", "none.toml"]),
        (&["good", "--now", "2026-02-30"], &["--now `2026-02-30`; accepted: the form 2027-01-31"]),
        (&["good", "--phase", "later"], &["accepted: `use`, `issue`"]),
    ] {
        world.run(&[&["lint"], arguments].concat()).expect_error(parts);
    }
}
