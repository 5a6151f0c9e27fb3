//! Cards, bank accounts, transactions.

use super::calendar::{Date, month_text};
use super::check::{luhn, mod97, value, weighted};
use super::text::{Text, alphanumeric, digits, free, must, number, part, sized, without};
use super::value::Record;
use super::{Class, Context, Entry, Read, Reason, Rule, entry};
use crate::json::Json;
use crate::prelude::*;
use zeroize::Zeroizing;

/// How long a card's security code may live, in seconds: until the card was authorised.
const CVC_LIFETIME: u32 = 900;

pub(super) static KINDS: &[Entry] = &[
    entry("card-number", Class::Payment, 64, Rule::Text(|text, _| card_number(text))),
    entry("card-expiry", Class::Payment, 64, Rule::Text(expiry)),
    entry("card-cvc", Class::Payment, 64, Rule::Text(cvc)).once(CVC_LIFETIME),
    entry("iban", Class::Payment, 64, Rule::Text(iban)),
    entry("us-bank-account", Class::Payment, 128, Rule::Record(bank_account)),
    entry("transaction", Class::Payment, 512, Rule::Record(|value, _| transaction(value))),
    entry("payment-history", Class::Payment, 4096, Rule::Record(history)),
    entry("payment-form", Class::Payment, 512, Rule::Any),
];

/// A card scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brand {
    /// Its name in hints, such as `visa`.
    pub name: &'static str,
    /// How many digits its numbers have, at least and at most.
    lengths: (u8, u8),
}

impl Brand {
    const fn new(name: &'static str, least: u8, most: u8) -> Self {
        Self { name, lengths: (least, most) }
    }

    /// The scheme of a number that begins with these digits. The schemes' published issuer ranges, within
    /// those of ISO/IEC 7812; where ranges lie inside others, the narrower one is looked at first.
    pub fn of(digits: &str) -> Self {
        let head = |len: usize| number(part(digits, 0, len));
        match head(6) {
            401178
            | 401179
            | 431274
            | 438935
            | 451416
            | 457393
            | 457631
            | 457632
            | 504175
            | 506699..=506778
            | 509000..=509999
            | 627780
            | 636297
            | 636368
            | 650031..=650033
            | 650035..=650051
            | 650405..=650439
            | 650485..=650538
            | 650541..=650598
            | 650700..=650718
            | 650720..=650727
            | 650901..=650978
            | 651652..=651679
            | 655000..=655019
            | 655021..=655058 => return Self::new("elo", 16, 16),
            _ => {}
        }
        match head(4) {
            2200..=2204 => return Self::new("mir", 16, 19),
            2221..=2720 => return Self::new("mastercard", 16, 16),
            3095 => return Self::new("diners", 14, 19),
            3528..=3589 => return Self::new("jcb", 16, 19),
            5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763 => return Self::new("maestro", 12, 19),
            5080..=5089 => return Self::new("rupay", 16, 16),
            6011 => return Self::new("discover", 16, 19),
            _ => {}
        }
        if let 300..=305 = head(3) {
            return Self::new("diners", 14, 19);
        }
        if let 644..=649 = head(3) {
            return Self::new("discover", 16, 19);
        }
        match head(2) {
            34 | 37 => Self::new("amex", 15, 15),
            36 | 38 | 39 => Self::new("diners", 14, 19),
            51..=55 => Self::new("mastercard", 16, 16),
            60 | 82 => Self::new("rupay", 16, 16),
            62 | 81 => Self::new("unionpay", 16, 19),
            65 => Self::new("discover", 16, 19),
            _ if digits.starts_with('4') => Self::new("visa", 13, 19),
            _ => Self::new("unknown", 12, 19),
        }
    }

    /// How many digits its security code has.
    pub fn cvc_len(&self) -> usize {
        if self.name == "amex" { 4 } else { 3 }
    }
}

/// ISO/IEC 7812-1: a number of 12 to 19 digits whose last is a check digit; the length is the scheme's.
fn card_number(text: &str) -> Read<Text> {
    let digits = digits(text)?;
    let brand = Brand::of(&digits);
    let (least, most) = brand.lengths;
    sized(&digits, least.into(), most.into())?;
    // Visa's numbers have 13, 16 or 19 digits, and none between.
    must(brand.name != "visa" || digits.len() % 3 == 1, Reason::Incomplete)?;
    must(luhn(&digits) && digits.bytes().any(|b| b != b'0'), Reason::CheckDigit)?;
    Ok(digits)
}

/// How many years ahead a card may expire. Schemes issue none for longer.
const LONGEST: u32 = 20;

/// Month and year as on the card (ISO/IEC 7813 has them as YYMM), or as browsers fill them in: `cc-exp` is
/// a valid month string of WHATWG HTML, `YYYY-MM`. The normal form is the latter.
fn expiry(text: &str, context: &Context<'_>) -> Read<Text> {
    let typed = without(text, " \t.");
    let mut parts = typed.split(['/', '-']);
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    must(typed.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'/' | b'-')), Reason::Format)?;
    must(parts.next().is_none(), Reason::Format)?;
    let (month, year) = match second {
        Some(month) if first.len() == 4 => (month, first),
        Some(year) => (first, year),
        None => first.split_at(first.len().min(2)),
    };
    must(second.is_none() || !month.is_empty() || first.len() == 4, Reason::Format)?;
    // With the year first it is a machine's format, in which months have two digits.
    sized(month, if first.len() == 4 && second.is_some() { 2 } else { 1 }, 2)?;
    must(number(month) <= 12 && month != "00", Reason::Range)?;
    sized(year, 2, 4)?;
    must(year.len() != 3, Reason::Incomplete)?;
    let year = if year.len() == 2 { 2000 + number(year) } else { number(year) };
    let today = Date::of(context.now);
    let month = number(month);
    let ends = (year, month);
    must(
        month > 0 && ends >= (today.year, today.month) && ends <= (today.year + LONGEST, today.month),
        Reason::Range,
    )?;
    Ok(month_text(year, month))
}

