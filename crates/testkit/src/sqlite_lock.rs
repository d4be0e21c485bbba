//! Another process that holds SQLite's write lock, so that the server cannot write.
//!
//! It has to be another process: locks of one process do not exclude each other. It needs no SQL
//! driver: the lock is one byte of the file through which connections share a write-ahead log
//! (<https://sqlite.org/walformat.html>, "Locking").

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// Byte 120 is `WAL_WRITE_LOCK`.
const SOURCE: &str = r#"
#include <fcntl.h>
#include <stdio.h>
int main(int count, char **arguments) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 120, .l_len = 1};
    int file = count == 2 ? open(arguments[1], O_RDWR) : -1;
    if (file < 0 || fcntl(file, F_SETLKW, &lock) != 0) {
        perror("locking");
        return 1;
    }
    puts("locked");
    fflush(stdout);
    getchar();
    return 0;
}
"#;

/// Held until it is dropped.
pub struct WriteLock {
    holder: Child,
    _program: TempDir,
}

impl WriteLock {
    /// Waits for its turn. Some process must have the database open.
    pub fn take(database: &Path) -> Self {
        let program = compile();
        let mut shared = database.as_os_str().to_owned();
        shared.push("-shm");
        let mut holder = Command::new(program.path().join("lock"))
            .arg(shared)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a program that was just compiled runs");
        let mut line = String::new();
        let output = holder.stdout.take().expect("it was asked for a pipe");
        BufReader::new(output).read_line(&mut line).expect("a pipe can be read");
        assert_eq!(line, "locked\n");
        Self { holder, _program: program }
    }
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        // A panic here would hide the panic that drops it.
        self.holder.kill().ok();
        self.holder.wait().ok();
    }
}

fn compile() -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let mut compiler = Command::new("cc")
        .args(["-x", "c", "-", "-o"])
        .arg(directory.path().join("lock"))
        .stdin(Stdio::piped())
        .spawn()
        .expect("a C compiler named cc is on the PATH");
    let mut source = compiler.stdin.take().expect("it was asked for a pipe");
    source.write_all(SOURCE.as_bytes()).expect("cc reads its input");
    drop(source);
    assert!(compiler.wait().expect("cc can be waited for").success());
    directory
}
