//! QR codes of links. They lead to `?qr`, so that scans can be told from other visits.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use curt_domain::{Code, Verdict};
use curt_qr::{Color, Correction, InvalidColor, MARGIN_DEFAULT, Style, Symbol};
use serde::Deserialize;
use tokio::time::timeout;

use crate::{
    app::App,
    auth::Reader,
    blocking::off_thread,
    request::{
        extract::{ApiQuery, IfNoneMatch, PathCode, entity_tag},
        fields::FieldErrors,
        tags,
    },
    response::{ApiError, FieldError, ProblemCode},
};

mod schema;

use schema::{QR_MARGINS, QR_SIZE_DEFAULT, QR_SIZES};

/// Longest wait for a drawing slot: a queue of real users, not of all bots on the internet.
const QR_WAIT_MAX: Duration = Duration::from_secs(2);

/// With a lower contrast (WCAG's ratio), cameras begin to fail.
const CONTRAST_MIN: f64 = 2.0;

/// An image stays correct for as long as its link exists.
const KEEP_PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=86400");
const KEEP_PRIVATE: HeaderValue = HeaderValue::from_static("private, max-age=86400");

/// An SVG opened by itself is a document; this keeps it to being a picture.
const PICTURE_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct QrQuery {
    #[param(schema_with = schema::format)]
    format: Option<String>,
    #[param(schema_with = schema::size)]
    size: Option<String>,
    #[param(schema_with = schema::margin)]
    margin: Option<String>,
    #[param(schema_with = schema::ecc)]
    ecc: Option<String>,
    #[param(schema_with = schema::fg)]
    fg: Option<String>,
    #[param(schema_with = schema::bg)]
    bg: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Png,
    Svg,
}

/// A checked request for an image.
#[derive(Debug)]
struct Drawing {
    format: Format,
    size: u32,
    correction: Correction,
    style: Style,
}

