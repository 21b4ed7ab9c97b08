//! The demo, completions and help.

use crate::support::World;

#[test]
fn the_demo_shows_a_permit_and_a_denial_and_leaves_nothing_behind() {
    let world = World::new();
    let before = std::fs::read_dir(world.folder.path()).unwrap().count();
    let ran = world.run(&["demo"]).expect(
        0,
        &[
            "$ tokenward token mint --new-key demo",
            "$ tokenward check --key demo.public.jwk @good.jwt\n\nPERMIT  access token of",
            "@bad.jwt\n\nDENY  access token of https://idp.example, 2 findings\n",
            "[personal-data]",
            "[cardholder-data]",
            "\nNext\n",
        ],
    );
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
    assert_eq!(std::fs::read_dir(world.folder.path()).unwrap().count(), before);
}

#[test]
fn the_commands_of_the_demo_do_what_it_shows() {
    let world = World::new();
    let demo = world.run(&["demo"]).expect(0, &[]).out.replace("\\\n", " ");
    let commands: Vec<_> =
        demo.lines().filter_map(|line| line.strip_prefix("$ tokenward ")).collect();
    assert_eq!(commands.len(), 4, "{demo}");
    let mut codes = Vec::new();
    for command in commands {
        let (command, file) = command.split_once('>').unwrap_or((command, ""));
        let ran = world.run(&command.split_whitespace().collect::<Vec<_>>());
        if !file.is_empty() {
            world.write(file.trim(), &ran.out);
        }
        codes.push(ran.code);
    }
    assert_eq!(codes, [0, 0, 0, 1]);
}

#[test]
fn every_shell_has_a_completion() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        world.run(&["completions", shell]).expect(0, &["tokenward", "no-cache"]);
    }
    world.run(&["completions", "csh"]).expect_error(&["`csh`", "`bash`, `elvish`, `fish`"]);
}

#[test]
fn help_says_what_the_exit_codes_mean() {
    let world = World::new();
    let codes = ["0  permit", "1  deny", "2  the arguments", "3  step-up", "4  fault"];
    world.run(&["check", "--help"]).expect(0, &codes);
    world.run(&["check", "-h"]).expect(0, &codes);
    world.run(&["--version"]).expect(0, &["tokenward 0."]);
    assert_eq!(world.run(&[]).code, 2);
    assert_eq!(world.run(&["token"]).code, 2);
}
