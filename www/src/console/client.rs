//! The two servers that the console asks: the shop, for tokens, and the key holder, for what is in them.

use std::time::Duration;

use axum::http::{StatusCode, header::AUTHORIZATION};
use reqwest::{Client, RequestBuilder, header::HeaderValue, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use url::Url;

use crate::{
    order::{List, Order},
    problem::Problem,
};

/// The longest answer that is read. An order is at most what the shop accepts, 2 MiB, which JSON can make somewhat longer.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

/// A client that goes where it is told and nowhere else: a redirect or a proxy would carry a credential to another machine.
pub(super) fn new() -> reqwest::Result<Client> {
    Client::builder().redirect(redirect::Policy::none()).no_proxy().timeout(Duration::from_secs(15)).build()
}

/// The shop, which is not trusted: what it answers is data to show, and the key holder judges the tokens.
pub(super) struct Shop {
    client: Client,
    url: Url,
}

impl Shop {
    pub(super) fn new(client: Client, url: Url) -> Self {
        Self { client, url }
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) async fn orders(&self) -> Result<List, Problem> {
        self.get("orders.json").await
    }

    pub(super) async fn order(&self, id: &str) -> Result<Order, Problem> {
        // An order's number goes into a path, so it may hold nothing that means something there.
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(order_unknown());
        }
        self.get(&format!("orders/{id}.json")).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Problem> {
        let unreachable = || {
            bad_gateway(
                "shop-unreachable",
                format!("The shop at {} does not answer. Start it, then try again.", self.url),
            )
        };
        let url = self.url.join(path).map_err(|_| unreachable())?;
        let (status, body) = send(self.client.get(url)).await.ok_or_else(unreachable)?;
        if status == StatusCode::NOT_FOUND {
            return Err(order_unknown());
        }
        serde_json::from_slice(&body).map_err(|_| {
            bad_gateway("shop-answer", format!("What answers at {} is not the shop. Check --shop.", self.url))
        })
    }
}

/// The key holder.
pub(super) struct Holder {
    client: Client,
    url: Url,
}

/// The body of `POST /v1/open`.
#[derive(Serialize)]
pub(super) struct OpenRequest<'a> {
    pub(super) purpose: &'a str,
    pub(super) tokens: &'a [OpenToken<'a>],
}

/// One token, with the field that it must have been sealed for: the name that the shop keeps it under.
#[derive(Serialize)]
pub(super) struct OpenToken<'a> {
    pub(super) token: &'a str,
    pub(super) field: &'a str,
}

/// One answer: an error, or else the value, which may be `null`.
#[derive(Deserialize)]
pub(super) struct Opened {
    /// Kept as the text that it is: a number of any size and a value of any depth pass through.
    #[serde(default)]
    pub(super) value: Box<RawValue>,
    pub(super) error: Option<Refusal>,
}

/// Why the key holder did not open a token.
#[derive(Deserialize, Serialize)]
pub(super) struct Refusal {
    pub(super) code: String,
    #[serde(default)]
    pub(super) detail: String,
}

#[derive(Deserialize)]
struct Results {
    results: Vec<Opened>,
}

impl Holder {
    pub(super) fn new(client: Client, url: Url) -> Self {
        Self { client, url }
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) async fn open(
        &self,
        credential: &SecretString,
        ask: &OpenRequest<'_>,
    ) -> Result<Vec<Opened>, Problem> {
        let unreachable = || {
            let detail = format!(
                "The key holder at {} does not answer. Start it with `keyholder serve`, then try again.",
                self.url
            );
            bad_gateway("holder-unreachable", detail)
        };
        let refused = || {
            let detail = "The key holder does not know this role's credential. Make one with `keyholder credentials new`, \
                          put it into the file of --roles and start the console again.";
            bad_gateway("credential-refused", detail.into())
        };
        let url = self.url.join("v1/open").map_err(|_| unreachable())?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", credential.expose_secret()))
            .map_err(|_| refused())?;
        bearer.set_sensitive(true);
        let (status, body) = send(self.client.post(url).header(AUTHORIZATION, bearer).json(ask))
            .await
            .ok_or_else(unreachable)?;
        match status {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED => return Err(refused()),
            _ => return Err(self.unexpected(status, &body)),
        }
        let Results { results } = serde_json::from_slice(&body).map_err(|_| self.unexpected(status, &[]))?;
        if results.len() != ask.tokens.len() {
            return Err(self.unexpected(status, &[]));
        }
        Ok(results)
    }

    /// An answer that is neither results nor a missing credential; a problem document says more in its own words.
    fn unexpected(&self, status: StatusCode, body: &[u8]) -> Problem {
        let said = serde_json::from_slice::<Refusal>(body)
            .map(|refusal| format!(" It says: {} ({})", refusal.detail, refusal.code))
            .unwrap_or_default();
        let detail = format!(
            "What answers at {} did not open the order (status {}).{said}",
            self.url,
            status.as_u16()
        );
        bad_gateway("holder-answer", detail)
    }
}

/// Sends a request and reads the answer up to the limit. `None` stands for every way in which no answer came.
async fn send(request: RequestBuilder) -> Option<(StatusCode, Vec<u8>)> {
    let mut response = request.send().await.ok()?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_LIMIT {
            return None;
        }
    }
    Some((response.status(), body))
}

fn bad_gateway(code: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, code).detail(detail)
}

fn order_unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "order-unknown")
        .detail("The shop has no such order. Load the list again.")
}
