//! What a bundle may be made of: every import and every file of the graph is judged here.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use rolldown::ModuleType;
use rolldown::plugin::HookLoadArgs;
use rolldown::plugin::HookLoadOutput;
use rolldown::plugin::HookLoadReturn;
use rolldown::plugin::HookResolveIdArgs;
use rolldown::plugin::HookResolveIdOutput;
use rolldown::plugin::HookResolveIdReturn;
use rolldown::plugin::HookUsage;
use rolldown::plugin::Plugin;
use rolldown::plugin::PluginContext;
use rolldown::plugin::PluginContextResolveOptions;
use rolldown::plugin::SharedLoadPluginContext;
use rolldown_common::ImportKind;
use rolldown_common::ResolvedId;
use rolldown_error::DiagnosticOptions;
use rolldown_error::resolve_error_to_message;
use rolldown_resolver::ResolveError;
use rolldown_sourcemap::SourceMap;
use serde_json::Value;
use vestibule_bundle::BundleLimits;
use vestibule_bundle::Diagnostic;
use vestibule_bundle::ModuleKind;
use vestibule_bundle::Remark;
use vestibule_bundle::Source;
use vestibule_bundle::child;
use vestibule_bundle::child::Job;
use vestibule_bundle::child::Lines;
use vestibule_bundle::child::MODULE_PREFIX;
use vestibule_bundle::child::Printed;
use vestibule_bundle::child::Project;
use vestibule_bundle::child::Unreadable;
use vestibule_bundle::child::module_name;

use crate::builtins;
use crate::builtins::Builtin;
use crate::packages::Packages;
use crate::page_builds;

/// The folder of packages.
pub(crate) const PACKAGES: &str = "node_modules";

/// The longest `package.json` that is looked at for names, in bytes.
const SETTINGS_BYTES_MAX: u64 = 1024 * 1024;

/// Judges what the bundler comes across.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) project: Project,
    /// The text of the action's own file, which was judged before; the file may have changed since.
    entry_text: String,
    kind: ModuleKind,
    limits: BundleLimits,
    /// What built-in modules of Node are made of; `None` when it is not ready.
    packages: Option<Packages>,
    found: Mutex<Found>,
}

/// What was found on the way.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The files that were read, by their paths.
    pub(crate) files: HashMap<PathBuf, Arc<str>>,
    bytes: u64,
    /// Modules of the action that are asked for.
    pub(crate) modules: BTreeSet<String>,
    pub(crate) imports: Vec<ImportFinding>,
    /// Remarks about whole files.
    pub(crate) refused_files: Vec<Remark>,
    /// A built-in module needs its packages, and they are not ready.
    pub(crate) lacks_packages: bool,
    /// The names that each `package.json` gives another meaning in a browser, by the folders of the files.
    renamed: HashMap<PathBuf, Arc<BTreeSet<String>>>,
}

/// Something to say about an import. Its place is looked for at the end.
#[derive(Clone, Debug)]
pub(crate) struct ImportFinding {
    pub(crate) importer: PathBuf,
    pub(crate) specifier: String,
    pub(crate) gravity: Gravity,
    pub(crate) message: String,
    pub(crate) help: String,
}

/// What a finding means for the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gravity {
    /// There is none.
    Error,
    /// It is made all the same.
    Warning,
    /// There is none if the bundler finds that the import is needed: one in a `try` may fail.
    ErrorIfNeeded,
    /// It is made all the same, and the author is told if the bundler finds that the import is needed.
    WarningIfNeeded,
}

/// How to go on with an import.
enum Judgement {
    /// The bundler may follow it.
    Follow,
    /// It leads to another file than the bundler would find.
    File(PathBuf),
    /// It stays in the program.
    Leave,
    /// It leads to a built-in module of Node.
    Builtin(String),
    /// It leads to a file of a package that built-in modules are made of.
    Package(ResolvedId),
}

