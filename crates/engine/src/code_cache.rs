//! V8's compiled form of a program: kept in memory between executions, and sealed so that another process can
//! take it over.
//!
//! V8 runs what such a form says without judging it, so whoever could make one up could do anything. It
//! therefore leaves the engine only under a key of the host, together with what it was made from and with,
//! and is taken back only when all of that is the same.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use aws_lc_rs::digest;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use deno_core::v8;
use thiserror::Error;

use crate::flags;
use crate::program::Program;
use crate::program::ProgramKind;
use crate::script::PARAMETERS;

/// In front of everything that the key authenticates here; the number is the layout's.
const PURPOSE: &[u8] = b"vestibule code cache 1\0";
const HASH_BYTES: usize = 32;
/// Bytes of what stands around the compiled form: wrapping, engine, code, and the tag at the end.
const ENVELOPE_BYTES: usize = 1 + HASH_BYTES + HASH_BYTES + HASH_BYTES;
/// Of the snapshot, which the build script has made.
const SNAPSHOT_SHA256: &str = env!("VESTIBULE_SNAPSHOT_SHA256");

/// V8's compiled form of a program.
pub(crate) struct CodeCache {
    pub(crate) wrapping: Wrapping,
    pub(crate) bytes: Box<[u8]>,
}

/// What stands around a program's text when V8 compiles it. V8 tells compiled forms apart by the length
/// of the text alone, so a form must only be used with the wrapping that it was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// Nothing more than a CommonJS program's three parameters.
    Action,
    /// The name `actions` as well.
    Module,
    /// As for an action: a module that declares a name `actions` of its own, which hides ours.
    ModuleWithOwnActions,
}

/// When V8's compiled form of a program is kept for later executions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CodeCaching {
    /// After the answer has left, where the program has none: no caller waits for it.
    #[default]
    AfterAnswer,
    /// When the top level has run, and again when the handler has ended well or badly, in place of what the
    /// program had. On the execution's time: for executions whose purpose it is.
    BeforeAnswer,
}

/// The key that compiled forms are sealed with when they leave a process. Whoever has it can have the engine
/// run anything at all, so it belongs to the host alone.
#[derive(Clone)]
pub struct ProgramKey(hmac::Key);

/// Why a compiled form is not used. The program runs all the same, and V8 compiles it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CodeCacheRefusal {
    /// The host has no key, so it believes nobody.
    #[error("the host has no program key")]
    NoKey,
    /// It was not sealed with the host's key, or was changed since.
    #[error("it is not sealed with this program key")]
    NotAuthentic,
    /// It was made from another text.
    #[error("it was made from other code")]
    OtherCode,
    /// It was made by another version of V8, with other flags or another snapshot, or for another processor.
    #[error("it was made by another version of the engine")]
    OtherEngine,
    /// V8 itself does not want it.
    #[error("V8 refuses it")]
    RefusedByV8,
}

/// What has become of compiled forms since the engine started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeCacheStats {
    /// Times that V8 took one instead of compiling, whichever process had made it.
    pub used: u64,
    /// Sealed ones that were believed.
    pub accepted: u64,
    /// Refused with [`CodeCacheRefusal::NoKey`].
    pub no_key: u64,
    /// Refused with [`CodeCacheRefusal::NotAuthentic`].
    pub not_authentic: u64,
    /// Refused with [`CodeCacheRefusal::OtherCode`].
    pub other_code: u64,
    /// Refused with [`CodeCacheRefusal::OtherEngine`].
    pub other_engine: u64,
    /// Refused with [`CodeCacheRefusal::RefusedByV8`].
    pub refused_by_v8: u64,
}

/// [`CodeCacheStats`] as they grow.
#[derive(Default)]
pub(crate) struct CodeCacheCounts {
    used: AtomicU64,
    accepted: AtomicU64,
    no_key: AtomicU64,
    not_authentic: AtomicU64,
    other_code: AtomicU64,
    other_engine: AtomicU64,
    refused_by_v8: AtomicU64,
}

