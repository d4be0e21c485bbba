//! The parameters that extractors stand for; an operation's list of them reads like its signature.

use curt_store::REPLAY_KEY_LEN_MAX;
use serde_json::json;
use utoipa::{
    IntoParams,
    openapi::{
        ObjectBuilder, Required, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::Object,
    },
};

use crate::request::{
    extract::{IdempotencyKey, IfMatch, IfNoneMatch, PathCode},
    schema as shared,
};

fn header(name: &str, description: &str, schema: Object) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

pub(crate) fn in_path(name: &str, description: &str, schema: Object) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

impl IntoParams for PathCode {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![in_path("short_code", "The link's `short_code`.", shared::short_code())]
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The `ETag` of the link as you know it, or several of them: nothing is \
                           changed if it has been edited since. `*`, or no header, changes it as \
                           it is.";
        let schema = ObjectBuilder::new().schema_type(Type::String).examples([json!("\"1\"")]);
        vec![header("If-Match", description, schema.build())]
    }
}

impl IntoParams for IfNoneMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description =
            "The `ETag` of what you have: if it is still the same, the answer is 304.";
        let schema = ObjectBuilder::new().schema_type(Type::String);
        vec![header("If-None-Match", description, schema.build())]
    }
}

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Any text that only this request has, a UUID for example. Sent again \
                           with the same key and body within 24 hours, the request gets the first \
                           answer again and changes nothing, so it is safe to repeat one whose \
                           answer was lost.";
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(REPLAY_KEY_LEN_MAX))
            .pattern(Some("^[!-~]([ -~]*[!-~])?$"))
            .examples([json!("3f0c6f6e-2b0f-4c5e-9a4e-6f6a3f5f9d11")]);
        vec![header("Idempotency-Key", description, schema.build())]
    }
}
