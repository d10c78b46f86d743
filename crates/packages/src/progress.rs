//! What an installation tells while it works.

/// One step forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say what the numbers count")]
pub enum Event {
    /// Another installation works in the same folder; it is waited for.
    Waiting,
    /// The registry has answered about this many packages.
    Resolving { packages: usize },
    /// This many of `total` packages are fetched, checked and unpacked.
    Fetched { packages: usize, total: usize },
}

/// Who is told. It is called often and must not block.
pub type Observer = Box<dyn Fn(Event) + Send + Sync>;
