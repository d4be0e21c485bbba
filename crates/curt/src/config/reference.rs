//! The reference manual, written from the descriptions with which the settings are read.
//!
//! `docs/configuration.md` is this text; a test keeps it up to date.

use std::fmt::Write as _;

use super::{
    sections::SECTIONS,
    setting::{About, Fallback, Section},
};

const OPENING: &str = "\
# Configuration

<!-- Written by `curt config --reference`. Change the descriptions in crates/curt/src/config, then
     run `curt config --reference > docs/configuration.md`. -->

Every setting has a default that is safe on one machine, so that Curt starts without any. A value
can be given, weakest first, in

1. `DATABASE_URL`, for `database_url` only;
2. the settings file: `curt.toml` in the working directory, or the one that `--config` or
   `CURT_CONFIG` names;
3. the environment: `CURT_` and the key in capitals, with two underscores for the dot
   (`cache.max_age` is `CURT_CACHE__MAX_AGE`); an empty variable counts as not set;
4. flags: `--listen`, `--public-url`, `--data-dir`, `--database-url`, and `--set key=value` for
   everything else that is not secret.

```toml
public_url = \"https://go.example.com\"

[cache]
max_age = \"10m\"
```

`curt config` shows what holds and where it came from, `curt config --check` only says whether it is
valid. A problem is reported with its setting, value and source, all of them at once, and the exit
code is 78. An unknown key in the file or an unknown `CURT_X__Y` is a problem; any other unknown
`CURT_…` is a warning. Relative paths start at the working directory. Sizes are written like
`128MiB` or `64KB`, durations like `200ms`, `10s`, `5m`, `1h` or `2d`.
";

/// The whole manual as Markdown.
pub(crate) fn reference() -> String {
    let mut manual = OPENING.to_owned();
    for section in SECTIONS {
        write_section(&mut manual, section);
    }
    manual
}

fn write_section(manual: &mut String, section: &Section) {
    manual.extend(["\n## ", section.title, "\n"]);
    for about in section.settings {
        write_setting(manual, about);
    }
}

fn write_setting(manual: &mut String, about: &About) {
    let About { key, accepts, summary, details, .. } = about;
    let default = match about.fallback {
        Fallback::Value(text) => format!("`{text}`"),
        Fallback::EmptyList => "none".to_owned(),
        Fallback::Described(text) => text.to_owned(),
    };
    let text = [*summary, *details].join(" ");
    let written = write!(
        manual,
        "\n### `{key}`\n\n{}\n\n- environment: `{}`\n- accepts: {accepts}\n- default: {default}\n",
        text.trim_end(),
        about.env_name(),
    );
    written.expect("writing to a string cannot fail");
}
