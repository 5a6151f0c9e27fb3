//! Native fields of known kinds: help while typing, what is said of a value that is none of its kind, and what forms do
//! with it.

mod typing;

use crate::Scenario;
use crate::world::{Stage, Typed, nothing_typed};
use anyhow::{Result, ensure};
use fieldseal_e2e::fixture::Test;
use fieldseal_e2e::received::header;
use serde_json::{Value, json};

/// All scenarios with native fields of known kinds.
pub(crate) fn all() -> Vec<Scenario> {
    [typing::ALL, ANSWERS].concat()
}

const ANSWERS: &[Scenario] = &[
    ("fields::required_and_invalid", |stage| Box::pin(invalid(stage))),
    ("fields::invalid_without_validation", |stage| Box::pin(novalidate(stage))),
    ("fields::own_words_for_the_browsers", |stage| Box::pin(own_words(stage))),
    ("fields::right_to_left", |stage| Box::pin(right_to_left(stage))),
    ("fields::language", |stage| Box::pin(language(stage))),
    ("fields::regions_hints_and_unchecked", |stage| Box::pin(options(stage))),
    ("fields::reset_and_restore", |stage| Box::pin(reset(stage))),
    ("fields::labels_and_tab_order", |stage| Box::pin(focus(stage))),
];

const TAB: &str = "\u{e004}";
const CARD: &str = "4000 0566 5566 5556";

async fn open(stage: &Stage) -> Result<Test> {
    stage.open(stage.scene()?, "fields.html").await
}

/// The text of a control with a bar where the caret is.
async fn shown(stage: &Stage, selector: &str) -> Result<String> {
    let script = "const { value, selectionStart: at } = document.querySelector(arguments[0]);
                  return value.slice(0, at) + '|' + value.slice(at);";
    let shown = stage.page.script(script, vec![selector.into()]).await?;
    Ok(shown.as_str().unwrap_or_default().to_owned())
}

/// Presses keys in an emptied control, and compares what is there after each part.
async fn press(stage: &Stage, selector: &str, parts: &[(&str, &str)]) -> Result<()> {
    let control = stage.page.element(selector).await?;
    control.clear().await?;
    control.click().await?;
    for (keys, wanted) in parts {
        control.send_keys(*keys).await?;
        let found = shown(stage, selector).await?;
        ensure!(found == *wanted, "{selector} after {keys:?} is {found:?} and not {wanted:?}");
    }
    Ok(())
}

/// What a control says: whether it is valid, whether assistive software is told, its message, and the one beside it.
async fn said(stage: &Stage, id: &str) -> Result<(bool, bool, String, String)> {
    let script = "const control = document.getElementById(arguments[0]);
        return [control.validity.valid, control.getAttribute('aria-invalid') === 'true', control.validationMessage,
          document.getElementById(control.getAttribute('aria-errormessage'))?.textContent ?? ''];";
    Ok(serde_json::from_value(stage.page.script(script, vec![id.into()]).await?)?)
}

const SHORT: &str = "This card number is one or more digits short.";

async fn invalid(stage: Stage) -> Result<()> {
    let test = open(&stage).await?;
    // Required, and empty: the browser's own words, and nothing is marked before the person did anything.
    let (valid, marked, ..) = said(&stage, "card").await?;
    ensure!(!valid && !marked, "an empty field is marked at once");
    stage.page.click("#send").await?;
    stage.page.until("document.activeElement.id === 'card'").await?;
    let (_, marked, message, beside) = said(&stage, "card").await?;
    ensure!(marked && !message.is_empty() && beside == message, "{message:?} {beside:?}");
    // Too short: said when the person leaves the field, and again when the form is sent.
    stage.page.fill("#card", "4000 0566").await?;
    stage.page.click("#clipboard").await?;
    let found = said(&stage, "card").await?;
    ensure!(found == (false, true, SHORT.into(), SHORT.into()), "{found:?}");
    stage.page.click("#send").await?;
    stage.page.until("document.activeElement.id === 'card'").await?;
    // Put right: the message goes with the last digit, before the field is left.
    stage.page.element("#card").await?.send_keys("55665556").await?;
    let found = said(&stage, "card").await?;
    ensure!(found == (true, false, String::new(), String::new()), "{found:?}");
    // A security code is measured by the card's brand.
    stage.page.fill("#cvc", "7391").await?;
    ensure!(!said(&stage, "cvc").await?.0, "four digits are too many for this card");
    stage.page.fill("#card", "3782 822463 10005").await?;
    ensure!(said(&stage, "cvc").await?.0, "four digits are right for this card");
    let brand = stage.page.script("return document.querySelector('#card').dataset.brand;", vec![]).await?;
    ensure!(brand == "amex", "the brand is {brand}");
    // Each way in which a script sends the form is stopped too, or goes out without what is sealed.
    stage.page.fill("#ssn", "666-12-3456").await?;
    stage.page.script("document.forms[0].requestSubmit();", vec![]).await?;
    stage.page.until("document.activeElement.id === 'ssn'").await?;
    let fetched = stage.page.script("return [...new FormData(document.forms[0]).keys()];", vec![]).await?;
    ensure!(fetched == json!([]), "{fetched}");
    ensure!(test.received().is_empty(), "an invalid form was sent");
    let events = stage.page.script("return window.invalid;", vec![]).await?;
    ensure!(
        events
            .as_array()
            .is_some_and(|all| all.iter().any(|e| e["field"] == "ssn" && e["reason"] == "range"))
    );
    let text = events.to_string();
    ensure!(!text.contains("666") && !text.contains("4000"), "an event holds a value: {text}");
    nothing_typed(
        &test,
        &filled(&[("card", "card-number", "3782 822463 10005"), ("ssn", "us-ssn", "666-12-3456")]),
    )
}

