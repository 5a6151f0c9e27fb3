//! Which values each control would submit: WHATWG HTML, "constructing the entry list".

use super::support::{Page, kind_of};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn every_input_that_carries_text_is_sealed() {
    let types = [
        ("text", "plain"),
        ("search", "needle"),
        ("tel", "+44 20 7946 0000"),
        ("url", "https://clinic.example/a?b#c"),
        ("email", "zoë@shop.example"),
        ("password", "correct horse"),
        ("date", "1984-02-29"),
        ("month", "2031-11"),
        ("week", "2031-W07"),
        ("time", "23:59"),
        ("datetime-local", "2031-06-30T12:45"),
        ("number", "-12.50"),
        ("range", "42"),
        ("color", "#7b0042"),
        ("hidden", "session"),
        ("no-such-type", "as text"),
    ];
    for (kind, value) in types {
        let page = Page::new(&format!("<input type={kind} data-seal=entry value=\"{value}\">"), "");
        let _guard = page.guard();
        assert_eq!(page.opened("entry"), [format!("\"{value}\"")], "{kind}");
        assert_eq!(page.entries().len(), 1, "{kind}");
    }
}

#[wasm_bindgen_test]
fn what_is_typed_later_is_what_is_sealed() {
    let page = Page::new("<input data-seal=entry value=first>", "");
    let _guard = page.guard();
    assert_eq!(page.opened("entry"), ["\"first\""]);
    page.set("input", "value", "second \u{1F980} \0 \" \\");
    assert_eq!(page.opened("entry"), ["\"second \u{1F980} \\u0000 \\\" \\\\\""]);
    page.form.reset();
    assert_eq!(page.opened("entry"), ["\"first\""]);
}

#[wasm_bindgen_test]
fn an_empty_control_is_sealed_like_a_full_one() {
    let page = Page::new("<input data-seal=a data-kind=card-number><textarea data-seal=b></textarea>", "");
    let _guard = page.guard();
    assert_eq!((page.opened("a"), page.opened("b")), (vec!["\"\"".into()], vec!["\"\"".into()]));
    let empty = page.tokens("a")[0].len();
    page.set("input", "value", "4242 4242 4242 4242");
    assert_eq!(page.tokens("a")[0].len(), empty);
}

#[wasm_bindgen_test]
fn a_text_area_keeps_its_lines() {
    let page = Page::new("<textarea data-seal=note data-kind=health-note></textarea>", "");
    let _guard = page.guard();
    page.set("textarea", "value", "first\r\nsecond\n\tthird");
    // The control's own value has line feeds only; the browser would add returns as it submits.
    assert_eq!(page.opened("note"), ["\"first\\nsecond\\n\\tthird\""]);
    assert_eq!(kind_of(&page.tokens("note")[0]).as_str(), "health-note");
}

#[wasm_bindgen_test]
fn a_select_gives_each_chosen_option() {
    let options = "<option value=a selected>A<option selected>B <option value=c>C<option value=d selected disabled>D\
                   <optgroup disabled><option value=e selected></optgroup>";
    let page = Page::new(&format!("<select multiple data-seal=many data-kind=choice>{options}</select>"), "");
    let _guard = page.guard();
    assert_eq!(page.opened("many"), ["\"a\"", "\"B\""]);
    page.set("option[value=a]", "selected", false);
    page.set("option[value=c]", "selected", true);
    assert_eq!(page.opened("many"), ["\"B\"", "\"c\""]);

    let single = "<select data-seal=one><option disabled selected>choose<option value=x>X</select>";
    let page = Page::new(single, "");
    let _guard = page.guard();
    assert!(page.opened("one").is_empty());
    page.set("select", "value", "x");
    assert_eq!(page.opened("one"), ["\"x\""]);
}

#[wasm_bindgen_test]
fn a_checkbox_is_sealed_when_it_is_checked() {
    let page =
        Page::new("<input type=checkbox data-seal=a checked><input type=checkbox data-seal=b value=yes>", "");
    let _guard = page.guard();
    assert_eq!(page.opened("a"), ["\"on\""]);
    assert!(page.opened("b").is_empty());
    page.set("[data-seal=b]", "checked", true);
    assert_eq!(page.opened("b"), ["\"yes\""]);
}

