//! The standard's shapes, from JSON: sections 5, 6.1 and 7.1. Members that it does not know are ignored.

use std::fmt;
use std::sync::Arc;

use tokenward::json::{JsonError, JsonLimits, parse_strict};
use tokenward::{Json, Object};

/// The most items of an `evaluations` array.
pub(super) const MOST_EVALUATIONS: usize = 100;

/// Section 11.7: requests are bounded in size, in depth and in the number of values.
const LIMITS: JsonLimits = JsonLimits { max_depth: 16, max_values: 32_768 };

/// Why a request, or an item of one, does not have the standard's shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum WireError {
    /// It is not JSON that every reader reads alike (section 11.5).
    #[error("the body {0}")]
    Json(#[from] JsonError),
    /// A required member is missing.
    #[error("`{path}` is missing; accepted: {accepted}")]
    Missing { path: String, accepted: &'static str },
    /// A member is of another type.
    #[error("{} is of the type {found}; accepted: {accepted}", shown_path(.path))]
    Type { path: String, found: &'static str, accepted: &'static str },
    /// There are too many items.
    #[error("`evaluations` has {0} items; accepted: at most {MOST_EVALUATIONS}")]
    TooMany(usize),
    /// The semantic is not known.
    #[error(
        "`options.evaluations_semantic` is `{0}`; accepted: `execute_all`, `deny_on_first_deny` or \
         `permit_on_first_permit`"
    )]
    Semantic(String),
}

impl WireError {
    /// A stable code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "json",
            Self::Missing { .. } => "member_missing",
            Self::Type { .. } => "member_type",
            Self::TooMany(_) => "too_many_evaluations",
            Self::Semantic(_) => "semantic_unknown",
        }
    }
}

fn shown_path(path: &str) -> String {
    if path.is_empty() { "the body".to_owned() } else { format!("`{path}`") }
}

/// What others wrote, for a message: escaped, and its beginning only.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}

/// A subject or a resource (sections 5.1 and 5.2).
pub(super) struct Entity {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) properties: Option<Object>,
}

/// An action (section 5.3). Its properties say nothing here.
pub(super) struct Action {
    pub(super) name: String,
}

/// One evaluation (section 6.1).
pub(super) struct Evaluation {
    pub(super) subject: Arc<Entity>,
    pub(super) action: Arc<Action>,
    pub(super) resource: Arc<Entity>,
    pub(super) context: Option<Arc<Object>>,
}

impl fmt::Debug for Evaluation {
    /// It holds a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluation").finish_non_exhaustive()
    }
}

/// When evaluating an array ends (section 7.1.2.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Semantic {
    #[default]
    ExecuteAll,
    DenyOnFirstDeny,
    PermitOnFirstPermit,
}

impl Semantic {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "execute_all" => Self::ExecuteAll,
            "deny_on_first_deny" => Self::DenyOnFirstDeny,
            "permit_on_first_permit" => Self::PermitOnFirstPermit,
            _ => return None,
        })
    }

    /// Whether this decision is the last one.
    pub(super) fn ends_with(self, decision: bool) -> bool {
        match self {
            Self::ExecuteAll => false,
            Self::DenyOnFirstDeny => !decision,
            Self::PermitOnFirstPermit => decision,
        }
    }
}

/// What the Access Evaluations API is asked.
#[derive(Debug)]
pub(super) enum Asked {
    /// Without `evaluations`, or with an empty array: as the Access Evaluation API.
    One(Evaluation),
    /// Items without the standard's shape are errors of their own (section 7.2.1).
    Many { items: Vec<Result<Evaluation, WireError>>, semantic: Semantic },
}

/// Reads a request to the Access Evaluation API.
pub(super) fn evaluation(body: &[u8]) -> Result<Evaluation, WireError> {
    Parts::take(&mut root(body)?, "")?.whole("")
}

/// Reads a request to the Access Evaluations API.
pub(super) fn evaluations(body: &[u8]) -> Result<Asked, WireError> {
    let mut root = root(body)?;
    // What is wrong at the top is wrong for the whole, whether an item needs it or not.
    let defaults = Parts::take(&mut root, "")?;
    let items = match root.remove("evaluations") {
        None => Vec::new(),
        Some(Json::Array(items)) => items,
        Some(other) => return Err(wrong("evaluations", &other, "an array of objects")),
    };
    if items.is_empty() {
        return Ok(Asked::One(defaults.whole("")?));
    }
    if items.len() > MOST_EVALUATIONS {
        return Err(WireError::TooMany(items.len()));
    }
    let semantic = semantic(root.remove("options"))?;
    let item = |(index, item)| {
        let at = format!("evaluations[{index}]");
        let Json::Object(mut item) = item else { return Err(wrong(&at, &item, "an object")) };
        Parts::take(&mut item, &at)?.or(&defaults).whole(&at)
    };
    Ok(Asked::Many { items: items.into_iter().enumerate().map(item).collect(), semantic })
}

