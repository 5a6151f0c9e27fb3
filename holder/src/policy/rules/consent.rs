//! What a token says that the person agreed to when it was sealed.

use crate::policy::PurposeName;
use fieldseal::json::Json;
use fieldseal::jwe::Header;

/// The most characters of a notice's version.
const MAX_NOTICE_LEN: usize = 64;

/// The consent in a token's header (docs/format.md section 5.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Consent {
    /// What for, in order and each once.
    pub(crate) purposes: Vec<PurposeName>,
    /// The version of the notice that was shown.
    pub(crate) notice: Option<String>,
    /// When it was given: when the token was sealed, if nothing else is said. Zero where no rule looks at it.
    pub(crate) time: u64,
}

impl Consent {
    /// Reads what a header says. What is not of the form that the format gives it counts as not said, and so gives
    /// no leave.
    pub(super) fn of(header: &Header, with_notice: bool, with_time: bool) -> Option<Self> {
        let consent = header.consent.as_ref()?;
        let purposes = consent.get("purpose").and_then(Json::as_str).map(PurposeName::list);
        let notice = consent.get("notice").and_then(Json::as_str).filter(|_| with_notice);
        let notice = notice.filter(|notice| notice.chars().count() <= MAX_NOTICE_LEN);
        let time = match consent.get("time") {
            Some(Json::Integer(time)) => u64::try_from(*time).unwrap_or(0),
            _ => header.iat.0,
        };
        Some(Self {
            purposes: purposes.unwrap_or_default(),
            notice: notice.map(str::to_owned),
            time: if with_time { time } else { 0 },
        })
    }
}
