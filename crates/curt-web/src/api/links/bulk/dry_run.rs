//! A bulk request that only asks what its result would be.

use std::collections::HashSet;

use curt_domain::{Code, UserId};

use crate::{
    api::links::{
        bulk::{
            body::Chunk,
            results::{BulkAnswer, ItemOutcome, of_item, results},
        },
        create::{Checked, Draft},
        fields::check_password,
    },
    app::App,
    response::ApiError,
};

/// Makes the same checks as a create, and writes nothing. Until the real request, others may take
/// the aliases.
pub(super) async fn check(
    app: &App,
    owner: Option<UserId>,
    chunks: Vec<Chunk>,
) -> Result<BulkAnswer, ApiError> {
    let mut answer = BulkAnswer::default();
    let mut seen = HashSet::new();
    for chunk in chunks {
        let mut drafts = Vec::new();
        for checked in chunk.parse(app).await? {
            drafts.push(of_item(look_at(checked, app).await)?);
        }
        let aliases: Vec<Code> =
            drafts.iter().flatten().filter_map(|draft| draft.alias.clone()).collect();
        let taken = match aliases.as_slice() {
            [] => HashSet::new(),
            aliases => app.store.taken_codes(aliases, owner).await?,
        };
        let outcome = |draft| match draft {
            Err(error) => ItemOutcome::Refused(error),
            Ok(Draft { alias: Some(code), .. })
                if taken.contains(&code) || !seen.insert(code.clone()) =>
            {
                ItemOutcome::Refused(ApiError::CodeTaken { code: code.to_string() })
            }
            Ok(Draft { target, alias, .. }) => ItemOutcome::Valid { target, alias },
        };
        let outcomes: Vec<_> = drafts.into_iter().map(outcome).collect();
        answer.add(&results(chunk.first, &outcomes, &app.site));
    }
    Ok(answer)
}

/// The draft of an item, without its password, which is not stored.
async fn look_at(checked: Result<Checked, ApiError>, app: &App) -> Result<Draft, ApiError> {
    let Checked { draft, password } = checked?;
    if let Some(password) = password {
        check_password(password, app).await?;
    }
    Ok(draft)
}
