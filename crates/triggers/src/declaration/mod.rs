//! The reader of trigger declarations: from a `.d.ts` file to a [`Trigger`].
//!
//! The crate documentation explains the form of a declaration and all of its tags. [`link`] brings in what
//! other files declare; then the reader works in one pass over what the handlers refer to: [`header`] reads
//! what stands on top, [`types`] turns TypeScript types into shapes, [`constraints`] adds what the tags of
//! types say, [`api`] finds the methods, and [`rules`] reads the tags of methods.

mod api;
mod constraints;
mod header;
mod jsdoc;
mod link;
mod rules;
mod source;
mod types;

use std::collections::HashMap;
use std::thread;

use oxc::allocator::Allocator;
use oxc::ast::ast::{FormalParameter, TSType};

use self::api::{Api, named, read_api};
use self::header::{Header, check_methods, read_header, read_subject};
use self::jsdoc::Docs;
use self::link::link;
pub(crate) use self::link::{Library, Resolve};
pub use self::source::DeclarationError;
use self::source::Source;
pub(crate) use self::types::integer;
use self::types::{Body, Declared, TypeReader};
use crate::shape::{Shape, Types};
use crate::trigger::{Handler, Phase, Trigger};

/// The parser recurses; [`Source::guard`] bounds how deep, and this is room for that depth in an
/// unoptimised build.
const STACK_BYTES: usize = 32 * 1024 * 1024;

const HANDLER_FORM: &str =
    "write `/** @handler onX execute */ export type OnX = (event: Event, api: API) => Promise<void>;`";

/// Reads a declaration on a thread of its own, whose stack is large enough for whatever the guard lets
/// through, and which turns a panic of the parser into an error.
pub(crate) fn read(file: &str, text: &str, resolve: &Resolve<'_>) -> Result<Trigger, DeclarationError> {
    let failed = |construct: String, supported: &str| {
        Err(Source { file, text, pieces: &[] }.error(0, construct, supported))
    };
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("read-declaration".to_owned()).stack_size(STACK_BYTES);
        let result = builder
            .spawn_scoped(scope, || read_here(file, text, resolve))
            .map(thread::ScopedJoinHandle::join);
        match result {
            Ok(Ok(trigger)) => trigger,
            Ok(Err(_)) => failed("the parser failed".to_owned(), "this is a bug; please report the file"),
            Err(error) => failed(format!("no thread to read with: {error}"), "try again"),
        }
    })
}

fn read_here(file: &str, text: &str, resolve: &Resolve<'_>) -> Result<Trigger, DeclarationError> {
    let linked = link(file, text, resolve)?;
    let source = Source { file, text: &linked.text, pieces: &linked.pieces };
    source.guard()?;
    let allocator = Allocator::default();
    let program = source.parse(&allocator)?;
    let mut reader = TypeReader::new(&source, &program)?;
    let docs = reader.header()?;
    let header = read_header(&source, &docs)?;
    let handlers = read_handlers(&mut reader)?;
    let event = reader.read(handlers.event)?.shape;
    let names: Vec<String> = handlers.list.iter().map(|handler| handler.name.clone()).collect();
    let api = match handlers.api {
        Some(api) => read_api(&mut reader, api, &event, &names)?,
        None => Api { methods: Vec::new(), targets: Vec::new() },
    };
    reader.finish()?;
    check_methods(&source, &docs, &header, &api.methods)?;
    let subject = read_subject(&source, &docs, &reader.types, &event)?;
    Ok(assemble(&source, header, subject, handlers.list, api, event, reader.types))
}

fn assemble(
    source: &Source<'_>,
    header: Header,
    subject: Vec<Vec<String>>,
    handlers: Vec<Handler>,
    api: Api,
    event: Shape,
    types: Types,
) -> Trigger {
    let method_index: HashMap<String, usize> =
        api.methods.iter().enumerate().map(|(index, method)| (method.path.clone(), index)).collect();
    Trigger {
        id: header.id,
        title: header.title,
        summary: header.summary,
        source: source.text.to_owned(),
        mode: header.mode,
        binding: header.binding,
        retries: header.retries,
        needs: header.needs,
        subject,
        handlers,
        methods: api.methods,
        method_index,
        types,
        event,
        targets: api.targets,
        sample_event: None,
    }
}

