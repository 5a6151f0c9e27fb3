//! What somebody sees who looks after the key holder.

use super::open::{Open, seal};
use crate::access::violations;
use crate::world::Stage;
use anyhow::{Context, Result, ensure};
use fieldseal_e2e::engine::Engine;
use fieldseal_e2e::program::root;
use serde_json::{Value, json};
use sqlx::{Connection, Executor};

/// Makes one of the two colour schemes hold, whatever the browser's own is.
const SCHEME: &str = "for (const sheet of document.styleSheets) for (const rule of sheet.cssRules) {
  if (rule instanceof CSSMediaRule && (rule.dark ??= rule.media.mediaText.includes('prefers-color-scheme'))) {
    rule.media.mediaText = arguments[0] ? 'all' : 'not all';
  }
}";

/// Opens of three kinds by two roles, some refused, and a request that waits for a second person.
async fn work(console: &Open) -> Result<()> {
    let keys = console.keys()?;
    let desk = console.credential("desk", "payments")?;
    let officer = console.credential("officer", "privacy-officer")?;
    let card = seal(&keys, "card", "card-number", Some("person-17"), "\"4242424242424242\"")?;
    let email = seal(&keys, "mail", "email", Some("person-17"), "\"zoe@shop.example\"")?;
    let note = seal(&keys, "note", "text", None, "\"ring twice\"")?;
    let body = json!({ "purpose": "refund 17", "tokens": [card, card, email] });
    let opened = console.open(&desk, "refund-17", &body).await?;
    ensure!(opened["results"][0]["value"] == "4242424242424242", "{opened}");
    let body = json!({ "purpose": "request 9", "tokens": [email, note, card] });
    console.open(&officer, "request-9", &body).await?;
    let body = json!({ "purpose": "request 10", "tokens": vec![note; 12] });
    let waits = console.open(&officer, "request-10", &body).await?;
    ensure!(waits["approval"].is_string(), "{waits}");
    console
        .holder
        .run(&["incident", "open", "--title", "A laptop was lost", "--credential", "desk"])
        .map(drop)
}

/// How many rows of the list are there, and whether all hold this text.
async fn rows(console: &Open, text: &str) -> Result<(u64, bool)> {
    let script = "const rows = [...document.querySelectorAll('#records > tr')];
        return [rows.length, rows.every((row) => row.textContent.includes(arguments[0]))];";
    let found = console.page.script(script, vec![text.into()]).await?;
    Ok((found[0].as_u64().unwrap_or_default(), found[1] == json!(true)))
}

async fn search(console: &Open, name: &str, text: &str) -> Result<()> {
    console.page.fill(&format!("[role=search] [name={name}]"), text).await?;
    console.page.click("[role=search] button").await
}

async fn verify(console: &Open, verdict: bool) -> Result<()> {
    console.page.script("delete document.querySelector('[data-verified]').dataset.verified;", vec![]).await?;
    console.page.click("#verify").await?;
    console.page.until(&format!("document.querySelector('[data-verified={verdict}]')")).await
}

