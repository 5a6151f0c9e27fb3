//! Sealed files: what was sealed opens, and every file with one fault is refused before anything false was given out.

use crate::support::*;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use fieldseal::file::{About, CHUNK, Head, MAGIC, MAX_HEAD_LEN, Opening, SEALED_CHUNK, Sealing, head};
use fieldseal::jwe::MAX_TOKEN_LEN;
use fieldseal::suite::Alg;
use fieldseal::{Code, Error, Result, Text};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use zeroize::Zeroizing;

assert_not_impl_any!(Sealing: Clone, Copy, std::fmt::Debug);
assert_not_impl_any!(Opening: Clone, Copy, std::fmt::Debug);
assert_not_impl_any!(About: Clone, std::fmt::Debug);
assert_impl_all!(Opening: Send, Sync);

const KEY: [u8; 32] = [7; 32];

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8 ^ (at / CHUNK) as u8).collect()
}

/// The value of the file's token, and its sealed chunks.
fn sealed(content: &[u8], about: &About) -> (Text, Vec<Vec<u8>>) {
    let (value, mut sealing) = Sealing::new(&Zeroizing::new(KEY), about).unwrap();
    let mut chunks: Vec<_> = content.chunks(CHUNK).map(<[u8]>::to_vec).collect();
    let mut last = chunks.pop().unwrap_or_default();
    chunks.iter_mut().for_each(|chunk| sealing.next(chunk).unwrap());
    sealing.last(&mut last).unwrap();
    chunks.push(last);
    (value, chunks)
}

/// Opens what is behind the head, as somebody does who reads a stream: a chunk is the last if nothing comes after it. Gives what was
/// given out until it ended, and how it ended.
fn opened(value: &str, body: &[u8]) -> (Vec<u8>, Result<()>) {
    let mut out = Vec::new();
    let mut opening = match Opening::new(value) {
        Ok((_, opening)) => opening,
        Err(error) => return (out, Err(error)),
    };
    let mut rest = body;
    while rest.len() > SEALED_CHUNK {
        let (next, behind) = rest.split_at(SEALED_CHUNK);
        let mut chunk = next.to_vec();
        let result = opening.next(&mut chunk);
        out.extend(chunk);
        if result.is_err() {
            return (out, result);
        }
        rest = behind;
    }
    let mut chunk = rest.to_vec();
    let result = opening.last(&mut chunk);
    out.extend(chunk);
    (out, result)
}

/// The construction written out: what is in a nonce, and what is authenticated.
fn chunk_by_hand(at: u32, is_last: bool, content: &[u8]) -> Vec<u8> {
    let mut nonce = [0; 12];
    nonce[7..11].copy_from_slice(&at.to_be_bytes());
    nonce[11] = u8::from(is_last);
    let payload = Payload { msg: content, aad: b"fieldseal-file-v1\n" };
    Aes256Gcm::new(&KEY.into()).encrypt(&Nonce::from(nonce), payload).unwrap()
}

#[test]
fn what_was_sealed_opens() {
    for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7] {
        let content = content(len);
        let (value, chunks) = sealed(&content, &About::default());
        let body = chunks.concat();
        assert_eq!(body.len(), len + 16 * len.div_ceil(CHUNK).max(1), "{len}");
        let (out, result) = opened(&value, &body);
        assert!(result.is_ok() && out == content, "{len}");
    }
}

