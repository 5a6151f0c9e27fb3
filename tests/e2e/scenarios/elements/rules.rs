//! Validation as a browser does it with an input, and by the kind.

use super::look::{BACKSPACE, TAB, complains, content, is_active, opened, shows, stopped};
use super::{scene, state, type_into, words};
use crate::Scenario;
use crate::world::Stage;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

pub(super) const ALL: &[Scenario] = &[
    ("elements::required", |stage| Box::pin(required(stage))),
    ("elements::none_of_its_kind", |stage| Box::pin(none_of_its_kind(stage))),
    ("elements::novalidate", |stage| Box::pin(novalidate(stage))),
    ("elements::browser_rules", |stage| Box::pin(browser_rules(stage))),
    ("elements::custom_validity", |stage| Box::pin(custom_validity(stage))),
    ("elements::card_and_code", |stage| Box::pin(card_and_code(stage))),
];

async fn required(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements-rules.html").await?;
    let page = &stage.page;
    // Nobody complains before anything happened.
    shows(page, "#ssn", None).await?;
    ensure!(
        state(page, "document.querySelector('#ssn').validity.valueMissing").await? == true,
        "no value is missing"
    );
    stopped(&stage, &test).await?;
    complains(page, "#ssn", "Please fill in this field.").await?;
    is_active(page, "ssn").await?;
    page.element("#ssn").await?.send_keys("219099876").await?;
    content(page, "#ssn").await?;
    page.click("#send").await?;
    test.wait_for(1).await?;
    ensure!(opened(&stage, &test, "ssn", "us-ssn").await? == "219099876", "another value was sealed");
    Ok(())
}

async fn none_of_its_kind(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements-rules.html").await?;
    let page = &stage.page;
    type_into(page, "#ssn", "21909987").await?;
    // While it is typed nobody complains; when the person goes on, it is said.
    shows(page, "#ssn", None).await?;
    page.element("#ssn").await?.send_keys(TAB).await?;
    let words = "Something is missing at the end. Please check it.";
    complains(page, "#ssn", words).await?;
    stopped(&stage, &test).await?;
    is_active(page, "ssn").await?;
    complains(page, "#ssn", words).await?;
    page.element("#ssn").await?.send_keys("6").await?;
    content(page, "#ssn").await?;
    page.click("#send").await?;
    test.wait_for(1).await.map(drop)
}

/// A form can do without the rules, but what is none of its kind cannot be sealed.
async fn novalidate(stage: Stage) -> Result<()> {
    let mut scene = scene(&stage)?;
    scene.words = words("method=\"post\" novalidate", "");
    let test = stage.open(scene, "elements-rules.html").await?;
    let page = &stage.page;
    type_into(page, "#card", "4242424242424241").await?;
    stopped(&stage, &test).await?;
    let blocked = state(page, "window.blocked").await?;
    ensure!(
        blocked == json!([{ "code": "value-invalid", "field": "card" }]),
        "fieldseal:blocked said {blocked}"
    );
    is_active(page, "card").await?;
    complains(page, "#card", "Please check what you typed here.").await?;
    page.element("#card").await?.send_keys(format!("{BACKSPACE}2")).await?;
    // The required field is left empty.
    page.click("#send").await?;
    test.wait_for(1).await?;
    ensure!(opened(&stage, &test, "ssn", "us-ssn").await? == "", "an empty value is not empty");
    Ok(())
}

/// `pattern` and `minlength`, with the browser's own words.
async fn browser_rules(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements-rules.html").await?;
    let page = &stage.page;
    type_into(page, "#ssn", "219099876").await?;
    type_into(page, "#code", "abc").await?;
    let flags = "(({ patternMismatch, tooShort, valid }) => [patternMismatch, tooShort, valid])
                 (document.querySelector('#code').validity)";
    let found = state(page, flags).await?;
    ensure!(found == json!([true, true, false]), "the flags are {found}");
    stopped(&stage, &test).await?;
    is_active(page, "code").await?;
    let words = state(page, "document.querySelector('#code').validationMessage").await?;
    let words = words.as_str().context("no words")?;
    ensure!(words.len() > 10, "the browser says {words:?}");
    complains(page, "#code", words).await?;
    page.element("#code").await?.send_keys("-12").await?;
    content(page, "#code").await?;
    page.click("#send").await?;
    test.wait_for(1).await.map(drop)
}

async fn custom_validity(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements-rules.html").await?;
    let page = &stage.page;
    type_into(page, "#ssn", "219099876").await?;
    page.script("document.querySelector('#code').setCustomValidity('Not this one.');", vec![]).await?;
    stopped(&stage, &test).await?;
    complains(page, "#code", "Not this one.").await?;
    page.script("document.querySelector('#code').setCustomValidity('');", vec![]).await?;
    content(page, "#code").await?;
    page.click("#send").await?;
    test.wait_for(1).await.map(drop)
}

/// A security code has as many digits as the card's brand, and the brand is there for a style sheet.
async fn card_and_code(stage: Stage) -> Result<()> {
    stage.open(scene(&stage)?, "elements-rules.html").await?;
    let page = &stage.page;
    let valid = "document.querySelector('#cvc').validity.valid";
    let brand = "document.querySelector('#card').dataset.brand ?? null";
    type_into(page, "#cvc", "123").await?;
    ensure!(state(page, valid).await? == true, "three digits are right while there is no card");
    type_into(page, "#card", "3782").await?;
    ensure!(state(page, brand).await? == "amex", "the brand is not shown");
    ensure!(state(page, valid).await? == false, "three digits are wrong for this card");
    page.element("#card").await?.send_keys([BACKSPACE; 4].concat() + "4242").await?;
    ensure!(state(page, brand).await? == "visa", "the brand is not shown");
    ensure!(state(page, valid).await? == true, "three digits are right for this card");
    page.element("#card").await?.send_keys([BACKSPACE; 4].concat()).await?;
    ensure!(state(page, brand).await? == Value::Null, "there is a brand without a card");
    // A card number that a guard would seal counts as well.
    page.script(
        "document.querySelector('#card').remove();
         const native = `<input id='native' data-seal='n' data-kind='card-number'>`;
         document.forms[0].insertAdjacentHTML('afterbegin', native);",
        vec![],
    )
    .await?;
    page.fill("#native", "3782").await?;
    ensure!(state(page, valid).await? == false, "three digits are wrong for that card");
    Ok(())
}
