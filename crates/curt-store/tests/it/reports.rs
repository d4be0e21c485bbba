//! Reports, the decisions on them, and the links disabled for abuse.

use curt_domain::{
    Author, Caller, LinkStatus, Note, ReportReason, ReportState, TargetPattern, Verdict,
};
use curt_store::{
    ChangeKind, Changes, ExpectedRevision, NewReport, OPEN_REPORTS_MAX, RESTORE_WINDOW, Resolution,
    Store,
};

use crate::stores::{create, for_each_store, id, in_parallel, later, link, now};

fn report(number: u64) -> NewReport {
    NewReport {
        link: id(number),
        reason: ReportReason::Phishing,
        note: Some(Note::parse("looks like my bank").unwrap()),
        at: now(),
    }
}

/// A visitor at that address reports the link.
async fn add(store: &Store, address: &str, report: NewReport) -> bool {
    let caller =
        Caller { client: address.parse().ok(), author: Author::Anonymous, ..Caller::SYSTEM };
    store.add_report(&caller, report).await.unwrap()
}

fn admin() -> Caller {
    Caller { author: Author::AdminKey, ..Caller::SYSTEM }
}

async fn resolve(store: &Store, report: u64, resolution: Resolution) -> ReportState {
    let resolved = store.resolve_report(&admin(), report, resolution, later(5)).await;
    resolved.unwrap().unwrap().state
}

async fn states(store: &Store) -> Vec<(u64, ReportState)> {
    let reports = store.reports(None, None, 100).await.unwrap();
    reports.into_iter().map(|report| (report.id, report.state)).collect()
}

#[tokio::test]
async fn phish_03_a_network_reports_a_link_once_a_day() {
    for_each_store(async |store| {
        create(store, &link(1, "one")).await;
        create(store, &link(2, "two")).await;
        assert!(add(store, "203.0.113.7", report(1)).await);
        assert!(!add(store, "203.0.113.99", report(1)).await);
        assert!(add(store, "203.0.114.7", report(1)).await);
        assert!(add(store, "203.0.113.7", report(2)).await);
        let tomorrow = NewReport { at: later(24 * 60 * 60 * 1_000), ..report(1) };
        assert!(add(store, "203.0.113.7", tomorrow).await);
        let reports = store.reports(Some(ReportState::Open), None, 100).await.unwrap();
        let links: Vec<&str> = reports.iter().map(|report| report.code.as_str()).collect();
        assert_eq!(links, ["one", "two", "one", "one"]);
        assert_eq!(reports[3].reporter, "203.0.113.0/24");
        assert_eq!(reports[3].note.as_deref(), Some("looks like my bank"));
    })
    .await;
}

