//! A form that is sealed to the keys of one person, and what is left of it when that person has been erased.

use crate::Scenario;
use crate::world::Stage;
use anyhow::{Result, ensure};
use fieldseal_e2e::holder::Holder;
use fieldseal_e2e::received::{bound, header, is_token};
use serde_json::json;
use tempfile::TempDir;

pub(crate) const ALL: &[Scenario] = &[("subjects::erased", |stage| Box::pin(erased(stage)))];

/// The name tells nothing and nobody guesses it.
const PERSON: &str = "c-7f3a91d2e4b8605c";

async fn erased(stage: Stage) -> Result<()> {
    let dir = TempDir::with_prefix("fieldseal-e2e-subject-")?;
    let mut holder = Holder::init(dir.path(), &[&stage.parts.fixture.origin])?;
    holder.add_key("*")?;
    holder.run(&["subject", "new", PERSON])?;
    let keys = format!("{}/.well-known/sealed-input", holder.serve(0)?);
    let mut scene = stage.scene()?;
    scene.config = json!({ "keys": keys, "trust": { "signer": holder.signer()? }, "subject": PERSON });

    let test = stage.open(scene.clone(), "checkout.html").await?;
    let typed = stage.fill(&test).await?;
    stage.page.click("#send").await?;
    let received = test.wait_for(1).await?;
    stage.check_with(&holder, &test, &received[0], &typed).await?;
    let mut asked = Vec::new();
    for entry in received[0].entries().await?.into_iter().filter(|(_, value)| is_token(value)) {
        let sub = header(&entry.1)?["sub"].clone();
        ensure!(sub == PERSON, "{} was sealed for {sub}", entry.0);
        asked.push(bound(&entry, None, test.origin()));
    }

    holder.run(&["subject", "erase", PERSON, "--reason", "asked for it"])?;
    for (sealed, record) in asked.iter().zip(holder.open(&asked)?) {
        ensure!(record["error"]["code"] == "open-failed", "{} opened after all", sealed.field);
    }
    // Whoever asks learns no more than that; the audit says why.
    let audit = holder.run(&["audit", "list"])?;
    let said = audit.matches("subject-erased").count();
    ensure!(said == asked.len(), "the audit says {said} times that they were erased, of {}", asked.len());
    // Nothing more can be sealed for them either.
    stage.open_until(scene, "checkout.html", "keyset-unreachable").await.map(drop)
}
