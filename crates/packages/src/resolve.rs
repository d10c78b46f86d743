//! Which versions, and where: every dependency is met by what is there already, else by a new package
//! as near to the project as it fits. In rounds, so that a slow answer never changes the result.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream;

use crate::error::PackagesError;
use crate::limits::Limits;
use crate::manifest::Edge;
use crate::manifest::EdgeKind;
use crate::manifest::Manifest;
use crate::name;
use crate::packument::Packument;
use crate::progress::Event;
use crate::progress::Observer;
use crate::registry::Registry;
use crate::spec::Spec;
use crate::tree::NodeId;
use crate::tree::Tree;
use crate::tree::Unmet;
use crate::tree::meets;

/// More rounds than any chain of dependencies is long.
const ROUNDS_MAX: usize = 500;

/// What is known of packages so far, and what came up on the way.
pub(crate) struct Resolver<'a> {
    registry: &'a Registry,
    limits: &'a Limits,
    observer: &'a Observer,
    known: HashMap<String, Result<Arc<Packument>, Arc<PackagesError>>>,
    /// Versions that cannot be had, of which somebody can do without.
    unusable: HashSet<String>,
    /// Dependencies that stay unmet: optional ones, and peers in conflict.
    given_up: HashSet<(NodeId, String)>,
    pub(crate) notes: Vec<String>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(registry: &'a Registry, limits: &'a Limits, observer: &'a Observer) -> Self {
        Self {
            registry,
            limits,
            observer,
            known: HashMap::new(),
            unusable: HashSet::new(),
            given_up: HashSet::new(),
            notes: Vec::new(),
        }
    }

    /// Meets every dependency of the tree and takes out what nobody needs.
    pub(crate) async fn complete(&mut self, tree: &mut Tree) -> Result<(), PackagesError> {
        for _ in 0..ROUNDS_MAX {
            let unmet = self.unmet(tree);
            if unmet.is_empty() {
                // What is needless may hide what is missing, once it is gone.
                let needless = tree.needless();
                if needless.is_empty() {
                    return refuse_native(tree);
                }
                needless.into_iter().for_each(|id| tree.take_out(id));
                continue;
            }
            let names = unmet.iter().filter_map(|unmet| spec(&unmet.edge)).map(|spec| spec.package);
            self.fetch(names.collect()).await;
            for Unmet { node, edge } in unmet {
                self.meet(tree, node, &edge)?;
            }
        }
        Err(PackagesError::Unsettled { reason: format!("not after {ROUNDS_MAX} rounds") })
    }

    /// The version of a package that a request means.
    pub(crate) async fn pick(&mut self, spec: &Spec) -> Result<Manifest, PackagesError> {
        self.fetch(BTreeSet::from([spec.package.clone()])).await;
        self.find(&[spec], None)
    }

    fn unmet(&self, tree: &Tree) -> Vec<Unmet> {
        let mut unmet = tree.unmet();
        unmet.retain(|unmet| !self.given_up.contains(&(unmet.node, unmet.edge.name.clone())));
        unmet
    }

    async fn fetch(&mut self, names: BTreeSet<String>) {
        let registry = self.registry;
        let wanted = names.into_iter().filter(|name| !self.known.contains_key(name));
        let mut answers = stream::iter(wanted.collect::<Vec<_>>())
            .map(|name| async move {
                let answer = registry.packument(&name).await;
                (name, answer)
            })
            .buffer_unordered(self.limits.requests_max);
        while let Some((name, answer)) = answers.next().await {
            self.known.insert(name, answer.map(Arc::new).map_err(Arc::new));
            (self.observer)(Event::Resolving { packages: self.known.len() });
        }
    }

    /// Puts a package where a dependency of `node` finds it.
    fn meet(&mut self, tree: &mut Tree, node: NodeId, edge: &Edge) -> Result<(), PackagesError> {
        // An earlier dependency of this round may have changed the tree.
        if tree.node(node).is_none() {
            return Ok(());
        }
        let start = tree.start(node, edge);
        let there = tree.find(start, &edge.name);
        if there.is_some_and(|there| tree.is_met_by(edge, there)) {
            return Ok(());
        }
        let placed = match there {
            Some(there) if tree.child(start, &edge.name) == Some(there) => {
                self.replace(tree, node, edge, start, there)
            }
            _ => self.add(tree, node, edge, start, there),
        };
        placed.or_else(|error| self.do_without(tree, node, edge, error))?;
        if tree.packages().len() > self.limits.packages_max {
            return Err(PackagesError::TooManyPackages { max: self.limits.packages_max });
        }
        Ok(())
    }

    /// Another version stands exactly where this one must be: one that all are content with, or else the
    /// package's own wish, after which the others find theirs further down. A peer cannot wish that.
    fn replace(
        &mut self,
        tree: &mut Tree,
        node: NodeId,
        edge: &Edge,
        start: NodeId,
        there: NodeId,
    ) -> Result<(), PackagesError> {
        let users = tree.users(there);
        let mut edges: Vec<&Edge> = users.iter().map(|user| &user.edge).collect();
        edges.push(edge);
        let specs: Vec<Spec> = edges.into_iter().filter_map(spec).collect();
        let asked_by = tree.asker(node);
        let common = self.find(&specs.iter().collect::<Vec<_>>(), asked_by.clone());
        let manifest = match (common, edge.kind) {
            (Ok(manifest), _) => manifest,
            (Err(_), EdgeKind::Peer | EdgeKind::PeerOptional) => {
                let found = tree.node(there).map(|node| node.manifest.label()).unwrap_or_default();
                let who = asked_by.unwrap_or_else(|| "package.json".to_owned());
                let note = format!("{who} wants {}@{} beside it, but finds {found}", edge.name, edge.spec);
                self.give_up(node, edge, note);
                return Ok(());
            }
            (Err(_), EdgeKind::Normal | EdgeKind::Dev | EdgeKind::Optional) => {
                self.find(&[&self.spec_of(tree, node, edge)?], asked_by)?
            }
        };
        tree.put(start, &edge.name, Arc::new(manifest));
        Ok(())
    }

    /// Nothing, or another version further up: a new package, as far up as it disturbs nobody.
    fn add(
        &mut self,
        tree: &mut Tree,
        node: NodeId,
        edge: &Edge,
        start: NodeId,
        there: Option<NodeId>,
    ) -> Result<(), PackagesError> {
        let spec = self.spec_of(tree, node, edge)?;
        let manifest = Arc::new(self.find(&[&spec], tree.asker(node))?);
        let above = there.and_then(|there| tree.node(there)).and_then(|node| node.parent);
        let mut places = tree.upwards(start);
        if let Some(above) = above {
            places.truncate(places.iter().position(|place| *place == above).unwrap_or(places.len()));
        }
        let fits = |place: &NodeId| fits(tree, *place, &edge.name, &manifest);
        let place = places.iter().rev().copied().find(fits).unwrap_or(start);
        tree.put(place, &edge.name, manifest);
        Ok(())
    }

    fn spec_of(&self, tree: &Tree, node: NodeId, edge: &Edge) -> Result<Spec, PackagesError> {
        spec(edge).ok_or_else(|| PackagesError::NotFromRegistry {
            package: edge.name.clone(),
            asked: edge.spec.clone(),
            asked_by: tree.asker(node),
        })
    }

    /// The version that all these want.
    fn find(&self, specs: &[&Spec], asked_by: Option<String>) -> Result<Manifest, PackagesError> {
        let Some(first) = specs.last() else {
            return Err(PackagesError::Unsettled { reason: "nothing was asked for".to_owned() });
        };
        let registry = self.registry.shown(&first.package);
        let packument = match self.known.get(&first.package) {
            Some(Ok(packument)) => packument,
            Some(Err(error)) => return Err(repeat(error, asked_by)),
            // Every name is fetched before it is looked for, except another name in its place.
            None => {
                return Err(PackagesError::NoPackage { package: first.package.clone(), registry, asked_by });
            }
        };
        let manifest = packument.pick(specs).ok_or_else(|| PackagesError::NoVersion {
            package: first.package.clone(),
            asked: first.text.clone(),
            registry: registry.clone(),
            there_are: packument.there_are(first),
            asked_by: asked_by.clone(),
        })?;
        if self.unusable.contains(&manifest.label()) {
            let reason = format!("{} cannot be installed", manifest.label());
            return Err(PackagesError::Unsettled { reason });
        }
        if manifest.integrity.is_none() {
            let (package, version) = (manifest.name, manifest.version_text);
            return Err(PackagesError::NoIntegrity { package, version, registry });
        }
        Ok(manifest)
    }

    /// An optional dependency may fail. So may what only an optional package needs, which then fails as a
    /// whole.
    fn do_without(
        &mut self,
        tree: &mut Tree,
        node: NodeId,
        edge: &Edge,
        error: PackagesError,
    ) -> Result<(), PackagesError> {
        if edge.kind == EdgeKind::Optional {
            self.give_up(node, edge, format!("the optional {} is left out: {error}", edge.name));
            return Ok(());
        }
        if !tree.optional().contains(&node) {
            return Err(error);
        }
        if let Some(manifest) = tree.node(node).map(|node| Arc::clone(&node.manifest)) {
            self.notes.push(format!("the optional {} is left out: {error}", manifest.label()));
            self.unusable.insert(manifest.label());
            tree.take_out(node);
        }
        Ok(())
    }

    fn give_up(&mut self, node: NodeId, edge: &Edge, note: String) {
        if self.given_up.insert((node, edge.name.clone())) {
            self.notes.push(note);
        }
    }
}

