//! The flow file as a host uses it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path as FilePath;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize as _;
use serde_json::Map;
use serde_json::Value;
use vestibule::Builder;
use vestibule::Bundler;
use vestibule::DuplicateTrigger;
use vestibule::Egress;
use vestibule::Flow;
use vestibule::Registry;
use vestibule::Trigger;
use vestibule::Vestibule;

use crate::conform;
use crate::document;
use crate::document::BoundAction;
use crate::document::Document;
use crate::document::Method;
use crate::json;
use crate::load;
use crate::load::Loader;
use crate::node::Node;
use crate::node::Path;
use crate::place::Place;
use crate::problem::Finding;
use crate::problem::FlowFileError;
use crate::references;
use crate::target::Target;
use crate::toml;
use crate::yaml;

/// The names that a flow file has by default, in the order in which they are looked for.
pub const FILE_NAMES: [&str; 4] = ["vestibule.yaml", "vestibule.yml", "vestibule.toml", "vestibule.json"];

/// Bytes of a flow file that are read.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// How a host looks up an environment variable.
pub(crate) type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A flow file, read and checked. Sources and secrets are read when a flow is asked for.
#[derive(Clone)]
pub struct FlowFile {
    pub(crate) document: Document,
    pub(crate) tree: Node,
    /// What messages call the file.
    pub(crate) shown: String,
    /// What its paths are relative to.
    pub(crate) folder: PathBuf,
    pub(crate) environment: Environment,
    pub(crate) overrides: Overrides,
    pub(crate) bundler: Option<Bundler>,
}

/// A flow that is ready to run.
#[derive(Clone)]
pub struct LoadedFlow {
    /// The flow.
    pub flow: Flow,
    /// What is odd about its sources, one line each.
    pub warnings: Vec<String>,
}

/// What takes the place of what a flow file says, for all of its actions: for trying things out.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Values of secrets by name, for every action that has a secret of that name.
    pub secrets: BTreeMap<String, String>,
    /// Limits by name.
    pub limits: Map<String, Value>,
    /// Where `fetch` may go.
    pub egress: Option<Egress>,
}

/// The JSON Schema of the format, as it is published.
pub fn schema() -> Value {
    document::schema()
}

