//! Folders of `node_modules` as a tree, and who finds whom in it by Node's rule: from a package's own
//! `node_modules` upwards.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use crate::manifest::Edge;
use crate::manifest::EdgeKind;
use crate::manifest::Manifest;
use crate::spec::Spec;

/// The project and every package in it.
#[derive(Debug)]
pub(crate) struct Tree {
    /// A package that was taken out leaves a hole, so that a number never means another package.
    nodes: Vec<Option<Node>>,
}

/// The place of a package in a tree.
pub(crate) type NodeId = usize;

/// The project itself.
pub(crate) const PROJECT: NodeId = 0;

#[derive(Debug)]
pub(crate) struct Node {
    /// The folder's name: the dependency's name, which may be an alias of the package.
    pub(crate) name: String,
    pub(crate) parent: Option<NodeId>,
    pub(crate) children: BTreeMap<String, NodeId>,
    pub(crate) manifest: Arc<Manifest>,
}

/// A dependency that nothing in the tree meets.
#[derive(Debug)]
pub(crate) struct Unmet {
    pub(crate) node: NodeId,
    pub(crate) edge: Edge,
}

/// Who needs a package, as a lock file tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Need {
    /// Only what develops the project does.
    pub(crate) dev: bool,
    /// The project works without it.
    pub(crate) optional: bool,
    /// Both, on different ways.
    pub(crate) dev_optional: bool,
    /// Only somebody's peers do.
    pub(crate) peer: bool,
}

impl Tree {
    pub(crate) fn new(project: &Value) -> Self {
        let manifest = Arc::new(Manifest::of_project(project));
        let node = Node { name: String::new(), parent: None, children: BTreeMap::new(), manifest };
        Self { nodes: vec![Some(node)] }
    }

    /// The project's own dependencies, anew.
    pub(crate) fn set_project(&mut self, project: &Value) {
        if let Some(node) = self.nodes.get_mut(PROJECT).and_then(Option::as_mut) {
            node.manifest = Arc::new(Manifest::of_project(project));
        }
    }

