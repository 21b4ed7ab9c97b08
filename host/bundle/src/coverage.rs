//! What the frameworks require, and which part of the project answers each row:
//! `policies/controls.toml`. The build script includes this file too: a build
//! with a row that nobody answers does not finish. It is read without derived
//! code, so that the build needs none.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The table of requirements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoverageTable {
    /// The requirements.
    pub rows: Vec<CoverageRow>,
}

/// A requirement, and who answers it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoverageRow {
    /// A letter for the framework, and a number.
    pub id: String,
    /// One line.
    pub requirement: String,
    /// The controls that ask for it, as findings print them.
    pub controls: Vec<String>,
    /// Who answers it.
    pub owner: Owner,
    /// What tests it: files and folders of the repository.
    pub tests: Vec<String>,
}

/// Who answers a requirement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// Policies, by name.
    pub policies: Vec<String>,
    /// A service of the host.
    pub host: Option<String>,
    /// Whether that service is there.
    pub state: Option<HostState>,
    /// Whether a person attests to it, as nothing can judge it.
    pub attested: bool,
}

/// Whether a service of the host is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostState {
    /// It is.
    Built,
    /// It is not, yet.
    Planned,
}

impl CoverageTable {
    /// Reads the table.
    ///
    /// # Errors
    ///
    /// What is no such table, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document = DeTable::parse(text).map_err(|error| error.to_string())?;
        let mut table = Self::default();
        for (name, value) in document.get_ref() {
            match name.get_ref().as_ref() {
                "row" => {
                    let DeValue::Array(rows) = value.get_ref() else {
                        return Err("`row` is not a list of tables".into());
                    };
                    table.rows = rows.iter().map(CoverageRow::read).collect::<Result<_, _>>()?;
                }
                other => return Err(unknown(other, "`row`")),
            }
        }
        Ok(table)
    }

    /// What is wrong with the table: rows that nobody answers or that nothing
    /// tests. `policies` are those that are there, `exists` says whether a path
    /// of the repository is.
    #[must_use]
    pub fn problems(&self, policies: &[String], exists: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut problems = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            let mut problem = |text: String| problems.push(format!("row `{}` {text}", row.id));
            if self.rows.iter().take(index).any(|earlier| earlier.id == row.id) {
                problem("is there twice".into());
            }
            let Owner { policies: owners, host, state, attested } = &row.owner;
            if owners.is_empty() && host.is_none() && !attested {
                problem("has no owner; accepted: `policies`, `host` or `attested`".into());
            }
            if host.is_some() != state.is_some() {
                problem("has a `host` without a `state`, or a `state` without a `host`".into());
            }
            for owner in owners {
                if !policies.contains(owner) {
                    problem(format!("names the policy `{owner}`, which is not there"));
                }
            }
            let is_tested = !owners.is_empty() || *state == Some(HostState::Built);
            if is_tested && row.tests.is_empty() {
                problem("has no test".into());
            }
            for test in &row.tests {
                if !exists(test) {
                    problem(format!("names the test `{test}`, which is not there"));
                }
            }
        }
        problems
    }
}

impl CoverageRow {
    fn read(value: &Value<'_>) -> Result<Self, String> {
        let DeValue::Table(members) = value.get_ref() else {
            return Err("`row` is not a list of tables".into());
        };
        let mut row = Self::default();
        for (name, value) in members {
            match name.get_ref().as_ref() {
                "id" => row.id = text("id", value)?,
                "requirement" => row.requirement = text("requirement", value)?,
                "controls" => row.controls = texts("controls", value)?,
                "owner" => row.owner = Owner::read(value)?,
                "tests" => row.tests = texts("tests", value)?,
                other => {
                    let accepted = "`id`, `requirement`, `controls`, `owner`, `tests`";
                    return Err(unknown(other, accepted));
                }
            }
        }
        if row.id.is_empty() || row.requirement.is_empty() {
            return Err(format!("row `{}` has no `id` or no `requirement`", row.id));
        }
        Ok(row)
    }
}

impl Owner {
    fn read(value: &Value<'_>) -> Result<Self, String> {
        let DeValue::Table(members) = value.get_ref() else {
            return Err("`owner` is not a table".into());
        };
        let mut owner = Self::default();
        for (name, value) in members {
            match name.get_ref().as_ref() {
                "policies" => owner.policies = texts("policies", value)?,
                "host" => owner.host = Some(text("host", value)?),
                "state" => {
                    owner.state = Some(match text("state", value)?.as_str() {
                        "built" => HostState::Built,
                        "planned" => HostState::Planned,
                        other => return Err(unknown(other, "`built`, `planned`")),
                    });
                }
                "attested" => owner.attested = matches!(value.get_ref(), DeValue::Boolean(true)),
                other => {
                    return Err(unknown(other, "`policies`, `host`, `state`, `attested`"));
                }
            }
        }
        Ok(owner)
    }
}

type Value<'a> = Spanned<DeValue<'a>>;

fn text(name: &str, value: &Value<'_>) -> Result<String, String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        _ => Err(format!("`{name}` is not a text")),
    }
}

fn texts(name: &str, value: &Value<'_>) -> Result<Vec<String>, String> {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().map(|item| text(name, item)).collect(),
        _ => Err(format!("`{name}` is not a list of texts")),
    }
}

fn unknown(name: &str, accepted: &str) -> String {
    format!("unknown `{name}`; accepted: {accepted}")
}
