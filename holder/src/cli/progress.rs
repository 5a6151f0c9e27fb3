//! A progress bar on standard error, for people: none if it is no terminal, and none for one token.

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Instant;

/// How far the input has been worked through.
pub(super) struct Progress {
    /// The input's length, if it is known: bytes, or rows.
    total: Option<u64>,
    /// The place in the input.
    place: u64,
    bar: Option<ProgressBar>,
    start: Instant,
    tokens: u64,
    refused: u64,
    /// What is counted.
    noun: &'static str,
}

impl Progress {
    /// Of an input of this length, from this place on.
    pub(super) fn new(total: Option<u64>, place: u64) -> Self {
        Self { total, place, bar: None, start: Instant::now(), tokens: 0, refused: 0, noun: "tokens" }
    }

    /// The same for something else than tokens.
    pub(super) fn of(self, noun: &'static str) -> Self {
        Self { noun, ..self }
    }

    /// Prints while the bar is out of the way.
    pub(super) fn around<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Counts a batch, and how much of the input it was.
    pub(super) fn advance(&mut self, opened: u64, refused: u64, length: u64) {
        self.tokens += opened + refused;
        self.refused += refused;
        self.place += length;
        if self.tokens > 1 {
            let (total, place) = (self.total, self.place);
            let bar = self.bar.get_or_insert_with(|| bar(total, place - length));
            bar.set_message(told(self.tokens, self.noun, self.refused, self.start.elapsed().as_secs_f64()));
            bar.set_position(place);
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How many tokens, how fast, and how many of them were refused.
fn told(tokens: u64, noun: &str, refused: u64, seconds: f64) -> String {
    let rate = if seconds > 0.0 { (tokens as f64 / seconds) as u64 } else { 0 };
    let told = format!("{} {noun}, {}/s", HumanCount(tokens), HumanCount(rate));
    match refused {
        0 => told,
        refused => format!("{told}, {} refused", HumanCount(refused)),
    }
}

fn bar(total: Option<u64>, place: u64) -> ProgressBar {
    let bar = drawn(
        total,
        match total {
            Some(_) => "{bar:30} {percent:>3} %  {msg}  {eta} left",
            None => "{spinner} {msg}",
        },
    )
    .with_position(place);
    // What was done before an interruption says nothing about how long the rest takes.
    bar.reset_eta();
    bar
}

/// How far one long file has been worked through.
pub(super) struct Bytes(ProgressBar);

impl Bytes {
    /// Of a file of this length, if it is known.
    pub(super) fn new(total: Option<u64>) -> Self {
        Self(drawn(
            total,
            match total {
                Some(_) => "{bar:30} {percent:>3} %  {bytes} of {total_bytes}, {bytes_per_sec}  {eta} left",
                None => "{spinner} {bytes}, {bytes_per_sec}",
            },
        ))
    }

    /// Counts so many bytes more.
    pub(super) fn advance(&mut self, bytes: u64) {
        self.0.inc(bytes);
    }
}

impl Drop for Bytes {
    /// An error is told below an empty line, too, and not behind half a bar.
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn drawn(total: Option<u64>, template: &str) -> ProgressBar {
    let target = match std::io::stderr().is_terminal() {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(total, target);
    // The templates are fixed and well-formed; were one not, the plain bar would do.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_has_no_bar() {
        let mut progress = Progress::new(Some(200), 100);
        progress.advance(1, 0, 50);
        assert!(progress.bar.is_none());
        progress.advance(0, 1, 50);
        assert_eq!(progress.bar.as_ref().map(ProgressBar::position), Some(200));
        assert_eq!(told(1200, "tokens", 0, 2.0), "1,200 tokens, 600/s");
        assert_eq!(told(1200, "records", 1, 0.0), "1,200 records, 0/s, 1 refused");
    }
}
