//! Typing with real keys. The text is for no script to read, so where it ended up shows in the token.

use super::look::BACKSPACE;
use super::{scene, state, type_into};
use crate::Scenario;
use crate::world::{FETCH, Stage};
use anyhow::{Context, Result, ensure};
use fieldseal_e2e::fixture::Test;
use serde_json::json;

pub(super) const ALL: &[Scenario] = &[
    ("elements::caret", |stage| Box::pin(caret(stage))),
    ("elements::paste", |stage| Box::pin(paste(stage))),
    ("elements::set_by_script", |stage| Box::pin(set_by_script(stage))),
    ("elements::events", |stage| Box::pin(events(stage))),
];

const LEFT: &str = "\u{e012}";
const DELETE: &str = "\u{e017}";
const HOME: &str = "\u{e011}";
const CONTROL: &str = "\u{e009}";

/// A kind, keys, and what they leave, with `|` where the caret is.
const CASES: [(&str, &[&str], &str); 16] = [
    ("card-number", &["42424"], "4242 4|"),
    ("card-number", &["4242424242424242"], "4242 4242 4242 4242|"),
    ("card-number", &["378282246310005"], "3782 822463 10005|"),
    // In the middle: the caret stays behind what was typed.
    ("card-number", &["42424242", LEFT, LEFT, LEFT, LEFT, "9"], "4242 9|424 2"),
    ("card-number", &["42424242", HOME, "9"], "9|424 2424 2"),
    // Over the space of a group, in both directions.
    ("card-number", &["42421234", LEFT, LEFT, LEFT, LEFT, BACKSPACE], "424|1 234"),
    ("card-number", &["42421234", LEFT, LEFT, LEFT, LEFT, LEFT, DELETE], "4242| 234"),
    ("card-number", &["42424", BACKSPACE, BACKSPACE], "424|"),
    // What no card number has is for the person to see.
    ("card-number", &["4242x"], "4242x|"),
    ("us-ssn", &["219099998"], "219-09-9998|"),
    ("us-ssn", &["21909", LEFT, LEFT, BACKSPACE], "21|0-9"),
    ("card-expiry", &["429"], "04/29|"),
    ("card-expiry", &["0429", BACKSPACE, BACKSPACE], "04|"),
    ("iban", &["de8937040044"], "DE89 3704 0044|"),
    ("text", &["4242424242", LEFT, LEFT, "x"], "42424242x|42"),
    ("password", &[" two  words "], " two  words |"),
];

async fn caret(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements-mixed.html").await?;
    for (at, (kind, keys, wanted)) in CASES.iter().enumerate() {
        fresh(&stage, kind).await?;
        type_into(&stage.page, "#one", &keys.concat()).await?;
        ends(&stage, &test, at, kind, wanted).await.with_context(|| format!("{kind} {keys:?}"))?;
    }
    Ok(())
}

/// Gives the element another kind and nothing to hold, without checks, so that the token has the text as it stands.
async fn fresh(stage: &Stage, kind: &str) -> Result<()> {
    stage
        .page
        .script(
            "const one = document.querySelector('#one');
             one.kind = arguments[0];
             one.value = '';
             one.check = 'off';
             one.blur();",
            vec![kind.into()],
        )
        .await?;
    Ok(())
}

/// The caret is where it should be, and the token of the next submission holds what it should.
async fn ends(stage: &Stage, test: &Test, at: usize, kind: &str, wanted: &str) -> Result<()> {
    let one = "document.querySelector('#one')";
    let caret = state(&stage.page, &format!("[{one}.selectionStart, {one}.selectionEnd]")).await?;
    let place = wanted.find('|').context("a caret")?;
    let text = wanted.replace('|', "");
    stage.page.script(FETCH, vec![]).await?;
    let received = test.wait_for(at + 1).await?;
    let entries = received[at].entries().await?;
    let entry = entries.iter().find(|(name, _)| name == "one").context("no token")?;
    let opened =
        stage.parts.holder.open(&[fieldseal_e2e::received::bound(entry, Some(kind), test.origin())])?;
    ensure!(opened[0]["value"] == text, "it holds {} instead of {text:?}", opened[0]);
    ensure!(caret == json!([place, place]), "the caret is at {caret} instead of {place}");
    Ok(())
}

