//! Makes harmless identifiers and data by chance, the same ones every time.

/// A generator of numbers (SplitMix64): the same seed gives the same numbers.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a limit.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// A number of a range that leaves out its end.
    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from)
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        let place = usize::try_from(self.below(of.len() as u64)).expect("a small number");
        of.get(place).expect("a place within")
    }

    /// So many characters of an alphabet.
    pub(crate) fn text(&mut self, alphabet: &str, length: usize) -> String {
        let alphabet = alphabet.as_bytes();
        let character = |_| {
            let place = usize::try_from(self.below(alphabet.len() as u64)).expect("a small number");
            char::from(*alphabet.get(place).expect("a place within"))
        };
        (0..length).map(character).collect()
    }

    /// So many digits, the first not zero.
    pub(crate) fn digits(&mut self, length: usize) -> String {
        self.text("123456789", 1) + &self.text(DIGITS, length - 1)
    }

    fn hex(&mut self, length: usize) -> String {
        self.text(HEX, length)
    }

    fn uuid(&mut self, version: char) -> String {
        let variant = self.text("89ab", 1);
        let (time, middle, end) = (self.hex(8), self.hex(4), self.hex(12));
        format!("{time}-{middle}-{version}{}-{variant}{}-{end}", self.hex(3), self.hex(3))
    }
}

pub(crate) const DIGITS: &str = "0123456789";
const HEX: &str = "0123456789abcdef";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const BASE32: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64_URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What an identifier is called, and how to make one.
pub(crate) type Kind = (&'static str, fn(&mut Chance) -> String);

/// Identifiers and values as harmless tokens have them.
pub(crate) const HARMLESS: &[Kind] = &[
    ("UUID, version 4", |c| c.uuid('4')),
    ("UUID, version 7", |c| {
        let uuid = c.uuid('7');
        format!("0195{}", uuid.get(4..).expect("a UUID"))
    }),
    ("UUID without hyphens", |c| c.uuid('4').replace('-', "")),
    ("ULID", |c| format!("01J{}", c.text(BASE32, 23))),
    ("KSUID", |c| format!("2{}", c.text(BASE62, 26))),
    ("nanoid, 21 characters", |c| c.text(BASE64_URL, 21)),
    ("11 characters of base64url", |c| c.text(BASE64_URL, 11)),
    ("11 characters, A-Z and 0-9", |c| c.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 11)),
    ("hex, 16 characters", |c| c.hex(16)),
    ("hex, 24 characters", |c| c.hex(24)),
    ("hex, 40 characters (SHA-1)", |c| c.hex(40)),
    ("hex, 64 characters (SHA-256)", |c| c.hex(64)),
    ("base64 of 16 bytes", |c| c.text(BASE64, 22) + "=="),
    ("base64 of 32 bytes", |c| c.text(BASE64, 43) + "="),
    ("base64url of 32 bytes", |c| c.text(BASE64_URL, 43)),
    ("base64url of 256 bytes", |c| c.text(BASE64_URL, 342)),
    ("9 digits", |c| c.digits(9)),
    ("10 digits", |c| c.digits(10)),
    ("11 digits", |c| c.digits(11)),
    ("12 digits", |c| c.digits(12)),
    ("13 digits", |c| c.digits(13)),
    ("14 digits", |c| c.digits(14)),
    ("15 digits", |c| c.digits(15)),
    ("16 digits", |c| c.digits(16)),
    ("17 digits", |c| c.digits(17)),
    ("18 digits", |c| c.digits(18)),
    ("19 digits", |c| c.digits(19)),
    ("21 digits", |c| c.digits(21)),
    ("time in seconds", |c| c.between(1_600_000_000, 1_900_000_000).to_string()),
    ("time in milliseconds", |c| c.between(1_600_000_000_000, 1_900_000_000_000).to_string()),
    ("time in microseconds", |c| {
        c.between(1_600_000_000_000_000, 1_900_000_000_000_000).to_string()
    }),
    ("time in nanoseconds", |c| {
        c.between(1_600_000_000_000_000_000, 1_900_000_000_000_000_000).to_string()
    }),
    ("snowflake of 2010 to 2030", |c| {
        (c.below(630_720_000_000) << 22 | c.below(1 << 22)).to_string()
    }),
    ("date and time", |c| {
        let (month, day, hour) = (c.between(1, 13), c.between(1, 29), c.below(24));
        let (minute, second, zone) = (c.below(60), c.below(60), c.below(12));
        let year = c.between(2015, 2035);
        format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+{zone:02}:00")
    }),
    ("order number 3-3-4", |c| format!("{}-{}-{}", c.digits(3), c.digits(3), c.digits(4))),
    ("order number 4-4-4-4", |c| [c.digits(4), c.digits(4), c.digits(4), c.digits(4)].join("-")),
    ("order number with letters", |c| format!("ORD-{}-{}", c.between(2015, 2035), c.digits(8))),
    ("version", |c| format!("{}.{}.{}", c.below(40), c.below(40), c.below(400))),
    ("version of four parts", |c| {
        format!("v{}.{}.{}.{}", c.below(40), c.below(40), c.below(40), c.below(4000))
    }),
    ("ARN", |c| format!("arn:aws:iam::{}:role/{}", c.digits(12), c.text(LOWER, 8))),
    ("Kubernetes pod", |c| format!("{}-{}-{}", c.text(LOWER, 6), c.hex(10), c.text(LOWER, 5))),
    ("URL with a number", |c| {
        format!("https://{}.example.com/v1/{}/{}", c.text(LOWER, 6), c.text(LOWER, 5), c.digits(8))
    }),
    ("prefix and 24 letters or digits", |c| format!("{}_{}", c.text(LOWER, 3), c.text(BASE62, 24))),
    ("scope of three words", |c| {
        let word = |c: &mut Chance| format!("{}:{}", c.text(LOWER, 6), c.text(LOWER, 4));
        [word(c), word(c), word(c)].join(" ")
    }),
];

