//! The demonstration: a shop, its key holder and the holder's console, and one checkout that shows who has what.

use crate::checkout::{self, Field};
use crate::engine::{Engine, Scripts};
use crate::holder::{Holder, Sealed};
use crate::leak;
use crate::page::Page;
use crate::program::free_port;
use crate::received::{is_token, is_typed, normal};
use crate::shop::{Console, Role, Shop};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::TempDir;

/// The ports of the demonstration that somebody looks at.
const PORTS: Ports = Ports { shop: 8080, console: 8090, holder: 8471 };

/// Which classes of data each role of the console may open.
const ROLES: [(&str, &[&str]); 4] = [
    ("Payments desk", &["payment"]),
    ("Support", &["contact"]),
    ("Identity check", &["identity"]),
    ("Fulfilment", &["contact", "general"]),
];

struct Ports {
    shop: u16,
    console: u16,
    holder: u16,
}

/// Everything that runs.
#[derive(Debug)]
pub struct Demo {
    /// The shop.
    pub shop: Shop,
    /// The holder's console.
    pub console: Console,
    /// The key holder.
    pub holder: Holder,
    // All data; removed when the demonstration ends.
    _dir: TempDir,
}

/// What happened to one field.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The entry's name.
    pub field: String,
    /// What was typed.
    pub typed: String,
    /// What the shop stored.
    pub stored: String,
    /// What the key holder opened.
    pub opened: String,
    /// Whether the shop stored a token and it opened to what was typed.
    pub sealed: bool,
}

/// A typed value on the shop's side.
#[derive(Clone, Debug, Serialize)]
pub struct Leak {
    /// The entry's name.
    pub field: String,
    /// Where it was found.
    pub place: String,
    /// In which form.
    pub form: String,
}

/// What one checkout showed.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The order's number in the shop.
    pub order: String,
    /// The browser that was driven.
    pub engine: String,
    /// One row a sealed field.
    pub fields: Vec<Row>,
    /// How many bytes the shop received, logged and stored.
    pub searched_bytes: usize,
    /// The typed values found in them.
    pub leaks: Vec<Leak>,
}

impl Shown {
    /// Whether every field was sealed and none was found.
    pub fn holds(&self) -> bool {
        !self.fields.is_empty() && self.fields.iter().all(|row| row.sealed) && self.leaks.is_empty()
    }
}

impl Demo {
    /// Starts it on the ports that the documentation names.
    pub fn start() -> Result<Self> {
        Self::on(PORTS)
    }

    /// Starts it on ports that are free.
    pub fn anywhere() -> Result<Self> {
        Self::on(Ports { shop: free_port()?, console: free_port()?, holder: 0 })
    }

    fn on(ports: Ports) -> Result<Self> {
        let dir = TempDir::with_prefix("fieldseal-demo-")?;
        let origin = format!("http://127.0.0.1:{}", ports.shop);
        let mut holder = Holder::init(dir.path(), &[&origin])?;
        for class in ["payment", "contact", "identity", "general"] {
            holder.add_key(class)?;
        }
        let mut roles = Vec::new();
        for (name, classes) in ROLES {
            let credential = holder.add_credential(&name.to_lowercase().replace(' ', "-"), classes)?;
            let classes = classes.iter().map(|&class| class.to_owned()).collect();
            roles.push(Role { name: name.into(), credential, classes });
        }
        let holder_url = holder.serve(ports.holder)?;
        let keys = format!("{holder_url}/.well-known/sealed-input");
        let console = format!("http://127.0.0.1:{}", ports.console);
        let shop = Shop::start(dir.path(), ports.shop, &keys, &holder.signer()?, &console)?;
        let console = Console::start(dir.path(), ports.console, &shop.url, &holder_url, &roles)?;
        Ok(Self { shop, console, holder, _dir: dir })
    }

    /// Drives one checkout in the first browser that there is.
    pub async fn once(&self) -> Result<Shown> {
        let engine = Engine::ALL.into_iter().find(|engine| engine.missing().is_none());
        let engine = engine.context("no browser can be driven; run `cargo xtask setup`")?;
        let browser = engine.start(Scripts::On).await?;
        let shown = self.checkout(&browser.page()).await?;
        browser.close().await?;
        Ok(shown)
    }

    /// Drives one checkout and looks at what everybody has then.
    pub async fn checkout(&self, page: &Page) -> Result<Shown> {
        let fields = checkout::pay(page, &self.shop.url).await?;
        let order = page
            .wait_script(
                "const id = location.pathname.split('/').pop();
                 return (await fetch(`/orders/${id}.json`)).json();",
            )
            .await?;
        let number = order["id"].as_str().unwrap_or_default().to_owned();
        let order: Order = serde_json::from_value(order).context("the stored order")?;
        if fields.is_empty() {
            bail!("the checkout has no sealed field");
        }
        let fields_shown = self.compare(&fields, &order)?;
        let places = self.shop.has()?;
        let mut leaks = Vec::new();
        for field in fields.iter().filter(|field| field.text && !field.typed.is_empty()) {
            for (place, bytes) in &places {
                // As it was typed, and as it was sealed.
                let normal = normal(&field.kind, &field.typed);
                let normal = normal.as_ref().and_then(Value::as_str).unwrap_or(&field.typed);
                let found = leak::find(bytes, &field.typed).or_else(|| leak::find(bytes, normal));
                if let Some(form) = found {
                    leaks.push(Leak { field: field.field.clone(), place: place.clone(), form: form.into() });
                }
            }
        }
        let searched_bytes = places.iter().map(|(_, bytes)| bytes.len()).sum();
        Ok(Shown {
            order: number,
            engine: page.engine().name().into(),
            fields: fields_shown,
            searched_bytes,
            leaks,
        })
    }

    /// Each field beside its stored entry and what the key holder makes of that.
    fn compare(&self, fields: &[Field], order: &Order) -> Result<Vec<Row>> {
        let stored =
            |field: &str| order.entries.iter().find(|entry| entry.name == field).map(|entry| &entry.value);
        let sealed: Vec<Sealed> = fields
            .iter()
            .map(|field| Sealed {
                token: stored(&field.field).cloned().unwrap_or_default(),
                field: field.field.clone(),
                kind: Some(field.kind.clone()),
                origin: self.shop.url.clone(),
            })
            .collect();
        let opened = self.holder.open(&sealed)?;
        let rows = fields.iter().zip(opened).map(|(field, record)| {
            let stored = stored(&field.field).cloned().unwrap_or_default();
            let opened = match &record["value"] {
                Value::Null => {
                    format!("(not opened: {})", record["error"]["code"].as_str().unwrap_or("no value"))
                }
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            let sealed = is_token(&stored) && is_typed(&record["value"], &field.kind, &field.typed);
            Row { field: field.field.clone(), typed: field.typed.clone(), stored, opened, sealed }
        });
        Ok(rows.collect())
    }
}

/// An order as the shop gives it out.
#[derive(Deserialize)]
struct Order {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    value: String,
}
