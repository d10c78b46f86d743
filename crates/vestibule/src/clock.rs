//! The time of day, as numbers that tokens and caches carry.

use std::time::SystemTime;
use std::time::UNIX_EPOCH;

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    // A clock before 1970 is a clock that is not set; then nothing expires.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
