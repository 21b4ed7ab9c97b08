//! The page of a policy.

use std::fmt::Write;

use serde_json::Value;
use tokenward::{Descriptor, Engine, Phase, Reads, Rule};

use super::cases::{self, Case};
use super::iso;
use super::markdown::{and, block, cell, code, codes, key, table, toml};
use crate::policy::schema::{self, Setting};
use crate::render::{explain, safe};

/// The policy's name, and its page.
pub(crate) fn page(
    engine: &Engine,
    component: &[u8],
    cases: &[Case],
) -> anyhow::Result<(String, String)> {
    let policy = engine.load(component, "{}")?;
    let descriptor = policy.descriptor();
    let parts = [
        head(descriptor),
        reads(&descriptor.reads),
        settings(descriptor, cases),
        rules(&descriptor.rules, cases),
        controls(&descriptor.rules),
        examples(cases),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Ok((descriptor.name.clone(), parts.join("\n")))
}

fn head(policy: &Descriptor) -> String {
    let Descriptor { name, version, title, description, phases, .. } = policy;
    let mut out = format!("# {name}\n\n");
    let _ = writeln!(
        out,
        "<!-- Made by `tokenward policy docs {name}` from what the policy says of itself. -->\n"
    );
    let _ = writeln!(out, "**{}.** Version {version}. {}\n", cell(title), asked(phases));
    let description: Vec<_> = description.trim().lines().map(safe::text).collect();
    let _ = writeln!(out, "{}", description.join("\n"));
    out
}

fn asked(phases: &[Phase]) -> String {
    let words: Vec<&str> = phases
        .iter()
        .map(|phase| match phase {
            Phase::Issue => "when a token is issued",
            Phase::Use => "when it is used",
            Phase::Refresh => "when it is refreshed",
            Phase::Login => "when a user logs in",
        })
        .collect();
    // Where no token was spoken of before, `it` says nothing.
    let words = and(&words);
    let words =
        if phases.contains(&Phase::Issue) { words } else { words.replacen("it", "a token", 1) };
    format!("It is asked {words}.")
}

fn reads(reads: &Reads) -> String {
    let mut out = String::from("## What it reads\n\n");
    let lines: Vec<_> = explain::in_words(reads).into_iter().flatten().collect();
    let lines: Vec<_> = lines.iter().map(|line| line.replace('\u{a0}', " ")).collect();
    match lines.as_slice() {
        [] => {
            out.push_str(
                "With its default settings, nothing but the phase and the kind of the token",
            );
        }
        [line] => {
            let _ = write!(out, "With its default settings, {line} and nothing else");
        }
        lines => {
            out.push_str("With its default settings, this and nothing else:\n\n");
            for line in lines {
                let _ = writeln!(out, "- {line}");
            }
            out.push_str("\nOther settings may have it read more, or less");
        }
    }
    out.push_str("; `tokenward policy inspect --settings` shows what");
    out.push_str(if lines.len() > 1 { ".\n" } else { " other settings have it read.\n" });
    out
}

fn settings(policy: &Descriptor, cases: &[Case]) -> String {
    let rows = schema::settings(&policy.settings_schema);
    let mut out = String::from("## Settings\n\n");
    if rows.is_empty() {
        out.push_str("It has none.\n");
        return out;
    }
    let example = cases::refusal(cases).and_then(|case| case.get("settings"));
    let example = example.or_else(|| cases::with_settings(cases)?.get("settings"));
    let mut bundle = format!("[[policy]]\nmodule = \"{}\"\n", policy.name);
    match example.and_then(|settings| serde_json::to_value(settings).ok()) {
        Some(Value::Object(settings)) => bundle += &assignments(&settings),
        _ => bundle += &sample(&policy.settings_schema),
    }
    out.push_str("In a bundle, for instance:\n\n");
    out.push_str(&block("toml", &bundle));
    out.push('\n');
    let description = schema::description(&policy.settings_schema);
    if !description.is_empty() {
        let _ = writeln!(out, "{}\n", cell(description));
    }
    let heads = ["setting", "takes", "default", "unit", "meaning"];
    out.push_str(&table(&heads, &rows.iter().map(row).collect::<Vec<_>>()));
    out
}

/// One setting, by its default: how it is written is seen, and nothing changes.
fn sample(schema: &Value) -> String {
    let defaults = schema::defaults(schema);
    let simple = defaults.iter().find(|(_, value)| value.is_number() || value.is_string());
    simple.map_or(String::new(), |(name, value)| {
        format!("settings.{} = {} # the default\n", key(name), toml(value))
    })
}

fn assignments(settings: &serde_json::Map<String, Value>) -> String {
    settings.iter().fold(String::new(), |mut out, (name, value)| {
        // A list of tables is read more easily one on a line.
        match value.as_array() {
            Some(items) if items.len() > 1 && items.iter().all(Value::is_object) => {
                let _ = writeln!(out, "settings.{} = [", key(name));
                for item in items {
                    let _ = writeln!(out, "  {},", toml(item));
                }
                out.push_str("]\n");
            }
            _ => {
                let _ = writeln!(out, "settings.{} = {}", key(name), toml(value));
            }
        }
        out
    })
}

fn row(setting: &Setting) -> Vec<String> {
    let default = match (&setting.default, setting.required) {
        (Some(value), _) => code(&toml(value)),
        (None, true) => "required".into(),
        (None, false) => String::new(),
    };
    vec![
        code(&setting.name),
        cell(&setting.kind),
        default.replace('|', "\\|"),
        setting.unit.unwrap_or_default().to_owned(),
        cell(&setting.meaning),
    ]
}

fn rules(rules: &[Rule], cases: &[Case]) -> String {
    let heads = ["rule", "says", "does", "what to change"];
    let rows = rules.iter().map(|rule| {
        vec![code(&rule.id), cell(&rule.title), weights(&rule.id, cases), cell(&rule.remedy)]
    });
    format!("## Rules\n\n{}", table(&heads, &rows.collect::<Vec<_>>()))
}

/// What the cases show that a rule does, and how much it weighs: gravest first.
fn weights(rule: &str, cases: &[Case]) -> String {
    const EFFECTS: [(&str, &str); 3] =
        [("deny", "refuses"), ("require", "requires more"), ("advise", "advises")];
    const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "info"];
    let lines: Vec<&str> = cases.iter().flat_map(Case::expected).collect();
    let told = |effect: &str, severity: &str| {
        lines.iter().any(|line| {
            let mut words = line.split(' ');
            (words.next(), words.next(), words.next()) == (Some(effect), Some(severity), Some(rule))
        })
    };
    let each = EFFECTS.iter().filter_map(|(effect, word)| {
        let severities = SEVERITIES.iter().copied().filter(|severity| told(effect, severity));
        let severities = severities.collect::<Vec<_>>().join(", ");
        (!severities.is_empty()).then(|| format!("{word} ({severities})"))
    });
    each.collect::<Vec<_>>().join("; ")
}

