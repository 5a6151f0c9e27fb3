//! What a person does in a page, and what a test asks it.

use crate::engine::Engine;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::time::{Duration, Instant};
use thirtyfour::prelude::*;

/// How long anything in a page may take. A slow machine with three browsers needs seconds; nothing needs more.
const PATIENCE: Duration = Duration::from_secs(20);

/// The page of one browser session.
#[derive(Clone, Debug)]
pub struct Page {
    engine: Engine,
    driver: WebDriver,
}

impl Page {
    pub(crate) fn new(engine: Engine, driver: WebDriver) -> Self {
        Self { engine, driver }
    }

    /// The engine that shows it.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The session itself, for what this type has no word for.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Opens an address.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.driver.goto(url).await.with_context(|| format!("{url} can't be opened"))
    }

    /// The element that a CSS selector finds.
    pub async fn element(&self, selector: &str) -> Result<WebElement> {
        self.driver.find(By::Css(selector)).await.with_context(|| format!("no element {selector}"))
    }

    /// Types into a control, replacing what is there.
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        let element = self.element(selector).await?;
        element.clear().await?;
        if text.is_empty() {
            // WebKit's driver takes no typing of nothing.
            return Ok(());
        }
        element.send_keys(text).await.with_context(|| format!("can't type into {selector}"))
    }

    /// Gives a control its value as a script or a picker would, with the events that follow. Date and colour pickers are
    /// not typed into alike in any two browsers.
    pub async fn set(&self, selector: &str, value: &str) -> Result<()> {
        self.script(
            "const control = document.querySelector(arguments[0]);
             control.value = arguments[1];
             control.dispatchEvent(new Event('input', { bubbles: true }));
             control.dispatchEvent(new Event('change', { bubbles: true }));",
            vec![selector.into(), value.into()],
        )
        .await?;
        Ok(())
    }

    /// Clicks an element.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let element = self.element(selector).await?;
        element.click().await.with_context(|| format!("can't click {selector}"))
    }

    /// Runs a script in the page.
    pub async fn script(&self, script: &str, args: Vec<Value>) -> Result<Value> {
        Ok(self.driver.execute(script, args).await?.json().clone())
    }

    /// Runs the body of an asynchronous function in the page and waits for what it returns.
    pub async fn wait_script(&self, body: &str) -> Result<Value> {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             (async () => {{ {body} }})().then(done, (error) => done('error: ' + error));"
        );
        Ok(self.driver.execute_async(script, Vec::new()).await?.json().clone())
    }

    /// Waits until an expression in the page is true. A page that is just being replaced counts as not yet.
    pub async fn until(&self, expression: &str) -> Result<()> {
        let script = format!("return Boolean({expression});");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let last = self.script(&script, Vec::new()).await;
            if matches!(last, Ok(Value::Bool(true))) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let state = self
                    .script("return document.documentElement.outerHTML.slice(0, 2000);", Vec::new())
                    .await;
                bail!("waited in vain for {expression}: {last:?}; the page is {state:?}");
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }
}
