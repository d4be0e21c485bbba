use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

fn encoded(click: &Click<'_>) -> Vec<u8> {
    let mut record = vec![0; click.encoded_len()];
    click.encode(&mut record);
    record
}

fn click() -> Click<'static> {
    Click {
        link: LinkId::new(7).unwrap(),
        at: Timestamp::from_millis(1_760_000_000_000),
        decided: None,
        client: IpAddr::from([192, 0, 2, 1]),
        privacy: Privacy::default(),
        user_agent: b"Mozilla/5.0",
        referrer: b"",
        language: b"de",
        query: ClickQuery::default(),
    }
}

/// All later releases read the journals of this one.
#[test]
fn the_layout_stays_as_it_is() {
    let record = encoded(&click());
    assert_eq!(record.len(), 40);
    assert_eq!(&record[..3], [1, 0, 0b101]);
    assert_eq!(&record[3..11], 7_u64.to_le_bytes());
    assert_eq!(&record[11..19], 1_760_000_000_000_i64.to_le_bytes());
    assert_eq!(&record[19..23], [192, 0, 2, 1]);
    assert_eq!(&record[23..36], b"\x0b\0Mozilla/5.0");
    assert_eq!(&record[36..], b"\x02\0de");
}

#[test]
fn a_record_of_a_newer_release_says_so() {
    let mut record = encoded(&click());
    record[0] = 2;
    assert_eq!(Click::decode(&record), Err(UndecodableClick::Newer { version: 2 }));
    record[0] = 0;
    assert_eq!(Click::decode(&record), Err(UndecodableClick::Malformed));
    assert_eq!(Click::decode(&[]), Err(UndecodableClick::Malformed));
}

#[test]
fn the_longest_click_has_the_length_that_is_said() {
    let long = vec![b'x'; 10_000];
    let query = ClickQuery {
        source: ClickSource::Qr,
        utm_source: &long,
        utm_medium: &long,
        utm_campaign: &long,
        utm_term: &long,
        utm_content: &long,
    };
    let longest = Click {
        client: IpAddr::from([1; 16]),
        user_agent: &long,
        referrer: &long,
        language: &long,
        query,
        ..click()
    };
    assert_eq!(longest.encoded_len(), CLICK_LEN_MAX);
    const { assert!(CLICK_LEN_MAX < 4_096) };
    let record = encoded(&longest);
    let read = Click::decode(&record).unwrap();
    assert_eq!(read.user_agent.len(), USER_AGENT_LEN_MAX);
    assert_eq!(read.referrer.len(), REFERRER_LEN_MAX);
    assert_eq!(read.language.len(), LANGUAGE_LEN_MAX);
    assert_eq!(read.query.utm_content.len(), CAMPAIGN_LEN_MAX);
}

#[test]
fn no_character_is_cut_in_two() {
    for (text, kept) in [
        ("aaaa", "aaaa"),
        ("aaaab", "aaaa"),
        ("aaaé", "aaa"),
        ("aaéb", "aaé"),
        ("a🦀b", "a"),
        ("🦀b", "🦀"),
        ("€€", "€"),
    ] {
        assert_eq!(cut(text.as_bytes(), 4), kept.as_bytes(), "{text}");
    }
    assert_eq!(cut(&[0x80; 9], 4), [0x80; 4], "not UTF-8 at all");
}

fn texts() -> impl Strategy<Value = [Vec<u8>; TEXTS]> {
    std::array::from_fn(|_| vec(any::<u8>(), 0..1_500))
}

proptest! {
    #[test]
    fn a_click_comes_back_as_it_was(
        link in 0..1_u64 << 53,
        at in any::<i64>(),
        decided in option::of(select(&ClickClass::ALL)),
        client in any::<IpAddr>(),
        (do_not_track, global_privacy_control, is_qr) in any::<(bool, bool, bool)>(),
        texts in texts(),
    ) {
        let [user_agent, referrer, language, utm_source, utm_medium, utm_campaign, utm_term,
            utm_content] = std::array::from_fn(|at| cut(&texts[at], TEXT_LENS_MAX[at]));
        let source = if is_qr { ClickSource::Qr } else { ClickSource::Link };
        let query =
            ClickQuery { source, utm_source, utm_medium, utm_campaign, utm_term, utm_content };
        let click = Click {
            link: LinkId::new(link).unwrap(),
            at: Timestamp::from_millis(at),
            decided,
            client,
            privacy: Privacy { do_not_track, global_privacy_control },
            user_agent,
            referrer,
            language,
            query,
        };
        let record = encoded(&click);
        prop_assert!(record.len() <= CLICK_LEN_MAX);
        prop_assert_eq!(Click::decode(&record), Ok(click));

        let uncut = Click { user_agent: &texts[0], referrer: &texts[1], ..click };
        prop_assert_eq!(encoded(&uncut), record);
    }

    #[test]
    fn any_bytes_are_read_without_panic(record in vec(any::<u8>(), 0..200)) {
        if let Ok(click) = Click::decode(&record) {
            prop_assert!(click.encoded_len() <= record.len());
        }
    }

    /// No truncated or extended record is taken for a click.
    #[test]
    fn only_whole_records_are_clicks(len in 0..40_usize, more in 1..9_usize) {
        let record = encoded(&click());
        prop_assert_eq!(Click::decode(&record[..len]), Err(UndecodableClick::Malformed));
        let grown = [record, vec![0; more]].concat();
        prop_assert_eq!(Click::decode(&grown), Err(UndecodableClick::Malformed));
    }

    #[test]
    fn a_damaged_record_is_read_without_panic(at in 0..40_usize, value in any::<u8>()) {
        let mut record = encoded(&click());
        record[at] = value;
        Click::decode(&record).map(drop).unwrap_or_default();
    }
}
