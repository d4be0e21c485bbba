//! Tests each rule with small made-up dependencies that break it, and with some that do not.

use super::policy::Policy;
use super::resolved::{ResolvedCrate, Source};
use super::{banned, duplicates, licences, sources};
use crate::problems::Problem;

const POLICY: &str = r#"
[graph]
targets = ["x86_64-unknown-linux-gnu"]

[licenses]
allow = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]
exceptions = [{ crate = "roots", allow = ["CDLA-Permissive-2.0"] }]

[bans]
multiple-versions = "deny"
deny = [
    { crate = "openssl", reason = "rustls it is" },
    { crate = "h2:<0.4.4", reason = "reset floods" },
]
skip = [{ crate = "syn@1.0.109", reason = "an old macro" }]
"#;

fn policy() -> Policy {
    toml::from_str(POLICY).unwrap()
}

fn shipped(name: &str, version: &str) -> ResolvedCrate {
    ResolvedCrate {
        name: name.to_owned(),
        version: version.parse().unwrap(),
        licence: Some("MIT".to_owned()),
        source: Source::DefaultRegistry,
        is_shipped: true,
    }
}

fn with_licence(name: &str, licence: Option<&str>) -> ResolvedCrate {
    ResolvedCrate { licence: licence.map(str::to_owned), ..shipped(name, "1.0.0") }
}

fn for_tests_only(found: ResolvedCrate) -> ResolvedCrate {
    ResolvedCrate { is_shipped: false, ..found }
}

fn shown(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_crate_from_another_source_is_found() {
    let git = Source::Other("git+https://git.example/fork".to_owned());
    let fork = ResolvedCrate { source: git, ..shipped("fork", "0.1.0") };
    let own = ResolvedCrate { source: Source::Workspace, ..shipped("own", "0.1.0") };
    let problems = sources(&[fork, own, shipped("serde", "1.0.0")]);
    assert_eq!(shown(&problems), ["fork 0.1.0: comes from git+https://git.example/fork"]);
}

#[test]
fn a_licence_outside_the_list_is_found() {
    let crates = [
        with_licence("copyleft", Some("GPL-3.0-only")),
        with_licence("both", Some("MIT AND GPL-3.0-only")),
        with_licence("none", None),
        with_licence("either", Some("GPL-3.0-only OR MIT")),
        with_licence("old-style", Some("MIT/Apache-2.0")),
        with_licence("excepted", Some("Apache-2.0 WITH LLVM-exception")),
        for_tests_only(with_licence("test-only", Some("GPL-3.0-only"))),
    ];
    let problems = licences(&policy().licenses, &crates).unwrap();
    let expected = [
        "copyleft 1.0.0: has the licence \"GPL-3.0-only\"",
        "both 1.0.0: has the licence \"MIT AND GPL-3.0-only\"",
        "none 1.0.0: names no licence",
    ];
    assert_eq!(shown(&problems), expected);
}

#[test]
fn an_exception_holds_for_its_crate_alone() {
    let licence = Some("CDLA-Permissive-2.0");
    let crates = [with_licence("roots", licence), with_licence("branches", licence)];
    let problems = licences(&policy().licenses, &crates).unwrap();
    let expected = ["branches 1.0.0: has the licence \"CDLA-Permissive-2.0\""];
    assert_eq!(shown(&problems), expected);
}

#[test]
fn a_banned_crate_and_a_version_below_its_floor_are_found_even_in_tests() {
    let crates = [
        for_tests_only(shipped("openssl", "0.10.70")),
        shipped("h2", "0.4.3"),
        shipped("h2", "0.4.4"),
    ];
    let problems = banned(&policy().bans, &crates);
    let expected =
        ["openssl 0.10.70: is banned: rustls it is", "h2 0.4.3: is banned: reset floods"];
    assert_eq!(shown(&problems), expected);
}

#[test]
fn a_duplicate_is_found_unless_it_is_on_the_list() {
    let crates = [
        shipped("syn", "1.0.109"),
        shipped("syn", "2.0.0"),
        shipped("rand", "0.8.5"),
        shipped("rand", "0.9.0"),
        for_tests_only(shipped("heck", "0.4.0")),
        shipped("heck", "0.5.0"),
    ];
    let problems = duplicates(&policy().bans, &crates);
    assert_eq!(shown(&problems), ["rand: is there in several versions: 0.8.5, 0.9.0"]);
}

#[test]
fn a_skip_that_is_not_needed_any_more_is_found() {
    let problems = duplicates(&policy().bans, &[shipped("syn", "1.0.109")]);
    let expected = ["deny.toml: skips syn@1.0.109, which is no duplicate any more"];
    assert_eq!(shown(&problems), expected);
}

#[test]
fn a_ban_without_a_reason_or_with_a_broken_version_is_refused() {
    let without_reason = POLICY.replace(r#", reason = "rustls it is""#, "");
    let error = toml::from_str::<Policy>(&without_reason).unwrap_err();
    assert!(error.message().contains("missing field `reason`"), "{error}");

    let broken = POLICY.replace("h2:<0.4.4", "h2:<new");
    let error = toml::from_str::<Policy>(&broken).unwrap_err();
    assert!(error.message().contains("h2:<new"), "{error}");
}

/// JWT-11: no RSA signs tokens or anything else while its timing leaks keys (RUSTSEC-2023-0071). It
/// is not in the build, and `cargo xtask deny` keeps it out.
#[test]
fn jwt_11_nothing_here_signs_with_rsa() {
    let policy: Policy = toml::from_str(include_str!("../../../deny.toml")).unwrap();
    let problems = banned(&policy.bans, &[shipped("rsa", "0.9.10"), shipped("hmac", "0.13.0")]);
    assert_eq!(problems.len(), 1);
    assert!(shown(&problems)[0].starts_with("rsa 0.9.10: is banned: its timing leaks the key"));
    let lock = include_str!("../../../Cargo.lock");
    assert!(lock.contains("name = \"hmac\"\n") && !lock.contains("name = \"rsa\"\n"));
}
