//! Reading the audit: the last records, those that pass a filter, those that come, and all of them.

use crate::audit::{Audit, AuditFilter, AuditRow};
use crate::cli::readable;
use crate::cli::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::home;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::Duration;

/// How many records are read at a time.
const PAGE: u32 = 1000;

/// How often `tail` looks for more.
const EVERY: Duration = Duration::from_millis(250);

/// What a record must have.
#[derive(clap::Args)]
pub(super) struct Filter {
    /// Who asked: a credential's name, or cli: and a user.
    #[arg(long)]
    actor: Option<String>,
    /// What was asked for, such as open.
    #[arg(long)]
    action: Option<String>,
    /// What came of it: granted, or a code.
    #[arg(long)]
    outcome: Option<String>,
    /// The class of data.
    #[arg(long)]
    class: Option<String>,
    /// The kind of data.
    #[arg(long)]
    kind: Option<String>,
    /// The key. Its name may begin with a hyphen.
    #[arg(long, allow_hyphen_values = true)]
    kid: Option<String>,
    /// The token's name, which may begin with a hyphen.
    #[arg(long, allow_hyphen_values = true)]
    jti: Option<String>,
    /// The subject: the public name of the person whose value it is.
    #[arg(long, allow_hyphen_values = true)]
    sub: Option<String>,
    /// From this time on, such as 2026-11-24 or 2026-11-24T08:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<u64>,
    /// Before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<u64>,
}

#[derive(clap::Args)]
pub(in crate::cli) struct Query {
    #[command(flatten)]
    filter: Filter,

    /// Only records after this one: the last number of the page before.
    #[arg(long, default_value_t = 0, value_name = "RECORD")]
    after: u64,

    /// At most this many.
    #[arg(long, value_name = "RECORDS")]
    limit: Option<u64>,
}

#[derive(clap::Args)]
pub(in crate::cli) struct Tail {
    #[command(flatten)]
    filter: Filter,

    /// Begin with so many records that are there already.
    #[arg(long, default_value_t = 10, value_name = "RECORDS")]
    last: u32,
}

impl Filter {
    fn read(self) -> AuditFilter {
        let Self { actor, action, outcome, class, kind, kid, jti, sub, since, until } = self;
        AuditFilter { actor, action, outcome, class, kind, kid, jti, sub, since, until, text: None }
    }
}

/// A day or an instant, in seconds since 1970.
pub(in crate::cli) fn time(text: &str) -> std::result::Result<u64, Error> {
    crate::clock::parse_day(text).map(|time| time.0).ok_or(Error::new(Code::TimeInvalid))
}

pub(super) async fn list(context: &Context, audit: &Audit, limit: u32) -> Result<Done> {
    audit.last(limit).await?.iter().try_for_each(|row| print(context, row))?;
    Ok(Done::Well)
}

pub(super) async fn query(context: &Context, audit: &Audit, query: Query) -> Result<Done> {
    let filter = query.filter.read();
    let (mut after, mut left) = (query.after, query.limit.unwrap_or(u64::MAX));
    while left > 0 {
        let page = audit.query(&filter, after, u32::try_from(left).unwrap_or(PAGE).min(PAGE)).await?;
        let Some(last) = page.last() else { break };
        (after, left) = (last.seq, left - page.len() as u64);
        page.iter().try_for_each(|row| print(context, row))?;
    }
    Ok(Done::Well)
}

pub(super) async fn tail(context: &Context, audit: &Audit, tail: Tail) -> Result<Done> {
    let filter = tail.filter.read();
    let before = audit.last(tail.last).await?;
    // With none to begin with, it goes on from the last record that there is.
    let mut after = match before.first() {
        Some(first) => first.seq - 1,
        None => audit.last(1).await?.last().map_or(0, |last| last.seq),
    };
    loop {
        let page = audit.query(&filter, after, PAGE).await?;
        page.iter().try_for_each(|row| print(context, row))?;
        match page.last() {
            Some(last) => after = last.seq,
            None => tokio::time::sleep(EVERY).await,
        }
    }
}

pub(super) async fn export(context: &Context, audit: &Audit, out: Option<PathBuf>) -> Result<Done> {
    let mut file = match &out {
        None => None,
        Some(path) => {
            let file = home::new_private_file(path);
            Some(BufWriter::new(file.map_err(|_| Error::about(Code::SecretUnwritable, path.display()))?))
        }
    };
    let failed = |_| Error::new(Code::OutputFailed);
    let mut after = 0;
    loop {
        let page = audit.query(&AuditFilter::default(), after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for row in &page {
            let line = row.to_json()?;
            match &mut file {
                Some(file) => writeln!(file, "{line}").map_err(failed)?,
                None => context.out.line(&line)?,
            }
        }
    }
    if let Some(file) = file {
        let file = file.into_inner().map_err(|_| Error::new(Code::OutputFailed))?;
        file.sync_all().map_err(failed)?;
        context.out.note(&format!("{after} records."));
    }
    Ok(Done::Well)
}

fn print(context: &Context, row: &AuditRow) -> Result<()> {
    context.out.line(&if context.out.json() { row.to_json()? } else { readable_line(row) })
}

fn readable_line(row: &AuditRow) -> String {
    let entry = &row.entry;
    let mut line = format!(
        "{:>6}  {}  {}  {}  {}",
        row.seq,
        readable(entry.time),
        entry.actor,
        entry.action,
        entry.outcome
    );
    let details = [
        ("target", &entry.target),
        ("kind", &entry.kind),
        ("field", &entry.field),
        ("class", &entry.class),
        ("iss", &entry.iss),
        ("sub", &entry.sub),
        ("jti", &entry.jti),
        ("kid", &entry.kid),
        ("purpose", &entry.purpose),
        ("request", &entry.request),
        ("rule", &entry.rule),
    ];
    for (name, value) in details {
        if let Some(value) = value {
            // Quoted, so that a field cannot be named to look like more of the record.
            line.push_str(&format!("  {name}={value:?}"));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_days_or_instants() {
        assert_eq!(time("1970-01-02").ok(), Some(86400));
        assert_eq!(time("1970-01-02T00:00:01Z").ok(), Some(86401));
        for bad in ["", "yesterday", "1970-13-01", "1969-12-31"] {
            assert_eq!(time(bad).unwrap_err().code(), Code::TimeInvalid, "{bad}");
        }
    }
}
