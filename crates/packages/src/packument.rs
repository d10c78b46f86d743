//! Everything that the registry says about one package: its versions and tags.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use deno_semver::Version;
use serde_json::Value;

use crate::manifest::Manifest;
use crate::spec::Spec;
use crate::spec::Wanted;

/// The versions and tags of one package.
#[derive(Debug)]
pub(crate) struct Packument {
    name: String,
    tags: BTreeMap<String, String>,
    /// From the newest to the oldest.
    versions: Vec<Listed>,
}

#[derive(Debug)]
struct Listed {
    version: Version,
    text: String,
    value: Value,
}

/// How many versions an error names.
const SHOWN_MAX: usize = 6;

impl Packument {
    pub(crate) fn parse(name: &str, bytes: &[u8]) -> Result<Self, String> {
        let mut value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let Some(Value::Object(versions)) = value.get_mut("versions").map(Value::take) else {
            return Err("it has no versions".to_owned());
        };
        let tags = value.get("dist-tags").and_then(Value::as_object).into_iter().flatten();
        let tags =
            tags.filter_map(|(tag, version)| Some((tag.clone(), version.as_str()?.to_owned()))).collect();
        let mut versions: Vec<Listed> = versions
            .into_iter()
            .filter_map(|(text, value)| {
                Some(Listed { version: Version::parse_from_npm(&text).ok()?, text, value })
            })
            .collect();
        versions.sort_by(|a, b| b.version.cmp(&a.version));
        Ok(Self { name: name.to_owned(), tags, versions })
    }

    /// The version that npm would take: the one tagged `latest` if it will do, else the newest that will
    /// do, and a deprecated one only if there is no other.
    pub(crate) fn pick(&self, specs: &[&Spec]) -> Option<Manifest> {
        if let [Spec { wanted: Wanted::Tag(tag), .. }] = specs {
            let tagged = self.tags.get(tag)?;
            return self.versions.iter().find(|listed| &listed.text == tagged)?.manifest(&self.name);
        }
        let will_do = |listed: &&Listed| specs.iter().all(|spec| spec.is_met_by(&self.name, &listed.version));
        let fit: Vec<&Listed> = self.versions.iter().filter(will_do).collect();
        let latest = self.tags.get("latest");
        let current: Vec<&&Listed> = fit.iter().filter(|listed| !listed.is_deprecated()).collect();
        let tagged = current.iter().find(|listed| Some(&listed.text) == latest);
        // `*` alone admits pre-releases, which nobody who writes it has in mind.
        let released = current.iter().find(|listed| listed.version.pre.is_empty());
        let released = released.filter(|_| specs.iter().any(|spec| matches!(spec.wanted, Wanted::Any)));
        let picked = tagged.or(released).or_else(|| current.first());
        picked.map(|listed| **listed).or_else(|| fit.first().copied())?.manifest(&self.name)
    }

    /// One version, as it is written.
    pub(crate) fn version(&self, text: &str) -> Option<Manifest> {
        self.versions.iter().find(|listed| listed.text == text)?.manifest(&self.name)
    }

    /// The versions nearest to what was asked for, and the tags, for an error.
    pub(crate) fn there_are(&self, asked: &Spec) -> String {
        let Some(newest) = self.versions.first() else {
            return "it has no versions".to_owned();
        };
        let near = asked.wanted.lowest().unwrap_or_else(|| newest.version.clone());
        let at = self.versions.partition_point(|listed| listed.version > near);
        let from = at.saturating_sub(SHOWN_MAX / 2).min(self.versions.len().saturating_sub(SHOWN_MAX));
        let shown: Vec<&str> =
            self.versions.iter().skip(from).take(SHOWN_MAX).map(|listed| listed.text.as_str()).collect();
        let mut text = format!("the nearest are {}", shown.join(", "));
        let tags: Vec<String> =
            self.tags.iter().take(SHOWN_MAX).map(|(tag, version)| format!("{tag} = {version}")).collect();
        if !tags.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(text, "; tags: {}", tags.join(", "));
        }
        text
    }
}

impl Listed {
    fn is_deprecated(&self) -> bool {
        match self.value.get("deprecated") {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::String(reason)) => !reason.is_empty(),
            Some(_) => true,
        }
    }

    fn manifest(&self, name: &str) -> Option<Manifest> {
        Manifest::from_registry(name, &self.text, &self.value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn packument() -> Packument {
        let text = json!({
            "dist-tags": { "latest": "2.1.0", "next": "3.0.0-beta.2" },
            "versions": {
                "1.0.0": {}, "1.9.0": { "deprecated": "broken" }, "1.8.0": {}, "2.0.0": {}, "2.1.0": {},
                "2.2.0": {}, "3.0.0-beta.2": {}, "nonsense": {}, "0.1.0": { "deprecated": "old" }
            }
        });
        Packument::parse("x", text.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn picks_what_npm_picks() {
        let table = [
            ("latest", Some("2.1.0")),
            ("next", Some("3.0.0-beta.2")),
            ("*", Some("2.1.0")),
            ("^2.0.0", Some("2.1.0")),
            (">=2.2.0", Some("2.2.0")),
            ("^1.0.0", Some("1.8.0")),
            ("^0.1.0", Some("0.1.0")),
            ("1.9.0", Some("1.9.0")),
            ("3", None),
            ("^3.0.0-alpha", Some("3.0.0-beta.2")),
            ("9.9.9", None),
            ("gone", None),
        ];
        for (asked, picked) in table {
            let spec = Spec::parse("x", asked).unwrap();
            let manifest = packument().pick(&[&spec]);
            assert_eq!(manifest.as_ref().map(|manifest| manifest.version_text.as_str()), picked, "{asked}");
        }
        let both = [Spec::parse("x", ">=1").unwrap(), Spec::parse("x", "<2").unwrap()];
        assert_eq!(packument().pick(&[&both[0], &both[1]]).unwrap().version_text, "1.8.0");
    }

    #[test]
    fn an_error_names_the_nearest_versions() {
        let text = packument().there_are(&Spec::parse("x", "1.5.0").unwrap());
        assert_eq!(
            text,
            "the nearest are 2.0.0, 1.9.0, 1.8.0, 1.0.0, 0.1.0; tags: latest = 2.1.0, next = 3.0.0-beta.2"
                .replace("the nearest are ", "the nearest are 2.1.0, ")
        );
    }
}
