//! `docs/performance.md` and its plots, made of one run's results. What it says about them in words is either made of them
//! too, or true of whatever comes out.

use crate::bounds::{self, Bound};
use crate::peers::{PRELOAD, Peer, Work};
use crate::plot;
use crate::results::{Cold, InEngine, Results};
use crate::table::number;
use anyhow::Result;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const HEAD: &str = "\
# Speed and size

Made by `cargo xtask bench`, which measures fieldseal beside other ways to encrypt a form field, in one run and in real
browsers. Do not edit it: run the command again.
";

const METHOD: &str = "\
## How it is measured

- Every peer is a file in `tests/bench/peers`: what a page would write, bundled and minified for browsers. Public keys
  are imported before the clock starts, once for each peer.
- All peers are on one page. In each round every peer does one batch, in an order that is drawn anew, so that what
  changes in the course of a run changes for all. A batch has as many steps as take many times the clock's smallest step.
  Peers warm up before the first round.
- A figure is the median over the rounds, and what stands beside it are the quartiles. A ratio is of two medians in the same
  engine and run. **Ratios move by a quarter from run to run**, so smaller differences are no finding. Times of different
  engines or machines say nothing about each other.
- Every ciphertext is opened afterwards, off the clock, and compared with what went in. Fieldseal's package cannot open,
  so its tokens are opened with other people's libraries: `hpke` with `@panva/hpke-noble`, and `jose`.
- The engine collects its garbage before each batch, off the clock: in Firefox, keys of WebCrypto that wait for collection
  slow the same work down tenfold. WebKit offers no way to ask for it.
- Peers give bytes, and fieldseal gives text that a form can send: encoding is part of its time and not of theirs. What it
  seals has a header and is padded to a size class, and it is read as its kind before it is sealed.
- `guardForm`, pool warm, is the time of `new FormData(form)`: with all that the browser does itself to collect the entries.
  The pool is filled before the clock starts, as it is while a person types. Each form is sealed once.
- A cold start is a page at an address that the browser has not seen, in a fresh process where the engine has one for
  each site, from navigation to the first token. Nothing is cached; the public key stands in the page. The first seal is the
  part of it from the moment when scripts, module and keys are ready. A page that names fieldseal's module in its head, as the
  package's readme has it, is measured beside one that does not.
";

/// Writes the document and its plots below `docs`.
pub(crate) fn write(results: &Results, docs: &Path) -> Result<()> {
    let mut text = HEAD.to_owned();
    ran_on(&mut text, results);
    text += "\n## What is held to account\n\n";
    text += "What the project holds itself to, and whether this run met it. The floor is hand-written WebCrypto with X25519 and\nAES-256-GCM.\n\n";
    held(&mut text, &bounds::of(results));
    for work in Work::WARM {
        let Some(svg) = plot::of(results, work) else { continue };
        let name = format!("performance-{}.svg", work.name());
        fs::write(docs.join(&name), svg)?;
        let _ = write!(text, "\n## {}\n\n{}\n\n", work.title(), about(work));
        let _ = writeln!(text, "![{}: ratios in each engine]({name})\n", work.title());
        times(&mut text, results, work);
    }
    cold(&mut text, results);
    downloads(&mut text, results);
    native(&mut text, results);
    text.push('\n');
    text += METHOD;
    fs::write(docs.join("performance.md"), text)?;
    Ok(())
}

fn ran_on(text: &mut String, results: &Results) {
    let machine = &results.machine;
    let _ =
        writeln!(text, "\nThis run: {} cores of {}, {}.", machine.cores, machine.processor, machine.system);
    if results.quick {
        *text += "It was a short one, so its figures are rough.\n";
    }
    if machine.is_busy() {
        let _ = writeln!(
            text,
            "The machine was busy with other work (load {:.1}), so its figures are rough.",
            machine.load
        );
    }
    *text += "\n| engine | version | clock | absent there |\n|---|---|---|---|\n";
    for engine in &results.engines {
        let absent: Vec<_> = engine.missing.iter().map(|missing| results.absent(missing)).collect();
        let absent = if absent.is_empty() { "nothing".to_owned() } else { absent.join("; ") };
        let (title, version, clock) = (engine.title(), &engine.version, engine.clock * 1000.0);
        let _ = writeln!(text, "| {title} | {version} | {clock:.0} µs | {absent} |");
    }
}

