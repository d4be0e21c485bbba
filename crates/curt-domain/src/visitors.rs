//! The kind of visitor that a request declares.
//!
//! Only declarations count here: machines that pose as browsers are judged later, by behaviour.

use aho_corasick::Match;

use crate::clicks::ClickClass;

mod agents;

use agents::{AGENTS, Meaning};

/// Bytes of a user agent that are read: browsers send under 300, and time must be bounded.
const AGENT_LEN_READ: usize = 512;

/// The class of a visit that is not a prefetch: human, bot or preview.
pub fn classify(user_agent: &[u8]) -> ClickClass {
    let agent = &user_agent[..user_agent.len().min(AGENT_LEN_READ)];
    let (mut is_bot, mut has_engine) = (false, false);
    for found in AGENTS.words.find_overlapping_iter(agent) {
        match AGENTS.meanings[found.pattern().as_usize()] {
            Meaning::Preview => return ClickClass::Preview,
            Meaning::Bot => is_bot = true,
            Meaning::BotAtEnd => is_bot |= ends_a_name(agent, found),
            Meaning::Engine => has_engine = true,
        }
    }
    // An empty user agent, or only a name, is a program with default settings.
    if is_bot || !has_engine { ClickClass::Bot } else { ClickClass::Human }
}

/// Whether "bot" ends a name, as in `Googlebot/2.1`, but not in a phone's name such as Cubot.
fn ends_a_name(agent: &[u8], bot: Match) -> bool {
    let is_phone = agent[..bot.start()].to_ascii_lowercase().ends_with(b"cu");
    let goes_on = agent.get(bot.end()).is_some_and(u8::is_ascii_alphabetic);
    !is_phone && !goes_on
}

/// Whether `Sec-Purpose`, or its older forms `Purpose`, `X-Purpose` and `X-Moz`, declare a
/// prefetch: browsers write `prefetch`, `prefetch;prerender`, `preview` or `prerender`.
pub fn says_prefetch(purpose: &[u8]) -> bool {
    let purpose = purpose.to_ascii_lowercase();
    [&b"prefetch"[..], b"prerender", b"preview"]
        .iter()
        .any(|word| purpose.windows(word.len()).any(|window| window == *word))
}

#[cfg(test)]
mod tests;
