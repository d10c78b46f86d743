//! From the interface of the `api` object to methods.

use oxc::ast::ast::{
    FormalParameters, TSMethodSignatureKind, TSPropertySignature, TSSignature, TSType, TSTypeAnnotation,
    TSTypeName,
};
use oxc::span::{GetSpan, Span};

use super::jsdoc::{Docs, Tag};
use super::rules::{RuleReader, read_effect};
use super::source::DeclarationError;
use super::types::{Body, Declared, TypeReader, property_name, refuse_generics};
use crate::rules::Target;
use crate::shape::Shape;
use crate::trigger::{Method, Param, Resume, Returns};

/// How deep namespaces may nest under `api`.
const NAMESPACES_MAX: usize = 4;
/// How many methods, and how many namespaces, an api may have.
const MEMBERS_MAX: usize = 500;

pub(super) struct Api {
    pub(super) methods: Vec<Method>,
    pub(super) targets: Vec<Target>,
}

/// Reads the methods of the interface that the handlers take as their second parameter.
pub(super) fn read_api<'a>(
    reader: &mut TypeReader<'a>,
    api: Declared<'a>,
    event: &Shape,
    handlers: &[String],
) -> Result<Api, DeclarationError> {
    let mut found = Found::default();
    collect(reader, api, "", 0, &mut found)?;
    let found = found.methods;
    let mut methods: Vec<Method> = Vec::new();
    let mut all_docs = Vec::new();
    for signature in &found {
        let (method, docs) = read_method(reader, signature, api.name)?;
        if methods.iter().any(|other| other.path == method.path) {
            let construct = format!("a second method {}", method.path);
            return Err(reader.source.error(signature.span.start, construct, "overloads are not supported"));
        }
        methods.push(method);
        all_docs.push(docs);
    }
    // Rules may name methods that are declared further down, so they are read when all methods are known.
    let mut rules = RuleReader {
        source: reader.source,
        types: &reader.types,
        event,
        handlers,
        paths: methods.iter().map(|method| method.path.clone()).collect(),
        targets: Vec::new(),
    };
    for (method, docs) in methods.iter_mut().zip(&all_docs) {
        method.rules = rules.read(method, docs)?;
        docs.finish(reader.source, "a method")?;
    }
    let targets = rules.targets;
    super::rules::check_effects(reader.source, &methods, |index| found[index].span.start)?;
    Ok(Api { methods, targets })
}

/// A method as it stands in the file.
struct Signature<'a> {
    path: String,
    span: Span,
    params: &'a FormalParameters<'a>,
    returns: Option<&'a TSTypeAnnotation<'a>>,
}

/// What the search for methods has come across.
#[derive(Default)]
struct Found<'a> {
    methods: Vec<Signature<'a>>,
    namespaces: usize,
}

fn collect<'a>(
    reader: &mut TypeReader<'a>,
    declared: Declared<'a>,
    prefix: &str,
    depth: usize,
    found: &mut Found<'a>,
) -> Result<(), DeclarationError> {
    reader.docs_at(declared.offset).finish(reader.source, "a namespace")?;
    let members = reader.members(declared)?;
    collect_members(reader, &members, prefix, depth, found)
}

fn collect_members<'a>(
    reader: &mut TypeReader<'a>,
    members: &[&'a TSSignature<'a>],
    prefix: &str,
    depth: usize,
    found: &mut Found<'a>,
) -> Result<(), DeclarationError> {
    found.namespaces += 1;
    for member in members {
        let at = member.span().start;
        if found.methods.len().max(found.namespaces) > MEMBERS_MAX || depth > NAMESPACES_MAX {
            let supported = format!(
                "at most {MEMBERS_MAX} methods and {MEMBERS_MAX} namespaces, {NAMESPACES_MAX} levels deep"
            );
            return Err(reader.source.error(at, "the api is too large", supported));
        }
        match member {
            TSSignature::TSMethodSignature(method)
                if !method.optional && method.kind == TSMethodSignatureKind::Method =>
            {
                refuse_generics(reader.source, method.type_parameters.as_ref().map(|p| p.span))?;
                let name = property_name(reader.source, &method.key, method.computed)?;
                let path = format!("{prefix}{}", checked_name(reader, name, at)?);
                let returns = method.return_type.as_deref();
                found.methods.push(Signature { path, span: method.span, params: &method.params, returns });
            }
            TSSignature::TSPropertySignature(property) if !property.optional => {
                collect_property(reader, property, prefix, depth, found)?;
            }
            TSSignature::TSMethodSignature(_)
            | TSSignature::TSPropertySignature(_)
            | TSSignature::TSIndexSignature(_)
            | TSSignature::TSCallSignatureDeclaration(_)
            | TSSignature::TSConstructSignatureDeclaration(_) => {
                let supported = "an api has methods and namespaces, none of them optional";
                return Err(reader.source.error(at, "this member of the api", supported));
            }
        }
    }
    Ok(())
}

