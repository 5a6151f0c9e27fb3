//! Opening in bulk with the real command, against opening by itself in the same run.
//!
//!     cargo bench -p fieldseal-holder --bench bulk -- --tokens 1000000 --alg HPKE-9
//!
//! It seals the tokens, opens them from one file into another, and prints the rate, its share of what
//! the same cores do when they do nothing but open, and the memory at a quarter of the size and at the whole. Then
//! it kills a run half-way, resumes it, and checks that each value was written once.
//!
//! The share is told twice: of the time on the clock, and of the processor's time, which other work on the same
//! machine does not change.

mod place;
mod raw;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use fieldseal::keyset::KeySet;
use fieldseal::sealer::Sealer;
use fieldseal::suite::Alg;
use nix::sys::resource::{UsageWho, getrusage};
use place::Place;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Parser)]
struct Args {
    /// How many tokens.
    #[arg(long, default_value_t = 100_000)]
    tokens: u64,

    /// The algorithm of the key.
    #[arg(long, default_value = "HPKE-9")]
    alg: String,

    /// Where the files go, instead of the system's temporary directory.
    #[arg(long)]
    dir: Option<PathBuf>,

    /// What `cargo bench` says.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let alg: Alg = args.alg.parse()?;
    let cores = thread::available_parallelism()?.get();
    let dir = match &args.dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let place = Place(dir.path().to_owned());
    say(format_args!("{} tokens, {}, {cores} cores", args.tokens, args.alg))?;

    place.run(&["init", "--origin", raw::ORIGIN])?;
    place.run(&["keys", "new", "--class", "*", "--alg", &args.alg])?;
    let sealer = Sealer::new(KeySet::parse(&place.run(&["keys", "publish"])?)?, raw::ORIGIN)?;
    let quarter = args.tokens / 4;
    let start = Instant::now();
    seal(&place.path("quarter"), &sealer, 0..quarter, cores)?;
    seal(&place.path("all"), &sealer, 0..args.tokens, cores)?;
    say(format_args!("sealed in {:.0} s", start.elapsed().as_secs_f64()))?;

    let before = raw(alg, cores)?;
    let small = open(&place, "quarter", "opened-quarter", quarter)?;
    let bulk = open(&place, "all", "opened", args.tokens)?;
    let after = raw(alg, cores)?;
    let (rate, cost) = (f64::midpoint(before.rate, after.rate), f64::midpoint(before.cost, after.cost));
    check(&place.path("opened"), args.tokens)?;
    say(format_args!("open by itself  {rate:>8.0} tokens/s, {cost:>7.1} µs of one core for each"))?;
    say(format_args!(
        "open in bulk    {:>8.0} tokens/s, {:>7.1} µs of one core for each",
        bulk.rate, bulk.cost
    ))?;
    say(format_args!(
        "share           {:>8.2} by the clock, {:.2} of the cores' time",
        bulk.rate / rate,
        cost / bulk.cost
    ))?;
    let (small, large) = (small.memory >> 10, bulk.memory >> 10);
    say(format_args!(
        "peak memory     {small:>8} MiB for {quarter} tokens, {large} MiB for {}",
        args.tokens
    ))?;

    let half = kill_half_way(&place, args.tokens)?;
    let start = Instant::now();
    place.run(&["open", "--file", "all", "--out", "resumed", "--resume"])?;
    check(&place.path("resumed"), args.tokens)?;
    ensure!(is_same(&place.path("opened"), &place.path("resumed"))?, "the resumed output is another one");
    say(format_args!(
        "killed when {half} tokens were on the disk, resumed in {:.1} s: each value was written once",
        start.elapsed().as_secs_f64()
    ))
}

