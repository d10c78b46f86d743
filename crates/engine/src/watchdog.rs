//! The one thread that keeps time: it ends executions that reach a limit, repeats itself until they
//! obey, and answers their callers when they do not.

use std::sync::Arc;
use std::sync::Weak;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::engine::Inner;
use crate::execution::Outcome;
use crate::limits::QUARANTINE_AFTER_GRACES;
use crate::limits::THOROUGH_INTERVAL;
use crate::limits::WATCH_INTERVAL;
use crate::running::Kill;
use crate::thread::CurrentTurn;
use crate::thread::Thread;

/// Starts it; it ends when the engine is gone.
pub(crate) fn start(engine: Weak<Inner>) -> std::io::Result<thread::Thread> {
    let builder = thread::Builder::new().name("vestibule-watchdog".to_owned());
    let handle = builder.spawn(move || {
        let mut looked_thoroughly = Instant::now();
        while let Some(inner) = engine.upgrade() {
            let thorough = looked_thoroughly.elapsed() >= THOROUGH_INTERVAL;
            if thorough {
                looked_thoroughly = Instant::now();
            }
            let idle = watch(&inner, thorough);
            drop(inner);
            // The level, not the edge: what was not obeyed is asked for again at the next look.
            if idle { thread::park_timeout(Duration::from_secs(1)) } else { thread::sleep(WATCH_INTERVAL) }
        }
    })?;
    Ok(handle.thread().clone())
}

/// Looks at every thread once; whether there is nothing to look at.
fn watch(inner: &Arc<Inner>, thorough: bool) -> bool {
    let mut idle = true;
    if thorough {
        inner.restore();
    }
    for thread in inner.threads() {
        if let Some(turn) = thread.current_turn() {
            idle = false;
            watch_turn(inner, &thread, &turn, thorough);
        }
        if thorough {
            watch_waiting(inner, &thread);
        }
        if thread.has_died() {
            inner.give_up(&thread);
        }
        idle &= thread.is_idle();
    }
    idle
}

/// Looks at the executions and jobs whose thread is busy with something else, or asleep.
fn watch_waiting(inner: &Arc<Inner>, thread: &Arc<Thread>) {
    let now = Instant::now();
    thread.expire_jobs(inner.limits.wait);
    thread.each_execution(|running| {
        if running.wall_deadline().is_some_and(|deadline| now >= deadline) {
            running.kill(Kill::WallLimit);
        }
        let late = running.killed_for().is_some_and(|since| since >= inner.limits.grace);
        if late && let Some(outcome) = running.outcome_of_kill(None) {
            running.finish(outcome, None);
        }
    });
}

/// Looks at the isolate that a thread is in.
fn watch_turn(inner: &Arc<Inner>, thread: &Arc<Thread>, turn: &CurrentTurn, thorough: bool) {
    let running = &turn.running;
    if !running.is_unanswered() && !running.is_killed() {
        // What follows an answer is the engine's own work.
        return;
    }
    if running.wall_deadline().is_some_and(|deadline| Instant::now() >= deadline) {
        running.kill(Kill::WallLimit);
    }
    if running.is_out_of_cpu(turn.cpu_began) {
        running.kill(Kill::CpuLimit);
    }
    if running.is_killed() {
        running.terminate();
    } else if thorough && let Some(isolate) = running.isolate() {
        turn.memory.request_poll(isolate);
    }
    let Some(since) = running.killed_for() else { return };
    if since >= inner.limits.grace && thread.is_still_in(turn) {
        let outcome = running.outcome_of_kill(Some(turn.cpu_began)).unwrap_or(Outcome::EngineLost);
        running.finish(outcome, Some(turn.cpu_began));
    }
    if since >= inner.limits.grace * QUARANTINE_AFTER_GRACES && thread.is_still_in(turn) {
        inner.quarantine(thread);
    }
}
