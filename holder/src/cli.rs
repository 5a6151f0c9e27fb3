//! The command line. A file beside this one for each command word.

mod approvals;
mod ask;
mod audit;
mod backup;
mod console;
mod credentials;
mod decoy;
mod incident;
mod init;
mod interruption;
mod keys;
mod open;
mod open_file;
mod origins;
mod output;
mod policy;
mod progress;
mod receipts;
mod report;
mod retention;
mod rewrap;
mod secret;
mod serve;
mod subject;
mod terms;

use crate::audit::{Action, Entry, Tail};
use crate::clock::{Clock, readable};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::home::Home;
use crate::logging;
use crate::policy::{Actor, Book};
use crate::store::{Location, Store};
use clap::{Parser, Subcommand};
use output::Output;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::sync::OnceCell;
use tracing::level_filters::LevelFilter;

/// Opens sealed form fields, and is the only one who can.
#[derive(Parser)]
#[command(name = "keyholder", version)]
struct Args {
    /// The directory that holds the keys and the audit.
    #[arg(
        long,
        global = true,
        env = "KEYHOLDER_HOME",
        default_value = "./keyholder-home",
        value_name = "DIR"
    )]
    home: PathBuf,

    /// The rules of who may do what, in the Cedar language, in the place of the standard ones.
    #[arg(long, global = true, env = "KEYHOLDER_POLICY", value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A PostgreSQL database to use instead of a file in that directory, so that several replicas can share it:
    /// postgres://user@host/name. A password belongs into the environment variable or ~/.pgpass.
    #[arg(long, global = true, env = "KEYHOLDER_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,

    /// Print JSON, for machines.
    #[arg(long, global = true)]
    json: bool,

    /// How much to log to standard error: off, error, warn, info, debug or trace. Never a value.
    #[arg(long, global = true, env = "KEYHOLDER_LOG", value_name = "LEVEL")]
    log: Option<LevelFilter>,

    /// Work by another clock than the machine's, for tests: from a time on, such as 2036-01-31T00:00:00Z, or ahead
    /// by +90d. Keys whose date comes by it are destroyed for good. It goes on record.
    #[arg(long, global = true, hide = true, env = "KEYHOLDER_CLOCK", hide_env_values = true)]
    #[arg(value_name = "TIME_OR_OFFSET", allow_hyphen_values = true, value_parser = Clock::moved)]
    clock: Option<Clock>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a key holder: its directory, its lock and its signing key.
    Init(init::Args),
    /// Make, list and publish the keys that pages seal to.
    #[command(subcommand)]
    Keys(keys::Command),
    /// List and change the origins of pages whose tokens are opened.
    #[command(subcommand)]
    Origins(origins::Command),
    /// Make, list and revoke the credentials of services that have tokens opened.
    #[command(subcommand)]
    Credentials(credentials::Command),
    /// Open sealed values.
    Open(open::Args),
    /// Open a sealed file.
    OpenFile(open_file::Args),
    /// Seal stored tokens again to the current keys of their classes, without showing a value.
    Rewrap(rewrap::Args),
    /// Say whether a sealed value equals another, without showing it.
    Verify(ask::Verify),
    /// Print fingerprints of sealed values, the same for equal ones, without showing them.
    Fingerprint(ask::Fingerprint),
    /// Show, check and test the rules of who may do what.
    #[command(subcommand)]
    Policy(policy::Command),
    /// List the requests that wait for a second person.
    #[command(subcommand)]
    Approvals(approvals::Command),
    /// Approve a request of somebody else.
    Approve(approvals::Approve),
    /// Serve the public keys, and open tokens for those with a credential.
    Serve(serve::Args),
    /// Register people, note what they say, answer what they ask for, and erase them.
    #[command(subcommand)]
    Subject(subject::Command),
    /// Make and watch decoys: tokens that nobody honest opens.
    #[command(subcommand)]
    Decoy(decoy::Command),
    /// Read the record of what was opened, and check that it is whole.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Declare an incident, contain it, find out what it touched, and who must be told by when.
    #[command(subcommand)]
    Incident(incident::Command),
    /// Show and set for how long data is kept, and hold keys that must not be destroyed yet.
    #[command(subcommand)]
    Retention(retention::Command),
    /// Say what the records come to, such as what is collected and not needed.
    #[command(subcommand)]
    Report(report::Command),
    /// Make copies that only several people together can open, and recover the key holder from one.
    #[command(subcommand)]
    Backup(backup::Command),
    /// Make, list and end the people who log in to the console.
    #[command(subcommand)]
    Console(console::Command),
    /// Print what proves that keys were destroyed and people erased.
    #[command(subcommand)]
    Receipts(receipts::Command),
}

/// What every command gets to work with.
struct Context {
    dir: PathBuf,
    policy: Option<PathBuf>,
    database: Option<String>,
    out: Output,
    clock: Clock,
    actor: Actor,
    store: OnceCell<Store>,
}

impl Context {
    /// The database, for what needs no key.
    async fn store(&self) -> Result<Store> {
        let open = async || {
            let location = match &self.database {
                Some(url) => Location::Postgres(url.clone()),
                None => Location::File(Home::find(&self.dir)?.database()),
            };
            let store = Store::open(&location).await?;
            self.record_clock(&store).await?;
            Ok::<_, Error>(store)
        };
        Ok(self.store.get_or_try_init(open).await?.clone())
    }

