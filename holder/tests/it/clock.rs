//! What time changes, with a clock that the test moves.

use crate::support::{ORIGIN, Place, first, options, seal_at};
use fieldseal::NumericDate;
use fieldseal::keyset::signed::{Signer, Unverified};
use fieldseal::keyset::{KeySet, Scope};
use fieldseal::suite::Alg;
use fieldseal_holder::clock::Clock;
use fieldseal_holder::error::Code;
use fieldseal_holder::holder::{Holder, Init, Submission};
use fieldseal_holder::http;
use fieldseal_holder::keystore::{Cost, Secret};
use fieldseal_holder::policy::{Actor, Expectation};
use fieldseal_holder::store::{Location, Store};
use tokio::net::TcpListener;

const START: NumericDate = NumericDate(1_800_000_000);
const DAY: u64 = 24 * 60 * 60;

async fn holder(place: &Place, clock: &Clock) -> Holder {
    let secret = Secret::new_key_file(&place.path("key")).unwrap();
    let actor = Actor::operator("test");
    let init = Init { origins: &[ORIGIN.to_owned()], secret: &secret, cost: Cost::default(), actor: &actor };
    Holder::create(&place.path("home"), None, &init, clock.now()).await.unwrap();
    let store = Store::open(&Location::File(place.database())).await.unwrap();
    Holder::unlock(store, &secret, clock.clone()).await.unwrap()
}

async fn code(holder: &Holder, token: &str) -> Option<&'static str> {
    let submission = Submission { token: token.to_owned(), expectation: Expectation::default() };
    let outcomes = holder.open(Actor::operator("test"), None, None, vec![Ok(submission)]).await.unwrap();
    outcomes.into_iter().next().unwrap().err().map(|refusal| refusal.code().as_str())
}

#[tokio::test]
async fn a_token_opens_from_shortly_before_it_was_sealed_until_it_expires() {
    let place = Place::empty();
    let clock = Clock::manual(START);
    let holder = holder(&place, &clock).await;
    holder.new_key(Alg::Hpke9, Scope::All, 90, &Actor::operator("test")).await.unwrap();
    let keys = holder.keys().published(START).await.unwrap();
    let mut options = options("note", "text");
    options.exp = Some(START.plus(60));
    let token = seal_at(&keys, &options, "1", ORIGIN, START);
    for (time, expected) in [
        (START.0 - 301, Some("token-from-the-future")),
        (START.0 - 300, None),
        (START.0, None),
        (START.0 + 59, None),
        (START.0 + 60, Some("token-expired")),
    ] {
        clock.set(NumericDate(time));
        assert_eq!(code(&holder, &token).await, expected, "{time}");
    }
}

#[tokio::test]
async fn an_expired_key_is_not_published_and_still_opens() {
    let place = Place::empty();
    let clock = Clock::manual(START);
    let holder = holder(&place, &clock).await;
    let actor = Actor::operator("test");
    holder.new_key(Alg::Hpke9, Scope::All, 1, &actor).await.unwrap();
    let kid = holder.new_key(Alg::EcdhEs, Scope::All, 2, &actor).await.unwrap();
    let published = async |time| holder.keys().published(time).await.unwrap();
    let both = published(START).await;
    assert_eq!(both.keys().len(), 2);
    let older = KeySet::new(vec![first(&both).clone()]);
    let token = seal_at(&older, &options("note", "text"), "1", ORIGIN, START);
    let later = START.plus(DAY);
    clock.set(later);
    let left = published(later).await;
    assert_eq!(left.keys().map(|key| key.kid()).collect::<Vec<_>>(), [kid.as_str()]);
    assert_eq!(code(&holder, &token).await, None);
}

#[tokio::test]
async fn a_key_opens_until_its_date() {
    let place = Place::empty();
    let clock = Clock::manual(START);
    let holder = holder(&place, &clock).await;
    holder.new_key(Alg::EcdhEs, Scope::All, 90, &Actor::operator("test")).await.unwrap();
    let keys = holder.keys().published(START).await.unwrap();
    let date = first(&keys).destroys().unwrap();
    assert_eq!(date, first(&keys).exp().unwrap().plus(3653 * DAY));
    // Sealed on the last day, so that it is the key that ends and not the time of the kind.
    let token = seal_at(&keys, &options("note", "text"), "1", ORIGIN, START.plus(90 * DAY - 1));
    for (time, expected) in [(date.0 - 2, None), (date.0, Some("key-retention-over")), (date.0 - 2, None)] {
        clock.set(NumericDate(time));
        assert_eq!(code(&holder, &token).await, expected, "{time}");
    }
    // The time of the kind ends a second before: what was sealed last was sealed before the end.
    clock.set(NumericDate(date.0 - 1));
    assert_eq!(code(&holder, &token).await, Some("token-retention-over"));
}

#[tokio::test]
async fn days_are_checked() {
    let place = Place::empty();
    let holder = holder(&place, &Clock::manual(START)).await;
    for days in [0, 3651, u64::MAX] {
        let made = holder.new_key(Alg::Hpke9, Scope::All, days, &Actor::operator("test")).await;
        assert_eq!(made.err().map(|error| error.code()), Some(Code::DaysOutOfRange));
    }
}

#[tokio::test]
async fn the_signature_is_renewed_every_hour_and_with_every_key() {
    let place = Place::empty();
    let clock = Clock::manual(START);
    let holder = holder(&place, &clock).await;
    let actor = Actor::operator("test");
    holder.new_key(Alg::Hpke9, Scope::All, 90, &actor).await.unwrap();
    let signer = holder.keys().signer();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/.well-known/sealed-input.jwt", socket.local_addr().unwrap());
    let listener = http::Listener {
        socket,
        tls: None,
        router: http::router(holder.clone()),
        metrics: holder.metrics().clone(),
    };
    tokio::spawn(http::serve(vec![listener], std::future::pending()));
    let fetch = async || {
        let url = url.clone();
        let fetch =
            move || crate::support::agent().get(url).call().unwrap().body_mut().read_to_string().unwrap();
        tokio::task::spawn_blocking(fetch).await.unwrap()
    };
    let first = fetch().await;
    clock.set(START.plus(3599));
    assert_eq!(fetch().await, first);
    clock.set(START.plus(3600));
    let second = fetch().await;
    assert_ne!(second, first);
    holder.new_key(Alg::EcdhEs, Scope::All, 90, &actor).await.unwrap();
    let third = fetch().await;
    assert_ne!(third, second);
    // A clock that is set back gives a signature that is not from the future.
    clock.set(START);
    let fourth = fetch().await;
    assert_eq!(trusted(&fourth, signer, START), Ok(2));
    // A set that somebody kept back is believed for a day.
    assert_eq!(trusted(&first, signer, START.plus(DAY - 1)), Ok(1));
    assert_eq!(trusted(&first, signer, START.plus(DAY)), Err("keyset-expired"));
}

fn trusted(set: &str, signer: &Signer, now: NumericDate) -> Result<usize, &'static str> {
    let set = Unverified::parse(set, signer).map_err(|error| error.code())?;
    set.trust(true, now).map(|set| set.keys().len()).map_err(|error| error.code())
}
