//! What goes wrong on the way, and what comes of it.

use crate::support::{NOBODY, Place, Proxy, Treat, answering, http};
use fieldseal_client::{Ask, Error, Holder};
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_value_that_opens_once_arrives_although_its_answer_was_lost() {
    let place = Place::new();
    for treat in [&[Treat::Cut, Treat::Pass], &[Treat::Halve, Treat::Pass]] {
        let proxy = Proxy::start(&place.url, treat).await;
        let token = place.seal_once("\"only once\"");
        let holder = place.at(&[&proxy.url]).build().unwrap();
        assert_eq!(holder.open_one(&token, &Ask::new()).await.unwrap().value.json(), "\"only once\"");
        assert_eq!(proxy.connections(), 2);
        // The key holder had opened it the first time: under another name it stays shut.
        let again = place.client().open_one(&token, &Ask::new()).await.unwrap_err();
        assert_eq!(again.code(), Some("token-already-opened"));
    }
}

#[tokio::test]
async fn whoever_gave_up_can_ask_again_under_the_same_name() {
    let place = Place::new();
    let proxy = Proxy::start(&place.url, &[Treat::Cut]).await;
    let token = place.seal_once("\"late\"");
    let ask = Ask::new().idempotency_key("job-17");
    let holder = place.at(&[&proxy.url]).attempts(1).build().unwrap();
    assert_eq!(holder.open_one(&token, &ask).await.unwrap_err(), Error::Unreachable);
    assert_eq!(place.client().open_one(&token, &ask).await.unwrap().value.json(), "\"late\"");
}

#[tokio::test]
async fn of_two_addresses_one_may_be_down() {
    let place = Place::new();
    let down = Proxy::start(&place.url, &[Treat::Refuse]).await;
    let holder = place.at(&[&down.url, &place.url]).build().unwrap();
    for text in ["\"a\"", "\"b\"", "\"c\""] {
        assert_eq!(holder.open_one(place.seal("text", text), &Ask::new()).await.unwrap().value.json(), text);
    }
    assert_eq!(down.connections(), 1);
}

#[tokio::test]
async fn nobody_answers_or_nobody_in_time() {
    let place = Place::new();
    let token = place.seal("text", "\"x\"");
    let begun = Instant::now();
    let holder = place.at(&["http://127.0.0.1:9", "http://[::1]:9"]).attempts(3).build().unwrap();
    assert_eq!(holder.open_one(&token, &Ask::new()).await.unwrap_err(), Error::Unreachable);
    // Two pauses: after the first and the second round.
    assert!(begun.elapsed() >= Duration::from_millis(150));

    let silent = Proxy::start(&place.url, &[Treat::Silent]).await;
    let holder = place.at(&[&silent.url]).timeout(SHORT).attempts(2).build().unwrap();
    assert_eq!(holder.open_one(&token, &Ask::new()).await.unwrap_err(), Error::TimedOut);
    assert_eq!(silent.connections(), 2);

    let slow = Proxy::start(&place.url, &[Treat::Silent, Treat::Pass]).await;
    let holder = place.at(&[&slow.url]).timeout(SHORT * 10).build().unwrap();
    assert_eq!(holder.open_one(&token, &Ask::new()).await.unwrap().value.json(), "\"x\"");
}

#[tokio::test]
async fn a_call_that_is_dropped_asks_no_more() {
    let place = Place::new();
    let refusing = Proxy::start(&place.url, &[Treat::Refuse]).await;
    let holder = place.at(&[&refusing.url]).attempts(20).build().unwrap();
    let ask = Ask::new();
    let asked = holder.open_one(place.seal("text", "\"x\""), &ask);
    assert!(tokio::time::timeout(SHORT, asked).await.is_err());
    tokio::time::sleep(Duration::from_millis(20)).await;
    let before = refusing.connections();
    assert!(before >= 2);
    tokio::time::sleep(SHORT * 5).await;
    assert_eq!(refusing.connections(), before);
}

