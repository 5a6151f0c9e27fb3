//! Whatever goes wrong, no value leaves in clear: a submission does not happen, or it carries none.

use crate::Scenario;
use crate::world::{FETCH, Outcome, Stage, Typed, nothing_typed};
use anyhow::{Context, Result, ensure};
use fieldseal_e2e::engine::{Engine, Scripts};
use fieldseal_e2e::fixture::{Scene, Test};
use fieldseal_e2e::page::Page;
use fieldseal_e2e::program::free_port;
use fieldseal_e2e::received::is_token;
use serde_json::{Value, json};

pub(crate) const ALL: &[Scenario] = &[
    ("closed::wasm_blocked_by_policy", |stage| {
        never_ready(stage, "wasm-unavailable", |_, scene| {
            scene.policy = Some("script-src 'self'".into());
            Ok(())
        })
    }),
    ("closed::wasm_not_found", |stage| {
        never_ready(stage, "wasm-unavailable", |_, scene| {
            scene.without_wasm = true;
            Ok(())
        })
    }),
    ("closed::key_set_unreachable", |stage| {
        never_ready(stage, "keyset-unreachable", |_, scene| {
            scene.config["keys"] = format!("http://127.0.0.1:{}/keys", free_port()?).into();
            Ok(())
        })
    }),
    ("closed::key_set_blocked_by_policy", |stage| {
        never_ready(stage, "keyset-unreachable", |_, scene| {
            scene.policy = Some("script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'".into());
            Ok(())
        })
    }),
    ("closed::wrong_pin", |stage| {
        never_ready(stage, "keyset-pin-mismatch", |_, scene| {
            scene.config["trust"] = json!({ "pin": ["A".repeat(43)] });
            Ok(())
        })
    }),
    ("closed::no_randomness_from_the_start", |stage| Box::pin(no_randomness(stage, true))),
    ("closed::no_randomness_later", |stage| Box::pin(no_randomness(stage, false))),
    ("closed::key_set_expired", |stage| Box::pin(expired(stage))),
    ("closed::sealing_throws", |stage| Box::pin(sealing_throws(stage))),
    ("closed::value_too_long", |stage| Box::pin(too_long(stage))),
    ("closed::lone_surrogate", |stage| Box::pin(lone_surrogate(stage))),
    ("closed::keys_still_loading", |stage| Box::pin(still_loading(stage))),
    ("closed::named_by_the_author", |stage| Box::pin(named(stage))),
    ("closed::scripts_blocked_by_policy", |stage| Box::pin(scripts_blocked(stage))),
    ("closed::javascript_off", |stage| Box::pin(javascript_off(stage))),
];

/// The page's keys never come, for this reason.
fn never_ready(stage: Stage, code: &'static str, change: fn(&Stage, &mut Scene) -> Result<()>) -> Outcome {
    Box::pin(async move {
        let mut scene = stage.scene()?;
        change(&stage, &mut scene)?;
        let test = stage.open_until(scene, "checkout.html", code).await?;
        let typed = stage.fill(&test).await?;
        stays_closed(&stage, &test, &typed, code).await
    })
}

async fn stays_closed(stage: &Stage, test: &Test, typed: &[Typed], code: &str) -> Result<()> {
    send_in_all_ways(&stage.page, test, code).await?;
    carried_nothing(test, typed).await
}

/// Sends the form in all ways. A click is stopped with an event and a message; the ways that no event can stop do
/// arrive, and what they carry is for the caller to see.
pub(crate) async fn send_in_all_ways(page: &Page, test: &Test, code: &str) -> Result<()> {
    page.script("window.blocked.length = 0;", vec![]).await?;
    page.click("#send").await?;
    let blocked = page.script("return window.blocked;", vec![]).await?;
    ensure!(blocked[0]["code"] == *code, "fieldseal:blocked said {blocked}, and {code} was expected");
    alerted(page).await?;
    page.script("document.forms[0].requestSubmit();", vec![]).await?;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    ensure!(test.received().is_empty(), "a stopped submission was sent");
    page.script(FETCH, vec![]).await?;
    test.wait_for(1).await?;
    page.script("document.forms[0].submit();", vec![]).await?;
    test.wait_for(2).await.map(drop)
}

