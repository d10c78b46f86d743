//! What a native part throws, in the words of Node: class, code and message.

use std::borrow::Cow;

use serde::Serialize;

/// An error that becomes one of the script's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NativeError {
    class: &'static str,
    message: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    library: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

impl NativeError {
    /// An error without a code.
    pub(crate) fn plain(message: impl Into<Cow<'static, str>>) -> Self {
        Self { class: "Error", message: message.into(), library: None, reason: None, code: None }
    }

    pub(crate) fn error(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: Some(code), ..Self::plain(message) }
    }

    pub(crate) fn type_error(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { class: "TypeError", ..Self::error(code, message) }
    }

    pub(crate) fn range_error(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { class: "RangeError", ..Self::error(code, message) }
    }

    /// What OpenSSL says inside of Node: programs look at these codes.
    pub(crate) fn openssl(
        number: &'static str,
        library: &'static str,
        reason: &'static str,
        code: &'static str,
    ) -> Self {
        Self {
            library: Some(library),
            reason: Some(reason),
            ..Self::error(code, format!("error:{number}:{library}::{reason}"))
        }
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// In the encoding that `24_native.js` reads.
    pub(crate) fn text(&self) -> String {
        // A struct of texts; writing it as JSON cannot fail.
        format!("e{}", serde_json::to_string(self).unwrap_or_default())
    }
}
