//! What the log reports about drops.

use super::*;

#[test]
fn each_time_of_drops_is_told_of_at_its_beginning_and_its_end() {
    let (mut drops, start) = (Drops::default(), Instant::now());
    let mut news = |dropped, seconds| drops.news(dropped, start + Duration::from_secs(seconds));
    assert_eq!(news(0, 0), None);
    assert_eq!(news(3, 1), Some(News::Drops));
    assert_eq!([news(5, 2), news(5, 61)], [None, None]);
    assert_eq!(news(5, 62), Some(News::Over(5)));
    assert_eq!(news(5, 500), None);
    assert_eq!(news(6, 600), Some(News::Drops));
    assert_eq!(news(6, 660), Some(News::Over(1)));
}