/// The person is told, and so is a screen reader.
async fn alerted(page: &Page) -> Result<()> {
    let text =
        page.script("return document.querySelector('form [role=alert]')?.textContent ?? '';", vec![]).await?;
    ensure!(text.as_str().is_some_and(|text| text.len() > 20), "the message is {text}");
    Ok(())
}

/// Nothing that arrived has an entry of a declared control, sealed or not, or any typed byte.
async fn carried_nothing(test: &Test, typed: &[Typed]) -> Result<()> {
    for submission in test.received() {
        for (name, value) in submission.entries().await? {
            let declared = typed.iter().any(|(field, _, _)| *field == name);
            ensure!(!declared || is_token(&value), "{name} arrived and is no token");
        }
    }
    nothing_typed(test, typed)
}

/// The system's randomness fails, before anything is prepared or only once the page is ready.
async fn no_randomness(stage: Stage, from_the_start: bool) -> Result<()> {
    const BROKEN: &str = "crypto.getRandomValues = () => { throw new Error('no randomness'); };";
    let mut scene = stage.scene()?;
    if from_the_start {
        scene.before = BROKEN.into();
    }
    let test = stage.open(scene, "checkout.html").await?;
    let typed = stage.fill(&test).await?;
    if !from_the_start {
        stage.page.script(BROKEN, vec![]).await?;
    }
    stays_closed(&stage, &test, &typed, "randomness-unavailable").await
}

/// A key set like the real one, of which every key is past its end.
async fn expired(stage: Stage) -> Result<()> {
    let mut keys = stage.parts.holder.key_set()?;
    for key in keys["keys"].as_array_mut().context("keys")? {
        key["nbf"] = Value::from(1_600_000_000);
        key["exp"] = Value::from(1_700_000_000);
    }
    let mut scene = stage.scene()?;
    scene.config = json!({ "keys": "keys.json", "trust": "origin" });
    scene.files = vec![("keys.json".into(), "application/jwk-set+json".into(), keys.to_string())];
    let test = stage.open(scene, "checkout.html").await?;
    let typed = stage.fill(&test).await?;
    stays_closed(&stage, &test, &typed, "key-expired").await
}

/// The page breaks something that sealing needs, so that it throws in the middle. The event that tells may be lost with
/// it; the value may not leave.
async fn sealing_throws(stage: Stage) -> Result<()> {
    for broken in [
        "Date.now = () => { throw new Error('no clock'); };",
        "FormData.prototype.append = () => { throw new Error('no append'); };",
        "Element.prototype.matches = () => { throw new Error('no matches'); };",
        "Element.prototype.getAttribute = () => { throw new Error('no attributes'); };",
        "TextEncoder.prototype.encode = TextEncoder.prototype.encodeInto = () => { throw new Error('no encoder'); };",
    ] {
        let test = stage.open(stage.scene()?, "checkout.html").await?;
        let typed = stage.fill(&test).await?;
        stage.page.script(broken, vec![]).await?;
        for way in [FETCH, "document.forms[0].requestSubmit();"] {
            // The error may come back to whoever asked for the form's data.
            let _ = stage.page.script(way, vec![]).await;
        }
        let opened = stage.page.script("return Boolean(document.forms[0]);", vec![]).await;
        if matches!(opened, Ok(Value::Bool(true))) {
            let _ = stage.page.script("document.forms[0].submit();", vec![]).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        carried_nothing(&test, &typed).await.with_context(|| broken.to_owned())?;
    }
    Ok(())
}

/// One value over the limit holds back the whole form.
async fn too_long(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "checkout.html").await?;
    let mut typed = stage.fill(&test).await?;
    stage.page.script("document.querySelector('#note').value = 'long value '.repeat(40000);", vec![]).await?;
    typed.retain(|(field, _, _)| *field != "note");
    typed.push(("note", "text", "long value long value".into()));
    stays_closed(&stage, &test, &typed, "value-too-long").await
}

