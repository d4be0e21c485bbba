//! A full disk (F5): redirects go on, writes are refused clearly, and everything recovers with the
//! space.
//!
//! The data directory is a small file system that is mounted in the server's namespace only.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use testkit::server::{Client, Response, Server, ServerCommand};

use crate::program::Run;

const BINARY: &str = env!("CARGO_BIN_EXE_curt");
/// Room for everything that is written before the disk is filled, with the journal of eight cores.
const DISK_SIZE: &str = "192m";
const PAGE_LEN: usize = 4096;
/// Far more creates than an open write-ahead log still has room for.
const CREATES_MAX: usize = 5_000;
/// Writes work again this soon after space is free.
const RECOVERY_MAX: Duration = Duration::from_secs(5);
/// Made before the disk is full. Every other link is followed, so half of them are in the cache.
const LINKS_BEFORE: usize = 60;
/// Created with one request, in chunks of 500.
const LINKS_AT_ONCE: usize = 1_500;
/// Room for one of these chunks with its indexes, but not for three.
const ROOM_FOR_CHUNKS: u64 = 4 << 20;

#[test]
fn f5_a_full_disk_refuses_writes_and_no_redirect() {
    let mount_point = tempfile::tempdir().unwrap();
    let command = ServerCommand::new(BINARY, mount_point.path());
    let server = command.within(on_small_disk()).start();
    let disk = SmallDisk::of(&server, mount_point.path());
    let mut links = Links::new(&server);
    links.make(LINKS_BEFORE);

    disk.fill();
    disk.leave(ROOM_FOR_CHUNKS);
    links.make_many();
    links.make_until_refused();
    links.try_to_change_all();
    links.follow_all();
    assert_eq!(server.visitor().get("/readyz").unwrap().status, 200, "full is not failed");

    disk.free();
    links.make_when_accepted_again();
    links.change_all();
    links.follow_all();
    drop(server);

    let copy = disk.copy();
    let server = ServerCommand::new(BINARY, copy.path()).start();
    links.move_to(&server);
    links.follow_all();
}

