//! What a source mentions: free names, and what its exported functions do with their parameters. Nothing is
//! judged here, because this crate knows neither the platform's names nor what a trigger calls.

use oxc::allocator::Allocator;
use oxc::ast::AstKind;
use oxc::ast::ast::{
    Argument, AssignmentTarget, BindingPattern, Declaration, Expression, FormalParameters, ModuleExportName,
    ObjectPattern, ObjectPropertyKind, StaticMemberExpression,
};
use oxc::parser::{ParseOptions, Parser};
use oxc::semantic::{AstNodes, NodeId, Reference, Scoping, Semantic, SemanticBuilder, SymbolId};
use oxc::span::{GetSpan, SourceType, Span};
use oxc::syntax::operator::{BinaryOperator, UnaryOperator};

use crate::compile::{self, Compiled, Source};
use crate::diagnostic::{CompileError, Diagnostic, Lines};

/// Mentions of one kind that a survey holds; a source with more is judged by the first ones.
const MENTIONS_MAX: usize = 2_000;

/// Names that stand for one and the same parameter, and how long a path through it may be.
const ALIASES_MAX: usize = 500;
const PATH_MAX: usize = 16;

/// In a path: the result of calling what stands before it.
pub const CALL: &str = "()";

/// What a source mentions.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Survey {
    /// What it compiles to.
    pub compiled: Compiled,
    /// The names that its text exports.
    pub exports: Vec<ExportedName>,
    /// The names that it does not declare, each time that it uses one as a value.
    pub free_names: Vec<FreeName>,
    /// What its exported functions do with their parameters, as far as the text decides it.
    pub uses: Vec<Use>,
    /// The modules that it asks for, each time that it does.
    pub requests: Vec<ModuleRequest>,
    /// Where it begins, for what is about the whole of it.
    pub beginning: Place,
}

/// An `import`, a `require(…)` or an `import(…)`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ModuleRequest {
    /// What is asked for. `None` when the text does not decide it.
    pub specifier: Option<String>,
    /// Whether the text takes care of a failure: inside a `try` that catches, or by `.catch`.
    pub is_guarded: bool,
    /// Where.
    pub place: Place,
}

/// One place of a source, ready to be remarked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Diagnostic);

/// A name that the source exports.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExportedName {
    /// The name.
    pub name: String,
    /// Whether it is a function whose parameters could be followed.
    pub is_followed: bool,
    /// Where it is exported.
    pub place: Place,
}

/// A name that the source uses and does not declare.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FreeName {
    /// The name.
    pub name: String,
    /// What is done with it.
    pub used: NameUse,
    /// Whether the text takes care of its absence: inside a `try` that catches.
    pub is_guarded: bool,
    /// Where.
    pub place: Place,
}

/// What is done with a free name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameUse {
    /// It is called, with or without `new`.
    Called,
    /// It is read.
    Read,
    /// It is given a value, and not read.
    Written,
    /// It is asked whether it is there: `typeof name`.
    Tested,
}

/// What an exported function does with one of its parameters.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Use {
    /// The name of the export.
    pub export: String,
    /// Which parameter, counted from 0.
    pub parameter: usize,
    /// The way from the parameter: `["secrets", "KEY"]`. `"()"` is the result of a call.
    pub path: Vec<String>,
    /// What is done there.
    pub kind: UseKind,
    /// Whether the text takes care of something missing on the way: by `?.`, by a default, or inside a
    /// `try` that catches.
    pub is_guarded: bool,
    /// Where the last name of the path stands.
    pub place: Place,
}

/// What is done with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseKind {
    /// It is called.
    Called {
        /// Whether nobody looks at what comes out: the call is a statement of its own.
        is_dropped: bool,
    },
    /// It is read.
    Read,
    /// It is asked whether it is there: `if (x)`, `x ?? y`, `typeof x`, `x === y`.
    Tested,
    /// It is given a value, or deleted.
    Written,
    /// It goes where the text is not followed: as an argument, into an object, under a computed name.
    PassedOn,
}

/// Compiles a source and tells what it mentions.
///
/// # Errors
/// When the source cannot become a program: see [`CompileError`].
pub fn survey(source: Source<'_>) -> Result<Survey, CompileError> {
    mentions(source, compile::compile(source)?)
}

