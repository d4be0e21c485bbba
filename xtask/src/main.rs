//! Everyday tasks of the workspace: `cargo xtask check`, `cargo xtask torture` and others.

fn main() {}
