//! The `tokenward` command: raw arguments, usable arguments, one match, an exit code.

mod args;
mod bundle;
mod bundle_source;
mod cache;
mod call;
mod check;
mod coverage;
mod decode;
mod demo;
mod docs;
mod exit;
mod key_files;
mod lint;
mod mint;
mod output;
mod pointer;
mod policy;
mod problem;
mod record;
mod render;
mod serve;
mod test;
mod token_source;
mod trust;
mod usage;
mod values;
mod vouched;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::args::{Args, BundleCommand, Command, PolicyCommand, TokenCommand};
use crate::exit::Exit;
use crate::output::Output;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage::report(&error).into(),
    };
    let output = Output::new(args.color);
    match run(args.command, &output) {
        Ok(exit) => exit.into(),
        Err(error) => {
            output.error(&problem::sentence(&error));
            Exit::Usage.into()
        }
    }
}

fn run(command: Command, output: &Output) -> anyhow::Result<Exit> {
    match command {
        Command::Check(args) => check::run(&args, output),
        Command::Token { command: TokenCommand::Decode(args) } => decode::run(&args, output),
        Command::Token { command: TokenCommand::Mint(args) } => mint::run(&args, output),
        Command::Bundle { command: BundleCommand::Inspect(args) } => bundle::inspect(&args, output),
        Command::Bundle { command: BundleCommand::Coverage(args) } => coverage::run(&args, output),
        Command::Bundle { command: BundleCommand::Docs(args) } => docs::bundle(&args, output),
        Command::Bundle { command: BundleCommand::List } => bundle::list(output),
        Command::Bundle { command: BundleCommand::Build(args) } => bundle::build(&args, output),
        Command::Bundle { command: BundleCommand::Sign(args) } => bundle::sign(&args, output),
        Command::Bundle { command: BundleCommand::Verify(args) } => bundle::verify(&args, output),
        Command::Bundle { command: BundleCommand::Push(args) } => bundle::push(&args, output),
        Command::Bundle { command: BundleCommand::Pull(args) } => bundle::pull(&args, output),
        Command::Bundle { command: BundleCommand::Diff(args) } => bundle::diff(&args, output),
        Command::Bundle { command: BundleCommand::Shadow { command } } => {
            bundle::shadow(&command, output)
        }
        Command::Lint(args) => lint::run(&args, output),
        Command::Policy { command: PolicyCommand::New(args) } => policy::new(&args, output),
        Command::Policy { command: PolicyCommand::Build(args) } => policy::build(&args, output),
        Command::Policy { command: PolicyCommand::Test(args) } => policy::test(&args, output),
        Command::Policy { command: PolicyCommand::Run(args) } => policy::run(&args, output),
        Command::Policy { command: PolicyCommand::Bench(args) } => policy::bench(&args, output),
        Command::Policy { command: PolicyCommand::List(args) } => policy::list(&args, output),
        Command::Policy { command: PolicyCommand::Docs(args) } => docs::policies(&args, output),
        Command::Policy { command: PolicyCommand::Inspect(args) } => policy::inspect(&args, output),
        Command::Test(args) => test::run(&args, output),
        Command::Completions { shell } => completions(shell, output),
        Command::Demo => demo::run(output),
        Command::Serve(args) => serve::run(&args, output),
    }
}

fn completions(shell: clap_complete::Shell, output: &Output) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "tokenward", &mut script);
    output.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
