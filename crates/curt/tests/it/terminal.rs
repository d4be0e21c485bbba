//! A terminal for a program to write to, so that it behaves as for a person.

use std::{
    fs::File,
    io::Read as _,
    os::fd::OwnedFd,
    process::{Command, Stdio},
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, OutputModes, Winsize, tcgetattr, tcsetattr, tcsetwinsize},
};

pub(crate) struct Terminal {
    controller: OwnedFd,
    program_side: File,
}

impl Terminal {
    /// A terminal with `columns` columns.
    pub(crate) fn new(columns: u16) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let name = name.to_str().unwrap();
        let program_side = File::options().read(true).write(true).open(name).unwrap();
        // Bytes as they are written, without carriage returns.
        let mut modes = tcgetattr(&program_side).unwrap();
        modes.output_modes.remove(OutputModes::OPOST);
        tcsetattr(&program_side, OptionalActions::Now, &modes).unwrap();
        let size = Winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&program_side, size).unwrap();
        Self { controller, program_side }
    }

    /// Runs the command; returns what its standard output showed.
    pub(crate) fn show(self, command: &mut Command) -> String {
        let Self { controller, program_side } = self;
        command.stdout(Stdio::from(program_side)).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        // The terminal hangs up when no process has it open any more.
        command.stdout(Stdio::null());
        let (mut controller, mut shown) = (File::from(controller), Vec::new());
        match controller.read_to_end(&mut shown) {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::IO.raw_os_error()));
            }
        }
        child.wait().unwrap();
        String::from_utf8(shown).unwrap()
    }
}
