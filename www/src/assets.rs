//! The files that the pages use, built into the program so that it runs from any directory.

use axum::{Router, http::header, routing::get};

/// A path, its media type and its bytes.
pub(crate) type Asset = (&'static str, &'static str, &'static [u8]);

macro_rules! asset {
    ($file:literal, $media_type:literal) => {
        (concat!("/assets/", $file), $media_type, include_bytes!(concat!("../pages/", $file)))
    };
}

/// The style and the fonts that both sites share.
const SHARED: &[Asset] = &[
    asset!("base.css", "text/css; charset=utf-8"),
    asset!("fonts/figtree.woff2", "font/woff2"),
    asset!("fonts/fraunces.woff2", "font/woff2"),
];

/// The files of the shop.
pub(crate) const SHOP: &[Asset] = &[
    asset!("shop.css", "text/css; charset=utf-8"),
    asset!("checkout.css", "text/css; charset=utf-8"),
    asset!("thanks.css", "text/css; charset=utf-8"),
    asset!("shop.svg", "image/svg+xml"),
    asset!("seal.svg", "image/svg+xml"),
    asset!("press.svg", "image/svg+xml"),
    asset!("paper.svg", "image/svg+xml"),
    asset!("ink.svg", "image/svg+xml"),
    asset!("cards/visa.svg", "image/svg+xml"),
    asset!("cards/mastercard.svg", "image/svg+xml"),
    asset!("cards/amex.svg", "image/svg+xml"),
    asset!("checkout.js", "text/javascript; charset=utf-8"),
];

/// The files of the console.
pub(crate) const CONSOLE: &[Asset] = &[
    asset!("console.css", "text/css; charset=utf-8"),
    asset!("order.css", "text/css; charset=utf-8"),
    asset!("console.svg", "image/svg+xml"),
    asset!("lock.svg", "image/svg+xml"),
    asset!("console.js", "text/javascript; charset=utf-8"),
];

/// Routes for a site's own files and the shared ones.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(own: &'static [Asset]) -> Router<S> {
    SHARED.iter().chain(own).fold(Router::new(), |router, &(path, media_type, bytes)| {
        let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-cache")];
        router.route(path, get(async move || (headers, bytes)))
    })
}
