//! The crash-safe click journal. The only crate with unsafe code.