const FIRST: &[&str] = &[
    "Adam", "Beatriz", "Chen", "Dalia", "Emre", "Fiona", "Gustav", "Hana", "Ivo", "Julia", "Kofi",
    "Lena", "Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Ruth", "Sofia", "Tariq",
];
const LAST: &[&str] = &[
    "Anders", "Brown", "Chaudhry", "Dubois", "Evans", "Fischer", "Gupta", "Hughes", "Ito",
    "Jensen", "Kim", "Lopez", "Meyer", "Nguyen", "O'Neill", "Pereira", "Ramos", "Silva", "Tan",
];

fn luhn(mut body: String) -> String {
    body.push('0');
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(digit - b'0')) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    body.pop();
    body.push(char::from_digit((10 - sum % 10) % 10, 10).expect("a digit"));
    body
}

fn card(c: &mut Chance) -> String {
    let (prefix, length) = *c.pick(&[
        &("4", 16),
        &("4", 16),
        &("51", 16),
        &("55", 16),
        &("2345", 16),
        &("6011", 16),
        &("37", 15),
        &("3530", 16),
        &("36", 14),
        &("6220", 16),
    ]);
    let rest = c.text(DIGITS, length - 1 - prefix.len());
    luhn(format!("{prefix}{rest}"))
}

fn groups(text: &str, lengths: &[usize], separator: &str) -> String {
    let mut rest = text;
    let mut parts = Vec::new();
    for length in lengths {
        let (part, after) = rest.split_at(*length);
        parts.push(part);
        rest = after;
    }
    assert!(rest.is_empty(), "{text} has other groups");
    parts.join(separator)
}

fn social_security(c: &mut Chance) -> String {
    let area = loop {
        let area = c.between(1, 900);
        if area != 666 {
            break area;
        }
    };
    format!("{area:03}{:02}{:04}", c.between(1, 100), c.between(1, 10_000))
}

