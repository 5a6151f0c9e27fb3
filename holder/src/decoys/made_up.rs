//! Values that look like their kinds and belong to nobody: of the ranges that are kept for tests and examples where
//! there are such, and else with so much chance in them that they name no person.
//!
//! Nobody is shown them while the decoy is one. They matter where somebody has the key and opens the token
//! elsewhere, and where the site publishes hints, which everybody sees.

use crate::clock::readable;
use crate::error::{Code, Error, Result};
use fieldseal::kind::Kind;
use fieldseal::{NumericDate, Text};
use serde_json::{Value, json};

const DAY: u64 = 86_400;

/// A value as JSON text.
pub(super) struct MadeUp {
    pub(super) json: Text,
    /// Whether it reads as its kind. Numbers that were never assigned to anybody do not, and so have no hints.
    pub(super) reads: bool,
}

/// Chance, from the system's cryptographic source.
pub(super) struct Dice;

impl Dice {
    /// A number below `end`, which is not zero.
    pub(super) fn below(&self, end: u64) -> Result<u64> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes)
            .map_err(|_| Error::new(Code::Core(fieldseal::Code::RandomnessUnavailable)))?;
        // Of 2^64 numbers some come up once more than others, which nobody can tell.
        Ok(u64::from_le_bytes(bytes) % end.max(1))
    }

    fn pick<'a>(&self, of: &[&'a str]) -> Result<&'a str> {
        let at = usize::try_from(self.below(of.len() as u64)?).unwrap_or(0);
        of.get(at).copied().ok_or(Error::new(Code::Internal))
    }

    fn digits(&self, count: usize) -> Result<String> {
        (0..count).map(|_| Ok(char::from(b'0' + self.below(10)? as u8))).collect()
    }

    fn chars_of(&self, set: &[u8], count: usize) -> Result<String> {
        (0..count).map(|_| Ok(char::from(set[self.below(set.len() as u64)? as usize]))).collect()
    }
}

const FIRST: [&str; 16] = [
    "Anna", "Ben", "Carla", "David", "Elena", "Frank", "Grace", "Hugo", "Ines", "James", "Karin", "Liam",
    "Maria", "Noah", "Olga", "Paul",
];
const LAST: [&str; 16] = [
    "Adams", "Baker", "Clark", "Dubois", "Evans", "Fischer", "Garcia", "Hughes", "Jensen", "Keller", "Lopez",
    "Martin", "Novak", "Olsen", "Parker", "Rossi",
];
const STREETS: [&str; 8] = ["Oak", "Maple", "Cedar", "Park", "Lake", "Hill", "Church", "Mill"];
const MAILBOXES: [&str; 4] = ["gmail.com", "outlook.com", "yahoo.com", "icloud.com"];
const WORDS: [&str; 8] = ["harbour", "violet", "lantern", "meadow", "copper", "thimble", "juniper", "saddle"];
const DIAGNOSES: [&str; 8] = ["J06.9", "M54.5", "E11.9", "I10", "K21.9", "F41.1", "G43.9", "L20.9"];
const TREATMENTS: [&str; 4] =
    ["Physiotherapy, six sessions", "Wound care", "Vaccination, second dose", "Blood pressure control"];
