//! Orders by clicks, and how SQLite walks through each list.

use curt_domain::{Access, Caller, Link, LinkId};

use super::*;
use crate::{
    Engine,
    db::explain,
    tests::{for_each_store, link},
};

const INSERT_TOTALS: Sql = Sql::new(
    "insert into link_totals (link_id, human, bot, preview, prefetch, suspicious, last_click_at)
     values ($1, $2, 1, 2, 3, 4, 5)",
);

fn tagged(number: u64) -> Link {
    Link { tags: vec![Tag::parse("tag").unwrap()], ..link(number) }
}

/// Links 1 to 7: two with the same clicks, two with a row of totals but no human clicks, two
/// without a row.
async fn create_clicked(store: &Store) {
    for (number, human) in [
        (1_u64, Some(5_i64)),
        (2, None),
        (3, Some(0)),
        (4, Some(9)),
        (5, Some(5)),
        (6, None),
        (7, Some(0)),
    ] {
        store.create_link(&Caller::SYSTEM, tagged(number), None).await.unwrap();
        if let Some(human) = human {
            let values = [Value::number(number), Value::from(human)];
            store.db.execute(INSERT_TOTALS, &values).await.unwrap();
        }
    }
}

fn by_clicks(sort: LinkSort, tag: Option<&str>, limit: u32) -> LinkQuery {
    LinkQuery {
        q: None,
        tag: tag.map(|name| Tag::parse(name).unwrap()),
        status: None,
        owner: None,
        created_from: None,
        created_to: None,
        sort,
        limit,
        cursor: None,
    }
}

async fn ids_in_pages(store: &Store, mut query: LinkQuery) -> Vec<u64> {
    let mut ids = Vec::new();
    loop {
        let page = store.links(Access::All, &query, Timestamp::from_millis(0)).await.unwrap();
        ids.extend(page.items.iter().map(|record| record.link.id.get()));
        if page.next.is_none() {
            return ids;
        }
        query.cursor = page.next;
    }
}

#[tokio::test]
async fn links_come_by_the_clicks_of_people_with_the_never_clicked_among_them() {
    for_each_store(async |store| {
        create_clicked(store).await;
        for (sort, expected) in [
            (LinkSort::Clicks, [2, 3, 6, 7, 1, 5, 4]),
            (LinkSort::ClicksDesc, [4, 5, 1, 7, 6, 3, 2]),
        ] {
            for tag in [None, Some("tag")] {
                for limit in 1..=8 {
                    let found = ids_in_pages(store, by_clicks(sort, tag, limit)).await;
                    assert_eq!(found, expected, "{sort:?} {tag:?} by {limit}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_tells_its_clicks_by_class() {
    for_each_store(async |store| {
        create_clicked(store).await;
        let record = store.link(Access::All, LinkId::new(4).unwrap()).await.unwrap().unwrap();
        let counts = record.clicks;
        let classes =
            [counts.human, counts.bot, counts.preview, counts.prefetch, counts.suspicious];
        assert_eq!(classes, [9, 1, 2, 3, 4]);
        assert_eq!(record.last_click_at, Some(Timestamp::from_millis(5)));
    })
    .await;
}

/// With ten million links a list must not sort or read all of them.
#[tokio::test]
async fn each_list_walks_along_an_index() {
    let by_primary_key = "USING INTEGER PRIMARY KEY";
    for_each_store(async |store| {
        if store.engine() != Engine::Sqlite {
            return;
        }
        for (sql, index) in [
            (
                OLDEST_FIRST.all,
                "links USING INDEX links_by_creation (created_at>? AND created_at<?)",
            ),
            (
                NEWEST_FIRST.all,
                "links USING INDEX links_by_creation (created_at>? AND created_at<?)",
            ),
            (OLDEST_FIRST.tagged, "link_tags USING PRIMARY KEY (tag_id=? AND link_created_at>?"),
            (NEWEST_FIRST.tagged, "link_tags USING PRIMARY KEY (tag_id=? AND link_created_at>?"),
            (LEAST_CLICKED_FIRST.all, "link_totals USING INDEX link_totals_by_human (human>?)"),
            (MOST_CLICKED_FIRST.all, "link_totals USING INDEX link_totals_by_human (human>? AND"),
            (NEVER_CLICKED_OLDEST_FIRST.all, by_primary_key),
            (NEVER_CLICKED_NEWEST_FIRST.all, by_primary_key),
            (BY_CODE.all, "links USING INDEX links_by_code (domain_id=? AND code>?)"),
            (OLDEST_FIRST.owned, "links USING INDEX links_by_owner (owner_id=? AND created_at>?"),
            (NEWEST_FIRST.owned, "links USING INDEX links_by_owner (owner_id=? AND created_at>?"),
        ] {
            let plan = explain::query_plan(&store.db, sql).await;
            assert!(plan.starts_with("SEARCH"), "{plan}");
            assert!(plan.lines().next().unwrap().contains(index), "{plan}");
            assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
        }
        let sorted = [
            LEAST_CLICKED_FIRST.owned,
            MOST_CLICKED_FIRST.owned,
            NEVER_CLICKED_OLDEST_FIRST.owned,
            NEVER_CLICKED_NEWEST_FIRST.owned,
            BY_CODE.owned,
        ];
        for sql in sorted {
            let plan = explain::query_plan(&store.db, sql).await;
            assert!(
                plan.starts_with("SEARCH links USING INDEX links_by_owner (owner_id=?)"),
                "{plan}"
            );
        }
    })
    .await;
}
