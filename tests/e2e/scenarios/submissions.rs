//! Every way in which a form leaves a page.

use crate::Scenario;
use crate::world::{FETCH, Outcome, Stage};
use anyhow::{Result, ensure};
use fieldseal_e2e::fixture::Scene;
use fieldseal_e2e::leak;

pub(crate) const ALL: &[Scenario] = &[
    ("submissions::clicked_button", |stage| post(stage, Way::Click)),
    ("submissions::enter_key", |stage| post(stage, Way::Enter)),
    ("submissions::request_submit", |stage| post(stage, Way::Script("document.forms[0].requestSubmit()"))),
    ("submissions::form_submit", |stage| post(stage, Way::Script("document.forms[0].submit()"))),
    ("submissions::fetch_form_data", |stage| post(stage, Way::Script(FETCH))),
    ("submissions::multipart", |stage| form(stage, "method=\"post\" enctype=\"multipart/form-data\"", None)),
    ("submissions::get", |stage| form(stage, "method=\"get\"", None)),
    ("submissions::strict_policy", |stage| {
        form(stage, "method=\"post\"", Some("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "))
    }),
    ("submissions::twice", |stage| Box::pin(twice(stage))),
];

enum Way {
    Click,
    Enter,
    Script(&'static str),
}

fn post(stage: Stage, way: Way) -> Outcome {
    Box::pin(async move {
        let scene = stage.scene()?;
        submit(&stage, scene, way).await
    })
}

/// A form with other attributes, in a page with another policy.
fn form(stage: Stage, attributes: &'static str, policy: Option<&'static str>) -> Outcome {
    Box::pin(async move {
        let mut scene = stage.scene()?;
        scene.words = vec![("form".into(), attributes.into())];
        scene.policy = policy
            .map(|policy| {
                let holder = stage.parts.holder.url()?;
                let rest = format!("connect-src 'self' {holder}; form-action 'self'; style-src 'self'");
                anyhow::Ok(format!("{policy}{rest}"))
            })
            .transpose()?;
        submit(&stage, scene, Way::Click).await
    })
}

async fn submit(stage: &Stage, scene: Scene, way: Way) -> Result<()> {
    let test = stage.open(scene, "checkout.html").await?;
    let typed = stage.fill(&test).await?;
    let plain = format!("plain & found {:04}", test.number());
    stage.page.fill("#quantity", &plain).await?;
    match way {
        Way::Click => stage.page.click("#send").await?,
        Way::Enter => stage.page.element("#ssn").await?.send_keys("\u{e007}").await?,
        Way::Script(script) => stage.page.script(script, vec![]).await.map(drop)?,
    }
    let received = test.wait_for(1).await?;
    stage.check(&test, &received[0], &typed).await?;
    // What is not declared goes out as ever, and the search that finds nothing else does find that.
    let entries = received[0].entries().await?;
    ensure!(entries.contains(&("quantity".into(), plain.clone())), "the plain field is missing");
    ensure!(
        test.bytes().iter().any(|bytes| leak::find(bytes, &plain).is_some()),
        "the search found no plain text"
    );
    Ok(())
}

/// The same page sends twice, with new tokens the second time.
async fn twice(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "checkout.html").await?;
    let typed = stage.fill(&test).await?;
    for _ in 0..2 {
        stage.page.script(FETCH, vec![]).await?;
    }
    let received = test.wait_for(2).await?;
    for submission in &received {
        stage.check(&test, submission, &typed).await?;
    }
    let (first, second) = (received[0].entries().await?, received[1].entries().await?);
    for (field, _, _) in &typed {
        let of = |entries: &[(String, String)]| entries.iter().find(|(name, _)| name == field).cloned();
        ensure!(of(&first) != of(&second), "{field} was sent with the same token twice");
    }
    Ok(())
}
