//! The way from a source text to a program: refuse, scan, parse, check, strip, generate.

use std::ops::Range;
use std::path::PathBuf;

use oxc::allocator::Allocator;
use oxc::ast::ast::{Program, Statement};
use oxc::codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc::diagnostics::{Diagnostics, OxcDiagnostic, Severity};
use oxc::parser::{ParseOptions, Parser};
use oxc::semantic::{Scoping, SemanticBuilder};
use oxc::span::{SourceType, Span};
use oxc::transformer::{TransformOptions, Transformer};
use serde::{Deserialize, Serialize};

use crate::diagnostic::{CompileError, DIAGNOSTICS_MAX, Diagnostic, Lines, is_direction_control};
use crate::facts::{self, Facts, Request, module_name};
use crate::nesting::{self, Dialect, Nesting, Refusal};
use crate::stack::{self, COMPILE_WALL_MAX, StackError};

/// The longest source text: 1 MiB.
///
/// An action is a page of code; one with its libraries bundled in stays below. At the limit a source
/// is refused before it is read ([`CompileError::TooLarge`]). Memory and time of a compilation are in
/// proportion to it.
pub const SOURCE_BYTES_MAX: usize = 1024 * 1024;

/// The stack of the compiler's thread.
///
/// Measured without optimisation on x86-64 over the families of `hostile`: tuple types need most, 3.7 KB
/// for each token that is open; parentheses 2.3 KB, arrays 2.0 KB, calls of functions and classes 1.8 KB,
/// everything else less. So `nesting::DEPTH_MAX` tokens need 15 MB. A mixture needs no more per token than its worst
/// part; a test holds the worst below half of this.
pub(crate) const STACK_BYTES: usize = 64 * 1024 * 1024;

/// What an author wrote.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// As the author knows it: `action.ts`. Its ending says whether it is TypeScript.
    pub file_name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// What the engine can run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compiled {
    /// JavaScript that imports nothing but modules of the action.
    pub code: String,
    /// How it hands out what it exports.
    pub kind: ModuleKind,
    /// The way from `code` back to the source: JSON, version 3, with the source's text. `None` when
    /// `code` is the author's own text.
    pub source_map: Option<String>,
    /// The names that it exports. `None` when its text does not decide them.
    pub exports: Option<Vec<String>>,
    /// The modules that it asks for, as far as its text decides them, each once: `risk` where it has
    /// `require('actions:risk')`, `import … from 'actions:risk'` or `import('actions:risk')`.
    pub modules: Vec<String>,
    /// What will not do what its author may expect. At most 20.
    pub warnings: Vec<Diagnostic>,
}

/// How a program hands out what it exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModuleKind {
    /// `exports.name = …`: the body of a function of `exports`, `require` and `module`.
    CommonJs,
    /// `export const name = …`.
    EsModule,
}

/// Makes a program from one source file.
///
/// The work is done on a thread of its own; two run at the same time in a process, more wait.
///
/// # Errors
/// When the source cannot become a program: see [`CompileError`].
pub fn compile(source: Source<'_>) -> Result<Compiled, CompileError> {
    on_own_stack(source, Job::run)
}

/// As [`compile`], except that imports of files and packages stay, for a bundler to follow.
pub(crate) fn compile_open(source: Source<'_>) -> Result<Compiled, CompileError> {
    on_own_stack(source, Job::run_open)
}

/// A source that was read.
pub(crate) enum Reading {
    /// It imports nothing but modules of the action.
    Complete(Compiled),
    /// It imports files or packages.
    Incomplete(ModuleKind),
}

/// As [`compile`], except that imports of files and packages are no error.
pub(crate) fn read(source: Source<'_>) -> Result<Reading, CompileError> {
    on_own_stack(source, Job::read)
}

/// Where a source first asks for a module, file or package, in bytes. `None` too when it cannot be read.
pub fn place_of_request(source: Source<'_>, specifier: &str) -> Option<Range<usize>> {
    let requests = on_own_stack(source, |job| Ok(job.requests())).ok()?;
    let request = requests.iter().find(|request| request.specifier == specifier)?;
    Some(request.span.start as usize..request.span.end as usize)
}

