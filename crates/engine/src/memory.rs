//! The memory of one isolate: the soft heap limit, and every byte of its array buffers.
//!
//! V8 ends the process where its own heap limit is exceeded by one allocation, so that limit lies out
//! of reach and the one that counts is enforced here, at three places: after every collection, when
//! the watchdog asks, and in V8's own callback near its limit as the last guard.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use deno_core::v8;
use deno_web::Blob;
use deno_web::BlobPart;
use deno_web::BlobStore;
use deno_web::BlobStoreTrait;
use url::Url;
use uuid::Uuid;

use crate::limits::BUFFER_SLACK_BYTES;
use crate::limits::HEAP_BYTES_CEILING;
use crate::limits::HEAP_HEADROOM_BYTES;
use crate::limits::HEAP_INITIAL_BYTES;
use crate::running::Kill;
use crate::running::Running;
use crate::shared_text::SharedText;

/// The account of one isolate. It outlives the isolate, whose callbacks point to it.
#[derive(Default)]
pub(crate) struct Memory {
    /// Bytes that the allocator has granted and not got back.
    granted: AtomicUsize,
    /// Something did not fit, and perhaps only for garbage.
    short: AtomicBool,
    /// Bytes charged for memory that neither the allocator nor V8 counts.
    charged: AtomicUsize,
    /// The texts of programs that V8 reads where they are. It counts them as memory of this isolate.
    texts: Mutex<Vec<SharedText>>,
    texts_bytes: AtomicUsize,
    /// Refusals in a row. V8 collects garbage after each and asks again, four times in all.
    refusals: AtomicU8,
    /// A full collection has been asked for, to tell use from garbage.
    collecting: AtomicBool,
    /// An interrupt that looks at the figures is on its way. Another one behind it would collect again, and
    /// where a collection takes longer than the watchdog waits, they would come faster than they go.
    interrupted: AtomicBool,
    /// The execution that pays; an isolate that waits ready has none, and no limits.
    running: OnceLock<Arc<Running>>,
}

/// How often V8 asks the allocator before it gives up.
const ALLOCATION_ATTEMPTS: u8 = 4;

impl Memory {
    /// Parameters of an isolate whose memory this account watches.
    pub(crate) fn create_params(self: &Arc<Self>) -> v8::CreateParams {
        // SAFETY: the handle is an `Arc` turned raw, which `drop` of the same vtable turns back.
        let allocator = unsafe { v8::new_rust_allocator(Arc::into_raw(Arc::clone(self)), &ALLOCATOR) };
        v8::CreateParams::default()
            .heap_limits(0, HEAP_BYTES_CEILING + HEAP_HEADROOM_BYTES)
            .set_initial_old_generation_size_in_bytes(HEAP_INITIAL_BYTES)
            .array_buffer_allocator(allocator)
            .allow_atomics_wait(false)
    }

    /// Installs the callbacks. The caller keeps `self` until the isolate is gone.
    pub(crate) fn watch(self: &Arc<Self>, isolate: &mut v8::OwnedIsolate) {
        let data = Arc::as_ptr(self).cast_mut().cast::<c_void>();
        isolate.add_gc_epilogue_callback(after_collection, data, v8::GCType::kGCTypeAll);
        isolate.add_near_heap_limit_callback(near_heap_limit, data);
    }

    /// Names the execution whose limits count from now on.
    pub(crate) fn bind(&self, running: Arc<Running>) {
        let _ = self.running.set(running);
    }

    /// Owns a text for as long as the isolate exists, and takes its bytes off what V8 counts: it is shared.
    pub(crate) fn keep_text(&self, text: SharedText) {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        // V8 may have dropped an earlier string of it; only one is taken off for sure.
        if !texts.iter().any(|kept| kept.is(&text)) {
            self.texts_bytes.fetch_add(text.bytes(), Relaxed);
            texts.push(text);
        }
    }

    /// Takes the bytes of a text that is in the binary off what V8 counts.
    pub(crate) fn note_static_text(&self, text: &'static str) {
        self.texts_bytes.fetch_add(text.len(), Relaxed);
    }

    /// Charges bytes that V8 does not count; `false` when they do not fit.
    pub(crate) fn charge(&self, bytes: usize) -> bool {
        let Some(running) = self.running.get() else { return true };
        let charged = self.charged.fetch_add(bytes, Relaxed).saturating_add(bytes);
        let total = charged.saturating_add(self.granted.load(Relaxed));
        running.buffers_peak_bytes.fetch_max(total.min(running.limits.buffer_bytes), Relaxed);
        if total > running.limits.buffer_bytes {
            self.charged.fetch_sub(bytes, Relaxed);
            self.short.store(true, Relaxed);
            return false;
        }
        true
    }

    /// Gives back bytes that [`charge`](Self::charge) has charged.
    pub(crate) fn release(&self, bytes: usize) {
        self.charged.fetch_sub(bytes, Relaxed);
    }

