//! What a person, a screen reader and the key holder find, for the checks of the other files.

use super::state;
use crate::world::Stage;
use anyhow::{Context, Result, ensure};
use axum::http::Method;
use fieldseal_e2e::engine::Engine;
use fieldseal_e2e::fixture::Test;
use fieldseal_e2e::page::Page;
use serde_json::{Value, json};
use std::sync::Arc;
use thirtyfour::common::command::{Command, ExtensionCommand};

pub(super) const TAB: &str = "\u{e004}";
pub(super) const BACKSPACE: &str = "\u{e003}";

/// A command that the driver's library has no word for.
#[derive(Debug)]
struct Raw(Method, String, Option<Value>);

impl ExtensionCommand for Raw {
    fn parameters_json(&self) -> Option<Value> {
        self.2.clone()
    }
    fn method(&self) -> Method {
        self.0.clone()
    }
    fn endpoint(&self) -> Arc<str> {
        self.1.as_str().into()
    }
}

async fn raw(page: &Page, command: Raw) -> Result<Value> {
    let answer = page.driver().handle().cmd(Command::ExtensionCommand(Box::new(command))).await?;
    Ok(answer.value_json()?)
}

/// What is in the closed shadow tree: an attribute or property of its inner control, or the text of its error. The
/// drivers look where no script can, all but WebKit's, which gives nothing.
pub(super) async fn inside(page: &Page, host: &str, selector: &str, what: &str) -> Result<Option<Value>> {
    let host = page.element(host).await?.element_id();
    let root = match raw(page, Raw(Method::GET, format!("/element/{host}/shadow"), None)).await {
        Err(_) if page.engine() == Engine::WebKit => return Ok(None),
        root => root?,
    };
    let root = root["shadow-6066-11e4-a52e-4f735466cecf"].as_str().context("no shadow root")?.to_owned();
    let find = json!({ "using": "css selector", "value": selector });
    let found = raw(page, Raw(Method::POST, format!("/shadow/{root}/element"), Some(find))).await?;
    let id = found["element-6066-11e4-a52e-4f735466cecf"].as_str().context("no element")?.to_owned();
    raw(page, Raw(Method::GET, format!("/element/{id}/{what}"), None)).await.map(Some)
}

/// What a person and a screen reader are told at a field: `null` and nothing, or the words and that they are about it.
pub(super) async fn shows(page: &Page, host: &str, words: Option<&str>) -> Result<()> {
    // What a click brings about may come after the click was answered.
    let is_invalid = words.is_some();
    page.until(&format!("document.querySelector('{host}').matches(':state(user-invalid)') === {is_invalid}"))
        .await
        .with_context(|| format!("{host} is in the wrong state"))?;
    if let Some(shown) = inside(page, host, "[part=error]", "text").await? {
        ensure!(shown == *words.unwrap_or_default(), "beside {host} stands {shown} and not {words:?}");
    }
    for (name, value) in
        [("aria-invalid", "true"), ("aria-describedby", "error"), ("aria-errormessage", "error")]
    {
        if let Some(found) = inside(page, host, "[part=input]", &format!("attribute/{name}")).await? {
            ensure!(found == json!(words.map(|_| value)), "{host} has {name} {found}");
        }
    }
    if let Some(id) = inside(page, host, "[part=error]", "attribute/id").await? {
        ensure!(id == "error", "the error has another id");
    }
    Ok(())
}

/// The person is told what is wrong with a field.
pub(super) async fn complains(page: &Page, host: &str, words: &str) -> Result<()> {
    let said = state(page, &format!("document.querySelector('{host}').validationMessage")).await?;
    ensure!(said == *words, "{host} says {said} and not {words:?}");
    shows(page, host, Some(words)).await
}

/// Nothing is wrong with a field.
pub(super) async fn content(page: &Page, host: &str) -> Result<()> {
    let valid = state(page, &format!("document.querySelector('{host}').validity.valid")).await?;
    ensure!(valid == true, "{host} is not valid");
    shows(page, host, None).await
}

pub(super) async fn is_active(page: &Page, id: &str) -> Result<()> {
    let active = state(page, "document.activeElement.id").await?;
    ensure!(active == *id, "the focus is in {active} and not in {id}");
    Ok(())
}

/// Nothing was sent, and nobody was told by an event that it was for want of keys.
pub(super) async fn stopped(stage: &Stage, test: &Test) -> Result<()> {
    stage.page.click("#send").await?;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    ensure!(test.received().is_empty(), "the form was sent");
    Ok(())
}

/// The entry's value, opened.
pub(super) async fn opened(stage: &Stage, test: &Test, name: &str, kind: &str) -> Result<Value> {
    let received = test.received();
    let entries = received.last().context("nothing was sent")?.entries().await?;
    let entry = entries.iter().find(|(entry, _)| entry == name).with_context(|| format!("no {name}"))?;
    let opened =
        stage.parts.holder.open(&[fieldseal_e2e::received::bound(entry, Some(kind), test.origin())])?;
    Ok(opened[0]["value"].clone())
}
