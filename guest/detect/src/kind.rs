//! What can be found: detectors, their categories, and how sure a hit is.

/// A kind of data, in rising order of harm: of two hits with equal confidence, the later
/// category is the stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// Network addresses: personal data of a weak kind (GDPR recital 30).
    Network,
    /// Personal data (GDPR 4(1)).
    Personal,
    /// Bank accounts and means.
    Financial,
    /// Identifiers issued by a state to a person.
    NationalId,
    /// Protected health information (HIPAA 160.103).
    Health,
    /// Account data of payment cards (PCI DSS 4.0.1).
    Cardholder,
    /// Credentials and keys.
    Secret,
}

impl Category {
    /// Every category, in rising order of harm.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Network,
        Self::Personal,
        Self::Financial,
        Self::NationalId,
        Self::Health,
        Self::Cardholder,
        Self::Secret,
    ];
}

/// How sure a hit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// A hint.
    Low,
    /// Likely.
    Medium,
    /// As sure as a checksum, a grammar or an unmistakable name can make it.
    High,
}

/// Where something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the claim's name.
    Name,
    /// In the claim's value.
    Value,
    /// In the value, once decoded (base64, base64url, percent encoding or escapes of JSON).
    Decoded,
}

macro_rules! detectors {
    ($($variant:ident, $id:literal, $category:ident, $label:literal;)*) => {
        /// What recognises one kind of data.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Detector {
            $(#[doc = concat!("Finds ", $label, ".")] $variant,)*
        }

        impl Detector {
            /// Every detector, in the order in which equal hits are preferred.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its id in settings and reports: lower case letters, digits and hyphens.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// The category of what it finds.
            #[must_use]
            pub const fn category(self) -> Category {
                match self { $(Self::$variant => Category::$category,)* }
            }

            /// What it finds, in words that follow "holds", for instance "an e-mail address".
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }
        }
    };
}

detectors! {
    PrivateKey, "private-key", Secret, "a private key";
    CloudKey, "cloud-key", Secret, "a key of a cloud service";
    Jwt, "jwt", Secret, "a token (JWT)";
    Password, "password", Secret, "a password";
    Credential, "credential", Secret, "a secret or credential";
    TrackData, "track-data", Cardholder, "magnetic stripe data";
    CardCode, "card-code", Cardholder, "a card verification code";
    CardPin, "card-pin", Cardholder, "a card PIN";
    Pan, "pan", Cardholder, "a card number";
    CardExpiry, "card-expiry", Cardholder, "a card's expiry date";
    CardholderName, "cardholder-name", Cardholder, "a cardholder's name";
    Diagnosis, "diagnosis", Health, "a diagnosis";
    Icd10, "icd-10", Health, "an ICD-10 code";
    Medication, "medication", Health, "a medication";
    HealthRecord, "health-record", Health, "health data";
    Mrn, "mrn", Health, "a medical record number";
    Mbi, "mbi", Health, "a Medicare beneficiary identifier";
    HealthPlan, "health-plan", Health, "a health plan or insurance number";
    NhsNumber, "nhs-number", Health, "an NHS number";
    Ssn, "us-ssn", NationalId, "a US social security number";
    Itin, "us-itin", NationalId, "a US taxpayer number (ITIN)";
    Aadhaar, "aadhaar", NationalId, "an Aadhaar number";
    NationalId, "national-id", NationalId, "a national identifier";
    License, "license-number", NationalId, "a licence number";
    Iban, "iban", Financial, "an IBAN";
    BankAccount, "bank-account", Financial, "a bank account";
    Means, "means", Financial, "a person's means";
    SpecialCategory, "special-category", Personal, "special-category data (GDPR 9)";
    Biometric, "biometric", Personal, "biometric data";
    Email, "email", Personal, "an e-mail address";
    Phone, "phone", Personal, "a phone number";
    DateOfBirth, "date-of-birth", Personal, "a date of birth";
    PostalAddress, "postal-address", Personal, "a postal address";
    PersonName, "person-name", Personal, "a person's name";
    Npi, "npi", Personal, "a US provider identifier (NPI)";
    Photo, "photo", Personal, "a person's picture";
    Demographic, "demographic", Personal, "a personal attribute";
    Location, "location", Personal, "a location";
    Vehicle, "vehicle", Personal, "a vehicle identifier";
    Device, "device", Personal, "a device identifier";
    WebAddress, "web-address", Personal, "a personal web address";
    Username, "username", Personal, "a user name";
    IpAddress, "ip-address", Network, "an IP address";
}

impl Detector {
    /// The detector with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|detector| detector.id() == id)
    }
}

/// What a claim's name says that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameHit {
    /// What recognised it.
    pub detector: Detector,
    /// The detector's category, or `Health` where the name tells that a patient is meant.
    pub category: Category,
    /// How sure.
    pub confidence: Confidence,
}

/// Something found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What recognised it.
    pub detector: Detector,
    /// The detector's category, or `Health` where the name tells that a patient is meant.
    pub category: Category,
    /// How sure.
    pub confidence: Confidence,
    /// Where.
    pub place: Place,
}

impl Hit {
    /// Whether this hit is to be preferred: by confidence, then category, then detector.
    #[must_use]
    pub fn outranks(&self, other: &Self) -> bool {
        (self.confidence, self.category, core::cmp::Reverse(self.detector))
            > (other.confidence, other.category, core::cmp::Reverse(other.detector))
    }
}

/// Everything found in one value: at most one hit a detector.
#[derive(Clone, Debug)]
pub struct Hits {
    /// By the detector's place in [`Detector::ALL`]; 0 for none, else confidence and place.
    found: [u8; Detector::ALL.len()],
    any: bool,
}

const DECODED: u8 = 0x10;

impl Default for Hits {
    fn default() -> Self {
        Self { found: [0; Detector::ALL.len()], any: false }
    }
}

impl Hits {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.any
    }

    /// The hits, in the order of [`Detector::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Hit> + '_ {
        // A loop over the whole array is skipped for the usual, empty case.
        let found: &[u8] = if self.any { &self.found } else { &[] };
        found.iter().zip(Detector::ALL).filter_map(|(found, detector)| {
            let confidence = match found & 0x0f {
                1 => Confidence::Low,
                2 => Confidence::Medium,
                3 => Confidence::High,
                _ => return None,
            };
            let place = if found & DECODED == 0 { Place::Value } else { Place::Decoded };
            Some(Hit { detector: *detector, category: detector.category(), confidence, place })
        })
    }

    /// The strongest hit that `accept` lets through.
    pub fn strongest(&self, mut accept: impl FnMut(&Hit) -> bool) -> Option<Hit> {
        let mut best: Option<Hit> = None;
        for hit in self.iter().filter(|hit| accept(hit)) {
            if best.is_none_or(|best| hit.outranks(&best)) {
                best = Some(hit);
            }
        }
        best
    }

    /// Leaves out the hits that `keep` does not let through.
    pub fn retain(&mut self, keep: impl Fn(&Hit) -> bool) {
        let mut kept = Self::default();
        for hit in self.iter().filter(keep) {
            kept.add(hit.detector, hit.confidence, hit.place);
        }
        *self = kept;
    }

    pub(crate) fn add(&mut self, detector: Detector, confidence: Confidence, place: Place) {
        let level = match confidence {
            Confidence::Low => 1,
            Confidence::Medium => 2,
            Confidence::High => 3,
        };
        if let Some(found) = self.found.get_mut(detector as usize)
            && level > *found & 0x0f
        {
            *found = if place == Place::Decoded { level | DECODED } else { level };
            self.any = true;
        }
    }
}