impl ProgramKey {
    /// A key of these bytes, which must be random.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
    }

    /// The bytes of a random key, to be kept where only the host can read them.
    ///
    /// # Errors
    /// When the system has no random bytes to give.
    pub fn random_bytes() -> Result<[u8; 32], NoRandomness> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|Unspecified| NoRandomness)?;
        Ok(bytes)
    }
}

/// The system has no random bytes to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the system has no random bytes to give for a key")]
pub struct NoRandomness;

impl fmt::Debug for ProgramKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProgramKey(****)")
    }
}

impl Wrapping {
    fn number(self) -> u8 {
        match self {
            Self::Action => 0,
            Self::Module => 1,
            Self::ModuleWithOwnActions => 2,
        }
    }

    fn of_number(number: u8) -> Option<Self> {
        [Self::Action, Self::Module, Self::ModuleWithOwnActions]
            .into_iter()
            .find(|wrapping| wrapping.number() == number)
    }
}

/// A compiled form with all that it depends on, and an authentication code over both. V8 must have started.
pub(crate) fn seal(program: &Program, cache: &CodeCache, key: &ProgramKey) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(ENVELOPE_BYTES + cache.bytes.len());
    sealed.push(cache.wrapping.number());
    sealed.extend(engine_hash());
    sealed.extend(code_hash(program));
    sealed.extend(&cache.bytes);
    let tag = tag(key, &sealed);
    sealed.extend(tag.as_ref());
    sealed
}

/// The compiled form in a sealed one, if it is ours and made from this program by this engine. V8 must have
/// started.
pub(crate) fn open(
    program: &Program,
    sealed: &[u8],
    key: Option<&ProgramKey>,
) -> Result<CodeCache, CodeCacheRefusal> {
    let key = key.ok_or(CodeCacheRefusal::NoKey)?;
    let parts = Parts::read(sealed).ok_or(CodeCacheRefusal::NotAuthentic)?;
    // Nothing that it says is looked at before this, and the library compares in constant time.
    verify(key, parts.authenticated, parts.tag).map_err(|Unspecified| CodeCacheRefusal::NotAuthentic)?;
    if parts.engine != engine_hash() {
        return Err(CodeCacheRefusal::OtherEngine);
    }
    if parts.code != code_hash(program) {
        return Err(CodeCacheRefusal::OtherCode);
    }
    let wrapping = Wrapping::of_number(parts.wrapping).ok_or(CodeCacheRefusal::OtherEngine)?;
    Ok(CodeCache { wrapping, bytes: parts.bytes.into() })
}

/// A sealed form, taken apart.
struct Parts<'a> {
    authenticated: &'a [u8],
    wrapping: u8,
    engine: [u8; HASH_BYTES],
    code: [u8; HASH_BYTES],
    bytes: &'a [u8],
    tag: &'a [u8; HASH_BYTES],
}

impl<'a> Parts<'a> {
    fn read(sealed: &'a [u8]) -> Option<Self> {
        let (authenticated, tag) = sealed.split_last_chunk()?;
        let (wrapping, rest) = authenticated.split_first()?;
        let (engine, rest) = rest.split_first_chunk()?;
        let (code, bytes) = rest.split_first_chunk()?;
        Some(Self { authenticated, wrapping: *wrapping, engine: *engine, code: *code, bytes, tag })
    }
}

fn tag(key: &ProgramKey, authenticated: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&key.0);
    context.update(PURPOSE);
    context.update(authenticated);
    context.sign()
}

fn verify(key: &ProgramKey, authenticated: &[u8], found: &[u8]) -> Result<(), Unspecified> {
    aws_lc_rs::constant_time::verify_slices_are_equal(tag(key, authenticated).as_ref(), found)
}

