//! Settings that the policies share, and reading them.

use tokenward_detect::{Confidence, Detector, Hit};
use tokenward_policy::prelude::*;

use crate::path::Path;
use crate::pattern::Pattern;

/// How sure a detector must be for its find to count, as settings write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromSettings)]
pub enum MinConfidence {
    /// A hint is enough.
    Low,
    /// It must be likely.
    Medium,
    /// It must be as good as sure.
    High,
}

impl From<MinConfidence> for Confidence {
    fn from(least: MinConfidence) -> Self {
        match least {
            MinConfidence::Low => Self::Low,
            MinConfidence::Medium => Self::Medium,
            MinConfidence::High => Self::High,
        }
    }
}

/// What is exempt from the detectors, and from which.
#[derive(Debug)]
pub struct Exemptions {
    permit: Vec<Pattern>,
    except: Vec<Detector>,
    least: Confidence,
}

impl Exemptions {
    /// Reads the settings `permit`, `except-detectors` and `min-confidence` of a policy that
    /// asks these detectors.
    pub fn read<'a>(
        permit: &[String],
        except: &[String],
        least: MinConfidence,
        asked: &(impl Iterator<Item = (Detector, &'a str)> + Clone),
        errors: &mut Vec<SettingError>,
    ) -> Self {
        let find = |id: &str| Some(asked.clone().find(|(_, known)| *known == id)?.0);
        Self {
            permit: patterns("/permit", permit, errors),
            except: detectors("", except, find, || asked.clone().map(|(_, id)| id), errors),
            least: least.into(),
        }
    }

    /// Whether a claim may hold anything.
    #[must_use]
    pub fn permits(&self, path: &Path<'_, '_>) -> bool {
        self.permit.iter().any(|pattern| pattern.matches(path.names).is_some())
    }

    /// Whether a find counts.
    #[must_use]
    pub fn counts(&self, hit: &Hit) -> bool {
        hit.confidence >= self.least && !self.except.contains(&hit.detector)
    }
}

/// Reads the patterns of the setting at `path`, a JSON Pointer.
pub fn patterns(path: &str, texts: &[String], errors: &mut Vec<SettingError>) -> Vec<Pattern> {
    let mut compiled = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        compiled.extend(pattern(path, place, text, Pattern::parse(text), errors));
    }
    compiled
}

/// The pattern at a place in the setting at `path`, as it was parsed.
pub fn pattern(
    path: &str,
    place: usize,
    text: &str,
    parsed: Result<Pattern, &'static str>,
    errors: &mut Vec<SettingError>,
) -> Option<Pattern> {
    match parsed {
        Ok(pattern) => Some(pattern),
        Err(what) => {
            let message = join(&["the pattern `", text, "` ", what]);
            errors.push(SettingError::new(at(path, place), message));
            None
        }
    }
}

/// Reads the setting `except-detectors` of the settings at `path`. `find` knows the detectors by
/// id, `all` lists the ids.
pub fn detectors<'a, I: Iterator<Item = &'a str>>(
    path: &str,
    ids: &[String],
    find: impl Fn(&str) -> Option<Detector>,
    all: impl Fn() -> I,
    errors: &mut Vec<SettingError>,
) -> Vec<Detector> {
    let mut found = Vec::new();
    for (place, id) in ids.iter().enumerate() {
        if let Some(detector) = find(id) {
            found.push(detector);
        } else {
            let mut message = join(&["`", id, "` is no detector of this policy; one of "]);
            for (place, id) in all().enumerate() {
                if place > 0 {
                    message.push_str(", ");
                }
                message.push_str(id);
            }
            errors.push(SettingError::new(at(&join(&[path, "/except-detectors"]), place), message));
        }
    }
    found
}

/// The pointer to an item of the list at `path`.
fn at(path: &str, place: usize) -> String {
    let mut digits = [0; 20];
    let mut rest = place;
    let mut count = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        count += 1;
        if rest == 0 {
            break;
        }
    }
    let digits = digits.get(digits.len() - count..).unwrap_or_default();
    join(&[path, "/", core::str::from_utf8(digits).unwrap_or_default()])
}

fn join(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
    }
    text
}
