//! What all tests share, started when the first of them needs it: one browser an engine, one key holder, one server.

use anyhow::{Context, Result, ensure};
use fieldseal_e2e::engine::{Browser, Engine, Scripts};
use fieldseal_e2e::fixture::{Fixture, Scene, Test};
use fieldseal_e2e::holder::Holder;
use fieldseal_e2e::leak;
use fieldseal_e2e::page::Page;
use fieldseal_e2e::received::{Submission, bound, header, is_token, is_typed};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, OnceCell};

/// What a scenario gives: a future, because everything in a browser is waited for.
pub(crate) type Outcome = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// A declared value: entry, kind and what was typed.
pub(crate) type Typed = (&'static str, &'static str, String);

/// What a page's script does to send the form by itself.
pub(crate) const FETCH: &str = "fetch('submit', { method: 'POST', body: new FormData(document.forms[0]) })";

pub(crate) struct World {
    runtime: Runtime,
    parts: OnceCell<Arc<Parts>>,
    browsers: HashMap<&'static str, Mutex<Option<Browser>>>,
}

/// The servers that run for the whole suite.
pub(crate) struct Parts {
    pub(crate) fixture: Fixture,
    pub(crate) holder: Holder,
    pub(crate) signer: Value,
    pub(crate) dir: TempDir,
}

/// One scenario in one engine.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) page: Page,
    pub(crate) parts: Arc<Parts>,
}

impl World {
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let browsers = Engine::ALL.map(|engine| (engine.name(), Mutex::new(None)));
        Self { runtime, parts: OnceCell::new(), browsers: browsers.into() }
    }

    /// Runs a scenario in the engine's browser. After a failure the next scenario gets a new one.
    pub(crate) fn run(&self, engine: Engine, scenario: fn(Stage) -> Outcome) -> Result<(), String> {
        let outcome: Result<()> = self.runtime.block_on(async {
            let parts = Arc::clone(self.parts.get_or_try_init(Parts::start).await?);
            let mut slot = self.browsers[engine.name()].lock().await;
            if slot.is_none() {
                *slot = Some(engine.start(Scripts::On).await?);
            }
            let page = slot.as_ref().context("a browser")?.page();
            // A task of its own, so that a failed assertion is an error here and the browser is put away.
            let outcome = tokio::spawn(scenario(Stage { page, parts })).await;
            if !matches!(outcome, Ok(Ok(())))
                && let Some(browser) = slot.take()
            {
                let _ = browser.close().await;
            }
            outcome?
        });
        outcome.map_err(|error| format!("{error:#}"))
    }

    pub(crate) fn close(&self) {
        self.runtime.block_on(async {
            for slot in self.browsers.values() {
                if let Some(browser) = slot.lock().await.take() {
                    let _ = browser.close().await;
                }
            }
        });
    }
}

impl Parts {
    async fn start() -> Result<Arc<Self>> {
        let fixture = Fixture::start().await?;
        let dir = TempDir::with_prefix("fieldseal-e2e-")?;
        let mut holder = Holder::init(dir.path(), &[&fixture.origin])?;
        for class in ["contact", "identity", "payment", "health", "credential", "general"] {
            holder.add_key(class)?;
        }
        holder.serve(0)?;
        let signer = holder.signer()?;
        Ok(Arc::new(Self { fixture, holder, signer, dir }))
    }

    /// Where the key holder publishes its keys.
    pub(crate) fn keys(&self) -> Result<String> {
        Ok(format!("{}/.well-known/sealed-input", self.holder.url()?))
    }
}

impl Stage {
    /// A scene as a real page has it: the key holder's keys, trusted because of who signed them.
    pub(crate) fn scene(&self) -> Result<Scene> {
        let config = json!({ "keys": self.parts.keys()?, "trust": { "signer": self.parts.signer } });
        Ok(Scene { config, words: vec![("form".into(), "method=\"post\"".into())], ..Scene::default() })
    }

    /// Opens a page of the scene and waits until its keys are there.
    pub(crate) async fn open(&self, scene: Scene, page: &str) -> Result<Test> {
        self.open_until(scene, page, "ready").await
    }