    /// Bytes of buffers now.
    pub(crate) fn buffer_bytes(&self) -> usize {
        self.charged.load(Relaxed).saturating_add(self.granted.load(Relaxed))
    }

    /// Whether so many bytes more still fit. They are counted by V8 once they are a buffer of the script's.
    pub(crate) fn has_room_for(&self, bytes: usize) -> bool {
        let Some(running) = self.running.get() else { return true };
        let fits = self.buffer_bytes().saturating_add(bytes) <= running.limits.buffer_bytes;
        if !fits {
            self.short.store(true, Relaxed);
        }
        fits
    }

    /// Whether something has not fitted since this was last asked.
    pub(crate) fn takes_shortage(&self) -> bool {
        self.short.swap(false, Relaxed)
    }

    /// Charges bytes that are already there, and ends the execution when they do not fit.
    pub(crate) fn charge_or_kill(&self, bytes: usize) {
        if let (false, Some(running)) = (self.charge(bytes), self.running.get()) {
            running.kill(Kill::BufferLimit { used: self.granted.load(Relaxed).saturating_add(bytes) });
        }
    }

    /// Has the isolate look at its figures at the next check of the JavaScript that runs, so never inside of a
    /// collection.
    pub(crate) fn request_poll(&self, isolate: &v8::IsolateHandle) {
        if !self.interrupted.swap(true, Relaxed) {
            let account = ptr::from_ref(self).cast_mut().cast();
            // The account outlives the isolate, and an interrupt runs only while the isolate lives.
            isolate.request_interrupt(poll, account);
        }
    }

    /// Looks at the figures; must run on the isolate's thread, outside of a collection.
    fn poll(&self, isolate: &mut v8::Isolate) {
        if self.running.get().is_some_and(|running| running.is_killed()) {
            return;
        }
        if self.check(isolate, false) == Verdict::PerhapsGarbage {
            self.collecting.store(true, Relaxed);
            isolate.memory_pressure_notification(v8::MemoryPressureLevel::Critical);
            isolate.memory_pressure_notification(v8::MemoryPressureLevel::None);
            self.check(isolate, true);
        }
        self.collecting.store(false, Relaxed);
    }

    /// Notes the figures at the end of an execution.
    pub(crate) fn note(&self, isolate: &mut v8::Isolate) {
        self.check(isolate, false);
    }

    /// Compares the figures with the limits. What is over may be garbage unless `collected`.
    fn check(&self, isolate: &mut v8::Isolate, collected: bool) -> Verdict {
        let Some(running) = self.running.get() else { return Verdict::Fits };
        let statistics = isolate.get_heap_statistics();
        let heap = statistics.used_heap_size();
        let own = statistics.external_memory().saturating_sub(self.texts_bytes.load(Relaxed));
        let buffers = own.saturating_add(self.charged.load(Relaxed));
        running.heap_peak_bytes.fetch_max(heap, Relaxed);
        running.buffers_peak_bytes.fetch_max(buffers, Relaxed);
        let kill = if heap > running.limits.heap_bytes {
            Kill::HeapLimit { used: heap }
        } else if buffers > running.limits.buffer_bytes {
            Kill::BufferLimit { used: buffers }
        } else {
            return Verdict::Fits;
        };
        if !collected {
            return Verdict::PerhapsGarbage;
        }
        running.kill(kill);
        Verdict::TooMuch
    }

    /// Grants or refuses an allocation of array-buffer memory.
    ///
    /// What V8 is refused it asks for again after it has collected garbage. The last refusal becomes
    /// a `RangeError` of the script, but ends the process where native code of a Web API asked. Such
    /// requests are small, so what is small is granted in the end and the execution ended instead.
    fn grant(&self, bytes: usize) -> bool {
        let total = self.granted.load(Relaxed).saturating_add(bytes);
        let Some(running) = self.running.get() else {
            self.granted.fetch_add(bytes, Relaxed);
            return true;
        };
        let charged = self.charged.load(Relaxed);
        let limit = running.limits.buffer_bytes.saturating_sub(charged);
        if total > limit {
            let attempt = self.refusals.fetch_add(1, Relaxed) + 1;
            if attempt < ALLOCATION_ATTEMPTS {
                return false;
            }
            self.refusals.store(0, Relaxed);
            if total > limit.saturating_add(BUFFER_SLACK_BYTES) {
                return false;
            }
            running.mark_killed(Kill::BufferLimit { used: total });
        }
        self.refusals.store(0, Relaxed);
        self.granted.fetch_add(bytes, Relaxed);
        running.buffers_peak_bytes.fetch_max(total.saturating_add(charged), Relaxed);
        true
    }
}

#[derive(PartialEq, Eq)]
enum Verdict {
    Fits,
    PerhapsGarbage,
    TooMuch,
}

