//! The webhook: alarms as Security Event Tokens (RFC 8417), pushed as RFC 8935 says, and signed by the key that
//! signs the published key sets. A receiver that has that key needs no further secret.
//!
//! An alarm is kept in the transaction that raises it and sent from there by every `keyholder serve`, so those that a
//! command raised are told, too, and those for which the receiver was away. A receiver may get one twice: its
//! `jti` tells.

use super::Holder;
use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::identity::oidc::is_safe;
use crate::policy::Actor;
use crate::store::Alarm;
use fieldseal::NumericDate;
use serde_json::{Value, json};
use std::time::Duration;

/// The setting's name.
const SETTING: &str = "decoy-webhook";

/// What a receiver matches on: the one type of event that there is.
const EVENT: &str = "urn:fieldseal:event:decoy-touched";

/// The `typ` of the JWS (RFC 8417 section 2.3).
const TYP: &str = "secevent+jwt";

/// The body's media type (RFC 8935 section 2.1).
const MEDIA_TYPE: &str = "application/secevent+jwt";

/// How often it is looked for alarms that other processes raised.
const EVERY: Duration = Duration::from_secs(1);

/// How long a receiver may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// For how long it is tried to tell of an alarm, in seconds: a day.
const GIVE_UP: u64 = 24 * 60 * 60;

/// The longest time between two tries, in seconds.
const LONGEST_PAUSE: u64 = 600;

/// How many alarms are read at a time.
const PAGE: u32 = 32;

impl Holder {
    /// Where alarms are sent, if anywhere.
    pub(crate) async fn decoy_webhook(&self) -> Result<Option<String>> {
        let set = self.store().preference(SETTING).await?;
        Ok(set.filter(|address| !address.is_empty()))
    }

    /// Sets where alarms are sent; `None` is nowhere. Alarms of the last day that nobody was told of are sent there,
    /// too.
    ///
    /// Errors: `webhook-address`, `store-unavailable`.
    pub(crate) async fn set_decoy_webhook(&self, address: Option<&str>, by: &Actor) -> Result<()> {
        let url = address.map(|address| match url::Url::parse(address) {
            Ok(url) if is_safe(address) => Ok(url),
            // Not quoted: a password in it must not get into a log.
            _ => Err(Error::new(Code::WebhookAddress)),
        });
        let url = url.transpose()?;
        let mut entry = Entry::of_action(Action::DecoyWebhook, by.name(), self.clock().now());
        // The path may hold what lets one send there.
        entry.target = url.as_ref().map(|url| url.origin().ascii_serialization());
        let mut tail = Tail::of(self.store().write().await?).await?;
        tail.append(&entry)?;
        tail.tx().set_preference(SETTING, url.as_ref().map_or("", url::Url::as_str)).await?;
        tail.commit_signed(Some(self.keys())).await
    }

    /// Tells of alarms for as long as this is polled. No answer waits for it.
    pub(crate) async fn tell_of_alarms(self) {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            // A redirect could lead to where nobody meant to send.
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let Ok(http) = http else {
            tracing::error!(code = Code::Internal.as_str(), "no webhook can be sent");
            return;
        };
        loop {
            if let Err(error) = self.tell(&http).await {
                tracing::error!(code = error.code().as_str(), "alarms of decoys wait to be sent");
            }
            let _ = tokio::time::timeout(EVERY, self.audit().alarmed()).await;
        }
    }

    /// Sends the alarms that are due.
    async fn tell(&self, http: &reqwest::Client) -> Result<()> {
        let now = self.clock().now();
        let since = NumericDate(now.0.saturating_sub(GIVE_UP));
        let due = self.store().due_alarms(since, now, PAGE).await?;
        if due.is_empty() {
            return Ok(());
        }
        let Some(address) = self.decoy_webhook().await? else { return Ok(()) };
        for alarm in due {
            let pause = (1_u64 << alarm.attempts.min(16)).min(LONGEST_PAUSE);
            let mut tx = self.store().write().await?;
            let claimed = tx.claim_alarm(&alarm, now.plus(pause)).await?;
            tx.commit().await?;
            if !claimed {
                continue;
            }
            let body = self.keys().sign_jws(TYP, &self.event(&alarm, &address, now))?;
            let request = http.post(&address).header("content-type", MEDIA_TYPE);
            let answered = request.header("accept", "application/json").body(body).send().await;
            let status = answered.map(|answer| answer.status());
            if status.as_ref().is_ok_and(|status| status.is_success()) {
                let mut tx = self.store().write().await?;
                tx.set_alarm_delivered(&alarm.id, self.clock().now()).await?;
                tx.commit().await?;
            } else {
                let status = status.ok().map(|status| status.as_u16());
                tracing::warn!(alarm = %alarm.id, ?status, "the webhook did not take an alarm");
            }
        }
        Ok(())
    }

    /// The claims of the token. No value, and no more of the token than the record has.
    fn event(&self, alarm: &Alarm, address: &str, now: NumericDate) -> Value {
        let mut event = json!({
            "decoy": alarm.decoy,
            "actor": alarm.actor,
            "action": alarm.action,
            "frozen": alarm.frozen,
            "record": alarm.seq,
        });
        if let Some(address) = &alarm.address {
            event["address"] = json!(address);
        }
        if let Some(request) = &alarm.request {
            event["request"] = json!(request);
        }
        json!({
            // The issuer is named by its key (RFC 9278), as in the published key sets.
            "iss": format!("urn:ietf:params:oauth:jwk-thumbprint:sha-256:{}", self.keys().signer().kid()),
            "aud": address,
            "iat": now.0,
            "jti": alarm.id,
            "toe": alarm.time.0,
            "events": { EVENT: event },
        })
    }
}
