//! The report of an incident, made by the real key holder and opened as the file that it is: its deadlines are in order, it
//! can be read by everybody, in light and in dark, and what somebody wrote into names does not run.

use crate::Scenario;
use crate::access::violations;
use crate::world::Stage;
use anyhow::{Context, Result, ensure};
use fieldseal::NumericDate;
use fieldseal::keyset::KeySet;
use fieldseal::kind::Kind;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use fieldseal_e2e::engine::Engine;
use fieldseal_e2e::holder::Holder;
use fieldseal_e2e::page::Page;
use fieldseal_e2e::program::root;
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use thirtyfour::common::print::PrintParameters;
use zeroize::Zeroizing;

pub(crate) const ALL: &[Scenario] = &[
    ("incident_report::in_light", |stage| Box::pin(in_light(stage))),
    ("incident_report::in_dark", |stage| Box::pin(in_dark(stage))),
    ("incident_report::picture", |stage| Box::pin(picture(stage))),
];

const ORIGIN: &str = "https://shop.example";

/// What somebody may write into a field's name, a subject, a purpose or a title, in the hope that a report shows it.
const HOSTILE: &str =
    "\"><script>window.ran=1</script><img src=x onerror=window.ran=1><svg onload=window.ran=1>";

/// A key holder with a breach that was assessed.
struct Breach {
    dir: TempDir,
    holder: Holder,
    id: String,
}

async fn in_light(stage: Stage) -> Result<()> {
    let breach = Breach::stage(HOSTILE)?;
    let report = breach.report("light", &[])?;
    let page = &stage.page;
    page.open(&report.url).await?;
    names_stay_names(page, &breach.id).await?;
    deadlines_are_in_order(page, &report.json).await?;
    ensure!(ground(page).await? == "rgb(255, 255, 255)", "the style was not applied");
    violations(page, "in light").await?;
    prints(page).await
}

async fn in_dark(stage: Stage) -> Result<()> {
    let breach = Breach::stage(HOSTILE)?;
    // As for somebody who prefers dark: not every engine can be told to.
    let style = std::fs::read_to_string(root().join("holder/incident/report.css"))?;
    let dark = style.replace("(prefers-color-scheme: dark)", "screen");
    ensure!(dark != style, "the style has no dark side");
    let data = breach.dir.path().join("data");
    std::fs::create_dir(&data)?;
    std::fs::write(data.join("report.css"), dark)?;
    let report = breach.report("dark", &["--data", path(&data)?])?;
    let page = &stage.page;
    page.open(&report.url).await?;
    ensure!(ground(page).await? == "rgb(21, 23, 27)", "the style was not applied");
    violations(page, "in dark").await
}

/// The pictures in the documentation. With BLESS they are made anew; they are not compared, because times are in them.
async fn picture(stage: Stage) -> Result<()> {
    if stage.page.engine() != Engine::Chromium {
        return Ok(());
    }
    let breach = Breach::stage("Credential of the checkout in a public repository")?;
    let regimes = ["--regime", "gdpr", "--regime", "pci-dss", "--regime", "us-states"];
    let report = breach.report("picture", &regimes)?;
    let page = &stage.page;
    page.open(&report.url).await?;
    page.script("document.documentElement.style.overflow = 'hidden';", vec![]).await?;
    for (name, part, height) in [("report.png", "header", 1500), ("report-charts.png", "#touched", 1250)] {
        page.driver().set_window_rect(0, 0, 1200, height).await?;
        page.script("document.querySelector(arguments[0]).scrollIntoView();", vec![part.into()]).await?;
        let png = page.driver().screenshot_as_png().await?;
        ensure!(png.len() < 300_000, "{name} has {} bytes", png.len());
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(root().join("docs/governance").join(name), png)?;
        }
    }
    page.driver().set_window_rect(0, 0, 1280, 1000).await?;
    Ok(())
}

async fn names_stay_names(page: &Page, id: &str) -> Result<()> {
    let found = page
        .script(
            "return [document.title, document.querySelector('h1').textContent, window.ran ?? null,
                     document.querySelectorAll('script, img, iframe, link, form, svg[onload]').length];",
            vec![],
        )
        .await?;
    ensure!(found == json!([format!("{id}: {HOSTILE}"), HOSTILE, null, 0]), "{found}");
    // A field, a subject and a purpose: each is shown as it is.
    let cells = page
        .script(
            "return [...document.querySelectorAll('td, tbody th')].filter((c) => c.textContent === arguments[0]).length;",
            vec![HOSTILE.into()],
        )
        .await?;
    ensure!(cells.as_u64() >= Some(4), "{cells} cells show the names as they are");
    Ok(())
}

async fn deadlines_are_in_order(page: &Page, json: &Value) -> Result<()> {
    let shown = page
        .script(
            "return [[...document.querySelectorAll('.duty-id')].map((one) => one.textContent),
                     [...document.querySelectorAll('#dated time')].map((one) => one.dateTime)];",
            vec![],
        )
        .await?;
    let duties = json["duties"].as_array().context("no duties")?;
    let ids: Vec<_> = duties.iter().map(|due| due["id"].clone()).collect();
    ensure!(shown[0] == json!(ids), "{shown}");
    let times: Vec<_> = shown[1].as_array().context("no times")?.iter().map(Value::as_str).collect();
    ensure!(times.len() >= 4 && times.is_sorted(), "{times:?}");
    Ok(())
}

