//! Goes through the claims in the order of the token and says what each of them holds.

use std::cell::Cell;

use tokenward_detect::{
    Category, Confidence, Detector, DetectorSet, Hit, Hits, NameHit, NamesOf, Place, Scope,
    first_of, path_class_only, scan_digits_only, scan_only,
};
use tokenward_policy::prelude::*;

use crate::path::{Path, Trail, is_index, is_same};
use crate::report::{self, Data, Found, MOST, Offence, Rank, Weight, What};
use crate::rules::{Own, Part, Rules, Standing};
use crate::steps;

/// The verdict on one token.
pub fn judge<R: Rules>(rules: &R, input: &Input) -> Verdict {
    let judge = Judge { rules, input, triggered: Cell::new(false) };
    let mut offences = Offences { all: Vec::new(), on_trail: Vec::new() };
    let mut trail = Trail::default();
    let mut known = Vec::new();
    let mut denials = 0;
    let mut standard = false;
    for claim in &input.claims {
        let kept = trail.follow(&claim.path);
        known.truncate(kept);
        offences.leave(kept);
        let Trail { pointer, names, steps } = &trail;
        if names.is_empty() && matches!(claim.value, Value::Json(_)) {
            // A claims set without claims.
            continue;
        }
        if kept == 0 {
            standard = names.first().is_some_and(|name| rules.is_standard(name));
        }
        let path = Path { pointer, names, steps, standard };
        if let Some((count, what)) = judge.claim(&path, &claim.value, &mut known) {
            let denied = report::rank(rules, &what) == Rank::Deny;
            let offence = Offence { pointer: path.upto(count), what };
            if offences.record(count, offence) == Recorded::New && denied {
                denials += 1;
            }
            if denials > MOST {
                // More than are told, and the token is denied in any case.
                break;
            }
        }
    }
    judge.settle(&mut offences.all);
    report::verdict(rules, &offences.all)
}

struct Judge<'s, R> {
    rules: &'s R,
    input: &'s Input,
    /// Whether something was found that makes a denial of what is found conditionally.
    triggered: Cell<bool>,
}

/// What the detectors say of a name where it stands, whatever is below it.
struct Known {
    /// What it says of a value.
    class: Option<NameHit>,
    /// What data it is itself, which is rare.
    data: Option<Box<Hits>>,
}

impl Known {
    /// Of a name that says nothing: a place in an array.
    const NOTHING: Self = Self { class: None, data: None };

    fn says_nothing(&self) -> bool {
        self.class.is_none() && self.data.is_none()
    }

    fn of<R: Rules>(path: &Path<'_, '_>, place: usize, name: &str) -> Self {
        steps::count(name.len());
        if place > 0 && is_index(name) {
            return Self::NOTHING;
        }
        let class = path_class_only::<NamesOf<R::Scope>>(path.around(place), name);
        Self { class, data: in_name::<R>(name).map(Box::new) }
    }
}

