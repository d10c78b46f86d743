//! The processor time of one thread, readable from every thread.

use std::time::Duration;

/// The clock of the thread that made it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuClock {
    #[cfg(target_os = "linux")]
    id: libc::clockid_t,
    #[cfg(not(target_os = "linux"))]
    epoch: std::time::Instant,
}

#[cfg(target_os = "linux")]
impl CpuClock {
    /// The clock of the calling thread.
    pub(crate) fn of_this_thread() -> Self {
        let mut id = libc::CLOCK_THREAD_CPUTIME_ID;
        // SAFETY: `pthread_self` is the calling thread, which is alive, and `id` is a valid place to
        // write to. On failure `id` keeps the clock that means "the calling thread".
        unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &raw mut id) };
        Self { id }
    }

    /// Processor time that the thread has used since it began; zero once it has ended.
    pub(crate) fn now(self) -> Duration {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is a valid place to write to. For a clock of a thread that has ended the
        // call fails and leaves it zero.
        unsafe { libc::clock_gettime(self.id, &raw mut time) };
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
        Duration::new(seconds, nanoseconds)
    }
}

/// Elsewhere time on the clock stands in for processor time: stricter than the truth, never laxer.
#[cfg(not(target_os = "linux"))]
impl CpuClock {
    /// The clock of the calling thread.
    pub(crate) fn of_this_thread() -> Self {
        Self { epoch: std::time::Instant::now() }
    }

    /// Time since the clock was made.
    pub(crate) fn now(self) -> Duration {
        self.epoch.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_thread_reads_the_time_of_a_busy_one() {
        let (send, receive) = std::sync::mpsc::channel();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            send.send(CpuClock::of_this_thread()).unwrap();
            while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {}
        });
        let clock = receive.recv().unwrap();
        while clock.now() < Duration::from_millis(20) {
            std::thread::sleep(Duration::from_millis(1));
        }
        stop.send(()).unwrap();
        thread.join().unwrap();
    }
}
