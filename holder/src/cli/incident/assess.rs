//! `keyholder incident assess`

use crate::cli::audit::time;
use crate::cli::open::TokenFile;
use crate::cli::progress::Progress;
use crate::cli::readable;
use crate::cli::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::home;
use crate::incident::{self, Assessment, Assessor, Counts};
use fieldseal::NumericDate;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(in crate::cli) struct Assess {
    /// The incident.
    id: String,

    /// A file of the tokens that may be in other hands: a token a line, NDJSON, CSV or Parquet, as the end of its name
    /// tells; may be given several times.
    #[arg(long, value_name = "FILE")]
    tokens: Vec<PathBuf>,

    /// A column of tokens of those files that are tables, or 'auto' for all that are [default: token].
    #[arg(long = "column", value_name = "NAME", requires = "tokens")]
    columns: Vec<String>,

    /// Look at what was opened from this time on [default: as the incident says].
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<u64>,

    /// Look at what was opened before this time [default: as the incident says].
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<u64>,

    /// Do not check first that the audit is as it was written, where it is so long that this would take too long.
    #[arg(long)]
    unverified: bool,

    /// Write the assessment to this file, which must not be there yet; '-' prints it [default: the id and
    /// .assessment.json].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write a line of JSON for each given token that is safe to this file, which must not be there yet.
    #[arg(long, value_name = "FILE", requires = "tokens")]
    safe_out: Option<PathBuf>,
}

pub(super) async fn run(context: &Context, args: Assess) -> Result<Done> {
    let out = args.out.unwrap_or_else(|| PathBuf::from(format!("{}.assessment.json", args.id)));
    let prints = out.as_os_str() == "-";
    for path in args.safe_out.iter().chain((!prints).then_some(&out)) {
        if path.try_exists().unwrap_or(true) {
            return Err(Error::about(Code::AssessmentExists, path.display()));
        }
    }
    let store = context.store().await?;
    // All files first: nobody should wait for the audit to be read and then hear that one is not there.
    let mut files = Vec::with_capacity(args.tokens.len());
    for path in &args.tokens {
        files.push(TokenFile::of_any(path, &args.columns)?);
    }
    let mut assessor = read_audit(context, &args.id, (args.from, args.to)).await?;
    let is_whole = args.unverified || assessor.verify_audit(&store).await?;
    if !is_whole {
        context.out.refusal(Code::AuditBroken);
    }
    let mut safe = args.safe_out.as_deref().map(private).transpose()?;
    for file in files {
        assessor.expect_tokens();
        read_tokens(&mut assessor, file, safe.as_mut())?;
    }
    if let (Some(safe), Some(path)) = (safe, &args.safe_out) {
        sync(safe, path)?;
    }
    let assessment = assessor.end(&context.actor, context.clock.now());
    let json = |to: &mut dyn Write| serde_json::to_writer(to, &assessment).map_err(io::Error::from);
    let digest = if prints {
        let mut text = Vec::new();
        json(&mut text).map_err(|_| Error::new(Code::Internal))?;
        context.out.lines(&[&text, &b"\n"[..]].concat())?;
        hex(&Sha256::digest([&text, &b"\n"[..]].concat()))
    } else {
        let mut file = Hashed { file: private(&out)?, hash: Sha256::new() };
        let written = json(&mut file).and_then(|()| file.write_all(b"\n"));
        written.map_err(|_| Error::about(Code::OutputFailed, out.display()))?;
        sync(file.file, &out)?;
        hex(&file.hash.finalize())
    };
    incident::note_assessment(&store, &assessment, &digest, &context.actor).await?;
    if !prints {
        summarise(context, &assessment, &out, &digest)?;
    }
    Ok(if is_whole { Done::Well } else { Done::Found })
}

async fn read_audit(context: &Context, id: &str, window: (Option<u64>, Option<u64>)) -> Result<Assessor> {
    let store = context.store().await?;
    let mut bar: Option<Progress> = None;
    let mut place = 0;
    let advance = |at: u64, of: u64| {
        // A new list of records begins at the start.
        if at < place || bar.is_none() {
            bar.iter().for_each(Progress::finish);
            bar = Some(Progress::new(Some(of), 0).of("records"));
            place = 0;
        }
        if let Some(bar) = &mut bar {
            bar.advance(at - place, 0, at - place);
        }
        place = at;
    };
    let read = Assessor::read_audit(&store, id, window, advance).await;
    bar.iter().for_each(Progress::finish);
    read
}