#[test]
fn the_chunks_are_those_of_the_specification() {
    let content = content(2 * CHUNK + 5);
    let (value, chunks) = sealed(&content, &About::default());
    assert_eq!(*value, format!(r#"{{"file":{{"key":"{}"}}}}"#, encode(KEY)));
    for (at, chunk) in chunks.iter().enumerate() {
        let end = content.len().min((at + 1) * CHUNK);
        assert!(*chunk == chunk_by_hand(at as u32, at == 2, &content[at * CHUNK..end]), "chunk {at}");
    }
}

/// A file as a page makes it: its head has a token that opens, and its value the key of what comes after.
#[test]
fn a_file_with_its_token() {
    for alg in Alg::ALL {
        let party = Party::new(alg, 1);
        let about = About { name: Some("scan \"1\".pdf".into()), media_type: Some("application/pdf".into()) };
        let content = content(CHUNK + 1);
        let (value, chunks) = sealed(&content, &about);
        let token = party.seal(&value, &options("health-note"));
        let file = [head(&token).into_bytes(), chunks.concat()].concat();

        let read = Head::parse(&file).unwrap().unwrap();
        assert_eq!(read.token, token);
        let value = party.open(read.token).unwrap();
        let (about, _) = Opening::new(&value).unwrap();
        assert_eq!(about.name.as_ref().map(|name| name.as_str()), Some("scan \"1\".pdf"));
        assert_eq!(about.media_type.as_ref().map(|name| name.as_str()), Some("application/pdf"));
        let (out, result) = opened(&value, &file[read.len..]);
        assert!(result.is_ok() && out == content);
    }
}

/// Each row is a file with one fault, and how many chunks come out before it is found: what does come out is always
/// the beginning of what was sealed.
#[test]
fn files_with_one_fault() {
    let content = content(3 * CHUNK + 9);
    let (value, chunks) = sealed(&content, &About::default());
    let [a, b, c, last] = [0, 1, 2, 3].map(|at| chunks[at].as_slice());
    let changed = |chunk: &[u8], at: usize| {
        let mut chunk = chunk.to_vec();
        chunk[at] ^= 1;
        chunk
    };
    let other = sealed(&content, &About::default()).1;
    let stranger = {
        let (_, mut sealing) = Sealing::new(&Zeroizing::new([8; 32]), &About::default()).unwrap();
        let mut chunk = content[CHUNK..2 * CHUNK].to_vec();
        sealing.next(&mut content[..CHUNK].to_vec()).unwrap();
        sealing.next(&mut chunk).unwrap();
        chunk
    };
    let empty_end = chunk_by_hand(3, true, b"");
    let table: &[(&str, Vec<u8>, usize)] = &[
        ("nothing", vec![], 0),
        ("a byte", a[..1].to_vec(), 0),
        ("less than a tag", a[..15].to_vec(), 0),
        ("cut inside the first chunk", a[..CHUNK].to_vec(), 0),
        ("cut behind the first chunk", a.to_vec(), 0),
        ("cut behind the third", [a, b, c].concat(), 2),
        ("cut inside the last", [a, b, c, &last[..last.len() - 1]].concat(), 3),
        ("the first is missing", [b, c, last].concat(), 0),
        ("one in the middle is missing", [a, c, last].concat(), 1),
        ("only the last", last.to_vec(), 0),
        ("two have changed places", [b, a, c, last].concat(), 0),
        ("two later ones have", [a, c, b, last].concat(), 1),
        ("the last comes earlier", [a, b, last, c].concat(), 2),
        ("one comes twice", [a, a, b, c, last].concat(), 1),
        ("the last comes twice", [a, b, c, last, last].concat(), 3),
        ("a byte after the end", [a, b, c, last, b"x"].concat(), 3),
        ("a chunk after the end", [a, b, c, last, a].concat(), 3),
        ("another file after the end", [a, b, c, last, &other.concat()].concat(), 3),
        ("an empty end is added", [a, b, c, &empty_end].concat(), 3),
        ("an empty end in the place of a chunk", [a, b, &chunk_by_hand(2, true, b"")].concat(), 2),
        (
            "a last chunk in the middle",
            [a, &chunk_by_hand(1, true, &content[CHUNK..2 * CHUNK]), c, last].concat(),
            1,
        ),
        ("a middle chunk at the end", [a, b, c, &chunk_by_hand(3, false, &content[3 * CHUNK..])].concat(), 3),
        ("a short chunk in the middle", [a, &chunk_by_hand(1, false, b"short"), c, last].concat(), 1),
        ("a chunk of another file", [a, &stranger, c, last].concat(), 1),
        ("the first byte is changed", [&changed(a, 0), b, c, last].concat(), 0),
        ("a byte is changed in the second", [a, &changed(b, 77), c, last].concat(), 1),
        ("a tag is changed", [a, b, &changed(c, SEALED_CHUNK - 1), last].concat(), 2),
        ("the last tag is changed", [a, b, c, &changed(last, last.len() - 1)].concat(), 3),
        ("a line end was put before it", [b"\n", a, b, c, last].concat(), 0),
    ];
    let mut outcomes = Outcomes::default();
    for (case, body, chunks) in table {
        let (out, result) = opened(&value, body);
        outcomes.refused(case, result, Code::FileDamaged);
        assert!(out == content[..chunks * CHUNK], "{case}: {} bytes came out", out.len());
    }
    outcomes.check();
    assert!(opened(&value, &[a, b, c, last].concat()).1.is_ok());
}

/// Files of whole chunks, and the empty one, end with a full chunk or an empty one and in no other way.
#[test]
fn ends_at_a_chunk() {
    let whole = content(2 * CHUNK);
    let (value, chunks) = sealed(&whole, &About::default());
    let damaged = |body: &[u8]| assert_eq!(opened(&value, body).1, Err(Error::new(Code::FileDamaged)));
    damaged(&chunks[0]);
    damaged(&[&chunks[..], &[chunk_by_hand(2, true, b"")]].concat().concat());
    // The same content with an empty end, by somebody who has the key.
    damaged(
        &[0, 1]
            .map(|at: usize| chunk_by_hand(at as u32, false, &whole[at * CHUNK..][..CHUNK]))
            .concat()
            .into_iter()
            .chain(chunk_by_hand(2, true, b""))
            .collect::<Vec<_>>(),
    );
    let (value, chunks) = sealed(b"", &About::default());
    assert_eq!(chunks.concat(), chunk_by_hand(0, true, b""));
    assert!(opened(&value, &chunks.concat()).1.is_ok());
    assert!(opened(&value, b"").1.is_err());
}

#[test]
fn nothing_opens_behind_a_damaged_chunk() {
    let (value, chunks) = sealed(&content(3 * CHUNK), &About::default());
    let mut opening = Opening::new(&value).unwrap().1;
    let damaged = Err(Error::new(Code::FileDamaged));
    let mut chunk = chunks[1].clone();
    assert_eq!(opening.next(&mut chunk), damaged);
    assert!(chunk.is_empty());
    // The right one does not help any more.
    assert_eq!(opening.next(&mut chunks[0].clone()), damaged);
    assert_eq!(opening.last(&mut chunks[2].clone()), damaged);
}

#[test]
fn chunks_of_another_length_are_not_sealed() {
    let failed = Err(Error::new(Code::SealFailed));
    let begun = || Sealing::new(&Zeroizing::new(KEY), &About::default()).unwrap().1;
    for len in [0, 1, CHUNK - 1, CHUNK + 1] {
        assert_eq!(begun().next(&mut vec![0; len]), failed, "{len}");
    }
    assert_eq!(begun().last(&mut vec![0; CHUNK + 1]), failed);
    let mut sealing = begun();
    sealing.next(&mut vec![0; CHUNK]).unwrap();
    assert_eq!(sealing.last(&mut Vec::new()), failed);
}

#[test]
fn values_that_are_no_files() {
    let key = encode(KEY);
    let with = |rest: &str| format!(r#"{{"file":{{"key":"{key}"{rest}}}}}"#);
    assert!(Opening::new(&with("")).is_ok());
    assert!(Opening::new(&format!(r#"{{ "file" : {{ "type":"a/b","key":"{key}" }} }}"#)).is_ok());
    let long = "x".repeat(1025);
    let table: &[(&str, String)] = &[
        ("a text", "\"4242424242424242\"".into()),
        ("no JSON", "{".into()),
        ("an empty object", "{}".into()),
        ("no object inside", format!(r#"{{"file":"{key}"}}"#)),
        ("no key", r#"{"file":{}}"#.into()),
        ("a key that is too short", format!(r#"{{"file":{{"key":"{}"}}}}"#, encode([7; 31]))),
        ("a key that is too long", format!(r#"{{"file":{{"key":"{}"}}}}"#, encode([7; 33]))),
        ("a key with stray bits", format!(r#"{{"file":{{"key":"{}"}}}}"#, with_stray_bit(&key))),
        ("a key that is no text", r#"{"file":{"key":7}}"#.into()),
        ("a key twice", with(&format!(r#","key":"{key}""#))),
        ("another member", with(r#","size":7"#)),
        ("another member outside", format!(r#"{{"file":{{"key":"{key}"}},"v":1}}"#)),
        ("a name that is no text", with(r#","name":7"#)),
        ("an empty name", with(r#","name":"""#)),
        ("a name that is too long", with(&format!(r#","name":"{long}""#))),
        ("an empty type", with(r#","type":"""#)),
    ];
    let mut outcomes = Outcomes::default();
    for (case, value) in table {
        outcomes.refused(case, Opening::new(value), Code::FileMalformed);
    }
    for about in [
        About { name: Some(Text::from("")), ..About::default() },
        About { media_type: Some(Text::from(long.as_str())), ..About::default() },
    ] {
        outcomes.refused("not sealed", Sealing::new(&Zeroizing::new(KEY), &about), Code::OptionInvalid);
    }
    outcomes.check();
}

#[test]
fn heads() {
    let file = head("eyJ.a..b.");
    let whole = Some(Head { token: "eyJ.a..b.", len: file.len() });
    for end in 0..file.len() {
        assert_eq!(Head::parse(&file.as_bytes()[..end]), Ok(None), "{end}");
    }
    assert_eq!(Head::parse(file.as_bytes()), Ok(whole));
    assert_eq!(Head::parse(format!("{file}\n\0chunks").as_bytes()), Ok(whole));
    let longest = head(&"A".repeat(MAX_TOKEN_LEN));
    assert_eq!(longest.len(), MAX_HEAD_LEN);
    assert!(Head::parse(longest.as_bytes()).unwrap().is_some());
    let table: &[(&str, Vec<u8>)] = &[
        ("a token alone", b"eyJhbGci".to_vec()),
        ("another version", file.replace("v1", "v2").into_bytes()),
        ("another line end", file.replace('\n', "\r\n").into_bytes()),
        ("a space", format!("{MAGIC} eyJ").into_bytes()),
        ("a byte order mark", format!("\u{feff}{file}").into_bytes()),
        ("no text", [MAGIC.as_bytes(), b"\xff\xfe"].concat()),
        ("too long", format!("{MAGIC}{}", "A".repeat(MAX_TOKEN_LEN + 1)).into_bytes()),
    ];
    let mut outcomes = Outcomes::default();
    for (case, start) in table {
        outcomes.refused(case, Head::parse(start), Code::FileMalformed);
    }
    outcomes.check();
}
