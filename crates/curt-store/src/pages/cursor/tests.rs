//! Cursors survive the round trip through a client, and no other text is accepted as one.

use super::*;

fn cursors() -> [Cursor; 5] {
    let number = |number, id| Position::Number { number, id };
    [
        Cursor { order: Order::Links(LinkSort::CreatedAt), last: number(1_700_000_000_000, 42) },
        Cursor { order: Order::Links(LinkSort::CreatedAtDesc), last: number(i64::MIN, i64::MAX) },
        Cursor { order: Order::Links(LinkSort::ClicksDesc), last: number(0, 1) },
        Cursor { order: Order::Deletions, last: number(1_700_000_000_000, 42) },
        Cursor {
            order: Order::Links(LinkSort::ShortCode),
            last: Position::Code("a-Z_9".parse().unwrap()),
        },
    ]
}

#[test]
fn a_cursor_reads_back_as_it_was() {
    for cursor in cursors() {
        let text = cursor.to_string();
        assert!(text.len() <= CURSOR_LEN_MAX);
        assert_eq!(text.parse(), Ok(cursor), "{text}");
    }
    let longest = Cursor {
        order: Order::Links(LinkSort::ShortCode),
        last: Position::Code("x".repeat(curt_domain::CODE_LEN_MAX).parse().unwrap()),
    };
    assert_eq!(longest.to_string().parse(), Ok(longest));
}

#[test]
fn anything_else_is_refused() {
    let plain = [
        "",
        "a",
        "a1",
        "a1.",
        "a.1",
        "a1.2.3",
        "A1,2",
        "q1.2",
        "s",
        "sé",
        "s../x",
        "a1.9999999999999999999",
    ];
    for text in plain {
        let encoded = URL_SAFE_NO_PAD.encode(text);
        assert_eq!(encoded.parse::<Cursor>(), Err(InvalidCursor), "{text:?}");
    }
    let too_long = URL_SAFE_NO_PAD.encode("a".repeat(CURSOR_LEN_MAX));
    for text in ["!", "a1.2", "=", "YTEuMg==", "\u{1f600}", too_long.as_str()] {
        assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text:?}");
    }
}
