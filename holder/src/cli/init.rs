//! `keyholder init`

use super::secret::Unlock;
use super::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::holder::{Holder, Init};
use crate::home::Home;
use crate::keystore::{Cost, KeyStore};
use serde_json::json;

/// What there is to do until pages can seal and services can open.
const NEXT: &str = "\
Next, with the same --home and key file or passphrase:
  keyholder keys new --class payment   a key for a class of data, '*' for all
  keyholder keys publish               the public keys, if another server is to publish them
  keyholder keys signer                the signing key, for your pages to pin
  keyholder serve                      publish the keys, and open tokens over HTTP";

#[derive(clap::Args)]
pub(super) struct Args {
    /// An origin of pages whose tokens are to be opened, such as https://shop.example; '*' is any.
    #[arg(long = "origin", required = true, value_name = "ORIGIN")]
    origins: Vec<String>,

    #[command(flatten)]
    unlock: Unlock,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<Done> {
    let dir = &context.dir;
    // Before anything is made or asked for.
    crate::policy::Origins::parse(args.origins.iter().map(String::as_str))?;
    let database = context.database.as_deref();
    if database.is_none() && Home::find(dir).is_ok() {
        return Err(Error::about(Code::HomeExists, dir.display()));
    }
    let made_key_file = args.unlock.key_file.as_ref().filter(|path| !path.exists());
    let secret = args.unlock.new_secret()?;
    let init = Init { origins: &args.origins, secret: &secret, cost: Cost::default(), actor: &context.actor };
    if let Err(error) = Holder::create(dir, database, &init, context.clock.now()).await {
        if let Some(path) = made_key_file {
            // It unlocks nothing, and would only be mistaken for one that does.
            let _ = std::fs::remove_file(path);
        }
        return Err(error);
    }
    let signer = KeyStore::signer_of(&context.store().await?).await?;
    if context.out.json() {
        let home = database.is_none().then_some(dir);
        context.out.value(&json!({ "home": home, "signer": signer.kid() }))?;
        return Ok(Done::Well);
    }
    let place = if database.is_some() { "the database".to_owned() } else { dir.display().to_string() };
    context.out.line(&format!("Made a key holder in {place}."))?;
    context.out.line(&format!("The thumbprint of its signing key is {}.", signer.kid()))?;
    if let Some(path) = &args.unlock.key_file {
        context.out.note(&format!("{} unlocks it: keep a copy in another place.", path.display()));
        if database.is_none() && Home::find(dir)?.contains(path) {
            context.out.note("A key file beside the keys protects them from nobody: move it elsewhere.");
        }
    } else {
        context.out.note("Without the passphrase nothing that is sealed to it can be opened, by anyone.");
    }
    context.out.note(NEXT);
    Ok(Done::Well)
}
