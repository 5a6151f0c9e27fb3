//! Tokens with one fault each: cut, changed, respelt, mixed up, or of low order.

use crate::support::*;
use fieldseal::Code::{self, *};
use fieldseal::jwe::{MAX_TOKEN_LEN, Token};
use fieldseal::suite::Alg;

/// A token, and its recipient.
fn sealed(alg: Alg) -> (Party, String) {
    let party = Party::new(alg, 1);
    let token = party.seal("\"4929 1234 5678 9012\"", &options("card-number"));
    (party, token)
}

/// All that a changed header may get: a code about the token, or that it does not open.
const REFUSALS: &[Code] = &[
    TokenMalformed,
    TokenDuplicateMember,
    TokenAlgUnknown,
    TokenLowOrder,
    TokenWrongKey,
    KindUnknown,
    OpenFailed,
];

#[test]
fn cut_short_anywhere() {
    let mut outcomes = Outcomes::default();
    for alg in Alg::ALL {
        let (_, token) = sealed(alg);
        for end in 0..token.len() {
            let case = format!("{}: the first {end} characters", alg.as_str());
            outcomes.refused(&case, Token::parse(&token[..end]), TokenMalformed);
        }
        for start in 1..token.len() {
            let case = format!("{}: without the first {start}", alg.as_str());
            outcomes.one_of(&case, Token::parse(&token[start..]), &[TokenMalformed, TokenDuplicateMember]);
        }
    }
    outcomes.check();
}

#[test]
fn parts_that_are_respelt() {
    let mut outcomes = Outcomes::default();
    for alg in Alg::ALL {
        let (party, token) = sealed(alg);
        for (at, part) in parts(&token).iter().enumerate() {
            if part.is_empty() {
                for other in ["A", "AA", "=", " "] {
                    let case = format!("{}: part {at} is {other:?}", alg.as_str());
                    outcomes.refused(&case, Token::parse(&with_part(&token, at, other)), TokenMalformed);
                }
                continue;
            }
            let mut cases = vec![
                ("empty", String::new()),
                ("padded", format!("{part}=")),
                ("padded twice", format!("{part}==")),
                ("a letter more", format!("{part}A")),
                ("a space before", format!(" {part}")),
                ("a space behind", format!("{part} ")),
                ("a line end inside", format!("{}\n{}", &part[..4], &part[4..])),
                ("the other alphabet", format!("+/{}", &part[2..])),
                ("a letter outside ASCII", format!("\u{e9}{}", &part[2..])),
            ];
            if part.len() % 4 != 0 {
                cases.push(("stray bits", with_stray_bit(part)));
            }
            for (case, other) in cases {
                // A ciphertext may have any length, so a letter more or less can leave it well formed.
                let codes: &[Code] = match (at, case) {
                    (3, "empty" | "a letter more") => &[TokenMalformed, OpenFailed],
                    _ => &[TokenMalformed],
                };
                let case = format!("{}: part {at}: {case}", alg.as_str());
                outcomes.one_of(&case, party.open(&with_part(&token, at, &other)), codes);
            }
        }
        for (case, text) in [
            ("a dot more", format!("{token}.")),
            ("a dot before", format!(".{token}")),
            ("four parts", token.rsplit_once('.').unwrap().0.to_owned()),
            ("a line end", format!("{token}\n")),
            ("space before", format!(" {token}")),
            ("quoted", format!("\"{token}\"")),
            ("twice", format!("{token}{token}")),
            ("only dots", "....".to_owned()),
            ("too long", "A".repeat(MAX_TOKEN_LEN + 1)),
            ("a long header", format!("{}....", "A".repeat(16 * 1024 + 4))),
            ("JSON serialization", format!("{{\"protected\":\"{}\"}}", parts(&token)[0])),
        ] {
            let case = format!("{}: {case}", alg.as_str());
            outcomes.refused(&case, Token::parse(&text), TokenMalformed);
        }
    }
    outcomes.check();
}

