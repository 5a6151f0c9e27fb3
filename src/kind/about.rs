//! What the documentation says about kinds and classes. No code goes by it, so the published module does
//! not carry it.

use super::{Class, Kind};

/// A kind in words.
pub struct About {
    /// How a value is read.
    pub read: &'static str,
    /// What it is sealed as.
    pub form: &'static str,
    /// What its mask looks like.
    pub mask: &'static str,
    /// Where the rules come from.
    pub source: &'static str,
}

/// A duty of whoever holds data of a class.
pub struct Duty {
    /// The law or standard.
    pub regulation: &'static str,
    /// What it asks for.
    pub text: &'static str,
    /// The place.
    pub source: &'static str,
}

const fn about(form: &'static str, mask: &'static str, read: &'static str, source: &'static str) -> About {
    About { read, form, mask, source }
}

impl Kind {
    /// The kind in words.
    pub fn about(self) -> About {
        const OWN: &str = "a limit of this profile";
        const NINE: &str = "nine digits";
        match self.as_str() {
            "person-name" => about("as typed", "`P•••`", "1 to 200 characters, no control characters.", OWN),
            "postal-address" | "billing-address" => about(
                "as typed, or an object",
                "`•••`",
                "A text of up to 500 characters, or an object of `line1`, `line2`, `line3`, `city`, `region`, `postcode`, \
                 `country` with at least `line1`.",
                "RFC 6350 section 6.3.1, ISO 3166-1",
            ),
            "phone" => about(
                "`+14155550173`",
                "`••• 0173`",
                "A `+` or `00` with an assigned country code, 7 to 15 digits; or a national number and a region.",
                "ITU-T E.164 and its list of assigned country codes, North American Numbering Plan",
            ),
            "email" => about(
                "domain in lower case",
                "`p•••@example.com`",
                "An address with a dot in its domain, letters of all scripts in both parts, 254 bytes at most.",
                "WHATWG HTML \"valid email address\", RFC 6531, RFC 5321 section 4.5.3.1",
            ),
            "us-ssn" => about(
                NINE,
                "`•••-••-6789`",
                "Nine digits. Never assigned: area 000, 666, 900 to 999; group 00; serial 0000; two numbers from advertisements.",
                "SSA, POMS RM 10201.035",
            ),
            "us-itin" => about(
                NINE,
                "`•••-••-6789`",
                "Nine digits that begin with 9, the group 50 to 65, 70 to 88, 90 to 92 or 94 to 99.",
                "IRS, Internal Revenue Manual 3.21.263.5.1",
            ),
            "us-ein" => about(
                NINE,
                "`••-•••6789`",
                "Nine digits with a prefix that the IRS assigns.",
                "IRS, \"How EINs are assigned and valid EIN prefixes\"",
            ),
            "drivers-licence" => about(
                "`{\"region\":\"US-CA\",\"number\":\"A1234567\"}`",
                "`US-CA •••4567`",
                "A number in one of the formats of its state, which `region` names.",
                "the licensing agencies of the states, ISO 3166-2:US",
            ),
            "passport-number" => about(
                "letters and digits",
                "`•••2C3`",
                "6 to 9 letters and digits, with a check digit behind, or a machine-readable zone of which all check digits are \
                 verified.",
                "ICAO Doc 9303 parts 3 (section 4.9) and 4",
            ),
            "date-of-birth" => about(
                "`1987-06-05`",
                "`1987-••-••`",
                "A day of the calendar in the last 130 years; with slashes and the year last, `region` says the order.",
                "ISO 8601",
            ),
            "national-id" => about(
                "`{\"region\":\"GB\",\"number\":\"AB123456C\"}`",
                "`GB •••56C`",
                "With `region` GB (NINO), CA (SIN), IN (Aadhaar), BR (CPF), DE (Steuer-ID), ES (DNI, NIE), FR (NIR) or IT (codice \
                 fiscale), each with its check digit where it has one.",
                "HMRC NIM39110; Service Canada; UIDAI; Receita Federal; AO section 139b; RD 1553/2005; CSS R161-1; DM 23-12-1976",
            ),
            "card-number" => about(
                "digits",
                "`•••• 4242`",
                "12 to 19 digits, as many as the brand has, with the check digit.",
                "ISO/IEC 7812-1, the schemes' issuer ranges",
            ),
            "card-expiry" => about(
                "`2029-04`",
                "`••/••`",
                "Month and year as on the card or as browsers fill them in; not past, at most 20 years ahead.",
                "ISO/IEC 7813, WHATWG HTML \"valid month string\"",
            ),
            "card-cvc" => about(
                "digits",
                "`•••`",
                "3 digits, with American Express 4. It may not be kept after authorisation.",
                "PCI DSS 4.0.1 requirement 3.3.1",
            ),
            "iban" => about(
                "no spaces, upper case",
                "`DE•• •••• 3000`",
                "A country of the registry, its length, and the check digits.",
                "ISO 13616, ISO/IEC 7064 MOD 97-10, SWIFT IBAN Registry",
            ),
            "us-bank-account" => about(
                "`{\"routing\":\"021000021\",\"account\":\"123456789\"}`",
                "`•••• 6789`",
                "A routing number with its check digit and an account of 4 to 17 digits, as an object or in one text.",
                "ANSI X9.100-160, Nacha Operating Rules",
            ),
            "transaction" => about(
                "an object",
                "`•••`",
                "`amount` (a decimal text or a whole number), `currency`, and perhaps `date`, `id`, `description`.",
                "ISO 4217",
            ),
            "payment-history" => about("an array", "`•••`", "1 to 500 transactions.", OWN),
            "medical-record-number" => about(
                "upper case",
                "`•••42`",
                "1 to 32 letters, digits, spaces and `-./_`.",
                "a limit of this profile, as every hospital has its own",
            ),
            "health-insurance-id" => about(
                "upper case, no separators",
                "`•••MK73`",
                "4 to 20 letters and digits; what has the shape of a Medicare number must be one.",
                "CMS, \"Understanding the Medicare Beneficiary Identifier (MBI) Format\"",
            ),
            "diagnosis" => about(
                "a code in upper case, or as typed",
                "`•••`",
                "An ICD-10-CM code or a text of up to 2000 characters.",
                "NCHS, ICD-10-CM",
            ),
            "treatment" | "medication" | "health-note" => {
                about("as typed", "`•••`", "A text of up to 20,000 characters.", OWN)
            }
            "username" => about("as typed", "`p•••`", "1 to 254 characters, no control characters.", OWN),
            "password" | "security-answer" => about(
                "as typed, not even trimmed",
                "`•••`",
                "1 to 1024 characters of any kind.",
                "NIST SP 800-63B section 3.1.1.2",
            ),
            "auth-token" => {
                about("as typed", "`•••`", "1 to 8192 visible ASCII characters.", "RFC 6750 section 2.1")
            }
            "number" => about("as it is", "`•••`", "A number, or a text that is one.", "RFC 8259 section 6"),
            "boolean" => about("as it is", "`•••`", "`true` or `false`.", "RFC 8259 section 3"),
            "choice" => {
                about("as typed", "`•••`", "A text of up to 256 characters, no control characters.", OWN)
            }
            "date" => about(
                "as typed",
                "`•••`",
                "A date, or a local date and time.",
                "WHATWG HTML \"valid date string\", \"valid local date and time string\"",
            ),
            _ => about("as it is", "`•••`", "Any JSON value.", "RFC 8259"),
        }
    }
}

