//! Creating links, reading them, and the redirect's view of them.

use curt_domain::{
    Access, Caller, ClickTotals, Dates, Link, LinkRecord, MaxClicks, Note, RedirectStatus,
    TargetUrl, Title,
};
use curt_store::CreateLinkError;

use crate::stores::{create, for_each_store, id, later, link, route, tags, target};

/// Every field set to something that is not its default.
fn full_link() -> Link {
    Link {
        target: target("https://bücher.example:8443/Straße?q=1&ü#teil"),
        title: Some(Title::parse("Ümläute, 漢字 and 🦀").unwrap()),
        note: Some(Note::parse("two\nlines, a tab\there, 'quotes' \\ and \"more\"").unwrap()),
        tags: tags(&["Summer", "summer", "🌞 sun"]),
        redirect_status: RedirectStatus::Permanent308,
        forward_query: true,
        dates: Dates::new(Some(later(1)), Some(later(2))).unwrap(),
        max_clicks: MaxClicks::new((1 << 53) - 1),
        fallback: Some(target("https://example.org/over")),
        disabled_at: Some(later(3)),
        revision: 1,
        created_at: later(4),
        updated_at: later(5),
        ..link((1 << 53) - 1, "Full-link_1")
    }
}

fn untouched(link: Link) -> LinkRecord {
    LinkRecord {
        link,
        clicks: ClickTotals::default(),
        last_click_at: None,
        used_clicks: 0,
        abuse_at: None,
    }
}

#[tokio::test]
async fn a_link_reads_back_as_it_was_written() {
    for_each_store(async |store| {
        for link in [link(1, "plain"), full_link()] {
            create(store, &link).await;
            let read = store.link(Access::All, link.id).await.unwrap();
            assert_eq!(read, Some(untouched(link.clone())));
            assert_eq!(store.route(&link.code).await.unwrap(), Some(route(&link)));
        }
        assert_eq!(store.link(Access::All, id(7)).await.unwrap(), None);
        assert_eq!(store.route(&"nobody".parse().unwrap()).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_longest_texts_fit() {
    for_each_store(async |store| {
        let path = "ä".repeat(300);
        let host = format!("{}.example", "x".repeat(1_900));
        for (number, address) in
            [format!("https://example.com/{path}"), format!("http://{host}/")].iter().enumerate()
        {
            let longest = Link {
                target: TargetUrl::from_stored(address).unwrap(),
                title: Some(Title::parse(&"漢".repeat(255)).unwrap()),
                note: Some(Note::parse(&"🦀".repeat(2_000)).unwrap()),
                tags: (10..30).flat_map(|n| tags(&[&format!("{n}{}", "🌞".repeat(48))])).collect(),
                ..link(number as u64, &format!("{number:x>64}"))
            };
            create(store, &longest).await;
            assert_eq!(store.link(Access::All, longest.id).await.unwrap().unwrap().link, longest);
        }
    })
    .await;
}

#[tokio::test]
async fn a_taken_code_is_refused_and_case_matters() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        let plain = store.create_link(&Caller::SYSTEM, link(2, "abc"), None).await;
        assert!(matches!(plain, Err(CreateLinkError::CodeTaken)), "{plain:?}");
        let tagged = Link { tags: tags(&["new"]), max_clicks: MaxClicks::new(1), ..link(3, "abc") };
        let tagged = store.create_link(&Caller::SYSTEM, tagged, None).await;
        assert!(matches!(tagged, Err(CreateLinkError::CodeTaken)), "{tagged:?}");
        for (number, code) in [(4, "ABC"), (5, "Abc"), (6, "abc-"), (7, "abc_")] {
            create(store, &link(number, code)).await;
        }
        let first = store.route(&"abc".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(first.id, id(1));
        assert_eq!(store.route(&"aBC".parse().unwrap()).await.unwrap(), None);
        assert_eq!(store.link(Access::All, id(2)).await.unwrap(), None);
        assert_eq!(store.link(Access::All, id(3)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn clicks_of_a_limited_link_are_used_up_one_by_one() {
    for_each_store(async |store| {
        let limited = Link { max_clicks: MaxClicks::new(2), ..link(1, "two") };
        create(store, &limited).await;
        let max = limited.max_clicks.unwrap();
        assert!(store.use_click(limited.id, max).await.unwrap());
        assert_eq!(store.link(Access::All, limited.id).await.unwrap().unwrap().used_clicks, 1);
        assert!(store.use_click(limited.id, max).await.unwrap());
        assert!(!store.use_click(limited.id, max).await.unwrap());
        assert_eq!(store.link(Access::All, limited.id).await.unwrap().unwrap().used_clicks, 2);
        // A link without a limit has no clicks to use up, nor has a link that does not exist.
        create(store, &link(2, "free")).await;
        assert!(!store.use_click(id(2), max).await.unwrap());
        assert!(!store.use_click(id(9), max).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_refused_create_leaves_nothing_behind() {
    for_each_store(async |store| {
        create(store, &link(1, "abc")).await;
        let refused = Link { max_clicks: MaxClicks::new(1), tags: tags(&["a"]), ..link(2, "abc") };
        store.create_link(&Caller::SYSTEM, refused.clone(), None).await.unwrap_err();
        let again = Link { code: "def".parse().unwrap(), tags: Vec::new(), ..refused };
        create(store, &again).await;
        assert_eq!(
            store.link(Access::All, again.id).await.unwrap(),
            Some(untouched(again.clone()))
        );
        assert!(store.use_click(again.id, again.max_clicks.unwrap()).await.unwrap());
    })
    .await;
}
