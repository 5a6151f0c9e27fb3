//! The checkout of the demonstration shop, filled in as a customer does.

use crate::page::Page;
use anyhow::{Context, Result};
use serde::Deserialize;

/// What the customer types, by the entry's name. Every value is one that is found by chance nowhere; the card is the test
/// card whose security code has four digits, because three stand in too many timestamps.
const TYPED: [(&str, &str); 12] = [
    ("full_name", "Philomena Quartermaine-Zhu"),
    ("email", "philomena.qz@mailbox-7319.example"),
    ("phone", "+1 415 555 0173"),
    ("address_line1", "4187 Wisteria Hollow Road"),
    ("address_city", "Tuxedo Junction"),
    ("address_postcode", "94107-6283"),
    ("address_country", "IE"),
    ("note", "Ring twice; the dog Käthe is 🐕 shy & \"loud\""),
    ("card_number", "3782 822463 10005"),
    ("card_expiry", "11/38"),
    ("card_cvc", "7391"),
    ("ssn", "219-09-9876"),
];

/// What the customer picks.
const PICKED: [&str; 2] = ["delivery_pickup", "gift"];

/// A sealed field of the form, as the customer left it.
#[derive(Clone, Debug, Deserialize)]
pub struct Field {
    /// The entry's name.
    pub field: String,
    /// The declared kind.
    pub kind: String,
    /// What a person reads in it.
    pub typed: String,
    /// Whether a person typed or chose it; a checkbox that is ticked has nothing to search for.
    pub text: bool,
}

/// Fills in the form and sends it with its button; gives the sealed fields that it declared.
pub async fn pay(page: &Page, shop: &str) -> Result<Vec<Field>> {
    page.open(shop).await?;
    page.until("document.querySelector('form [data-seal]')").await?;
    page.until("document.querySelector('#seal-status')?.dataset.state === 'ready'").await?;
    for (field, value) in TYPED {
        let selector = format!("form [data-seal='{field}']");
        let Ok(element) = page.element(&selector).await else { continue };
        if element.tag_name().await? == "select" {
            page.set(&selector, value).await?;
        } else if value.is_ascii() {
            page.fill(&selector, value).await?;
        } else {
            // chromedriver types no character outside the basic plane.
            page.set(&selector, value).await?;
        }
    }
    for id in PICKED {
        page.script("document.getElementById(arguments[0])?.click();", vec![id.into()]).await?;
    }
    let fields = page
        .script(
            "return [...document.querySelectorAll('form [data-seal]')]
               .filter((control) => control.type !== 'radio' || control.checked)
               .map((control) => ({
                 field: control.dataset.seal,
                 kind: control.dataset.kind,
                 typed: control.type === 'checkbox' ? String(control.checked) : control.value,
                 text: control.type !== 'checkbox',
               }));",
            Vec::new(),
        )
        .await?;
    let fields: Vec<Field> = serde_json::from_value(fields).context("the form's fields")?;
    page.click("#pay").await?;
    page.until("location.pathname.startsWith('/order')").await?;
    Ok(fields)
}
