//! Rules between crates: who may depend on whom, who alone may name a framework or a driver, and
//! that every crate obeys the lints of the workspace.

use std::path::Path;

use anyhow::Context;
use cargo_metadata::{DependencyKind, MetadataCommand};

use super::files::RepositoryFile;
use crate::problems::Problem;

/// Which crates of the workspace a crate may use: only what stands above it here, which rules out
/// circles.
const LAYERS: [(&str, &[&str]); 11] = [
    ("curt-domain", &[]),
    ("curt-journal", &["curt-domain"]),
    ("curt-store", &["curt-domain"]),
    ("curt-cache", &["curt-domain"]),
    ("curt-analytics", &["curt-domain", "curt-journal", "curt-store", "curt-cache"]),
    ("curt-qr", &[]),
    ("curt-ui", &["curt-domain"]),
    (
        "curt-web",
        &[
            "curt-domain",
            "curt-journal",
            "curt-store",
            "curt-cache",
            "curt-analytics",
            "curt-qr",
            "curt-ui",
        ],
    ),
    (
        "curt",
        &[
            "curt-domain",
            "curt-journal",
            "curt-store",
            "curt-cache",
            "curt-analytics",
            "curt-qr",
            "curt-ui",
            "curt-web",
        ],
    ),
    (
        TESTKIT,
        &["curt-domain", "curt-journal", "curt-store", "curt-cache", "curt-analytics", "curt-web"],
    ),
    ("xtask", &[]),
];

/// What tests share. Everybody may test with it, nobody may ship it.
const TESTKIT: &str = "testkit";

/// Crates from outside that one crate of ours keeps to itself, and which.
const KEPT: [(&str, &str); 4] = [
    ("axum", "curt-web"),
    ("redis", "curt-cache"),
    ("rusqlite", "curt-store"),
    ("sqlx", "curt-store"),
];

/// Pure crates, and what they may not depend on: the domain neither waits nor talks, and its types
/// have no wire format; pages are made from data and know nothing of the request.
const KEPT_FROM: [(&str, &[&str]); 2] = [
    ("curt-domain", &["tokio", "futures-util", "http", "hyper", "serde"]),
    ("curt-ui", &["tokio", "futures-util", "http", "hyper", "tower"]),
];

/// That one crate uses another one, and what for.
#[derive(Debug, Clone)]
pub(super) struct Dependency {
    pub from: String,
    pub to: String,
    pub kind: DependencyKind,
}

/// What the manifests of the workspace at `root` ask for.
pub(super) fn dependencies(root: &Path) -> anyhow::Result<Vec<Dependency>> {
    let manifest = root.join("Cargo.toml");
    let mut command = MetadataCommand::new();
    let metadata =
        command.manifest_path(manifest).no_deps().exec().context("running cargo metadata")?;
    let mut dependencies = Vec::new();
    for package in metadata.packages {
        for dependency in package.dependencies {
            let from = package.name.to_string();
            dependencies.push(Dependency { from, to: dependency.name, kind: dependency.kind });
        }
    }
    Ok(dependencies)
}

pub(super) fn dependency_problems(dependencies: &[Dependency]) -> Vec<Problem> {
    let complaints = dependencies.iter().filter_map(|d| Some((d, complaint(d)?)));
    complaints.map(|(d, complaint)| Problem::new(&d.from, complaint)).collect()
}

fn complaint(dependency: &Dependency) -> Option<String> {
    let Dependency { from, to, kind } = dependency;
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| name == from) else {
        return Some("is in no layer; give it one in xtask/src/tidy/crates.rs".to_owned());
    };
    let is_ours = LAYERS.iter().any(|(name, _)| name == to);
    if to == TESTKIT && *kind != DependencyKind::Development {
        return Some(format!("ships {TESTKIT}, which is for tests"));
    }
    if is_ours && to != TESTKIT && !allowed.contains(&to.as_str()) {
        return Some(format!("may not depend on {to}"));
    }
    if let Some((_, keeper)) = KEPT.iter().find(|(kept, keeper)| kept == to && keeper != from) {
        return Some(format!("may not name {to}, which {keeper} keeps to itself"));
    }
    if KEPT_FROM.iter().any(|(pure, kept)| pure == from && kept.contains(&to.as_str())) {
        return Some(format!("is pure and may not depend on {to}"));
    }
    None
}

/// Every crate says `[lints] workspace = true`; cargo does not ask for it.
pub(super) fn lint_problems(files: &[RepositoryFile]) -> Vec<Problem> {
    let manifests = files.iter().filter(|f| f.name() == "Cargo.toml" && f.path.contains('/'));
    let lenient = manifests.filter(|manifest| !obeys_workspace_lints(&manifest.text));
    lenient.map(|m| Problem::new(&m.path, "does not say `[lints] workspace = true`")).collect()
}

fn obeys_workspace_lints(manifest: &str) -> bool {
    let Ok(manifest) = manifest.parse::<toml::Table>() else { return false };
    // What is a workspace of its own, as the fuzz targets are, has nothing to inherit.
    if manifest.contains_key("workspace") {
        return true;
    }
    let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
    lints.and_then(toml::Value::as_bool) == Some(true)
}
