//! A configuration of Ory Kratos or Hydra: the whole file, of which the hooks are read.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::error::ConfigError;
use crate::error::SourceLine;
use crate::hook;
use crate::hook::Hook;
use crate::place::Flow;
use crate::place::Place;
use crate::plan;
use crate::plan::Listed;
use crate::plan::MethodLists;
use crate::plan::Plan;
use crate::plan::PlannedHook;
use crate::plan::Warning;
use crate::reader::Source;
use crate::web_hook;
use crate::web_hook::Body;
use crate::web_hook::WebHook;
use crate::yaml;
use crate::yaml::Content;
use crate::yaml::Node;

/// Bytes of a configuration. Real ones have some kilobytes.
const CONFIG_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The headers of a user's request that web hooks see unless the configuration has a list of its own.
const HEADERS_ALLOWED: &[&str] = &[
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Content-Length",
    "Content-Type",
    "Origin",
    "Priority",
    "Referer",
    "Sec-Ch-Ua",
    "Sec-Ch-Ua-Mobile",
    "Sec-Ch-Ua-Platform",
    "Sec-Fetch-Dest",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Site",
    "Sec-Fetch-User",
    "True-Client-Ip",
    "User-Agent",
];

/// A key that newer configurations may have beside the methods that we know.
const OTHER_METHODS: &[&str] = &["saml"];

/// A configuration file, read but for its hooks, which [`plan`](Self::plan) reads.
#[derive(Clone)]
pub struct OryConfig {
    source: Source,
    root: Arc<Node>,
}

