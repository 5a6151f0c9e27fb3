//! How many requests somebody may send: by address, before it is known who they are, and by credential.
//!
//! This keeps one client from taking the service away from the others, and slows down whoever tries
//! secrets. How many values a credential may have opened is another matter, and the policy's.

use crate::error::Code;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many requests an address, or a credential, may send in a second when nobody says otherwise.
pub const PER_SECOND: u32 = 1000;

/// How many requests a failed authentication counts for: one in ten of what is allowed in a second, so
/// that ten failures in a second use up all of it.
const FAILURES_PER_SECOND: u32 = 10;

/// After how many requests what is known of idle clients is thrown away.
const TIDY_EVERY: u32 = 4096;

/// The limits.
pub struct Rates {
    addresses: Option<Limit<IpAddr>>,
    credentials: Option<Limit<String>>,
    since_tidy: AtomicU32,
}

struct Limit<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    failure: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self::new(PER_SECOND, PER_SECOND)
    }
}

impl Rates {
    /// Limits to this many requests a second; twice as many may come at once after a pause. 0 is no limit.
    pub fn new(per_address: u32, per_credential: u32) -> Self {
        Self {
            addresses: Limit::new(per_address),
            credentials: Limit::new(per_credential),
            since_tidy: AtomicU32::new(0),
        }
    }

    /// A request came from an address.
    ///
    /// Errors: how many seconds to wait.
    pub(super) fn arrived(&self, from: IpAddr) -> Result<(), u64> {
        if self.since_tidy.fetch_add(1, Ordering::Relaxed) >= TIDY_EVERY {
            self.since_tidy.store(0, Ordering::Relaxed);
            self.addresses.iter().for_each(|limit| limit.limiter.retain_recent());
            self.credentials.iter().for_each(|limit| limit.limiter.retain_recent());
        }
        self.addresses.as_ref().map_or(Ok(()), |limit| limit.take(&network(from)))
    }

    /// Somebody there was not who they said, or had more passphrases compared at once than there is room for: whoever
    /// fills that queue keeps everybody out.
    pub(super) fn failed(&self, from: IpAddr, code: Code) {
        let costs = matches!(
            code,
            Code::CredentialInvalid | Code::LoginFailed | Code::SessionEnded | Code::HashesBusy
        );
        if let Some(limit) = self.addresses.as_ref().filter(|_| costs) {
            limit.spend(&network(from));
        }
    }

    /// A credential was shown that is good.
    ///
    /// Errors: how many seconds to wait.
    pub(super) fn used(&self, credential: &str) -> Result<(), u64> {
        self.credentials.as_ref().map_or(Ok(()), |limit| limit.take(&credential.to_owned()))
    }
}

impl<K: Hash + Eq + Clone> Limit<K> {
    fn new(per_second: u32) -> Option<Self> {
        let rate = NonZeroU32::new(per_second)?;
        let burst = rate.saturating_mul(NonZeroU32::MIN.saturating_add(1));
        let limiter = RateLimiter::keyed(Quota::per_second(rate).allow_burst(burst));
        Some(Self { limiter, failure: per_second.div_ceil(FAILURES_PER_SECOND) })
    }

    fn take(&self, key: &K) -> Result<(), u64> {
        self.limiter.check_key(key).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            // Rounded up: who comes back when they are told to must be let in.
            wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
        })
    }

    /// Takes what a failure costs, or as much of it as there is.
    fn spend(&self, key: &K) {
        let mut cost = self.failure;
        while let Some(count) = NonZeroU32::new(cost) {
            if matches!(self.limiter.check_key_n(key, count), Ok(Ok(()))) {
                return;
            }
            cost /= 2;
        }
    }
}

/// What counts as one address: with IPv6, a customer is given a network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(rates: &Rates, from: &str) -> usize {
        (0..100).filter(|_| rates.arrived(from.parse().unwrap()).is_ok()).count()
    }

    #[test]
    fn each_address_has_its_own_limit() {
        let rates = Rates::new(2, 2);
        // While this runs another one or two may become free.
        assert!((4..=6).contains(&allowed(&rates, "192.0.2.1")));
        assert!((4..=6).contains(&allowed(&rates, "192.0.2.2")));
        assert_eq!(rates.arrived("192.0.2.1".parse().unwrap()), Err(1));
        // Neighbours in one network count together, whichever way an address is written.
        assert!((4..=6).contains(&allowed(&rates, "2001:db8::1")));
        assert!(allowed(&rates, "2001:db8::2") <= 2);
        assert!(allowed(&rates, "::ffff:192.0.2.1") <= 2);
        assert!((4..=6).contains(&allowed(&rates, "2001:db8:0:1::1")));
    }

    #[test]
    fn failures_cost_more() {
        let rates = Rates::new(10, 10);
        let from = "192.0.2.1".parse().unwrap();
        // 20 at once; each failure takes one more.
        for _ in 0..8 {
            assert_eq!(rates.arrived(from), Ok(()));
            rates.failed(from, Code::CredentialInvalid);
        }
        assert!(allowed(&rates, "192.0.2.1") <= 6);
        // Who sends none at all has not tried one.
        let from = "192.0.2.2".parse().unwrap();
        (0..8).for_each(|_| rates.failed(from, Code::Unauthenticated));
        assert!(allowed(&rates, "192.0.2.2") >= 20);
        // Who finds the queue of passphrases full has helped to fill it.
        let from = "192.0.2.3".parse().unwrap();
        (0..16).for_each(|_| rates.failed(from, Code::HashesBusy));
        assert!(allowed(&rates, "192.0.2.3") <= 6);
    }

    #[test]
    fn credentials_have_theirs_and_zero_is_none() {
        let rates = Rates::new(0, 1);
        assert_eq!(allowed(&rates, "192.0.2.1"), 100);
        assert_eq!([rates.used("a"), rates.used("a"), rates.used("b")], [Ok(()); 3]);
        assert_eq!(rates.used("a"), Err(1));
        let rates = Rates::new(1, 0);
        assert!((0..100).all(|_| rates.used("a").is_ok()));
    }
}
