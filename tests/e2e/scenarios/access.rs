//! The demo's checkout, looked at by axe-core: in each engine, empty and with messages at its fields.

use crate::Scenario;
use crate::world::Stage;
use anyhow::{Context, Result, ensure};
use fieldseal_e2e::demo::Demo;
use fieldseal_e2e::page::Page;
use fieldseal_e2e::program::root;
use serde_json::json;

pub(crate) const ALL: &[Scenario] = &[("access::checkout", |stage| Box::pin(checkout(stage)))];

async fn checkout(stage: Stage) -> Result<()> {
    let demo = Demo::anywhere()?;
    let page = &stage.page;
    page.open(&demo.shop.url).await?;
    page.until("document.querySelector('#seal-status')?.dataset.state === 'ready'").await?;
    violations(page, "empty").await?;
    page.fill("#card_number", "4000 0566").await?;
    page.fill("#email", "nobody@").await?;
    page.click("#pay").await?;
    page.until("document.querySelectorAll('.error:not(:empty)').length >= 2").await?;
    violations(page, "with messages").await
}

/// Runs all of axe's rules, and says which are broken where.
pub(crate) async fn violations(page: &Page, state: &str) -> Result<()> {
    let file = root().join("tests/e2e/node_modules/axe-core/axe.min.js");
    let axe = std::fs::read_to_string(file).context("axe-core is not installed: run `cargo xtask setup`")?;
    page.script(&format!("{axe};\nwindow.axe = axe;"), vec![]).await?;
    let found = page
        .wait_script(
            "const { violations, passes } = await window.axe.run(document);
             return [violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html.slice(0, 200))]), passes.length];",
        )
        .await?;
    ensure!(found[0] == json!([]), "{state}: {}", serde_json::to_string_pretty(&found)?);
    ensure!(found[1].as_u64() > Some(20), "axe looked at nothing: {found}");
    Ok(())
}
