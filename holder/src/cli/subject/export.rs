//! `keyholder subject export`

use crate::access::{PURPOSE, Wanted};
use crate::cli::open;
use crate::cli::secret::Unlock;
use crate::cli::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::home;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs::DirBuilder;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The file for machines.
const DOCUMENT: &str = "access.json";
/// The page for people.
const PAGE: &str = "access.html";

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The person, by the opaque name that tokens carry as `sub`.
    #[arg(allow_hyphen_values = true)]
    subject: String,

    /// The files with the tokens that the site holds for the person: a token a line, NDJSON, CSV or Parquet; '-' is
    /// standard input. Tokens of other people in them are left out.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    tokens: Vec<PathBuf>,

    /// A column of a table that holds tokens; 'auto' is every column whose first cells are tokens.
    #[arg(long = "column", value_name = "NAME", default_value = "auto")]
    columns: Vec<String>,

    /// The directory to write to, which is made if it is not there. Without one, it is named after the subject.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Why, for the audit.
    #[arg(long, default_value = PURPOSE)]
    purpose: String,

    /// Take tokens that name nobody for this person's, too. Only if the files hold this person's alone.
    #[arg(long)]
    include_unnamed: bool,

    /// Tell also the names of the credentials that had values opened, and not their roles alone.
    #[arg(long)]
    name_credentials: bool,

    /// Open also what was sealed to a key that has been revoked since.
    #[arg(long)]
    revoked: bool,

    #[command(flatten)]
    unlock: Unlock,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<Done> {
    // The input first: nobody should type a passphrase for a file that is not there.
    let mut tokens = Vec::new();
    for path in &args.tokens {
        tokens.extend(open::all_of(path, &args.columns)?);
    }
    let dir = args.out.unwrap_or_else(|| PathBuf::from(format!("access-{}", named(&args.subject))));
    let wanted = Wanted {
        subject: args.subject,
        purpose: args.purpose,
        unnamed: args.include_unnamed,
        credentials: args.name_credentials,
    };
    let files = Files::new(&dir)?;
    let actor = open::actor(context, args.revoked);
    let made = async {
        let holder = context.holder(&args.unlock).await?;
        let report = holder.subject_report(&wanted, tokens, &actor).await?;
        files.write(DOCUMENT, &report.to_json()?)?;
        files.write(PAGE, report.to_html()?.as_bytes())?;
        Ok(report)
    };
    let report = match made.await {
        Ok(report) => report,
        Err(error) => {
            files.abandon();
            return Err(error);
        }
    };
    let (opened, withheld) = (report.values.len(), report.withheld.len());
    let left_out = report.left_out;
    if context.out.json() {
        context.out.value(&json!({
            "directory": dir.display().to_string(),
            "opened": opened,
            "withheld": withheld,
            "left_out": {
                "of_others": left_out.others,
                "unnamed": left_out.unnamed,
                "unreadable": left_out.unreadable,
            },
        }))?;
    } else {
        context.out.line(&format!("{opened} opened, {withheld} withheld: {}", dir.display()))?;
        for (count, why) in [
            (left_out.others, "name somebody else and were left out"),
            (left_out.unnamed, "name nobody and were left out; see --include-unnamed"),
            (left_out.unreadable, "are no tokens"),
        ] {
            if count > 0 {
                context.out.note(&format!("{count} {why}."));
            }
        }
        context.out.note(
            "The files hold the values in clear. Make sure who asks, hand them over where only that person can get \
             at them (their account, or encrypted with a passphrase that goes another way; not plain e-mail), and \
             then delete them here.",
        );
    }
    Ok(if withheld == 0 { Done::Well } else { Done::Found })
}

/// A subject as a file's name, or what stands for it if it is not fit for one.
fn named(subject: &str) -> String {
    let is_fine = |c: u8| c.is_ascii_alphanumeric() || b"-_".contains(&c);
    if (1..=64).contains(&subject.len()) && subject.bytes().all(is_fine) {
        return subject.to_owned();
    }
    Sha256::digest(subject).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The directory and the two files in it, which only their owner can read. They are made before anything is opened,
/// so that nothing is opened for a disk that takes no file.
struct Files<'a> {
    dir: &'a Path,
    is_new: bool,
}

impl<'a> Files<'a> {
    /// Errors: `output-exists`, `output-failed`.
    fn new(dir: &'a Path) -> Result<Self> {
        let failed = |_| Error::about(Code::OutputFailed, dir.display());
        let is_new = !dir.exists();
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        for name in [DOCUMENT, PAGE] {
            if dir.join(name).symlink_metadata().is_ok() {
                return Err(Error::about(Code::OutputExists, dir.join(name).display()));
            }
        }
        let files = Self { dir, is_new };
        for name in [DOCUMENT, PAGE] {
            home::new_private_file(&dir.join(name)).map_err(failed)?;
        }
        Ok(files)
    }

    /// Errors: `output-failed`.
    fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.dir.join(name);
        let write = || {
            let mut file = std::fs::OpenOptions::new().write(true).open(&path)?;
            file.write_all(content)?;
            file.sync_all()?;
            home::sync_directory_of(&path)
        };
        write().map_err(|_: std::io::Error| Error::about(Code::OutputFailed, path.display()))
    }

    /// Takes the files back, after a later step failed.
    fn abandon(&self) {
        for name in [DOCUMENT, PAGE] {
            // Best effort: the error that led here is the one to tell.
            let _ = std::fs::remove_file(self.dir.join(name));
        }
        if self.is_new {
            let _ = std::fs::remove_dir(self.dir);
        }
    }
}
