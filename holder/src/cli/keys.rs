//! `keyholder keys new | list | publish | signer | …`; a file beside this one has the rest of their life.

mod life;
mod receipt;

use super::secret::Unlock;
use super::{Context, Done, readable};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::keystore::KeyStore;
use crate::store::KeyRow;
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use fieldseal::suite::Alg;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How long a signed set in a file is believed. Publish it again well before.
const DAY: u64 = 24 * 60 * 60;

/// For how many days that is, where nothing else is said.
pub(super) const VALID_DAYS: u64 = 7;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Make a key, and print its kid.
    New(New),
    /// List the keys.
    List,
    /// Make the next key of a class. It takes over at once, and the old one is good for a while longer.
    Rotate(life::Rotate),
    /// Show or set how old a key may get before the service makes the next.
    Policy(life::Policy),
    /// Publish a key no more, and open nothing that is sealed to it, from now on.
    Revoke(life::Revoke),
    /// Destroy a key: nothing that is sealed to it is ever opened again. Prints a signed receipt.
    Destroy(life::Destroy),
    /// Print the receipt of a destroyed key, or check one.
    Receipt(receipt::Args),
    /// Print the public keys as a JWK Set, or write them to a directory that a web server serves.
    Publish(Publish),
    /// Print the public key that signs the sets, for pages to pin.
    Signer,
}

#[derive(clap::Args)]
pub(super) struct New {
    /// The class of data it seals: contact, identity, payment, health, credential, general, or '*'.
    #[arg(long, value_parser = scope)]
    class: Scope,

    /// HPKE-9, which is post-quantum, or ECDH-ES, which every JOSE library opens.
    #[arg(long, default_value = "HPKE-9", value_parser = alg)]
    alg: Alg,

    /// For how many days pages may seal to it. It opens for as long as it is kept.
    #[arg(long, default_value_t = 90)]
    days: u64,

    #[command(flatten)]
    unlock: Unlock,
}

#[derive(clap::Args)]
pub(super) struct Publish {
    /// Write `sealed-input` and `sealed-input.jwt` to this directory instead of printing.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Print the signed set.
    #[arg(long)]
    signed: bool,

    /// For how many days the signature is good.
    #[arg(long, default_value_t = VALID_DAYS, value_name = "DAYS")]
    valid_days: u64,

    #[command(flatten)]
    unlock: Unlock,
}

/// A class, or `*`, as an argument.
pub(super) fn scope(text: &str) -> std::result::Result<Scope, Error> {
    text.parse().map_err(|_| Error::new(Code::ClassUnknown))
}

fn alg(text: &str) -> std::result::Result<Alg, Error> {
    text.parse().map_err(|_| Error::new(Code::AlgUnknown))
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::New(args) => new(context, args).await?,
        Command::List => list(context).await?,
        Command::Rotate(args) => life::rotate(context, args).await?,
        Command::Policy(args) => life::policy(context, args).await?,
        Command::Revoke(args) => life::revoke(context, args).await?,
        Command::Destroy(args) => life::destroy(context, args).await?,
        Command::Receipt(args) => receipt::run(context, args).await?,
        Command::Publish(args) => publish(context, args).await?,
        Command::Signer => {
            let signer = KeyStore::signer_of(&context.store().await?).await?;
            context.out.line(&signer.to_json())?;
        }
    }
    Ok(Done::Well)
}

async fn new(context: &Context, args: New) -> Result<()> {
    let holder = context.holder(&args.unlock).await?;
    let kid = holder.new_key(args.alg, args.class, args.days, &context.actor).await?;
    let destroys = holder.store().key(&kid).await?.and_then(|row| row.destroys);
    if context.out.json() {
        return context.out.value(&json!({ "kid": kid, "destroys": destroys.map(|time| time.0) }));
    }
    context.out.line(&kid)?;
    context.out.note(&match destroys {
        Some(time) => format!(
            "It is destroyed on {}, and with it all that is sealed to it: see `keyholder retention policy`.",
            readable(time)
        ),
        None => "It is never destroyed by itself: see `keyholder retention policy`.".to_owned(),
    });
    Ok(())
}

