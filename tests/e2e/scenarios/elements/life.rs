//! What becomes of an element in its page: reset, left and come back to, focused, disabled, moved, made by a script.

use super::look::{BACKSPACE, TAB, complains, inside, is_active, opened, shows};
use super::{scene, state, type_into};
use crate::Scenario;
use crate::world::{FETCH, Stage};
use anyhow::{Context, Result, ensure};
use fieldseal_e2e::engine::Engine;
use serde_json::json;

pub(super) const ALL: &[Scenario] = &[
    ("elements::reset", |stage| Box::pin(reset(stage))),
    ("elements::back_and_forward", |stage| Box::pin(back_and_forward(stage))),
    ("elements::tab_order", |stage| Box::pin(tab_order(stage))),
    ("elements::label", |stage| Box::pin(label(stage))),
    ("elements::disabled", |stage| Box::pin(disabled(stage))),
    ("elements::another_form", |stage| Box::pin(another_form(stage))),
    ("elements::enter_without_button", |stage| Box::pin(enter_without_button(stage))),
    ("elements::made_by_script", |stage| Box::pin(made_by_script(stage))),
];

async fn reset(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements-mixed.html").await?;
    let page = &stage.page;
    let n = test.number();
    page.script("document.querySelector('#two').required = true;", vec![]).await?;
    type_into(page, "#one", "typed over").await?;
    type_into(page, "#two", &format!("x{BACKSPACE}")).await?;
    page.click("#native").await?;
    complains(page, "#two", "Please fill in this field.").await?;
    page.click("#reset").await?;
    shows(page, "#two", None).await?;
    // Also if the button takes the focus from it.
    type_into(page, "#two", &format!("x{BACKSPACE}")).await?;
    page.click("#reset").await?;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    shows(page, "#two", None).await?;
    page.script("document.querySelector('#two').required = false;", vec![]).await?;
    page.script(FETCH, vec![]).await?;
    test.wait_for(1).await?;
    let one = opened(&stage, &test, "one", "text").await?;
    ensure!(one == format!("default-{n:04}-one"), "after the reset it holds {one}");
    ensure!(opened(&stage, &test, "two", "text").await? == "", "after the reset it holds something");
    Ok(())
}

/// Back from where the submission went, an element holds what was typed or nothing, knows which, and can be sent again;
/// what must not rest holds nothing.
///
/// Chromium and WebKit bring the texts back, Chromium as a state that the element gave it and WebKit with the page as
/// it was. Firefox, for a page that must not be stored, brings nothing.
async fn back_and_forward(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements-rules.html").await?;
    let page = &stage.page;
    for (field, text) in FIELDS {
        type_into(page, &format!("#{field}"), text).await?;
    }
    page.click("#send").await?;
    test.wait_for(1).await?;
    page.until("document.querySelector('#received')").await?;
    page.driver().back().await?;
    page.until("document.documentElement.dataset.state === 'ready'").await?;
    let mut held = Vec::new();
    for (field, text) in FIELDS {
        let found = state(
            page,
            &format!(
                "(({{ value, required, validity }}) => [value, validity.valid === (!required || value !== '')])
                 (document.querySelector('#{field}'))"
            ),
        )
        .await?;
        ensure!(found[1] == true, "{field} is in half a state: {found}");
        ensure!(found[0] == "" || !["ssn", "cvc"].contains(&field), "{field} has rested");
        held.push(if found[0] == "" { "" } else { text });
    }
    let restores = page.engine() != Engine::Firefox;
    ensure!(restores == (held == ["", "abc-123", "4242424242424242", ""]), "it came back as {held:?}");
    type_into(page, "#ssn", FIELDS[0].1).await?;
    held[0] = FIELDS[0].1;
    page.click("#send").await?;
    test.wait_for(2).await?;
    for ((field, _), text) in FIELDS.iter().zip(held) {
        let kind = kind_of(field);
        let found = opened(&stage, &test, field, kind).await?;
        ensure!(found == *text, "{field} was sealed as {found}");
    }
    Ok(())
}

/// The fields of elements-rules.html, filled in.
const FIELDS: [(&str, &str); 4] =
    [("ssn", "219099876"), ("code", "abc-123"), ("card", "4242424242424242"), ("cvc", "123")];

fn kind_of(field: &str) -> &'static str {
    match field {
        "ssn" => "us-ssn",
        "card" => "card-number",
        "cvc" => "card-cvc",
        _ => "text",
    }
}

/// The inner control is one stop, in the document's order, in both directions.
async fn tab_order(stage: Stage) -> Result<()> {
    stage.open(scene(&stage)?, "elements-rules.html").await?;
    let page = &stage.page;
    page.click("#before").await?;
    for id in ["ssn", "code", "card", "cvc", "send"] {
        let active = state(page, "document.activeElement.id").await?;
        let active = active.as_str().context("no focus")?;
        page.element(&format!("#{active}")).await?.send_keys(TAB).await?;
        is_active(page, id).await?;
    }
    page.element("#send").await?.send_keys(format!("\u{e008}{TAB}\u{e000}")).await?;
    is_active(page, "cvc").await
}

