//! Makes one program of many files: the child's side, which takes its own powers away first.

use std::io;
use std::io::Read;
use std::io::Write;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use rlimit::Resource;
use rolldown::BundlerBuilder;
use rolldown::BundlerOptions;
use rolldown::CodeSplittingMode;
use rolldown::CommentsOptions;
use rolldown::InputItem;
use rolldown::OutputFormat;
use rolldown::Platform;
use rolldown::ResolveOptions;
use rolldown::SourceMapType;
use rolldown::TsConfig;
use rolldown_common::InjectImport;
use rolldown_common::Output;
use rolldown_common::OutputChunk;
use rolldown_error::BuildDiagnostic;
use rolldown_error::DiagnosticOptions;
use rolldown_error::EventKind;
use serde_json::Value;

use vestibule_bundle::ModuleKind;
use vestibule_bundle::Remark;
use vestibule_bundle::child::Answer;
use vestibule_bundle::child::DIAGNOSTICS_MAX;
use vestibule_bundle::child::EXIT_ANSWERED;
use vestibule_bundle::child::GREETING;
use vestibule_bundle::child::Greeted;
use vestibule_bundle::child::Job;
use vestibule_bundle::child::Lines;
use vestibule_bundle::child::MadeProgram;
use vestibule_bundle::child::STACK_BYTES;
use vestibule_bundle::child::THREADS;

use crate::builtins;
use crate::builtins::Global;
use crate::rules::Gravity;
use crate::rules::Rules;

/// How the child ends when it could not begin, or could not write its answer.
const EXIT_NOT_STARTED: i32 = 12;

/// Names that packages for Node and for browsers use, and what stands for them.
const DEFINED: [(&str, &str); 5] = [
    ("process.env.NODE_ENV", "'production'"),
    ("global", "globalThis"),
    ("self", "globalThis"),
    // As `process.argv` has it; an action has no files.
    ("__filename", "'/action.js'"),
    ("__dirname", "'/'"),
];

/// The compiler's settings of a project, in its root.
const TSCONFIG: &str = "tsconfig.json";

/// Files that may be open at a time.
const OPEN_FILES_MAX: u64 = 64;

/// The bundler's name for a `require` that it could not follow. It calls a `require` that there is.
const REQUIRE_LEFT: &str = "__require";

/// What such a `require` calls in an ES module, where the engine has none: it fails as the engine's does. A
/// declaration is there from the first line on, so it can stand at the end and move no line.
const NO_REQUIRE: &str = "function require(name) { throw Object.assign(new Error(\
                          `Cannot find module '${name}': an action must be self-contained`), \
                          { code: \"MODULE_NOT_FOUND\" }); }\n";

/// What this process does: reads its job from `stdin`, writes the answer to `stdout` or why there is none to
/// `stderr`, and returns the exit code.
///
/// It lowers the limits of the process for good.
pub(crate) fn work(stdin: &mut dyn Read, stdout: &mut dyn Write, stderr: &mut dyn Write) -> i32 {
    // Whoever starts a program of another version learns that first.
    let answered = stdout.write_all(GREETING.as_bytes()).and_then(|()| {
        let job = job(stdin)?;
        give_up_powers(&job)?;
        let answer = on_large_stack(move || bundle(job))?;
        serde_json::to_writer(&mut *stdout, &answer)?;
        stdout.flush()
    });
    match answered {
        Ok(()) => EXIT_ANSWERED,
        Err(error) => {
            let _ = write!(stderr, "{error}");
            EXIT_NOT_STARTED
        }
    }
}

fn job(stdin: &mut dyn Read) -> io::Result<Job> {
    let mut said = Vec::new();
    stdin.read_to_end(&mut said)?;
    let greeted = Greeted::read(&said).filter(Greeted::is_ours);
    let greeted = greeted.ok_or_else(|| {
        io::Error::other("whoever started this program is no Vestibule, or one of another version")
    })?;
    Ok(serde_json::from_slice(greeted.rest)?)
}

/// From here on: few open files, no byte in any of them, no core dump, and an end to memory and time.
fn give_up_powers(job: &Job) -> io::Result<()> {
    let limits = [
        (Resource::AS, job.limits.memory_bytes_max),
        // Ends a child whose parent has died; the parent itself is faster.
        (Resource::CPU, job.limits.wall_max.as_secs() * THREADS as u64 + 2),
        (Resource::CORE, 0),
        (Resource::FSIZE, 0),
        (Resource::NOFILE, OPEN_FILES_MAX),
    ];
    limits.into_iter().try_for_each(|(resource, limit)| {
        let (_, hard) = rlimit::getrlimit(resource)?;
        let limit = limit.min(hard);
        rlimit::setrlimit(resource, limit, limit)
    })
}

fn on_large_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(work)?;
    thread.join().map_err(|_| io::Error::other("the bundler panicked"))
}

