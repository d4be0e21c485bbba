//! The parameters of QR codes in the OpenAPI document.

use std::ops::RangeInclusive;

use curt_qr::MARGIN_DEFAULT;
use serde_json::json;
use utoipa::openapi::schema::Object;

use crate::request::schema::{integer, text, words};

/// Pixels per side: on paper, 4 096 are 35 cm at 300 dpi.
pub(crate) const QR_SIZES: RangeInclusive<u32> = 16..=4_096;
pub(crate) const QR_SIZE_DEFAULT: u32 = 300;

/// Modules of quiet zone. The standard asks for four; none is for callers who draw their own.
pub(crate) const QR_MARGINS: RangeInclusive<u32> = 0..=32;

pub(crate) fn format() -> Object {
    words("`png` for screens and office programs, `svg` for print.", ["png", "svg"])
        .default(Some(json!("png")))
        .build()
}

pub(crate) fn size() -> Object {
    integer("Width and height in pixels. Too few for the modules of a PNG are refused.")
        .minimum(Some(*QR_SIZES.start()))
        .maximum(Some(*QR_SIZES.end()))
        .default(Some(json!(QR_SIZE_DEFAULT)))
        .build()
}

pub(crate) fn margin() -> Object {
    integer("The quiet zone on every side, in modules. Scanners want four of them.")
        .minimum(Some(*QR_MARGINS.start()))
        .maximum(Some(*QR_MARGINS.end()))
        .default(Some(json!(MARGIN_DEFAULT)))
        .build()
}

pub(crate) fn ecc() -> Object {
    let description = "How much of the code may be dirty or covered: about 7, 15, 25 or 30 %.";
    words(description, ["l", "m", "q", "h"]).default(Some(json!("m"))).build()
}

const COLOR: &str = "^([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$";

pub(crate) fn fg() -> Object {
    text("The colour of the code, `RRGGBB` or `RGB`. Too little contrast to `bg` is refused.")
        .pattern(Some(COLOR))
        .default(Some(json!("000000")))
        .build()
}

pub(crate) fn bg() -> Object {
    text("The colour behind it, `RRGGBB`, `RGB` or `transparent`.")
        .pattern(Some("^([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}|transparent)$"))
        .default(Some(json!("ffffff")))
        .build()
}