fn iban(c: &mut Chance) -> String {
    let (country, letters, digits) =
        *c.pick(&[&("DE", 0, 18), &("FR", 0, 23), &("GB", 4, 14), &("NL", 4, 10), &("ES", 0, 20)]);
    let account = c.text(UPPER, letters) + &c.text(DIGITS, digits);
    let mut rest = 0u32;
    for byte in account.bytes().chain(country.bytes()).chain(*b"00") {
        rest = match byte {
            b'0'..=b'9' => rest * 10 + u32::from(byte - b'0'),
            _ => rest * 100 + u32::from(byte - b'A') + 10,
        } % 97;
    }
    format!("{country}{:02}{account}", 98 - rest)
}

fn nhs(c: &mut Chance) -> String {
    loop {
        let body = c.text("4679", 1) + &c.text(DIGITS, 8);
        let weights = (2..=10).rev();
        let sum: u32 = body.bytes().zip(weights).map(|(b, w)| u32::from(b - b'0') * w).sum();
        match 11 - sum % 11 {
            10 => {}
            11 => return body + "0",
            check => return format!("{body}{check}"),
        }
    }
}

fn beneficiary(c: &mut Chance) -> String {
    const LETTERS: &str = "ACDEFGHJKMNPQRTUVWXY";
    let either = format!("{LETTERS}{DIGITS}");
    let shape = ["123456789", LETTERS, &either, DIGITS, LETTERS, &either, DIGITS];
    let end = [LETTERS, LETTERS, DIGITS, DIGITS];
    shape.iter().chain(&end).map(|alphabet| c.text(alphabet, 1)).collect()
}

fn email(c: &mut Chance) -> String {
    let (first, last) = (c.pick(FIRST).to_lowercase(), c.pick(LAST).to_lowercase());
    let sign = c.pick(&[".", "_", "-", ""]);
    let domain = c.pick(&["example.com", "mail.example.org", "example.co.uk", "firma.example"]);
    format!("{first}{sign}{last}{}@{domain}", c.below(100))
}

fn phone(c: &mut Chance) -> String {
    match c.below(4) {
        0 => format!("+1 415 555 {}", c.digits(4)),
        1 => format!("+49{}", c.digits(10)),
        2 => format!("+44 20 {} {}", c.digits(4), c.digits(4)),
        _ => format!(
            "+33 {} {} {} {} {}",
            c.between(1, 8),
            10 + c.below(90),
            10,
            22,
            c.between(10, 99)
        ),
    }
}

fn base64(text: &str) -> String {
    let mut encoded = String::new();
    for part in text.as_bytes().chunks(3) {
        let bits = (0..3)
            .fold(0, |bits, place| bits << 8 | u32::from(part.get(place).copied().unwrap_or(0)));
        for place in 0..=part.len() {
            let index = (bits >> (18 - 6 * place)) as usize & 63;
            encoded.push(char::from(*BASE64.as_bytes().get(index).expect("six bits")));
        }
    }
    encoded
}

fn in_text(c: &mut Chance, value: &str) -> String {
    let before = c.pick(&["contact ", "see: ", "(", "id=", "customer said "]);
    let after = c.pick(&["", " today", ")", ", thanks", "; ok"]);
    format!("{before}{value}{after}")
}