struct Handlers<'a> {
    list: Vec<Handler>,
    event: &'a TSType<'a>,
    api: Option<Declared<'a>>,
}

/// Finds the types that carry `@handler`, and the event and api that all of them take.
fn read_handlers<'a>(reader: &mut TypeReader<'a>) -> Result<Handlers<'a>, DeclarationError> {
    let mut found: Option<Handlers<'a>> = None;
    for declared in reader.declared() {
        let docs = reader.docs_at(declared.offset);
        if !docs.has("handler") {
            continue;
        }
        let handler = read_handler(reader, declared, &docs)?;
        let (event, api) = handler_params(reader, declared)?;
        match &mut found {
            None => found = Some(Handlers { list: vec![handler], event, api }),
            Some(handlers) => {
                let same_event = type_name(reader.source, handlers.event) == type_name(reader.source, event);
                let same_api = handlers.api.map(|api| api.name) == api.map(|api| api.name);
                if !same_event || !same_api || handlers.list.iter().any(|other| other.name == handler.name) {
                    let supported = "all handlers take the same event and api, and have different names";
                    return Err(reader.source.error(
                        declared.offset,
                        "handlers that do not agree",
                        supported,
                    ));
                }
                handlers.list.push(handler);
            }
        }
    }
    found.ok_or_else(|| reader.source.error(0, "no type with @handler", HANDLER_FORM))
}

fn read_handler(
    reader: &TypeReader<'_>,
    declared: Declared<'_>,
    docs: &Docs,
) -> Result<Handler, DeclarationError> {
    let source = reader.source;
    let Some(tag) = docs.one(source, "handler")? else {
        return Err(source.error(declared.offset, "no @handler", HANDLER_FORM));
    };
    let words: Vec<&str> = tag.text.split_whitespace().collect();
    let (name, phase) = match words.as_slice() {
        [name] | [name, "execute"] => (*name, Phase::Execute),
        [name, "continue"] => (*name, Phase::Continue),
        _ => return Err(tag.error(source, "is not a handler", HANDLER_FORM)),
    };
    let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_word {
        return Err(tag.error(source, "needs the name of an export", HANDLER_FORM));
    }
    docs.finish(source, "a handler")?;
    Ok(Handler { name: name.to_owned(), phase, docs: docs.description.clone(), example: docs.example() })
}

fn handler_params<'a>(
    reader: &mut TypeReader<'a>,
    declared: Declared<'a>,
) -> Result<(&'a TSType<'a>, Option<Declared<'a>>), DeclarationError> {
    let error = |reader: &TypeReader<'_>, construct: &str| {
        Err(reader.source.error(declared.offset, construct, HANDLER_FORM))
    };
    let Body::Alias(alias) = declared.body else { return error(reader, "@handler on an interface") };
    let TSType::TSFunctionType(function) = &alias.type_annotation else {
        return error(reader, "@handler on a type that is not a function");
    };
    reader.note_span(alias.span);
    let type_of = |item: &'a FormalParameter<'a>| item.type_annotation.as_ref().map(|a| &a.type_annotation);
    let types: Vec<Option<&TSType<'_>>> = function.params.items.iter().map(type_of).collect();
    match types.as_slice() {
        [Some(event)] => Ok((event, None)),
        [Some(event), Some(api)] => match named(reader, api) {
            Some(api) => Ok((event, Some(api))),
            None => error(reader, "an api that is not an interface of this file"),
        },
        _ => error(reader, "a handler that does not take (event, api)"),
    }
}

fn type_name<'a>(source: &Source<'a>, ty: &TSType<'_>) -> &'a str {
    oxc::span::GetSpan::span(ty).source_text(source.text)
}
