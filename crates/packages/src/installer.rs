//! From what a project asks for to what is on disk: resolve, fetch, check, and only then change anything.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use serde_json::Value;

use crate::cache::Cache;
use crate::cache::write_whole;
use crate::error::PackagesError;
use crate::http::Http;
use crate::limits::Limits;
use crate::lock_file;
use crate::lock_file::LockFile;
use crate::manifest::EdgeKind;
use crate::manifest::Manifest;
use crate::node_modules::NodeModules;
use crate::progress::Event;
use crate::progress::Observer;
use crate::project_file::Group;
use crate::project_file::ProjectFile;
use crate::registries::Registries;
use crate::registry::Registry;
use crate::resolve::Resolver;
use crate::spec::Request;
use crate::tree::NodeId;
use crate::tree::PROJECT;
use crate::tree::Tree;
use crate::tree::Unmet;
use crate::unpack::Total;
use crate::unpack::UnpackError;
use crate::unpack::unpack;

/// How long to wait before looking again whether packages are still being unpacked.
const UNPACKING_INTERVAL: Duration = Duration::from_millis(5);

/// Where packages come from and how much they may take.
pub struct Settings {
    /// Which registry has which package.
    pub registries: Registries,
    /// The folder of tarballs that were fetched before. Projects and processes may share it.
    pub cache: PathBuf,
    /// Certificates in PEM that count beside the public ones, for a mirror with its own authority.
    pub roots: Vec<u8>,
    /// How much an installation may take.
    pub limits: Limits,
    /// Who is told how far it is.
    pub observer: Observer,
}

/// Installs packages into projects.
pub struct Installer {
    registry: Registry,
    limits: Limits,
    observer: Observer,
}

/// What an installation did.
#[derive(Debug, Default)]
pub struct Report {
    /// The dependencies that `package.json` has now, of those that were asked for.
    pub saved: Vec<Saved>,
    /// How many packages the project has on disk.
    pub packages: usize,
    /// How many of them were unpacked now.
    pub installed: usize,
    /// How many were removed.
    pub removed: usize,
    /// What somebody should know: deprecated packages, peers in conflict, what was left out. The text is in
    /// part the packages' own.
    pub notes: Vec<String>,
}

/// One dependency as `package.json` has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its name.
    pub name: String,
    /// What `package.json` says.
    pub spec: String,
    /// The version that is installed.
    pub version: String,
}

/// Whether the lock file may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locking {
    /// It is brought up to date.
    Update,
    /// It has to match `package.json` already, as on a build machine.
    Frozen,
}

/// What is to be on disk in the end.
struct Goal {
    file: ProjectFile,
    lock: LockFile,
    tree: Tree,
    notes: Vec<String>,
}

/// What was made ready for `node_modules`.
#[derive(Default)]
struct Ready {
    /// Path below the project to where the package was unpacked.
    folders: BTreeMap<String, PathBuf>,
    /// Optional packages that failed.
    failed: HashSet<NodeId>,
    notes: Vec<String>,
}

impl Installer {
    /// Opens no connection yet.
    ///
    /// # Errors
    ///
    /// [`PackagesError::BadSetting`] when `roots` cannot be read.
    pub fn new(settings: Settings) -> Result<Self, PackagesError> {
        let http = Http::new(settings.registries, &settings.roots, &settings.limits);
        let http = http.map_err(|reason| PackagesError::BadSetting { what: "the certificates", reason })?;
        let registry = Registry::new(http, Cache::new(settings.cache));
        Ok(Self { registry, limits: settings.limits, observer: settings.observer })
    }

