//! The guard of the shop: what did not come sealed is in nothing that the shop has.

use std::{path::Path, process::Stdio, time::Duration};

use axum::http::Method;
use ed25519_dalek::SigningKey;
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::Command,
};
use url::form_urlencoded;

use crate::{
    http::{Answer, get, post},
    sealed::{order, publish, publish_keys, signed_by, signer, token},
    shop::{FORM, nowhere, shop, shop_with},
};

const CARD: &str = "4929 1234 5678 9015";
const SSN: &str = "123-45-6789";

/// Each file below a directory holds none of these texts, in the spellings that a request gives them.
fn assert_free_of(dir: &Path, texts: &[&str]) {
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            assert_free_of(&path, texts);
        } else {
            let bytes = std::fs::read(&path).expect("a file");
            for text in texts {
                assert!(!holds(&bytes, text), "{} holds {text}", path.display());
            }
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    let bare: String = text.chars().filter(char::is_ascii_digit).collect();
    let escaped: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    [text, &bare, &escaped]
        .iter()
        .any(|text| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

/// The code and the field of a refusal.
fn refusal(answer: &Answer) -> (u16, String, Option<String>) {
    let (status, code) = answer.problem();
    (status, code, answer.json()["field"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn what_comes_in_clear_is_refused_and_kept_nowhere() {
    let (shop, dir) = shop().await;
    let escaped = CARD.replace(' ', "+");
    let in_clear = |field: &str| (400, "field-in-clear".to_owned(), Some(field.to_owned()));
    let found = (400, "data-in-clear".to_owned(), None);
    for (case, path, media_type, body, expected) in [
        ("a card", "/order", FORM, order(&[("card_number", CARD)]), in_clear("card_number")),
        ("an optional field", "/order", FORM, order(&[("ssn", SSN)]), in_clear("ssn")),
        ("without the rest", "/order", FORM, format!("card_number={escaped}"), in_clear("card_number")),
        ("in the wrong control", "/order", FORM, order(&[("plan", CARD)]), found.clone()),
        ("in a field that nobody knows", "/order", FORM, order(&[("comment", SSN)]), found.clone()),
        ("in the query", &format!("/order?card_number={escaped}"), FORM, order(&[]), in_clear("card_number")),
        (
            "as JSON",
            "/order",
            "application/json",
            json!({ "pay": { "card_number": CARD } }).to_string(),
            in_clear("card_number"),
        ),
        ("elsewhere", "/none", FORM, format!("card_number={escaped}"), in_clear("card_number")),
        (
            "malformed",
            "/order",
            "application/json",
            format!("{{\"a\":\"{CARD}"),
            (400, "request-malformed".to_owned(), None),
        ),
    ] {
        assert_eq!(refusal(&post(&shop, path, media_type, body).await), expected, "{case}");
    }
    let answer = get(&shop, &format!("/?card_number={escaped}")).await;
    assert_eq!(refusal(&answer), in_clear("card_number"));
    assert_eq!(get(&shop, "/orders.json").await.json(), json!({ "orders": [] }));
    assert_free_of(dir.path(), &[CARD, SSN]);
    // And what comes sealed is an order.
    assert_eq!(post(&shop, "/order", FORM, order(&[("plan", "12")])).await.status, 303);
}

#[tokio::test]
async fn an_order_must_be_whole_and_for_this_shop() {
    let (shop, _dir) = shop().await;
    let refused = async |body: String| refusal(&post(&shop, "/order", FORM, body).await);
    let missing = (400, "field-missing".to_owned(), Some("full_name".to_owned()));
    assert_eq!(refused("plan=12".into()).await, missing);
    let swapped = order(&[("phone", &token("card_number", "card-number"))]);
    assert_eq!(refused(swapped).await, (400, "token-wrong-field".to_owned(), Some("phone".to_owned())));
    let as_text = order(&[("phone", &token("phone", "text"))]);
    assert_eq!(refused(as_text).await, (400, "token-wrong-kind".to_owned(), Some("phone".to_owned())));
}

#[tokio::test]
async fn without_keys_the_shop_takes_no_order() {
    let forged = publish(signed_by(&SigningKey::from_bytes(&[8; 32]))).await;
    for keys in [nowhere(), forged, publish("{\"keys\":[]}".into()).await] {
        let (shop, dir) = shop_with(keys).await;
        let answer = post(&shop, "/order", FORM, order(&[])).await;
        assert_eq!(answer.problem(), (503, "keys-unavailable".to_owned()));
        assert_eq!(get(&shop, "/").await.status, 200);
        // What must not come in clear may not come now either.
        let clear = post(&shop, "/order", FORM, order(&[("card_number", CARD)])).await;
        assert_eq!(clear.problem(), (400, "field-in-clear".to_owned()));
        assert_free_of(dir.path(), &[CARD]);
    }
}

#[tokio::test]
async fn a_key_holder_that_comes_later_is_found() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let keys = format!("http://{address}/").parse().expect("a URL");
    let (shop, _dir) = shop_with(keys).await;
    let status = async || post(&shop, "/order", FORM, order(&[])).await.status.as_u16();
    assert_eq!(status().await, 503);

    let jws = reqwest::get(publish_keys().await).await.expect("an answer").text().await.expect("a text");
    let router = axum::Router::new().route("/", axum::routing::get(async move || jws));
    let listener = tokio::net::TcpListener::bind(address).await.expect("the port");
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut last = 503;
    for _ in 0..100 {
        last = status().await;
        if last == 303 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(last, 303);
}

/// The program itself: its files and everything that it says.
#[tokio::test]
async fn the_program_says_nothing_of_what_it_refuses() {
    let dir = TempDir::new().expect("a directory");
    let file = dir.path().join("signer.json");
    std::fs::write(&file, signer().to_string()).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_fieldseal-demo"));
    command.args(["shop", "--listen", "127.0.0.1:0", "--data"]).arg(dir.path().join("data"));
    command.arg("--sdk").arg(dir.path()).arg("--signer").arg(&file);
    command.args(["--keys", publish_keys().await.as_str(), "--origin", crate::sealed::ORIGIN]);
    command.env("RUST_LOG", "trace").stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut program = command.spawn().expect("a process");
    let mut output = BufReader::new(program.stdout.take().expect("an output"));
    let mut said = String::new();
    output.read_line(&mut said).await.expect("a line");
    let url = said.trim_end().strip_prefix("listening on ").expect("an address").to_owned();

    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let send = async |method: Method, path: String, body: String| {
        let request = client.request(method, format!("{url}{path}")).header("content-type", FORM).body(body);
        request.send().await.expect("an answer").status().as_u16()
    };
    let query = format!("/?card_number={}", CARD.replace(' ', "%20"));
    assert_eq!(send(Method::POST, "/order".into(), order(&[("card_number", CARD)])).await, 400);
    assert_eq!(send(Method::POST, "/order".into(), order(&[("comment", CARD)])).await, 400);
    assert_eq!(send(Method::GET, query, String::new()).await, 400);
    assert_eq!(send(Method::POST, "/order".into(), order(&[("plan", "12")])).await, 303);

    let pid = rustix::process::Pid::from_raw(program.id().expect("an id").try_into().expect("an id"));
    rustix::process::kill_process(pid.expect("an id"), rustix::process::Signal::TERM).expect("a signal");
    assert!(program.wait().await.expect("an end").success());
    let mut bytes = said.into_bytes();
    output.read_to_end(&mut bytes).await.expect("the rest");
    program.stderr.take().expect("an output").read_to_end(&mut bytes).await.expect("the errors");
    assert!(!holds(&bytes, CARD));
    assert_free_of(&dir.path().join("data"), &[CARD]);
    let log = std::fs::read(dir.path().join("data/requests.log")).expect("a log");
    let noted = b"POST /order refused: field-in-clear";
    assert!(log.windows(noted.len()).any(|window| window == noted));
}
