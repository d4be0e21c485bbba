use super::*;

#[test]
fn invented_agents_take_no_more_room_than_there_is() {
    let mut agents = Agents::default();
    for number in 0..3 * AGENTS_MAX {
        let class = agents.class(format!("Mozilla/5.0 Firefox/{number}").as_bytes());
        assert_eq!(class, ClickClass::Human);
        assert!(agents.classes.len() <= AGENTS_MAX);
    }
    assert_eq!(agents.class(b"curl/8.5.0"), ClickClass::Bot);
    assert_eq!(agents.class(b"curl/8.5.0"), ClickClass::Bot, "from memory");
}
