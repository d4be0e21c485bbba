//! What a visitor's query reveals about where a click comes from.

/// How the visitor got the short URL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ClickSource {
    #[default]
    Link,
    /// From one of our QR codes, which are marked in their query.
    Qr,
}

/// The pairs of a visitor's query that are kept with a click, as sent: percent-encoded.
///
/// If a name occurs twice, the first pair counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClickQuery<'a> {
    pub source: ClickSource,
    pub utm_source: &'a [u8],
    pub utm_medium: &'a [u8],
    pub utm_campaign: &'a [u8],
    pub utm_term: &'a [u8],
    pub utm_content: &'a [u8],
}

impl<'a> ClickQuery<'a> {
    /// Reads the text after the question mark, without allocating.
    pub fn of(query: &'a str) -> Self {
        let mut found = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let kept = match name {
                "qr" => {
                    found.source = ClickSource::Qr;
                    continue;
                }
                "utm_source" => &mut found.utm_source,
                "utm_medium" => &mut found.utm_medium,
                "utm_campaign" => &mut found.utm_campaign,
                "utm_term" => &mut found.utm_term,
                "utm_content" => &mut found.utm_content,
                _ => continue,
            };
            if kept.is_empty() {
                *kept = value.as_bytes();
            }
        }
        found
    }
}
