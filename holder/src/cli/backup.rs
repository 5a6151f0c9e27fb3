//! `keyholder backup shares | create | restore`

use super::secret::Unlock;
use super::{Context, Done, readable, receipts};
use crate::backup::{Opening, Recovery, restore};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::home::{Home, new_private_file, read_secret_file, write_secret_file};
use crate::keystore::Cost;
use fieldseal::NumericDate;
use serde_json::json;
use std::fs::{DirBuilder, File};
use std::io::{BufReader, BufWriter};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What a recovered key holder cannot know.
const SINCE: &str = "\
What happened since the backup was made is not in it: revoke again what was revoked, credentials and keys,
and do not open again what was to be opened a single time.";

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Make the key of backups, in shares for several people. Those of before open only what was made before.
    Shares {
        #[command(flatten)]
        shares: Shares,

        #[command(flatten)]
        unlock: Unlock,
    },
    /// Write an encrypted copy of everything, which only the shares open.
    Create {
        /// The file, which must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,

        #[command(flatten)]
        shares: Shares,

        #[command(flatten)]
        unlock: Unlock,
    },
    /// Make a key holder from a backup, locked by a new passphrase or key file.
    Restore {
        /// The backup.
        file: PathBuf,

        /// A file with a share, or several; may be given several times.
        #[arg(long = "share", required = true, value_name = "FILE")]
        shares: Vec<PathBuf>,

        #[command(flatten)]
        receipts: Receipts,

        #[command(flatten)]
        unlock: Unlock,
    },
}

/// What ended since the backup was made. One of the two must be said, because to forget them is to undo erasures.
#[derive(clap::Args)]
pub(super) struct Receipts {
    /// A file of receipts, one a line, or a directory of such files; may be given several times. These keys are
    /// destroyed and these people erased again, before anything can be opened.
    #[arg(long, value_name = "FILE", conflicts_with = "no_receipts")]
    receipts: Vec<PathBuf>,

    /// Nothing was destroyed or erased since the backup was made. If something was, it opens again.
    #[arg(long)]
    no_receipts: bool,
}

impl Receipts {
    /// Errors: `receipts-unsaid`, `input-unreadable`.
    fn read(&self) -> Result<Vec<String>> {
        match self.receipts.is_empty() && !self.no_receipts {
            true => Err(Code::ReceiptsUnsaid.into()),
            false => receipts::read_all(&self.receipts),
        }
    }
}

#[derive(clap::Args)]
#[group(id = "sharing")]
pub(super) struct Shares {
    /// How many shares to make.
    #[arg(long, value_name = "N", requires_all = ["threshold", "shares_dir"])]
    shares: Option<u8>,

    /// How many of them it takes to open a backup.
    #[arg(long, value_name = "M", requires = "shares")]
    threshold: Option<u8>,

    /// The directory to write them to, a file each, to be handed out and deleted.
    #[arg(long, value_name = "DIR", requires = "shares")]
    shares_dir: Option<PathBuf>,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::Shares { shares, unlock } => {
            make_shares(context, &context.holder(&unlock).await?, &shares).await?;
        }
        Command::Create { out, shares, unlock } => {
            let holder = context.holder(&unlock).await?;
            if shares.shares.is_some() {
                make_shares(context, &holder, &shares).await?;
            }
            create(context, &holder, &out).await?;
        }
        Command::Restore { file, shares, receipts, unlock } => {
            recover(context, &file, &shares, &receipts, &unlock).await?;
        }
    }
    Ok(Done::Well)
}

async fn make_shares(context: &Context, holder: &Holder, args: &Shares) -> Result<()> {
    let (Some(shares), Some(threshold), Some(dir)) = (args.shares, args.threshold, &args.shares_dir) else {
        return Err(Code::SharesCount.into());
    };
    let unwritable = |_| Error::about(Code::SecretUnwritable, dir.display());
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unwritable)?;
    let mut paths = Vec::new();
    let made = holder.share_backups((shares, threshold), &context.actor, |lines| {
        for (at, line) in lines.iter().enumerate() {
            let path = dir.join(format!("share-{}-of-{shares}.txt", at + 1));
            let mut text = Zeroizing::new(String::with_capacity(512));
            text.push_str(&format!(
                "# A share of the key to a key holder's backups. Any {threshold} of the {shares} open them.\n\
                 # Keep it apart from the other shares.\n"
            ));
            text.push_str(line);
            text.push('\n');
            write_secret_file(&path, text.as_bytes())?;
            paths.push(path);
        }
        Ok(())
    });
    if let Err(error) = made.await {
        // They open nothing, and would only be mistaken for those that do.
        for path in &paths {
            let _ = std::fs::remove_file(path);
        }
        return Err(error);
    }
    for path in &paths {
        context.out.note(&format!("A share: {}", path.display()));
    }
    context
        .out
        .note("Hand each to another person, and delete them here. Older shares open older backups only.");
    Ok(())
}

