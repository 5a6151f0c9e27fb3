//! Cards, bank accounts, transactions.

use super::brand::Brand;
use super::calendar::{Date, month_text};
use super::check::{luhn, mod97, value, weighted};
use super::text::{are_digits, is_shaped, letters, must, number, part, sized, split, without};
use super::value::Record;
use super::{Class, Context, Entry, Read, Reason, Rule, entry};
use crate::NumericDate;
use crate::json::{Json, Object};
use crate::prelude::*;

/// How long a card's security code may live, in seconds: until the card was authorised.
const CVC_LIFETIME: u32 = 900;

pub(super) static KINDS: &[Entry] = &[
    entry("card-number", Class::Payment, 64, Rule::Digits(0, usize::MAX, card_number))
        .input("cc-number,numeric,ltr")
        .groups(' ', &[4])
        .hints(&["brand", "last4", "bin", "valid"]),
    entry("card-expiry", Class::Payment, 64, Rule::Folded(b" \t\r\n.", expiry))
        .input("cc-exp,numeric,ltr")
        .hints(&["valid"]),
    entry("card-cvc", Class::Payment, 64, Rule::Digits(3, 4, |_| Ok(())))
        .input("cc-csc,numeric,ltr")
        .groups(' ', &[4])
        .once(CVC_LIFETIME),
    entry("iban", Class::Payment, 64, Rule::Alphanumeric(0, usize::MAX, iban))
        .input("off,text,ltr")
        .groups(' ', &[4])
        .hints(&["country", "last4", "valid"]),
    entry("us-bank-account", Class::Payment, 128, Rule::Record(bank_account))
        .input("off,text,ltr")
        .hints(&["last4", "valid"]),
    entry("transaction", Class::Payment, 512, Rule::Record(transaction)),
    entry("payment-history", Class::Payment, 4096, Rule::Record(history)),
    entry("payment-form", Class::Payment, 512, Rule::Any),
];

/// ISO/IEC 7812-1: a number of 12 to 19 digits whose last is a check digit; the length is the scheme's.
fn card_number(digits: &str) -> Read<()> {
    let brand = Brand::of(digits);
    sized(digits, brand.least.into(), brand.most.into())?;
    // Visa's numbers have 13, 16 or 19 digits, and none between.
    must(brand.name != "visa" || digits.len() % 3 == 1, Reason::Incomplete)?;
    must(luhn(digits) && digits.bytes().any(|b| b != b'0'), Reason::CheckDigit)
}

/// How many years ahead a card may expire. Schemes issue none for longer.
const LONGEST: u32 = 20;

/// Month and year as on the card (ISO/IEC 7813 has them as YYMM), or as browsers fill them in: `cc-exp` is
/// a valid month string of WHATWG HTML, `YYYY-MM`. The normal form is the latter.
fn expiry(text: &mut Text, context: &Context<'_>) -> Read<()> {
    let halves = (part(text, 0, text.len().min(2)), part(text, 2, text.len()));
    let (first, second) = split(text, b"/-").unwrap_or(halves);
    must(are_digits(first) && are_digits(second), Reason::Format)?;
    let year_first = first.len() == 4;
    let (month, year) = if year_first { (second, first) } else { (first, second) };
    must(!month.is_empty() || year_first || text.is_empty(), Reason::Format)?;
    // With the year first it is a machine's format, in which months have two digits.
    sized(month, if year_first { 2 } else { 1 }, 2)?;
    must(matches!(number(month), 1..=12) || month == "0", Reason::Range)?;
    sized(year, 2, 4)?;
    must(year.len() != 3, Reason::Incomplete)?;
    let century = if year.len() == 2 { 2000 } else { 0 };
    let ends = (century + number(year)) * 100 + number(month);
    // A month is over when it is over everywhere: the last to get there are twelve hours behind UTC.
    let this_month = Date::of(NumericDate(context.now.0.saturating_sub(12 * 3600))).0 / 100;
    must(month != "0" && (this_month..=this_month + LONGEST * 100).contains(&ends), Reason::Range)?;
    *text = month_text(ends);
    Ok(())
}

/// SWIFT, "IBAN Registry": the countries, and how long their numbers are.
const IBAN_LENGTHS: &[u8] = b"AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18\
                              FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27\
                              MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27\
                              SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

