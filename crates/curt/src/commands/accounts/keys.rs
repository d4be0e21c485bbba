//! `curt keys`: the keys with which programs act for a user.

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use comfy_table::Cell;
use curt_domain::Scope;
use http::Method;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::user_id;
use crate::{
    api::{Api, Start, bare, get, json as json_request, with_api},
    commands::lists::ListOutput,
    config::Config,
    failure::Exit,
    terminal::{
        output,
        table::{Column, cell},
    },
};

const COLUMNS: &[Column] = &[
    Column::Number("ID"),
    Column::Word("BEGINS"),
    Column::Text("NAME"),
    Column::Text("SCOPES"),
    Column::Word("EXPIRES"),
    Column::Word("LAST USED"),
];

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key, which is shown this once
    #[command(visible_alias = "create", after_help = ADD_EXAMPLES)]
    Add(AddArgs),
    /// List a user's keys
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Take keys back, at once and for good
    #[command(visible_alias = "rm")]
    Revoke(RevokeArgs),
}

const ADD_EXAMPLES: &str = "\
Examples:
  curt keys add --user ada@example.com --scope links:read --scope analytics:read --name dashboard
  curt keys add --user ada@example.com --scope links:write --expires 2027-01-01T00:00:00Z";

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// For this user: address or id
    #[arg(long, value_name = "USER")]
    user: String,
    /// What the key may do; may be repeated
    #[arg(long, required = true, value_name = "SCOPE", value_parser = scopes())]
    scope: Vec<String>,
    /// What to call it
    #[arg(long, value_name = "NAME", default_value = "command line")]
    name: String,
    /// Good until then, such as 2027-01-31T12:00:00Z [default: for ever]
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Of this user: address or id
    #[arg(long, value_name = "USER")]
    user: String,
    /// Write the keys as JSON, one a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// Ids of keys
    #[arg(required = true, value_name = "ID")]
    ids: Vec<u64>,
}

#[derive(Deserialize)]
struct Keys {
    items: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct KeyObject {
    id: u64,
    hint: String,
    name: String,
    scopes: Vec<String>,
    expires_at: Option<String>,
    last_used_at: Option<String>,
}

#[derive(Deserialize)]
struct CreatedKey {
    key: String,
}

impl KeysCommand {
    pub(crate) fn run(self, config: Config) -> anyhow::Result<Exit> {
        with_api(config, Start::Existing, async |api| match &self {
            Self::Add(args) => args.run(api).await,
            Self::List(args) => args.run(api).await,
            Self::Revoke(args) => args.run(api).await,
        })?;
        Ok(Exit::Success)
    }
}

impl AddArgs {
    async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let path = format!("/api/v1/admin/users/{}/keys", user_id(api, &self.user).await?);
        let body = json!({ "name": self.name, "scopes": self.scope, "expires_at": self.expires });
        let answer = api.ask(json_request(Method::POST, &path, &body)).await?;
        if self.json {
            return output::line(&answer.body);
        }
        output::note("keep it well: it is not shown again");
        output::line(answer.json::<CreatedKey>()?.key)
    }
}

impl ListArgs {
    async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let user = user_id(api, &self.user).await?;
        let answer = api.ask(get(&format!("/api/v1/admin/users/{user}/keys"))).await?;
        let items = answer.json::<Keys>()?.items;
        if items.is_empty() {
            output::note("there are no keys");
            return Ok(());
        }
        let mut list = if self.json { ListOutput::Json } else { ListOutput::table(COLUMNS, row) };
        list.write(&items)
    }
}

fn row(key: &KeyObject) -> Vec<Cell> {
    vec![
        Cell::new(key.id),
        cell(&key.hint),
        cell(&key.name),
        cell(&key.scopes.join(", ")),
        cell(key.expires_at.as_deref().unwrap_or("never")),
        cell(key.last_used_at.as_deref().unwrap_or("never")),
    ]
}

impl RevokeArgs {
    async fn run(&self, api: &Api) -> anyhow::Result<()> {
        for id in &self.ids {
            api.ask(bare(Method::DELETE, &format!("/api/v1/keys/{id}"))).await?;
            output::line(format!("revoked {id}"))?;
        }
        Ok(())
    }
}

/// The scopes that the API knows, so that shells complete them.
fn scopes() -> PossibleValuesParser {
    PossibleValuesParser::new(Scope::ALL.map(Scope::as_str))
}
