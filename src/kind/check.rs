//! Check digits, each from its standard. All take ASCII letters and digits; letters count from A = 10.

/// The value of a digit or letter: `0` is 0, `A` is 10.
pub(super) fn value(b: u8) -> u32 {
    if b.is_ascii_digit() { u32::from(b - b'0') } else { u32::from(b.wrapping_sub(b'A' - 10)) }
}

/// ISO/IEC 7812-1 annex B: the Luhn formula.
pub(super) fn luhn(digits: &str) -> bool {
    let doubled = |(i, b): (usize, u8)| {
        let digit = value(b) << (i % 2);
        if digit > 9 { digit - 9 } else { digit }
    };
    digits.bytes().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

/// The remainder by 97 of the number that ISO/IEC 7064 makes of letters and digits.
pub(super) fn mod97(text: impl Iterator<Item = u8>) -> u32 {
    text.fold(0, |n, b| {
        let value = value(b);
        (n * if value > 9 { 100 } else { 10 } + value) % 97
    })
}

/// ISO/IEC 7064, the hybrid system MOD 11,10.
pub(super) fn mod11_10(digits: &str) -> bool {
    let (body, check) = digits.split_at(digits.len() - 1);
    let product = body.bytes().fold(10, |product, b| {
        let sum = (value(b) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (product + value(check.as_bytes()[0])) % 10 == 1
}

/// ICAO Doc 9303 part 3 section 4.9: weights 7, 3, 1; the filler `<` is zero.
pub(super) fn icao(text: &str) -> u32 {
    weighted(text.bytes().map(|b| if b == b'<' { 0 } else { value(b) }), &[7, 3, 1]) % 10
}

/// The sum of the values times the weights, which repeat.
pub(super) fn weighted(values: impl Iterator<Item = u32>, weights: &[u32]) -> u32 {
    values.zip(weights.iter().cycle()).map(|(value, weight)| value * weight).sum()
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
    let permuted = |(i, b)| (0..i % 8).fold(value(b), |digit, _| value(PERMUTATION[digit as usize]));
    digits.bytes().rev().enumerate().map(permuted).fold(0, product) == 0
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
        assert_eq!(mod97("3214282912345698765432161182".bytes()), 1);
    }
}
