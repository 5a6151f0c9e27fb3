//! The page origins whose tokens are opened at all, whoever asks.

use crate::error::{Code, Error, Result};
use fieldseal::Origin;

/// The page origins whose tokens may be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Any, by explicit choice.
    Any,
    /// These.
    Only(Vec<Origin>),
}

impl Origins {
    /// Reads a list, in which `*` is any.
    ///
    /// Errors: `origin-invalid`, `origin-not-canonical` (a default port, which no browser writes).
    pub fn parse<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut only = Vec::new();
        let mut any = false;
        for text in origins {
            if text == "*" {
                any = true;
                continue;
            }
            // The commonest mistake gets words of its own.
            let default_port = [("https://", ":443"), ("http://", ":80")];
            if default_port.iter().any(|(scheme, port)| text.starts_with(scheme) && text.ends_with(port)) {
                return Err(Error::about(Code::OriginNotCanonical, text));
            }
            let origin = Origin::parse(text).map_err(|error| Error::about(Code::Core(error.kind()), text))?;
            only.push(origin);
        }
        match (any, only.is_empty()) {
            (true, _) => Ok(Self::Any),
            (false, false) => Ok(Self::Only(only)),
            (false, true) => Err(Error::new(Code::Core(fieldseal::Code::OriginInvalid))),
        }
    }

    pub(super) fn admit(&self, origin: &Origin) -> bool {
        match self {
            Self::Any => true,
            Self::Only(origins) => origins.contains(origin),
        }
    }
}