static ALLOCATOR: v8::RustAllocatorVtable<Memory> = v8::RustAllocatorVtable {
    allocate: allocate_zeroed,
    allocate_uninitialized: allocate_zeroed,
    free,
    drop: drop_memory,
};

/// Memory is zeroed even where V8 does not ask for it: no script may see what another one left.
unsafe extern "C" fn allocate_zeroed(memory: &Memory, bytes: usize) -> *mut c_void {
    if !memory.grant(bytes) {
        return ptr::null_mut();
    }
    // SAFETY: `calloc` has no preconditions. One byte more than nothing, because null means refusal.
    let data = unsafe { libc::calloc(bytes.max(1), 1) };
    if data.is_null() {
        memory.granted.fetch_sub(bytes, Relaxed);
    }
    data
}

unsafe extern "C" fn free(memory: &Memory, data: *mut c_void, bytes: usize) {
    memory.granted.fetch_sub(bytes, Relaxed);
    // SAFETY: V8 gives back what `allocate_zeroed` gave it, once.
    unsafe { libc::free(data) };
}

unsafe extern "C" fn drop_memory(memory: *const Memory) {
    // SAFETY: `create_params` made this pointer with `Arc::into_raw`, and V8 drops it once.
    drop(unsafe { Arc::from_raw(memory) });
}

unsafe extern "C" fn after_collection(
    isolate: v8::UnsafeRawIsolatePtr,
    kind: v8::GCType,
    _flags: v8::GCCallbackFlags,
    data: *mut c_void,
) {
    // SAFETY: `watch` gave this pointer, and its caller keeps the account until the isolate is gone.
    let memory = unsafe { &*data.cast::<Memory>() };
    // SAFETY: V8 passes the isolate that has just collected, on its thread.
    let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(isolate) };
    let full = kind == v8::GCType::kGCTypeMarkSweepCompact;
    let verdict = memory.check(&mut isolate, full);
    if verdict == Verdict::PerhapsGarbage && !memory.collecting.swap(true, Relaxed) {
        memory.request_poll(&isolate.thread_safe_handle());
    }
}

/// The interrupt that [`Memory::request_poll`] asks for.
unsafe extern "C" fn poll(isolate: v8::UnsafeRawIsolatePtr, data: *mut c_void) {
    // SAFETY: as in `after_collection`; interrupts run on the isolate's thread while it is alive.
    let memory = unsafe { &*data.cast::<Memory>() };
    // SAFETY: V8 passes the isolate that was interrupted, on its thread.
    let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(isolate) };
    memory.poll(&mut isolate);
    memory.interrupted.store(false, Relaxed);
}

/// The last guard: kills, and grants once more than any single allocation takes. Where native code goes on
/// to allocate all the same, its thread is held here for good: if this refused, V8 would end the process, and
/// if it granted for ever, memory would.
unsafe extern "C" fn near_heap_limit(data: *mut c_void, current: usize, _initial: usize) -> usize {
    // SAFETY: as in `after_collection`.
    let memory = unsafe { &*data.cast::<Memory>() };
    if memory.refusals.load(Relaxed) > 0 {
        // V8 asks here too while it collects garbage for an array buffer that was refused.
        return current;
    }
    if let Some(running) = memory.running.get() {
        running.kill(Kill::HeapLimit { used: current });
    }
    if current > HEAP_BYTES_CEILING + HEAP_HEADROOM_BYTES {
        loop {
            std::thread::park();
        }
    }
    current.saturating_add(HEAP_HEADROOM_BYTES)
}

/// The store of `Blob` contents, which live outside of V8: charged to the account when they come.
pub(crate) struct ChargedBlobs {
    memory: Arc<Memory>,
    store: BlobStore,
}

impl ChargedBlobs {
    pub(crate) fn new(memory: Arc<Memory>) -> Arc<Self> {
        Arc::new(Self { memory, store: BlobStore::default() })
    }
}

impl std::fmt::Debug for ChargedBlobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.store.fmt(f)
    }
}

impl BlobStoreTrait for ChargedBlobs {
    fn insert_part(&self, part: Arc<dyn BlobPart + Send + Sync>) -> Uuid {
        self.memory.charge_or_kill(part.size());
        self.store.insert_part(part)
    }

    fn get_part(&self, id: &Uuid) -> Option<Arc<dyn BlobPart + Send + Sync>> {
        self.store.get_part(id)
    }

    fn remove_part(&self, id: &Uuid) -> Option<Arc<dyn BlobPart + Send + Sync>> {
        self.store.remove_part(id)
    }

    fn get_object_url(&self, url: Url) -> Option<Arc<Blob>> {
        self.store.get_object_url(url)
    }

    fn insert_object_url(&self, blob: Blob, maybe_location: Option<Url>) -> Url {
        self.store.insert_object_url(blob, maybe_location)
    }

    fn remove_object_url(&self, url: &Url) {
        self.store.remove_object_url(url);
    }

    fn clear(&self) {
        self.store.clear();
    }
}
