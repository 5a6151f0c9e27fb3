//! Opening a token that was parsed, on one core and on all: what everything else is compared with.
//!
//!     cargo bench -p fieldseal-holder --bench open

mod raw;

use divan::Bencher;
use divan::counter::ItemsCount;
use fieldseal::suite::Alg;
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() {
    divan::main();
}

#[divan::bench(args = ["HPKE-9", "ECDH-ES"], threads = [1, 0])]
fn open(bencher: Bencher, alg: &str) {
    let alg: Alg = alg.parse().expect("an algorithm");
    let (key, tokens) = raw::parsed(alg, 256).expect("tokens");
    let next = AtomicUsize::new(0);
    bencher.counter(ItemsCount::new(1usize)).bench(|| {
        let token = &tokens[next.fetch_add(1, Ordering::Relaxed) % tokens.len()];
        key.open(token).is_ok()
    });
}
