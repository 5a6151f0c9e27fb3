//! The two servers that the console asks: the shop, for tokens, and the key holder, for what is in them.

use std::time::Duration;

use axum::http::StatusCode;
use fieldseal_client::{Ask, Error, Expected, Opened, Refusal};
use reqwest::{Client, RequestBuilder, redirect};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use url::Url;

use crate::{
    order::{List, Order},
    problem::Problem,
};

/// The longest answer that is read. An order is at most what the shop accepts, 2 MiB, which JSON can make somewhat longer.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

/// A client that goes where it is told and nowhere else.
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

/// The key holder, for whichever role asks.
pub(super) struct Holder {
    client: fieldseal_client::Holder,
    url: Url,
}

/// How often the key holder is asked before a person is told that it does not answer.
const ATTEMPTS: u32 = 2;

impl Holder {
    pub(super) fn new(url: Url) -> Result<Self, fieldseal_client::Error> {
        // Each request has the credential of its role, and this one is nobody's.
        let client = fieldseal_client::Holder::builder().url(url.as_str()).credential("");
        Ok(Self { client: client.attempts(ATTEMPTS).build()?, url })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Has tokens opened for a credential: for each a value, or why there is none.
    pub(super) async fn open(
        &self,
        credential: &SecretString,
        purpose: &str,
        tokens: Vec<Expected>,
    ) -> Result<Vec<Result<Opened, Refusal>>, Problem> {
        let client = self.client.with_credential(credential.clone());
        client.open(tokens, &Ask::purpose(purpose)).await.map_err(|error| self.problem(error))
    }

    fn problem(&self, error: Error) -> Problem {
        let (status, said) = match error {
            Error::Unreachable | Error::TimedOut => {
                let detail = format!(
                    "The key holder at {} does not answer. Start it with `keyholder serve`, then try again.",
                    self.url
                );
                return bad_gateway("holder-unreachable", detail);
            }
            Error::Credential | Error::Answer { status: 401 } | Error::Problem { status: 401, .. } => {
                let detail = "The key holder does not know this role's credential. Make one with `keyholder credentials new`, \
                              put it into the file of --roles and start the console again.";
                return bad_gateway("credential-refused", detail.into());
            }
            Error::Problem { code, detail, status, .. } => {
                (status.to_string(), format!(" It says: {detail} ({code})"))
            }
            Error::Answer { status } => (status.to_string(), String::new()),
            other => ("none".to_owned(), format!(" It was not asked: {other}.")),
        };
        let detail = format!("What answers at {} did not open the order (status {status}).{said}", self.url);
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
