//! The real demonstration shop and the key holder's console.

use crate::program::{Program, built, root};
use anyhow::Result;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A running shop: everything that its guard lets pass ends up in its data directory or in what it prints.
#[derive(Debug)]
pub struct Shop {
    /// The address that a customer opens.
    pub url: String,
    data: PathBuf,
    program: Program,
}

impl Shop {
    /// Starts the shop with its data below `dir`, sealing to the keys at `keys` that `signer` signed. It links to the
    /// console at this address, which need not run yet.
    pub fn start(dir: &Path, port: u16, keys: &str, signer: &Value, console: &str) -> Result<Self> {
        let data = dir.join("shop");
        fs::create_dir_all(&data)?;
        let signer_file = dir.join("signer.json");
        fs::write(&signer_file, serde_json::to_vec(signer)?)?;
        let mut command = Command::new(built("fieldseal-demo")?);
        command.args(["shop", "--listen", &format!("127.0.0.1:{port}")]);
        command.arg("--data").arg(&data).arg("--sdk").arg(root().join("target/npm/fieldseal"));
        command.args(["--keys", keys]).arg("--signer").arg(&signer_file).args(["--console", console]);
        let mut program = Program::start(command)?;
        let url = program.line_after("listening on ", Duration::from_secs(30))?;
        Ok(Self { url, data, program })
    }

    /// Everything on the shop's side, by the place where it lies: each stored file, and what the program printed.
    pub fn has(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let mut found = vec![("printed".to_owned(), self.program.printed())];
        let mut ahead = vec![self.data.clone()];
        while let Some(dir) = ahead.pop() {
            for entry in fs::read_dir(dir)? {
                let path = entry?.path();
                if path.is_dir() {
                    ahead.push(path);
                } else {
                    let name = path.strip_prefix(&self.data).unwrap_or(&path).display().to_string();
                    found.push((name, fs::read(&path)?));
                }
            }
        }
        Ok(found)
    }
}

/// A running console.
#[derive(Debug)]
pub struct Console {
    /// The address that an operator opens.
    pub url: String,
    _program: Program,
}

/// A role that the console shows: its name, its credential at the key holder, and the classes that it may open.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Role {
    /// The role's name.
    pub name: String,
    /// Its bearer secret.
    pub credential: String,
    /// The classes of data it may open.
    pub classes: Vec<String>,
}

impl Console {
    /// Starts the console for a shop and a key holder, with these roles.
    pub fn start(dir: &Path, port: u16, shop: &str, holder: &str, roles: &[Role]) -> Result<Self> {
        let file = dir.join("roles.json");
        fs::write(&file, serde_json::to_vec(roles)?)?;
        let mut command = Command::new(built("fieldseal-demo")?);
        command.args(["console", "--listen", &format!("127.0.0.1:{port}")]);
        command.args(["--shop", shop, "--holder", holder]).arg("--roles").arg(&file);
        let mut program = Program::start(command)?;
        let url = program.line_after("listening on ", Duration::from_secs(30))?;
        Ok(Self { url, _program: program })
    }
}
