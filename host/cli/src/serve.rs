//! `tokenward serve`: the server beside a gateway. Its log goes to standard error.

use std::path::Path;

use anyhow::Context;
use tokenward_gateway::server::{Config, LogFormat, LogLevel, serve};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::ServeArgs;
use crate::cache::{Cache, CacheWish};
use crate::exit::Exit;
use crate::output::Output;

pub(crate) fn run(args: &ServeArgs, output: &Output) -> anyhow::Result<Exit> {
    let mut config = match &args.config {
        Some(file) => Config::from_file(file).with_context(|| of(file))?,
        None => Config::built_in()?,
    };
    if let Some(file) = &args.trust {
        config = config.trusting(file);
    }
    if let Some(bundle) = &args.bundle {
        config = config.judged_by(bundle);
    }
    if let Some(address) = args.listen {
        config = config.listen_at(address);
    }
    if let Some(address) = args.admin {
        config = config.admin_at(address);
    }
    if let Cache::Kept(cache, _) = Cache::open(CacheWish::Keep) {
        config = config.compiled(cache);
    }
    if args.check_config {
        config.check()?;
        output.note("the configuration is accepted");
        return Ok(Exit::Done);
    }
    log(&config);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the system has no threads")?;
    runtime.block_on(serve(config))?;
    Ok(Exit::Done)
}

fn of(file: &Path) -> String {
    format!("`{}`", file.display())
}

/// Writes the server's log to standard error.
fn log(config: &Config) {
    let (level, format) = config.log();
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    // Of libraries, what goes wrong: their lower levels could show what is on the wire.
    let filter =
        Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("tokenward", level);
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Json => {
            let layer = tracing_subscriber::fmt::layer().json().flatten_event(true);
            registry.with(layer.with_writer(std::io::stderr)).init();
        }
        LogFormat::Text => {
            let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_target(false);
            registry.with(layer.with_writer(std::io::stderr)).init();
        }
    }
}
