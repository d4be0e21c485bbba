//! The state of a link at each moment, and the effect of edits.

use proptest::prelude::*;

use super::*;
use crate::texts::InvalidText;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn target(text: &str) -> TargetUrl {
    TargetUrl::from_stored(text).unwrap()
}

fn link() -> Link {
    Link {
        id: LinkId::new(1).unwrap(),
        code: "abc".parse().unwrap(),
        owner: None,
        target: target("https://example.com/"),
        title: None,
        note: None,
        tags: Vec::new(),
        redirect_status: RedirectStatus::default(),
        forward_query: false,
        dates: Dates::default(),
        max_clicks: None,
        password: None,
        fallback: None,
        disabled_at: None,
        deleted_at: None,
        revision: 1,
        created_at: at(0),
        updated_at: at(0),
    }
}

fn record(link: Link, used_clicks: u64) -> LinkRecord {
    LinkRecord {
        link,
        clicks: ClickTotals::default(),
        last_click_at: None,
        used_clicks,
        abuse_at: None,
    }
}

fn route(link: &Link) -> Route {
    Route {
        id: link.id,
        target: link.target.clone(),
        redirect_status: link.redirect_status,
        forward_query: link.forward_query,
        dates: link.dates,
        max_clicks: link.max_clicks,
        password: link.password.clone(),
        fallback: link.fallback.clone(),
        disabled: link.disabled_at.is_some(),
        abuse: false,
        revision: link.revision,
    }
}

#[test]
fn a_password_is_asked_for_only_where_there_is_something_to_follow() {
    let password = Some(PasswordHash::new("$argon2id$v=19$"));
    let locked = |link: Link| route(&Link { password: password.clone(), ..link });
    let limited = Link { max_clicks: MaxClicks::new(2), ..link() };
    for (link, verdict) in [
        (link(), Verdict::Follow),
        (limited.clone(), Verdict::FollowIfLeft(limited.max_clicks.unwrap())),
    ] {
        assert_eq!(locked(link.clone()).verdict(at(0)), Verdict::Locked);
        assert_eq!(locked(link).verdict_unlocked(at(0)), verdict);
    }
    let over = Link { dates: Dates::new(None, Some(at(5))).unwrap(), ..link() };
    assert_eq!(locked(over).verdict(at(5)), Verdict::Expired);
    let disabled = Link { disabled_at: Some(at(0)), ..link() };
    assert_eq!(locked(disabled).verdict(at(0)), Verdict::Absent);
    let abused = Route { abuse: true, ..locked(link()) };
    assert_eq!(abused.verdict(at(0)), Verdict::Blocked);
}

/// Valid from 1 000 until just before 2 000.
fn dated() -> Link {
    Link { dates: Dates::new(Some(at(1_000)), Some(at(2_000))).unwrap(), ..link() }
}

#[test]
fn a_plain_link_is_followed_at_any_time() {
    for now in [i64::MIN, 0, i64::MAX] {
        assert_eq!(route(&link()).verdict(at(now)), Verdict::Follow);
        assert_eq!(record(link(), 0).status(at(now)), LinkStatus::Active);
    }
}

#[test]
fn dates_count_from_their_first_to_before_their_last_millisecond() {
    for (now, verdict, status) in [
        (999, Verdict::Absent, LinkStatus::Scheduled),
        (1_000, Verdict::Follow, LinkStatus::Active),
        (1_999, Verdict::Follow, LinkStatus::Active),
        (2_000, Verdict::Expired, LinkStatus::Expired),
    ] {
        assert_eq!(route(&dated()).verdict(at(now)), verdict, "at {now}");
        assert_eq!(record(dated(), 0).status(at(now)), status, "at {now}");
    }
}

#[test]
fn a_link_that_is_switched_off_is_absent_whatever_its_dates() {
    let disabled = Link { disabled_at: Some(at(5)), ..dated() };
    for now in [0, 1_500, 3_000] {
        assert_eq!(route(&disabled).verdict(at(now)), Verdict::Absent, "at {now}");
    }
}

#[test]
fn only_the_database_knows_whether_a_limited_link_has_clicks_left() {
    let max = MaxClicks::new(3).unwrap();
    let limited = Link { max_clicks: Some(max), ..dated() };
    assert_eq!(route(&limited).verdict(at(999)), Verdict::Absent);
    assert_eq!(route(&limited).verdict(at(1_500)), Verdict::FollowIfLeft(max));
    assert_eq!(route(&limited).verdict(at(2_000)), Verdict::Expired);
}

#[test]
fn the_most_lasting_reason_makes_the_status() {
    let limited = || Link { max_clicks: MaxClicks::new(3), ..dated() };
    let disabled = Link { disabled_at: Some(at(0)), ..limited() };
    let deleted = Link { deleted_at: Some(at(0)), ..disabled.clone() };
    for (link, used, now, expected) in [
        (deleted, 3, 2_000, LinkStatus::Deleted),
        (disabled, 3, 2_000, LinkStatus::Disabled),
        (limited(), 3, 2_000, LinkStatus::Expired),
        (limited(), 3, 999, LinkStatus::Exhausted),
        (limited(), 4, 1_500, LinkStatus::Exhausted),
        (limited(), 3, 1_500, LinkStatus::Exhausted),
        (limited(), 2, 1_500, LinkStatus::Active),
        (limited(), 2, 999, LinkStatus::Scheduled),
    ] {
        let record = record(link, used);
        assert_eq!(record.status(at(now)), expected, "{used} used at {now}");
    }
}