/// JavaScript, and the way back to the author's text.
#[derive(Clone, Debug)]
pub struct Printed {
    /// The JavaScript.
    pub code: String,
    /// The way back: JSON, version 3.
    pub source_map: Option<String>,
}

/// A TypeScript file that imports types alone and exports as CommonJS does, without its types. Bundlers take
/// it for an ES module, in which `exports` is nothing. `None` for any other file.
pub fn as_commonjs(source: Source<'_>) -> Option<Printed> {
    on_own_stack(source, |job| Ok(job.into_commonjs())).ok().flatten()
}

/// Whether walking the syntax tree of a text by recursion is safe.
///
/// # Errors
/// When it is nested too deeply: with the place.
pub fn check_nesting(source: Source<'_>) -> Result<(), CompileError> {
    let file = File { name: source.file_name, text: source.text, lines: Lines::new("") };
    match nesting::measure(source.text, NameFacts::read(source.file_name).dialect) {
        // It says how `<!--` is to be read, and stops nobody from reading it.
        Ok(_) | Err(Refusal::HtmlComment { .. }) => Ok(()),
        Err(refusal) => Err(File { lines: Lines::new(source.text), ..file }.refused(refusal)),
    }
}

/// Compiles on the caller's own stack, to measure how much of it that takes.
#[cfg(test)]
pub(crate) fn compile_here(source: Source<'_>) -> Result<Compiled, CompileError> {
    Job { file_name: source.file_name.to_owned(), text: source.text.to_owned() }.run()
}

/// Does work on a source on the compiler's thread.
fn on_own_stack<T: Send + 'static>(
    source: Source<'_>,
    work: impl FnOnce(Job) -> Result<T, CompileError> + Send + 'static,
) -> Result<T, CompileError> {
    let Source { file_name, text } = source;
    if text.len() > SOURCE_BYTES_MAX {
        return Err(CompileError::TooLarge { file_name: file_name.to_owned(), bytes: text.len() });
    }
    let job = Job { file_name: file_name.to_owned(), text: text.to_owned() };
    on_compiler_thread(file_name, move || work(job))?
}

/// Does work on the compiler's thread; errors name the file.
pub(crate) fn on_compiler_thread<T: Send + 'static>(
    file_name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CompileError> {
    let file_name = || file_name.to_owned();
    stack::run(STACK_BYTES, work).map_err(|error| match error {
        StackError::TooSlow => CompileError::TooSlow { file_name: file_name(), limit: COMPILE_WALL_MAX },
        StackError::Spawn { source, .. } => CompileError::Start { file_name: file_name(), source },
        StackError::Panicked => CompileError::Internal { file_name: file_name() },
    })
}

/// A source on its way to the compiler's thread.
struct Job {
    file_name: String,
    text: String,
}

/// What the ending of a file's name says.
struct NameFacts {
    dialect: Dialect,
    kind: Option<ModuleKind>,
    is_jsx: bool,
}

impl NameFacts {
    fn read(file_name: &str) -> Self {
        use Dialect::{JavaScript, TypeScript};
        use ModuleKind::{CommonJs, EsModule};
        let ending = file_name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
        let (dialect, kind, is_jsx) = match ending.as_str() {
            "mjs" => (JavaScript, Some(EsModule), false),
            "cjs" => (JavaScript, Some(CommonJs), false),
            "ts" => (TypeScript, None, false),
            "mts" => (TypeScript, Some(EsModule), false),
            "cts" => (TypeScript, Some(CommonJs), false),
            "jsx" => (JavaScript, None, true),
            "tsx" => (TypeScript, None, true),
            _ => (JavaScript, None, false),
        };
        Self { dialect, kind, is_jsx }
    }
}

impl Job {
    fn run(self) -> Result<Compiled, CompileError> {
        let file = self.file();
        let allocator = Allocator::default();
        let checked = file.check(&allocator)?;
        file.refuse_imports(&checked.facts.imports)?;
        Ok(file.generate(checked))
    }

    fn run_open(self) -> Result<Compiled, CompileError> {
        let file = self.file();
        let allocator = Allocator::default();
        let checked = file.check(&allocator)?;
        Ok(file.generate(checked))
    }

