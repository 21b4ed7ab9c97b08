//! What is told of a request's context: signals and facts, as JSON.

use tokenward::json::{JsonLimits, parse_strict};
use tokenward::{Json, Signal};

use crate::call::{Call, Parts, at_least_0};
use crate::failure::Failure;
use crate::filling::{fill, twice};
use crate::handle::Lent;
use crate::input::{Chars, NAME};

/// Bytes of the value of a signal or a fact.
const VALUE: usize = 64 << 10;

/// Signals that a call may have, and facts.
const VALUES: usize = 256;

fn check_room(what: &str, name: &str, is_there: bool, count: usize) -> Result<(), Failure> {
    if name.is_empty() || name.chars().any(char::is_control) {
        let message = format!("the name of a {what} is empty, or has a control character");
        return Err(Failure::argument("name", message));
    }
    if is_there {
        return Err(twice(&format!("the {what} `{name}`")));
    }
    if count >= VALUES {
        let message = format!("there are more than {VALUES} {what}s, the accepted maximum");
        return Err(Failure::argument("too-many", message));
    }
    Ok(())
}

/// A value as JSON. The error says where it is wrong, and nothing of what it is.
fn value(json: &Chars, size: usize, what: &str) -> Result<Json, Failure> {
    let text = json.read(size, VALUE, what)?;
    parse_strict(text.as_bytes(), &JsonLimits::default())
        .map_err(|error| Failure::argument("not-json", format!("{what} {error}")))
}

fn add_signal(parts: &mut Parts, name: &str, signal: Signal) -> Result<(), Failure> {
    let is_there = parts.signals.get(name).is_some();
    check_room("signal", name, is_there, parts.signals.iter().count())?;
    parts.signals.insert(name, signal);
    Ok(())
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_add_signal(
    call: Lent<Call>,
    name: Chars,
    name_size: usize,
    json: Chars,
    json_size: usize,
) -> bool {
    fill(&call, |parts| {
        let name = name.read(name_size, NAME, "the name of a signal")?;
        let value = value(&json, json_size, "the value of a signal")?;
        add_signal(parts, name, Signal::new(value))
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_add_observation(
    call: Lent<Call>,
    name: Chars,
    name_size: usize,
    json: Chars,
    json_size: usize,
    confidence: i32,
    age: i64,
    source: Chars,
    source_size: usize,
) -> bool {
    fill(&call, |parts| {
        let name = name.read(name_size, NAME, "the name of a signal")?;
        let value = value(&json, json_size, "the value of a signal")?;
        let confidence = u8::try_from(confidence).ok().filter(|percent| *percent <= 100);
        let confidence = confidence.ok_or_else(|| {
            Failure::argument("confidence", "the confidence is no percentage; accepted: 0 to 100")
        })?;
        let source = source.optional(source_size, NAME, "the source of a signal")?;
        let source = source.map(str::to_owned);
        add_signal(parts, name, Signal { value, confidence, age_seconds: at_least_0(age), source })
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_add_fact(
    call: Lent<Call>,
    name: Chars,
    name_size: usize,
    json: Chars,
    json_size: usize,
) -> bool {
    fill(&call, |parts| {
        let name = name.read(name_size, NAME, "the name of a fact")?;
        let value = value(&json, json_size, "the value of a fact")?;
        check_room("fact", name, parts.facts.contains(name), parts.facts.len())?;
        parts.facts.set(name, value);
        Ok(())
    })
}
