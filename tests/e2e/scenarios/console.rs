//! The key holder's console: what it shows, searches and verifies, for everybody who can use a browser, and that nothing
//! that others wrote is anything but text there.

mod open;
mod seen;
mod text;

use crate::Scenario;

pub(crate) const ALL: &[Scenario] = &[
    ("console::shows_searches_and_verifies", |stage| Box::pin(seen::audit(stage))),
    ("console::is_accessible", |stage| Box::pin(seen::accessible(stage))),
    ("console::is_for_those_who_may", |stage| Box::pin(seen::refused(stage))),
    ("console::erases_a_person", |stage| Box::pin(seen::erased(stage))),
    ("console::text_stays_text", |stage| Box::pin(text::hostile(stage))),
];
