//! Goes through the claims in the order of the token and says what each of them holds.

use std::borrow::Cow;

use tokenward_detect::{
    Category, Detector, Hit, Hits, NameHit, Place, concerns_patient, path_class, scan, scan_integer,
};
use tokenward_policy::prelude::*;

use crate::pattern::unescape;
use crate::report::{self, Data, Found, MOST, Offence, Rank, What};
use crate::settings::{Compiled, Lists, Mode, ProfileMode, Unlisted};
use crate::standard;

/// The verdict on one token.
pub(crate) fn judge(settings: &Compiled, input: &Input) -> Verdict {
    let judge = Judge { settings, input, lists: active(settings, input) };
    let mut offences: Vec<Offence<'_>> = Vec::new();
    let mut names = Vec::new();
    let mut ends = Vec::new();
    let mut denials = 0;
    for (place, claim) in input.claims.iter().enumerate() {
        split(&claim.path, &mut names, &mut ends);
        if names.is_empty() && matches!(claim.value, Value::Json(_)) {
            // A claims set without claims.
            continue;
        }
        let standard = names.first().is_some_and(|name| standard::is_registered(name));
        let path = Path { pointer: &claim.path, names: &names, ends: &ends, place, standard };
        if let Some(offence) = judge.claim(&path, &claim.value) {
            let denied = report::rank(settings, &offence.what) == Rank::Deny;
            if record(&mut offences, offence) == Recorded::New && denied {
                denials += 1;
            }
            if denials > MOST {
                // More than are told, and the token is denied in any case.
                break;
            }
        }
    }
    report::verdict(settings, &offences)
}

/// The lists that count for this token.
fn active<'a>(settings: &'a Compiled, input: &Input) -> Vec<(&'a Lists, Allows)> {
    let mut lists = Vec::with_capacity(settings.profiles.len() + 1);
    lists.push((&settings.base, Allows::Yes));
    for profile in settings.profiles.iter().filter(|profile| profile.applies(input)) {
        if profile.mode == ProfileMode::Replace {
            for (_, allows) in &mut lists {
                *allows = Allows::No;
            }
        }
        lists.push((&profile.lists, Allows::Yes));
    }
    lists
}

/// Whether the allow-list of some lists counts, or was replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allows {
    Yes,
    No,
}

/// Where a claim stands.
struct Path<'a, 'n> {
    pointer: &'a str,
    /// The names from the top, unescaped.
    names: &'n [Cow<'a, str>],
    /// Where each name ends in the pointer.
    ends: &'n [usize],
    /// Its place among the claims.
    place: usize,
    /// Whether the first name is that of a standard claim.
    standard: bool,
}

impl<'a> Path<'a, '_> {
    /// The pointer to so many names.
    fn upto(&self, count: usize) -> &'a str {
        let end = count.checked_sub(1).and_then(|last| self.ends.get(last)).copied();
        self.pointer.get(..end.unwrap_or(0)).unwrap_or_default()
    }

    /// How many names the claim has, without the places in arrays at the end.
    fn depth(&self) -> usize {
        let indices = self.names.iter().rev().take_while(|name| is_index(name)).count();
        (self.names.len() - indices).max(1)
    }

    /// The nearest name around the one at a place that is no place in an array.
    fn around(&self, place: usize) -> Option<&str> {
        let outer = self.names.get(..place).unwrap_or_default();
        outer.iter().rev().find(|name| !is_index(name)).map(|name| &**name)
    }
}

/// Whether a name can be a place in an array. The pointer of a claim does not tell an array from
/// an object whose members are named by numbers, so that longer numbers count as names.
fn is_index(name: &str) -> bool {
    name == "0"
        || matches!(name.as_bytes(), [b'1'..=b'9', rest @ ..]
            if rest.len() < 4 && rest.iter().all(u8::is_ascii_digit))
}

fn split<'a>(pointer: &'a str, names: &mut Vec<Cow<'a, str>>, ends: &mut Vec<usize>) {
    names.clear();
    ends.clear();
    let mut end = 0;
    for part in pointer.split('/').skip(1) {
        end += 1 + part.len();
        names.push(unescape(part));
        ends.push(end);
    }
}

struct Judge<'s> {
    settings: &'s Compiled,
    input: &'s Input,
    lists: Vec<(&'s Lists, Allows)>,
}

