//! What kind of visitor a request comes from, by what it says about itself.
//!
//! Only declarations count here: a machine that poses as a browser is judged later, by behaviour.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::ClickClass;

/// Fetchers that show a link's target to the person who received it. Each names its service.
const PREVIEW_AGENTS: [&str; 24] = [
    "facebookexternalhit",
    "facebookcatalog",
    "meta-externalfetcher",
    "twitterbot",
    "slackbot-linkexpanding",
    "slack-imgproxy",
    "discordbot",
    "telegrambot",
    "whatsapp",
    "linkedinbot",
    "skypeuripreview",
    "microsoftpreview",
    "pinterestbot",
    "redditbot",
    "viberbot",
    "vkshare",
    "embedly",
    "iframely",
    "mastodon/",
    "pleroma",
    "misskey/",
    "bluesky cardyb",
    "google-pagerenderer",
    "snap url preview",
];

/// Words by which programs name themselves: crawlers first, then libraries and tools.
const BOT_AGENTS: [&str; 44] = [
    "bot/", "bot ", "bot;", "bot)", "bot-", "-bot", "robot", "crawl", "spider", "slurp", "archiver",
    "googlebot", "bingbot", "yandex", "baidu", "duckduck", "petalbot", "monitor", "uptime", "pingdom",
    "scanner", "checker", "validator", "fetcher", "feedly", "headless", "lighthouse", "python", "curl/",
    "wget/", "libwww", "go-http-client", "java/", "okhttp", "axios/", "node-fetch", "undici", "apache-httpclient",
    "ruby", "php/", "guzzle", "reqwest", "httpie", "postman",
];

static AGENTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(PREVIEW_AGENTS.iter().chain(&BOT_AGENTS))
        .expect("a few dozen short words fit an automaton")
});

/// Bytes of a user agent that are looked at: browsers send under 300, and time must be bounded.
const AGENT_LEN_READ: usize = 512;

/// What a request says about who sent it; empty where a header is absent.
#[derive(Debug, Clone, Copy, Default)]
pub struct VisitHeaders<'a> {
    pub user_agent: &'a [u8],
    /// `Sec-Purpose`, or its older forms `Purpose`, `X-Purpose` and `X-Moz`.
    pub purpose: &'a [u8],
}

/// The class of a visit by its request alone; never [`ClickClass::Suspicious`].
pub fn classify(headers: VisitHeaders<'_>) -> ClickClass {
    if says_prefetch(headers.purpose) {
        return ClickClass::Prefetch;
    }
    let agent = &headers.user_agent[..headers.user_agent.len().min(AGENT_LEN_READ)];
    // Every browser names itself; what does not is a program that was left at its defaults.
    if agent.trim_ascii().is_empty() {
        return ClickClass::Bot;
    }
    let mut class = ClickClass::Human;
    for found in AGENTS.find_overlapping_iter(agent) {
        if found.pattern().as_usize() < PREVIEW_AGENTS.len() {
            return ClickClass::Preview;
        }
        class = ClickClass::Bot;
    }
    // A name that ends in "bot", with nothing behind it for the words above to match.
    if agent.to_ascii_lowercase().ends_with(b"bot") { ClickClass::Bot } else { class }
}

/// Browsers write `prefetch`, `prefetch;prerender`, `preview` or `prerender`.
fn says_prefetch(purpose: &[u8]) -> bool {
    let purpose = purpose.to_ascii_lowercase();
    [&b"prefetch"[..], b"prerender", b"preview"]
        .iter()
        .any(|word| purpose.windows(word.len()).any(|window| window == *word))
}

#[cfg(test)]
mod tests;
