//! `keyholder credentials new | list | revoke`

use super::keys::{readable, scope};
use super::{Context, Done};
use crate::credential;
use crate::error::Result;
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
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    let store = context.store().await?;
    let now = context.clock.now();
    match command {
        Command::New(New { name, classes }) => {
            let secret = credential::create(&store, &name, classes.clone(), &context.actor, now).await?;
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
        "created": credential.created.0,
        "revoked": credential.revoked.map(|time| time.0),
    })
}
