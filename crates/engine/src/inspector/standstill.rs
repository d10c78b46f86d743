//! The time that a debugger takes of an execution: no limit counts it.

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

/// How long one execution has stood still, and whether it does now. It begins standing still.
pub(crate) struct Standstill {
    inner: Mutex<Inner>,
}

struct Inner {
    since: Option<Since>,
    /// On the clock, of the times that are over.
    wall: Duration,
    /// On the clock of the processor, of those in the middle of a turn: what a debugger evaluates there.
    cpu: Duration,
}

#[derive(Clone, Copy)]
struct Since {
    at: Instant,
    cpu: Duration,
}

impl Standstill {
    /// Of an execution whose debugger is waited for.
    pub(super) fn new() -> Self {
        let since = Some(Since { at: Instant::now(), cpu: Duration::ZERO });
        Self { inner: Mutex::new(Inner { since, wall: Duration::ZERO, cpu: Duration::ZERO }) }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.lock().since.is_some()
    }

    /// How long it has been in all, on the clock.
    pub(crate) fn wall(&self) -> Duration {
        let inner = self.lock();
        inner.wall + inner.since.map_or(Duration::ZERO, |since| since.at.elapsed())
    }

    /// How much of the turns, in processor time, is not the script's.
    pub(crate) fn cpu(&self) -> Duration {
        self.lock().cpu
    }

    /// The script begins.
    pub(crate) fn end_waiting(&self) {
        let mut inner = self.lock();
        if let Some(since) = inner.since.take() {
            inner.wall += since.at.elapsed();
        }
    }

    /// Does something in the middle of a turn that is not the script's doing; `cpu_now` reads the clock of the
    /// processor.
    pub(super) fn during(&self, cpu_now: impl Fn() -> Duration, stand: impl FnOnce()) {
        let since = Since { at: Instant::now(), cpu: cpu_now() };
        let is_outermost = {
            let mut inner = self.lock();
            let is_outermost = inner.since.is_none();
            inner.since.get_or_insert(since);
            is_outermost
        };
        stand();
        if is_outermost {
            let mut inner = self.lock();
            inner.since = None;
            inner.wall += since.at.elapsed();
            inner.cpu += cpu_now().saturating_sub(since.cpu);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // What this lock guards is whole after every statement, so a panic elsewhere breaks nothing.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_millis(30);

    #[test]
    fn time_counts_again_when_it_is_over() {
        let standstill = Standstill::new();
        std::thread::sleep(LONG);
        assert!(standstill.is_on());
        assert!(standstill.wall() >= LONG);
        standstill.end_waiting();
        assert!(!standstill.is_on());
        let waited = standstill.wall();
        std::thread::sleep(LONG);
        assert_eq!(standstill.wall(), waited);
        assert_eq!(standstill.cpu(), Duration::ZERO);
    }

    #[test]
    fn a_pause_takes_what_it_took_of_both_clocks() {
        let standstill = Standstill::new();
        standstill.end_waiting();
        let before = standstill.wall();
        let cpu = std::cell::Cell::new(Duration::from_secs(7));
        standstill.during(
            || cpu.get(),
            || {
                assert!(standstill.is_on());
                // What stands still already does not count twice.
                standstill.during(|| cpu.get(), || cpu.set(Duration::from_secs(9)));
                assert!(standstill.is_on());
                std::thread::sleep(LONG);
            },
        );
        assert!(!standstill.is_on());
        assert!(standstill.wall() >= before + LONG);
        assert_eq!(standstill.cpu(), Duration::from_secs(2));
    }

    #[test]
    fn what_is_done_while_it_waits_is_not_the_scripts() {
        let standstill = Standstill::new();
        standstill.during(|| Duration::from_secs(1), || {});
        assert!(standstill.is_on());
        standstill.end_waiting();
        assert_eq!(standstill.cpu(), Duration::ZERO);
    }
}
