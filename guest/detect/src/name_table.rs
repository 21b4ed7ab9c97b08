//! The phrases that claim names are made of, and what they say.
//!
//! A phrase is written in small letters without separators. `Whole`: the name is the phrase and
//! nothing else. `End`: the name ends in it. `Any`: wherever in the name.

use crate::kind::Category;
use crate::kind::Confidence::{self, High, Low, Medium};
#[allow(clippy::enum_glob_use, reason = "the table names nearly all of them")]
use crate::kind::Detector::{self, *};
use crate::scope::{DetectorSet, Scope};
use crate::word_map::{WordMap, bytes_of};

/// Where in a name a phrase counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// The name is the phrase.
    Whole,
    /// The name ends in it.
    End,
    /// Anywhere between two word borders.
    Any,
}

use Where::{Any, End, Whole};

/// What a phrase says, how sure, and where it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    pub(crate) detector: Detector,
    pub(crate) confidence: Confidence,
    pub(crate) place: Where,
}

/// What a phrase with this hash says, if it is known in a scope. The detector may be out of scope:
/// then the phrase is known so that no shorter one is taken for it.
pub(crate) fn find<S: Scope>(hash: u32, phrase: &[u8]) -> Option<Phrase> {
    let packed = if const { DetectorSet::ALL.within(S::DETECTORS) } {
        PHRASES.get_hashed(hash, phrase)?
    } else {
        in_tables::<S>(hash, phrase)?
    };
    Some(Phrase {
        detector: *Detector::ALL.get(usize::from(packed >> 4))?,
        confidence: match packed >> 2 & 3 {
            0 => Low,
            1 => Medium,
            _ => High,
        },
        place: match packed & 3 {
            0 => Whole,
            1 => End,
            _ => Any,
        },
    })
}

/// One table a category, of which only those are linked that a scope has detectors of.
macro_rules! tables {
    ($($table:ident $category:ident $buckets:literal;)*) => {
        $(static $table: WordMap<
            u16,
            { sizes(Category::$category).1 },
            { sizes(Category::$category).0 },
            $buckets,
        > = {
            let (texts, values) = chosen(Category::$category);
            WordMap::new(&texts, values)
        };)*

        fn in_tables<S: Scope>(hash: u32, phrase: &[u8]) -> Option<u16> {
            $(if const { S::DETECTORS.meets(DetectorSet::of_categories(&[Category::$category])) }
                && let Some(packed) = $table.get_hashed(hash, phrase)
            {
                return Some(packed);
            })*
            None
        }
    };
}

tables! {
    SECRET Secret 32;
    CARDHOLDER Cardholder 32;
    HEALTH Health 64;
    NATIONAL_ID NationalId 32;
    FINANCIAL Financial 8;
    PERSONAL Personal 128;
    NETWORK Network 4;
}

/// Phrases of one category that end in a phrase of another, in whose table they stand as well.
const LONGER: &[(&str, Category)] = &[
    ("nationalinsurancenumber", Category::Health),
    ("socialinsurancenumber", Category::Health),
    ("idcardnumber", Category::Cardholder),
    ("identitycardnumber", Category::Cardholder),
    ("primaryaccountnumber", Category::Financial),
];

/// Whether a phrase stands in the table of a category.
const fn stands(text: &str, detector: Detector, category: Category) -> bool {
    if detector.category() as u8 == category as u8 {
        return true;
    }
    let mut place = 0;
    while place < LONGER.len() {
        let (longer, other) = LONGER[place];
        if other as u8 == category as u8 && same(longer.as_bytes(), text.as_bytes()) {
            return true;
        }
        place += 1;
    }
    false
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut place = 0;
    while a.len() == b.len() && place < a.len() && a[place] == b[place] {
        place += 1;
    }
    a.len() == b.len() && place == a.len()
}

/// How many phrases the table of a category has, and their bytes.
const fn sizes(category: Category) -> (usize, usize) {
    let (mut words, mut bytes, mut place) = (0, 0, 0);
    while place < TABLE.len() {
        let (text, detector, ..) = TABLE[place];
        if stands(text, detector, category) {
            words += 1;
            bytes += text.len();
        }
        place += 1;
    }
    (words, bytes)
}