    /// The node of a number that this tree gave out and that was not taken out since.
    pub(crate) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id)?.as_ref()
    }

    fn manifest(&self, id: NodeId) -> Option<&Manifest> {
        Some(&self.node(id)?.manifest)
    }

    pub(crate) fn child(&self, id: NodeId, name: &str) -> Option<NodeId> {
        self.node(id)?.children.get(name).copied()
    }

    /// Puts a package below another, in the place of what had its name there.
    pub(crate) fn put(&mut self, parent: NodeId, name: &str, manifest: Arc<Manifest>) -> NodeId {
        if let Some(old) = self.child(parent, name) {
            self.take_out(old);
        }
        let id = self.nodes.len();
        let node = Node { name: name.to_owned(), parent: Some(parent), children: BTreeMap::new(), manifest };
        self.nodes.push(Some(node));
        if let Some(parent) = self.nodes.get_mut(parent).and_then(Option::as_mut) {
            parent.children.insert(name.to_owned(), id);
        }
        id
    }

    /// Takes a package out, with everything below it.
    pub(crate) fn take_out(&mut self, id: NodeId) {
        for id in self.below(id) {
            let node = self.nodes.get_mut(id).and_then(Option::take);
            let parent = node.as_ref().and_then(|node| node.parent);
            if let (Some(node), Some(parent)) = (node, parent)
                && let Some(parent) = self.nodes.get_mut(parent).and_then(Option::as_mut)
            {
                parent.children.remove(&node.name);
            }
        }
    }

    /// A node and everything below it, from the top.
    pub(crate) fn below(&self, id: NodeId) -> Vec<NodeId> {
        let mut found = vec![id];
        let mut next = 0;
        while let Some(id) = found.get(next) {
            found.extend(self.node(*id).into_iter().flat_map(|node| node.children.values().copied()));
            next += 1;
        }
        found
    }

    /// Every package, without the project, from the top.
    pub(crate) fn packages(&self) -> Vec<NodeId> {
        self.below(PROJECT).split_off(1)
    }

    /// The node and what it stands in, up to the project.
    pub(crate) fn upwards(&self, id: NodeId) -> Vec<NodeId> {
        let mut found = vec![id];
        while let Some(parent) = found.last().and_then(|id| self.node(*id)).and_then(|node| node.parent) {
            found.push(parent);
        }
        found
    }

    /// The path from the project's folder, with slashes.
    pub(crate) fn path(&self, id: NodeId) -> String {
        let mut names: Vec<&str> = self
            .upwards(id)
            .into_iter()
            .filter(|id| *id != PROJECT)
            .filter_map(|id| self.node(id))
            .map(|node| node.name.as_str())
            .collect();
        names.reverse();
        names.iter().map(|name| format!("node_modules/{name}")).collect::<Vec<_>>().join("/")
    }

    /// Where looking for a dependency begins: a peer is looked for beside the package.
    pub(crate) fn start(&self, node: NodeId, edge: &Edge) -> NodeId {
        match edge.kind {
            EdgeKind::Peer | EdgeKind::PeerOptional => {
                self.node(node).and_then(|node| node.parent).unwrap_or(PROJECT)
            }
            EdgeKind::Normal | EdgeKind::Dev | EdgeKind::Optional => node,
        }
    }

    /// What Node finds under a name from a package.
    pub(crate) fn find(&self, from: NodeId, name: &str) -> Option<NodeId> {
        self.upwards(from).into_iter().find_map(|id| self.child(id, name))
    }

    /// What meets a dependency, or stands where it should.
    pub(crate) fn target(&self, node: NodeId, edge: &Edge) -> Option<NodeId> {
        self.find(self.start(node, edge), &edge.name)
    }

    pub(crate) fn is_met_by(&self, edge: &Edge, target: NodeId) -> bool {
        self.manifest(target).is_some_and(|manifest| meets(edge, manifest))
    }

    /// Every dependency that is not met. A package that is merely welcome is missing only when what
    /// stands in its place is wrong, which nobody can mend.
    pub(crate) fn unmet(&self) -> Vec<Unmet> {
        let mut unmet = Vec::new();
        for node in self.below(PROJECT) {
            for edge in self.manifest(node).into_iter().flat_map(|manifest| &manifest.edges) {
                let is_met = self.target(node, edge).is_some_and(|target| self.is_met_by(edge, target));
                if !is_met && edge.kind != EdgeKind::PeerOptional {
                    unmet.push(Unmet { node, edge: edge.clone() });
                }
            }
        }
        unmet
    }

    /// The dependencies, by who has them, that lead to a package now.
    pub(crate) fn users(&self, target: NodeId) -> Vec<Unmet> {
        let Some(name) = self.node(target).map(|node| node.name.clone()) else {
            return Vec::new();
        };
        let mut users = Vec::new();
        for node in self.below(self.node(target).and_then(|node| node.parent).unwrap_or(PROJECT)) {
            for edge in self.manifest(node).into_iter().flat_map(|manifest| &manifest.edges) {
                if edge.name == name && self.target(node, edge) == Some(target) {
                    users.push(Unmet { node, edge: edge.clone() });
                }
            }
        }
        users
    }

    /// What is reached from the project over the dependencies that `follow` wants.
    pub(crate) fn reached(&self, follow: impl Fn(&Edge, NodeId) -> bool) -> HashSet<NodeId> {
        let mut reached = HashSet::from([PROJECT]);
        let mut queue = VecDeque::from([PROJECT]);
        while let Some(node) = queue.pop_front() {
            for edge in self.manifest(node).into_iter().flat_map(|manifest| &manifest.edges) {
                let target = self.target(node, edge).filter(|target| follow(edge, *target));
                if let Some(target) = target
                    && reached.insert(target)
                {
                    queue.push_back(target);
                }
            }
        }
        reached
    }

    /// What nobody needs.
    pub(crate) fn needless(&self) -> Vec<NodeId> {
        let needed = self.reached(|edge, _| edge.kind != EdgeKind::PeerOptional);
        self.packages().into_iter().filter(|id| !needed.contains(id)).collect()
    }

    /// The packages that the project works without.
    pub(crate) fn optional(&self) -> HashSet<NodeId> {
        let needed =
            self.reached(|edge, _| !matches!(edge.kind, EdgeKind::Optional | EdgeKind::PeerOptional));
        self.packages().into_iter().filter(|id| !needed.contains(id)).collect()
    }

    /// What is left out when these are: also who cannot work without them, and whom then nobody needs.
    pub(crate) fn left_out(&self, missing: &HashSet<NodeId>) -> HashSet<NodeId> {
        let optional = self.optional();
        let mut missing = missing.clone();
        loop {
            let broken: Vec<NodeId> = optional
                .iter()
                .copied()
                .filter(|id| !missing.contains(id) && self.needs_one_of(*id, &missing))
                .collect();
            if broken.is_empty() {
                break;
            }
            missing.extend(broken);
        }
        let reached = self.reached(|_, target| !missing.contains(&target));
        self.packages().into_iter().filter(|id| !reached.contains(id)).collect()
    }

    fn needs_one_of(&self, node: NodeId, missing: &HashSet<NodeId>) -> bool {
        let edges = self.manifest(node).into_iter().flat_map(|manifest| &manifest.edges);
        edges
            .filter(|edge| matches!(edge.kind, EdgeKind::Normal | EdgeKind::Peer))
            .any(|edge| self.target(node, edge).is_some_and(|target| missing.contains(&target)))
    }

    /// Who needs each package.
    pub(crate) fn needs(&self) -> BTreeMap<NodeId, Need> {
        let is_optional = |edge: &Edge| matches!(edge.kind, EdgeKind::Optional | EdgeKind::PeerOptional);
        let plain = self.reached(|edge, _| !is_optional(edge) && edge.kind != EdgeKind::Dev);
        let without_dev = self.reached(|edge, _| edge.kind != EdgeKind::Dev);
        let without_optional = self.reached(|edge, _| !is_optional(edge));
        let without_peer =
            self.reached(|edge, _| !matches!(edge.kind, EdgeKind::Peer | EdgeKind::PeerOptional));
        let need = |id: &NodeId| {
            let dev = !without_dev.contains(id);
            let optional = !without_optional.contains(id);
            let dev_optional = !dev && !optional && !plain.contains(id);
            Need { dev, optional, dev_optional, peer: !without_peer.contains(id) }
        };
        self.packages().into_iter().map(|id| (id, need(&id))).collect()
    }

    /// Who asks for a package, for messages; `None` when it is the project.
    pub(crate) fn asker(&self, node: NodeId) -> Option<String> {
        (node != PROJECT).then(|| self.manifest(node).map(Manifest::label)).flatten()
    }

    /// The first package that depends on this one, for messages; `None` when it is the project.
    pub(crate) fn first_user(&self, target: NodeId) -> Option<String> {
        let users = self.users(target);
        if users.iter().any(|user| user.node == PROJECT) {
            return None;
        }
        self.asker(users.first()?.node)
    }
}

/// Whether a package is what a dependency asks for.
pub(crate) fn meets(edge: &Edge, manifest: &Manifest) -> bool {
    Spec::parse(&edge.name, &edge.spec).is_some_and(|spec| spec.is_met_by(&manifest.name, &manifest.version))
}
