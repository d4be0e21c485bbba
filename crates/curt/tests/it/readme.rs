//! Runs the README's tours as they are written, so that they cannot promise what does not happen.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use testkit::server::ServerCommand;

/// The server's address in the tour, which the test replaces.
const ADDRESS_SHOWN: &str = "localhost:8000";

/// Printed after each step, to separate the outputs.
const STEP_ENDS: &str = "--- this step ends here ---";

/// A command of the tour, and what its output must contain.
struct Step {
    command: String,
    answers: Vec<String>,
}

/// The sections with commands, in the order of the README.
const TOURS: [&str; 2] = ["## A tour", "## The command line"];

#[test]
fn the_tours_work_as_written() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let directory = tempfile::tempdir().unwrap();
    // As in the tour, the first start makes the key.
    let server = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), directory.path().join("data"))
        .without_env("CURT_ADMIN_KEY")
        .start();

    let address = format!("localhost:{}", server.address().port());
    let readme = readme.replace(ADDRESS_SHOWN, &address);
    let steps: Vec<_> = TOURS.iter().flat_map(|tour| steps(&readme, tour)).collect();
    let outputs = run(&steps, directory.path(), &address);
    assert_eq!(steps.len(), outputs.len(), "the tour broke off: {outputs:?}");
    for (step, output) in steps.iter().zip(&outputs) {
        for answer in &step.answers {
            assert!(output.contains(answer), "{}\nlacks {answer:?}:\n{output}", step.command);
        }
    }
    drop(server);
}

/// The commands of a section, including continued lines.
fn steps(readme: &str, section: &str) -> Vec<Step> {
    let (_, tour) = readme.split_once(section).expect("the README has the section");
    let (_, tour) = tour.split_once("```sh\n").expect("the tour has commands");
    let (tour, _) = tour.split_once("```").expect("the commands end");
    let mut steps: Vec<Step> = Vec::new();
    for line in tour.lines() {
        if let Some(answer) = line.strip_prefix("# -> ") {
            let step = steps.last_mut().expect("answers follow commands");
            step.answers.push(answer.to_owned());
        } else if line.starts_with(' ') {
            let step = steps.last_mut().expect("a command is continued");
            step.command.push('\n');
            step.command.push_str(line);
        } else if !line.is_empty() && !line.starts_with('#') {
            steps.push(Step { command: line.to_owned(), answers: Vec::new() });
        }
    }
    assert!(steps.iter().any(|step| !step.answers.is_empty()), "the tour promises nothing");
    steps
}

/// Runs the commands in one shell, as a reader would, and returns the output of each.
fn run(steps: &[Step], directory: &Path, address: &str) -> Vec<String> {
    let end = format!("\necho '{STEP_ENDS}'\n");
    let steps: String = steps.iter().flat_map(|step| [&*step.command, &*end]).collect();
    // The message of a failed command goes into its output.
    let script = format!("exec 2>&1\n{steps}");
    // Where `curt` is found, and on which port it would serve.
    let curt = PathBuf::from(env!("CARGO_BIN_EXE_curt"));
    let usual = env::var_os("PATH").unwrap_or_default();
    let own = curt.parent().unwrap().to_owned();
    let path = env::join_paths([own].into_iter().chain(env::split_paths(&usual))).unwrap();
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).current_dir(directory).env("PATH", path);
    let shell = shell.env("CURT_LISTEN", address.replace("localhost", "127.0.0.1")).output();
    let shell = shell.unwrap();
    let output = String::from_utf8(shell.stdout).unwrap();
    let mut outputs: Vec<String> = output.split(STEP_ENDS).map(str::to_owned).collect();
    outputs.pop();
    outputs
}
