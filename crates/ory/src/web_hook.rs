//! The configuration of a `web_hook`, and of the two hooks that are built like one.

use std::fmt;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::error::ConfigError;
use crate::plan::Warning;
use crate::reader::Source;
use crate::redacted::Redacted;
use crate::yaml::Content;
use crate::yaml::Node;

/// Bytes of a template. One that is larger was not written by hand.
pub(crate) const TEMPLATE_BYTES_MAX: usize = 1024 * 1024;

/// A call to an HTTP endpoint, as the configuration describes it.
#[derive(Clone)]
pub(crate) struct WebHook {
    /// The name in logs and reports.
    pub(crate) id: Option<String>,
    pub(crate) url: String,
    pub(crate) method: String,
    pub(crate) headers: Vec<(String, Redacted)>,
    pub(crate) body: Body,
    pub(crate) auth: Option<Auth>,
    pub(crate) response: ResponseUse,
}

/// What is sent.
#[derive(Clone)]
pub(crate) enum Body {
    /// Nothing.
    None,
    /// What a template makes of the context.
    Template { template: Template, format: BodyFormat },
    /// The context itself.
    Context,
}

/// How the result of a template is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyFormat {
    Json,
    /// A table of texts, as HTML forms send it.
    Form,
}

/// A Jsonnet template.
#[derive(Clone)]
pub(crate) struct Template {
    /// What errors call it.
    pub(crate) name: String,
    pub(crate) source: TemplateSource,
}

#[derive(Clone)]
pub(crate) enum TemplateSource {
    /// From a file, or from the configuration itself.
    Text(Arc<str>),
    /// Fetched when the hook first runs.
    Url(String),
}

/// How we prove to the endpoint who we are.
#[derive(Clone)]
pub(crate) enum Auth {
    Header { name: String, value: Redacted },
    Cookie { name: String, value: Redacted },
    Basic { user: String, password: Redacted },
}

/// What the response is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseUse {
    /// Its status alone: 400 and above fails.
    Status,
    /// Nothing: the call runs after the flow has been answered.
    Ignore,
    /// `can_interrupt`, deprecated: messages of an answer with 400 and above stop the flow.
    Interrupt,
    /// As `Interrupt`, and the answer may change the identity.
    Parse,
}

impl ResponseUse {
    /// Whether messages of the response may stop the flow. Such a hook runs before the identity is written.
    pub(crate) fn interrupts(self) -> bool {
        match self {
            Self::Interrupt | Self::Parse => true,
            Self::Status | Self::Ignore => false,
        }
    }
}

const WEB_HOOK_KEYS: &[&str] =
    &["id", "url", "method", "headers", "body", "auth", "response", "can_interrupt", "emit_analytics_event"];

impl WebHook {
    /// Reads the `config` of a `web_hook`.
    pub(crate) fn read(
        source: &Source,
        config: &Node,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        let what = "the config of a web_hook";
        source.only(config, what, WEB_HOOK_KEYS)?;
        let mut hook = Self::request(source, config, what)?;
        hook.id = source.text(config, "id")?.filter(|id| !id.is_empty()).map(str::to_owned);
        source.switch(config, "emit_analytics_event", true)?;
        hook.body = body(source, config, &hook.headers, warnings)?;
        hook.response = response_use(source, config, warnings)?;
        Ok(hook)
    }

    /// Reads the parts of a request that all hooks of this kind have in common.
    pub(crate) fn request(source: &Source, config: &Node, what: &str) -> Result<Self, ConfigError> {
        let url = source.needed(config, what, "url")?;
        check_url(source, config, url)?;
        let method = source.needed(config, what, "method")?.to_ascii_uppercase();
        if ["CONNECT", "TRACE", "TRACK"].contains(&method.as_str()) || !method.bytes().all(is_token) {
            let line = config.get("method").map_or(config.line, |node| node.line);
            return Err(
                source.wrong(line, format!("the method {method:?} cannot be sent; most hooks use POST"))
            );
        }
        Ok(Self {
            id: None,
            url: url.to_owned(),
            method,
            headers: headers(source, config)?,
            body: Body::None,
            auth: config.get("auth").map(|auth| read_auth(source, auth)).transpose()?,
            response: ResponseUse::Status,
        })
    }

