//! Proves that work grows no faster than the value, on inputs made to be slow.

use proptest::prelude::*;

use crate::kind::Detector;
use crate::{
    CardholderData, Confidence, DetectorSet, Everything, Scope, Secrets, SubjectId, name_class,
    path_class, scan, scan_integer, scan_only, scan_value, steps,
};

/// Pieces that, repeated, keep some detector busy for as long as they can.
const BUSY: &[&str] = &[
    "1 ",
    "1-",
    "4 1 1 1 ",
    "4111 1111 1111 1112 ",
    "4111111111111111",
    "41",
    "a",
    "A",
    "@",
    "a@",
    "a@b.",
    "a@b@",
    "@a.b",
    "1.",
    "1.1.1.1.",
    "1.1.1.1 ",
    ":",
    "a:",
    "1:",
    "::1:",
    "a::",
    "f:f:f:",
    "-----BEGIN ",
    "-----",
    "%",
    "%4",
    "%41",
    "%2541",
    "eyJ",
    "eyJhbGciOi.",
    "e.",
    "e..",
    "e0e0.e0",
    "e-",
    "e_",
    "e0e0e0e0e0.e-e-",
    "eyJhbGciOiJub25lIn0.",
    "sk-ant-",
    "xoxb-1",
    "a.b-",
    "1.b-",
    "0:",
    "eyJhbGciOiJub25lIn0",
    "ghp_",
    "sk_live_",
    "AKIA",
    "xoxb-",
    "AccountKey=",
    "Basic ",
    "Bearer ",
    "basic dXNlcjpwYXNz",
    "\"a\":",
    "\"kty\"",
    "\"kty\":\"d\"",
    "password=",
    "password=a",
    "a=",
    "=",
    "a_b_c_d=xxxx ",
    "name:",
    "://",
    "://a:",
    "://a:b",
    "$2b$",
    "$",
    "(212) ",
    "(",
    "+1",
    "+1 ",
    "+1-(2)",
    "DE89",
    "DE89 3704 ",
    "GB29NWBK",
    "1EG4",
    "1EG4-TE5-",
    "B1",
    "B4111111111111111",
    "dXNlcjpwYXNz",
    "VkZoU1NGTkdVbA",
    "SGVsbG8gd29ybGQ=",
    "QUFB",
    "Q",
    "QUFBQUFBQUFBQUFB ",
    "550e8400-e29b-41d4-a716-446655440000",
    "550e8400-",
    "\u{a0}",
    "\u{200b}1",
    "\u{ff11}",
    " ",
    "\n",
    ".",
    "-",
    "_",
    "/",
    "//",
    "\"",
    "{\"",
    "\u{7f}",
    "\\",
    "\\u0041",
    "\\\"",
    "%5C",
    "\\u0025",
    "E11.9 ",
    "E11.9,",
    "BE68",
    "GB29 NWBK 6016 1331 9268 19 ",
    "4111_1111_",
    "4111/1111/1111/1111/",
    "943 476 5919 ",
    "123-45-6789-",
    "6058 2433 8504 ",
    "1EG4TE5MK73 ",
    "AKIAIOSFODNN7EXAMPLE",
    "Jane Doe ",
    "Jane ",
    "'a':",
    "a : ",
    "\"a\" : \"b\",",
    "eyJhbGciOiJub25lIn0.e30.",
    "ZXlKaGJHY2lPaUp1YjI1bEluMA",
    "b3BlbnNzaC1rZXktdjE",
    "LS0tLS1CRUdJTi",
    "\u{ff14}\u{ff11}",
    "@b.co ",
    "\"@x.co",
    "http://1.1.1.1:1/",
    "[2001:db8::1]",
];

/// Names whose meaning some detector asks for, and one that means nothing.
const CONTEXTS: [&str; 14] = [
    "x",
    "ssn",
    "national_id",
    "patient",
    "api_key",
    "card_number",
    "phone",
    "nhs_number",
    "medicare_id",
    "npi",
    "aadhaar",
    "diagnosis",
    "conditions",
    "display_name",
];

const FEW_CONTEXTS: [&str; 4] = ["x", "national_id", "diagnosis", "api_key"];

macro_rules! single {
    ($($scope:ident: $detector:ident;)*) => {
        $(
            enum $scope {}
            impl Scope for $scope {
                const DETECTORS: DetectorSet = DetectorSet::of(&[Detector::$detector]);
            }
        )*
        /// Each detector that looks at values, by itself.
        fn each_detector_is_linear() {
            $(assert_linear::<$scope>(Detector::$detector.id(), &FEW_CONTEXTS);)*
        }
    };
}

