//! The command line: what users can type, and which function handles it.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    commands::{
        accounts::{keys::KeysCommand, users::UsersCommand},
        backup::BackupCommand,
        config::ConfigArgs,
        database::DatabaseCommand,
        ip_blocks::IpBlocksCommand,
        journal::JournalCommand,
        links::LinksCommand,
        qr::QrArgs,
        reports::ReportsCommand,
        stats::StatsArgs,
        target_blocks::TargetBlocksCommand,
    },
    config::{self, Flags},
    failure::Exit,
    serve::serve,
    terminal::output,
};

/// A self-hosted URL shortener that loses nothing it acknowledged.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    settings: SettingFlags,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 failed (also in part), 2 mistake in the command, 3 not found, 4 refused (not
valid, taken, or changed meanwhile), 78 mistake in the configuration.

Settings are explained by `curt config --reference`.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve,
    /// Show the settings that hold, and where each came from
    Config(ConfigArgs),
    /// Look after the database
    #[command(subcommand)]
    Db(DatabaseCommand),
    /// Make, list, verify and restore backups
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Add, list, show and change links, with or without a server
    #[command(subcommand, visible_alias = "link")]
    Links(LinksCommand),
    /// Make and look after accounts
    #[command(subcommand, visible_alias = "user")]
    Users(UsersCommand),
    /// Make and take back API keys
    #[command(subcommand, visible_alias = "key")]
    Keys(KeysCommand),
    /// Block hosts and URLs that no link may lead to
    #[command(subcommand, alias = "destinations")]
    TargetBlocks(TargetBlocksCommand),
    /// See what visitors report, and decide what is done about it
    #[command(subcommand)]
    Reports(ReportsCommand),
    /// Show, add and lift blocks of clients, with or without a server
    #[command(subcommand, visible_alias = "block")]
    Blocks(IpBlocksCommand),
    /// Look after the clicks that are written down, and count a journal again
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Draw the QR code of a link
    ///
    /// It leads to the short URL with `?qr` behind it, so that scans can be told from other visits.
    /// On a terminal it is drawn with letters; into a pipe or a file it is an image.
    #[command(after_help = QR_EXAMPLES)]
    Qr(QrArgs),
    /// Show how often a link was followed, when, and by whom
    ///
    /// On a terminal as a picture, elsewhere a line for every point. Clicks of people are in the
    /// headline; bots, link previews and what browsers fetch ahead of a visit are counted apart.
    #[command(after_help = STATS_EXAMPLES)]
    Stats(StatsArgs),
    /// Write a script that completes commands in a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions { shell: Shell },
}

const QR_EXAMPLES: &str = "\
Examples:
  curt qr blog
  curt qr blog -o blog.svg --ecc h
  curt qr https://go.example.com/blog --size 1024 --fg 1a2b3c --bg transparent > blog.png";

const STATS_EXAMPLES: &str = "\
Examples:
  curt stats blog
  curt stats blog --days 365 --unit week --tz Europe/Berlin
  curt stats https://go.example.com/blog --from 2026-01-01 --to 2026-01-31 --json";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  curt completions bash > ~/.local/share/bash-completion/completions/curt
  curt completions zsh > ~/.zfunc/_curt
  curt completions fish > ~/.config/fish/completions/curt.fish";

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
    fn load(self) -> anyhow::Result<config::Loaded> {
        let environment: Vec<_> = std::env::vars_os().collect();
        Ok(config::load(&self.into_flags(), &environment)?)
    }

    fn load_and_warn(self) -> anyhow::Result<config::Loaded> {
        let loaded = self.load()?;
        output::warnings(&loaded.warnings);
        Ok(loaded)
    }

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
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = self.settings;
        match self.command {
            Command::Completions { shell } => output::result(completions(shell))?,
            Command::Config(ConfigArgs { reference: true, .. }) => {
                output::result(config::reference())?;
            }
            // `serve` writes its warnings to the log.
            Command::Serve => serve(settings.load()?)?,
            Command::Config(form) => output::result(form.render(&settings.load_and_warn()?))?,
            Command::Db(command) => command.run(&settings.load_and_warn()?.config)?,
            Command::Backup(command) => command.run(settings.load_and_warn()?.config)?,
            Command::Stats(args) => args.run(settings.load_and_warn()?.config)?,
            Command::Journal(command) => return command.run(&settings.load_and_warn()?.config),
            Command::Qr(args) => args.run(settings.load_and_warn()?.config)?,
            Command::TargetBlocks(command) => return command.run(settings.load_and_warn()?.config),
            Command::Reports(command) => return command.run(settings.load_and_warn()?.config),
            Command::Blocks(command) => return command.run(settings.load_and_warn()?.config),
            Command::Links(command) => return command.run(settings.load_and_warn()?.config),
            Command::Users(command) => return command.run(settings.load_and_warn()?.config),
            Command::Keys(command) => return command.run(settings.load_and_warn()?.config),
        }
        Ok(Exit::Success)
    }
}

fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "curt", &mut script);
    script
}