/// Without a server, the files through which connections coordinate are missing, and a full disk
/// has no room for them.
#[test]
fn f5_the_command_line_reads_from_a_full_disk() {
    const SCRIPT: &str = r#"
        "$CURT" links add https://example.com/kept --alias kept >/dev/null || exit
        # Ends when nothing fits any more.
        dd if=/dev/zero of="$CURT_DATA_DIR/ballast" bs=4096 2>/dev/null
        "$CURT" links show kept --json && "$CURT" links list --json && "$CURT" links export --format ndjson
        "$CURT" links edit kept --title new
        echo "$?"
        rm "$CURT_DATA_DIR/ballast"
        "$CURT" links edit kept --title new >/dev/null && exec "$CURT" links show kept --json"#;
    let mount_point = tempfile::tempdir().unwrap();
    let words = on_small_disk();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args(["sh", "-c", SCRIPT]).env_clear();
    command.env("PATH", "/usr/bin:/bin").env("CURT", BINARY);
    let run = Run::from(command.env("CURT_DATA_DIR", mount_point.path()).output().unwrap());
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 5, "{run:?}");
    for line in &lines[..3] {
        assert!(line.contains("https://example.com/kept"), "{run:?}");
    }
    assert_eq!(
        (lines[3], run.stderr.as_str()),
        ("1", "error: the disk is full; nothing was changed\n")
    );
    assert!(lines[4].contains(r#""title":"new""#), "{run:?}");
}

/// A command that runs the server with a separate disk as its data directory.
pub(crate) fn on_small_disk() -> Vec<String> {
    let options = format!("size={DISK_SIZE},mode=0700");
    with_mounts(&format!("mount -t tmpfs -o {options} curt-test \"$CURT_DATA_DIR\""))
}

/// A command that runs the server after `mount`, in a mount namespace of the server.
pub(crate) fn with_mounts(mount: &str) -> Vec<String> {
    let script = format!("{mount} && exec \"$0\" \"$@\"");
    let ways: [&[&str]; 2] = [&["unshare", "--mount"], &["unshare", "--map-root-user", "--mount"]];
    let works = |way: &&&[&str]| {
        let tried = Command::new(way[0]).args(&way[1..]).arg("true").output();
        tried.is_ok_and(|output| output.status.success())
    };
    let way = ways.iter().find(works).expect(
        "this test mounts a small file system where nobody else sees it: run it as root with \
         CAP_SYS_ADMIN, or allow user namespaces",
    );
    way.iter().map(|&word| word.to_owned()).chain(["sh".into(), "-c".into(), script]).collect()
}

/// Runs a command on a path in the server's mount namespace (`with_mounts`).
pub(crate) fn in_mounts_of(server: &Server, words: &[&str], path: &Path) {
    let process = server.process_id().to_string();
    let ways: [&[&str]; 2] = [&["--mount"], &["--user", "--mount", "--preserve-credentials"]];
    let tried = ways.map(|way| {
        let mut command = Command::new("nsenter");
        command.args(["--target", &process]).args(way).args(words).arg(path);
        command
    });
    // The first fails without privileges; with privileges the second is not needed.
    let mut said = Vec::new();
    for mut command in tried {
        let output = command.output().unwrap();
        if output.status.success() {
            return;
        }
        said.push(output);
    }
    panic!("{words:?}: {said:?}");
}

/// The server's file system, which an open directory keeps alive.
pub(crate) struct SmallDisk {
    root: File,
}

impl SmallDisk {
    pub(crate) fn of(server: &Server, mount_point: &Path) -> Self {
        let mount_point = fs::canonicalize(mount_point).unwrap();
        let seen_by_server = format!("/proc/{}/root", server.process_id());
        let root = File::open(format!("{seen_by_server}{}", mount_point.display())).unwrap();
        let disk = Self { root };
        assert!(disk.path("lock").exists(), "the server has its data directory somewhere else");
        disk
    }

    /// Uses up all space.
    pub(crate) fn fill(&self) {
        let mut ballast = File::create_new(self.path("ballast")).unwrap();
        loop {
            match ballast.write(&[0; PAGE_LEN]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return,
                Err(error) => panic!("the disk cannot be filled: {error}"),
            }
        }
    }

    /// Frees this many bytes.
    fn leave(&self, bytes: u64) {
        let ballast = File::options().write(true).open(self.path("ballast")).unwrap();
        let len = ballast.metadata().unwrap().len();
        ballast.set_len(len - bytes).unwrap();
    }

    pub(crate) fn free(&self) {
        fs::remove_file(self.path("ballast")).unwrap();
    }

    /// The files on the disk, without the journal, in a copy that outlives the server and its
    /// mounts.
    fn copy(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(self.path("")).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                let name = entry.file_name();
                fs::copy(self.path("").join(&name), copy.path().join(&name)).unwrap();
            }
        }
        copy
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        // Not `self`: commands that a test runs have to find it too.
        let (process, fd) = (std::process::id(), self.root.as_raw_fd());
        PathBuf::from(format!("/proc/{process}/fd/{fd}")).join(name)
    }
}

struct Link {
    id: u64,
    code: String,
    target: String,
}

impl Link {
    fn new(answered: &Value, target: String) -> Self {
        let code = answered["short_code"].as_str().unwrap().to_owned();
        Self { id: answered["id"].as_u64().unwrap(), code, target }
    }
}

/// The acknowledged links, in their expected state.
struct Links {
    client: Client,
    visitor: Client,
    all: Vec<Link>,
    /// Counts targets, so that no two are the same.
    targets: usize,
}

impl Links {
    fn new(server: &Server) -> Self {
        Self { client: server.client(), visitor: server.visitor(), all: Vec::new(), targets: 0 }
    }

    fn move_to(&mut self, server: &Server) {
        (self.client, self.visitor) = (server.client(), server.visitor());
    }

    /// Makes links, and follows every other one.
    fn make(&mut self, count: usize) {
        for number in 0..count {
            self.create().unwrap_or_else(|refused| panic!("{}", describe(&refused)));
            if number % 2 == 0 {
                follow(&mut self.visitor, self.all.last().unwrap());
            }
        }
    }

    fn make_until_refused(&mut self) {
        for _ in 0..CREATES_MAX {
            if let Err(refused) = self.create() {
                assert_storage_full(&refused);
                return;
            }
        }
        panic!("{CREATES_MAX} links fit on a full disk");
    }

