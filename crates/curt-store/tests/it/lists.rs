//! Lists of links: filters, orders and pages. (Orders by clicks are tested inside the crate,
//! because these tests cannot count clicks.)

use std::collections::HashSet;

use curt_domain::{
    Access, Caller, Dates, Link, LinkStatus, MaxClicks, Tag, TargetUrl, Timestamp, Title,
};
use curt_store::{
    Cursor, ExpectedRevision, InvalidCursor, LinkQuery, LinkSort, ListError, PAGE_LEN_MAX, Store,
};

use crate::stores::{create, for_each_store, id, later, link, now, tags, target};

const SORTS: [LinkSort; 5] = [
    LinkSort::CreatedAt,
    LinkSort::CreatedAtDesc,
    LinkSort::Clicks,
    LinkSort::ClicksDesc,
    LinkSort::ShortCode,
];

/// All links, in that order.
pub(crate) fn query(sort: LinkSort) -> LinkQuery {
    LinkQuery {
        q: None,
        tag: None,
        status: None,
        owner: None,
        created_from: None,
        created_to: None,
        sort,
        limit: 50,
        cursor: None,
    }
}

fn search(text: &str) -> LinkQuery {
    LinkQuery { q: Some(text.to_owned()), ..query(LinkSort::CreatedAt) }
}

async fn codes(store: &Store, query: &LinkQuery) -> Vec<String> {
    let page = store.links(Access::All, query, now()).await.unwrap();
    page.items.iter().map(|record| record.link.code.to_string()).collect()
}

/// Walks through all pages, passing the cursor as the text that a client would send back.
async fn codes_in_pages(store: &Store, mut query: LinkQuery, limit: u32) -> Vec<String> {
    query.limit = limit;
    let mut codes = Vec::new();
    loop {
        let page = store.links(Access::All, &query, now()).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        codes.extend(page.items.iter().map(|record| record.link.code.to_string()));
        let Some(next) = page.next else { return codes };
        assert_eq!(page.items.len(), limit as usize);
        query.cursor = Some(next.to_string().parse().unwrap());
    }
}

/// Seven links: ids not in order of creation, three created at the same time, codes that sort
/// differently by bytes and by dictionary.
async fn create_seven(store: &Store) {
    let created = [(1, "b", 30), (2, "A", 20), (3, "a", 20), (4, "_", 20), (5, "Z", 50)];
    for (number, code, millis) in created.into_iter().chain([(6, "-", 10), (7, "0", 40)]) {
        create(store, &Link { created_at: later(millis), ..link(number, code) }).await;
    }
}

