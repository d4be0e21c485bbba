//! English.

use super::{Message, Texts};

pub const ENGLISH: Texts = Texts {
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
    blocked: Message {
        title: "This link is blocked",
        text: "The administrators of this server do not let it be followed, because of where it leads.",
    },
    limited: Message {
        title: "This link is for people",
        text: "It can be followed a limited number of times, so its target is not shown here.",
    },
    client_blocked: Message {
        title: "Requests from here are refused",
        text: "Whoever runs this site has blocked the address that you come from.",
    },
    too_often: Message {
        title: "Too many tries",
        text: "This was asked for too often from your address. Try again in a minute.",
    },
    unavailable: Message {
        title: "Try again in a moment",
        text: "This link cannot be looked up right now.",
    },
    sent_elsewhere: Message {
        title: "Another page sent this",
        text: "What you typed did not come from the form here. Open the link itself and try again.",
    },
    not_received: Message {
        title: "This did not arrive",
        text: "What your browser sent was too long, or came too slowly. Go back and try again.",
    },
    failed: Message {
        title: "Something went wrong",
        text: "The fault is on our side and has been recorded.",
    },
    report_title: "Report a link",
    report_link: "Short link or its code",
    report_reason: "What is wrong with it?",
    report_reasons: [
        ("phishing", "It asks for passwords or card numbers under a false name"),
        ("malware", "It spreads harmful programs"),
        ("spam", "It came unasked for"),
        ("illegal", "What it leads to is against the law"),
        ("other", "Something else"),
    ],
    report_note: "Anything else we should know (nothing about yourself)",
    report_send: "Send report",
    report_not_found: "There is no such link here.",
    report_received: Message {
        title: "Thank you",
        text: "The administrators of this server will look at the link.",
    },
    password_title: "This link asks for a password",
    password_text: "Whoever gave you the link can tell you.",
    password_wrong: "That is not the password. Capital and small letters differ.",
    password_label: "Password",
    password_send: "Open the link",
    setup_title: "Set up this server",
    setup_text: "This makes the first administrator, who may do everything.",
    setup_token: "Token: what stands behind # in the file admin-setup.url",
    setup_email: "Your e-mail address, to log in with",
    setup_name: "Your name (if you like)",
    setup_password: "Password: 12 characters or more, nothing that is easy to guess",
    setup_send: "Set up",
    setup_wrong_token: "This is not the token. Each start of the server writes another into the file.",
    setup_done_title: "This server is set up",
    setup_done_text: "You are its administrator. Links that were made before become yours. What next:",
    setup_done_login: "Log in with your address and password:",
    setup_done_key: "On the server, make an API key for programs:",
    setup_done_docs: "Read what the API can do:",
    preview_title: "Where this link leads",
    preview_short: "Short link",
    preview_host: "Site",
    preview_target: "Full address",
    preview_continue: "Go there",
    preview_hidden: "This link can be followed a limited number of times, so its target is not shown.",
    preview_locked: "This link asks for a password, so its target is not shown.",
    preview_foreign_script: "The name of this site is written in more than plain Latin letters (it \
        starts with xn-- above). Names like this can be made to look like other, well-known ones.",
};
