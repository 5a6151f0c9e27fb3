//! `keyholder decoy new | list | retire | webhook`

use super::readable;
use super::secret::Unlock;
use super::{Context, Done};
use crate::decoys::{Decoy, MAX_COUNT, Pattern, Touched};
use crate::error::{Code, Error, Result};
use fieldseal::NumericDate;
use fieldseal::json::{Json, Object};
use fieldseal::kind::Kind;
use serde_json::{Value, json};
use std::collections::HashMap;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Make tokens that nobody honest opens, and print them, one a line. Put them among the real ones.
    New(Box<New>),
    /// List the decoys, and how often each was touched.
    List,
    /// Make a decoy a token as any other: it raises no alarm any more.
    Retire {
        /// The decoy's id.
        id: String,

        #[command(flatten)]
        unlock: Unlock,
    },
    /// Show or set where alarms are sent.
    Webhook(Webhook),
}

#[derive(clap::Args)]
pub(super) struct New {
    /// The kind of data, or a form's kind such as payment-form.
    #[arg(long, value_parser = Kind::parse)]
    kind: Kind,

    /// The form entry's name, as the site's tokens have it.
    #[arg(long)]
    field: String,

    /// The origin of the site's pages.
    #[arg(long)]
    origin: String,

    /// How many.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_COUNT)))]
    count: u32,

    /// A member of a form, for each of them: its name, '=' and its kind.
    #[arg(long = "member", value_name = "NAME=KIND", value_parser = member)]
    members: Vec<(String, Kind)>,

    /// The subject. Make one up; a person's own would be in what is handed over to them.
    #[arg(long)]
    sub: Option<String>,

    /// A hint that the site publishes with this field, such as last4; may be given several times.
    #[arg(long = "hint", value_name = "NAME")]
    hints: Vec<String>,

    /// How long after its sealing a token of the site opens, such as 90d, if its pages say so.
    #[arg(long, value_name = "DURATION", value_parser = crate::clock::parse_duration)]
    exp: Option<std::time::Duration>,

    /// The site's tokens open a single time.
    #[arg(long)]
    once: bool,

    /// What the site's tokens say that the person agreed to, as a JSON object.
    #[arg(long, value_name = "JSON", value_parser = consent)]
    consent: Option<Object>,

    /// Spread the times of sealing between then and now, such as 2026-11-24, so that decoys do not stand out by
    /// having been made at once. No time before that of the key is taken.
    #[arg(long, value_name = "TIME", value_parser = super::audit::time)]
    since: Option<u64>,

    /// Revoke the credential of whoever touches one.
    #[arg(long)]
    freeze: bool,

    /// Where they are put, for whoever gets the alarm.
    #[arg(long)]
    note: Option<String>,

    #[command(flatten)]
    unlock: Unlock,
}

#[derive(clap::Args)]
pub(super) struct Webhook {
    /// The https:// address that alarms are sent to; http:// on this machine alone. Without one, the address that
    /// is set is printed.
    url: Option<String>,

    /// Send alarms nowhere.
    #[arg(long, conflicts_with = "url")]
    off: bool,

    #[command(flatten)]
    unlock: Unlock,
}

fn member(text: &str) -> std::result::Result<(String, Kind), Error> {
    let (name, kind) = text.split_once('=').ok_or(Error::new(Code::DecoyMembers))?;
    Ok((name.to_owned(), Kind::parse(kind)?))
}

/// The core reads it again when it seals, and refuses what a header cannot hold.
fn consent(text: &str) -> std::result::Result<Object, Error> {
    let invalid = || Error::new(Code::DecoyConsent);
    let members: serde_json::Map<String, Value> = serde_json::from_str(text).map_err(|_| invalid())?;
    let mut object = Object::default();
    for (name, value) in members {
        let value = match value {
            Value::String(text) => Json::String(text),
            Value::Bool(yes) => Json::Bool(yes),
            Value::Number(number) => Json::Integer(number.as_i64().ok_or_else(invalid)?),
            _ => return Err(invalid()),
        };
        object.insert(&name, value).ok_or_else(invalid)?;
    }
    Ok(object)
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::New(args) => new(context, *args).await?,
        Command::List => list(context).await?,
        Command::Retire { id, unlock } => {
            context.holder(&unlock).await?.retire_decoy(&id, &context.actor).await?;
            context.out.note("Retired. It opens as any other token from now on.");
        }
        Command::Webhook(args) => webhook(context, args).await?,
    }
    Ok(Done::Well)
}

