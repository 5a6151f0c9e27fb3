//! The results as tables for a terminal.

use crate::bounds::{self, Bound};
use crate::results::{InEngine, Results};
use std::fmt::Write as _;

/// All tables of a run.
pub(crate) fn of(results: &Results) -> String {
    let mut text = String::new();
    for engine in &results.engines {
        in_engine(&mut text, results, engine);
    }
    downloads(&mut text, results);
    held(&mut text, results);
    text.truncate(text.trim_end().len());
    text
}

fn in_engine(text: &mut String, results: &Results, engine: &InEngine) {
    let garbage = match (engine.collected, engine.uncollected) {
        (0, 0) => "garbage collected when it likes".to_owned(),
        (_, 0) => "garbage collected before each batch".to_owned(),
        (done, missed) => format!("garbage collected before {done} batches and not before {missed}"),
    };
    let _ = writeln!(text, "{}, clock {:.0} µs, {garbage}", engine.version, engine.clock * 1000.0);
    for measured in &engine.works {
        heading(text, measured.work.title(), &["ms", "p25", "p75", "ratio"]);
        let mut rows: Vec<_> = measured.rows.iter().collect();
        rows.sort_by(|a, b| a.time.median.total_cmp(&b.time.median));
        for row in rows {
            let ratio =
                measured.ratio(row.time.median).map_or_else(String::new, |ratio| format!("{ratio:.2}"));
            let cells = [number(row.time.median), number(row.time.p25), number(row.time.p75), ratio];
            line(text, results.title(&row.peer), &cells);
            if let Some(failure) = &row.failure {
                let _ =
                    writeln!(text, "    {} of {} failed: {failure}", row.failed, row.batch * row.time.count);
            }
        }
    }
    if let Some(cold) = &engine.cold {
        heading(
            text,
            &format!("Cold start ({})", cold.encodings.join(", ")),
            &["ms", "p25", "p75", "first seal"],
        );
        let mut rows: Vec<_> = cold.rows.iter().collect();
        rows.sort_by(|a, b| a.first_token.median.total_cmp(&b.first_token.median));
        for row in rows {
            let token = row.first_token;
            let cells = [token.median, token.p25, token.p75, row.first_seal.median].map(number);
            line(text, results.title(&row.peer), &cells);
        }
    }
    for missing in &engine.missing {
        let _ = writeln!(text, "\n  not there: {}", results.absent(missing));
    }
    text.push('\n');
}

fn downloads(text: &mut String, results: &Results) {
    heading(text, "Downloaded by a page that seals", &["brotli"]);
    let mut peers: Vec<_> = results.peers.iter().collect();
    peers.sort_by_key(|peer| peer.download());
    for peer in peers {
        line(text, &peer.title, &[peer.download().to_string()]);
    }
}

fn held(text: &mut String, results: &Results) {
    text.push_str("\n  What is held to account\n");
    for Bound { what, engine, measured, bound, is_met } in bounds::of(results) {
        let (mark, engine) = (if is_met { "met    " } else { "not met" }, engine.unwrap_or_default());
        let _ = writeln!(text, "  {mark} {engine:9} {what}: {measured}, {bound}");
    }
}

fn heading(text: &mut String, title: &str, columns: &[&str]) {
    let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
    text.push('\n');
    line(text, title, &columns);
}

fn line(text: &mut String, title: &str, cells: &[String]) {
    let _ = write!(text, "  {title:44}");
    for cell in cells {
        let _ = write!(text, " {cell:>11}");
    }
    text.push('\n');
}

/// Three significant digits or so.
pub(crate) fn number(ms: f64) -> String {
    match ms {
        ms if ms < 1.0 => format!("{ms:.4}"),
        ms if ms < 10.0 => format!("{ms:.3}"),
        ms if ms < 100.0 => format!("{ms:.2}"),
        ms => format!("{ms:.0}"),
    }
}