    /// Chunks that fit are made, the first that does not fit is refused, and the rest is not tried.
    fn make_many(&mut self) {
        let targets: Vec<_> = (0..LINKS_AT_ONCE).map(|_| self.next_target()).collect();
        let items: Vec<_> = targets.iter().map(|url| json!({ "original_url": url })).collect();
        let answer = self.client.post("/api/v1/urls/bulk", &json!({ "links": items })).unwrap();
        assert_eq!(answer.status, 200, "{}", describe(&answer));
        let answer = answer.json();
        let results = answer["results"].as_array().unwrap();
        assert_eq!(results.len(), LINKS_AT_ONCE);
        for (result, target) in results.iter().zip(targets) {
            if result["status"] == 201 {
                self.all.push(Link::new(&result["link"], target));
            }
        }
        let runs: Vec<_> = results.chunk_by(|a, b| a["status"] == b["status"]).collect();
        let statuses: Vec<_> =
            runs.iter().map(|same| same[0]["status"].as_u64().unwrap()).collect();
        let expected = [&[201, 507, 503][..], &[201, 507]];
        assert!(expected.contains(&&*statuses), "{statuses:?}: {}", results[0]);
        assert_eq!(runs[1].len(), 500, "the chunk is refused as a whole");
        assert_eq!(runs[1][0]["problem"]["code"], "storage_full");
    }

    fn make_when_accepted_again(&mut self) {
        let deadline = Instant::now() + RECOVERY_MAX;
        while let Err(refused) = self.create() {
            assert_storage_full(&refused);
            assert!(Instant::now() < deadline, "still refused: {}", describe(&refused));
        }
    }

    /// Each change is carried out or refused as a whole, and the answer must be true.
    fn try_to_change_all(&mut self) {
        let mut refusals = 0;
        for index in (0..self.all.len()).rev() {
            if let Err(refused) = self.change(index) {
                assert_storage_full(&refused);
                refusals += 1;
            }
        }
        assert!(0 < refusals, "a full disk took every change");
    }

    fn change_all(&mut self) {
        for index in (0..self.all.len()).rev() {
            self.change(index).unwrap_or_else(|refused| panic!("{}", describe(&refused)));
        }
    }

    fn follow_all(&mut self) {
        for link in &self.all {
            follow(&mut self.visitor, link);
        }
    }

    fn create(&mut self) -> Result<(), Response> {
        let target = self.next_target();
        let answer = self.client.post("/api/v1/urls", &json!({ "original_url": target })).unwrap();
        if answer.status != 201 {
            return Err(answer);
        }
        self.all.push(Link::new(&answer.json(), target));
        Ok(())
    }

    /// Deletes every tenth link, and edits the others.
    fn change(&mut self, index: usize) -> Result<(), Response> {
        let target = self.next_target();
        let path = format!("/api/v1/urls/{}", self.all[index].id);
        if index % 10 == 9 {
            accept(self.client.delete(&path).unwrap(), 204)?;
            let gone = self.all.swap_remove(index);
            let found = self.visitor.get(&format!("/{}", gone.code)).unwrap();
            assert_eq!(found.status, 404, "deleted");
        } else {
            let body = json!({ "original_url": target });
            accept(self.client.patch(&path, &body).unwrap(), 200)?;
            self.all[index].target = target;
        }
        Ok(())
    }

    /// Long targets, which use up the remaining space.
    fn next_target(&mut self) -> String {
        self.targets += 1;
        format!("https://example.com/{}/{}", self.targets, "x".repeat(1_900))
    }
}

fn accept(answer: Response, status: u16) -> Result<(), Response> {
    if answer.status == status { Ok(()) } else { Err(answer) }
}

fn follow(visitor: &mut Client, link: &Link) {
    let found = visitor.get(&format!("/{}", link.code)).unwrap();
    assert_eq!(found.status, 302, "{}", describe(&found));
    assert_eq!(found.header("location"), Some(link.target.as_str()));
}

fn assert_storage_full(answer: &Response) {
    assert_eq!(answer.status, 507, "{}", describe(answer));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.json()["code"], Value::from("storage_full"));
}

fn describe(answer: &Response) -> String {
    format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body))
}
