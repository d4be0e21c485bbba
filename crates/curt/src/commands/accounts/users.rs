//! `curt users`: the accounts.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{Cell, Color};
use curt_domain::Clock;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{FoundUser, UserObject, find};
use crate::{
    api::{Api, Start, bare, json as json_request, pages::Pages, with_api},
    commands::lists::ListOutput,
    config::{self, Config},
    failure::Exit,
    terminal::{
        output,
        passwords::new_password,
        table::{Column, Listing, cell},
    },
};

const USERS: &str = "/api/v1/admin/users";

/// How long an invitation may be valid.
const INVITE_SPANS: std::ops::RangeInclusive<Duration> =
    Duration::from_mins(1)..=Duration::from_hours(90 * 24);

const COLUMNS: &[Column] = &[
    Column::Number("ID"),
    Column::Text("ADDRESS"),
    Column::Text("NAME"),
    Column::Word("ROLE"),
    Column::Word("STATUS"),
    Column::Word("CREATED"),
];

#[derive(Debug, Subcommand)]
pub(crate) enum UsersCommand {
    /// Make an account; the password is asked for, or read from standard input
    #[command(visible_alias = "create", after_help = ADD_EXAMPLES)]
    Add(AddArgs),
    /// List users, the oldest first
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Show a user
    Show(ShowArgs),
    /// Keep users out: they are logged out everywhere at once
    Disable(Names),
    /// Let users in again
    Enable(Names),
    /// Delete a user with everything personal; the links go on
    #[command(visible_alias = "rm")]
    Delete(DeleteArgs),
    /// Set a user's password; it is asked for, or read from standard input
    Password(Name),
    /// Make somebody an administrator, or an ordinary user again
    Role(RoleArgs),
    /// Make an invitation, with which somebody can make one account
    Invite(InviteArgs),
}

