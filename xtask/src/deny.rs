//! Checks the supply chain without a network: it applies the `deny.toml` that `cargo deny check`
//! reads to what `cargo metadata` resolves for the targets in it.
//!
//! It knows no advisories, because their database is on the network; `deny.toml` holds the minimum
//! versions that came out of them so far.

mod policy;
mod resolved;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::problems::Problem;
use policy::Policy;
use resolved::{ResolvedCrate, Source};

const POLICY_FILE: &str = "deny.toml";

/// Everything in the dependencies of the workspace at `root` that the policy does not allow.
pub(crate) fn problems(root: &Path) -> anyhow::Result<Vec<Problem>> {
    let text = fs::read_to_string(root.join(POLICY_FILE)).context("reading deny.toml")?;
    let policy: Policy = toml::from_str(&text).context("reading deny.toml")?;
    let crates = resolved::crates(root, &policy.graph.targets)?;

    let mut problems = Vec::new();
    problems.extend(sources(&crates));
    problems.extend(licences(&policy.licenses, &crates)?);
    problems.extend(banned(&policy.bans, &crates));
    problems.extend(duplicates(&policy.bans, &crates));
    Ok(problems)
}

/// Crates come from the default registry, or lie in this workspace.
fn sources(crates: &[ResolvedCrate]) -> Vec<Problem> {
    let elsewhere = crates.iter().filter(|c| matches!(c.source, Source::Other(_)));
    elsewhere.map(|c| Problem::new(c.to_string(), format!("comes from {}", c.source))).collect()
}

/// Every crate that we ship or build with has a licence from the list.
fn licences(rules: &policy::Licences, crates: &[ResolvedCrate]) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for found in crates.iter().filter(|c| c.is_shipped && c.source != Source::Workspace) {
        let Some(text) = &found.licence else {
            problems.push(Problem::new(found.to_string(), "names no licence"));
            continue;
        };
        // Old manifests write `MIT/Apache-2.0`.
        let expression = spdx::Expression::parse_mode(text, spdx::ParseMode::LAX)
            .with_context(|| format!("reading the licence of {found}, {text:?}"))?;
        if !expression.evaluate(|wanted| rules.allows(found, &wanted.to_string())) {
            problems.push(Problem::new(found.to_string(), format!("has the licence {text:?}")));
        }
    }
    Ok(problems)
}

fn banned(rules: &policy::Bans, crates: &[ResolvedCrate]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for found in crates {
        for ban in rules.deny.iter().filter(|ban| ban.spec.matches(found)) {
            problems.push(Problem::new(found.to_string(), format!("is banned: {}", ban.reason)));
        }
    }
    problems
}

/// One version of each shipped crate, except for those on the list; unused entries of the list are
/// problems too.
fn duplicates(rules: &policy::Bans, crates: &[ResolvedCrate]) -> Vec<Problem> {
    let mut versions: BTreeMap<&str, Vec<&ResolvedCrate>> = BTreeMap::new();
    for shipped in crates.iter().filter(|c| c.is_shipped) {
        versions.entry(&shipped.name).or_default().push(shipped);
    }
    let is_skipped = |c: &ResolvedCrate| rules.skip.iter().any(|skip| skip.spec.matches(c));

    let mut problems = Vec::new();
    for (name, same_name) in &versions {
        let unexplained = same_name.iter().filter(|c| !is_skipped(c)).count();
        if 1 < unexplained {
            let list: Vec<_> = same_name.iter().map(|c| c.version.to_string()).collect();
            let complaint = format!("is there in several versions: {}", list.join(", "));
            problems.push(Problem::new(*name, complaint));
        }
    }
    for skip in &rules.skip {
        let mut several = versions.values().filter(|same_name| 1 < same_name.len()).flatten();
        if !several.any(|c| skip.spec.matches(c)) {
            let complaint = format!("skips {}, which is no duplicate any more", skip.spec);
            problems.push(Problem::new(POLICY_FILE, complaint));
        }
    }
    problems
}
