//! What a decision costs: the rules, and reading the token that they are about.
//!
//!     cargo bench -p fieldseal-holder --bench policy

mod raw;

use divan::Bencher;
use divan::counter::ItemsCount;
use fieldseal::NumericDate;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::Kind;
use fieldseal::open::PrivateKey;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use fieldseal::suite::Alg;
use fieldseal_holder::policy::{
    Actor, Expectation, Flags, Kept, KeyInfo, Occasion, Origins, Policy, Rules, Sealed,
};
use std::sync::Arc;
use zeroize::Zeroizing;

const NOW: NumericDate = NumericDate(1_800_000_000);
const BATCH: usize = 100;

fn main() {
    divan::main();
}

/// A request of 100 tokens that are alike, or each of another person's.
#[divan::bench(args = [false, true])]
fn authorise(bencher: Bencher, each_of_another: bool) {
    let tokens = tokens(each_of_another);
    let policy = Policy::new(Origins::Any, Arc::new(Rules::standard().expect("rules")));
    let occasion = Occasion::new(Actor::operator("bench"), None, NOW).expect("an occasion").batch(BATCH);
    let (revoked, is_over, kept) = (false, false, Kept::default());
    let key = KeyInfo { alg: Alg::EcdhEs, scope: Scope::All, revoked, is_over, kept, subject: None };
    bencher.counter(ItemsCount::new(BATCH)).bench(|| {
        let mut hearing = policy.hear(&occasion, Flags::none());
        let granted = tokens.iter().filter(|token| {
            let sealed = Sealed::parse(token).expect("a token");
            hearing.authorise(sealed, &Expectation::default(), Ok(key.clone())).is_ok()
        });
        assert_eq!(granted.count(), BATCH);
    });
}

fn tokens(each_of_another: bool) -> Vec<String> {
    let key = PrivateKey::from_seed(Alg::EcdhEs, Zeroizing::new([7; 32])).expect("a key");
    let jwk = Jwk::new(Alg::EcdhEs, Scope::All, &key.public(), None, None).expect("a key");
    let sealer = Sealer::new(KeySet::new(vec![jwk]), raw::ORIGIN).expect("a sealer");
    let seal = |n: usize| {
        let mut options = SealOptions::new("n", Kind::parse("number").expect("a kind")).unchecked();
        options.sub = each_of_another.then(|| format!("person-{n}"));
        let mut entropy = Zeroizing::new([0; Entropy::LEN]);
        getrandom::fill(entropy.as_mut_slice()).expect("random bytes");
        sealer.seal_json("1", &options, NOW, Entropy::new(&entropy)).expect("a token")
    };
    (0..BATCH).map(seal).collect()
}
