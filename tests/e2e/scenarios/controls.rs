//! Every control that carries a value, and what a form may do with it.

use crate::Scenario;
use crate::world::{Stage, Typed, card, nothing_typed};
use anyhow::{Result, ensure};
use fieldseal_e2e::fixture::Test;
use fieldseal_e2e::received::is_token;

pub(crate) const ALL: &[Scenario] = &[
    ("controls::input_types", |stage| Box::pin(input_types(stage))),
    ("controls::choices", |stage| Box::pin(choices(stage))),
    ("controls::radio_group", |stage| Box::pin(radio_group(stage))),
    ("controls::radio_keyboard", |stage| Box::pin(radio_keyboard(stage))),
    ("controls::repeated_and_outside", |stage| Box::pin(repeated_and_outside(stage))),
    ("controls::added_later", |stage| Box::pin(added_later(stage))),
    ("controls::enabled_later", |stage| Box::pin(enabled_later(stage))),
    ("controls::reset", |stage| Box::pin(reset(stage))),
    ("controls::named_by_the_author", |stage| Box::pin(named(stage))),
    ("controls::unusual_text", |stage| Box::pin(unusual_text(stage))),
    ("controls::empty", |stage| Box::pin(empty(stage))),
    ("controls::released", |stage| Box::pin(released(stage))),
];

/// Clicks the button and checks what arrived.
async fn send(stage: &Stage, test: &Test, typed: &[Typed]) -> Result<()> {
    stage.page.click("#send").await?;
    let received = test.wait_for(1).await?;
    stage.check(test, &received[0], typed).await
}

async fn input_types(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "inputs.html").await?;
    let n = test.number();
    // What a driver types into a picker, or as a line break, differs; those get their value as a script gives it.
    let values: [(&'static str, &'static str, String, bool); 17] = [
        ("text", "text", format!("plain text {n:04}"), true),
        ("search", "diagnosis", format!("essential tremor {n:04}"), true),
        ("url", "text", format!("https://clinic.example/patient/{n:04}?tab=results#top"), true),
        ("tel", "phone", format!("+44 20 7946 {n:04}"), true),
        ("email", "email", format!("wilhelmina+{n:04}@clinic.example"), true),
        ("password", "password", format!("correct horse {n:04} battery"), true),
        ("date", "date-of-birth", format!("19{:02}-02-28", n % 89 + 10), false),
        ("month", "card-expiry", format!("20{:02}-11", n % 15 + 30), false),
        ("week", "text", format!("20{:02}-W07", n % 60 + 30), false),
        ("time", "text", format!("{:02}:{:02}", n % 24, n % 60), false),
        ("datetime", "date", format!("20{:02}-06-30T{:02}:45", n % 60 + 30, n % 24), false),
        ("number", "number", format!("-{n}7301.25"), false),
        ("range", "number", format!("{}", 310_000 + n), false),
        ("color", "text", format!("#7b{n:04x}"), false),
        ("hidden", "session-data", format!("session-{n:04}-of-a-clinic"), false),
        ("unknown", "text", format!("type unknown {n:04}"), true),
        ("area", "health-note", format!("first line {n:04}\nsecond line, after a break"), false),
    ];
    let mut typed = Vec::new();
    for (field, kind, value, by_keyboard) in values {
        let selector = format!("#{field}");
        if by_keyboard {
            stage.page.fill(&selector, &value).await?;
        } else {
            stage.page.set(&selector, &value).await?;
        }
        typed.push((field, kind, value));
    }
    send(&stage, &test, &typed).await
}

