//! Which names a script finds on its own, and the way out for those that it would find elsewhere.

/// The language.
const LANGUAGE: &str = "AggregateError Array ArrayBuffer AsyncDisposableStack Atomics BigInt BigInt64Array \
    BigUint64Array Boolean DataView Date DisposableStack Error EvalError FinalizationRegistry Float16Array \
    Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl Iterator JSON Map Math \
    NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set String SuppressedError \
    Symbol SyntaxError Temporal TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray \
    WeakMap WeakRef WeakSet decodeURI decodeURIComponent encodeURI encodeURIComponent escape globalThis \
    isFinite isNaN parseFloat parseInt undefined unescape";

/// The Web.
const WEB: &str = "AbortController AbortSignal Blob ByteLengthQueuingStrategy CompressionStream \
    CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException DecompressionStream ErrorEvent Event \
    EventTarget File FormData Headers Performance PerformanceEntry PerformanceMark PerformanceMeasure \
    ProgressEvent QuotaExceededError ReadableByteStreamController ReadableStream ReadableStreamBYOBReader \
    ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader Request Response \
    SubtleCrypto TextDecoder TextDecoderStream TextEncoder TextEncoderStream TransformStream \
    TransformStreamDefaultController URL URLPattern URLSearchParams WritableStream \
    WritableStreamDefaultController WritableStreamDefaultWriter atob btoa clearInterval clearTimeout console \
    crypto fetch navigator performance queueMicrotask setInterval setTimeout structuredClone";

/// What the function around a CommonJS program and a module gives it.
const WRAPPER: &str = "arguments exports module require actions";

/// What other platforms have, and what to use here. `eval` is there, and refuses what it is given.
const ABSENT: &[(&str, &str)] = &[
    ("Buffer", "Use Uint8Array, TextEncoder and TextDecoder; Uint8Array.fromBase64 and .toHex convert."),
    ("BroadcastChannel", "Nobody else listens: every execution has an isolate of its own."),
    ("Deno", "An action has web APIs and no files, no processes, no environment."),
    ("EventSource", "Use fetch and read the response's body as a stream."),
    ("MessageChannel", "Nobody else listens: every execution has an isolate of its own."),
    ("SharedArrayBuffer", "Use ArrayBuffer; an action has one thread."),
    ("WebAssembly", "Code is not compiled at run time. Use JavaScript."),
    ("WebSocket", "Use fetch; an action is over when its handler has ended."),
    ("Worker", "An action has one thread. Split the work with promises."),
    ("XMLHttpRequest", "Use fetch."),
    ("__dirname", "An action has no files. Put the data into the code, or into event.configuration."),
    ("__filename", "An action has no files. Put the data into the code, or into event.configuration."),
    ("alert", "Use console.log; its lines are in the report of the execution."),
    ("caches", "Use api.cache where the trigger has it."),
    ("clearImmediate", "Use clearTimeout."),
    ("document", "An action has no page."),
    ("eval", "Code in a string is not run. Write the code itself, or use JSON.parse for data."),
    ("global", "Use globalThis."),
    ("indexedDB", "Use api.cache where the trigger has it, or metadata."),
    ("localStorage", "Use api.cache where the trigger has it, or metadata."),
    ("process", "Use event.secrets and event.configuration in place of the environment."),
    ("self", "Use globalThis."),
    ("sessionStorage", "Use api.cache where the trigger has it, or metadata."),
    ("setImmediate", "Use setTimeout or queueMicrotask."),
    ("window", "Use globalThis; an action has no page."),
];

/// Every name that a script may use without declaring it.
pub(crate) fn known() -> impl Iterator<Item = &'static str> {
    [LANGUAGE, WEB, WRAPPER].into_iter().flat_map(str::split_whitespace)
}

/// The way out for a name that other platforms have.
pub(crate) fn way_out(name: &str) -> Option<&'static str> {
    ABSENT.iter().find(|(absent, _)| *absent == name).map(|(_, help)| *help)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The engine keeps a list of everything that a script can reach.
    #[test]
    fn the_names_are_those_that_a_script_finds() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../engine/tests/engine/surface.txt");
        let text = std::fs::read_to_string(path).unwrap();
        let names = text.lines().filter_map(|line| line.strip_prefix("globalThis.")?.split_once(": "));
        let real: BTreeSet<&str> =
            names.map(|(name, _)| name).filter(|name| name.chars().all(char::is_alphanumeric)).collect();
        let known: BTreeSet<&str> = [LANGUAGE, WEB].into_iter().flat_map(str::split_whitespace).collect();
        let real = &real - &BTreeSet::from(["eval"]);
        // The list leaves out the properties whose values say nothing.
        assert_eq!(known, real, "left: this file, right: surface.txt");
        for (name, _) in ABSENT {
            assert!(!known.contains(name), "{name} is there");
        }
    }
}
