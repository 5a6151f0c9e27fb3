//! What JavaScript catches: the form in which every surface throws an error of the core.

use crate::Error;
use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// The JavaScript form of an error: `name`, `code`, `message`, and `member` where there is one.
impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let js = js_sys::Error::new(error.message());
        js.set_name("FieldsealError");
        // Setting a property of an object just made cannot fail.
        let _ = Reflect::set(&js, &"code".into(), &error.code().into());
        if let Some(member) = error.member() {
            let _ = Reflect::set(&js, &"member".into(), &member.into());
        }
        js.into()
    }
}
