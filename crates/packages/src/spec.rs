//! What is asked for: a package under a name, in a version, range or tag.

use deno_semver::RangeBound;
use deno_semver::Version;
use deno_semver::VersionReq;

use crate::error::PackagesError;
use crate::name;

/// A dependency as `package.json` states it.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// The package in the registry; another than the dependency's name for `npm:other@1`.
    pub(crate) package: String,
    pub(crate) wanted: Wanted,
    /// What is wanted, as it is written.
    pub(crate) text: String,
}

/// Which versions of a package will do.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    Version(Version),
    Range(VersionReq),
    /// `*`: also pre-releases, unlike every other range.
    Any,
    Tag(String),
}

impl Spec {
    /// Reads the right side of a dependency; `None` when it does not come from a registry.
    pub(crate) fn parse(name: &str, text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(alias) = text.strip_prefix("npm:") {
            let (package, text) = split(alias);
            if name::fault(package).is_some() {
                return None;
            }
            let text = text.unwrap_or("*");
            return Some(Self {
                package: package.to_owned(),
                wanted: Wanted::parse(text)?,
                text: text.to_owned(),
            });
        }
        Some(Self { package: name.to_owned(), wanted: Wanted::parse(text)?, text: text.to_owned() })
    }

    pub(crate) fn is_met_by(&self, package: &str, version: &Version) -> bool {
        self.package == package && self.wanted.admits(version)
    }
}

impl Wanted {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if matches!(text, "" | "*") {
            return Some(Self::Any);
        }
        if let Ok(version) = Version::parse_from_npm(text.trim_start_matches(['=', 'v'])) {
            return Some(Self::Version(version));
        }
        if let Ok(range) = VersionReq::parse_from_npm(text)
            && range.tag().is_none()
        {
            return Some(Self::Range(range));
        }
        let is_tag = text.starts_with(|char: char| char.is_ascii_alphanumeric())
            && text.chars().all(|char| char.is_ascii_alphanumeric() || "-_.~".contains(char));
        is_tag.then(|| Self::Tag(text.to_owned()))
    }

    /// The lowest version that is meant, as far as that can be said.
    pub(crate) fn lowest(&self) -> Option<Version> {
        match self {
            Self::Version(version) => Some(version.clone()),
            Self::Range(range) => {
                let starts = range.range()?.0.iter().map(|range| match &range.start {
                    RangeBound::Version(bound) => bound.version.clone(),
                    RangeBound::Unbounded => Version::default(),
                });
                starts.min()
            }
            Self::Any | Self::Tag(_) => None,
        }
    }

    /// Whether a version that is there will do. A tag says only what to fetch when nothing is there.
    pub(crate) fn admits(&self, version: &Version) -> bool {
        match self {
            // What follows a "+" does not count.
            Self::Version(wanted) => wanted.cmp(version).is_eq(),
            Self::Range(range) => range.matches(version),
            Self::Any | Self::Tag(_) => true,
        }
    }
}

/// A package that a caller wants to add.
#[derive(Clone, Debug)]
pub struct Request {
    /// The name under which the project will import it.
    pub(crate) name: String,
    pub(crate) spec: Spec,
}

impl Request {
    /// Reads `NAME`, `NAME@VERSION`, `NAME@RANGE`, `NAME@TAG` or `ALIAS@npm:NAME@…`.
    ///
    /// # Errors
    ///
    /// [`PackagesError::BadRequest`] when it is none of these.
    pub fn parse(text: &str) -> Result<Self, PackagesError> {
        let bad =
            |reason: &str| PackagesError::BadRequest { text: text.to_owned(), reason: reason.to_owned() };
        let (name, asked) = split(text.strip_prefix("npm:").unwrap_or(text));
        if let Some(reason) = name::fault(name) {
            return Err(bad(reason));
        }
        let asked = match asked {
            None | Some("") => "latest".to_owned(),
            // `npm:NAME` alone means its newest version too.
            Some(asked) => match asked.strip_prefix("npm:").map(split) {
                Some((package, None)) => format!("npm:{package}@latest"),
                Some((_, Some(_))) | None => asked.to_owned(),
            },
        };
        let spec = Spec::parse(name, &asked)
            .ok_or_else(|| bad("what follows the \"@\" is not a version, a range or a tag"))?;
        Ok(Self { name: name.to_owned(), spec })
    }

