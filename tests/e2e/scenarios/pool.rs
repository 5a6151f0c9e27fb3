//! What is sealed ahead of time, with real keys in real pages: that it serves a submission, goes with the page and with
//! the key, and that nobody who types has to wait for it.

use crate::Scenario;
use crate::world::{FETCH, Stage, Typed, card};
use anyhow::{Context, Result, ensure};
use fieldseal_e2e::fixture::{Scene, Test};
use fieldseal_e2e::holder::Holder;
use fieldseal_e2e::received::{Submission, header, is_token};
use serde_json::{Value, json};
use std::collections::HashSet;
use tempfile::TempDir;

pub(crate) const ALL: &[Scenario] = &[
    ("pool::eight_fields", |stage| Box::pin(eight_fields(stage))),
    ("pool::back_and_forward", |stage| Box::pin(back_and_forward(stage))),
    ("pool::keys_rotate", |stage| Box::pin(keys_rotate(stage))),
    ("pool::typing", |stage| Box::pin(typing(stage))),
];

/// How many values pool.html has.
const FIELDS: usize = 8;

async fn open(stage: &Stage, scene: Scene) -> Result<Test> {
    let test = stage.open(scene, "pool.html").await?;
    full(stage).await?;
    Ok(test)
}

async fn full(stage: &Stage) -> Result<()> {
    stage.page.until(&format!("window.pool && window.pool() === {FIELDS}")).await
}

async fn fill(stage: &Stage, test: &Test) -> Result<Vec<Typed>> {
    let n = test.number();
    let typed = vec![
        ("full_name", "person-name", format!("Wilhelmina O'Shaughnessy-{n:04}")),
        ("mail", "email", format!("wilhelmina-{n:04}@mailbox-7319.example")),
        ("address", "text", format!("{n:04} Wisteria Hollow Road")),
        ("card", "card-number", card(n)),
        ("expiry", "card-expiry", "11/38".into()),
        ("cvc", "card-cvc", format!("{}", 7000 + n % 1000)),
        ("ssn", "us-ssn", format!("219-{:02}-{n:04}", n % 89 + 10)),
        ("note", "text", format!("Leave it at no. {n:04}")),
    ];
    for (field, _, value) in &typed {
        stage.page.fill(&format!("#{field}"), value).await?;
    }
    Ok(typed)
}

/// The tokens of a submission.
async fn tokens(submission: &Submission) -> Result<Vec<String>> {
    let entries = submission.entries().await?;
    Ok(entries.into_iter().map(|(_, value)| value).filter(|value| is_token(value)).collect())
}

/// Eight fields take the eight that are ready; eight more at once are sealed on the spot, and none is like another.
async fn eight_fields(stage: Stage) -> Result<()> {
    let test = open(&stage, stage.scene()?).await?;
    let typed = fill(&stage, &test).await?;
    full(&stage).await?;
    let script = format!("{FETCH}; const one = pool(); {FETCH}; return [one, pool()];");
    let found = stage.page.script(&script, vec![]).await?;
    ensure!(found == json!([0, 0]), "the pool held {found} after eight and after sixteen values");
    full(&stage).await?;
    let mut encs = HashSet::new();
    for submission in test.wait_for(2).await? {
        stage.check(&test, &submission, &typed).await?;
        for token in tokens(&submission).await? {
            encs.insert(token.split('.').nth(1).map(str::to_owned));
        }
    }
    ensure!(encs.len() == 2 * FIELDS, "{} encapsulations for {} tokens", encs.len(), 2 * FIELDS);
    Ok(())
}

/// A page that is left holds nothing ready. Come back to, as it was or loaded anew, it does again, and can be sent.
async fn back_and_forward(stage: Stage) -> Result<()> {
    let scene = Scene { stored: true, ..stage.scene()? };
    let test = open(&stage, scene).await?;
    fill(&stage, &test).await?;
    stage.page.click("#send").await?;
    test.wait_for(1).await?;
    stage.page.until("document.querySelector('#received')").await?;
    stage.page.driver().back().await?;
    stage.page.until("document.documentElement.dataset.state === 'ready'").await?;
    let back = stage.page.script("return [window.persisted ?? false, window.left ?? null];", vec![]).await?;
    // Where the page itself is back, it says what it held; elsewhere it is another page.
    ensure!(back[0] == (back[1] != Value::Null) && (back[1] == 0 || back[1].is_null()), "{back}");
    eprintln!("pool::back_and_forward in {}: as it was: {}", stage.page.engine().name(), back[0]);
    full(&stage).await?;
    let typed = fill(&stage, &test).await?;
    stage.page.click("#send").await?;
    let received = test.wait_for(2).await?;
    stage.check(&test, &received[1], &typed).await
}

