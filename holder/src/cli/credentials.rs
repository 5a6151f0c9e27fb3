//! `keyholder credentials new | list | revoke`

use super::keys::{readable, scope};
use super::{Context, Done};
use crate::credential;
use crate::error::{Code, Error, Result};
use crate::policy::Quota;
use crate::store::Credential;
use fieldseal::keyset::Scope;
use serde_json::{Value, json};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Make a credential, and print its secret this once.
    New(New),
    /// List the credentials.
    List,
    /// End a credential at once.
    Revoke {
        /// The credential's name.
        name: String,
    },
}

#[derive(clap::Args)]
pub(super) struct New {
    /// What the audit calls it: letters, digits and - _ .
    name: String,

    /// A class of data it may have opened, or '*'; may be given several times.
    #[arg(long = "class", required = true, value_name = "CLASS", value_parser = scope)]
    classes: Vec<Scope>,

    /// How many values it may have opened in a minute, or 'none' for no limit.
    #[arg(long, default_value = "600", value_name = "VALUES", value_parser = limit)]
    per_minute: Limit,

    /// How many values it may have opened in a day (UTC), or 'none' for no limit.
    #[arg(long, default_value = "20000", value_name = "VALUES", value_parser = limit)]
    per_day: Limit,
}

/// A number of values, or none. A type of its own, because an option that is `Option` need not be given.
#[derive(Clone, Copy)]
struct Limit(Option<u64>);

fn limit(text: &str) -> std::result::Result<Limit, Error> {
    match text {
        "none" => Ok(Limit(None)),
        // What the database keeps is signed.
        _ => match text.parse::<u32>() {
            Ok(values) if values > 0 => Ok(Limit(Some(values.into()))),
            _ => Err(Error::new(Code::QuotaInvalid)),
        },
    }
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    let store = context.store().await?;
    let now = context.clock.now();
    match command {
        Command::New(New { name, classes, per_minute: Limit(per_minute), per_day: Limit(per_day) }) => {
            let quota = Quota { per_minute, per_day };
            let made = credential::create(&store, &name, classes.clone(), quota, &context.actor, now);
            let secret = made.await?;
            if context.out.json() {
                let classes: Vec<_> = classes.iter().map(|class| class.as_str()).collect();
                context.out.value(&json!({ "name": name, "classes": classes, "secret": *secret }))?;
            } else {
                context.out.line(&secret)?;
                context.out.note("This is the only time it is shown.");
            }
        }
        Command::List => list(context, &store.credentials().await?)?,
        Command::Revoke { name } => {
            credential::revoke(&store, &name, &context.actor, now).await?;
            context.out.note("Revoked. A service that is running refuses it from now on.");
        }
    }
    Ok(Done::Well)
}

fn list(context: &Context, credentials: &[Credential]) -> Result<()> {
    if context.out.json() {
        return context.out.value(&credentials.iter().map(describe).collect::<Vec<_>>());
    }
    for credential in credentials {
        let state = match credential.revoked {
            None => format!("made {}", readable(credential.created)),
            Some(time) => format!("revoked {}", readable(time)),
        };
        context.out.line(&format!(
            "{:<20}  {:<20}  {state}",
            credential.name,
            classes(credential).join(" ")
        ))?;
    }
    Ok(())
}

fn classes(credential: &Credential) -> Vec<&'static str> {
    credential.classes.iter().map(|class| class.as_str()).collect()
}

fn describe(credential: &Credential) -> Value {
    json!({
        "name": credential.name,
        "classes": classes(credential),
        "per_minute": credential.quota.per_minute,
        "per_day": credential.quota.per_day,
        "created": credential.created.0,
        "revoked": credential.revoked.map(|time| time.0),
    })
}
