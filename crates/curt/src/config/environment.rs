//! Settings from environment variables.

use super::{
    setting::{Disclosure, ENV_PREFIX, printable},
    sources::{Environment, Source, Sources},
};

/// Variables of hosting platforms. The weakest source, because they may be meant for another
/// program.
const FOREIGN: [(&str, &str); 1] = [("DATABASE_URL", "database_url")];

/// Names of ours that are not settings.
const NOT_SETTINGS: [&str; 1] = ["CURT_CONFIG"];

pub(super) fn read_foreign(environment: &Environment, sources: &mut Sources<'_>) {
    for (foreign, key) in FOREIGN {
        let value = environment.iter().find(|(name, _)| name == foreign);
        let Some(about) = sources.about(key) else { continue };
        match value.map(|(_, value)| value.to_str()) {
            Some(Some("")) | None => {}
            Some(Some(text)) => sources.give(about, text, Source::Environment(foreign.to_owned())),
            Some(None) => sources.problems.push(format!("{foreign}: is not valid UTF-8")),
        }
    }
}

pub(super) fn read(environment: &Environment, sources: &mut Sources<'_>) {
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|name| name.starts_with(ENV_PREFIX)) else {
            continue;
        };
        if NOT_SETTINGS.contains(&name) {
            continue;
        }
        let Some(about) = sources.about_env(name) else {
            unknown(name, sources);
            continue;
        };
        match value.to_str() {
            None => sources.problems.push(format!("{name}: is not valid UTF-8")),
            // Compose files pass an unset `${X:-}` on as an empty value, which sets nothing. An
            // empty secret is an accident, and a generated secret would only hide it.
            Some("") if about.disclosure != Disclosure::Secret => {}
            Some(text) => sources.give(about, text, Source::Environment(name.to_owned())),
        }
    }
}

/// Only we can be meant by `CURT_X__Y`. Orchestrators inject other names: Kubernetes sets
/// `CURT_PORT=tcp://…` for every service called curt.
fn unknown(name: &str, sources: &mut Sources<'_>) {
    let hint = sources.env_hint(name);
    let shown = printable(name);
    let line = format!("unknown setting {shown} (environment){hint}");
    if name[ENV_PREFIX.len()..].contains("__") {
        sources.problems.push(line);
    } else {
        sources.warnings.push(line);
    }
}
