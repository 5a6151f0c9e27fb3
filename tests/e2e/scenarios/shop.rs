//! The real shop, its real checkout and the real key holder.

use crate::Scenario;
use crate::world::Stage;
use anyhow::{Result, ensure};
use fieldseal_e2e::demo::Demo;
use serde_json::Value;

pub(crate) const ALL: &[Scenario] = &[
    ("shop::checkout", |stage| Box::pin(checkout(stage))),
    ("shop::console", |stage| Box::pin(console(stage))),
];

/// One whole order: each field is stored sealed and opens to what was typed, and nothing typed is on the shop's side.
async fn checkout(stage: Stage) -> Result<()> {
    let demo = Demo::anywhere()?;
    let shown = demo.checkout(&stage.page).await?;
    ensure!(shown.fields.len() >= 8, "the checkout has only {} sealed fields", shown.fields.len());
    ensure!(shown.holds(), "{}", serde_json::to_string_pretty(&shown)?);
    Ok(())
}

/// The payments desk opens the card of that order at the console, and the same page shows it nothing else.
async fn console(stage: Stage) -> Result<()> {
    let demo = Demo::anywhere()?;
    let shown = demo.checkout(&stage.page).await?;
    let page = &stage.page;
    page.open(&format!("{}/#{}", demo.console.url, shown.order)).await?;
    page.until("document.querySelectorAll('#rows tr').length && document.querySelector('#role option')")
        .await?;
    page.set("#role", "Payments desk").await?;
    page.fill("#purpose", "Charge the card").await?;
    page.click("#open [type=submit]").await?;
    page.until("document.querySelector('#rows .opened[data-state=refused]')").await?;
    let rows = page
        .script(
            "return Object.fromEntries([...document.querySelectorAll('#rows tr')]
               .map((row) => [row.querySelector('.name').textContent, row.querySelector('.opened').textContent]));",
            vec![],
        )
        .await?;
    for row in &shown.fields {
        let text = rows[&row.field].as_str().unwrap_or_default();
        let visible = text.contains(&row.typed);
        let payment = row.field.starts_with("card_");
        // Short values may stand in any sentence, so only their presence is looked at.
        ensure!(visible || !payment, "the desk does not see {}: {text:?}", row.field);
        ensure!(!visible || payment || row.typed.len() < 6, "the desk sees {}", row.field);
    }
    ensure!(matches!(rows, Value::Object(_)), "no rows");
    Ok(())
}
