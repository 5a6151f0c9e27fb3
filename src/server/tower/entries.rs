//! What a request says, as names and values: its query, and a body of one of the types that pages send.
//!
//! The service behind reads the same bytes again with a reader of its own. So everything is given to the
//! guard, repeated names too, and what could be read in two ways is refused.

use super::RequestBody;
use super::json;
use super::problem::Fault;
use crate::prelude::*;
use alloc::borrow::Cow;
use bytes::Bytes;
use http::{HeaderMap, Uri, header};
use http_body::Body;
use http_body_util::{BodyDataStream, BodyExt, Either, Full, LengthLimitError, Limited};

/// Names and values, in their order.
pub(super) struct Entries<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// The types of bodies that are read.
enum Form {
    Urlencoded,
    Multipart(String),
    Json,
    /// What `fetch` and beacons send of a string, and forms with `enctype="text/plain"`.
    Plain,
}

impl<'a> Entries<'a> {
    /// The entries of the query, whatever the method: it is in more logs than any body.
    pub(super) fn of_query(uri: &'a Uri) -> Self {
        Self(form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// Adds the entries of the body and gives the body back. One of another type is not touched.
    pub(super) async fn add_body<B>(
        &mut self,
        headers: &HeaderMap,
        body: B,
        limit: usize,
    ) -> Result<RequestBody<B>, Fault>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn core::error::Error + Send + Sync>>,
    {
        let Some(form) = Form::of(headers)? else { return Ok(Either::Right(body)) };
        let plain = |coding: &header::HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
        if !headers.get_all(header::CONTENT_ENCODING).iter().all(plain) {
            return Err(Fault::Encoded);
        }
        let body = Limited::new(body, limit).collect().await.map_err(|error| {
            match error.downcast_ref::<LengthLimitError>() {
                Some(_) => Fault::TooLarge,
                None => Fault::Unreadable,
            }
        })?;
        // Trailers are left behind: they are no part of a form, and nobody looked at them.
        let bytes = body.to_bytes();
        if !bytes.is_empty() {
            match form {
                Form::Urlencoded => self.add_urlencoded(&bytes),
                Form::Multipart(boundary) => self.add_multipart(bytes.clone(), boundary).await?,
                Form::Json => self.add_json(&bytes)?,
                Form::Plain => self.add_plain(&bytes),
            }
        }
        Ok(Either::Left(Full::new(bytes)))
    }

    fn add_urlencoded(&mut self, bytes: &[u8]) {
        let pairs = form_urlencoded::parse(bytes);
        self.0.extend(pairs.map(|(name, value)| (name.into_owned().into(), value.into_owned().into())));
    }

    /// A file is given with its name alone: nobody declares a field whose token comes as a file, and what is
    /// in other files is not the guard's business.
    async fn add_multipart(&mut self, bytes: Bytes, boundary: String) -> Result<(), Fault> {
        let mut form = multer::Multipart::new(BodyDataStream::new(Full::new(bytes)), boundary);
        while let Some(part) = form.next_field().await.map_err(|_| Fault::Malformed)? {
            let name = part.name().unwrap_or_default().to_owned();
            let is_file = part.file_name().is_some();
            let value = part.bytes().await.map_err(|_| Fault::Malformed)?;
            let value = if is_file { Cow::default() } else { String::from_utf8_lossy(&value) };
            self.0.push((name.into(), value.into_owned().into()));
        }
        Ok(())
    }

    /// A plain text as everything that a service could take it for: JSON, lines of `name=value`, and just a
    /// text.
    fn add_plain(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        if self.add_json(bytes).is_err() {
            let pairs = text.lines().filter_map(|line| line.split_once('='));
            self.0.extend(pairs.map(|(name, value)| (name.to_owned().into(), value.to_owned().into())));
        }
        self.0.push((Cow::default(), text.into()));
    }

    fn add_json(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let mut add = |name: &str, value: Cow<'_, str>| {
            self.0.push((name.to_owned().into(), value.into_owned().into()));
        };
        json::read(bytes, &mut add).map_err(|_| Fault::Malformed)
    }
}

impl Form {
    /// The type that the headers name; `None` for one that is not read.
    fn of(headers: &HeaderMap) -> Result<Option<Self>, Fault> {
        let mut types = headers.get_all(header::CONTENT_TYPE).iter();
        let Some(text) = types.next() else { return Ok(Some(Self::Plain)) };
        // The service might go by the other one.
        if types.next().is_some() {
            return Err(Fault::Malformed);
        }
        let text = text.to_str().map_err(|_| Fault::Malformed)?;
        if text.contains(',') {
            return Err(Fault::Malformed);
        }
        let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Ok(match essence.as_str() {
            "application/x-www-form-urlencoded" => Some(Self::Urlencoded),
            "multipart/form-data" => {
                Some(Self::Multipart(multer::parse_boundary(text).map_err(|_| Fault::Malformed)?))
            }
            "application/json" | "text/json" => Some(Self::Json),
            "text/plain" | "" => Some(Self::Plain),
            essence if essence.starts_with("application/") && essence.ends_with("+json") => Some(Self::Json),
            _ => None,
        })
    }
}
