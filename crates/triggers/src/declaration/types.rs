//! From TypeScript types to shapes.

use std::collections::{HashMap, HashSet, VecDeque};

use oxc::ast::Comment;
use oxc::ast::ast::{
    Declaration, Expression, Program, PropertyKey, Statement, TSInterfaceDeclaration, TSLiteral, TSSignature,
    TSTupleElement, TSType, TSTypeAliasDeclaration, TSTypeName, TSTypeReference,
};
use oxc::span::{GetSpan, Span};
use oxc::syntax::operator::UnaryOperator;
use serde_json::{Number, Value};

use super::constraints::read_constraints;
use super::jsdoc::Docs;
use super::source::{DeclarationError, Source};
use crate::shape::{Field, Kind, ObjectShape, Shape, TypeId, Types};

/// How deep types may nest without a name.
const NESTING_MAX: usize = 32;
/// How many aliases and unions may stand between a name and the values it means, and how many
/// alternatives they may have together.
const CHAIN_MAX: usize = 32;
const ALTERNATIVES_MAX: usize = 1_000;
/// How many interfaces may extend one another.
const EXTENDS_MAX: usize = 16;

const SUPPORTED_TYPES: &str = "supported are string, number, boolean, null, any, unknown, literals, unions, \
    arrays, tuples, object types, Record, Array, Readonly and the names of interfaces and types of this file";

/// Reads the types of one file on demand; what no handler refers to is not read.
pub(super) struct TypeReader<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) types: Types,
    comments: HashMap<u32, Vec<&'a Comment>>,
    read_comments: HashSet<u32>,
    read_spans: Vec<Span>,
    declared: HashMap<&'a str, Declared<'a>>,
    ids: HashMap<&'a str, TypeId>,
    waiting: VecDeque<(TypeId, Declared<'a>)>,
}

/// A named type of the file.
#[derive(Clone, Copy)]
pub(super) struct Declared<'a> {
    pub(super) name: &'a str,
    /// Where the statement begins, which is where its doc comment is attached.
    pub(super) offset: u32,
    pub(super) body: Body<'a>,
}

#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    Interface(&'a TSInterfaceDeclaration<'a>),
    Alias(&'a TSTypeAliasDeclaration<'a>),
}

/// A shape, and whether `undefined` was among its alternatives.
pub(super) struct Typed {
    pub(super) shape: Shape,
    pub(super) undefined: bool,
}

/// Width and depth of what stands between a name and the values it means.
#[derive(Clone, Copy)]
struct Extent {
    depth: usize,
    alternatives: usize,
}

impl<'a> TypeReader<'a> {
    pub(super) fn new(source: &'a Source<'a>, program: &'a Program<'a>) -> Result<Self, DeclarationError> {
        let mut comments: HashMap<u32, Vec<&Comment>> = HashMap::new();
        for comment in program.comments.iter().filter(|c| is_doc(source, c)) {
            comments.entry(comment.attached_to).or_default().push(comment);
        }
        let mut declared = HashMap::new();
        for statement in &program.body {
            let Some(found) = declared_type(source, statement)? else { continue };
            if declared.insert(found.name, found).is_some() {
                let construct = format!("a second declaration of {}", found.name);
                return Err(source.error(found.offset, construct, "declare every name once"));
            }
        }
        Ok(TypeReader {
            source,
            types: Types::default(),
            comments,
            read_comments: HashSet::new(),
            read_spans: Vec::new(),
            declared,
            ids: HashMap::new(),
            waiting: VecDeque::new(),
        })
    }