fn say(line: std::fmt::Arguments<'_>) -> Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}

/// Seals these numbers into a file, in order, on all cores.
fn seal(path: &Path, sealer: &Sealer, numbers: std::ops::Range<u64>, cores: usize) -> Result<()> {
    /// How many a thread seals before they are written.
    const CHUNK: u64 = 1000;
    let mut out = BufWriter::new(File::create(path)?);
    let mut from = numbers.start;
    while from < numbers.end {
        let starts = (0..cores as u64).map(|i| from + i * CHUNK).filter(|start| *start < numbers.end);
        let sealed = thread::scope(|scope| {
            let seal = |start: u64| {
                let chunk = start..numbers.end.min(start + CHUNK);
                scope.spawn(move || {
                    chunk.map(|i| Ok(raw::seal(sealer, i)? + "\n")).collect::<Result<String>>()
                })
            };
            let threads: Vec<_> = starts.map(seal).collect();
            let joined = threads.into_iter().map(|thread| thread.join().ok().context("sealing panicked")?);
            joined.collect::<Result<Vec<_>>>()
        })?;
        for chunk in sealed {
            out.write_all(chunk.as_bytes())?;
        }
        from += cores as u64 * CHUNK;
    }
    Ok(out.flush()?)
}

/// How opening went.
struct Measured {
    /// Tokens a second.
    rate: f64,
    /// Microseconds of processor time a token.
    cost: f64,
    /// The most memory that the process had, in KiB.
    memory: u64,
}

/// The seconds that the processor spent on this process, or on its children that have ended.
fn processor(who: UsageWho) -> Result<f64> {
    let usage = getrusage(who)?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

/// Opens on all cores and does nothing else.
fn raw(alg: Alg, cores: usize) -> Result<Measured> {
    const TIME: Duration = Duration::from_secs(4);
    let (key, tokens) = raw::parsed(alg, 1000)?;
    let opened = AtomicU64::new(0);
    let (start, spent) = (Instant::now(), processor(UsageWho::RUSAGE_SELF)?);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while start.elapsed() < TIME {
                    let well = tokens.iter().filter(|token| key.open(token).is_ok()).count();
                    opened.fetch_add(well as u64, Ordering::Relaxed);
                }
            });
        }
    });
    let opened = opened.into_inner() as f64;
    let spent = processor(UsageWho::RUSAGE_SELF)? - spent;
    Ok(Measured { rate: opened / start.elapsed().as_secs_f64(), cost: spent / opened * 1e6, memory: 0 })
}

/// Checks that the output has each number once, in order.
fn check(path: &Path, tokens: u64) -> Result<()> {
    let mut expected = 0;
    for line in BufReader::new(File::open(path)?).lines() {
        let answer: Value = serde_json::from_str(&line?)?;
        ensure!(answer["value"] == expected, "{} comes where {expected} should: {answer}", answer["value"]);
        expected += 1;
    }
    ensure!(expected == tokens, "there are {expected} values of {tokens}");
    Ok(())
}

fn is_same(first: &Path, second: &Path) -> Result<bool> {
    let lines = |path| -> Result<_> { Ok(BufReader::new(File::open(path)?).lines()) };
    let (mut first, mut second) = (lines(first)?, lines(second)?);
    loop {
        match (first.next().transpose()?, second.next().transpose()?) {
            (None, None) => return Ok(true),
            (first, second) if first != second => return Ok(false),
            _ => {}
        }
    }
}

/// Opens a file of so many tokens.
fn open(place: &Place, file: &str, out: &str, tokens: u64) -> Result<Measured> {
    let (start, spent) = (Instant::now(), processor(UsageWho::RUSAGE_CHILDREN)?);
    let mut child = place.command(&["open", "--file", file, "--out", out]).spawn()?;
    let mut memory = 0;
    loop {
        memory = high_water_mark(&child).unwrap_or(memory);
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "opening ended with {status}");
            let seconds = start.elapsed().as_secs_f64();
            let spent = processor(UsageWho::RUSAGE_CHILDREN)? - spent;
            let tokens = tokens as f64;
            return Ok(Measured { rate: tokens / seconds, cost: spent / tokens * 1e6, memory });
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Kills a run when half of the tokens are on the disk. Gives how many were.
fn kill_half_way(place: &Place, tokens: u64) -> Result<u64> {
    let mut child =
        place.command(&["open", "--file", "all", "--out", "resumed", "--sync-every", "0"]).spawn()?;
    let on_disk = || {
        let journal = fs::read_to_string(place.path("resumed.progress")).ok()?;
        let last: Value = journal.lines().rev().find_map(|line| serde_json::from_str(line).ok())?;
        last["tally"]["opened"].as_u64()
    };
    loop {
        ensure!(child.try_wait()?.is_none(), "it came to the end before it was killed");
        if let Some(opened) = on_disk().filter(|opened| *opened >= tokens / 2) {
            child.kill()?;
            child.wait()?;
            return Ok(opened);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// The most memory that a process has had, in KiB, as Linux counts it.
fn high_water_mark(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
