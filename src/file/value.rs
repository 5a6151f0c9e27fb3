//! What the token of a file holds: the file's key, and what the file is called. A name is the person's, so it is sealed
//! with the key and not written into a header.

use super::KEY_LEN;
use crate::json::{Json, Object, push_name, push_string};
use crate::prelude::*;
use crate::{Code, Error, Result, base64url};
use zeroize::Zeroizing;

/// The longest name and the longest media type, in bytes.
const MAX_LEN: usize = 1024;

/// What a file is called. Whoever sealed it chose these words: a name is no path to write to, and a type no proof of
/// what is inside.
#[derive(Default)]
pub struct About {
    /// Its name: 1 to 1024 bytes.
    pub name: Option<Text>,
    /// Its media type, such as `application/pdf`: 1 to 1024 bytes.
    pub media_type: Option<Text>,
}

impl About {
    fn members(&self) -> [(&'static str, Option<&Text>); 2] {
        [("name", self.name.as_ref()), ("type", self.media_type.as_ref())]
    }

    /// The JSON text of the token's value.
    ///
    /// Errors: `option-invalid`.
    pub(super) fn value(&self, key: &[u8; KEY_LEN]) -> Result<Text> {
        let texts = self.members().into_iter().filter_map(|(_, text)| text);
        if !texts.clone().all(|text| is_text(text)) {
            return Err(Error::new(Code::OptionInvalid));
        }
        // Escapes make a text six times as long at most, and the buffer never moves.
        let mut out = Text::with_capacity(128 + texts.map(|text| 6 * text.len()).sum::<usize>());
        let key = base64url::encode_secret(key);
        out.push_str("{\"file\":{");
        for (name, text) in [("key", Some(&key))].into_iter().chain(self.members()) {
            if let Some(text) = text {
                push_name(&mut out, name);
                push_string(&mut out, text);
            }
        }
        out.push_str("}}");
        Ok(out)
    }

    /// Reads the token's value: an object with a member `file`, of which `key` must be there and nothing else may be.
    ///
    /// Errors: `file-malformed`.
    pub(super) fn parse(value: &str) -> Result<(Self, Zeroizing<[u8; KEY_LEN]>)> {
        let malformed = Error::new(Code::FileMalformed);
        let mut outer = Members::parse(value).ok_or(malformed)?;
        let mut file =
            outer.take("file").and_then(Members::of).filter(|_| outer.is_empty()).ok_or(malformed)?;
        let mut text = |name| match file.take(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(Text::new(text))),
            Some(_) => Err(malformed),
        };
        let (key, name, media_type) = (text("key")?, text("name")?, text("type")?);
        let about = Self { name, media_type };
        let texts_fit = about.members().into_iter().all(|(_, text)| text.is_none_or(|text| is_text(text)));
        let key = key.and_then(|key| base64url::decode_secret(&key));
        let key = key.filter(|key| key.len() == KEY_LEN && texts_fit && file.is_empty()).ok_or(malformed)?;
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        bytes.copy_from_slice(&key);
        Ok((about, bytes))
    }
}

fn is_text(text: &str) -> bool {
    (1..=MAX_LEN).contains(&text.len())
}

/// Members that are being read. Their texts are wiped when they are dropped.
struct Members(Object);

impl Members {
    fn parse(json: &str) -> Option<Self> {
        Self::of(Json::parse(json.as_bytes(), Code::FileMalformed, Code::FileMalformed).ok()?)
    }

    fn of(json: Json) -> Option<Self> {
        json.into_object().map(Self)
    }

    fn take(&mut self, name: &str) -> Option<Json> {
        self.0.take(name)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        Json::Object(core::mem::take(&mut self.0)).wipe();
    }
}
