//! The service is killed at random moments under load, again and again: whatever was answered is on record, no `once`
//! token opens twice, and the audit is whole.
//!
//! `FIELDSEAL_CRASH_ROUNDS` says how often; 25 if it says nothing.

use crate::support::{Place, Server, options, seal};
use fieldseal::keyset::KeySet;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

const CLIENTS: usize = 4;
const BATCH: usize = 5;

/// What clients were told before the service was gone: tokens, by `jti`, and what came of each.
#[derive(Default)]
struct Answers(Mutex<Vec<(String, String)>>);

#[test]
fn nothing_that_was_answered_is_lost() {
    let rounds = std::env::var("FIELDSEAL_CRASH_ROUNDS").map_or(25, |rounds| rounds.parse().unwrap());
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let keys = place.keys();
    let (mut records, mut answered, mut cut_short) = (place.audit().len() as u64, 0, 0);
    let mut granted: HashMap<String, u32> = HashMap::new();
    let mut once: HashSet<String> = HashSet::new();
    for round in 0..rounds {
        let server = place.serve();
        let answers = Answers::default();
        let tokens: Vec<Vec<_>> = (0..CLIENTS).map(|_| some_tokens(&keys, &mut once)).collect();
        let asked: usize = tokens.iter().map(Vec::len).sum();
        let delay = random() % 150;
        std::thread::scope(|scope| {
            for tokens in &tokens {
                scope.spawn(|| ask(&server, &secret, tokens, &answers));
            }
            std::thread::sleep(Duration::from_millis(delay));
            rustix::process::kill_process(
                rustix::process::Pid::from_raw(i32::try_from(server.id()).unwrap()).unwrap(),
                rustix::process::Signal::KILL,
            )
            .unwrap();
        });
        drop(server);

        // Whole, and what an earlier checkpoint covered is still as it was.
        let verify = place
            .run(&["audit", "verify", "--json", "--checkpoint", "note"][..if round == 0 { 3 } else { 5 }]);
        let verified: Value = serde_json::from_str(&verify.ok()).unwrap();
        assert_eq!(verified["intact"], true, "round {round}");
        if let Ok(note) =
            std::process::Command::output(&mut place.command(&["audit", "checkpoint", "--last"]))
        {
            std::fs::write(place.path("note"), note.stdout).unwrap();
        }

        let mut recorded: HashMap<String, HashSet<String>> = HashMap::new();
        let after = records.to_string();
        for line in place.run(&["audit", "query", "--json", "--after", &after]).ok().lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            records += 1;
            assert_eq!(record["seq"], records);
            let jti = record["jti"].as_str().unwrap().to_owned();
            let outcome = record["outcome"].as_str().unwrap().to_owned();
            if outcome == "granted" {
                *granted.entry(jti.clone()).or_default() += 1;
            }
            recorded.entry(jti).or_default().insert(outcome);
        }
        let answers = answers.0.into_inner().unwrap();
        for (jti, outcome) in &answers {
            let recorded = recorded.get(jti).is_some_and(|outcomes| outcomes.contains(outcome));
            assert!(recorded, "round {round}: {outcome} was answered and is not on record");
        }
        let twice = once.iter().find(|jti| granted.get(*jti).is_some_and(|times| *times > 1));
        assert_eq!(twice, None, "round {round}: a token that opens once was opened twice");
        answered += answers.len();
        cut_short += usize::from(answers.len() < asked);
    }
    eprintln!(
        "{rounds} times killed: {answered} answers and {records} records, {cut_short} times in the middle of the work"
    );
    assert!(answered > 0 && cut_short > 0);
}

/// Tokens in batches, half of which open once. Those are asked for twice, so that the second try may come after
/// the crash or before it.
fn some_tokens(keys: &KeySet, once: &mut HashSet<String>) -> Vec<(String, Value)> {
    let mut tokens = Vec::new();
    for n in 0..30 {
        let mut options = options("f", "number");
        options.once = n % 2 == 0;
        let token = seal(keys, &options, &n.to_string());
        let jti = fieldseal::jwe::Token::parse(&token).unwrap().header().jti.clone();
        if options.once {
            once.insert(jti.clone());
            tokens.push((jti.clone(), json!(token)));
        }
        tokens.push((jti, json!(token)));
    }
    tokens
}

/// Asks until all is answered or the service is gone.
fn ask(server: &Server, secret: &str, tokens: &[(String, Value)], answers: &Answers) {
    for batch in tokens.chunks(BATCH) {
        let sent: Vec<_> = batch.iter().map(|(_, token)| token.clone()).collect();
        let Some(answered) = server.try_open(secret, &sent) else { return };
        let results = answered.results();
        let mut answers = answers.0.lock().unwrap();
        for ((jti, _), result) in batch.iter().zip(&results) {
            let outcome = result["error"]["code"].as_str().unwrap_or("granted");
            answers.push((jti.clone(), outcome.to_owned()));
        }
    }
}

fn random() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes)
}