fn held(text: &mut String, bounds: &[Bound]) {
    *text += "| what | where | measured | bound | |\n|---|---|---|---|---|\n";
    for bound in bounds {
        let place = bound.engine.as_deref().unwrap_or("everywhere");
        let met = if bound.is_met { "met" } else { "**not met**" };
        let _ = writeln!(text, "| {} | {place} | {} | {} | {met} |", bound.what, bound.measured, bound.bound);
    }
    let missed = bounds.iter().filter(|bound| !bound.is_met).count();
    let _ = writeln!(text, "\n{} of {} are met.", bounds.len() - missed, bounds.len());
}

/// What the work is, for whoever reads the figures.
fn about(work: Work) -> &'static str {
    match work {
        Work::Field => {
            "A card number. Without a pool every library does the whole key agreement for each field, and that is nearly all of
the time; the value hardly counts."
        }
        Work::Checkout => {
            "Name, email, phone, address, card number, expiry, security code and social security number, a token each. Libraries
are called eight times and awaited together. It is the time by which a submission is late."
        }
        Work::Form => {
            "Eight contact fields in one JSON object: `sealForm`, or one call of a library. One key agreement serves all of them."
        }
        Work::File | Work::Cold => {
            "A `Blob`, as a page gets a file, which is read into memory and encrypted; libraries do so in one call, and `sealFile` as a
stream. The ratio is to AES-256-GCM of WebCrypto alone, with a key that is ready."
        }
    }
}

fn times(text: &mut String, results: &Results, work: Work) {
    let engines: Vec<&InEngine> =
        results.engines.iter().filter(|engine| engine.work(work).is_some()).collect();
    head(text, "milliseconds (quartiles), ratio", engines.iter().map(|engine| engine.title()));
    let mut rows: Vec<_> = results.peers.iter().filter(|peer| peer.works.contains(&work)).collect();
    // In the order of the first engine, the fastest first.
    rows.sort_by(|a, b| {
        let first = |id: &str| engines.first()?.work(work)?.median(id);
        first(&a.id).unwrap_or(f64::MAX).total_cmp(&first(&b.id).unwrap_or(f64::MAX))
    });
    let mut failures = String::new();
    for peer in rows {
        for engine in &engines {
            let row =
                engine.work(work).and_then(|measured| measured.rows.iter().find(|row| row.peer == peer.id));
            if let Some((row, failure)) = row.and_then(|row| Some((row, row.failure.as_ref()?))) {
                let all = row.batch * row.time.count;
                let _ = writeln!(
                    failures,
                    "\n{} in {}: {} of {all} failed ({failure}).",
                    peer.title,
                    engine.title(),
                    row.failed
                );
            }
        }
        let cells = engines.iter().map(|engine| {
            let measured = engine.work(work)?;
            let time = measured.rows.iter().find(|row| row.peer == peer.id)?.time;
            let ratio =
                measured.ratio(time.median).map_or_else(String::new, |ratio| format!(", **{ratio:.2}**"));
            Some(format!("{} ({} to {}){ratio}", number(time.median), number(time.p25), number(time.p75)))
        });
        row(text, &peer.title, cells);
    }
    *text += &failures;
}