/// A property is a method when its type is a function, and a namespace otherwise.
fn collect_property<'a>(
    reader: &mut TypeReader<'a>,
    property: &'a TSPropertySignature<'a>,
    prefix: &str,
    depth: usize,
    found: &mut Found<'a>,
) -> Result<(), DeclarationError> {
    let at = property.span.start;
    let name = property_name(reader.source, &property.key, property.computed)?;
    let path = format!("{prefix}{}", checked_name(reader, name, at)?);
    let ty = property.type_annotation.as_ref().map(|annotation| &annotation.type_annotation);
    if let Some(TSType::TSFunctionType(function)) = ty {
        refuse_generics(reader.source, function.type_parameters.as_ref().map(|p| p.span))?;
        let returns = Some(&*function.return_type);
        found.methods.push(Signature { path, span: property.span, params: &function.params, returns });
        return Ok(());
    }
    reader.docs_at(at).finish(reader.source, "a namespace")?;
    let prefix = format!("{path}.");
    if let Some(TSType::TSTypeLiteral(literal)) = ty {
        let members: Vec<&TSSignature<'_>> = literal.members.iter().collect();
        return collect_members(reader, &members, &prefix, depth + 1, found);
    }
    match ty.and_then(|ty| named(reader, ty)) {
        Some(namespace) => collect(reader, namespace, &prefix, depth + 1, found),
        None => {
            let construct = format!("api.{path} is neither a method nor a namespace");
            Err(reader.source.error(at, construct, "write a method, or name an interface that has methods"))
        }
    }
}

/// A name becomes a property of the `api` object, so it must not collide with what every object has.
fn checked_name(reader: &TypeReader<'_>, name: String, at: u32) -> Result<String, DeclarationError> {
    let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_word && !matches!(name.as_str(), "__proto__" | "constructor" | "prototype" | "then" | "toJSON") {
        return Ok(name);
    }
    let supported = "names are ASCII words, other than constructor, prototype, __proto__, then and toJSON";
    Err(reader.source.error(at, format!("the name {name:?} in the api"), supported))
}

/// The declaration that a plain type name refers to.
pub(super) fn named<'a>(reader: &TypeReader<'a>, ty: &'a TSType<'a>) -> Option<Declared<'a>> {
    let TSType::TSTypeReference(reference) = ty else { return None };
    let TSTypeName::IdentifierReference(name) = &reference.type_name else { return None };
    let declared = reader.find(name.name.as_str())?;
    let is_object = match declared.body {
        Body::Interface(_) => true,
        Body::Alias(alias) => matches!(alias.type_annotation, TSType::TSTypeLiteral(_)),
    };
    (is_object && reference.type_arguments.is_none()).then_some(declared)
}

fn read_method<'a>(
    reader: &mut TypeReader<'a>,
    signature: &Signature<'a>,
    api_name: &str,
) -> Result<(Method, Docs), DeclarationError> {
    let docs = reader.docs_at(signature.span.start);
    let host = docs.one(reader.source, "host")?.map(|tag| tag.text.clone());
    if host.as_ref().is_some_and(String::is_empty) {
        let supported = "write `@host cache.get`";
        return Err(reader.source.error(signature.span.start, "@host without a name", supported));
    }
    let params = read_params(reader, signature, &docs)?;
    let (returns, return_type) = read_returns(reader, signature, api_name, host.is_some())?;
    let stops = docs.flag(reader.source, "stops")?;
    let suspends = docs.one(reader.source, "suspends")?.map(|tag| read_resume(reader, tag)).transpose()?;
    let effect = read_effect(reader.source, &docs, &signature.path, &params)?;
    if host.is_some()
        && let Some(tag) =
            ["stops", "suspends", "merge", "effect", "updates", "limit", "limitBytes", "discardedBy"]
                .iter()
                .find(|tag| docs.has(tag))
    {
        let construct = format!("@{tag} beside @host in {}", signature.path);
        let supported = "a host function records no command";
        return Err(reader.source.error(signature.span.start, construct, supported));
    }
    let method = Method {
        path: signature.path.clone(),
        params,
        returns,
        return_type,
        host,
        stops,
        suspends,
        effect,
        docs: docs.description.clone(),
        rules: crate::rules::Rules::default(),
    };
    Ok((method, docs))
}

