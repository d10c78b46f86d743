//! Which registry has which package, and who may see which token: `.npmrc`, as npm reads it.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deno_npmrc::NPM_DEFAULT_REGISTRY;
use deno_npmrc::NpmRc;
use deno_npmrc::NpmRegistryUrl;
use deno_npmrc::RegistryConfig;
use deno_npmrc::ResolvedNpmRc;
use reqwest::header::HeaderValue;
use sys_traits::BaseEnvVar;
use url::Position;
use url::Url;

use crate::error::PackagesError;

/// The registries of a project. Its `Debug` shows no token.
#[derive(Clone)]
pub struct Registries {
    resolved: ResolvedNpmRc,
}

/// The text of an `.npmrc` and where it was. Its `Debug` shows no text, as that may hold tokens.
#[derive(Clone)]
pub struct NpmrcFile {
    /// For messages.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

impl Registries {
    /// Reads these files, the most important one first: the project's, then the user's. `${NAME}` in them
    /// is what `environment` says of `NAME`. An address given as `registry` goes before them all; without
    /// any, it is the public registry.
    ///
    /// # Errors
    ///
    /// [`PackagesError::BadFile`] when a file cannot be read as `.npmrc`, or has an address that is none;
    /// [`PackagesError::BadSetting`] when `registry` is none.
    pub fn new(
        files: &[NpmrcFile],
        registry: Option<&str>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, PackagesError> {
        let environment = HandedIn(environment);
        let mut merged = NpmRc::default();
        for file in files {
            let parsed = NpmRc::parse(&environment, &file.text)
                // Its message repeats the line, which may hold a token.
                .map_err(|_| bad(file, "it is not a list of `name=value` lines"))?;
            check(&parsed).map_err(|reason| bad(file, &reason))?;
            merge(&mut merged, parsed);
        }
        let url = Url::parse(&with_slash(registry.unwrap_or(NPM_DEFAULT_REGISTRY))).ok().filter(is_http);
        let url = url.ok_or_else(|| PackagesError::BadSetting {
            what: "the address of the registry",
            reason: "it does not begin with https:// or http://".to_owned(),
        })?;
        let url = NpmRegistryUrl { url, from_env: registry.is_some() };
        let resolved = merged.as_resolved(&url).map_err(|error| PackagesError::BadFile {
            path: PathBuf::from(".npmrc"),
            reason: error.to_string(),
            help: NPMRC_HELP.to_owned(),
        })?;
        Ok(Self { resolved })
    }

    /// The address that answers for a package, ending in a slash.
    pub(crate) fn of(&self, package: &str) -> &Url {
        self.resolved.get_registry_url(package)
    }

    /// Where a registry says everything about a package.
    pub(crate) fn metadata_url(&self, package: &str) -> Url {
        // The slash of a scope is part of the name, and the other characters of a name need no escape.
        self.below(package, &package.replace('/', "%2f"))
    }

    /// Where a registry has a tarball unless it says something else.
    pub(crate) fn usual_tarball_url(&self, package: &str, version: &str) -> Url {
        self.below(package, &format!("{package}/-/{}-{version}.tgz", crate::name::base(package)))
    }

    fn below(&self, package: &str, path: &str) -> Url {
        let mut url = self.of(package).clone();
        let path = format!("{}{path}", url.path());
        url.set_path(&path);
        url
    }

    /// A tarball's address as the registry states it, moved to the mirror where one is set.
    pub(crate) fn tarball_url(&self, package: &str, stated: &str) -> Option<Url> {
        let url = Url::parse(stated).ok().filter(is_http)?;
        Some(self.resolved.replace_tarball_url(url, package))
    }

    /// What identifies the user there: only for an address under which a token is filed, or at the same
    /// origin as the registry that answers for the package; in the clear only if that registry is itself.
    pub(crate) fn credentials(&self, url: &Url, package: &str) -> Option<HeaderValue> {
        let is_registry = url.origin() == self.of(package).origin();
        if url.scheme() != "https" && !is_registry {
            return None;
        }
        header(self.resolved.tarball_config_for_package(url, package)?)
    }
}

impl fmt::Debug for NpmrcFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NpmrcFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl fmt::Debug for Registries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registries").field("default", &shown(self.of(""))).finish_non_exhaustive()
    }
}

/// An address without credentials and query, for messages.
pub(crate) fn shown(url: &Url) -> String {
    format!("{}://{}", url.scheme(), &url[Position::BeforeHost..Position::AfterPath])
}

struct HandedIn<E>(E);

impl<E: Fn(&str) -> Option<String>> BaseEnvVar for HandedIn<E> {
    fn base_env_var_os(&self, key: &OsStr) -> Option<OsString> {
        self.0(key.to_str()?).map(OsString::from)
    }
}

const NPMRC_HELP: &str = "write `registry=https://HOST/`, `@SCOPE:registry=https://HOST/` and \
     `//HOST/:_authToken=${NAME}`, a line each";