/// Makes the bundle, in this process.
fn bundle(job: Job) -> Answer {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .max_blocking_threads(THREADS)
        .thread_stack_size(STACK_BYTES)
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(generate(job)),
        Err(error) => Answer::Failed(format!("its threads cannot be started: {error}")),
    }
}

async fn generate(job: Job) -> Answer {
    let kind = job.kind;
    let options = options(&job.project.root, &job.project.entry, kind);
    let rules = Arc::new(Rules::new(job));
    let plugins = vec![Arc::clone(&rules) as _];
    let builder = BundlerBuilder::default().with_options(options).with_plugins(plugins);
    let output = match builder.build() {
        Ok(mut bundler) => bundler.generate().await,
        Err(errors) => Err(errors),
    };
    let (output, diagnostics) = match output {
        Ok(output) => (output.assets, output.warnings),
        Err(errors) => (Vec::new(), errors.into_vec()),
    };
    if rules.found().lacks_packages {
        return Answer::LacksPackages;
    }
    let Remarks { errors, warnings } = remarks(&rules, &diagnostics);
    if !errors.is_empty() {
        return Answer::Refused(errors);
    }
    let mut chunks = output.into_iter().filter_map(|output| match output {
        Output::Chunk(chunk) => Some(chunk),
        Output::Asset(_) => None,
    });
    match (chunks.next(), chunks.next()) {
        (Some(chunk), None) => Answer::Program(finish(&rules, &chunk, kind, warnings)),
        _ => Answer::Failed("it has not made one program".to_owned()),
    }
}

fn options(root: &Path, entry: &Path, kind: ModuleKind) -> BundlerOptions {
    let tsconfig = root.join(TSCONFIG);
    let strings = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
    BundlerOptions {
        input: Some(vec![InputItem {
            name: Some("action".to_owned()),
            import: entry.to_string_lossy().into_owned(),
        }]),
        cwd: Some(root.to_owned()),
        format: Some(match kind {
            ModuleKind::CommonJs => OutputFormat::Cjs,
            ModuleKind::EsModule => OutputFormat::Esm,
        }),
        // The platform of fetch and WebCrypto.
        platform: Some(Platform::Browser),
        resolve: Some(ResolveOptions {
            condition_names: strings(&["worker", "browser"]),
            ..ResolveOptions::default()
        }),
        tsconfig: Some(match tsconfig.is_file() {
            true => TsConfig::Manual(tsconfig),
            false => TsConfig::Auto(false),
        }),
        define: Some(DEFINED.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()),
        inject: Some(builtins::GLOBALS.iter().map(injected).collect()),
        // An action is one program.
        code_splitting: Some(CodeSplittingMode::Bool(false)),
        sourcemap: Some(SourceMapType::Hidden),
        // The source map carries the author's comments; licences stay with the code.
        comments: Some(CommentsOptions { legal: true, annotation: false, jsdoc: false }),
        ..BundlerOptions::default()
    }
}

/// What a file that uses a name of Node's without declaring it imports.
fn injected(global: &Global) -> InjectImport {
    let text = str::to_owned;
    InjectImport::named(text(global.exported), Some(text(global.name)), text(global.module))
}

fn finish(rules: &Rules, chunk: &OutputChunk, kind: ModuleKind, warnings: Vec<Remark>) -> MadeProgram {
    let map = chunk.map.as_ref().map(|map| map.to_json_string()).unwrap_or_default();
    MadeProgram {
        code: with_require(&chunk.code, kind),
        source_map: with_authors_names(rules, &map),
        modules: rules.found().modules.iter().cloned().collect(),
        warnings,
    }
}

/// The code, with a `require` where it may call one and has none of its own.
fn with_require(code: &str, kind: ModuleKind) -> String {
    let declares = |word: &str| code.contains(&format!("{word} require "));
    let has_own =
        ["var", "let", "const", "class"].into_iter().any(declares) || code.contains("function require(");
    match kind {
        ModuleKind::EsModule if code.contains(REQUIRE_LEFT) && !has_own => format!("{code}{NO_REQUIRE}"),
        ModuleKind::EsModule | ModuleKind::CommonJs => code.to_owned(),
    }
}

/// The source map with the names of files as their author knows them.
fn with_authors_names(rules: &Rules, map: &str) -> String {
    let Ok(mut map) = serde_json::from_str::<Value>(map) else { return map.to_owned() };
    // The bundler's names are relative to where it would write.
    let folder = rules.project.root.join("dist");
    for source in map["sources"].as_array_mut().into_iter().flatten() {
        let Some(name) = source.as_str() else { continue };
        let path = path_of_source(&folder, name);
        let is_file = rules.found().files.contains_key(&path);
        *source = match is_file {
            true => rules.name_of(&path).into(),
            false => "vestibule:bundle".into(),
        };
    }
    map.to_string()
}

