//! Card schemes, by the digits that their numbers begin with.

use super::text::{number, part};

/// A card scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brand {
    /// Its name in hints, such as `visa`.
    pub name: &'static str,
    /// How many digits its numbers have at least.
    pub least: u8,
    /// How many at most.
    pub most: u8,
}

const fn brand(name: &'static str, least: u8, most: u8) -> Brand {
    Brand { name, least, most }
}

const AMEX: Brand = brand("amex", 15, 15);
const DINERS: Brand = brand("diners", 14, 19);
const DISCOVER: Brand = brand("discover", 16, 19);
const ELO: Brand = brand("elo", 16, 16);
const JCB: Brand = brand("jcb", 16, 19);
const MAESTRO: Brand = brand("maestro", 12, 19);
const MASTERCARD: Brand = brand("mastercard", 16, 16);
const MIR: Brand = brand("mir", 16, 19);
const RUPAY: Brand = brand("rupay", 16, 16);
const UNIONPAY: Brand = brand("unionpay", 16, 19);
const UNKNOWN: Brand = brand("unknown", 12, 19);

/// Issuer identification numbers as the schemes publish them, within the ranges of ISO/IEC 7812: first,
/// last, and whose. A range has as many digits as its first number. Where ranges lie inside others, the
/// narrower one comes first.
static RANGES: [(u32, u32, &Brand); 44] = [
    (401178, 401179, &ELO),
    (431274, 431274, &ELO),
    (438935, 438935, &ELO),
    (451416, 451416, &ELO),
    (457393, 457393, &ELO),
    (457631, 457632, &ELO),
    (504175, 504175, &ELO),
    (506699, 506778, &ELO),
    (509000, 509999, &ELO),
    (627780, 627780, &ELO),
    (636297, 636297, &ELO),
    (636368, 636368, &ELO),
    (650031, 650051, &ELO),
    (650405, 650439, &ELO),
    (650485, 650538, &ELO),
    (650541, 650598, &ELO),
    (650700, 650727, &ELO),
    (650901, 650978, &ELO),
    (651652, 651679, &ELO),
    (655000, 655058, &ELO),
    (2200, 2204, &MIR),
    (2221, 2720, &MASTERCARD),
    (3095, 3095, &DINERS),
    (3528, 3589, &JCB),
    (5018, 5020, &MAESTRO),
    (5038, 5038, &MAESTRO),
    (5080, 5089, &RUPAY),
    (5893, 5893, &MAESTRO),
    (6011, 6011, &DISCOVER),
    (6304, 6304, &MAESTRO),
    (6759, 6763, &MAESTRO),
    (300, 305, &DINERS),
    (644, 649, &DISCOVER),
    (34, 34, &AMEX),
    (36, 36, &DINERS),
    (37, 37, &AMEX),
    (38, 39, &DINERS),
    (51, 55, &MASTERCARD),
    (60, 60, &RUPAY),
    (62, 62, &UNIONPAY),
    (65, 65, &DISCOVER),
    (81, 81, &UNIONPAY),
    (82, 82, &RUPAY),
    (4, 4, &Brand::VISA),
];

impl Brand {
    /// Visa, whose numbers have 13, 16 or 19 digits.
    pub const VISA: Self = brand("visa", 13, 19);

    /// The scheme of a number that begins with these digits.
    pub fn of(digits: &str) -> Self {
        let fits = |(first, last, _): &&(u32, u32, &Self)| {
            let (mut len, mut rest) = (1, *first);
            while rest > 9 {
                (len, rest) = (len + 1, rest / 10);
            }
            let head = part(digits, 0, len);
            !head.is_empty() && (*first..=*last).contains(&number(head))
        };
        RANGES.iter().find(fits).map_or(UNKNOWN, |(.., brand)| **brand)
    }

    /// How the digits are grouped on the card.
    pub(super) fn groups(self) -> &'static [usize] {
        if self == AMEX { &[4, 6, 5] } else { &[4] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brands_show_as_soon_as_they_can() {
        for (digits, name) in [
            ("", "unknown"),
            ("4", "visa"),
            ("40117", "visa"),
            ("401178", "elo"),
            ("3", "unknown"),
            ("37", "amex"),
            ("2220", "unknown"),
            ("2221", "mastercard"),
            ("2720", "mastercard"),
            ("2721", "unknown"),
            ("60", "rupay"),
            ("6011", "discover"),
            ("3096", "unknown"),
            ("3589", "jcb"),
        ] {
            assert_eq!(Brand::of(digits).name, name, "{digits}");
        }
    }
}