fn bad(file: &NpmrcFile, reason: &str) -> PackagesError {
    PackagesError::BadFile { path: file.path.clone(), reason: reason.to_owned(), help: NPMRC_HELP.to_owned() }
}

/// Addresses are checked here, where the file is known.
fn check(npmrc: &NpmRc) -> Result<(), String> {
    let scopes = npmrc.scope_registries.iter().map(|(scope, url)| (format!("@{scope}:registry"), url));
    for (key, url) in npmrc.registry.iter().map(|url| ("registry".to_owned(), url)).chain(scopes) {
        if !Url::parse(url).is_ok_and(|url| is_http(&url)) {
            return Err(format!("{key} is not an address that begins with https:// or http://"));
        }
    }
    Ok(())
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "http") && url.has_host()
}

fn with_slash(url: &str) -> String {
    if url.ends_with('/') { url.to_owned() } else { format!("{url}/") }
}

/// What `merged` does not say yet, it takes from `other`.
fn merge(merged: &mut NpmRc, other: NpmRc) {
    merged.registry = merged.registry.take().or(other.registry);
    merged.replace_registry_host = merged.replace_registry_host.take().or(other.replace_registry_host);
    add_absent(&mut merged.scope_registries, other.scope_registries);
    add_absent::<Arc<RegistryConfig>>(&mut merged.registry_configs, other.registry_configs);
}

fn add_absent<T>(map: &mut HashMap<String, T>, other: HashMap<String, T>) {
    for (key, value) in other {
        map.entry(key).or_insert(value);
    }
}

fn header(config: &RegistryConfig) -> Option<HeaderValue> {
    let value = if let Some(token) = &config.auth_token {
        format!("Bearer {token}")
    } else if let Some(auth) = &config.auth {
        format!("Basic {auth}")
    } else {
        // npm files the password in base64.
        let password = STANDARD.decode(config.password.as_ref()?).ok()?;
        let mut pair = format!("{}:", config.username.as_ref().or(config.email.as_ref())?).into_bytes();
        pair.extend(password);
        format!("Basic {}", STANDARD.encode(pair))
    };
    let mut value = HeaderValue::from_str(&value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registries(files: &[&str]) -> Result<Registries, PackagesError> {
        let files: Vec<_> = files
            .iter()
            .map(|text| NpmrcFile { path: PathBuf::from("dir/.npmrc"), text: (*text).to_owned() })
            .collect();
        Registries::new(&files, None, |name| (name == "TOKEN").then(|| "s3cret".to_owned()))
    }

    fn sent(registries: &Registries, url: &str, package: &str) -> Option<String> {
        let header = registries.credentials(&Url::parse(url).unwrap(), package)?;
        assert!(header.is_sensitive());
        Some(header.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_project_goes_before_the_user_and_scopes_have_their_own() {
        let registries = registries(&[
            "registry=https://project.example/npm\n",
            "registry=https://user.example/\n@acme:registry=https://acme.example/r/\n",
        ])
        .unwrap();
        assert_eq!(registries.of("x").as_str(), "https://project.example/npm/");
        assert_eq!(registries.metadata_url("@b/x").as_str(), "https://project.example/npm/@b%2fx");
        assert_eq!(
            registries.usual_tarball_url("@acme/x", "1.0.0").as_str(),
            "https://acme.example/r/@acme/x/-/x-1.0.0.tgz"
        );
    }

    #[test]
    fn a_token_goes_to_its_host_alone() {
        let registries = registries(&[
            "registry=https://r.example/\n//r.example/:_authToken=${TOKEN}\n//o.example:8443/a/:_auth=Zm9v\n",
        ])
        .unwrap();
        assert_eq!(sent(&registries, "https://r.example/x", "x").unwrap(), "Bearer s3cret");
        assert_eq!(sent(&registries, "https://o.example:8443/a/x", "x").unwrap(), "Basic Zm9v");
        for url in [
            "http://r.example/x",
            "https://r.example:444/x",
            "https://r.example.evil.example/x",
            "https://evil.example/r.example/x",
            "https://o.example:8443/b/x",
            "https://o.example/a/x",
        ] {
            assert_eq!(sent(&registries, url, "x"), None, "{url}");
        }
    }

    #[test]
    fn no_token_is_ever_shown() {
        let registries =
            registries(&["registry=https://me:s3cret@r.example/?k=s3cret\n//r.example/:_authToken=s3cret"])
                .unwrap();
        assert_eq!(shown(registries.of("x")), "https://r.example/");
        assert!(!format!("{registries:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_file() {
        for text in ["registry=ftp://s3cret", "registry=${UNKNOWN}", "@a:registry=x"] {
            let error = registries(&[text]).unwrap_err();
            let text = format!("{error}{error:?}");
            assert!(text.contains("dir/.npmrc") && !text.contains("s3cret"), "{text}");
        }
    }
}
