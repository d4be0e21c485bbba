//! English.

use super::{Message, Texts};

pub(crate) const ENGLISH: Texts = Texts {
    language: "en",
    root: Message {
        title: "A link shortener",
        text: "Short links of this address lead elsewhere. Put a + behind one to see where.",
    },
    not_found: Message {
        title: "There is nothing here",
        text: "This link does not exist. Check it for typing mistakes: capital and small letters differ.",
    },
    expired: Message {
        title: "This link has expired",
        text: "Whoever made it gave it an end, and that has passed.",
    },
    exhausted: Message {
        title: "This link is used up",
        text: "It could be followed a limited number of times, and has been.",
    },
    limited: Message {
        title: "This link is for people",
        text: "It can be followed a limited number of times, so its target is not shown here.",
    },
    unavailable: Message {
        title: "Try again in a moment",
        text: "This link cannot be looked up right now.",
    },
    failed: Message {
        title: "Something went wrong",
        text: "The fault is on our side and has been recorded.",
    },
    preview_title: "Where this link leads",
    preview_short: "Short link",
    preview_host: "Site",
    preview_target: "Full address",
    preview_continue: "Go there",
    preview_hidden: "This link can be followed a limited number of times, so its target is not shown.",
    preview_foreign_script: "The name of this site is written in more than plain Latin letters (it \
        starts with xn-- above). Names like this can be made to look like other, well-known ones.",
};