impl<R: Rules> Judge<'_, R> {
    /// What is to be said of a claim, and of how many of its names from the top.
    fn claim(
        &self,
        path: &Path<'_, '_>,
        value: &Value,
        known: &mut Vec<Known>,
    ) -> Option<(usize, What<R::Own>)> {
        match self.rules.standing(path) {
            Standing::Told(count, own) => return Some((count, What::Own(own))),
            Standing::Exempt => return None,
            Standing::Searched => {}
        }
        for (place, name) in path.names.iter().enumerate().skip(known.len()) {
            let standard = place == 0 && path.standard;
            known.push(if standard { Known::NOTHING } else { Known::of::<R>(path, place, name) });
        }
        if let Some((count, data)) = self.data(path, value, known) {
            return Some((count, What::Data(data)));
        }
        let (count, own) = self.rules.harmless(path)?;
        Some((count, What::Own(own)))
    }

    /// The gravest data that a claim holds, and how many names lead to what is to be reported.
    fn data(&self, path: &Path<'_, '_>, value: &Value, known: &[Known]) -> Option<(usize, Data)> {
        let jwk_member = seeks_secrets::<R>() && is_private_jwk_member(path, self.input);
        if !jwk_member && known.iter().all(Known::says_nothing) {
            // The usual claim.
            return self.in_value(value, None, path).map(|data| (path.depth(), data));
        }
        let mut best: Option<(usize, Data)> = None;
        let mut add = |count: usize, data: Data| {
            // The outermost place is reported; the gravest data is told.
            best = Some(best.map_or((count, data), |(at, old)| (at.min(count), old.or(data))));
        };
        let depth = path.depth();
        let mut context = None;
        for (place, (name, known)) in path.names.iter().zip(known).enumerate() {
            let count = place + 1;
            if count == depth {
                context = known.class;
            }
            if let Some(hit) = known.class.and_then(|class| named(class, value, count == depth))
                && let Some(data) = self.accept(hit, path, Part::Whole(value))
            {
                add(count, data);
            }
            if let Some(hits) = &known.data
                && let Some(data) = strongest(hits, |hit| {
                    self.accept(Hit { place: Place::Name, ..hit }, path, Part::Text(name))
                })
            {
                // The object around it is reported, or the claims set: its own pointer would show
                // the data.
                add(place, data);
            }
        }
        if let Some(data) = self.in_value(value, context, path) {
            add(depth, data);
        }
        if jwk_member {
            let hit = Hit {
                detector: Detector::PrivateKey,
                category: Category::Secret,
                confidence: Confidence::High,
                place: Place::Name,
            };
            if let Some(data) = self.accept(hit, path, Part::Whole(value)) {
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
        match value {
            Value::Text(text) => self.in_text(text, context, path),
            Value::Texts(texts) => {
                texts.iter().filter_map(|text| self.in_text(text, context, path)).reduce(Data::or)
            }
            Value::Integer(integer) => self.in_integer(*integer, context, path, value),
            Value::Number(number) => self.in_integer(whole(*number)?, context, path, value),
            Value::Null | Value::Boolean(_) | Value::Json(_) => None,
        }
    }

    fn in_text(&self, text: &str, context: Option<NameHit>, path: &Path<'_, '_>) -> Option<Data> {
        let hits = scan_only::<R::Scope>(text, context);
        strongest(&hits, |hit| self.accept(hit, path, Part::Text(text)))
    }

    fn in_integer(
        &self,
        integer: i64,
        context: Option<NameHit>,
        path: &Path<'_, '_>,
        value: &Value,
    ) -> Option<Data> {
        // What the name says is told where the names are: it hides nothing that the value is.
        let hits = scan_digits_only::<R::Scope>(integer, context);
        strongest(&hits, |hit| self.accept(hit, path, Part::Whole(value)))
    }

    /// The hit as data to report, if the policy wants it reported.
    fn accept(&self, mut hit: Hit, path: &Path<'_, '_>, part: Part<'_>) -> Option<Data> {
        let weight = self.rules.weigh(&mut hit, path, part)?;
        if self.rules.triggers(&hit, weight) {
            self.triggered.set(true);
        }
        let found = match hit.place {
            Place::Name => Found::Name,
            Place::Value => Found::Value,
            Place::Decoded => Found::Decoded,
        };
        Some(Data { weight, hit, found })
    }

    /// Makes denials of what was found conditionally, or advice.
    fn settle(&self, offences: &mut [Offence<'_, R::Own>]) {
        let mut denies = None;
        for offence in offences {
            if let What::Data(data) = &mut offence.what
                && data.weight == Weight::Conditional
            {
                let denies = *denies.get_or_insert_with(|| {
                    self.triggered.get() || self.rules.is_context(self.input)
                });
                data.weight = if denies { Weight::Deny } else { Weight::Advise };
            }
        }
    }
}

/// Whether secrets are looked for at all.
fn seeks_secrets<R: Rules>() -> bool {
    // Not at run time.
    const { R::Scope::DETECTORS.meets(DetectorSet::of_categories(&[Category::Secret])) }
}

/// Data that stands where a name should, for instance `{"john@example.com": true}`.
fn in_name<R: Rules>(name: &str) -> Option<Hits> {
    // Shorter names hold nothing, but for `a@b.io` and `pw=...`.
    if name.len() < 7 && first_of::<b'@', b'='>(name.as_bytes()).is_none() {
        return None;
    }
    let mut hits = scan_only::<R::Scope>(name, None);
    if !hits.is_empty() && name.bytes().filter(u8::is_ascii_digit).count() < 9 {
        // A host or a network is what many things are named for.
        hits.retain(|hit| hit.category != Category::Network);
    }
    (!hits.is_empty()).then_some(hits)
}

/// The gravest of the finds that count.
fn strongest(hits: &Hits, accept: impl Fn(Hit) -> Option<Data>) -> Option<Data> {
    if hits.is_empty() {
        return None;
    }
    hits.iter().filter_map(accept).reduce(Data::or)
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
#[must_use]
pub fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[allow(clippy::cast_possible_truncation, reason = "it has no fraction and is in range")]
    let integer = number as i64;
    #[allow(clippy::float_cmp, reason = "a whole number equals itself")]
    let exact = number.abs() < EXACT && number == number.trunc();
    exact.then_some(integer)
}

/// The member that makes a JWK of an object.
const KEY_TYPE: &str = "/kty";

/// A private member of a JWK (RFC 7518): `d`, `k` and the rest, beside a `kty`.
fn is_private_jwk_member(path: &Path<'_, '_>, input: &Input) -> bool {
    let Some((last, outer)) = path.names.split_last() else { return false };
    if outer.is_empty()
        || !matches!(last.as_bytes(), b"d" | b"k" | b"p" | b"q" | b"dp" | b"dq" | b"qi")
    {
        return false;
    }
    let object = path.upto(outer.len());
    input.claims.iter().any(|claim| {
        // The lengths first: this is done for each of these members.
        claim.path.len() == object.len() + KEY_TYPE.len()
            && claim
                .path
                .strip_suffix(KEY_TYPE)
                .is_some_and(|around| is_same(around.as_bytes(), object.as_bytes()))
    })
}

/// What has been found, and where on the way to the claim at hand.
struct Offences<'a, O> {
    all: Vec<Offence<'a, O>>,
    /// By how many names lead to it, the place in `all` of what is said of it.
    on_trail: Vec<Option<usize>>,
}

impl<'a, O: Own> Offences<'a, O> {
    /// Goes on to a claim that has so many names in common with the one before.
    fn leave(&mut self, kept: usize) {
        self.on_trail.truncate(kept + 1);
    }

    /// One finding a claim: what is said of it twice is merged, and what is said of data in an
    /// object that is reported already is not said again.
    fn record(&mut self, count: usize, new: Offence<'a, O>) -> Recorded {
        if self.on_trail.len() <= count {
            self.on_trail.resize(count + 1, None);
        }
        let Some(slot) = self.on_trail.get_mut(count) else { return Recorded::Merged };
        let Some(old) = slot.and_then(|place| self.all.get_mut(place)) else {
            *slot = Some(self.all.len());
            self.all.push(new);
            return Recorded::New;
        };
        match (&mut old.what, new.what) {
            (What::Data(old), What::Data(new)) => *old = old.or(new),
            (What::Own(old), _) if old.precedes_data() => {}
            (_, What::Own(new)) if !new.precedes_data() => {}
            (old, new) => *old = new,
        }
        Recorded::Merged
    }
}

/// What became of an offence.
#[derive(PartialEq, Eq)]
enum Recorded {
    New,
    Merged,
}
