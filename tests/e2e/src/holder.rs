//! The real key holder: its program, started as an operator starts it.

use crate::program::{Program, built};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A key holder's home, and the server if it was started.
#[derive(Debug)]
pub struct Holder {
    home: PathBuf,
    key_file: PathBuf,
    server: Option<(Program, String)>,
}

/// One token to open, with what it must be bound to.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Sealed {
    /// The token.
    pub token: String,
    /// The entry's name.
    pub field: String,
    /// The kind, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The page's origin.
    pub origin: String,
}

impl Holder {
    /// A new home below `dir` for pages of these origins. The key file lies beside the home, as on another disk.
    pub fn init(dir: &Path, origins: &[&str]) -> Result<Self> {
        let holder = Self { home: dir.join("holder"), key_file: dir.join("holder.key"), server: None };
        let mut command = holder.command()?;
        command.arg("init");
        for origin in origins {
            command.args(["--origin", origin]);
        }
        run(command.arg("--key-file").arg(&holder.key_file), None)?;
        Ok(holder)
    }

    /// Adds a key for a class of data, or for all of them with `*`.
    pub fn add_key(&self, class: &str) -> Result<()> {
        run(self.command()?.args(["keys", "new", "--class", class]), None).map(drop)
    }

    /// Adds a key of a given algorithm.
    pub fn add_key_for(&self, class: &str, algorithm: &str) -> Result<()> {
        run(self.command()?.args(["keys", "new", "--class", class, "--alg", algorithm]), None).map(drop)
    }

    /// The published key set.
    pub fn key_set(&self) -> Result<Value> {
        Ok(serde_json::from_str(&run(self.command()?.args(["keys", "publish"]), None)?)?)
    }

    /// The public key that signs the published set: what a page pins as its trust.
    pub fn signer(&self) -> Result<Value> {
        Ok(serde_json::from_str(&run(self.command()?.args(["keys", "signer", "--json"]), None)?)?)
    }

    /// A new credential for these classes: the bearer secret, which is shown only now.
    pub fn add_credential(&self, name: &str, classes: &[&str]) -> Result<String> {
        let mut command = self.command()?;
        command.args(["credentials", "new", name]);
        for class in classes {
            command.args(["--class", class]);
        }
        let printed = run(&mut command, None)?;
        let secret = printed.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
        secret
            .into_iter()
            .find(|word| word.starts_with("fsk_"))
            .map(str::to_owned)
            .context("no credential was printed")
    }

    /// The file of its database.
    pub fn database(&self) -> PathBuf {
        self.home.join("keyholder.db")
    }

    /// Starts the server on a free port or the one given.
    pub fn serve(&mut self, port: u16) -> Result<String> {
        let mut command = self.command()?;
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
        let mut program = Program::start(command)?;
        let url = program.line_after("listening on ", Duration::from_secs(30))?;
        self.server = Some((program, url.clone()));
        Ok(url)
    }

    /// The address of the running server.
    pub fn url(&self) -> Result<&str> {
        self.server.as_ref().map(|(_, url)| url.as_str()).context("the key holder is not serving")
    }

    /// Has the running service open tokens for a credential, with a purpose: what it answers, which must be that it did.
    pub fn ask(&self, secret: &str, purpose: &str, tokens: &[String]) -> Result<Value> {
        let address = self.url()?.trim_start_matches("http://");
        let body = serde_json::json!({ "tokens": tokens, "purpose": purpose }).to_string();
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "POST /v1/open HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {secret}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        ensure!(head.starts_with("HTTP/1.1 200 "), "{answer}");
        let answer: Value = serde_json::from_str(body)?;
        let results = answer["results"].as_array().context("no results")?;
        ensure!(results.iter().all(|result| result.get("error").is_none()), "{answer}");
        Ok(answer)
    }

    /// Runs any other command of it, and gives what it printed.
    pub fn run(&self, args: &[&str]) -> Result<String> {
        run(self.command()?.args(args), None)
    }

    /// Opens tokens with `keyholder open`: one record each, in order, a failure included.
    pub fn open(&self, sealed: &[Sealed]) -> Result<Vec<Value>> {
        if sealed.is_empty() {
            return Ok(Vec::new());
        }
        let mut input = String::new();
        for token in sealed {
            input += &serde_json::to_string(token)?;
            input.push('\n');
        }
        // The exit code only repeats what the records say, so it is not looked at here.
        let mut command = self.command()?;
        let output = finish(command.args(["--json", "open"]), Some(&input))?;
        let text = String::from_utf8(output.stdout)?;
        let records: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        ensure!(
            records.len() == sealed.len(),
            "{} records for {} tokens: {}",
            records.len(),
            sealed.len(),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(records)
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new(built("keyholder")?);
        command.arg("--home").arg(&self.home).env("KEYHOLDER_KEY_FILE", &self.key_file);
        command.env_remove("KEYHOLDER_HOME").env_remove("KEYHOLDER_PASSPHRASE_FILE");
        Ok(command)
    }
}

/// Runs a command to its end and gives what it printed; a failure is an error.
fn run(command: &mut Command, input: Option<&str>) -> Result<String> {
    let output = finish(command, input)?;
    if !output.status.success() {
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
        bail!("keyholder {} failed: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn finish(command: &mut Command, input: Option<&str>) -> Result<std::process::Output> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take();
    std::thread::scope(|scope| {
        // Writing and reading at once, or both sides wait for ever once the pipes are full.
        if let (Some(mut stdin), Some(input)) = (stdin, input) {
            scope.spawn(move || stdin.write_all(input.as_bytes()));
        }
        Ok(child.wait_with_output()?)
    })
}