/// It makes a PDF of several sheets, in the engines that can print without somebody at a dialog.
async fn prints(page: &Page) -> Result<()> {
    if page.engine() == Engine::WebKit {
        return Ok(());
    }
    let pdf = page.driver().print_page(PrintParameters::default()).await?;
    ensure!(pdf.starts_with(b"%PDF-") && pdf.len() > 20_000, "{} bytes", pdf.len());
    // Firefox compresses what tells how many sheets there are.
    let sheets = memchr::memmem::find_iter(&pdf, b"/MediaBox").count();
    ensure!(sheets >= 4 || page.engine() == Engine::Firefox, "{sheets} sheets");
    Ok(())
}

/// The colour of the page's ground. If the style is not what the page's policy allows, it is none.
async fn ground(page: &Page) -> Result<Value> {
    page.script("return getComputedStyle(document.body).backgroundColor;", vec![]).await
}

/// A report that was written.
struct Report {
    url: String,
    json: Value,
}

impl Breach {
    fn stage(title: &str) -> Result<Self> {
        let dir = TempDir::with_prefix("fieldseal-report-")?;
        let mut holder = Holder::init(dir.path(), &[ORIGIN])?;
        for class in ["payment", "identity", "contact", "health", "credential", "general"] {
            holder.add_key_for(class, "ECDH-ES")?;
        }
        let secret = holder.add_credential("checkout", &["*"])?;
        holder.serve(0)?;
        let keys = KeySet::parse(&holder.key_set()?.to_string())?;
        let sealer = Sealer::new(keys, ORIGIN)?;
        let kinds =
            ["card-number", "email", "postal-address", "us-ssn", "drivers-licence", "diagnosis", "password"];
        let mut tokens = Vec::new();
        for n in 0..96 {
            let kind = kinds[n % kinds.len()];
            tokens.push(seal(&sealer, kind, kind, &format!("customer-{:03}", n / 4))?);
        }
        let hostile = if title == HOSTILE { HOSTILE } else { "note" };
        tokens.push(seal(&sealer, "text", hostile, hostile)?);
        let purpose = if title == HOSTILE { HOSTILE } else { "refund 4711" };
        holder.ask(&secret, purpose, &tokens[57..])?;
        let stolen = dir.path().join("stolen.txt");
        std::fs::write(&stolen, tokens.join("\n"))?;
        // A day ago, so that some deadlines are near and others are not.
        let aware = SystemTime::now() - Duration::from_secs(20 * 60 * 60);
        let aware = humantime::format_rfc3339_seconds(aware).to_string();
        let payment = holder.key_set()?["keys"]
            .as_array()
            .and_then(|keys| keys.iter().find(|key| key["class"] == "payment"))
            .and_then(|key| key["kid"].as_str().map(str::to_owned))
            .context("no key for payment data")?;
        let open = [
            "incident",
            "open",
            "--title",
            title,
            "--credential",
            "checkout",
            "--key",
            &payment,
            "--aware",
            &aware,
        ];
        let id = holder.run(&open)?.trim_end().to_owned();
        holder.run(&["incident", "contain", &id, "--yes"])?;
        let breach = Self { dir, holder, id };
        let assessment = breach.file("assessment.json");
        let stolen = path(&stolen)?;
        breach.holder.run(&["incident", "assess", &breach.id, "--tokens", stolen, "--out", &assessment])?;
        let done = ["--done", "pci-acquirer", "--reference", "call 4711"];
        breach
            .holder
            .run(&[&["incident", "notify", &breach.id, "--assessment", &assessment], &done[..]].concat())?;
        Ok(breach)
    }

    fn report(&self, name: &str, more: &[&str]) -> Result<Report> {
        let (page, json) = (self.file(&format!("{name}.html")), self.file(&format!("{name}.json")));
        let assessment = self.file("assessment.json");
        let args = [
            "incident",
            "report",
            &self.id,
            "--assessment",
            &assessment,
            "--out",
            &page,
            "--json-out",
            &json,
        ];
        let places = ["--jurisdiction", "DE", "--jurisdiction", "US-CA"];
        self.holder.run(&[&args[..], &places, more].concat())?;
        Ok(Report { url: format!("file://{page}"), json: serde_json::from_slice(&std::fs::read(json)?)? })
    }

    fn file(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }
}

fn seal(sealer: &Sealer, kind: &str, field: &str, subject: &str) -> Result<String> {
    let mut options = SealOptions::new(field, Kind::parse(kind)?);
    options.sub = Some(subject.to_owned());
    // Where people are is known from what a form publishes about an address or a licence.
    let (value, hint) = match kind {
        "postal-address" => (r#"{"line1":"1 Main Street","country":"DE"}"#, Some("country")),
        "drivers-licence" => (r#"{"region":"US-CA","number":"A1234567"}"#, Some("region")),
        _ => ("\"a value\"", None),
    };
    options.check = hint.is_some();
    options.hint.extend(hint.map(str::to_owned));
    let mut bytes = Zeroizing::new([0; Entropy::LEN]);
    std::fs::File::open("/dev/urandom")?.read_exact(bytes.as_mut_slice())?;
    Ok(sealer.seal_json(value, &options, NumericDate(now()?), Entropy::new(&bytes))?)
}

fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is no text")
}