pub(super) async fn audit(stage: Stage) -> Result<()> {
    let name = "nadia";
    let roles = ["auditor", "approver"];
    let (mut console, code) = Open::prepare(stage.page.clone(), name, &roles)?;
    console.enrol(name, &code).await?;
    work(&console).await?;
    let page = console.page.clone();

    // Out, in with what is wrong, and in again.
    page.script("document.querySelector('#who button').click();", vec![]).await?;
    console.log_in(name, "another sentence").await?;
    page.until("document.querySelector('#login-message').textContent").await?;
    console.log_in_well(name).await?;
    console.shown("overview").await?;

    // The overview: charts with their figures, and what waits for a second person.
    page.until("document.querySelectorAll('.chart svg[role=img]').length === 3").await?;
    let described =
        page.script("return document.querySelector('.chart svg desc').textContent;", vec![]).await?;
    ensure!(described.as_str().is_some_and(|text| text.contains("payments 2")), "{described}");
    page.click(".chart button").await?;
    page.until("document.querySelector('.chart table td.number')").await?;
    page.click("[aria-label='Approve open for officer']").await?;
    page.until("document.body.textContent.includes('approved by nadia')").await?;
    picture(&console).await?;

    console.go("keys").await?;
    ensure!(page.script("return document.querySelectorAll('tbody tr').length;", vec![]).await? == json!(3));
    console.go("roles").await?;
    let text = console.text().await?;
    ensure!(text.contains("privacy-officer") && text.contains("desk"), "{text}");

    // The audit: it is verified, searched, and followed.
    console.go("audit").await?;
    page.until("document.querySelector('[data-verified=true]')").await?;
    let (all, _) = rows(&console, "").await?;
    ensure!(all > 12, "{all} rows");
    search(&console, "actor", "desk").await?;
    page.until("document.querySelectorAll('#records > tr').length === 3").await?;
    ensure!(rows(&console, "desk").await? == (3, true));
    search(&console, "text", "CARD-NUM").await?;
    page.until("document.querySelectorAll('#records > tr').length === 2").await?;
    ensure!(rows(&console, "card-number").await? == (2, true));
    search(&console, "text", "nothing is like this").await?;
    page.until("document.body.textContent.includes('No record is like that.')").await?;
    search(&console, "text", "").await?;
    page.until("document.querySelectorAll('#records > tr').length === 3").await?;
    let body = json!({ "purpose": "refund 18", "tokens": ["no token"] });
    let secret = console.credential("late", "payments")?;
    console.open(&secret, "refund-18", &body).await?;
    ensure!(rows(&console, "desk").await? == (3, true), "what is not searched for is not shown");
    search(&console, "actor", "late").await?;
    page.until("document.querySelectorAll('#records > tr').length === 1").await?;
    console.open(&secret, "refund-19", &body).await?;
    page.until("document.querySelectorAll('#records > tr').length === 2").await?;
    page.until("document.querySelector('#live').textContent.includes('1 record has arrived')").await?;

    // Somebody who owns the database changes a record. Its check was done before, so it takes another.
    verify(&console, true).await?;
    tamper(&console, "DROP TRIGGER audit_is_not_changed; UPDATE audit SET actor = 'nobody' WHERE seq = 6")
        .await?;
    verify(&console, false).await?;
    ensure!(console.text().await?.contains("Record 6 is not what was written."));
    console.nothing_ran().await?;
    console.close().await
}

/// Runs SQL on the database, as somebody who owns its file can.
async fn tamper(console: &Open, sql: &'static str) -> Result<()> {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=rw", console.holder.database().display());
    let mut connection = sqlx::AnyConnection::connect(&url).await?;
    connection.execute(sqlx::raw_sql(sql)).await?;
    Ok(connection.close().await?)
}

/// The picture of the documentation, which `BLESS=1` makes anew.
async fn picture(console: &Open) -> Result<()> {
    if std::env::var_os("BLESS").is_none() || console.page.engine() != Engine::Chromium {
        return Ok(());
    }
    console.page.script(SCHEME, vec![false.into()]).await?;
    console.page.script("document.querySelector('.chart button').click(); scrollTo(0, 0);", vec![]).await?;
    let png = console.page.driver().screenshot_as_png().await?;
    ensure!(png.len() < 300_000, "the picture has {} bytes", png.len());
    std::fs::write(root().join("docs/governance/console.png"), png).context("docs/governance")
}

/// The views, each as somebody sees it who may see all.
const VIEWS: [&str; 6] = ["overview", "keys", "roles", "audit", "subjects", "incidents"];

pub(super) async fn accessible(stage: Stage) -> Result<()> {
    let name = "omar";
    let roles = ["auditor", "approver", "privacy-officer", "incident-commander"];
    let (mut console, code) = Open::prepare(stage.page.clone(), name, &roles)?;
    let page = console.page.clone();
    page.open(&format!("{}/console/", console.url)).await?;
    page.until("document.querySelector('#login')").await?;
    for dark in [false, true] {
        page.script(SCHEME, vec![dark.into()]).await?;
        violations(&page, &format!("login, dark: {dark}")).await?;
    }
    console.enrol(name, &code).await?;
    work(&console).await?;
    for view in VIEWS {
        console.go(view).await?;
        for dark in [false, true] {
            page.script(SCHEME, vec![dark.into()]).await?;
            violations(&page, &format!("{view}, dark: {dark}")).await?;
        }
        let wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        let over = page.script(&format!("return {wide};"), vec![]).await?;
        ensure!(over == json!(0), "{view} is {over} pixels wider than the window");
    }
    console.holder.run(&["subject", "new", "person-17"])?;
    console.holder.run(&["subject", "request", "new", "person-17", "--kind", "access"])?;
    console.go("subjects").await?;
    look_up(&console, "person-17").await?;
    for dark in [false, true] {
        page.script(SCHEME, vec![dark.into()]).await?;
        violations(&page, &format!("a person, dark: {dark}")).await?;
    }
    console.go("incidents").await?;
    page.click("main th a").await?;
    page.until("document.querySelector('.timeline')").await?;
    for dark in [false, true] {
        page.script(SCHEME, vec![dark.into()]).await?;
        violations(&page, &format!("an incident, dark: {dark}")).await?;
    }
    let due = "return [...document.querySelectorAll('[role=timer]')].map((timer) => Date.parse(timer.parentElement.querySelector('time').dateTime));";
    let due = page.script(due, vec![]).await?;
    let due: Vec<i64> = due.as_array().context("deadlines")?.iter().filter_map(Value::as_i64).collect();
    ensure!(due.len() > 2 && due.is_sorted(), "the deadlines are {due:?}");
    narrow(&console).await?;
    // The keyboard reaches the menu behind the link that skips it.
    let reached = page
        .script(
            "const reach = [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex=\"0\"]')];
             return [reach[0].className, reach[1].closest('nav') !== null];",
            vec![],
        )
        .await?;
    ensure!(reached == json!(["skip", true]), "{reached}");
    console.nothing_ran().await?;
    console.close().await
}