    /// Adds packages to the dependencies of the project in a folder, whose `package.json` is made if it has
    /// none, and installs everything.
    ///
    /// # Errors
    ///
    /// See [`PackagesError`]. Nothing has then changed.
    pub async fn add(
        &self,
        project: &Path,
        requests: &[Request],
        group: Group,
    ) -> Result<Report, PackagesError> {
        let folder = NodeModules::open(project, &self.observer).await?;
        // Only now, because who was waited for has changed it.
        let mut file = ProjectFile::read(project)?.unwrap_or_else(|| ProjectFile::new(project));
        let lock = LockFile::read(project)?;
        let mut tree = lock.tree(&file.value())?;
        let mut resolver = Resolver::new(&self.registry, &self.limits, &self.observer);
        let mut saved = Vec::new();
        for request in requests {
            let manifest = resolver.pick(&request.spec).await?;
            let spec = request.saved(&manifest.version);
            file.set(group, &request.name, &spec)?;
            let version = manifest.version_text.clone();
            saved.push(Saved { name: request.name.clone(), spec, version });
            put_newest(&mut tree, &request.name, manifest);
        }
        tree.set_project(&file.value());
        resolver.complete(&mut tree).await?;
        let goal = Goal { file, lock, tree, notes: resolver.notes };
        Ok(Report { saved, ..self.reach(goal, folder).await? })
    }

    /// Installs what `package.json` and the lock file of the project in a folder say.
    ///
    /// # Errors
    ///
    /// See [`PackagesError`]. Nothing has then changed.
    pub async fn install(&self, project: &Path, locking: Locking) -> Result<Report, PackagesError> {
        let (file, folder) = self.open(project).await?;
        let lock = LockFile::read(project)?;
        let mut tree = lock.tree(&file.value())?;
        let notes = match locking {
            Locking::Frozen => {
                check_frozen(&lock, &tree)?;
                Vec::new()
            }
            Locking::Update => {
                let mut resolver = Resolver::new(&self.registry, &self.limits, &self.observer);
                resolver.complete(&mut tree).await?;
                resolver.notes
            }
        };
        self.reach(Goal { file, lock, tree, notes }, folder).await
    }

    /// Takes packages out of the dependencies of the project in a folder, and what only they needed out of
    /// `node_modules`.
    ///
    /// # Errors
    ///
    /// [`PackagesError::NotADependency`], and see [`PackagesError`]. Nothing has then changed.
    pub async fn remove(&self, project: &Path, names: &[String]) -> Result<Report, PackagesError> {
        let (mut file, folder) = self.open(project).await?;
        for name in names {
            if !file.remove(name)? {
                return Err(PackagesError::NotADependency { package: name.clone() });
            }
        }
        let lock = LockFile::read(project)?;
        let mut tree = lock.tree(&file.value())?;
        let mut resolver = Resolver::new(&self.registry, &self.limits, &self.observer);
        resolver.complete(&mut tree).await?;
        self.reach(Goal { file, lock, tree, notes: resolver.notes }, folder).await
    }

    /// A project that has a `package.json`.
    async fn open(&self, project: &Path) -> Result<(ProjectFile, NodeModules), PackagesError> {
        existing(project)?;
        let folder = NodeModules::open(project, &self.observer).await?;
        // Again, because who was waited for may have changed it.
        Ok((existing(project)?, folder))
    }

    /// Makes everything ready, then writes `package.json` and the lock file, then changes `node_modules`:
    /// who is interrupted there finds what to do in those two files.
    async fn reach(&self, goal: Goal, mut folder: NodeModules) -> Result<Report, PackagesError> {
        let Goal { file, lock, tree, mut notes } = goal;
        notes.extend(unknown_wishes(&file.value()));
        let foreign = packages_for_machines(&tree);
        let mut left_out = tree.left_out(&foreign);
        let missing = folder.missing(&places(&tree, &left_out));
        let ready = self.make_ready(&tree, &left_out, &missing, &folder).await;
        let mut ready = ready.inspect_err(|_| folder.clear_staging())?;
        if !ready.failed.is_empty() {
            left_out = tree.left_out(&foreign.union(&ready.failed).copied().collect());
        }
        let wanted = places(&tree, &left_out);
        ready.folders.retain(|path, _| wanted.contains_key(path));
        let needless = folder.needless(&wanted);
        self.write_files(&file, &lock, &tree)?;
        folder.change(&ready.folders, &needless, &wanted)?;
        if !missing.is_empty() {
            notes.extend(for_machines_note(&tree, &foreign));
        }
        notes.extend(ready.notes);
        Ok(Report {
            saved: Vec::new(),
            packages: wanted.len(),
            installed: ready.folders.len(),
            removed: needless.len(),
            notes,
        })
    }

