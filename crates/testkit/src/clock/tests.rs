use std::process::Command;

use super::*;

#[test]
fn programs_see_the_time_that_was_set() {
    let day = Duration::from_hours(24);
    let clock = SetClock::at(day);
    let date = Command::new("date").arg("+%s").envs(clock.env()).output().unwrap();
    let shown = String::from_utf8(date.stdout).unwrap().trim().parse().unwrap();
    let since = Duration::from_secs(shown);
    assert!((day..day + Duration::from_mins(1)).contains(&since), "{since:?}");
}