#[tokio::test]
async fn too_many_requests_are_waited_out_or_said() {
    let body = r#"{"code":"rate-limited","detail":"Wait."}"#;
    for (after, attempts, least) in [("1", 2, 1), ("3600", 4, 0)] {
        let url = answering(http("429 Too Many Requests", &format!("retry-after: {after}\r\n"), body)).await;
        let holder = Holder::builder().url(url).credential(NOBODY).attempts(attempts).build().unwrap();
        let begun = Instant::now();
        let error = holder.open_one("t", &Ask::new()).await.unwrap_err();
        assert!(begun.elapsed() >= Duration::from_secs(least) && begun.elapsed() < Duration::from_secs(20));
        assert!(
            matches!(&error, Error::Problem { status: 429, retry_after, .. } if retry_after.map(|after| after.to_string()).as_deref() == Some(after))
        );
        assert_eq!(error.code(), Some("rate-limited"));
    }
}

#[tokio::test]
async fn what_is_no_answer_of_a_key_holder_is_none() {
    let facts = r#""field":"f","kind":"text","iss":"https://a.example","iat":1,"jti":"j","valid":true"#;
    let two = format!(r#"{{"results":[{{{facts},"value":1}},{{{facts},"value":2}}]}}"#);
    let without = format!(r#"{{"results":[{{{facts}}}]}}"#);
    for body in [
        "<html>",
        "null",
        "{}",
        r#"{"results":[]}"#,
        r#"{"results":[null]}"#,
        r#"{"results":[{"value":1}]}"#,
        &two,
        &without,
    ] {
        let url = answering(http("200 OK", "", body)).await;
        let holder = Holder::builder().url(url).credential(NOBODY).build().unwrap();
        assert_eq!(
            holder.open_one("t", &Ask::new()).await.unwrap_err(),
            Error::Answer { status: 200 },
            "{body}"
        );
    }
    // Nor is one of somebody who sends back what came.
    for detail in [format!("Bearer {NOBODY}"), "x".repeat(301), "eyJhbGciOi".to_owned()] {
        let body = format!(r#"{{"code":"echo","detail":"{detail}"}}"#);
        let url = answering(http("400 Bad Request", "", &body)).await;
        let holder = Holder::builder().url(url).credential(NOBODY).build().unwrap();
        let error = holder.open_one("t", &Ask::new()).await.unwrap_err();
        assert_eq!(error.code(), Some("echo"));
        assert!(!format!("{error} {error:?}").contains(&detail));
    }
    let elsewhere = answering(http("200 OK", "", &two)).await;
    let url =
        answering(http("307 Temporary Redirect", &format!("location: {elsewhere}/v1/open\r\n"), "")).await;
    let holder = Holder::builder().url(url).credential(NOBODY).build().unwrap();
    assert_eq!(holder.open_one("t", &Ask::new()).await.unwrap_err(), Error::Answer { status: 307 });
}

#[tokio::test]
async fn options_that_cannot_be_used() {
    let with = || Holder::builder().url("http://localhost:1").credential(NOBODY);
    assert!(with().build().is_ok());
    let error = |builder: fieldseal_client::Builder| builder.build().err();
    assert_eq!(error(Holder::builder().credential(NOBODY)), Some(Error::Address));
    assert_eq!(error(with().url("http://keys.shop.example")), Some(Error::Address));
    assert_eq!(error(Holder::builder().url("http://localhost:1")), Some(Error::Credential));
    assert_eq!(error(with().attempts(0)), Some(Error::Option("attempts")));
    assert_eq!(error(with().concurrency(65)), Some(Error::Option("concurrency")));
    assert_eq!(error(with().root("no certificate")), Some(Error::Option("root")));
    let holder = with().build().unwrap();
    for name in ["", "a b", "ü", &"x".repeat(59)] {
        let error = holder.open_one("t", &Ask::new().idempotency_key(name)).await.unwrap_err();
        assert_eq!(error, Error::Option("idempotency_key"), "{name}");
    }
    let error = holder.open(vec!["t"; 101], &Ask::new().approval("a")).await.unwrap_err();
    assert_eq!(error, Error::Option("approval"));
}
