//! A code obeys its alphabet and length, and never has another meaning in a path.

#![no_main]

use curt_domain::{CODE_LEN_MAX, Code};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_code = !text.is_empty() && text.len() <= CODE_LEN_MAX && text.bytes().all(is_allowed);
    let parsed = text.parse::<Code>();
    assert_eq!(parsed.is_ok(), is_code, "{text:?}");
    assert_eq!(Code::check(text).is_ok(), is_code, "{text:?}");
    if let Ok(code) = parsed {
        assert_eq!(code.as_str(), text);
        assert_eq!(code.to_string(), text);
    }
});