    /// Opens a page of the scene and waits until loading its keys ended in this state.
    pub(crate) async fn open_until(&self, scene: Scene, page: &str, state: &str) -> Result<Test> {
        let test = self.parts.fixture.test(scene);
        self.page.open(&test.url(page)).await?;
        self.page.until("document.documentElement.dataset.state").await?;
        let found = self.page.script("return document.documentElement.dataset.state;", vec![]).await?;
        ensure!(found == *state, "loading the keys ended with {found}, and {state} was expected");
        Ok(test)
    }

    /// Fills in checkout.html with values that no other test types.
    pub(crate) async fn fill(&self, test: &Test) -> Result<Vec<Typed>> {
        let typed = checkout_values(test.number());
        for (field, _, value) in &typed {
            self.page.fill(&format!("#{field}"), value).await?;
        }
        Ok(typed)
    }

    /// Checks a submission: for every declared value one token, bound to its field, kind and origin, that the real key
    /// holder opens to what was typed; and nothing typed in any byte that arrived.
    pub(crate) async fn check(&self, test: &Test, submission: &Submission, typed: &[Typed]) -> Result<()> {
        self.check_with(&self.parts.holder, test, submission, typed).await
    }

    /// The same with another key holder.
    pub(crate) async fn check_with(
        &self,
        holder: &Holder,
        test: &Test,
        submission: &Submission,
        typed: &[Typed],
    ) -> Result<()> {
        let entries = submission.entries().await?;
        let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        let sealed: Vec<_> = entries.iter().filter(|(_, value)| is_token(value)).cloned().collect();
        ensure!(
            sealed.len() == typed.len(),
            "{} tokens for {} values in {names:?}",
            sealed.len(),
            typed.len()
        );
        let mut wanted = Vec::new();
        let mut asked = Vec::new();
        let mut left = sealed;
        for (field, kind, value) in typed {
            let at = left.iter().position(|(name, _)| name == field);
            let entry = left.remove(at.with_context(|| format!("no token for {field} in {names:?}"))?);
            let header = header(&entry.1)?;
            ensure!(header["field"] == *field && header["kind"] == *kind, "{field} is bound to {header}");
            ensure!(header["iss"] == test.origin(), "{field} was sealed by {}", header["iss"]);
            asked.push(bound(&entry, Some(kind), test.origin()));
            wanted.push((field, kind, value));
        }
        for ((field, kind, value), record) in wanted.into_iter().zip(holder.open(&asked)?) {
            ensure!(
                is_typed(&record["value"], kind, value),
                "{field} opened to {record}, and {value:?} was typed"
            );
        }
        nothing_typed(test, typed)
    }
}

/// Searches all that the server received since the test began.
pub(crate) fn nothing_typed(test: &Test, typed: &[Typed]) -> Result<()> {
    for bytes in test.bytes() {
        for (field, _, value) in typed {
            // An empty value and the `on` of a checkbox are found everywhere and tell nothing.
            let found = (value.len() > 2).then(|| leak::find(&bytes, value)).flatten();
            ensure!(found.is_none(), "the server received {field} {}", found.unwrap_or_default());
        }
    }
    Ok(())
}

/// What a person types into checkout.html: unlike in any other test, and unlikely to be found by chance.
fn checkout_values(number: u32) -> Vec<Typed> {
    vec![
        ("full_name", "person-name", format!("Wilhelmina O'Shaughnessy-{number:04}")),
        ("card", "card-number", card(number)),
        ("cvc", "card-cvc", format!("{}", 7000 + number % 1000)),
        ("ssn", "us-ssn", format!("219-{:02}-{:04}", number % 89 + 10, number)),
        ("note", "text", format!("Leave it at no. {number:04} & ring, 50% \"quietly\"")),
    ]
}

/// A card number with a valid check digit (ISO/IEC 7812-1), in the groups in which people type it. It is of the scheme whose
/// security codes have four digits: three are found by chance in too many timestamps.
pub(crate) fn card(number: u32) -> String {
    let body = format!("37828224{number:06}");
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| u32::from(b - b'0') * (2 - i as u32 % 2))
        .map(|digit| if digit > 9 { digit - 9 } else { digit })
        .sum();
    let all = format!("{body}{}", (10 - sum % 10) % 10);
    [&all[..4], &all[4..10], &all[10..]].join(" ")
}