fn spec(edge: &Edge) -> Option<Spec> {
    Spec::parse(&edge.name, &edge.spec).filter(|_| name::fault(&edge.name).is_none())
}

/// Whether a package can stand below `place`: it takes nothing from anybody there, stands in no one's way
/// who would rather have nothing, and finds its peers.
fn fits(tree: &Tree, place: NodeId, name: &str, manifest: &Manifest) -> bool {
    let disturbs = |node: &NodeId| {
        let edges = tree.node(*node).into_iter().flat_map(|node| &node.manifest.edges);
        let mut others = edges.filter(|edge| edge.name == name && !meets(edge, manifest));
        others.any(|edge| would_find(tree, tree.start(*node, edge), place, edge))
    };
    let misses_peer = manifest
        .edges
        .iter()
        .filter(|edge| matches!(edge.kind, EdgeKind::Peer | EdgeKind::PeerOptional))
        .any(|edge| tree.child(place, &edge.name).is_some_and(|peer| !tree.is_met_by(edge, peer)));
    !misses_peer && !tree.below(place).iter().any(disturbs)
}

/// Whether somebody who is content now would find a new package below `place` instead.
fn would_find(tree: &Tree, start: NodeId, place: NodeId, edge: &Edge) -> bool {
    if !tree.upwards(start).contains(&place) {
        return false;
    }
    match tree.find(start, &edge.name) {
        None => edge.kind == EdgeKind::PeerOptional,
        Some(target) => {
            let parent = tree.node(target).and_then(|node| node.parent);
            let stands_above =
                parent.is_some_and(|parent| parent != place && tree.upwards(place).contains(&parent));
            stands_above && tree.is_met_by(edge, target)
        }
    }
}