    /// What `package.json` is to say: an exact version and a range as they were asked for, and for a tag
    /// everything compatible with the version that it names.
    pub(crate) fn saved(&self, version: &Version) -> String {
        let text = match &self.spec.wanted {
            Wanted::Version(version) => version.to_string(),
            Wanted::Range(_) => self.spec.text.clone(),
            Wanted::Any => "*".to_owned(),
            Wanted::Tag(_) => format!("^{version}"),
        };
        if self.spec.package == self.name { text } else { format!("npm:{}@{text}", self.spec.package) }
    }
}

/// `NAME@REST`; the first character may be the `@` of a scope.
fn split(text: &str) -> (&str, Option<&str>) {
    let from = usize::from(text.starts_with('@'));
    match text[from..].find('@') {
        None => (text, None),
        Some(at) => (&text[..from + at], Some(&text[from + at + 1..])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_what_is_saved_of_them() {
        let version = Version::parse_from_npm("4.1.2").unwrap();
        let table = [
            ("lodash", "lodash", "lodash", "^4.1.2"),
            ("lodash@latest", "lodash", "lodash", "^4.1.2"),
            ("lodash@", "lodash", "lodash", "^4.1.2"),
            ("lodash@4.1.2", "lodash", "lodash", "4.1.2"),
            ("lodash@^4.0.0", "lodash", "lodash", "^4.0.0"),
            ("lodash@>=4 <5", "lodash", "lodash", ">=4 <5"),
            ("@types/node@4", "@types/node", "@types/node", "4"),
            ("old@npm:lodash@4", "old", "lodash", "npm:lodash@4"),
            ("old@npm:@a/b", "old", "@a/b", "npm:@a/b@^4.1.2"),
        ];
        for (text, name, package, saved) in table {
            let request = Request::parse(text).unwrap();
            assert_eq!((request.name.as_str(), request.spec.package.as_str()), (name, package), "{text}");
            assert_eq!(request.saved(&version), saved, "{text}");
        }
    }

    #[test]
    fn what_is_not_from_a_registry_is_refused() {
        for text in
            ["../x", "a/b", "x@file:../x", "x@git+https://h/x", "x@https://h/x.tgz", "@a", "", "x@npm:../y"]
        {
            assert!(matches!(Request::parse(text), Err(PackagesError::BadRequest { .. })), "{text}");
        }
        for spec in ["workspace:*", "link:../x", "github:a/b", "a/b", "git@h:a/b", "http://h/x", "~/x", "./x"]
        {
            assert!(Spec::parse("x", spec).is_none(), "{spec}");
        }
    }

    /// What npm's own `semver` answers, in its loose mode, which npm uses.
    #[test]
    fn ranges_admit_what_npm_says() {
        let mut lines = include_str!("../tests/semver.jsonl").lines();
        let versions: Vec<String> = serde_json::from_str(lines.next().unwrap()).unwrap();
        let mut wrong = Vec::new();
        for line in lines {
            let (range, is_range, admitted): (String, bool, String) = serde_json::from_str(line).unwrap();
            let spec = Spec::parse("x", &range).filter(|spec| !matches!(spec.wanted, Wanted::Tag(_)));
            let admits = |version: &String| {
                let version = Version::parse_from_npm(version).unwrap();
                let is_met = spec.as_ref().is_some_and(|spec| spec.is_met_by("x", &version));
                if is_met { '1' } else { '0' }
            };
            let found: String = versions.iter().map(admits).collect();
            if spec.is_some() != is_range || found != admitted {
                wrong.push(format!("{range:?}: {found}, expected {admitted}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn a_pre_release_answers_only_who_asks_for_it() {
        let version = Version::parse_from_npm("2.0.0-beta.1").unwrap();
        let admits = |spec| Spec::parse("x", spec).unwrap().is_met_by("x", &version);
        assert!(
            admits("*") && admits("") && admits("2.0.0-beta.1") && admits("^2.0.0-alpha") && admits("next")
        );
        assert!(!admits("^1.0.0") && !admits(">=1") && !admits("2") && !admits("npm:y@*"));
    }
}
