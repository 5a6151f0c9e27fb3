//! `keyholder open --masked`, `keyholder verify` and `keyholder fingerprint`: what can be asked about values
//! without seeing them.

use super::open::{self, Tokens};
use super::secret::Unlock;
use super::{Context, Done};
use crate::answer;
use crate::error::{Code, Error, Result};
use crate::holder::{Asking, Holder, Query, Submission};
use crate::keystore::{Candidate, Finding, FingerprintLabel, PasswordHash, Question};
use crate::policy::{Expectation, Refusal};
use crate::wiped::Wiped;
use fieldseal::Text;
use fieldseal::kind::Kind;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The longest candidate: 64 KiB. A longer one is some other file, named by mistake.
const MAX_CANDIDATE: u64 = 64 * 1024;

#[derive(clap::Args)]
pub(super) struct Verify {
    /// The token.
    token: String,

    /// Read the value to compare with from this file, and not from the terminal or standard input. A value or a
    /// hash is never an argument, which other users could see.
    #[arg(long, value_name = "FILE")]
    candidate_file: Option<PathBuf>,

    /// The value to compare with is JSON, and not a text as somebody would type it.
    #[arg(long, conflicts_with = "hash")]
    json_candidate: bool,

    /// It is an Argon2id hash ($argon2id$v=19$…), and the sealed value is a password.
    #[arg(long)]
    hash: bool,

    /// The country or state that the value to compare with is about, such as GB, where the kind asks for it.
    #[arg(long)]
    region: Option<String>,

    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
pub(super) struct Fingerprint {
    /// The token. Without one, tokens are read from --file or standard input.
    token: Option<String>,

    /// Read tokens from this file, '-' for standard input: a token a line, or an object with `token`.
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    file: Option<PathBuf>,

