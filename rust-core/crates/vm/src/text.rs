//! What short texts look like. Everything that came from outside passes one of these before it goes anywhere.

use crate::url::split_url;

/// A set of texts: how long, of which characters.
#[derive(Debug, Clone, Copy)]
pub struct Class {
    kind: Kind,
    min: usize,
    /// In bytes.
    max: usize,
    ascii: u128,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// ASCII of the set.
    Ascii,
    /// ASCII of the set, and everything beyond ASCII that is no control.
    Unicode,
    Uuid,
    /// An address that a customer may be sent to.
    HttpsUrl,
    /// Only as long as it may be.
    Any,
}

impl Class {
    #[must_use]
    pub(crate) fn new(kind: u8, min: u16, max: u16, ascii: u128) -> Option<Self> {
        let kind = match kind {
            0 => Kind::Ascii,
            1 => Kind::Unicode,
            2 => Kind::Uuid,
            3 => Kind::HttpsUrl,
            4 => Kind::Any,
            _ => return None,
        };
        Some(Self { kind, min: usize::from(min), max: usize::from(max), ascii })
    }

    #[must_use]
    pub fn has(&self, text: &str) -> bool {
        (self.min..=self.max).contains(&text.len())
            && match self.kind {
                Kind::Ascii => text.bytes().all(|byte| byte < 128 && self.ascii >> byte & 1 == 1),
                Kind::Unicode => text.chars().all(|character| match u8::try_from(u32::from(character)) {
                    Ok(byte) if byte < 128 => self.ascii >> byte & 1 == 1,
                    _ => !character.is_control(),
                }),
                Kind::Uuid => is_uuid(text),
                Kind::HttpsUrl => text.starts_with("https://") && split_url(text).is_some(),
                Kind::Any => true,
            }
    }
}

#[must_use]
pub fn visible_ascii(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The 8-4-4-4-12 form of a UUID, of any version: other systems may share the gateway account.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