    /// Fetches, checks and unpacks what is missing, several at a time.
    async fn make_ready(
        &self,
        tree: &Tree,
        left_out: &HashSet<NodeId>,
        missing: &[String],
        folder: &NodeModules,
    ) -> Result<Ready, PackagesError> {
        let by_path: HashMap<String, NodeId> = tree
            .packages()
            .into_iter()
            .filter(|id| !left_out.contains(id))
            .map(|id| (tree.path(id), id))
            .collect();
        let optional = tree.optional();
        let total = Arc::new(Total::default());
        let jobs = missing.iter().enumerate().filter_map(|(number, path)| {
            let id = *by_path.get(path)?;
            let manifest = Arc::clone(&tree.node(id)?.manifest);
            Some((path.clone(), id, manifest, folder.staging(number)))
        });
        let mut unpacked = stream::iter(jobs.collect::<Vec<_>>())
            .map(|(path, id, manifest, place)| {
                let total = Arc::clone(&total);
                async move {
                    let result = self.unpack(&manifest, &place, total).await;
                    (path, id, manifest, place, result)
                }
            })
            .buffer_unordered(self.limits.requests_max);
        let mut ready = Ready::default();
        let mut done = 0;
        while let Some((path, id, manifest, place, result)) = unpacked.next().await {
            done += 1;
            match result {
                Ok(()) => {
                    ready.notes.extend(warnings(&manifest));
                    ready.folders.insert(path, place);
                }
                Err(error) if optional.contains(&id) => {
                    ready.notes.push(format!("the optional {} is left out: {error}", manifest.label()));
                    ready.failed.insert(id);
                }
                Err(error) => {
                    drop(unpacked);
                    // What is being unpacked goes on, and would write where the caller has just cleaned up.
                    while Arc::strong_count(&total) > 1 {
                        tokio::time::sleep(UNPACKING_INTERVAL).await;
                    }
                    return Err(with_asker(error, tree, id));
                }
            }
            (self.observer)(Event::Fetched { packages: done, total: missing.len() });
        }
        ready.notes.sort();
        Ok(ready)
    }

    async fn unpack(
        &self,
        manifest: &Manifest,
        place: &Path,
        total: Arc<Total>,
    ) -> Result<(), PackagesError> {
        let bytes = self.registry.tarball(manifest).await?;
        let (folder, limits) = (place.to_path_buf(), self.limits.clone());
        let work = tokio::task::spawn_blocking(move || unpack(&bytes, &folder, &limits, &total));
        let (package, version) = (manifest.name.clone(), manifest.version_text.clone());
        match work.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(UnpackError::Refused(reason))) => Err(PackagesError::Unpack { package, version, reason }),
            Ok(Err(UnpackError::Native(reason))) => {
                Err(PackagesError::Native { package, version, reason, asked_by: None })
            }
            Ok(Err(UnpackError::Io { path, source })) => {
                Err(PackagesError::Io { what: "write", path, source })
            }
            Err(error) => Err(PackagesError::Unpack { package, version, reason: error.to_string() }),
        }
    }

    fn write_files(&self, file: &ProjectFile, lock: &LockFile, tree: &Tree) -> Result<(), PackagesError> {
        if let Some(text) = file.changed() {
            write_whole(&file.path, text.as_bytes()).map_err(PackagesError::io("write", &file.path))?;
        }
        let project = file.path.parent().unwrap_or(Path::new(""));
        // The current directory, where the path is empty.
        let absolute = std::path::absolute(project.join(".")).unwrap_or_default();
        let folder = absolute.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(text) = lock.text(tree, &file.value(), &folder, &self.registry) {
            let path = project.join(lock_file::NAME);
            write_whole(&path, text.as_bytes()).map_err(PackagesError::io("write", &path))?;
        }
        Ok(())
    }
}

fn existing(project: &Path) -> Result<ProjectFile, PackagesError> {
    ProjectFile::read(project)?.ok_or_else(|| PackagesError::BadFile {
        path: project.join("package.json"),
        reason: "there is no such file".to_owned(),
        help: "run the command in the folder of a project, or make one with `vestibule add PACKAGE`"
            .to_owned(),
    })
}

