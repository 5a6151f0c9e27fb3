//! Sealing, reading and opening by themselves, in one run, so that their ratios mean something.
//!
//!     cargo bench -p fieldseal-holder --bench throughput
//!
//! Every measure has its turn in every round, and medians of the rounds are told: one JSON object a line on standard
//! output, for one token each, and the ratios last. `median_ns` is by the clock and `processor_ns` the processor's time,
//! which other work on the same machine changes less. `batch` opens the same tokens on one core and on two; its
//! `processor_ratio` is what two cores that do nothing else would come to, if neither waits for the other.

mod raw;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use fieldseal::NumericDate;
use fieldseal::jwe::Token;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::Kind;
use fieldseal::open::PrivateKey;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use fieldseal::suite::Alg;
use fieldseal_holder::cores::Cores;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde_json::json;
use std::hint::black_box;
use std::io::{self, Write};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// How many tokens each measure takes in a round.
const TOKENS: usize = 40;

/// A value as people type them.
const VALUE: &str = "\"4242424242424242\"";

#[derive(Parser)]
struct Args {
    /// How many rounds.
    #[arg(long, default_value_t = 41)]
    rounds: usize,

    /// How many tokens a batch has.
    #[arg(long, default_value_t = 1000)]
    batch: usize,

    /// What `cargo bench` says.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(args.rounds > 0 && args.batch > 0, "there is nothing to measure");
    let mut out = io::stdout().lock();
    for alg in Alg::ALL {
        for line in measured(&args, alg)? {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// What is measured, and how many nanoseconds it took for a token in each round.
struct Measure<'a> {
    name: &'static str,
    work: Box<dyn Fn() -> Result<usize> + 'a>,
    clock: Vec<f64>,
    processor: Vec<f64>,
}

impl Measure<'_> {
    fn run(&mut self) -> Result<()> {
        let (start, spent) = (Instant::now(), processor()?);
        let done = (self.work)()?;
        ensure!(done > 0, "nothing was done");
        self.clock.push(start.elapsed().as_nanos() as f64 / done as f64);
        self.processor.push((processor()? - spent) / done as f64);
        Ok(())
    }
}

/// The nanoseconds that processors have spent on this process, on all of its threads.
fn processor() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let nanoseconds = |time: TimeVal| time.tv_sec() as f64 * 1e9 + time.tv_usec() as f64 * 1e3;
    Ok(nanoseconds(usage.user_time()) + nanoseconds(usage.system_time()))
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn measured(args: &Args, alg: Alg) -> Result<Vec<serde_json::Value>> {
    let seed = random::<32>()?;
    let key = PrivateKey::from_seed(alg, seed.clone())?;
    let keys = KeySet::new(vec![Jwk::new(alg, Scope::All, &key.public(), None, None)?]);
    let sealer = Sealer::new(keys, raw::ORIGIN)?;
    let options = SealOptions::new("card", Kind::parse("card-number")?).unchecked();
    let now = NumericDate(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    let seal = || Ok(sealer.seal_json(VALUE, &options, now, Entropy::new(&random()?))?);
    let texts: Vec<String> = (0..TOKENS).map(|_| seal()).collect::<Result<_>>()?;
    let tokens: Vec<Token> = texts.iter().map(|text| Ok(Token::parse(text)?)).collect::<Result<_>>()?;
    let batch: Vec<&Token> = tokens.iter().cycle().take(args.batch).collect();
    ensure!(
        tokens.iter().all(|token| key.open(token).is_ok_and(|value| value.json() == VALUE)),
        "not opened"
    );

    let open_batch = |cores: usize| {
        let (key, batch) = (&key, &batch);
        move || {
            let opened = Cores::new(cores).each(batch.clone(), |token| key.open(token).is_ok());
            ensure!(opened.into_iter().all(|is_open| is_open), "not opened");
            Ok(batch.len())
        }
    };
    let mut measures = [
        measure("seal", || (0..TOKENS).try_fold(0, |done, _| seal().map(|_| done + 1))),
        measure("read", || Ok(texts.iter().filter(|text| black_box(Token::parse(text)).is_ok()).count())),
        measure("open", || Ok(tokens.iter().filter(|token| black_box(key.open(token)).is_ok()).count())),
        measure("open cold", || {
            let cold = |token: &&Token| {
                PrivateKey::from_seed(alg, seed.clone()).is_ok_and(|key| black_box(key.open(token)).is_ok())
            };
            Ok(tokens.iter().filter(cold).count())
        }),
        measure("batch 1", open_batch(1)),
        measure("batch 2", open_batch(2)),
    ];
    for _ in 0..args.rounds {
        for measure in &mut measures {
            measure.run()?;
        }
    }
    let of = |name: &str| measures.iter().find(|measure| measure.name == name).context("no such measure");
    let alg = alg.as_str().to_ascii_lowercase();
    let mut lines: Vec<_> = measures
        .iter()
        .map(|measure| {
            json!({
                "name": format!("{} {alg}", measure.name),
                "median_ns": median(&measure.clock).round(),
                "processor_ns": median(&measure.processor).round(),
            })
        })
        .collect();
    // Two cores spend the time of both at once.
    for (over, under, cores) in
        [("open", "seal", 1.0), ("open cold", "open", 1.0), ("batch 1", "batch 2", 2.0)]
    {
        let (first, second) = (of(over)?, of(under)?);
        lines.push(json!({
            "name": format!("{over} / {under} {alg}"),
            "ratio": rounded(median(&first.clock) / median(&second.clock)),
            "processor_ratio": rounded(cores * median(&first.processor) / median(&second.processor)),
        }));
    }
    Ok(lines)
}

fn measure<'a>(name: &'static str, work: impl Fn() -> Result<usize> + 'a) -> Measure<'a> {
    Measure { name, work: Box::new(work), clock: Vec::new(), processor: Vec::new() }
}

/// To three decimals: more would be noise.
fn rounded(ratio: f64) -> f64 {
    (ratio * 1000.0).round() / 1000.0
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).ok().context("no random bytes")?;
    Ok(bytes)
}