/// As [`survey`], for a source that will be bundled: imports of files and packages are no error. What
/// [`compiled`](Survey::compiled) has is then no program yet.
///
/// # Errors
/// When the source cannot become a program: see [`CompileError`].
pub fn survey_to_bundle(source: Source<'_>) -> Result<Survey, CompileError> {
    mentions(source, compile::compile_open(source)?)
}

/// What a source mentions whose size, nesting and syntax were judged, so that it can be walked.
fn mentions(source: Source<'_>, compiled: Compiled) -> Result<Survey, CompileError> {
    let Source { file_name, text } = source;
    let beginning = Place(Lines::new(text).diagnostic(0, 1, "", None));
    let (is_typescript, text) = (is_typescript(file_name), text.to_owned());
    let found = compile::on_compiler_thread(file_name, move || read(&text, is_typescript))?;
    let Found { exports, free_names, uses, requests } = found;
    Ok(Survey { compiled, exports, free_names, uses, requests, beginning })
}

impl Place {
    /// A remark about this place.
    pub fn remark(&self, message: &str, help: Option<&str>) -> Diagnostic {
        let mut diagnostic = self.0.clone();
        diagnostic.message = crate::diagnostic::cut(message);
        diagnostic.help = help.map(crate::diagnostic::cut);
        diagnostic
    }

    /// The line, counted from 1.
    pub fn line(&self) -> u32 {
        self.0.line
    }

    /// The column, counted from 1 in UTF-16 code units.
    pub fn column(&self) -> u32 {
        self.0.column
    }
}

#[derive(Default)]
struct Found {
    exports: Vec<ExportedName>,
    free_names: Vec<FreeName>,
    uses: Vec<Use>,
    requests: Vec<ModuleRequest>,
}

fn is_typescript(file_name: &str) -> bool {
    let ending = file_name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    matches!(ending.as_str(), "ts" | "mts" | "cts")
}

/// Reads a text that compiles. As an ES module, if it can be one: only its names count here.
fn read(text: &str, is_typescript: bool) -> Found {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = Lines::new(text);
    for source_type in [SourceType::mjs(), SourceType::cjs()] {
        let allocator = Allocator::default();
        let options = ParseOptions {
            allow_return_outside_function: source_type.is_commonjs(),
            ..ParseOptions::default()
        };
        let source_type = source_type.with_typescript(is_typescript);
        let parsed = Parser::new(&allocator, text, source_type).with_options(options).parse();
        if parsed.panicked || parsed.diagnostics.has_errors() {
            continue;
        }
        let built = SemanticBuilder::new()
            .with_check_syntax_error(true)
            .with_build_nodes(true)
            .build(&parsed.program);
        if !built.diagnostics.has_errors() {
            return Reader::new(&built.semantic, &lines).read();
        }
    }
    Found::default()
}

/// A name of the source that stands for a part of a parameter.
struct Alias {
    symbol: SymbolId,
    path: Vec<String>,
}

/// What is being followed: one parameter of one export.
#[derive(Clone, Copy)]
struct Subject<'n> {
    export: &'n str,
    parameter: usize,
}

struct Reader<'s, 'a> {
    nodes: &'s AstNodes<'a>,
    scoping: &'s Scoping,
    lines: &'s Lines<'s>,
    found: Found,
    /// Parts of the parameter at hand that are still to be followed.
    aliases: Vec<Alias>,
    aliases_seen: usize,
    /// Whether the text catches errors anywhere.
    catches: bool,
    /// Where the parameters of the exported functions stand.
    followed: Vec<Span>,
}

impl<'s, 'a> Reader<'s, 'a> {
    fn new(semantic: &'s Semantic<'a>, lines: &'s Lines<'s>) -> Self {
        Self {
            nodes: semantic.nodes(),
            scoping: semantic.scoping(),
            lines,
            found: Found::default(),
            aliases: Vec::new(),
            aliases_seen: 0,
            catches: false,
            followed: Vec::new(),
        }
    }

    fn read(mut self) -> Found {
        self.catches = self.nodes.iter().any(|node| is_catch(node.kind()));
        self.exports();
        self.free_names();
        self.requests();
        self.found
    }