#[tokio::test]
async fn each_order_is_the_same_on_every_engine_and_in_every_page_size() {
    for_each_store(async |store| {
        create_seven(store).await;
        let by_creation = ["-", "A", "a", "_", "b", "0", "Z"];
        let by_id = ["b", "A", "a", "_", "Z", "-", "0"];
        let reversed = |codes: [&'static str; 7]| codes.into_iter().rev().collect::<Vec<_>>();
        let expected = [
            (LinkSort::CreatedAt, by_creation.to_vec()),
            (LinkSort::CreatedAtDesc, reversed(by_creation)),
            (LinkSort::Clicks, by_id.to_vec()),
            (LinkSort::ClicksDesc, reversed(by_id)),
            (LinkSort::ShortCode, vec!["-", "0", "A", "Z", "_", "a", "b"]),
        ];
        for (sort, expected) in expected {
            assert_eq!(codes(store, &query(sort)).await, expected, "{sort:?}");
            for limit in [1, 2, 3, 6, 7] {
                let paged = codes_in_pages(store, query(sort), limit).await;
                assert_eq!(paged, expected, "{sort:?} by {limit}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_is_never_longer_than_the_limit() {
    for_each_store(async |store| {
        create_seven(store).await;
        let sized = |limit| LinkQuery { limit, ..query(LinkSort::CreatedAt) };
        assert_eq!(codes(store, &sized(2)).await.len(), 2);
        assert_eq!(codes(store, &sized(PAGE_LEN_MAX)).await.len(), 7);
        assert_eq!(codes(store, &sized(u32::MAX)).await.len(), 7);
        assert_eq!(codes(store, &sized(0)).await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn links_that_come_and_go_move_no_page() {
    for_each_store(async |store| {
        create_seven(store).await;
        let first = LinkQuery { limit: 3, ..query(LinkSort::CreatedAtDesc) };
        let page = store.links(Access::All, &first, now()).await.unwrap();
        create(store, &Link { created_at: later(60), ..link(8, "new") }).await;
        store
            .delete_link(&Caller::SYSTEM, page.items[2].link.id, ExpectedRevision::Any, now())
            .await
            .unwrap();
        let rest = LinkQuery { limit: 50, cursor: page.next, ..first };
        assert_eq!(codes(store, &rest).await, ["_", "a", "A", "-"]);
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    for_each_store(async |store| {
        create_seven(store).await;
        for from in SORTS {
            let page = LinkQuery { limit: 1, ..query(from) };
            let cursor: Cursor =
                store.links(Access::All, &page, now()).await.unwrap().next.unwrap();
            for to in SORTS.into_iter().filter(|to| *to != from) {
                let mixed = LinkQuery { cursor: Some(cursor.clone()), ..query(to) };
                let refused = store.links(Access::All, &mixed, now()).await;
                assert!(
                    matches!(refused, Err(ListError::InvalidCursor(InvalidCursor))),
                    "{from:?} {to:?} {refused:?}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn links_are_found_by_code_title_host_and_path_in_any_case() {
    for_each_store(async |store| {
        let titled = |text| Some(Title::parse(text).unwrap());
        create(store, &Link { title: titled("Große ÄPFEL"), ..link(1, "SpringSale") }).await;
        let shop = target("https://Shop.Example.net:8080/Some/Path?query=hidden#fragment");
        create(store, &Link { target: shop, ..link(2, "two") }).await;
        let expected = [
            ("springsale", vec!["SpringSale"]),
            ("RINGSA", vec!["SpringSale"]),
            ("äpfel", vec!["SpringSale"]),
            ("GROSSE", vec![]),
            ("große", vec!["SpringSale"]),
            ("shop.example", vec!["two"]),
            (":8080/some/path", vec!["two"]),
            ("hidden", vec![]),
            ("fragment", vec![]),
            ("https", vec![]),
            ("example", vec!["SpringSale", "two"]),
            ("", vec!["SpringSale", "two"]),
            ("nowhere", vec![]),
        ];
        for (text, expected) in expected {
            assert_eq!(codes(store, &search(text)).await, expected, "{text:?}");
        }
        let edit = curt_domain::LinkEdit { title: Some(titled("Birnen")), ..Default::default() };
        store.edit_link(&Caller::SYSTEM, id(1), edit, ExpectedRevision::Any, now()).await.unwrap();
        assert_eq!(codes(store, &search("äpfel")).await, [""; 0]);
        assert_eq!(codes(store, &search("birnen")).await, ["SpringSale"]);
    })
    .await;
}

/// Characters with a meaning in SQL or in `like` stand for themselves in searches, tags and
/// cursors.
#[tokio::test]
async fn sqli_01_special_characters_find_only_themselves() {
    for_each_store(async |store| {
        let titles = [
            "100% sure",
            "snake_case",
            "back\\slash",
            "it's",
            "wow!",
            "a\"quote",
            "semi;colon",
            "dash--dash",
            "dollar $1",
            "plain",
        ];
        for (number, title) in (1..).zip(titles) {
            let link = Link {
                title: Some(Title::parse(title).unwrap()),
                tags: tags(&[title]),
                ..link(number, &format!("c{number}"))
            };
            create(store, &link).await;
        }
        let found = [
            ("%", 1),
            ("_", 2),
            ("\\", 3),
            ("'", 4),
            ("!", 5),
            ("\"", 6),
            (";", 7),
            ("--", 8),
            ("$1", 9),
        ];
        for (text, number) in found {
            assert_eq!(codes(store, &search(text)).await, [format!("c{number}")], "{text:?}");
        }
        let nothing = [
            "%%",
            "s%e",
            "snake%case",
            "snake-case",
            "_____",
            "' OR 1=1--",
            "%' or '1'='1",
            "\\%",
            "!%",
            "'; drop table links; --",
            "🦀",
            "plain\0",
            "\0",
            "c1\n100%",
        ];
        for text in nothing {
            assert_eq!(codes(store, &search(text)).await, [""; 0], "{text:?}");
        }
        for (number, title) in (1..).zip(titles) {
            let mut tagged = query(LinkSort::CreatedAt);
            tagged.tag = Some(Tag::parse(title).unwrap());
            assert_eq!(codes(store, &tagged).await, [format!("c{number}")], "{title:?}");
        }
        for tag in ["' OR 1=1--", "%", "_", "PLAIN"] {
            let mut tagged = query(LinkSort::CreatedAt);
            tagged.tag = Some(Tag::parse(tag).unwrap());
            assert_eq!(codes(store, &tagged).await, [""; 0], "{tag:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_search_finds_hosts_and_paths_as_people_type_them() {
    for_each_store(async |store| {
        let target = TargetUrl::from_stored("https://Пример.рф/Путь%00/ΟΔΟΣΑ");
        create(store, &Link { target: target.unwrap(), ..link(1, "c1") }).await;
        for text in ["пример", "ПРИМЕР.РФ", "xn--e1afmkfd", "путь", "%D0%9F", "οδος", "ΟΔΟΣ"]
        {
            assert_eq!(codes(store, &search(text)).await, ["c1"], "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_search_as_long_as_the_edge_lets_through_is_answered() {
    for_each_store(async |store| {
        create_seven(store).await;
        for text in ["%".repeat(200), "_".repeat(200), "🦀".repeat(200)] {
            assert_eq!(codes(store, &search(&text)).await, [""; 0]);
        }
    })
    .await;
}

#[tokio::test]
async fn links_of_a_tag_come_in_every_order() {
    for_each_store(async |store| {
        for (number, code, millis, names) in [
            (1, "b", 30, vec!["x"]),
            (2, "A", 20, vec!["x", "y"]),
            (3, "a", 20, vec!["X", "x"]),
            (4, "c", 40, vec!["y"]),
            (5, "d", 50, vec![]),
            (6, "e", 10, vec!["x"]),
        ] {
            let tagged =
                Link { created_at: later(millis), tags: tags(&names), ..link(number, code) };
            create(store, &tagged).await;
        }
        let of = |name, sort| {
            let mut query = query(sort);
            query.tag = Some(Tag::parse(name).unwrap());
            query
        };
        let expected = [
            (LinkSort::CreatedAt, ["e", "A", "a", "b"]),
            (LinkSort::CreatedAtDesc, ["b", "a", "A", "e"]),
            (LinkSort::Clicks, ["b", "A", "a", "e"]),
            (LinkSort::ClicksDesc, ["e", "a", "A", "b"]),
            (LinkSort::ShortCode, ["A", "a", "b", "e"]),
        ];
        for (sort, expected) in expected {
            assert_eq!(codes(store, &of("x", sort)).await, expected, "{sort:?}");
            assert_eq!(codes_in_pages(store, of("x", sort), 1).await, expected, "{sort:?}");
            assert_eq!(codes_in_pages(store, of("x", sort), 3).await, expected, "{sort:?}");
        }
        let page = store.links(Access::All, &of("X", LinkSort::CreatedAt), now()).await.unwrap();
        assert_eq!(page.items[0].link.tags, tags(&["X", "x"]));
        assert_eq!(codes(store, &of("nobody's", LinkSort::CreatedAt)).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn times_of_creation_bound_a_list() {
    for_each_store(async |store| {
        create_seven(store).await;
        let between = |from: Option<Timestamp>, to: Option<Timestamp>, sort| LinkQuery {
            created_from: from,
            created_to: to,
            ..query(sort)
        };
        for sort in SORTS {
            let found = async |from, to| -> HashSet<String> {
                let whole = codes(store, &between(from, to, sort)).await;
                assert_eq!(codes_in_pages(store, between(from, to, sort), 1).await, whole);
                whole.into_iter().collect()
            };
            let set = |codes: &[&str]| -> HashSet<String> {
                codes.iter().map(|&code| code.to_owned()).collect()
            };
            let (from, to) = (Some(later(20)), Some(later(40)));
            assert_eq!(found(from, to).await, set(&["A", "a", "_", "b"]), "{sort:?}");
            assert_eq!(found(from, None).await, set(&["A", "a", "_", "b", "0", "Z"]), "{sort:?}");
            assert_eq!(found(None, from).await, set(&["-"]), "{sort:?}");
            assert_eq!(found(to, from).await, set(&[]), "{sort:?}");
            let (first, last) =
                (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
            assert_eq!(found(Some(first), Some(last)).await.len(), 7, "{sort:?}");
            assert_eq!(found(Some(last), Some(first)).await.len(), 0, "{sort:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_status_finds_the_links_that_have_it() {
    for_each_store(async |store| {
        let dates = |from: Option<u64>, until: Option<u64>| {
            Dates::new(from.map(later), until.map(later)).unwrap()
        };
        let past = Dates::new(None, Some(now())).unwrap();
        let limited = |number, code| Link { max_clicks: MaxClicks::new(1), ..link(number, code) };
        for link in [
            link(1, "active"),
            Link { dates: dates(Some(1), None), ..link(2, "scheduled") },
            Link { dates: past, ..link(3, "expired") },
            limited(4, "exhausted"),
            Link { disabled_at: Some(now()), dates: past, ..limited(5, "disabled") },
            Link { dates: dates(Some(0), Some(1)), ..limited(6, "active-too") },
            Link { dates: past, ..limited(7, "expired-and-exhausted") },
            Link { dates: dates(Some(1), Some(2)), ..limited(8, "exhausted-before-its-time") },
        ] {
            create(store, &link).await;
        }
        for used in [4, 5, 7, 8] {
            assert!(store.use_click(id(used), MaxClicks::new(1).unwrap()).await.unwrap());
        }
        let statuses = [
            (LinkStatus::Active, vec!["active", "active-too"]),
            (LinkStatus::Scheduled, vec!["scheduled"]),
            (LinkStatus::Expired, vec!["expired", "expired-and-exhausted"]),
            (LinkStatus::Exhausted, vec!["exhausted", "exhausted-before-its-time"]),
            (LinkStatus::Disabled, vec!["disabled"]),
        ];
        for (status, expected) in statuses {
            let wanted = LinkQuery { status: Some(status), ..query(LinkSort::CreatedAt) };
            let page = store.links(Access::All, &wanted, now()).await.unwrap();
            for record in &page.items {
                assert_eq!(record.status(now()), status, "{:?}", record.link.code);
            }
            assert_eq!(codes(store, &wanted).await, expected, "{status:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn filters_hold_together_and_deleted_links_are_in_no_list() {
    for_each_store(async |store| {
        for number in 1..=4 {
            let tagged = Link { tags: tags(&["t"]), ..link(number, &format!("code{number}")) };
            create(store, &tagged).await;
        }
        store.delete_link(&Caller::SYSTEM, id(2), ExpectedRevision::Any, now()).await.unwrap();
        for sort in SORTS {
            let combined = LinkQuery {
                q: Some("PAGE".to_owned()),
                tag: Some(Tag::parse("t").unwrap()),
                status: Some(LinkStatus::Active),
                created_from: Some(now()),
                created_to: Some(later(1)),
                ..query(sort)
            };
            let mut found = codes(store, &combined).await;
            found.sort_unstable();
            assert_eq!(found, ["code1", "code3", "code4"], "{sort:?}");
        }
    })
    .await;
}
