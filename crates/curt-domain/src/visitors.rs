//! What kind of visitor a request comes from, by what it says about itself.
//!
//! Only declarations count here: a machine that poses as a browser is judged later, by behaviour.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, Match};

use crate::ClickClass;

/// Fetchers that show a link's target to the person who received it. Each names its service.
const PREVIEW_AGENTS: &[&str] = &[
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
    "pinterest/0", // the app's own browser says Pinterest/iOS
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
    "matrix-org/synapse",
    "mattermost-bot",
    "link preview",
    "linkpreview",
    "google-read-aloud",
    "zulipurlpreview",
];

/// Words by which programs name themselves: crawlers, then monitors, then libraries and tools.
///
/// None is part of what a browser says: Baidu and Yandex, for example, make browsers and crawlers,
/// and the crawlers are known by the rest of their names.
const BOT_AGENTS: &[&str] = &[
    "+http", // where crawlers explain themselves
    "robot",
    "crawl",
    "spider",
    "slurp",
    "scrapy",
    "archiver",
    "mediapartners",
    "googleother",
    "google-safety",
    "barkrowler",
    "barracuda",
    "feedly",
    "microsoft-wns",
    "google-inspectiontool",
    "bingpreview",
    "monitor",
    "uptime",
    "pingdom",
    "scanner",
    "checker",
    "validator",
    "fetcher",
    "headless",
    "phantomjs",
    "lighthouse",
    "ms-office", // follows links in documents before it hands them to the browser
    "microsoft office",
    "wordpress/",
    "python",
    "curl/",
    "wget/",
    "libwww",
    "httpclient",
    "go-http-client",
    "java/",
    "okhttp",
    "dalvik/",
    "cfnetwork/",
    "axios/",
    "node-fetch",
    "undici",
    "deno/",
    "perl",
    "ruby/",
    "php/",
    "guzzle",
    "reqwest",
    "httpie",
    "postman",
    "insomnia/",
];

/// Judged by what stands around it, so that it comes last.
const BOT: &str = "bot";

static AGENTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(PREVIEW_AGENTS.iter().chain(BOT_AGENTS).chain([&BOT]))
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
    // Browsers write products with versions, `Mozilla/5.0` to begin with. Nothing at all, or a
    // bare word, is a program that was left at its defaults.
    let mut class = if agent.contains(&b'/') { ClickClass::Human } else { ClickClass::Bot };
    for found in AGENTS.find_overlapping_iter(agent) {
        let word = found.pattern().as_usize();
        if word < PREVIEW_AGENTS.len() {
            return ClickClass::Preview;
        }
        if word < PREVIEW_AGENTS.len() + BOT_AGENTS.len() || ends_a_name(agent, found) {
            class = ClickClass::Bot;
        }
    }
    class
}

/// Whether "bot" ends a name, as in `Googlebot/2.1`, which is not a phone's: Cubot makes some.
fn ends_a_name(agent: &[u8], bot: Match) -> bool {
    let is_phone = agent[..bot.start()].to_ascii_lowercase().ends_with(b"cu");
    let goes_on = agent.get(bot.end()).is_some_and(u8::is_ascii_alphabetic);
    !is_phone && !goes_on
}

/// Whether one of the purpose headers says so: browsers write `prefetch`, `prefetch;prerender`,
/// `preview` or `prerender`.
pub fn says_prefetch(purpose: &[u8]) -> bool {
    let purpose = purpose.to_ascii_lowercase();
    [&b"prefetch"[..], b"prerender", b"preview"]
        .iter()
        .any(|word| purpose.windows(word.len()).any(|window| window == *word))
}

#[cfg(test)]
mod tests;