/// Whose file it is that imports.
enum Origin {
    /// A file of the project.
    Project,
    /// A built-in module of Node.
    Builtin,
    /// A file of a package that those are made of.
    Package,
}

impl Rules {
    pub(crate) fn new(job: Job) -> Self {
        let Job { project, text, kind, limits, packages } = job;
        let packages = packages.map(Packages::new);
        Self { project, entry_text: text, kind, limits, packages, found: Mutex::default() }
    }

    pub(crate) fn found(&self) -> MutexGuard<'_, Found> {
        // What was found before a panic is still true.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn judge(&self, ctx: &PluginContext, args: &HookResolveIdArgs<'_>) -> Judgement {
        let Some(importer) = args.importer else { return Judgement::Follow };
        let import = Import { importer: Path::new(importer), specifier: args.specifier, kind: args.kind };
        let origin = self.origin(import.importer);
        let is_project = matches!(origin, Origin::Project);
        match builtins::find(args.specifier, !is_project) {
            _ if self.is_renamed(import.importer, args.specifier) => {}
            Builtin::Here(name) => return Judgement::Builtin(name.to_owned()),
            Builtin::Missing => return self.missing(&import),
            Builtin::No => {}
        }
        if args.specifier.starts_with(builtins::NATIVE_PREFIX) && !is_project {
            return Judgement::Leave;
        }
        if is_project && args.specifier.starts_with(MODULE_PREFIX) {
            return self.module(&import);
        }
        if let Some((message, help)) = refused_form(args.specifier) {
            return self.note(&import, Gravity::Error, message, help);
        }
        let importer = match (&origin, &self.packages) {
            (Origin::Builtin, Some(packages)) => packages.importer(),
            (Origin::Builtin, None) => {
                self.found().lacks_packages = true;
                return Judgement::Leave;
            }
            (Origin::Project | Origin::Package, _) => importer.to_owned(),
        };
        let options = PluginContextResolveOptions {
            import_kind: args.kind,
            is_entry: args.is_entry,
            skip_self: true,
            custom: Arc::clone(&args.custom),
        };
        let resolved = ctx.resolve(args.specifier, Some(&importer), Some(options)).await;
        match (resolved, &self.packages) {
            (Ok(Ok(resolved)), Some(packages)) if !is_project => self.of_package(&import, packages, resolved),
            (Ok(Ok(resolved)), _) => self.resolved(&import, resolved.id.as_str()),
            (Ok(Err(ResolveError::NotFound(_))), _) => self.unresolved(&import, None),
            (Ok(Err(error)), _) => {
                let options = DiagnosticOptions { cwd: self.project.root.clone() };
                self.unresolved(&import, Some(&resolve_error_to_message(&error, &options)))
            }
            (Err(error), _) => self.unresolved(&import, Some(&error.to_string())),
        }
    }

    fn origin(&self, importer: &Path) -> Origin {
        if importer.to_string_lossy().starts_with(builtins::PREFIX) {
            Origin::Builtin
        } else if self.packages.as_ref().is_some_and(|packages| packages.has(importer)) {
            Origin::Package
        } else {
            Origin::Project
        }
    }

    /// Whether the package of a file wants something else than Node's module in a browser, such as nothing.
    fn is_renamed(&self, importer: &Path, specifier: &str) -> bool {
        let Some(folder) = importer.parent().filter(|_| importer.is_absolute()) else { return false };
        let known = self.found().renamed.get(folder).cloned();
        let names = known.unwrap_or_else(|| {
            let root = match &self.packages {
                Some(packages) if packages.has(importer) => packages.folder(),
                Some(_) | None => &self.project.root,
            };
            let names = Arc::new(renamed_in_browsers(folder, root));
            self.found().renamed.insert(folder.to_owned(), Arc::clone(&names));
            names
        });
        names.contains(specifier)
    }

    /// A built-in module of Node that is not here.
    fn missing(&self, import: &Import<'_>) -> Judgement {
        let specifier = import.specifier;
        let message = format!("\"{specifier}\" is a built-in module of Node that an action does not have");
        let help = "Use the globals of the platform (fetch, crypto, URL), another built-in module, or a package \
                    for browsers.";
        // Nothing catches what an `import` declaration meets; a `require` may stand in a `try`.
        let gravity = if import.kind == ImportKind::Import { Gravity::Error } else { Gravity::Warning };
        self.note(import, gravity, message, help.to_owned())
    }

    /// What built-in modules are made of lies in one folder, and so does what that is made of.
    fn of_package(&self, import: &Import<'_>, packages: &Packages, resolved: ResolvedId) -> Judgement {
        let path = Path::new(resolved.id.as_str());
        if path.is_absolute() && !packages.has(path) {
            let message = format!("\"{}\" is not among the packages of built-in modules", import.specifier);
            let help = "This is an error of the platform, not of the source.".to_owned();
            return self.note(import, Gravity::Error, message, help);
        }
        Judgement::Package(resolved)
    }

    /// A module of the action stays an import: the engine has it.
    fn module(&self, import: &Import<'_>) -> Judgement {
        let Some(name) = module_name(import.specifier) else {
            let message = format!("\"{}\" names no module", import.specifier);
            let help = "Modules of an action are named actions:NAME, with 1 to 100 letters, digits, - and _ in NAME.";
            return self.note(import, Gravity::Error, message, help.to_owned());
        };
        if self.kind == ModuleKind::EsModule && import.kind == ImportKind::Require {
            let message = format!(
                "`require(\"{}\")` cannot be used in an action that is an ES module",
                import.specifier
            );
            let help = format!(
                "Write import … from \"{}\", or import it in the action and pass it on.",
                import.specifier
            );
            return self.note(import, Gravity::Error, message, help);
        }
        self.found().modules.insert(name.to_owned());
        Judgement::Leave
    }

    /// Where an import leads must be in the project, and something that runs.
    fn resolved(&self, import: &Import<'_>, id: &str) -> Judgement {
        let path = Path::new(id);
        // Packages can name files that are to be empty in a browser.
        if !path.is_absolute() {
            return Judgement::Follow;
        }
        if !self.project.holds(path) {
            let message = format!("\"{}\" leads out of the project", import.specifier);
            let help = format!(
                "Only files below {} are bundled, the nearest folder with a package.json or a tsconfig.json. Copy \
                 the file into it, or install the package there.",
                self.project.root_name()
            );
            return self.note(import, Gravity::Error, message, help);
        }
        let name = self.name_of(path);
        match kind_of(path) {
            FileKind::Script(_) => page_builds::replacement(path).map_or(Judgement::Follow, Judgement::File),
            FileKind::Addon => {
                let message = format!(
                    "\"{}\" is a native add-on ({name}), which cannot run in a sandbox",
                    import.specifier
                );
                let help =
                    "Use a package that is written in JavaScript, or call a service with fetch.".to_owned();
                self.note(import, Gravity::Error, message, help)
            }
            FileKind::Jsx => {
                let message = format!("\"{}\" is a file with JSX ({name})", import.specifier);
                let help = "Write it without JSX; an action renders nothing.".to_owned();
                self.note(import, Gravity::Error, message, help)
            }
            FileKind::Other => {
                let message =
                    format!("\"{}\" is neither JavaScript, TypeScript nor JSON ({name})", import.specifier);
                let help = "Move the data into a .json file, or into a string in a .js file.".to_owned();
                self.note(import, Gravity::Error, message, help)
            }
        }
    }

    fn unresolved(&self, import: &Import<'_>, why: Option<&str>) -> Judgement {
        let specifier = import.specifier;
        let is_path = specifier.starts_with('.');
        let (gravity, message) = match import.kind {
            ImportKind::Require if !is_path => (
                Gravity::WarningIfNeeded,
                format!("`require(\"{specifier}\")` will throw: there is no such package"),
            ),
            kind => {
                // Nothing catches what an `import` declaration meets.
                let is_certain = kind == ImportKind::Import;
                let gravity = if is_certain { Gravity::Error } else { Gravity::ErrorIfNeeded };
                (gravity, format!("Nothing can resolve the import of \"{specifier}\""))
            }
        };
        let message = match why {
            None => message,
            Some(why) => format!("{message}: {}", self.without_root(why)),
        };
        let help = match is_path {
            true => "There is no such file. Names of files are relative to the file that imports them, and \
                     their case counts."
                .to_owned(),
            false => self.installing(package_of(specifier)),
        };
        self.note(import, gravity, message, help);
        // The bundler itself knows whether it is in a `try`.
        Judgement::Follow
    }

    fn installing(&self, package: String) -> String {
        let place = match self.project.root_name().as_str() {
            "." => String::new(),
            folder => format!(" --dir {folder}"),
        };
        format!(
            "Install the package (vestibule add {package}{place}), or put the code into a file of the project."
        )
    }

    fn note(&self, import: &Import<'_>, gravity: Gravity, message: String, help: String) -> Judgement {
        let finding = ImportFinding {
            importer: import.importer.to_owned(),
            specifier: import.specifier.to_owned(),
            gravity,
            message,
            help,
        };
        self.found().imports.push(finding);
        Judgement::Leave
    }

    /// What messages and source maps call a file.
    pub(crate) fn name_of(&self, path: &Path) -> String {
        match &self.packages {
            _ if !path.is_absolute() => path.to_string_lossy().into_owned(),
            Some(packages) if packages.has(path) => packages.name_of(path),
            Some(_) | None => self.project.name_of(path),
        }
    }

    /// Whether a file is the author's own to change.
    pub(crate) fn is_foreign(&self, path: &Path) -> bool {
        !matches!(self.origin(path), Origin::Project)
            || is_in_package(path.strip_prefix(&self.project.root).unwrap_or(path))
    }

    /// Reads a file, within the limits. An `Err` ends the making of the bundle.
    fn read(&self, path: &Path) -> Result<(Arc<str>, ModuleType), anyhow::Error> {
        let FileKind::Script(module_type) = kind_of(path) else {
            return Err(self.refuse_file(
                path,
                "It is neither JavaScript, TypeScript nor JSON",
                "Do not import it.",
            ));
        };
        let text = self.text_of(path)?;
        if !matches!(module_type, ModuleType::Json) {
            self.check_nesting(path, &text)?;
        }
        Ok((text, module_type))
    }

    fn text_of(&self, path: &Path) -> Result<Arc<str>, anyhow::Error> {
        let mut found = self.found();
        if found.files.len() >= self.limits.files_max {
            drop(found);
            let message =
                format!("It is one file too many: a bundle is made of at most {}", self.limits.files_max);
            return Err(self.refuse_file(path, &message, "Import only the parts of packages that are used."));
        }
        let left = self.limits.source_bytes_max - found.bytes;
        let is_entry = path == self.project.entry;
        let text = match &self.packages {
            _ if is_entry => Ok(self.entry_text.clone()),
            Some(packages) if packages.has(path) => packages.read(path, left),
            Some(_) | None => self.project.read(path, left),
        };
        match text {
            Ok(text) => {
                let text: Arc<str> = text.into();
                found.bytes = found.bytes.saturating_add(text.len() as u64).min(self.limits.source_bytes_max);
                found.files.insert(path.to_owned(), Arc::clone(&text));
                Ok(text)
            }
            Err(why) => {
                drop(found);
                Err(self.unreadable(path, &why))
            }
        }
    }

    fn unreadable(&self, path: &Path, why: &Unreadable) -> anyhow::Error {
        let way_out = "Import only the parts of packages that are used.";
        let (message, help) = match why {
            Unreadable::Outside => {
                ("It leads out of the project".to_owned(), "Copy the file into the project.")
            }
            Unreadable::NoFile => ("It is no regular file".to_owned(), "Import a file."),
            Unreadable::TooLarge => {
                let bytes_max = self.limits.source_bytes_max;
                (format!("With it, the files of the bundle have more than {bytes_max} bytes"), way_out)
            }
            Unreadable::NoText => ("It is no text in UTF-8".to_owned(), "Save it as UTF-8."),
            Unreadable::Failed(error) => (format!("It cannot be read: {error}"), "Make it readable."),
        };
        self.refuse_file(path, &message, help)
    }

    fn check_nesting(&self, path: &Path, text: &str) -> Result<(), anyhow::Error> {
        let file_name = self.name_of(path);
        match child::check_nesting(Source { file_name: &file_name, text }) {
            Ok(()) => Ok(()),
            Err(error) => {
                let remarks = error.diagnostics().iter().cloned();
                let remarks = remarks.map(|diagnostic| Remark::new(file_name.clone(), diagnostic));
                self.found().refused_files.extend(remarks);
                Err(refused())
            }
        }
    }

    fn refuse_file(&self, path: &Path, message: &str, help: &str) -> anyhow::Error {
        self.found().refused_files.push(Remark::on_file(self.name_of(path), message, help));
        refused()
    }

    /// A text of the bundler without the part of its paths that is the host's own.
    pub(crate) fn without_root(&self, text: &str) -> String {
        let root = self.project.root.to_string_lossy();
        text.replace(&format!("{root}/"), "").replace(&*root, &self.project.root_name())
    }
}