    /// The types of the file in the order of their declaration.
    pub(super) fn declared(&self) -> Vec<Declared<'a>> {
        let mut all: Vec<Declared<'a>> = self.declared.values().copied().collect();
        all.sort_by_key(|declared| declared.offset);
        all
    }

    pub(super) fn find(&self, name: &str) -> Option<Declared<'a>> {
        self.declared.get(name).copied()
    }

    /// The doc comment in front of the token at `offset`.
    pub(super) fn docs_at(&mut self, offset: u32) -> Docs {
        let comments = self.comments.get(&offset).map(Vec::as_slice).unwrap_or_default();
        // A header of the file may stand in front of the first declaration; it is read by itself.
        let Some(comment) = comments.last().filter(|comment| !self.parse_docs(comment).has("trigger")) else {
            return Docs::default();
        };
        self.read_comments.insert(comment.span.start);
        self.parse_docs(comment)
    }

    /// The doc comment that carries `@trigger`.
    pub(super) fn header(&mut self) -> Result<Docs, DeclarationError> {
        let mut all: Vec<&Comment> = self.comments.values().flatten().copied().collect();
        all.sort_by_key(|comment| comment.span.start);
        let mut headers = all.into_iter().filter(|comment| self.parse_docs(comment).has("trigger"));
        let Some(header) = headers.next() else {
            let supported = "begin the file with a doc comment that carries \"@trigger PLATFORM/NAME\"";
            return Err(self.source.error(0, "no @trigger", supported));
        };
        if let Some(second) = headers.next() {
            return Err(self.source.error(
                second.span.start,
                "a second @trigger",
                "one file declares one trigger",
            ));
        }
        let docs = self.parse_docs(header);
        self.read_comments.insert(header.span.start);
        Ok(docs)
    }

    /// Notes that everything in this span counts, so that no tag in it may go unread.
    pub(super) fn note_span(&mut self, span: Span) {
        self.read_spans.push(span);
    }

    /// Refuses tags in comments that belong to nothing, such as one in front of an alternative of a union.
    pub(super) fn finish(&self) -> Result<(), DeclarationError> {
        for comment in self.comments.values().flatten() {
            let at = comment.span.start;
            let counts = self.read_spans.iter().any(|span| span.start <= at && at < span.end);
            if !counts || self.read_comments.contains(&at) {
                continue;
            }
            if let Some(tag) = self.parse_docs(comment).first_of_ours() {
                let supported = "tags are read in front of types, fields, methods and parameters";
                return Err(tag.error(self.source, "in a comment that belongs to nothing", supported));
            }
        }
        Ok(())
    }

    /// Reads a type, and all that it refers to.
    pub(super) fn read(&mut self, ty: &'a TSType<'a>) -> Result<Typed, DeclarationError> {
        let typed = self.typed(ty, 0)?;
        while let Some((id, declared)) = self.waiting.pop_front() {
            let shape = self.declared_shape(declared)?;
            self.types.define(id, shape);
        }
        let mut known = HashMap::new();
        for (name, id) in &self.ids {
            let shape = &self.types.get(*id).shape;
            if self.extent(shape, 0, &mut known).is_none_or(|extent| extent.alternatives > ALTERNATIVES_MAX) {
                let offset = self.declared.get(name).map_or(0, |declared| declared.offset);
                let construct = format!("{name} is an endless or very long chain of aliases");
                let supported = format!(
                    "a name may stand for at most {CHAIN_MAX} aliases in a row and {ALTERNATIVES_MAX} alternatives"
                );
                return Err(self.source.error(offset, construct, supported));
            }
        }
        Ok(typed)
    }

    /// A type with what its doc comment adds.
    pub(super) fn read_with(&mut self, ty: &'a TSType<'a>, docs: &Docs) -> Result<Typed, DeclarationError> {
        let typed = self.read(ty)?;
        self.constrain(typed, docs)
    }

    /// The members of the object type or interface that a type names, with those it extends.
    pub(super) fn members(
        &mut self,
        declared: Declared<'a>,
    ) -> Result<Vec<&'a TSSignature<'a>>, DeclarationError> {
        let mut levels: Vec<&'a [TSSignature<'a>]> = Vec::new();
        let mut waiting = vec![declared];
        while let Some(declared) = waiting.pop() {
            if levels.len() >= EXTENDS_MAX {
                let construct = format!("{} extends itself or too many others", declared.name);
                let supported = format!("at most {EXTENDS_MAX} interfaces may extend one another");
                return Err(self.source.error(declared.offset, construct, supported));
            }
            match declared.body {
                Body::Interface(interface) => {
                    self.note_span(interface.span);
                    refuse_generics(self.source, interface.type_parameters.as_ref().map(|p| p.span))?;
                    levels.push(interface.body.body.as_slice());
                    for parent in &interface.extends {
                        let parent = self.parent(&parent.type_name, parent.span)?;
                        // Constraints are not inherited; dropping them in silence would be worse.
                        self.docs_at(parent.offset).finish(self.source, "an interface that others extend")?;
                        waiting.push(parent);
                    }
                }
                Body::Alias(alias) => {
                    let TSType::TSTypeLiteral(literal) = &alias.type_annotation else {
                        let construct = format!("{} is not an object type", declared.name);
                        return Err(self.source.error(alias.span.start, construct, "name an interface here"));
                    };
                    self.note_span(alias.span);
                    levels.push(literal.members.as_slice());
                }
            }
        }
        // Parents first, so that a field declared again comes from the child.
        Ok(levels.into_iter().rev().flatten().collect())
    }

    fn parent(&self, name: &TSTypeName<'a>, span: Span) -> Result<Declared<'a>, DeclarationError> {
        let found = match name {
            TSTypeName::IdentifierReference(name) => self.find(name.name.as_str()),
            TSTypeName::QualifiedName(_) | TSTypeName::ThisExpression(_) => None,
        };
        found.ok_or_else(|| {
            let supported = "an interface can extend an interface of this file";
            self.source.error(span.start, "an unknown type after extends", supported)
        })
    }

    fn parse_docs(&self, comment: &Comment) -> Docs {
        Docs::parse(comment.span.source_text(self.source.text), comment.span.start)
    }

    fn constrain(&self, typed: Typed, docs: &Docs) -> Result<Typed, DeclarationError> {
        let read = read_constraints(self.source, docs)?;
        let Typed { mut shape, undefined } = typed;
        if read.any {
            shape = Kind::Any.into();
        }
        // Types written in place carry no constraints yet; those of named types stay with the name.
        shape.constraints = read.constraints.map(Box::new);
        Ok(Typed { shape, undefined })
    }

    fn declared_shape(&mut self, declared: Declared<'a>) -> Result<Shape, DeclarationError> {
        let docs = self.docs_at(declared.offset);
        let typed = match declared.body {
            Body::Interface(_) => {
                let members = self.members(declared)?;
                Typed { shape: Kind::Object(self.object(&members, 0)?).into(), undefined: false }
            }
            Body::Alias(alias) => {
                self.note_span(alias.span);
                refuse_generics(self.source, alias.type_parameters.as_ref().map(|p| p.span))?;
                self.typed(&alias.type_annotation, 0)?
            }
        };
        if typed.undefined {
            let construct = format!("{} may be undefined", declared.name);
            return Err(self.source.error(
                declared.offset,
                construct,
                "make the field or parameter optional",
            ));
        }
        let typed = self.constrain(typed, &docs)?;
        docs.finish(self.source, "a type")?;
        Ok(typed.shape)
    }

    fn typed(&mut self, ty: &'a TSType<'a>, depth: usize) -> Result<Typed, DeclarationError> {
        if depth > NESTING_MAX {
            return Err(self.source.error(
                ty.span().start,
                "types nest too deeply here",
                "name the inner types",
            ));
        }
        if let TSType::TSUnionType(union) = ty {
            return self.union(union.types.as_slice(), depth);
        }
        if let TSType::TSUndefinedKeyword(_) = ty {
            return Ok(Typed { shape: Kind::Union(Vec::new()).into(), undefined: true });
        }
        Ok(Typed { shape: self.kind(ty, depth)?.into(), undefined: false })
    }

    fn kind(&mut self, ty: &'a TSType<'a>, depth: usize) -> Result<Kind, DeclarationError> {
        Ok(match ty {
            TSType::TSAnyKeyword(_) | TSType::TSUnknownKeyword(_) => Kind::Any,
            TSType::TSNullKeyword(_) => Kind::Null,
            TSType::TSBooleanKeyword(_) => Kind::Boolean,
            TSType::TSNumberKeyword(_) => Kind::Number,
            TSType::TSStringKeyword(_) => Kind::String,
            TSType::TSObjectKeyword(_) => {
                Kind::Object(ObjectShape { fields: Vec::new(), rest: Some(Box::new(Kind::Any.into())) })
            }
            TSType::TSLiteralType(literal) => Kind::Literal(self.literal(&literal.literal)?),
            TSType::TSArrayType(array) => Kind::Array(Box::new(self.defined(&array.element_type, depth)?)),
            TSType::TSTupleType(tuple) => Kind::Tuple(self.tuple(tuple.element_types.as_slice(), depth)?),
            TSType::TSTypeLiteral(literal) => {
                let members: Vec<&TSSignature<'_>> = literal.members.iter().collect();
                Kind::Object(self.object(&members, depth + 1)?)
            }
            TSType::TSParenthesizedType(inner) => return self.grouped(&inner.type_annotation, depth),
            TSType::TSTypeOperatorType(operator) if is_readonly(self.source, operator.span) => {
                return self.grouped(&operator.type_annotation, depth);
            }
            TSType::TSTypeReference(reference) => self.reference(reference, depth)?,
            other => return Err(self.unsupported(other)),
        })
    }

    fn grouped(&mut self, ty: &'a TSType<'a>, depth: usize) -> Result<Kind, DeclarationError> {
        Ok(self.defined(ty, depth)?.kind)
    }

    /// A type in a place where `undefined` makes no sense.
    fn defined(&mut self, ty: &'a TSType<'a>, depth: usize) -> Result<Shape, DeclarationError> {
        let typed = self.typed(ty, depth + 1)?;
        if typed.undefined {
            let construct = "undefined as a value";
            return Err(self.source.error(
                ty.span().start,
                construct,
                "write null, or make the field optional",
            ));
        }
        Ok(typed.shape)
    }

    fn union(&mut self, types: &'a [TSType<'a>], depth: usize) -> Result<Typed, DeclarationError> {
        let mut branches = Vec::new();
        let mut undefined = false;
        for ty in types {
            let typed = self.typed(ty, depth + 1)?;
            undefined |= typed.undefined;
            match typed.shape {
                Shape { kind: Kind::Union(inner), constraints: None } => branches.extend(inner),
                shape => branches.push(shape),
            }
        }
        if branches.len() == 1
            && let Some(only) = branches.pop()
        {
            return Ok(Typed { shape: only, undefined });
        }
        Ok(Typed { shape: Kind::Union(branches).into(), undefined })
    }

    fn tuple(
        &mut self,
        items: &'a [TSTupleElement<'a>],
        depth: usize,
    ) -> Result<Vec<Shape>, DeclarationError> {
        let mut shapes = Vec::new();
        for item in items {
            let ty = match item {
                TSTupleElement::TSNamedTupleMember(member) if !member.optional => {
                    member.element_type.as_ts_type()
                }
                other => other.as_ts_type(),
            };
            let Some(ty) = ty.filter(|ty| !matches!(ty, TSType::TSNamedTupleMember(_))) else {
                let construct = "an optional or rest element of a tuple";
                return Err(self.source.error(
                    item.span().start,
                    construct,
                    "list the elements, or use an array",
                ));
            };
            shapes.push(self.defined(ty, depth)?);
        }
        Ok(shapes)
    }

    fn object(
        &mut self,
        members: &[&'a TSSignature<'a>],
        depth: usize,
    ) -> Result<ObjectShape, DeclarationError> {
        let mut object = ObjectShape::default();
        for member in members {
            match member {
                TSSignature::TSPropertySignature(property) => {
                    let name = property_name(self.source, &property.key, property.computed)?;
                    let Some(annotation) = &property.type_annotation else {
                        let construct = format!("the field {name} without a type");
                        return Err(self.source.error(property.span.start, construct, "write `name: type`"));
                    };
                    let docs = self.docs_at(property.span.start);
                    let typed = self.typed(&annotation.type_annotation, depth + 1)?;
                    let typed = self.constrain(typed, &docs)?;
                    let provided = docs.flag(self.source, "provided")?;
                    let sensitive = docs.flag(self.source, "sensitive")?;
                    docs.finish(self.source, "a field")?;
                    object.fields.retain(|field| field.name != name);
                    object.fields.push(Field {
                        name,
                        shape: typed.shape,
                        optional: property.optional || typed.undefined,
                        provided,
                        sensitive,
                        docs: docs.description,
                    });
                }
                TSSignature::TSIndexSignature(index) => {
                    let shape = self.defined(&index.type_annotation.type_annotation, depth)?;
                    object.rest = Some(Box::new(shape));
                }
                TSSignature::TSCallSignatureDeclaration(_)
                | TSSignature::TSConstructSignatureDeclaration(_)
                | TSSignature::TSMethodSignature(_) => {
                    let construct = "a method in a type of data";
                    let supported = "methods belong into the type of the second parameter of the handlers";
                    return Err(self.source.error(member.span().start, construct, supported));
                }
            }
        }
        Ok(object)
    }

    fn literal(&self, literal: &TSLiteral<'a>) -> Result<Value, DeclarationError> {
        let number = |value: f64| Number::from_f64(value).map(Value::Number);
        let value = match literal {
            TSLiteral::BooleanLiteral(literal) => Some(Value::Bool(literal.value)),
            TSLiteral::StringLiteral(literal) => Some(Value::String(literal.value.to_string())),
            TSLiteral::NumericLiteral(literal) => integer(literal.value).or_else(|| number(literal.value)),
            TSLiteral::UnaryExpression(unary) => match (&unary.operator, &unary.argument) {
                (UnaryOperator::UnaryNegation, Expression::NumericLiteral(literal)) => {
                    integer(-literal.value).or_else(|| number(-literal.value))
                }
                _ => None,
            },
            TSLiteral::BigIntLiteral(_) | TSLiteral::TemplateLiteral(_) => None,
        };
        value.ok_or_else(|| {
            let supported = "supported literals are strings, numbers, true and false";
            self.source.error(literal.span().start, "this literal type", supported)
        })
    }

    fn reference(
        &mut self,
        reference: &'a TSTypeReference<'a>,
        depth: usize,
    ) -> Result<Kind, DeclarationError> {
        let at = reference.span.start;
        let TSTypeName::IdentifierReference(name) = &reference.type_name else {
            return Err(self.source.error(at, "a qualified name", "name a type of this file"));
        };
        let name = name.name.as_str();
        let arguments: &'a [TSType<'a>] =
            reference.type_arguments.as_ref().map_or(&[], |arguments| arguments.params.as_slice());
        if let Some(declared) = self.find(name) {
            if arguments.is_empty() {
                return Ok(Kind::Named(self.id_of(declared)));
            }
            return Err(self.source.error(at, format!("type arguments for {name}"), "write the type out"));
        }
        match (name, arguments) {
            ("Array" | "ReadonlyArray", [items]) => Ok(Kind::Array(Box::new(self.defined(items, depth)?))),
            ("Readonly", [inner]) => self.grouped(inner, depth),
            ("Record", [keys, values]) => self.record(keys, values, depth),
            _ => {
                let construct = format!("the unknown type {name}");
                Err(self.source.error(at, construct, SUPPORTED_TYPES))
            }
        }
    }

    /// `Record<string, V>` is open; `Record<"a" | "b", V>` has these fields.
    fn record(
        &mut self,
        keys: &'a TSType<'a>,
        values: &'a TSType<'a>,
        depth: usize,
    ) -> Result<Kind, DeclarationError> {
        let values_shape = self.defined(values, depth)?;
        if matches!(keys, TSType::TSStringKeyword(_)) {
            return Ok(Kind::Object(ObjectShape { fields: Vec::new(), rest: Some(Box::new(values_shape)) }));
        }
        let names: Option<Vec<String>> = match self.defined(keys, depth)?.kind {
            Kind::Literal(Value::String(name)) => Some(vec![name]),
            Kind::Union(branches) => branches
                .into_iter()
                .map(|branch| match branch.kind {
                    Kind::Literal(Value::String(name)) => Some(name),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        let Some(names) = names else {
            let supported = "use string or a union of string literals";
            return Err(self.source.error(keys.span().start, "this key type of a Record", supported));
        };
        let field = |name| Field {
            name,
            shape: values_shape.clone(),
            optional: false,
            provided: false,
            sensitive: false,
            docs: String::new(),
        };
        Ok(Kind::Object(ObjectShape { fields: names.into_iter().map(field).collect(), rest: None }))
    }

    fn id_of(&mut self, declared: Declared<'a>) -> TypeId {
        if let Some(id) = self.ids.get(declared.name) {
            return *id;
        }
        // The comment is read again, with its tags, when the type's turn comes.
        let docs = self.docs_at(declared.offset).description;
        let id = self.types.reserve(declared.name, docs);
        self.ids.insert(declared.name, id);
        self.waiting.push_back((id, declared));
        id
    }

    /// Measures the aliases and unions under a shape; `None` when they are endless or too deep.
    fn extent(&self, shape: &Shape, depth: usize, known: &mut HashMap<TypeId, Extent>) -> Option<Extent> {
        if depth > CHAIN_MAX {
            return None;
        }
        let mut total = Extent { depth: 0, alternatives: 1 };
        match &shape.kind {
            Kind::Named(id) => {
                total = match known.get(id) {
                    Some(extent) => *extent,
                    None => {
                        let extent = self.extent(&self.types.get(*id).shape, depth + 1, known)?;
                        known.insert(*id, extent);
                        extent
                    }
                };
                total.depth += 1;
            }
            Kind::Union(branches) => {
                for branch in branches {
                    let extent = self.extent(branch, depth + 1, known)?;
                    total.depth = total.depth.max(extent.depth + 1);
                    total.alternatives = total.alternatives.saturating_add(extent.alternatives);
                }
            }
            Kind::Any
            | Kind::Null
            | Kind::Boolean
            | Kind::Number
            | Kind::String
            | Kind::Literal(_)
            | Kind::Array(_)
            | Kind::Tuple(_)
            | Kind::Object(_) => {}
        }
        (total.depth + depth <= CHAIN_MAX).then_some(total)
    }

    fn unsupported(&self, ty: &TSType<'a>) -> DeclarationError {
        let construct = match ty {
            TSType::TSFunctionType(_) => "a function type in data",
            TSType::TSIntersectionType(_) => "an intersection type (use `extends`)",
            TSType::TSConditionalType(_) => "a conditional type",
            TSType::TSMappedType(_) => "a mapped type",
            TSType::TSTemplateLiteralType(_) => "a template literal type",
            TSType::TSIndexedAccessType(_) => "an indexed access type",
            TSType::TSTypeQuery(_) => "typeof",
            TSType::TSImportType(_) => "an import type",
            TSType::TSTypeOperatorType(_) => "keyof or unique",
            TSType::TSBigIntKeyword(_) => "bigint",
            TSType::TSSymbolKeyword(_) => "symbol",
            TSType::TSNeverKeyword(_) => "never",
            TSType::TSVoidKeyword(_) => "void in data",
            _ => "this type",
        };
        self.source.error(ty.span().start, construct, SUPPORTED_TYPES)
    }
}

pub(super) fn property_name(
    source: &Source<'_>,
    key: &PropertyKey<'_>,
    computed: bool,
) -> Result<String, DeclarationError> {
    match key.static_name() {
        Some(name) if !computed => Ok(name.into_owned()),
        _ => Err(source.error(key.span().start, "a computed name", "write the name as a word or a string")),
    }
}

pub(super) fn refuse_generics(source: &Source<'_>, span: Option<Span>) -> Result<(), DeclarationError> {
    match span {
        Some(span) => Err(source.error(span.start, "type parameters", "write the types out")),
        None => Ok(()),
    }
}

/// Integers are kept as integers, so that messages and schemas say `900` and not `900.0`.
pub(crate) fn integer(value: f64) -> Option<Value> {
    const SAFE: f64 = 9_007_199_254_740_991.0;
    #[expect(clippy::cast_possible_truncation, reason = "the value is a whole number within ±2^53")]
    (value.fract() == 0.0 && value.abs() <= SAFE).then(|| Value::from(value as i64))
}

/// The interface or type that a statement declares; nothing for `export {}`.
pub(super) fn declared_type<'a>(
    source: &Source<'_>,
    statement: &'a Statement<'a>,
) -> Result<Option<Declared<'a>>, DeclarationError> {
    let offset = statement.span().start;
    let interface = |interface: &'a TSInterfaceDeclaration<'a>| Declared {
        name: interface.id.name.as_str(),
        offset,
        body: Body::Interface(interface),
    };
    let alias = |alias: &'a TSTypeAliasDeclaration<'a>| Declared {
        name: alias.id.name.as_str(),
        offset,
        body: Body::Alias(alias),
    };
    match statement {
        Statement::TSInterfaceDeclaration(found) => return Ok(Some(interface(found))),
        Statement::TSTypeAliasDeclaration(found) => return Ok(Some(alias(found))),
        Statement::ExportDeclaration(export) => match &export.declaration {
            Declaration::TSInterfaceDeclaration(found) => return Ok(Some(interface(found))),
            Declaration::TSTypeAliasDeclaration(found) => return Ok(Some(alias(found))),
            _ => {}
        },
        Statement::ExportNamedDeclaration(export) if export.specifiers.is_empty() => return Ok(None),
        Statement::EmptyStatement(_) => return Ok(None),
        _ => {}
    }
    let word = source.text.get(offset as usize..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let word: String = word.chars().take(40).collect();
    let supported = "a declaration consists of interfaces and type aliases";
    Err(source.error(offset, format!("the statement `{word}`"), supported))
}

pub(super) fn is_doc(source: &Source<'_>, comment: &Comment) -> bool {
    comment.is_block() && comment.span.source_text(source.text).starts_with("/**")
}

fn is_readonly(source: &Source<'_>, span: Span) -> bool {
    span.source_text(source.text).starts_with("readonly")
}
