//! The time zone that scripts see: UTC, wherever the host stands.

use std::ffi::c_int;

/// In UTF-16, ended by a zero, as ICU takes it.
const UTC: [u16; 4] = [b'U' as u16, b'T' as u16, b'C' as u16, 0];

// Of the ICU that is linked with V8 and used by nothing else. Its names carry its version, so that a V8 with
// another ICU does not link until this one is written anew.
unsafe extern "C" {
    fn ucal_setDefaultTimeZone_77(zone: *const u16, error: *mut c_int);
}

/// Makes UTC the time zone of every isolate that has not asked for its own yet. An action then does the same
/// on the machine where it is tested and on all that it runs on.
///
/// V8 asks ICU for the zone of the process; ICU would look at `TZ` and at `/etc/localtime`. Neither is
/// changed here, nor is what the host's own code takes for the local time.
pub(crate) fn set_utc() {
    let mut error: c_int = 0;
    // SAFETY: the text ends with a zero and outlives the call, which copies it; `error` is 0 before, as ICU
    // asks for, and only written to. ICU holds a lock while it replaces the zone, so that isolates of other
    // threads may read it at the same time.
    unsafe { ucal_setDefaultTimeZone_77(UTC.as_ptr(), &raw mut error) };
    // Below zero are warnings.
    if error > 0 {
        tracing::error!(error, "actions see the time zone of this machine, because UTC cannot be set");
    }
}
