//! The text of a program as V8 reads it: outside of every heap, one copy for all isolates.

use std::sync::Arc;

use deno_core::v8;

use crate::memory::Memory;

/// A text that any number of isolates read at the same time. Cheap to clone.
#[derive(Clone)]
pub(crate) enum SharedText {
    /// Latin-1.
    OneByte(Arc<[u8]>),
    /// UTF-16, for a text with characters beyond.
    TwoByte(Arc<[u16]>),
}

impl SharedText {
    pub(crate) fn new(text: &Arc<str>) -> Self {
        if text.is_ascii() {
            // The same bytes in either form: nothing is copied.
            return Self::OneByte(Arc::from(Arc::clone(text)));
        }
        let one_byte: Result<Vec<u8>, _> = text.chars().map(|char| u8::try_from(u32::from(char))).collect();
        match one_byte {
            Ok(bytes) => Self::OneByte(bytes.into()),
            Err(_) => Self::TwoByte(text.encode_utf16().collect()),
        }
    }

    /// How many bytes V8 takes it for: one for each of its units, also where they have two.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::OneByte(bytes) => bytes.len(),
            Self::TwoByte(units) => units.len(),
        }
    }

    /// Whether it is the same copy of the same text.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OneByte(one), Self::OneByte(other)) => Arc::ptr_eq(one, other),
            (Self::TwoByte(one), Self::TwoByte(other)) => Arc::ptr_eq(one, other),
            (Self::OneByte(_), Self::TwoByte(_)) | (Self::TwoByte(_), Self::OneByte(_)) => false,
        }
    }

    /// The text as a string of the isolate, which does not copy it. V8 refuses only strings that are longer
    /// than any of our limits allows. `memory` is the account of the isolate.
    pub(crate) fn as_string<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        memory: &Memory,
    ) -> Option<v8::Local<'s, v8::String>> {
        memory.keep_text(self.clone());
        match self {
            Self::OneByte(bytes) => {
                // SAFETY: V8 only reads the bytes, and an `Arc` never moves what it holds. The account
                // of the isolate has become one of its owners for good, and outlives the isolate, whose
                // allocator owns it.
                let bytes: &'static [u8] = unsafe { &*Arc::as_ptr(bytes) };
                v8::String::new_external_onebyte_static(scope, bytes)
            }
            Self::TwoByte(units) => {
                // SAFETY: as above.
                let units: &'static [u16] = unsafe { &*Arc::as_ptr(units) };
                v8::String::new_external_twobyte_static(scope, units)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ascii_text_is_shared_and_others_are_kept_as_narrow_as_they_fit() {
        let text: Arc<str> = Arc::from("plain");
        let SharedText::OneByte(bytes) = SharedText::new(&text) else { panic!("two bytes") };
        assert!(std::ptr::addr_eq(Arc::as_ptr(&bytes), Arc::as_ptr(&text)), "it is a copy");

        let SharedText::OneByte(bytes) = SharedText::new(&Arc::from("é\u{80}ÿ")) else {
            panic!("two bytes")
        };
        assert_eq!(*bytes, [0xe9, 0x80, 0xff]);

        let SharedText::TwoByte(units) = SharedText::new(&Arc::from("aĀ🙂")) else { panic!("one byte") };
        assert_eq!(*units, [0x61, 0x100, 0xd83d, 0xde42]);
    }
}