    fn place(&self, span: Span) -> Place {
        Place(self.lines.diagnostic(span.start as usize, span.size() as usize, "", None))
    }

    // ---- free names

    fn free_names(&mut self) {
        let mut references: Vec<(String, &Reference)> = Vec::new();
        for (name, ids) in self.scoping.root_unresolved_references() {
            let all = ids.iter().map(|id| self.scoping.get_reference(*id));
            references.extend(
                all.filter(|reference| reference.is_value()).map(|reference| (name.to_string(), reference)),
            );
        }
        references.sort_by_key(|(_, reference)| self.nodes.kind(reference.node_id()).span().start);
        for (name, reference) in references.into_iter().take(MENTIONS_MAX) {
            let node = reference.node_id();
            let free = FreeName {
                name,
                used: self.used(node, reference),
                is_guarded: self.is_cared_for(node),
                place: self.place(self.nodes.kind(node).span()),
            };
            self.found.free_names.push(free);
        }
    }

    fn used(&self, node: NodeId, reference: &Reference) -> NameUse {
        let span = self.nodes.kind(node).span();
        match self.nodes.parent_kind(node) {
            AstKind::UnaryExpression(unary) if unary.operator == UnaryOperator::Typeof => NameUse::Tested,
            AstKind::CallExpression(call) if call.callee.span() == span => NameUse::Called,
            AstKind::NewExpression(new) if new.callee.span() == span => NameUse::Called,
            _ if reference.is_write() && !reference.is_read() => NameUse::Written,
            _ => NameUse::Read,
        }
    }

    /// Whether the text may take care of an exception at a node: around it, or where the function is called
    /// that it is in. Only who calls an exported function, or the text itself, is known not to.
    fn is_cared_for(&self, node: NodeId) -> bool {
        self.is_in_try(node) || (self.catches && !self.is_outermost(node))
    }

    /// Whether a node lies in the body of an exported function itself, or in no function at all.
    fn is_outermost(&self, node: NodeId) -> bool {
        let mut functions = self.nodes.ancestor_kinds(node).filter_map(|kind| match kind {
            AstKind::Function(function) => Some(function.params.span),
            AstKind::ArrowFunctionExpression(arrow) => Some(arrow.params.span),
            _ => None,
        });
        functions.next().is_none_or(|parameters| self.followed.contains(&parameters))
    }

    /// Whether an exception at a node is caught around it.
    fn is_in_try(&self, node: NodeId) -> bool {
        let span = self.nodes.kind(node).span();
        self.nodes.ancestor_kinds(node).any(|kind| match kind {
            AstKind::TryStatement(statement) => {
                statement.handler.is_some() && statement.block.span.contains_inclusive(span)
            }
            _ => false,
        })
    }

    fn requests(&mut self) {
        let nodes = self.nodes;
        for node in nodes.iter() {
            if self.found.requests.len() >= MENTIONS_MAX {
                break;
            }
            let span = node.kind().span();
            let specifier = match node.kind() {
                AstKind::ImportExpression(import) => literal(&import.source),
                AstKind::CallExpression(call) if self.is_free(&call.callee, "require") => {
                    call.arguments.first().and_then(Argument::as_expression).and_then(literal)
                }
                AstKind::ImportDeclaration(import) if import.import_kind.is_value() => {
                    Some(import.source.value.to_string())
                }
                AstKind::ExportFromDeclaration(export) if export.export_kind.is_value() => {
                    Some(export.source.value.to_string())
                }
                AstKind::ExportAllDeclaration(export) if export.export_kind.is_value() => {
                    Some(export.source.value.to_string())
                }
                _ => continue,
            };
            // `import(…).catch(…)`
            let is_followed = matches!(node.kind(), AstKind::ImportExpression(_))
                && matches!(nodes.parent_kind(node.id()), AstKind::StaticMemberExpression(_));
            let is_guarded = is_followed || self.is_cared_for(node.id());
            let place = self.place(span);
            self.found.requests.push(ModuleRequest { specifier, is_guarded, place });
        }
    }

    // ---- exports