    fn read(self) -> Result<Reading, CompileError> {
        let file = self.file();
        let allocator = Allocator::default();
        let checked = file.check(&allocator)?;
        if checked.facts.asks_for_files() {
            return Ok(Reading::Incomplete(checked.kind));
        }
        file.refuse_imports(&checked.facts.imports)?;
        Ok(Reading::Complete(file.generate(checked)))
    }

    fn into_commonjs(self) -> Option<Printed> {
        let file = self.file();
        let allocator = Allocator::default();
        let Checked { stripped, facts, kind } = file.check(&allocator).ok()?;
        let is_exporting = kind == ModuleKind::CommonJs && facts.commonjs.first.is_some();
        stripped.filter(|_| is_exporting).map(|program| file.print(program, kind))
    }

    fn requests(self) -> Vec<Request> {
        let file = self.file();
        let named = NameFacts::read(file.name);
        let Ok(nesting) = nesting::measure(file.text, named.dialect) else { return Vec::new() };
        let allocator = Allocator::default();
        file.parse(&allocator, &named, nesting).map(|parsed| parsed.facts.into_requests()).unwrap_or_default()
    }

    fn file(&self) -> File<'_> {
        // Editors do not show a byte order mark, so no column counts it.
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(&self.text);
        File { name: &self.file_name, text, lines: Lines::new(text) }
    }
}

/// The source, as every step needs it.
struct File<'a> {
    name: &'a str,
    text: &'a str,
    lines: Lines<'a>,
}

/// A program without syntax errors, and the kind it was read as.
struct Parsed<'a> {
    program: Program<'a>,
    scoping: Scoping,
    facts: Facts,
    kind: ModuleKind,
}

/// A program that is as it should be, except perhaps for what it imports.
struct Checked<'a> {
    /// TypeScript without its types; `None` when the text is JavaScript.
    stripped: Option<Program<'a>>,
    facts: Facts,
    kind: ModuleKind,
}

impl<'t> File<'t> {
    fn refuse_foreign(&self, named: &NameFacts) -> Result<(), CompileError> {
        if let Some(at) = self.text.find('\0') {
            return Err(CompileError::NotText {
                file_name: self.name.to_owned(),
                found: "there is a NUL character",
                line: self.lines.line(at),
            });
        }
        if named.is_jsx {
            let help = "Name the file .ts or .js and write it without JSX; an action renders nothing.";
            return Err(self.unsupported(vec![self.lines.diagnostic(
                0,
                1,
                "JSX is not supported",
                Some(help),
            )]));
        }
        Ok(())
    }

    fn refused(&self, refusal: Refusal) -> CompileError {
        let file_name = self.name.to_owned();
        match refusal {
            Refusal::TooDeep { offset } => {
                let message =
                    format!("The code is nested too deeply: {} parts are open here", nesting::DEPTH_MAX);
                let help = "Split the expression or statement, or move the data out of the code.";
                let diagnostic = Box::new(self.lines.diagnostic(offset, 1, &message, Some(help)));
                CompileError::TooDeep { file_name, diagnostic }
            }
            Refusal::TooTangled { offset } => {
                let message = "There are too many nested brackets that can be read in two ways up to here";
                let help = "Give names to the inner arrow functions and types.";
                let diagnostic = Box::new(self.lines.diagnostic(offset, 1, message, Some(help)));
                CompileError::TooDeep { file_name, diagnostic }
            }
            Refusal::HtmlComment { offset } => {
                let message = "HTML-like comments are not supported";
                let help = "Begin a comment with //, or put a space between the operators.";
                self.unsupported(vec![self.lines.diagnostic(offset, 3, message, Some(help))])
            }
            Refusal::AmbiguousSlash { offset } => {
                let message = "It is not clear where regular expressions begin and end up to here";
                let help = "Put parentheses around each regular expression that begins a statement.";
                self.unsupported(vec![self.lines.diagnostic(offset, 1, message, Some(help))])
            }
        }
    }

    fn unsupported(&self, mut diagnostics: Vec<Diagnostic>) -> CompileError {
        diagnostics.truncate(DIAGNOSTICS_MAX);
        CompileError::Unsupported { file_name: self.name.to_owned(), diagnostics }
    }