    /// The target without what may be secret in it.
    pub(crate) fn shown_url(&self) -> String {
        shown_url(&self.url)
    }
}

impl fmt::Debug for WebHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebHook")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("url", &self.shown_url())
            .field("response", &self.response)
            .finish_non_exhaustive()
    }
}

/// A URL without user, query and fragment.
pub(crate) fn shown_url(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return String::new() };
    url.set_query(None);
    url.set_fragment(None);
    // Fails only for URLs without a host, which carry no user.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.to_string()
}

fn check_url(source: &Source, config: &Node, url: &str) -> Result<(), ConfigError> {
    let line = config.get("url").map_or(config.line, |node| node.line);
    // The URL is not repeated: it may hold a password.
    match Url::parse(url) {
        Ok(parsed) if !matches!(parsed.scheme(), "http" | "https") => Err(source
            .wrong(line, format!("`url` has the scheme {}, but must be http or https", parsed.scheme()))),
        Ok(parsed) if !parsed.username().is_empty() || parsed.password().is_some() => {
            Err(source
                .wrong(line, "`url` holds a user or a password; use `auth` with type basic_auth instead"))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(source.wrong(line, format!("`url` is no URL: {error}"))),
    }
}

fn headers(source: &Source, config: &Node) -> Result<Vec<(String, Redacted)>, ConfigError> {
    let Some(table) = config.get("headers") else { return Ok(Vec::new()) };
    if !matches!(table.content, Content::Table(_)) {
        return Err(source.wrong_kind(table, "headers", "a table"));
    }
    let mut headers = Vec::new();
    for entry in table.entries() {
        let value = source.text(table, &entry.key)?.unwrap_or_default();
        check_header(source, entry.line, &entry.key, value)?;
        headers.push((entry.key.clone(), Redacted::new(value)));
    }
    Ok(headers)
}

/// Found here, the mistake has a line; found when the request is sent, the flow fails.
fn check_header(source: &Source, line: usize, name: &str, value: &str) -> Result<(), ConfigError> {
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(source.wrong(line, format!("{name:?} is no name of a header")));
    }
    // The value is not repeated: it may be a secret.
    let is_sendable = value.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
    if is_sendable {
        Ok(())
    } else {
        Err(source.wrong(line, format!("the header {name} has a line break or another control character")))
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Reads `auth`.
fn read_auth(source: &Source, auth: &Node) -> Result<Auth, ConfigError> {
    source.only(auth, "`auth`", &["type", "config"])?;
    let kind = source.needed(auth, "`auth`", "type")?;
    let Some(config) = auth.get("config") else {
        return Err(source.wrong(auth.line, "`auth` needs `config`"));
    };
    match kind {
        "api_key" => {
            let what = "`auth` of type api_key";
            source.only(config, what, &["name", "value", "in"])?;
            let name = source.needed(config, what, "name")?.to_owned();
            let value = source.needed(config, what, "value")?;
            check_header(source, config.line, &name, value)?;
            let value = Redacted::new(value);
            match source.needed(config, what, "in")? {
                "header" => Ok(Auth::Header { name, value }),
                "cookie" => Ok(Auth::Cookie { name, value }),
                other => {
                    let problem = format!("`in` of an api_key is {other:?}, but must be header or cookie");
                    Err(source.wrong(config.line, problem))
                }
            }
        }
        "basic_auth" => {
            let what = "`auth` of type basic_auth";
            source.only(config, what, &["user", "password"])?;
            let user = source.needed(config, what, "user")?.to_owned();
            Ok(Auth::Basic { user, password: Redacted::new(source.needed(config, what, "password")?) })
        }
        other => Err(source
            .wrong(auth.line, format!("there is no auth of type {other:?} (known: api_key, basic_auth)"))),
    }
}

fn response_use(
    source: &Source,
    config: &Node,
    warnings: &mut Vec<Warning>,
) -> Result<ResponseUse, ConfigError> {
    let interrupts = source.switch(config, "can_interrupt", false)?;
    if let Some(node) = config.get("can_interrupt") {
        let message = "`can_interrupt` is deprecated; write `response: { parse: true }` instead";
        warnings.push(Warning::new(&source.at(node.line), message));
    }
    let (mut ignore, mut parse) = (false, false);
    let mut line = config.line;
    if let Some(response) = config.get("response") {
        source.only(response, "`response`", &["ignore", "parse"])?;
        ignore = source.switch(response, "ignore", false)?;
        parse = source.switch(response, "parse", false)?;
        line = response.line;
    }
    match (ignore, parse, interrupts) {
        (true, true, _) => Err(source.wrong(
            line,
            "`response` says both `ignore` and `parse`: an answer that nobody waits for cannot be read",
        )),
        (true, false, true) => Err(source.wrong(
            line,
            "`response` says `ignore` beside `can_interrupt`: an answer that nobody waits for cannot interrupt",
        )),
        (true, false, false) => Ok(ResponseUse::Ignore),
        (false, true, _) => Ok(ResponseUse::Parse),
        (false, false, true) => Ok(ResponseUse::Interrupt),
        (false, false, false) => Ok(ResponseUse::Status),
    }
}

/// Reads `body`, and the header that says how its result is written.
pub(crate) fn body(
    source: &Source,
    config: &Node,
    headers: &[(String, Redacted)],
    warnings: &mut Vec<Warning>,
) -> Result<Body, ConfigError> {
    let Some(uri) = source.text(config, "body")?.filter(|uri| !uri.is_empty()) else { return Ok(Body::None) };
    let line = config.get("body").map_or(config.line, |node| node.line);
    let content_type = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let format = match content_type.map(|(_, value)| value.expose()) {
        None | Some("application/json") => BodyFormat::Json,
        Some("application/x-www-form-urlencoded") => BodyFormat::Form,
        Some(_) => {
            let problem = "a body can be sent as `Content-Type` application/json or \
                           application/x-www-form-urlencoded, and as no other";
            return Err(source.wrong(line, problem));
        }
    };
    Ok(Body::Template { template: template(source, line, uri, warnings)?, format })
}

fn template(
    source: &Source,
    line: usize,
    uri: &str,
    warnings: &mut Vec<Warning>,
) -> Result<Template, ConfigError> {
    if let Some(encoded) = uri.strip_prefix("base64://") {
        let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = decoded.ok_or_else(|| source.wrong(line, "`body` is no text in base64"))?;
        let name = source.at(line).to_string();
        return Ok(Template { name, source: TemplateSource::Text(text.into()) });
    }
    if uri.starts_with("http://") || uri.starts_with("https://") {
        return Ok(Template { name: shown_url(uri), source: TemplateSource::Url(uri.to_owned()) });
    }
    let path = match uri.strip_prefix("file://") {
        Some(path) => path,
        None if uri.contains("://") => {
            let problem = "`body` must begin with file://, base64://, http:// or https://";
            return Err(source.wrong(line, problem));
        }
        None => {
            let message = format!("a `body` without a scheme is deprecated; write file://{uri} instead");
            warnings.push(Warning::new(&source.at(line), message));
            uri
        }
    };
    let text = read_template(source, line, path)?;
    Ok(Template { name: path.to_owned(), source: TemplateSource::Text(text.into()) })
}

/// Reads a template file: a configuration of a tenant must not reach other files of the host.
fn read_template(source: &Source, line: usize, path: &str) -> Result<String, ConfigError> {
    let missing =
        |error: std::io::Error| source.wrong(line, format!("the body {path} cannot be read: {error}"));
    let folder = fs::canonicalize(folder_of(&source.folder)).map_err(missing)?;
    let file = fs::canonicalize(folder.join(path)).map_err(missing)?;
    if !file.starts_with(&folder) {
        let problem = format!("the body {path} is not below the folder of the configuration; move it there");
        return Err(source.wrong(line, problem));
    }
    let bytes = fs::metadata(&file).map_err(missing)?.len();
    if bytes > TEMPLATE_BYTES_MAX as u64 {
        return Err(source.wrong(line, format!("the body {path} is larger than {TEMPLATE_BYTES_MAX} bytes")));
    }
    fs::read_to_string(&file).map_err(missing)
}

/// The folder of a file that was named without one is the current folder.
fn folder_of(folder: &Path) -> PathBuf {
    if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() }
}