/// One import on its way.
struct Import<'a> {
    importer: &'a Path,
    specifier: &'a str,
    kind: ImportKind,
}

/// What the ending of a file's name says about it.
enum FileKind {
    Script(ModuleType),
    Addon,
    Jsx,
    Other,
}

fn kind_of(path: &Path) -> FileKind {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("js" | "mjs" | "cjs") => FileKind::Script(ModuleType::Js),
        Some("ts" | "mts" | "cts") => FileKind::Script(ModuleType::Ts),
        Some("json") => FileKind::Script(ModuleType::Json),
        Some("node") => FileKind::Addon,
        Some("jsx" | "tsx") => FileKind::Jsx,
        // As Node does; the programs of some packages are called so.
        None => FileKind::Script(ModuleType::Js),
        Some(_) => FileKind::Other,
    }
}

/// What to say about an import that names neither a package nor a place beside it.
fn refused_form(specifier: &str) -> Option<(String, String)> {
    let help = "Files are imported by relative names (./lib/x.js), packages by theirs.".to_owned();
    if specifier.starts_with('/') || specifier.starts_with('\\') || specifier.starts_with("file:") {
        return Some((format!("\"{specifier}\" is an absolute path"), help));
    }
    let is_url =
        specifier.contains("://") || specifier.starts_with("data:") || specifier.starts_with("blob:");
    is_url.then(|| (format!("\"{specifier}\" is an address, and nothing is loaded from there"), help))
}

