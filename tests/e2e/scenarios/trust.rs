//! Why a page believes a key set, and that it believes no other.

use crate::Scenario;
use crate::world::{Outcome, Stage};
use anyhow::{Context, Result};
use fieldseal_e2e::fixture::Scene;
use fieldseal_e2e::holder::Holder;
use serde_json::{Value, json};

pub(crate) const ALL: &[Scenario] = &[
    ("trust::signer", |stage| seals(stage, |stage| Ok(json!({ "signer": stage.parts.signer })))),
    ("trust::pin", |stage| seals(stage, |stage| Ok(json!({ "pin": pins(stage)? })))),
    ("trust::origin", |stage| seals(stage, |_| Ok(json!("origin")))),
    ("trust::key_set_as_object", |stage| Box::pin(object(stage))),
    ("trust::another_signer", |stage| Box::pin(another_signer(stage))),
    ("trust::none_given", |stage| refused(stage, Value::Null, "trust-invalid")),
    ("trust::classical_keys", |stage| Box::pin(classical(stage))),
];

/// The thumbprints of all published keys.
fn pins(stage: &Stage) -> Result<Vec<Value>> {
    let set = stage.parts.holder.key_set()?;
    let keys = set["keys"].as_array().context("keys")?;
    Ok(keys.iter().map(|key| key["kid"].clone()).collect())
}

fn seals(stage: Stage, trust: fn(&Stage) -> Result<Value>) -> Outcome {
    Box::pin(async move {
        let mut scene = stage.scene()?;
        scene.config["trust"] = trust(&stage)?;
        checkout(&stage, scene).await
    })
}

/// The key set can be a part of the page itself, and is then trusted as the page is.
async fn object(stage: Stage) -> Result<()> {
    let mut scene = stage.scene()?;
    scene.config = json!({ "keys": stage.parts.holder.key_set()?, "trust": "origin" });
    checkout(&stage, scene).await
}

async fn checkout(stage: &Stage, scene: Scene) -> Result<()> {
    let test = stage.open(scene, "checkout.html").await?;
    let typed = stage.fill(&test).await?;
    stage.page.click("#send").await?;
    let received = test.wait_for(1).await?;
    stage.check(&test, &received[0], &typed).await
}

fn refused(stage: Stage, trust: Value, code: &'static str) -> Outcome {
    Box::pin(async move {
        let mut scene = stage.scene()?;
        scene.config["trust"] = trust;
        stage.open_until(scene, "checkout.html", code).await.map(drop)
    })
}

/// The set is in order, and signed by a key holder that this page doesn't know.
async fn another_signer(stage: Stage) -> Result<()> {
    let dir = tempfile::tempdir_in(stage.parts.dir.path())?;
    let other = Holder::init(dir.path(), &["https://other.example"])?;
    let trust = json!({ "signer": other.signer()? });
    refused(stage, trust, "keyset-signature-invalid").await
}

/// Keys of the classical algorithm are published by the same program and sealed to by the same page.
async fn classical(stage: Stage) -> Result<()> {
    let dir = tempfile::tempdir_in(stage.parts.dir.path())?;
    let holder = Holder::init(dir.path(), &[&stage.parts.fixture.origin])?;
    holder.add_key_for("*", "ECDH-ES")?;
    let mut scene = stage.scene()?;
    scene.config = json!({ "keys": holder.key_set()?, "trust": "origin" });
    let test = stage.open(scene, "checkout.html").await?;
    let typed = stage.fill(&test).await?;
    stage.page.click("#send").await?;
    let received = test.wait_for(1).await?;
    stage.check_with(&holder, &test, &received[0], &typed).await
}
