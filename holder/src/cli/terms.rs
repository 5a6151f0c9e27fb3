//! What the commands that open ask in the same words: what the value must be, and why it may be opened.

use super::{Context, open};
use crate::policy::{Actor, Expectation};
use fieldseal::kind::Kind;

#[derive(clap::Args)]
pub(super) struct Terms {
    /// The field that it must have been sealed for.
    #[arg(long)]
    field: Option<String>,

    /// The kind of data that it must be.
    #[arg(long, value_parser = Kind::parse)]
    kind: Option<Kind>,

    /// The origin that it must have been sealed on.
    #[arg(long)]
    origin: Option<String>,

    /// The subject that it must have been sealed for: the public name of the person whose data it is.
    #[arg(long)]
    sub: Option<String>,

    /// Why it is opened, for the audit.
    #[arg(long)]
    pub(super) purpose: Option<String>,

    /// Open also what was sealed to a key that has been revoked since.
    #[arg(long)]
    revoked: bool,

    /// Open also what is of a class that is frozen for an incident.
    #[arg(long)]
    frozen: bool,
}

impl Terms {
    /// What the value must be.
    pub(super) fn expectation(&self) -> Expectation {
        Expectation {
            field: self.field.clone(),
            kind: self.kind,
            origin: self.origin.clone(),
            sub: self.sub.clone(),
        }
    }

    /// Who opens it, with leave for what was named.
    pub(super) fn opener(&self, context: &Context) -> Actor {
        let actor = open::actor(context, self.revoked);
        if self.frozen { actor.with_frozen() } else { actor }
    }
}
