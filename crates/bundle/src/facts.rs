//! What a parsed program needs from outside and hands out, as far as its text decides it.

use oxc::allocator::Vec as ArenaVec;
use oxc::ast::ast::{
    Argument, AssignmentExpression, AssignmentTarget, AwaitExpression, CallExpression, Decorator,
    ExportDefaultDeclarationKind, Expression, ForOfStatement, Function, IdentifierReference,
    ImportExpression, ImportMeta, ModuleDeclaration, ModuleExportName, ObjectExpression, ObjectPropertyKind,
    Program, StaticMemberExpression, TSImportEqualsDeclaration, TSModuleReference, VariableDeclaration,
};
use oxc::ast_visit::{Visit, walk};
use oxc::semantic::{ScopeFlags, Scoping};
use oxc::span::{GetSpan, Span};

/// In front of the name of a module of the action.
pub const MODULE_PREFIX: &str = "actions:";

/// The longest name of a module.
const MODULE_NAME_CHARS_MAX: usize = 100;

/// What Node gives every file, beside what the platform has too. The bundler knows what stands for them.
pub const NODE_NAMES: [&str; 7] =
    ["Buffer", "process", "global", "setImmediate", "clearImmediate", "__filename", "__dirname"];

/// What a program's text says about it.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// It has `import` or `export` declarations (of values, not only of types), `import.meta`, or
    /// `await` outside functions.
    pub(crate) is_module: bool,
    /// What it exports as an ES module.
    pub(crate) module_exports: Vec<String>,
    /// What it assigns to `exports` and `module.exports`.
    pub(crate) commonjs: CommonJsExports,
    /// It uses a name that Node gives every file, and does not declare it.
    pub(crate) uses_node_names: bool,
    pub(crate) imports: Vec<Request>,
    pub(crate) requires: Vec<Request>,
    pub(crate) dynamic_imports: Vec<DynamicImport>,
    pub(crate) decorators: Vec<Span>,
    pub(crate) export_assignments: Vec<Span>,
    pub(crate) import_assignments: Vec<Span>,
}

/// A module that the program asks for by name.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) specifier: String,
    pub(crate) span: Span,
}

/// An `import(…)`.
#[derive(Clone, Debug)]
pub(crate) struct DynamicImport {
    /// `None` when the text does not decide it.
    pub(crate) specifier: Option<String>,
    pub(crate) span: Span,
}

/// The module that a specifier names: `risk` for `actions:risk`. `None` for anything else.
pub fn module_name(specifier: &str) -> Option<&str> {
    let name = specifier.strip_prefix(MODULE_PREFIX)?;
    let is_name = name.chars().all(|char| char.is_ascii_alphanumeric() || char == '-' || char == '_');
    (is_name && (1..=MODULE_NAME_CHARS_MAX).contains(&name.len())).then_some(name)
}

impl Facts {
    /// Whether it asks for anything but modules of the action. What the text does not decide does not count:
    /// nothing could be found for it.
    pub(crate) fn asks_for_files(&self) -> bool {
        let dynamic = self.dynamic_imports.iter().filter_map(|import| import.specifier.as_deref());
        let requests = self.imports.iter().chain(&self.requires).map(|request| request.specifier.as_str());
        self.uses_node_names || requests.chain(dynamic).any(|name| !name.starts_with(MODULE_PREFIX))
    }

    /// Everything that it asks for by name, with its place.
    pub(crate) fn into_requests(self) -> Vec<Request> {
        let dynamic = self.dynamic_imports.into_iter();
        let dynamic = dynamic.filter_map(|DynamicImport { specifier, span }| {
            specifier.map(|specifier| Request { specifier, span })
        });
        self.imports.into_iter().chain(self.requires).chain(dynamic).collect()
    }

