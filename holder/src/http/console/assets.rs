//! The console's pages, in the binary: there is nothing to install beside it and nothing to build.

use super::super::problem::{self, Problem};
use crate::error::Code;
use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// A file of the console.
struct Asset {
    path: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! assets {
    ($($media_type:ident: $($path:literal)*;)*) => {
        &[$($(Asset {
            path: $path,
            media_type: $media_type,
            bytes: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/console/", $path)),
        },)*)*]
    };
}

/// All of them.
static ASSETS: &[Asset] = assets! {
    HTML: "index.html";
    CSS: "style.css";
    SCRIPT: "api.js" "charts.js" "dom.js" "login.js" "main.js" "router.js" "time.js"
        "views/audit.js" "views/incidents.js" "views/keys.js" "views/overview.js" "views/roles.js"
        "views/subjects.js" "views/verification.js";
};

/// Their names for caches (RFC 9110 section 8.8.3), in the same order.
static ETAGS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let etag = |asset: &Asset| Base64UrlUnpadded::encode_string(&Sha256::digest(asset.bytes));
    ASSETS.iter().map(|asset| format!("\"{}\"", etag(asset))).collect()
});

/// Where the pages are: below `/console/`, for everybody, as there is nothing in them that is not public.
pub(in crate::http) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/console", get(async || Redirect::permanent("/console/")))
        .route("/console/", get(async |headers: HeaderMap| serve("index.html", &headers)))
        .route("/console/{*path}", get(file))
}

async fn file(path: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Result<Response, Problem> {
    let Ok(Path(path)) = path else { return Err(Problem::new(Code::NotFound)) };
    serve(&path, &headers)
}

fn serve(path: &str, request: &HeaderMap) -> Result<Response, Problem> {
    let found = ASSETS.iter().zip(ETAGS.iter()).find(|(asset, _)| asset.path == path);
    let (asset, etag) = found.ok_or(Problem::new(Code::NotFound))?;
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, asset.media_type),
        // Asked about each time, so that after an update no page is made of old and new files.
        (header::CACHE_CONTROL, "no-cache"),
        (header::ETAG, etag),
    ];
    let is_known = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim().trim_start_matches("W/") == etag);
    Ok(match is_known {
        true => (problem::NOT_MODIFIED, headers).into_response(),
        false => (headers, asset.bytes).into_response(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    fn files(dir: &std::path::Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
                continue;
            }
            let root = concat!(env!("CARGO_MANIFEST_DIR"), "/console/");
            found.insert(path.to_str().unwrap().strip_prefix(root).unwrap().to_owned());
        }
    }

    #[test]
    fn every_file_is_served_but_the_type_checkers() {
        let mut found = BTreeSet::new();
        files(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/console")), &mut found);
        found.remove("jsconfig.json");
        assert_eq!(found, ASSETS.iter().map(|asset| asset.path.to_owned()).collect());
    }

    /// What the browser's policy would refuse, found before a browser does.
    #[test]
    fn no_file_makes_markup_of_text_or_code_of_markup() {
        for asset in ASSETS {
            let text = str::from_utf8(asset.bytes).unwrap();
            for word in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "new Function",
                " style=",
                " onclick=",
                "http://",
                "https://",
                "localStorage",
            ] {
                // The name of a drawing's elements is written like an address.
                let text = text.replace("http://www.w3.org/2000/svg", "");
                assert!(!text.contains(word), "{} has {word}", asset.path);
            }
        }
    }

    #[test]
    fn a_file_that_is_known_is_not_sent_again() {
        let first = serve("main.js", &HeaderMap::new()).ok().unwrap();
        let etag = first.headers()[header::ETAG].clone();
        let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, etag)]);
        assert_eq!(serve("main.js", &headers).ok().unwrap().status(), problem::NOT_MODIFIED);
        assert_eq!(serve("style.css", &headers).ok().unwrap().headers()[header::CONTENT_TYPE], CSS);
        assert!(serve("nothing.js", &headers).is_err());
        assert!(serve("../Cargo.toml", &headers).is_err());
    }
}