/// The phrases of a category, with what [`find`] reads of them.
const fn chosen<const N: usize>(category: Category) -> ([&'static str; N], [u16; N]) {
    let (mut texts, mut values) = ([""; N], [0; N]);
    let (mut next, mut place) = (0, 0);
    while place < TABLE.len() {
        let (text, detector, ..) = TABLE[place];
        if stands(text, detector, category) {
            texts[next] = text;
            values[next] = packed(place);
            next += 1;
        }
        place += 1;
    }
    (texts, values)
}

const WORDS: usize = TABLE.len();

/// Every phrase, for those who look for everything: one table is asked faster than seven.
static PHRASES: WordMap<u16, { bytes_of(&phrases().0) }, WORDS, 256> =
    WordMap::new(&phrases().0, phrases().1);

const fn phrases() -> ([&'static str; WORDS], [u16; WORDS]) {
    let mut texts = [""; WORDS];
    let mut values = [0; WORDS];
    let mut place = 0;
    while place < WORDS {
        texts[place] = TABLE[place].0;
        values[place] = packed(place);
        place += 1;
    }
    (texts, values)
}

/// Detector, confidence and place of an entry in one number.
const fn packed(place: usize) -> u16 {
    let (_, detector, confidence, counts) = TABLE[place];
    (detector as u16) << 4 | (confidence as u16) << 2 | counts as u16
}

#[rustfmt::skip]
const TABLE: &[(&str, Detector, Confidence, Where)] = &[
    // Names of persons.
    ("name", PersonName, High, Whole), ("names", PersonName, Medium, Whole),
    ("fullname", PersonName, High, End), ("legalname", PersonName, High, End),
    ("givenname", PersonName, High, End), ("givennames", PersonName, High, End),
    ("familyname", PersonName, High, End), ("firstname", PersonName, High, End),
    ("lastname", PersonName, High, End), ("middlename", PersonName, High, End),
    ("maidenname", PersonName, High, End), ("birthname", PersonName, High, End),
    ("forename", PersonName, High, End), ("surname", PersonName, High, End),
    ("fname", PersonName, Medium, Whole), ("lname", PersonName, Medium, Whole),
    ("nickname", PersonName, Medium, End), ("preferredname", PersonName, Medium, End),
    ("patientname", PersonName, High, End), ("customername", PersonName, Medium, End),
    ("employeename", PersonName, High, End), ("contactname", PersonName, Medium, End),
    ("membername", PersonName, Medium, End), ("subscribername", PersonName, Medium, End),
    ("beneficiaryname", PersonName, High, End), ("recipientname", PersonName, Medium, End),
    ("sendername", PersonName, Medium, End), ("studentname", PersonName, High, End),
    ("personname", PersonName, High, End), ("guardianname", PersonName, High, End),
    ("spousename", PersonName, High, End), ("mothername", PersonName, High, End),
    ("mothersname", PersonName, High, End), ("fathername", PersonName, High, End),
    ("fathersname", PersonName, High, End), ("doctorname", PersonName, High, End),
    ("physicianname", PersonName, High, End), ("nextofkin", PersonName, High, End),
    ("emergencycontact", PersonName, Medium, End), ("billingname", PersonName, Medium, End),
    ("shippingname", PersonName, Medium, End), ("ownername", PersonName, Low, End),
    ("username", Username, Low, End), ("userid", Username, Low, Whole),
    ("displayname", PersonName, Low, End), ("commonname", PersonName, Low, Whole),
    ("patient", PersonName, Low, Whole), ("user", PersonName, Low, Whole),
    ("customer", PersonName, Low, Whole), ("person", PersonName, Low, Whole),
    ("employee", PersonName, Low, Whole), ("owner", PersonName, Low, Whole),
    ("holder", PersonName, Low, Whole), ("namefirst", PersonName, High, End),
    ("namelast", PersonName, High, End), ("namemiddle", PersonName, High, End),
    ("namefull", PersonName, High, End), ("namegiven", PersonName, High, End),
    ("namefamily", PersonName, High, End), ("login", Username, Low, Whole),
    ("screenname", Username, Low, End), ("uniquename", Username, Low, Whole),
    ("upn", Username, Low, Whole), ("userprincipalname", Username, Low, Whole),
    // Contact.
    ("email", Email, High, Any), ("emails", Email, High, Any), ("mail", Email, High, Whole),
    ("emailaddress", Email, High, Any), ("emailaddresses", Email, High, Any),
    ("mailaddress", Email, High, Any), ("useremail", Email, High, Any), ("phone", Phone, High, Any),
    ("phones", Phone, High, Any), ("phonenumber", Phone, High, Any),
    ("phonenumbers", Phone, High, Any), ("phoneno", Phone, High, Any),
    ("telephone", Phone, High, Any), ("telephonenumber", Phone, High, Any),
    ("tel", Phone, High, Whole), ("mobile", Phone, Medium, Whole),
    ("mobilephone", Phone, High, Any), ("mobilenumber", Phone, High, Any),
    ("mobileno", Phone, High, Any), ("cell", Phone, Medium, Whole), ("cellphone", Phone, High, Any),
    ("cellnumber", Phone, High, Any), ("homephone", Phone, High, Any),
    ("workphone", Phone, High, Any), ("msisdn", Phone, High, Any), ("whatsapp", Phone, Medium, End),
    ("fax", Phone, High, Any), ("faxnumber", Phone, High, Any),
    // Places.
    ("address", PostalAddress, High, Whole), ("addresses", PostalAddress, High, Whole),
    ("streetaddress", PostalAddress, High, Any), ("homeaddress", PostalAddress, High, Any),
    ("workaddress", PostalAddress, High, Any), ("postaladdress", PostalAddress, High, Any),
    ("mailingaddress", PostalAddress, High, Any), ("billingaddress", PostalAddress, High, Any),
    ("shippingaddress", PostalAddress, High, Any), ("deliveryaddress", PostalAddress, High, Any),
    ("residentialaddress", PostalAddress, High, Any), ("customeraddress", PostalAddress, High, Any),
    ("patientaddress", PostalAddress, High, Any), ("physicaladdress", PostalAddress, Medium, End),
    ("permanentaddress", PostalAddress, High, Any), ("useraddress", PostalAddress, High, Any),
    ("addressline", PostalAddress, High, Any), ("street", PostalAddress, High, End),
    ("streetname", PostalAddress, High, End), ("streetnumber", PostalAddress, Medium, End),
    ("housenumber", PostalAddress, High, End), ("postalcode", PostalAddress, Medium, End),
    ("postcode", PostalAddress, Medium, End), ("zip", PostalAddress, Medium, End),
    ("zipcode", PostalAddress, Medium, End), ("residence", PostalAddress, Medium, Whole),
    ("city", PostalAddress, Medium, Whole), ("locality", PostalAddress, Medium, Whole),
    ("addr", PostalAddress, Medium, Whole), ("county", PostalAddress, Low, Whole),
    ("latitude", Location, Medium, End), ("longitude", Location, Medium, End),
    ("lat", Location, Low, Whole), ("lng", Location, Low, Whole), ("lon", Location, Low, Whole),
    ("latlng", Location, Medium, End), ("latlong", Location, Medium, End),
    ("geo", Location, Medium, Whole), ("geolocation", Location, Medium, End),
    ("geopoint", Location, Medium, End), ("gps", Location, Medium, End),
    ("gpscoordinates", Location, High, End), ("coordinates", Location, Medium, End),
    ("location", Location, Low, Whole),
    // Birth and attributes.
    ("dob", DateOfBirth, High, Any), ("birthdate", DateOfBirth, High, Any),
    ("dateofbirth", DateOfBirth, High, Any), ("birthday", DateOfBirth, High, Any),
    ("bornon", DateOfBirth, High, Any), ("birthyear", DateOfBirth, Medium, End),
    ("yearofbirth", DateOfBirth, Medium, End), ("placeofbirth", Demographic, Medium, End),
    ("birthplace", Demographic, Medium, End), ("dateofdeath", DateOfBirth, Medium, End),
    ("deathdate", DateOfBirth, Medium, End), ("gender", Demographic, Medium, End),
    ("sex", Demographic, Medium, Whole), ("age", Demographic, Low, Whole),
    ("nationality", Demographic, Medium, End), ("citizenship", Demographic, Medium, End),
    ("maritalstatus", Demographic, Medium, End), ("race", SpecialCategory, Medium, Whole),
    ("ethnicity", SpecialCategory, High, End), ("ethnicorigin", SpecialCategory, High, End),
    ("religion", SpecialCategory, High, End), ("religiousbelief", SpecialCategory, High, End),
    ("politicalopinion", SpecialCategory, High, End),
    ("politicalparty", SpecialCategory, High, End),
    ("sexualorientation", SpecialCategory, High, End), ("tradeunion", SpecialCategory, Medium, End),
    ("unionmembership", SpecialCategory, High, End), ("criminalrecord", SpecialCategory, High, End),
    // Biometrics, pictures, things and addresses that belong to a person.
    ("biometric", Biometric, High, Any), ("biometrics", Biometric, High, Any),
    ("biometricdata", Biometric, High, Any), ("biometrictemplate", Biometric, High, Any),
    ("faceprint", Biometric, High, Any), ("facetemplate", Biometric, High, Any),
    ("faceembedding", Biometric, High, Any), ("fingerprinttemplate", Biometric, High, Any),
    ("fingerprintdata", Biometric, High, Any), ("fingerprintimage", Biometric, High, Any),
    ("voiceprint", Biometric, High, Any), ("irisscan", Biometric, High, Any),
    ("retinascan", Biometric, High, Any), ("fingerprint", Biometric, Low, Whole),
    ("fingerprints", Biometric, Medium, Whole), ("photo", Photo, Medium, End),
    ("photos", Photo, Medium, End), ("photograph", Photo, Medium, End),
    ("photourl", Photo, Medium, End), ("picture", Photo, Medium, End),
    ("pictureurl", Photo, Medium, End), ("avatar", Photo, Low, End), ("avatarurl", Photo, Low, End),
    ("selfie", Photo, Medium, End), ("portrait", Photo, Medium, Whole),
    ("profilepicture", Photo, Medium, End), ("profilephoto", Photo, Medium, End),
    ("website", WebAddress, Low, End), ("homepage", WebAddress, Low, Whole),
    ("url", WebAddress, Low, Whole), ("profile", WebAddress, Low, Whole),
    ("profileurl", WebAddress, Low, End), ("linkedin", WebAddress, Medium, End),
    ("facebook", WebAddress, Low, Whole), ("twitter", WebAddress, Low, Whole),
    ("licenseplate", Vehicle, Medium, Any), ("licenceplate", Vehicle, Medium, Any),
    ("numberplate", Vehicle, Medium, Any), ("platenumber", Vehicle, Medium, End),
    ("vin", Vehicle, Medium, Whole), ("vehicleidentificationnumber", Vehicle, Medium, Any),
    ("vehicleid", Vehicle, Low, End), ("vehiclenumber", Vehicle, Medium, End),
    ("vehicleregistration", Vehicle, Medium, End), ("deviceid", Device, Low, End),
    ("deviceserial", Device, Medium, End), ("deviceserialnumber", Device, Medium, End),
    ("imei", Device, Medium, End), ("imsi", Device, Medium, End), ("meid", Device, Medium, End),
    ("iccid", Device, Medium, End), ("idfa", Device, Medium, End), ("gaid", Device, Medium, End),
    ("advertisingid", Device, Medium, End), ("androidid", Device, Medium, End),
    ("macaddress", Device, Medium, End), ("macaddr", Device, Medium, End),
    ("serialnumber", Device, Low, End), ("udid", Device, Medium, End),
    ("ip", IpAddress, Medium, End), ("ipaddr", IpAddress, Medium, End),
    ("ipaddress", IpAddress, Medium, End), ("ipaddresses", IpAddress, Medium, End),
    ("ipv4", IpAddress, Medium, End), ("ipv6", IpAddress, Medium, End),
    ("remoteaddr", IpAddress, Medium, End), ("remoteaddress", IpAddress, Medium, End),
    ("clientip", IpAddress, Medium, End),
    // National identifiers and licences.
    ("ssn", Ssn, High, Any), ("socialsecurity", Ssn, High, Any),
    ("socialsecuritynumber", Ssn, High, Any), ("socialsecurityno", Ssn, High, Any),
    ("ssnlast4", Ssn, Medium, End), ("last4ssn", Ssn, Medium, End),
    ("ssnlastfour", Ssn, Medium, End), ("itin", Itin, High, End),
    ("nationalid", NationalId, High, End), ("nationalidnumber", NationalId, High, End),
    ("nationalidentifier", NationalId, High, End),
    ("nationalidentitynumber", NationalId, High, End),
    ("nationalinsurancenumber", NationalId, High, End),
    ("nationalinsurance", NationalId, High, End), ("nino", NationalId, High, Whole),
    ("sin", NationalId, Low, Whole), ("socialinsurancenumber", NationalId, High, End),
    ("passport", NationalId, High, End), ("passportnumber", NationalId, High, Any),
    ("passportno", NationalId, High, Any), ("passportid", NationalId, High, End),
    ("taxid", NationalId, High, End), ("taxidentifier", NationalId, High, End),
    ("taxidnumber", NationalId, High, End), ("taxnumber", NationalId, High, End),
    ("tin", NationalId, Medium, Whole), ("taxpayerid", NationalId, High, End),
    ("taxpayernumber", NationalId, High, End),
    ("taxpayeridentificationnumber", NationalId, High, End), ("aadhaar", Aadhaar, High, Any),
    ("aadhar", Aadhaar, High, Any), ("aadhaarnumber", Aadhaar, High, Any),
    ("uidai", Aadhaar, High, Any), ("cpf", NationalId, High, Whole),
    ("curp", NationalId, High, Whole), ("dni", NationalId, Medium, Whole),
    ("pesel", NationalId, High, Whole), ("bsn", NationalId, Medium, Whole),
    ("codicefiscale", NationalId, High, End), ("personnummer", NationalId, High, End),
    ("personalnumber", NationalId, Medium, End),
    ("personalidentificationnumber", NationalId, High, End), ("idcard", NationalId, High, End),
    ("idcardnumber", NationalId, High, End), ("identitycard", NationalId, High, End),
    ("identitycardnumber", NationalId, High, End), ("idnumber", NationalId, Medium, Whole),
    ("governmentid", NationalId, High, End), ("citizenid", NationalId, High, End),
    ("voterid", NationalId, High, End), ("residentid", NationalId, Medium, End),
    ("driverlicense", License, High, Any), ("driverslicense", License, High, Any),
    ("drivinglicense", License, High, Any), ("driverlicence", License, High, Any),
    ("driverslicence", License, High, Any), ("drivinglicence", License, High, Any),
    ("driverlicensenumber", License, High, Any), ("driverslicensenumber", License, High, Any),
    ("dlnumber", License, Medium, End), ("licensenumber", License, Medium, End),
    ("licencenumber", License, Medium, End), ("certificatenumber", License, Low, End),
    ("medicallicense", License, Medium, End),
    // Health.
    ("diagnosis", Diagnosis, High, Any), ("diagnoses", Diagnosis, High, Any),
    ("diagnosiscode", Diagnosis, High, Any), ("diagnosiscodes", Diagnosis, High, Any),
    ("dx", Diagnosis, Low, Whole), ("dxcode", Diagnosis, Medium, End),
    ("icd", Icd10, Medium, Whole), ("icd10", Icd10, High, Any), ("icd9", Icd10, High, Any),
    ("icd11", Icd10, High, Any), ("icd10code", Icd10, High, Any), ("icdcode", Icd10, High, Any),
    ("icdcodes", Icd10, High, Any), ("icd10cm", Icd10, High, Any),
    ("medication", Medication, High, Any), ("medications", Medication, High, Any),
    ("medicine", Medication, Medium, End), ("medicines", Medication, Medium, End),
    ("prescription", Medication, High, Any), ("prescriptions", Medication, High, Any),
    ("prescribeddrug", Medication, High, End), ("drugs", Medication, Medium, Whole),
    ("drugname", Medication, High, End), ("dosage", Medication, Medium, End),
    ("rx", Medication, Medium, Whole), ("rxnumber", Medication, High, End),
    ("ndccode", Medication, Medium, End), ("allergy", HealthRecord, High, Any),
    ("allergies", HealthRecord, High, Any), ("labresult", HealthRecord, High, Any),
    ("labresults", HealthRecord, High, Any), ("labtest", HealthRecord, High, Any),
    ("labtests", HealthRecord, High, Any), ("labs", HealthRecord, Medium, Whole),
    ("testresults", HealthRecord, Low, End), ("bloodtype", HealthRecord, High, End),
    ("bloodgroup", HealthRecord, High, End), ("bloodpressure", HealthRecord, High, End),
    ("heartrate", HealthRecord, Medium, End), ("vitals", HealthRecord, Medium, Whole),
    ("vitalsigns", HealthRecord, High, End), ("medicalcondition", HealthRecord, High, Any),
    ("medicalconditions", HealthRecord, High, Any), ("healthcondition", HealthRecord, High, Any),
    ("healthconditions", HealthRecord, High, Any), ("healthstatus", HealthRecord, Medium, End),
    ("symptoms", HealthRecord, High, End), ("symptom", HealthRecord, High, End),
    ("treatment", HealthRecord, Medium, Whole), ("treatments", HealthRecord, Medium, Whole),
    ("treatmentplan", HealthRecord, High, End), ("immunization", HealthRecord, High, End),
    ("immunizations", HealthRecord, High, End), ("vaccination", HealthRecord, High, End),
    ("vaccinations", HealthRecord, High, End), ("vaccinationstatus", HealthRecord, High, End),
    ("disability", HealthRecord, Medium, End), ("disabilities", HealthRecord, Medium, End),
    ("pregnancy", HealthRecord, High, End), ("pregnant", HealthRecord, High, End),
    ("hiv", HealthRecord, High, Any), ("hivstatus", HealthRecord, High, Any),
    ("mentalhealth", HealthRecord, High, Any), ("medicalhistory", HealthRecord, High, End),
    ("healthhistory", HealthRecord, High, End), ("healthrecord", HealthRecord, High, End),
    ("healthrecords", HealthRecord, High, End), ("healthdata", HealthRecord, High, End),
    ("medicaldata", HealthRecord, High, End), ("medicalrecord", HealthRecord, High, End),
    ("medicalrecords", HealthRecord, High, End), ("clinicalnotes", HealthRecord, High, End),
    ("clinicalnote", HealthRecord, High, End), ("phi", HealthRecord, Medium, Whole),
    ("genotype", HealthRecord, High, End), ("geneticdata", HealthRecord, High, End),
    ("dna", HealthRecord, Medium, Whole), ("conditions", HealthRecord, Low, Whole),
    ("patientcondition", HealthRecord, High, End), ("procedures", HealthRecord, Low, Whole),
    ("surgery", HealthRecord, Medium, End), ("mrn", Mrn, High, Any),
    ("medicalrecordnumber", Mrn, High, Any), ("medicalrecordno", Mrn, High, Any),
    ("medicalrecordid", Mrn, High, Any), ("patientnumber", Mrn, Medium, End),
    ("mbi", Mbi, Medium, Whole), ("medicareid", Mbi, High, End), ("medicarenumber", Mbi, High, End),
    ("medicarebeneficiaryid", Mbi, High, End), ("medicarebeneficiaryidentifier", Mbi, High, End),
    ("hicn", Mbi, High, Whole), ("medicaidid", HealthPlan, High, End),
    ("medicaidnumber", HealthPlan, High, End), ("healthplanid", HealthPlan, High, End),
    ("healthplannumber", HealthPlan, High, End), ("healthplan", HealthPlan, Medium, Whole),
    ("healthplanbeneficiarynumber", HealthPlan, High, End),
    ("insurancenumber", HealthPlan, High, End), ("insuranceid", HealthPlan, High, End),
    ("healthinsurance", HealthPlan, Medium, End), ("healthinsurancenumber", HealthPlan, High, End),
    ("healthinsuranceid", HealthPlan, High, End), ("insurancepolicynumber", HealthPlan, High, End),
    ("insurancemember", HealthPlan, Medium, End), ("insurancememberid", HealthPlan, High, End),
    ("beneficiarynumber", HealthPlan, Medium, End), ("beneficiaryid", HealthPlan, Low, End),
    ("nhsnumber", NhsNumber, High, Any), ("nhsno", NhsNumber, High, Any),
    ("nhsid", NhsNumber, High, End), ("nhs", NhsNumber, Medium, Whole), ("npi", Npi, Low, End),
    ("npinumber", Npi, Low, End),
    // Cards.
    ("pan", Pan, High, Whole), ("cardpan", Pan, High, End),
    ("primaryaccountnumber", Pan, High, Any), ("cardnumber", Pan, High, Any),
    ("cardnumbers", Pan, High, Any), ("cardno", Pan, High, Any), ("cardnum", Pan, High, Any),
    ("ccnumber", Pan, High, Any), ("ccnum", Pan, High, Any), ("ccno", Pan, High, Any),
    ("creditcard", Pan, High, End), ("creditcards", Pan, High, End),
    ("creditcardnumber", Pan, High, Any), ("creditcardno", Pan, High, Any),
    ("debitcard", Pan, High, End), ("debitcardnumber", Pan, High, Any),
    ("paymentcardnumber", Pan, High, Any), ("cc", Pan, Low, Whole), ("cvv", CardCode, High, Any),
    ("cvv2", CardCode, High, Any), ("cvc", CardCode, High, Any), ("cvc2", CardCode, High, Any),
    ("cav2", CardCode, High, Any), ("cvn", CardCode, High, Whole), ("csc", CardCode, Medium, Whole),
    ("cardcid", CardCode, High, End), ("cardcode", CardCode, Medium, End),
    ("cardsecuritycode", CardCode, High, Any), ("securitycode", CardCode, Medium, End),
    ("cardverificationcode", CardCode, High, Any), ("cardverificationvalue", CardCode, High, Any),
    ("cardverificationnumber", CardCode, High, Any), ("cardexpiry", CardExpiry, High, Any),
    ("cardexp", CardExpiry, High, Any), ("cardexpiration", CardExpiry, High, Any),
    ("cardexpirydate", CardExpiry, High, Any), ("cardexpirationdate", CardExpiry, High, Any),
    ("ccexp", CardExpiry, High, End), ("ccexpiry", CardExpiry, High, End),
    ("ccexpiration", CardExpiry, High, End), ("expmonth", CardExpiry, Medium, End),
    ("expyear", CardExpiry, Medium, End), ("expirymonth", CardExpiry, Medium, End),
    ("expiryyear", CardExpiry, Medium, End), ("expirationmonth", CardExpiry, Medium, End),
    ("expirationyear", CardExpiry, Medium, End), ("creditcardexpiry", CardExpiry, High, End),
    ("creditcardexp", CardExpiry, High, End), ("track1", TrackData, Medium, Whole),
    ("track2", TrackData, Medium, Whole), ("track1data", TrackData, High, End),
    ("track2data", TrackData, High, End), ("trackdata", TrackData, High, End),
    ("cardtrack", TrackData, High, End), ("magstripe", TrackData, High, Any),
    ("magneticstripe", TrackData, High, Any), ("pinblock", CardPin, High, End),
    ("cardpin", CardPin, High, End), ("atmpin", CardPin, High, End),
    ("cardholder", CardholderName, High, End), ("cardholdername", CardholderName, High, End),
    ("nameoncard", CardholderName, High, End), ("cardname", CardholderName, Low, End),
    // Money.
    ("iban", Iban, High, Any), ("accountnumber", BankAccount, High, Any),
    ("accountno", BankAccount, High, Any), ("acctnumber", BankAccount, High, Any),
    ("acctnum", BankAccount, High, Any), ("acctno", BankAccount, High, Any),
    ("bankaccount", BankAccount, High, End), ("bankaccounts", BankAccount, High, End),
    ("bankaccountnumber", BankAccount, High, Any), ("routingnumber", BankAccount, High, Any),
    ("abarouting", BankAccount, High, Any), ("sortcode", BankAccount, High, Any),
    ("bankdetails", BankAccount, High, End), ("salary", Means, Medium, End),
    ("income", Means, Medium, End), ("annualincome", Means, High, End),
    ("networth", Means, High, End), ("creditscore", Means, High, End),
    ("accountbalance", Means, Medium, End), ("balance", Means, Low, Whole),
    // Secrets.
    ("password", Password, High, End), ("passwords", Password, High, End),
    ("passwd", Password, High, End), ("pwd", Password, High, End),
    ("passphrase", Password, High, End), ("passcode", Password, High, End),
    ("passwordhash", Password, High, End), ("passwordsalt", Password, Medium, End),
    ("pwdhash", Password, High, End), ("secret", Credential, High, End),
    ("secrets", Credential, High, Whole), ("clientsecret", Credential, High, Any),
    ("sharedsecret", Credential, High, Any), ("secretkey", Credential, High, End),
    ("secretvalue", Credential, High, End), ("secretaccesskey", Credential, High, Any),
    ("apikey", Credential, High, End), ("apikeys", Credential, High, End),
    ("apisecret", Credential, High, Any), ("accesskey", Credential, Medium, End),
    ("storagekey", Credential, Medium, End), ("accountkey", Credential, Medium, End),
    ("masterkey", Credential, High, End), ("encryptionkey", Credential, High, End),
    ("signingkey", Credential, High, End), ("hmackey", Credential, High, End),
    ("symmetrickey", Credential, High, End), ("sessionkey", Credential, Medium, End),
    ("sshkey", PrivateKey, Medium, End), ("privatekey", PrivateKey, High, Any),
    ("privkey", PrivateKey, High, Any), ("privatekeypem", PrivateKey, High, Any),
    ("seedphrase", Credential, High, End), ("mnemonic", Credential, Medium, Whole),
    ("recoverycode", Credential, High, End), ("recoverycodes", Credential, High, End),
    ("backupcodes", Credential, High, End), ("recoveryphrase", Credential, High, End),
    ("securityanswer", Credential, High, End), ("securityanswers", Credential, High, End),
    ("otp", Credential, Low, Whole), ("otpsecret", Credential, High, Any),
    ("totpsecret", Credential, High, Any), ("totpseed", Credential, High, Any),
    ("mfasecret", Credential, High, Any), ("pin", Credential, Medium, Whole),
    ("pincode", Credential, Medium, Whole), ("userpin", Credential, High, End),
    ("credentials", Credential, Medium, Whole), ("accesstoken", Credential, Medium, End),
    ("refreshtoken", Credential, Medium, End), ("idtoken", Credential, Medium, End),
    ("bearertoken", Credential, Medium, End), ("authtoken", Credential, Medium, End),
    ("sessiontoken", Credential, Medium, End), ("personalaccesstoken", Credential, High, End),
    ("sessioncookie", Credential, Medium, End), ("connectionstring", Credential, Medium, End),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::{CardholderData, Everything, Secrets};
    use crate::word_map::{SEED, hash};

    #[test]
    fn every_phrase_is_found_once() {
        let mut seen = std::collections::BTreeSet::new();
        for (text, detector, confidence, place) in TABLE {
            assert!(seen.insert(text), "`{text}` stands twice");
            assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
            let code = text.bytes().fold(SEED, hash);
            let phrase = Phrase { detector: *detector, confidence: *confidence, place: *place };
            assert_eq!(find::<Everything>(code, text.as_bytes()), Some(phrase));
        }
    }

    #[test]
    fn each_table_has_its_category_and_longer_phrases_only() {
        for (text, detector, ..) in TABLE {
            let code = text.bytes().fold(SEED, hash);
            let card = find::<CardholderData>(code, text.as_bytes()).is_some();
            let secret = find::<Secrets>(code, text.as_bytes()).is_some();
            assert_eq!(card, stands(text, *detector, Category::Cardholder), "{text}");
            assert_eq!(secret, detector.category() == Category::Secret, "{text}");
        }
    }

    #[test]
    fn no_phrase_is_taken_for_one_of_another_category_that_it_ends_in() {
        for (text, detector, ..) in TABLE {
            for (other, another, _, place) in TABLE {
                let category = another.category();
                // Between two words, as far as anybody writes them so.
                let border = !matches!(*other, "ip") || text.len() > 20;
                if text.len() > other.len()
                    && text.ends_with(other)
                    && *place != Whole
                    && border
                    && category != detector.category()
                {
                    assert!(LONGER.contains(&(text, category)), "`{text}` ends in `{other}`");
                }
            }
        }
    }
}