/// The file that the bundler means, which names it from the folder where it would write; built-in modules lie in
/// none.
fn path_of_source(folder: &Path, name: &str) -> PathBuf {
    match name
        .find(builtins::PREFIX)
        .filter(|at| name[..*at].split('/').all(|part| part.is_empty() || part == ".."))
    {
        Some(at) => name[at..].into(),
        None => normalized(&folder.join(name)),
    }
}

/// What is wrong, and what is only odd.
struct Remarks {
    errors: Vec<Remark>,
    warnings: Vec<Remark>,
}

fn remarks(rules: &Rules, diagnostics: &[BuildDiagnostic]) -> Remarks {
    let mut remarks = Remarks { errors: Vec::new(), warnings: Vec::new() };
    remarks.add_imports(rules, diagnostics);
    let refused_files = std::mem::take(&mut rules.found().refused_files);
    remarks.errors.extend(refused_files);
    // What our own rules have found is the cause of what the bundler says then.
    if remarks.errors.is_empty() {
        remarks.add_diagnostics(rules, diagnostics);
    }
    for list in [&mut remarks.errors, &mut remarks.warnings] {
        list.sort_by(|a, b| {
            let place = |remark: &Remark| (remark.diagnostic.line, remark.diagnostic.column);
            (&a.file_name, place(a)).cmp(&(&b.file_name, place(b)))
        });
        list.dedup();
        list.truncate(DIAGNOSTICS_MAX);
    }
    remarks
}

impl Remarks {
    fn add_imports(&mut self, rules: &Rules, diagnostics: &[BuildDiagnostic]) {
        let found = rules.found();
        let unresolved = |importer: &Path, specifier: &str| {
            diagnostics.iter().any(|diagnostic| {
                is_unresolved(diagnostic)
                    && diagnostic.id().is_some_and(|id| Path::new(&id) == importer)
                    && diagnostic.exporter().is_some_and(|name| name == specifier)
            })
        };
        for finding in &found.imports {
            let list = match finding.gravity {
                Gravity::Error => &mut self.errors,
                Gravity::Warning => &mut self.warnings,
                Gravity::ErrorIfNeeded | Gravity::WarningIfNeeded
                    if !unresolved(&finding.importer, &finding.specifier) =>
                {
                    continue;
                }
                Gravity::ErrorIfNeeded => &mut self.errors,
                Gravity::WarningIfNeeded => &mut self.warnings,
            };
            // Looking for a place costs a reading of the file.
            if list.len() < DIAGNOSTICS_MAX {
                list.push(finding.remark(rules, &found.files));
            }
        }
    }

    fn add_diagnostics(&mut self, rules: &Rules, diagnostics: &[BuildDiagnostic]) {
        for diagnostic in diagnostics {
            let is_error = diagnostic.severity() == rolldown_error::Severity::Error;
            if is_unresolved(diagnostic) {
                continue;
            }
            let Placed { remark, is_foreign } = placed(rules, diagnostic);
            if is_error {
                self.errors.push(remark);
            } else if !is_foreign {
                self.warnings.push(remark);
            }
        }
    }
}

fn is_unresolved(diagnostic: &BuildDiagnostic) -> bool {
    matches!(diagnostic.kind(), EventKind::UnresolvedImport | EventKind::ResolveError)
}

/// A diagnostic of the bundler as a remark.
struct Placed {
    remark: Remark,
    /// It is about a package, so the author of the action can do nothing about it.
    is_foreign: bool,
}

fn placed(rules: &Rules, diagnostic: &BuildDiagnostic) -> Placed {
    let options = DiagnosticOptions { cwd: rules.project.root.clone() };
    let message = rules.without_root(&diagnostic.to_message_with(&options));
    let found = rules.found();
    let location = diagnostic.to_diagnostic_with(&options).get_primary_location();
    let (path, line, code_units) = match location {
        _ if matches!(diagnostic.kind(), EventKind::TsConfigError) => {
            (rules.project.root.join(TSCONFIG), 1, 0)
        }
        Some((file, line, code_units, _)) => (normalized(&rules.project.root.join(file)), line, code_units),
        None => {
            let id = diagnostic.id().map_or_else(|| rules.project.entry.clone(), Into::into);
            (id, 1, 0)
        }
    };
    let text = found.files.get(&path).map(|text| &**text).unwrap_or_default();
    let lines = Lines::new(text);
    let diagnostic = lines.diagnostic(lines.offset(line, code_units), 1, &message, None);
    Placed { is_foreign: rules.is_foreign(&path), remark: Remark::new(rules.name_of(&path), diagnostic) }
}

/// A path without `.` and `..`, as it is written: links are not followed.
fn normalized(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => normal.push(component),
        }
    }
    normal
}
