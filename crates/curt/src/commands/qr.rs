//! `curt qr`: the QR code of a link, as an image or for a terminal.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use curt_qr::{Correction, MARGIN_DEFAULT, Symbol};
use url::form_urlencoded;

use crate::{
    api::{Api, Start, get, with_api},
    commands::links::name::{Among, find},
    config::Config,
    failure::{Exit, Failure},
    new_file::{Existing, NewFile},
    terminal::output,
};

/// Bright white on black and back, whatever the terminal's colours: light modules are drawn.
const LIGHT_ON_DARK: &str = "\u{1b}[97;40m";
const RESET: &str = "\u{1b}[0m";

#[derive(Debug, Args)]
pub(crate) struct QrArgs {
    /// Code or short URL
    #[arg(value_name = "CODE")]
    name: String,
    /// What to draw [default: told by the file's name, else text on a terminal and png elsewhere]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write to this file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    /// Pixels of an image on a side [default: 300]
    #[arg(long, value_name = "PIXELS")]
    size: Option<u32>,
    /// Light modules around the code
    #[arg(
        long, value_name = "MODULES", default_value_t = MARGIN_DEFAULT,
        value_parser = clap::value_parser!(u32).range(0..=32)
    )]
    margin: u32,
    /// How much may be dirty or covered: about 7, 15, 25 or 30 %
    #[arg(long, value_enum, default_value_t = Ecc::M)]
    ecc: Ecc,
    /// Colour of an image's dark modules [default: 000000]
    #[arg(long, value_name = "RRGGBB")]
    fg: Option<String>,
    /// Colour of an image's light ones, or transparent [default: ffffff]
    #[arg(long, value_name = "RRGGBB")]
    bg: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Png,
    Svg,
    /// Half blocks, for a terminal
    Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ecc {
    L,
    M,
    Q,
    H,
}

impl Ecc {
    fn correction(self) -> Correction {
        match self {
            Self::L => Correction::Low,
            Self::M => Correction::Medium,
            Self::Q => Correction::Quartile,
            Self::H => Correction::High,
        }
    }

    fn letter(self) -> &'static str {
        match self {
            Self::L => "l",
            Self::M => "m",
            Self::Q => "q",
            Self::H => "h",
        }
    }
}

impl QrArgs {
    pub(crate) fn run(self, config: Config) -> anyhow::Result<()> {
        let on_terminal = self.output.is_none() && io::stdout().is_terminal();
        let format = self.format(on_terminal);
        if format == Format::Png && on_terminal {
            let words = "a PNG image is no text; write it to a file with -o FILE";
            return Err(Failure::new(Exit::Usage, words).into());
        }
        let drawn = with_api(config, Start::Existing, async |api| {
            let link = find(api, &self.name, Among::Kept).await?.link;
            match format {
                Format::Text => self.text(&link.short_url, on_terminal),
                Format::Png => self.image(api, &link.short_code, "png").await,
                Format::Svg => self.image(api, &link.short_code, "svg").await,
            }
        })?;
        let Some(path) = &self.output else { return output::result(drawn) };
        let mut file = NewFile::create(path, Existing::replaced_if(self.force))?;
        file.file().write_all(&drawn).with_context(|| format!("writing {}", path.display()))?;
        file.keep()
    }

    fn format(&self, on_terminal: bool) -> Format {
        let named = |path: &Path| match path.extension()?.to_str()? {
            "svg" => Some(Format::Svg),
            "txt" => Some(Format::Text),
            _ => None,
        };
        let usual = if on_terminal { Format::Text } else { Format::Png };
        self.format.or_else(|| self.output.as_deref().and_then(named)).unwrap_or(usual)
    }

    async fn image(&self, api: &Api, code: &str, format: &str) -> anyhow::Result<Vec<u8>> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("format", format).append_pair("ecc", self.ecc.letter());
        query.append_pair("margin", &self.margin.to_string());
        let size = self.size.map(|size| size.to_string());
        for (name, value) in [("size", &size), ("fg", &self.fg), ("bg", &self.bg)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let answer = api.ask(get(&format!("/api/v1/qr/{code}?{}", query.finish()))).await?;
        Ok(answer.body.into())
    }

    fn text(&self, short_url: &str, on_terminal: bool) -> anyhow::Result<Vec<u8>> {
        let symbol = Symbol::new(&format!("{short_url}?qr"), self.ecc.correction())?;
        let lines = symbol.half_blocks(self.margin);
        let has_colours = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        if !on_terminal || !has_colours {
            return Ok(lines.into());
        }
        let coloured = lines.lines().flat_map(|line| [LIGHT_ON_DARK, line, RESET, "\n"]);
        Ok(coloured.collect::<String>().into())
    }
}