/// The package of `@scope/name/file` and `name/file`.
fn package_of(specifier: &str) -> String {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    specifier.split('/').take(parts).collect::<Vec<_>>().join("/")
}

fn source_map_of(json: &str) -> Option<SourceMap> {
    SourceMap::from_json(serde_json::from_str(json).ok()?).ok()
}

/// The names for which the `package.json` of a folder's files has something else in a browser. It is the nearest
/// one, not above `root`.
fn renamed_in_browsers(folder: &Path, root: &Path) -> BTreeSet<String> {
    let inside = folder.ancestors().take_while(|folder| folder.starts_with(root));
    let files = inside.map(|folder| folder.join("package.json"));
    let text = files.filter_map(|file| read_bounded(&file)).next().unwrap_or_default();
    let settings: Value = serde_json::from_str(&text).unwrap_or_default();
    let browser = settings.get("browser").and_then(Value::as_object);
    browser.into_iter().flat_map(|names| names.keys().cloned()).collect()
}

/// A settings file of a readable length. Opening a pipe would wait for whoever writes to it.
fn read_bounded(file: &Path) -> Option<String> {
    let is_readable = fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.len() <= SETTINGS_BYTES_MAX);
    if is_readable { fs::read_to_string(file).ok() } else { None }
}

/// Ends the making of a bundle; why stands in what was found.
fn refused() -> anyhow::Error {
    anyhow::anyhow!("a file was refused")
}

