//! Searching for a text in any case.

/// For `like … escape '!'`: matches texts that contain this one, whose wildcards are escaped.
pub(crate) fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for c in without_case(search).chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Lower case letter by letter, and one small sigma for the two of Greek: the end of the search
/// text is not always the end of a word.
pub(crate) fn without_case(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}