impl OryConfig {
    /// Reads a file, YAML or JSON.
    ///
    /// # Errors
    /// When it cannot be read, or is no YAML.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::read_as(path, &path.to_string_lossy())
    }

    /// Reads a file that errors and warnings call `shown`.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn read_as(path: &Path, shown: &str) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { file: shown.to_owned(), source };
        let mut text = String::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(CONFIG_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(unreadable)?;
        Self::parse(&text, shown, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads a text. `shown` is what errors and warnings call it; `folder` is what `file://` starts from.
    ///
    /// # Errors
    /// When it is too large, or no YAML.
    pub fn parse(text: &str, shown: &str, folder: &Path) -> Result<Self, ConfigError> {
        if text.len() > CONFIG_BYTES_MAX {
            return Err(ConfigError::TooLarge { file: shown.to_owned(), limit: CONFIG_BYTES_MAX });
        }
        let source = Source::new(shown, folder);
        let root = yaml::parse(text)
            .map_err(|error| ConfigError::Syntax { at: source.at(error.line), reason: error.reason })?;
        if !matches!(root.content, Content::Table(_)) {
            let problem = format!("a configuration is a table, but this is {}", root.kind());
            return Err(source.wrong(root.line, problem));
        }
        Ok(Self { source, root: Arc::new(root) })
    }

    /// Which hooks run at a place, in which order.
    ///
    /// # Errors
    /// When a hook that is looked at for this place is unknown, not allowed there, or wrongly configured.
    pub fn plan(&self, place: &Place) -> Result<Plan, ConfigError> {
        let mut warnings = Vec::new();
        let hooks = self.hooks(place, &mut warnings)?;
        self.warn_of_addresses(&hooks, &mut warnings);
        let headers_allowed = self.headers_allowed()?;
        Ok(Plan { place: place.clone(), hooks, warnings, headers_allowed })
    }

    /// Checks the hooks of all places, as a host does once when it takes a file in.
    ///
    /// # Errors
    /// The first mistake that [`plan`](Self::plan) would find anywhere.
    pub fn check(&self) -> Result<(), ConfigError> {
        Place::all().iter().try_for_each(|place| self.plan(place).map(drop))
    }

    fn hooks(&self, place: &Place, warnings: &mut Vec<Warning>) -> Result<Vec<PlannedHook>, ConfigError> {
        match place {
            Place::Before(flow) => {
                let Some(block) = self.block(*flow, "before", &["hooks"])? else { return Ok(Vec::new()) };
                let list = self.list(block, &place.to_string(), hook::EVERYWHERE, warnings)?;
                Ok(plan::in_order(list))
            }
            Place::After(flow) => {
                let keys = ["default_browser_return_url", "hooks"];
                let Some(block) = self.block(*flow, "after", &keys)? else { return Ok(Vec::new()) };
                let list = self.list(block, &place.to_string(), hook::allowed_after(*flow), warnings)?;
                Ok(plan::in_order(list))
            }
            Place::AfterMethod(flow, method) => {
                let lists = self.method_lists(*flow, method.name(), place, warnings)?;
                let order = if flow.persists() { plan::in_two_phases } else { plan::overridden };
                Ok(order(lists, place, &self.source, warnings))
            }
            Place::TokenHook => self.token_hook(warnings),
            Place::PasswordMigration => self.migrate_hook(warnings),
        }
    }

    /// `selfservice.flows.FLOW.before` or `….after`.
    fn block(&self, flow: Flow, when: &str, keys: &[&str]) -> Result<Option<&Node>, ConfigError> {
        let Some(block) = self.root.at(&["selfservice", "flows", flow.name(), when]) else { return Ok(None) };
        if matches!(block.content, Content::Null) {
            return Ok(None);
        }
        self.source.only(block, &format!("selfservice.flows.{}.{when}", flow.name()), keys)?;
        Ok(Some(block))
    }

    fn method_lists(
        &self,
        flow: Flow,
        method: &str,
        place: &Place,
        warnings: &mut Vec<Warning>,
    ) -> Result<MethodLists, ConfigError> {
        let mut lists = MethodLists { of_method: Vec::new(), of_flow: Vec::new(), verifier: None };
        if flow.persists() {
            lists.verifier = self.verifier();
        }
        let mut keys = vec!["default_browser_return_url", "hooks"];
        keys.extend(flow.methods());
        keys.extend(OTHER_METHODS);
        let Some(block) = self.block(flow, "after", &keys)? else { return Ok(lists) };
        let path = format!("selfservice.flows.{}.after", flow.name());
        lists.of_flow = self.list(block, &path, hook::allowed_after(flow), warnings)?;
        if let Some(of_method) = block.get(method).filter(|node| !matches!(node.content, Content::Null)) {
            self.source.only(of_method, &place.to_string(), &["default_browser_return_url", "hooks"])?;
            let allowed = hook::allowed_after_method(flow, method);
            lists.of_method = self.list(of_method, &place.to_string(), allowed, warnings)?;
        }
        self.warn_of_verification(flow, &lists, warnings);
        Ok(lists)
    }

    /// The `hooks` of a block.
    fn list(
        &self,
        block: &Node,
        path: &str,
        allowed: &[&'static str],
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<Listed>, ConfigError> {
        let list = format!("{path}.hooks");
        let items = self.source.list(block.get("hooks"), &list)?;
        let mut listed = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let value = item.to_json();
            if let Some(first) = items[..index].iter().find(|other| other.to_json() == value) {
                let problem = format!("this hook stands in {list} twice, first on line {}", first.line);
                return Err(self.source.wrong(item.line, problem));
            }
            let hook = Hook::read(&self.source, item, &list, allowed, warnings)?;
            listed.push(Listed { hook, at: self.source.at(item.line) });
        }
        Ok(listed)
    }

    /// Where verification is enabled, if it is.
    fn verifier(&self) -> Option<SourceLine> {
        let enabled = self.root.at(&["selfservice", "flows", "verification", "enabled"])?;
        matches!(enabled.content, Content::Bool(true)).then(|| self.source.at(enabled.line))
    }

    fn warn_of_verification(&self, flow: Flow, lists: &MethodLists, warnings: &mut Vec<Warning>) {
        let all = || lists.of_method.iter().chain(&lists.of_flow);
        let shows = all().find(|listed| matches!(listed.hook, Hook::ShowVerificationUi));
        let Some(shows) = shows else { return };
        if flow == Flow::Login {
            let message = "`show_verification_ui` after login is deprecated; `require_verified_address` sends \
                           users who are not verified to the verification";
            warnings.push(Warning::new(&shows.at, message));
        }
        if all().any(|listed| matches!(listed.hook, Hook::VerifyNewAddress)) {
            let message = "`show_verification_ui` and `verify_new_address` do not go together: the second \
                           begins a verification of its own";
            warnings.push(Warning::new(&shows.at, message));
        }
    }

    /// Kratos judges addresses by its configuration, we by the egress policy of the host.
    fn warn_of_addresses(&self, hooks: &[PlannedHook], warnings: &mut Vec<Warning>) {
        let exceptions = self.root.at(&["clients", "http", "private_ip_exception_urls"]);
        let calls = hooks.iter().any(|planned| planned.hook.web_hook().is_some());
        if let (Some(node), true) = (exceptions, calls) {
            let message = "`private_ip_exception_urls` is not read here: private addresses are allowed by the \
                           egress policy of the host alone";
            warnings.push(Warning::new(&self.source.at(node.line), message));
        }
    }

    fn headers_allowed(&self) -> Result<Arc<[String]>, ConfigError> {
        let Some(list) = self.root.at(&["clients", "web_hook", "header_allowlist"]) else {
            return Ok(HEADERS_ALLOWED.iter().map(|name| name.to_ascii_lowercase()).collect());
        };
        let items = self.source.list(Some(list), "header_allowlist")?;
        items
            .iter()
            .map(|item| match &item.content {
                Content::Text(name) => Ok(name.to_ascii_lowercase()),
                Content::Null
                | Content::Bool(_)
                | Content::Number(_)
                | Content::List(_)
                | Content::Table(_) => {
                    Err(self.source.wrong_kind(item, "an entry of header_allowlist", "a text"))
                }
            })
            .collect()
    }

    /// Hydra's `oauth2.token_hook`: a URL, or a table with the URL.
    fn token_hook(&self, warnings: &mut Vec<Warning>) -> Result<Vec<PlannedHook>, ConfigError> {
        if let Some(legacy) = self.root.at(&["oauth2", "refresh_token_hook"]) {
            let message = "`oauth2.refresh_token_hook` is not run: Hydra no longer supports it; \
                           `oauth2.token_hook` runs for refresh tokens too";
            warnings.push(Warning::new(&self.source.at(legacy.line), message));
        }
        let Some(node) = self.root.at(&["oauth2", "token_hook"]) else { return Ok(Vec::new()) };
        let what = "oauth2.token_hook";
        let post = Node { line: node.line, content: Content::Text("POST".to_owned()) };
        let mut entries = match &node.content {
            Content::Text(_) => {
                vec![yaml::Entry { key: "url".to_owned(), line: node.line, value: node.clone() }]
            }
            Content::Table(_) => {
                self.source.only(node, what, &["url", "auth"])?;
                node.entries().to_vec()
            }
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::List(_) => {
                return Err(self.source.wrong_kind(node, what, "a URL, or a table with `url`"));
            }
        };
        entries.push(yaml::Entry { key: "method".to_owned(), line: node.line, value: post });
        let config = Node { line: node.line, content: Content::Table(entries) };
        let mut hook = WebHook::request(&self.source, &config, what)?;
        hook.body = Body::Context;
        let at = self.source.at(node.line);
        Ok(plan::in_order(vec![Listed { hook: Hook::Token(Arc::new(hook)), at }]))
    }

    /// `migrate_hook` of the password method.
    fn migrate_hook(&self, warnings: &mut Vec<Warning>) -> Result<Vec<PlannedHook>, ConfigError> {
        let path = ["selfservice", "methods", "password", "config", "migrate_hook"];
        let Some(node) = self.root.at(&path) else { return Ok(Vec::new()) };
        let what = path.join(".");
        self.source.only(node, &what, &["enabled", "config"])?;
        if !self.source.switch(node, "enabled", false)? {
            return Ok(Vec::new());
        }
        let Some(config) = node.get("config") else {
            return Err(self.source.wrong(node.line, format!("{what} needs `config`")));
        };
        let what = format!("{what}.config");
        let keys = ["url", "method", "headers", "auth", "body", "emit_analytics_event"];
        self.source.only(config, &what, &keys)?;
        let mut config = config.clone();
        if let (Content::Table(entries), None) = (&mut config.content, node.at(&["config", "method"])) {
            let value = Node { line: node.line, content: Content::Text("POST".to_owned()) };
            entries.push(yaml::Entry { key: "method".to_owned(), line: node.line, value });
        }
        let mut hook = WebHook::request(&self.source, &config, &what)?;
        hook.body = match web_hook::body(&self.source, &config, &hook.headers, warnings)? {
            Body::None | Body::Context => Body::Context,
            template @ Body::Template { .. } => template,
        };
        let at = self.source.at(node.line);
        Ok(plan::in_order(vec![Listed { hook: Hook::Migrate(Arc::new(hook)), at }]))
    }
}

impl std::fmt::Debug for OryConfig {
    /// The tree is left out: it holds every secret of the file.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OryConfig").field("file", &self.source.file).finish_non_exhaustive()
    }
}