/// Browsers repeat a wrong address in their message, which would stand in the page for other scripts.
async fn own_words(stage: Stage) -> Result<()> {
    open(&stage).await?;
    let script = "const control = document.querySelector('#anything');
        control.type = control.dataset.kind = 'email';
        control.setAttribute('aria-errormessage', 'ssn-error');";
    stage.page.script(script, vec![]).await?;
    stage.page.fill("#anything", "quixote@@").await?;
    stage.page.click("#clipboard").await?;
    // The words wait until the pointer is up.
    stage.page.until("document.querySelector('#ssn-error').textContent !== ''").await?;
    let (valid, marked, _, beside) = said(&stage, "anything").await?;
    let wanted = "Check the email address. It looks like name@example.com.";
    ensure!(!valid && marked && beside == wanted, "{valid} {marked} {beside:?}");
    Ok(())
}

/// `novalidate` takes away the browser's check, and not ours.
async fn novalidate(stage: Stage) -> Result<()> {
    let mut scene = stage.scene()?;
    scene.words = vec![("form".into(), "method=\"post\" novalidate".into())];
    let test = stage.open(scene, "fields.html").await?;
    stage.page.fill("#card", "4000 0566 5566 5557").await?;
    stage.page.click("#send").await?;
    stage
        .page
        .until("document.activeElement.id === 'card' && document.querySelector('[role=alert]')")
        .await?;
    let (_, marked, message, beside) = said(&stage, "card").await?;
    ensure!(marked && message == beside && message.contains("digits"), "{message:?} {beside:?}");
    let blocked = stage.page.script("return window.blocked;", vec![]).await?;
    ensure!(blocked == json!([{ "code": "value-invalid", "field": "card" }]), "{blocked}");
    ensure!(test.received().is_empty(), "an invalid form was sent");
    Ok(())
}

/// On a page that is written from right to left numbers still run from left to right, and digits of its script count.
async fn right_to_left(stage: Stage) -> Result<()> {
    let mut scene = stage.scene()?;
    scene.words = vec![("form".into(), "method=\"post\" dir=\"rtl\"".into())];
    let test = stage.open(scene, "fields.html").await?;
    let facts = "return [...document.querySelectorAll('#card, #iban, #anything')].map(
                   (control) => [getComputedStyle(control).direction, control.getAttribute('inputmode')]);";
    let facts = stage.page.script(facts, vec![]).await?;
    ensure!(facts == json!([["ltr", "numeric"], ["ltr", null], ["ltr", "numeric"]]), "{facts}");
    press(&stage, "#card", &[("٤٠٠٠٠٥٦٦", "4000 0566|"), ("55665556", "4000 0566 5566 5556|")]).await?;
    stage.page.click("#send").await?;
    let received = test.wait_for(1).await?;
    stage.check(&test, &received[0], &filled(&[("card", "card-number", CARD)])).await
}

async fn language(stage: Stage) -> Result<()> {
    let mut scene = stage.scene()?;
    scene.config["lang"] = "es-MX".into();
    stage.open(scene, "fields.html").await?;
    stage.page.fill("#card", "4000").await?;
    stage.page.click("#clipboard").await?;
    let (_, _, message, _) = said(&stage, "card").await?;
    ensure!(message.contains("tarjeta"), "{message:?}");
    Ok(())
}

