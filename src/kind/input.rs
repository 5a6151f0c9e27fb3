//! What a control for a kind tells the browser: how to fill it in, and which keyboard to show.

use crate::Kind;

impl Kind {
    /// The `autocomplete` attribute (WHATWG HTML, "autofill field name"). `off` where a browser should not keep
    /// the value; browsers have no name for most identifiers.
    pub fn autocomplete(self) -> &'static str {
        self.facts().0
    }

    /// The `inputmode` attribute (WHATWG HTML, "input modalities").
    pub fn input_mode(self) -> &'static str {
        self.facts().1
    }

    /// Whether its text runs from left to right on every page: groups of digits would change places otherwise.
    pub fn is_left_to_right(self) -> bool {
        self.facts().2 == "ltr"
    }

    /// All of it, with commas between.
    #[cfg(feature = "wasm")]
    pub(crate) fn input(self) -> &'static str {
        self.0.input
    }

    fn facts(self) -> (&'static str, &'static str, &'static str) {
        let mut facts = self.0.input.split(',');
        let mut next = || facts.next().unwrap_or_default();
        (next(), next(), next())
    }
}