/// Every bit of every part but the header, where a flipped bit leaves the token well formed.
#[test]
fn a_flipped_bit_in_the_sealed_parts() {
    let mut outcomes = Outcomes::default();
    for alg in Alg::ALL {
        let (party, token) = sealed(alg);
        for (at, part) in parts(&token).iter().enumerate().skip(1).filter(|(_, part)| !part.is_empty()) {
            let good = decode(part);
            // The encapsulation is a kilobyte and opening it takes a while: one bit in seven, and all of the end.
            let step = if alg == Alg::Hpke9 && at == 1 { 7 } else { 1 };
            let end = (good.len() * 8).saturating_sub(256)..good.len() * 8;
            for bit in (0..good.len() * 8).step_by(step).chain(if step > 1 { end } else { 0..0 }) {
                let mut bytes = good.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let case = format!("{}: part {at}, bit {bit}", alg.as_str());
                outcomes.refused(&case, party.open(&with_part(&token, at, &encode(bytes))), OpenFailed);
            }
        }
    }
    outcomes.check();
}

/// Every byte of the header's JSON with one bit flipped; and each swapped for another character of JSON.
#[test]
fn a_changed_byte_in_the_header() {
    let mut outcomes = Outcomes::default();
    for alg in Alg::ALL {
        let (party, token) = sealed(alg);
        let json = header_json(&token).into_bytes();
        for at in 0..json.len() {
            for other in [json[at] ^ 1, json[at] ^ 0x20, b' ', b'"', b'0'] {
                if other == json[at] {
                    continue;
                }
                let mut changed = json.clone();
                changed[at] = other;
                let case = format!("{}: byte {at} is {other:#x}", alg.as_str());
                outcomes.one_of(&case, party.open(&with_part(&token, 0, &encode(changed))), REFUSALS);
            }
        }
        // The same header in another spelling is not the header that was sealed.
        let text = header_json(&token);
        for (case, other) in [
            ("a space", text.replacen('{', "{ ", 1)),
            ("an escape", text.replacen("\"alg\"", "\"\\u0061lg\"", 1)),
            (
                "another order",
                format!("{{\"iat\":{},{}", NOW.0, text.replacen("{", "", 1)).replacen(
                    &format!(",\"iat\":{}", NOW.0),
                    "",
                    1,
                ),
            ),
        ] {
            outcomes.refused(case, party.open(&with_header(&token, &other)), OpenFailed);
        }
    }
    outcomes.check();
}

#[test]
fn tokens_that_are_mixed_up() {
    let mut outcomes = Outcomes::default();
    for alg in Alg::ALL {
        let (party, token) = sealed(alg);
        let another = party.seal("\"another\"", &options("card-number"));
        let stranger = Party::new(alg, 2);
        outcomes.refused("for another key", stranger.open(&token), OpenFailed);
        for at in 0..5 {
            if !parts(&token)[at].is_empty() {
                let mixed = with_part(&token, at, &parts(&another)[at]);
                outcomes.refused(
                    &format!("{}: part {at} swapped", alg.as_str()),
                    party.open(&mixed),
                    OpenFailed,
                );
            }
        }
        // A thief renames the recipient, the field, the kind, the origin or the person.
        let header = header_json(&token);
        for (from, to) in [
            (party.jwk.kid(), stranger.jwk.kid()),
            ("\"field\":\"field\"", "\"field\":\"fielt\""),
            ("card-number", "card-cvc"),
            ("card-number", "text"),
            (ORIGIN, "https://evil.example"),
            ("\"iat\":17", "\"iat\":18"),
            ("\"field\":", "\"once\":true,\"field\":"),
            ("\"field\":", "\"exp\":4000000000,\"field\":"),
            ("\"field\":", "\"sub\":\"me\",\"field\":"),
            ("\"field\":", "\"hint\":{\"a\":1},\"field\":"),
            ("\"field\":", "\"consent\":{},\"field\":"),
        ] {
            assert!(header.contains(from), "{from}");
            let renamed = with_header(&token, &header.replacen(from, to, 1));
            outcomes.refused(to, party.open(&renamed), OpenFailed);
        }
    }
    outcomes.check();
}

