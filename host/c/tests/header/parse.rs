//! Reads functions and constants out of the header, and out of the source.

use std::collections::BTreeMap;

/// A function's types, in the order of its parameters, as C writes them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    answer: String,
    parameters: Vec<String>,
    owned: bool,
}

/// A function's types as Rust writes them, and what it does.
#[derive(Debug)]
pub(crate) struct Defined {
    answer: String,
    parameters: Vec<String>,
    pub(crate) body: String,
}

impl Declared {
    /// Whether the types are the same, and what must be freed is marked as owned.
    pub(crate) fn fits(&self, defined: &Defined) -> bool {
        let parameters = self.parameters.iter().zip(&defined.parameters);
        self.parameters.len() == defined.parameters.len()
            && parameters.into_iter().all(|(c, rust)| in_c(rust).contains(c))
            && in_c(&defined.answer).contains(&self.answer)
            && self.owned == defined.answer.starts_with("*mut Handle<")
    }
}

/// What a type of Rust may be called in C.
fn in_c(rust: &str) -> Vec<String> {
    if let Some(kind) = rust.strip_prefix("Lent<").and_then(|rest| rest.strip_suffix('>')) {
        // Whether it changes is for the C compiler to say.
        let name = handle(kind);
        return vec![format!("const {name}*"), format!("{name}*")];
    }
    let inside = |start: &str| rust.strip_prefix(start).and_then(|rest| rest.strip_suffix('>'));
    if let Some(kind) = inside("Given<").or_else(|| inside("*mut Handle<")) {
        return vec![format!("{}*", handle(kind))];
    }
    if let Some(kind) = inside("*const Handle<") {
        return vec![format!("const {}*", handle(kind))];
    }
    let names: &[&str] = match rust {
        "" => &["void"],
        "bool" => &["bool"],
        "usize" => &["size_t"],
        "u32" => &["uint32_t"],
        "i64" => &["int64_t"],
        "i32" => &[
            "int32_t",
            "tokenward_binding",
            "tokenward_effect",
            "tokenward_enforcement",
            "tokenward_error_kind",
            "tokenward_location",
            "tokenward_outcome",
            "tokenward_phase",
            "tokenward_refusal",
            "tokenward_same_site",
            "tokenward_severity",
        ],
        "Chars" | "*const c_char" => &["const char*"],
        "Bytes" => &["const void*"],
        "SizeSlot" => &["size_t*"],
        "ErrorSlot" => &["tokenward_error**"],
        other => panic!("`{other}` is no type of the border"),
    };
    names.iter().map(ToString::to_string).collect()
}

/// The name in C of what a handle holds.
fn handle(kind: &str) -> &'static str {
    match kind {
        "BundleInfo" => "tokenward_bundle_info",
        "Call" => "tokenward_call",
        "Decided" => "tokenward_decision",
        "Failure" => "tokenward_error",
        "Finding" => "tokenward_finding",
        "Gate" => "tokenward_authorizer",
        "Options" => "tokenward_options",
        "ReadBundle" => "tokenward_bundle",
        "Trust" => "tokenward_trust",
        other => panic!("`{other}` is no handle"),
    }
}

/// The prototypes of a header.
pub(crate) fn c_functions(header: &str) -> BTreeMap<String, Declared> {
    let code = without_comments(header);
    let mut lines = Vec::new();
    let mut continued = false;
    for line in code.lines() {
        if !continued && !line.starts_with('#') && !line.starts_with("extern \"C\"") {
            lines.push(line);
        }
        continued = line.ends_with('\\');
    }
    let mut functions = BTreeMap::new();
    for statement in lines.join("\n").split(';') {
        let Some((head, rest)) = statement.split_once('(') else { continue };
        let parameters = rest.trim().strip_suffix(')').unwrap();
        let name_at = head.rfind("tokenward_").unwrap();
        let (answer, name) = head.split_at(name_at);
        let (answer, owned) = match answer.trim().strip_prefix("TOKENWARD_OWNED") {
            Some(answer) => (answer, true),
            None => (answer, false),
        };
        let parameters = match parameters {
            "void" => Vec::new(),
            all => all.split(',').map(|one| tidy(without_name(one.trim()))).collect(),
        };
        let declared = Declared { answer: tidy(answer), parameters, owned };
        assert!(functions.insert(name.to_owned(), declared).is_none(), "`{name}` is there twice");
    }
    functions
}

fn without_comments(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        rest = comment.split_once("*/").unwrap().1;
    }
    code + rest
}

/// A parameter's type: its name comes last.
fn without_name(parameter: &str) -> &str {
    parameter.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace(" *", "*")
}

/// The constants of a header that are numbers: of its enumerations, and flags.
pub(crate) fn c_constants(header: &str) -> BTreeMap<String, u32> {
    let code = without_comments(header);
    let numbers = code.lines().filter_map(|line| {
        let (name, number) = match line.strip_prefix("#define ") {
            Some(defined) => defined.split_once(" UINT32_C("),
            None => line.split_once(" = "),
        }?;
        let number = number.trim_end_matches([',', ')']).parse().unwrap();
        Some((name.trim().to_owned(), number))
    });
    numbers.collect()
}

/// The functions of the source that C programs call.
pub(crate) fn rust_functions(source: &str) -> BTreeMap<String, Defined> {
    const START: &str = "#[unsafe(no_mangle)]\nextern \"C\" fn ";
    let mut functions = BTreeMap::new();
    for part in source.split(START).skip(1) {
        let (name, rest) = part.split_once('(').unwrap();
        let (parameters, rest) = rest.split_once(')').unwrap();
        let (answer, rest) = rest.split_once(" {\n").unwrap();
        let body = rest.split_once("\n}\n").unwrap().0.to_owned();
        let parameters = parameters.split(',').filter_map(|one| one.split_once(": "));
        let parameters = parameters.map(|(_, kind)| kind.trim().to_owned()).collect();
        let answer = answer.trim().trim_start_matches("-> ").to_owned();
        functions.insert(name.to_owned(), Defined { answer, parameters, body });
    }
    assert_eq!(functions.len(), source.matches("no_mangle").count(), "each in the one form");
    functions
}

/// The constants of the source by their names in C.
pub(crate) fn rust_constants(source: &str) -> BTreeMap<String, u32> {
    let constants = source.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("pub(crate) const TOKENWARD_")?.split_once(": ")?;
        let number = rest.split_once(" = ")?.1.trim_end_matches(';').parse().unwrap();
        Some((format!("TOKENWARD_{name}"), number))
    });
    constants.collect()
}
