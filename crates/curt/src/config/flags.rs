//! Settings from the command line: some have their own flags, `--set key=value` sets the others.

use super::{
    setting::Disclosure,
    sources::{Flags, Source, Sources},
};

const SET: &str = "--set";

pub(super) fn read(flags: &Flags, sources: &mut Sources<'_>) {
    for assignment in &flags.set {
        // Do not repeat what the user typed: without a known key it could be a secret.
        let Some((key, text)) = assignment.split_once('=') else {
            sources.problems.push(format!("{SET}: expected key=value"));
            continue;
        };
        give(key.trim(), text, Source::Flag(SET.to_owned()), sources);
    }
    for (flag, key, text) in &flags.named {
        give(key, text, Source::Flag((*flag).to_owned()), sources);
    }
}

fn give(key: &str, text: &str, source: Source, sources: &mut Sources<'_>) {
    let Some(about) = sources.about(key) else {
        sources.reject_unknown(key, &source);
        return;
    };
    if about.disclosure == Disclosure::Secret {
        let why = "every user of this machine can read flags; use the environment or a file";
        sources.reject(about, text, &source, why);
        return;
    }
    sources.give(about, text, source);
}
