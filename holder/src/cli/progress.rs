//! A progress bar on standard error, for people: none if it is no terminal, and none for one token.

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// How far the input has been worked through.
pub(super) struct Progress {
    /// The input's length in bytes, if it is known.
    total: Option<u64>,
    bar: Option<ProgressBar>,
    tokens: u64,
    bytes: u64,
}

impl Progress {
    pub(super) fn new(total: Option<u64>) -> Self {
        Self { total, bar: None, tokens: 0, bytes: 0 }
    }

    /// Prints while the bar is out of the way.
    pub(super) fn around<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Counts a batch.
    pub(super) fn advance(&mut self, tokens: u64, bytes: u64) {
        self.tokens += tokens;
        self.bytes += bytes;
        if self.tokens > 1 {
            let total = self.total;
            let bar = self.bar.get_or_insert_with(|| bar(total));
            bar.set_message(format!("{} tokens", HumanCount(self.tokens)));
            bar.set_position(self.bytes);
        }
    }

    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let target = match std::io::stderr().is_terminal() {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let template = match total {
        Some(_) => "{bar:30} {percent:>3} %  {msg}  {eta} left",
        None => "{spinner} {msg}",
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
        let mut progress = Progress::new(Some(100));
        progress.advance(1, 50);
        assert!(progress.bar.is_none());
        progress.advance(1, 50);
        assert_eq!(progress.bar.map(|bar| bar.position()), Some(100));
    }
}
