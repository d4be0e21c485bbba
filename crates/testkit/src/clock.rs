//! A shifted wall clock, for programs under test whose old data would otherwise have expired: the
//! shim in `clock/shim.c` is preloaded into them.

use std::{
    ffi::OsString,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tempfile::TempDir;

use crate::shim;

const SHIM_SOURCE: &str = include_str!("../clock/shim.c");

/// A clock that was set once and runs on from there.
pub struct SetClock {
    dir: TempDir,
    offset_s: i64,
}

impl SetClock {
    /// A clock that now shows this time after the beginning of 1970.
    pub fn at(since_1970: Duration) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        shim::compile(SHIM_SOURCE, &dir.path().join("shim.so"));
        let offset_s = seconds(since_1970) - seconds(machine_time());
        Self { dir, offset_s }
    }

    /// The environment that shows this time to a program and its children.
    pub fn env(&self) -> [(&'static str, OsString); 2] {
        [
            ("LD_PRELOAD", self.dir.path().join("shim.so").into_os_string()),
            ("CLOCK_OFFSET_S", self.offset_s.to_string().into()),
        ]
    }
}

#[expect(clippy::disallowed_methods, reason = "the shim adds to what the machine's clock shows")]
fn machine_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the machine knows the year")
}

fn seconds(time: Duration) -> i64 {
    time.as_secs().try_into().expect("the sun is still there")
}

#[cfg(test)]
mod tests;
