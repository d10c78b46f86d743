//! `vestibule dev`: runs cases and checks again when what they depend on changes.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use vestibule::Level;
use vestibule::Registry;
use vestibule_config::FILE_NAMES;
use vestibule_config::FlowFile;

use crate::checking;
use crate::checking::Problem;
use crate::checking::Subject;
use crate::cli;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::commands::test;
use crate::escape;
use crate::fixture::CaseFolder;
use crate::fixture::CaseSources;
use crate::fixture::Expectation;
use crate::fixture::Runner;
use crate::fixture::Verdict;
use crate::fixture::find_cases;
use crate::flow_file;
use crate::io::Io;
use crate::program_key::ProgramKeyArgs;
use crate::render;
use crate::style::Paint;
use crate::watch;
use crate::watch::Stop;
use crate::watch::Watch;
use crate::watch::Woken;

#[derive(clap::Args)]
#[command(after_help = "\
It runs all cases and checks once, and then those that depend on a file that has changed: the files of a case,
its modules, the actions that its case.json names. A change of any other source runs all of them.

Examples:
  vestibule dev                     this folder, with the flow file in it
  vestibule dev fixtures actions
  vestibule dev --once              one round, for scripts

Ctrl-C ends it. Exit codes: 0 ended by Ctrl-C, or all passed with --once; 1 something failed with --once; 2 wrong use.")]
pub(crate) struct DevArgs {
    /// Folders with cases and sources
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// Run one round and end
    #[arg(long)]
    once: bool,

    /// Cases at a time; as many as there are processors
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// A folder to look at.
struct Root {
    shown: String,
    path: PathBuf,
}

/// What there is at one moment.
#[derive(Default)]
struct Scene {
    cases: Vec<WatchedCase>,
    subjects: Vec<Subject>,
    registry: Registry,
    /// The flow files.
    flow_files: Vec<PathBuf>,
    /// What stood in the way of reading any of it.
    errors: Vec<CommandError>,
}

/// A case, and what it depends on.
struct WatchedCase {
    folder: CaseFolder,
    /// Files outside of its folder.
    others: BTreeSet<PathBuf>,
}

/// What a change concerns.
enum Scope {
    All,
    Files(BTreeSet<PathBuf>),
}

/// What is known to be wrong, by the name of the case or of the file.
#[derive(Default)]
struct Standing {
    cases: BTreeMap<String, bool>,
    files: BTreeMap<String, usize>,
}

pub(crate) fn dev(args: &DevArgs, io: &mut Io<'_>) -> CommandResult {
    let roots = roots(args, io)?;
    // Watched before the first look, so that no change falls between the two.
    let mut watch = if args.once { None } else { Some(Watch::start().map_err(CommandError::failed)?) };
    let mut session = Session {
        runner: test::runner(&ProgramKeyArgs::default(), io)?,
        jobs: args.jobs.or(std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN),
        stop: watch.as_ref().map_or_else(Stop::default, Watch::stop),
        roots,
        standing: Standing::default(),
    };
    let mut scope = Scope::All;
    loop {
        let scene = session.look(io);
        if let Some(watch) = &mut watch {
            watch.watch(&session.trees(), &scene.folders()).map_err(watching_failed)?;
        }
        session.round(&scene, &scope, io);
        let Some(watch) = &mut watch else { return Ok(session.standing.exit_code(&scene)) };
        scope = match watch.next() {
            Woken::Stopped => {
                io.out("\n");
                return Ok(0);
            }
            Woken::Everything => Scope::All,
            Woken::Changed(paths) => Scope::Files(paths),
        };
    }
}

fn watching_failed(error: anyhow::Error) -> CommandError {
    CommandError::failed(error).hint("name fewer folders, or raise the system's limit on watched folders")
}

fn roots(args: &DevArgs, io: &Io<'_>) -> Result<Vec<Root>, CommandError> {
    let root = |path: &PathBuf| {
        let shown = cli::shown(path);
        let full = io.path(path);
        let full = if full.as_os_str().is_empty() { PathBuf::from(".") } else { full };
        let absolute = fs::canonicalize(&full).with_context(|| format!("cannot look at {shown}"));
        let absolute = absolute.map_err(CommandError::wrong_use)?;
        if !absolute.is_dir() {
            return Err(CommandError::usage(format!("{shown} is a file, but must be a folder"))
                .hint("name the folder that it is in"));
        }
        Ok(Root { shown, path: absolute })
    };
    args.paths.iter().map(root).collect()
}

/// One command from its start to its end.
struct Session {
    runner: Runner,
    jobs: NonZeroUsize,
    stop: Stop,
    roots: Vec<Root>,
    standing: Standing,
}

impl Session {
    fn trees(&self) -> Vec<PathBuf> {
        self.roots.iter().map(|root| root.path.clone()).collect()
    }