/// Of all that V8's compiled forms depend on beside the code: its version, its flags and the processor, which
/// its own tag stands for; our flags; the snapshot that isolates are made from; and the parameters that
/// programs are compiled with, at which V8 does not look.
fn engine_hash() -> [u8; HASH_BYTES] {
    let version = v8::V8::get_version().as_bytes();
    let tag = v8::script_compiler::cached_data_version_tag().to_be_bytes();
    let parameters = PARAMETERS.join(",");
    hash(&[version, &tag, flags::FLAGS.as_bytes(), SNAPSHOT_SHA256.as_bytes(), parameters.as_bytes()])
}

/// Of a program's code, and of how it is compiled.
fn code_hash(program: &Program) -> [u8; HASH_BYTES] {
    let kind: &[u8] = match program.kind() {
        ProgramKind::CommonJs => b"commonjs",
        ProgramKind::EsModule => b"module",
    };
    hash(&[kind, program.code().as_bytes()])
}

/// SHA-256 over texts, each preceded by its length.
fn hash(parts: &[&[u8]]) -> [u8; HASH_BYTES] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut hash = [0; HASH_BYTES];
    // SHA-256 has exactly these 32 bytes.
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

impl CodeCacheCounts {
    pub(crate) fn count_use(&self) {
        self.used.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_acceptance(&self) {
        self.accepted.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_refusal(&self, refusal: CodeCacheRefusal) {
        let count = match refusal {
            CodeCacheRefusal::NoKey => &self.no_key,
            CodeCacheRefusal::NotAuthentic => &self.not_authentic,
            CodeCacheRefusal::OtherCode => &self.other_code,
            CodeCacheRefusal::OtherEngine => &self.other_engine,
            CodeCacheRefusal::RefusedByV8 => &self.refused_by_v8,
        };
        count.fetch_add(1, Relaxed);
    }

    pub(crate) fn read(&self) -> CodeCacheStats {
        CodeCacheStats {
            used: self.used.load(Relaxed),
            accepted: self.accepted.load(Relaxed),
            no_key: self.no_key.load(Relaxed),
            not_authentic: self.not_authentic.load(Relaxed),
            other_code: self.other_code.load(Relaxed),
            other_engine: self.other_engine.load(Relaxed),
            refused_by_v8: self.refused_by_v8.load(Relaxed),
        }
    }
}

impl CodeCacheStats {
    /// Compiled forms that were not used, for whichever reason.
    pub fn refused(&self) -> u64 {
        let Self { used: _, accepted: _, no_key, not_authentic, other_code, other_engine, refused_by_v8 } =
            self;
        no_key + not_authentic + other_code + other_engine + refused_by_v8
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::time::Duration;
    use std::time::Instant;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;
    use crate::egress::Egress;
    use crate::engine::Engine;
    use crate::execution::Execution;
    use crate::execution::Outcome;
    use crate::invocation::Invocation;
    use crate::invocation::NoApi;
    use crate::limits::EngineLimits;

    const CODE: &str = "const wide = 'Ā🙂';\nexports.h = async () => { console.log(lazy(wide)); };\n\
        function lazy(text) { return text + text.length; }\nexports.fails = () => { throw new Error('é'); };";

    fn engine() -> Engine {
        Engine::start(EngineLimits { threads: 1, ..EngineLimits::default() }).unwrap()
    }

    fn program(code: &str) -> Program {
        Program::new("action.js", code, ProgramKind::CommonJs).unwrap()
    }

    fn run(engine: &Engine, program: &Program, handler: &str) -> Execution {
        run_with(CodeCaching::BeforeAnswer, engine, program, handler)
    }

    fn run_with(code_caching: CodeCaching, engine: &Engine, program: &Program, handler: &str) -> Execution {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let invocation = Invocation { code_caching, ..Invocation::new(handler, "{}") };
        runtime.block_on(engine.execute(program, invocation, Box::new(NoApi), Egress::none())).unwrap()
    }

    fn key(byte: u8) -> ProgramKey {
        ProgramKey::new([byte; 32])
    }

    /// A compiled form of the code, made and sealed.
    fn sealed(engine: &Engine, code: &str) -> Vec<u8> {
        let program = program(code);
        assert_eq!(run(engine, &program, "h").outcome, Outcome::Completed);
        engine.seal_code_cache(&program, &key(1)).unwrap()
    }

    #[test]
    fn a_sealed_form_is_used_by_another_program_of_the_same_code() {
        let engine = engine();
        let sealed = sealed(&engine, CODE);
        let before = engine.stats().code_caches;
        let other = program(CODE);
        other.bring_code_cache(sealed);
        engine.accept_code_cache(&other, Some(&key(1))).unwrap();
        let execution = run(&engine, &other, "h");
        assert_eq!(execution.outcome, Outcome::Completed);
        assert_eq!(execution.logs[0].message, "Ā🙂3");
        let after = engine.stats().code_caches;
        assert_eq!((after.accepted, after.used), (before.accepted + 1, before.used + 1));
        assert_eq!(after.refused(), 0, "{after:?}");
        // Places are right with a compiled form as well.
        let Outcome::Threw(thrown) = run(&engine, &other, "fails").outcome else { panic!("it throws") };
        assert_eq!((thrown.message.as_str(), thrown.frames[0].line, thrown.frames[0].column), ("é", 4, 31));
    }

    #[test]
    fn a_program_is_compiled_for_its_first_execution_and_no_other() {
        let engine = engine();
        let program = program(CODE);
        let run = || run_with(CodeCaching::default(), &engine, &program, "h").outcome;
        assert_eq!(run(), Outcome::Completed);
        // It is kept after the answer has left.
        let patience = Instant::now() + Duration::from_secs(20);
        while program.any_code_cache().is_none() {
            assert!(Instant::now() < patience, "no compiled form is kept");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(engine.stats().code_caches.used, 0);
        for _ in 0..3 {
            assert_eq!(run(), Outcome::Completed);
        }
        assert_eq!(engine.stats().code_caches, CodeCacheStats { used: 3, ..CodeCacheStats::default() });
    }

    #[test]
    fn whatever_is_not_sealed_by_us_for_this_code_is_refused_and_counted() {
        let engine = engine();
        let good = sealed(&engine, CODE);
        let refusal = |code: &str, sealed: &[u8], key: Option<&ProgramKey>| {
            let program = program(code);
            program.bring_code_cache(sealed);
            let refusal = engine.accept_code_cache(&program, key).unwrap_err();
            assert!(program.any_code_cache().is_none(), "{refusal:?}");
            refusal
        };
        assert_eq!(refusal(CODE, &good, None), CodeCacheRefusal::NoKey);
        assert_eq!(refusal(CODE, &good, Some(&key(2))), CodeCacheRefusal::NotAuthentic);
        // As long as the other, which is all that V8 would look at.
        let other_code = CODE.replace("wide", "WIDE");
        assert_eq!(refusal(&other_code, &good, Some(&key(1))), CodeCacheRefusal::OtherCode);
        for length in [0, 1, 31, 32, 33, 64, 96, 97, 128, good.len() - 1] {
            let cut = &good[..length];
            assert_eq!(refusal(CODE, cut, Some(&key(1))), CodeCacheRefusal::NotAuthentic, "{length}");
        }
        for index in (0..good.len()).step_by(good.len() / 50) {
            let mut altered = good.clone();
            altered[index] ^= 1;
            assert_eq!(refusal(CODE, &altered, Some(&key(1))), CodeCacheRefusal::NotAuthentic, "{index}");
        }
        let mut of_another_engine = good[..good.len() - HASH_BYTES].to_vec();
        of_another_engine[1] ^= 1;
        let new_tag = tag(&key(1), &of_another_engine);
        of_another_engine.extend(new_tag.as_ref());
        assert_eq!(refusal(CODE, &of_another_engine, Some(&key(1))), CodeCacheRefusal::OtherEngine);
        let stats = engine.stats().code_caches;
        assert_eq!((stats.no_key, stats.other_code, stats.other_engine, stats.accepted), (1, 1, 1, 0));
        assert!(stats.not_authentic > 50, "{stats:?}");
    }

    #[test]
    fn what_v8_refuses_is_counted_and_replaced() {
        let engine = engine();
        let program = program(CODE);
        for bytes in [vec![], vec![0; 7], vec![0xff; 4096]] {
            program.keep_code_cache(CodeCache { wrapping: Wrapping::Action, bytes: bytes.into() });
            assert_eq!(run(&engine, &program, "h").outcome, Outcome::Completed);
        }
        assert_eq!(engine.stats().code_caches.refused_by_v8, 3);
        assert_eq!(run(&engine, &program, "h").outcome, Outcome::Completed);
        assert_eq!(engine.stats().code_caches.used, 1);
    }

    #[test]
    fn a_handler_that_is_killed_leaves_what_the_top_level_has_compiled() {
        let engine = engine();
        let program = program("exports.h = () => { for (;;); };");
        assert!(matches!(run(&engine, &program, "h").outcome, Outcome::CpuLimit(_) | Outcome::WallLimit(_)));
        assert!(engine.seal_code_cache(&program, &key(1)).is_some());
    }

    #[test]
    fn the_text_of_a_program_is_no_memory_of_its_executions() {
        let engine = engine();
        let wide = format!("{CODE}\n/* {} */", "Ā".repeat(1_000_000));
        let small = run(&engine, &program(CODE), "h").usage;
        let large = run(&engine, &program(&wide), "h").usage;
        assert!(large.heap_peak_bytes < small.heap_peak_bytes + 500_000, "{small:?} {large:?}");
        assert!(large.buffers_peak_bytes < small.buffers_peak_bytes + 500_000, "{small:?} {large:?}");
    }

    #[test]
    fn a_long_text_gives_no_more_room_for_buffers() {
        let engine = engine();
        let code = "exports.h = async () => { globalThis.kept = new Uint8Array(1e6); await null; };";
        let long = format!("{code}\n// {}", "x".repeat(3_000_000));
        for code in [code, &long] {
            let used = run(&engine, &program(code), "h").usage.buffers_peak_bytes;
            assert!((1_000_000..1_500_000).contains(&used), "{used}");
        }
    }

    /// What comes out of a decompressor is not the allocator's, so V8's own figure counts it, from which texts are
    /// taken off.
    #[test]
    fn a_wide_text_hides_no_buffers() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![0; 2_000_000]).unwrap();
        let packed = encoder.finish().unwrap();
        let code = format!(
            "exports.h = async () => {{ globalThis.kept = await Array.fromAsync(new Blob([new Uint8Array({packed:?})])\
             .stream().pipeThrough(new DecompressionStream('deflate'))); }};\n// {}",
            "x".repeat(3_000_000)
        );
        let engine = engine();
        for code in [code.clone(), format!("{code}🙂")] {
            let execution = run(&engine, &program(&code), "h");
            assert_eq!(execution.outcome, Outcome::Completed);
            let used = execution.usage.buffers_peak_bytes;
            assert!((2_000_000..3_500_000).contains(&used), "{used}");
        }
    }

    #[test]
    fn a_program_may_be_empty() {
        let engine = engine();
        for kind in [ProgramKind::CommonJs, ProgramKind::EsModule] {
            let empty = Program::new("action.js", "", kind).unwrap();
            for _ in 0..2 {
                let outcome = run(&engine, &empty, "h").outcome;
                let Outcome::InvalidProgram(thrown) = outcome else { panic!("{outcome:?}") };
                assert!(thrown.message.contains('h'), "{}", thrown.message);
            }
        }
    }

    #[test]
    fn many_executions_read_one_text_and_let_it_go() {
        let engine = engine();
        let program = program(CODE);
        for _ in 0..10 {
            assert_eq!(run(&engine, &program, "h").outcome, Outcome::Completed);
        }
        let patience = Instant::now() + Duration::from_secs(20);
        while engine.stats().executions > 0 {
            assert!(Instant::now() < patience, "an execution does not go");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(program.text_owners(), 1);
    }
}