fn read_resume(reader: &TypeReader<'_>, tag: &Tag) -> Result<Resume, DeclarationError> {
    match tag.text.as_str() {
        "" => Ok(Resume::Continue),
        "next" => Ok(Resume::Next),
        _ => Err(tag.error(reader.source, "names no place", "write `@suspends` or `@suspends next`")),
    }
}

fn read_params<'a>(
    reader: &mut TypeReader<'a>,
    signature: &Signature<'a>,
    method_docs: &Docs,
) -> Result<Vec<Param>, DeclarationError> {
    if let Some(rest) = &signature.params.rest {
        let supported = "take an array as an ordinary parameter";
        return Err(reader.source.error(rest.span.start, "a rest parameter", supported));
    }
    let mut params: Vec<Param> = Vec::new();
    for item in &signature.params.items {
        let at = item.span.start;
        let name = item.pattern.get_identifier_name().map(|name| name.to_string());
        let (Some(name), Some(annotation)) = (name, &item.type_annotation) else {
            let construct = "a parameter without a plain name and a type";
            return Err(reader.source.error(at, construct, "write `name: type`"));
        };
        let docs = reader.docs_at(at);
        let typed = reader.read_with(&annotation.type_annotation, &docs)?;
        docs.finish(reader.source, "a parameter")?;
        let has_default = typed.shape.constraints.as_ref().is_some_and(|c| c.default.is_some());
        let described = method_docs.param(&name);
        params.push(Param {
            optional: item.optional
                || typed.undefined
                || has_default
                || reader.types.accepts_undefined(&typed.shape),
            type_text: reader.types.type_text(&typed.shape),
            docs: if described.is_empty() { docs.description } else { described },
            normalises: reader.types.normalises(&typed.shape),
            shape: typed.shape,
            name,
        });
    }
    Ok(params)
}

fn read_returns(
    reader: &TypeReader<'_>,
    signature: &Signature<'_>,
    api_name: &str,
    has_host: bool,
) -> Result<(Returns, String), DeclarationError> {
    let Some(annotation) = signature.returns else {
        let construct = format!("{} without a return type", signature.path);
        let supported = format!("write `: void`, or `: {api_name}` for calls that chain");
        return Err(reader.source.error(signature.span.start, construct, supported));
    };
    let ty = &annotation.type_annotation;
    let text = ty.span().source_text(reader.source.text).to_owned();
    let type_name = match ty {
        TSType::TSTypeReference(reference) => match &reference.type_name {
            TSTypeName::IdentifierReference(name) => Some(name.name.as_str()),
            TSTypeName::QualifiedName(_) | TSTypeName::ThisExpression(_) => None,
        },
        _ => None,
    };
    let returns = match ty {
        TSType::TSVoidKeyword(_) | TSType::TSUndefinedKeyword(_) => Returns::Nothing,
        _ if type_name == Some(api_name) => Returns::Chain,
        _ if type_name == Some("Promise") => Returns::Promise,
        _ => Returns::Value,
    };
    match (returns, has_host) {
        (Returns::Chain, true) => {
            let construct = format!("{} gives the api although it has a @host", signature.path);
            Err(reader.source.error(ty.span().start, construct, "a host function gives a value or a promise"))
        }
        (Returns::Value | Returns::Promise, false) => {
            let construct = format!("{} gives a value but has no @host", signature.path);
            let supported = "name the host function that computes it with `@host NAME`";
            Err(reader.source.error(ty.span().start, construct, supported))
        }
        (Returns::Chain | Returns::Nothing, false)
        | (Returns::Nothing | Returns::Value | Returns::Promise, true) => Ok((returns, text)),
    }
}