/// A number is pasted whole, and into the middle of another.
async fn paste(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements-mixed.html").await?;
    let page = &stage.page;
    let cases: [(&str, &str, &[&str], &str); 3] = [
        ("card-number", "4242-4242-4242-4242", &[], "4242 4242 4242 4242|"),
        ("card-number", "99", &["42424242", LEFT, LEFT], "4242 4299| 42"),
        ("us-ssn", " 219 09 9998 ", &[], "219-09-9998|"),
    ];
    for (at, (kind, copied, before, wanted)) in cases.into_iter().enumerate() {
        fresh(&stage, kind).await?;
        page.script("document.querySelector('#native').removeAttribute('data-kind');", vec![]).await?;
        page.fill("#native", copied).await?;
        // Each chord on its own, as drivers differ in what follows the release of a key.
        for (selector, chord) in [("#native", "a"), ("#native", "x"), ("#one", "v")] {
            let element = page.element(selector).await?;
            if chord == "v" {
                element.click().await?;
                for key in before {
                    element.send_keys(*key).await?;
                }
            }
            element.send_keys(format!("{CONTROL}{chord}")).await?;
        }
        ends(&stage, &test, at, kind, wanted).await.with_context(|| format!("{kind} {copied}"))?;
        // Browsers forget the `change` of a text that was regrouped just now.
        page.script("window.seen.length = 0; document.querySelector('#one').blur();", vec![]).await?;
        let seen = state(page, "window.seen.filter(([type]) => type === 'change').length").await?;
        ensure!(seen == 1, "{seen} change events after pasting {copied}");
    }
    Ok(())
}

/// A script's text is taken as it is, and cannot be read back.
async fn set_by_script(stage: Stage) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements-mixed.html").await?;
    let page = &stage.page;
    fresh(&stage, "card-number").await?;
    ensure!(state(page, "document.querySelector('#one').value").await? == "", "an empty value is empty");
    page.script(
        "const one = document.querySelector('#one');
         one.value = '4242424242424242';
         one.value = one.value;
         one.setSelectionRange(2, 2);",
        vec![],
    )
    .await?;
    ensure!(state(page, "document.querySelector('#one').value").await? == "•••", "a value can be read");
    ends(&stage, &test, 0, "card-number", "42|42424242424242").await?;
    // Neither can anything that hangs on the element.
    let found = page
        .script(
            "const one = document.querySelector('#one');
             const texts = [one.outerHTML, one.innerHTML, one.textContent, one.shadowRoot, one.defaultValue];
             for (let at = one; at; at = Object.getPrototypeOf(at))
               for (const name of Reflect.ownKeys(at)) { try { texts.push(one[name]); } catch {} }
             texts.push(...new FormData(document.forms[0]).values());
             const shown = (value) => { try { return String(value); } catch { return ''; } };
             return texts.map(shown).filter((text) => text.includes('4242424242')).length;",
            vec![],
        )
        .await?;
    ensure!(found == 0, "{found} places show the text");
    Ok(())
}

/// A page hears of the same things as with an input.
async fn events(stage: Stage) -> Result<()> {
    stage.open(scene(&stage)?, "elements-mixed.html").await?;
    let page = &stage.page;
    page.script("window.seen.length = 0;", vec![]).await?;
    type_into(page, "#two", "ab").await?;
    page.click("#native").await?;
    let seen = state(page, "window.seen.map(([type, id]) => `${type} ${id}`).join()").await?;
    ensure!(seen == "focusin two,input two,input two,change two,focusin native", "the page saw {seen}");
    Ok(())
}