    /// Looks at what there is now. What is broken stands in the way of itself only.
    fn look(&self, io: &Io<'_>) -> Scene {
        let mut scene = Scene { registry: Registry::built_in(), ..Scene::default() };
        for root in &self.roots {
            for name in FILE_NAMES.iter().filter(|name| root.path.join(name).is_file()) {
                scene.add_flow_file(root, name, io);
            }
        }
        for root in &self.roots {
            match find_cases(&root.path, &root.shown) {
                Ok(cases) => scene.cases.extend(cases.into_iter().map(WatchedCase::new)),
                Err(error) => scene.errors.push(CommandError::failed(error)),
            }
            match checking::in_path_as_far_as_it_goes(&root.path, &root.shown) {
                Ok(subjects) => scene.subjects.extend(subjects),
                Err(error) => scene.errors.push(error),
            }
        }
        scene.subjects = checking::without_repetition(std::mem::take(&mut scene.subjects));
        scene
    }

    /// Runs and checks what a change concerns, and prints how things stand. Without anything to do it says
    /// nothing.
    fn round(&mut self, scene: &Scene, scope: &Scope, io: &mut Io<'_>) {
        let started = Instant::now();
        let paint = Paint { is_on: io.colours.stdout };
        let known: BTreeSet<String> = self.standing.cases.keys().cloned().collect();
        self.standing.forget_what_is_gone(scene);
        let is_all = scene.is_all(scope);
        let is_due =
            |case: &&WatchedCase| is_all || !known.contains(&case.folder.name) || scope.concerns(case);
        let cases: Vec<CaseFolder> =
            scene.cases.iter().filter(is_due).map(|case| case.folder.clone()).collect();
        let subjects: Vec<&Subject> =
            scene.subjects.iter().filter(|subject| is_all || scope.has(&subject.path)).collect();
        if !is_all && cases.is_empty() && subjects.is_empty() && known.len() == self.standing.cases.len() {
            return;
        }
        if let Scope::Files(paths) = scope {
            io.out(&format!("\n{}\n", paint.dim(escape::line(&self.changed(paths)))));
        }
        for error in &scene.errors {
            io.err(&error.render(Paint { is_on: io.colours.stderr }));
        }
        self.check(scene, &subjects, io);
        self.run(&cases, io);
        let wall_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        io.out(&self.standing.summary(cases.len(), wall_us, paint));
    }

    fn changed(&self, paths: &BTreeSet<PathBuf>) -> String {
        let below = |path: &PathBuf| {
            let relative = self.roots.iter().find_map(|root| path.strip_prefix(&root.path).ok());
            relative.unwrap_or(path).to_string_lossy().into_owned()
        };
        let shown: Vec<String> = paths.iter().take(3).map(below).collect();
        let more = paths.len().saturating_sub(shown.len());
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("changed: {}{rest}", shown.join(", "))
    }

    fn check(&mut self, scene: &Scene, subjects: &[&Subject], io: &mut Io<'_>) {
        let paint = Paint { is_on: io.colours.stdout };
        let bundler = io.bundler();
        for subject in subjects {
            let problems = match checking::check(subject, &scene.registry, bundler.as_ref()) {
                Ok(problems) => problems,
                Err(error) => {
                    io.err(&error.render(Paint { is_on: io.colours.stderr }));
                    Vec::new()
                }
            };
            // A note is for whoever asks for it: `vestibule check`.
            let told: Vec<&Problem> = problems.iter().filter(|problem| problem.level > Level::Note).collect();
            for problem in &told {
                io.out(&problem.text(paint));
            }
            let errors = told.iter().filter(|problem| problem.level == Level::Error).count();
            self.standing.files.insert(subject.shown.clone(), errors);
        }
    }

    /// Runs cases, some at a time, so that Ctrl-C need not wait for all of them.
    fn run(&mut self, cases: &[CaseFolder], io: &mut Io<'_>) {
        let paint = Paint { is_on: io.colours.stdout };
        let width = cases.iter().map(|case| case.name.chars().count()).max().unwrap_or(0).min(80);
        for some in cases.chunks(self.jobs.get() * 4) {
            if self.stop.is_wanted() {
                return;
            }
            self.runner.run_all(some, Expectation::Check, self.jobs, |report| {
                let is_good = matches!(report.verdict, Verdict::Passed | Verdict::Updated);
                self.standing.cases.insert(report.name.clone(), is_good);
                io.out(&test::text(&report, width, paint));
            });
        }
    }
}

impl Scene {
    fn add_flow_file(&mut self, root: &Root, name: &str, io: &Io<'_>) {
        let path = root.path.join(name);
        self.flow_files.push(path.clone());
        let shown =
            |file: &str| if root.shown == "." { file.to_owned() } else { format!("{}/{file}", root.shown) };
        let read = flow_file::read(Some(&path), io);
        let outlined =
            read.map(|file| file.and_then(|file: FlowFile| Ok((file.registry()?, file.outline()))));
        match outlined {
            Ok(Ok((registry, outline))) => {
                self.registry = registry;
                self.subjects.extend(checking::of_flow(&outline, shown));
            }
            Ok(Err(error)) => {
                let problems = error.problems.iter();
                self.errors.extend(problems.map(|problem| CommandError::usage(problem.summary())));
            }
            Err(error) => self.errors.push(error),
        }
    }

