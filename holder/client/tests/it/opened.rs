//! Values that arrive.

use crate::support::{NOBODY, ORIGIN, Place};
use fieldseal_client::{Ask, Credential, Error, Expected};
use secrecy::SecretString;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn values_keep_their_text_and_say_what_they_are() {
    let place = Place::new();
    let texts = ["\"\"", "true", "null", "12.50", "123456789012345678901234567890", r#"{"a":[1,"\u0041"]}"#];
    let tokens: Vec<_> = texts.iter().map(|text| place.seal("json", text)).collect();
    let opened = place.client().open(&tokens, &Ask::purpose("a test")).await.unwrap();
    assert_eq!(opened.len(), texts.len());
    for (opened, text) in opened.iter().zip(texts) {
        let opened = opened.as_ref().unwrap();
        assert_eq!(opened.value.json(), text);
        assert_eq!((opened.facts.field.as_str(), opened.facts.kind.as_str()), ("note", "json"));
        assert_eq!((opened.facts.iss.as_str(), opened.facts.valid), (ORIGIN, true));
        assert!(!format!("{opened:?}").contains("123456789012345678901234567890"));
    }
    assert_eq!(opened[3].as_ref().unwrap().value.parse::<f64>(), Ok(12.5));
    assert_eq!(opened[3].as_ref().unwrap().value.parse::<String>(), Err(Error::Type));
}

#[tokio::test]
async fn refusals_do_not_touch_the_others() {
    let place = Place::new();
    let items = [
        Expected::new(place.seal("text", "\"a\"")),
        Expected::new("no token"),
        Expected::new(place.seal("text", "\"b\"")).field("other"),
        Expected::new(place.seal("text", "\"c\"")).field("note").kind("text").origin(ORIGIN),
    ];
    let opened = place.client().open(items.clone(), &Ask::new()).await.unwrap();
    let said: Vec<_> = opened
        .iter()
        .map(|result| match result {
            Ok(opened) => opened.value.parse::<String>().unwrap(),
            Err(refusal) => refusal.code.clone(),
        })
        .collect();
    assert_eq!(said, ["a", "token-malformed", "token-wrong-field", "c"]);
    let [_, _, wrong, _] = items;
    let error = place.client().open_one(wrong.subject("somebody"), &Ask::new()).await.unwrap_err();
    assert_eq!(error.code(), Some("token-wrong-field"));
    assert!(matches!(&error, Error::Refused(refusal) if !refusal.detail.is_empty()));
}

#[tokio::test]
async fn many_tokens_come_in_their_order_under_names_of_their_own() {
    let place = Place::new();
    let tokens: Vec<_> = (0..250).map(|i| place.seal("json", &i.to_string())).collect();
    let ask = Ask::purpose("a report").idempotency_key("report-1");
    let opened = place.client().open(&tokens, &ask).await.unwrap();
    let values: Vec<u32> =
        opened.iter().map(|opened| opened.as_ref().unwrap().value.parse().unwrap()).collect();
    assert_eq!(values, (0..250).collect::<Vec<_>>());
    let audit = place.run(&["audit", "list", "--json", "--limit", "1000"]);
    let ours: Vec<_> = audit.lines().filter(|line| line.contains("a report")).collect();
    assert_eq!(ours.len(), 250);
    for name in ["report-1.0", "report-1.1", "report-1.2"] {
        assert!(ours.iter().any(|line| line.contains(name)), "{name}");
    }
    assert!(place.client().open(Vec::<String>::new(), &Ask::new()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_credential_is_asked_for_again_when_it_was_refused() {
    let place = Place::new();
    let token = place.seal("text", "\"x\"");
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, good) = (Arc::clone(&asked), place.credential.clone());
    let source = Credential::from_fn(move |refused| {
        count.fetch_add(1, Ordering::SeqCst);
        let secret = if refused { good.clone() } else { NOBODY.to_owned() };
        async move { Ok(SecretString::from(secret)) }
    });
    let holder = place.client().with_credential(source);
    assert_eq!(holder.open_one(&token, &Ask::new()).await.unwrap().value.json(), "\"x\"");
    assert_eq!(asked.load(Ordering::SeqCst), 2);

    for (secret, code) in
        [(NOBODY, Some("credential-invalid")), ("a b", None), ("", None), ("a\r\nb: c", None)]
    {
        let holder = place.client().with_credential(secret);
        let error = holder.open_one(&token, &Ask::new()).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(code.is_some() || error == Error::Credential);
    }
    let shown = format!("{:?} {:?}", place.client(), Credential::from(place.credential.as_str()));
    assert!(!shown.contains(&place.credential), "{shown}");
}
