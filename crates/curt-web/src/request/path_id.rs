//! The `{id}` of a path, for each kind of thing that has one.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use curt_domain::{BlockId, InviteId, KeyId, LinkId, ReportId, TargetBlockId, UserId};
use utoipa::{
    IntoParams,
    openapi::{
        path::{Parameter, ParameterIn},
        schema::Object,
    },
};

use super::{extract::decimal, parameters::in_path, schema};
use crate::response::ApiError;

/// What a path can name by its number.
pub(crate) trait Id: Sized {
    /// What the OpenAPI document says of the parameter.
    const ABOUT: &'static str;

    fn new(number: u64) -> Option<Self>;

    fn schema() -> Object;
}

/// The `{id}` of a path; what is no id names nothing.
pub(crate) struct PathId<T>(pub T);

impl<S: Send + Sync, T: Id> FromRequestParts<S> for PathId<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|_| ApiError::NotFound)?;
        decimal(&text).and_then(T::new).map(Self).ok_or(ApiError::NotFound)
    }
}

impl<T: Id> IntoParams for PathId<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![in_path("id", T::ABOUT, T::schema())]
    }
}

macro_rules! path_ids {
    ($($name:ident: $about:literal, $schema:ident;)*) => {$(
        impl Id for $name {
            const ABOUT: &'static str = $about;

            fn new(number: u64) -> Option<Self> {
                $name::new(number)
            }

            fn schema() -> Object {
                schema::$schema()
            }
        }
    )*};
}

path_ids! {
    LinkId: "The link's `id`.", link_id;
    UserId: "The user's `id`.", user_id;
    KeyId: "The key's `id`.", key_id;
    InviteId: "The invitation's `id`.", invite_id;
    BlockId: "The block's `id`.", block_id;
    TargetBlockId: "The entry's `id`.", entry_id;
    ReportId: "The entry's `id`.", entry_id;
}