#[test]
fn the_other_algorithm() {
    let (hpke, hpke_token) = sealed(Alg::Hpke9);
    let (ecdh, ecdh_token) = sealed(Alg::EcdhEs);
    let mut outcomes = Outcomes::default();
    outcomes.refused("an HPKE-9 token, an ECDH-ES key", ecdh.open(&hpke_token), TokenWrongKey);
    outcomes.refused("an ECDH-ES token, an HPKE-9 key", hpke.open(&ecdh_token), TokenWrongKey);
    let swapped = with_part(&hpke_token, 0, &parts(&ecdh_token)[0]);
    outcomes.refused("an ECDH-ES header on HPKE-9 parts", hpke.open(&swapped), TokenMalformed);
    let swapped = with_part(&ecdh_token, 0, &parts(&hpke_token)[0]);
    outcomes.refused("an HPKE-9 header on ECDH-ES parts", ecdh.open(&swapped), TokenMalformed);
    for (from, to, code) in [
        ("HPKE-9", "ECDH-ES", TokenMalformed),
        ("HPKE-9", "HPKE-9-KE", TokenAlgUnknown),
        ("HPKE-9", "HPKE-0", TokenAlgUnknown),
        ("HPKE-9", "dir", TokenAlgUnknown),
        ("HPKE-9", "none", TokenAlgUnknown),
        ("HPKE-9", "", TokenAlgUnknown),
    ] {
        let header = header_json(&hpke_token).replacen(from, to, 1);
        outcomes.refused(&format!("alg {to}"), Token::parse(&with_header(&hpke_token, &header)), code);
    }
    for (from, to, code) in [
        ("ECDH-ES", "HPKE-9", TokenMalformed),
        ("ECDH-ES", "ECDH-ES+A256KW", TokenAlgUnknown),
        ("A256GCM", "A128GCM", TokenAlgUnknown),
        ("A256GCM", "A256CBC-HS512", TokenAlgUnknown),
    ] {
        let header = header_json(&ecdh_token).replacen(from, to, 1);
        outcomes.refused(
            &format!("{from} becomes {to}"),
            Token::parse(&with_header(&ecdh_token, &header)),
            code,
        );
    }
    outcomes.check();
}

#[test]
fn parts_of_the_wrong_length() {
    let mut outcomes = Outcomes::default();
    for (alg, at) in [(Alg::Hpke9, 1), (Alg::EcdhEs, 2), (Alg::EcdhEs, 4)] {
        let (_, token) = sealed(alg);
        let good = decode(&parts(&token)[at]);
        for (case, bytes) in [
            ("short by one", good[1..].to_vec()),
            ("long by one", [&good[..], &[0]].concat()),
            ("one byte", vec![1]),
        ] {
            let case = format!("{}: part {at} is {case}", alg.as_str());
            outcomes.refused(&case, Token::parse(&with_part(&token, at, &encode(bytes))), TokenMalformed);
        }
    }
    let (party, token) = sealed(Alg::Hpke9);
    // HPKE's ciphertext ends with its tag of 16 bytes, so a shorter one is none.
    outcomes.refused(
        "15 bytes of ciphertext",
        party.open(&with_part(&token, 3, &encode([1; 15]))),
        TokenMalformed,
    );
    outcomes.refused(
        "16 bytes of ciphertext",
        party.open(&with_part(&token, 3, &encode([1; 16]))),
        OpenFailed,
    );
    for alg in Alg::ALL {
        let (party, token) = sealed(alg);
        let good = decode(&parts(&token)[3]);
        for (case, bytes) in
            [("short by one", good[..good.len() - 1].to_vec()), ("long by one", [&good[..], &[0]].concat())]
        {
            let case = format!("{}: ciphertext {case}", alg.as_str());
            outcomes.refused(&case, party.open(&with_part(&token, 3, &encode(bytes))), OpenFailed);
        }
    }
    let (party, token) = sealed(Alg::EcdhEs);
    outcomes.refused("no ciphertext", party.open(&with_part(&token, 3, "")), OpenFailed);
    outcomes.check();
}

#[test]
fn encapsulations_of_low_order() {
    let mut outcomes = Outcomes::default();
    let (_, hpke) = sealed(Alg::Hpke9);
    let (_, ecdh) = sealed(Alg::EcdhEs);
    let header: serde_json::Value = serde_json::from_str(&header_json(&ecdh)).unwrap();
    for point in low_order_points() {
        let mut enc = decode(&parts(&hpke)[1]);
        let start = enc.len() - point.len();
        enc[start..].copy_from_slice(&point);
        let case = format!("HPKE-9: {point:02x?}");
        outcomes.refused(&case, Token::parse(&with_part(&hpke, 1, &encode(enc))), TokenLowOrder);
        let mut header = header.clone();
        header["epk"]["x"] = encode(point).into();
        let case = format!("ECDH-ES: {point:02x?}");
        outcomes.refused(&case, Token::parse(&with_header(&ecdh, &header.to_string())), TokenLowOrder);
    }
    outcomes.check();
}
