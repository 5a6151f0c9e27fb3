//! What a page may and may not contain, whatever it is made from.

use axum::Router;

use crate::{
    http::{get, post},
    sealed::{order, seal},
    shop::{FORM, nowhere, shop, shop_with},
};

const SHOP_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' https://keys.example:8471; \
                           form-action 'self'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'";

async fn assert_protected(router: &Router, policy: &str, paths: &[&str]) {
    for path in paths {
        let answer = get(router, path).await;
        assert_eq!(answer.header("content-security-policy"), policy, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    }
}

#[tokio::test]
async fn every_answer_of_the_shop_carries_the_policy() {
    let (shop, _dir) = shop_with(nowhere()).await;
    let paths = [
        "/",
        "/order/NONE",
        "/orders.json",
        "/config.json",
        "/none",
        "/assets/shop.css",
        "/sdk/dist/index.js",
        "/order",
        "/?card_number=refused",
    ];
    assert_protected(&shop, SHOP_POLICY, &paths).await;
}

#[tokio::test]
async fn every_answer_of_the_console_carries_the_policy() {
    let policy = SHOP_POLICY.replace(" https://keys.example:8471", "");
    let console = crate::console::console("http://127.0.0.1:9", "http://127.0.0.1:9");
    let paths = ["/", "/roles.json", "/orders.json", "/none", "/assets/console.js", "/open"];
    assert_protected(&console, &policy, &paths).await;
}

/// The tags of a page, without their brackets.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').filter_map(|part| part.split_once('>')).map(|(tag, _)| tag)
}

/// Whether a tag has an attribute such as `onclick`.
fn has_handler(tag: &str) -> bool {
    tag.split_whitespace().filter_map(|part| part.split_once('=')).any(|(name, _)| name.starts_with("on"))
}

#[tokio::test]
async fn pages_have_no_inline_script_or_style() {
    let (shop, _dir) = shop().await;
    let placed = post(&shop, "/order", FORM, order(&[("ssn", &seal("ssn", "us-ssn", "1"))])).await;
    let console = crate::console::console("http://127.0.0.1:9", "http://127.0.0.1:9");
    for page in [
        get(&shop, "/").await,
        get(&shop, placed.header("location")).await,
        get(&shop, "/none").await,
        get(&console, "/").await,
    ] {
        for tag in tags(page.text()) {
            assert!(!tag.starts_with("style") && !tag.contains(" style=") && !has_handler(tag), "{tag}");
            assert!(!tag.starts_with("script") || tag.contains(" src=\"/"), "{tag}");
        }
    }
}

#[tokio::test]
async fn sealed_controls_have_a_label_and_no_name() {
    let (shop, _dir) = shop().await;
    let page = get(&shop, "/").await;
    let sealed: Vec<_> = tags(page.text()).filter(|tag| tag.contains("data-seal=")).collect();
    assert_eq!(sealed.len(), 15);
    for tag in sealed {
        assert!(!tag.contains(" name="), "{tag}");
        assert!(tag.contains(" data-kind="), "{tag}");
        let id = tag.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
        let id = id.or_else(|| tag.split("id=\"").nth(1)?.split('"').next()).expect("an id");
        // The radio buttons are inside their labels.
        assert!(
            tag.contains("type=\"radio\"") || page.text().contains(&format!("<label for=\"{id}\">")),
            "{tag}"
        );
    }
}

#[tokio::test]
async fn what_a_request_brings_is_escaped() {
    let (shop, _dir) = shop().await;
    let hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";
    // A token of a field that nobody declared is an entry like any other, and shows what its header says.
    let token = seal(hostile, "text", "1");
    let placed = post(&shop, "/order", FORM, order(&[(hostile, hostile), ("x", &token)])).await;
    let page = get(&shop, placed.header("location")).await;
    assert!(page.text().contains("&#60;script&#62;"));
    for tag in tags(page.text()) {
        assert!(!tag.starts_with("img src=x") && !tag.eq("script"), "{tag}");
    }
    assert!(!page.text().contains("<script>") && !page.text().contains("onerror=alert(1)>"));

    let missing = get(&shop, "/order/%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    assert!(missing.status == 404 && !missing.text().contains("<script>"));
}
