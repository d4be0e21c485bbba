//! Settings from environment variables.

use super::{
    setting::{Disclosure, ENV_PREFIX, printable},
    sources::{Environment, Source, Sources},
};

/// What hosting platforms set; the weakest source, because it may be meant for another program.
const FOREIGN: [(&str, &str); 1] = [("DATABASE_URL", "database_url")];

/// Names that are no setting but ours all the same.
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
            // Compose files pass `${X:-}` on as an empty value: that is nobody's wish. A secret
            // that came out empty is an accident, and a generated one would only hide it.
            Some("") if about.disclosure != Disclosure::Secret => {}
            Some(text) => sources.give(about, text, Source::Environment(name.to_owned())),
        }
    }
}

/// `CURT_X__Y` can only be meant for us. Others are injected by orchestrators: Kubernetes sets
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
