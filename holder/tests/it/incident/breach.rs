//! A staged breach: many tokens of many subjects, three credentials of which two are suspected, two keys of which one
//! is. What was planted is known, and the assessment names exactly that.

use super::open;
use crate::support::{ORIGIN, Place, Server, entropy, now};
use fieldseal::keyset::KeySet;
use fieldseal::kind::Kind;
use fieldseal::sealer::{SealOptions, Sealer};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::time::{Duration, Instant};

/// How many values a request holds.
const REQUEST: usize = 100;

/// A token, and what it was made as.
struct Made {
    text: String,
    digest: String,
    subject: usize,
    /// Which of the subject's tokens it is.
    round: usize,
    is_payment: bool,
}

/// What is to be found, by digest.
#[derive(Default)]
struct Planted {
    /// The names of those who had it opened, and how.
    opened: BTreeMap<String, BTreeSet<(&'static str, &'static str)>>,
    exposed: BTreeSet<String>,
    safe: BTreeSet<String>,
    subjects: BTreeSet<String>,
}

fn name(subject: usize) -> String {
    format!("u-{subject:03}")
}

/// Makes the tokens, on every core. The first two fifths of the subjects have payment data.
fn make(keys: &KeySet, count: usize, subjects: usize) -> Vec<Made> {
    use sha2::{Digest, Sha256};
    let sealer = Sealer::new(keys.clone(), ORIGIN).unwrap();
    let kinds = ["card-number", "card-expiry", "email", "phone", "postal-address"]
        .map(|kind| Kind::parse(kind).unwrap());
    let one = |n: usize| {
        let (subject, round) = (n % subjects, n / subjects);
        let is_payment = subject < subjects * 2 / 5 && round % 2 == 1;
        let kind = if is_payment { kinds[round / 2 % 2] } else { kinds[2 + round % 3] };
        let mut options = SealOptions::new(kind.as_str(), kind).unchecked();
        options.sub = Some(name(subject));
        let text = sealer.seal_json("\"v\"", &options, now(), entropy()).unwrap();
        let digest = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
        Made { text, digest, subject, round, is_payment }
    };
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let share = count.div_ceil(cores);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|core| {
                scope
                    .spawn(move || (core * share..count.min((core + 1) * share)).map(one).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// Has tokens opened in requests of the usual size, all of them well.
fn ask(server: &Server, secret: &str, path: &str, tokens: &[&Made]) {
    for tokens in tokens.chunks(REQUEST) {
        let tokens: Vec<_> = tokens.iter().map(|made| &made.text).collect();
        let results = server.ask(secret, path, &json!({ "tokens": tokens })).results();
        assert!(results.iter().all(|result| result.get("error").is_none()), "{results:?}");
    }
}

/// Waits for the next second, so that what was done before and what follows have different times.
fn next_second() -> String {
    let second = now().0;
    while now().0 == second {
        std::thread::sleep(Duration::from_millis(5));
    }
    humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + Duration::from_secs(now().0)).to_string()
}

/// Stages a breach, has it assessed, and compares. It gives how long the assessment took.
pub(crate) fn stage(count: usize, subjects: usize) -> Duration {
    let place = Place::with_keys(&[("contact", "ECDH-ES"), ("payment", "ECDH-ES")]);
    let [checkout, desk, nightly] =
        ["checkout", "desk", "nightly"].map(|n| place.credential(n, &["contact", "payment"]));
    let keys = place.keys();
    let payment = keys.keys().find(|key| key.scope().as_str() == "payment").unwrap().kid().to_owned();
    let all = make(&keys, count, subjects);
    let part = |from: usize, to: usize| subjects * from / 10..subjects * to / 10;
    let of = |range: std::ops::Range<usize>, round: usize, is_payment: bool| -> Vec<&Made> {
        let is_one = |made: &&Made| range.contains(&made.subject) && made.round % 10 == round;
        all.iter().filter(|made| made.is_payment == is_payment).filter(is_one).collect()
    };
    let server = place.serve();
    let mut planted = Planted::default();
    let mut plant = |by: &'static str, how: &'static str, tokens: &[&Made]| {
        for made in tokens {
            planted.opened.entry(made.digest.clone()).or_default().insert((by, how));
            planted.subjects.insert(name(made.subject));
        }
    };

    // Before the window: the same credential, at its work.
    ask(&server, &checkout, "/v1/open", &of(part(6, 10), 4, false));
    let from = next_second();
    // In the window: values shown, values masked, values shown that the key exposes too; and somebody else's work.
    let (shown, masked, both) = (of(part(3, 6), 0, false), of(part(3, 6), 2, false), of(part(0, 1), 1, true));
    ask(&server, &checkout, "/v1/open", &shown);
    plant("checkout", "open", &shown);
    ask(&server, &desk, "/v1/open-masked", &masked);
    plant("desk", "open-masked", &masked);
    ask(&server, &desk, "/v1/open", &both);
    plant("desk", "open", &both);
    ask(&server, &checkout, "/v1/open", &shown[..shown.len() / 2]);
    for round in [3, 7] {
        ask(&server, &nightly, "/v1/open", &of(part(0, 10), round, false));
        ask(&server, &nightly, "/v1/open", &of(part(0, 10), round, true));
    }
    ask(&server, &nightly, "/v1/open", &masked);
    // What was refused, and what did not open: other people's data, and tokens that were tampered with.
    let denied = of(part(8, 10), 8, false);
    let tampered: Vec<Value> = denied.iter().take(REQUEST).map(|made| json!(tamper(&made.text))).collect();
    let failed = server.open(&checkout, &tampered).results();
    assert!(failed.iter().all(|result| result["error"]["code"] == "open-failed"), "{failed:?}");
    let elsewhere: Vec<Value> =
        denied.iter().take(REQUEST).map(|m| json!({ "token": m.text, "field": "x" })).collect();
    let refused = server.open(&desk, &elsewhere).results();
    assert!(refused.iter().all(|result| result["error"]["code"] == "token-wrong-field"), "{refused:?}");
    let to = next_second();
    // After it.
    ask(&server, &desk, "/v1/open", &of(part(6, 10), 5, false));

    for made in &all {
        match (made.is_payment, planted.opened.contains_key(&made.digest)) {
            (true, _) => {
                planted.exposed.insert(made.digest.clone());
                planted.subjects.insert(name(made.subject));
            }
            (false, false) => {
                planted.safe.insert(made.digest.clone());
            }
            (false, true) => {}
        }
    }
    let mut file = std::io::BufWriter::new(std::fs::File::create(place.path("stolen.ndjson")).unwrap());
    for made in &all {
        writeln!(file, "{}", json!({ "token": made.text })).unwrap();
    }
    file.into_inner().unwrap();
    let suspects = ["--credential", "checkout", "--credential", "desk", "--key", &payment];
    let id = open(&place, &[&suspects[..], &["--from", &from, "--to", &to]].concat());

    let begun = Instant::now();
    let files = ["--tokens", "stolen.ndjson", "--safe-out", "safe.ndjson", "--out", "made.json"];
    place.run(&[&["incident", "assess", &id], &files[..]].concat()).ok();
    let took = begun.elapsed();
    let made: Value = serde_json::from_slice(&std::fs::read(place.path("made.json")).unwrap()).unwrap();
    compare(&made, &planted, &std::fs::read_to_string(place.path("safe.ndjson")).unwrap());
    assert_eq!(made["given"]["tokens"], count);
    assert_eq!(made["totals"]["both"], both.len());
    assert_eq!(made["totals"]["subjects_safe"], subjects - planted.subjects.len());
    took
}

fn tamper(token: &str) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let first = if parts[3].starts_with('A') { "B" } else { "A" };
    parts[3].replace_range(..1, first);
    parts.join(".")
}

/// Exactly what was planted: no value and no subject more, and none less.
fn compare(made: &Value, planted: &Planted, safe: &str) {
    let list = |name: &str| made[name].as_array().unwrap().clone();
    let digest = |value: &Value| value["digest"].as_str().unwrap().to_owned();
    let mut opened = BTreeMap::new();
    for value in list("opened") {
        let ways: BTreeSet<_> = value["openings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|opening| {
                let text = |member: &str| opening[member].as_str().unwrap().to_owned();
                (text("by"), text("access"))
            })
            .collect();
        assert!(opened.insert(digest(&value), ways).is_none());
    }
    let expected: BTreeMap<_, BTreeSet<_>> = planted
        .opened
        .iter()
        .map(|(digest, ways)| {
            let own = |(by, how): &(&str, &str)| ((*by).to_owned(), (*how).to_owned());
            (digest.clone(), ways.iter().map(own).collect())
        })
        .collect();
    assert!(opened == expected, "{} opened, {} planted", opened.len(), expected.len());
    let exposed: BTreeSet<_> = list("exposed").iter().map(digest).collect();
    assert!(exposed == planted.exposed, "{} exposed, {} planted", exposed.len(), planted.exposed.len());
    let lines = safe.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let safe: BTreeSet<_> = lines.map(|value| digest(&value)).collect();
    assert!(safe == planted.safe, "{} safe, {} planted", safe.len(), planted.safe.len());
    let subjects: BTreeSet<_> =
        list("subjects").iter().map(|subject| subject["subject"].as_str().unwrap().to_owned()).collect();
    assert_eq!(subjects, planted.subjects);
    let sum = |table: &str, sort: &str| -> usize {
        made[table].as_object().unwrap().values().map(|c| c[sort].as_u64().unwrap() as usize).sum()
    };
    for table in ["by_kind", "by_class", "by_field", "by_origin", "by_jurisdiction"] {
        let sums = ["opened", "exposed", "safe"].map(|sort| sum(table, sort));
        assert_eq!(sums, [opened.len(), exposed.len(), safe.len()], "{table}");
    }
}

#[test]
fn a_small_breach_is_assessed_exactly() {
    stage(2_000, 100);
}
