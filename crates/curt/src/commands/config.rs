//! `curt config`: the settings in effect, and the manual of all settings.

use clap::{ArgGroup, Args};

use crate::config;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("form").multiple(false))]
pub(crate) struct ConfigArgs {
    /// Write JSON instead of a table
    #[arg(long, group = "form")]
    json: bool,
    /// Only say whether the settings are valid
    #[arg(long, group = "form")]
    check: bool,
    /// Write the manual of all settings, as Markdown
    #[arg(long, group = "form")]
    pub(crate) reference: bool,
}

impl ConfigArgs {
    pub(crate) fn render(&self, loaded: &config::Loaded) -> String {
        if self.check {
            "the configuration is valid\n".to_owned()
        } else if self.json {
            format!("{:#}\n", config::json(&loaded.effective))
        } else {
            config::table(&loaded.effective)
        }
    }
}