fn semantic(options: Option<Json>) -> Result<Semantic, WireError> {
    let Some(options) = options else { return Ok(Semantic::default()) };
    let members = options.as_object().ok_or_else(|| wrong("options", &options, "an object"))?;
    let Some(semantic) = members.get("evaluations_semantic") else {
        return Ok(Semantic::default());
    };
    let path = "options.evaluations_semantic";
    let name = semantic.as_str().ok_or_else(|| wrong(path, semantic, "a string"))?;
    Semantic::named(name).ok_or_else(|| WireError::Semantic(shown(name)))
}

/// The four keys, of which some may be missing.
#[derive(Default)]
struct Parts {
    subject: Option<Arc<Entity>>,
    action: Option<Arc<Action>>,
    resource: Option<Arc<Entity>>,
    context: Option<Arc<Object>>,
}

impl Parts {
    fn take(members: &mut Object, at: &str) -> Result<Self, WireError> {
        let entity = |members: &mut Object, name| {
            let path = below(at, name);
            let taken = take_object(members, name, &path)?;
            taken.map(|taken| Entity::read(taken, &path).map(Arc::new)).transpose()
        };
        let path = below(at, "action");
        let action = take_object(members, "action", &path)?;
        Ok(Self {
            subject: entity(members, "subject")?,
            action: action.map(|action| Action::read(action, &path).map(Arc::new)).transpose()?,
            resource: entity(members, "resource")?,
            context: take_object(members, "context", &below(at, "context"))?.map(Arc::new),
        })
    }

    /// What is missing comes from the top, each key as a whole (section 7.1.1).
    fn or(self, defaults: &Self) -> Self {
        Self {
            subject: self.subject.or_else(|| defaults.subject.clone()),
            action: self.action.or_else(|| defaults.action.clone()),
            resource: self.resource.or_else(|| defaults.resource.clone()),
            context: self.context.or_else(|| defaults.context.clone()),
        }
    }

    fn whole(self, at: &str) -> Result<Evaluation, WireError> {
        let missing =
            |name, accepted| move || WireError::Missing { path: below(at, name), accepted };
        Ok(Evaluation {
            subject: self
                .subject
                .ok_or_else(missing("subject", "an object with `type` and `id`"))?,
            action: self.action.ok_or_else(missing("action", "an object with `name`"))?,
            resource: self
                .resource
                .ok_or_else(missing("resource", "an object with `type` and `id`"))?,
            context: self.context,
        })
    }
}

impl Entity {
    fn read(mut members: Object, at: &str) -> Result<Self, WireError> {
        Ok(Self {
            kind: take_text(&mut members, "type", at)?,
            id: take_text(&mut members, "id", at)?,
            properties: take_object(&mut members, "properties", &below(at, "properties"))?,
        })
    }
}

impl Action {
    fn read(mut members: Object, at: &str) -> Result<Self, WireError> {
        take_object(&mut members, "properties", &below(at, "properties"))?;
        Ok(Self { name: take_text(&mut members, "name", at)? })
    }
}

fn root(body: &[u8]) -> Result<Object, WireError> {
    match parse_strict(body, &LIMITS)? {
        Json::Object(root) => Ok(root),
        other => Err(wrong("", &other, "an object")),
    }
}

fn take_object(members: &mut Object, name: &str, path: &str) -> Result<Option<Object>, WireError> {
    match members.remove(name) {
        None => Ok(None),
        Some(Json::Object(object)) => Ok(Some(object)),
        Some(other) => Err(wrong(path, &other, "an object")),
    }
}

fn take_text(members: &mut Object, name: &str, at: &str) -> Result<String, WireError> {
    match members.remove(name) {
        Some(Json::String(text)) => Ok(text),
        Some(other) => Err(wrong(&below(at, name), &other, "a string")),
        None => Err(WireError::Missing { path: below(at, name), accepted: "a string" }),
    }
}

fn wrong(path: &str, found: &Json, accepted: &'static str) -> WireError {
    WireError::Type { path: path.to_owned(), found: found.type_name(), accepted }
}

fn below(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}