fn controls(rules: &[Rule]) -> String {
    let mut ids: Vec<&str> = Vec::new();
    for control in rules.iter().flat_map(|rule| &rule.controls) {
        if !ids.contains(&control.as_str()) {
            ids.push(control);
        }
    }
    if ids.is_empty() {
        return String::new();
    }
    ids.sort_unstable();
    let rows = ids.iter().map(|id| {
        let serving = rules.iter().filter(|rule| rule.controls.iter().any(|other| other == id));
        let old = iso::of_2013(id).unwrap_or_default();
        let serving: Vec<_> = serving.map(|rule| &rule.id).collect();
        let all = serving.len() == rules.len() && rules.len() > 1;
        let serving = if all { "all".to_owned() } else { codes(serving) };
        vec![cell(id), old.to_owned(), serving]
    });
    let heads = ["control", "ISO 27001:2013", "rules that serve it"];
    format!("## Controls\n\n{}", table(&heads, &rows.collect::<Vec<_>>()))
}

fn examples(cases: &[Case]) -> String {
    let refusal = cases::refusal(cases);
    let permit = cases::permit(cases, refusal);
    let mut shown = Vec::new();
    shown.extend(permit.map(|case| example("Permitted", case, None)));
    shown.extend(refusal.map(|case| example("Refused", case, permit)));
    if shown.is_empty() { String::new() } else { format!("## Examples\n\n{}", shown.join("\n")) }
}

