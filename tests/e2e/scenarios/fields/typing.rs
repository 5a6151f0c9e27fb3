//! Typing, pasting and filling in: the groups that come of it, and where the caret is afterwards.

use super::{CARD, filled, open, press, shown};
use crate::Scenario;
use crate::world::Stage;
use anyhow::{Result, ensure};
use fieldseal_e2e::engine::Engine;
use serde_json::json;

pub(crate) const ALL: &[Scenario] = &[
    ("fields::typing_keeps_the_caret", |stage| Box::pin(typing(stage))),
    ("fields::pasting", |stage| Box::pin(pasting(stage))),
    ("fields::filled_in_by_a_browser", |stage| Box::pin(filled_in(stage))),
    ("fields::composed_text", |stage| Box::pin(composed(stage))),
];

const BACKSPACE: &str = "\u{e003}";
const DELETE: &str = "\u{e017}";
const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const CONTROL: &str = "\u{e009}";

async fn typing(stage: Stage) -> Result<()> {
    open(&stage).await?;
    let left = |times| LEFT.repeat(times);
    press(
        &stage,
        "#card",
        &[
            ("4242", "4242|"),
            ("4", "4242 4|"),
            ("24242424242", "4242 4242 4242 4242|"),
            // In the middle: the caret stays behind what was typed, however the groups move.
            (&left(6), "4242 4242 424|2 4242"),
            ("9", "4242 4242 4249| 2424 2"),
            (BACKSPACE, "4242 4242 424|2 4242"),
            // Over a separator: what is deleted is the digit beside it.
            (&left(4), "4242 4242| 4242 4242"),
            (DELETE, "4242 4242| 2424 242"),
            (RIGHT, "4242 4242 |2424 242"),
            (BACKSPACE, "4242 424|2 4242 42"),
        ],
    )
    .await?;
    press(&stage, "#card", &[("378282246310005", "3782 822463 10005|")]).await?;
    press(
        &stage,
        "#expiry",
        &[
            ("0", "0|"),
            ("4", "04|"),
            ("2", "04/2|"),
            ("9", "04/29|"),
            (BACKSPACE, "04/2|"),
            (BACKSPACE, "04|"),
            (BACKSPACE, "0|"),
        ],
    )
    .await?;
    press(&stage, "#expiry", &[("4/29", "04/29|")]).await?;
    press(
        &stage,
        "#ssn",
        &[("219099998", "219-09-9998|"), (&left(5), "219-09|-9998"), (BACKSPACE, "219-0|9-998")],
    )
    .await?;
    // What the kind cannot hold is left for the person to see.
    press(&stage, "#card", &[("42424", "4242 4|"), ("x", "4242 4x|"), (BACKSPACE, "4242 4|")]).await
}

/// Any spacing is understood, and a field that holds something takes the rest in its middle.
async fn pasting(stage: Stage) -> Result<()> {
    let test = open(&stage).await?;
    for (text, wanted) in [
        ("4000056655665556", "4000 0566 5566 5556|"),
        ("4000-0566-5566-5556", "4000 0566 5566 5556|"),
        (" 4000 05665566 5556 ", "4000 0566 5566 5556|"),
    ] {
        paste(&stage, "#card", text).await?;
        let found = shown(&stage, "#card").await?;
        ensure!(found == wanted, "pasting {text:?} gives {found:?}");
    }
    let control = stage.page.element("#card").await?;
    control.clear().await?;
    control.send_keys(format!("40005556{}", LEFT.repeat(4))).await?;
    insert(&stage, "#card", "05665566").await?;
    let found = shown(&stage, "#card").await?;
    ensure!(found == "4000 0566 5566| 5556" || found == "4000 0566 5566 |5556", "in the middle: {found:?}");
    stage.page.click("#send").await?;
    let received = test.wait_for(1).await?;
    let typed = filled(&[("card", "card-number", CARD)]);
    stage.check(&test, &received[0], &typed).await
}

/// Replaces what is in a control by what another one holds, through the clipboard.
async fn paste(stage: &Stage, selector: &str, text: &str) -> Result<()> {
    stage.page.element(selector).await?.clear().await?;
    insert(stage, selector, text).await
}

/// Puts text where the caret is, as pasting does.
async fn insert(stage: &Stage, selector: &str, text: &str) -> Result<()> {
    // A headless WebKit has no clipboard; there the editing command that pasting ends in does the same.
    if stage.page.engine() == Engine::WebKit {
        let script = "document.querySelector(arguments[0]).focus();
                      document.execCommand('insertText', false, arguments[1]);";
        stage.page.script(script, vec![selector.into(), text.into()]).await?;
        return Ok(());
    }
    let at = stage
        .page
        .script("return document.querySelector(arguments[0]).selectionStart;", vec![selector.into()])
        .await?;
    stage.page.fill("#clipboard", text).await?;
    let clipboard = stage.page.element("#clipboard").await?;
    clipboard.send_keys(format!("{CONTROL}a{CONTROL}")).await?;
    clipboard.send_keys(format!("{CONTROL}c{CONTROL}")).await?;
    // A driver that has to focus a control puts the caret at its end.
    let back = "const control = document.querySelector(arguments[0]);
                control.focus();
                control.setSelectionRange(arguments[1], arguments[1]);";
    stage.page.script(back, vec![selector.into(), at]).await?;
    Ok(stage.page.element(selector).await?.send_keys(format!("{CONTROL}v{CONTROL}")).await?)
}

/// What a browser fills in is no typing: nothing is put in groups behind the person's back, and all its spellings count.
async fn filled_in(stage: Stage) -> Result<()> {
    let test = open(&stage).await?;
    for (selector, value) in
        [("#card", "4000056655665556"), ("#expiry", "11/2038"), ("#cvc", "739"), ("#ssn", "219 09 9998")]
    {
        stage.page.set(selector, value).await?;
        let found = stage
            .page
            .script("return document.querySelector(arguments[0]).value;", vec![selector.into()])
            .await?;
        ensure!(found == value, "{selector} was changed to {found}");
        stage.page.until(&format!("document.querySelector('{selector}').validity.valid")).await?;
    }
    stage.page.click("#send").await?;
    let received = test.wait_for(1).await?;
    let typed = filled(&[
        ("card", "card-number", CARD),
        ("expiry", "card-expiry", "11/38"),
        ("cvc", "card-cvc", "739"),
        ("ssn", "us-ssn", "219-09-9998"),
    ]);
    stage.check(&test, &received[0], &typed).await
}

/// An input method's text is left alone until it is finished, as its own menu would break otherwise. What Android's
/// keyboards and those of Japan send is made here by hand, with the events that browsers send.
async fn composed(stage: Stage) -> Result<()> {
    open(&stage).await?;
    let script = "const card = document.querySelector('#card');
        card.focus();
        const seen = [];
        const type = (text) => {
          card.value = text;
          card.setSelectionRange(text.length, text.length);
          card.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertCompositionText', isComposing: true }));
          seen.push(card.value);
        };
        card.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
        for (const text of ['４０００', '４００００', '４００００５']) type(text);
        card.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }));
        return [...seen, card.value, card.selectionStart];";
    let seen = stage.page.script(script, vec![]).await?;
    ensure!(seen == json!(["４０００", "４００００", "４００００５", "4000 05", 7]), "{seen}");
    Ok(())
}