fn cold(text: &mut String, results: &Results) {
    let engines: Vec<(&InEngine, &Cold)> =
        results.engines.iter().filter_map(|engine| Some((engine, engine.cold.as_ref()?))).collect();
    if engines.is_empty() {
        return;
    }
    *text += "\n## Cold start\n\n";
    *text += "From navigation to the first token on a page that nothing was cached of, and of that the first seal: what a person\nwaits for who submits at once. In milliseconds.\n";
    for (engine, cold) in &engines {
        let _ = writeln!(text, "\n{} was sent {}.", engine.title(), cold.encodings.join(" and "));
    }
    text.push('\n');
    head(text, "first token (quartiles); first seal", engines.iter().map(|(engine, _)| engine.title()));
    let find = |cold: &Cold, id: &str| {
        cold.rows.iter().find(|row| row.peer == id).map(|row| (row.first_token, row.first_seal))
    };
    let mut rows: Vec<_> = results.peers.iter().filter(|peer| peer.works.contains(&Work::Cold)).collect();
    rows.sort_by(|a, b| {
        let first = |id: &str| {
            engines.first().and_then(|(_, cold)| find(cold, id)).map_or(f64::MAX, |(token, _)| token.median)
        };
        first(&a.id).total_cmp(&first(&b.id))
    });
    for peer in rows {
        let cells = engines.iter().map(|(_, cold)| {
            let (token, seal) = find(cold, &peer.id)?;
            Some(format!(
                "{:.0} ({:.0} to {:.0}); {}",
                token.median,
                token.p25,
                token.p75,
                number(seal.median)
            ))
        });
        row(text, &peer.title, cells);
    }
}

fn downloads(text: &mut String, results: &Results) {
    *text += "\n## What a page downloads\n\n";
    *text += "A page that seals and does not open, bundled and minified with esbuild, compressed with brotli at its highest level.\nFieldseal's is with its module.\n\n";
    *text +=
        "| peer | post-quantum | brotli, bytes | gzip, bytes | as it is, bytes |\n|---|---|--:|--:|--:|\n";
    let is_own = |peer: &&Peer| peer.works.contains(&Work::Cold) && peer.id != PRELOAD;
    let mut peers: Vec<_> = results.peers.iter().filter(is_own).collect();
    peers.sort_by_key(|peer| peer.download());
    for peer in peers {
        let sum = |size: fn(&crate::peers::Size) -> usize| peer.files.values().map(size).sum::<usize>();
        let quantum = if peer.post_quantum { "yes" } else { "no" };
        let (brotli, gzip, raw) = (sum(|size| size.brotli), sum(|size| size.gzip), sum(|size| size.raw));
        let _ = writeln!(text, "| {} | {quantum} | {brotli} | {gzip} | {raw} |", peer.title);
    }
}

fn native(text: &mut String, results: &Results) {
    let Some(native) = &results.native else { return };
    *text += "\n## The key holder\n\nWithout a browser, compiled for the machine: the benchmark `throughput` of the key holder. A batch is told for each of\nits tokens.\n\n";
    *text += "| what | microseconds a token |\n|---|--:|\n";
    for line in &native.lines {
        if let Some(time) = line.median_ns {
            let _ = writeln!(text, "| {} | {:.1} |", line.name, time / 1000.0);
        }
    }
    *text += "\n| ratio | |\n|---|--:|\n";
    for line in &native.lines {
        if let Some(ratio) = line.ratio {
            let _ = writeln!(text, "| {} | {ratio:.2} |", line.name);
        }
    }
}

fn head<'a>(text: &mut String, what: &str, columns: impl Iterator<Item = &'a str>) {
    let columns: Vec<_> = columns.collect();
    let _ = writeln!(text, "| {what} | {} |\n|---|{}", columns.join(" | "), "--:|".repeat(columns.len()));
}

fn row(text: &mut String, title: &str, cells: impl Iterator<Item = Option<String>>) {
    let cells: Vec<_> = cells.map(|cell| cell.unwrap_or_else(|| "not there".into())).collect();
    let _ = writeln!(text, "| {title} | {} |", cells.join(" | "));
}