/// A card's security code: 3 digits, or 4 with some schemes (PCI DSS glossary, "card verification code").
fn cvc(text: &str, _: &Context<'_>) -> Read<Text> {
    let digits = digits(text)?;
    sized(&digits, 3, 4)?;
    Ok(digits)
}

/// SWIFT, "IBAN Registry": the countries, and how long their numbers are.
const IBAN_LENGTHS: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18\
                            FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27\
                            MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27\
                            SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

/// ISO 13616: country, two check digits (ISO/IEC 7064 MOD 97-10), and the account as the country writes it.
fn iban(text: &str, _: &Context<'_>) -> Read<Text> {
    let iban = alphanumeric(text)?;
    let (country, check) = (part(&iban, 0, 2), part(&iban, 2, 4));
    must(country.bytes().all(|b| b.is_ascii_alphabetic()), Reason::Format)?;
    if iban.len() < 4 {
        return Err(Reason::Incomplete);
    }
    must(check.bytes().all(|b| b.is_ascii_digit()), Reason::Format)?;
    // The remainders that check digits are made of leave 02 to 98.
    must(matches!(number(check), 2..=98), Reason::CheckDigit)?;
    let known = IBAN_LENGTHS.as_bytes().chunks_exact(4).find(|entry| entry.starts_with(country.as_bytes()));
    let length = known.map(|entry| value(entry[2]) * 10 + value(entry[3])).ok_or(Reason::Region)? as usize;
    sized(&iban, length, length)?;
    let (head, body) = iban.split_at(4);
    must(mod97(body.bytes().chain(head.bytes())) == 1, Reason::CheckDigit)?;
    Ok(iban)
}

/// American Bankers Association routing numbers (ANSI X9.100-160): weights 3, 7 and 1, and the prefixes of
/// the Federal Reserve's districts, of thrifts, of electronic transactions and of traveller's cheques.
fn routing_number(text: &str) -> Read<Text> {
    let digits = digits(text)?;
    sized(&digits, 9, 9)?;
    must(matches!(number(&digits[..2]), 0..=12 | 21..=32 | 61..=72 | 80), Reason::Range)?;
    must(weighted(digits.bytes().map(value), &[3, 7, 1]) % 10 == 0, Reason::CheckDigit)?;
    Ok(digits)
}

/// An account's number: up to 17 digits (Nacha Operating Rules, DFI Account Number).
fn account_number(text: &str) -> Read<Text> {
    let digits = digits(text)?;
    sized(&digits, 4, 17)?;
    Ok(digits)
}

/// A routing number and an account, as an object or in one text with something between them.
fn bank_account(value: Json, _: &Context<'_>) -> Read<Text> {
    let (routing, account) = match value {
        Json::String(text) => {
            let text = Zeroizing::new(text);
            let typed = without(&text, "\t");
            let typed = typed.trim();
            let end = typed.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(typed.len());
            let (routing, rest) = typed.split_at(end);
            must(rest.is_empty() || rest.starts_with([' ', '/', '-', ':']), Reason::Format)?;
            (routing_number(routing)?, account_number(rest.trim_start_matches([' ', '/', '-', ':']))?)
        }
        value => {
            let mut record = Record::of(value)?;
            let routing = record.string("routing")?.ok_or(Reason::Type)?;
            let account = record.string("account")?.ok_or(Reason::Type)?;
            record.end()?;
            (routing_number(&routing)?, account_number(&account)?)
        }
    };
    let mut out = crate::json::Writer::object();
    out.string("routing", &routing);
    out.string("account", &account);
    Ok(Zeroizing::new(out.end()))
}

/// An amount in whole units or with a fraction, a currency of ISO 4217, and what else is known.
fn transaction(value: Json) -> Read<Text> {
    let mut record = Record::of(value)?;
    match record.any("amount").ok_or(Reason::Type)? {
        Json::Integer(whole) => record.put_json("amount", &crate::json::integer(whole)),
        Json::String(text) => {
            let text = Zeroizing::new(text);
            let (units, fraction) = text.split_once('.').unwrap_or((&text, "0"));
            let units = units.strip_prefix('-').unwrap_or(units);
            let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
            let fits = |text: &str, most| (1..=most).contains(&text.len()) && all_digits(text);
            must(fits(units, usize::MAX) && fits(fraction, 4), Reason::Format)?;
            sized(units, 1, 12)?;
            record.put("amount", &text);
        }
        _ => return Err(Reason::Type),
    }
    let currency = record.string("currency")?.ok_or(Reason::Type)?;
    must(currency.bytes().all(|b| b.is_ascii_alphabetic()), Reason::Format)?;
    sized(&currency, 3, 3)?;
    record.put("currency", &currency.to_ascii_uppercase());
    record.take("date", |date| Ok(Date::parse(date)?.to_text()))?;
    for name in ["id", "description"] {
        record.take(name, |text| free(text, 200, ""))?;
    }
    record.end()
}

/// The most transactions of one history.
const MAX_HISTORY: usize = 500;

fn history(value: Json, _: &Context<'_>) -> Read<Text> {
    let Json::Array(items) = value else { return Err(Reason::Type) };
    must(!items.is_empty(), Reason::Incomplete)?;
    must(items.len() <= MAX_HISTORY, Reason::TooLong)?;
    let mut out = Zeroizing::new("[".to_owned());
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(&transaction(item)?);
    }
    out.push(']');
    Ok(out)
}
