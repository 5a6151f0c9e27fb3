//! Templates: text with places to fill in, which an operator may have written. In HTML all that is filled in is
//! escaped.

use super::data::invalid;
use crate::error::Result;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

/// Fills a template in. What a template names must be there: a misspelled name in a notice would be a gap that nobody
/// sees.
///
/// Errors: `incident-data-invalid`.
pub(super) fn fill(name: &str, text: &str, values: &impl Serialize) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    // Kind and place alone: the details could repeat what was filled in.
    let broken = |error: minijinja::Error| match error.line() {
        Some(line) => invalid(name, format_args!("line {line}: {}", error.kind())),
        None => invalid(name, error.kind()),
    };
    let filled = environment.render_named_str(name, text, Serde(values));
    filled.map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use serde_json::json;

    #[test]
    fn html_is_escaped_and_text_is_not() {
        let values = json!({ "x": "<script>'\"&" });
        assert_eq!(fill("a.txt", "{{ x }}", &values).unwrap(), "<script>'\"&");
        let html = fill("a.html", "{{ x }}", &values).unwrap();
        assert!(!html.contains(['<', '>', '\'', '"']), "{html}");
    }

    #[test]
    fn a_broken_template_says_where_and_not_with_what() {
        for text in ["one\n{{ missing }}", "one\n{{ x.y }}", "one\n{% if %}"] {
            let error = fill("a.txt", text, &json!({ "x": "secret" })).unwrap_err();
            assert_eq!(error.code(), Code::IncidentDataInvalid);
            let told = error.to_string();
            assert!(told.contains("a.txt: line 2") && !told.contains("secret"), "{told}");
        }
    }
}
