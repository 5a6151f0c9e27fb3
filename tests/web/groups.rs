//! Radio buttons, which are a group only by a name; names that the page's author gave; and the guard's own end.

use super::support::{Page, Replaced, sealer};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{EventInit, HtmlElement, HtmlInputElement};

const RADIOS: &str = "<label>A<input type=radio data-seal=blood value=a></label>\
                      <label>B<input type=radio data-seal=blood value=b></label>";

fn click(page: &Page, selector: &str) {
    page.element(selector).unchecked_into::<HtmlElement>().click();
}

fn checked(page: &Page, selector: &str) -> bool {
    page.element(selector).unchecked_into::<HtmlInputElement>().checked()
}

fn names(page: &Page) -> Vec<Option<String>> {
    let controls = page.form.elements();
    let name = |at| controls.item(at).unwrap().get_attribute("name");
    (0..controls.length()).map(name).collect()
}

#[wasm_bindgen_test]
fn one_of_a_group_is_sealed() {
    let page = Page::new(RADIOS, "");
    let _guard = page.guard();
    assert!(page.opened("blood").is_empty());
    click(&page, "[value=a]");
    assert_eq!(page.opened("blood"), ["\"a\""]);
    click(&page, "[value=b]");
    assert!(!checked(&page, "[value=a]"));
    assert_eq!(page.opened("blood"), ["\"b\""]);
}

#[wasm_bindgen_test]
fn two_groups_are_two() {
    let page = Page::new(&format!("{RADIOS}<input type=radio data-seal=other value=c>"), "");
    let _guard = page.guard();
    click(&page, "[value=a]");
    click(&page, "[value=c]");
    assert_eq!((page.opened("blood"), page.opened("other")), (vec!["\"a\"".into()], vec!["\"c\"".into()]));
}

#[wasm_bindgen_test]
fn a_group_has_a_name_while_it_is_guarded() {
    let page = Page::new(&format!("{RADIOS}<input type=radio name=own data-seal=own value=c>"), "");
    let guard = page.guard();
    let name = || Some("fieldseal:blood".to_owned());
    assert_eq!(names(&page), [name(), name(), Some("own".into())]);
    guard.release();
    assert_eq!(names(&page), [None, None, Some("own".into())]);
}

#[wasm_bindgen_test]
fn radio_buttons_that_come_later_join_when_a_person_comes_near() {
    for kind in ["pointerdown", "focusin"] {
        let page = Page::new(RADIOS, "");
        let _guard = page.guard();
        click(&page, "[value=a]");
        page.form
            .insert_adjacent_html(
                "beforeend",
                "<label id=late>C<input type=radio data-seal=blood value=c></label>",
            )
            .unwrap();
        let bubbles = EventInit::new();
        bubbles.set_bubbles(true);
        let event = web_sys::Event::new_with_event_init_dict(kind, &bubbles).unwrap();
        page.element("#late").dispatch_event(&event).unwrap();
        click(&page, "#late");
        assert_eq!(page.opened("blood"), ["\"c\""], "{kind}");
        assert!(!checked(&page, "[value=a]"), "{kind}");
    }
}

#[wasm_bindgen_test]
fn a_required_group_is_still_required() {
    let page = Page::new(
        "<input type=radio data-seal=a value=1 required><input type=radio data-seal=a value=2>",
        "",
    );
    let _guard = page.guard();
    assert!(!page.form.check_validity());
    click(&page, "[value='2']");
    assert!(page.form.check_validity());
    assert_eq!(page.opened("a"), ["\"2\""]);
}

#[wasm_bindgen_test]
fn a_name_of_the_authors_is_warned_of_once() {
    let count = Rc::new(Cell::new(0));
    let warn = {
        let count = Rc::clone(&count);
        Closure::<dyn Fn(JsValue)>::new(move |message: JsValue| {
            assert!(message.as_string().unwrap().starts_with("fieldseal: "));
            count.set(count.get() + 1);
        })
    };
    let page = Page::new(
        "<input name=card data-seal=card value=x><input name=cvc data-seal=cvc value=y><input data-seal=z>",
        "",
    );
    let _guard = page.guard();
    {
        let _warn = Replaced::new("console", "warn", &warn.into_js_value());
        page.entries();
        page.entries();
    }
    assert_eq!(count.get(), 1);
    // It is sealed all the same; the package's own listener takes the clear entry out.
    assert_eq!(super::support::open(page.tokens("cvc").last().unwrap(), "cvc"), "\"y\"");
}

#[wasm_bindgen_test]
fn names_of_the_guards_own_are_not_warned_of() {
    let page = Page::new(RADIOS, "");
    let _guard = page.guard();
    let _warn = Replaced::throwing("console", "warn", "nothing to warn of");
    click(&page, "[value=a]");
    assert_eq!(page.opened("blood"), ["\"a\""]);
}

#[wasm_bindgen_test]
fn a_released_guard_does_nothing_more() {
    let page = Page::new("<input data-seal=a value=x>", "");
    let guard = page.guard();
    assert_eq!(page.entries().len(), 1);
    guard.release();
    assert!(page.entries().is_empty());
    assert!(page.submits());
    assert!(page.reports().is_empty());
    let again = page.guard();
    assert_eq!(page.opened("a"), ["\"x\""]);
    again.release();
}

#[wasm_bindgen_test]
fn a_dropped_handle_leaves_the_guard_in_place() {
    let page = Page::new("<input data-seal=a value=x>", "");
    drop(page.guard());
    assert_eq!(page.opened("a"), ["\"x\""]);
}

#[wasm_bindgen_test]
fn a_guard_outlives_the_sealer_it_was_given() {
    let page = Page::new("<input data-seal=a value=x>", "");
    let sealer = sealer();
    let _guard = page.guard_with(&sealer, "{}").unwrap();
    drop(sealer);
    assert_eq!(page.opened("a"), ["\"x\""]);
}

#[wasm_bindgen_test]
fn a_guard_minds_its_own_form() {
    let (one, two) =
        (Page::new("<input data-seal=a value=x>", ""), Page::new("<input data-seal=a value=y>", ""));
    let _guard = one.guard();
    assert!(two.entries().is_empty());
    assert!(two.submits());
    assert!(one.reports().is_empty());
    assert_eq!(one.opened("a"), ["\"x\""]);
}
