//! `keyholder console user new | list | reset | revoke`

use super::credentials::{Limit, check, classes, leave, limit};
use super::keys::scope;
use super::readable;
use super::{Context, Done};
use crate::console::{self, NewUser, User};
use crate::error::Result;
use crate::policy::Quota;
use fieldseal::keyset::Scope;
use serde_json::{Value, json};
use zeroize::Zeroizing;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// The people who log in.
    #[command(subcommand)]
    User(Users),
}

#[derive(clap::Subcommand)]
pub(super) enum Users {
    /// Make a user, and print the code to enrol with this once. It can be used for a day.
    New(New),
    /// List the users.
    List,
    /// Take a user's passphrase, security keys and sessions, and print a code to enrol anew with.
    Reset {
        /// The user's name.
        name: String,
    },
    /// End a user and their sessions at once.
    Revoke {
        /// The user's name.
        name: String,
    },
}

#[derive(clap::Args)]
pub(super) struct New {
    /// What the audit calls the user: letters, digits and - _ .
    name: String,

    /// A role that the policy gives rules to, such as auditor; may be given several times.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,

    /// A class of data, or '*', beyond which the roles do not reach; may be given several times.
    #[arg(long = "class", value_name = "CLASS", value_parser = scope)]
    classes: Vec<Scope>,

    /// How many values the user may have opened in a minute, or 'none' for no limit.
    #[arg(long, default_value = "60", value_name = "VALUES", value_parser = limit)]
    per_minute: Limit,

    /// How many values the user may have opened in a day (UTC), or 'none' for no limit.
    #[arg(long, default_value = "1000", value_name = "VALUES", value_parser = limit)]
    per_day: Limit,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    let Command::User(command) = command;
    let store = context.store().await?;
    let (by, now) = (&context.actor, context.clock.now());
    match command {
        Users::New(New { name, roles, classes, per_minute: Limit(per_minute), per_day: Limit(per_day) }) => {
            check(context, &roles, &classes)?;
            let quota = Quota { per_minute, per_day };
            let user = NewUser { name: name.clone(), roles, classes, quota };
            let code = console::create(&store, user, by, now).await?;
            show(context, &name, &code)?;
        }
        Users::List => list(context, &console::list(&store).await?)?,
        Users::Reset { name } => {
            let code = console::reset(&store, &name, by, now).await?;
            show(context, &name, &code)?;
        }
        Users::Revoke { name } => {
            console::revoke(&store, &name, by, now).await?;
            context.out.note("Revoked. The user's sessions have ended.");
        }
    }
    Ok(Done::Well)
}

fn show(context: &Context, name: &str, code: &Zeroizing<String>) -> Result<()> {
    if context.out.json() {
        return context.out.value(&json!({ "name": name, "code": **code }));
    }
    context.out.line(code)?;
    context.out.note(
        "This is the only time it is shown. Give it to the user in a safe way: it enrols once, for a day.",
    );
    Ok(())
}

fn list(context: &Context, users: &[User]) -> Result<()> {
    if context.out.json() {
        return context.out.value(&users.iter().map(describe).collect::<Vec<_>>());
    }
    for user in users {
        let state = match (user.credential.revoked, user.code_until) {
            (Some(time), _) => format!("revoked {}", readable(time)),
            (None, Some(until)) => format!("can enrol until {}", readable(until)),
            (None, None) => format!("enrolled, security keys: {}", user.keys),
        };
        context.out.line(&format!(
            "{:<20}  {:<20}  {state}",
            user.credential.name,
            leave(&user.credential)
        ))?;
    }
    Ok(())
}

fn describe(user: &User) -> Value {
    json!({
        "name": user.credential.name,
        "roles": user.credential.roles,
        "classes": classes(&user.credential),
        "per_minute": user.credential.quota.per_minute,
        "per_day": user.credential.quota.per_day,
        "created": user.credential.created.0,
        "revoked": user.credential.revoked.map(|time| time.0),
        "enrolled": user.is_enrolled,
        "security_keys": user.keys,
        "code_until": user.code_until.map(|time| time.0),
    })
}