/// At 360 pixels, nothing makes the page scroll sideways. Only a frame is as narrow in every engine.
async fn narrow(console: &Open) -> Result<()> {
    for view in VIEWS {
        console.go(view).await?;
        let over = console
            .page
            .script(
                "const body = document.body;
                 body.style.width = '360px';
                 const over = [...body.querySelectorAll('.card')].filter((card) => card.getBoundingClientRect().right > 361).length;
                 body.style.width = '';
                 return over;",
                vec![],
            )
            .await?;
        ensure!(over == json!(0), "{view}: {over} parts are wider than 360 pixels");
    }
    Ok(())
}

async fn look_up(console: &Open, id: &str) -> Result<()> {
    console.page.fill("[role=search] [name=id]", id).await?;
    console.page.click("[role=search] button").await?;
    console.page.until("document.querySelector('#subject').textContent.includes('Registered')").await?;
    console.page.until("document.querySelector('#subject').textContent.includes('None is set.')").await
}

/// A person is looked up and erased, which takes the id once more.
pub(super) async fn erased(stage: Stage) -> Result<()> {
    let name = "rosa";
    let (mut console, code) = Open::prepare(stage.page.clone(), name, &["privacy-officer"])?;
    console.holder.run(&["subject", "new", "p-5e1d"])?;
    console.enrol(name, &code).await?;
    console.go("subjects").await?;
    look_up(&console, "p-5e1d").await?;
    let page = console.page.clone();
    // What they say about the use of their values is noted.
    page.fill("[name=purpose]", "newsletter").await?;
    page.script(
        "[...document.querySelectorAll('#subject button')].find((b) => b.textContent === 'Object').click();",
        vec![],
    )
    .await?;
    page.until("document.querySelector('#subject table')?.textContent.includes('newsletter')").await?;
    page.fill("[name=typed]", "p-5e1").await?;
    ensure!(page.script("return document.querySelector('#erase').disabled;", vec![]).await? == json!(true));
    page.fill("[name=typed]", "p-5e1d").await?;
    page.click("#erase").await?;
    page.until("document.querySelector('#subject .badge.bad')?.textContent === 'erased'").await?;
    let shown = console.holder.run(&["--json", "subject", "show", "p-5e1d"])?;
    let shown: Value = serde_json::from_str(&shown)?;
    ensure!(shown["erased"].is_u64(), "{shown}");
    console.close().await
}

/// Whoever may not see something is told so.
pub(super) async fn refused(stage: Stage) -> Result<()> {
    let name = "piet";
    let (mut console, code) = Open::prepare(stage.page.clone(), name, &["support"])?;
    console.enrol(name, &code).await?;
    for view in ["keys", "roles", "audit"] {
        console.go(view).await?;
        let text = console.text().await?;
        ensure!(text.contains("Your roles do not let you see this."), "{view}: {text}");
    }
    // A session that is ended elsewhere ends here with the next question.
    console.holder.run(&["console", "user", "revoke", name])?;
    console.page.script("location.hash = '#/keys';", vec![]).await?;
    console.page.until("document.querySelector('#login')").await?;
    let asked: Value = console.page.wait_script("return (await fetch('/v1/keys')).status;").await?;
    ensure!(asked == json!(401), "{asked}");
    console.close().await
}