    /// Puts on record that this process works by another clock, before it does anything by it.
    async fn record_clock(&self, store: &Store) -> Result<()> {
        let Some(ahead) = self.clock.ahead() else { return Ok(()) };
        let mut entry = Entry::of_action(Action::ClockMove, self.actor.name(), self.clock.now());
        entry.target = Some(format!("{ahead:+} seconds"));
        let mut tail = Tail::of(store.write().await?).await?;
        tail.append(&entry)?;
        tail.commit().await
    }

    /// The rules of who may do what.
    fn rules(&self) -> Result<Book> {
        Book::open(self.policy.clone())
    }

    /// The key holder, its keys unlocked.
    async fn holder(&self, unlock: &secret::Unlock) -> Result<Holder> {
        let rules = self.rules()?;
        // First whether there is one at all: nobody should type a passphrase for nothing.
        let store = self.store().await?;
        let holder = Holder::unlock(store, &unlock.secret()?, self.clock.clone()).await?;
        Ok(holder.with_rules(rules))
    }
}

/// How a command ended, when it was not an error.
enum Done {
    /// All went well.
    Well,
    /// It ran to its end and found something wrong: a token that does not open, a broken audit.
    Found,
}

/// Runs the command of this process: 0 if all went well, 1 if a token did not open or the audit is
/// broken, 2 if the command could not be carried out.
pub fn run() -> ExitCode {
    let args = Args::parse();
    let default =
        if matches!(args.command, Command::Serve(_)) { LevelFilter::INFO } else { LevelFilter::WARN };
    logging::start(args.log.unwrap_or(default), args.json);
    logging::silence_panics();
    forbid_core_dumps();
    let out = Output::new(args.json);
    let (clock, actor) = (args.clock.unwrap_or_else(Clock::system), Actor::operator(&user()));
    if let Some(ahead) = clock.ahead() {
        tracing::warn!(
            seconds_ahead = ahead,
            "this works by another clock than the machine's; keys whose date comes by it are destroyed for good"
        );
    }
    let context = Context {
        dir: args.home,
        policy: args.policy,
        database: args.database,
        out,
        clock,
        actor,
        store: OnceCell::new(),
    };
    if std::env::args().any(|argument| shows_password(&argument)) {
        context.out.error(&Error::new(Code::DatabaseUrl));
        return ExitCode::from(2);
    }
    let done = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(async {
            let done = carry_out(&context, args.command).await;
            if let Some(store) = context.store.get() {
                store.close().await;
            }
            done
        }),
        Err(_) => Err(Code::Internal.into()),
    };
    match done {
        Ok(Done::Well) => ExitCode::SUCCESS,
        Ok(Done::Found) => ExitCode::from(1),
        // `keyholder open … | head` is nothing to complain about.
        Err(error) if error.code() == Code::OutputClosed => ExitCode::SUCCESS,
        Err(error) => {
            context.out.error(&error);
            ExitCode::from(2)
        }
    }
}

async fn carry_out(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::Init(args) => init::run(context, args).await,
        Command::Keys(command) => keys::run(context, command).await,
        Command::Origins(command) => origins::run(context, command).await,
        Command::Credentials(command) => credentials::run(context, command).await,
        Command::Open(args) => open::run(context, args).await,
        Command::OpenFile(args) => open_file::run(context, args).await,
        Command::Rewrap(args) => rewrap::run(context, args).await,
        Command::Verify(args) => ask::verify(context, args).await,
        Command::Fingerprint(args) => ask::fingerprint(context, args).await,
        Command::Policy(command) => policy::run(context, command),
        Command::Approvals(command) => approvals::list(context, command).await,
        Command::Approve(args) => approvals::approve(context, args).await,
        Command::Serve(args) => serve::run(context, args).await,
        Command::Incident(command) => incident::run(context, command).await,
        Command::Report(command) => report::run(context, command).await,
        Command::Backup(command) => backup::run(context, command).await,
        Command::Retention(command) => retention::run(context, command).await,
        Command::Console(command) => console::run(context, command).await,
        Command::Subject(command) => subject::run(context, command).await,
        Command::Decoy(command) => decoy::run(context, command).await,
        Command::Audit(command) => audit::run(context, command).await,
        Command::Receipts(command) => receipts::run(context, command).await,
    }
}

/// Whether an argument is a database's address with a password in it, which other users could see.
fn shows_password(argument: &str) -> bool {
    let address = argument.strip_prefix("--database=").unwrap_or(argument);
    let url = url::Url::parse(address).ok().filter(|url| url.scheme().starts_with("postgres"));
    url.is_some_and(|url| url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password"))
}

/// A crash must not write the keys and values in memory to a file.
fn forbid_core_dumps() {
    use nix::sys::resource::{Resource, setrlimit};
    if setrlimit(Resource::RLIMIT_CORE, 0, 0).is_err() {
        tracing::warn!("core dumps could not be switched off");
    }
}

/// Who runs this, as the system knows it; an environment variable would let them choose.
fn user() -> String {
    let uid = nix::unistd::getuid();
    match nix::unistd::User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        _ => format!("uid-{uid}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn a_password_is_not_shown_to_other_users() {
        for (argument, shows) in [
            ("postgres://u:secret@host/db", true),
            ("--database=postgresql://u:secret@host/db", true),
            ("postgres://u@host/db?password=secret", true),
            ("postgres://u@host/db?sslmode=verify-full", false),
            ("https://u:p@shop.example", false),
            ("a token", false),
        ] {
            assert_eq!(shows_password(argument), shows, "{argument}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