/// Half a surrogate pair can't be kept as text; a browser would quietly send something else.
async fn lone_surrogate(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "checkout.html").await?;
    let mut typed = stage.fill(&test).await?;
    stage
        .page
        .script("document.querySelector('#note').value = 'half a pair \\ud83d of two';", vec![])
        .await?;
    typed.retain(|(field, _, _)| *field != "note");
    typed.push(("note", "text", "half a pair".into()));
    stays_closed(&stage, &test, &typed, "value-lone-surrogate").await
}

/// A person who is faster than the network: the form waits, and then it can be sent.
async fn still_loading(stage: Stage) -> Result<()> {
    let mut scene = stage.scene()?;
    // Holds the request for the key set back until the test lets it go.
    scene.before = "const real = window.fetch;
        const gate = new Promise((open) => { window.openGate = open; });
        window.fetch = (url, init) => String(url).includes('sealed-input') ? gate.then(() => real(url, init)) : real(url, init);"
        .into();
    let test = stage.parts.fixture.test(scene);
    stage.page.open(&test.url("checkout.html")).await?;
    stage.page.until("window.guards").await?;
    let typed = stage.fill(&test).await?;
    stage.page.click("#send").await?;
    let blocked = stage.page.script("return window.blocked;", vec![]).await?;
    ensure!(blocked[0]["code"] == "sealer-pending", "fieldseal:blocked said {blocked}");
    alerted(&stage.page).await?;
    stage.page.script(FETCH, vec![]).await?;
    test.wait_for(1).await?;
    carried_nothing(&test, &typed).await?;
    stage.page.script("window.openGate();", vec![]).await?;
    stage.page.until("document.documentElement.dataset.state === 'ready'").await?;
    stage.page.until("!document.querySelector('form [role=alert]')").await?;
    stage.page.click("#send").await?;
    let received = test.wait_for(2).await?;
    stage.check(&test, &received[1], &typed).await
}

/// The browser would send a control with a name by itself; the guard takes it out although it can't seal.
async fn named(stage: Stage) -> Result<()> {
    let mut scene = stage.scene()?;
    scene.without_wasm = true;
    let test = stage.open_until(scene, "named.html", "wasm-unavailable").await?;
    let n = test.number();
    let typed = [
        ("named", "us-ssn", format!("219-09-{n:04}")),
        ("other_name", "card-number", format!("4000 5665 {n:04}")),
    ];
    stage.page.fill("#named", &typed[0].2).await?;
    stage.page.fill("#other", &typed[1].2).await?;
    stays_closed(&stage, &test, &typed, "wasm-unavailable").await
}

/// No script of the page runs at all, the guard neither; a control without a name is sent by no browser.
async fn scripts_blocked(stage: Stage) -> Result<()> {
    let mut scene = stage.scene()?;
    scene.policy = Some("script-src 'none'".into());
    let test = stage.parts.fixture.test(scene);
    without_scripts(&stage.page, &test).await
}

/// Chromium switches scripts off through its own protocol, the others in their settings, so they need a new browser.
async fn javascript_off(stage: Stage) -> Result<()> {
    let test = stage.parts.fixture.test(stage.scene()?);
    if stage.page.engine() == Engine::Chromium {
        let cdp = stage.page.driver().cdp();
        cdp.send_raw("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await?;
        let outcome = without_scripts(&stage.page, &test).await;
        cdp.send_raw("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await?;
        return outcome;
    }
    let browser = stage.page.engine().start(Scripts::Off).await?;
    let outcome = without_scripts(&browser.page(), &test).await;
    browser.close().await?;
    outcome
}

async fn without_scripts(page: &Page, test: &Test) -> Result<()> {
    page.open(&test.url("checkout.html")).await?;
    let typed = [("full_name", "person-name", format!("Without Scripts-{:04}", test.number()))];
    page.fill("#full_name", &typed[0].2).await?;
    page.click("#send").await?;
    sent_without(test, &typed).await
}

/// The form was sent, no script of the page ran, and the declared control is not in it.
async fn sent_without(test: &Test, typed: &[Typed]) -> Result<()> {
    let received = test.wait_for(1).await?;
    ensure!(!test.asked().iter().any(|path| path.ends_with(".js")), "a script was loaded");
    let entries = received[0].entries().await?;
    ensure!(entries.contains(&("quantity".into(), "2".into())), "the plain field is missing");
    carried_nothing(test, typed).await
}
