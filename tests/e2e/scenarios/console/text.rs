//! What others wrote is text: in field names, persons' ids, purposes, the names of requests and of incidents.

use super::open::{Open, seal};
use crate::world::Stage;
use anyhow::{Result, ensure};
use serde_json::json;

/// Markup that would run if any of it became markup, each with a number that tells which.
fn hostile_text(number: u32) -> String {
    format!("\"'><img src=x onerror=window.__xss={number}><svg/onload=window.__xss={number}>")
}

/// The same without what the name of a request cannot hold.
const REQUEST: &str = "<svg/onload=window.__xss=4>";

pub(super) async fn hostile(stage: Stage) -> Result<()> {
    let name = "quinn";
    let roles = ["auditor", "approver", "privacy-officer", "incident-commander"];
    let (mut console, code) = Open::prepare(stage.page.clone(), name, &roles)?;
    console.enrol(name, &code).await?;
    let [field, sub, purpose, title] = [1, 2, 3, 5].map(hostile_text);
    let officer = console.credential("officer", "privacy-officer")?;
    let token = seal(&console.keys()?, &field, "text", Some(&sub), "\"x\"")?;
    let body = json!({ "purpose": purpose, "tokens": [token] });
    let opened = console.open(&officer, REQUEST, &body).await?;
    ensure!(opened["results"][0]["value"] == "x", "{opened}");
    let body = json!({ "purpose": purpose, "tokens": vec![token; 12] });
    console.open(&officer, "waits", &body).await?;
    console.holder.run(&["subject", "new", &sub])?;
    console.holder.run(&["subject", "request", "new", &sub, "--kind", "access"])?;
    let incident = console.holder.run(&["incident", "open", "--title", &title, "--json"])?;

    for (view, written) in [
        ("overview", vec![&purpose, &title]),
        ("audit", vec![&field, &sub, &purpose]),
        ("incidents", vec![&title]),
        ("keys", vec![]),
        ("roles", vec![]),
        ("subjects", vec![&sub]),
    ] {
        console.go(view).await?;
        let text = console.text().await?;
        for written in written {
            ensure!(text.contains(written.as_str()), "{view} does not show {written}: {text}");
        }
        if view == "audit" {
            ensure!(text.contains(REQUEST), "{view} does not show the request's name");
        }
        console.nothing_ran().await?;
    }
    let incident: serde_json::Value = serde_json::from_str(&incident)?;
    console.go(&format!("incidents/{}", incident["id"].as_str().unwrap_or_default())).await?;
    ensure!(console.text().await?.contains(&title));

    // A person's id is also looked for, and what is in the address is no markup either.
    console.go("subjects").await?;
    console.page.fill("[name=id]", &sub).await?;
    console.page.click("[role=search] button").await?;
    console.page.until("document.querySelector('#subject').textContent.includes('Registered')").await?;
    console.go("audit").await?;
    console.page.fill("[role=search] [name=text]", &purpose).await?;
    console.page.click("[role=search] button").await?;
    console.page.until("document.querySelectorAll('#records > tr').length > 0").await?;
    console.go(&format!("overview/{title}")).await?;
    let made = "return document.querySelectorAll('main img, main svg[onload], main script').length;";
    ensure!(console.page.script(made, vec![]).await? == json!(0));
    console.nothing_ran().await?;

    // The test itself: markup that is made by hand is stopped by the page's policy where that has Trusted Types, and
    // what is stopped is seen.
    let stopped = console
        .page
        .wait_script(
            "if (!('trustedTypes' in window)) return true;
             try { document.body.innerHTML = '<p>'; return false; } catch { await new Promise((seen) => setTimeout(seen, 500)); }
             return window.__violations.length > 0;",
        )
        .await?;
    ensure!(stopped == json!(true), "markup of text was not stopped");
    console.close().await
}
