//! The command line: what can be typed, and which function answers.

use std::{path::PathBuf, process::ExitCode};

use clap::{ArgGroup, Args, Parser, Subcommand};

use crate::{
    config::{self, Flags},
    database::DatabaseCommand,
    output,
    serve::serve,
};

/// A self-hosted URL shortener that loses nothing it acknowledged.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Settings are explained by `curt config --reference`.")]
pub(crate) struct Cli {
    #[command(flatten)]
    settings: SettingFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve,
    /// Show the settings that hold, and where each came from
    Config(ConfigArgs),
    /// Look after the database
    #[command(subcommand)]
    Db(DatabaseCommand),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("form").multiple(false))]
struct ConfigArgs {
    /// Write JSON instead of a table
    #[arg(long, group = "form")]
    json: bool,
    /// Only say whether the settings are valid
    #[arg(long, group = "form")]
    check: bool,
    /// Write the manual of all settings, as Markdown
    #[arg(long, group = "form")]
    reference: bool,
}

/// Flags that stand in front of or behind any command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
struct SettingFlags {
    /// Read settings from this file [default: curt.toml if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Accept HTTP connections here [default: 127.0.0.1:8000]
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// How visitors reach this server [default: http://localhost:PORT]
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<String>,
    /// Keep keys and the SQLite database here [default: ./data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// Use this database [default: SQLite in the data directory]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Set anything else, such as codes.length=8; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl SettingFlags {
    fn into_flags(self) -> Flags {
        let named = [
            ("--listen", "listen", self.listen),
            ("--public-url", "public_url", self.public_url),
            ("--data-dir", "data_dir", self.data_dir),
            ("--database-url", "database_url", self.database_url),
        ];
        let given = |(flag, key, value): (_, _, Option<String>)| Some((flag, key, value?));
        Flags {
            config: self.config,
            named: named.into_iter().filter_map(given).collect(),
            set: self.set,
        }
    }
}

impl Cli {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if let Command::Config(ConfigArgs { reference: true, .. }) = self.command {
            output::result(&config::reference())?;
            return Ok(ExitCode::SUCCESS);
        }
        let environment: Vec<_> = std::env::vars_os().collect();
        let loaded = config::load(&self.settings.into_flags(), &environment)?;
        match self.command {
            // The server has a log to put its warnings in.
            Command::Serve => return serve(loaded),
            Command::Config(form) => {
                output::warnings(&loaded.warnings);
                output::result(&form.render(&loaded))?;
            }
            Command::Db(command) => {
                output::warnings(&loaded.warnings);
                command.run(&loaded.config)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl ConfigArgs {
    fn render(&self, loaded: &config::Loaded) -> String {
        if self.check {
            "the configuration is valid\n".to_owned()
        } else if self.json {
            format!("{:#}\n", config::json(&loaded.effective))
        } else {
            config::table(&loaded.effective)
        }
    }
}