/// Data in claims: what it is called, and how to make the name and the value of such a claim.
pub(crate) type DataKind = (&'static str, fn(&mut Chance) -> (String, String));

/// A name that says nothing.
fn bare(value: String) -> (String, String) {
    ("x1".to_owned(), value)
}

fn named(c: &mut Chance, names: &[&str], value: String) -> (String, String) {
    let before = c.pick(&["", "", "user_", "customer_", "primary_"]);
    let after = c.pick(&["", "", "_value", "_1"]);
    let name = format!("{before}{}{after}", c.pick(names));
    let name = match c.below(3) {
        0 => name,
        1 => name.replace('_', "-"),
        _ => {
            let mut camel = String::new();
            for (place, word) in name.split('_').enumerate() {
                let (first, rest) = word.split_at(1.min(word.len()));
                let first = if place == 0 { first.to_owned() } else { first.to_uppercase() };
                camel.push_str(&first);
                camel.push_str(rest);
            }
            camel
        }
    };
    (name, value)
}

/// Data whose value tells it, data whose name tells it, and data that neither tells.
pub(crate) const DATA: &[DataKind] = &[
    ("card number", |c| bare(card(c))),
    ("card number in fours", |c| {
        let number = loop {
            let number = card(c);
            if number.len() == 16 {
                break number;
            }
        };
        let separator = c.pick(&[" ", "-"]);
        bare(groups(&number, &[4, 4, 4, 4], separator))
    }),
    ("card number in text", |c| {
        let number = card(c);
        bare(in_text(c, &number))
    }),
    ("card number in groups that no card has", |c| {
        let number = loop {
            let number = card(c);
            if number.len() == 16 {
                break number;
            }
        };
        bare(groups(&number, &[2, 6, 3, 5], " "))
    }),
    ("card number in base64", |c| bare(base64(&format!("card={}", card(c))))),
    ("card number in base64, thrice", |c| {
        bare(base64(&base64(&base64(&format!("card={}", card(c))))))
    }),
    ("card number in hex", |c| bare(card(c).chars().flat_map(|digit| ['3', digit]).collect())),
    ("US SSN with hyphens", |c| bare(groups(&social_security(c), &[3, 2, 4], "-"))),
    ("US SSN, bare, named", |c| {
        let number = social_security(c);
        named(c, &["ssn", "social_security_number"], number)
    }),
    ("US SSN, bare, not named", |c| bare(social_security(c))),
    ("IBAN", |c| bare(iban(c))),
    ("NHS number in groups", |c| bare(groups(&nhs(c), &[3, 3, 4], " "))),
    ("NHS number, bare, not named", |c| bare(nhs(c))),
    ("MBI", |c| bare(beneficiary(c))),
    ("e-mail address", |c| bare(email(c))),
    ("e-mail address in text", |c| {
        let address = email(c);
        bare(in_text(c, &address))
    }),
    ("phone number with +", |c| bare(phone(c))),
    ("phone number, national, named", |c| {
        let number = format!("0{}", c.digits(9));
        named(c, &["phone", "phone_number", "mobile_number", "telephone"], number)
    }),
    ("phone number, national, not named", |c| bare(format!("0{}", c.digits(9)))),
    ("IPv4 address", |c| {
        bare(format!("{}.{}.{}.{}", c.between(20, 90), c.below(256), c.below(256), c.below(255)))
    }),
    ("person's name, named", |c| {
        let name = format!("{} {}", c.pick(FIRST), c.pick(LAST));
        named(c, &["full_name", "patient_name", "legal_name", "employee_name"], name)
    }),
    ("person's name, named in another language", |c| {
        let name = format!("{} {}", c.pick(FIRST), c.pick(LAST));
        named(c, &["vorname", "apellido", "nom_de_famille", "cognome"], name)
    }),
    ("person's name, not named", |c| {
        let name = format!("{} {}", c.pick(FIRST), c.pick(LAST));
        bare(name)
    }),
    ("date of birth, named", |c| {
        let date =
            format!("{}-{:02}-{:02}", c.between(1940, 2010), c.between(1, 13), c.between(1, 29));
        named(c, &["birthdate", "dob", "date_of_birth", "birthday"], date)
    }),
    ("diagnosis, named", |c| {
        let code = format!("{}{}.{}", c.text("EFGIJ", 1), 10 + c.below(80), c.below(10));
        named(c, &["diagnosis", "diagnosis_code", "icd10_code"], code)
    }),
    ("cloud key (AWS form)", |c| {
        bare(format!("AKIA{}", c.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)))
    }),
    ("password, named", |c| {
        let password = c.text(BASE62, 12);
        named(c, &["password", "passphrase", "client_secret", "api_key"], password)
    }),
    ("password, not named", |c| bare(c.text(BASE62, 12))),
];