#[test]
fn a_link_must_not_expire_before_it_is_valid() {
    let dates = |from: Option<i64>, until: Option<i64>| Dates::new(from.map(at), until.map(at));
    assert_eq!(dates(Some(5), Some(5)), Err(InvalidDates));
    assert_eq!(dates(Some(6), Some(5)), Err(InvalidDates));
    let valid = dates(Some(5), Some(6)).unwrap();
    assert_eq!((valid.valid_from(), valid.expires_at()), (Some(at(5)), Some(at(6))));
    assert!(dates(None, Some(5)).is_ok() && dates(Some(5), None).is_ok());
}

#[test]
fn an_edit_changes_what_it_names_and_nothing_else() {
    let before = Link {
        title: Some(Title::parse("Old").unwrap()),
        note: Some(Note::parse("keep me").unwrap()),
        max_clicks: MaxClicks::new(9),
        ..dated()
    };
    let edit = LinkEdit {
        target: Some(target("https://example.org/new")),
        title: Some(None),
        tags: Some(vec![Tag::parse("summer").unwrap()]),
        redirect_status: Some(RedirectStatus::Temporary307),
        forward_query: Some(true),
        valid_from: Some(None),
        max_clicks: Some(MaxClicks::new(10)),
        fallback: Some(Some(target("https://example.net/"))),
        ..LinkEdit::default()
    };
    let expected = Link {
        target: target("https://example.org/new"),
        title: None,
        tags: vec![Tag::parse("summer").unwrap()],
        redirect_status: RedirectStatus::Temporary307,
        forward_query: true,
        dates: Dates::new(None, Some(at(2_000))).unwrap(),
        max_clicks: MaxClicks::new(10),
        fallback: Some(target("https://example.net/")),
        revision: 2,
        updated_at: at(77),
        ..before.clone()
    };
    assert_eq!(before.edited(&edit, at(77)), Ok(expected));
}

#[test]
fn an_edit_that_changes_nothing_is_none() {
    let before = Link { title: Some(Title::parse("Same").unwrap()), ..dated() };
    let same = LinkEdit {
        target: Some(before.target.clone()),
        title: Some(before.title.clone()),
        note: Some(None),
        expires_at: Some(Some(at(2_000))),
        switch: Some(Switch::Active),
        ..LinkEdit::default()
    };
    for edit in [LinkEdit::default(), same] {
        assert_eq!(before.edited(&edit, at(77)), Ok(before.clone()));
    }
}

#[test]
fn dates_are_checked_as_they_are_after_the_edit() {
    let edit = |valid_from, expires_at| LinkEdit { valid_from, expires_at, ..LinkEdit::default() };
    let edited = |edit: LinkEdit| dated().edited(&edit, at(0)).map(|link| link.dates);
    assert_eq!(edited(edit(Some(Some(at(2_000))), None)), Err(InvalidDates));
    assert_eq!(edited(edit(None, Some(Some(at(1_000))))), Err(InvalidDates));
    assert_eq!(
        edited(edit(Some(Some(at(3_000))), Some(Some(at(4_000))))),
        Dates::new(Some(at(3_000)), Some(at(4_000)))
    );
    assert_eq!(edited(edit(Some(Some(at(3_000))), Some(None))), Dates::new(Some(at(3_000)), None));
}

#[test]
fn switching_off_twice_remembers_the_first_time() {
    let switch = |switch| LinkEdit { switch: Some(switch), ..LinkEdit::default() };
    let off = link().edited(&switch(Switch::Disabled), at(10)).unwrap();
    assert_eq!((off.disabled_at, off.revision), (Some(at(10)), 2));
    assert_eq!(off.edited(&switch(Switch::Disabled), at(20)), Ok(off.clone()));
    let on = off.edited(&switch(Switch::Active), at(30)).unwrap();
    assert_eq!((on.disabled_at, on.revision, on.updated_at), (None, 3, at(30)));
}

#[test]
fn int_01_ids_and_click_limits_stay_exact_in_json() {
    let end = 1 << 53;
    assert_eq!(LinkId::new(end - 1).map(LinkId::get), Some(end - 1));
    assert_eq!(MaxClicks::new(end - 1).map(MaxClicks::get), Some(end - 1));
    for refused in [end, 1 << 63, u64::MAX] {
        assert_eq!(LinkId::new(refused), None);
        assert_eq!(MaxClicks::new(refused), None);
    }
    assert_eq!(MaxClicks::new(0), None);
    assert_eq!(LinkId::new(12).unwrap().to_string(), "12");
}

