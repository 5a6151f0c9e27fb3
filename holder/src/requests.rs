//! The register of what people ask for: access, erasure and the other rights, each with the day by which it has to
//! be answered.

use crate::audit::{Action, Entry, Tail};
use crate::clock::{parse, readable};
use crate::decoys::check_note;
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::keystore::random_id;
use crate::policy::Actor;
pub(crate) use crate::store::SubjectRequest;
use crate::subjects::parse_id;
use fieldseal::NumericDate;

/// California Civil Code 1798.130(a)(2)(A): 45 days after the request was received.
const CCPA: u64 = 45 * DAY;

/// 45 CFR 164.524(b)(2)(i): 30 days to give access, and 164.526(b)(2)(i): 60 days to amend.
const HIPAA: u64 = 30 * DAY;
const HIPAA_AMENDMENT: u64 = 60 * DAY;

const DAY: u64 = 24 * 60 * 60;

/// The longest receipt that is kept, in bytes.
pub(crate) const MAX_RECEIPT: u64 = 16 * 1024;

/// What a person can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Right {
    /// A copy of what is kept about them (GDPR Art. 15, CCPA 1798.110).
    Access,
    /// The same to take elsewhere (GDPR Art. 20, CCPA 1798.130(a)(3)(B)(iii)).
    Portability,
    /// That it be corrected (GDPR Art. 16, CCPA 1798.106).
    Rectification,
    /// That it be deleted (GDPR Art. 17, CCPA 1798.105).
    Erasure,
    /// That it not be used, or not be sold (GDPR Art. 21, CCPA 1798.120).
    Objection,
}

impl Right {
    /// The name in the register.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Portability => "portability",
            Self::Rectification => "rectification",
            Self::Erasure => "erasure",
            Self::Objection => "objection",
        }
    }
}

/// The law that sets the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Regime {
    /// Regulation (EU) 2016/679: one month.
    Gdpr,
    /// California Civil Code 1798.100 and following: 45 days.
    Ccpa,
    /// 45 CFR Part 164: 30 days, and 60 to amend.
    Hipaa,
}

impl Regime {
    /// The name in the register.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Gdpr => "gdpr",
            Self::Ccpa => "ccpa",
            Self::Hipaa => "hipaa",
        }
    }

    /// Until when a request that was received then has to be answered.
    pub(crate) fn due(self, right: Right, received: NumericDate) -> NumericDate {
        match (self, right) {
            (Self::Gdpr, _) => a_month_after(received),
            (Self::Ccpa, _) => received.plus(CCPA),
            (Self::Hipaa, Right::Rectification) => received.plus(HIPAA_AMENDMENT),
            (Self::Hipaa, _) => received.plus(HIPAA),
        }
    }
}

/// GDPR Art. 12(3): within one month of receipt. Regulation (EEC, Euratom) 1182/71 Art. 3(2)(c): a period in months
/// ends with the day of the same date, and with the last day of a month that has no such date. That a time which
/// ends on a holiday ends with the next working day (Art. 3(4)) is left out: it is later, and differs by country.
fn a_month_after(time: NumericDate) -> NumericDate {
    let text = readable(time);
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u64>().ok());
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else {
        // Times past the year 9999 are not asked for; 28 days is no later than a month.
        return time.plus(28 * DAY);
    };
    let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    let clock = text.get(10..).unwrap_or("T00:00:00Z");
    let on = |day: u64| parse(&format!("{year:04}-{month:02}-{day:02}{clock}"));
    (1..=day).rev().find_map(on).unwrap_or(time)
}

/// A request as it is entered.
pub(crate) struct Asked {
    /// The person, by the opaque name that tokens carry as `sub`.
    pub(crate) subject: String,
    /// What they ask for.
    pub(crate) right: Right,
    /// The law that sets the time.
    pub(crate) regime: Regime,
    /// When it was received; without it, now.
    pub(crate) received: Option<NumericDate>,
    /// What else there is to know.
    pub(crate) note: Option<String>,
}