impl Judge<'_> {
    fn claim<'a>(&self, path: &Path<'a, '_>, value: &Value) -> Option<Offence<'a>> {
        let denied = self.settings.deny.iter().filter_map(|p| p.matches(path.names)).min();
        if let Some(count) = denied {
            return Some(Offence { pointer: path.upto(count), what: What::Denied });
        }
        let permitted =
            |lists: &Lists| lists.permit.iter().any(|p| p.matches(path.names).is_some());
        if self.lists.iter().any(|(lists, _)| permitted(lists)) {
            return None;
        }
        if let Some((count, data)) = self.data(path, value) {
            return Some(Offence { pointer: path.upto(count), what: What::Data(data) });
        }
        if self.settings.unlisted == Unlisted::Ignore || self.is_listed(path) {
            return None;
        }
        // One remark a top-level claim will do, unless some list is finer than that.
        let count = if self.settings.nested { path.depth() } else { 1 };
        Some(Offence { pointer: path.upto(count), what: What::Unlisted })
    }

    /// The gravest data that a claim holds, and how many names lead to what is to be reported.
    fn data(&self, path: &Path<'_, '_>, value: &Value) -> Option<(usize, Data)> {
        let mut best: Option<(usize, Data)> = None;
        let mut add = |count: usize, data: Data| {
            // The outermost place is reported; the gravest data is told.
            best = Some(best.map_or((count, data), |(at, old)| (at.min(count), old.or(data))));
        };
        let depth = path.depth();
        let mut context = None;
        for (place, name) in path.names.iter().enumerate() {
            if is_index(name) && place > 0 {
                continue;
            }
            let count = place + 1;
            let standard = place == 0 && path.standard;
            let class = if standard { None } else { path_class(path.around(place), name) };
            if count == depth {
                context = class;
            }
            if let Some(hit) = class.and_then(|class| named(class, value, count == depth))
                && let Some(data) = self.accept(hit, path)
            {
                add(count, data);
            }
            if !standard && let Some(data) = self.in_name(name, path) {
                // The object around it is reported, or the claims set: its own pointer would show
                // the data.
                add(place, data);
            }
        }
        if let Some(data) = self.in_value(value, context, path) {
            add(depth, data);
        }
        if is_private_jwk_member(path, self.input) {
            let hit = Hit {
                detector: Detector::PrivateKey,
                category: Category::Secret,
                confidence: tokenward_detect::Confidence::High,
                place: Place::Name,
            };
            if let Some(data) = self.accept(hit, path) {
                add(path.names.len().saturating_sub(1), data);
            }
        }
        best
    }

    fn in_value(
        &self,
        value: &Value,
        context: Option<NameHit>,
        path: &Path<'_, '_>,
    ) -> Option<Data> {
        let strongest = |hits: &Hits| {
            let accepted = hits.iter().filter_map(|hit| self.accept(hit, path));
            accepted.reduce(Data::or)
        };
        match value {
            Value::Text(text) => strongest(&scan(text, context)),
            Value::Texts(texts) => {
                texts.iter().filter_map(|text| strongest(&scan(text, context))).reduce(Data::or)
            }
            Value::Integer(integer) => self.in_integer(*integer, context, path),
            Value::Number(number) => self.in_integer(whole(*number)?, context, path),
            Value::Null | Value::Boolean(_) | Value::Json(_) => None,
        }
    }

    fn in_integer(
        &self,
        integer: i64,
        context: Option<NameHit>,
        path: &Path<'_, '_>,
    ) -> Option<Data> {
        scan_integer(integer, context)
            .filter(|hit| hit.place != Place::Name)
            .and_then(|hit| self.accept(hit, path))
    }

    /// Data that stands where a name should, for instance `{"john@example.com": true}`.
    fn in_name(&self, name: &str, path: &Path<'_, '_>) -> Option<Data> {
        let digits = name.bytes().filter(u8::is_ascii_digit).count();
        let any = digits >= 9 || name.bytes().any(|b| b == b'@');
        // Shorter names hold no key, unless by `password=...`.
        if !any && name.len() < 16 && !name.bytes().any(|b| b == b'=') {
            return None;
        }
        let hits = scan(name, None);
        let found = hits
            .iter()
            .filter(|hit| any || hit.category == Category::Secret)
            .map(|hit| Hit { place: Place::Name, ..hit });
        found.filter_map(|hit| self.accept(hit, path)).reduce(Data::or)
    }

    /// The hit as data to report, if the settings want it reported.
    fn accept(&self, mut hit: Hit, path: &Path<'_, '_>) -> Option<Data> {
        let excepted = |lists: &Lists| lists.except.contains(&hit.detector);
        if hit.confidence < self.settings.min_confidence
            || self.lists.iter().any(|(lists, _)| excepted(lists))
        {
            return None;
        }
        let personal =
            matches!(hit.category, Category::Personal | Category::NationalId | Category::Network);
        if personal && path.names.iter().any(|name| concerns_patient(name)) {
            hit.category = Category::Health;
        }
        let mode = self.settings.detect.mode(hit.category);
        let found = match hit.place {
            Place::Name => Found::Name,
            Place::Value => Found::Value,
            Place::Decoded => Found::Decoded,
        };
        (mode != Mode::Off).then_some(Data { mode, hit, found })
    }

    fn is_listed(&self, path: &Path<'_, '_>) -> bool {
        let standard = || {
            path.standard
                || path.names.first().is_some_and(|name| standard::is_namespaced(name))
                || path.names.iter().any(|name| standard::is_reference(name))
        };
        self.lists.iter().filter(|(_, allows)| *allows == Allows::Yes).any(|(lists, _)| {
            (lists.standard && standard())
                || lists.allow.iter().any(|pattern| pattern.matches(path.names).is_some())
        })
    }
}

