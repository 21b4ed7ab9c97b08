//! How an authorizer differs from the usual.

use std::ptr;

use tokenward::{
    CompilationCache, EngineConfig, MemoryOfTokens, MemoryOfVerdicts, ParseLimits, Refill,
};

use crate::border;
use crate::call::TOKEN;
use crate::failure::Failure;
use crate::filling::{Filling, fill, once};
use crate::handle::{Given, Handle, Kind, Lent, mark_of};
use crate::input::Chars;

/// What was asked for so far.
#[derive(Default)]
pub(crate) struct Wishes {
    token_size: Option<usize>,
    cache: Option<CompilationCache>,
    verdicts: Option<MemoryOfVerdicts>,
    tokens: Option<MemoryOfTokens>,
    background: Option<bool>,
}

pub(crate) type Options = Filling<Wishes>;

impl Kind for Options {
    const MARK: u64 = mark_of(*b"tokwopts");
    const NAME: &'static str = "options";
}

impl Wishes {
    pub(crate) fn engine(&self) -> EngineConfig {
        let usual = EngineConfig::default();
        EngineConfig {
            cache: self.cache.clone(),
            memory: self.verdicts.unwrap_or(usual.memory),
            refill: if self.background == Some(false) { Refill::Inline } else { usual.refill },
            ..usual
        }
    }

    pub(crate) fn parse_limits(&self) -> ParseLimits {
        let usual = ParseLimits::default();
        ParseLimits { max_bytes: self.token_size.unwrap_or(usual.max_bytes), ..usual }
    }

    pub(crate) fn tokens(&self) -> MemoryOfTokens {
        self.tokens.unwrap_or_default()
    }
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_options_new() -> *mut Handle<Options> {
    border::or(ptr::null_mut(), || Some(Handle::owned(Options::new(Wishes::default()))))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_options_set_token_size(options: Lent<Options>, bytes: usize) -> bool {
    fill(&options, |wishes| {
        if !(1..=TOKEN).contains(&bytes) {
            let message = format!("the token size is {bytes}; accepted: 1 to {TOKEN}");
            return Err(Failure::argument("token-size", message));
        }
        once(&mut wishes.token_size, bytes, "the token size")
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_options_set_cache(
    options: Lent<Options>,
    folder: Chars,
    folder_size: usize,
) -> bool {
    fill(&options, |wishes| {
        let folder = folder.path(folder_size, "the cache folder")?;
        once(&mut wishes.cache, CompilationCache::in_folder(folder)?, "the cache folder")
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_options_set_verdict_memory(options: Lent<Options>, bytes: usize) -> bool {
    fill(&options, |wishes| {
        let memory = match bytes {
            0 => MemoryOfVerdicts::Off,
            bytes => MemoryOfVerdicts::Bytes(bytes),
        };
        once(&mut wishes.verdicts, memory, "the memory of verdicts")
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_options_set_token_memory(options: Lent<Options>, bytes: usize) -> bool {
    fill(&options, |wishes| {
        let memory = match u64::try_from(bytes).unwrap_or(u64::MAX) {
            0 => MemoryOfTokens::Off,
            bytes => MemoryOfTokens::Bytes(bytes),
        };
        once(&mut wishes.tokens, memory, "the memory of tokens")
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_options_set_background(options: Lent<Options>, background: i32) -> bool {
    fill(&options, |wishes| once(&mut wishes.background, background != 0, "the background thread"))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_options_free(options: Given<Options>) {
    border::or((), || {
        options.free();
        Some(())
    });
}
