//! HTTP: redirects, the JSON API, pages for visitors, health and metrics. The only crate that names axum.
