//! The settings, as a bundle writes them, and what they become.

use tokenward_data::{MinConfidence, Pattern, detectors, pattern};
use tokenward_detect::{Category, Confidence, Detector};
use tokenward_policy::prelude::*;

/// The entry of an allow-list that stands for the standard claims.
const STANDARD: &str = "@standard";

/// What a bundle may set. Every field has a default; see `settings.schema.json`.
#[derive(Debug, FromSettings)]
#[settings(default)]
pub struct Settings {
    allow: Vec<String>,
    deny: Vec<String>,
    permit: Vec<String>,
    except_detectors: Vec<String>,
    profiles: Vec<Profile>,
    unlisted: Unlisted,
    detect: Detect,
    min_confidence: MinConfidence,
    withhold: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow: vec![STANDARD.into()],
            deny: Vec::new(),
            permit: Vec::new(),
            except_detectors: Vec::new(),
            profiles: Vec::new(),
            unlisted: Unlisted::Advise,
            detect: Detect::default(),
            min_confidence: MinConfidence::Medium,
            withhold: false,
        }
    }
}

#[derive(Debug, Default, FromSettings)]
#[settings(default)]
struct Profile {
    kind: Option<String>,
    audience: Option<OneOrMore>,
    mode: ProfileMode,
    allow: Vec<String>,
    permit: Vec<String>,
    except_detectors: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromSettings)]
pub(crate) enum ProfileMode {
    #[default]
    Add,
    Replace,
}

/// What happens to a harmless claim that no list names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromSettings)]
pub(crate) enum Unlisted {
    Ignore,
    Advise,
    Deny,
}

/// What happens to data of a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, FromSettings)]
pub(crate) enum Mode {
    Off,
    Advise,
    Deny,
}

#[derive(Debug, FromSettings)]
#[settings(default)]
pub(crate) struct Detect {
    personal: Mode,
    health: Mode,
    cardholder: Mode,
    financial: Mode,
    secret: Mode,
    network: Mode,
}

impl Default for Detect {
    fn default() -> Self {
        Self {
            personal: Mode::Deny,
            health: Mode::Deny,
            cardholder: Mode::Deny,
            financial: Mode::Deny,
            secret: Mode::Deny,
            network: Mode::Advise,
        }
    }
}

impl Detect {
    pub(crate) fn mode(&self, category: Category) -> Mode {
        match category {
            Category::Personal | Category::NationalId => self.personal,
            Category::Health => self.health,
            Category::Cardholder => self.cardholder,
            Category::Financial => self.financial,
            Category::Secret => self.secret,
            Category::Network => self.network,
        }
    }
}

/// One string, or a list of them.
#[derive(Debug)]
struct OneOrMore(Vec<String>);

impl FromSettings for OneOrMore {
    fn read(reader: &mut SettingReader<'_>) -> Result<Self, WrongSetting> {
        match reader.take()? {
            Setting::Text(text) => Ok(Self(vec![text.into_owned()])),
            Setting::List => Vec::read(reader).map(Self),
            other => Err(other.refused("a string or a list of strings")),
        }
    }
}

/// The settings, checked and compiled.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) base: Lists,
    pub(crate) profiles: Vec<CompiledProfile>,
    pub(crate) deny: Vec<Pattern>,
    pub(crate) unlisted: Unlisted,
    pub(crate) detect: Detect,
    pub(crate) min_confidence: Confidence,
    pub(crate) withhold: Withhold,
    /// Whether some list names claims below the top level.
    pub(crate) nested: bool,
}

/// What happens to data that is advised against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Withhold {
    /// It is passed on.
    No,
    /// It is not passed on upstream.
    Yes,
}

/// What is expected and what is exempt.
#[derive(Debug)]
pub(crate) struct Lists {
    /// Whether the standard claims are expected.
    pub(crate) standard: bool,
    pub(crate) allow: Vec<Pattern>,
    pub(crate) permit: Vec<Pattern>,
    pub(crate) except: Vec<Detector>,
}

#[derive(Debug)]
pub(crate) struct CompiledProfile {
    kind: Option<String>,
    audience: Option<Vec<String>>,
    pub(crate) mode: ProfileMode,
    pub(crate) lists: Lists,
}

impl CompiledProfile {
    /// Whether it is for this token: for its kind, and for every one of its audiences, so that
    /// what one audience may see is not shown to another.
    pub(crate) fn applies(&self, input: &Input) -> bool {
        let kind = self.kind.as_deref();
        if kind.is_some_and(|kind| input.kind().map(TokenKind::as_str) != Some(kind)) {
            return false;
        }
        let Some(accepted) = &self.audience else { return true };
        let Some(audiences) = input.claim("/aud") else { return false };
        audiences.texts().next().is_some()
            && audiences.texts().all(|audience| accepted.iter().any(|a| a == audience))
    }
}

impl Settings {
    pub(crate) fn compile(self) -> Result<Compiled, Vec<SettingError>> {
        let mut errors = Vec::new();
        let base = lists("", &self.allow, &self.permit, &self.except_detectors, &mut errors);
        let deny = patterns("/deny", &self.deny, &mut errors);
        let mut profiles = Vec::new();
        for (place, profile) in self.profiles.into_iter().enumerate() {
            let path = pointer(["profiles", &place.to_string()]);
            let Profile { kind, audience, mode, allow, permit, except_detectors } = profile;
            if kind.as_deref() == Some("") {
                errors.push(SettingError::new(
                    path.clone() + "/kind",
                    "is empty; give `access`, `refresh`, `id` or the subtype of a `typ`",
                ));
            }
            let audience = audience.map(|OneOrMore(audience)| audience);
            if audience.as_ref().is_some_and(|a| a.is_empty() || a.iter().any(String::is_empty)) {
                errors.push(SettingError::new(
                    path.clone() + "/audience",
                    "is empty; leave it out for any audience",
                ));
            }
            let lists = lists(&path, &allow, &permit, &except_detectors, &mut errors);
            profiles.push(CompiledProfile { kind, audience, mode, lists });
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let nested =
            |lists: &Lists| lists.allow.iter().chain(&lists.permit).any(Pattern::is_nested);
        Ok(Compiled {
            nested: nested(&base) || profiles.iter().any(|profile| nested(&profile.lists)),
            base,
            profiles,
            deny,
            unlisted: self.unlisted,
            detect: self.detect,
            min_confidence: self.min_confidence.into(),
            withhold: if self.withhold { Withhold::Yes } else { Withhold::No },
        })
    }
}

fn lists(
    path: &str,
    allow: &[String],
    permit: &[String],
    except: &[String],
    errors: &mut Vec<SettingError>,
) -> Lists {
    let allow_path = path.to_owned() + "/allow";
    Lists {
        standard: allow.iter().any(|entry| entry == STANDARD),
        allow: patterns(&allow_path, allow, errors),
        permit: patterns(&(path.to_owned() + "/permit"), permit, errors),
        except: detectors(
            path,
            except,
            Detector::from_id,
            || Detector::ALL.iter().map(|detector| detector.id()),
            errors,
        ),
    }
}

fn patterns(path: &str, texts: &[String], errors: &mut Vec<SettingError>) -> Vec<Pattern> {
    let mut compiled = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        if text == STANDARD && path.ends_with("/allow") {
            continue;
        }
        let parsed = if text.starts_with('@') {
            Err("starts with `@`, which only `@standard` in `allow` does")
        } else {
            Pattern::parse(text)
        };
        compiled.extend(pattern(path, place, text, parsed, errors));
    }
    compiled
}
