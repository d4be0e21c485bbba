//! The nearest known name, for a mistyped one.

/// Edits that still count as a typing mistake.
const EDITS_MAX: usize = 3;

/// A clause for the end of a message: `; did you mean cache.max_age?`, or nothing.
pub(crate) fn hint(wrong: &str, known: impl Iterator<Item = String>) -> String {
    nearest(wrong, known).map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

fn nearest(wrong: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let distance = |name: &str| {
        // Users mix up dots, underscores and case, so these differences cost nothing.
        strsim::damerau_levenshtein(&letters(wrong), &letters(name))
    };
    known
        .map(|name| (distance(&name), name))
        .filter(|(edits, name)| *edits <= EDITS_MAX && edits * 3 < name.len())
        .min()
        .map(|(_, name)| name)
}

fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests;
