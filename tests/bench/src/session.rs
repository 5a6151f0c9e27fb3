//! A browser that measures: what the program asks of the page's harness, and collecting garbage off the clock.

use anyhow::{Context, Result, bail};
use fieldseal_e2e::engine::{Browser, Engine};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::{RequestData, SessionId, WebDriver};

/// The longest that a batch may take, with opening what it sealed.
const PATIENCE: Duration = Duration::from_secs(300);

/// How often the engine is asked to collect before a batch goes on without it.
const TRIES: usize = 5;

/// A running browser with the harness's page.
#[derive(Debug)]
pub(crate) struct Session {
    browser: Browser,
    driver: WebDriver,
    /// How often the garbage was still there after all tries.
    pub(crate) uncollected: usize,
    /// How often it was collected.
    pub(crate) collected: usize,
}

impl Session {
    /// Starts the engine.
    pub(crate) async fn start(engine: Engine) -> Result<Self> {
        let browser = engine.start_to_measure().await?;
        let driver = browser.page().driver().clone();
        driver.set_script_timeout(PATIENCE).await?;
        Ok(Self { browser, driver, uncollected: 0, collected: 0 })
    }

    /// The browser's name and version as it says them.
    pub(crate) fn version(&self) -> String {
        let said =
            |name: &str| self.driver.capabilities().get(name).and_then(Value::as_str).map(str::to_owned);
        let name = said("browserName").unwrap_or_default();
        format!("{name} {}", said("browserVersion").unwrap_or_default())
    }

    /// Opens a page.
    pub(crate) async fn open(&self, url: &str) -> Result<()> {
        self.browser.page().open(url).await
    }

    /// Waits until an expression in the page is true.
    pub(crate) async fn until(&self, expression: &str) -> Result<()> {
        self.browser.page().until(expression).await
    }

    /// The value of an expression in the page.
    pub(crate) async fn value(&self, expression: &str) -> Result<Value> {
        self.browser.page().script(&format!("return {expression};"), Vec::new()).await
    }

    /// Calls a function of the harness and waits for what it promises.
    pub(crate) async fn call(&self, function: &str, args: Value) -> Result<Value> {
        let script = "const [name, args, done] = arguments;
            Promise.resolve().then(() => bench[name](...args))
              .then((value) => done({ value }), (error) => done({ error: String(error) }));";
        let outcome = self.driver.execute_async(script, vec![function.into(), args]).await;
        let outcome = outcome.with_context(|| format!("{function} did not end"))?.json().clone();
        match outcome.get("error") {
            Some(error) => bail!("{function}: {error}"),
            None => Ok(outcome.get("value").cloned().unwrap_or_default()),
        }
    }

    /// A number from the harness.
    pub(crate) async fn number(&self, function: &str, args: Value) -> Result<f64> {
        let value = self.call(function, args).await?;
        value.as_f64().with_context(|| format!("{function} gave no number but {value}"))
    }

    /// Has the engine collect its garbage, and looks whether it did. In Firefox, keys of WebCrypto that wait for
    /// collection slow the same work down tenfold over a run.
    pub(crate) async fn collect(&mut self) -> Result<()> {
        self.call("litter", json!([])).await?;
        for _ in 0..TRIES {
            match self.browser.engine {
                Engine::Chromium => drop(self.value("gc()").await?),
                Engine::Firefox => self.collect_in_firefox().await?,
                // It has no switch, so it collects when it likes.
                Engine::WebKit => return Ok(()),
            }
            if self.call("collected", json!([])).await? == Value::Bool(true) {
                self.collected += 1;
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.uncollected += 1;
        Ok(())
    }

    /// What the buttons of about:memory do: the browser's own process tells all others.
    async fn collect_in_firefox(&self) -> Result<()> {
        self.driver.cmd(ScriptContext("chrome")).await?;
        let asked = self
            .driver
            .execute(
                "Services.obs.notifyObservers(null, 'child-gc-request');
                 Services.obs.notifyObservers(null, 'child-cc-request');",
                Vec::new(),
            )
            .await;
        self.driver.cmd(ScriptContext("content")).await?;
        asked?;
        Ok(())
    }

    /// Closes the browser.
    pub(crate) async fn close(self) -> Result<()> {
        self.browser.close().await
    }
}

/// Whose scripts geckodriver runs: the page's (`content`) or the browser's own (`chrome`).
#[derive(Debug)]
struct ScriptContext(&'static str);

impl FormatRequestData for ScriptContext {
    fn format_request(&self, session: &SessionId) -> RequestData {
        RequestData::new(Method::POST, format!("/session/{session}/moz/context"))
            .add_body(json!({ "context": self.0 }))
    }
}
