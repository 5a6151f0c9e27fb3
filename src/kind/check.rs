//! Check digits, each from its standard. All take ASCII letters and digits; letters count from A = 10.

/// The value of a digit or letter: `0` is 0, `A` is 10.
pub(super) fn value(b: u8) -> u32 {
    if b.is_ascii_digit() { u32::from(b - b'0') } else { u32::from(b.wrapping_sub(b'A' - 10)) }
}

/// ISO/IEC 7812-1 annex B: the Luhn formula.
pub(super) fn luhn(digits: &str) -> bool {
    let (mut sum, mut shift) = (0, 0);
    for b in digits.bytes().rev() {
        let digit = value(b) << shift;
        sum += if digit > 9 { digit - 9 } else { digit };
        shift ^= 1;
    }
    sum % 10 == 0
}

/// The remainder by 97 of the number that ISO/IEC 7064 makes of letters and digits, which goes on from that of the
/// letters and digits before.
pub(super) fn mod97(before: u32, text: &str) -> u32 {
    text.bytes().fold(before, |n, b| {
        let value = value(b);
        (n * if value > 9 { 100 } else { 10 } + value) % 97
    })
}

/// ISO/IEC 7064, the hybrid system MOD 11,10.
pub(super) fn mod11_10(digits: &str) -> bool {
    let (mut product, mut sum) = (5, 0);
    for b in digits.bytes() {
        product = product * 2 % 11;
        sum = (value(b) + product) % 10;
        product = if sum == 0 { 10 } else { sum };
    }
    sum == 1
}

/// ICAO Doc 9303 part 3 section 4.9: weights 7, 3, 1; the filler `<` is zero.
pub(super) fn icao(text: &str) -> u32 {
    weighted(text, &[7, 3, 1]) % 10
}

/// The sum of the values times the weights, which repeat. What is neither a letter nor a digit is zero.
pub(super) fn weighted(text: &str, weights: &[u8]) -> u32 {
    let mut sum = 0;
    for (at, b) in text.bytes().enumerate() {
        if b.is_ascii_alphanumeric() {
            sum += value(b) * u32::from(weights[at % weights.len()]);
        }
    }
    sum
}

/// Verhoeff's check (J. Verhoeff, "Error Detecting Decimal Codes", 1969) over the dihedral group D5.
pub(super) fn verhoeff(digits: &str) -> bool {
    const PERMUTATION: [u8; 10] = *b"1576283094";
    // The group's product: a turn by `a`, or a turn and a flip from 5 on.
    let product = |a: u32, b: u32| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b) % 5 + 5,
        (false, true) => (a + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let (mut all, mut place) = (0, 0);
    for b in digits.bytes().rev() {
        let mut digit = value(b);
        for _ in 0..place % 8 {
            digit = value(PERMUTATION[digit as usize]);
        }
        all = product(all, digit);
        place += 1;
    }
    all == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples that the standards and their authorities print.
    #[test]
    fn published_examples() {
        assert!(luhn("49927398716") && !luhn("49927398717"));
        assert!(mod11_10("794623") && !mod11_10("794624"));
        assert!(verhoeff("2363") && !verhoeff("2364"));
        assert_eq!(icao("L898902C3"), 6);
        assert_eq!(icao("D23145890734"), 9);
        assert_eq!(mod97(mod97(0, "32142829123456"), "98765432161182"), 1);
    }
}