/// A package for certain machines only has code for them; who needs it cannot run here.
fn refuse_native(tree: &Tree) -> Result<(), PackagesError> {
    let optional = tree.optional();
    for id in tree.packages() {
        let Some(node) = tree.node(id).filter(|_| !optional.contains(&id)) else {
            continue;
        };
        if let Some(reason) = &node.manifest.platform {
            return Err(PackagesError::Native {
                package: node.manifest.name.clone(),
                version: node.manifest.version_text.clone(),
                reason: reason.clone(),
                asked_by: tree.first_user(id),
            });
        }
    }
    Ok(())
}

/// What the registry said about a package, said again to another who asks.
fn repeat(error: &PackagesError, asked_by: Option<String>) -> PackagesError {
    match error {
        PackagesError::NoPackage { package, registry, .. } => {
            PackagesError::NoPackage { package: package.clone(), registry: registry.clone(), asked_by }
        }
        PackagesError::Fetch { what, url, reason, attempts, is_refused } => PackagesError::Fetch {
            what: what.clone(),
            url: url.clone(),
            reason: reason.clone(),
            attempts: *attempts,
            is_refused: *is_refused,
        },
        PackagesError::Metadata { package, url, reason } => {
            PackagesError::Metadata { package: package.clone(), url: url.clone(), reason: reason.clone() }
        }
        // A registry answers with none of the others.
        error => PackagesError::Unsettled { reason: error.to_string() },
    }
}