    /// The names of the modules that it asks for, as far as its text decides them, each once.
    pub(crate) fn modules(&self) -> Vec<String> {
        let dynamic = self.dynamic_imports.iter().filter_map(|import| import.specifier.as_deref());
        let requests = self.imports.iter().chain(&self.requires).map(|request| request.specifier.as_str());
        let mut names: Vec<String> =
            requests.chain(dynamic).filter_map(module_name).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// The names that a CommonJS program exports.
#[derive(Debug, Default)]
pub(crate) struct CommonJsExports {
    names: Vec<String>,
    /// The first place that assigns to `exports`.
    pub(crate) first: Option<Span>,
    /// The text does not decide the names: a computed name, a spread, an alias.
    is_open: bool,
}

impl CommonJsExports {
    /// The names, when the text decides them.
    pub(crate) fn into_names(self) -> Option<Vec<String>> {
        if self.is_open { None } else { Some(self.names) }
    }

    fn add(&mut self, name: &str, span: Span) {
        self.first.get_or_insert(span);
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }
}

/// Reads the facts from a program.
///
/// Walks the tree by recursion: only on the compiler's own stack.
pub(crate) fn collect(program: &Program<'_>, scoping: &Scoping) -> Facts {
    let mut reader = Reader { scoping, functions: 0, known: 0, seen: 0, facts: Facts::default() };
    reader.module_declarations(&program.body);
    reader.visit_program(program);
    // A mention of `exports` or `module` that no rule below explains may export anything.
    reader.facts.commonjs.is_open |= reader.seen > reader.known;
    reader.facts
}

struct Reader<'s> {
    scoping: &'s Scoping,
    /// Functions around the place.
    functions: usize,
    /// Mentions of the free names `exports` and `module` that a rule explains, and all.
    known: usize,
    seen: usize,
    facts: Facts,
}

impl Reader<'_> {
    fn module_declarations(&mut self, body: &ArenaVec<'_, oxc::ast::ast::Statement<'_>>) {
        for declaration in body.iter().filter_map(|statement| statement.as_module_declaration()) {
            self.module_declaration(declaration);
        }
    }

    fn module_declaration(&mut self, declaration: &ModuleDeclaration<'_>) {
        match declaration {
            ModuleDeclaration::ImportDeclaration(import) => {
                self.facts.is_module |= !import.import_kind.is_type();
                self.import(&import.source.value, import.source.span);
            }
            ModuleDeclaration::ExportAllDeclaration(export) => {
                self.facts.is_module |= !export.export_kind.is_type();
                self.import(&export.source.value, export.source.span);
            }
            ModuleDeclaration::ExportFromDeclaration(export) => {
                self.facts.is_module |= !export.export_kind.is_type();
                self.import(&export.source.value, export.source.span);
            }
            ModuleDeclaration::ExportDefaultDeclaration(export) => {
                let is_type =
                    matches!(export.declaration, ExportDefaultDeclarationKind::TSInterfaceDeclaration(_));
                if !is_type {
                    self.facts.is_module = true;
                    self.facts.module_exports.push("default".to_owned());
                }
            }
            ModuleDeclaration::ExportDeclaration(export) => {
                if !export.declaration.is_type() && !export.declaration.declare() {
                    self.facts.is_module = true;
                    let names = export.declaration.bound_names_list();
                    self.facts.module_exports.extend(names);
                }
            }
            ModuleDeclaration::ExportNamedDeclaration(export) => {
                // The transformer leaves `export {}` where types were; only an author's has a place.
                let is_authors = !export.specifiers.is_empty() || !export.span.is_empty();
                self.facts.is_module |= is_authors && !export.export_kind.is_type();
                let names = export.specifiers.iter().filter(|one| !one.export_kind.is_type());
                self.facts.module_exports.extend(names.map(|one| export_name(&one.exported)));
            }
            ModuleDeclaration::TSExportAssignment(export) => self.facts.export_assignments.push(export.span),
            ModuleDeclaration::TSNamespaceExportDeclaration(_) => {}
        }
    }

    fn import(&mut self, specifier: &str, span: Span) {
        self.facts.imports.push(Request { specifier: specifier.to_owned(), span });
    }

