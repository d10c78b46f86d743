//! What the registry knows and has: metadata and tarballs, each checked before anybody sees it.

use bytes::Bytes;
use url::Url;

use crate::cache::Cache;
use crate::error::PackagesError;
use crate::http::Http;
use crate::http::HttpError;
use crate::http::Want;
use crate::manifest::Manifest;
use crate::packument::Packument;
use crate::registries::shown;

/// The registries of a project behind a cache of tarballs.
pub(crate) struct Registry {
    http: Http,
    cache: Cache,
}

impl Registry {
    pub(crate) fn new(http: Http, cache: Cache) -> Self {
        Self { http, cache }
    }

    /// The address of the registry that has a package, for messages.
    pub(crate) fn shown(&self, package: &str) -> String {
        shown(self.http.registries().of(package))
    }

    pub(crate) async fn packument(&self, package: &str) -> Result<Packument, PackagesError> {
        let url = self.http.registries().metadata_url(package);
        let bytes = match self.http.get(&url, package, Want::Metadata).await {
            Ok(bytes) => bytes,
            Err(HttpError::Absent) => {
                let (package, registry) = (package.to_owned(), self.shown(package));
                return Err(PackagesError::NoPackage { package, registry, asked_by: None });
            }
            Err(error) => return Err(self.http.explain(package, &url, error)),
        };
        Packument::parse(package, &bytes).map_err(|reason| PackagesError::Metadata {
            package: package.to_owned(),
            url: shown(&url),
            reason,
        })
    }

    /// Where to look for a tarball first. What states no address is where registries usually have it.
    fn tarball_url(&self, manifest: &Manifest) -> Url {
        let registries = self.http.registries();
        let stated = manifest.tarball.as_ref().and_then(|url| registries.tarball_url(&manifest.name, url));
        stated.unwrap_or_else(|| registries.usual_tarball_url(&manifest.name, &manifest.version_text))
    }

    /// What a lock file has to say of where a tarball is: nothing when it is where registries usually
    /// have it, so that the same lock file is written behind every mirror.
    pub(crate) fn unusual_tarball_url(&self, manifest: &Manifest) -> Option<String> {
        let registries = self.http.registries();
        let usual = registries.usual_tarball_url(&manifest.name, &manifest.version_text);
        let stated = registries.tarball_url(&manifest.name, manifest.tarball.as_ref()?)?;
        let is_usual = stated.path().replace("%2f", "/").replace("%2F", "/") == usual.path()
            && stated.host() == usual.host();
        (!is_usual).then(|| shown(&stated))
    }

    /// The tarball of a package, from the cache or the registry; its hash is right.
    pub(crate) async fn tarball(&self, manifest: &Manifest) -> Result<Bytes, PackagesError> {
        let Some(integrity) = &manifest.integrity else {
            return Err(PackagesError::NoIntegrity {
                package: manifest.name.clone(),
                version: manifest.version_text.clone(),
                registry: self.shown(&manifest.name),
            });
        };
        if let Some(bytes) = self.cache.read(integrity) {
            return Ok(bytes);
        }
        let (url, bytes) = self.download(manifest).await?;
        let found = integrity.of_same_kind(&bytes);
        if found != *integrity {
            return Err(PackagesError::Integrity {
                package: manifest.name.clone(),
                version: manifest.version_text.clone(),
                url: shown(&url),
                expected: integrity.to_string(),
                found: found.to_string(),
            });
        }
        // Without a cache, the next installation fetches it again: slower, and as right.
        let _ = self.cache.write(integrity, &bytes);
        Ok(bytes)
    }

    async fn download(&self, manifest: &Manifest) -> Result<(Url, Bytes), PackagesError> {
        let url = self.tarball_url(manifest);
        match self.http.get(&url, &manifest.name, Want::Tarball).await {
            Ok(bytes) => Ok((url, bytes)),
            // Some registries have it elsewhere, and say so only where they say everything.
            Err(HttpError::Absent) if manifest.tarball.is_none() => self.download_elsewhere(manifest).await,
            Err(error) => Err(self.http.explain(&manifest.label(), &url, error)),
        }
    }

    async fn download_elsewhere(&self, manifest: &Manifest) -> Result<(Url, Bytes), PackagesError> {
        let packument = self.packument(&manifest.name).await?;
        let stated = packument.version(&manifest.version_text).and_then(|listed| listed.tarball);
        let url = stated.and_then(|url| self.http.registries().tarball_url(&manifest.name, &url));
        let url = url.unwrap_or_else(|| self.tarball_url(manifest));
        match self.http.get(&url, &manifest.name, Want::Tarball).await {
            Ok(bytes) => Ok((url, bytes)),
            Err(error) => Err(self.http.explain(&manifest.label(), &url, error)),
        }
    }
}