async fn choices(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "choices.html").await?;
    let n = test.number();
    stage
        .page
        .script(
            "document.querySelector('#single').selectedIndex = 2;
             for (const option of document.querySelectorAll('#several option')) option.selected = option.label !== 'gout';",
            vec![],
        )
        .await?;
    stage.page.click("#on").await?;
    stage.page.click("#bare").await?;
    stage.page.click("#valued").await?;
    let typed = [
        ("single", "choice", format!("second-{n:04}-marigold")),
        ("several", "diagnosis", format!("asthma-{n:04}")),
        ("several", "diagnosis", format!("angina-{n:04}")),
        ("on", "boolean", "true".into()),
        ("left", "boolean", "false".into()),
        ("bare", "text", "on".into()),
        ("valued", "medication", format!("warfarin-{n:04}")),
    ];
    send(&stage, &test, &typed).await
}

/// A group without names excludes all the same: the last one that was clicked is the only one that is sent.
async fn radio_group(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "radios.html").await?;
    stage.page.click("#a").await?;
    stage.page.click("#ab").await?;
    stage.page.click("#b").await?;
    stage.page.until("document.querySelectorAll('input:checked').length === 1").await?;
    send(&stage, &test, &[("blood", "choice", format!("type-b-{:04}", test.number()))]).await
}

/// Arrow keys move inside the group, as people who use no mouse expect.
async fn radio_keyboard(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "radios.html").await?;
    stage.page.click("#a").await?;
    let key = "\u{e015}"; // arrow down
    stage.page.element("#a").await?.send_keys(key).await?;
    stage.page.until("document.activeElement.id === 'b' && document.activeElement.checked").await?;
    stage.page.element("#b").await?.send_keys(key).await?;
    stage.page.until("document.querySelector('input:checked').id === 'ab'").await?;
    send(&stage, &test, &[("blood", "choice", format!("type-ab-{:04}", test.number()))]).await
}

/// Two controls of one entry, one outside of the form, and disabled ones, which browsers leave out.
async fn repeated_and_outside(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "tree.html").await?;
    let n = test.number();
    let typed = [
        ("line", "postal-address", format!("4187 Wisteria Hollow {n:04}")),
        ("line", "postal-address", format!("Apartment {n:04} B")),
        ("default", "text", format!("default-{n:04}-x")),
        ("outside", "text", format!("outside the form {n:04}")),
    ];
    for (id, at) in [("#one", 0), ("#two", 1), ("#outside", 3)] {
        stage.page.fill(id, &typed[at].2).await?;
    }
    send(&stage, &test, &typed).await?;
    let left = [
        ("disabled", "text", format!("disabled-{n:04}-x")),
        ("fieldset", "text", format!("fieldset-{n:04}-x")),
    ];
    nothing_typed(&test, &left)
}