    /// `exports` or `module` as the engine gives them, not a variable of the same name.
    fn is_free(&self, identifier: &IdentifierReference<'_>, name: &str) -> bool {
        identifier.name == name
            && identifier
                .reference_id
                .get()
                .is_none_or(|reference| self.scoping.get_reference(reference).symbol_id().is_none())
    }

    fn is_free_expression(&self, expression: &Expression<'_>, name: &str) -> bool {
        match expression.get_inner_expression() {
            Expression::Identifier(identifier) => self.is_free(identifier, name),
            _ => false,
        }
    }

    /// `exports`, or `module.exports`.
    fn is_exports(&self, expression: &Expression<'_>) -> bool {
        match expression.get_inner_expression() {
            Expression::StaticMemberExpression(member) => self.is_module_exports(member),
            _ => self.is_free_expression(expression, "exports"),
        }
    }

    fn is_module_exports(&self, member: &StaticMemberExpression<'_>) -> bool {
        member.property.name == "exports" && self.is_free_expression(&member.object, "module")
    }

    /// `module.exports = { a, b: 1 }` and `exports = module.exports = …`.
    fn exports_replaced(&mut self, value: &Expression<'_>, span: Span) {
        match value.get_inner_expression() {
            Expression::ObjectExpression(object) => {
                self.facts.commonjs.names.clear();
                self.object_exported(object, span);
            }
            // The walk comes to `module.exports = module.exports.a = …` again; `exports = …` alone is nothing.
            Expression::AssignmentExpression(inner) => {
                if matches!(&inner.left, AssignmentTarget::AssignmentTargetIdentifier(name) if self.is_free(name, "exports"))
                {
                    self.exports_replaced(&inner.right, span);
                }
            }
            other if self.is_exports(other) => {}
            _ => self.facts.commonjs.is_open = true,
        }
        self.facts.commonjs.first.get_or_insert(span);
    }

    fn object_exported(&mut self, object: &ObjectExpression<'_>, span: Span) {
        for property in &object.properties {
            match property {
                ObjectPropertyKind::ObjectProperty(property) => match property.key.static_name() {
                    Some(name) => self.facts.commonjs.add(&name, span),
                    None => self.facts.commonjs.is_open = true,
                },
                ObjectPropertyKind::SpreadProperty(_) => self.facts.commonjs.is_open = true,
            }
        }
    }

    /// `Object.defineProperty(exports, "name", …)`.
    fn property_defined(&mut self, call: &CallExpression<'_>) {
        let Expression::StaticMemberExpression(callee) = &call.callee else { return };
        if callee.property.name != "defineProperty" || !self.is_free_expression(&callee.object, "Object") {
            return;
        }
        let target = call.arguments.first().and_then(Argument::as_expression);
        let (Some(target), Some(Argument::StringLiteral(name))) = (target, call.arguments.get(1)) else {
            return;
        };
        if !self.is_exports(target) {
            return;
        }
        if self.is_free_expression(target, "exports") {
            self.known += 1;
        }
        // The mark of a compiled ES module is no export of its author's.
        if name.value != "__esModule" {
            self.facts.commonjs.add(&name.value, call.span);
        }
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.functions += 1;
        walk::walk_function(self, function, flags);
        self.functions -= 1;
    }

    fn visit_arrow_function_expression(&mut self, arrow: &oxc::ast::ast::ArrowFunctionExpression<'a>) {
        self.functions += 1;
        walk::walk_arrow_function_expression(self, arrow);
        self.functions -= 1;
    }

    fn visit_await_expression(&mut self, expression: &AwaitExpression<'a>) {
        self.facts.is_module |= self.functions == 0;
        walk::walk_await_expression(self, expression);
    }

    fn visit_for_of_statement(&mut self, statement: &ForOfStatement<'a>) {
        self.facts.is_module |= statement.r#await && self.functions == 0;
        walk::walk_for_of_statement(self, statement);
    }

    fn visit_variable_declaration(&mut self, declaration: &VariableDeclaration<'a>) {
        self.facts.is_module |= declaration.kind.is_await() && self.functions == 0;
        walk::walk_variable_declaration(self, declaration);
    }