/// A click on the label goes to the control, which is called what the label says.
async fn label(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements-rules.html").await?;
    let page = &stage.page;
    page.click("#label b").await?;
    is_active(page, "ssn").await?;
    for (host, wanted) in [("#ssn", "Social Security number (yours)"), ("#code", "Code")] {
        if let Some(name) = inside(page, host, "[part=input]", "computedlabel").await? {
            ensure!(name == *wanted, "{host} is called {name}");
        }
    }
    let labels = state(page, "[...document.querySelector('#ssn').labels].map(({ id }) => id)").await?;
    ensure!(labels == json!(["label"]), "the labels are {labels}");
    // What is typed now goes into it.
    let active = page.element("#ssn").await?;
    active.send_keys("219099876").await?;
    page.click("#send").await?;
    test.wait_for(1).await?;
    ensure!(opened(&stage, &test, "ssn", "us-ssn").await? == "219099876", "another value was sealed");
    Ok(())
}

/// A disabled element, or one in a disabled fieldset, is neither sent nor judged, and comes back.
async fn disabled(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements-mixed.html").await?;
    let page = &stage.page;
    let n = test.number();
    page.script("document.querySelector('#inside').setCustomValidity('no');", vec![]).await?;
    page.click("#send").await?;
    let names =
        |entries: Vec<(String, String)>| entries.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let received = test.wait_for(1).await?;
    let sent = names(received[0].entries().await?);
    ensure!(sent == ["one", "two", "outside"], "{sent:?} were sent");
    page.open(&test.url("elements-mixed.html")).await?;
    page.until("document.documentElement.dataset.state === 'ready'").await?;
    page.script(
        "document.querySelector('#disabled').disabled = false;
         document.querySelector('#fieldset').disabled = false;
         document.querySelector('#two').disabled = true;",
        vec![],
    )
    .await?;
    type_into(page, "#inside", "+").await?;
    page.click("#send").await?;
    let received = test.wait_for(2).await?;
    let sent = names(received[1].entries().await?);
    ensure!(sent == ["one", "disabled", "inside", "outside"], "{sent:?} were sent");
    let inside = opened(&stage, &test, "inside", "text").await?;
    ensure!(inside == format!("inside-{n:04}-x+"), "it holds {inside}");
    Ok(())
}

/// An element belongs to the form that it is in now.
async fn another_form(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements-mixed.html").await?;
    let page = &stage.page;
    type_into(page, "#two", "moves").await?;
    page.script("document.querySelector('#other').prepend(document.querySelector('#two'));", vec![]).await?;
    page.click("#send-other").await?;
    test.wait_for(1).await?;
    ensure!(opened(&stage, &test, "two", "text").await? == "moves", "it holds something else");
    page.open(&test.url("elements-mixed.html")).await?;
    page.until("document.documentElement.dataset.state === 'ready'").await?;
    page.script("for (const e of document.querySelectorAll('sealed-input')) e.remove();", vec![]).await?;
    page.click("#send").await?;
    let received = test.wait_for(2).await?;
    let left = received[1].entries().await?;
    ensure!(left.is_empty(), "{} entries of elements that are gone", left.len());
    Ok(())
}

/// Without a button, Enter sends a form of one field; with two, or with a disabled button, it does nothing.
async fn enter_without_button(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements-mixed.html").await?;
    let page = &stage.page;
    let enter = "\u{e007}";
    page.script("document.querySelector('#send').disabled = true;", vec![]).await?;
    type_into(page, "#two", enter).await?;
    page.script("document.querySelector('#send').remove();", vec![]).await?;
    type_into(page, "#two", enter).await?;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    ensure!(test.received().is_empty(), "the form was sent");
    page.script(
        "for (const control of [...document.forms[0].elements])
           if (!['two', 'fieldset'].includes(control.id)) control.remove();",
        vec![],
    )
    .await?;
    // A handler that wants the key for itself has it.
    page.script(
        "window.mine = true;
         document.querySelector('#two').addEventListener('keydown', (event) => window.mine && event.preventDefault());",
        vec![],
    )
    .await?;
    type_into(page, "#two", &format!("x{enter}")).await?;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    ensure!(test.received().is_empty(), "the form was sent against the page's will");
    page.script("window.mine = false;", vec![]).await?;
    type_into(page, "#two", &format!("alone{enter}")).await?;
    test.wait_for(1).await?;
    ensure!(opened(&stage, &test, "two", "text").await? == "alone", "it holds something else");
    Ok(())
}

/// Properties that were set before the element was known, and an element that is put in later.
async fn made_by_script(stage: Stage) -> Result<()> {
    let mut scene = scene(&stage)?;
    scene.before = "document.querySelector('#code').value = 'abc-123';
        document.querySelector('#code').required = true;
        document.querySelector('#ssn').value = '219099876';"
        .into();
    let test = stage.open(scene, "elements-rules.html").await?;
    let page = &stage.page;
    page.script(
        "const late = document.createElement('sealed-input');
         late.name = 'late';
         late.kind = 'email';
         late.value = 'Philomena@MAILBOX.example';
         late.id = 'late';
         late.autofocus = true;
         document.forms[0].append(late);
         return late.ready;",
        vec![],
    )
    .await?;
    is_active(page, "late").await?;
    page.click("#send").await?;
    test.wait_for(1).await?;
    for (name, kind, wanted) in [
        ("code", "text", "abc-123"),
        ("ssn", "us-ssn", "219099876"),
        ("late", "email", "Philomena@mailbox.example"),
    ] {
        let found = opened(&stage, &test, name, kind).await?;
        ensure!(found == *wanted, "{name} holds {found}");
    }
    Ok(())
}