async fn list(context: &Context) -> Result<()> {
    let keys = context.store().await?.keys().await?;
    let now = context.clock.now();
    if context.out.json() {
        return context.out.value(&keys.iter().map(|key| describe(key, now)).collect::<Vec<_>>());
    }
    if keys.is_empty() {
        context.out.note("There is no key yet. Make one with `keyholder keys new --class`.");
    }
    for key in &keys {
        let until = match (key.life.destroyed, key.life.revoked, key.exp) {
            (Some(time), ..) => format!("destroyed {}", readable(time)),
            (None, Some(time), _) => format!("revoked {}", readable(time)),
            (None, None, None) => "for good".to_owned(),
            (None, None, Some(exp)) if exp <= now => {
                format!("until {} (over; it still opens)", readable(exp))
            }
            (None, None, Some(exp)) => format!("until {}", readable(exp)),
        };
        let (kid, alg, class) = (&key.kid, key.alg.as_str(), key.scope.as_str());
        let ends = key.destroys.filter(|_| key.life.destroyed.is_none());
        let ends = ends.map(|time| format!(", destroyed on {}", readable(time))).unwrap_or_default();
        context.out.line(&format!("{kid}  {alg:<7}  {class:<10}  {until}{ends}"))?;
    }
    Ok(())
}

fn describe(key: &KeyRow, now: NumericDate) -> Value {
    json!({
        "state": key.state(now).as_str(),
        "kid": key.kid,
        "alg": key.alg.as_str(),
        "class": key.scope.as_str(),
        "created": key.created.0,
        "nbf": key.nbf.map(|time| time.0),
        "exp": key.exp.map(|time| time.0),
        "destroys": key.destroys.map(|time| time.0),
        "revoked": key.life.revoked.map(|time| time.0),
        "destroyed": key.life.destroyed.map(|time| time.0),
        "reason": key.life.reason,
    })
}

async fn publish(context: &Context, args: Publish) -> Result<()> {
    if !(1..=3650).contains(&args.valid_days) {
        return Err(Error::new(Code::DaysOutOfRange));
    }
    // The keys are unlocked to publish them: only what the key holder made itself goes out.
    let holder = context.holder(&args.unlock).await?;
    let Some(dir) = args.out else {
        let now = context.clock.now();
        let set = holder.keys().published(now).await?;
        let sign = || holder.keys().sign(&set, now, args.valid_days * DAY);
        return context.out.line(&if args.signed { sign()? } else { set.to_json() });
    };
    publish_to(context, &holder, &dir, args.valid_days).await
}

/// Writes the set, plain and signed, to a directory that a web server serves.
///
/// Errors: `keys-locked`, `output-failed`.
pub(super) async fn publish_to(
    context: &Context,
    holder: &Holder,
    dir: &Path,
    valid_days: u64,
) -> Result<()> {
    let now = context.clock.now();
    let set = holder.keys().published(now).await?;
    let signed = holder.keys().sign(&set, now, valid_days * DAY)?;
    std::fs::create_dir_all(dir).map_err(|_| Error::about(Code::OutputFailed, dir.display()))?;
    for (name, content) in [("sealed-input", set.to_json()), ("sealed-input.jwt", signed)] {
        replace(&dir.join(name), content.as_bytes())?;
    }
    context.out.note("Serve them at /.well-known/ as application/jwk-set+json and application/jwk-set+jwt.");
    Ok(())
}

/// Puts a whole new file in the place of the old one, so that nobody fetches half of one.
fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let write = || {
        let mut file = std::fs::File::create(&new)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    };
    write().map_err(|_| Error::about(Code::OutputFailed, path.display()))
}