const fn duty(regulation: &'static str, text: &'static str, source: &'static str) -> Duty {
    Duty { regulation, text, source }
}

/// What holds for personal data of every class.
macro_rules! with_common {
    ($($duty:expr),* $(,)?) => {
        const { &[
            $($duty,)*
            duty("GDPR", "process no more than the purpose needs, and keep it no longer", "Regulation (EU) 2016/679 Art. 5(1)(c), (e)"),
            duty("GDPR", "protect it as the risk asks, encryption among the means; tell the authority of a breach within 72 hours", "Art. 32, 33, 34"),
            duty("CCPA", "disclose, delete and correct on request; a breach of unencrypted data gives people a claim", "Cal. Civ. Code 1798.100 to 1798.106, 1798.150"),
        ] }
    };
}

impl Class {
    /// The duties that come with data of this class: a list of what to look up, and no legal advice.
    pub fn duties(self) -> &'static [Duty] {
        match self {
            Self::Contact | Self::General => with_common![],
            Self::Identity => with_common![
                duty(
                    "GDPR",
                    "national identification numbers may have conditions of their own in each country",
                    "Art. 87"
                ),
                duty(
                    "CCPA",
                    "government identifiers are sensitive personal information, whose use people can limit",
                    "1798.121, 1798.140(ae)"
                ),
            ],
            Self::Payment => with_common![
                duty(
                    "PCI DSS",
                    "render card numbers unreadable wherever they are stored, and show at most BIN and last four",
                    "4.0.1 requirements 3.4.1, 3.5.1"
                ),
                duty(
                    "PCI DSS",
                    "do not keep security codes after authorisation, not even encrypted",
                    "4.0.1 requirement 3.3.1"
                ),
            ],
            Self::Health => with_common![
                duty(
                    "HIPAA",
                    "encrypt electronic protected health information at rest and in transit, or say why not",
                    "45 CFR 164.312(a)(2)(iv), (e)(2)(ii)"
                ),
                duty(
                    "HIPAA",
                    "notify people of a breach of unsecured information within 60 days",
                    "45 CFR 164.404 to 164.408"
                ),
                duty(
                    "GDPR",
                    "health is a special category: process it only where an exception applies",
                    "Art. 9"
                ),
            ],
            Self::Credential => with_common![
                duty(
                    "CCPA",
                    "a login with its password is sensitive personal information",
                    "1798.140(ae), 1798.150"
                ),
                duty(
                    "NIST",
                    "verify passwords against a salted hash, and never store them to be read",
                    "SP 800-63B section 3.1.1.2"
                ),
            ],
        }
    }
}
