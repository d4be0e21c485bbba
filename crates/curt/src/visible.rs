//! Makes text from others safe for a terminal: titles and targets must not control it.

use std::borrow::Cow;

/// The text with every character escaped that a terminal could take for a command, or that reverses
/// the order of the characters around it.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return text.into();
    }
    let mut line = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        if is_unsafe(char) { line.extend(char.escape_default()) } else { line.push(char) }
    }
    line.into()
}

fn is_unsafe(char: char) -> bool {
    char.is_control() || is_bidi_control(char)
}

/// All characters of Unicode's property `Bidi_Control`: they make `moc.live` read `evil.com`.
fn is_bidi_control(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;