/// Get a QR code
///
/// An image of the link's short URL, with `?qr` behind it. Whoever knows the code may have it.
/// Links that visitors do not find yet, or no longer, have one for their owner and for
/// administrators only.
#[utoipa::path(
    get,
    path = "/api/v1/qr/{short_code}",
    operation_id = "show_qr_code",
    tag = tags::LINKS,
    params(PathCode, QrQuery, IfNoneMatch),
    responses(
        (
            status = 200,
            description = "The image.",
            content((Vec<u8> = "image/png"), (String = "image/svg+xml")),
            headers(("ETag" = String, description = "For `If-None-Match`.")),
        ),
        (
            status = 304,
            description = "It is still the one that `If-None-Match` names.",
            headers(("ETag" = String, description = "For `If-None-Match`.")),
        ),
    ),
    security((), ("key" = ["links:read"])),
    extensions(("x-problems" = json!([ProblemCode::NotFound]))),
)]
pub(crate) async fn show_qr(
    reader: Reader,
    State(app): State<App>,
    PathCode(code): PathCode,
    ApiQuery(query): ApiQuery<QrQuery>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let drawing = query.parse()?;
    let route = app.store.route(&code).await?.ok_or(ApiError::NotFound)?;
    let (is_for_all, keep) = match reader {
        Reader::Anybody => (true, KEEP_PUBLIC),
        Reader::Known(actor) => {
            let own = app.store.link_by_code(actor.access(), &code).await?;
            (own.is_none(), KEEP_PRIVATE)
        }
    };
    // The same answer as for a visitor; otherwise this would tell which codes are taken.
    if is_for_all && route.verdict(app.clock.now()) == Verdict::Absent {
        return Err(ApiError::NotFound);
    }
    let text = format!("{}?qr", app.site.short_url(&code));
    let etag = drawing.etag(&text);
    let headers = [
        (header::ETAG, etag.clone()),
        (header::CACHE_CONTROL, keep),
        (header::VARY, HeaderValue::from_static("Authorization")),
    ];
    if known.names(&etag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let picture = drawing.picture(&code);
    let image = draw(&app, drawing, text).await?;
    Ok((headers, picture, image).into_response())
}

async fn draw(app: &App, drawing: Drawing, text: String) -> Result<Vec<u8>, ApiError> {
    let slot = timeout(QR_WAIT_MAX, Arc::clone(&app.qr_slots).acquire_owned());
    let slot = slot.await.map_err(|_| ApiError::TooBusy)?.expect("it is never closed");
    off_thread(move || {
        // Held until the work is done, even if the client has left.
        let _slot = slot;
        drawing.draw(&text)
    })
    .await?
}

impl QrQuery {
    fn parse(&self) -> Result<Drawing, ApiError> {
        let mut errors = FieldErrors::default();
        let drawing = Drawing {
            format: errors.format(self.format.as_deref()),
            size: errors.number("size", self.size.as_deref(), QR_SIZES, QR_SIZE_DEFAULT),
            correction: errors.correction(self.ecc.as_deref()),
            style: Style {
                margin: errors.number("margin", self.margin.as_deref(), QR_MARGINS, MARGIN_DEFAULT),
                foreground: errors.color("fg", self.fg.as_deref(), Color::BLACK),
                background: match self.bg.as_deref() {
                    Some("transparent") => None,
                    other => Some(errors.color("bg", other, Color::WHITE)),
                },
            },
        };
        errors.finish()?;
        drawing.check_contrast()?;
        Ok(drawing)
    }
}

impl Drawing {
    /// An image with too little contrast would only be noticed once it is printed.
    fn check_contrast(&self) -> Result<(), ApiError> {
        let Style { foreground, background: Some(background), .. } = self.style else {
            return Ok(());
        };
        if foreground.contrast(background) < CONTRAST_MIN {
            return Err(ApiError::invalid_field("fg", "is too close to bg to be scanned"));
        }
        Ok(())
    }

    /// Made from the image's inputs, so that comparing needs no drawing. The version stands for how
    /// the image is drawn.
    fn etag(&self, text: &str) -> HeaderValue {
        let made_of = format!("{} {text} {self:?}", env!("CARGO_PKG_VERSION"));
        entity_tag(made_of)
    }

    /// The headers of a picture: its type, what it may do, and the file name to save it under.
    fn picture(&self, code: &Code) -> [(header::HeaderName, HeaderValue); 4] {
        let (kind, ending) = match self.format {
            Format::Png => ("image/png", "png"),
            Format::Svg => ("image/svg+xml", "svg"),
        };
        let name = format!("inline; filename=\"{code}.{ending}\"");
        [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::X_CONTENT_TYPE_OPTIONS, NOSNIFF),
            (header::CONTENT_SECURITY_POLICY, PICTURE_POLICY),
            (header::CONTENT_DISPOSITION, name.try_into().expect("a code is visible ASCII")),
        ]
    }

    fn draw(&self, text: &str) -> Result<Vec<u8>, ApiError> {
        let symbol = Symbol::new(text, self.correction).map_err(|_| {
            ApiError::invalid_field("ecc", "leaves no room for the address of this link")
        })?;
        match self.format {
            Format::Svg => Ok(symbol.svg(self.size, &self.style).into_bytes()),
            Format::Png => symbol
                .png(self.size, &self.style)
                .map_err(|error| ApiError::invalid_field("size", error.to_string())),
        }
    }
}

impl FieldErrors {
    fn format(&mut self, word: Option<&str>) -> Format {
        match word {
            None | Some("png") => Format::Png,
            Some("svg") => Format::Svg,
            Some(_) => {
                self.add(FieldError::invalid("format", "is none of png, svg"));
                Format::Png
            }
        }
    }

    fn correction(&mut self, word: Option<&str>) -> Correction {
        match word {
            None => Correction::default(),
            Some("l") => Correction::Low,
            Some("m") => Correction::Medium,
            Some("q") => Correction::Quartile,
            Some("h") => Correction::High,
            Some(_) => {
                self.add(FieldError::invalid("ecc", "is none of l, m, q, h"));
                Correction::default()
            }
        }
    }

    fn color(&mut self, field: &str, text: Option<&str>, default: Color) -> Color {
        let Some(text) = text else { return default };
        text.parse().unwrap_or_else(|error: InvalidColor| {
            self.add(FieldError::invalid(field, error.to_string()));
            default
        })
    }
}
