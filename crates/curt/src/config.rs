//! The configuration: collected from all sources, checked as a whole, then handed out by section.
//!
//! Either everything is valid and a [`Config`] exists, or every problem is reported at once. A
//! component receives its section, never the whole.

mod audit;
mod auth;
mod backup;
mod cache;
mod codes;
mod database;
mod effective;
mod environment;
mod file;
mod flags;
mod http;
mod journal;
mod keys;
mod limits;
mod links;
mod log;
mod metrics;
mod pages;
mod reader;
mod reference;
mod reports;
mod sections;
mod server;
mod setting;
mod shutdown;
mod sources;
mod suggest;
mod values;

use curt_cache::{CacheSettings, LimitSettings};
use curt_domain::CodeSettings;
use curt_store::StoreSettings;
use curt_web::{AuthSettings, LinkSettings, PageSettings, ShutdownSettings};

pub(crate) use self::{
    audit::AuditConfig,
    database::SQLITE_FILE,
    effective::{Effective, json, table},
    http::HttpConfig,
    journal::JournalConfig,
    metrics::MetricsConfig,
    reference::reference,
    server::ServerConfig,
    sources::{Environment, Flags},
    suggest::hint,
    values::duration,
};
use self::{
    reader::Reader, reports::ReportsConfig, sections::abouts, setting::About, sources::Sources,
};
use crate::{backup::BackupConfig, failure::Refusal, keys::KeysConfig, logging::LogConfig};

/// Every setting, checked.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) server: ServerConfig,
    pub(crate) http: HttpConfig,
    pub(crate) keys: KeysConfig,
    pub(crate) auth: AuthSettings,
    pub(crate) database: StoreSettings,
    pub(crate) backup: BackupConfig,
    pub(crate) audit: AuditConfig,
    pub(crate) reports: ReportsConfig,
    pub(crate) links: LinkSettings,
    pub(crate) limits: LimitSettings,
    pub(crate) codes: CodeSettings,
    pub(crate) pages: PageSettings,
    pub(crate) cache: CacheSettings,
    pub(crate) journal: JournalConfig,
    pub(crate) metrics: MetricsConfig,
    pub(crate) log: LogConfig,
    pub(crate) shutdown: ShutdownSettings,
}

/// A valid configuration, and what the operator should know about it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// Possible mistakes that do not keep the server from starting.
    pub(crate) warnings: Vec<String>,
    /// Every setting as it will be used, in the order of the manual.
    pub(crate) effective: Vec<Effective>,
}

/// Reads all sources. A refusal has one line for each problem.
pub(crate) fn load(flags: &Flags, environment: &Environment) -> Result<Loaded, Refusal> {
    let abouts: Vec<&'static About> = abouts().collect();
    let mut reader = Reader::new(Sources::read(&abouts, flags, environment));
    let server = server::read(&mut reader);
    let database = database::read(&mut reader, &server);
    let config = Config {
        http: http::read(&mut reader),
        keys: keys::read(&mut reader),
        auth: auth::read(&mut reader),
        backup: backup::read(&mut reader, &server, &database),
        audit: audit::read(&mut reader),
        reports: reports::read(&mut reader),
        database,
        links: links::read(&mut reader),
        limits: limits::read(&mut reader),
        codes: codes::read(&mut reader),
        pages: pages::read(&mut reader, &server),
        cache: cache::read(&mut reader),
        journal: journal::read(&mut reader, &server),
        metrics: metrics::read(&mut reader, &server),
        log: log::read(&mut reader),
        shutdown: shutdown::read(&mut reader),
        server,
    };
    let findings = reader.finish();
    if !findings.problems.is_empty() {
        return Err(Refusal::new(findings.problems, findings.warnings));
    }
    let effective = effective::list(&findings);
    Ok(Loaded { config, warnings: findings.warnings, effective })
}

#[cfg(test)]
mod tests;