    /// What the fingerprints are for: those of different labels cannot be joined.
    #[arg(long, value_name = "LABEL", value_parser = FingerprintLabel::parse)]
    label: Option<FingerprintLabel>,

    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct Common {
    /// The field that it must have been sealed for.
    #[arg(long)]
    field: Option<String>,

    /// The kind of data that it must be.
    #[arg(long, value_parser = Kind::parse)]
    kind: Option<Kind>,

    /// Why it is asked, for the audit.
    #[arg(long)]
    purpose: Option<String>,

    #[command(flatten)]
    unlock: Unlock,
}

impl Common {
    fn expectation(&self) -> Expectation {
        Expectation { field: self.field.clone(), kind: self.kind, ..Expectation::default() }
    }
}

pub(super) async fn verify(context: &Context, args: Verify) -> Result<Done> {
    let candidate = candidate(&args)?;
    let holder = context.holder(&args.common.unlock).await?;
    let query = Query {
        submission: Submission { token: args.token, expectation: args.common.expectation() },
        question: Question::Equal(candidate),
    };
    let findings = ask(context, &holder, args.common.purpose, vec![Ok(query)]).await?;
    let mut done = Done::Well;
    for finding in &findings {
        print(context, finding)?;
        let is_equal = |finding: &Finding| matches!(finding.found, crate::keystore::Found::Equal(true));
        if !finding.as_ref().is_ok_and(is_equal) {
            done = Done::Found;
        }
    }
    Ok(done)
}

/// Errors: `input-unreadable`, `hash-malformed`, `candidate-malformed`.
fn candidate(args: &Verify) -> Result<Candidate> {
    let mut text = Zeroizing::new(String::with_capacity(1024));
    match &args.candidate_file {
        Some(path) => {
            let unreadable = |_| Error::about(Code::InputUnreadable, path.display());
            let file = std::fs::File::open(path).map_err(unreadable)?;
            file.take(MAX_CANDIDATE + 1).read_to_string(&mut text).map_err(unreadable)?;
        }
        None if io::stdin().is_terminal() => {
            let typed = rpassword::prompt_password("Compare with: ");
            text = Zeroizing::new(typed.map_err(|_| Error::new(Code::InputUnreadable))?);
        }
        None => {
            let read = io::stdin().take(MAX_CANDIDATE + 1).read_to_string(&mut text);
            read.map_err(|_| Error::new(Code::InputUnreadable))?;
        }
    }
    // A part of it would be compared as if it were the whole.
    if text.len() as u64 > MAX_CANDIDATE {
        return Err(Error::new(Code::CandidateMalformed));
    }
    // An editor ends a file with a line break, which nobody means as part of the value.
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if args.hash {
        return Ok(Candidate::Hash(PasswordHash::parse(text)?));
    }
    let json = if args.json_candidate {
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        is_json.then(|| Text::from(text)).ok_or(Error::new(Code::CandidateMalformed))?
    } else {
        Text::new(serde_json::to_string(text).map_err(|_| Error::new(Code::CandidateMalformed))?)
    };
    Ok(Candidate::Value { json, region: args.region.clone() })
}

pub(super) async fn fingerprint(context: &Context, args: Fingerprint) -> Result<Done> {
    let tokens = Tokens::of(args.token, args.file.as_deref(), args.common.expectation())?;
    let holder = context.holder(&args.common.unlock).await?;
    let label = args.label.unwrap_or_default();
    let question = || Question::Fingerprint(label.clone());
    carry_out(context, &holder, tokens, args.common.purpose, &question).await
}

/// Asks the same about each token, and prints the answers in order.
pub(super) async fn carry_out(
    context: &Context,
    holder: &Holder,
    tokens: Tokens,
    purpose: Option<String>,
    question: &(dyn Fn() -> Question + Sync),
) -> Result<Done> {
    let query = |submission| Query { submission, question: question() };
    let mut done = Done::Well;
    let mut lines = match tokens {
        Tokens::Lines(lines) => lines,
        Tokens::One(submission) => {
            for finding in &ask(context, holder, purpose, vec![Ok(query(*submission))]).await? {
                print(context, finding)?;
                if finding.is_err() {
                    done = Done::Found;
                }
            }
            return Ok(done);
        }
    };
    loop {
        let (rest, submissions) = open::next(lines).await?;
        if submissions.is_empty() {
            return Ok(done);
        }
        lines = rest;
        let queries = submissions.into_iter().map(|submission| submission.map(query)).collect();
        let mut out = Wiped::default();
        for finding in &ask(context, holder, purpose.clone(), queries).await? {
            write(&mut out, finding)?;
            if finding.is_err() {
                done = Done::Found;
            }
        }
        context.out.lines(out.as_ref())?;
    }
}

type Outcome = std::result::Result<Finding, Refusal>;

async fn ask(
    context: &Context,
    holder: &Holder,
    purpose: Option<String>,
    queries: Vec<std::result::Result<Query, Code>>,
) -> Result<Vec<Outcome>> {
    let asking = Asking::new(context.actor.clone(), purpose);
    let access = queries.iter().flatten().map(|query| query.question.access()).next();
    let answers =
        holder.inspect(asking, access.unwrap_or(crate::policy::Access::OpenMasked), queries).await?;
    if let Some(id) = answers.approval {
        context.out.note(&format!("It waits for a second person: keyholder approve {id}"));
    }
    Ok(answers.results)
}

/// Prints the answer about one token: all of it for a machine, and for a person what was asked for.
fn print(context: &Context, outcome: &Outcome) -> Result<()> {
    use crate::keystore::Found;
    let finding = match outcome {
        Ok(finding) => finding,
        Err(refusal) => {
            context.out.refusal(refusal.shown());
            return Ok(());
        }
    };
    if context.out.json() || finding.header.kind.is_form() && !matches!(finding.found, Found::Equal(_)) {
        let mut out = Wiped::default();
        write(&mut out, outcome)?;
        return context.out.lines(out.as_ref());
    }
    if !finding.valid {
        context.out.note(&format!("Warning: the value is no {}.", finding.header.kind.as_str()));
    }
    match &finding.found {
        Found::Equal(true) => context.out.line("equal"),
        Found::Equal(false) => context.out.line("not equal"),
        Found::Masks(masks) => masks.iter().try_for_each(|part| context.out.line(&part.found.masked)),
        Found::Fingerprints(parts) => parts.iter().try_for_each(|part| context.out.line(&part.found)),
    }
}

/// Appends an outcome as a line of JSON.
fn write(out: &mut Wiped, outcome: &Outcome) -> Result<()> {
    open::write_line(out, outcome, answer::write_finding)
}
