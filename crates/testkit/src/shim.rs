//! Libraries that are preloaded into the program under test, to change the C library's answers.
//!
//! They work on Linux for programs that are linked to the C library dynamically.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

/// Compiles the C source of a shim.
pub(crate) fn compile(source: &str, library: &Path) {
    let mut compiler = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-pthread", "-x", "c", "-", "-o"])
        .arg(library)
        .stdin(Stdio::piped())
        .spawn()
        .expect("a C compiler named cc is on the PATH");
    let mut input = compiler.stdin.take().expect("it was asked for a pipe");
    input.write_all(source.as_bytes()).expect("cc reads its input");
    drop(input);
    let status = compiler.wait().expect("cc can be waited for");
    assert!(status.success(), "cc could not compile {}", library.display());
}