fn read_tokens(
    assessor: &mut Assessor,
    mut file: TokenFile,
    mut safe: Option<&mut BufWriter<File>>,
) -> Result<()> {
    let mut progress = Progress::new(file.length(), 0);
    let mut place = 0;
    while let Some((submissions, end)) = file.next()? {
        let read = submissions.len() as u64;
        for submission in submissions {
            let token = submission.ok().map(|submission| submission.token);
            let taken = assessor.take_token(token.as_deref());
            if let (Some(safe), Some((value, found))) = (safe.as_deref_mut(), taken)
                && !found.opened
                && !found.exposed
            {
                let line = serde_json::to_string(&value).map_err(|_| Error::new(Code::Internal))?;
                writeln!(safe, "{line}").map_err(|_| Error::new(Code::OutputFailed))?;
            }
        }
        progress.advance(read, 0, end - place);
        place = end;
    }
    progress.finish();
    Ok(())
}

/// A new file that only its owner can read: what was opened of whom is nobody else's business.
fn private(path: &Path) -> Result<BufWriter<File>> {
    let file = home::new_private_file(path).map_err(|_| Error::about(Code::OutputFailed, path.display()))?;
    Ok(BufWriter::new(file))
}

fn sync(file: BufWriter<File>, path: &Path) -> Result<()> {
    let file = file.into_inner().map_err(io::IntoInnerError::into_error);
    let synced = file.and_then(|file| file.sync_all()).and_then(|()| home::sync_directory_of(path));
    synced.map_err(|_| Error::about(Code::OutputFailed, path.display()))
}

/// A file of which a digest is made as it is written.
struct Hashed {
    file: BufWriter<File>,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn summarise(context: &Context, made: &Assessment, out: &Path, digest: &str) -> Result<()> {
    let Assessment { incident, window, given, totals, .. } = made;
    if context.out.json() {
        return context.out.value(&json!({
            "incident": incident,
            "file": out.display().to_string(),
            "digest": digest,
            "intact": made.audit.intact,
            "window": window,
            "given": given,
            "totals": totals,
        }));
    }
    let side =
        |time: Option<u64>, open: &str| time.map_or(open.to_owned(), |time| readable(NumericDate(time)));
    let (from, to) = (side(window.from, "the beginning"), side(window.to, "now"));
    context
        .out
        .line(&format!("{incident}: from {from} to {to}, {} records of the audit", made.audit.records))?;
    let (opened, shown) = (totals.opened, totals.shown);
    context
        .out
        .line(&format!("opened   {opened} values by what is suspected, {shown} of them shown whole"))?;
    if let Some(given) = given {
        let (exposed, both, safe) = (totals.exposed, totals.both, totals.safe);
        context
            .out
            .line(&format!("exposed  {exposed} of {} tokens; {both} were opened too", given.tokens))?;
        context.out.line(&format!("safe     {safe} tokens, whose keys did not leave"))?;
        let (unreadable, foreign) = (given.unreadable, given.foreign);
        if unreadable + foreign > 0 {
            context
                .out
                .line(&format!("neither  {unreadable} are no tokens, {foreign} are of other key holders"))?;
        }
    }
    context.out.line(&format!("touched  {} subjects", totals.subjects))?;
    for (title, table) in
        [("class", &made.by_class), ("kind", &made.by_kind), ("jurisdiction", &made.by_jurisdiction)]
    {
        counts(context, title, table)?;
    }
    made.limits.iter().for_each(|limit| context.out.note(&format!("Note: {limit}")));
    context.out.note(&format!("Written to {}.", out.display()));
    Ok(())
}

/// What was touched by each of something. What nothing was touched of is left out.
fn counts(context: &Context, title: &str, table: &BTreeMap<String, Counts>) -> Result<()> {
    for (name, Counts { opened, exposed, .. }) in table {
        if opened + exposed > 0 {
            context.out.line(&format!("  {title} {name}: {opened} opened, {exposed} exposed"))?;
        }
    }
    Ok(())
}
