//! How many tests ran: read from what each runner prints at its end.

use regex::Regex;
use std::ops::AddAssign;

/// Tests that passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Counts {
    /// One check, done.
    pub(crate) fn check(passed: bool) -> Self {
        Self { passed: passed.into(), failed: (!passed).into(), skipped: 0 }
    }

    /// A test that this machine can't run.
    pub(crate) fn skip() -> Self {
        Self { skipped: 1, ..Self::default() }
    }

    /// How many ran.
    pub(crate) fn ran(self) -> u64 {
        self.passed + self.failed
    }

    /// A runner that failed although it reports no failed test did not get as far as its tests: that is one failure.
    pub(crate) fn or_failed(mut self, success: bool) -> Self {
        if !success && self.failed == 0 {
            self.failed = 1;
        }
        self
    }

    /// `test result: ok. 3 passed; 0 failed; 1 ignored; …`, as printed by libtest, doctests, wasm-bindgen-test and
    /// libtest-mimic, once a binary.
    pub(crate) fn libtest(text: &str) -> Self {
        sum(
            text,
            r"(?m)^test result: .*?(?P<passed>\d+) passed; (?P<failed>\d+) failed; (?P<skipped>\d+) ignored",
        )
    }

    /// `Summary [ 0.1s] 9 tests run: 8 passed (1 slow), 1 failed, 1 timed out, 2 skipped`.
    pub(crate) fn nextest(text: &str) -> Self {
        let Some(line) = text.lines().rev().find(|line| line.trim_start().starts_with("Summary [")) else {
            return Self::default();
        };
        let number = |what: &str| {
            let pattern = Regex::new(&format!(r"(\d+) {what}")).ok();
            let found = pattern.and_then(|pattern| pattern.captures(line)?.get(1)?.as_str().parse().ok());
            found.unwrap_or(0)
        };
        Self {
            passed: number("passed"),
            failed: number("failed") + number("timed out") + number("exec failed"),
            skipped: number("skipped"),
        }
    }

    /// The closing comments of TAP as `node --test` writes them: `# pass 4`, `# fail 0`, `# skipped 1`.
    pub(crate) fn tap(text: &str) -> Self {
        let mut counts = sum(text, r"(?m)^# pass (?P<passed>\d+)$");
        counts += sum(text, r"(?m)^# (fail|cancelled) (?P<failed>\d+)$");
        counts += sum(text, r"(?m)^# (skipped|todo) (?P<skipped>\d+)$");
        counts
    }
}

/// Adds up the named groups of every match.
fn sum(text: &str, pattern: &str) -> Counts {
    let mut counts = Counts::default();
    let Ok(pattern) = Regex::new(pattern) else { return counts };
    for found in pattern.captures_iter(text) {
        let number =
            |name: &str| found.name(name).and_then(|digits| digits.as_str().parse::<u64>().ok()).unwrap_or(0);
        counts += Counts { passed: number("passed"), failed: number("failed"), skipped: number("skipped") };
    }
    counts
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.skipped += more.skipped;
    }
}

impl std::fmt::Display for Counts {
    /// `N passed, N failed`, and `, N skipped` only when something was.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn libtest_adds_up_every_binary() {
        let text = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                    test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s\n";
        assert_eq!(Counts::libtest(text), Counts { passed: 5, failed: 1, skipped: 1 });
    }

    #[test]
    fn nextest_summary() {
        let text =
            "     Summary [   1.5s] 11 tests run: 8 passed (1 slow), 2 failed, 1 timed out, 2 skipped\n";
        assert_eq!(Counts::nextest(text), Counts { passed: 8, failed: 3, skipped: 2 });
        let text = "     Summary [   0.5s] 1 test run: 1 passed, 0 skipped\n";
        assert_eq!(Counts::nextest(text), Counts { passed: 1, failed: 0, skipped: 0 });
    }

    #[test]
    fn tap_comments() {
        let text = "# tests 6\n# suites 1\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0\n";
        assert_eq!(Counts::tap(text), Counts { passed: 3, failed: 2, skipped: 1 });
    }

    #[test]
    fn a_runner_that_never_ran_is_a_failure() {
        assert_eq!(Counts::default().or_failed(false).failed, 1);
        assert_eq!(Counts::default().or_failed(true).failed, 0);
        assert_eq!(Counts::check(false).or_failed(false).failed, 1);
    }

    #[test]
    fn the_closing_line() {
        assert_eq!(Counts { passed: 2, failed: 0, skipped: 0 }.to_string(), "2 passed, 0 failed");
        assert_eq!(Counts { passed: 2, failed: 1, skipped: 3 }.to_string(), "2 passed, 1 failed, 3 skipped");
    }
}