/// What a name says of a value: nothing of one that is null or empty, and of a boolean only what
/// concerns health.
fn named(class: NameHit, value: &Value, own: bool) -> Option<Hit> {
    match value {
        Value::Boolean(_) => (class.category == Category::Health).then(|| class.hit()),
        Value::Null | Value::Json(_) => None,
        Value::Text(text) if own => class.with_text(text),
        Value::Texts(texts) if own => {
            let hits = texts.iter().filter_map(|text| class.with_text(text));
            hits.max_by_key(|hit| hit.confidence)
        }
        Value::Text(text) => (!text.trim().is_empty()).then(|| class.hit()),
        Value::Texts(_) | Value::Integer(_) | Value::Number(_) => Some(class.hit()),
    }
}

/// The integer that a number with a fraction of zero or an exponent stands for, as in
/// `4111111111111111.0`, if it is one that the number tells exactly.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[allow(clippy::cast_possible_truncation, reason = "it has no fraction and is in range")]
    let integer = number as i64;
    #[allow(clippy::float_cmp, reason = "a whole number equals itself")]
    let exact = number.abs() < EXACT && number == number.trunc();
    exact.then_some(integer)
}

/// A private member of a JWK (RFC 7518): `d`, `k` and the rest, beside a `kty`.
fn is_private_jwk_member(path: &Path<'_, '_>, input: &Input) -> bool {
    const PRIVATE: [&str; 7] = ["d", "k", "p", "q", "dp", "dq", "qi"];
    let Some((last, outer)) = path.names.split_last() else { return false };
    if !PRIVATE.contains(&&**last) || outer.is_empty() {
        return false;
    }
    let object = path.upto(outer.len());
    let member =
        |claim: &&Claim| claim.path.strip_prefix(object).is_some_and(|m| m.starts_with('/'));
    // The members of an object stand together.
    let (before, after) = input.claims.split_at_checked(path.place).unwrap_or_default();
    let mut siblings =
        before.iter().rev().take_while(member).chain(after.iter().take_while(member));
    siblings.any(|claim| claim.path.strip_prefix(object) == Some("/kty"))
}

/// How far back a claim's object can have been reported already.
const LOOK_BACK: usize = 8;

/// One finding a claim: what is said of it twice is merged, and what is said of data in an
/// object that is reported already is not said again.
fn record<'a>(offences: &mut Vec<Offence<'a>>, new: Offence<'a>) -> Recorded {
    let old = offences.iter_mut().rev().take(LOOK_BACK).find(|old| old.pointer == new.pointer);
    match old {
        None => {
            offences.push(new);
            Recorded::New
        }
        Some(old) => {
            match (&mut old.what, new.what) {
                (What::Data(old), What::Data(new)) => *old = old.or(new),
                (What::Denied, _) | (_, What::Unlisted) => {}
                (old, new) => *old = new,
            }
            Recorded::Merged
        }
    }
}

/// What became of an offence.
#[derive(PartialEq, Eq)]
enum Recorded {
    New,
    Merged,
}
