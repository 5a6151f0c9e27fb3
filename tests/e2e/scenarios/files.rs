//! Files that a person chose, sealed in the page and opened by the real `keyholder open-file`.

use crate::Scenario;
use crate::world::Stage;
use anyhow::{Context, Result, ensure};
use fieldseal_e2e::fixture::{Scene, Test};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) const ALL: &[Scenario] = &[
    ("files::a_file_of_a_megabyte", |stage| Box::pin(uploaded(stage))),
    ("files::an_entry_of_a_form", |stage| Box::pin(sent(stage))),
    ("files::damaged_on_the_way", |stage| Box::pin(damaged(stage))),
    ("files::under_a_strict_policy", |stage| Box::pin(strict(stage))),
];

const NAME: &str = "passport of Wilhelmina.pdf";

/// A folder of this scenario's own, with a file to choose.
struct Chosen {
    dir: PathBuf,
    content: Vec<u8>,
}

impl Chosen {
    fn new(stage: &Stage, test: &Test, length: usize) -> Result<Self> {
        let dir = stage.parts.dir.path().join(format!("files-{}", test.number()));
        fs::create_dir(&dir)?;
        let line = format!("Wilhelmina O'Shaughnessy-{:04} was here. ", test.number());
        let content: Vec<u8> = line.bytes().cycle().take(length).collect();
        fs::write(dir.join(NAME), &content)?;
        Ok(Self { dir, content })
    }

    /// Chooses it as a person does.
    async fn choose(&self, stage: &Stage, input: &str) -> Result<()> {
        let path = self.dir.join(NAME);
        let control = stage.page.element(&format!("#{input}")).await?;
        control.send_keys(path.to_str().context("a path")?).await?;
        stage.page.until(&format!("document.getElementById('{input}').files.length === 1")).await
    }

    /// Has the key holder open what the server received: what it says of it, and whether it is what was chosen.
    fn opened(&self, stage: &Stage, sealed: &[u8], more: &[&str]) -> Result<Value> {
        let (from, to) = (self.dir.join("sealed"), self.dir.join("opened"));
        fs::write(&from, sealed)?;
        let path = |path: &Path| path.to_str().map(str::to_owned).context("a path");
        let (from, out) = (path(&from)?, path(&to)?);
        let args = [&["--json", "open-file", "--in", &from, "--out", &out], more].concat();
        let report = serde_json::from_str(&stage.parts.holder.run(&args)?)?;
        ensure!(fs::read(&to)? == self.content, "another file was opened than was chosen");
        Ok(report)
    }
}

/// Nothing of the file, nor of its name, is in any byte that arrived.
fn nothing_clear(test: &Test) -> Result<()> {
    for bytes in test.bytes() {
        for word in ["Wilhelmina", "O'Shaughnessy"] {
            ensure!(memchr::memmem::find(&bytes, word.as_bytes()).is_none(), "the server received {word}");
        }
    }
    Ok(())
}

async fn uploaded(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "files.html").await?;
    upload(&stage, &test).await
}

async fn upload(stage: &Stage, test: &Test) -> Result<()> {
    // More than a piece, and not a whole number of chunks.
    let chosen = Chosen::new(stage, test, 1024 * 1024 + 100_000)?;
    chosen.choose(stage, "scan").await?;
    let told = stage.page.wait_script("return await upload();").await?;
    let progress: Vec<f64> = serde_json::from_value(told["progress"].clone()).context(told.to_string())?;
    ensure!(progress.len() == 2 && progress.is_sorted() && progress[1] == 1.0, "{progress:?}");
    let body = test.wait_for(1).await?.remove(0).body;
    ensure!(told["size"] == body.len(), "{} bytes of {} arrived", body.len(), told["size"]);
    let token = told["token"].as_str().context("a token")?;
    ensure!(body.starts_with(format!("fieldseal-file-v1\n{token}\n").as_bytes()), "it begins otherwise");
    nothing_clear(test)?;
    let bound = ["--field", "scan", "--kind", "passport-number", "--origin", test.origin()];
    let report = chosen.opened(stage, &body, &bound)?;
    ensure!(report["name"] == NAME && report["bytes"] == chosen.content.len(), "{report}");
    Ok(())
}

async fn sent(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "files.html").await?;
    let chosen = Chosen::new(&stage, &test, 65_536)?;
    chosen.choose(&stage, "sent").await?;
    stage.page.wait_script("return await send();").await?;
    let body = test.wait_for(1).await?.remove(0).body;
    nothing_clear(&test)?;
    // Between the part's own header and the boundary behind it.
    let start = memchr::memmem::find(&body, b"fieldseal-file-v1\n").context("no sealed file")?;
    let end = memchr::memmem::rfind(&body, b"\r\n--").context("no end of the part")?;
    ensure!(memchr::memmem::find(&body, b"filename=\"sent.sealed\"").is_some(), "the part has no name");
    let report = chosen.opened(&stage, &body[start..end], &["--kind", "health-note"])?;
    ensure!(report["field"] == "sent", "{report}");
    Ok(())
}

async fn damaged(stage: Stage) -> Result<()> {
    let test = stage.open(stage.scene()?, "files.html").await?;
    let chosen = Chosen::new(&stage, &test, 200_000)?;
    chosen.choose(&stage, "scan").await?;
    stage.page.wait_script("return await upload();").await?;
    let body = test.wait_for(1).await?.remove(0).body;
    let mut changed = body.clone();
    let at = body.len() - 70_000;
    changed[at] ^= 1;
    for (case, bytes) in [("cut short", &body[..body.len() - 1]), ("changed", &changed)] {
        let failure = chosen.opened(&stage, bytes, &[]).err().context(case)?.to_string();
        ensure!(failure.contains("file-damaged"), "{case}: {failure}");
        ensure!(!chosen.dir.join("opened").exists(), "{case}: something was written");
    }
    chosen.opened(&stage, &body, &[]).map(drop)
}

/// What is downloaded when a file is sealed is allowed by the policy that the rest needs.
async fn strict(stage: Stage) -> Result<()> {
    let holder = stage.parts.holder.url()?;
    let policy =
        format!("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' {holder}");
    let test = stage.open(Scene { policy: Some(policy), ..stage.scene()? }, "files.html").await?;
    ensure!(
        !test.asked().iter().any(|path| path.ends_with("/file.js")),
        "file.js was fetched before it was needed"
    );
    upload(&stage, &test).await?;
    ensure!(test.asked().iter().any(|path| path.ends_with("/file.js")), "file.js was never fetched");
    Ok(())
}
