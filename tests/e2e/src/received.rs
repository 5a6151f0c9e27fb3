//! A form as the server received it, and its entries.

use crate::holder::Sealed;
use anyhow::{Context, Result, bail, ensure};
use axum::body::Body;
use axum::extract::{FromRequest, Multipart};
use axum::http::{Request, header};
use base64ct::{Base64UrlUnpadded, Encoding};
use fieldseal::NumericDate;
use fieldseal::kind::{self, Kind};
use serde_json::Value;
use std::time::{SystemTime, UNIX_EPOCH};

/// One request to an address that receives forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The request's method.
    pub method: String,
    /// The path inside the test's folder.
    pub path: String,
    /// The query, without the question mark.
    pub query: String,
    /// The content type with its parameters.
    pub content_type: String,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Submission {
    /// The form's entries, in order, whatever their encoding.
    pub async fn entries(&self) -> Result<Vec<(String, String)>> {
        if self.method == "GET" {
            return Ok(form_urlencoded::parse(self.query.as_bytes()).into_owned().collect());
        }
        if self.content_type.starts_with("application/x-www-form-urlencoded") {
            return Ok(form_urlencoded::parse(&self.body).into_owned().collect());
        }
        if !self.content_type.starts_with("multipart/form-data") {
            bail!("a form of type {:?}", self.content_type);
        }
        let request = Request::post("/").header(header::CONTENT_TYPE, &self.content_type);
        let request = request.body(Body::from(self.body.clone()))?;
        let mut parts =
            Multipart::from_request(request, &()).await.map_err(|error| anyhow::anyhow!("{error}"))?;
        let mut entries = Vec::new();
        while let Some(part) = parts.next_field().await? {
            let name = part.name().unwrap_or_default().to_owned();
            entries.push((name, part.text().await?));
        }
        Ok(entries)
    }
}

/// The authenticated header of a token; an error for anything that is not one.
pub fn header(token: &str) -> Result<Value> {
    let parts: Vec<&str> = token.split('.').collect();
    ensure!(parts.len() == 5, "not a token: {} parts", parts.len());
    let json = Base64UrlUnpadded::decode_vec(parts[0]).ok().context("not a token: no base64url")?;
    let header: Value = serde_json::from_slice(&json).context("not a token: no JSON header")?;
    ensure!(header["typ"] == "sealed+jwe", "not a token: its type is {}", header["typ"]);
    Ok(header)
}

/// Whether an entry's value is a token.
pub fn is_token(value: &str) -> bool {
    header(value).is_ok()
}

/// What the key holder is asked: the token must be for this field, of this kind and from this origin.
pub fn bound(entry: &(String, String), kind: Option<&str>, origin: &str) -> Sealed {
    let (field, token) = entry.clone();
    Sealed { token, field, kind: kind.map(str::to_owned), origin: origin.to_owned() }
}

/// What a person typed, in its kind's normal form: what the key holder should get. `None` if it is none of its kind.
pub fn normal(kind: &str, typed: &str) -> Option<Value> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let context = kind::Context { region: None, now: NumericDate(now) };
    let normal = Kind::parse(kind).ok()?.read_text(typed, &context).ok()?;
    serde_json::from_str(&normal).ok()
}

/// Whether an opened value is what was typed. A checkbox comes back as a boolean, and is typed as `true` or `false`.
pub fn is_typed(opened: &Value, kind: &str, typed: &str) -> bool {
    match opened {
        Value::Bool(truth) => truth.to_string() == typed,
        opened => normal(kind, typed).as_ref() == Some(opened),
    }
}
