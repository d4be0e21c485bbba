//! Examples about accounts.

use serde_json::{Value, json};

use super::example::{AnswerExample, RequestExample};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "four words nobody guesses";
/// Has the form of a token, but is none.
const TOKEN: &str = "3kTq1d0vYwq8Zb5sXn7cRj2LhG9fPa6eUo4iMyNtBxC";

pub(super) fn requests() -> Vec<RequestExample> {
    let credentials = json!({ "email": EMAIL, "password": PASSWORD });
    let registration =
        json!({ "email": "grace@example.com", "password": PASSWORD, "full_name": "Grace Hopper" });
    let change =
        json!({ "current_password": PASSWORD, "new_password": "five words that nobody guesses" });
    let mut bootstrap = credentials.clone();
    bootstrap["token"] = TOKEN.into();
    let mut user = registration.clone();
    user["role"] = "user".into();
    let key = json!({ "name": "newsletter", "scopes": ["links:read", "links:write"] });
    let example = |operation, name, summary, body: &Value| RequestExample {
        operation,
        name,
        summary,
        body: body.clone(),
    };
    vec![
        example("register", "simple", "An account for oneself", &registration),
        example("bootstrap", "simple", "The first administrator", &bootstrap),
        example("log_in", "simple", "An address and its password", &credentials),
        example("begin_session", "simple", "An address and its password", &credentials),
        example(
            "refresh_tokens",
            "simple",
            "For the next tokens",
            &json!({ "refresh_token": TOKEN }),
        ),
        example("log_out", "simple", "End this login", &json!({ "refresh_token": TOKEN })),
        example("edit_me", "name", "Another name", &json!({ "full_name": "Ada King" })),
        example(
            "edit_me",
            "address",
            "Another address",
            &json!({ "email": "ada@example.org", "current_password": PASSWORD }),
        ),
        example("delete_me", "simple", "Really", &json!({ "current_password": PASSWORD })),
        example("change_password", "simple", "A better one", &change),
        example("create_key", "simple", "For a newsletter", &key),
        example("create_user_key", "simple", "For a newsletter", &key),
        example("create_user", "simple", "An ordinary user", &user),
        example("edit_user", "disable", "Keep somebody out", &json!({ "status": "disabled" })),
        example(
            "edit_user",
            "password",
            "Somebody forgot theirs",
            &json!({ "password": PASSWORD }),
        ),
        example("create_invite", "simple", "For an ordinary user, for a week", &json!({})),
    ]
}

pub(super) fn answers() -> Vec<AnswerExample> {
    let user = json!({
        "id": 1,
        "email": EMAIL,
        "full_name": null,
        "role": "user",
        "status": "active",
        "created_at": "2026-01-31T12:00:00.000Z",
        "updated_at": "2026-01-31T12:00:00.000Z",
    });
    vec![
        AnswerExample { schema: "UserPage", body: json!({ "items": [user], "next_cursor": null }) },
        AnswerExample { schema: "User", body: user },
    ]
}