async fn new(context: &Context, args: New) -> Result<()> {
    let holder = context.holder(&args.unlock).await?;
    let pattern = Pattern {
        field: args.field,
        kind: args.kind,
        members: args.members,
        origin: args.origin,
        sub: args.sub,
        hints: args.hints,
        lives: args.exp.map(|exp| exp.as_secs()),
        once: args.once,
        consent: args.consent,
        since: args.since.map(NumericDate),
        freezes: args.freeze,
        note: args.note,
    };
    for (id, token) in holder.new_decoys(&pattern, args.count, &context.actor).await? {
        match context.out.json() {
            true => context.out.value(&json!({ "id": id, "token": token }))?,
            false => context.out.line(&token)?,
        }
    }
    context.out.note(
        "Store them as the site stores its own tokens, and nowhere else. Whoever has one opened raises an alarm.",
    );
    Ok(())
}

async fn list(context: &Context) -> Result<()> {
    let store = context.store().await?;
    let decoys = store.decoys().await?;
    let touched: HashMap<_, _> =
        store.touched().await?.into_iter().map(|touched| (touched.decoy.clone(), touched)).collect();
    if context.out.json() {
        let all: Vec<_> = decoys.iter().map(|decoy| describe(decoy, touched.get(&decoy.id))).collect();
        return context.out.value(&all);
    }
    if decoys.is_empty() {
        context.out.note("There are no decoys. Make some with `keyholder decoy new`.");
    }
    for decoy in &decoys {
        context.out.line(&readable_line(decoy, touched.get(&decoy.id)))?;
    }
    Ok(())
}

/// All that is known of a decoy, its token's name included: whoever reads the database reads it, too.
fn describe(decoy: &Decoy, touched: Option<&Touched>) -> Value {
    json!({
        "id": decoy.id,
        "jti": decoy.jti,
        "kid": decoy.kid,
        "digest": decoy.digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        "class": decoy.class,
        "kind": decoy.kind,
        "field": decoy.field,
        "origin": decoy.origin,
        "sub": decoy.sub,
        "created": decoy.created.0,
        "by": decoy.created_by,
        "freeze": decoy.freezes,
        "note": decoy.note,
        "retired": decoy.retired.map(|time| time.0),
        "alarms": touched.map_or(0, |touched| touched.alarms),
        "last_alarm": touched.map(|touched| touched.last.0),
    })
}

fn readable_line(decoy: &Decoy, touched: Option<&Touched>) -> String {
    let Decoy { id, kind, field, .. } = decoy;
    let state = match decoy.retired {
        None if decoy.freezes => format!("made {}, freezes", readable(decoy.created)),
        None => format!("made {}", readable(decoy.created)),
        Some(time) => format!("retired {}", readable(time)),
    };
    let alarms = match touched {
        None => "never touched".to_owned(),
        Some(Touched { alarms, last, .. }) => format!("{alarms} alarms, the last {}", readable(*last)),
    };
    let note = decoy.note.as_deref().map(|note| format!("  note={note:?}")).unwrap_or_default();
    format!("{id}  {kind}  {field:?}  {state}  {alarms}{note}")
}

async fn webhook(context: &Context, args: Webhook) -> Result<()> {
    let holder = context.holder(&args.unlock).await?;
    if args.url.is_some() || args.off {
        holder.set_decoy_webhook(args.url.as_deref(), &context.actor).await?;
    }
    let set = holder.decoy_webhook().await?;
    match (context.out.json(), set) {
        (true, set) => context.out.value(&json!({ "webhook": set })),
        (false, Some(url)) => context.out.line(&url),
        (false, None) => {
            context.out.note("Alarms are sent nowhere. They are in the audit, the log and the metrics.");
            Ok(())
        }
    }
}
