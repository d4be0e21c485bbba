//! The link object, as the API gives it.

use serde::Deserialize;

/// The fields that commands show of a link. Fields that the API adds later are ignored.
#[derive(Debug, Deserialize)]
pub(crate) struct LinkObject {
    pub(crate) id: u64,
    pub(crate) short_code: String,
    pub(crate) short_url: String,
    #[serde(flatten)]
    pub(crate) settings: LinkSettings,
    pub(crate) status: String,
    pub(crate) target_blocked: bool,
    pub(crate) clicks: Clicks,
    pub(crate) last_click_at: Option<String>,
    pub(crate) revision: u64,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
}

/// What an owner can set: in a link, and in its earlier versions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct LinkSettings {
    pub(crate) original_url: String,
    pub(crate) title: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) redirect_status: u16,
    pub(crate) forward_query: bool,
    pub(crate) valid_from: Option<String>,
    pub(crate) expires_at: Option<String>,
    pub(crate) max_clicks: Option<u64>,
    pub(crate) has_password: bool,
    pub(crate) fallback_url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Clicks {
    pub(crate) total: u64,
    pub(crate) human: u64,
}

impl LinkObject {
    /// The status, and whether visitors are refused for another reason.
    pub(crate) fn whole_status(&self) -> String {
        let besides = if self.target_blocked { " (blocked)" } else { "" };
        format!("{}{besides}", self.status)
    }
}

impl LinkSettings {
    /// Names and values for people; unset fields are omitted.
    pub(crate) fn lines(&self) -> Vec<(&'static str, String)> {
        let tags = (!self.tags.is_empty()).then(|| self.tags.join(", "));
        let all = [
            ("leads to", Some(self.original_url.clone())),
            ("title", self.title.clone()),
            ("note", self.note.clone()),
            ("tags", tags),
            ("redirect", Some(self.redirect_status.to_string())),
            ("forwards query", Some(yes_or_no(self.forward_query))),
            ("valid from", self.valid_from.clone()),
            ("expires at", self.expires_at.clone()),
            ("max clicks", self.max_clicks.map(|count| count.to_string())),
            ("password", self.has_password.then(|| "visitors are asked for one".to_owned())),
            ("fallback", self.fallback_url.clone()),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

pub(crate) fn yes_or_no(holds: bool) -> String {
    if holds { "yes" } else { "no" }.to_owned()
}
