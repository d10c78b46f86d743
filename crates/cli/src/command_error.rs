//! Why a command ends without a result: the kind decides the exit code, and hints stand apart.

use anyhow::Error;

use crate::escape;
use crate::style::Paint;

/// What a command's function returns: the exit code, or why there is none.
pub(crate) type CommandResult = Result<i32, CommandError>;

/// The error of a command.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) kind: ErrorKind,
    pub(crate) error: Error,
    /// The way out, one sentence each.
    pub(crate) hints: Vec<String>,
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The command line or a file that it names: exit code 2.
    WrongUse,
    /// The action, or this machine: exit code 1.
    Failed,
}

impl CommandError {
    pub(crate) fn wrong_use(error: impl Into<Error>) -> Self {
        Self { kind: ErrorKind::WrongUse, error: error.into(), hints: Vec::new() }
    }

    pub(crate) fn failed(error: impl Into<Error>) -> Self {
        Self { kind: ErrorKind::Failed, error: error.into(), hints: Vec::new() }
    }

    /// An error of wrong use from a sentence.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::wrong_use(Error::msg(message.into()))
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub(crate) fn exit_code(&self) -> i32 {
        match self.kind {
            ErrorKind::Failed => 1,
            ErrorKind::WrongUse => 2,
        }
    }

    /// The error with its causes and hints in one line, for an error of something larger.
    pub(crate) fn sentence(&self) -> String {
        std::iter::once(format!("{:#}", self.error)).chain(self.hints.clone()).collect::<Vec<_>>().join("; ")
    }

    /// The error with its causes and hints, as stderr shows it.
    pub(crate) fn render(&self, paint: Paint) -> String {
        let mut text = format!("{} {}\n", paint.red("error:"), escape::block(&self.error.to_string()));
        for cause in self.error.chain().skip(1) {
            text.push_str(&format!("  caused by: {}\n", escape::block(&cause.to_string())));
        }
        for hint in &self.hints {
            text.push_str(&format!("{} {}\n", paint.cyan("hint:"), escape::block(hint)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_follow_the_error_and_hints_stand_apart() {
        let error = Error::msg("\u{1b}[31mdenied").context("cannot read a.json");
        let error = CommandError::wrong_use(error).hint("name another file");
        assert_eq!(
            error.render(Paint { is_on: false }),
            "error: cannot read a.json\n  caused by: \\u{1b}[31mdenied\nhint: name another file\n"
        );
        assert_eq!(error.exit_code(), 2);
        assert_eq!(CommandError::failed(Error::msg("x")).exit_code(), 1);
    }
}