/// The old key ends and another takes over while the form is filled in: what was made for the old one is of no use.
async fn keys_rotate(stage: Stage) -> Result<()> {
    let dir = TempDir::with_prefix("fieldseal-e2e-rotate-")?;
    let holder = Holder::init(dir.path(), &[&stage.parts.fixture.origin])?;
    holder.add_key("*")?;
    let mut set = holder.key_set()?;
    holder.add_key("*")?;
    let both = holder.key_set()?;
    let old = set["keys"][0]["kid"].clone();
    let mut keys = both["keys"].as_array().context("keys")?.clone();
    let new = keys.iter().find(|key| key["kid"] != old).context("a second key")?["kid"].clone();
    let change = now() + 8;
    for key in &mut keys {
        let bound = if key["kid"] == old { "exp" } else { "nbf" };
        key["nbf"] = json!(change - 3600);
        key[bound] = json!(change);
    }
    set["keys"] = keys.into();
    let scene = Scene { config: json!({ "keys": set, "trust": "origin" }), ..stage.scene()? };
    let test = open(&stage, scene).await?;
    ensure!(now() < change, "the machine was too slow for this test");
    let typed = fill(&stage, &test).await?;
    stage.page.until(&format!("Date.now() >= {change}000")).await?;
    let held = stage.page.script("return pool();", vec![]).await?;
    stage.page.click("#send").await?;
    let received = test.wait_for(1).await?;
    for token in tokens(&received[0]).await? {
        let kid = header(&token)?["kid"].clone();
        ensure!(kid == new, "a token is for {kid} and not for the key of the day, {new}");
    }
    stage.check_with(&holder, &test, &received[0], &typed).await?;
    // It may have been filled for the new key already, and never holds both.
    ensure!(held.as_u64().is_some_and(|held| held <= FIELDS as u64), "the pool held {held}");
    Ok(())
}

fn now() -> u64 {
    std::time::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs())
}

/// A key is pressed in every frame while the pool is emptied and filled again all the time.
///
/// tasks.js adds up for how long the listeners, idle callbacks and timers of the page keep the main thread. All of them are
/// the package's, apart from those that empty the pool, which are not counted. Other programs take the processor away in
/// the midst of it, so a few may be long; a fault would make most of them long.
async fn typing(stage: Stage) -> Result<()> {
    open(&stage, stage.scene()?).await?;
    let script = "
        tasksOf = (type) => type !== 'formdata' && type !== 'press';
        tasks.length = 0;
        const control = document.querySelector('#note');
        control.focus();
        let emptied = 0;
        for (let i = 0; i < 200; i += 1) {
          await new Promise((later) => requestAnimationFrame(later));
          for (const type of ['keydown', 'keyup']) control.dispatchEvent(new KeyboardEvent(type, { key: 'x', bubbles: true }));
          control.value += 'x';
          control.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertText', data: 'x' }));
          if (i % 5 === 0 && pool() === 8) { new FormData(document.forms[0]); emptied += 1; }
        }
        return { emptied, tasks: tasks.slice().sort((a, b) => a - b) };";
    let found = stage.page.wait_script(script).await?;
    let emptied = found["emptied"].as_u64().with_context(|| format!("no figures but {found}"))?;
    let tasks: Vec<f64> = serde_json::from_value(found["tasks"].clone())?;
    ensure!(emptied >= 5, "the pool was filled {emptied} times only");
    ensure!(tasks.len() >= 100, "{} tasks were measured for 200 keys", tasks.len());
    let at = |share: f64| tasks[((tasks.len() - 1) as f64 * share) as usize];
    let figures = format!(
        "{} tasks: median {:.2} ms, 99 % {:.2} ms, longest {:.2} ms",
        tasks.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
    ensure!(at(0.5) < 4.0 && at(0.97) <= 8.0, "{figures}");
    eprintln!("pool::typing in {}: {figures}; filled {emptied} times", stage.page.engine().name());
    Ok(())
}
