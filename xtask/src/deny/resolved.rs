//! The crates that the lock file resolves to, with the facts that the policy needs about each.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;

use anyhow::Context;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, NodeDep, Package, PackageId};
use semver::Version;

#[derive(Debug, Clone)]
pub(super) struct ResolvedCrate {
    pub name: String,
    pub version: Version,
    /// The SPDX expression of the manifest.
    pub licence: Option<String>,
    pub source: Source,
    /// Whether a member needs it for more than its tests: as a normal or a build dependency,
    /// directly or indirectly.
    pub is_shipped: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Workspace,
    DefaultRegistry,
    /// Another registry, a git repository, or a folder that is no member.
    Other(String),
}

/// Every crate that is needed to build or test the workspace for one of `targets`.
pub(super) fn crates(root: &Path, targets: &[String]) -> anyhow::Result<Vec<ResolvedCrate>> {
    let mut options = vec!["--locked".to_owned()];
    for target in targets {
        options.extend(["--filter-platform".to_owned(), target.clone()]);
    }
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .other_options(options)
        .exec()
        .context("running cargo metadata")?;

    let dependencies = dependencies_by_package(&metadata);
    let shipped = reachable(&metadata.workspace_members, &dependencies, is_shipped);
    let used = reachable(&metadata.workspace_members, &dependencies, |_| true);
    let packages = metadata.packages.iter().filter(|p| used.contains(&p.id));
    let describe = |package: &Package| ResolvedCrate {
        name: package.name.to_string(),
        version: package.version.clone(),
        licence: package.license.clone(),
        source: source(&metadata, package),
        is_shipped: shipped.contains(&package.id),
    };
    Ok(packages.map(describe).collect())
}

type Dependencies<'m> = HashMap<&'m PackageId, &'m [NodeDep]>;

fn dependencies_by_package(metadata: &Metadata) -> Dependencies<'_> {
    let resolve = metadata.resolve.as_ref().expect("only --no-deps leaves the graph out");
    resolve.nodes.iter().map(|node| (&node.id, node.deps.as_slice())).collect()
}

fn is_shipped(dependency: &NodeDep) -> bool {
    dependency.dep_kinds.iter().any(|k| k.kind != DependencyKind::Development)
}

fn reachable<'m>(
    from: &'m [PackageId],
    dependencies: &Dependencies<'m>,
    follows: impl Fn(&NodeDep) -> bool,
) -> HashSet<&'m PackageId> {
    let mut found: HashSet<_> = from.iter().collect();
    let mut waiting: Vec<_> = from.iter().collect();
    while let Some(package) = waiting.pop() {
        for dependency in dependencies[package].iter().filter(|d| follows(d)) {
            if found.insert(&dependency.pkg) {
                waiting.push(&dependency.pkg);
            }
        }
    }
    found
}

fn source(metadata: &Metadata, package: &Package) -> Source {
    match &package.source {
        Some(source) if source.is_crates_io() => Source::DefaultRegistry,
        Some(source) => Source::Other(source.to_string()),
        None if metadata.workspace_members.contains(&package.id) => Source::Workspace,
        None => Source::Other(package.manifest_path.to_string()),
    }
}

impl fmt::Display for ResolvedCrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workspace => f.write_str("this workspace"),
            Self::DefaultRegistry => f.write_str("the default registry"),
            Self::Other(place) => f.write_str(place),
        }
    }
}
