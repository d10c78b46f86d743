//! What a native part throws, in the words of Node: class, code and message.

use std::borrow::Cow;

use serde::Serialize;

use crate::ops::NativeAnswer;

/// An error that becomes one of the script's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NativeError {
    class: &'static str,
    message: Cow<'static, str>,
    code: Cow<'static, str>,
}

impl NativeError {
    pub(crate) fn error(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { class: "Error", message: message.into(), code: code.into() }
    }

    pub(crate) fn type_error(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { class: "TypeError", ..Self::error(code, message) }
    }

    pub(crate) fn range_error(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { class: "RangeError", ..Self::error(code, message) }
    }
}

impl From<NativeError> for NativeAnswer {
    fn from(error: NativeError) -> Self {
        // A struct of texts; writing it as JSON cannot fail.
        Self::Text(format!("e{}", serde_json::to_string(&error).unwrap_or_default()))
    }
}
