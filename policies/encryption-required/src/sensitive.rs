//! Claims that are sensitive by default, and the pointers to those of the settings.

use tokenward_policy::text::item;
use tokenward_policy::{SettingError, pointer};

/// Names of top-level claims that hold personal, health, cardholder or secret
/// data when they are there: those of OpenID Connect Core section 5.1 that tell
/// about a person, and names that are usual.
pub(crate) const DEFAULT: [&str; 44] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "email",
    "phone_number",
    "address",
    "birthdate",
    "gender",
    "picture",
    "place_of_birth",
    "nationalities",
    "first_name",
    "last_name",
    "full_name",
    "phone",
    "date_of_birth",
    "dob",
    "ssn",
    "national_id",
    "tax_id",
    "passport_number",
    "driver_license",
    "ethnicity",
    "religion",
    "salary",
    "patient",
    "patient_id",
    "mrn",
    "diagnosis",
    "medication",
    "health",
    "insurance_id",
    "card_number",
    "pan",
    "cvv",
    "iban",
    "account_number",
    "password",
    "secret",
    "api_key",
    "private_key",
];

/// The most claims that may be listed: fewer than a verdict may have findings.
const MOST: usize = 200;
/// The most bytes of a name or pointer.
const LONGEST: usize = 256;

/// The JSON Pointers to the claims; what is wrong goes to `errors`.
pub(crate) fn pointers(claims: &[String], errors: &mut Vec<SettingError>) -> Vec<String> {
    if claims.len() > MOST {
        errors.push(SettingError::new("/claims", "names too many claims; give at most 200"));
        return Vec::new();
    }
    let mut paths: Vec<String> = Vec::with_capacity(claims.len());
    let mut wrong = |index: usize, message: &str| {
        errors.push(SettingError::new(item("/claims", index), message));
    };
    for (index, claim) in claims.iter().enumerate() {
        let path = read(claim)
            .and_then(|path| if paths.contains(&path) { Err("is named twice") } else { Ok(path) });
        // What is wrong leaves its place, so that the others keep theirs.
        paths.push(path.unwrap_or_else(|message| {
            wrong(index, message);
            String::new()
        }));
    }
    for (index, path) in paths.iter().enumerate() {
        if paths.iter().any(|other| is_below(path, other)) {
            wrong(index, "lies within another claim of the list, so that it never adds anything");
        }
    }
    paths
}

fn read(claim: &str) -> Result<String, &'static str> {
    if claim.is_empty() || claim.len() > LONGEST || claim.chars().any(char::is_control) {
        return Err("is not the name of a claim, or a JSON Pointer, of 1 to 256 bytes on one line");
    }
    if !claim.starts_with('/') {
        return Ok(pointer([claim]));
    }
    let mut escapes = claim.split('~').skip(1);
    if escapes.all(|escape| escape.starts_with(['0', '1'])) {
        Ok(claim.to_owned())
    } else {
        Err("is not a JSON Pointer: a `~` is not followed by `0` or `1`")
    }
}

/// Whether one pointer leads to a value within the one that another leads to.
fn is_below(path: &str, other: &str) -> bool {
    !other.is_empty() && path.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'))
}