    fn exports(&mut self) {
        let nodes = self.nodes;
        for node in nodes.iter() {
            match node.kind() {
                AstKind::ExportDeclaration(export) => self.exported_declaration(&export.declaration),
                AstKind::ExportSpecifier(specifier) if specifier.export_kind.is_value() => {
                    let local = match &specifier.local {
                        ModuleExportName::IdentifierReference(name) => name.reference_id.get(),
                        ModuleExportName::IdentifierName(_) | ModuleExportName::StringLiteral(_) => None,
                    };
                    let name = specifier.exported.name().to_string();
                    self.exported(&name, specifier.exported.span());
                    let symbol = local.and_then(|id| self.scoping.get_reference(id).symbol_id());
                    self.follow_symbol(&name, symbol);
                }
                AstKind::AssignmentExpression(assignment) => match &assignment.left {
                    AssignmentTarget::StaticMemberExpression(member) if self.is_exports(&member.object) => {
                        let name = member.property.name.to_string();
                        self.exported(&name, member.property.span);
                        self.follow_value(&name, &assignment.right);
                    }
                    AssignmentTarget::StaticMemberExpression(member) if self.is_module_exports(member) => {
                        self.exported_object(&assignment.right);
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }

    fn exported(&mut self, name: &str, span: Span) {
        if self.found.exports.len() < MENTIONS_MAX {
            let place = self.place(span);
            self.found.exports.push(ExportedName { name: name.to_owned(), is_followed: false, place });
        }
    }

    fn exported_declaration(&mut self, declaration: &Declaration<'a>) {
        match declaration {
            Declaration::FunctionDeclaration(function) => {
                if let Some(id) = &function.id {
                    self.exported(&id.name, id.span);
                    self.follow_parameters(&id.name, &function.params);
                }
            }
            Declaration::VariableDeclaration(variables) => {
                for declarator in &variables.declarations {
                    let BindingPattern::BindingIdentifier(id) = &declarator.id else { continue };
                    self.exported(&id.name, id.span);
                    if let Some(value) = &declarator.init {
                        self.follow_value(&id.name, value);
                    }
                }
            }
            _ => {}
        }
    }

    /// `module.exports = { onX: …, onY }`.
    fn exported_object(&mut self, value: &Expression<'a>) {
        let Expression::ObjectExpression(object) = value.get_inner_expression() else { return };
        for property in &object.properties {
            let ObjectPropertyKind::ObjectProperty(property) = property else { continue };
            let Some(name) = property.key.static_name() else { continue };
            self.exported(&name, property.key.span());
            self.follow_value(&name, &property.value);
        }
    }

    fn is_free(&self, expression: &Expression<'a>, name: &str) -> bool {
        let Expression::Identifier(identifier) = expression.get_inner_expression() else { return false };
        let symbol = identifier.reference_id.get().and_then(|id| self.scoping.get_reference(id).symbol_id());
        identifier.name == name && symbol.is_none()
    }

    fn is_exports(&self, expression: &Expression<'a>) -> bool {
        match expression.get_inner_expression() {
            Expression::StaticMemberExpression(member) => self.is_module_exports(member),
            _ => self.is_free(expression, "exports"),
        }
    }

    fn is_module_exports(&self, member: &StaticMemberExpression<'a>) -> bool {
        member.property.name == "exports" && self.is_free(&member.object, "module")
    }

    // ---- what becomes of parameters

    fn follow_value(&mut self, export: &str, value: &Expression<'a>) {
        match value.get_inner_expression() {
            Expression::ArrowFunctionExpression(arrow) => self.follow_parameters(export, &arrow.params),
            Expression::FunctionExpression(function) => self.follow_parameters(export, &function.params),
            Expression::Identifier(name) => {
                let symbol =
                    name.reference_id.get().and_then(|id| self.scoping.get_reference(id).symbol_id());
                self.follow_symbol(export, symbol);
            }
            _ => {}
        }
    }

    /// The function that a name of the source stands for, unless the name changes its meaning.
    fn follow_symbol(&mut self, export: &str, symbol: Option<SymbolId>) {
        let Some(symbol) = symbol.filter(|symbol| !self.scoping.symbol_is_mutated(*symbol)) else { return };
        match self.nodes.kind(self.scoping.symbol_declaration(symbol)) {
            AstKind::Function(function) => self.follow_parameters(export, &function.params),
            AstKind::VariableDeclarator(declarator) => match &declarator.init {
                // A name for a name for a function is not followed: the two could lead in a circle.
                Some(Expression::Identifier(_)) | None => {}
                Some(value) => self.follow_value(export, value),
            },
            _ => {}
        }
    }

    fn follow_parameters(&mut self, export: &str, parameters: &FormalParameters<'a>) {
        if let Some(last) = self.found.exports.last_mut().filter(|last| last.name == export) {
            last.is_followed = true;
        }
        self.followed.push(parameters.span);
        for (parameter, one) in parameters.items.iter().enumerate() {
            let subject = Subject { export, parameter };
            self.aliases.clear();
            self.aliases_seen = 0;
            self.bind(subject, &one.pattern, Vec::new(), one.initializer.is_some());
            while let Some(alias) = self.aliases.pop() {
                self.follow_alias(subject, &alias);
            }
        }
    }

    /// A pattern takes its names from the value at a path.
    fn bind(
        &mut self,
        subject: Subject<'_>,
        pattern: &BindingPattern<'a>,
        path: Vec<String>,
        is_guarded: bool,
    ) {
        match pattern {
            BindingPattern::BindingIdentifier(id) => {
                if let Some(symbol) = id.symbol_id.get().filter(|_| self.aliases_seen < ALIASES_MAX) {
                    self.aliases_seen += 1;
                    self.aliases.push(Alias { symbol, path });
                }
            }
            BindingPattern::ObjectPattern(object) => self.bind_object(subject, object, path),
            BindingPattern::AssignmentPattern(with_default) => {
                let span = with_default.left.span();
                self.add(subject, path.clone(), UseKind::Tested, true, span);
                self.bind(subject, &with_default.left, path, true);
            }
            BindingPattern::ArrayPattern(array) => {
                self.add(subject, path, UseKind::PassedOn, is_guarded, array.span);
            }
        }
    }

    fn bind_object(&mut self, subject: Subject<'_>, object: &ObjectPattern<'a>, path: Vec<String>) {
        for property in &object.properties {
            let mut inner = path.clone();
            match property.key.static_name() {
                Some(name) if !property.computed && inner.len() < PATH_MAX => {
                    inner.push(name.to_string());
                    self.add(subject, inner.clone(), UseKind::Read, false, property.key.span());
                    self.bind(subject, &property.value, inner, false);
                }
                Some(_) | None => self.add(subject, inner, UseKind::PassedOn, false, property.span),
            }
        }
        if let Some(rest) = &object.rest {
            self.add(subject, path, UseKind::PassedOn, false, rest.span);
        }
    }

    fn follow_alias(&mut self, subject: Subject<'_>, alias: &Alias) {
        let scoping = self.scoping;
        if scoping.symbol_is_mutated(alias.symbol) {
            let span = scoping.symbol_span(alias.symbol);
            self.add(subject, alias.path.clone(), UseKind::PassedOn, true, span);
            self.add(subject, alias.path.clone(), UseKind::Written, true, span);
            return;
        }
        for reference in scoping.get_resolved_references(alias.symbol) {
            if reference.is_value() && self.found.uses.len() < MENTIONS_MAX {
                self.follow_reference(subject, reference.node_id(), alias.path.clone());
            }
        }
    }

    /// From the mention of a value outwards, as long as the text says which part of it is meant.
    fn follow_reference(&mut self, subject: Subject<'_>, mention: NodeId, mut path: Vec<String>) {
        let nodes = self.nodes;
        let mut node = mention;
        let mut place = nodes.kind(node).span();
        let mut is_guarded = self.is_cared_for(mention);
        loop {
            let span = nodes.kind(node).span();
            let parent = nodes.parent_id(node);
            match nodes.kind(parent) {
                AstKind::ParenthesizedExpression(_)
                | AstKind::ChainExpression(_)
                | AstKind::TSAsExpression(_)
                | AstKind::TSSatisfiesExpression(_)
                | AstKind::TSTypeAssertion(_)
                | AstKind::TSNonNullExpression(_) => {}
                AstKind::StaticMemberExpression(member) if path.len() < PATH_MAX => {
                    is_guarded |= member.optional;
                    place = member.property.span;
                    path.push(member.property.name.to_string());
                }
                AstKind::ComputedMemberExpression(member)
                    if member.object.span() == span && path.len() < PATH_MAX =>
                {
                    let Expression::StringLiteral(name) = &member.expression else {
                        return self.add(subject, path, UseKind::PassedOn, is_guarded, place);
                    };
                    is_guarded |= member.optional;
                    place = name.span;
                    path.push(name.value.to_string());
                }
                AstKind::CallExpression(call) if call.callee.span() == span && path.len() < PATH_MAX => {
                    is_guarded |= call.optional;
                    let kind = UseKind::Called { is_dropped: self.is_dropped(parent) };
                    self.add(subject, path.clone(), kind, is_guarded, place);
                    path.push(CALL.to_owned());
                }
                AstKind::VariableDeclarator(declarator) => {
                    self.add(subject, path.clone(), UseKind::Read, is_guarded, place);
                    return self.bind(subject, &declarator.id, path, is_guarded);
                }
                other => {
                    let kind = kind_of_use(other, span);
                    return self.add(subject, path, kind, is_guarded, place);
                }
            }
            node = parent;
        }
    }

    /// Whether a call is a statement of its own.
    fn is_dropped(&self, call: NodeId) -> bool {
        let mut around = self.nodes.ancestor_kinds(call);
        let first = around
            .find(|kind| !matches!(kind, AstKind::ParenthesizedExpression(_) | AstKind::ChainExpression(_)));
        matches!(first, Some(AstKind::ExpressionStatement(_)))
    }

    fn add(&mut self, subject: Subject<'_>, path: Vec<String>, kind: UseKind, is_guarded: bool, span: Span) {
        if self.found.uses.len() < MENTIONS_MAX {
            let place = self.place(span);
            let Subject { export, parameter } = subject;
            let export = export.to_owned();
            self.found.uses.push(Use { export, parameter, path, kind, is_guarded, place });
        }
    }
}

/// Whether a construct catches the errors of what it calls.
fn is_catch(kind: AstKind<'_>) -> bool {
    match kind {
        AstKind::CatchClause(_) => true,
        AstKind::StaticMemberExpression(member) => {
            matches!(member.property.name.as_str(), "catch" | "then" | "allSettled")
        }
        _ => false,
    }
}

/// What the construct around a value does with it.
fn kind_of_use(around: AstKind<'_>, value: Span) -> UseKind {
    match around {
        AstKind::IfStatement(statement) if statement.test.span() == value => UseKind::Tested,
        AstKind::ConditionalExpression(choice) if choice.test.span() == value => UseKind::Tested,
        AstKind::LogicalExpression(logical) if logical.left.span() == value => UseKind::Tested,
        AstKind::WhileStatement(_) | AstKind::SwitchStatement(_) => UseKind::Tested,
        AstKind::UnaryExpression(unary) => match unary.operator {
            UnaryOperator::Delete => UseKind::Written,
            UnaryOperator::Typeof | UnaryOperator::LogicalNot | UnaryOperator::Void => UseKind::Tested,
            UnaryOperator::UnaryPlus | UnaryOperator::UnaryNegation | UnaryOperator::BitwiseNot => {
                UseKind::Read
            }
        },
        AstKind::BinaryExpression(binary) => match binary.operator {
            BinaryOperator::Equality
            | BinaryOperator::Inequality
            | BinaryOperator::StrictEquality
            | BinaryOperator::StrictInequality
            | BinaryOperator::In
            | BinaryOperator::Instanceof => UseKind::Tested,
            _ => UseKind::Read,
        },
        AstKind::AssignmentExpression(assignment) if assignment.left.span() == value => UseKind::Written,
        AstKind::UpdateExpression(_) => UseKind::Written,
        AstKind::ExpressionStatement(_) | AstKind::TemplateLiteral(_) | AstKind::AwaitExpression(_) => {
            UseKind::Read
        }
        _ => UseKind::PassedOn,
    }
}

/// The text of a string that stands there as such.
fn literal(expression: &Expression<'_>) -> Option<String> {
    match expression.get_inner_expression() {
        Expression::StringLiteral(text) => Some(text.value.to_string()),
        _ => None,
    }
}