fn example(word: &str, case: &Case, before: Option<&Case>) -> String {
    let mut out = format!("### {word}: {}\n\n", cell(case.text("name").unwrap_or_default()));
    let settings = case.get("settings");
    if settings.is_some() && before.is_some_and(|before| before.get("settings") == settings) {
        out.push_str("With the same settings.\n\n");
    } else if let Some(Ok(Value::Object(settings))) = settings.map(serde_json::to_value) {
        out.push_str("Settings:\n\n");
        out.push_str(&block("toml", &assignments(&settings)));
        out.push('\n');
    }
    if let Some(line) = circumstances(case) {
        let _ = writeln!(out, "{line}\n");
    }
    for (name, title) in [
        ("claims", "Claims"),
        ("header", "JOSE header"),
        ("signals", "Signals"),
        ("facts", "Facts"),
        ("headers", "Headers of the request"),
        ("key", "Key"),
        ("encryption", "Encryption"),
        ("tls", "TLS"),
        ("cookies", "Cookies"),
    ] {
        if let Some(value) = case.get(name) {
            let _ = writeln!(out, "{title}:\n\n{}", block("json", &pretty(value)));
        }
    }
    let expected = case.expected();
    if expected.is_empty() {
        out.push_str("Nothing is found.\n");
    } else {
        out.push_str("Found:\n\n");
        for line in expected {
            let _ = writeln!(out, "- {}", verdict_line(line));
        }
    }
    out
}

/// The phase, the kind of token, the request, and the moment, where a case
/// says them.
fn circumstances(case: &Case) -> Option<String> {
    let mut words = Vec::new();
    words.extend(case.text("phase").map(|phase| format!("Phase {}", code(phase))));
    words.extend(case.text("kind").map(|kind| format!("kind of token {}", code(kind))));
    words.extend(case.text("request").map(|request| format!("request {}", code(request))));
    for (name, what) in [
        ("client-address", "client address"),
        ("token-location", "the token in the"),
        ("binding", "binding"),
    ] {
        words.extend(case.text(name).map(|text| format!("{what} {}", code(text))));
    }
    let now = case.get("now").and_then(::toml::Value::as_integer);
    words.extend(now.map(|now| format!("now {}", code(&now.to_string()))));
    let line = words.join("; ");
    let mut letters = line.chars();
    let first = letters.next()?;
    Some(first.to_uppercase().chain(letters).collect::<String>() + ".")
}

/// A member of a case as JSON over several lines.
fn pretty(value: &::toml::Value) -> String {
    let json = match value {
        // Claims and signals are written as JSON.
        ::toml::Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(json) => json,
            Err(_) => return safe::json(text).into_owned(),
        },
        other => serde_json::to_value(other).unwrap_or_default(),
    };
    let short = json.to_string();
    let text = if short.len() <= 80 {
        short
    } else {
        serde_json::to_string_pretty(&json).unwrap_or_default()
    };
    safe::json(&text).into_owned()
}

/// `EFFECT SEVERITY RULE [POINTER]`, or a requirement, in words.
fn verdict_line(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        [effect @ ("deny" | "require" | "advise"), severity, rule, place @ ..] => {
            let at = match place {
                [pointer, ..] => format!(" at {}", code(pointer)),
                [] => String::new(),
            };
            let does = match *effect {
                "deny" => "refuses",
                "require" => "requires more",
                _ => "advises",
            };
            format!("{} {does} ({severity}){at}", code(rule))
        }
        ["scope", scopes @ ..] => format!("asks for the scope {}", codes(scopes)),
        ["withhold", claims @ ..] => format!("withholds {} from upstream", codes(claims)),
        ["step-up", ..] => format!("asks for another authentication: {}", code(line)),
        _ => code(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_said_in_words() {
        for (line, words) in [
            ("deny high too-long /exp", "`too-long` refuses (high) at `/exp`"),
            ("advise low broad", "`broad` advises (low)"),
            ("scope a b", "asks for the scope `a`, `b`"),
            ("withhold /email", "withholds `/email` from upstream"),
            ("step-up max-age=300", "asks for another authentication: `step-up max-age=300`"),
        ] {
            assert_eq!(verdict_line(line), words);
        }
    }

    #[test]
    fn phases_are_said_in_words() {
        for (phases, words) in [
            (
                &Phase::ALL[..3],
                "It is asked when a token is issued, when it is used and when it is refreshed.",
            ),
            (
                &[Phase::Use, Phase::Login][..],
                "It is asked when a token is used and when a user logs in.",
            ),
            (&[Phase::Login], "It is asked when a user logs in."),
        ] {
            assert_eq!(asked(phases), words);
        }
    }
}