#[wasm_bindgen_test]
fn a_checkbox_of_the_kind_boolean_is_always_sealed() {
    let page = Page::new("<input type=checkbox data-seal=smokes data-kind=boolean>", "");
    let _guard = page.guard();
    assert_eq!(page.opened("smokes"), ["false"]);
    let unchecked = page.tokens("smokes")[0].len();
    page.set("input", "checked", true);
    assert_eq!(page.opened("smokes"), ["true"]);
    assert_eq!(page.tokens("smokes")[0].len(), unchecked);
    page.set("input", "disabled", true);
    assert!(page.opened("smokes").is_empty());
}

#[wasm_bindgen_test]
fn what_a_browser_leaves_out_is_left_out() {
    let inside = "<input data-seal=disabled value=x disabled>\
                  <fieldset disabled><legend><input data-seal=legend value=x></legend>\
                  <input data-seal=fieldset value=x></fieldset>\
                  <datalist><input data-seal=datalist value=x></datalist>\
                  <input data-seal=readonly value=x readonly>";
    let page = Page::new(inside, "<input data-seal=stranger value=x>");
    let _guard = page.guard();
    let names: Vec<_> = page.entries().into_iter().map(|(name, _)| name).collect();
    // The first legend of a disabled fieldset stays enabled, and what is read-only is submitted.
    assert_eq!(names, ["legend", "readonly"]);
    page.set("fieldset", "disabled", false);
    assert_eq!(page.opened("fieldset"), ["\"x\""]);
}

#[wasm_bindgen_test]
fn controls_outside_of_the_form_can_belong_to_it() {
    let outside = "<input form=FORM data-seal=outside value=x>\
                   <input form=FORM-other data-seal=other value=x><form id=FORM-other></form>";
    let page = Page::new("<input form=FORM-other data-seal=lent value=x>", outside);
    let _guard = page.guard();
    let names: Vec<_> = page.entries().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["outside"]);
    assert_eq!(page.opened("outside"), ["\"x\""]);
}

#[wasm_bindgen_test]
fn controls_may_come_and_go_while_the_form_is_guarded() {
    let page = Page::new("<input data-seal=line value=one>", "");
    let _guard = page.guard();
    page.form.insert_adjacent_html("beforeend", "<p><input data-seal=line value=two></p>").unwrap();
    assert_eq!(page.opened("line"), ["\"one\"", "\"two\""]);
    page.element("input").remove();
    assert_eq!(page.opened("line"), ["\"two\""]);
    page.element("input").remove_attribute("data-seal").unwrap();
    assert!(page.entries().is_empty());
}

#[wasm_bindgen_test]
fn ordinary_entries_keep_their_place_and_their_value() {
    let page = Page::new(
        "<input name=first value=1><input data-seal=card value=x><input name=last value=2>",
        "<input form=FORM name=outside value=3>",
    );
    let _guard = page.guard();
    let entries = page.entries();
    let names: Vec<_> = entries.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["first", "last", "outside", "card"]);
    assert_eq!(entries[0].1, "1");
}

#[wasm_bindgen_test]
fn every_submission_has_tokens_of_its_own() {
    let page = Page::new("<input data-seal=a value=same><input data-seal=a value=same>", "");
    let _guard = page.guard();
    let mut tokens: Vec<_> = (0..3).flat_map(|_| page.tokens("a")).collect();
    assert_eq!(tokens.len(), 6);
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!(tokens.len(), 6);
}

#[wasm_bindgen_test]
fn the_kind_is_text_if_none_is_given() {
    let page = Page::new("<input data-seal=a><input data-seal=b data-kind=card-cvc>", "");
    let _guard = page.guard();
    assert_eq!(kind_of(&page.tokens("a")[0]).as_str(), "text");
    assert_eq!(kind_of(&page.tokens("b")[0]).as_str(), "card-cvc");
}
