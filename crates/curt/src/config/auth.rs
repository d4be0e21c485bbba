//! Who may create an account.

use curt_web::{AuthSettings, Registration};

use super::{
    reader::Reader,
    setting::{About, Disclosure, Fallback, Section, Setting},
    values,
};

const REGISTRATION_DEFAULT: &str = "closed";

static REGISTRATION: Setting<Registration> = Setting {
    about: About {
        key: "auth.registration",
        accepts: "`closed`, `invite` or `open`",
        fallback: Fallback::Value(REGISTRATION_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "Who may make an account for themselves.",
        details: "`closed`: nobody; administrators make all accounts. `invite`: whoever an \
                  administrator gave an invitation. `open`: everybody, without proof that the \
                  address is theirs, so they can make links within minutes.",
    },
    parse: |text| {
        let choices = [
            ("closed", Registration::Closed),
            ("invite", Registration::Invite),
            ("open", Registration::Open),
        ];
        values::one_of(text, &choices)
    },
};

pub(super) static SECTION: Section =
    Section { title: "Accounts", settings: &[&REGISTRATION.about] };

pub(super) fn read(reader: &mut Reader) -> AuthSettings {
    AuthSettings { registration: reader.value(&REGISTRATION) }
}
