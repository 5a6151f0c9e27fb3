//! `keyholder credentials new | list | revoke`

use super::keys::scope;
use super::readable;
use super::{Context, Done};
use crate::credential;
use crate::error::{Code, Error, Result};
use crate::http::tls;
use crate::identity::NewProof;
use crate::policy::{OPERATOR, Quota};
use crate::store::Credential;
use fieldseal::keyset::Scope;
use serde_json::{Value, json};
use std::path::PathBuf;

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

    /// A role that the policy gives rules to, such as support; may be given several times. Without one, the
    /// credential opens the classes that are given.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,

    /// A class of data, or '*'; may be given several times. With a role, it gets no further than these.
    #[arg(long = "class", value_name = "CLASS", value_parser = scope)]
    classes: Vec<Scope>,

    /// How many values it may have opened in a minute, or 'none' for no limit.
    #[arg(long, default_value = "600", value_name = "VALUES", value_parser = limit)]
    per_minute: Limit,

    /// How many values it may have opened in a day (UTC), or 'none' for no limit.
    #[arg(long, default_value = "20000", value_name = "VALUES", value_parser = limit)]
    per_day: Limit,

    #[command(flatten)]
    proof: ProofArgs,
}

/// A number of values, or none. A type of its own, because an option that is `Option` need not be given.
#[derive(Clone, Copy)]
pub(super) struct Limit(pub(super) Option<u64>);

pub(super) fn limit(text: &str) -> std::result::Result<Limit, Error> {
    match text {
        "none" => Ok(Limit(None)),
        // What the database keeps is signed.
        _ => match text.parse::<u32>() {
            Ok(values) if values > 0 => Ok(Limit(Some(values.into()))),
            _ => Err(Error::new(Code::QuotaInvalid)),
        },
    }
}

/// How it is proved. Without any of these, by a secret that is made.
#[derive(clap::Args)]
struct ProofArgs {
    /// The client certificate that proves it, in PEM.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["oidc_subject", "oidc_issuer"])]
    certificate: Option<PathBuf>,

    /// What the identity provider calls whoever proves it (`sub`).
    #[arg(long, value_name = "SUB", requires = "oidc_issuer")]
    oidc_subject: Option<String>,

    /// The identity provider (`iss`).
    #[arg(long, value_name = "URL", requires = "oidc_subject")]
    oidc_issuer: Option<String>,
}

impl ProofArgs {
    fn read(self) -> Result<NewProof> {
        Ok(match (self.certificate, self.oidc_issuer, self.oidc_subject) {
            (Some(path), ..) => NewProof::Certificate(tls::first_certificate(&path)?),
            (None, Some(issuer), Some(subject)) => NewProof::Oidc { issuer, subject },
            _ => NewProof::Bearer,
        })
    }
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    let store = context.store().await?;
    let now = context.clock.now();
    match command {
        Command::New(New {
            name,
            roles,
            classes,
            proof,
            per_minute: Limit(per_minute),
            per_day: Limit(per_day),
        }) => {
            check(context, &roles, &classes)?;
            let proof = proof.read()?;
            let quota = Quota { per_minute, per_day };
            let leave = (classes.clone(), roles.clone());
            let made = credential::create(&store, &name, leave, quota, proof, &context.actor, now);
            let secret = made.await?;
            match secret {
                secret if context.out.json() => {
                    let classes: Vec<_> = classes.iter().map(|class| class.as_str()).collect();
                    let mut made = json!({ "name": name, "roles": roles, "classes": classes });
                    if let Some(secret) = &secret {
                        made["secret"] = json!(**secret);
                    }
                    context.out.value(&made)?;
                }
                Some(secret) => {
                    context.out.line(&secret)?;
                    context.out.note("This is the only time it is shown.");
                }
                None => context.out.note("Made. There is no secret to show."),
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

/// A misspelt role would be one that may do nothing, and nobody would know why.
///
/// Errors: `role-missing`, `role-unknown`, and those of reading the policy.
pub(super) fn check(context: &Context, roles: &[String], classes: &[Scope]) -> Result<()> {
    if roles.is_empty() && classes.is_empty() {
        return Err(Error::new(Code::RoleMissing));
    }
    let rules = context.rules()?.current();
    let is_known = |role: &&String| *role != OPERATOR && rules.roles().any(|known| known == *role);
    match roles.iter().find(|role| !is_known(role)) {
        Some(role) => Err(Error::about(Code::RoleUnknown, role)),
        None => Ok(()),
    }
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
            "{:<20}  {:<11}  {:<20}  {state}",
            credential.name,
            credential.proof.way.as_str(),
            leave(credential)
        ))?;
    }
    Ok(())
}

/// The roles, and in brackets the classes beyond which they do not reach; or the classes alone.
pub(super) fn leave(credential: &Credential) -> String {
    let (roles, classes) = (credential.roles.join(" "), classes(credential).join(" "));
    match (roles.is_empty(), classes.is_empty()) {
        (true, _) => classes,
        (false, true) => roles,
        (false, false) => format!("{roles} [{classes}]"),
    }
}

pub(super) fn classes(credential: &Credential) -> Vec<&'static str> {
    credential.classes.iter().map(|class| class.as_str()).collect()
}

fn describe(credential: &Credential) -> Value {
    json!({
        "name": credential.name,
        "proof": credential.proof.way.as_str(),
        "roles": credential.roles,
        "classes": classes(credential),
        "per_minute": credential.quota.per_minute,
        "per_day": credential.quota.per_day,
        "created": credential.created.0,
        "revoked": credential.revoked.map(|time| time.0),
    })
}
