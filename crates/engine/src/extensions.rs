//! Which extensions an isolate is made of, equal for the snapshot (the build script compiles this
//! file too) and for the isolates made from it: same extensions, same ops, same order.

use std::borrow::Cow;
use std::sync::Arc;

use deno_core::Extension;
use deno_core::OpDecl;
use deno_web::BlobStoreTrait;

use crate::ops;

/// Ops of deno_web that the Web APIs on our allow-list use. Fewer ops make a smaller snapshot, and
/// an op that is not here cannot be reached by whatever a script finds.
const WEB_OPS: &[&str] = &[
    "op_base64_decode",
    "op_base64_encode_from_buffer",
    "op_base64_atob",
    "op_base64_btoa",
    "op_encoding_normalize_label",
    "op_encoding_decode_single",
    "op_encoding_decode_utf8",
    "op_encoding_decode_utf8_ascii_only",
    "op_encoding_new_decoder",
    "op_encoding_decode",
    "op_encoding_encode_into",
    "op_encoding_encode_into_fallback",
    "op_blob_create_part",
    "op_blob_slice_part",
    "op_blob_read_part",
    "op_blob_remove_part",
    "op_blob_clone_part",
    "op_now",
    "op_time_origin",
    "op_defer",
    "op_readable_stream_resource_allocate",
    "op_readable_stream_resource_allocate_sized",
    "op_readable_stream_resource_get_sink",
    "op_readable_stream_resource_write_error",
    "op_readable_stream_resource_write_buf",
    "op_readable_stream_resource_write_sync",
    "op_readable_stream_resource_close",
    "op_readable_stream_resource_await_close",
    "op_url_reparse",
    "op_url_parse",
    "op_url_get_serialization",
    "op_url_parse_with_base",
    "op_url_parse_search_params",
    "op_url_stringify_search_params",
    "op_urlpattern_parse",
    "op_urlpattern_process_match_input",
    "op_preview_entries",
];

/// Ops of deno_core itself that nothing on our allow-list uses, or that would let a script that
/// found them print, panic or compile. They throw when called.
const DISABLED_CORE_OPS: &[&str] = &[
    "op_add",
    "op_add_async",
    "op_abort_wasm_streaming",
    "op_add_main_module_handler",
    "op_compile_function",
    "op_eval_context",
    "op_import_sync",
    "op_import_sync_with_source",
    "op_is_terminal",
    "op_lazy_load_esm",
    "op_leak_tracing_enable",
    "op_leak_tracing_get",
    "op_leak_tracing_get_all",
    "op_memory_usage",
    "op_op_names",
    "op_panic",
    "op_print",
    "op_resources",
    "op_set_format_exception_callback",
    "op_set_promise_hooks",
    "op_set_wasm_streaming_callback",
    "op_wasm_streaming_feed",
    "op_wasm_streaming_set_url",
];

/// The extensions, without JavaScript: that is in the snapshot.
pub(crate) fn extensions(blobs: Arc<dyn BlobStoreTrait>) -> Vec<Extension> {
    let webidl = Extension { name: "deno_webidl", ..Default::default() };

    let mut web = deno_web::deno_web::init(blobs, None, false, deno_web::InMemoryBroadcastChannel::default());
    web.ops = Cow::Borrowed(WEB.with(|web| *web));
    web.objects = Cow::Borrowed(&[]);
    without_sources(&mut web);

    let mut crypto = deno_crypto::deno_crypto::init(None);
    without_sources(&mut crypto);

    let mut vestibule = ops::vestibule();
    vestibule.middleware_fn = Some(Box::new(|op| match DISABLED_CORE_OPS.contains(&op.name) {
        true => op.disable(),
        false => op,
    }));
    vec![webidl, web, crypto, ops::fetch(), vestibule]
}

thread_local! {
    /// The list, made once on each thread that makes isolates: ops cannot be shared between threads.
    static WEB: &'static [OpDecl] = {
        let web = deno_web::deno_web::init(
            deno_web::BlobStore::default_arc(),
            None,
            false,
            deno_web::InMemoryBroadcastChannel::default(),
        );
        let kept: Vec<OpDecl> = web.ops.iter().filter(|op| WEB_OPS.contains(&op.name)).copied().collect();
        assert_eq!(kept.len(), WEB_OPS.len(), "every op of the list exists in deno_web");
        Box::leak(kept.into_boxed_slice())
    };
}

fn without_sources(extension: &mut Extension) {
    extension.lazy_loaded_js_files = Cow::Borrowed(&[]);
    extension.lazy_loaded_esm_files = Cow::Borrowed(&[]);
    extension.deps = &[];
}