async fn create(context: &Context, holder: &Holder, path: &Path) -> Result<()> {
    let failed = |_| Error::about(Code::OutputFailed, path.display());
    let file = new_private_file(path).map_err(failed)?;
    let write = async {
        let (head, out) = holder.back_up(BufWriter::new(file), &context.actor).await?;
        let file = out.into_inner().map_err(|_| Error::about(Code::OutputFailed, path.display()))?;
        file.sync_all().map_err(failed)?;
        Ok::<_, Error>(head)
    };
    let written = write.await;
    let head = written.inspect_err(|_| {
        let _ = std::fs::remove_file(path);
    })?;
    if context.out.json() {
        let (created, shares, threshold) = (head.created, head.shares, head.threshold);
        return context
            .out
            .value(&json!({ "file": path, "created": created, "shares": shares, "threshold": threshold }));
    }
    context.out.line(&format!(
        "Wrote {}: {} of {} shares open it.",
        path.display(),
        head.threshold,
        head.shares
    ))?;
    context.out.note(
        "A key that is destroyed later and a person who is erased later are still in it: keep the receipts \
         (`keyholder receipts export`) apart from it, and give them to `backup restore`.",
    );
    Ok(())
}

async fn recover(
    context: &Context,
    file: &Path,
    shares: &[PathBuf],
    receipts: &Receipts,
    unlock: &Unlock,
) -> Result<()> {
    let unreadable = |path: &Path| Error::about(Code::InputUnreadable, path.display());
    if context.database.is_none() && Home::find(&context.dir).is_ok() {
        return Err(Error::about(Code::HomeExists, context.dir.display()));
    }
    // Before anybody brings shares for it.
    let receipts = receipts.read()?;
    let backup = File::open(file).map_err(|_| unreadable(file))?;
    let backup = Opening::read(BufReader::new(backup))?;
    let shares = read_shares(shares)?;
    let made_key_file = unlock.key_file.as_ref().filter(|path| !path.exists());
    let secret = unlock.new_secret()?;
    let recovery = Recovery {
        shares: &shares,
        receipts: &receipts,
        secret: &secret,
        cost: Cost::default(),
        actor: &context.actor,
    };
    let place = (context.dir.as_path(), context.database.as_deref());
    let restored = restore(backup, place, &recovery, context.clock.now()).await;
    let recovered = restored.inspect_err(|_| {
        if let Some(path) = made_key_file {
            let _ = std::fs::remove_file(path);
        }
    })?;
    if context.clock.ahead().is_some() {
        // To open it puts the other clock on record.
        context.store().await?;
    }
    if context.out.json() {
        return context.out.value(&recovered);
    }
    let when = readable(NumericDate(recovered.created));
    context.out.line(&format!("Recovered the key holder as it was {when}."))?;
    context.out.line(&format!("The thumbprint of its signing key is {}.", recovered.signer))?;
    context.out.note(&format!(
        "{} keys open; {} were destroyed again, and {} people erased again.",
        recovered.keys, recovered.destroyed, recovered.erased
    ));
    context.out.note(SINCE);
    Ok(())
}

/// The lines of share files that are shares.
fn read_shares(paths: &[PathBuf]) -> Result<Vec<Zeroizing<String>>> {
    let mut shares = Vec::new();
    for path in paths {
        let content = read_secret_file(path)?;
        let text =
            std::str::from_utf8(&content).map_err(|_| Error::about(Code::ShareMalformed, path.display()))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        shares.extend(lines.map(|line| Zeroizing::new(line.to_owned())));
    }
    Ok(shares)
}
