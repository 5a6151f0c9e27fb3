//! Whatever goes wrong, no value leaves in clear: a submission does not happen, or it carries none.

use super::{fill, pins, scene, type_into, words};
use crate::Scenario;
use crate::closed::send_in_all_ways;
use crate::world::{Outcome, Stage, Typed, nothing_typed};
use anyhow::{Result, ensure};
use fieldseal_e2e::fixture::{Scene, Test};
use fieldseal_e2e::program::free_port;
use serde_json::json;

pub(super) const ALL: &[Scenario] = &[
    ("elements::keys_unreachable", |stage| {
        never(stage, "keyset-unreachable", |_, scene| {
            let keys = format!("keys=\"http://127.0.0.1:{}/\" trust=\"origin\"", free_port()?);
            scene.words = words("method=\"post\"", &keys);
            Ok(())
        })
    }),
    ("elements::wrong_pin", |stage| {
        never(stage, "keyset-pin-mismatch", |_, scene| {
            scene.words = words("method=\"post\"", &format!("pin=\"{}\"", "A".repeat(43)));
            Ok(())
        })
    }),
    ("elements::wasm_missing", |stage| {
        never(stage, "wasm-unavailable", |_, scene| {
            scene.without_wasm = true;
            Ok(())
        })
    }),
    ("elements::no_trust", |stage| {
        never(stage, "trust-invalid", |stage, scene| {
            scene.words = words("method=\"post\"", &format!("keys=\"{}\"", stage.parts.keys()?));
            Ok(())
        })
    }),
    ("elements::two_trusts", |stage| {
        never(stage, "trust-invalid", |stage, scene| {
            scene.words = words("method=\"post\"", &format!("trust=\"origin\" pin=\"{}\"", pins(stage)?));
            Ok(())
        })
    }),
    ("elements::wrong_signer", |stage| {
        never(stage, "trust-invalid", |_, scene| {
            scene.words = words("method=\"post\"", "signer=\"not json\"");
            Ok(())
        })
    }),
    ("elements::unknown_kind", |stage| Box::pin(wrong_attribute(stage, "kind", "card", "kind-unknown"))),
    ("elements::form_kind", |stage| Box::pin(wrong_attribute(stage, "kind", "payment-form", "kind-unknown"))),
    ("elements::wrong_hint", |stage| Box::pin(wrong_attribute(stage, "hint", "bin", "hint-not-allowed"))),
    ("elements::wrong_lifetime", |stage| {
        Box::pin(wrong_attribute(stage, "lifetime", "a week", "option-invalid"))
    }),
    ("elements::tries_again", |stage| Box::pin(tries_again(stage))),
    ("elements::undefined", |stage| Box::pin(undefined(stage))),
];

fn never(stage: Stage, code: &'static str, change: fn(&Stage, &mut Scene) -> Result<()>) -> Outcome {
    Box::pin(async move {
        let mut scene = scene(&stage)?;
        change(&stage, &mut scene)?;
        let test = stage.open_until(scene, "elements.html", code).await?;
        let filled = fill(&stage.page, &test).await?;
        stays_closed(&stage, &test, &filled, code).await
    })
}

async fn stays_closed(stage: &Stage, test: &Test, typed: &[Typed], code: &str) -> Result<()> {
    send_in_all_ways(&stage.page, test, code).await?;
    carried_nothing(test, typed).await
}

/// Nothing that arrived has an entry of an element.
async fn carried_nothing(test: &Test, typed: &[Typed]) -> Result<()> {
    for submission in test.received() {
        for (name, _) in submission.entries().await? {
            ensure!(typed.iter().all(|(field, _, _)| *field != name), "{name} arrived");
        }
    }
    nothing_typed(test, typed)
}

/// One element that nobody can seal holds back the whole form.
async fn wrong_attribute(
    stage: Stage,
    attribute: &'static str,
    value: &'static str,
    code: &'static str,
) -> Result<()> {
    let test = stage.open(scene(&stage)?, "elements.html").await?;
    let filled = fill(&stage.page, &test).await?;
    let set = "document.querySelector('#note').setAttribute(arguments[0], arguments[1]);";
    stage.page.script(set, vec![attribute.into(), value.into()]).await?;
    stays_closed(&stage, &test, &filled, code).await
}

/// What failed is tried again when a person comes back to it, and then the form can be sent.
async fn tries_again(stage: Stage) -> Result<()> {
    let mut scene = scene(&stage)?;
    // The first request for the keys fails.
    scene.before = "const real = window.fetch;
        window.fetch = (url, init) =>
          String(url).includes('sealed-input') && !window.again ? Promise.reject(new TypeError()) : real(url, init);"
        .into();
    let test = stage.open_until(scene, "elements.html", "keyset-unreachable").await?;
    let page = &stage.page;
    let filled = fill(page, &test).await?;
    page.click("#send").await?;
    page.script("window.again = true;", vec![]).await?;
    page.until("document.querySelector('form [role=alert]')").await?;
    page.click("#card").await?;
    page.until("!document.querySelector('form [role=alert]')").await?;
    page.click("#send").await?;
    test.wait_for(1).await?;
    super::arrived(&stage, &test, 0, &filled).await
}

/// Where no script defines the element it is no control, so there is nothing to type into and nothing to send.
async fn undefined(stage: Stage) -> Result<()> {
    let mut scene = scene(&stage)?;
    scene.policy = Some("script-src 'none'".into());
    scene.config = json!({});
    let test = stage.parts.fixture.test(scene);
    let page = &stage.page;
    page.open(&test.url("elements.html")).await?;
    let typed = [("full_name", "person-name", format!("Without Scripts-{:04}", test.number()))];
    // Some drivers refuse to type where nobody can.
    let _ = type_into(page, "#full_name", &typed[0].2).await;
    page.click("#send").await?;
    let received = test.wait_for(1).await?;
    let entries = received[0].entries().await?;
    ensure!(entries.contains(&("quantity".into(), "2".into())), "the plain field is missing");
    carried_nothing(&test, &typed).await
}
