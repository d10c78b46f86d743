//! Which continuations have been used: each one resumes its flow once.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::SystemTime;

use crate::host_functions::HostError;

/// Identifiers that [`MemorySpent`] keeps.
const SPENT_MAX: usize = 100_000;

/// Remembers which continuations have been used.
///
/// A host with several processes keeps this in its database, where marking and asking are one step: an
/// insert that fails on a duplicate.
pub trait SpentContinuations: Send + Sync {
    /// Marks a continuation as used, and tells whether it was used before. `id` is random text of 22
    /// characters; after `expires` it may be forgotten, because the continuation is refused by then, also
    /// where a clock is some minutes behind.
    ///
    /// When it cannot be found out, the error refuses the continuation.
    fn spend<'a>(
        &'a self,
        id: &'a str,
        expires: SystemTime,
    ) -> Pin<Box<dyn Future<Output = Result<Spending, HostError>> + Send + 'a>>;
}

/// Whether a continuation was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spending {
    /// This is its first use.
    First,
    /// It has been used.
    Again,
}

/// A [`SpentContinuations`] in memory, for one process. It keeps 100,000 identifiers, each until some
/// minutes after its continuation expires; when none of them has expired, it refuses further ones.
#[derive(Debug, Default)]
pub struct MemorySpent {
    spent: Mutex<HashMap<String, SystemTime>>,
}

impl MemorySpent {
    fn spend_now(&self, id: &str, expires: SystemTime, max: usize) -> Result<Spending, HostError> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.contains_key(id) {
            return Ok(Spending::Again);
        }
        if spent.len() >= max {
            let now = SystemTime::now();
            spent.retain(|_, expires| *expires > now);
            if spent.len() >= max {
                return Err(HostError::new(format!("{max} used continuations are remembered already")));
            }
        }
        spent.insert(id.to_owned(), expires);
        Ok(Spending::First)
    }
}

impl SpentContinuations for MemorySpent {
    fn spend<'a>(
        &'a self,
        id: &'a str,
        expires: SystemTime,
    ) -> Pin<Box<dyn Future<Output = Result<Spending, HostError>> + Send + 'a>> {
        Box::pin(async move { self.spend_now(id, expires, SPENT_MAX) })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn memory_is_bounded_and_forgets_only_what_has_expired() {
        let spent = MemorySpent::default();
        let later = SystemTime::now() + Duration::from_secs(60);
        let past = SystemTime::now() - Duration::from_secs(60);
        assert_eq!(spent.spend_now("a", past, 2), Ok(Spending::First));
        assert_eq!(spent.spend_now("b", later, 2), Ok(Spending::First));
        assert_eq!(spent.spend_now("b", later, 2), Ok(Spending::Again));
        assert_eq!(spent.spend_now("c", later, 2), Ok(Spending::First), "a has expired");
        assert!(spent.spend_now("d", later, 2).is_err(), "b and c are remembered");
        assert_eq!(spent.spend_now("c", later, 2), Ok(Spending::Again));
    }
}