impl FlowFile {
    /// Reads a flow file; its ending tells the format: `.yaml`, `.yml`, `.toml` or `.json`.
    /// `environment` looks up an environment variable when a flow is made that needs it.
    ///
    /// # Errors
    /// When the file cannot be read, or with everything in it that is not as it should be.
    pub fn read(
        path: &FilePath,
        environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Result<Self, FlowFileError> {
        let shown = path.to_string_lossy();
        let text = load::text(path, FILE_BYTES_MAX).map_err(|why| {
            let finding =
                Finding::new(Place::START, Path::root(), format!("the flow file cannot be read: {why}"));
            FlowFileError::new(&shown, vec![finding])
        })?;
        let file = Self::parse(&text, &shown, environment)?;
        Ok(file.in_folder(path.parent().unwrap_or(FilePath::new(""))))
    }

    /// As [`read`](Self::read), from a text. `file_name` tells the format and is what messages call the
    /// file; its paths are relative to the current directory until
    /// [`in_folder`](Self::in_folder) says otherwise.
    ///
    /// # Errors
    /// With everything that is not as it should be.
    pub fn parse(
        text: &str,
        file_name: &str,
        environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Result<Self, FlowFileError> {
        let failed = |findings| FlowFileError::new(file_name, findings);
        let tree = read_tree(text, file_name).map_err(failed)?;
        let findings = conform::check(&tree, &document::schema());
        if !findings.is_empty() {
            return Err(failed(findings));
        }
        let document = Document::deserialize(tree.to_value()).map_err(|error| {
            failed(vec![Finding::new(
                Place::START,
                Path::root(),
                format!("the file cannot be read: {error}"),
            )])
        })?;
        let findings = references::check(&document, &tree);
        if !findings.is_empty() {
            return Err(failed(findings));
        }
        Ok(Self {
            document,
            tree,
            shown: file_name.to_owned(),
            folder: PathBuf::new(),
            environment: Arc::new(environment),
            overrides: Overrides::default(),
            bundler: None,
        })
    }

    /// The folder to which the paths in the file are relative.
    #[must_use]
    pub fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Puts something in the place of what the file says.
    #[must_use]
    pub fn with_overrides(mut self, overrides: Overrides) -> Self {
        self.overrides = overrides;
        self
    }

    /// Lets actions import other files and packages: this makes one program of them.
    #[must_use]
    pub fn with_bundler(mut self, bundler: Bundler) -> Self {
        self.bundler = Some(bundler);
        self
    }

    /// Adds to the settings of a runtime what the file says for all actions: its own triggers, limits
    /// and egress.
    ///
    /// # Errors
    /// When a declaration cannot be read, or names a trigger that there is already.
    pub fn configure(&self, builder: Builder) -> Result<Builder, FlowFileError> {
        let mut builder = self.own_triggers()?.into_iter().fold(builder, Builder::trigger);
        let mut loader = Loader::new(self);
        if let Some(limits) = loader.limits_of_file() {
            builder = builder.limits(limits);
        }
        if let Some(egress) = loader.egress_of_file() {
            builder = builder.egress(egress);
        }
        loader.finish(builder)
    }

    /// The built-in triggers and those of the file's own declarations.
    ///
    /// # Errors
    /// When a declaration cannot be read.
    pub fn registry(&self) -> Result<Registry, FlowFileError> {
        let mut registry = Registry::built_in();
        for trigger in self.own_triggers()? {
            // Those that are there already have been refused.
            let _ = registry.add(trigger);
        }
        Ok(registry)
    }

    /// Everything that the file binds actions to, ordered by trigger.
    pub fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        for (id, entry) in &self.document.triggers {
            if !entry.actions.is_empty() || (entry.methods.is_empty() && entry.entities.is_empty()) {
                targets.push(Target::trigger(id));
            }
            let methods = entry.methods.keys().map(|method| Target::trigger(id).method(method.name()));
            targets.extend(methods);
            targets.extend(entry.entities.keys().map(|entity| Target::trigger(id).entity(entity)));
        }
        targets
    }

    /// The flow of what is bound to a target, compiled and with its secrets; a flow without actions
    /// when nothing is bound to the trigger. `vestibule` comes from [`configure`](Self::configure): what
    /// the file says for all actions holds there.
    ///
    /// # Errors
    /// When there is no such trigger, or entity, or when a source or a secret cannot be had: every
    /// problem at once.
    pub fn flow(&self, vestibule: &Vestibule, target: &Target) -> Result<Flow, FlowFileError> {
        self.load(vestibule, target).map(|loaded| loaded.flow)
    }

    /// As [`flow`](Self::flow), with what is odd about it and stops nothing.
    ///
    /// # Errors
    /// As for [`flow`](Self::flow).
    pub fn load(&self, vestibule: &Vestibule, target: &Target) -> Result<LoadedFlow, FlowFileError> {
        let mut loader = Loader::new(self);
        let flow = loader.flow(vestibule, target);
        let warnings = std::mem::take(&mut loader.warnings);
        match (loader.finish(())?, flow) {
            ((), Some(flow)) => Ok(LoadedFlow { flow, warnings }),
            // A loader without a flow has said why.
            ((), None) => Err(FlowFileError { problems: Vec::new() }),
        }
    }

    /// The triggers that the file's own declarations declare.
    fn own_triggers(&self) -> Result<Vec<Trigger>, FlowFileError> {
        let mut loader = Loader::new(self);
        let built_in = Registry::built_in();
        let mut triggers: Vec<Trigger> = Vec::new();
        for (index, file) in self.document.declarations.iter().enumerate() {
            let path = Path::of(&["declarations"]).index(index);
            let Some(trigger) = loader.declaration(file, &path) else { continue };
            let is_taken = triggers.iter().any(|other| other.id() == trigger.id());
            if is_taken || built_in.get(trigger.id()).is_ok() {
                loader.find(&path, format!("{file}: {}", DuplicateTrigger { id: trigger.id().to_owned() }));
            } else {
                triggers.push(trigger);
            }
        }
        loader.finish(triggers)
    }

    /// The actions bound to a target, and the path to them; `None` when nothing is.
    pub(crate) fn bound<'f>(&'f self, target: &'f Target) -> Option<Bound<'f>> {
        let entry = self.document.triggers.get(&target.trigger)?;
        let path = Path::of(&["triggers", &target.trigger]);
        if let Some(entity) = &target.entity {
            let action = entry.entities.get(entity)?;
            return Some(Bound {
                actions: std::slice::from_ref(action),
                path: path.key("entities"),
                entity: Some(entity),
            });
        }
        let of_method = target.method.as_deref().and_then(Method::parse).and_then(|method| {
            // A method's list overrides; an empty one means that nothing runs.
            Some((entry.methods.get(&method)?, path.key("methods").key(method.name())))
        });
        let (actions, path) = of_method.unwrap_or_else(|| (&entry.actions, path.key("actions")));
        Some(Bound { actions, path, entity: None })
    }
}

/// The actions bound to one target.
pub(crate) struct Bound<'f> {
    pub(crate) actions: &'f [BoundAction],
    /// The path to the list, or to the mapping of entities.
    path: Path,
    entity: Option<&'f str>,
}

impl Bound<'_> {
    /// The path to one of the actions.
    pub(crate) fn path_of(&self, index: usize) -> Path {
        match self.entity {
            Some(entity) => self.path.key(entity),
            None => self.path.index(index),
        }
    }
}

impl fmt::Debug for FlowFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlowFile").field("file", &self.shown).finish_non_exhaustive()
    }
}

fn read_tree(text: &str, file_name: &str) -> Result<Node, Vec<Finding>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let ending = file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.as_deref() {
        Some("yaml" | "yml") => yaml::read(text),
        Some("toml") => toml::read(text),
        Some("json") => json::read(text),
        Some(_) | None => {
            let finding = Finding::new(Place::START, Path::root(), "the ending of this file tells no format");
            Err(vec![finding.help("a flow file ends in .yaml, .yml, .toml or .json")])
        }
    }
}
