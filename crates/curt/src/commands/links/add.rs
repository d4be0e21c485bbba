//! `curt links add`: prints one short URL a line, for each target.

use std::io;

use anyhow::Context as _;
use clap::Args;
use curt_domain::Clock;
use http::Method;

use super::{fields::FieldFlags, object::LinkObject};
use crate::{
    api::{Api, IDEMPOTENCY_KEY, header_value, json},
    commands::outcome::tell,
    failure::{Exit, Failure},
    terminal::{lines::Lines, output},
};

/// Reads the lines of standard input.
const STDIN: &str = "-";

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Where the link leads; `-` reads one URL a line from standard input
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
    /// Wish for this code [default: a generated one]
    #[arg(long, value_name = "CODE")]
    alias: Option<String>,
    /// Repeated within a day, give the same link again
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Write the links as JSON, one a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) fields: FieldFlags,
}

impl AddArgs {
    /// Checks what the parser alone cannot.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let single = matches!(self.urls.as_slice(), [url] if url != STDIN);
        if !single && (self.alias.is_some() || self.idempotency_key.is_some()) {
            let words = "--alias and --idempotency-key go with a single URL";
            return Err(Failure::new(Exit::Usage, words));
        }
        if self.fields.asks_password() && self.urls.iter().any(|url| url == STDIN) {
            let words = "--password and - would both read standard input";
            return Err(Failure::new(Exit::Usage, words));
        }
        Ok(())
    }

    /// If one URL is refused, the others are still added.
    pub(super) async fn run(&self, api: &Api) -> anyhow::Result<Exit> {
        if let [url] = self.urls.as_slice()
            && url != STDIN
        {
            return self.add(api, url).await.map(|()| Exit::Success);
        }
        let mut exit = Exit::Success;
        for url in &self.urls {
            if url == STDIN {
                exit = exit.and(self.add_lines(api, io::stdin().lock()).await?);
            } else {
                exit = exit.and(tell(url, self.add(api, url).await)?);
            }
        }
        Ok(exit)
    }

    async fn add_lines(&self, api: &Api, input: impl io::BufRead) -> anyhow::Result<Exit> {
        let mut exit = Exit::Success;
        let mut lines = Lines::new(input);
        while let Some(line) = lines.next().context("reading standard input")? {
            let url = line.text.with_context(|| format!("line {}", line.number))?;
            // Invalid UTF-8 is no URL either; the API reports it.
            let url = String::from_utf8_lossy(url);
            if !url.trim().is_empty() {
                exit = exit.and(tell(url.trim(), self.add(api, url.trim()).await)?);
            }
        }
        Ok(exit)
    }

    async fn add(&self, api: &Api, url: &str) -> anyhow::Result<()> {
        let mut body = self.fields.fields(Clock::System.now());
        body.insert("original_url".to_owned(), url.into());
        if let Some(alias) = &self.alias {
            body.insert("custom_alias".to_owned(), alias.clone().into());
        }
        let mut request = json(Method::POST, "/api/v1/urls", &body);
        if let Some(key) = &self.idempotency_key {
            let key = header_value(key).context("--idempotency-key")?;
            request.headers_mut().insert(IDEMPOTENCY_KEY, key);
        }
        let answer = api.ask(request).await?;
        if self.json {
            output::line(&answer.body)
        } else {
            output::line(answer.json::<LinkObject>()?.short_url.as_bytes())
        }
    }
}
