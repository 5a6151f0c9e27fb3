//! The real shop, its real checkout and the real key holder.

use crate::Scenario;
use crate::world::Stage;
use anyhow::{Result, ensure};
use fieldseal_e2e::checkout::{self, Field};
use fieldseal_e2e::demo::Demo;
use fieldseal_e2e::page::Page;
use fieldseal_e2e::received::normal;
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

/// The payments desk opens the card of an order at the console, and the same page shows it nothing else. The security
/// code opens a single time, as it may not be kept.
async fn console(stage: Stage) -> Result<()> {
    let demo = Demo::anywhere()?;
    let page = &stage.page;
    let fields = checkout::pay(page, &demo.shop.url).await?;
    let order = page.script("return document.querySelector('#order-id').textContent;", vec![]).await?;
    let order = order.as_str().unwrap_or_default();
    for opened_before in [false, true] {
        page.open("about:blank").await?;
        page.open(&format!("{}/#{order}", demo.console.url)).await?;
        let rows = open_as(page, "Payments desk").await?;
        for Field { field, kind, typed, .. } in &fields {
            let text = rows[field].as_str().unwrap_or_default();
            let normal = normal(kind, typed);
            let normal = normal.as_ref().and_then(Value::as_str).unwrap_or(typed);
            let visible = text.contains(normal);
            let allowed = field.starts_with("card_") && !(opened_before && field == "card_cvc");
            // Short values may stand in any sentence, so only their presence is looked at.
            ensure!(visible || !allowed, "the desk does not see {field}: {text:?}");
            ensure!(!visible || allowed || normal.len() < 4, "the desk sees {field}");
        }
    }
    Ok(())
}

/// Opens the order that the console shows, and gives what each row says.
async fn open_as(page: &Page, role: &str) -> Result<Value> {
    page.until("document.querySelectorAll('#rows tr').length && document.querySelector('#role option')")
        .await?;
    page.set("#role", role).await?;
    page.fill("#purpose", "Charge the card").await?;
    page.click("#open [type=submit]").await?;
    page.until("document.querySelector('#rows .opened[data-state=refused]')").await?;
    page.script(
        "return Object.fromEntries([...document.querySelectorAll('#rows tr')]
           .map((row) => [row.querySelector('.name').textContent, row.querySelector('.opened').textContent]));",
        vec![],
    )
    .await
}
