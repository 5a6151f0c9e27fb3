//! What cannot be sealed: a submission is stopped, an entry list stays without tokens, and the page is told why.

use super::support::{Page, Replaced, code_of, sealer, sealer_until};
use fieldseal::NumericDate;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlElement;

/// Words that no code, field or event may contain.
const SECRET: &str = "canary-4242";

fn one(code: &str, field: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), field.to_owned())]
}

/// A form that cannot be sealed because of `html`: whatever submits it, nothing is sealed and the page is told.
fn assert_blocked(page: &Page, code: &str, field: &str) {
    assert!(!page.submits(), "{code}: the page's own code saw the submission");
    assert_eq!(page.events(), one(code, field));
    assert_eq!(page.reports(), [Some(code.to_owned())]);
    let names: Vec<_> = page.entries().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["plain"], "{code}");
    assert_eq!(page.events(), one(code, field));
}

fn form_with(html: &str) -> Page {
    Page::new(
        &format!(
            "<input name=plain value=x><input data-seal=good value={SECRET}>{html}<button>send</button>"
        ),
        "",
    )
}

#[wasm_bindgen_test]
fn each_mistake_in_a_form_has_a_code_and_a_field() {
    let long = "x".repeat(257);
    let cases = [
        ("<input data-seal=bad data-kind=nonsense>".to_owned(), "kind-unknown", "bad"),
        ("<input data-seal=bad data-kind=payment-form>".into(), "kind-unknown", "bad"),
        ("<input data-seal=bad data-kind=''>".into(), "kind-unknown", "bad"),
        ("<input data-seal='' value=x>".into(), "field-invalid", ""),
        (format!("<input data-seal={long}>"), "field-invalid", &long),
        ("<input type=file data-seal=bad>".into(), "control-unsupported", "bad"),
        ("<input type=submit data-seal=bad>".into(), "control-unsupported", "bad"),
        ("<button type=button data-seal=bad>x</button>".into(), "control-unsupported", "bad"),
        ("<output data-seal=bad>x</output>".into(), "control-unsupported", "bad"),
        ("<fieldset data-seal=bad></fieldset>".into(), "control-unsupported", "bad"),
    ];
    for (html, code, field) in cases {
        let page = form_with(&html);
        let _guard = page.guard();
        assert_blocked(&page, code, field);
    }
}

#[wasm_bindgen_test]
fn half_a_surrogate_pair_is_not_quietly_changed() {
    let page = form_with("<textarea data-seal=bad></textarea>");
    let _guard = page.guard();
    page.set("textarea", "value", js_sys::JsString::from_char_code(&[0x61, 0xd83e]));
    assert_blocked(&page, "value-lone-surrogate", "bad");
}

#[wasm_bindgen_test]
fn a_value_over_the_limit_is_refused() {
    let page = form_with("<textarea data-seal=bad></textarea>");
    let _guard = page.guard();
    page.set("textarea", "value", "x".repeat(fieldseal::MAX_VALUE_LEN - 2));
    assert!(page.submits());
    page.reports();
    page.set("textarea", "value", "x".repeat(fieldseal::MAX_VALUE_LEN - 1));
    assert_blocked(&page, "value-too-long", "bad");
}

#[wasm_bindgen_test]
fn expired_keys_block() {
    let page = form_with("");
    let _guard = page.guard_with(&sealer_until(Some(NumericDate(1))), "{}").unwrap();
    assert_blocked(&page, "key-expired", "good");
}

#[wasm_bindgen_test]
fn keys_that_expire_while_the_page_is_open_block() {
    let page = form_with("");
    let soon = NumericDate((js_sys::Date::now() / 1000.0) as u64 + 3600);
    let sealer = sealer_until(Some(soon));
    assert!(sealer.prepare("text"));
    let _guard = page.guard_with(&sealer, "{}").unwrap();
    assert!(page.submits());
    page.reports();
    let late = js_sys::Function::new_no_args(&format!("return {}", (soon.0 + 1) * 1000));
    let _clock = Replaced::new("Date", "now", &late);
    // What was prepared for the key while it was good is of no use any more.
    assert_blocked(&page, "key-expired", "good");
}

#[wasm_bindgen_test]
fn no_randomness_blocks() {
    let page = form_with("");
    let _guard = page.guard();
    let broken = Replaced::throwing("crypto", "getRandomValues", SECRET);
    assert!(!page.submits());
    assert_eq!(page.events(), one("randomness-unavailable", ""));
    assert_eq!(page.entries().len(), 1);
    assert_eq!(page.events(), one("randomness-unavailable", "good"));
    drop(broken);
    assert!(page.submits());
    assert_eq!(page.opened("good"), [format!("\"{SECRET}\"")]);
}

#[wasm_bindgen_test]
fn one_failure_leaves_every_token_out() {
    let page = form_with("<input data-seal=late data-kind=nonsense>");
    let _guard = page.guard();
    assert!(page.tokens("good").is_empty());
    page.element("[data-seal=late]").set_attribute("data-kind", "email").unwrap();
    assert_eq!((page.tokens("good").len(), page.tokens("late").len()), (1, 1));
}

#[wasm_bindgen_test]
fn a_disabled_mistake_blocks_too() {
    // Whether it is enabled may change between now and the submission, so the mistake must show.
    let page = form_with("<input data-seal=bad data-kind=nonsense disabled>");
    let _guard = page.guard();
    assert!(!page.submits());
}

#[wasm_bindgen_test]
fn a_good_submission_is_reported_as_such() {
    let page = form_with("");
    let _guard = page.guard();
    assert!(page.submits());
    assert_eq!(page.reports(), [None]);
    assert!(page.events().is_empty());
    page.element("button").unchecked_into::<HtmlElement>().click();
    assert_eq!(page.reports(), [None]);
}

#[wasm_bindgen_test]
fn a_mistake_in_the_options_is_an_error_at_once() {
    let page = form_with("");
    let sealer = sealer();
    for options in [
        "",
        "[]",
        "{\"lifetme\":60}",
        "{\"lifetime\":-1}",
        "{\"lifetime\":\"60\"}",
        "{\"sub\":7}",
        "{\"consent\":[]}",
        "{\"fields\":[]}",
        "{\"fields\":{\"a\":1}}",
        "{\"fields\":{\"a\":{\"onse\":true}}}",
        "{\"fields\":{\"a\":{\"field\":\"b\"}}}",
        "{\"fields\":{\"a\":{\"exp\":1795000000000}}}",
        "{\"fields\":{\"a\":{\"exp\":1}}}",
        "{\"sub\":\"\"}",
        "{\"lifetime\":0}",
        "{\"consent\":{\"a\":null}}",
    ] {
        let error = page.guard_with(&sealer, options).err().unwrap();
        assert_eq!(code_of(&error), "option-invalid", "{options}");
    }
    assert_eq!(page.entries().len(), 1, "no guard was put up");
    assert!(page.submits());
}

#[wasm_bindgen_test]
fn what_the_callback_throws_changes_nothing() {
    let page = form_with("<input data-seal=bad data-kind=nonsense>");
    let throwing = js_sys::Function::new_no_args("throw new Error('the page')");
    let _guard = fieldseal::wasm::guard_form(page.form.clone(), &sealer(), "{}", throwing).unwrap();
    assert!(!page.submits());
    assert_eq!(page.events(), one("kind-unknown", "bad"));
}