/// A region makes a national number readable, a hint is in the header, and a field may go unchecked.
async fn options(stage: Stage) -> Result<()> {
    let test = open(&stage).await?;
    for (selector, text) in [("#card", CARD), ("#nino", "ab 12 34 56 c"), ("#anything", "no number at all")] {
        stage.page.fill(selector, text).await?;
    }
    stage.page.click("#send").await?;
    let received = test.wait_for(1).await?;
    let entries = received[0].entries().await?;
    let token = |name: &str| {
        entries.iter().find(|(entry, _)| entry == name).map(|(_, token)| token.clone()).unwrap_or_default()
    };
    let card = header(&token("card"))?;
    ensure!(card["hint"] == json!({ "brand": "visa", "last4": "5556" }), "{card}");
    let asked: Vec<_> = ["nino", "anything"]
        .map(|name| fieldseal_e2e::received::bound(&(name.to_owned(), token(name)), None, test.origin()))
        .into();
    let opened = stage.parts.holder.open(&asked)?;
    let values: Vec<&Value> = opened.iter().map(|record| &record["value"]).collect();
    ensure!(
        values == [&json!({ "region": "GB", "number": "AB123456C" }), &json!("no number at all")],
        "{values:?}"
    );
    ensure!((&opened[0]["valid"], &opened[1]["valid"]) == (&json!(true), &json!(false)));
    Ok(())
}

/// A reset brings the page's own value back, unmarked; going back brings what the browser kept, and it is looked at.
async fn reset(stage: Stage) -> Result<()> {
    let test = open(&stage).await?;
    stage.page.fill("#card", "4000").await?;
    stage.page.fill("#iban", "GB00").await?;
    stage.page.click("#reset").await?;
    stage.page.until("document.querySelector('#iban').validity.valid").await?;
    ensure!(shown(&stage, "#iban").await?.replace('|', "") == "GB29 NWBK 6016 1331 9268 19");
    let (_, marked, _, beside) = said(&stage, "card").await?;
    ensure!(!marked && beside.is_empty(), "a reset field is still marked: {beside:?}");
    // Sent, and back again.
    stage.page.fill("#card", CARD).await?;
    stage.page.fill("#ssn", "219-09-9998").await?;
    stage.page.click("#send").await?;
    test.wait_for(1).await?;
    stage.page.until("document.querySelector('#received')").await?;
    stage.page.driver().back().await?;
    stage.page.until("document.documentElement.dataset.state === 'ready'").await?;
    for id in ["card", "ssn"] {
        let value = shown(&stage, &format!("#{id}")).await?.replace('|', "");
        let (valid, ..) = said(&stage, id).await?;
        ensure!(value.is_empty() || valid, "{id} was restored as {value:?} and is not valid");
    }
    // Whatever was restored, the form seals again.
    stage.page.fill("#card", CARD).await?;
    stage.page.fill("#ssn", "219-09-9998").await?;
    stage.page.click("#send").await?;
    let received = test.wait_for(2).await?;
    let typed = filled(&[("card", "card-number", CARD), ("ssn", "us-ssn", "219-09-9998")]);
    stage.check(&test, &received[1], &typed).await
}

async fn focus(stage: Stage) -> Result<()> {
    open(&stage).await?;
    stage.page.click("#card-label").await?;
    stage.page.until("document.activeElement.id === 'card'").await?;
    let mut seen = vec!["card".to_owned()];
    for _ in 0..6 {
        let active = format!("#{}", seen.last().map_or("", String::as_str));
        stage.page.element(&active).await?.send_keys(TAB).await?;
        let id = stage.page.script("return document.activeElement.id;", vec![]).await?;
        seen.push(id.as_str().unwrap_or_default().to_owned());
    }
    ensure!(seen == ["card", "expiry", "cvc", "ssn", "nino", "iban", "anything"], "{seen:?}");
    Ok(())
}

/// What was filled in, and what the page has in its other sealed fields.
fn filled(filled: &[(&'static str, &'static str, &str)]) -> Vec<Typed> {
    let kinds = [
        ("card", "card-number", ""),
        ("expiry", "card-expiry", ""),
        ("cvc", "card-cvc", ""),
        ("ssn", "us-ssn", ""),
        ("nino", "national-id", ""),
        ("iban", "iban", "GB29 NWBK 6016 1331 9268 19"),
        ("anything", "us-ein", ""),
    ];
    let value = |(name, kind, preset): (&'static str, &'static str, &str)| {
        let typed = filled.iter().find(|(field, ..)| *field == name).map_or(preset, |(.., typed)| typed);
        (name, kind, typed.to_owned())
    };
    kinds.map(value).into()
}