single! {
    OnlyPrivateKey: PrivateKey;
    OnlyCloudKey: CloudKey;
    OnlyJwt: Jwt;
    OnlyPassword: Password;
    OnlyCredential: Credential;
    OnlyTrackData: TrackData;
    OnlyPan: Pan;
    OnlyIcd10: Icd10;
    OnlyMbi: Mbi;
    OnlyNhsNumber: NhsNumber;
    OnlySsn: Ssn;
    OnlyItin: Itin;
    OnlyAadhaar: Aadhaar;
    OnlyNationalId: NationalId;
    OnlyIban: Iban;
    OnlyEmail: Email;
    OnlyPhone: Phone;
    OnlyPersonName: PersonName;
    OnlyNpi: Npi;
    OnlyIpAddress: IpAddress;
}

fn assert_linear<S: Scope>(what: &str, contexts: &[&str]) {
    for name in contexts {
        let context = name_class(name);
        for piece in BUSY {
            let cost = |length: usize| {
                let value = piece.repeat(length / piece.len() + 1);
                steps::of(|| drop(scan_only::<S>(&value, context)))
            };
            let (half, full) = (cost(8 * 1024), cost(16 * 1024));
            assert!(
                full <= half * 2 + half / 5 + 1000,
                "{what} as {name}, {piece:?}: {half} then {full}"
            );
            assert!(full <= 16 * 1024 * 200, "{what} as {name}, {piece:?}: {full} steps");
        }
    }
}

#[test]
fn work_is_linear_in_the_length() {
    assert_linear::<Everything>("everything", &CONTEXTS);
}

#[test]
fn work_in_each_scope_is_linear_in_the_length() {
    assert_linear::<CardholderData>("cardholder data", &CONTEXTS);
    assert_linear::<Secrets>("secrets", &CONTEXTS);
    assert_linear::<SubjectId>("subject identifiers", &CONTEXTS);
    each_detector_is_linear();
}

/// What a scope need not look at costs no more than one pass over it, and one more for encoded text.
#[test]
fn a_scope_dismisses_what_it_has_no_detector_for() {
    for value in [
        "https://idp.example.com/realms/eu",
        "openid profile email offline_access",
        "john.doe@example.com",
        "auth0|5f7c8ec7c33c6c004bbafe82",
        "550e8400-e29b-41d4-a716-446655440000",
    ] {
        let length = value.len() as u64;
        let cards = steps::of(|| drop(scan_only::<CardholderData>(value, None)));
        let everything = steps::of(|| drop(scan(value, None)));
        assert!(cards <= 4 * length && cards <= everything, "{value}: {cards}, {everything}");
        assert!(steps::of(|| drop(scan_only::<OnlyMbi>(value, None))) <= 4 * length, "{value}");
    }
    for value in ["1234567890", "ab@c.d", "a.b.c.d", "x(1)+$"] {
        let cost = steps::of(|| drop(scan_only::<CardholderData>(value, None)));
        assert_eq!(cost, value.len() as u64, "{value}");
    }
}

#[test]
fn work_on_names_is_bounded() {
    for piece in ["a", "a_", "A", "aB", "/", "a/", "email_", "card", "1", "last_4_"] {
        let cost = steps::of(|| assert!(name_class(&piece.repeat(16 * 1024)).is_none_or(|_| true)));
        assert!(cost < 20_000, "{piece:?}: {cost}");
    }
}

#[test]
fn a_short_identifier_is_looked_at_once() {
    for value in ["u-1", "admin", "acme", "Bearer", "s-42"] {
        assert!(steps::of(|| drop(scan(value, None))) <= value.len() as u64 + 1, "{value}");
    }
}

#[test]
fn integers_are_card_numbers_too() {
    let detector = |value, name| {
        scan_integer(value, name_class(name))
            .filter(|hit| hit.confidence >= Confidence::Medium)
            .map(|hit| hit.detector)
    };
    assert_eq!(detector(4_111_111_111_111_111, "n"), Some(Detector::Pan));
    assert_eq!(detector(-4_111_111_111_111_111, "n"), Some(Detector::Pan));
    assert_eq!(detector(5_555_555_555_554_444, "sub"), Some(Detector::Pan));
    assert_eq!(detector(4_111_111_111_111_112, "n"), None);
    assert_eq!(detector(1_700_000_000_000, "iat"), None);
    assert_eq!(detector(1_700_000_000, "exp"), None);
    assert_eq!(detector(123_456_789, "order"), None);
    assert_eq!(detector(123_456_789, "ssn"), Some(Detector::Ssn));
    assert_eq!(detector(1_234_567_893, "npi"), Some(Detector::Npi));
    assert_eq!(detector(i64::MIN, "n"), None);
    assert_eq!(detector(0, "phone"), Some(Detector::Phone));
}