const MEDICATIONS: [&str; 4] =
    ["Ibuprofen 400 mg, as needed", "Metformin 500 mg", "Omeprazole 20 mg", "Salbutamol inhaler"];
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const PRINTED: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A value of this kind.
///
/// Errors: `decoy-unable` for a form, whose members have values.
pub(super) fn value(kind: Kind, now: NumericDate, dice: &Dice) -> Result<MadeUp> {
    let reads = |value: Value| made(&value, true);
    // Not read, because reading refuses what cannot be anybody's.
    let unassigned = |value: Value| made(&value, false);
    match kind.as_str() {
        "person-name" => reads(json!(format!("{} {}", dice.pick(&FIRST)?, dice.pick(&LAST)?))),
        "postal-address" | "billing-address" => reads(json!({
            "line1": format!("{} {} Street", 10 + dice.below(980)?, dice.pick(&STREETS)?),
            "city": "Springfield",
            "region": "IL",
            // No post office has this code.
            "postcode": format!("000{}", dice.digits(2)?),
            "country": "US",
        })),
        // North American Numbering Plan: 555-0100 to 555-0199 are for fiction.
        "phone" => {
            reads(json!(format!("+1{}{}55501{}", 2 + dice.below(8)?, dice.digits(2)?, dice.digits(2)?)))
        }
        // Where the domain is published, one of RFC 2606 would give the decoy away. The number is long enough that
        // nobody has the mailbox.
        "email" => reads(json!(format!(
            "{}.{}.{}@{}",
            dice.pick(&FIRST)?.to_lowercase(),
            dice.pick(&LAST)?.to_lowercase(),
            dice.digits(9)?,
            dice.pick(&MAILBOXES)?
        ))),
        // POMS RM 10201.035: no number has the area 666.
        "us-ssn" => unassigned(json!(format!("666{}", dice.digits(6)?))),
        // Internal Revenue Manual 3.21.263.5.1: the group 67 is neither an ITIN's nor another's.
        "us-itin" => unassigned(json!(format!("9{}67{}", dice.digits(2)?, dice.digits(4)?))),
        // The IRS assigns no prefix 00.
        "us-ein" => unassigned(json!(format!("00{}", dice.digits(7)?))),
        // California has a letter and seven digits; no licence has eight.
        "drivers-licence" => unassigned(
            json!({ "region": "US-CA", "number": format!("{}{}", dice.chars_of(UPPER, 1)?, dice.digits(8)?) }),
        ),
        "passport-number" => reads(json!(format!("XX{}", dice.digits(7)?))),
        "date-of-birth" => {
            let years = 20 + dice.below(50)?;
            reads(json!(day(NumericDate(now.0.saturating_sub(years * 365 * DAY + dice.below(365)? * DAY)))))
        }
        // HMRC NIM39110: the prefix QQ is for examples.
        "national-id" => unassigned(json!({ "region": "GB", "number": format!("QQ{}A", dice.digits(6)?) })),
        "card-number" => reads(json!(card(dice)?)),
        "card-expiry" => {
            let year: u64 = day(now).get(..4).and_then(|year| year.parse().ok()).unwrap_or(2030);
            reads(json!(format!("{}-{:02}", year + 1 + dice.below(4)?, 1 + dice.below(12)?)))
        }
        "card-cvc" => reads(json!(dice.digits(3)?)),
        "iban" => reads(json!(iban(dice)?)),
        // A routing number of zeros passes the check and is no bank's.
        "us-bank-account" => reads(json!({ "routing": "000000000", "account": dice.digits(10)? })),
        "transaction" => reads(transaction(now, dice)?),
        "payment-history" => {
            reads(json!([transaction(now, dice)?, transaction(now, dice)?, transaction(now, dice)?]))
        }
        "medical-record-number" => reads(json!(format!("MRN-{}", dice.digits(8)?))),
        "health-insurance-id" => reads(json!(format!("XQZ{}", dice.digits(9)?))),
        "diagnosis" => reads(json!(dice.pick(&DIAGNOSES)?)),
        "treatment" => reads(json!(dice.pick(&TREATMENTS)?)),
        "medication" => reads(json!(dice.pick(&MEDICATIONS)?)),
        "health-note" => {
            reads(json!(format!("{}. Review in {} weeks.", dice.pick(&TREATMENTS)?, 2 + dice.below(10)?)))
        }
        "username" => reads(json!(format!("{}{}", dice.pick(&FIRST)?.to_lowercase(), dice.digits(7)?))),
        "password" => reads(json!(dice.chars_of(PRINTED, 14)?)),
        "security-answer" => reads(json!(dice.pick(&WORDS)?)),
        "auth-token" => reads(json!(dice.chars_of(PRINTED, 43)?)),
        "session-data" => reads(json!({ "session": dice.chars_of(PRINTED, 32)? })),
        "text" | "choice" => reads(json!(format!("{} {}", dice.pick(&WORDS)?, dice.pick(&WORDS)?))),
        "number" => reads(json!(1 + dice.below(9999)?)),
        "boolean" => reads(json!(dice.below(2)? == 1)),
        "date" => reads(json!(day(NumericDate(now.0.saturating_sub(dice.below(2000)? * DAY))))),
        "json" => reads(json!({ "reference": dice.digits(8)?, "status": "open" })),
        other => Err(Error::about(Code::DecoyUnable, other)),
    }
}

fn made(value: &Value, reads: bool) -> Result<MadeUp> {
    let json = serde_json::to_string(value).map_err(|_| Error::new(Code::Internal))?;
    Ok(MadeUp { json: Text::new(json), reads })
}

/// A card number in ranges that payment services keep for tests, with its check digit (ISO/IEC 7812-1).
fn card(dice: &Dice) -> Result<String> {
    let (range, length) = match dice.below(4)? {
        0 => ("400000", 16),
        1 => ("424242", 16),
        2 => ("555555", 16),
        _ => ("222300", 16),
    };
    let mut number = format!("{range}{}", dice.digits(length - 1 - range.len())?);
    let weigh = |(place, digit): (usize, u8)| match (digit - b'0', place % 2) {
        (digit, 0) => u32::from(digit * 2 / 10 + digit * 2 % 10),
        (digit, _) => u32::from(digit),
    };
    let sum: u32 = number.bytes().rev().enumerate().map(weigh).sum();
    number.push_str(&((10 - sum % 10) % 10).to_string());
    Ok(number)
}

/// An account of Germany (ISO 13616) at a bank code that begins with zero, as no bank's does.
fn iban(dice: &Dice) -> Result<String> {
    let account = format!("0{}{}", dice.digits(7)?, dice.digits(10)?);
    // ISO/IEC 7064 MOD 97-10, over the account, the country in digits and two zeros.
    let digits = format!("{account}131400");
    let rest = digits.bytes().fold(0, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    Ok(format!("DE{:02}{account}", 98 - rest))
}

fn transaction(now: NumericDate, dice: &Dice) -> Result<Value> {
    let amount = format!("{}.{}", 3 + dice.below(300)?, dice.digits(2)?);
    let date = day(NumericDate(now.0.saturating_sub(dice.below(90)? * DAY)));
    Ok(json!({ "amount": amount, "currency": "USD", "date": date }))
}

/// The day of a time, `2026-11-24`.
fn day(time: NumericDate) -> String {
    readable(time).chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldseal::kind::Context;

    #[test]
    fn every_kind_has_values_that_are_of_it_or_nobodys() {
        let now = NumericDate(1_795_500_000);
        let dice = Dice;
        for kind in Kind::all().filter(|kind| !kind.is_form()) {
            for _ in 0..50 {
                let made = value(kind, now, &dice).unwrap();
                let read = kind.read(&made.json, &Context { region: None, now });
                assert_eq!(read.is_ok(), made.reads, "{} {:?}", kind.as_str(), &*made.json);
            }
        }
    }

    #[test]
    fn no_two_cards_are_alike() {
        let dice = Dice;
        let cards: std::collections::HashSet<_> = (0..100).map(|_| card(&dice).unwrap()).collect();
        assert!(cards.len() > 95);
    }
}
