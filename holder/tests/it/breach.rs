//! A breach at the size at which it must still be told within the hour what it touched. That it is told exactly is
//! tried on both databases with fewer tokens, in `incident/breach.rs`.

use crate::incident::breach::stage;
use std::time::Duration;

#[test]
fn a_hundred_thousand_tokens_are_assessed_exactly_within_a_minute() {
    let took = stage(100_000, 500);
    eprintln!("assessed 100,000 tokens of 500 subjects in {took:.1?}");
    assert!(took < Duration::from_secs(60), "{took:?}");
}