#[test]
fn each_status_is_listed_once_under_its_word() {
    let words = LinkStatus::ALL.map(LinkStatus::as_str);
    assert_eq!(
        words,
        ["active", "scheduled", "expired", "exhausted", "disabled", "blocked", "deleted"]
    );
}

#[test]
fn four_redirect_statuses_exist() {
    let known: Vec<u16> =
        (0..=999).filter(|&code| RedirectStatus::from_code(code).is_some()).collect();
    assert_eq!(known, [301, 302, 307, 308]);
    assert_eq!(known, RedirectStatus::ALL.map(RedirectStatus::code));
    for code in known {
        assert_eq!(RedirectStatus::from_code(code).map(RedirectStatus::code), Some(code));
    }
    assert_eq!(RedirectStatus::default().code(), 302);
}

#[test]
fn texts_are_measured_in_characters_and_trimmed() {
    let too_long = |len, max| Some(InvalidText::TooLong { len, max });
    assert_eq!(Title::parse(" ü ").unwrap().as_str(), "ü");
    assert!(Title::parse(&"ü".repeat(255)).is_ok());
    assert_eq!(Title::parse(&"ü".repeat(256)).err(), too_long(256, 255));
    assert!(Note::parse(&"😀".repeat(2_000)).is_ok());
    assert_eq!(Note::parse(&"😀".repeat(2_001)).err(), too_long(2_001, 2_000));
    assert!(Tag::parse(&"é".repeat(50)).is_ok());
    assert_eq!(Tag::parse(&"é".repeat(51)).err(), too_long(51, 50));
    assert!(Title::parse(&format!("{:300}", "x")).is_ok(), "spaces at the end do not count");
}

#[test]
fn texts_are_neither_empty_nor_carry_control_characters() {
    let control = Some(InvalidText::ControlCharacter);
    for empty in ["", " ", "\t\n", "\u{2003}"] {
        assert_eq!(Title::parse(empty).err(), Some(InvalidText::Empty), "{empty:?}");
        assert_eq!(Note::parse(empty).err(), Some(InvalidText::Empty), "{empty:?}");
        assert_eq!(Tag::parse(empty).err(), Some(InvalidText::Empty), "{empty:?}");
    }
    for line in ["a\nb", "a\tb", "a\0b", "a\u{7f}b", "a\u{85}b", "a\u{1b}[31mb"] {
        assert_eq!(Title::parse(line).err(), control, "{line:?}");
        assert_eq!(Tag::parse(line).err(), control, "{line:?}");
    }
    assert_eq!(Note::parse("one\r\n\ttwo").unwrap().as_str(), "one\r\n\ttwo");
    assert_eq!(Note::parse("a\0b").err(), control);
    assert_eq!(Note::parse("a\u{1b}[31mb").err(), control);
}

#[test]
fn the_total_is_the_sum_of_the_five_classes() {
    let totals =
        ClickTotals { human: 1, bot: 20, preview: 300, prefetch: 4_000, suspicious: 50_000 };
    assert_eq!(totals.total(), 54_321);
}

proptest! {
    #[test]
    fn texts_that_were_accepted_are_accepted_again(text in any::<String>()) {
        if let Ok(title) = Title::parse(&text) {
            prop_assert_eq!(Title::parse(title.as_str()), Ok(title));
        }
        if let Ok(note) = Note::parse(&text) {
            prop_assert_eq!(Note::parse(note.as_str()), Ok(note));
        }
        if let Ok(tag) = Tag::parse(&text) {
            prop_assert_eq!(Tag::parse(tag.as_str()), Ok(tag));
        }
    }

    /// Owner and visitors never see contradicting states at the same moment.
    #[test]
    fn status_and_verdict_agree(
        from in proptest::option::of(0..10_i64),
        until in proptest::option::of(0..10_i64),
        max in 0..3_u64,
        used in 0..3_u64,
        disabled: bool,
        abuse: bool,
        now in 0..10_i64,
    ) {
        let Ok(dates) = Dates::new(from.map(at), until.map(at)) else { return Ok(()) };
        let disabled_at = disabled.then(|| at(0));
        let link = Link { dates, disabled_at, max_clicks: MaxClicks::new(max), ..link() };
        let verdict = Route { abuse, ..route(&link) }.verdict(at(now));
        let limited = link.max_clicks.map_or(Verdict::Follow, Verdict::FollowIfLeft);
        let record = LinkRecord { abuse_at: abuse.then_some(at(0)), ..record(link, used) };
        match record.status(at(now)) {
            LinkStatus::Active => prop_assert_eq!(verdict, limited),
            LinkStatus::Scheduled | LinkStatus::Disabled => prop_assert_eq!(verdict, Verdict::Absent),
            LinkStatus::Blocked => prop_assert_eq!(verdict, Verdict::Blocked),
            LinkStatus::Deleted => prop_assert!(false, "nobody deleted it"),
            LinkStatus::Expired => prop_assert_eq!(verdict, Verdict::Expired),
            LinkStatus::Exhausted => prop_assert!(matches!(verdict, Verdict::FollowIfLeft(_) | Verdict::Absent)),
        }
    }
}