/// Controls that a script puts in after the guard, a radio group among them.
async fn added_later(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "radios.html").await?;
    let n = test.number();
    stage
        .page
        .script(
            "document.forms[0].insertAdjacentHTML('afterbegin', `
               <input id='late' data-seal='late' data-kind='health-insurance-id'>
               <input id='yes' type='radio' data-seal='consent' data-kind='choice' value='yes-${arguments[0]}'>
               <input id='no' type='radio' data-seal='consent' data-kind='choice' value='no-${arguments[0]}'>`);",
            vec![format!("{n:04}").into()],
        )
        .await?;
    stage.page.fill("#late", &format!("AB {n:04} 77 C")).await?;
    stage.page.click("#yes").await?;
    stage.page.click("#no").await?;
    let typed = [
        ("late", "health-insurance-id", format!("AB {n:04} 77 C")),
        ("consent", "choice", format!("no-{n:04}")),
    ];
    send(&stage, &test, &typed).await
}

async fn enabled_later(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "tree.html").await?;
    let n = test.number();
    stage
        .page
        .script(
            "document.querySelector('#disabled').disabled = false;
             document.querySelector('fieldset').disabled = false;
             document.querySelector('#default').disabled = true;",
            vec![],
        )
        .await?;
    let typed = [
        ("line", "postal-address", String::new()),
        ("line", "postal-address", String::new()),
        ("disabled", "text", format!("disabled-{n:04}-x")),
        ("fieldset", "text", format!("fieldset-{n:04}-x")),
        ("outside", "text", String::new()),
    ];
    send(&stage, &test, &typed).await
}

/// A reset brings the written value back, and that is sent.
async fn reset(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "tree.html").await?;
    let n = test.number();
    stage.page.fill("#default", &format!("typed over {n:04}")).await?;
    stage.page.fill("#one", &format!("forgotten {n:04}")).await?;
    stage.page.click("#reset").await?;
    let typed = [
        ("line", "postal-address", String::new()),
        ("line", "postal-address", String::new()),
        ("default", "text", format!("default-{n:04}-x")),
        ("outside", "text", String::new()),
    ];
    send(&stage, &test, &typed).await?;
    let gone = [("one", "text", format!("forgotten {n:04}")), ("two", "text", format!("typed over {n:04}"))];
    nothing_typed(&test, &gone)
}

/// A name that the author gave is no way out: the value is sealed all the same, and the console says so once.
async fn named(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "named.html").await?;
    let n = test.number();
    let typed = [("named", "us-ssn", format!("219-09-{n:04}")), ("renamed", "card-number", card(n))];
    stage.page.fill("#named", &typed[0].2).await?;
    stage.page.fill("#other", &typed[1].2).await?;
    stage.page.script("void new FormData(document.forms[0]);", vec![]).await?;
    stage.page.script("void new FormData(document.forms[0]);", vec![]).await?;
    let warnings = stage.page.script("return window.warnings;", vec![]).await?;
    ensure!(warnings.as_array().is_some_and(|all| all.len() == 1), "the console's warnings are {warnings}");
    send(&stage, &test, &typed).await?;
    let entries = test.received()[0].entries().await?;
    ensure!(entries.iter().all(|(name, _)| name != "other_name"), "the author's name was sent as well");
    Ok(())
}

/// Text that encoders get wrong: beyond the basic plane, control characters, and a lot of it.
async fn unusual_text(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "checkout.html").await?;
    let n = test.number();
    let typed = [
        ("full_name", "person-name", format!("Zoë 👩🏽‍⚕️ 李小龍 {n:04}")),
        ("card", "text", format!("\u{1}\u{7f}\u{200b}{n:04} {n:04}\u{feff}")),
        ("cvc", "password", "\\u0000 \\ \" ' < & %00 +".into()),
        ("ssn", "security-answer", "مرحبا بالعالم".into()),
        ("note", "text", format!("{n:04} {}", "lorem ipsum dolor 🙂\n".repeat(3000))),
    ];
    for (field, kind, value) in &typed {
        let script = "document.getElementById(arguments[0]).dataset.kind = arguments[1];";
        stage.page.script(script, vec![(*field).into(), (*kind).into()]).await?;
        stage.page.set(&format!("#{field}"), value).await?;
    }
    send(&stage, &test, &typed).await
}

/// Nothing typed is sealed as well, so that an observer can't tell which fields were left empty.
async fn empty(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "checkout.html").await?;
    let typed: Vec<Typed> = [
        ("full_name", "person-name"),
        ("card", "card-number"),
        ("cvc", "card-cvc"),
        ("ssn", "us-ssn"),
        ("note", "text"),
    ]
    .map(|(field, kind)| (field, kind, String::new()))
    .into();
    send(&stage, &test, &typed).await
}

/// Once the guard is gone, nothing seals, and a control without a name is sent by no browser.
async fn released(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "checkout.html").await?;
    let typed = stage.fill(&test).await?;
    stage.page.script("for (const guard of window.guards) guard.release();", vec![]).await?;
    stage.page.click("#send").await?;
    let received = test.wait_for(1).await?;
    let entries = received[0].entries().await?;
    ensure!(entries.iter().all(|(_, value)| !is_token(value)), "something was sealed after the release");
    nothing_typed(&test, &typed)?;
    Ok(())
}