#[tokio::test]
async fn phish_03_many_at_the_same_time_are_one_report() {
    for_each_store(async |store| {
        create(store, &link(1, "one")).await;
        let same = (0..20).map(|_| add(store, "203.0.113.7", report(1)));
        let written = in_parallel(same).await;
        let written = written.into_iter().filter(|written| *written).count();
        assert_eq!(written, 1);
        assert_eq!(states(store).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn open_reports_of_a_link_have_an_end() {
    for_each_store(async |store| {
        create(store, &link(1, "one")).await;
        for number in 0..OPEN_REPORTS_MAX + 10 {
            add(store, &format!("10.{}.{}.1", number / 256, number % 256), report(1)).await;
        }
        let open = store.reports(Some(ReportState::Open), None, 200).await.unwrap();
        assert_eq!(open.len() as u64, OPEN_REPORTS_MAX);
    })
    .await;
}

#[tokio::test]
async fn a_disabled_link_is_blocked_for_everybody_until_it_is_enabled() {
    for_each_store(async |store| {
        create(store, &link(1, "one")).await;
        for address in ["203.0.113.7", "198.51.100.7"] {
            add(store, address, report(1)).await;
        }
        let blocked = async || {
            let route = store.route(&"one".parse().unwrap()).await.unwrap().unwrap();
            let record = store.link(curt_domain::Access::All, id(1)).await.unwrap().unwrap();
            let both = (route.verdict(now()), record.status(now()));
            match both {
                (Verdict::Blocked, LinkStatus::Blocked) => true,
                (Verdict::Follow, LinkStatus::Active) => false,
                _ => panic!("{both:?}"),
            }
        };
        assert!(!blocked().await);
        assert_eq!(resolve(store, 1, Resolution::Disable).await, ReportState::Disabled);
        assert!(blocked().await);
        assert_eq!(states(store).await, [(2, ReportState::Disabled), (1, ReportState::Disabled)]);
        // Repeating the decision adds no second entry to the feed.
        resolve(store, 2, Resolution::Disable).await;
        let feed = store.abuse_links(10).await.unwrap();
        assert_eq!(feed.len(), 1);
        assert_eq!((feed[0].code.as_str(), feed[0].at), ("one", later(5)));
        // The owner's own switch is separate.
        let edit = curt_domain::LinkEdit {
            switch: Some(curt_domain::Switch::Active),
            title: Some(None),
            ..Default::default()
        };
        store
            .edit_link(&Caller::SYSTEM, id(1), edit, ExpectedRevision::Any, later(6))
            .await
            .unwrap();
        assert!(blocked().await);
        resolve(store, 1, Resolution::Enable).await;
        assert!(!blocked().await);
        assert_eq!(store.abuse_links(10).await.unwrap(), []);
        let changes = store.changes_after(0, 100).await.unwrap();
        let Changes::Next { changes, .. } = changes else { panic!("{changes:?}") };
        assert_eq!(changes.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn blocking_the_host_of_a_report_puts_it_on_the_list() {
    for_each_store(async |store| {
        create(store, &link(1, "one")).await;
        add(store, "203.0.113.7", report(1)).await;
        assert_eq!(resolve(store, 1, Resolution::BlockHost).await, ReportState::HostBlocked);
        assert_eq!(resolve(store, 1, Resolution::BlockHost).await, ReportState::HostBlocked);
        let pattern: TargetPattern = "example.com".parse().unwrap();
        let block = store.target_block_of(&pattern).await.unwrap().unwrap();
        assert_eq!(block.reason.as_deref(), Some("phishing"));
        assert_eq!(block.created_by, "the admin key");
        let changes = store.changes_after(0, 100).await.unwrap();
        let Changes::Next { changes, .. } = changes else { panic!("{changes:?}") };
        assert!(changes.iter().all(|change| change.kind == ChangeKind::TargetBlocks));
    })
    .await;
}

#[tokio::test]
async fn a_dismissed_report_leaves_the_link_alone_and_an_unknown_one_is_none() {
    for_each_store(async |store| {
        create(store, &link(1, "one")).await;
        add(store, "203.0.113.7", report(1)).await;
        assert_eq!(resolve(store, 1, Resolution::Dismiss).await, ReportState::Dismissed);
        let settled = store.report(1).await.unwrap().unwrap();
        assert_eq!(settled.resolved_at, Some(later(5)));
        assert_eq!(settled.resolved_by.as_deref(), Some("the admin key"));
        assert_eq!(settled.abuse_at, None);
        let none = store.resolve_report(&admin(), 9, Resolution::Disable, now()).await;
        assert_eq!(none.unwrap(), None);
        assert_eq!(store.reports(Some(ReportState::Open), None, 10).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn reports_go_with_the_link_that_they_are_about() {
    for_each_store(async |store| {
        create(store, &link(1, "one")).await;
        add(store, "203.0.113.7", report(1)).await;
        resolve(store, 1, Resolution::Disable).await;
        store.delete_link(&Caller::SYSTEM, id(1), ExpectedRevision::Any, later(6)).await.unwrap();
        assert_eq!(store.abuse_links(10).await.unwrap(), []);
        assert_eq!(states(store).await.len(), 1);
        let end = now().plus(2 * RESTORE_WINDOW);
        assert_eq!(store.erase_deleted(end, 10).await.unwrap(), 1);
        assert_eq!(states(store).await, []);
        let none = store.resolve_report(&admin(), 1, Resolution::Enable, end).await;
        assert_eq!(none.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn settled_reports_are_forgotten_when_no_disabled_link_needs_them() {
    for_each_store(async |store| {
        for (number, code) in [(1, "one"), (2, "two"), (3, "three")] {
            create(store, &link(number, code)).await;
            add(store, "203.0.113.7", report(number)).await;
        }
        // Both are settled at 5 ms; the third report stays open.
        resolve(store, 1, Resolution::Dismiss).await;
        resolve(store, 2, Resolution::Disable).await;
        let states_are = async |expected: &[(u64, ReportState)]| {
            assert_eq!(states(store).await, expected);
        };
        assert_eq!(store.prune_reports(later(4)).await.unwrap(), 0);
        assert_eq!(store.prune_reports(later(5)).await.unwrap(), 1);
        states_are(&[(3, ReportState::Open), (2, ReportState::Disabled)]).await;
        // Another decision keeps the link disabled, so its report stays.
        resolve(store, 2, Resolution::BlockHost).await;
        assert_eq!(store.prune_reports(later(9)).await.unwrap(), 0);
        assert_eq!(resolve(store, 2, Resolution::Enable).await, ReportState::Dismissed);
        assert_eq!(store.prune_reports(later(9)).await.unwrap(), 1);
        states_are(&[(3, ReportState::Open)]).await;
        assert_eq!(store.prune_reports(later(9)).await.unwrap(), 0);
    })
    .await;
}
