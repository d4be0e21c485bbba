//! `curt links disable`, `enable`, `rm` and `restore`: one action on each of several links.

use clap::Args;
use http::Method;
use serde_json::json;

use super::name::{Among, FoundLink, find};
use crate::{
    api::{Api, bare, json},
    commands::outcome::tell,
    failure::Exit,
    terminal::output,
};

#[derive(Debug, Args)]
pub(crate) struct Names {
    /// Codes or short URLs
    #[arg(required = true, value_name = "CODE")]
    names: Vec<String>,
    /// Write the links as JSON, one a line
    #[arg(long)]
    json: bool,
}

/// The action on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Disable,
    Enable,
    Delete,
    Restore,
}

impl Names {
    /// If one link fails, the others are still processed.
    pub(super) async fn run(&self, api: &Api, deed: Deed) -> anyhow::Result<Exit> {
        if let [name] = self.names.as_slice() {
            return self.apply(api, deed, name).await.map(|()| Exit::Success);
        }
        let mut exit = Exit::Success;
        for name in &self.names {
            exit = exit.and(tell(name, self.apply(api, deed, name).await)?);
        }
        Ok(exit)
    }

    async fn apply(&self, api: &Api, deed: Deed, name: &str) -> anyhow::Result<()> {
        let among = if deed == Deed::Restore { Among::Deleted } else { Among::Kept };
        let FoundLink { link, json: found } = find(api, name, among).await?;
        let path = format!("/api/v1/urls/{}", link.id);
        let request = match deed {
            Deed::Disable => json(Method::PATCH, &path, &json!({ "status": "disabled" })),
            Deed::Enable => json(Method::PATCH, &path, &json!({ "status": "active" })),
            Deed::Delete => bare(Method::DELETE, &path),
            Deed::Restore => bare(Method::POST, &format!("{path}/restore")),
        };
        let answer = api.ask(request).await?;
        match (self.json, deed) {
            // The API returns nothing for a deleted link, so print what it was before.
            (true, Deed::Delete) => output::line(found.get()),
            (true, _) => output::line(&answer.body),
            (false, _) => output::line(words(deed, &link.short_url, &link.short_code)),
        }
    }
}

fn words(deed: Deed, short_url: &str, code: &str) -> String {
    match deed {
        Deed::Disable => format!("disabled {short_url}"),
        Deed::Enable => format!("enabled {short_url}"),
        // A code may begin with a minus.
        Deed::Delete => format!("deleted {short_url}; back with: curt links restore -- {code}"),
        Deed::Restore => format!("restored {short_url}"),
    }
}