#[test]
fn a_name_gives_way_to_what_its_value_shows() {
    let confidence = |name, value| scan_value(value, name_class(name)).map(|hit| hit.confidence);
    for (name, value, expected) in [
        ("card_number", "4111111111111111", Some(Confidence::High)),
        ("card_number", "tok_1abc2def3ghi", Some(Confidence::Low)),
        ("card_number", "************1111", None),
        ("card_number", "411111******1111", Some(Confidence::High)),
        ("ssn", "***-**-6789", Some(Confidence::Medium)),
        ("ssn", "***-**-****", None),
        ("ssn", "\u{2022}\u{2022}\u{2022}-\u{2022}\u{2022}-6789", Some(Confidence::Medium)),
        ("email", "", None),
        ("email", "  ", None),
        ("email", "n/a", None),
        ("patient", "Jane Doe", Some(Confidence::Medium)),
        ("patient", "p-1", Some(Confidence::Low)),
        ("display_name", "Jane Q. Doe", Some(Confidence::Medium)),
        ("display_name", "jdoe", Some(Confidence::Low)),
        ("cvv", "123", Some(Confidence::High)),
        ("password", "tok_1abc2def3ghi", Some(Confidence::High)),
        ("hiv_status", "yes", Some(Confidence::High)),
    ] {
        assert_eq!(confidence(name, value), expected, "{name}: {value}");
    }
}

fn luhn_complete(mut digits: Vec<u8>) -> String {
    digits.push(0);
    while !crate::checksum::luhn(&digits) {
        *digits.last_mut().unwrap() += 1;
    }
    digits.iter().map(|d| char::from(b'0' + d)).collect()
}

proptest! {
    #[test]
    fn nothing_panics(value in any::<String>(), name in any::<String>(), number in any::<i64>()) {
        let context = path_class(Some(&value), &name);
        let _ = scan_value(&value, context);
        let _ = scan_integer(number, context);
    }

    #[test]
    fn nothing_panics_on_likely_characters(
        value in "[0-9a-zA-Z@.:%/+=_ \"$({-]{0,80}",
        name in "[a-zA-Z0-9_.:/-]{0,60}",
    ) {
        let _ = scan_value(&value, name_class(&name));
        let _ = scan_value(&value, name_class("ssn"));
    }

    #[test]
    fn every_visa_number_is_found_anywhere(
        tail in prop::collection::vec(0u8..10, 14),
        before in "[a-z ,;]{0,12}[ ,;]",
        after in "[ ,;][a-z ,;]{0,12}",
    ) {
        let digits = [&[4u8][..], &tail[..]].concat();
        let number = luhn_complete(digits);
        prop_assume!(!number.bytes().all(|b| b == b'4'));
        let value = format!("{before}{number}{after}");
        let hit = scan_value(&value, None).unwrap();
        prop_assert_eq!((hit.detector, hit.confidence), (Detector::Pan, Confidence::High));
    }

    #[test]
    fn uuids_hashes_and_ulids_are_never_personal(
        uuid in "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        hash in "[0-9a-f]{39}[a-f]",
        ulid in "01[0-9A-HJKMNP-TV-Z]{23}[A-HJKMNP-TV-Z]",
    ) {
        for value in [uuid, hash, ulid] {
            let hit = scan_value(&value, None);
            prop_assert!(hit.is_none_or(|hit| hit.confidence == Confidence::Low), "{} {:?}", value, hit);
        }
    }

    #[test]
    fn an_encoded_address_is_still_found(name in "[a-z]{3,12}", domain in "[a-z]{3,12}") {
        let plain = format!("{name}@{domain}.com");
        let percent = plain.replace('@', "%40").replace('.', "%2E");
        for value in [plain, percent] {
            let hit = scan_value(&value, None).unwrap();
            prop_assert_eq!(hit.detector, Detector::Email);
        }
    }
}

#[test]
fn a_number_is_not_read_again_from_each_of_its_digits() {
    for piece in ["6 ", "5 0 ", "4-", "6.", "41 ", "411 "] {
        // Decoded twice, so that it is searched three times.
        let value = piece.repeat(16 * 1024 / piece.len()) + "%2541";
        let steps = steps::of(|| drop(scan(&value, None)));
        assert!(
            steps <= value.len() as u64 * 40,
            "{piece:?}: {} a byte",
            steps / value.len() as u64
        );
    }
}