/// What was asked for stands below the project itself, in the version that was asked for.
fn put_newest(tree: &mut Tree, name: &str, manifest: Manifest) {
    let there = tree.child(PROJECT, name).and_then(|id| tree.node(id));
    let is_there = there
        .is_some_and(|node| node.manifest.name == manifest.name && node.manifest.version == manifest.version);
    if !is_there {
        tree.put(PROJECT, name, Arc::new(manifest));
    }
}

/// A frozen lock file has everything but what could not be had when it was written.
fn check_frozen(lock: &LockFile, tree: &Tree) -> Result<(), PackagesError> {
    if !lock.is_there() {
        let differences = vec![format!("there is no {}", lock_file::NAME)];
        return Err(PackagesError::LockOutOfDate { differences });
    }
    let is_difference = |unmet: &Unmet| {
        let has_target = tree.target(unmet.node, &unmet.edge).is_some();
        match unmet.edge.kind {
            EdgeKind::Optional => has_target,
            EdgeKind::Peer | EdgeKind::PeerOptional => !has_target,
            EdgeKind::Normal | EdgeKind::Dev => true,
        }
    };
    let unmet = tree.unmet().into_iter().filter(is_difference).map(|unmet| {
        let who = tree.asker(unmet.node).unwrap_or_else(|| "package.json".to_owned());
        let there = tree.target(unmet.node, &unmet.edge).and_then(|id| tree.node(id));
        let found = there.map_or("nothing".to_owned(), |node| node.manifest.label());
        format!("{who} wants {}@{}, it has {found}", unmet.edge.name, unmet.edge.spec)
    });
    let needless = tree.needless();
    let needless = needless.into_iter().map(|id| format!("nothing wants {}", tree.path(id)));
    let differences: Vec<String> = unmet.chain(needless).collect();
    if differences.is_empty() { Ok(()) } else { Err(PackagesError::LockOutOfDate { differences }) }
}

/// Optional packages with code for certain machines; others were refused.
fn packages_for_machines(tree: &Tree) -> HashSet<NodeId> {
    let is_for_machines = |id: &NodeId| tree.node(*id).is_some_and(|node| node.manifest.platform.is_some());
    let optional = tree.optional();
    tree.packages().into_iter().filter(|id| optional.contains(id) && is_for_machines(id)).collect()
}

fn for_machines_note(tree: &Tree, foreign: &HashSet<NodeId>) -> Option<String> {
    let names = foreign.iter().filter_map(|id| tree.node(*id)).map(|node| node.name.as_str());
    let first = names.min()?;
    let text = match foreign.len() {
        1 => format!("the optional {first} is left out: it has machine code"),
        count => format!("{count} optional packages are left out, as {first}: they have machine code"),
    };
    Some(text)
}

/// Each package's path and hash.
fn places(tree: &Tree, left_out: &HashSet<NodeId>) -> BTreeMap<String, String> {
    let packages = tree.packages().into_iter().filter(|id| !left_out.contains(id));
    packages
        .filter_map(|id| {
            let integrity = tree.node(id)?.manifest.integrity.as_ref()?.to_string();
            Some((tree.path(id), integrity))
        })
        .collect()
}

fn warnings(manifest: &Manifest) -> Vec<String> {
    let label = manifest.label();
    let deprecated = manifest.deprecated.as_ref().filter(|reason| !reason.is_empty());
    let deprecated = deprecated.map(|reason| format!("{label} is deprecated: {reason}"));
    let script = manifest.has_install_script;
    let script = script.then(|| format!("{label} has an install script, which is not run"));
    deprecated.into_iter().chain(script).collect()
}

/// What a `package.json` may wish and this crate does not do.
fn unknown_wishes(project: &Value) -> Vec<String> {
    let has = |key: &str| project.get(key).is_some_and(|value| !value.is_null());
    let mut notes = Vec::new();
    if has("overrides") {
        notes.push("\"overrides\" of package.json are not followed".to_owned());
    }
    if has("workspaces") {
        notes.push("\"workspaces\" of package.json are not installed".to_owned());
    }
    notes
}

fn with_asker(error: PackagesError, tree: &Tree, id: NodeId) -> PackagesError {
    match error {
        PackagesError::Native { package, version, reason, .. } => {
            PackagesError::Native { package, version, reason, asked_by: tree.first_user(id) }
        }
        error => error,
    }
}