    /// Folders of files that lie elsewhere.
    fn folders(&self) -> Vec<PathBuf> {
        let files = self.cases.iter().flat_map(|case| &case.others);
        let sources = self.subjects.iter().map(|subject| watch::plain(&subject.path));
        files.cloned().chain(sources).filter_map(|path| path.parent().map(Path::to_owned)).collect()
    }

    /// Whether a change may concern everything: one of a flow file, or of a source that belongs to no case
    /// and may be imported by any.
    fn is_all(&self, scope: &Scope) -> bool {
        let Scope::Files(paths) = scope else { return true };
        paths.iter().any(|path| {
            let is_source = path.file_name().is_some_and(|name| checking::is_source(&name.to_string_lossy()));
            let belongs = || self.cases.iter().any(|case| case.depends_on(path));
            self.flow_files.contains(path) || (is_source && path.is_file() && !belongs())
        })
    }
}

impl WatchedCase {
    fn new(folder: CaseFolder) -> Self {
        let mut others: BTreeSet<PathBuf> =
            folder.path.parent().map(|parent| parent.join("case.json")).into_iter().collect();
        // A case that cannot be read now depends on its own files until it can.
        if let Ok(sources) = CaseSources::read(&folder.path) {
            others.extend(sources.actions.iter().map(|action| watch::plain(&action.path)));
        }
        Self { folder, others }
    }

    fn depends_on(&self, path: &Path) -> bool {
        let own = path.parent() == Some(&self.folder.path) || path == self.folder.path;
        own || path.starts_with(self.folder.path.join(crate::modules::FOLDER)) || self.others.contains(path)
    }
}

impl Scope {
    fn concerns(&self, case: &WatchedCase) -> bool {
        match self {
            Self::All => true,
            Self::Files(paths) => paths.iter().any(|path| case.depends_on(path)),
        }
    }

    fn has(&self, path: &Path) -> bool {
        match self {
            Self::All => true,
            Self::Files(paths) => {
                let path = watch::plain(path);
                // They say which trigger a source is for, and which secrets it has.
                let says =
                    |name: &str| path.parent().is_some_and(|folder| paths.contains(&folder.join(name)));
                paths.contains(&path) || says("case.json") || says("secrets.json")
            }
        }
    }
}

impl Standing {
    fn forget_what_is_gone(&mut self, scene: &Scene) {
        self.cases.retain(|name, _| scene.cases.iter().any(|case| case.folder.name == *name));
        self.files.retain(|name, _| scene.subjects.iter().any(|subject| subject.shown == *name));
    }

    /// How everything stands, also what did not run in this round.
    fn summary(&self, ran: usize, wall_us: u64, paint: Paint) -> String {
        let failing: Vec<&str> =
            self.cases.iter().filter(|(_, is_good)| !**is_good).map(|(name, _)| name.as_str()).collect();
        let errors: usize = self.files.values().sum();
        let count = |number: usize, what: &str| render::count(number as u64, what);
        let mut text =
            format!("{} of {} passed", self.cases.len() - failing.len(), count(self.cases.len(), "case"));
        if errors > 0 {
            text.push_str(&format!(", {}", count(errors, "error")));
        }
        let is_good = failing.is_empty() && errors == 0;
        let text = if is_good { paint.green(text) } else { paint.red(text) };
        let mut summary =
            format!("{text}  {}\n", paint.dim(format!("{ran} ran, {}", render::duration(wall_us))));
        if !failing.is_empty() {
            let named: Vec<String> = failing.iter().take(5).map(|name| escape::line(name)).collect();
            let more = if failing.len() > 5 { ", …" } else { "" };
            summary.push_str(&format!("failing: {}{more}\n", named.join(", ")));
        }
        summary
    }

    fn exit_code(&self, scene: &Scene) -> i32 {
        let is_bad =
            self.cases.values().any(|is_good| !is_good) || self.files.values().any(|errors| *errors > 0);
        i32::from(is_bad || !scene.errors.is_empty())
    }
}
