//! The shop's pages. Askama escapes all that is put into them; the templates are checked when the program is compiled.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::Config;
use crate::{
    order::{Entry, Order},
    token::{self, Header},
};

#[derive(Template)]
#[template(path = "checkout.html")]
struct Checkout<'a> {
    holder: &'a str,
}

#[derive(Template)]
#[template(path = "thanks.html")]
struct Thanks<'a> {
    order: &'a Order,
    rows: Vec<Row<'a>>,
    classes: Vec<Class<'a>>,
    sealed: usize,
    bytes: usize,
    holder: &'a str,
    console: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "not-found.html")]
struct NotFound;

/// One entry as the shop has it.
struct Row<'a> {
    entry: &'a Entry,
    token: Option<Header>,
}

impl Row<'_> {
    /// The beginning of the value, cut between characters.
    fn head(&self) -> &str {
        let value = self.entry.value.as_str();
        value.char_indices().nth(28).map_or(value, |(end, _)| &value[..end])
    }

    fn shortened(&self) -> bool {
        self.head().len() < self.entry.value.len()
    }
}

/// The sealed entries of one class: what a role with that class may open.
struct Class<'a> {
    name: &'static str,
    role: &'static str,
    fields: Vec<&'a str>,
}

pub(super) fn checkout(config: &Config) -> Response {
    page(StatusCode::OK, &Checkout { holder: &config.keys.origin().ascii_serialization() })
}

pub(super) fn thanks(order: &Order, config: &Config) -> Response {
    let rows: Vec<_> =
        order.entries.iter().map(|entry| Row { entry, token: token::header(&entry.value) }).collect();
    let thanks = Thanks {
        order,
        classes: classes(&rows),
        sealed: rows.iter().filter(|row| row.token.is_some()).count(),
        bytes: order.entries.iter().map(|entry| entry.value.len()).sum(),
        rows,
        holder: &config.keys.origin().ascii_serialization(),
        console: config.console.as_ref().map(|url| url.as_str()),
    };
    page(StatusCode::OK, &thanks)
}

pub(super) fn not_found() -> Response {
    page(StatusCode::NOT_FOUND, &NotFound)
}

/// Groups the fields by class, in the order of the classes below, with the desk that usually holds each.
fn classes<'a>(rows: &[Row<'a>]) -> Vec<Class<'a>> {
    [
        ("payment", "the payments desk"),
        ("identity", "the credit desk"),
        ("contact", "the shipping desk"),
        ("general", "the shipping desk"),
        ("health", "the care desk"),
        ("credential", "account security"),
    ]
    .into_iter()
    .map(|(name, role)| {
        let of_class = |row: &&Row<'a>| row.token.as_ref().is_some_and(|token| token.class == name);
        Class {
            name,
            role,
            fields: rows.iter().filter(of_class).map(|row| row.entry.name.as_str()).collect(),
        }
    })
    .filter(|class| !class.fields.is_empty())
    .collect()
}

/// An answer with a page. Pages show orders, so no cache may keep them.
fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
            (status, no_store, Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