/// Whether a file belongs to a package.
pub(crate) fn is_in_package(path: &Path) -> bool {
    path.components().any(|component| component.as_os_str() == PACKAGES)
}

impl ImportFinding {
    /// The finding at the place of its import.
    pub(crate) fn remark(&self, rules: &Rules, files: &HashMap<PathBuf, Arc<str>>) -> Remark {
        let file_name = rules.name_of(&self.importer);
        let text = files.get(&self.importer).map_or("", |text| &**text);
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let diagnostic = self.place(Source { file_name: &file_name, text });
        Remark::new(file_name, diagnostic)
    }

    fn place(&self, source: Source<'_>) -> Diagnostic {
        let (offset, bytes) = match child::place_of_request(source, &self.specifier) {
            Some(place) => (place.start, place.len()),
            // A file that our own reading of it refuses has the name in quotes somewhere.
            None => ['"', '\'', '`']
                .iter()
                .find_map(|quote| source.text.find(&format!("{quote}{}{quote}", self.specifier)))
                .map_or((0, 1), |offset| (offset, self.specifier.len() + 2)),
        };
        Lines::new(source.text).diagnostic(offset, bytes, &self.message, Some(&self.help))
    }
}

impl Plugin for Rules {
    fn name(&self) -> Cow<'static, str> {
        "vestibule".into()
    }

    fn register_hook_usage(&self) -> HookUsage {
        HookUsage::ResolveId | HookUsage::Load
    }

    async fn resolve_id(&self, ctx: &PluginContext, args: &HookResolveIdArgs<'_>) -> HookResolveIdReturn {
        match self.judge(ctx, args).await {
            Judgement::Follow => Ok(None),
            Judgement::File(path) => Ok(Some(HookResolveIdOutput::from_id(path.to_string_lossy()))),
            Judgement::Builtin(name) => {
                Ok(Some(HookResolveIdOutput::from_id(format!("{}{name}", builtins::PREFIX))))
            }
            Judgement::Package(resolved) => Ok(Some(HookResolveIdOutput::from_resolved_id(resolved))),
            Judgement::Leave => Ok(Some(HookResolveIdOutput {
                external: Some(true.into()),
                normalize_external_id: Some(false),
                ..HookResolveIdOutput::from_id(args.specifier)
            })),
        }
    }

    async fn load(&self, _: SharedLoadPluginContext, args: &HookLoadArgs<'_>) -> HookLoadReturn {
        let path = Path::new(args.id);
        if let Some(source) = builtins::source_of_id(args.id) {
            self.found().files.insert(path.to_owned(), source.into());
            return Ok(Some(HookLoadOutput {
                code: source.into(),
                module_type: Some(ModuleType::Js),
                ..HookLoadOutput::default()
            }));
        }
        // Others are the bundler's own.
        if !path.is_absolute() {
            return Ok(None);
        }
        let (text, module_type) = self.read(path)?;
        let is_own = matches!(module_type, ModuleType::Ts) && !self.is_foreign(path);
        // The name leads the bundler back to the file.
        let source = Source { file_name: args.id, text: &text };
        match is_own.then(|| child::as_commonjs(source)).flatten() {
            Some(Printed { code, source_map }) => Ok(Some(HookLoadOutput {
                code: code.into(),
                map: source_map.as_deref().and_then(source_map_of),
                module_type: Some(ModuleType::Js),
                ..HookLoadOutput::default()
            })),
            None => Ok(Some(HookLoadOutput {
                code: (&*text).into(),
                module_type: Some(module_type),
                ..HookLoadOutput::default()
            })),
        }
    }
}
