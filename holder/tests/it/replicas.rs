//! Two services on one database behave as one.

use crate::support::{Place, Server, options, seal};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

/// Tokens that open once, each with its number as the value.
fn once(place: &Place, count: usize) -> Vec<Value> {
    let mut options = options("f", "number");
    options.once = true;
    let keys = place.keys();
    let numbers: Vec<usize> = (0..count).collect();
    std::thread::scope(|scope| {
        let sealing: Vec<_> = numbers
            .chunks(count.div_ceil(2))
            .map(|numbers| {
                let (keys, options) = (&keys, &options);
                let seal = move |n: &usize| json!(seal(keys, options, &n.to_string()));
                scope.spawn(move || numbers.iter().map(seal).collect::<Vec<_>>())
            })
            .collect();
        sealing.into_iter().flat_map(|sealed| sealed.join().unwrap()).collect()
    })
}

#[test]
fn ten_thousand_tokens_that_open_once_open_once() {
    const TOKENS: usize = 10_000;
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let tokens = once(&place, TOKENS);
    let servers = [place.serve(), place.serve()];
    let opened = Mutex::new(Vec::with_capacity(TOKENS));
    let refused = Mutex::new(0);
    std::thread::scope(|scope| {
        // Every token is sent to both, and on each by two clients that come from both ends.
        for (client, server) in servers.iter().chain(&servers).enumerate() {
            let (secret, tokens, opened, refused) = (&secret, &tokens, &opened, &refused);
            scope.spawn(move || {
                let batches = tokens.chunks(100);
                let batches: Vec<_> = if client < 2 { batches.collect() } else { batches.rev().collect() };
                for batch in batches {
                    for result in server.open(secret, batch).results() {
                        match result["error"]["code"].as_str() {
                            None => opened.lock().unwrap().push(result["value"].as_u64().unwrap()),
                            Some("token-already-opened") => *refused.lock().unwrap() += 1,
                            Some(code) => panic!("{code}"),
                        }
                    }
                }
            });
        }
    });
    let opened = opened.into_inner().unwrap();
    let distinct: HashSet<_> = opened.iter().collect();
    assert_eq!((opened.len(), distinct.len()), (TOKENS, TOKENS));
    assert_eq!(refused.into_inner().unwrap(), 3 * TOKENS);
    place.run(&["audit", "verify"]).ok();
}

#[test]
fn one_goes_away_and_clients_that_try_again_lose_nothing() {
    const TOKENS: usize = 2_000;
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let tokens = once(&place, TOKENS);
    let (stays, goes) = (place.serve(), place.serve());
    let opened = Mutex::new(Vec::new());
    let tried_again = Mutex::new(0);
    std::thread::scope(|scope| {
        for (client, tokens) in tokens.chunks(TOKENS / 4).enumerate() {
            let (stays, goes, secret, opened, tried_again) = (&stays, &goes, &secret, &opened, &tried_again);
            scope.spawn(move || {
                for (n, batch) in tokens.chunks(10).enumerate() {
                    let name = format!("client-{client}-{n}");
                    let try_at = |server: &Server| server.try_open_named(secret, &name, batch);
                    let answered = try_at(if n % 2 == 0 { goes } else { stays }).or_else(|| {
                        *tried_again.lock().unwrap() += 1;
                        try_at(stays)
                    });
                    for result in answered.unwrap().results() {
                        opened.lock().unwrap().push(result["value"].as_u64().expect("a value"));
                    }
                }
            });
        }
        // In the middle of the work.
        while opened.lock().unwrap().len() < TOKENS / 4 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let pid = rustix::process::Pid::from_raw(i32::try_from(goes.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    });
    let mut opened = opened.into_inner().unwrap();
    opened.sort_unstable();
    assert_eq!(opened, (0..TOKENS as u64).collect::<Vec<_>>());
    assert!(tried_again.into_inner().unwrap() > 0);
    let again = place.audit().iter().filter(|record| record["outcome"] == "granted-again").count();
    eprintln!("{again} tokens had been opened for an answer that did not arrive");
    place.run(&["audit", "verify"]).ok();
}