const ADD_EXAMPLES: &str = "\
Examples:
  curt users add --admin ada@example.com
  curt users add --name 'Grace Hopper' grace@example.com < password.txt";

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// The e-mail address to log in with
    #[arg(value_name = "ADDRESS")]
    email: String,
    /// As an administrator, who may do everything
    #[arg(long)]
    admin: bool,
    /// What the person is called
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Write the user as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// With this in their address, in any case
    #[arg(long, value_name = "TEXT")]
    q: Option<String>,
    /// Write the users as JSON, one a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    name: Name,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Name {
    /// Address or id
    #[arg(value_name = "USER")]
    name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Names {
    /// Addresses or ids
    #[arg(required = true, value_name = "USER")]
    names: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    #[command(flatten)]
    name: Name,
    /// Give the links to this user [default: they belong to nobody]
    #[arg(long, value_name = "USER")]
    links_to: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RoleArgs {
    #[command(flatten)]
    name: Name,
    #[arg(value_name = "ROLE")]
    role: RoleWord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleWord {
    User,
    Administrator,
}

#[derive(Debug, Args)]
pub(crate) struct InviteArgs {
    /// For an administrator
    #[arg(long)]
    admin: bool,
    /// Good for so long, such as 12h or 7d [default: 7d]
    #[arg(long, value_name = "TIME", value_parser = invite_span)]
    expires_in: Option<Duration>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct CreatedInvite {
    invite: String,
    expires_at: String,
}

impl UsersCommand {
    pub(crate) fn run(self, config: Config) -> anyhow::Result<Exit> {
        let start = match &self {
            Self::Add(_) => Start::Fresh,
            _ => Start::Existing,
        };
        // Ask before anything is opened: a user may take their time.
        let password = match &self {
            Self::Add(_) | Self::Password(_) => new_password()?,
            _ => String::new(),
        };
        with_api(config, start, async |api| match &self {
            Self::Add(args) => args.run(api, &password).await,
            Self::List(args) => args.run(api).await,
            Self::Show(args) => args.run(api).await,
            Self::Disable(names) => names.switch(api, "disabled").await,
            Self::Enable(names) => names.switch(api, "active").await,
            Self::Delete(args) => args.run(api).await,
            Self::Password(name) => {
                edit(api, &name.name, &json!({ "password": password }), "has a new password").await
            }
            Self::Role(args) => args.run(api).await,
            Self::Invite(args) => args.run(api).await,
        })?;
        Ok(Exit::Success)
    }
}

impl AddArgs {
    async fn run(&self, api: &Api, password: &str) -> anyhow::Result<()> {
        let role = role(self.admin);
        let body = json!({
            "email": self.email, "password": password, "full_name": self.name, "role": role,
        });
        let answer = api.ask(json_request(Method::POST, USERS, &body)).await?;
        if self.json {
            return output::line(&answer.body);
        }
        let user: UserObject = answer.json()?;
        output::line(format!("made {} ({}, id {})", user.email, user.role, user.id))
    }
}

impl ListArgs {
    async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let mut pages = Pages::new(api, USERS, &[("q", self.q.as_deref())], u64::MAX);
        let list = if self.json { ListOutput::Json } else { ListOutput::table(COLUMNS, row) };
        if list.write_all(&mut pages).await? == 0 {
            output::note("there are no such users");
        }
        Ok(())
    }
}

fn row(user: &UserObject) -> Vec<Cell> {
    let colour = if user.status == "active" { Color::Green } else { Color::Red };
    let day = user.created_at.split('T').next().unwrap_or_default();
    vec![
        Cell::new(user.id),
        cell(&user.email),
        cell(user.full_name.as_deref().unwrap_or_default()),
        cell(&user.role),
        cell(&user.status).fg(colour),
        cell(day),
    ]
}

impl ShowArgs {
    async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let FoundUser { user, json } = find(api, &self.name.name).await?;
        if self.json {
            return output::line(json.get());
        }
        output::result(Listing::new(COLUMNS).part([row(&user)]))
    }
}

impl Names {
    async fn switch(&self, api: &Api, status: &str) -> anyhow::Result<()> {
        for name in &self.names {
            edit(api, name, &json!({ "status": status }), &format!("is {status} now")).await?;
        }
        Ok(())
    }
}

impl DeleteArgs {
    async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let user = find(api, &self.name.name).await?.user;
        let mut path = format!("{USERS}/{}", user.id);
        if let Some(heir) = &self.links_to {
            path = format!("{path}?links_to={}", find(api, heir).await?.user.id);
        }
        api.ask(bare(Method::DELETE, &path)).await?;
        output::line(format!("deleted {}", user.email))
    }
}

impl RoleArgs {
    async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let role = role(self.role == RoleWord::Administrator);
        edit(api, &self.name.name, &json!({ "role": role }), &format!("is {role} now")).await
    }
}

impl InviteArgs {
    async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let expires_at = self.expires_in.map(|span| Clock::System.now().plus(span).to_string());
        let body = json!({ "role": role(self.admin), "expires_at": expires_at });
        let answer = api.ask(json_request(Method::POST, "/api/v1/admin/invites", &body)).await?;
        if self.json {
            return output::line(&answer.body);
        }
        let invite: CreatedInvite = answer.json()?;
        output::note(&format!("good for one account, until {}", invite.expires_at));
        output::line(invite.invite)
    }
}

async fn edit(api: &Api, name: &str, body: &Value, done: &str) -> anyhow::Result<()> {
    let user = find(api, name).await?.user;
    let path = format!("{USERS}/{}", user.id);
    api.ask(json_request(Method::PATCH, &path, body)).await?;
    output::line(format!("{} {done}", user.email))
}

fn role(admin: bool) -> &'static str {
    if admin { "administrator" } else { "user" }
}

fn invite_span(text: &str) -> Result<Duration, String> {
    let span = config::duration(text, INVITE_SPANS);
    span.map_err(|_| "takes 1m to 90d, such as 12h or 7d".to_owned())
}
