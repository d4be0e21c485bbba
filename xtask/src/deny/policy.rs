//! The parts of `deny.toml` that can be checked without a network, in cargo-deny's format.
//!
//! Keys that only cargo-deny needs are ignored; the others mean the same to both.

use std::fmt;

use anyhow::Context;
use semver::VersionReq;
use serde::Deserialize;

use super::resolved::ResolvedCrate;

#[derive(Debug, Deserialize)]
pub(super) struct Policy {
    pub graph: Graph,
    pub licenses: Licences,
    pub bans: Bans,
}

#[derive(Debug, Deserialize)]
pub(super) struct Graph {
    /// The triples we build for; crates that only other targets need are ignored.
    pub targets: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Licences {
    /// SPDX identifiers; an exception with its `WITH`.
    pub allow: Vec<String>,
    #[serde(default)]
    pub exceptions: Vec<LicenceException>,
}

/// Licences that only one crate may have.
#[derive(Debug, Deserialize)]
pub(super) struct LicenceException {
    #[serde(rename = "crate")]
    pub spec: CrateSpec,
    pub allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Bans {
    pub deny: Vec<ReasonedSpec>,
    /// Known duplicates that we cannot avoid.
    pub skip: Vec<ReasonedSpec>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ReasonedSpec {
    #[serde(rename = "crate")]
    pub spec: CrateSpec,
    /// Optional for cargo-deny; we require it.
    pub reason: String,
}

/// A crate by `name`, `name:requirement` or `name@version`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct CrateSpec {
    text: String,
    name: String,
    versions: VersionReq,
}

impl Licences {
    pub(super) fn allows(&self, found: &ResolvedCrate, licence: &str) -> bool {
        let exceptions = self.exceptions.iter().filter(|e| e.spec.matches(found));
        let mut allowed = exceptions.flat_map(|e| &e.allow).chain(&self.allow);
        allowed.any(|name| name == licence)
    }
}

impl CrateSpec {
    pub(super) fn matches(&self, found: &ResolvedCrate) -> bool {
        self.name == found.name && self.versions.matches(&found.version)
    }
}

impl TryFrom<String> for CrateSpec {
    type Error = anyhow::Error;

    fn try_from(text: String) -> anyhow::Result<Self> {
        let (name, versions) = if let Some((name, version)) = text.split_once('@') {
            (name, format!("={version}"))
        } else if let Some((name, requirement)) = text.split_once(':') {
            (name, requirement.to_owned())
        } else {
            (text.as_str(), "*".to_owned())
        };
        let versions = versions.parse().with_context(|| format!("crate {text:?}"))?;
        Ok(Self { name: name.to_owned(), versions, text })
    }
}

impl fmt::Display for CrateSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
