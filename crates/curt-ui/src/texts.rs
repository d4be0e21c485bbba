//! What visitors read, one file per language.

mod en;

pub use en::ENGLISH;

/// A page with one message.
#[derive(Debug)]
pub struct Message {
    pub title: &'static str,
    pub text: &'static str,
}

/// Every text of the visitor pages in one language.
#[derive(Debug)]
pub struct Texts {
    /// BCP 47 tag, for `<html lang>`.
    pub language: &'static str,
    pub root: Message,
    pub not_found: Message,
    pub expired: Message,
    pub exhausted: Message,
    pub blocked: Message,
    pub limited: Message,
    pub client_blocked: Message,
    pub too_often: Message,
    pub unavailable: Message,
    pub not_received: Message,
    pub sent_elsewhere: Message,
    pub failed: Message,
    pub report_title: &'static str,
    pub report_link: &'static str,
    pub report_reason: &'static str,
    /// The value that is sent, and its label.
    pub report_reasons: [(&'static str, &'static str); 5],
    pub report_note: &'static str,
    pub report_send: &'static str,
    pub report_not_found: &'static str,
    pub report_received: Message,
    pub password_title: &'static str,
    pub password_text: &'static str,
    pub password_wrong: &'static str,
    pub password_label: &'static str,
    pub password_send: &'static str,
    pub setup_title: &'static str,
    pub setup_text: &'static str,
    pub setup_token: &'static str,
    pub setup_email: &'static str,
    pub setup_name: &'static str,
    pub setup_password: &'static str,
    pub setup_send: &'static str,
    pub setup_wrong_token: &'static str,
    pub setup_done_title: &'static str,
    pub setup_done_text: &'static str,
    pub setup_done_login: &'static str,
    pub setup_done_key: &'static str,
    pub setup_done_docs: &'static str,
    pub preview_title: &'static str,
    pub preview_short: &'static str,
    pub preview_host: &'static str,
    pub preview_target: &'static str,
    pub preview_continue: &'static str,
    pub preview_hidden: &'static str,
    pub preview_locked: &'static str,
    pub preview_foreign_script: &'static str,
}
