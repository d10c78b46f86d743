//! The flags of V8, equal for the snapshot (the build script compiles this file too) and for the
//! isolates made from it. They must be set before V8 starts and are frozen then.

/// Sets them; harmless when V8 has started already.
pub(crate) fn set() {
    deno_core::v8::V8::set_flags_from_string(FLAGS);
}

pub(crate) const FLAGS: &str = concat!(
    // Delayed tasks of the memory reducer would outlive a short-lived isolate by seconds.
    " --no-memory-reducer",
    // Room for new objects, in MiB. An action loads its packages once and is gone: with V8's own 1 MiB, what it
    // loads is copied around several times.
    " --min-semi-space-size=4",
    // Leaves out the `SharedArrayBuffer` constructor of a new context.
    " --enable-sharedarraybuffer-per-context",
    // Frees the memory of dead array buffers within the collection that found them, so that our account
    // of them is right when V8 asks for more.
    " --no-concurrent-array-buffer-sweeping",
    // Positions are kept from the start: found out later, at the edge of the stack, they are wrong.
    " --no-enable-lazy-source-positions",
    // `eval` and `new Function` throw.
    " --disallow-code-generation-from-strings",
    // Without it an allocation of more than 32 GiB of external memory fails a check and ends the
    // process; our own accounting refuses it long before.
    " --external-memory-max-reasonable-size=0",
);