/// ISO 13616: country, two check digits (ISO/IEC 7064 MOD 97-10), and the account as the country writes it.
fn iban(iban: &str) -> Read<()> {
    let head = part(iban, 0, iban.len().min(4));
    must(is_shaped(head, b"AA99"), Reason::Format)?;
    let check = part(head, 2, 4);
    must(!check.is_empty(), Reason::Incomplete)?;
    // The remainders that check digits are made of leave 02 to 98.
    must(matches!(number(check), 2..=98), Reason::CheckDigit)?;
    let known = IBAN_LENGTHS.chunks_exact(4).find(|entry| entry.starts_with(part(head, 0, 2).as_bytes()));
    let length = known.map(|entry| value(entry[2]) * 10 + value(entry[3])).ok_or(Reason::Region)? as usize;
    sized(iban, length, length)?;
    must(mod97(mod97(0, part(iban, 4, length)), head) == 1, Reason::CheckDigit)
}

/// American Bankers Association routing numbers (ANSI X9.100-160): weights 3, 7 and 1, and the prefixes of
/// the Federal Reserve's districts, of thrifts, of electronic transactions and of traveller's cheques.
fn routing_number(digits: &str) -> Read<()> {
    must(matches!(number(part(digits, 0, 2)), 0..=12 | 21..=32 | 61..=72 | 80), Reason::Range)?;
    must(weighted(digits, &[3, 7, 1]).is_multiple_of(10), Reason::CheckDigit)
}

/// A routing number and an account of up to 17 digits (Nacha Operating Rules, DFI Account Number), as an
/// object or in one text with something between them.
fn bank_account(value: &Json, context: &Context<'_>, out: &mut Text) -> Read<()> {
    const ROUTING: Rule = Rule::Digits(9, 9, routing_number);
    const ACCOUNT: Rule = Rule::Digits(4, 17, |_| Ok(()));
    if let Json::String(text) = value {
        let typed = without(text, b"\t\r\n");
        let typed = typed.trim_ascii();
        let end = typed.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(typed.len());
        let rest = part(typed, end, typed.len());
        let gap = rest.bytes().take_while(|b| b" /-:".contains(b)).count();
        must(gap > 0 || rest.is_empty(), Reason::Format)?;
        must(end > 0, Reason::Type)?;
        let none = Object::default();
        let mut record = Record::of_members(&none, context, out);
        record.read("routing", ROUTING, part(typed, 0, end))?;
        // An account that was not typed yet is too short, and not missing.
        record.read("account", ACCOUNT, part(rest, gap, rest.len()))?;
        return record.end();
    }
    let mut record = Record::of(value, context, out)?;
    record.take("routing", ROUTING, true)?;
    record.take("account", ACCOUNT, true)?;
    record.end()
}

/// A decimal number of 12 digits and 4 behind the point at most.
fn amount(text: &mut Text, _: &Context<'_>) -> Read<()> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (units, fraction) = split(unsigned, b".").unwrap_or((unsigned, "0"));
    let fits = !units.is_empty() && matches!(fraction.len(), 1..=4);
    must(fits && are_digits(units) && are_digits(fraction), Reason::Format)?;
    sized(units, 1, 12)
}

/// An amount in whole units or with a fraction, a currency of ISO 4217, and what else is known.
fn transaction(value: &Json, context: &Context<'_>, out: &mut Text) -> Read<()> {
    let mut record = Record::of(value, context, out)?;
    if !record.take_integer("amount") {
        record.take("amount", Rule::Text(amount), true)?;
    }
    record.take("currency", Rule::Text(|text, _| letters(text, 3)), true)?;
    record.take("date", Rule::Text(|date, _| Date::parse(date).map(drop)), false)?;
    record.take("id", Rule::Free(200, b""), false)?;
    record.take("description", Rule::Free(200, b""), false)?;
    record.end()
}

/// The most transactions of one history.
const MAX_HISTORY: usize = 500;

fn history(value: &Json, context: &Context<'_>, out: &mut Text) -> Read<()> {
    let Json::Array(items) = value else { return Err(Reason::Type) };
    must(!items.is_empty(), Reason::Incomplete)?;
    must(items.len() <= MAX_HISTORY, Reason::TooLong)?;
    out.push('[');
    for item in items {
        if !out.ends_with('[') {
            out.push(',');
        }
        transaction(item, context, out)?;
    }
    out.push(']');
    Ok(())
}
