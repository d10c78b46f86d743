//! The reader of trigger declarations: from a `.d.ts` file to a [`Trigger`].
//!
//! The crate documentation explains the form of a declaration and all of its tags. The reader works in one
//! pass over what the handlers refer to: [`types`] turns TypeScript types into shapes, [`constraints`] adds
//! what the tags of types say, [`api`] finds the methods, and [`rules`] reads the tags of methods.

mod api;
mod constraints;
mod jsdoc;
mod rules;
mod source;
mod types;

use std::collections::HashMap;
use std::thread;

use oxc::allocator::Allocator;
use oxc::ast::ast::{FormalParameter, TSType};
use oxc::parser::Parser;
use oxc::span::SourceType;

use self::api::{Api, named, read_api};
use self::jsdoc::{Docs, Tag};
pub use self::source::DeclarationError;
use self::source::Source;
pub(crate) use self::types::integer;
use self::types::{Body, Declared, TypeReader};
use crate::shape::{Shape, Types};
use crate::trigger::{Handler, Mode, Phase, Trigger};

/// The parser recurses; [`Source::guard`] bounds how deep, and this is room for that depth in an
/// unoptimised build.
const STACK_BYTES: usize = 32 * 1024 * 1024;

const HANDLER_FORM: &str =
    "write `/** @handler onX execute */ export type OnX = (event: Event, api: API) => Promise<void>;`";

/// Reads a declaration on a thread of its own, whose stack is large enough for whatever the guard lets
/// through, and which turns a panic of the parser into an error.
pub(crate) fn read(file: &str, text: &str) -> Result<Trigger, DeclarationError> {
    let source = Source { file, text };
    source.guard()?;
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("read-declaration".to_owned()).stack_size(STACK_BYTES);
        let result = builder.spawn_scoped(scope, || read_here(&source)).map(thread::ScopedJoinHandle::join);
        match result {
            Ok(Ok(trigger)) => trigger,
            Ok(Err(_)) => Err(source.error(0, "the parser failed", "this is a bug; please report the file")),
            Err(error) => Err(source.error(0, format!("no thread to read with: {error}"), "try again")),
        }
    })
}

fn read_here(source: &Source<'_>) -> Result<Trigger, DeclarationError> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source.text, SourceType::d_ts()).parse();
    if let Some(diagnostic) = parsed.diagnostics.iter().next() {
        let offset = diagnostic.labels.first().map_or(0, |label| label.offset());
        let supported = "a declaration must be valid TypeScript";
        return Err(source.error(offset, format!("syntax error: {}", diagnostic.message), supported));
    }
    let mut reader = TypeReader::new(source, &parsed.program)?;
    let header = read_header(&mut reader)?;
    let handlers = read_handlers(&mut reader)?;
    let event = reader.read(handlers.event)?.shape;
    let names: Vec<String> = handlers.list.iter().map(|handler| handler.name.clone()).collect();
    let api = match handlers.api {
        Some(api) => read_api(&mut reader, api, &event, &names)?,
        None => Api { methods: Vec::new(), targets: Vec::new() },
    };
    reader.finish()?;
    Ok(assemble(source, header, handlers.list, api, event, reader.types))
}

fn assemble(
    source: &Source<'_>,
    header: Header,
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
        handlers,
        methods: api.methods,
        method_index,
        types,
        event,
        targets: api.targets,
        sample_event: None,
    }
}

struct Header {
    id: String,
    title: String,
    summary: String,
    mode: Mode,
}

fn read_header(reader: &mut TypeReader<'_>) -> Result<Header, DeclarationError> {
    let docs = reader.header()?;
    let source = reader.source;
    let text = |name| Ok::<_, DeclarationError>(docs.one(source, name)?.map(|tag| tag.text.clone()));
    let id = docs.one(source, "trigger")?.map(|tag| read_id(source, tag)).transpose()?.unwrap_or_default();
    let title = text("title")?.unwrap_or_else(|| id.clone());
    let mode = match docs.one(source, "mode")? {
        None => Mode::Sync,
        Some(tag) => match tag.text.as_str() {
            "sync" => Mode::Sync,
            "async" => Mode::Async,
            _ => {
                return Err(tag.error(
                    source,
                    "names an unknown mode",
                    "write `@mode sync` or `@mode async`",
                ));
            }
        },
    };
    docs.finish(source, "the trigger")?;
    Ok(Header { id, title, summary: docs.description, mode })
}

fn read_id(source: &Source<'_>, tag: &Tag) -> Result<String, DeclarationError> {
    let is_word = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    match tag.text.split_once('/') {
        Some((platform, name)) if is_word(platform) && is_word(name) => Ok(tag.text.clone()),
        _ => {
            let supported =
                "write PLATFORM/NAME in lower-case letters, digits and hyphens, such as acme/post-login";
            Err(tag.error(source, "is not the name of a trigger", supported))
        }
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
    Ok(Handler { name: name.to_owned(), phase, docs: docs.description.clone() })
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
