//! A key holder with something to see, and somebody who logs in to its console as a person does.

use anyhow::{Context, Result, ensure};
use fieldseal::NumericDate;
use fieldseal::keyset::KeySet;
use fieldseal::kind::Kind;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use fieldseal_e2e::authenticator::Authenticator;
use fieldseal_e2e::holder::Holder;
use fieldseal_e2e::page::Page;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use zeroize::Zeroizing;

const ORIGIN: &str = "https://shop.example";

/// What everybody here logs in with.
const PASSPHRASE: &str = "seven quiet herons at dawn";

/// The console of a key holder of its own.
pub(super) struct Open {
    pub(super) page: Page,
    pub(super) holder: Holder,
    /// Where browsers find it.
    pub(super) url: String,
    authenticator: Option<Authenticator>,
    _dir: TempDir,
}

/// Makes a token as a page of the shop would.
pub(super) fn seal(keys: &str, field: &str, kind: &str, sub: Option<&str>, json: &str) -> Result<String> {
    static COUNT: AtomicU8 = AtomicU8::new(1);
    let mut options = SealOptions::new(field, Kind::parse(kind)?).unchecked();
    options.sub = sub.map(str::to_owned);
    // What is sealed here is no secret; each token only has to be another.
    let bytes = Zeroizing::new([COUNT.fetch_add(1, Ordering::Relaxed); Entropy::LEN]);
    let now = NumericDate(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    let sealer = Sealer::new(KeySet::parse(keys)?, ORIGIN)?;
    Ok(sealer.seal_json(json, &options, now, Entropy::new(&bytes))?)
}

impl Open {
    /// A key holder with keys of two classes, and a user of these roles who has the code that is given.
    pub(super) fn prepare(page: Page, name: &str, roles: &[&str]) -> Result<(Self, String)> {
        let dir = TempDir::with_prefix("fieldseal-console-")?;
        let mut holder = Holder::init(dir.path(), &[ORIGIN])?;
        for class in ["payment", "contact", "general"] {
            holder.add_key_for(class, "ECDH-ES")?;
        }
        let mut args = vec!["console", "user", "new", name];
        roles.iter().for_each(|role| args.extend(["--role", role]));
        let code = holder.run(&args)?.lines().next().context("no code")?.trim().to_owned();
        let url = holder.serve(0)?.replace("127.0.0.1", "localhost");
        Ok((Self { page, holder, url, authenticator: None, _dir: dir }, code))
    }

    /// Enrols the user with a security key, which ends in the overview.
    pub(super) async fn enrol(&mut self, name: &str, code: &str) -> Result<()> {
        self.page.open(&format!("{}/console/", self.url)).await?;
        self.page.until("document.querySelector('#login')").await?;
        self.page.script(WATCH, vec![]).await?;
        self.authenticator = Some(Authenticator::plug_in(&self.page).await?);
        self.page.click("#first").await?;
        self.page.fill("[name=code]", code).await?;
        self.fill_and_send(name, PASSPHRASE).await?;
        self.shown("overview").await
    }

    /// Logs in again, in the same page.
    pub(super) async fn log_in(&self, name: &str, passphrase: &str) -> Result<()> {
        self.page.until("document.querySelector('#login')").await?;
        self.fill_and_send(name, passphrase).await
    }

    pub(super) async fn log_in_well(&self, name: &str) -> Result<()> {
        self.log_in(name, PASSPHRASE).await
    }

    async fn fill_and_send(&self, name: &str, passphrase: &str) -> Result<()> {
        self.page.fill("[name=name]", name).await?;
        self.page.fill("[name=passphrase]", passphrase).await?;
        self.page.click("#login button").await
    }

    /// Waits until a view is there as a whole.
    pub(super) async fn shown(&self, view: &str) -> Result<()> {
        let there = format!("document.querySelector('#content').dataset.view === '{view}'");
        self.page.until(&there).await
    }

    /// Goes to a view.
    pub(super) async fn go(&self, view: &str) -> Result<()> {
        if view == "roles" {
            // The first answer takes thousands of questions of the rules, and a build for tests is slow at them. It is
            // made once, also if whoever asked for it was told that it takes too long.
            for _ in 0..4 {
                let status = "return (await fetch('/v1/roles')).status;";
                if self.page.wait_script(status).await.is_ok_and(|status| status != json!(503)) {
                    break;
                }
            }
        }
        let go = "document.querySelector('#content').dataset.view = ''; location.hash = arguments[0];";
        self.page.script(go, vec![format!("#/{view}").into()]).await?;
        self.shown(view.split('/').next().unwrap_or(view)).await
    }

    /// The text that the page shows, also what is folded away.
    pub(super) async fn text(&self) -> Result<String> {
        let text = self.page.script("return document.body.textContent;", vec![]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Has a credential open tokens over HTTP, from the page, which may ask whatever its key holder answers.
    pub(super) async fn open(&self, secret: &str, request: &str, body: &Value) -> Result<Value> {
        let (secret, request, body) = (json!(secret), json!(request), json!(body.to_string()));
        let ask = format!(
            "const headers = {{ authorization: 'Bearer ' + {secret}, 'idempotency-key': {request}, 'content-type': 'application/json' }};
             return (await fetch('/v1/open', {{ method: 'POST', headers, body: {body} }})).json();"
        );
        self.page.wait_script(&ask).await
    }

    /// The keys as they are published.
    pub(super) fn keys(&self) -> Result<String> {
        self.holder.run(&["keys", "publish"])
    }

    /// A credential with a role.
    pub(super) fn credential(&self, name: &str, role: &str) -> Result<String> {
        Ok(self.holder.run(&["credentials", "new", name, "--role", role])?.trim().to_owned())
    }

    /// What ran or tried to run that the page's policy does not know.
    pub(super) async fn nothing_ran(&self) -> Result<()> {
        let found = self.page.script("return [window.__xss ?? null, window.__violations];", vec![]).await?;
        ensure!(found == json!([null, []]), "something of others ran, or tried to: {found}");
        Ok(())
    }

    /// Puts the security key away, so that the browser is as it was.
    pub(super) async fn close(mut self) -> Result<()> {
        match self.authenticator.take() {
            Some(authenticator) => authenticator.unplug(&self.page).await,
            None => Ok(()),
        }
    }
}

/// Writes down what the page's policy stops.
const WATCH: &str = "window.__violations = [];
addEventListener('securitypolicyviolation', (event) => window.__violations.push([event.violatedDirective, event.sample]));";