    /// Parses as what the name says, or else as what the content is.
    fn parse<'a>(
        &self,
        allocator: &'a Allocator,
        named: &NameFacts,
        nesting: Nesting,
    ) -> Result<Parsed<'a>, CompileError>
    where
        't: 'a,
    {
        if let Some(kind) = named.kind {
            return self.parse_as(kind, allocator, named.dialect).map_err(|errors| self.syntax(errors));
        }
        // Without the words of a module it is none, and need not be tried as one.
        let as_module =
            nesting.has_module_words.then(|| self.parse_as(ModuleKind::EsModule, allocator, named.dialect));
        let module_errors = match as_module {
            Some(Ok(parsed)) if parsed.facts.is_module => return Ok(parsed),
            Some(Err(errors)) if nesting.has_module_statement => return Err(self.syntax(errors)),
            Some(Err(errors)) => Some(errors),
            Some(Ok(_)) | None => None,
        };
        let as_commonjs = self.parse_as(ModuleKind::CommonJs, allocator, named.dialect);
        // A text that is neither is most likely the kind in which fewer things are wrong.
        as_commonjs.map_err(|errors| match module_errors {
            Some(module_errors) if module_errors.len() < errors.len() => self.syntax(module_errors),
            Some(_) | None => self.syntax(errors),
        })
    }

    fn parse_as<'a>(
        &self,
        kind: ModuleKind,
        allocator: &'a Allocator,
        dialect: Dialect,
    ) -> Result<Parsed<'a>, Diagnostics>
    where
        't: 'a,
    {
        let source_type = match kind {
            ModuleKind::CommonJs => SourceType::cjs(),
            ModuleKind::EsModule => SourceType::mjs(),
        }
        .with_typescript(dialect == Dialect::TypeScript);
        let options = ParseOptions {
            // The engine runs CommonJS as the body of a function.
            allow_return_outside_function: kind == ModuleKind::CommonJs,
            ..ParseOptions::default()
        };
        let parsed = Parser::new(allocator, self.text, source_type).with_options(options).parse();
        if parsed.panicked || parsed.diagnostics.has_errors() {
            return Err(parsed.diagnostics);
        }
        let program = parsed.program;
        let checked = SemanticBuilder::new_compiler()
            .with_check_syntax_error(true)
            // The transformer wants the values of enums.
            .with_enum_eval(dialect == Dialect::TypeScript)
            .build(&program);
        if checked.diagnostics.has_errors() {
            return Err(checked.diagnostics);
        }
        let scoping = checked.semantic.into_scoping();
        let facts = facts::collect(&program, &scoping);
        Ok(Parsed { program, scoping, facts, kind })
    }

    /// Everything but the imports is as it should be; types are stripped.
    fn check<'a>(&self, allocator: &'a Allocator) -> Result<Checked<'a>, CompileError>
    where
        't: 'a,
    {
        let named = NameFacts::read(self.name);
        self.refuse_foreign(&named)?;
        let nesting = nesting::measure(self.text, named.dialect).map_err(|refusal| self.refused(refusal))?;
        let parsed = self.parse(allocator, &named, nesting)?;
        match named.dialect {
            Dialect::JavaScript => {
                self.refuse_decorators(&parsed.facts)?;
                Ok(Checked { stripped: None, facts: parsed.facts, kind: parsed.kind })
            }
            Dialect::TypeScript => self.strip_types(allocator, parsed, named.kind),
        }
    }

    fn strip_types<'a>(
        &self,
        allocator: &'a Allocator,
        parsed: Parsed<'a>,
        named_kind: Option<ModuleKind>,
    ) -> Result<Checked<'a>, CompileError> {
        let Parsed { mut program, scoping, facts, kind } = parsed;
        self.refuse_decorators(&facts)?;
        self.refuse_assignments(&facts)?;
        // Exactly the TypeScript part: default options rewrite nothing for older engines.
        let options = TransformOptions::default();
        let transformed = Transformer::new(allocator, self.name.as_ref(), &options)
            .build_with_scoping(scoping, &mut program);
        if transformed.diagnostics.has_errors() {
            return Err(self.syntax(transformed.diagnostics));
        }
        let facts = facts::collect(&program, &transformed.scoping);
        // `import type` alone makes no module: `exports.onX = …` beside it means CommonJS.
        let is_commonjs = named_kind.is_none() && !facts.is_module && facts.commonjs.first.is_some();
        let kind = if is_commonjs { ModuleKind::CommonJs } else { kind };
        Ok(Checked { stripped: Some(program), facts, kind })
    }

    fn generate(&self, checked: Checked<'_>) -> Compiled {
        let Checked { stripped, facts, kind } = checked;
        let Printed { code, source_map } = match stripped {
            None => Printed { code: self.as_written(), source_map: None },
            Some(program) => self.print(program, kind),
        };
        Compiled {
            code,
            kind,
            source_map,
            warnings: self.warnings(&facts, kind),
            modules: facts.modules(),
            exports: exports(facts, kind),
        }
    }

    /// JavaScript runs as it was written.
    fn as_written(&self) -> String {
        // Only a script's first line may begin with `#!`; the engine may put a function around it.
        match self.text.strip_prefix("#!") {
            Some(rest) => format!("//{rest}"),
            None => self.text.to_owned(),
        }
    }

    fn print(&self, mut program: Program<'_>, kind: ModuleKind) -> Printed {
        if kind == ModuleKind::CommonJs {
            program.body.retain(|statement| !matches!(statement, Statement::ExportNamedDeclaration(_)));
        }
        let generated = Codegen::new().with_options(self.codegen_options()).build(&program);
        Printed { code: generated.code, source_map: generated.map.map(|map| map.to_json_string()) }
    }

    fn codegen_options(&self) -> CodegenOptions {
        CodegenOptions {
            source_map_path: Some(PathBuf::from(self.name)),
            // The source map carries the author's comments; the engine has no use for them.
            comments: CommentOptions::disabled(),
            ..CodegenOptions::default()
        }
    }

    /// Refuses imports, except of modules (`actions:NAME`).
    fn refuse_imports(&self, imports: &[Request]) -> Result<(), CompileError> {
        let one = |import: &Request| {
            let message = format!("Nothing can resolve the import of \"{}\"", import.specifier);
            let help = help_with(&import.specifier).unwrap_or(
                "An action is one file. Use the globals of the platform (fetch, crypto, URL), put the code into \
                 this file, or write `import type` if only types are needed.",
            );
            self.remark(import.span, &message, Some(help))
        };
        let foreign = imports.iter().filter(|import| module_name(&import.specifier).is_none());
        let refused: Vec<Diagnostic> = foreign.take(DIAGNOSTICS_MAX).map(one).collect();
        if refused.is_empty() { Ok(()) } else { Err(self.unsupported(refused)) }
    }

    fn refuse_decorators(&self, facts: &Facts) -> Result<(), CompileError> {
        if facts.decorators.is_empty() {
            return Ok(());
        }
        let help = "The engine does not run decorators yet. Call the function on the class instead.";
        let one = |span: &Span| self.remark(*span, "Decorators are not supported", Some(help));
        Err(self.unsupported(facts.decorators.iter().take(DIAGNOSTICS_MAX).map(one).collect()))
    }

    fn refuse_assignments(&self, facts: &Facts) -> Result<(), CompileError> {
        let exports = facts.export_assignments.iter().map(|span| {
            let help = "Write `export const onX = …`, or `module.exports = …` without other exports.";
            self.remark(*span, "`export =` is not supported", Some(help))
        });
        let imports = facts.import_assignments.iter().map(|span| {
            let help = "Nothing can be required. Use the globals of the platform (fetch, crypto, URL).";
            self.remark(*span, "`import … = require(…)` is not supported", Some(help))
        });
        let found: Vec<Diagnostic> = exports.chain(imports).take(DIAGNOSTICS_MAX).collect();
        if found.is_empty() { Ok(()) } else { Err(self.unsupported(found)) }
    }

    fn warnings(&self, facts: &Facts, kind: ModuleKind) -> Vec<Diagnostic> {
        let foreign = |require: &&Request| module_name(&require.specifier).is_none();
        let requires = facts.requires.iter().filter(foreign).map(|require| {
            let message = format!(
                "`require(\"{}\")` will throw: there is no such module to require",
                require.specifier
            );
            let help = help_with(&require.specifier).unwrap_or(
                "Use the globals of the platform (fetch, crypto, URL), or put the code into this file.",
            );
            self.remark(require.span, &message, Some(help))
        });
        let dynamic = facts.dynamic_imports.iter().filter_map(|import| {
            let (message, help) = match import.specifier.as_deref() {
                Some(specifier) if module_name(specifier).is_some() => return None,
                Some(specifier) => {
                    ("`import(…)` will reject: there is no such module to import", help_with(specifier))
                }
                None => {
                    ("`import(…)` will reject unless it names a module of the action (actions:NAME)", None)
                }
            };
            Some(self.remark(import.span, message, Some(help.unwrap_or("Put the code into this file."))))
        });
        let mixed = facts.commonjs.first.filter(|_| kind == ModuleKind::EsModule).map(|span| {
            let help = "Use `export` for every handler, or no `import` and `export` at all.";
            let message = "This assignment exports nothing: the file is an ES module because of its `import` \
                           or `export`";
            self.remark(span, message, Some(help))
        });
        let direction = self.text.char_indices().filter(|(_, char)| is_direction_control(*char)).take(1).map(
            |(at, char)| {
                let help = "Remove it, or write it as an escape inside a string.";
                let message = format!(
                    "The invisible character U+{:04X} can make this code look other than it runs",
                    u32::from(char)
                );
                self.lines.diagnostic(at, char.len_utf8(), &message, Some(help))
            },
        );
        mixed.into_iter().chain(requires).chain(dynamic).chain(direction).take(DIAGNOSTICS_MAX).collect()
    }

    fn remark(&self, span: Span, message: &str, help: Option<&str>) -> Diagnostic {
        self.lines.diagnostic(span.start as usize, span.size() as usize, message, help)
    }

    fn syntax(&self, found: Diagnostics) -> CompileError {
        let foreign = self.foreign_language();
        let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let mut diagnostics: Vec<Diagnostic> =
            errors.take(DIAGNOSTICS_MAX).map(|diagnostic| self.syntax_error(diagnostic, foreign)).collect();
        if diagnostics.is_empty() {
            diagnostics.push(self.lines.diagnostic(0, 1, "The text cannot be read", foreign));
        }
        diagnostics.sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
        CompileError::Syntax { file_name: self.name.to_owned(), diagnostics }
    }

    fn syntax_error(&self, diagnostic: &OxcDiagnostic, foreign: Option<&'static str>) -> Diagnostic {
        let label = diagnostic.labels.first();
        let offset = label.map_or(0, |label| label.span().start as usize);
        let bytes = label.map_or(1, |label| label.span().size() as usize);
        let begins_tag = self.text.get(offset..).is_some_and(|rest| {
            rest.starts_with('<')
                && rest[1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '>')
        });
        let jsx = begins_tag.then_some("JSX is not supported; an action renders nothing.");
        let help = foreign.or(jsx).or(diagnostic.help.as_deref()).or(label.and_then(|label| label.label()));
        self.lines.diagnostic(offset, bytes, &diagnostic.message, help)
    }

    /// What the text most likely is, when it is not what it should be.
    fn foreign_language(&self) -> Option<&'static str> {
        let text = self.text.trim_start();
        let after_brace = text.strip_prefix('{').map(str::trim_start);
        if text.starts_with("<!") || text.starts_with("<?") || text.to_ascii_lowercase().starts_with("<html")
        {
            Some("This looks like HTML or XML, not like JavaScript. Name the file that holds the action.")
        } else if after_brace.is_some_and(|rest| rest.starts_with('"')) {
            Some("This looks like JSON, not like JavaScript. Name the file that holds the action.")
        } else {
            None
        }
    }
}

/// The way out for a name that is meant for a module of the action.
fn help_with(specifier: &str) -> Option<&'static str> {
    specifier.starts_with(facts::MODULE_PREFIX).then_some(
        "Modules of an action are named actions:NAME, with 1 to 100 letters, digits, - and _ in NAME.",
    )
}

fn exports(facts: Facts, kind: ModuleKind) -> Option<Vec<String>> {
    match kind {
        ModuleKind::EsModule => Some(facts.module_exports),
        ModuleKind::CommonJs => facts.commonjs.into_names(),
    }
}