impl Holder {
    /// Enters what a person asked for.
    ///
    /// Errors: `subject-invalid`, `request-received`, `note-invalid`, `store-unavailable`.
    pub(crate) async fn new_subject_request(&self, asked: Asked, by: &Actor) -> Result<SubjectRequest> {
        let Asked { subject, right, regime, received, note } = asked;
        parse_id(&subject)?;
        note.as_deref().map_or(Ok(()), check_note)?;
        let now = self.clock().now();
        let received = received.unwrap_or(now);
        if received > now {
            return Err(Error::new(Code::RequestReceived));
        }
        let request = SubjectRequest {
            id: random_id(8)?,
            subject,
            kind: right.as_str().to_owned(),
            regime: regime.as_str().to_owned(),
            received,
            due: regime.due(right, received),
            created: now,
            created_by: by.name().to_owned(),
            note,
            done: None,
            done_by: None,
            receipt: None,
        };
        let mut tail = Tail::of(self.store().write().await?).await?;
        tail.append(&record(Action::SubjectRequestNew, &request, by, now))?;
        tail.tx().insert_subject_request(&request).await?;
        tail.commit_signed(Some(self.keys())).await?;
        Ok(request)
    }

    /// Enters that a request was answered, with what shows it.
    ///
    /// Errors: `request-unknown`, `request-done`, `store-unavailable`.
    pub(crate) async fn finish_subject_request(
        &self,
        id: &str,
        receipt: Option<String>,
        by: &Actor,
    ) -> Result<SubjectRequest> {
        let now = self.clock().now();
        let mut tail = Tail::of(self.store().write().await?).await?;
        let found = tail.tx().subject_request(id).await?;
        let mut request = found.ok_or(Error::about(Code::RequestUnknown, id))?;
        if request.done.is_some() {
            return Err(Error::about(Code::RequestDone, id));
        }
        request.done = Some(now);
        request.done_by = Some(by.name().to_owned());
        request.receipt = receipt;
        tail.append(&record(Action::SubjectRequestDone, &request, by, now))?;
        tail.tx().finish_subject_request(&request).await?;
        tail.commit_signed(Some(self.keys())).await?;
        Ok(request)
    }
}

fn record(action: Action, request: &SubjectRequest, by: &Actor, now: NumericDate) -> Entry {
    let mut entry = Entry::of_action(action, by.name(), now);
    entry.target = Some(format!("{} {}", request.id, request.kind));
    entry.sub = Some(request.subject.clone());
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NumericDate {
        parse(text).unwrap()
    }

    #[test]
    fn a_month_ends_on_the_same_date_or_the_last_of_the_month() {
        for (received, due) in [
            ("2026-11-24T08:30:00Z", "2026-12-24T08:30:00Z"),
            ("2026-12-05T00:00:00Z", "2027-01-05T00:00:00Z"),
            ("2027-01-31T23:59:59Z", "2027-02-28T23:59:59Z"),
            ("2028-01-30T01:02:03Z", "2028-02-29T01:02:03Z"),
            ("2026-08-31T12:00:00Z", "2026-09-30T12:00:00Z"),
            ("2027-02-28T12:00:00Z", "2027-03-28T12:00:00Z"),
            ("2026-03-01T12:00:00Z", "2026-04-01T12:00:00Z"),
        ] {
            assert_eq!(Regime::Gdpr.due(Right::Access, at(received)), at(due), "{received}");
        }
        let received = at("2026-11-24T08:30:00Z");
        assert_eq!(Regime::Ccpa.due(Right::Erasure, received), at("2027-01-08T08:30:00Z"));
        assert_eq!(Regime::Hipaa.due(Right::Access, received), at("2026-12-24T08:30:00Z"));
        assert_eq!(Regime::Hipaa.due(Right::Rectification, received), at("2027-01-23T08:30:00Z"));
    }
}
