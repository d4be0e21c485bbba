//! `/api/v1/admin/audit`: who did what to which object, and when.

use axum::{extract::State, response::Response};

use crate::{
    app::App,
    auth::{Admin, By},
    request::{extract::ApiQuery, tags},
    response::{ApiError, headers::no_store_json},
};

mod schema;
mod view;

use view::{AuditView, ListQuery};

/// Read the audit log
///
/// Every change by users, keys, administrators and the command line, newest first. A row is written
/// together with what it tells of, so there is never one without the other.
#[utoipa::path(
    get,
    path = "/api/v1/admin/audit",
    operation_id = "list_audit",
    tag = tags::ADMINISTRATION,
    params(ListQuery),
    responses((status = 200, description = "The page.", body = AuditView)),
    security(("key" = ["admin"])),
)]
pub(crate) async fn list(
    _: By<Admin>,
    State(app): State<App>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Result<Response, ApiError> {
    let page = app.store.audit(&query.parse()?).await?;
    Ok(no_store_json(AuditView::new(&page)?))
}
