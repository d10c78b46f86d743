//! Where something stands in a text: line and column, both from 1, in characters.

use std::cell::Cell;

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Turns byte offsets of one text into places.
pub(crate) struct Places<'t> {
    text: &'t str,
    /// Where each line begins.
    line_starts: Vec<usize>,
    /// The offset that was asked for last, and its column. Most come in order, and a text may be one line.
    last: Cell<(usize, usize)>,
}

impl Place {
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

impl<'t> Places<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, line_starts: std::iter::once(0).chain(breaks).collect(), last: Cell::new((0, 1)) }
    }

    /// The place of the character at a byte offset; the end of the text for one beyond it.
    pub(crate) fn at(&self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= offset);
        // The first line starts at 0, so at least one start is not beyond the offset.
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let (last, last_column) = self.last.get();
        let (from, column) = if (start..=offset).contains(&last) { (last, last_column) } else { (start, 1) };
        let before = self.text.as_bytes().get(from..offset).unwrap_or_default();
        // Bytes that begin a character.
        let column = before.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count() + column;
        self.last.set((offset, column));
        Place { line, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let places = Places::new("ä: 1\nb: 2\n");
        assert_eq!(places.at(0), Place { line: 1, column: 1 });
        assert_eq!(places.at(4), Place { line: 1, column: 4 });
        assert_eq!(places.at(6), Place { line: 2, column: 1 });
        assert_eq!(places.at(999), Place { line: 3, column: 1 });
        let order = [8, 4, 6, 2, 0, 3, 10, 5];
        let each = order.map(|offset| places.at(offset));
        assert_eq!(each, order.map(|offset| Places::new("ä: 1\nb: 2\n").at(offset)), "in any order");
    }
}
