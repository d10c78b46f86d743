//! Why packages could not be installed: what, which version, where, and the way out.

use std::io;
use std::path::PathBuf;

/// Why an installation did not happen. `node_modules`, `package.json` and the lock file are then as they
/// were before. No text of it holds a token or a password.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum PackagesError {
    #[error("{text:?} does not name a package: {reason}")]
    BadRequest { text: String, reason: String },
    #[error("{what} cannot be used: {reason}")]
    BadSetting { what: &'static str, reason: String },
    #[error("{}: {reason}", path.display())]
    BadFile { path: PathBuf, reason: String, help: String },
    #[error("there is no package {package} in the registry {registry}{}", by(asked_by))]
    NoPackage { package: String, registry: String, asked_by: Option<String> },
    #[error(
        "there is no version {asked} of {package} in the registry {registry}{}; {there_are}",
        by(asked_by)
    )]
    NoVersion {
        package: String,
        asked: String,
        registry: String,
        there_are: String,
        asked_by: Option<String>,
    },
    #[error(
        "{package} is asked for as {asked:?}, which is not a version, range or tag of a registry{}",
        by(asked_by)
    )]
    NotFromRegistry { package: String, asked: String, asked_by: Option<String> },
    #[error("{package}@{version} is a native add-on ({reason}){}", by(asked_by))]
    Native { package: String, version: String, reason: String, asked_by: Option<String> },
    #[error("{package}@{version} is not what it should be: its hash is {found}, expected {expected} ({url})")]
    Integrity { package: String, version: String, url: String, expected: String, found: String },
    #[error("{package}@{version} has no hash of its content in the registry {registry}")]
    NoIntegrity { package: String, version: String, registry: String },
    #[error("{package}@{version} cannot be unpacked: {reason}")]
    Unpack { package: String, version: String, reason: String },
    #[error("the registry's answer about {package} cannot be read: {reason} ({url})")]
    Metadata { package: String, url: String, reason: String },
    #[error("{what} could not be fetched from {url}: {reason}{}", tries(*attempts))]
    Fetch { what: String, url: String, reason: String, attempts: u32, is_refused: bool },
    #[error("the project needs more than {max} packages")]
    TooManyPackages { max: usize },
    #[error("the dependencies do not settle: {reason}")]
    Unsettled { reason: String },
    #[error("the lock file does not match package.json: {}", differences.join("; "))]
    LockOutOfDate { differences: Vec<String> },
    #[error("{package} is not among the dependencies of package.json")]
    NotADependency { package: String },
    #[error("cannot {what} {}", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
}

fn by(asked_by: &Option<String>) -> String {
    asked_by.as_ref().map_or_else(String::new, |by| format!(", which {by} depends on"))
}

fn tries(attempts: u32) -> String {
    if attempts > 1 { format!(" (tried {attempts} times)") } else { String::new() }
}

impl PackagesError {
    /// Whether the command line or a file of the project is at fault, rather than the network, the
    /// registry or this machine.
    pub fn is_wrong_use(&self) -> bool {
        match self {
            Self::BadRequest { .. }
            | Self::BadSetting { .. }
            | Self::BadFile { .. }
            | Self::NotADependency { .. }
            | Self::LockOutOfDate { .. } => true,
            Self::NoPackage { .. }
            | Self::NoVersion { .. }
            | Self::NotFromRegistry { .. }
            | Self::Native { .. }
            | Self::Integrity { .. }
            | Self::NoIntegrity { .. }
            | Self::Unpack { .. }
            | Self::Metadata { .. }
            | Self::Fetch { .. }
            | Self::TooManyPackages { .. }
            | Self::Unsettled { .. }
            | Self::Io { .. } => false,
        }
    }

    /// The way out, one sentence.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::BadRequest { .. } => {
                "write NAME, NAME@1.2.3, NAME@^1.2, NAME@latest or ALIAS@npm:NAME@1".to_owned()
            }
            Self::BadFile { help, .. } => help.clone(),
            Self::NoPackage { .. } => {
                "check the spelling; a private package needs the registry of its scope \
                 and a token in .npmrc"
                    .to_owned()
            }
            Self::NoVersion { package, .. } => {
                format!("ask for a version that there is, or for {package}@latest")
            }
            Self::NotFromRegistry { .. } => {
                "packages come from a registry only: publish it to one, or copy its files into the project \
                 and import them by their path"
                    .to_owned()
            }
            Self::Native { package, asked_by, .. } => match asked_by {
                None => format!(
                    "actions run without native code: choose an alternative of {package} in JavaScript, and \
                     run `vestibule remove {package}` if package.json names it"
                ),
                Some(by) => format!(
                    "actions run without native code: choose an alternative of {by}, or a version of it that \
                     does not need {package}"
                ),
            },
            Self::Integrity { .. } => {
                "somebody changed the package on its way or in the registry: try again, \
                 and if it stays so, do not use it"
                    .to_owned()
            }
            Self::NoIntegrity { .. } => "choose another version of it".to_owned(),
            Self::Unpack { package, .. } => {
                format!("choose another version of {package}, and tell its authors")
            }
            Self::Metadata { .. } => {
                "check that the registry in .npmrc is the address of an npm registry".to_owned()
            }
            Self::Fetch { is_refused: true, .. } => "the registry wants other credentials: check the line \
                 `//HOST/:_authToken=` in .npmrc, and that the variable it names is set"
                .to_owned(),
            Self::Fetch { is_refused: false, .. } => "check the network and the line `registry=` in .npmrc, \
                 then run the command again: what was fetched is kept"
                .to_owned(),
            Self::TooManyPackages { .. } => "depend on less".to_owned(),
            Self::Unsettled { .. } => "delete package-lock.json and try again".to_owned(),
            Self::LockOutOfDate { .. } => {
                "run `vestibule install` without --frozen and commit package-lock.json".to_owned()
            }
            Self::BadSetting { .. } | Self::NotADependency { .. } | Self::Io { .. } => return None,
        };
        Some(hint)
    }

    pub(crate) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }
}
