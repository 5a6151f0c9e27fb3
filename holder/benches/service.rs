//! Opening over HTTP with the real service, against opening by itself in the same run.
//!
//!     cargo bench -p fieldseal-holder --bench service
//!
//! Clients on this machine send batches of 100 tokens to a service whose audit is on the disk, so they and the service
//! share the cores that opening by itself has alone. Rounds of both follow one another, and their medians are compared.

mod place;
mod raw;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use fieldseal::jwe::Token;
use fieldseal::keyset::KeySet;
use fieldseal::open::PrivateKey;
use fieldseal::sealer::Sealer;
use fieldseal::suite::Alg;
use place::Place;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const BATCH: usize = 100;

#[derive(Parser)]
struct Args {
    /// The algorithm of the key.
    #[arg(long, default_value = "HPKE-9")]
    alg: String,

    /// How many clients send at the same time.
    #[arg(long, default_value_t = 8)]
    clients: usize,

    /// How many rounds of each.
    #[arg(long, default_value_t = 5)]
    rounds: usize,

    /// How many seconds a round takes.
    #[arg(long, default_value_t = 3)]
    seconds: u64,

    /// How many decoys there are among what is not asked for.
    #[arg(long, default_value_t = 0)]
    decoys: u32,

    /// What `cargo bench` says.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let alg: Alg = args.alg.parse()?;
    let cores = thread::available_parallelism()?.get();
    let dir = tempfile::tempdir()?;
    let place = Place(dir.path().to_owned());
    let secret = set_up(&place, &args.alg)?;
    if args.decoys > 0 {
        let count = args.decoys.to_string();
        let new = ["decoy", "new", "--kind", "number", "--field", "n", "--origin", raw::ORIGIN];
        place.run(&[&new[..], &["--count", count.as_str()]].concat())?;
    }
    let sealer = Sealer::new(KeySet::parse(&place.run(&["keys", "publish"])?)?, raw::ORIGIN)?;
    let bodies = (0..32).map(|i| body(&sealer, i)).collect::<Result<Vec<_>>>()?;
    let (key, tokens) = raw::parsed(alg, 1000)?;
    let service = Service::start(&place)?;

    let time = Duration::from_secs(args.seconds);
    let (mut alone, mut served) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        alone.push(raw_rate(&key, &tokens, cores, time));
        served.push(service.rate(&secret, &bodies, args.clients, time)?);
    }
    drop(service);
    place.run(&["audit", "verify"])?;
    let (alone, served) = (median(alone), median(served));
    let mut out = io::stdout();
    writeln!(out, "{}, batches of {BATCH}, {} clients, {cores} cores", args.alg, args.clients)?;
    writeln!(out, "open by itself   {alone:>9.0} tokens/s")?;
    writeln!(out, "open over HTTP   {served:>9.0} tokens/s")?;
    writeln!(out, "share            {:>9.2}", served / alone)?;
    Ok(())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// A key holder with a key and a credential, whose secret it gives.
fn set_up(place: &Place, alg: &str) -> Result<String> {
    place.run(&["init", "--origin", raw::ORIGIN])?;
    place.run(&["keys", "new", "--class", "*", "--alg", alg])?;
    let no_quota = ["--per-minute", "none", "--per-day", "none"];
    let new = [&["credentials", "new", "bench", "--class", "*"], &no_quota[..]].concat();
    Ok(place.run(&new)?.trim_end().to_owned())
}

fn body(sealer: &Sealer, i: u64) -> Result<String> {
    let seal = |n: usize| Ok(format!("{:?}", raw::seal(sealer, i * BATCH as u64 + n as u64)?));
    let tokens = (0..BATCH).map(seal).collect::<Result<Vec<_>>>()?;
    Ok(format!("{{\"tokens\":[{}]}}", tokens.join(",")))
}

/// How many tokens a second all cores open when they do nothing else.
fn raw_rate(key: &PrivateKey, tokens: &[Token], cores: usize, time: Duration) -> f64 {
    let opened = AtomicU64::new(0);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while start.elapsed() < time {
                    let well = tokens.iter().filter(|token| key.open(token).is_ok()).count();
                    opened.fetch_add(well as u64, Ordering::Relaxed);
                }
            });
        }
    });
    opened.into_inner() as f64 / start.elapsed().as_secs_f64()
}

/// A service that ends when this is dropped.
struct Service {
    child: Child,
    url: String,
}

impl Service {
    fn start(place: &Place) -> Result<Self> {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--log", "warn"]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let url = line.trim_end().strip_prefix("listening on ").context("no address")?;
        Ok(Self { child, url: format!("{url}/v1/open") })
    }

    /// How many tokens a second it opens for so many clients.
    fn rate(&self, secret: &str, bodies: &[String], clients: usize, time: Duration) -> Result<f64> {
        let (opened, next) = (AtomicU64::new(0), AtomicUsize::new(0));
        let start = Instant::now();
        thread::scope(|scope| {
            let client = || -> Result<()> {
                let agent: ureq::Agent = ureq::Agent::config_builder().build().into();
                let bearer = format!("Bearer {secret}");
                while start.elapsed() < time {
                    let body = &bodies[next.fetch_add(1, Ordering::Relaxed) % bodies.len()];
                    let mut answer = agent.post(&self.url).header("authorization", &bearer).send(body)?;
                    let answer = answer.body_mut().read_to_string()?;
                    ensure!(answer.matches("\"value\":").count() == BATCH, "a token was not opened");
                    opened.fetch_add(BATCH as u64, Ordering::Relaxed);
                }
                Ok(())
            };
            let clients: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
            clients.into_iter().try_for_each(|client| client.join().ok().context("a client panicked")?)
        })?;
        Ok(opened.into_inner() as f64 / start.elapsed().as_secs_f64())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
