//! Colours, where they are wanted.

use std::fmt;

/// Paints text, or leaves it plain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    pub(crate) is_on: bool,
}

/// A text that is painted when it is written.
pub(crate) struct Painted<T> {
    text: T,
    /// The parameters of the escape sequence; none when colours are not wanted.
    code: Option<&'static str>,
}

impl Paint {
    pub(crate) fn bold<T>(self, text: T) -> Painted<T> {
        self.paint("1", text)
    }

    pub(crate) fn dim<T>(self, text: T) -> Painted<T> {
        self.paint("2", text)
    }

    pub(crate) fn red<T>(self, text: T) -> Painted<T> {
        self.paint("1;31", text)
    }

    pub(crate) fn green<T>(self, text: T) -> Painted<T> {
        self.paint("1;32", text)
    }

    pub(crate) fn yellow<T>(self, text: T) -> Painted<T> {
        self.paint("1;33", text)
    }

    pub(crate) fn cyan<T>(self, text: T) -> Painted<T> {
        self.paint("36", text)
    }

    fn paint<T>(self, code: &'static str, text: T) -> Painted<T> {
        Painted { text, code: self.is_on.then_some(code) }
    }
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            None => self.text.fmt(f),
            Some(code) => {
                write!(f, "\x1b[{code}m")?;
                // The width and alignment of the caller hold for the text alone.
                self.text.fmt(f)?;
                f.write_str("\x1b[0m")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_counts_the_text_and_not_its_colour() {
        let (on, off) = (Paint { is_on: true }, Paint { is_on: false });
        assert_eq!(format!("{:<5}|", off.red("ab")), "ab   |");
        assert_eq!(format!("{:<5}|", on.red("ab")), "\u{1b}[1;31mab   \u{1b}[0m|");
    }
}
