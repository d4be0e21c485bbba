use tokio_util::sync::CancellationToken;

use super::{
    super::{super::guard::Stop, SILENCE_MAX},
    *,
};

#[test]
fn tools_see_nothing_of_our_environment() {
    let command = command("true");
    let names: Vec<_> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
    assert!(names.iter().all(|name| ["PATH", "HOME", "LC_ALL"].iter().any(|kept| name == kept)));
}

#[test]
fn a_tool_that_is_missing_is_named_with_its_package() {
    let error = run(&mut command("pg_no-such-tool")).unwrap_err().to_string();
    let expected =
        "pg_no-such-tool is not installed; on Debian it is in the package postgresql-client";
    assert_eq!(error, expected);
    let error = run(&mut command("no-such-tool")).unwrap_err().to_string();
    assert!(error.contains("mariadb-client"), "{error}");
}

#[test]
fn what_a_tool_complains_about_is_passed_on() {
    let mut failing = command("sh");
    failing.args(["-c", "echo 'out of\n\n luck' >&2; exit 3"]);
    let error = run(&mut failing).unwrap_err().to_string();
    assert_eq!(error, "sh failed (exit status: 3): out of luck");
}

/// A tool that writes a word and then hangs, for longer than any test may take.
fn hanging() -> Command {
    let mut command = command("sh");
    command.args(["-c", "echo beginning; exec sleep 600"]);
    command
}

#[test]
fn a_tool_that_falls_silent_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let guard = Guard::new(directory.path(), None, CancellationToken::new());
    let mut heard = Vec::new();
    let ended = run_watched(&mut hanging(), &guard, Duration::from_millis(300), |chunk| {
        heard.extend_from_slice(chunk);
        Ok(())
    });
    let error = format!("{:#}", ended.unwrap_err());
    assert_eq!(error, "running sh: it wrote nothing for 300ms and was ended");
    assert_eq!(heard, b"beginning\n");
}

#[test]
fn a_tool_that_closes_its_output_and_stays_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let guard = Guard::new(directory.path(), None, CancellationToken::new());
    let mut staying = command("sh");
    staying.args(["-c", "exec sleep 600 >&-"]);
    let ended = run_watched(&mut staying, &guard, Duration::from_millis(300), |_| Ok(()));
    assert!(format!("{:#}", ended.unwrap_err()).ends_with("for 300ms and was ended"));
}

#[test]
fn a_server_can_stop_while_a_tool_is_silent() {
    let directory = tempfile::tempdir().unwrap();
    let cancelled = CancellationToken::new();
    let guard = Guard::new(directory.path(), None, cancelled.clone());
    let ended = run_watched(&mut hanging(), &guard, SILENCE_MAX, |_| {
        cancelled.cancel();
        Ok(())
    });
    let stop = ended.unwrap_err();
    assert!(matches!(stop.downcast_ref(), Some(Stop::Cancelled)), "{stop:#}");
}

#[test]
fn what_a_tool_wrote_before_it_failed_does_not_hide_why() {
    let directory = tempfile::tempdir().unwrap();
    let guard = Guard::new(directory.path(), None, CancellationToken::new());
    let mut failing = command("sh");
    failing.args(["-c", "echo half; echo 'no luck' >&2; exit 3"]);
    let error = run_watched(&mut failing, &guard, SILENCE_MAX, |_| Ok(())).unwrap_err();
    assert_eq!(error.to_string(), "sh failed (exit status: 3): no luck");
}
