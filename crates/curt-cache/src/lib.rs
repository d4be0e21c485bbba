//! Short-lived state of one node: what redirects read before they ask the database.