    fn visit_import_meta(&mut self, _: &ImportMeta) {
        self.facts.is_module = true;
    }

    fn visit_decorator(&mut self, decorator: &Decorator<'a>) {
        self.facts.decorators.push(decorator.span);
        walk::walk_decorator(self, decorator);
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        let specifier = match import.source.get_inner_expression() {
            Expression::StringLiteral(name) => Some(name.value.to_string()),
            _ => None,
        };
        self.facts.dynamic_imports.push(DynamicImport { specifier, span: import.span });
        walk::walk_import_expression(self, import);
    }

    fn visit_ts_import_equals_declaration(&mut self, import: &TSImportEqualsDeclaration<'a>) {
        if matches!(import.module_reference, TSModuleReference::ExternalModuleReference(_)) {
            self.facts.import_assignments.push(import.span);
        }
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if self.is_free_expression(&call.callee, "require")
            && let Some(Argument::StringLiteral(name)) = call.arguments.first()
        {
            self.facts.requires.push(Request { specifier: name.value.to_string(), span: call.span });
        }
        self.property_defined(call);
        walk::walk_call_expression(self, call);
    }

    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        let span = assignment.left.span();
        match &assignment.left {
            AssignmentTarget::StaticMemberExpression(member) => {
                if self.is_module_exports(member) {
                    self.exports_replaced(&assignment.right, span);
                } else if self.is_exports(&member.object) {
                    self.facts.commonjs.add(&member.property.name, span);
                }
            }
            AssignmentTarget::ComputedMemberExpression(member) if self.is_exports(&member.object) => {
                // The walk below must not take the mention for explained.
                match &member.expression {
                    Expression::StringLiteral(name) => {
                        self.facts.commonjs.add(&name.value, span);
                        self.known += usize::from(self.is_free_expression(&member.object, "exports"));
                    }
                    _ => self.facts.commonjs.is_open = true,
                }
            }
            // `exports = module.exports = …`
            AssignmentTarget::AssignmentTargetIdentifier(name) if self.is_free(name, "exports") => {
                self.known += 1;
                let is_explained = matches!(
                    assignment.right,
                    Expression::AssignmentExpression(_) | Expression::ObjectExpression(_)
                );
                self.facts.commonjs.is_open |= !is_explained;
            }
            _ => {}
        }
        if self.is_free_expression(&assignment.right, "exports")
            && matches!(&assignment.left, AssignmentTarget::StaticMemberExpression(m) if self.is_module_exports(m))
        {
            self.known += 1;
        }
        walk::walk_assignment_expression(self, assignment);
    }

    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        // `exports.a` and `module.exports` are explained; what hangs on the second is looked at there.
        if self.is_free_expression(&member.object, "exports") || self.is_module_exports(member) {
            self.known += 1;
        }
        walk::walk_static_member_expression(self, member);
    }

    fn visit_identifier_reference(&mut self, identifier: &IdentifierReference<'a>) {
        if self.is_free(identifier, "exports") || self.is_free(identifier, "module") {
            self.seen += 1;
        }
        self.facts.uses_node_names |= NODE_NAMES.iter().any(|name| self.is_free(identifier, name));
    }
}

fn export_name(name: &ModuleExportName<'_>) -> String {
    name.name().to_string()
}

/// The names that a declaration binds.
trait BoundNamesList {
    fn bound_names_list(&self) -> Vec<String>;
}

impl BoundNamesList for oxc::ast::ast::Declaration<'_> {
    fn bound_names_list(&self) -> Vec<String> {
        use oxc::ast::ast::Declaration;
        match self {
            Declaration::VariableDeclaration(variables) => variables
                .declarations
                .iter()
                .flat_map(|declarator| declarator.id.get_binding_identifiers())
                .map(|identifier| identifier.name.to_string())
                .collect(),
            _ => self.id().map(|identifier| identifier.name.to_string()).into_iter().collect(),
        }
    }
}
